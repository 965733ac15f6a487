/* The part of reassembly.c that knows how many events may wait, and for how long. */
#include "reassembly_parts.h"

#include <string.h>

#include "ensure.h"

void reassembly_set_timeout(struct reassembly *r, uint32_t timeout_ms)
{
	r->timeout_ms = timeout_ms;
	/* An event of a log is not passed: it expires first. */
	r->hold_ms = r->is_log || timeout_ms < LIMIT_EVENT_HOLD_MS ? timeout_ms + 1
								   : LIMIT_EVENT_HOLD_MS;
}

void reassembly_reset_passed(struct reassembly *r)
{
	r->passed = 0;
	r->due_ms = INT64_MAX;
}

void reassembly_init(struct reassembly *r, uint32_t max_in_flight, uint32_t timeout_ms,
	struct counters *counters, reassembly_emit *emit, void *context)
{
	ensure(max_in_flight >= 1 && max_in_flight <= LIMIT_EVENTS_IN_FLIGHT);
	r->max_in_flight = max_in_flight;
	r->counters = counters;
	r->emit = emit;
	r->context = context;
	r->is_log = r->grouped = false;
	reassembly_set_timeout(r, timeout_ms);
	r->source = 0;
	r->count = 0;
	r->now_ms = 0;
	reassembly_reset_passed(r);
	memset(r->pending, 0, sizeof(r->pending));
	r->header.now.body = 0;
	for (uint32_t i = 0; i <= max_in_flight; i++)
		r->unused[i] = (uint16_t)(max_in_flight - i);
	blocks_init(&r->blocks);
}

void reassembly_of_log(struct reassembly *r)
{
	r->is_log = true;
	reassembly_set_timeout(r, r->timeout_ms);
}

/* ---- times ----------------------------------------------------------------------------- */

int64_t reassembly_deadline_ms(const struct reassembly *r)
{
	const int64_t due_ms = r->due_ms == INT64_MAX ? INT64_MAX : r->due_ms + 1;
	const struct raw_event *next = &r->slots[r->order[r->passed]];

	return r->passed < r->count && next->passed_ms < due_ms ? next->passed_ms : due_ms;
}

/* Each event begins to wait again, but only once. */
__attribute__((cold)) static void wait_again(struct reassembly *r, int64_t now_ms)
{
	for (uint32_t i = 0; i < r->count; i++) {
		struct raw_event *event = &r->slots[r->order[i]];

		if (event->was_extended)
			continue;
		event->was_extended = true;
		event->passed_ms = now_ms + r->hold_ms;
		event->expires_ms = now_ms + r->timeout_ms;
	}
	reassembly_reset_passed(r);
}

void reassembly_check_stopped(struct reassembly *r, int64_t now_ms)
{
	r->now_ms = now_ms;
	if (now_ms - reassembly_deadline_ms(r) > LIMIT_EVENT_LATE_MS)
		wait_again(r, now_ms);
}
