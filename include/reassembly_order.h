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

/* The pid of the first record that has one, 0: none. */
uint32_t reassembly_process(const struct reassembly *r, const struct raw_event *event);

#endif
