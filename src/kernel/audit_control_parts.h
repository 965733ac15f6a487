/*
 * audit_control_parts.h - what the parts of audit_control.c share. For audit_control*.c alone.
 */
#ifndef ECSAUDIT_AUDIT_CONTROL_PARTS_H
#define ECSAUDIT_AUDIT_CONTROL_PARTS_H

#include "audit_control.h"

/* ---- audit_control_request.c ---- */

void audit_control_notice(const struct audit_control_hooks *hooks, const char *line);
/* *e is the line; returns `error`. */
int audit_control_error(struct audit_error *e, int error, const char *line);

/* ---- audit_control_values.c: the values that we set, and those that were there ---- */

/* One value by its AUDIT_STATUS_* bit, ours from then on; one request, so that an error has a name.
 * What *now has already is left alone. 0, or -errno with a line in *e. */
int audit_control_set_value(struct audit_control *ac, const struct audit_control_status *now,
	uint32_t mask, uint32_t value, struct audit_error *e);

/* The settings of the kernel's queue. Call it before any other request, which could sleep for
 * backlog_wait_time. *now: the present values. 0, or -errno with a line in *e. */
int audit_control_set_limits(struct audit_control *ac, const struct config *c,
	const struct rules_control *over, const struct audit_control_status *now,
	const struct audit_control_hooks *hooks, struct audit_error *e);

/* Before the control socket is closed: restore the old values, within its deadline. */
void audit_control_restore(struct audit_control *ac, const struct audit_control_hooks *hooks);

#endif
