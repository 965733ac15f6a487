#include "guard.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "sys.h"
#include "text.h"

/* ---- telling ----------------------------------------------------------------------------- */

static int64_t wall_clock_ms(void)
{
	struct timespec ts;

	if (sys_clock_gettime(CLOCK_REALTIME, &ts) < 0)
		return 0;
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void guard_tell(struct agent *agent, const char *line)
{
	const struct report r = {
		.time_ms = wall_clock_ms(),
		.action = SPAN("noticed"),
		.message = span_of(line),
	};

	agent_report(agent, &r);
}

/* To the user, and as a document to the collector, with who is behind it. */
static void tell(struct guard *g, struct report *r, const char *line)
{
	r->time_ms = wall_clock_ms();
	r->message = span_of(line);
	r->actor = &g->with.agent->changer;
	g->with.say(g->with.say_ctx, line);
	agent_report(g->with.agent, r);
}

static bool may_restore(const struct guard *g)
{
	return g->with.agent->config.watch_restore && !g->with.live->ac.multicast;
}

/* ---- asking ------------------------------------------------------------------------------ */

static void ask_in(struct guard *g, int64_t after_ms)
{
	if (g->soon || g->timer < 0)
		return;
	g->soon = true;
	loop_timer_set(g->with.loop, g->timer, after_ms);
}

static void count_unanswered(struct guard *g)
{
	struct report r = {.action = SPAN("noticed"), .failed = true};

	if (++g->unanswered == GUARD_UNANSWERED)
		tell(g, &r,
			"the kernel does not answer what its audit rules are; nothing is noticed "
			"if somebody changes them");
}

static void ask(struct guard *g)
{
	g->asked_ms = sys_monotonic_ms();
	g->drifted = false; /* the answer will tell */
	if (watch_ask(&g->watch, &g->with.live->ac.control) < 0)
		count_unanswered(g);
}

static void on_timer(void *context)
{
	struct guard *g = context;
	const int64_t interval_ms = g->with.agent->config.watch_interval_ms;

	g->soon = false;
	loop_timer_set(g->with.loop, g->timer, g->watch.armed ? interval_ms : LOOP_NEVER);
	live_check(g->with.live);
	if (g->watch.query == 0) {
		ask(g);
	} else if (sys_monotonic_ms() - g->asked_ms >= LIMIT_NETLINK_WAIT_MS) {
		count_unanswered(g);
		ask(g);
	} else { /* it may have been given before what we are to look for */
		ask_in(g, GUARD_SOON_MS);
	}
}

/* ---- rules ----------------------------------------------------------------------------- */

/* As watch_restore(). */
static int put_back(struct guard *g)
{
	if (g->with.live->ac.locked)
		return -EPERM;
	if (!g->watch.kept)
		return -ENOSPC;
	return watch_restore(&g->watch, &g->with.live->ac.control);
}

static struct span number(char digits[12], unsigned n)
{
	struct text t;

	text_init(&t, digits, 12);
	text_number(&t, n);
	return (struct span){digits, (uint32_t)t.used};
}

static bool is_locked(const struct guard *g, int error)
{
	return error == -EPERM && g->with.live->ac.locked;
}

/* All other errors may pass. */
static bool is_impossible(const struct guard *g, int error)
{
	return error == -ENOSPC || is_locked(g, error);
}

/* What became of it. `error` as put_back() gave it. */
static void put_outcome(struct text *t, const struct guard *g, int error)
{
	if (!may_restore(g)) {
		text_puts(t, "they were left as they are (watch.restore)");
	} else if (is_locked(g, error)) {
		text_puts(t, "they cannot be put back, the configuration is locked");
	} else if (error == -ENOSPC) {
		text_puts(t, "they cannot be put back, there are too many to keep");
	} else if (error < 0) {
		text_puts(t, "they could not be put back: ");
		text_puts(t, strerror(-error));
	} else if (watch_equal(&g->watch.found, &g->watch.wanted)) {
		text_puts(t, "they were put back");
	} else {
		text_puts(t, "they were put back as far as the kernel takes them: ");
		text_number(t, g->watch.found.count);
	}
}

static void report_rules(struct guard *g, int error)
{
	const bool restored = may_restore(g) && error == 0;
	const bool whole = restored && watch_equal(&g->watch.found, &g->watch.wanted);
	char line[256], digits[3][12];
	struct text t;
	struct report r = {
		.action = restored ? SPAN("restored-audit-rules") : SPAN("changed-audit-rules"),
		.failed = may_restore(g) && !whole,
		.fact_count = restored ? 3 : 2,
		.facts = {
			{"rules_expected", number(digits[0], g->watch.wanted.count)},
			{"rules_found", number(digits[1], g->before.count)},
			{"rules_now", number(digits[2], g->watch.found.count)},
		}};

	text_init(&t, line, sizeof(line));
	text_puts(&t, "the kernel's audit rules were changed by somebody else: ");
	text_number(&t, g->before.count);
	text_puts(&t, " where ");
	text_number(&t, g->watch.wanted.count);
	text_puts(&t, " were loaded; ");
	put_outcome(&t, g, error);
	tell(g, &r, line);
}

/* The rules are others than ours, and not those that were told already. */
static void see_to_rules(struct guard *g)
{
	const int64_t since_ms = sys_monotonic_ms() - g->restored_ms;
	int error = 0;

	g->drifted = false;
	if (!g->busy && may_restore(g) && since_ms < GUARD_PAUSE_MS) {
		ask_in(g, GUARD_PAUSE_MS - since_ms);
		return;
	}
	if (!g->busy)
		g->before = g->watch.found;
	if (may_restore(g))
		error = put_back(g);
	g->busy = error > 0;
	if (g->busy) {
		g->soon = false; /* not later */
		ask_in(g, 0);
		return;
	}
	g->sure = false;
	g->restored_ms = sys_monotonic_ms();
	/* The kernel takes no more of them than the last time: that will not change by itself. */
	if (g->tried && error == 0 && watch_equal(&g->before, &g->told) &&
		watch_equal(&g->watch.found, &g->told)) {
		g->has_told = true;
		return;
	}
	report_rules(g, error);
	g->tried = may_restore(g) && error == 0;
	g->has_told = !may_restore(g) || is_impossible(g, error);
	g->told = g->watch.found;
}

static void on_changed(struct guard *g)
{
	if (!g->busy && g->has_told && watch_equal(&g->watch.found, &g->told))
		return;
	/* Whoever it was may be at it still, and the event that says who on its way. */
	if (!g->busy && g->with.agent->changer.serial == 0 && !g->sure) {
		g->sure = true;
		ask_in(g, GUARD_SOON_MS);
		return;
	}
	g->drifted = true;
}

void guard_reply(struct guard *g, uint16_t type, uint32_t sequence, const void *payload, size_t len)
{
	if (g->watch.query == 0) /* also before guard_start() */
		return;
	switch (watch_reply(&g->watch, &g->with.live->ac.control, type, sequence, payload, len)) {
	case WATCH_PENDING:
		return;
	case WATCH_UNKNOWN:
		ask_in(g, GUARD_SOON_MS);
		break;
	case WATCH_SAME:
		g->sure = g->tried = g->has_told = false;
		g->drifted = g->busy; /* to be told */
		break;
	case WATCH_CHANGED:
		on_changed(g);
		break;
	}
	g->unanswered = 0;
}

/* ---- enabled --------------------------------------------------------------------------- */

static void switch_on(struct guard *g)
{
	const struct audit_status on = {.mask = AUDIT_STATUS_ENABLED, .enabled = 1};
	struct report r = {.action = SPAN("enabled-auditing")};
	int error = audit_control_set(&g->with.live->ac.control, &on);

	g->off = false;
	if (error < 0) {
		r.failed = true;
		if (!g->told_off)
			tell(g, &r,
				"auditing was switched off by somebody else (enabled 0), and could "
				"not be switched on again");
		g->told_off = true;
		return;
	}
	g->enabled = 1;
	g->told_off = false;
	tell(g, &r,
		"auditing was switched off by somebody else (enabled 0); it was switched on "
		"again");
}

void guard_status(struct guard *g, const struct audit_control_status *status)
{
	static const struct {
		struct span action;
		const char *line;
	} changes[] = {
		{SPAN("disabled-auditing"),
			"auditing was switched off (enabled 0): no records come until it is on "
			"again"},
		{SPAN("enabled-auditing"), "auditing is switched on (enabled 1)"},
		{SPAN("locked-auditing"),
			"the audit configuration was locked (enabled 2) until the next boot"},
	};
	const uint32_t now = status->values.enabled, before = g->enabled;
	struct report r = {.failed = false};

	if (!g->with.agent || now > 2)
		return;
	g->enabled = now;
	g->off = now == 0 && may_restore(g);
	if (now != 0)
		g->told_off = false;
	if (now == before || g->off)
		return;
	r.action = changes[now].action;
	tell(g, &r, changes[now].line);
}

/* ---- both ------------------------------------------------------------------------------ */

/* All that somebody's event gave reason to look at was looked at. */
static bool is_done(const struct guard *g)
{
	return !g->soon && !g->drifted && !g->off && g->watch.query == 0;
}

void guard_turn(struct guard *g)
{
	struct agent *agent = g->with.agent;

	if (!agent || g->with.loop->stopping)
		return;
	if (agent->config_changed)
		ask_in(g, GUARD_SOON_MS);
	agent->config_changed = false;
	/* The kernel owes an answer: a request that waits for its own would drop it, or wait as
	 * long. */
	if (g->with.live->query != 0)
		return;
	if ((g->off || g->drifted) && g->watch.query != 0) {
		g->watch.query = 0;
		ask_in(g, GUARD_SOON_MS);
	}
	if (g->off)
		switch_on(g);
	if (g->drifted)
		see_to_rules(g);
	/* Not to blame for what comes later. */
	if (is_done(g))
		agent->changer.serial = 0;
}

static int start_watch(struct guard *g)
{
	int error;

	if (!g->with.rules || g->with.agent->config.watch_interval_ms == 0)
		return 0;
	error = watch_arm(&g->watch, &g->with.live->ac.control);
	if (error == 0 && !g->watch.kept && may_restore(g))
		g->with.say(g->with.say_ctx,
			"there are too many rules to keep: if somebody changes them it is told, "
			"and they are not put back");
	return error;
}

int guard_start(struct guard *g, const struct guard_parts *parts)
{
	int error;

	g->with = *parts;
	g->restored_ms = sys_monotonic_ms() - GUARD_PAUSE_MS;
	g->enabled = parts->live->ac.locked ? 2 : 1;
	error = start_watch(g);
	g->timer = loop_timer_add(g->with.loop,
		g->watch.armed ? g->with.agent->config.watch_interval_ms : LOOP_NEVER, 0, on_timer,
		g);
	if (g->timer >= 0)
		return error;
	g->watch.armed = false;
	return error < 0 ? error : g->timer;
}
