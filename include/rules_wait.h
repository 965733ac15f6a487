/*
 * rules_wait.h - rules whose path does not exist yet: left out of a load, and loaded once it does.
 *
 * The kernel refuses a dir= that is not there, and a path= or exe= whose directory is not
 * (ENOENT). On a small host that is half of a common rule set; what is mounted or installed later
 * would never be audited. So such rules are set aside before the kernel is asked, and whoever
 * keeps its rules (guard.h) looks for the paths now and then. They are appended then, and not put
 * where they stand in the set: that would delete all behind them and load them anew. So of two
 * rules that fit, the one that was there before gives its key.
 *
 * A -w whose path has become a directory is what it would be if it were read now.
 */
#ifndef ECSAUDIT_RULES_WAIT_H
#define ECSAUDIT_RULES_WAIT_H

#include "rules_load.h"

/* Hide them in `wanted`: before the kernel's list is planned. */
void rules_wait_hide(const struct rules_environment *env, struct rules_list *wanted);

/* What is hidden there waits now, and no longer what waited before. */
void rules_wait_begin(struct rules_loader *l, const struct rules_list *wanted);

/* 0: the path of the rule at `index` of l->waiting is there, and *rule is what the kernel is to
 * get. -ENOENT: not yet. Another -errno: it cannot be seen; -EACCES where we may not enter it. */
int rules_wait_look(const struct rules_loader *l, unsigned index, struct rules_data *rule);

/* The path that a rule names, as it is printed; lives as long as the rule. */
struct span rules_wait_path(const struct rules_data *rule);

/* One line, if any wait: how many, and whether they are loaded later. */
void rules_wait_tell(struct rules_loader *l);

#endif
