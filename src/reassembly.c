#include "reassembly.h"

#include <string.h>

#include "copy.h"
#include "ensure.h"
#include "tables.h"

_Static_assert(LIMIT_EVENTS_IN_FLIGHT < UINT16_MAX, "slots are numbered with 16 bits");
_Static_assert(
	LIMIT_EVENT_BYTES + LIMIT_EVENT_RECORDS * (sizeof(struct raw_record) + ARENA_BLOCK_BYTES) <
		LIMIT_ARENA_BYTES,
	"the longest event fits into an empty arena");

/* The peer's roll-over rule: a difference above this means that the numbers wrapped. */
#define MAX_SERIAL_RANGE ((1u << 24) - 1)

static bool serial_less(uint32_t a, uint32_t b)
{
	uint32_t apart = a > b ? a - b : b - a;

	return apart > MAX_SERIAL_RANGE ? a > b : a < b;
}

void reassembly_init(struct reassembly *r, uint32_t max_in_flight, uint32_t timeout_ms,
	struct counters *counters, reassembly_emit *emit, void *context)
{
	ensure(max_in_flight >= 1 && max_in_flight <= LIMIT_EVENTS_IN_FLIGHT);
	r->max_in_flight = max_in_flight;
	r->timeout_ms = timeout_ms;
	r->counters = counters;
	r->emit = emit;
	r->context = context;
	r->count = 0;
	r->header.now.body = 0;
	for (uint32_t i = 0; i <= max_in_flight; i++)
		r->unused[i] = (uint16_t)(max_in_flight - i);
	blocks_init(&r->blocks);
}

/* Types that are no part of an event (linux/audit.h: commands and daemon control below 1100,
 * nothing above 2999), and the kernel's probe whether we are alive. USER, which auditctl -m sends,
 * is 1005, LOGIN 1006. */
static bool is_event_type(uint16_t type)
{
	if (type == RECORD_LOGIN || type == RECORD_USER)
		return true;
	return type >= 1100 && type <= 2999 && type != RECORD_REPLACE;
}

/* The ranges of linux/audit.h. */
static void count_class(struct counters *c, uint16_t type)
{
	switch (type) {
	case RECORD_LOGIN:
	case 1300 ... 1399:
		if (type == RECORD_CONFIG_CHANGE || type == RECORD_FEATURE_CHANGE)
			c->record_class_config++;
		else if (type == RECORD_NETFILTER_CFG || type == RECORD_NETFILTER_PKT)
			c->record_class_netfilter++;
		else
			c->record_class_event++;
		break;
	case RECORD_USER:
	case 1100 ... 1199:
	case 2100 ... 2999:
		c->record_class_user++;
		break;
	case 1400 ... 1599:
		c->record_class_security++;
		break;
	case 1700 ... 1799:
		c->record_class_anomaly++;
		break;
	case 1800 ... 1899:
		c->record_class_integrity++;
		break;
	default:
		c->record_class_other++;
	}
}

static bool completes_event(uint16_t type)
{
	return type == RECORD_PROCTITLE || type <= 1299 || type >= 2100;
}

/* Position of a serial in the table, or r->count. Records come nearly in order, so look from
 * the end; all are looked at because the roll-over order is not transitive for odd input. */
static uint32_t find(const struct reassembly *r, uint32_t serial)
{
	for (uint32_t i = r->count; i > 0; i--)
		if (r->serials[i - 1] == serial)
			return i - 1;
	return r->count;
}

static void emit_lowest(struct reassembly *r)
{
	uint16_t slot = r->order[0];
	struct raw_event *event = &r->slots[slot];
	uint32_t block = event->first;

	r->emit(r->context, event);
	r->counters->records_emitted += event->record_count;
	r->counters->events_emitted++;

	while (block != BLOCK_NONE) {
		const struct raw_record *record = reassembly_record(r, block);
		uint32_t next = record->next;

		blocks_give(&r->blocks, block, record->block_count);
		block = next;
	}
	if (--r->count > 0) { /* mostly nothing is behind it, and a call is not free */
		memmove(r->serials, r->serials + 1, r->count * sizeof(r->serials[0]));
		memmove(r->order, r->order + 1, r->count * sizeof(r->order[0]));
	}
	r->unused[r->max_in_flight - r->count] = slot;
}

static struct raw_event *add_event(struct reassembly *r, uint32_t serial, int64_t now_ms)
{
	uint16_t slot = r->unused[r->max_in_flight - r->count];
	struct raw_event *event = &r->slots[slot];
	uint32_t at = r->count;

	while (at > 0 && serial_less(serial, r->serials[at - 1]))
		at--;
	if (at < r->count) {
		memmove(r->serials + at + 1, r->serials + at,
			(r->count - at) * sizeof(r->serials[0]));
		memmove(r->order + at + 1, r->order + at, (r->count - at) * sizeof(r->order[0]));
	}
	r->serials[at] = serial;
	r->order[at] = slot;
	r->count++;

	*event = (struct raw_event){
		.serial = serial,
		.first = BLOCK_NONE,
		.last = BLOCK_NONE,
		.expires_ms = now_ms + r->timeout_ms,
	};
	return event;
}

/* Room for one record. The lowest events leave until there is some. */
static uint32_t take_blocks(struct reassembly *r, uint32_t count)
{
	uint32_t block;

	while ((block = blocks_take(&r->blocks, count)) == BLOCK_NONE) {
		ensure(r->count > 0);
		if (!r->slots[r->order[0]].complete)
			r->counters->events_evicted_arena++;
		emit_lowest(r);
	}
	return block;
}

static void append(struct reassembly *r, struct raw_event *event, uint32_t block, uint32_t len)
{
	if (event->first == BLOCK_NONE)
		event->first = block;
	else
		((struct raw_record *)blocks_at(&r->blocks, event->last))->next = block;
	event->last = block;
	event->record_count++;
	event->byte_count += len;
}

static void emit_ready(struct reassembly *r, int64_t now_ms)
{
	while (r->count > 0) {
		const struct raw_event *lowest = &r->slots[r->order[0]];

		if (!lowest->complete) {
			if (r->count > r->max_in_flight)
				r->counters->events_evicted_table++;
			else if (now_ms > lowest->expires_ms)
				r->counters->events_evicted_timeout++;
			else
				return;
		}
		emit_lowest(r);
	}
}

/* An event that has reached its limits takes no more records. */
static bool event_is_full(const struct raw_event *event, uint32_t len)
{
	return event->record_count >= LIMIT_EVENT_RECORDS ||
	       event->byte_count + len > LIMIT_EVENT_BYTES;
}

/* Store one record in its event's slot. */
static void store(struct reassembly *r, uint16_t type, struct span text,
	const struct record_header *header, int64_t now_ms)
{
	uint32_t bytes = (uint32_t)sizeof(struct raw_record) + text.len;
	uint32_t block_count = (bytes + ARENA_BLOCK_BYTES - 1) / ARENA_BLOCK_BYTES;
	uint32_t at = find(r, header->serial);
	uint32_t block;
	struct raw_event *event;
	struct raw_record *record;

	if (at < r->count && event_is_full(&r->slots[r->order[at]], text.len)) {
		event = &r->slots[r->order[at]];
		if (!event->left_out)
			event->left_out = type;
		event->complete |= completes_event(type);
		r->counters->records_dropped_event_full++;
		return;
	}
	block = take_blocks(r, block_count);
	at = find(r, header->serial); /* events may have left to make room */
	event = at < r->count ? &r->slots[r->order[at]] : add_event(r, header->serial, now_ms);

	record = blocks_at(&r->blocks, block);
	record->time_ms = header->time_ms;
	record->serial = header->serial;
	record->next = BLOCK_NONE;
	record->len = text.len;
	record->body = header->body;
	record->type = type;
	record->block_count = (uint16_t)block_count;
	copy_bytes(record->text, text.at, text.len);
	append(r, event, block, text.len);
	event->complete |= completes_event(type);
}

void reassembly_push(struct reassembly *r, uint16_t type, struct span text, int64_t now_ms)
{
	const struct record_header *header;
	uint32_t at;

	r->counters->records_received++;
	count_class(r->counters, type);
	text = record_trim(text);
	if (!is_event_type(type)) {
		r->counters->records_dropped_type++;
		return;
	}
	if (text.len > LIMIT_RECORD_BYTES) {
		r->counters->records_dropped_oversized++;
		return;
	}
	header = record_header_next(&r->header, text);
	if (!header) {
		r->counters->records_dropped_malformed++;
		return;
	}
	if (type == RECORD_EOE) {
		r->counters->records_dropped_eoe++;
		at = find(r, header->serial);
		if (at < r->count)
			r->slots[r->order[at]].complete = true;
	} else {
		store(r, type, text, header, now_ms);
	}
	emit_ready(r, now_ms);
}

void reassembly_expire(struct reassembly *r, int64_t now_ms)
{
	emit_ready(r, now_ms);
}

uint64_t reassembly_held(const struct reassembly *r)
{
	uint64_t held = 0;

	for (uint32_t i = 0; i < r->count; i++)
		held += r->slots[r->order[i]].record_count;
	return held;
}

void reassembly_flush(struct reassembly *r)
{
	while (r->count > 0)
		emit_lowest(r);
}

void reassembly_resize(
	struct reassembly *r, uint32_t max_in_flight, uint32_t timeout_ms, int64_t now_ms)
{
	uint32_t unused = 0;

	ensure(max_in_flight >= 1 && max_in_flight <= LIMIT_EVENTS_IN_FLIGHT);
	while (r->count > max_in_flight) {
		r->counters->events_evicted_table += !r->slots[r->order[0]].complete;
		emit_lowest(r);
	}
	r->max_in_flight = max_in_flight;
	r->timeout_ms = timeout_ms;
	/* Any slot that no event has will do. */
	for (uint32_t slot = 0; unused <= max_in_flight - r->count; slot++) {
		uint32_t i = 0;

		while (i < r->count && r->order[i] != slot)
			i++;
		if (i == r->count)
			r->unused[unused++] = (uint16_t)slot;
	}
	for (uint32_t i = 0; i < r->count; i++) {
		struct raw_event *event = &r->slots[r->order[i]];

		if (event->expires_ms > now_ms + timeout_ms)
			event->expires_ms = now_ms + timeout_ms;
	}
}

int64_t reassembly_deadline_ms(const struct reassembly *r)
{
	return r->count > 0 ? r->slots[r->order[0]].expires_ms + 1 : INT64_MAX;
}
