/*
 * audit_control.h - the kernel's audit status: read it, set it, take it over, give it back.
 *
 * The first part is requests on a control socket. The second is what an agent does at start and
 * at exit. Facts: kernel/audit.c, audit_receive_msg(); include/uapi/linux/audit.h.
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

#define AUDIT_CONTROL_HAS(status, field)                                                           \
	((status)->bytes >= offsetof(struct audit_status, field) + sizeof(uint32_t))

int audit_control_get(struct netlink *control, struct audit_control_status *status);
/* The same from a reply that netlink_receive() saw. -EPROTO if it is no status. */
int audit_control_parse(struct audit_control_status *status, const void *payload, size_t len);
/* One request with the fields that values->mask (AUDIT_STATUS_*) names. The kernel applies them
 * in the order of the bits and stops at the first error. */
int audit_control_set(struct netlink *control, const struct audit_status *values);
/* How much more it is; `lost` and backlog_wait_time_actual wrap, and others may reset them to 0. */
static inline uint32_t audit_control_since(uint32_t now, uint32_t before)
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
	 * Replace the kernel's rules by the configured ones, on the control socket. NULL where no
	 * rules are configured. Called once by audit_control_start(), when the configuration is
	 * not locked and the subscription is unicast: after the registration, which an agent
	 * that is not wanted does not pass, and before audit is enabled, so that a rule set may
	 * end in "-e 2". Where the configuration was locked already it is called last, whatever the
	 * subscription, to compare the rules and change nothing; a failure is then a notice. 0 or
	 * more, or -errno with a line in *e.
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
	struct audit_status ours;	    /* what we set; ours.mask says which */
	uint32_t registration; /* sequence number of a registration under way, 0: none */
};

/*
 * Open both sockets, choose the subscription (config: socket_type, audit_rules, immutable), set
 * what the configuration asks for, load the rules, register. Order: backlog_wait_time first,
 * since our own requests sleep as long; then failure mode, backlog limit, rate
 * limit; the pid; rules; enabled 1, or 2 with `immutable` and unicast. Records may reach `sink`
 * before this returns. 0, or -errno with a line in *e; then nothing stays open and what was set is
 * put back.
 */
int audit_control_start(struct audit_control *ac, const struct config *c,
	const struct audit_control_hooks *hooks, const struct netlink_sink *sink,
	struct audit_error *e);

/*
 * Another configuration, while it is not locked: set what the kernel is to do with its queue, with
 * what control lines of the rules say above it. All, or nothing: 0, or -errno with a line in *e.
 */
int audit_control_update(struct audit_control *ac, const struct config *c,
	const struct rules_control *over, const struct audit_control_hooks *hooks,
	struct audit_error *e);

/* Lock it until the next boot (enabled 2). 0, or -errno with a line in *e. */
int audit_control_lock(struct audit_control *ac, struct audit_error *e);

/*
 * Ask again to be the audit daemon, without waiting: the answer, whose sequence number is in
 * ac->registration, reaches the data socket's sink.
 */
int audit_control_register(struct audit_control *ac);

/*
 * The end begins: where auditing was off before us it is off again. Then the kernel numbers nothing
 * more, so that nothing is missing which nobody could read: without audit=1 it would free it, our
 * own last changes among it. What it has is still to be read. Otherwise nothing happens.
 */
void audit_control_switch_off(struct audit_control *ac);

/*
 * The end: records stay in the kernel from now on, for the next daemon if it was booted with
 * audit=1. What is in the data socket already is still to be read. Does not wait: the kernel has
 * done it when the request is sent. Nothing happens if we are not the audit daemon.
 */
void audit_control_unregister(struct audit_control *ac);

/*
 * Put back what we changed, as far as it still has the value we gave it, and close. Closing the
 * data socket unregisters. backlog_wait_time comes last, and not while the backlog is over
 * its limit: we would sleep for it.
 */
void audit_control_stop(struct audit_control *ac, const struct audit_control_hooks *hooks);

#endif
