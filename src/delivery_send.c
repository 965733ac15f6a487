/* The part of delivery.c that has to do with messages: sending, in flight, counting. */
#include "delivery_parts.h"

#include <errno.h>
#include <string.h>

/* How often it is asked for what has settled, as acknowledgements come without an event. Where they
 * are waited for it begins with 1 ms and doubles: they come soon or not for long. */
#define ASK_MS 100u

struct output *delivery_active(struct delivery *d)
{
	return &d->outputs[d->active];
}

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

/* The output will never take it. */
static void drop(struct delivery *d)
{
	d->output_dropped[delivery_active(d)->error != EMSGSIZE]++;
	delivery_count_dropped(d);
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

static void add_flight(struct delivery *d)
{
	d->flights[(d->first + d->count) % LIMIT_IN_FLIGHT] =
		(struct delivery_flight){delivery_active(d)->mark, (uint32_t)d->now_ms};
	d->count++;
}

/* All in flight wait again, before the others. A part that is in the spool is among them. */
void delivery_rewind(struct delivery *d)
{
	d->counters->messages_repeated += d->count;
	d->count = 0;
	spool_rewind(d->spool);
	if (d->part_is == PART_HELD)
		d->part_is = PART_NONE;
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

/* ---- sending --------------------------------------------------------------------------- */

static void took(struct delivery *d)
{
	if (output_is_away(delivery_active(d))) /* a probe: nobody has taken it yet */
		return;
	d->taken++;
	d->patience_ms = DELIVERY_PATIENCE_MS;
}

void delivery_hold(struct delivery *d, struct span message, unsigned severity)
{
	spool_push(d->spool, message, severity);
	delivery_count_dropped(d);
}

/* The kernel has all of a new message, or a part. Returns whether the spool has it, too. */
static bool retain(struct delivery *d, struct span message, unsigned severity)
{
	if (!output_doubts(delivery_active(d)) || !spool_fits(d->spool, message.len) ||
		!spool_push(d->spool, message, severity))
		return false;
	spool_sent(d->spool, false);
	add_flight(d);
	return true;
}

static void keep_part(
	struct delivery *d, struct span message, unsigned severity, enum delivery_part part_is)
{
	memcpy(d->message, message.at, message.len);
	d->part = message.len;
	d->part_is = (uint8_t)part_is;
	d->part_severity = (uint8_t)severity;
}

void delivery_send_new(struct delivery *d, struct span message, unsigned severity)
{
	switch (output_send(delivery_active(d), message.at, message.len, d->now_ms)) {
	case OUTPUT_SENT:
		took(d);
		if (!retain(d, message, severity)) {
			d->counters->messages_sent++;
			if (d->choice != CHOICE_WELL) /* else it changes nothing */
				delivery_step(d, EVENT_TAKES);
		}
		break;
	case OUTPUT_AGAIN:
		if (delivery_active(d)->frame_sent > 0)
			keep_part(d, message, severity,
				retain(d, message, severity) ? PART_HELD : PART_ALONE);
		else if (d->offline && !delivery_broke(d))
			keep_part(d, message, severity, PART_ALONE);
		else
			delivery_hold(d, message, severity);
		break;
	case OUTPUT_FAILED:
		drop(d);
		break;
	}
}

/* The message that was begun, or is the next one of an offline run. false: that is all for now. */
static bool send_part(struct delivery *d)
{
	const struct span message = {d->message, d->part};

	switch (output_send(delivery_active(d), message.at, message.len, d->now_ms)) {
	case OUTPUT_AGAIN:
		return false;
	case OUTPUT_SENT:
		took(d);
		/* In flight comes what is sent next; behind one that waits it would be another. */
		if (d->part_is == PART_ALONE &&
			(d->spool->waiting > 0 || !retain(d, message, d->part_severity)))
			d->counters->messages_sent++;
		break;
	case OUTPUT_FAILED: /* by another output than that which began */
		drop(d);
		break;
	}
	d->part_is = PART_NONE;
	return true;
}

/* The oldest that waits. false: that is all for now. */
static bool send_waiting(struct delivery *d)
{
	struct output *o = delivery_active(d);
	const bool doubts = output_doubts(o);
	size_t len;

	delivery_ask(d);
	if (delivery_is_full(d) || d->choice == CHOICE_RETURNING || !output_takes(o, d->now_ms))
		return false;
	len = spool_next(d->spool, d->message, sizeof(d->message));
	if (len == 0)
		return false;
	switch (output_send(o, d->message, len, d->now_ms)) {
	case OUTPUT_SENT:
		took(d);
		spool_sent(d->spool, !doubts);
		if (doubts) {
			add_flight(d);
			break;
		}
		d->counters->messages_sent++;
		delivery_step(d, EVENT_TAKES);
		break;
	case OUTPUT_AGAIN:
		if (o->frame_sent > 0) {
			spool_sent(d->spool, false);
			add_flight(d);
			d->part = (uint32_t)len;
			d->part_is = PART_HELD;
		}
		return false;
	case OUTPUT_FAILED:
		d->counters->messages_doubtful += spool_next_has_flown(d->spool);
		spool_sent(d->spool, true);
		drop(d);
		break;
	}
	return true;
}

void delivery_send_on(struct delivery *d)
{
	const bool paced = delivery_active(d)->address.kind == OUTPUT_UDP;
	const unsigned most = paced ? LIMIT_UDP_BURST : LIMIT_SENDS_PER_TURN;
	unsigned n = 0;

	if (d->more_ms != INT64_MAX && d->now_ms < d->more_ms)
		return;
	while (n < most && (d->part_is != PART_NONE ? send_part(d) : send_waiting(d)))
		n++;
	d->more_ms = n < most ? INT64_MAX : d->now_ms + (paced ? LIMIT_UDP_PAUSE_MS : 0);
	delivery_broke(d);
	delivery_count_dropped(d);
}
