/* The part of delivery.c that sends messages. */
#include "delivery_parts.h"

#include <errno.h>
#include <string.h>

/* The output will never take it. */
static void drop(struct delivery *d)
{
	d->output_dropped[delivery_active(d)->error != EMSGSIZE]++;
	delivery_count_dropped(d);
}

/* ---- sending --------------------------------------------------------------------------- */

static void note_accepted(struct delivery *d)
{
	if (output_is_away(delivery_active(d))) /* a probe, which may be refused */
		return;
	d->accepted++;
	d->patience_ms = DELIVERY_PATIENCE_MS;
}

void delivery_hold(struct delivery *d, struct span message, unsigned severity)
{
	spool_push(d->spool, message, severity);
	delivery_count_dropped(d);
}

/* The kernel has a new message, or a part of it. true: it is also in the spool, in flight. */
static bool retain(struct delivery *d, struct span message, unsigned severity)
{
	if (!output_may_lose(delivery_active(d)) || !spool_fits(d->spool, message.len) ||
		!spool_push(d->spool, message, severity))
		return false;
	spool_sent(d->spool, false);
	delivery_add_flight(d);
	return true;
}

static void keep_part(
	struct delivery *d, struct span message, unsigned severity, enum delivery_part part_is)
{
	memcpy(d->message, message.at, message.len);
	d->part_len = message.len;
	d->part_state = (uint8_t)part_is;
	d->part_severity = (uint8_t)severity;
}

void delivery_send_new(struct delivery *d, struct span message, unsigned severity)
{
	switch (output_send(delivery_active(d), message.at, message.len, d->now_ms)) {
	case OUTPUT_SENT:
		note_accepted(d);
		if (!retain(d, message, severity)) {
			d->counters->messages_sent++;
			if (d->choice != CHOICE_WELL) /* else it changes nothing */
				delivery_step(d, EVENT_ACCEPTED);
		}
		break;
	case OUTPUT_AGAIN:
		if (delivery_active(d)->frame_sent > 0)
			keep_part(d, message, severity,
				retain(d, message, severity) ? PART_SPOOLED : PART_UNSPOOLED);
		else if (d->offline && !delivery_check_break(d))
			keep_part(d, message, severity, PART_UNSPOOLED);
		else
			delivery_hold(d, message, severity);
		break;
	case OUTPUT_FAILED:
		drop(d);
		break;
	}
}

/* Send the rest of a part, or the message that an offline run holds. false: no more for now. */
static bool send_part(struct delivery *d)
{
	const struct span message = {d->message, d->part_len};

	switch (output_send(delivery_active(d), message.at, message.len, d->now_ms)) {
	case OUTPUT_AGAIN:
		return false;
	case OUTPUT_SENT:
		note_accepted(d);
		/* Messages in flight precede those that wait, so it cannot join behind one of
		 * these. */
		if (d->part_state == PART_UNSPOOLED &&
			(d->spool->waiting > 0 || !retain(d, message, d->part_severity)))
			d->counters->messages_sent++;
		break;
	case OUTPUT_FAILED: /* another output began it */
		drop(d);
		break;
	}
	d->part_state = PART_NONE;
	return true;
}

/* Send the oldest message that waits. false: no more for now. */
static bool send_oldest(struct delivery *d)
{
	struct output *o = delivery_active(d);
	const bool doubts = output_may_lose(o);
	size_t len;

	delivery_settle_if_due(d);
	if (delivery_is_full(d) || d->choice == CHOICE_RETURNING || !output_can_try(o, d->now_ms))
		return false;
	len = spool_next(d->spool, d->message, sizeof(d->message));
	if (len == 0)
		return false;
	switch (output_send(o, d->message, len, d->now_ms)) {
	case OUTPUT_SENT:
		note_accepted(d);
		spool_sent(d->spool, !doubts);
		if (doubts) {
			delivery_add_flight(d);
			break;
		}
		d->counters->messages_sent++;
		delivery_step(d, EVENT_ACCEPTED);
		break;
	case OUTPUT_AGAIN:
		if (o->frame_sent > 0) {
			spool_sent(d->spool, false);
			delivery_add_flight(d);
			d->part_len = (uint32_t)len;
			d->part_state = PART_SPOOLED;
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

void delivery_send_waiting(struct delivery *d)
{
	const bool paced = delivery_active(d)->address.kind == OUTPUT_UDP;
	const unsigned most = paced ? LIMIT_UDP_BURST : LIMIT_SENDS_PER_TURN;
	unsigned n = 0;

	if (d->resume_ms != INT64_MAX && d->now_ms < d->resume_ms)
		return;
	while (n < most && (d->part_state != PART_NONE ? send_part(d) : send_oldest(d)))
		n++;
	d->resume_ms = n < most ? INT64_MAX : d->now_ms + (paced ? LIMIT_UDP_PAUSE_MS : 0);
	delivery_check_break(d);
	delivery_count_dropped(d);
}
