/*
 * audit_source.h - the live source of records: the kernel, through the loop.
 *
 * audit_source_start() takes the audit system over (audit_control.h) and adds the sockets to the
 * loop. Every record goes to hooks.record, at most LIMIT_RECORDS_PER_TURN a turn.
 *
 * Every LIMIT_STATUS_CHECK_MS the source asks for the kernel's status, without waiting for it:
 * hooks.status gets the numbers; a lost registration is renewed, with a line to hooks.notice. It
 * also asks when a burst of records shows that the kernel's queue was half full, and once more when
 * the burst has been read.
 */
#ifndef ECSAUDIT_AUDIT_SOURCE_H
#define ECSAUDIT_AUDIT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "audit_control.h"
#include "config.h"
#include "counters.h"
#include "loop.h"

struct audit_source_hooks {
	void *ctx;
	/* A record as the kernel wrote it, "audit(time:serial): ...", not terminated; it lives
	 * during the call. May be called before audit_source_start() returns. */
	void (*record)(void *ctx, uint16_t type, const char *text, size_t len);
	/* A line for the user; may be NULL. */
	void (*notice)(void *ctx, const char *line);
	/* A fresh status, and how many records the kernel lost since the last one (the first
	 * time: since start). Also once from audit_source_stop(). May be NULL. */
	void (*status)(void *ctx, const struct audit_control_status *status, uint32_t lost);
	/* As in struct audit_control_hooks; NULL without rules. */
	int (*load_rules)(void *ctx, struct netlink *control, struct audit_error *e);
	/* Replies on the control socket other than the status. May be NULL. `reply` and `status`
	 * are called while that socket is read. They must not make a request that waits for its
	 * answer, since it would swallow other replies: do that in the next turn. */
	void (*reply)(void *ctx, uint16_t type, uint32_t sequence, const void *payload, size_t len);
	/* The end: remove the rule that excludes our own pid. Not called if the configuration is
	 * locked. May be NULL. */
	void (*unload_self)(void *ctx, struct netlink *control);
};

struct audit_source {
	struct audit_control ac;
	struct audit_source_hooks hooks;
	struct loop *loop;
	struct counters *counters;
	int data_source, control_source, timer; /* in the loop; -1: none */
	uint32_t query;				/* sequence of an AUDIT_GET under way, 0: none */
	uint32_t last_lost;			/* `lost` of the last status */
	uint32_t registered_pid;		/* the audit daemon, by the last status */
	bool status_refused;			/* we may not read the status */
	bool failed;				/* the data socket broke; the loop was stopped */
	unsigned max_records;			/* to read in a turn */
	uint32_t burst;		       /* records since the socket was empty; up to half_backlog */
	uint32_t half_backlog;	       /* half of the kernel's backlog limit */
	uint64_t unanswered;	       /* status checks without an answer */
	uint64_t datagrams;	       /* read from the data socket, from anybody */
	struct netlink_counts counted; /* the data socket's counts that are in `counters` */
};

/* 0, or -errno with a line in *e; then nothing is left open. `c` is not kept. */
int audit_source_start(struct audit_source *s, const struct config *c, struct loop *loop,
	struct counters *counters, const struct audit_source_hooks *hooks, struct audit_error *e);
/* Ask for the status now, unless an answer is awaited. */
void audit_source_check(struct audit_source *s);
/* Leave records in the kernel for `ms`, then read them in small portions; 0: read as usual. */
void audit_source_hold(struct audit_source *s, int64_t ms);
/* Read the records that wait, then restore the kernel's settings and close. Ends at most
 * LIMIT_STOP_RESTORE_MS after `now_ms`. */
void audit_source_stop(struct audit_source *s, int64_t now_ms);

#endif
