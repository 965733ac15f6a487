#include "guard.h"

#include <errno.h>
#include <string.h>

#include "error_text.h"
#include "guard_report.h"
#include "rules_lineage.h"
#include "rules_wait.h"
#include "sys.h"
#include "text.h"

/* guard_turn() does what is due. */
static void on_report_timer(void *context)
{
	(void)context;
}

static bool may_restore(const struct guard *g)
{
	return g->with.agent->config.watch_restore && !g->with.source->ac.multicast;
}

/* ---- asking ------------------------------------------------------------------------------ */

static void ask_in(struct guard *g, int64_t after_ms)
{
	if (g->check_is_soon || g->timer < 0)
		return;
	g->check_is_soon = true;
	loop_timer_set(g->with.loop, g->timer, after_ms);
}

static void count_unanswered(struct guard *g)
{
	static const char line[] =
		"the kernel does not answer what its audit rules are; nothing is "
		"noticed if somebody changes them";
	const struct report r = {
		.time_ms = report_now_ms(),
		.action = SPAN("noticed"),
		.message = SPAN(line),
		.failed = true,
	};

	if (++g->unanswered != LIMIT_GUARD_UNANSWERED)
		return;
	g->with.print(g->with.print_ctx, line);
	agent_report(g->with.agent, &r);
}

static void ask(struct guard *g)
{
	g->asked_ms = sys_monotonic_ms();
	g->rules_due = false; /* the answer will tell */
	if (rules_drift_ask(&g->drift, &g->with.source->ac.control) < 0)
		count_unanswered(g);
}

static void on_timer(void *context)
{
	struct guard *g = context;
	const int64_t interval_ms = g->with.agent->config.watch_interval_ms;

	g->check_is_soon = false;
	g->paths_due = true;
	loop_timer_set(g->with.loop, g->timer, g->drift.armed ? interval_ms : LOOP_NEVER);
	audit_source_check(g->with.source);
	if (g->drift.query == 0) {
		ask(g);
	} else if (sys_monotonic_ms() - g->asked_ms >= LIMIT_NETLINK_WAIT_MS) {
		count_unanswered(g);
		ask(g);
	} else { /* it may have been given before what we are to look for */
		ask_in(g, LIMIT_GUARD_SOON_MS);
	}
}

/* ---- rules ----------------------------------------------------------------------------- */

/* As rules_drift_restore(). */
static int put_back(struct guard *g)
{
	if (g->with.source->ac.locked)
		return -EPERM;
	if (!g->drift.can_restore)
		return -ENOSPC;
	return rules_drift_restore(&g->drift, &g->with.source->ac.control);
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
	return error == -EPERM && g->with.source->ac.locked;
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
		text_puts(t, error_text(error));
	} else if (rules_drift_equal(&g->drift.found, &g->drift.wanted)) {
		text_puts(t, "they were put back");
	} else {
		text_puts(t, "they were put back as far as the kernel takes them: ");
		text_number(t, g->drift.found.count);
	}
}

static void report_rules(struct guard *g, int error)
{
	const bool restored = may_restore(g) && error == 0;
	const bool whole = restored && rules_drift_equal(&g->drift.found, &g->drift.wanted);
	struct guard_report *n = guard_report_begin(g, GUARD_RULES);
	struct report *r = &n->report;
	struct text t;

	r->action = restored ? SPAN("restored-audit-rules") : SPAN("changed-audit-rules");
	r->failed = may_restore(g) && !whole;
	r->fact_count = restored ? 3 : 2;
	r->facts[0].name = "rules_expected";
	r->facts[0].value = number(n->digits[0], g->drift.wanted.count);
	r->facts[1].name = "rules_found";
	r->facts[1].value = number(n->digits[1], g->found_changed.count);
	r->facts[2].name = "rules_now";
	r->facts[2].value = number(n->digits[2], g->drift.found.count);

	text_init(&t, n->line, sizeof(n->line));
	text_puts(&t, "the kernel's audit rules were changed by somebody else: ");
	text_number(&t, g->found_changed.count);
	text_puts(&t, " where ");
	text_number(&t, g->drift.wanted.count);
	text_puts(&t, " were loaded; ");
	put_outcome(&t, g, error);
	guard_report_queue(g, n);
}

/* The rules are others than ours, and not those that were told already. */
static void handle_changed_rules(struct guard *g)
{
	const int64_t since_ms = sys_monotonic_ms() - g->last_restore_ms;
	int error = 0;

	g->rules_due = false;
	if (!g->is_restoring && may_restore(g) && since_ms < LIMIT_GUARD_PAUSE_MS) {
		ask_in(g, LIMIT_GUARD_PAUSE_MS - since_ms);
		return;
	}
	if (!g->is_restoring)
		g->found_changed = g->drift.found;
	if (may_restore(g))
		error = put_back(g);
	g->is_restoring = error > 0;
	if (g->is_restoring) {
		g->check_is_soon = false; /* not later */
		ask_in(g, 0);
		return;
	}
	g->last_restore_ms = sys_monotonic_ms();
	/* The kernel takes no more of them than the last time: that will not change by itself. */
	if (g->has_restored && error == 0 && rules_drift_equal(&g->found_changed, &g->reported) &&
		rules_drift_equal(&g->drift.found, &g->reported)) {
		g->gave_up = true;
		return;
	}
	report_rules(g, error);
	g->has_restored = may_restore(g) && error == 0;
	g->gave_up = !may_restore(g) || is_impossible(g, error);
	g->reported = g->drift.found;
}

/* Whoever it was may be at it still. */
static bool is_settled(struct guard *g)
{
	const bool same =
		g->unsettled_checks > 0 && rules_drift_equal(&g->drift.found, &g->last_found);

	g->last_found = g->drift.found;
	return same || ++g->unsettled_checks >= LIMIT_GUARD_LOOKS;
}

static void on_changed(struct guard *g)
{
	if (!g->is_restoring && g->gave_up && rules_drift_equal(&g->drift.found, &g->reported))
		return;
	if (!g->is_restoring && !is_settled(g)) {
		ask_in(g, LIMIT_GUARD_SOON_MS);
		return;
	}
	g->unsettled_checks = 0;
	g->rules_due = true;
}

void guard_reply(struct guard *g, uint16_t type, uint32_t sequence, const void *payload, size_t len)
{
	if (g->drift.query == 0) /* also before guard_start() */
		return;
	switch (rules_drift_reply(
		&g->drift, &g->with.source->ac.control, type, sequence, payload, len)) {
	case RULES_DRIFT_PENDING:
		return;
	case RULES_DRIFT_UNKNOWN:
		ask_in(g, LIMIT_GUARD_SOON_MS);
		break;
	case RULES_DRIFT_SAME:
		g->unsettled_checks = 0;
		g->has_restored = g->gave_up = false;
		g->rules_due = g->is_restoring; /* to be told */
		break;
	case RULES_DRIFT_CHANGED:
		on_changed(g);
		break;
	}
	g->unanswered = 0;
}

/* ---- rules that wait for their path ------------------------------------------------------- */

/* How many of its list must stay behind it. */
static unsigned rules_behind(const struct guard *g, const struct rules_data *rule)
{
	return rule->flags == AUDIT_FILTER_EXIT ? rules_lineage_count(&g->drift.rules) : 0;
}

/* One that waits. 0: it is loaded, or was there. -errno. */
static int load_waiting_rule(struct guard *g, unsigned index)
{
	struct rules_loader *l = g->with.loader;
	struct netlink *control = &g->with.source->ac.control;
	struct rules_data *rule = &l->files.line.rule; /* nobody reads lines now */
	int ret = rules_wait_check(l, index, rule);

	if (ret == 0)
		ret = netlink_request(control, AUDIT_ADD_RULE, rule, rules_size(rule), NULL);
	if (ret < 0 && ret != -EEXIST)
		return ret;
	if (!rules_drift_add(&g->drift, rule, rules_size(rule), rules_behind(g, rule)))
		(void)rules_drift_arm(&g->drift, control);
	return 0;
}

/* Rules can be added at the end only, and those of lineage.rules must stay there: else they would
 * take events from those that came later. */
static void move_own_behind(struct guard *g)
{
	const struct rules_list *rules = &g->drift.rules;
	const unsigned end = rules_list_first(rules, AUDIT_FILTER_EXIT + 1);
	struct netlink *control = &g->with.source->ac.control;
	size_t len;

	for (unsigned i = end - rules_lineage_count(rules); i < end; i++) {
		const void *rule = rules_list_rule(rules, i, &len);

		if (netlink_request(control, AUDIT_DEL_RULE, rule, len, NULL) >= 0)
			(void)netlink_request(control, AUDIT_ADD_RULE, rule, len, NULL);
	}
}

/* A few a turn. */
static void load_waiting(struct guard *g)
{
	struct rules_loader *l = g->with.loader;
	const unsigned loaded = l->loaded, refused = l->refused;
	unsigned barred = 0;
	bool has_calls = false;
	char line[160];

	g->paths_due = false;
	for (unsigned i = 0; i < l->waiting.count && l->loaded - loaded < LIMIT_RELOAD_ADDS;) {
		const int error = load_waiting_rule(g, i);

		barred += error == -EACCES;
		if (error == -EPERM || error == -ETIMEDOUT || error == -ECONNREFUSED)
			break; /* no rule is to blame for it */
		if (error == -ENOENT || error == -EACCES) {
			i++;
			continue;
		}
		rules_list_remove(&l->waiting, i);
		l->loaded += error == 0;
		has_calls |= error == 0 && l->files.line.rule.flags == AUDIT_FILTER_EXIT;
		l->refused += error < 0;
	}
	if (l->loaded > loaded) {
		rules_drift_update_digest(&g->drift);
		if (has_calls)
			move_own_behind(g);
		ask_in(g, 0); /* there may be more */
	}
	text_format(line, sizeof(line),
		"rules whose path has appeared: %u loaded, %u refused; %u still waiting, %u of "
		"them for one that may not be entered",
		l->loaded - loaded, l->refused - refused, l->waiting.count, barred);
	if (l->loaded > loaded || l->refused > refused || barred > g->barred_reported) {
		g->with.print(g->with.print_ctx, line);
		agent_report_line(g->with.agent, line);
	}
	g->barred_reported = barred;
}

static bool may_load_waiting(const struct guard *g)
{
	return g->paths_due && g->with.loader && g->drift.armed && g->drift.query == 0 &&
	       !g->is_restoring && !g->rules_due && !g->with.source->ac.locked;
}

/* ---- enabled --------------------------------------------------------------------------- */

static void switch_on(struct guard *g)
{
	const struct audit_status on = {.mask = AUDIT_STATUS_ENABLED, .enabled = 1};
	int error = audit_control_set(&g->with.source->ac.control, &on);

	g->enable_due = false;
	if (error < 0 && !g->off_is_reported)
		guard_report_enabled(g, SPAN("enabled-auditing"), true,
			"auditing was switched off by somebody else (enabled 0), and could not be "
			"switched on again");
	g->off_is_reported = error < 0;
	if (error < 0)
		return;
	g->enabled = 1;
	guard_report_enabled(g, SPAN("enabled-auditing"), false,
		"auditing was switched off by somebody else (enabled 0); it was switched on again");
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

	/* At the end it is we who switch it off. */
	if (!g->with.agent || now > 2 || g->with.loop->stopping)
		return;
	g->enabled = now;
	g->enable_due = now == 0 && may_restore(g);
	if (now != 0)
		g->off_is_reported = false;
	if (now != before && !g->enable_due)
		guard_report_enabled(g, changes[now].action, false, changes[now].line);
}

/* ---- both ------------------------------------------------------------------------------ */

/* All that somebody's event gave reason to look at was looked at. */
static bool is_done(const struct guard *g)
{
	return !g->check_is_soon && !g->rules_due && !g->enable_due && g->drift.query == 0 &&
	       !g->reports[GUARD_RULES].is_pending && !g->reports[GUARD_ENABLED].is_pending;
}

void guard_record(struct guard *g, uint16_t type)
{
	if (type == AUDIT_CONFIG_CHANGE)
		g->config_change_seen = true;
}

void guard_turn(struct guard *g)
{
	struct agent *agent = g->with.agent;

	if (!agent || g->with.loop->stopping)
		return;
	if (g->config_change_seen)
		ask_in(g, LIMIT_GUARD_SOON_MS);
	g->config_change_seen = false;
	guard_report_send(g, false);
	/* The kernel owes an answer: a request that waits for its own would drop it, or wait as
	 * long. */
	if (g->with.source->query != 0)
		return;
	if ((g->enable_due || g->rules_due) && g->drift.query != 0) {
		g->drift.query = 0;
		ask_in(g, LIMIT_GUARD_SOON_MS);
	}
	if (g->enable_due)
		switch_on(g);
	if (g->rules_due)
		handle_changed_rules(g);
	if (may_load_waiting(g))
		load_waiting(g);
	guard_report_send(g, false);
	/* Not to blame for what comes later. */
	if (is_done(g))
		agent->changer.serial = 0;
}

void guard_stop(struct guard *g)
{
	if (g->with.agent)
		guard_report_send(g, true);
}

static int start_watch(struct guard *g)
{
	int error;

	if (!g->with.rules || g->with.agent->config.watch_interval_ms == 0)
		return 0;
	error = rules_drift_arm(&g->drift, &g->with.source->ac.control);
	if (error == 0 && !g->drift.can_restore && may_restore(g))
		g->with.print(g->with.print_ctx,
			"there are too many rules to keep: if somebody changes them it is told, "
			"and they are not put back");
	return error;
}

static int64_t interval_ms(const struct guard *g)
{
	return g->drift.armed ? g->with.agent->config.watch_interval_ms : LOOP_NEVER;
}

int guard_start(struct guard *g, const struct guard_parts *parts)
{
	int error;

	g->with = *parts;
	g->last_restore_ms = sys_monotonic_ms() - LIMIT_GUARD_PAUSE_MS;
	g->enabled = parts->source->ac.locked ? 2 : 1;
	if (parts->agent)
		parts->agent->changer.since_ms = report_now_ms();
	error = start_watch(g);
	g->timer = loop_timer_add(parts->loop, interval_ms(g), 0, on_timer, g);
	g->report_timer = loop_timer_add(parts->loop, LOOP_NEVER, 0, on_report_timer, g);
	if (g->timer >= 0 && g->report_timer >= 0)
		return error;
	loop_timer_remove(parts->loop, g->timer);
	g->timer = -1;
	g->drift.armed = false;
	return error < 0 ? error : -ENOSPC;
}

void guard_hold(struct guard *g)
{
	g->drift.armed = false;
	g->drift.query = 0;
	g->rules_due = g->is_restoring = g->has_restored = g->gave_up = false;
	g->unsettled_checks = 0;
}

int guard_rearm(struct guard *g, bool rules, const struct rules_list *wanted)
{
	int error = 0;

	guard_hold(g);
	g->with.rules = rules && g->timer >= 0;
	if (!wanted)
		error = start_watch(g);
	else if (g->with.rules && g->with.agent->config.watch_interval_ms > 0)
		rules_drift_keep(&g->drift, wanted);
	g->check_is_soon = false;
	loop_timer_set(g->with.loop, g->timer, interval_ms(g));
	return error;
}
