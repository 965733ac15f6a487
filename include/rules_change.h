/*
 * rules_change.h - bring the kernel from the rules that it has to another set, without a moment in
 * which what both record is not recorded.
 *
 * The first rule of a list that fits decides (kernel/auditsc.c, audit_filter_syscall()), rules can
 * be added to the front or to the end alone, and the kernel takes no rule twice (EEXIST). So what
 * stays is the longest beginning of the new list that the old one has in the same order. All that
 * comes behind is appended, in order; only then is what the old list has beside that deleted,
 * from its end. At each moment the list is the first part of the old one, and then either nothing
 * or the new one as a whole: an event for which both lists say the same gets just that.
 *
 * One rule may go to the front instead, the first of the new list, if the old one has it not: what
 * it fits gets what the new list says from then on, and for all else nothing has changed. So an
 * agent that starts, whose rule that keeps it out has another pid each time, moves no others.
 *
 * A rule that has to move is in the way of itself. Until the old one is deleted a cover stands for
 * it, and for what comes behind it in the new list: the same rule and the condition pid>=0, which
 * is always true. When the old rules are gone, the covers are replaced by the rules themselves
 * in the same way. A cover that the kernel refuses leaves a moment without that rule.
 *
 * One request a step: the caller looks after the records in between, or, at start, leaves them in
 * the kernel. Deleting takes the kernel some 25 ms.
 */
#ifndef ECSAUDIT_RULES_CHANGE_H
#define ECSAUDIT_RULES_CHANGE_H

#include "netlink.h"
#include "rules.h"
#include "rules_list.h"

enum rules_change_stage {
	RULES_CHANGE_APPEND,
	RULES_CHANGE_DELETE,
	RULES_CHANGE_SETTLE, /* the rules behind their covers */
	RULES_CHANGE_UNCOVER,
	RULES_CHANGE_END
};

struct rules_change_counts {
	unsigned added, deleted, moved; /* as it is planned */
	unsigned refused;		/* by the kernel, so far */
};

/* Large: keep it static. */
struct rules_change {
	/* Set by the caller, see rules_prepare(): in the kernel's order. */
	struct rules_list wanted;

	struct rules_list found;
	uint16_t error[LIMIT_RULES_KEPT]; /* errno for each of `wanted`: the kernel refused it */
	struct rules_change_counts counts;

	/* while it works */
	enum rules_change_stage stage;
	unsigned next;
	const char *key;
	struct rules_data cover;
};

/* List what the kernel has, and plan. Changes nothing. 0 or -errno: -ENOSPC for more than fits. */
int rules_change_plan(struct rules_change *c, struct netlink *control);

/*
 * Plan to delete the kernel's rules, those with `key` alone unless it is NULL, whatever is wanted.
 * 0 or -errno; 1: there are more than fit, plan once more when these are gone.
 */
int rules_change_plan_purge(struct rules_change *c, struct netlink *control, const char *key);

enum rules_change_step {
	RULES_CHANGE_DONE,
	RULES_CHANGE_QUICK,
	RULES_CHANGE_SLOW /* a rule was deleted */
};

/* One request; waits for its answer. What the kernel refuses is left out. -errno: it cannot go
 * on. */
int rules_change_step(struct rules_change *c, struct netlink *control);

/* If it is not over and the process ends: nothing must keep out the agent, whose rule is the first
 * of the exit list, but that rule. */
void rules_change_abandon(struct rules_change *c, struct netlink *control);

#endif
