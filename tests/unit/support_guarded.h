/*
 * support_guarded.h - a guard and what of its agent is the same for its tests and for its fuzzer:
 * without cmocka.
 */
#ifndef ECSAUDIT_SUPPORT_GUARDED_H
#define ECSAUDIT_SUPPORT_GUARDED_H

#include "guard.h"

#define RULES 3u

extern struct guard guard;
extern struct audit_source source;
extern struct loop loop;

/* Members of struct audit_source_hooks: the guard gets what comes, as from run.c; it has RULES
 * rules, which are fake_audit_rule() of 1 and so on. */
void guarded_status(void *ctx, const struct audit_control_status *status, uint32_t lost);
void guarded_reply(void *ctx, uint16_t type, uint32_t sequence, const void *payload, size_t len);
int guarded_load_rules(void *ctx, struct netlink *control, struct audit_error *e);

#endif
