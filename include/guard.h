/*
 * guard.h - notices when others change the kernel's audit rules or switch auditing off, restores
 * them, and reports it to the user and the collector.
 *
 * The guard compares the kernel's rules with the loaded ones (rules_drift.h) and checks the
 * kernel's status: at an interval, and a moment after each CONFIG_CHANGE record. With
 * `watch.restore` it restores what differs. In any case it sends a document: what changed, and who
 * did it if a CONFIG_CHANGE event says so. Reassembly may hold that event until its timeout.
 * While the actor is unknown, the document waits as long; restoring does not wait. What cannot be
 * restored is reported once.
 *
 * Questions to the kernel do not block. Answers arrive while the control socket is read. They only
 * set a flag; guard_turn() acts on it. Restoring rules does block, until the kernel answers: for a
 * tenth of a second a turn (rules_drift_restore()), at most every LIMIT_GUARD_PAUSE_MS, and never
 * while another answer is due. Loading rules whose path has appeared (rules_wait.h) blocks too,
 * for LIMIT_RELOAD_ADDS rules a turn, and while those of lineage.rules are moved behind them: each
 * is deleted, which takes the kernel some 25 ms, and added again. Apart from a reload, nothing else
 * in the loop blocks.
 */
#ifndef ECSAUDIT_GUARD_H
#define ECSAUDIT_GUARD_H

#include "agent.h"
#include "audit_source.h"
#include "loop.h"
#include "rules_load.h"
#include "rules_drift.h"

/* A document that is held back until it is known who made the change. */
struct guard_report {
	bool is_pending;
	struct report report; /* points into the texts below */
	char line[256];
	char digits[3][12];
};

enum {
	GUARD_RULES,
	GUARD_ENABLED,
	GUARD_REPORTS
};

/* What the guard works with; all must outlive it. */
struct guard_parts {
	struct agent *agent;
	struct audit_source *source;
	struct loop *loop;
	bool rules;		     /* rules were loaded: watch them */
	struct rules_loader *loader; /* has the rules that wait for a path; NULL: none do */
	void (*print)(void *ctx, const char *line); /* a line for the user */
	void *print_ctx;
};

/* Large: keep it static. Set it to 0 before; until guard_start() nothing is watched. */
struct guard {
	struct guard_parts with;
	struct rules_drift drift;
	int timer, report_timer; /* in the loop; -1: none */

	/* For the next guard_turn(). */
	bool config_change_seen; /* a CONFIG_CHANGE record came, from anybody */
	bool rules_due;		 /* the kernel's rules differ from ours */
	bool enable_due;	 /* auditing is off, and ours to switch on */
	bool paths_due;		 /* paths of waiting rules may have appeared */

	bool check_is_soon;	  /* the timer is set to less than the interval */
	bool is_restoring;	  /* some of the rules are restored, not all */
	bool has_restored;	  /* `reported` is all the kernel took at the last restore */
	bool gave_up;		  /* `reported` differs from ours, and will stay so */
	bool off_is_reported;	  /* auditing is off, and this was reported */
	unsigned barred_reported; /* waiting rules whose path we may not enter, as reported */

	unsigned unsettled_checks;		 /* in a row that found other rules than ours */
	struct rules_drift_digest last_found;	 /* by the last of these checks */
	struct rules_drift_digest found_changed; /* the rules before we restored ours */
	struct rules_drift_digest reported;	 /* the rules as our last report left them */
	uint32_t enabled;			 /* as last seen, or set by us */
	unsigned unanswered;			 /* questions in a row */
	int64_t asked_ms, last_restore_ms, report_by_ms;
	struct guard_report reports[GUARD_REPORTS];
};

/* Call it after audit_source_start(): it keeps the rules that are loaded now. 0; or -errno, and the
 * rules are not watched, but everything else is. */
int guard_start(struct guard *g, const struct guard_parts *parts);

/* We are about to change the rules ourselves: do not watch them until guard_rearm(). */
void guard_hold(struct guard *g);
/* Watch again, under a new configuration. `rules`: it has rules to watch. `wanted` are these rules;
 * NULL: those that are loaded now. Returns as guard_start(). */
int guard_rearm(struct guard *g, bool rules, const struct rules_list *wanted);

/* Once a turn, before the loop waits, and outside of its handlers. */
void guard_turn(struct guard *g);

/* After audit_source_stop(): sends the reports that are pending. */
void guard_stop(struct guard *g);

/* Called by the hooks of audit_source.h. */
void guard_record(struct guard *g, uint16_t type);
void guard_reply(
	struct guard *g, uint16_t type, uint32_t sequence, const void *payload, size_t len);
void guard_status(struct guard *g, const struct audit_control_status *status);

#endif
