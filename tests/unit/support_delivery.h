/*
 * support_delivery.h - a delivery over fake_net.h: numbered messages go in, and it is noted which
 * of them arrive where. After each step the sums hold.
 */
#ifndef ECSAUDIT_SUPPORT_DELIVERY_H
#define ECSAUDIT_SUPPORT_DELIVERY_H

#include "delivery.h"
#include "fake_net.h"

#define MESSAGES 20000u

struct arrival {
	uint32_t number;
	uint8_t collector;
	uint32_t stream;
};

extern struct delivery delivery;
extern struct counters counters;
extern struct spool spool;
extern uint32_t made; /* messages, numbered from 1 */
extern struct arrival arrivals[4 * MESSAGES];
extern uint32_t arrival_count;
extern uint32_t times[MESSAGES + 1]; /* a number arrived */

#define SPOOL 262144u /* the default */

/* A network in which nothing happens but what the test does. */
int calm_setup(void **state);
/* NULL: no fallback. `offline` as in delivery.h. */
void begin(const char *output, const char *fallback, uint32_t spool_bytes, bool offline);
/* A message of about this length. */
void send_one(size_t len);
/* So many of 500 bytes. */
void send_some(unsigned n);
/* The text of one; returns its length, `len` or a little more. */
size_t message_text(char *text, uint32_t number, size_t len);
/* Right after begin(): the spool is this file, with so many messages of that length. */
void take_over(char *file, size_t bytes, uint32_t count, size_t len);
/* The loop, as it is in `run`, for so long. */
void run_for(int64_t ms);
/* What is called behind each turn in it; NULL: nothing. */
extern void (*on_turn)(void);
/* Time without a turn: the loop has nothing to do, and its deadline is later than that. */
void sleep_for(int64_t ms);
void check(void);
/* Different numbers that arrived, each of them whole. */
uint32_t arrived_count(void);
/* Messages that arrived at this collector. */
unsigned arrived_at(unsigned collector);
/* The next report of the delivery, and no other behind it; "": there is none. */
void expect_report(const char *wanted);
/* Within a connection the numbers only grow; and without datagrams, a number comes for the first
 * time behind all smaller ones that ever come. */
void check_order(void);
void end(int64_t wait_ms);

#endif
