/*
 * counters.h - everything that is counted, by name.
 *
 * They add up: records_received = records_emitted + records_dropped_* + records held.
 * Each counter only grows; the loss ledger reports differences.
 */
#ifndef ECSAUDIT_COUNTERS_H
#define ECSAUDIT_COUNTERS_H

#include <stdint.h>

#define COUNTERS(X)                                                                                \
	X(records_received)	      /* handed to reassembly, or dropped before it */             \
	X(records_emitted)	      /* in an event that became a document */                     \
	X(records_dropped_type)	      /* a type that is no event: replies, daemon control */       \
	X(records_dropped_malformed)  /* no audit(time:serial): header */                          \
	X(records_dropped_oversized)  /* longer than LIMIT_RECORD_BYTES or cut on receipt */       \
	X(records_dropped_event_full) /* its event had LIMIT_EVENT_BYTES or _RECORDS */            \
	X(records_dropped_eoe)	      /* end markers: carry nothing, or an unknown serial */       \
	X(lines_skipped)	      /* of a log: not a record */                                 \
	X(events_emitted)                                                                          \
	X(events_evicted_table)	  /* left early: the table was full */                             \
	X(events_evicted_arena)	  /* left early: the arena was full */                             \
	X(events_evicted_timeout) /* left early: their time was over */                            \
	X(reports)		  /* documents of our own, beside those of events */               \
	X(documents_truncated)	  /* shortened to fit */                                           \
	X(documents_dropped)	  /* did not fit even shortened */                                 \
	X(messages_sent)                                                                           \
	X(messages_dropped) /* the output failed for good, or the spool overflowed */              \
	X(messages_lost)    /* sent, but stdout failed with them in its buffer */                  \
	X(send_errors)	    /* every failed attempt */                                             \
	X(kernel_lost)	    /* records that the kernel says it lost since we came */               \
	X(receive_overruns) /* ENOBUFS */

struct counters {
#define COUNTER_FIELD(name) uint64_t name;
	COUNTERS(COUNTER_FIELD)
#undef COUNTER_FIELD
};

#endif
