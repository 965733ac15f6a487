/*
 * rules_compare.h - what the kernel's rules are, against what they should be.
 *
 * Changes nothing in the kernel. The rules of a set are those that loading it into an empty kernel
 * would leave: what -d and -W take away again is not wanted. A rule that keeps one process out and
 * nothing else, as an agent has it for itself, may be there or not.
 *
 * Rules are remembered by their SHA-256, cut to 128 bits: nobody finds two that share it.
 */
#ifndef ECSAUDIT_RULES_COMPARE_H
#define ECSAUDIT_RULES_COMPARE_H

#include "netlink.h"
#include "rules_files.h"
#include "rules_print.h"

struct rules_entry {
	uint8_t digest[16];
	int32_t order; /* grows from the front of a list to its end; 0: a free entry */
	bool wanted;
	bool seen; /* in the kernel, or missing and told */
};

/* Large: keep it static. Set it to 0 before. */
struct rules_compare {
	/* the result: rules */
	unsigned equal;
	unsigned missing;  /* wanted, and not in the kernel */
	unsigned unwanted; /* in the kernel, and not wanted */
	bool disordered;   /* rules that both have come in another order */

	/* while it works */
	struct rules_files *files;
	int error;
	int32_t appended, prepended;
	unsigned used;
	int32_t last[AUDIT_NR_FILTERS + 1]; /* order of the rule last seen, by list */
	struct rules_data listed;
	char text[LIMIT_RULE_TEXT_BYTES];
	struct rules_entry entries[LIMIT_RULES_COMPARED]; /* by digest */
};

/*
 * Compare, and say each difference through files->say: "FILE:LINE: missing: RULE", "not wanted:
 * RULE", "another order, from here on: RULE", the rule as auditctl lists it. Mistakes in the set
 * are passed over in silence. 0, or -errno: -ENOSPC for more than LIMIT_RULES_COMPARED rules, or
 * what talking to the kernel failed with.
 */
int rules_compare(struct rules_compare *c, struct rules_files *files, struct netlink *control);

#endif
