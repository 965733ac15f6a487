#include "guard_report.h"

#include "sys.h"
#include "text.h"

static void send_one(struct guard *g, struct guard_report *n)
{
	n->is_pending = false;
	n->report.actor = &g->with.agent->changer;
	agent_report(g->with.agent, &n->report);
}

struct guard_report *guard_report_begin(struct guard *g, unsigned which)
{
	struct guard_report *n = &g->reports[which];

	if (n->is_pending)
		send_one(g, n);
	n->report = (struct report){.time_ms = report_now_ms()};
	return n;
}

void guard_report_queue(struct guard *g, struct guard_report *n)
{
	const int64_t wait_ms = g->with.agent->config.timeout_ms + LIMIT_GUARD_SOON_MS;

	n->report.message = span_of(n->line);
	g->with.print(g->with.print_ctx, n->line);
	n->is_pending = true;
	g->report_by_ms = sys_monotonic_ms() + wait_ms;
	loop_timer_set(g->with.loop, g->report_timer, wait_ms);
}

void guard_report_enabled(struct guard *g, struct span action, bool failed, const char *line)
{
	struct guard_report *n = guard_report_begin(g, GUARD_ENABLED);
	struct text t;

	n->report.action = action;
	n->report.failed = failed;
	text_init(&t, n->line, sizeof(n->line));
	text_puts(&t, line);
	guard_report_queue(g, n);
}

void guard_report_send(struct guard *g, bool all)
{
	const bool due =
		all || g->with.agent->changer.serial != 0 || sys_monotonic_ms() >= g->report_by_ms;

	for (unsigned i = 0; i < GUARD_REPORTS && due; i++)
		if (g->reports[i].is_pending)
			send_one(g, &g->reports[i]);
}
