/*
 * ledger.h - when the counters are reported to the collector, and the numbers of the kernel.
 *
 * A metric document (metric.h) is sent every metrics.interval, soon after a loss (at most one for
 * losses every LIMIT_METRIC_PAUSE_MS), and at the end. None is sent while the output accepts
 * nothing: it would push events out of the spool. Nothing is missed by that, as the counters only
 * grow: the next document has it all.
 */
#ifndef ECSAUDIT_LEDGER_H
#define ECSAUDIT_LEDGER_H

#include "text.h"
#include "agent.h"
#include "audit_control.h"

/* Large: keep it static. */
struct ledger {
	struct agent *agent;
	struct counters reported; /* in the last document, maybe of the agent before: gaps.h */
	uint64_t reported_loss;	  /* metric_loss() after that: sending it may lose, too */

	/* from the kernel's last status */
	uint32_t last_wait_ticks; /* backlog_wait_time_actual */
	uint32_t kernel_backlog, kernel_lost;

	int64_t start_ms;	       /* of this agent */
	int64_t reported_ms;	       /* of its last document */
	int64_t interval_start_ms;     /* when `reported` was sent, maybe by the agent before */
	int64_t loss_reported_ms;      /* of the last document with a loss */
	uint64_t noticed_loss;	       /* metric_loss() at the last turn */
	int64_t last_loss_ms;	       /* when it grew; INT64_MAX: never since the start */
	int64_t settle_ms;	       /* next gaps_settle(); INT64_MAX: nothing is open */
	char text[LIMIT_METRIC_BYTES]; /* of a document, until it is sent */
};

/* `before`: the kernel's status when the agent started. */
void ledger_start(struct ledger *l, struct agent *agent, const struct audit_control_status *before);

/* A new status of the kernel, and how many records it lost since the last one. */
void ledger_status(struct ledger *l, const struct audit_control_status *status, uint32_t lost);

/* Once a turn, outside of the loop's handlers and after agent_tick(): send what is due. Returns
 * when to call it next, by the agent's clock; INT64_MAX: not before something happens. */
int64_t ledger_turn(struct ledger *l);

/* The end: all records have come. Emits the events that are held, gives up serials that are still
 * missing, sends the last document. Call agent_stop() afterwards. */
void ledger_stop(struct ledger *l);

/* All counters of this moment as members of a JSON object: metric_write(). Before them
 * last_loss_ago_ms, if something was lost since the start. */
void ledger_write(struct ledger *l, struct text *t);

#endif
