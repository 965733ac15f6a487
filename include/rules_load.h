/*
 * rules_load.h - checks a rule set, and loads it into the kernel instead of the old rules.
 *
 * First the whole set is read, compiled and checked, and every mistake is printed. Then the
 * kernel's rules are replaced by those that the lines would leave in an empty kernel, and before
 * them the rule that excludes the agent itself. A rule that is in both sets is in effect all the
 * time (rules_change.h).
 *
 * A rule that the kernel refuses is printed with its line and a reason, and the others are loaded:
 * fewer rules are better than none. One whose path does not exist is not tried: rules_wait.h. A
 * kernel that audits no system calls (without CONFIG_AUDITSYSCALL, as on MIPS) refuses all rules
 * for system calls and files, and the agent's own; then one line is printed for all. Control lines
 * are carried out after the rules, in their order.
 *
 * If the configuration is locked (-e 2), nothing is changed: the loaded rules are compared with the
 * set, see rules_compare.h.
 *
 * -i, -c and ignore_errors are auditctl's: lines with mistakes are left out, and do not prevent the
 * load; with -c it still fails at the end. -D must come before all rules of its file. It has no
 * effect, since a set always begins with no rules (as with augenrules).
 */
#ifndef ECSAUDIT_RULES_LOAD_H
#define ECSAUDIT_RULES_LOAD_H

#include "config.h"
#include "netlink.h"
#include "rules_change.h"
#include "rules_compare.h"
#include "rules_files.h"

struct rules_counts {
	unsigned rules;	   /* in the set, without repeated and deleted ones */
	unsigned lineage;  /* of these: of lineage.rules, see rules_lineage.h */
	unsigned deletes;  /* lines that delete a rule */
	unsigned mistakes; /* lines, and files that cannot be read */
	unsigned warnings;
	unsigned deleted;  /* rules in the kernel that are not wanted */
	unsigned loaded;   /* without the one that excludes the agent */
	unsigned kept;	   /* of these: were loaded before */
	unsigned refused;  /* rules and control lines, by the kernel or by us */
	unsigned failures; /* mistakes and refusals that must not be ignored; 0: success */
	bool locked;
	/* If it is locked, the result of the comparison; all but `equal` count as failures. */
	unsigned equal, missing, unwanted;
	bool disordered;
};

/* equal, missing, unwanted; and the order */
#define RULES_COMPARED "%u rule(s) as wanted, %u missing, %u not wanted%s"

/* What became of the rules of a set since it was last loaded. */
struct rules_state {
	unsigned loaded;  /* without the one that excludes the agent */
	unsigned refused; /* by the kernel */
	unsigned waiting; /* for their path to appear, see rules_wait.h */
};

/* Large: keep it static. */
struct rules_loader {
	/* Set by the caller: environment, text, text_name, files, file_count, trust_all, print. */
	struct rules_files files;
	uint32_t self_pid; /* the process to exclude from auditing; 0: none */
	bool ignore_errors;
	bool has_lineage; /* the set ends with the rules of rules_lineage.h */
	/* Of the agent that the rules are for. A control line that contradicts it gives a warning.
	 * --backlog_wait_time is ignored, since an agent sets its own: its requests sleep for it,
	 * too. NULL: the rules are for no agent. */
	const struct config *config;

	/* Called before each rule that is deleted or added: true ends the load with -EINTR, and the
	 * kernel has a part of the rules. NULL: nothing ends it. */
	bool (*is_ending)(void);

	/* The settings of the set's control lines: -e, -f, -r, -b and --loginuid-immutable. Other
	 * control lines are commands, carried out once, at start. */
	struct rules_control controls;

	struct rules_counts counts;

	unsigned loaded, refused;  /* by the last load or change */
	struct rules_list waiting; /* rules whose path did not exist then, nor since */
	char lineage_hidden[LIMIT_LINEAGE_HIDDEN_BYTES]; /* rules_lineage_look(), of that load */

	/* during a load */
	struct netlink *control;     /* NULL: do not carry out control lines */
	struct rules_change *change; /* NULL: only check the set */
	bool prevented;		     /* by a mistake that is not ignored */
	bool ignoring;		     /* after -i or -c */
	bool fails_at_end;	     /* after -c */
	bool full;		     /* there are more rules than fit */
	bool lacks_syscalls;	     /* the kernel audits no system calls */
	unsigned not_audited;	     /* rules that it refused for that */
	struct rules_data self;
	struct rules_compare compare;
	char lineage_text[LIMIT_LINEAGE_RULES_BYTES];
};

/* Check the set and print every mistake and warning, with its place. true: no mistake prevents
 * loading. It does not notice repeated rules; counts.rules includes them. */
bool rules_check(struct rules_loader *l);

/*
 * The same, and compile the set into c->wanted, with the rule that excludes self_pid. A repeated
 * rule, or one to delete that is not there, is printed. It counts as a warning; or as refused if
 * files are loaded by hand, as with auditctl (EEXIST, ENOENT). Also false, and a mistake, if the
 * set has more than LIMIT_RULES_KEPT rules or LIMIT_WATCH_BYTES.
 */
bool rules_prepare(struct rules_loader *l, struct rules_change *c);

/* Replace the settings in *c by those of control lines: what will really be in effect. */
void rules_override_settings(const struct rules_control *lines, struct config *c);

/*
 * Load the set over a control socket, after rules_prepare() was true. 0: it is loaded, but for what
 * the kernel refuses (counts.failures), or it is locked and was compared. -errno if a request
 * failed: then the kernel has a part of the rules. If more rules are loaded than fit into c->found,
 * all are deleted first.
 */
int rules_load(struct rules_loader *l, struct rules_change *c, struct netlink *control);

/* The result of a load in one line. */
void rules_loaded_line(const struct rules_counts *n, char *line, size_t size);

/* After a change with rules_change_step() by the caller: print the rules that the kernel refused,
 * with their lines, and remove them from c->wanted. */
void rules_finish(struct rules_loader *l, struct rules_change *c);

/* For `ecsaudit status`: at any time. */
struct rules_state rules_state(const struct rules_loader *l);

/* Delete the rule that excludes self_pid when the agent ends: another process may get its pid. 0,
 * or -errno: -ENOENT if it is gone already, -EPERM if the configuration is locked. */
int rules_unload_self(struct rules_loader *l, struct netlink *control);

/* Delete the kernel's rules: those with `key`, or all if it is NULL. counts.deleted is their
 * number. 0 or -errno: -EPERM also if the configuration is locked; then counts.locked is set. */
int rules_purge(
	struct rules_loader *l, struct rules_change *c, struct netlink *control, const char *key);

#endif
