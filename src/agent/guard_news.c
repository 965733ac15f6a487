#include "guard_news.h"

#include "sys.h"
#include "text.h"

void guard_tell(struct agent *agent, const char *line)
{
	const struct report r = {
		.time_ms = report_now_ms(),
		.action = SPAN("noticed"),
		.message = span_of(line),
	};

	agent_report(agent, &r);
}

static void send_one(struct guard *g, struct guard_news *n)
{
	n->waits = false;
	n->report.actor = &g->with.agent->changer;
	agent_report(g->with.agent, &n->report);
}

struct guard_news *guard_news_of(struct guard *g, unsigned which)
{
	struct guard_news *n = &g->news[which];

	if (n->waits)
		send_one(g, n);
	n->report = (struct report){.time_ms = report_now_ms()};
	return n;
}

void guard_news_tell(struct guard *g, struct guard_news *n)
{
	const int64_t wait_ms = g->with.agent->config.timeout_ms + LIMIT_GUARD_SOON_MS;

	n->report.message = span_of(n->line);
	g->with.say(g->with.say_ctx, n->line);
	n->waits = true;
	g->tell_by_ms = sys_monotonic_ms() + wait_ms;
	loop_timer_set(g->with.loop, g->tell_timer, wait_ms);
}

void guard_news_line(struct guard *g, struct span action, bool failed, const char *line)
{
	struct guard_news *n = guard_news_of(g, GUARD_ENABLED);
	struct text t;

	n->report.action = action;
	n->report.failed = failed;
	text_init(&t, n->line, sizeof(n->line));
	text_puts(&t, line);
	guard_news_tell(g, n);
}

void guard_news_send(struct guard *g, bool all)
{
	const bool due =
		all || g->with.agent->changer.serial != 0 || sys_monotonic_ms() >= g->tell_by_ms;

	for (unsigned i = 0; i < GUARD_NEWS && due; i++)
		if (g->news[i].waits)
			send_one(g, &g->news[i]);
}
