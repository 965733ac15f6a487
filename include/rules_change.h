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
 * A rule that has to move is in the way of itself. Until the old one is deleted a cover stands for
 * it, and for what comes behind it in the new list: the same rule and the condition pid>=0, which
 * is always true. When the old rules are gone, the covers are replaced by the rules themselves
 * in the same way. A cover that the kernel refuses leaves a moment without that rule.
 *
 * One request a step: the caller looks after the records in between. Deleting takes the
 * kernel some 25 ms.
 */
#ifndef ECSAUDIT_RULES_CHANGE_H
#define ECSAUDIT_RULES_CHANGE_H

#include "netlink.h"
#include "rules_list.h"
#include "rules_load.h"

enum rules_change_stage {
	RULES_CHANGE_APPEND,
	RULES_CHANGE_DELETE,
	RULES_CHANGE_SETTLE, /* the rules behind their covers */
	RULES_CHANGE_UNCOVER,
	RULES_CHANGE_END
};

struct rules_change_counts {
	unsigned added, deleted, moved; /* as it is planned */
	unsigned refused;		/* by the kernel; each was said */
};

/* Large: keep it static. */
struct rules_change {
	struct rules_list wanted, found;
	/* What control lines of the set say of the state of the kernel: -e, -f, -r, -b and
	 * --loginuid-immutable. The others command something, once, at start. */
	struct rules_control controls;
	bool full; /* the set has more than LIMIT_WATCH_BYTES or LIMIT_RULES_KEPT */

	struct rules_change_counts counts;

	/* while it works */
	enum rules_change_stage stage;
	unsigned next;
	struct rules_data cover;
};

/*
 * Read the set of a loader, as rules_check() does, into `wanted`: in the kernel's order, with the
 * rule that keeps the loader's self_pid out. false: a mistake, which was said, or `full`.
 */
bool rules_change_compile(struct rules_change *c, struct rules_loader *l);

/* List what the kernel has, and plan. Changes nothing. 0 or -errno: -ENOSPC for more than fits. */
int rules_change_plan(struct rules_change *c, struct netlink *control);

enum rules_change_step {
	RULES_CHANGE_DONE,
	RULES_CHANGE_QUICK,
	RULES_CHANGE_SLOW /* a rule was deleted */
};

/* One request; waits for its answer. What the kernel refuses is said through l->files.say and left
 * out. -errno: it cannot go on. */
int rules_change_step(struct rules_change *c, struct rules_loader *l, struct netlink *control);

/* When it is over: what the kernel refused is no longer wanted. */
void rules_change_finish(struct rules_change *c);

/* If it is not over and the process ends: nothing must keep self_pid out but its own rule. */
void rules_change_abandon(struct rules_change *c, struct netlink *control);

#endif
