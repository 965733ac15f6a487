/*
 * delivery_parts.h - what the parts of delivery.c share. For delivery*.c alone.
 */
#ifndef ECSAUDIT_DELIVERY_PARTS_H
#define ECSAUDIT_DELIVERY_PARTS_H

#include "delivery.h"

/* ---- delivery_send.c: messages ---- */

struct output *delivery_active(struct delivery *d);
/* The caller's clock may be behind ours, which went on while we waited. */
void delivery_set_now(struct delivery *d, int64_t now_ms);

/* After everything that may drop a message: what the spool counts itself. */
void delivery_count_dropped(struct delivery *d);
/* Nothing more is to be done for any message, but what stdout has in its buffer. */
bool delivery_is_idle(const struct delivery *d);
/* The primary is there, if it is the one in use. */
void delivery_good(struct delivery *d);

/* How long ago the oldest in flight was sent; there is one. */
uint32_t delivery_age_ms(const struct delivery *d);
/* Did the active output say that what it has was sent in vain? Then all wait again. */
bool delivery_broke(struct delivery *d);
void delivery_rewind(struct delivery *d);
/* Release what has arrived: what is old enough, and, until a message of `room` bytes may go in
 * flight, what is not. All of it, if `all`. */
void delivery_settle(struct delivery *d, size_t room, bool all);

/* What waits is not sent before something has settled. */
bool delivery_is_full(const struct delivery *d);
/* When to ask what has settled, something being in flight; and ask, if it is time to. */
int64_t delivery_ask_ms(const struct delivery *d);
void delivery_ask(struct delivery *d);

/* May a new message be sent now? Nothing is before it, and there is room to keep it, or never. */
bool delivery_can_send(struct delivery *d, size_t len);
/* Then: send it, or keep it. */
void delivery_send_new(struct delivery *d, struct span message, unsigned severity);
/* Into the spool. */
void delivery_hold(struct delivery *d, struct span message, unsigned severity);
/* What waits, as much as is taken and a turn allows. */
void delivery_send_on(struct delivery *d);

/* ---- delivery_choose.c: the primary or the fallback ---- */

void delivery_choose(struct delivery *d);

#endif
