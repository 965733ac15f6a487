#include "reassembly.h"

#include <string.h>

#include "copy.h"
#include "ensure.h"
#include "log_line.h"
#include "reassembly_parts.h"
#include "tables.h"

_Static_assert(LIMIT_EVENTS_IN_FLIGHT < UINT16_MAX, "slots are numbered with 16 bits");
_Static_assert(
	LIMIT_EVENT_BYTES + LIMIT_EVENT_RECORDS * (sizeof(struct raw_record) + ARENA_BLOCK_BYTES) <
		LIMIT_ARENA_BYTES,
	"the longest event fits into an empty arena");
_Static_assert(LIMIT_HOSTNAME_BYTES <= UINT16_MAX && LIMIT_ENRICHED_BYTES <= UINT16_MAX,
	"their lengths have 16 bits");

/* Auditbeat's roll-over rule: a difference above this means that the numbers wrapped. */
#define MAX_SERIAL_RANGE ((1u << 24) - 1)

static bool serial_less(uint32_t a, uint32_t b)
{
	uint32_t apart = a > b ? a - b : b - a;

	return apart > MAX_SERIAL_RANGE ? a > b : a < b;
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

/* Types that never belong to a system call, in any kernel (xt_AUDIT, and the first record of
 * kernel/audit.c): there is nothing to wait for. A crash and a seccomp violation may belong to an
 * audited call (audit_core_dumps() and audit_seccomp() log in its context). Not used for logs. */
static bool comes_alone(uint16_t type)
{
	return type == RECORD_NETFILTER_PKT || type == RECORD_KERNEL;
}

static uint32_t bucket(uint32_t serial)
{
	return serial % LIMIT_EVENTS_IN_FLIGHT;
}

static bool is_at(const struct raw_event *event, const struct reassembly *r,
	const struct record_header *header, struct span host)
{
	return event->time_ms == header->time_ms &&
	       span_equal(host, reassembly_host(reassembly_record(r, event->first)));
}

/* Position of an event in the table, or r->count. Records come nearly in order, so look from
 * the end; all are looked at because the roll-over order is not transitive for odd input. */
static uint32_t find(
	const struct reassembly *r, const struct record_header *header, struct span host)
{
	if (r->pending[bucket(header->serial)] == 0)
		return r->count;
	for (uint32_t i = r->count; i > 0; i--)
		if (r->serials[i - 1] == header->serial &&
			is_at(&r->slots[r->order[i - 1]], r, header, host))
			return i - 1;
	return r->count;
}

/* Take an entry out of the table. Mostly nothing is behind it, and a call is not free. */
static uint16_t take_out(struct reassembly *r, uint32_t at)
{
	const uint16_t slot = r->order[at];
	const uint32_t behind = --r->count - at;

	r->pending[bucket(r->serials[at])]--;
	if (behind > 0) {
		memmove(r->serials + at, r->serials + at + 1, behind * sizeof(r->serials[0]));
		memmove(r->order + at, r->order + at + 1, behind * sizeof(r->order[0]));
	}
	return slot;
}

static void emit_at(struct reassembly *r, uint32_t at)
{
	uint16_t slot = r->order[at];
	struct raw_event *event = &r->slots[slot];
	uint32_t block;

	if (r->grouped)
		reassembly_order(r, event);
	r->emit(r->context, event);
	block = event->first;
	r->counters->records_emitted += event->record_count;
	r->counters->events_emitted++;

	while (block != BLOCK_NONE) {
		const struct raw_record *record = reassembly_record(r, block);
		uint32_t next = record->next;

		blocks_give(&r->blocks, block, record->block_count);
		block = next;
	}
	take_out(r, at);
	r->unused[r->max_in_flight - r->count] = slot;
}

__attribute__((noinline)) static void emit_first(struct reassembly *r)
{
	emit_at(r, 0);
	reassembly_reset_passed(r);
}

static struct raw_event *add_event(
	struct reassembly *r, const struct record_header *header, int64_t now_ms, uint32_t *place)
{
	const uint32_t serial = header->serial;
	uint16_t slot = r->unused[r->max_in_flight - r->count];
	struct raw_event *event = &r->slots[slot];
	uint32_t at = r->count;

	while (!r->is_log && at > 0 && serial_less(serial, r->serials[at - 1]))
		at--;
	if (at < r->count) {
		memmove(r->serials + at + 1, r->serials + at,
			(r->count - at) * sizeof(r->serials[0]));
		memmove(r->order + at + 1, r->order + at, (r->count - at) * sizeof(r->order[0]));
	}
	if (at < r->passed)
		reassembly_reset_passed(r);
	r->serials[at] = serial;
	r->order[at] = slot;
	r->pending[bucket(serial)]++;
	r->count++;
	*place = at;

	*event = (struct raw_event){
		.time_ms = header->time_ms,
		.serial = serial,
		.source = r->source,
		.first = BLOCK_NONE,
		.last = BLOCK_NONE,
		.passed_ms = now_ms + r->hold_ms,
		.expires_ms = now_ms + r->timeout_ms,
	};
	return event;
}

/* Room for one record. The first events leave until there is some. */
static uint32_t take_blocks(struct reassembly *r, uint32_t count)
{
	uint32_t block;

	while ((block = blocks_take(&r->blocks, count)) == BLOCK_NONE) {
		ensure(r->count > 0);
		if (!r->slots[r->order[0]].complete)
			r->counters->events_evicted_arena++;
		emit_first(r);
	}
	return block;
}

/* In a log the event of the last record is the last of the table. */
static void move_to_end(struct reassembly *r, uint32_t at)
{
	const uint32_t serial = r->serials[at];
	const uint16_t slot = take_out(r, at);

	r->order[r->count] = slot;
	r->serials[r->count++] = serial;
	r->pending[bucket(serial)]++;
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

/* Is there an event of this host with a lower serial? Then a LOGIN, which comes in the middle of a
 * system call (kernel/audit.c, audit_log_set_loginuid()), is not the end of its event. Without one
 * it may be all of it. */
__attribute__((noinline)) static bool has_older(
	const struct reassembly *r, const struct raw_event *event)
{
	const struct span host = reassembly_host(reassembly_record(r, event->first));

	for (uint32_t i = 0; i < r->count; i++)
		if (serial_less(r->serials[i], event->serial) &&
			span_equal(host,
				reassembly_host(reassembly_record(r, r->slots[r->order[i]].first))))
			return true;
	return false;
}

/* Of a log: is the event complete with this record, the last one it got? */
static inline bool completes_in_log(
	const struct reassembly *r, const struct raw_event *event, uint16_t type)
{
	return completes_event(type) && !r->grouped &&
	       (type != RECORD_LOGIN || !has_older(r, event));
}

static void emit_ready(struct reassembly *r, int64_t now_ms)
{
	if (now_ms > r->due_ms)
		reassembly_reset_passed(r);
	for (;;) {
		struct raw_event *event = &r->slots[r->order[r->passed]];

		if (r->passed < r->count && (event->complete || now_ms >= event->passed_ms)) {
			if (reassembly_let_pass(r, event, now_ms))
				continue;
			r->counters->events_evicted_timeout += !event->complete;
			emit_at(r, r->passed);
		} else if (r->count > r->max_in_flight) {
			r->counters->events_evicted_table++;
			emit_first(r);
		} else {
			return;
		}
	}
}

/* An event that has reached its limits takes no more records. */
static bool event_is_full(const struct raw_event *event, uint16_t type, uint32_t len)
{
	return event->record_count >= LIMIT_EVENT_RECORDS ||
	       event->byte_count + len >
		       (type == RECORD_EXECVE ? LIMIT_EVENT_EXECVE_BYTES : LIMIT_EVENT_BYTES);
}

/* Copy a record into the arena. Returns its first block. */
static uint32_t copy_record(struct reassembly *r, const struct log_record *from,
	const struct record_header *header, uint32_t bytes)
{
	const uint32_t count =
		((uint32_t)sizeof(struct raw_record) + bytes + ARENA_BLOCK_BYTES - 1) /
		ARENA_BLOCK_BYTES;
	const uint32_t block = take_blocks(r, count);
	struct raw_record *record = blocks_at(&r->blocks, block);

	record->time_ms = header->time_ms;
	record->serial = header->serial;
	record->next = BLOCK_NONE;
	record->len = from->text.len;
	record->body = header->body;
	record->type = from->type;
	record->block_count = (uint16_t)count;
	record->host_len = (uint16_t)from->host.len;
	record->enriched_len = (uint16_t)from->enriched.len;
	copy_bytes(record->text, from->text.at, from->text.len);
	if (bytes > from->text.len) {
		char *at = record->text + from->text.len;

		copy_bytes(at, from->host.at, from->host.len);
		copy_bytes(at + from->host.len, from->enriched.at, from->enriched.len);
	}
	return block;
}

/* The event has this record now, or has left it out. */
__attribute__((always_inline)) static inline void took_record(
	struct reassembly *r, uint32_t at, uint16_t type, int64_t now_ms)
{
	struct raw_event *event = &r->slots[r->order[at]];

	if (!r->is_log) {
		event->complete |= completes_event(type) || comes_alone(type);
		return;
	}
	event->complete = completes_in_log(r, event, type);
	event->expires_ms = now_ms + r->timeout_ms;
	event->passed_ms = event->expires_ms + 1;
	if (at + 1 < r->count)
		move_to_end(r, at);
}

/* Store one record in its event's slot. */
static void store(struct reassembly *r, const struct log_record *from,
	const struct record_header *header, int64_t now_ms)
{
	const uint32_t bytes = from->text.len + from->host.len + from->enriched.len;
	const uint64_t emitted = r->counters->events_emitted;
	uint32_t at = find(r, header, from->host);
	uint32_t block;
	struct raw_event *event;

	if (at < r->passed)
		reassembly_reset_passed(r);
	if (at < r->count && event_is_full(&r->slots[r->order[at]], from->type, bytes)) {
		event = &r->slots[r->order[at]];
		if (!event->left_out)
			event->left_out = from->type;
		event->lost_bytes += bytes;
		r->counters->records_dropped_event_full++;
		took_record(r, at, from->type, now_ms);
		return;
	}
	block = copy_record(r, from, header, bytes);
	if (r->counters->events_emitted != emitted) /* to make room: indices have changed */
		at = find(r, header, from->host);
	event = at < r->count ? &r->slots[r->order[at]] : add_event(r, header, now_ms, &at);
	append(r, event, block, bytes);
	event->enriched_bytes += from->enriched.len;
	took_record(r, at, from->type, now_ms);
}

static void end_event(struct reassembly *r, const struct record_header *header, struct span host)
{
	const uint32_t at = find(r, header, host);

	r->counters->records_dropped_eoe++;
	if (at == r->count || r->grouped)
		return;
	r->slots[r->order[at]].complete = true;
	if (r->is_log)
		move_to_end(r, at);
	else if (at < r->passed)
		reassembly_reset_passed(r);
}

/* In a log only the last event can be complete, since each is emitted as soon as it is. */
static void emit_complete(struct reassembly *r)
{
	if (r->count > 0 && r->slots[r->order[r->count - 1]].complete)
		emit_at(r, r->count - 1);
}

static void push(struct reassembly *r, const struct log_record *record, int64_t now_ms)
{
	const struct record_header *header;

	r->counters->records_received++;
	count_class(r->counters, record->type);
	if (!is_event_type(record->type)) {
		r->counters->records_dropped_type++;
		return;
	}
	if (record->text.len > LIMIT_RECORD_BYTES) {
		r->counters->records_dropped_oversized++;
		return;
	}
	header = record_header_next(&r->header, record->text);
	if (!header) {
		r->counters->records_dropped_malformed++;
		return;
	}
	if (now_ms != r->now_ms)
		reassembly_check_stopped(r, now_ms);
	if (record->type == RECORD_EOE)
		end_event(r, header, record->host);
	else
		store(r, record, header, now_ms);
	if (r->is_log)
		emit_complete(r);
	emit_ready(r, now_ms);
}

void reassembly_push(struct reassembly *r, uint16_t type, struct span text, int64_t now_ms)
{
	const struct log_record record = {.type = type, .text = record_trim(text)};

	push(r, &record, now_ms);
}

void reassembly_push_log(struct reassembly *r, const struct log_record *record, int64_t now_ms)
{
	struct log_record kept = *record;

	kept.text = record_trim(record->text);
	if (kept.host.len > LIMIT_HOSTNAME_BYTES)
		kept.host.len = LIMIT_HOSTNAME_BYTES;
	if (kept.enriched.len > LIMIT_ENRICHED_BYTES)
		kept.enriched = SPAN_NONE;
	push(r, &kept, now_ms);
}

__attribute__((cold)) void reassembly_separate(struct reassembly *r)
{
	reassembly_flush(r);
	r->grouped = true;
}

__attribute__((cold)) void reassembly_file(struct reassembly *r, uint16_t source)
{
	if (r->grouped)
		reassembly_flush(r);
	r->grouped = false;
	r->source = source;
}

void reassembly_expire(struct reassembly *r, int64_t now_ms)
{
	if (now_ms != r->now_ms)
		reassembly_check_stopped(r, now_ms);
	emit_ready(r, now_ms);
}

uint64_t reassembly_held(const struct reassembly *r)
{
	uint64_t held = 0;

	for (uint32_t i = 0; i < r->count; i++)
		held += r->slots[r->order[i]].record_count;
	return held;
}

__attribute__((cold)) void reassembly_flush(struct reassembly *r)
{
	while (r->count > 0)
		emit_first(r);
}

__attribute__((cold)) void reassembly_resize(
	struct reassembly *r, uint32_t max_in_flight, uint32_t timeout_ms, int64_t now_ms)
{
	uint32_t unused = 0;

	ensure(max_in_flight >= 1 && max_in_flight <= LIMIT_EVENTS_IN_FLIGHT);
	while (r->count > max_in_flight) {
		r->counters->events_evicted_table += !r->slots[r->order[0]].complete;
		emit_first(r);
	}
	r->max_in_flight = max_in_flight;
	reassembly_set_timeout(r, timeout_ms);
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
		if (event->passed_ms > event->expires_ms + 1)
			event->passed_ms = event->expires_ms + 1;
	}
	reassembly_reset_passed(r);
}
