/* The part of delivery.c that keeps count of messages: those in flight, and those that are gone. */
#include "delivery_parts.h"

/* How often it is asked for what has settled, as acknowledgements come without an event. Where they
 * are waited for it begins with 1 ms and doubles: they come soon or not for long. */
#define ASK_MS 100u

/* The caller's clock may be behind ours, which went on in be_patient(). */
void delivery_set_now(struct delivery *d, int64_t now_ms)
{
	if (now_ms > d->now_ms)
		d->now_ms = now_ms;
}

/* ---- counting -------------------------------------------------------------------------- */

/* What the spool counts itself. After everything that may drop a message. */
void delivery_count_dropped(struct delivery *d)
{
	struct counters *c = d->counters;

	c->messages_dropped_spool = d->spool->evicted + d->spool->refused;
	c->messages_dropped_oversized = d->spool->too_long + d->output_dropped[0];
	c->messages_dropped_output = d->output_dropped[1];
	c->messages_dropped = c->messages_dropped_spool + c->messages_dropped_oversized +
			      c->messages_dropped_output + c->messages_dropped_end;
	c->messages_lost = d->outputs[DELIVERY_PRIMARY].lost;
}

uint64_t delivery_held(const struct delivery *d)
{
	return (uint64_t)d->spool->waiting + d->spool->in_flight + (d->part_is == PART_ALONE);
}

/* Nothing more is to be done for any message, but what stdout has in its buffer. */
bool delivery_is_idle(const struct delivery *d)
{
	return d->spool->waiting == 0 && d->part_is == PART_NONE && d->count == 0;
}

bool delivery_is_free(const struct delivery *d)
{
	return d->spool->waiting == 0 && d->part_is == PART_NONE;
}

/* ---- in flight ------------------------------------------------------------------------- */

void delivery_add_flight(struct delivery *d)
{
	d->flights[(d->first + d->count) % LIMIT_IN_FLIGHT] =
		(struct delivery_flight){delivery_active(d)->mark, (uint32_t)d->now_ms};
	d->count++;
}

/* Did the output say that what it has was sent in vain? */
bool delivery_broke(struct delivery *d)
{
	if (delivery_active(d)->breaks == d->breaks)
		return false;
	d->breaks = delivery_active(d)->breaks;
	delivery_rewind(d);
	delivery_step(d, EVENT_BREAKS);
	return true;
}

uint32_t delivery_age_ms(const struct delivery *d)
{
	return (uint32_t)d->now_ms - d->flights[d->first].sent_ms;
}

/* What waits is not sent before something has settled. */
bool delivery_is_full(const struct delivery *d)
{
	return d->spool->waiting > 0 && output_doubts(&d->outputs[d->active]) &&
	       (d->count == LIMIT_IN_FLIGHT || !spool_next_may_fly(d->spool));
}

static void ask_later(struct delivery *d, bool released)
{
	uint32_t every_ms = d->ask_every_ms ? 2 * d->ask_every_ms : 1;

	d->ask_every_ms = released ? 0 : every_ms < ASK_MS ? every_ms : ASK_MS;
	d->asked_ms = d->now_ms;
}

int64_t delivery_ask_ms(const struct delivery *d)
{
	const int64_t old_ms = d->now_ms + OUTPUT_DOUBT_MS - delivery_age_ms(d);
	const int64_t ask_ms = d->asked_ms + ASK_MS;

	if (d->stopping) /* it is asked in each turn */
		return d->now_ms + (d->ask_every_ms ? d->ask_every_ms : 1);
	if (delivery_is_full(d))
		return d->asked_ms + d->ask_every_ms;
	return d->choice == CHOICE_RETURNING || old_ms < ask_ms ? ask_ms : old_ms;
}

/*
 * Release what has arrived: what is old enough, and, until a message of `room` bytes may go in
 * flight, what is not. All of it, if `all`.
 */
void delivery_settle(struct delivery *d, size_t room, bool all)
{
	struct output *o = delivery_active(d);
	const uint32_t before = d->count;
	const uint32_t most = room > 0 ? LIMIT_IN_FLIGHT / 8 * 7 : LIMIT_IN_FLIGHT;
	uint32_t settled;

	if (d->count == 0)
		return;
	settled = output_settled(o, d->now_ms);
	if (delivery_broke(d))
		return;
	while (d->count > 0 && (int32_t)(settled - d->flights[d->first].mark) >= 0) {
		if (!all && delivery_age_ms(d) < OUTPUT_DOUBT_MS && d->count <= most &&
			spool_may_fly(d->spool, room))
			break;
		spool_confirm(d->spool);
		d->first = (d->first + 1) % LIMIT_IN_FLIGHT;
		d->count--;
		d->counters->messages_sent++;
		delivery_step(d, EVENT_TAKES);
	}
	ask_later(d, d->count < before);
}

/* Then a part of the spool becomes free, so that not every message has to ask: it is a call. */
static size_t some_room(const struct delivery *d)
{
	return d->spool->blocks * SPOOL_PAYLOAD_BYTES / 8;
}

void delivery_ask(struct delivery *d)
{
	size_t room = 0;

	if (d->count == 0 || (!d->stopping && d->now_ms < delivery_ask_ms(d)))
		return;
	if (delivery_is_full(d))
		room = spool_next_length(d->spool) + some_room(d);
	delivery_settle(d, room, d->stopping);
}

/* May a new message be sent now? Nothing is before it, and there is room to keep it, or never. */
bool delivery_can_send(struct delivery *d, size_t len)
{
	if (!delivery_is_free(d) || d->choice == CHOICE_RETURNING)
		return false;
	if (!output_doubts(delivery_active(d)))
		return true;
	if (d->count < LIMIT_IN_FLIGHT && spool_may_fly(d->spool, len))
		return true;
	delivery_settle(d, len + some_room(d), false);
	return delivery_is_free(d) && d->count < LIMIT_IN_FLIGHT && spool_may_fly(d->spool, len);
}
