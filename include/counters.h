/*
 * counters.h - everything that is counted, by name.
 *
 * They add up: records_received = records_emitted + records_dropped_* + records held, and
 * events_emitted + reports + messages_recovered = documents_dropped + messages_sent +
 * messages_dropped + messages held (delivery_held()).
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
	X(events_evicted_table)	      /* left early: the table was full */                         \
	X(events_evicted_arena)	      /* left early: the arena was full */                         \
	X(events_evicted_timeout)     /* left early: their time was over */                        \
	X(reports)		      /* documents of our own, beside those of events */           \
	X(documents_truncated)	      /* shortened to fit */                                       \
	X(documents_dropped)	      /* did not fit even shortened */                             \
	X(messages_recovered)	      /* picked up from the spool's file at start */               \
	X(messages_sent)	      /* arrived, as far as can be known: output.h */              \
	X(messages_dropped)	      /* all of the next four */                                   \
	X(messages_dropped_spool)     /* the spool was full: they or others gave way */            \
	X(messages_dropped_oversized) /* too long for the output, or for the whole spool */        \
	X(messages_dropped_output)    /* stdout failed for good */                                 \
	X(messages_dropped_end)	      /* still there at the end, and no file to keep them in */    \
	X(messages_lost)	      /* sent, but stdout failed with them in its buffer */        \
	X(messages_repeated)	      /* sent again: they were sent into a broken connection */    \
	X(send_errors)		      /* failed attempts, all of the next six */                   \
	X(send_errors_refused)	      /* nobody listens */                                         \
	X(send_errors_unreachable)    /* no route, interface, address, answer */                   \
	X(send_errors_no_buffers)     /* the kernel's are full, or the receiver's queue */         \
	X(send_errors_too_long)	      /* for a datagram */                                         \
	X(send_errors_broken)	      /* a connection that was there: reset, ended, dead */        \
	X(send_errors_other)	      /* a packet filter (EPERM), ... */                           \
	X(output_connections)	      /* over TCP, made so far */                                  \
	X(output_switches)	      /* to the fallback, and back */                              \
	X(kernel_lost)		      /* records that the kernel says it lost since we came */     \
	X(receive_overruns)	      /* ENOBUFS */

struct counters {
#define COUNTER_FIELD(name) uint64_t name;
	COUNTERS(COUNTER_FIELD)
#undef COUNTER_FIELD
};

#endif
