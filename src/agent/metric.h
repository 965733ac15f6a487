/*
 * metric.h - all counters as a document, or as JSON for whoever asks.
 *
 * event.kind is metric. The document is sent like all others, but has a data set of its own
 * (event.dataset and data_stream.dataset ecsaudit.ledger, data_stream.type metrics), since both are
 * constants in the integration's. ECS gives a metric neither category nor outcome. The numbers are
 * below `ecsaudit`:
 *
 *   uptime_ms, interval_ms     since the start; since the last metric document, which may be that
 *                              of the previous agent: gaps.h
 *   loss, loss_total           the sum of LOSS_COUNTERS in that interval, and since the start: not
 *                              0 if anything is missing; one loss may be in two counters
 *   now, total, interval       GAUGES; COUNTERS since the start; their growth in the interval
 *
 * If something was lost in the interval, event.action is noticed-loss, `message` says what, and
 * the syslog severity is warning; else the action is reported-metrics.
 */
#ifndef ECSAUDIT_METRIC_H
#define ECSAUDIT_METRIC_H

#include <cJSON.h>
#include "counters.h"
#include "document.h"
#include "text.h"

struct metric {
	const struct counters *now, *before; /* before: in the last document */
	const struct gauges *gauges;
	int64_t uptime_ms, interval_ms;
};

/* How much to write: a small datagram has no room for all. */
enum metric_detail {
	METRIC_ALL,
	METRIC_NOT_ZERO, /* what is left out is 0; no interval */
	METRIC_LOSS,	 /* losses alone; fits, unless the constant fields are large */
};

/* The sum of LOSS_COUNTERS. */
uint64_t metric_loss(const struct counters *c);

/* The members of `ecsaudit`, without the braces. LIMIT_METRIC_BYTES are enough. */
void metric_write(struct text *t, const struct metric *m, enum metric_detail detail);

/* One member of an object, with a comma unless it is the first. */
void metric_number(struct text *t, const char *name, uint64_t value);

/* The tree, in the document's arena; `members` as metric_write() made them, which must live until
 * it is written. d->timestamp has its time. NULL if the arena has no room. */
cJSON *metric_build(
	struct document *d, const struct metric *m, struct span members, int64_t time_ms);

#endif
