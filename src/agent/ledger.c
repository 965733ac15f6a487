#include "ledger.h"

#include "metric.h"
#include "sys.h"

/* The others are known from the kernel and from gaps.h. */
static uint64_t own_losses(const struct counters *c)
{
	return metric_loss(c) - c->kernel_lost - c->serials_missing;
}

static uint64_t unreported(const struct ledger *l)
{
	return own_losses(&l->agent->counters) - own_losses(&l->reported);
}

static void report_gaps(struct ledger *l, int64_t now_ms)
{
	const struct gaps_reported reported = {
		.missing = l->reported.serials_missing,
		.late = l->reported.serials_late,
		.unreported = unreported(l),
		.now_ms = now_ms,
		.kernel_lost = l->kernel_lost,
	};

	gaps_reported(&l->agent->gaps, &reported);
}

void ledger_start(struct ledger *l, struct agent *agent, const struct audit_control_status *before)
{
	const struct gaps_state *kept = agent->gaps.now;

	l->agent = agent;
	l->last_wait_ticks = before->values.backlog_wait_time_actual;
	l->kernel_lost = before->values.lost;
	l->start_ms = l->reported_ms = l->interval_start_ms = sys_monotonic_ms();
	l->loss_reported_ms = l->start_ms - LIMIT_METRIC_PAUSE_MS;
	l->settle_ms = INT64_MAX;
	/* Our first document also has what the agent before lost and could not report. */
	l->reported.serials_missing = kept->reported_missing;
	l->reported.serials_late = kept->reported_late;
	l->reported_loss = l->noticed_loss = metric_loss(&l->reported);
	l->last_loss_ms = INT64_MAX;
	if (kept->reported_ms > 0 && kept->reported_ms <= l->start_ms) {
		l->interval_start_ms = kept->reported_ms;
		agent->counters.losses_before = kept->unreported;
		agent->counters.kernel_lost =
			audit_control_increase(l->kernel_lost, kept->kernel_lost);
	} else {
		report_gaps(l, l->start_ms);
	}
}

void ledger_status(struct ledger *l, const struct audit_control_status *status, uint32_t lost)
{
	const uint32_t waited = status->values.backlog_wait_time_actual;

	if (!l->agent)
		return;
	l->agent->counters.kernel_lost += lost;
	l->agent->counters.kernel_waits += audit_control_increase(waited, l->last_wait_ticks);
	l->last_wait_ticks = waited;
	l->kernel_backlog = status->values.backlog;
	l->kernel_lost = status->values.lost;
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
		.kernel_backlog = l->kernel_backlog,
		.kernel_lost_ever = l->kernel_lost,
	};
}

static struct metric metric_of(const struct ledger *l, const struct gauges *gauges, int64_t now_ms)
{
	return (struct metric){
		.now = &l->agent->counters,
		.before = &l->reported,
		.gauges = gauges,
		.uptime_ms = now_ms - l->start_ms,
		.interval_ms = now_ms - l->interval_start_ms,
	};
}

static void note_loss(struct ledger *l, int64_t now_ms)
{
	const uint64_t loss = metric_loss(&l->agent->counters);

	if (loss != l->noticed_loss)
		l->last_loss_ms = now_ms;
	l->noticed_loss = loss;
}

void ledger_write(struct ledger *l, struct text *t)
{
	const struct gauges gauges = gauges_of(l);
	const int64_t now_ms = sys_monotonic_ms();
	const struct metric m = metric_of(l, &gauges, now_ms);

	note_loss(l, now_ms);
	if (l->last_loss_ms <= now_ms)
		metric_number(t, "last_loss_ago_ms", (uint64_t)(now_ms - l->last_loss_ms));
	metric_write(t, &m, METRIC_ALL);
}

/* ---- documents ------------------------------------------------------------------------- */

static void send_metric(struct ledger *l)
{
	struct agent *a = l->agent;
	const struct gauges gauges = gauges_of(l);
	const struct metric m = metric_of(l, &gauges, a->now_ms);
	const bool lost = metric_loss(&a->counters) != metric_loss(&l->reported);
	const struct counters reported = a->counters;
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
	l->reported = reported;
	l->reported_ms = l->interval_start_ms = a->now_ms;
	report_gaps(l, a->now_ms);
	if (lost)
		l->loss_reported_ms = a->now_ms;
	l->reported_loss = metric_loss(&a->counters);
}

/* Messages wait, and none has left since the last document. */
static bool is_stuck(const struct ledger *l)
{
	return l->agent->spool.waiting > 0 &&
	       l->agent->counters.messages_sent == l->reported.messages_sent;
}

static int64_t due_ms(const struct ledger *l)
{
	const uint32_t interval_ms = l->agent->config.metrics_interval_ms;
	int64_t due_ms = interval_ms > 0 ? l->reported_ms + interval_ms : INT64_MAX;

	if (is_stuck(l))
		return INT64_MAX;
	if (metric_loss(&l->agent->counters) != l->reported_loss &&
		l->loss_reported_ms + LIMIT_METRIC_PAUSE_MS < due_ms)
		due_ms = l->loss_reported_ms + LIMIT_METRIC_PAUSE_MS;
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
	gaps_unreported(&l->agent->gaps, unreported(l));
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
