/*
 * guard.h - keeps the kernel's audit as it was set up: sees what others change, puts it back,
 * tells the user and the collector.
 *
 * At an interval, and a moment after a CONFIG_CHANGE record, the kernel's rules are compared with
 * those that were loaded (rules_drift.h), and its status is looked at. If the rules differ, or
 * auditing was switched off, they are put back with `watch.restore`; in any case a document says
 * what, and who did it as far as the CONFIG_CHANGE event tells. That event may come out of the
 * reassembly as late as its timeout, so a document waits as long where nobody is known yet; putting
 * back does not. What cannot be put back is told once.
 *
 * Asking never waits, and answers come while the control socket is read; so they leave a mark
 * alone, and guard_turn() acts on it. Putting rules back waits for the kernel's answers: a tenth of
 * a second a turn (rules_drift_restore()), at most every LIMIT_GUARD_PAUSE_MS, and not while the
 * kernel owes us an answer. So does loading rules whose path has appeared (rules_wait.h),
 * LIMIT_RELOAD_ADDS a turn; nothing else in the loop does, but a reload.
 */
#ifndef ECSAUDIT_GUARD_H
#define ECSAUDIT_GUARD_H

#include "agent.h"
#include "audit_source.h"
#include "loop.h"
#include "rules_load.h"
#include "rules_drift.h"

/* A document that waits for somebody to blame. */
struct guard_news {
	bool waits;
	struct report report; /* refers to the texts */
	char line[256];
	char digits[3][12];
};

enum {
	GUARD_RULES,
	GUARD_ENABLED,
	GUARD_NEWS
};

/* What the guard works with; all must outlive it. */
struct guard_parts {
	struct agent *agent;
	struct audit_source *source;
	struct loop *loop;
	bool rules; /* rules were loaded, and are to be watched */
	/* Whose waiting rules are loaded when their paths appear; NULL: nobody's. */
	struct rules_loader *loader;
	void (*say)(void *ctx, const char *line);
	void *say_ctx;
};

/* Large: keep it static. Set it to 0 before; until guard_start() nothing is watched. */
struct guard {
	struct guard_parts with;
	struct rules_drift drift;
	int timer, tell_timer;		/* in the loop; -1: none */
	bool hinted;			/* a CONFIG_CHANGE came, of anybody */
	bool soon;			/* the timer was set forward */
	bool drifted;			/* the rules are others: for guard_turn() */
	bool off;			/* auditing is switched off: for guard_turn() */
	bool paths_due;			/* paths of waiting rules may be there: for guard_turn() */
	unsigned barred;		/* waiting rules whose paths we may not enter, as told */
	bool busy;			/* putting back: a part of it is done */
	bool tried;			/* `told` is what the kernel took of ours the last time */
	bool has_told;			/* and there is nothing to be done about it */
	unsigned looks;			/* at rules that are others, one after the other */
	struct rules_drift_list seen;	/* by the last look */
	struct rules_drift_list before; /* rules as somebody else left them */
	struct rules_drift_list told;	/* rules that are not ours, as we told or left them */
	bool told_off;			/* the same for auditing that is off */
	uint32_t enabled;		/* as last seen, or set */
	unsigned unanswered;		/* questions in a row */
	int64_t asked_ms, restored_ms, tell_by_ms;
	struct guard_news news[GUARD_NEWS];
};

/* After audit_source_start(): the rules that are loaded now are those to keep. 0, or -errno; then
 * rules are not watched, all else is. */
int guard_start(struct guard *g, const struct guard_parts *parts);

/* Whoever changes the rules is us: leave them alone until guard_rearm(). */
void guard_hold(struct guard *g);
/* With another configuration. `rules`: there are any to be watched; these, or, if NULL, those that
 * are loaded now. As guard_start(). */
int guard_rearm(struct guard *g, bool rules, const struct rules_list *wanted);

/* Once a turn, before the loop waits, and outside of its handlers. */
void guard_turn(struct guard *g);

/* Behind audit_source_stop(): what waits is told. */
void guard_stop(struct guard *g);

/* From the live source's hooks. */
void guard_record(struct guard *g, uint16_t type);
void guard_reply(
	struct guard *g, uint16_t type, uint32_t sequence, const void *payload, size_t len);
void guard_status(struct guard *g, const struct audit_control_status *status);

/* A document with one line of text, for whatever the live source notices. */
void guard_tell(struct agent *agent, const char *line);

#endif
