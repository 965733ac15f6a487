/*
 * delivery_parts.h - what the parts of delivery.c share. For delivery*.c alone.
 */
#ifndef ECSAUDIT_DELIVERY_PARTS_H
#define ECSAUDIT_DELIVERY_PARTS_H

#include "delivery.h"

/* ---- delivery_choice.c: which output is used ---- */

enum delivery_event {
	EVENT_FIRST,   /* a message came, and nothing was owed */
	EVENT_OWES,    /* the active output owes something, or is away */
	EVENT_CLEAR,   /* it does not, and is there */
	EVENT_TAKES,   /* it took a message for good */
	EVENT_BREAKS,  /* what it has was sent in vain */
	EVENT_OVER,    /* until_ms */
	EVENT_SPARE,   /* there is a fallback, and something for it */
	EVENT_RETURNS, /* the primary may be there again */
	EVENT_GOES,    /* it is not, after all */
	EVENT_EMPTY,   /* the fallback has nothing more */
	EVENTS
};

struct output *delivery_active(struct delivery *d);
/* What happened: the one place where d->choice changes, and what goes with it. */
void delivery_step(struct delivery *d, enum delivery_event event);
/* The same for what is no event: another destination. */
void delivery_enter(struct delivery *d, enum delivery_choice choice);
/* All in flight wait again, before the others. A part that is in the spool is among them. */
void delivery_rewind(struct delivery *d);

/* ---- delivery_flight.c: what is in flight ---- */

/* The caller's clock may be behind ours, which went on while we waited. */
void delivery_set_now(struct delivery *d, int64_t now_ms);

/* After everything that may drop a message: what the spool counts itself. */
void delivery_count_dropped(struct delivery *d);
/* Nothing more is to be done for any message, but what stdout has in its buffer. */
bool delivery_is_idle(const struct delivery *d);

/* How long ago the oldest in flight was sent; there is one. */
uint32_t delivery_age_ms(const struct delivery *d);
/* Did the active output say that what it has was sent in vain? Then all wait again. */
bool delivery_broke(struct delivery *d);
/* The active output took a message, and may have it in vain. */
void delivery_add_flight(struct delivery *d);
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

/* ---- delivery_send.c: messages ---- */

/* If delivery_can_send(): send it, or keep it. */
void delivery_send_new(struct delivery *d, struct span message, unsigned severity);
/* Into the spool. */
void delivery_hold(struct delivery *d, struct span message, unsigned severity);
/* What waits, as much as is taken and a turn allows. */
void delivery_send_on(struct delivery *d);

/* ---- delivery_choose.c: the primary or the fallback ---- */

/* What the outputs and the time bring. */
void delivery_choose(struct delivery *d);
/* The active output owes nothing: before a silence, of which nobody knows how long it will be. */
void delivery_look_back(struct delivery *d);

#endif
