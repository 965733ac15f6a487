/*
 * rules_change.h - changes the kernel's rules from one set to another. Events that both sets record
 * are recorded at every moment of the change.
 *
 * The first rule of a list that matches decides (kernel/auditsc.c, audit_filter_syscall()). Rules
 * can only be added at the front or at the end of a list, and no rule twice (EEXIST). So:
 *   1. The longest beginning of the new list that the old list has in the same order stays.
 *   2. The rest of the new list is appended, in order.
 *   3. Then the other rules of the old list are deleted, from its end.
 * At each moment the list is a first part of the old one, then either nothing or the complete new
 * one. So an event that both lists treat alike is treated so all the time.
 *
 * If the first rule of the new list is not in the old one, it goes to the front instead. From then
 * on the events that it matches are treated as in the new list; for others nothing has changed. So
 * the rule that excludes the agent's own pid, another one at each start, moves no other rules.
 *
 * A rule that must move cannot be appended while its old copy is there. So a cover is appended in
 * place of it, and of each rule behind it in the new list: the same rule with the condition pid>=0,
 * which is always true. When the old rules are gone, the rules themselves are appended, and the
 * covers deleted. If the kernel refuses a cover, that rule is missing for a moment.
 *
 * A step is one request: between two steps the caller reads records, or, at start, leaves them in
 * the kernel. Deleting a rule takes the kernel some 25 ms.
 */
#ifndef ECSAUDIT_RULES_CHANGE_H
#define ECSAUDIT_RULES_CHANGE_H

#include "netlink.h"
#include "rules.h"
#include "rules_list.h"

enum rules_change_stage {
	RULES_CHANGE_APPEND,
	RULES_CHANGE_DELETE,
	RULES_CHANGE_ADD_COVERED, /* the rules that have covers */
	RULES_CHANGE_DELETE_COVERS,
	RULES_CHANGE_END
};

struct rules_change_counts {
	unsigned added, deleted, moved; /* as planned */
	unsigned refused;		/* by the kernel, so far */
};

/* Large: keep it static. */
struct rules_change {
	/* Set by the caller, see rules_prepare(): in the kernel's order. */
	struct rules_list wanted;

	struct rules_list found;
	uint16_t error[LIMIT_RULES_KEPT]; /* errno for each of `wanted`: the kernel refused it */
	struct rules_change_counts counts;

	/* during the change */
	enum rules_change_stage stage;
	unsigned next;
	const char *key; /* of rules_change_plan_purge() */
	struct rules_data cover;
};

/* List the kernel's rules, and plan. Changes nothing. 0 or -errno: -ENOSPC if they do not fit. */
int rules_change_plan(struct rules_change *c, struct netlink *control);

/*
 * Plan to delete the kernel's rules: those with `key`, or all if it is NULL. 0 or -errno; 1: there
 * are more than fit, so plan again when these are gone.
 */
int rules_change_plan_purge(struct rules_change *c, struct netlink *control, const char *key);

enum rules_change_step {
	RULES_CHANGE_DONE,
	RULES_CHANGE_QUICK,
	RULES_CHANGE_SLOW /* a rule was deleted */
};

/* One request; waits for its answer. A rule that the kernel refuses is left out. -errno: the change
 * cannot go on. */
int rules_change_step(struct rules_change *c, struct netlink *control);

/* If the process ends during a change: delete the cover of the rule that excludes the agent, which
 * is the first of the exit list. rules_unload_self() deletes the rule itself. */
void rules_change_abandon(struct rules_change *c, struct netlink *control);

#endif
