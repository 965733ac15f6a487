/*
 * rules_wait.h - rules whose path does not exist: they are left out of a load, and loaded when the
 * path appears.
 *
 * The kernel refuses a dir= that does not exist, and a path= or exe= whose directory does not
 * (ENOENT). On a small host that concerns half of a common rule set. Without waiting, what is
 * mounted or installed later would never be audited. So these rules are set aside before a load,
 * and the guard (guard.h) checks the paths from time to time. It appends them at the end of their
 * list, not at their place in the set, since that would mean to delete and load all rules behind
 * them. So if two rules match an event, the key is that of the rule that was loaded earlier.
 *
 * A -w whose path has become a directory is compiled as if it were read now.
 */
#ifndef ECSAUDIT_RULES_WAIT_H
#define ECSAUDIT_RULES_WAIT_H

#include "rules_load.h"

/* Hide such rules in `wanted`. Call it before rules_change_plan(). */
void rules_wait_hide(const struct rules_environment *env, struct rules_list *wanted);

/* The rules that are hidden in `wanted` become l->waiting. */
void rules_wait_begin(struct rules_loader *l, const struct rules_list *wanted);

/* 0: the path of the rule at `index` of l->waiting exists, and *rule is the rule to load. -ENOENT:
 * not yet. Another -errno: we cannot tell; -EACCES if we may not enter it. */
int rules_wait_check(const struct rules_loader *l, unsigned index, struct rules_data *rule);

/* If any wait, print one line: how many, and whether they are loaded later. */
void rules_wait_print(struct rules_loader *l);

#endif
