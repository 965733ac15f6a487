/*
 * netlink.h - a client of the kernel's audit netlink protocol (NETLINK_AUDIT, netlink(7)).
 *
 * It takes two sockets, because replies and records on one socket get mixed and lost: one for
 * control (requests) and one for data (records). The kernel sends records to the socket that asked
 * for the registration (kernel/audit.c, audit_receive_msg() AUDIT_SET). So this one request, and no
 * other, is sent on the data socket.
 *
 * Nothing here waits longer than LIMIT_NETLINK_WAIT_MS for an answer, and every socket is
 * non-blocking. Only the kernel's datagrams (port id 0) are taken; others are counted and dropped.
 * A struct netlink is owned by the caller; its descriptor from netlink_open() to
 * netlink_close(). It allocates nothing: replies are received into a buffer of its own.
 */
#ifndef ECSAUDIT_NETLINK_H
#define ECSAUDIT_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "limits.h"

enum netlink_use {
	NETLINK_USE_CONTROL,	    /* requests and their answers */
	NETLINK_USE_DATA_UNICAST,   /* records; congestion is no loss: NETLINK_NO_ENOBUFS */
	NETLINK_USE_DATA_MULTICAST, /* records of AUDIT_NLGRP_READLOG, joined at bind() */
};

/* Each only grows. */
struct netlink_counts {
	uint64_t overruns;	/* ENOBUFS: multicast lost records, unicast was congested */
	uint64_t truncated;	/* datagrams longer than the buffer: dropped */
	uint64_t foreign;	/* not from port id 0: dropped */
	uint32_t first_foreign; /* the port id of the first of them */
	uint64_t malformed;	/* shorter than a header: dropped */
};

struct netlink {
	int fd; /* -1: closed */
	enum netlink_use use;
	uint32_t sequence; /* of the last request */
	/* Do not wait for an answer after this, by sys_monotonic_ms(); 0: only
	 * LIMIT_NETLINK_WAIT_MS counts. A request is sent and carried out even then. */
	int64_t deadline_ms;
	struct netlink_counts counts;
	union {
		uint32_t align;
		char bytes[LIMIT_RECORD_BYTES];
	} buffer; /* one datagram */
};

/* Where records go that netlink_receive() reads. `text` is not terminated and lives during the
 * call only. `type` is nlmsg_type, e.g. AUDIT_SYSCALL. */
struct netlink_sink {
	void (*record)(void *ctx, uint16_t type, const char *text, size_t len);
	/* An answer to a request (NLMSG_ERROR) with the request's sequence number. `result` as
	 * in netlink_request(). May be NULL. */
	void (*ack)(void *ctx, uint32_t sequence, int result);
	/* Any other message of the reply range (AUDIT_GET, ...). May be NULL. */
	void (*reply)(void *ctx, uint16_t type, uint32_t sequence, const void *payload, size_t len);
	void *ctx;
};

/*
 * Open and bind. A receive buffer of LIMIT_NETLINK_BUFFER_BYTES is asked for, by force where
 * CAP_NET_ADMIN allows it. 0 or -errno: -EPROTONOSUPPORT without audit in the kernel, -EPERM for
 * multicast without CAP_AUDIT_READ. On an error nothing stays open.
 */
int netlink_open(struct netlink *nl, enum netlink_use use);
/* Closing a registered data socket is what unregisters. Harmless on a closed one. */
void netlink_close(struct netlink *nl);

/*
 * Send a request and do not wait: the answer comes through netlink_receive(). Its sequence
 * number is nl->sequence then. NLM_F_ACK is always asked for. 0 or -errno.
 */
int netlink_send(struct netlink *nl, uint16_t type, const void *payload, size_t len);

/*
 * Send a request and wait for its acknowledgement. Returns the ack's error field: 0, -errno, or a
 * positive number (the old value, when AUDIT_SET resets `lost` or `backlog_wait_time_actual`;
 * INT_MAX for a larger one). -ETIMEDOUT if no answer came. On a data socket, records that come
 * meanwhile go to `sink`; on a control socket it may be NULL.
 */
int netlink_request(struct netlink *nl, uint16_t type, const void *payload, size_t len,
	const struct netlink_sink *sink);

/*
 * As netlink_request(), and wait also for the one data message that answers (AUDIT_GET,
 * AUDIT_GET_FEATURE, AUDIT_SIGNAL_INFO); it may come before or after the ack. `reply` receives
 * at most `size` bytes, the rest is dropped. Returns the reply's whole length, or -errno.
 */
int netlink_query(struct netlink *nl, uint16_t type, const void *payload, size_t len, void *reply,
	size_t size);

/*
 * As netlink_request(), for an answer of many messages ended by NLMSG_DONE (AUDIT_LIST_RULES).
 * `each` gets every message's payload, aligned to 4; a value other than 0 ends the calls, is
 * returned, and the rest is read and dropped. `each` must not use `nl`. Returns 0 when all was
 * seen, or -errno.
 */
int netlink_dump(struct netlink *nl, uint16_t type,
	int (*each)(void *ctx, const void *payload, size_t len), void *ctx);

/*
 * Read the datagrams that wait, at most `max`, and pass them to `sink`. AUDIT_REPLACE (the kernel's
 * probe whether we live) is dropped. Returns the number of datagrams read, `max` if there may be
 * more, or -errno. If that netlink_is_temporary(), it came LIMIT_NETLINK_FAILURES times in a row,
 * and nothing was read: try later. Any other error is permanent.
 */
int netlink_receive(struct netlink *nl, unsigned max, const struct netlink_sink *sink);
/* A shortage in the kernel, or an interruption by a signal. */
bool netlink_is_temporary(int error);

#endif
