/* The part of delivery.c that chooses between the primary and the fallback. */
#include "delivery_parts.h"

#include <string.h>

#include "text.h"

/* How long the fallback may take for what it has when the primary is back. */
#define RETURN_MS 1000
/* How long a datagram primary has on trial: the answer to the first message is waited for. */
#define TRIAL_MS (2 * OUTPUT_DOUBT_MS)
/* A turn that comes so much after until_ms says that we did not run, not that nobody took. */
#define LATE_MS 1000

/* ---- the table ------------------------------------------------------------------------- */

static const struct {
	uint8_t output; /* that is used */
	bool is_away;	/* the primary is, and it was told */
	const char *name;
} choices[CHOICES] = {
	[CHOICE_WELL] = {DELIVERY_PRIMARY, false, "well"},
	[CHOICE_OWED] = {DELIVERY_PRIMARY, false, "waiting"},
	[CHOICE_AWAY] = {DELIVERY_PRIMARY, true, "away"},
	[CHOICE_FALLBACK] = {DELIVERY_FALLBACK, true, "fallback"},
	[CHOICE_RETURNING] = {DELIVERY_FALLBACK, true, "returning"},
	[CHOICE_TRIAL] = {DELIVERY_PRIMARY, true, "on trial"},
};

/* What is not here changes nothing. */
#define TO(choice) (CHOICE_##choice + 1)
static const uint8_t transitions[CHOICES][EVENTS] = {
	[CHOICE_WELL] = {[EVENT_FIRST] = TO(OWED), [EVENT_OWES] = TO(OWED)},
	[CHOICE_OWED] = {[EVENT_CLEAR] = TO(WELL),
		[EVENT_TAKES] = TO(OWED), /* the time begins anew */
		[EVENT_OVER] = TO(AWAY)},
	[CHOICE_AWAY] =
		{[EVENT_CLEAR] = TO(WELL), [EVENT_TAKES] = TO(OWED), [EVENT_SPARE] = TO(FALLBACK)},
	[CHOICE_FALLBACK] = {[EVENT_RETURNS] = TO(RETURNING)},
	[CHOICE_RETURNING] =
		{[EVENT_GOES] = TO(FALLBACK), [EVENT_EMPTY] = TO(TRIAL), [EVENT_OVER] = TO(TRIAL)},
	[CHOICE_TRIAL] = {[EVENT_FIRST] = TO(TRIAL), /* until now nothing was tried */
		[EVENT_CLEAR] = TO(WELL),
		[EVENT_TAKES] = TO(OWED),
		[EVENT_BREAKS] = TO(AWAY),
		[EVENT_OVER] = TO(AWAY)},
};
#undef TO

/* ---- what goes with a transition ------------------------------------------------------- */

static void use(struct delivery *d, unsigned which)
{
	/* Nothing that it still has may arrive later, among what the other one sends. */
	if (d->count > 0 || d->part_is != PART_NONE)
		output_reset(delivery_active(d), d->now_ms);
	delivery_rewind(d);
	output_rest(&d->outputs[DELIVERY_FALLBACK], which == DELIVERY_PRIMARY, d->now_ms);
	d->active = (uint8_t)which;
	d->breaks = delivery_active(d)->breaks;
	d->counters->output_switches++;
}

/* How long a choice lasts. */
static uint32_t lasts_ms(const struct delivery *d, enum delivery_choice choice)
{
	if (choice == CHOICE_RETURNING)
		return RETURN_MS;
	if (choice == CHOICE_TRIAL && d->outputs[DELIVERY_PRIMARY].address.kind != OUTPUT_TCP)
		return TRIAL_MS;
	return d->fallback_after_ms;
}

static void enter(struct delivery *d, enum delivery_choice choice)
{
	const bool was_away = choices[d->choice].is_away;

	d->choice = (uint8_t)choice;
	d->until_ms = d->now_ms + lasts_ms(d, choice);
	if (choices[choice].is_away != was_away)
		d->news = was_away ? DELIVERY_BACK : DELIVERY_AWAY;
	if (choices[choice].output != d->active)
		use(d, choices[choice].output);
}

void delivery_step(struct delivery *d, enum delivery_event event)
{
	const uint8_t next = transitions[d->choice][event];

	if (next > 0)
		enter(d, next - 1);
}

/* ---- what happens ---------------------------------------------------------------------- */

/* It owes nothing, and is there. */
static bool is_clear(const struct delivery *d)
{
	return delivery_is_idle(d) && !output_is_away(&d->outputs[d->active]);
}

void delivery_look_back(struct delivery *d)
{
	if (is_clear(d))
		delivery_step(d, EVENT_CLEAR);
}

/* May the primary be there again? */
static bool is_worth_trying(const struct delivery *d)
{
	const struct output *o = &d->outputs[DELIVERY_PRIMARY];

	if (o->address.kind == OUTPUT_TCP)
		return output_is_connected(o);
	/* What comes next will tell: now and then, and not if there is nothing. */
	if (d->choice == CHOICE_FALLBACK && (d->now_ms < d->until_ms || delivery_is_idle(d)))
		return false;
	return output_takes(o, d->now_ms);
}

/* The primary had its time. Not if we were stopped meanwhile, and did not look at it. */
static bool is_over(struct delivery *d)
{
	const bool is_away = output_is_away(delivery_active(d));

	if (delivery_is_idle(d))
		return false;
	if (d->stopping)
		return is_away;
	if (!is_away && d->now_ms > d->until_ms + LATE_MS)
		d->until_ms = d->now_ms + LATE_MS;
	return d->now_ms >= d->until_ms;
}

static void look_at_primary(struct delivery *d)
{
	if (is_clear(d))
		delivery_step(d, EVENT_CLEAR);
	else
		delivery_step(d, EVENT_OWES);
	if (is_over(d))
		delivery_step(d, EVENT_OVER);
	if (delivery_has_fallback(d) && !delivery_is_idle(d))
		delivery_step(d, EVENT_SPARE);
}

/* What the fallback has is waited for; it gets nothing new. */
static void look_at_fallback(struct delivery *d)
{
	delivery_step(d, is_worth_trying(d) ? EVENT_RETURNS : EVENT_GOES);
	if (d->choice != CHOICE_RETURNING)
		return;
	delivery_settle(d, 0, d->stopping);
	if (output_is_away(delivery_active(d)) || (d->count == 0 && d->part_is == PART_NONE))
		delivery_step(d, EVENT_EMPTY);
	else if (d->now_ms >= d->until_ms)
		delivery_step(d, EVENT_OVER);
}

void delivery_choose(struct delivery *d)
{
	if (d->active == DELIVERY_PRIMARY)
		look_at_primary(d);
	else
		look_at_fallback(d);
}

/* ---- another destination, and what is told --------------------------------------------- */

/* Another address of the same name is no other collector: it is as long away as it was. */
static bool is_same(const struct output_address *a, const struct output_address *b)
{
	return *a->host ? strcmp(a->host, b->host) == 0 : output_same_address(a, b);
}

int delivery_change(struct delivery *d, unsigned which, const struct output_address *address,
	const char *name, int64_t now_ms)
{
	static const struct output_address nowhere = {.kind = OUTPUT_NULL};
	bool same;
	int error;

	if (!address)
		address = &nowhere;
	same = is_same(address, &d->outputs[which].address);
	delivery_set_now(d, now_ms);
	error = output_set_address(&d->outputs[which], address, d->now_ms);
	if (error)
		return error;
	d->names[which] = name;
	if (!same && (which == DELIVERY_PRIMARY || (address == &nowhere && which == d->active))) {
		/* It has its time like any other, and nobody is told that it is back. */
		enter(d, CHOICE_OWED);
		d->news = DELIVERY_NO_NEWS;
	}
	delivery_broke(d);
	return 0;
}

void delivery_tell(const struct delivery *d, struct delivery_status *status)
{
	status->choice = d->choice;
	status->name = choices[d->choice].name;
	status->target = d->names[d->active];
	output_error_text(&d->outputs[DELIVERY_PRIMARY], status->error, sizeof(status->error));
}

bool delivery_news(struct delivery *d, char *line, size_t size)
{
	const bool goes_on = delivery_has_fallback(d);
	struct delivery_status now;

	if (d->news == DELIVERY_NO_NEWS)
		return false;
	delivery_tell(d, &now);
	if (d->news == DELIVERY_BACK)
		text_format(line, size, "output: %.200s: back", d->names[DELIVERY_PRIMARY]);
	else
		text_format(line, size, "output: %.200s: %s; messages %s%.200s",
			d->names[DELIVERY_PRIMARY], *now.error ? now.error : "takes nothing",
			goes_on ? "go to " : "wait", goes_on ? d->names[DELIVERY_FALLBACK] : "");
	d->news = DELIVERY_NO_NEWS;
	return true;
}
