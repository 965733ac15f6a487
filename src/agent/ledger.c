#include "ledger.h"

#include "metric.h"
#include "sys.h"

/* Those of which nobody but us knows. */
static uint64_t own_losses(const struct counters *c)
{
	return metric_loss(c) - c->kernel_lost - c->serials_missing;
}

static uint64_t untold(const struct ledger *l)
{
	return own_losses(&l->agent->counters) - own_losses(&l->told);
}

static void tell_gaps(struct ledger *l, int64_t now_ms)
{
	const struct gaps_told told = {
		.missing = l->told.serials_missing,
		.late = l->told.serials_late,
		.untold = untold(l),
		.now_ms = now_ms,
		.kernel_lost = l->lost,
	};

	gaps_told(&l->agent->gaps, &told);
}

void ledger_start(struct ledger *l, struct agent *agent, const struct audit_control_status *before)
{
	const struct gaps_state *kept = agent->gaps.now;

	l->agent = agent;
	l->waited = before->values.backlog_wait_time_actual;
	l->lost = before->values.lost;
	l->start_ms = l->told_ms = l->before_ms = sys_monotonic_ms();
	l->loss_ms = l->start_ms - LIMIT_METRIC_PAUSE_MS;
	l->settle_ms = INT64_MAX;
	/* What an agent before did not tell any more, or did not know, is in our first document. */
	l->told.serials_missing = kept->told_missing;
	l->told.serials_late = kept->told_late;
	l->seen = l->noted = metric_loss(&l->told);
	l->lost_ms = INT64_MAX;
	if (kept->told_ms > 0 && kept->told_ms <= l->start_ms) {
		l->before_ms = kept->told_ms;
		agent->counters.losses_before = kept->untold;
		agent->counters.kernel_lost = audit_control_since(l->lost, kept->kernel_lost);
	} else {
		tell_gaps(l, l->start_ms);
	}
}

void ledger_status(struct ledger *l, const struct audit_control_status *status, uint32_t lost)
{
	const uint32_t waited = status->values.backlog_wait_time_actual;

	if (!l->agent)
		return;
	l->agent->counters.kernel_lost += lost;
	l->agent->counters.kernel_waits += audit_control_since(waited, l->waited);
	l->waited = waited;
	l->backlog = status->values.backlog;
	l->lost = status->values.lost;
}

static struct gauges gauges_of(const struct ledger *l)
{
	const struct agent *a = l->agent;

	return (struct gauges){
		.records_held = reassembly_held(&a->reassembly),
		.events_held = a->reassembly.count,
		.serials_open = a->gaps.open,
		.spool_messages = delivery_held(&a->delivery),
		.spool_bytes = a->spool.bytes,
		.kernel_backlog = l->backlog,
		.kernel_lost_ever = l->lost,
	};
}

static struct metric metric_of(const struct ledger *l, const struct gauges *gauges, int64_t now_ms)
{
	return (struct metric){
		.now = &l->agent->counters,
		.before = &l->told,
		.gauges = gauges,
		.uptime_ms = now_ms - l->start_ms,
		.interval_ms = now_ms - l->before_ms,
	};
}

/* When was something lost for the last time? */
static void note_loss(struct ledger *l, int64_t now_ms)
{
	const uint64_t loss = metric_loss(&l->agent->counters);

	if (loss != l->noted)
		l->lost_ms = now_ms;
	l->noted = loss;
}

void ledger_write(struct ledger *l, struct text *t)
{
	const struct gauges gauges = gauges_of(l);
	const int64_t now_ms = sys_monotonic_ms();
	const struct metric m = metric_of(l, &gauges, now_ms);

	note_loss(l, now_ms);
	if (l->lost_ms <= now_ms)
		metric_number(t, "last_loss_ago_ms", (uint64_t)(now_ms - l->lost_ms));
	metric_write(t, &m, METRIC_ALL);
}

/* ---- documents ------------------------------------------------------------------------- */

static void send_metric(struct ledger *l)
{
	struct agent *a = l->agent;
	const struct gauges gauges = gauges_of(l);
	const struct metric m = metric_of(l, &gauges, a->now_ms);
	const bool lost = metric_loss(&a->counters) != metric_loss(&l->told);
	const struct counters told = a->counters;
	cJSON *root;

	for (enum metric_detail detail = METRIC_ALL; detail <= METRIC_LOSS; detail++) {
		struct text t;

		arena_reset(&a->scratch);
		text_init(&t, l->text, sizeof(l->text));
		metric_write(&t, &m, detail);
		root = metric_build(
			&a->document, &m, (struct span){t.at, (uint32_t)t.used}, report_now_ms());
		if (root && agent_fits(a, root))
			break;
	}
	agent_send(a, root, lost ? SYSLOG_WARNING : SYSLOG_INFO);
	l->told = told;
	l->told_ms = l->before_ms = a->now_ms;
	tell_gaps(l, a->now_ms);
	if (lost)
		l->loss_ms = a->now_ms;
	l->seen = metric_loss(&a->counters);
}

/* Messages wait, and none has left since the last document. */
static bool is_stuck(const struct ledger *l)
{
	return l->agent->spool.waiting > 0 &&
	       l->agent->counters.messages_sent == l->told.messages_sent;
}

static int64_t due_ms(const struct ledger *l)
{
	const uint32_t interval_ms = l->agent->config.metrics_interval_ms;
	int64_t due_ms = interval_ms > 0 ? l->told_ms + interval_ms : INT64_MAX;

	if (is_stuck(l))
		return INT64_MAX;
	if (metric_loss(&l->agent->counters) != l->seen &&
		l->loss_ms + LIMIT_METRIC_PAUSE_MS < due_ms)
		due_ms = l->loss_ms + LIMIT_METRIC_PAUSE_MS;
	return due_ms;
}

static void settle(struct ledger *l)
{
	struct gaps *gaps = &l->agent->gaps;
	const int64_t now_ms = l->agent->now_ms;
	const int64_t held_ms = 2 * (int64_t)l->agent->config.timeout_ms;

	if (gaps->open > 0 && (l->settle_ms == INT64_MAX || now_ms >= l->settle_ms)) {
		gaps_settle(gaps);
		l->settle_ms =
			now_ms + (held_ms > LIMIT_GAPS_SETTLE_MS ? held_ms : LIMIT_GAPS_SETTLE_MS);
	}
	if (gaps->open == 0)
		l->settle_ms = INT64_MAX;
}

int64_t ledger_turn(struct ledger *l)
{
	int64_t next_ms;

	settle(l);
	note_loss(l, l->agent->now_ms);
	gaps_untold(&l->agent->gaps, untold(l));
	if (l->agent->now_ms >= due_ms(l))
		send_metric(l);
	next_ms = due_ms(l);
	return l->settle_ms < next_ms ? l->settle_ms : next_ms;
}

void ledger_stop(struct ledger *l)
{
	agent_flush(l->agent);
	gaps_flush(&l->agent->gaps);
	send_metric(l);
}
