/* The part of delivery.c that chooses between the primary and the fallback. */
#include "delivery_parts.h"

#include <string.h>

#include "text.h"

/* A turn that comes so much after until_ms says that we did not run, not that nobody took. */
#define LATE_MS 1000

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
		delivery_enter(d, CHOICE_OWED);
		d->news = DELIVERY_NO_NEWS;
	}
	delivery_broke(d);
	return 0;
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
