#include "guard.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "sys.h"
#include "text.h"

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

/* ---- rules ----------------------------------------------------------------------------- */

static void report_rules(struct guard *g, unsigned expected, bool put_back)
{
	char message[160], digits[2][12];
	struct text t;
	struct report r = {
		.time_ms = wall_clock_ms(),
		.action = put_back ? SPAN("restored-audit-rules") : SPAN("lost-audit-rules"),
		.failed = !put_back,
		.actor = &g->agent->changer,
		.fact_count = 2,
	};

	text_init(&t, message, sizeof(message));
	text_puts(&t, "the kernel's audit rules were changed by somebody else: ");
	text_number(&t, g->watch.found.count);
	text_puts(&t, " rules instead of ");
	text_number(&t, expected);
	text_puts(&t, put_back ? "; they were put back" : "; they were not put back");
	r.message = (struct span){message, (uint32_t)t.used};
	text_init(&t, digits[0], sizeof(digits[0]));
	text_number(&t, expected);
	r.facts[0] = (struct report_fact){"rules_expected", {digits[0], (uint32_t)t.used}};
	text_init(&t, digits[1], sizeof(digits[1]));
	text_number(&t, g->watch.found.count);
	r.facts[1] = (struct report_fact){"rules_found", {digits[1], (uint32_t)t.used}};
	agent_report(g->agent, &r);
}

/* Somebody changed the rules. What the kernel refuses of ours it refused at start, too: the new
 * state is what is watched from now on. */
static void put_back(struct guard *g)
{
	const struct watch_list found = g->watch.found;
	unsigned expected = g->watch.wanted.count;
	struct netlink *control = &g->live->ac.control;
	bool done = g->agent->config.watch_restore && rules_load(g->rules, control) == 0 &&
		    !g->rules->counts.locked;

	if (done)
		done = watch_arm(&g->watch, control) == 0;
	g->watch.found = found;
	if (done || !g->lost)
		report_rules(g, expected, done);
	g->lost = !done;
	g->restored_ms = g->loop->now_ms;
}

static void on_timer(void *context)
{
	struct guard *g = context;

	g->soon = false;
	loop_timer_set(g->loop, g->timer, g->agent->config.watch_interval_ms);
	(void)watch_ask(&g->watch, &g->live->ac.control);
}

static void ask_in(struct guard *g, int64_t after_ms)
{
	if (g->soon)
		return;
	g->soon = true;
	loop_timer_set(g->loop, g->timer, after_ms);
}

void guard_reply(struct guard *g, uint16_t type, uint32_t sequence, const void *payload, size_t len)
{
	int64_t since_ms;

	switch (watch_reply(&g->watch, type, sequence, payload, len)) {
	case WATCH_PENDING:
		break;
	case WATCH_SAME:
		g->lost = false;
		g->agent->changer.serial = 0; /* not to blame for what comes later */
		break;
	case WATCH_CHANGED:
		/* Two agents that put back each other's rules must not do nothing else. */
		since_ms = g->loop->now_ms - g->restored_ms;
		if (since_ms < GUARD_PAUSE_MS)
			ask_in(g, GUARD_PAUSE_MS - since_ms);
		else
			put_back(g);
		break;
	}
}

void guard_turn(struct guard *g)
{
	if (!g->agent->config_changed)
		return;
	g->agent->config_changed = false;
	if (g->watch.armed)
		ask_in(g, GUARD_SOON_MS);
}

/* ---- enabled --------------------------------------------------------------------------- */

void guard_status(struct guard *g, const struct audit_control_status *status)
{
	const struct audit_status on = {.mask = AUDIT_STATUS_ENABLED, .enabled = 1};
	struct report r = {
		.time_ms = wall_clock_ms(),
		.action = SPAN("enabled-auditing"),
		.message = SPAN("auditing was switched off by somebody else; it was switched on "
				"again"),
		.actor = &g->agent->changer,
	};

	if (status->values.enabled != 0 || !g->agent->config.watch_restore || g->live->ac.multicast)
		return;
	if (audit_control_set(&g->live->ac.control, &on) < 0) {
		r.failed = true;
		r.message = SPAN("auditing was switched off by somebody else, and stays off");
	}
	agent_report(g->agent, &r);
}

int guard_start(struct guard *g, struct agent *agent, struct live *live, struct loop *loop,
	struct rules_loader *rules)
{
	int error;

	*g = (struct guard){.agent = agent,
		.live = live,
		.loop = loop,
		.rules = rules,
		.restored_ms = loop->now_ms - GUARD_PAUSE_MS};
	agent->config_changed = false; /* that was us */
	if (!rules || agent->config.watch_interval_ms == 0)
		return 0;
	error = watch_arm(&g->watch, &live->ac.control);
	if (error < 0)
		return error;
	g->timer = loop_timer_add(loop, agent->config.watch_interval_ms, 0, on_timer, g);
	return g->timer < 0 ? g->timer : 0;
}
