/*
 * reassembly_parts.h - what the parts of reassembly.c share. For reassembly*.c alone.
 */
#ifndef ECSAUDIT_REASSEMBLY_PARTS_H
#define ECSAUDIT_REASSEMBLY_PARTS_H

#include "reassembly.h"

/* ---- reassembly_limits.c: how many events may wait, and for how long ---- */

/* Of events that begin from now on. */
void reassembly_set_timeout(struct reassembly *r, uint32_t timeout_ms);

/* Which events are passed has to be found out again, from the lowest on. */
void reassembly_look_again(struct reassembly *r);

/* The time has gone on: was somebody stopped meanwhile? */
void reassembly_look_at_time(struct reassembly *r, int64_t now_ms);

/* ---- reassembly_order.c: the order of records in an event, and of events in a process ---- */

/* ausearch prints the records of an event backwards. Where a record that only tells more of a
 * system call stands before the call's own, or PATH records do not count up, the event's list is
 * put in order; any other stays as it is. */
void reassembly_order(struct reassembly *r, struct raw_event *event);

/* The event behind those that are passed is complete, or has held others back for long enough.
 * true: the others pass it, too, for it waits for its end, or for one of its process that does;
 * false: it leaves. Live alone. */
bool reassembly_passes(struct reassembly *r, struct raw_event *event, int64_t now_ms);

#endif
