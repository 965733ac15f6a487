/*
 * rules_compare.h - what the kernel's rules are, against what they should be.
 *
 * Changes nothing in the kernel. The rules of a set are those that loading it into an empty kernel
 * would leave: what -d and -W take away again is not wanted. A rule that keeps one process out and
 * nothing else, as an agent has it for itself, may be there or not.
 */
#ifndef ECSAUDIT_RULES_COMPARE_H
#define ECSAUDIT_RULES_COMPARE_H

#include "netlink.h"
#include "rules_files.h"
#include "rules_list.h"
#include "rules_print.h"

/* Large: keep it static. */
struct rules_compare {
	/* the result: rules */
	unsigned equal;
	unsigned missing;  /* wanted, and not in the kernel */
	unsigned unwanted; /* in the kernel, and not wanted */
	bool disordered;   /* rules that both have come in another order */

	/* while it works */
	struct rules_files *files;
	struct rules_list *wanted;
	unsigned last; /* which of `wanted` was seen last */
	struct rules_data listed;
	char text[LIMIT_RULE_TEXT_BYTES];
};

/*
 * Compare with `wanted`, which the files gave, in the kernel's order; its marks are 0 before. Say
 * each difference through files->say: "FILE:LINE: missing: RULE", "not wanted: RULE", "another
 * order, from here on: RULE", the rule as auditctl lists it. Mistakes in the set are passed over in
 * silence. 0, or -errno: what talking to the kernel failed with.
 */
int rules_compare(struct rules_compare *c, struct rules_files *files, struct rules_list *wanted,
	struct netlink *control);

#endif
