/*
 * reload.h - SIGHUP: take a new configuration and new rules, while records keep coming.
 *
 * First all that can fail. The configuration is read as at start, with the same command line,
 * beside the one in use. Rules are compiled, files of user names read, the output checked, the
 * kernel's rules listed and its settings made. After any failure the whole old configuration
 * stays. Then, between two events, the new configuration replaces the old one. Last, the kernel's
 * rules are changed from the old list to the new (rules_change.h), a few requests a turn; records
 * that wait are read first. At the end the result is reported: one line for the user, one document
 * for the collector.
 *
 * Options that cannot change now keep their values, and the report names them: some change only
 * with a restart, and the kernel's settings not while the audit configuration is locked. A locked
 * kernel's rules are only compared.
 *
 * A reload makes few system calls that the loop does not: it opens, reads and lists files, and
 * returns pages. The filter of seccomp.h allows these.
 */
#ifndef ECSAUDIT_RELOAD_H
#define ECSAUDIT_RELOAD_H

#include "agent.h"
#include "guard.h"
#include "audit_source.h"
#include "loop.h"
#include "rules_change.h"
#include "rules_host.h"
#include "rules_load.h"

/* What it works with; all must outlive it. */
struct reload_parts {
	struct agent *agent;
	struct audit_source *source;
	struct loop *loop;
	struct guard *guard;
	struct rules_loader *rules;
	struct rules_host *host;
	void *ctx;
	/* Fill in a configuration as at start. false: *e says why not. */
	bool (*configure)(void *ctx, struct config *c, struct config_error *e);
	/* A line for the user. */
	void (*print)(void *ctx, const char *line);
	/* Compare the rules of a locked kernel: load_rules in struct audit_control_hooks. */
	int (*compare)(void *ctx, struct netlink *control, struct audit_error *e);
	/* The new configuration is in use now. */
	void (*changed)(void *ctx);
	/* A line about what failed, if something did. May be NULL. */
	void (*failed)(void *ctx, const char *line);
	/* A reload begins or ends: for a supervisor. May be NULL. */
	void (*busy)(void *ctx, bool is_busy);
};

/* Large: keep it static. Set it to 0 before. */
struct reload {
	struct reload_parts with;
	int timer;		/* in the loop; -1: none */
	bool is_requested;	/* by SIGHUP, and not begun */
	bool is_changing_rules; /* in the kernel; the rest is done */
	int64_t requested_ms;
	unsigned yield_count; /* turns in a row that were left to records */
	unsigned tries;
	uint64_t changed, fixed, locked; /* sets of options: config_print_names() */
	bool names_changed;		 /* passwd_file or group_file is another */
	bool had_rules;			 /* the old configuration had loaded rules */
	bool had_lineage;		 /* those of lineage.rules among them */
	bool rules_drifted;		 /* the kernel's rules were not the old ones */
	unsigned rule_mistakes;		 /* printed so far */
	char mistakes[LIMIT_RELOAD_MISTAKES_BYTES];
	char line[LIMIT_RELOAD_MISTAKES_BYTES + 64];
	struct config_error e;
	struct hostid hostid;

	/* Large, and used during a reload only: then their pages are returned to the kernel. */
	struct identity identity;
	struct document document;
	struct config config;
	struct rules_change change;
};

/* After guard_start(). 0 or -ENOSPC. */
int reload_start(struct reload *r, const struct reload_parts *parts);

/* SIGHUP. During a reload: reload once more afterwards. */
void reload_request(struct reload *r);

/* Once a turn, before the loop waits, and outside of its handlers. */
void reload_turn(struct reload *r);

/* Before audit_source_stop(): finish a reload that has begun, within LIMIT_RELOAD_END_MS. */
void reload_stop(struct reload *r);

/* Point the loader at the rules of a configuration, which must live as long. */
void reload_point(struct rules_loader *l, const struct config *c);
bool reload_has_rules(const struct config *c);

#endif
