/*
 * audit_control.h - the kernel's audit status: read it, set it, take it over, give it back.
 *
 * The first part: single requests on a control socket. The second: what an agent does at start and
 * at exit. See kernel/audit.c, audit_receive_msg(); include/uapi/linux/audit.h.
 */
#ifndef ECSAUDIT_AUDIT_CONTROL_H
#define ECSAUDIT_AUDIT_CONTROL_H

#include <linux/audit.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "audit_explain.h"
#include "config.h"
#include "netlink.h"
#include "rules.h"

/* ---- requests: 0 or -errno unless stated otherwise ------------------------------------- */

/* What AUDIT_GET answers. Old kernels send fewer fields: before 3.16 nothing after `backlog`,
 * before 5.7 no backlog_wait_time_actual. Fields that were not sent are 0. */
struct audit_control_status {
	struct audit_status values;
	size_t bytes; /* that were sent */
};

int audit_control_get(struct netlink *control, struct audit_control_status *status);
/* The same from a reply that netlink_receive() saw. -EPROTO if it is no status. */
int audit_control_parse(struct audit_control_status *status, const void *payload, size_t len);
/* One request with the fields that values->mask (AUDIT_STATUS_*) names. The kernel applies them
 * in the order of the bits and stops at the first error. */
int audit_control_set(struct netlink *control, const struct audit_status *values);
/* The growth of `lost` or backlog_wait_time_actual: both wrap, and others may reset them to 0. */
static inline uint32_t audit_control_increase(uint32_t now, uint32_t before)
{
	return now - before > INT32_MAX ? now : now - before;
}

int audit_control_get_features(struct netlink *control, struct audit_features *features);

/* ---- an agent's session ---------------------------------------------------------------- */

struct audit_control_hooks {
	void *ctx;
	/* A line the user should see. NULL: not told. */
	void (*notice)(void *ctx, const char *line);
	/*
	 * Replace the kernel's rules by the configured ones, on the control socket. NULL: no rules
	 * are configured. Called once by audit_control_start().
	 *
	 * With unicast, unless the configuration is locked: after the registration, so that an
	 * agent that is refused changes no rules; and before audit is enabled, so that a rule set
	 * may end in "-e 2". If the configuration was locked already: last, with either
	 * subscription, only to compare the rules; a failure is then a notice.
	 *
	 * 0 or more, or -errno with a line in *e.
	 */
	int (*load_rules)(void *ctx, struct netlink *control, struct audit_error *e);
};

struct audit_control {
	struct netlink control;
	struct netlink data;
	bool multicast;
	bool locked;			    /* enabled is 2: nothing can be set but the pid */
	uint32_t pid;			    /* our own */
	struct audit_control_status before; /* as found at start */
	struct audit_status ours;	    /* the values that we set; ours.mask says which */
	uint32_t registration; /* sequence number of a registration under way, 0: none */
};

/*
 * Open both sockets, choose the subscription (config: socket_type, audit_rules, immutable), make
 * the settings, register, load the rules. In this order: backlog_wait_time, since our own requests
 * sleep for it; failure mode, backlog limit, rate limit; the pid; the rules; enabled 1, or 2 with
 * `immutable` and unicast. Records may reach `sink` before this returns. 0, or -errno with a line
 * in *e; then nothing stays open, and the settings are restored.
 */
int audit_control_start(struct audit_control *ac, const struct config *c,
	const struct audit_control_hooks *hooks, const struct netlink_sink *sink,
	struct audit_error *e);

/*
 * A new configuration, while the kernel's is not locked: change the settings of its queue. Control
 * lines of the rules, in `over`, override it. All or nothing: 0, or -errno with a line in *e.
 */
int audit_control_update(struct audit_control *ac, const struct config *c,
	const struct rules_control *over, const struct audit_control_hooks *hooks,
	struct audit_error *e);

/* Lock it until the next boot (enabled 2). 0, or -errno with a line in *e. */
int audit_control_lock(struct audit_control *ac, struct audit_error *e);

/* Say that the rules are not loaded, and why not. */
void audit_control_not_loaded(
	const struct config *c, const struct audit_control_hooks *hooks, const char *why);

/*
 * Ask again to be the audit daemon, without waiting: the answer, whose sequence number is in
 * ac->registration, reaches the data socket's sink.
 */
int audit_control_register(struct audit_control *ac);

/*
 * The end begins: switch auditing off, if it was off before us. Then the kernel makes no more
 * records and serials. Otherwise, without audit=1, it would free records that nobody reads, and
 * their serials would be missing. Records that it already has are still to be read.
 */
void audit_control_switch_off(struct audit_control *ac);

/*
 * The end: from now on the kernel keeps its records, for the next daemon if it was booted with
 * audit=1. Those in the data socket are still to be read. Does not wait: the kernel does it while
 * the request is sent. Nothing happens if we are not the audit daemon.
 */
void audit_control_unregister(struct audit_control *ac);

/*
 * Restore the settings that still have our values, and close. Closing the data socket unregisters.
 * backlog_wait_time comes last, and not while the backlog is over its limit: we would sleep for it.
 */
void audit_control_stop(struct audit_control *ac, const struct audit_control_hooks *hooks);

#endif
