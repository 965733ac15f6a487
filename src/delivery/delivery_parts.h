/*
 * delivery_parts.h - what the parts of delivery.c share. For delivery*.c alone.
 */
#ifndef ECSAUDIT_DELIVERY_PARTS_H
#define ECSAUDIT_DELIVERY_PARTS_H

#include "delivery.h"

/* ---- delivery_state.c: which output is used ---- */

enum delivery_event {
	EVENT_FIRST,	      /* a message came, and nothing was owed */
	EVENT_OWES,	      /* the active output owes messages, or is away */
	EVENT_CLEAR,	      /* it owes nothing, and is not away */
	EVENT_ACCEPTED,	      /* it has settled a message */
	EVENT_BROKE,	      /* messages in flight are doubtful: they are sent again */
	EVENT_TIMEOUT,	      /* choice_until_ms has come */
	EVENT_HAS_FALLBACK,   /* there is a fallback, and messages for it */
	EVENT_BACK,	      /* the primary may be there again */
	EVENT_GONE_AGAIN,     /* it is not, after all */
	EVENT_FALLBACK_EMPTY, /* the fallback owes nothing more */
	EVENTS
};

struct output *delivery_active(struct delivery *d);
/* Only this function and delivery_enter() change d->choice and what depends on it. */
void delivery_step(struct delivery *d, enum delivery_event event);
/* Enter a choice without an event: the destination was changed. */
void delivery_enter(struct delivery *d, enum delivery_choice choice);
/* All messages in flight wait again, before the others. A part that is in the spool is among them.
 */
void delivery_rewind(struct delivery *d);

/* ---- delivery_flight.c: what is in flight ---- */

/* The caller's clock may be behind ours, which went on while we waited. */
void delivery_set_now(struct delivery *d, int64_t now_ms);

/* Call it after everything that may drop a message: it copies the spool's own counts. */
void delivery_count_dropped(struct delivery *d);
/* No message waits or is in flight. stdout may still have some in its buffer. */
bool delivery_is_idle(const struct delivery *d);

/* How long ago the oldest message in flight was sent; there must be one. */
uint32_t delivery_age_ms(const struct delivery *d);
/* true: the connection of the active output broke. All messages in flight wait again. */
bool delivery_check_break(struct delivery *d);
/* The active output accepted a message, which may still be lost. */
void delivery_add_flight(struct delivery *d);
/* Release settled messages that are older than OUTPUT_DOUBT_MS, and younger ones until a message of
 * `room` bytes may go in flight. `all`: every settled one. */
void delivery_settle(struct delivery *d, size_t room, bool all);

/* The next message may not go in flight before one has settled. */
bool delivery_is_full(const struct delivery *d);
/* When to call delivery_settle() for the messages in flight; there must be one. */
int64_t delivery_settle_due_ms(const struct delivery *d);
void delivery_settle_if_due(struct delivery *d);

/* May a new message be sent at once? None waits, and it may go in flight. */
bool delivery_can_send(struct delivery *d, size_t len);

/* ---- delivery_send.c: messages ---- */

/* After delivery_can_send(): send it; if that fails for now, spool it. */
void delivery_send_new(struct delivery *d, struct span message, unsigned severity);
/* Into the spool. */
void delivery_hold(struct delivery *d, struct span message, unsigned severity);
/* Send waiting messages, as many as the output accepts and a turn allows. */
void delivery_send_waiting(struct delivery *d);

/* ---- delivery_choose.c: the primary or the fallback ---- */

/* Once a turn: find out what happened, and call delivery_step(). */
void delivery_choose(struct delivery *d);
/* At the end of a turn: EVENT_CLEAR if it is true now. Later the loop may sleep for long. */
void delivery_check_clear(struct delivery *d);

#endif
