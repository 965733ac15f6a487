/*
 * rules_load.h - check a rule set, and put it into the kernel in the place of the loaded one.
 *
 * The whole set is read, compiled and checked first, and every mistake told. Then the kernel's
 * rules become those that the lines would leave in an empty kernel, one after the other, with the
 * rule that keeps the agent itself out before all: nothing else stays, and there is no moment
 * without a rule that was there before and is wanted (rules_change.h). A rule that the kernel
 * refuses is told with its line and a reason, and the others are loaded: fewer rules are better
 * than none. One whose path does not exist is not even tried: rules_wait.h. A kernel that audits no
 * system calls (no CONFIG_AUDITSYSCALL, as on MIPS) refuses all rules of system calls and of files,
 * and the agent's own: that is one line, and the others are loaded. Control lines come behind the
 * rules, in their order. Where the configuration is locked
 * (-e 2), nothing is changed: what is loaded is compared with the set, see rules_compare.h.
 *
 * -i, -c and ignore_errors mean what they mean in auditctl: lines with mistakes are left out
 * instead of preventing the load; -c fails at the end nevertheless. -D stands in front of all rules
 * of its file, and does nothing there: the set begins with no rules (as augenrules has it).
 */
#ifndef ECSAUDIT_RULES_LOAD_H
#define ECSAUDIT_RULES_LOAD_H

#include "config.h"
#include "netlink.h"
#include "rules_change.h"
#include "rules_compare.h"
#include "rules_files.h"

struct rules_counts {
	unsigned rules;	   /* that the set has: what is there twice or deleted again is not */
	unsigned deletes;  /* lines that delete one */
	unsigned mistakes; /* lines, and files that cannot be read */
	unsigned warnings;
	unsigned deleted; /* rules found in the kernel that are not wanted */
	unsigned loaded;  /* without the one that keeps the agent out */
	unsigned kept;	  /* of these: were there before */
	unsigned refused; /* rules and control lines, by the kernel or in its place */
	/* Mistakes and refusals that were not to be ignored: 0 is success. */
	unsigned failures;
	bool locked;
	/* What a comparison found, where it is locked; all but `equal` count as failures. */
	unsigned equal, missing, unwanted;
	bool disordered;
};

/* equal, missing, unwanted; and the order */
#define RULES_COMPARED "%u rule(s) as wanted, %u missing, %u not wanted%s"

/* What the kernel has of a set, since it was loaded last: rules. */
struct rules_state {
	unsigned loaded;  /* without the one that keeps the agent out */
	unsigned refused; /* by the kernel */
	unsigned waiting; /* for their path to appear, see rules_wait.h */
};

/* Large: keep it static. */
struct rules_loader {
	/* Set by the caller: environment, text, text_name, files, file_count, trust_all, say. */
	struct rules_files files;
	uint32_t self_pid; /* whose own system calls are not audited; 0: nobody's */
	bool ignore_errors;
	/* Of the agent that the rules are for: what control lines say against it is told as a
	 * warning. An agent has a backlog_wait_time of its own (its requests sleep as long, too),
	 * so
	 * --backlog_wait_time is left out. NULL: they are for no agent. */
	const struct config *config;

	/* Asked before each rule that is deleted or added: true ends the load with -EINTR, and the
	 * kernel has a part of the rules. NULL: nothing ends it. */
	bool (*is_ending)(void);

	/* What control lines of the set say of the state of the kernel: -e, -f, -r, -b and
	 * --loginuid-immutable. The others command something, once, at start. */
	struct rules_control controls;

	struct rules_counts counts;

	unsigned loaded, refused; /* as of the last load or change */
	/* Since then. Those whose path does not exist. */
	struct rules_list waiting;

	/* while it works */
	struct netlink *control;     /* NULL: control lines are not to be applied */
	struct rules_change *change; /* NULL: the set is checked only */
	bool prevented;		     /* by a mistake that is not ignored */
	bool ignoring;		     /* since -i or -c */
	bool fails_at_end;	     /* since -c */
	bool full;		     /* there are more rules than fit */
	bool blind;		     /* the kernel audits no system calls */
	unsigned unseen;	     /* rules that it refused for that */
	struct rules_data self;
	struct rules_compare compare;
};

/* Check the set and say every mistake and warning, with its place. true: there is no mistake that
 * would prevent loading. It does not notice rules that are there twice; counts.rules has them. */
bool rules_check(struct rules_loader *l);

/*
 * The same, and compile the set into c->wanted, with the rule that keeps self_pid out. A rule that
 * is there already, or is not there to be deleted, is said; it counts as a warning, or as refused
 * where somebody loads files by hand, as auditctl would (EEXIST, ENOENT). false: or it
 * has more than LIMIT_RULES_KEPT rules or LIMIT_WATCH_BYTES, which counts as a mistake.
 */
bool rules_prepare(struct rules_loader *l, struct rules_change *c);

/* What will really be in effect: put what control lines say in the place of the settings. */
void rules_settings(const struct rules_control *lines, struct config *c);

/*
 * Load the set that rules_prepare() found good over a control socket. 0 when the kernel has it as
 * far as it takes it (counts.failures says how far), or is locked and was compared; or -errno if
 * talking to the kernel failed: it has a part of the rules then. More rules in the kernel than fit
 * into c->found are all deleted first.
 */
int rules_load(struct rules_loader *l, struct rules_change *c, struct netlink *control);

/* What became of it: one line. */
void rules_loaded(const struct rules_counts *n, char *line, size_t size);

/* For who takes the steps of rules_change.h himself, when it is over: say what the kernel refused,
 * with its line; it is no longer wanted. */
void rules_finish(struct rules_loader *l, struct rules_change *c);

/* For whoever is asked how it is: at any time. */
struct rules_state rules_state(const struct rules_loader *l);

/* Take away the rule that keeps self_pid out, for an agent that ends: another process may get
 * its pid. 0, or -errno: -ENOENT if it is gone already, -EPERM if the configuration is locked. */
int rules_unload_self(struct rules_loader *l, struct netlink *control);

/* Delete the kernel's rules, those with `key` alone unless it is NULL. counts.deleted says how many
 * are gone. 0 or -errno: -EPERM also where the configuration is locked, counts.locked then. */
int rules_purge(
	struct rules_loader *l, struct rules_change *c, struct netlink *control, const char *key);

#endif
