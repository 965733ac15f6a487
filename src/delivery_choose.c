/* The part of delivery.c that chooses between the primary and the fallback. */
#include "delivery_parts.h"

#include <string.h>

#include "text.h"

/* How long the fallback may take for what it has when the primary is back. */
#define RETURN_MS 1000

static void use(struct delivery *d, unsigned which)
{
	/* Nothing that it still has may arrive later, among what the other one sends. */
	if (d->count > 0 || d->part > 0)
		output_reset(delivery_active(d), d->now_ms);
	delivery_rewind(d);
	output_rest(&d->outputs[DELIVERY_FALLBACK], which == DELIVERY_PRIMARY, d->now_ms);
	d->active = (uint8_t)which;
	d->returning = false;
	d->breaks = delivery_active(d)->breaks;
	d->counters->output_switches++;
}

/* May the primary be there again? */
static bool is_worth_trying(const struct delivery *d)
{
	const struct output *o = &d->outputs[DELIVERY_PRIMARY];

	if (o->address.kind == OUTPUT_TCP)
		return o->connected;
	return d->now_ms >= d->try_ms && output_takes(o, d->now_ms) && !delivery_is_idle(d);
}

static void leave_primary(struct delivery *d)
{
	if (delivery_is_idle(d) || d->now_ms < d->trial_until_ms)
		return;
	if (d->stopping ? !delivery_active(d)->away : d->now_ms < d->good_ms + d->fallback_after_ms)
		return;
	if (!d->told) {
		d->told = true;
		d->news = DELIVERY_AWAY;
	}
	if (!d->has_fallback)
		return;
	d->try_ms = d->now_ms + d->fallback_after_ms;
	use(d, DELIVERY_FALLBACK);
}

/* What the fallback has is waited for; it gets nothing new. */
static void return_to_primary(struct delivery *d)
{
	struct output *primary = &d->outputs[DELIVERY_PRIMARY];

	if (!d->returning)
		d->return_by_ms = d->now_ms + RETURN_MS;
	d->returning = is_worth_trying(d);
	if (!d->returning)
		return;
	delivery_settle(d, 0, d->stopping);
	if (!delivery_active(d)->away && d->now_ms < d->return_by_ms &&
		(d->count > 0 || d->part > 0))
		return;
	use(d, DELIVERY_PRIMARY);
	if (primary->address.kind == OUTPUT_TCP)
		d->good_ms = d->now_ms;
	else /* the answer to the first message is waited for */
		d->trial_until_ms = d->now_ms + 2 * OUTPUT_DOUBT_MS;
}

void delivery_choose(struct delivery *d)
{
	if (d->active == DELIVERY_PRIMARY)
		leave_primary(d);
	else
		return_to_primary(d);
}

int delivery_change(struct delivery *d, unsigned which, const struct output_address *address,
	const char *name, int64_t now_ms)
{
	static const struct output_address nowhere = {.kind = OUTPUT_NULL};
	const char *host = d->outputs[which].address.host;
	/* Another address of the same name is no other collector: it is as long away as it was. */
	const bool same = address && *host && strcmp(address->host, host) == 0;
	int error;

	delivery_set_now(d, now_ms);
	error = output_set_address(&d->outputs[which], address ? address : &nowhere, d->now_ms);
	if (error)
		return error;
	d->names[which] = name;
	if (!same && which == DELIVERY_PRIMARY) {
		d->good_ms = d->now_ms;
		d->told = false;
	} else if (!same) {
		d->has_fallback = address != NULL;
		if (!address && d->active == DELIVERY_FALLBACK)
			use(d, DELIVERY_PRIMARY);
	}
	delivery_broke(d);
	return 0;
}

bool delivery_news(struct delivery *d, char *line, size_t size)
{
	const int error = d->outputs[DELIVERY_PRIMARY].error;
	const char *const name = d->names[DELIVERY_PRIMARY];

	if (d->news == DELIVERY_NO_NEWS)
		return false;
	if (d->news == DELIVERY_BACK)
		text_format(line, size, "output: %.200s: back", name);
	else
		text_format(line, size, "output: %.200s: %s; messages %s%.200s", name,
			error ? strerror(error) : "takes nothing",
			d->has_fallback ? "go to " : "wait",
			d->has_fallback ? d->names[DELIVERY_FALLBACK] : "");
	d->news = DELIVERY_NO_NEWS;
	return true;
}
