/*
 * rules_compare.h - compares the kernel's rules with a rule set.
 *
 * Changes nothing in the kernel. Wanted are the rules that loading the set into an empty kernel
 * would leave: not those that -d and -W delete again. A rule that only excludes one process, as an
 * agent has it for itself, does not count.
 */
#ifndef ECSAUDIT_RULES_COMPARE_H
#define ECSAUDIT_RULES_COMPARE_H

#include "netlink.h"
#include "rules_files.h"
#include "rules_list.h"
#include "rules_print.h"

/* Large: keep it static. */
struct rules_compare {
	/* the result: numbers of rules */
	unsigned equal;
	unsigned missing;      /* wanted, and not in the kernel */
	unsigned missing_last; /* of these: of the text behind the files, files->last */
	unsigned unwanted;     /* in the kernel, and not wanted */
	bool disordered;       /* rules that both have come in another order */

	/* during the comparison */
	struct rules_files *files;
	struct rules_list *wanted;
	unsigned last; /* index in `wanted` of the rule that was seen last */
	struct rules_data listed;
	char text[LIMIT_RULE_TEXT_BYTES];
};

/*
 * `wanted` has the rules of the files in the kernel's order; its marks must be 0. Each difference
 * is printed through files->print: "FILE:LINE: missing: RULE", "not wanted: RULE", "another order,
 * from here on: RULE", with the rule as auditctl lists it; those of files->last that are
 * missing are one line. Mistakes in the set are not printed. 0,
 * or -errno of the request to the kernel.
 */
int rules_compare(struct rules_compare *c, struct rules_files *files, struct rules_list *wanted,
	struct netlink *control);

#endif
