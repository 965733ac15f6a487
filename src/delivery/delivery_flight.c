/* The part of delivery.c that keeps track of messages in flight, and counts dropped ones. */
#include "delivery_parts.h"

/* How often to check for acknowledgements, which come without an event. While we wait for them the
 * pause begins with 1 ms and doubles up to this: they come soon, or take long. */
#define ASK_MS 100u

void delivery_set_now(struct delivery *d, int64_t now_ms)
{
	if (now_ms > d->now_ms)
		d->now_ms = now_ms;
}

/* ---- counting -------------------------------------------------------------------------- */

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
	return (uint64_t)d->spool->waiting + d->spool->in_flight +
	       (d->part_state == PART_UNSPOOLED);
}

bool delivery_is_idle(const struct delivery *d)
{
	return d->spool->waiting == 0 && d->part_state == PART_NONE && d->flight_count == 0;
}

bool delivery_is_free(const struct delivery *d)
{
	return d->spool->waiting == 0 && d->part_state == PART_NONE;
}

/* ---- in flight ------------------------------------------------------------------------- */

void delivery_add_flight(struct delivery *d)
{
	d->flights[(d->first_flight + d->flight_count) % LIMIT_IN_FLIGHT] =
		(struct delivery_flight){delivery_active(d)->settle_mark, (uint32_t)d->now_ms};
	d->flight_count++;
}

bool delivery_check_break(struct delivery *d)
{
	if (delivery_active(d)->breaks == d->breaks_seen)
		return false;
	d->breaks_seen = delivery_active(d)->breaks;
	delivery_rewind(d);
	delivery_step(d, EVENT_BROKE);
	return true;
}

uint32_t delivery_age_ms(const struct delivery *d)
{
	return (uint32_t)d->now_ms - d->flights[d->first_flight].sent_ms;
}

bool delivery_is_full(const struct delivery *d)
{
	return d->spool->waiting > 0 && output_may_lose(&d->outputs[d->active]) &&
	       (d->flight_count == LIMIT_IN_FLIGHT || !spool_next_may_fly(d->spool));
}

static void ask_later(struct delivery *d, bool released)
{
	uint32_t every_ms = d->settle_every_ms ? 2 * d->settle_every_ms : 1;

	d->settle_every_ms = released ? 0 : every_ms < ASK_MS ? every_ms : ASK_MS;
	d->settled_ms = d->now_ms;
}

int64_t delivery_settle_due_ms(const struct delivery *d)
{
	const int64_t old_ms = d->now_ms + OUTPUT_DOUBT_MS - delivery_age_ms(d);
	const int64_t ask_ms = d->settled_ms + ASK_MS;

	if (d->stopping) /* in each turn */
		return d->now_ms + (d->settle_every_ms ? d->settle_every_ms : 1);
	if (delivery_is_full(d))
		return d->settled_ms + d->settle_every_ms;
	return d->choice == CHOICE_RETURNING || old_ms < ask_ms ? ask_ms : old_ms;
}

void delivery_settle(struct delivery *d, size_t room, bool all)
{
	struct output *o = delivery_active(d);
	const uint32_t before = d->flight_count;
	const uint32_t most = room > 0 ? LIMIT_IN_FLIGHT / 8 * 7 : LIMIT_IN_FLIGHT;
	uint32_t settled;

	if (d->flight_count == 0)
		return;
	settled = output_settled(o, d->now_ms);
	if (delivery_check_break(d))
		return;
	while (d->flight_count > 0 && (int32_t)(settled - d->flights[d->first_flight].mark) >= 0) {
		if (!all && delivery_age_ms(d) < OUTPUT_DOUBT_MS && d->flight_count <= most &&
			spool_may_fly(d->spool, room))
			break;
		spool_confirm(d->spool);
		d->first_flight = (d->first_flight + 1) % LIMIT_IN_FLIGHT;
		d->flight_count--;
		d->counters->messages_sent++;
		delivery_step(d, EVENT_ACCEPTED);
	}
	ask_later(d, d->flight_count < before);
}

/* Settle for more than one message, since each time takes a system call. */
static size_t extra_room(const struct delivery *d)
{
	return d->spool->blocks * SPOOL_PAYLOAD_BYTES / 8;
}

void delivery_settle_if_due(struct delivery *d)
{
	size_t room = 0;

	if (d->flight_count == 0 || (!d->stopping && d->now_ms < delivery_settle_due_ms(d)))
		return;
	if (delivery_is_full(d))
		room = spool_next_length(d->spool) + extra_room(d);
	delivery_settle(d, room, d->stopping);
}

bool delivery_can_send(struct delivery *d, size_t len)
{
	if (!delivery_is_free(d) || d->choice == CHOICE_RETURNING)
		return false;
	if (!output_may_lose(delivery_active(d)))
		return true;
	if (d->flight_count < LIMIT_IN_FLIGHT && spool_may_fly(d->spool, len))
		return true;
	delivery_settle(d, len + extra_room(d), false);
	return delivery_is_free(d) && d->flight_count < LIMIT_IN_FLIGHT &&
	       spool_may_fly(d->spool, len);
}
