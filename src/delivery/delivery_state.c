/* The part of delivery.c that knows which output is used, and what changes with it. */
#include "delivery_parts.h"

/* How long the fallback may take to finish its messages when the primary is back. */
#define RETURN_MS 1000
/* How long a datagram primary is on trial: time for an error to the first message. */
#define TRIAL_MS (2 * OUTPUT_DOUBT_MS)

/* ---- the table ------------------------------------------------------------------------- */

static const struct {
	uint8_t output; /* that is used */
	bool is_away;	/* the primary is, and this was reported */
	const char *name;
} choices[CHOICES] = {
	[CHOICE_WELL] = {DELIVERY_PRIMARY, false, "well"},
	[CHOICE_OWED] = {DELIVERY_PRIMARY, false, "waiting"},
	[CHOICE_AWAY] = {DELIVERY_PRIMARY, true, "away"},
	[CHOICE_FALLBACK] = {DELIVERY_FALLBACK, true, "fallback"},
	[CHOICE_RETURNING] = {DELIVERY_FALLBACK, true, "returning"},
	[CHOICE_TRIAL] = {DELIVERY_PRIMARY, true, "on trial"},
};

/* An event without an entry changes nothing. */
#define TO(choice) (CHOICE_##choice + 1)
static const uint8_t transitions[CHOICES][EVENTS] = {
	[CHOICE_WELL] = {[EVENT_FIRST] = TO(OWED), [EVENT_OWES] = TO(OWED)},
	[CHOICE_OWED] = {[EVENT_CLEAR] = TO(WELL),
		[EVENT_ACCEPTED] = TO(OWED), /* the time begins anew */
		[EVENT_TIMEOUT] = TO(AWAY)},
	[CHOICE_AWAY] = {[EVENT_CLEAR] = TO(WELL),
		[EVENT_ACCEPTED] = TO(OWED),
		[EVENT_HAS_FALLBACK] = TO(FALLBACK)},
	[CHOICE_FALLBACK] = {[EVENT_BACK] = TO(RETURNING)},
	[CHOICE_RETURNING] = {[EVENT_GONE_AGAIN] = TO(FALLBACK),
		[EVENT_FALLBACK_EMPTY] = TO(TRIAL),
		[EVENT_TIMEOUT] = TO(TRIAL)},
	[CHOICE_TRIAL] = {[EVENT_FIRST] = TO(TRIAL), /* until now nothing was tried */
		[EVENT_CLEAR] = TO(WELL),
		[EVENT_ACCEPTED] = TO(OWED),
		[EVENT_BROKE] = TO(AWAY),
		[EVENT_TIMEOUT] = TO(AWAY)},
};
#undef TO

/* ---- what goes with a transition ------------------------------------------------------- */

struct output *delivery_active(struct delivery *d)
{
	return &d->outputs[d->active];
}

void delivery_rewind(struct delivery *d)
{
	d->counters->messages_repeated += d->flight_count;
	d->flight_count = 0;
	spool_rewind(d->spool);
	if (d->part_state == PART_SPOOLED)
		d->part_state = PART_NONE;
}

static void switch_output(struct delivery *d, unsigned which)
{
	/* What the old output still has must not arrive later, between messages of the new one. */
	if (d->flight_count > 0 || d->part_state != PART_NONE)
		output_reset(delivery_active(d), d->now_ms);
	delivery_rewind(d);
	output_rest(&d->outputs[DELIVERY_FALLBACK], which == DELIVERY_PRIMARY, d->now_ms);
	d->active = (uint8_t)which;
	d->breaks_seen = delivery_active(d)->breaks;
	d->counters->output_switches++;
}

/* How long a choice lasts. */
static uint32_t duration_ms(const struct delivery *d, enum delivery_choice choice)
{
	if (choice == CHOICE_RETURNING)
		return RETURN_MS;
	if (choice == CHOICE_TRIAL && d->outputs[DELIVERY_PRIMARY].address.kind != OUTPUT_TCP)
		return TRIAL_MS;
	return d->fallback_after_ms;
}

void delivery_enter(struct delivery *d, enum delivery_choice choice)
{
	const bool was_away = choices[d->choice].is_away;

	d->choice = (uint8_t)choice;
	d->choice_until_ms = d->now_ms + duration_ms(d, choice);
	if (choices[choice].is_away != was_away)
		d->pending_report = was_away ? DELIVERY_BACK : DELIVERY_AWAY;
	if (choices[choice].output != d->active)
		switch_output(d, choices[choice].output);
}

void delivery_step(struct delivery *d, enum delivery_event event)
{
	const uint8_t next = transitions[d->choice][event];

	if (next > 0)
		delivery_enter(d, next - 1);
}

void delivery_get_status(const struct delivery *d, struct delivery_status *status)
{
	status->choice = d->choice;
	status->name = choices[d->choice].name;
	status->target = d->names[d->active];
	output_error_text(&d->outputs[DELIVERY_PRIMARY], status->error, sizeof(status->error));
}
