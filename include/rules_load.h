/*
 * rules_load.h - check a rule set, and put it into the kernel in the place of the loaded one.
 *
 * Loading is in this order: the whole set is checked and every mistake told; the kernel's rules are
 * deleted; the rule that keeps the agent itself out goes first; then the lines in their order,
 * control lines among them. A rule that the kernel refuses is told with its line and a reason,
 * and the next one follows: fewer rules are better than none. Where the configuration is locked
 * (-e 2), nothing is changed: what is loaded is compared with the set, see rules_compare.h.
 *
 * -i, -c and ignore_errors mean what they mean in auditctl: lines with mistakes are left out
 * instead of preventing the load; -c fails at the end nevertheless.
 */
#ifndef ECSAUDIT_RULES_LOAD_H
#define ECSAUDIT_RULES_LOAD_H

#include "netlink.h"
#include "rules_compare.h"
#include "rules_files.h"

struct rules_counts {
	unsigned rules;	   /* lines that add or delete a rule */
	unsigned mistakes; /* lines, and files that cannot be read */
	unsigned warnings;
	unsigned purged;  /* rules found in the kernel and deleted */
	unsigned loaded;  /* without the one that keeps the agent out */
	unsigned refused; /* by the kernel: rules and control lines */
	/* Mistakes and refusals that were not to be ignored: 0 is success. */
	unsigned failures;
	bool locked;
	/* What a comparison found, where it is locked; all but `equal` count as failures. */
	unsigned equal, missing, unwanted;
	bool disordered;
};

/* Large: keep it static. */
struct rules_loader {
	/* Set by the caller: environment, text, text_name, files, file_count, trust_all, say. */
	struct rules_files files;
	uint32_t self_pid; /* whose own system calls are not audited; 0: nobody's */
	bool ignore_errors;
	/* An agent needs a backlog_wait_time of 0 (its own requests would sleep otherwise), so
	 * --backlog_wait_time is left out, with a line to the user. */
	bool for_agent;

	/* Asked before each rule that is deleted or added: true ends the load with -EINTR, and the
	 * kernel has a part of the rules. NULL: nothing ends it. */
	bool (*is_ending)(void);

	/* Gets each line that rules_check() finds good; NULL: nobody does. */
	void (*take)(void *ctx, const struct rules_line *line);
	void *take_ctx;

	bool checked; /* rules_check() has told every mistake: rules_load() need not again */

	struct rules_counts counts;

	/* while it works */
	struct netlink *control;
	bool prevented;	   /* by a mistake that is not ignored */
	bool ignoring;	   /* since -i or -c */
	bool fails_at_end; /* since -c */
	bool self_hidden;  /* a prepended rule stands before the one for self_pid */
	int error;	   /* -errno: loading cannot go on */
	const char *purge_key;
	size_t listed_bytes;
	struct rules_data listed;
	struct rules_compare compare;
	_Alignas(8) char listing[LIMIT_RULE_LISTING_BYTES];
};

/* Check the set and say every mistake and warning, with its place. true: there is no mistake that
 * would prevent loading. */
bool rules_check(struct rules_loader *l);

/* Build the rule that keeps self_pid out into l->listed, without AUDIT_FILTER_PREPEND. */
void rules_build_self(struct rules_loader *l);

/* Make the login uid of processes unchangeable, until the next boot. 0 or -errno. */
int rules_fix_loginuid(struct netlink *control);

/*
 * Load the set over a control socket. 0 when the kernel has it as far as it takes it
 * (counts.failures says how far), or is locked and was compared; -EINVAL if mistakes prevented it
 * and nothing was changed; another -errno if talking to the kernel failed. Lines were said in each
 * case but the last.
 */
int rules_load(struct rules_loader *l, struct netlink *control);

/* Take away the rule that keeps self_pid out, for an agent that ends: another process may get
 * its pid. 0, or -errno: -ENOENT if it is gone already, -EPERM if the configuration is locked. */
int rules_unload_self(struct rules_loader *l, struct netlink *control);

/* Delete the kernel's rules, those with `key` alone unless it is NULL. counts.purged says how many
 * are gone. 0 or -errno: -EPERM also where the configuration is locked, counts.locked then. */
int rules_purge(struct rules_loader *l, struct netlink *control, const char *key);

#endif
