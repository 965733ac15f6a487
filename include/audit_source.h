/*
 * audit_source.h - the live source of records: the kernel, through the loop.
 *
 * audit_source_start() takes the audit system over (audit_control.h) and adds the sockets to the
 * loop. Every record goes to hooks.record, at most LIMIT_RECORDS_PER_TURN a turn. Every
 * LIMIT_STATUS_CHECK_MS the kernel's status is asked for, without waiting: hooks.status gets the
 * numbers, a lost registration is renewed, and hooks.notice told of it. Also when the kernel's
 * queue may have been half full, since so many records came in a row: then, and when they have been
 * read.
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
	/* Replies on the control socket that are not the status. May be NULL. This hook and
	 * status are called while that socket is read: a request that waits for its answer
	 * would take messages away from others, so it has to wait for the next turn. */
	void (*reply)(void *ctx, uint16_t type, uint32_t sequence, const void *payload, size_t len);
	/* The end: take away the rule that keeps us out, unless the configuration is locked. May
	 * be NULL. */
	void (*unload_self)(void *ctx, struct netlink *control);
};

struct audit_source {
	struct audit_control ac;
	struct audit_source_hooks hooks;
	struct loop *loop;
	struct counters *counters;
	int data_source, control_source, timer; /* in the loop; -1: none */
	uint32_t query;				/* sequence of an AUDIT_GET under way, 0: none */
	uint32_t last_lost;
	uint32_t last_pid;	    /* who was registered */
	bool blind;		    /* we may not look at the status */
	bool failed;		    /* the data socket broke; the loop was stopped */
	unsigned most;		    /* records to read in a turn */
	uint32_t run;		    /* read since the socket was empty; up to `half` */
	uint32_t half;		    /* of the kernel's backlog limit, as last heard */
	uint64_t unanswered;	    /* status checks without an answer */
	uint64_t datagrams;	    /* read from the data socket, anybody's */
	struct netlink_counts seen; /* what of the data socket's counts is in `counters` */
};

/* 0, or -errno with a line in *e; then nothing is left open. `c` is not kept. */
int audit_source_start(struct audit_source *l, const struct config *c, struct loop *loop,
	struct counters *counters, const struct audit_source_hooks *hooks, struct audit_error *e);
/* Ask for the status now, unless an answer is awaited. */
void audit_source_check(struct audit_source *l);
/* Records stay in the kernel for so long, and then come in small portions; 0: no longer. */
void audit_source_hold(struct audit_source *l, int64_t ms);
/* Read what waits, bounded, then put the kernel's settings back and close. Begun at `now_ms`, it
 * waits until LIMIT_STOP_RESTORE_MS later at most. */
void audit_source_stop(struct audit_source *l, int64_t now_ms);

#endif
