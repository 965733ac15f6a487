/*
 * support_reassembly.h - a table, what it emitted, and its sums, for the tests of reassembly.
 */
#ifndef ECSAUDIT_SUPPORT_REASSEMBLY_H
#define ECSAUDIT_SUPPORT_REASSEMBLY_H

#include "reassembly.h"

extern struct reassembly table;
extern struct counters counters;

/* Empty, live, with what it emits noted for expect(). */
void open_table(uint32_t max_in_flight, uint32_t timeout_ms);

/* A record; at 0 ms. The sums are checked after it. */
void push_at(int64_t now_ms, uint16_t type, uint32_t serial);
void push(uint16_t type, uint32_t serial);

/* What was emitted since the last time: "7:SYSCALL,PATH 8:LOGIN"; '!' marks an incomplete event,
 * '~' a truncated one. */
void expect(const char *want);
/* It begins so, and stays. */
void expect_first(const char *want);

/* Each record that came is emitted, dropped and counted, or held. */
void assert_they_add_up(void);

#endif
