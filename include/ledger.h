/*
 * ledger.h - when the counters are told to the collector, and what they cannot count themselves.
 *
 * A metric document (metric.h) is sent every metrics.interval, at once when something was lost (but
 * LIMIT_METRIC_PAUSE_MS after the last such), and at the end. While the output takes nothing there
 * are no more of them: they would push out of the spool what they tell of. The first one
 * afterwards has it all, as the counters only grow.
 */
#ifndef ECSAUDIT_LEDGER_H
#define ECSAUDIT_LEDGER_H

#include "text.h"
#include "agent.h"
#include "audit_control.h"

/* Large: keep it static. */
struct ledger {
	struct agent *agent;
	struct counters told;	       /* in the last document, also of the agent before: gaps.h */
	uint64_t seen;		       /* metric_loss() once that was sent: sending may lose, too */
	uint32_t waited;	       /* backlog_wait_time_actual of the kernel's last status */
	uint32_t backlog, lost;	       /* of the same */
	int64_t start_ms, told_ms;     /* of us, of the last document of ours */
	int64_t before_ms;	       /* where the interval begins: when `told` was told */
	int64_t loss_ms;	       /* of the last one that told a loss */
	uint64_t noted;		       /* metric_loss() at the last look */
	int64_t lost_ms;	       /* when it had grown; INT64_MAX: not since the start */
	int64_t settle_ms;	       /* next gaps_settle(); INT64_MAX: nothing is open */
	char text[LIMIT_METRIC_BYTES]; /* of a document, until it is sent */
};

/* `before` is the kernel's status as it was at start. */
void ledger_start(struct ledger *l, struct agent *agent, const struct audit_control_status *before);

/* A fresh status of the kernel, and what it lost since the last one. */
void ledger_status(struct ledger *l, const struct audit_control_status *status, uint32_t lost);

/* Once a turn, outside of the loop's handlers and after agent_tick(): do what is due. Returns when
 * that is the next time, by the agent's clock; INT64_MAX: not before something happens. */
int64_t ledger_turn(struct ledger *l);

/* The end: all records have come. Emits what is held, gives up the gaps, sends the last document.
 * agent_stop() is to follow. */
void ledger_stop(struct ledger *l);

/* All counters as they are now, as members of a JSON object: metric_write(). Before them, if
 * something was lost since the start, last_loss_ago_ms: so long ago. */
void ledger_write(struct ledger *l, struct text *t);

#endif
