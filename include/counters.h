/*
 * counters.h - everything that is counted, by name.
 *
 * The sums hold at every moment:
 *   records_received = records_emitted + records_dropped_* + records_held = sum of record_class_*
 *   events_emitted + reports + messages_recovered =
 *       lineage_used + documents_dropped + messages_sent + messages_dropped +
 *       spool_messages (delivery_held())
 *
 * A counter only grows. The metric document (metric.h), the status socket and `ecsaudit status`
 * list every counter. One that counts losses also stands in LOSS_COUNTERS.
 */
#ifndef ECSAUDIT_COUNTERS_H
#define ECSAUDIT_COUNTERS_H

#include <stdint.h>

#define COUNTERS(X)                                                                                \
	X(records_received)	      /* handed to reassembly, or dropped before it */             \
	X(records_emitted)	      /* in an event that was emitted */                           \
	X(records_dropped_type)	      /* a type that is no event: replies, daemon control */       \
	X(records_dropped_malformed)  /* no audit(time:serial): header */                          \
	X(records_dropped_oversized)  /* longer than LIMIT_RECORD_BYTES or cut on receipt */       \
	X(records_dropped_event_full) /* its event had LIMIT_EVENT_BYTES or _RECORDS */            \
	X(records_dropped_eoe)	      /* end-of-event records: they carry nothing else */          \
	X(records_dropped_unread)     /* at the end: there was no time to read them */             \
	X(record_class_event)	      /* by type, 13xx and LOGIN: system calls and more, but */    \
	X(record_class_config)	      /* changes of the audit configuration */                     \
	X(record_class_netfilter)     /* packets and tables */                                     \
	X(record_class_user)	      /* 11xx, 21xx-29xx: from programs */                         \
	X(record_class_security)      /* 14xx, 15xx: security modules */                           \
	X(record_class_anomaly)	      /* 17xx */                                                   \
	X(record_class_integrity)     /* 18xx */                                                   \
	X(record_class_other)	      /* any other, or cut on receipt */                           \
	X(lines_skipped)	      /* of a log: not a record */                                 \
	X(events_emitted)                                                                          \
	X(events_evicted_table)	      /* left early: the table was full */                         \
	X(events_evicted_arena)	      /* left early: the arena was full */                         \
	X(events_evicted_timeout)     /* left early: their time was over */                        \
	X(events_incomplete)	      /* some of their records are lost: log.flags */              \
	X(lineage_used)		      /* of these, no document: lineage_rules.h */                 \
	X(reports)		      /* documents of the agent about itself */                    \
	X(documents_truncated)	      /* shortened to fit */                                       \
	X(documents_dropped)	      /* did not fit even shortened */                             \
	X(messages_recovered)	      /* found in the spool's file at start */                     \
	X(messages_broken)	      /* found there, but damaged */                               \
	X(messages_sent)	      /* arrived, as far as can be known: output.h */              \
	X(messages_dropped)	      /* sum of the next four */                                   \
	X(messages_dropped_spool)     /* the spool was full */                                     \
	X(messages_dropped_oversized) /* too long for the output, or for the whole spool */        \
	X(messages_dropped_output)    /* stdout failed for good */                                 \
	X(messages_dropped_end)	      /* still there at the end, and no file to keep them in */    \
	X(messages_doubtful)	      /* dropped ones that may have arrived: sent once before */   \
	X(messages_lost)	      /* sent, but stdout failed with them in its buffer */        \
	X(messages_repeated)	      /* sent again after the connection broke */                  \
	X(send_errors)		      /* failed attempts, sum of the next six */                   \
	X(send_errors_refused)	      /* nobody listens */                                         \
	X(send_errors_unreachable)    /* no route, interface, address, answer */                   \
	X(send_errors_no_buffers)     /* the kernel's are full, or the receiver's queue */         \
	X(send_errors_too_long)	      /* for a datagram */                                         \
	X(send_errors_broken)	      /* a connection that was there: reset, ended, dead */        \
	X(send_errors_other)	      /* a packet filter (EPERM), ... */                           \
	X(output_connections)	      /* over TCP, made so far */                                  \
	X(output_switches)	      /* to the fallback, and back */                              \
	X(kernel_lost)		      /* records that the kernel says it lost since our start, or, \
				       * with a spool file, since the last report of them */       \
	X(receive_overruns)	      /* ENOBUFS */                                                \
	X(datagrams_foreign)	      /* not the kernel's, on the audit sockets: dropped */        \
	X(kernel_waits)		      /* backlog_wait_time_actual since our start, in ticks */     \
	X(serials_missing)	      /* see gaps.h */                                             \
	X(serials_late)		      /* of these, came after all */                               \
	X(lineage_unknown)	      /* events whose process or its parent is not known */        \
	X(lineage_evicted)	      /* living processes that left the table: it was full */      \
	X(lineage_reused)	      /* pids found to be another process's */                     \
	X(containers_unknown)	      /* processes that were gone before it could be asked */      \
	X(losses_before)	      /* unreported ones of a killed agent: gaps_unreported() */

/* The counters of losses, and the words that follow the number. */
#define LOSS_COUNTERS(X)                                                                           \
	X(kernel_lost, "records lost by the kernel")                                               \
	X(receive_overruns, "overruns of the receive buffer")                                      \
	X(serials_missing, "events missing as a whole")                                            \
	X(events_incomplete, "events without some of their records")                               \
	X(records_dropped_malformed, "records malformed")                                          \
	X(records_dropped_oversized, "records too long")                                           \
	X(records_dropped_event_full, "records beyond the size of an event")                       \
	X(records_dropped_unread, "records not read at the end")                                   \
	X(documents_dropped, "documents too long to send")                                         \
	X(messages_dropped, "messages dropped")                                                    \
	X(messages_lost, "messages lost in the output")                                            \
	X(messages_broken, "messages broken in the spool's file")                                  \
	X(losses_before, "drops unreported by the previous agent")

/* Numbers of this moment. */
#define GAUGES(X)                                                                                  \
	X(records_held)	    /* in events that are not complete yet */                              \
	X(events_held)	    /* not complete yet */                                                 \
	X(serials_open)	    /* not seen yet, see gaps.h */                                         \
	X(spool_messages)   /* that wait for the output, or for its confirmation */                \
	X(spool_bytes)	    /* of the spool that are in use */                                     \
	X(kernel_backlog)   /* records in the kernel's queue, by its last status */                \
	X(kernel_lost_ever) /* records it lost since boot, by its last status */

#define COUNTER_FIELD(name) uint64_t name;
struct counters {
	COUNTERS(COUNTER_FIELD)
};
struct gauges {
	GAUGES(COUNTER_FIELD)
};
#undef COUNTER_FIELD

#endif
