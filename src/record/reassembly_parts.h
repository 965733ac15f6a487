/*
 * reassembly_parts.h - what the parts of reassembly.c share. For reassembly*.c alone.
 */
#ifndef ECSAUDIT_REASSEMBLY_PARTS_H
#define ECSAUDIT_REASSEMBLY_PARTS_H

#include "reassembly.h"

/* ---- reassembly_limits.c: how many events may wait, and for how long ---- */

/* For events that begin from now on. */
void reassembly_set_timeout(struct reassembly *r, uint32_t timeout_ms);

/* Forget which events are passed; it is found out again, from the lowest on. */
void reassembly_reset_passed(struct reassembly *r);

/* Extend the timeouts if our process was stopped since the last call. */
void reassembly_check_stopped(struct reassembly *r, int64_t now_ms);

/* ---- reassembly_order.c: the order of records in an event, and of events in a process ---- */

/* ausearch prints the records of an event backwards. If a record that only adds to a system call
 * comes before SYSCALL, or PATH records do not count up, put the event's list in order. Other
 * events stay as they are. */
void reassembly_order(struct reassembly *r, struct raw_event *event);

/* For the first event that is not passed yet, when it is complete or has held others back for long
 * enough. true: it is passed now, since it, or an earlier event of its process, is incomplete;
 * false: it must be emitted. Live only. */
bool reassembly_let_pass(struct reassembly *r, struct raw_event *event, int64_t now_ms);

#endif
