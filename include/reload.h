/*
 * reload.h - SIGHUP: another configuration and other rules, while records come.
 *
 * The configuration is read as at start, with the same command line, beside the one in use; rules
 * are compiled, files of names read, the new output opened, the kernel's rules listed and its
 * settings made. Whatever fails till then is told, and the old configuration stays as a whole.
 * Then, between two events, everything is the new one; the rest is to bring the kernel's rules
 * from the old list to the new (rules_change.h), a request or two a turn of the loop, and never
 * before the records that wait are read. What happened is told when it is over: one line for
 * the user, one document for the collector.
 *
 * Options that cannot change keep their values and are named: some until a restart, and the
 * kernel's settings while the audit configuration is locked. Then, rules are compared only.
 *
 * Beside what the loop does anyway it opens, reads and lists files, and gives pages back: what the
 * filter of seccomp.h lets it do.
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
	void (*say)(void *ctx, const char *line);
	/* The rules of a locked kernel are compared: as in struct audit_control_hooks. */
	int (*compare)(void *ctx, struct netlink *control, struct audit_error *e);
	/* Everything is the new one now. */
	void (*changed)(void *ctx);
	/* The line that says so, if something failed. May be NULL. */
	void (*failed)(void *ctx, const char *line);
	/* A reload begins, and ends: for a supervisor. May be NULL. */
	void (*busy)(void *ctx, bool is_busy);
};

/* Large: keep it static. Set it to 0 before. */
struct reload {
	struct reload_parts with;
	int timer;     /* in the loop; -1: none */
	bool asked;    /* by SIGHUP, and not begun */
	bool changing; /* the kernel's rules */
	int64_t asked_ms;
	unsigned yields, tries;
	uint64_t changed, fixed, locked; /* options */
	bool has_names;			 /* others than before */
	bool had_rules;			 /* loaded, before it */
	bool drifted;			 /* the kernel's rules were not ours */
	unsigned rule_mistakes;		 /* that were told */
	char mistakes[LIMIT_RELOAD_MISTAKES_BYTES];
	char line[LIMIT_RELOAD_MISTAKES_BYTES + 64];
	struct config_error e;
	struct hostid hostid;

	/* Large, and of no use between two reloads: the pages go back. */
	struct identity identity;
	struct document document;
	struct config config;
	struct rules_change change;
};

/* After guard_start(). 0 or -ENOSPC. */
int reload_start(struct reload *r, const struct reload_parts *parts);

/* SIGHUP. During a reload: once more afterwards. */
void reload_ask(struct reload *r);

/* Once a turn, before the loop waits, and outside of its handlers. */
void reload_turn(struct reload *r);

/* Before audit_source_stop(): finish what is under way, within LIMIT_RELOAD_END_MS. */
void reload_stop(struct reload *r);

/* Point the loader at the rules of a configuration, which must live as long. */
void reload_point(struct rules_loader *l, const struct config *c);
bool reload_has_rules(const struct config *c);

#endif
