/*
 * reassembly_order.h - the order of records in an event, and that of events in a process.
 */
#ifndef ECSAUDIT_REASSEMBLY_ORDER_H
#define ECSAUDIT_REASSEMBLY_ORDER_H

#include "reassembly.h"

/* ausearch prints the records of an event backwards. Where a record that only tells more of a
 * system call stands before the call's own, or PATH records do not count up, the event's list is
 * put in order; any other stays as it is. */
void reassembly_order(struct reassembly *r, struct raw_event *event);

/* The event behind those that are passed is complete, or has held others back for long enough.
 * true: the others pass it, too, for it waits for its end, or for one of its process that does;
 * false: it leaves. Live alone. */
bool reassembly_passes(struct reassembly *r, struct raw_event *event, int64_t now_ms);

#endif
