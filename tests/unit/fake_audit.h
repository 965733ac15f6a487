/*
 * fake_audit.h - the kernel's side of NETLINK_AUDIT, over fake_sys: status, features, rules,
 * registration, records. Behaves as kernel/audit.c does where the agent can see it.
 *
 * Objects: fake_audit.o fake_sys.o fake_files.o fake_sockets.o. After fake_sys_reset() call
 * fake_audit_start(); from then on each request sent on an AF_NETLINK socket is answered.
 * fake_sys_on_call() is asked about each as "audit"; ETIMEDOUT: it gets no answer.
 */
#ifndef ECSAUDIT_FAKE_AUDIT_H
#define ECSAUDIT_FAKE_AUDIT_H

#include <linux/audit.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_AUDIT_RULES    2500
#define FAKE_AUDIT_REQUESTS 256
#define FAKE_AUDIT_RULE_MAX 8192

struct fake_audit_request {
	int fd;
	uint16_t type, flags;
	uint32_t sequence;
	size_t len;
	struct audit_status status; /* of an AUDIT_SET */
};

struct fake_audit {
	/* What the kernel is like; a test changes it as it likes. */
	struct audit_status status;
	size_t status_bytes; /* an old kernel sends fewer */
	struct audit_features features;
	int refuse[2000]; /* by request type: answer with this (positive) errno */
	/* Asked for each AUDIT_ADD_RULE: 0, or the (positive) errno to answer. NULL: takes all. */
	int (*refuse_rule)(const struct audit_rule_data *rule);
	/* Called after each request was carried out. NULL: nothing. */
	void (*on_request)(uint16_t type);
	bool silent;		  /* answers nothing */
	bool reply_before_ack;	  /* else the data reply comes after the ack, as measured */
	bool no_reply;		  /* the ack alone */
	unsigned records_between; /* event records between an ack and its reply */
	bool daemon_dead;	  /* status.pid has gone, and the kernel does not know yet */
	int registered_fd;	  /* -1 */

	/* What was asked. */
	struct fake_audit_request requests[FAKE_AUDIT_REQUESTS];
	unsigned request_count;

	unsigned rule_count;
	/* Rules as AUDIT_ADD_RULE brought them, without AUDIT_FILTER_PREPEND, in the order of
	 * the lists. */
	struct {
		size_t len;
		char data[FAKE_AUDIT_RULE_MAX];
	} rules[FAKE_AUDIT_RULES];
};

extern struct fake_audit fake_audit;

/* How many requests of a type there were. */
unsigned fake_audit_requests(uint16_t type);
/* A rule of the exit list for one process. */
struct audit_rule_data fake_audit_rule(unsigned pid);

/* A healthy 6.1: enabled 1, failure 1, no daemon, backlog_limit 64, wait time 15000. */
void fake_audit_start(void);
/* A unicast record for the registered daemon, with the kernel's wrong nlmsg_len. */
void fake_audit_record(uint16_t type, const char *text);
/* The same to any socket; `multicast` with the right nlmsg_len and group. */
void fake_audit_record_to(int fd, bool multicast, uint16_t type, const void *text, size_t len);
/* A raw message from the kernel with a chosen header. */
void fake_audit_message(int fd, uint16_t type, uint32_t sequence, const void *payload, size_t len);

#endif
