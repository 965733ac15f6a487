/* The part of delivery.c that chooses between the primary and the fallback. */
#include "delivery_parts.h"

#include <string.h>

#include "text.h"

/* If a turn comes so long after choice_until_ms, our process did not run: the primary may be well.
 */
#define LATE_MS 1000

/* ---- what happens ---------------------------------------------------------------------- */

/* The active output owes nothing, and is not away. */
static bool is_clear(const struct delivery *d)
{
	return delivery_is_idle(d) && !output_is_away(&d->outputs[d->active]);
}

void delivery_check_clear(struct delivery *d)
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
	/* Only sending a message can tell. Try that from time to time, if there is one. */
	if (d->choice == CHOICE_FALLBACK && (d->now_ms < d->choice_until_ms || delivery_is_idle(d)))
		return false;
	return output_can_try(o, d->now_ms);
}

/* The primary had its time. If our process was stopped meanwhile, it gets some more. */
static bool is_over(struct delivery *d)
{
	const bool is_away = output_is_away(delivery_active(d));

	if (delivery_is_idle(d))
		return false;
	if (d->stopping)
		return is_away;
	if (!is_away && d->now_ms > d->choice_until_ms + LATE_MS)
		d->choice_until_ms = d->now_ms + LATE_MS;
	return d->now_ms >= d->choice_until_ms;
}

static void look_at_primary(struct delivery *d)
{
	if (is_clear(d))
		delivery_step(d, EVENT_CLEAR);
	else
		delivery_step(d, EVENT_OWES);
	if (is_over(d))
		delivery_step(d, EVENT_TIMEOUT);
	if (delivery_has_fallback(d) && !delivery_is_idle(d))
		delivery_step(d, EVENT_HAS_FALLBACK);
}

/* In CHOICE_RETURNING the fallback finishes its messages, and gets no new ones. */
static void look_at_fallback(struct delivery *d)
{
	delivery_step(d, is_worth_trying(d) ? EVENT_BACK : EVENT_GONE_AGAIN);
	if (d->choice != CHOICE_RETURNING)
		return;
	delivery_settle(d, 0, d->stopping);
	if (output_is_away(delivery_active(d)) ||
		(d->flight_count == 0 && d->part_state == PART_NONE))
		delivery_step(d, EVENT_FALLBACK_EMPTY);
	else if (d->now_ms >= d->choice_until_ms)
		delivery_step(d, EVENT_TIMEOUT);
}

void delivery_choose(struct delivery *d)
{
	if (d->active == DELIVERY_PRIMARY)
		look_at_primary(d);
	else
		look_at_fallback(d);
}

/* ---- another destination, and reports -------------------------------------------------- */

/* Another address of the same name is the same collector: if it is away, it stays away. */
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
		/* The new primary gets its time, and "back" is not reported. */
		delivery_enter(d, CHOICE_OWED);
		d->pending_report = DELIVERY_NO_REPORT;
	}
	delivery_check_break(d);
	return 0;
}

bool delivery_take_report(struct delivery *d, char *line, size_t size)
{
	const bool goes_on = delivery_has_fallback(d);
	struct delivery_status now;

	if (d->pending_report == DELIVERY_NO_REPORT)
		return false;
	delivery_get_status(d, &now);
	if (d->pending_report == DELIVERY_BACK)
		text_format(line, size, "output: %.200s: back", d->names[DELIVERY_PRIMARY]);
	else
		text_format(line, size, "output: %.200s: %s; messages %s%.200s",
			d->names[DELIVERY_PRIMARY], *now.error ? now.error : "takes nothing",
			goes_on ? "go to " : "wait", goes_on ? d->names[DELIVERY_FALLBACK] : "");
	d->pending_report = DELIVERY_NO_REPORT;
	return true;
}
