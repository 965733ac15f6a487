/* link: reassembly.o reassembly_order.o blocks.o record_header.o tables.o table_names.o
 * table_keys.o table_norms.o table_syscalls.o support_core.o support_reassembly.o */
/*
 * The table beside a model of it. The model numbers events with 64 bits that never roll over,
 * keeps the pending ones unsorted and looks at each of them beside all lower ones each time, knows
 * their processes, and allots blocks in a map of bytes.
 */
#include "reassembly.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "support_core.h"
#include "support_reassembly.h"
#include "tables.h"

enum {
	MODEL_EVENTS = LIMIT_EVENTS_IN_FLIGHT + 1,
	MODEL_RECORDS = 40000,
	PROCESSES = 9
};

struct model_event {
	uint64_t position;
	uint32_t count, bytes;
	uint32_t first, last; /* records, by number; linked by `next` */
	bool complete, was_extended;
	uint16_t left_out;
	uint32_t process; /* 0: none of its records tells */
	int64_t passed_ms, expires_ms;
};

static struct model_record {
	uint16_t type;
	uint32_t process;
	uint64_t position;
	uint32_t len, next, block, blocks;
} records[MODEL_RECORDS];

static struct {
	uint32_t max_in_flight, timeout_ms;
	uint64_t passing; /* events that left before a lower one */
	uint64_t again;	  /* events that waited again */
	uint32_t count;
	struct model_event pending[MODEL_EVENTS];
	struct counters counters;
	unsigned char used[BLOCK_COUNT];
	uint32_t emit_head, emit_tail; /* events that the table has to emit */
	struct model_event emit[MODEL_EVENTS + 1];
} model;

#define NO_RECORD UINT32_MAX

/* The text of a record is a function of its number. */
static struct span text_of(uint32_t id, char text[LIMIT_RECORD_BYTES + 64])
{
	uint32_t len =
		(uint32_t)sprintf(text, "audit(%u.%03u:%u): id=%u ", (uint32_t)records[id].position,
			(uint32_t)records[id].position % 1000, (uint32_t)records[id].position, id);

	if (records[id].process > 0)
		len += (uint32_t)sprintf(text + len, "ppid=3 pid=%u ", records[id].process);
	for (; len < records[id].len; len++)
		text[len] = (char)('a' + (id + len) % 26);
	return (struct span){text, len};
}

static struct model_event *model_find(uint64_t position)
{
	for (uint32_t i = 0; i < model.count; i++)
		if (model.pending[i].position == position)
			return &model.pending[i];
	return NULL;
}

static struct model_event *model_lowest(void)
{
	struct model_event *lowest = &model.pending[0];

	for (uint32_t i = 1; i < model.count; i++)
		if (model.pending[i].position < lowest->position)
			lowest = &model.pending[i];
	return lowest;
}

static void model_emit(struct model_event *e)
{
	for (uint32_t id = e->first; id != NO_RECORD; id = records[id].next)
		memset(model.used + records[id].block, 0, records[id].blocks);
	model.counters.records_emitted += e->count;
	model.counters.events_emitted++;
	model.emit[model.emit_tail++] = *e;
	model.passing += e != model_lowest();
	*e = model.pending[--model.count];
}

static bool model_place(uint32_t id)
{
	uint32_t bytes = (uint32_t)sizeof(struct raw_record) + records[id].len;
	uint32_t run = 0;

	records[id].blocks = (bytes + ARENA_BLOCK_BYTES - 1) / ARENA_BLOCK_BYTES;
	for (uint32_t i = 0; i < BLOCK_COUNT; i++) {
		run = model.used[i] ? 0 : run + 1;
		if (run == records[id].blocks) {
			records[id].block = i + 1 - run;
			memset(model.used + records[id].block, 1, run);
			return true;
		}
	}
	return false;
}

static void model_store(uint32_t id, int64_t now_ms)
{
	struct model_record *r = &records[id];
	bool last = r->type == RECORD_PROCTITLE || r->type < 1300 || r->type >= 2100 ||
		    r->type == RECORD_NETFILTER_PKT || r->type == RECORD_KERNEL;
	struct model_event *e = model_find(r->position);

	if (e && (e->count == LIMIT_EVENT_RECORDS ||
			 e->bytes + r->len > (r->type == RECORD_EXECVE ? LIMIT_EVENT_EXECVE_BYTES
								       : LIMIT_EVENT_BYTES))) {
		if (e->left_out == 0)
			e->left_out = r->type;
		e->complete = e->complete || last;
		model.counters.records_dropped_event_full++;
		return;
	}
	while (!model_place(id)) {
		model.counters.events_evicted_arena += !model_lowest()->complete;
		model_emit(model_lowest());
	}
	e = model_find(r->position);
	if (!e) {
		e = &model.pending[model.count++];
		*e = (struct model_event){.position = r->position,
			.first = id,
			.last = id,
			.passed_ms = now_ms + LIMIT_EVENT_HOLD_MS,
			.expires_ms = now_ms + model.timeout_ms};
	} else {
		records[e->last].next = id;
		e->last = id;
	}
	r->next = NO_RECORD;
	e->count++;
	e->bytes += r->len;
	e->complete = e->complete || last;
	if (e->process == 0)
		e->process = r->process;
}

/* The lowest of those that leave: complete, with nothing lower that is young and incomplete, nor
 * anything lower of their process; or incomplete and too old. */
static struct model_event *model_next(int64_t now_ms)
{
	uint64_t young = UINT64_MAX, lowest[PROCESSES + 1];
	struct model_event *next = NULL;

	memset(lowest, 0xff, sizeof(lowest));
	for (uint32_t i = 0; i < model.count; i++) {
		const struct model_event *e = &model.pending[i];
		const bool is_young =
			!e->complete && now_ms < e->passed_ms && now_ms <= e->expires_ms;

		if (is_young && e->position < young)
			young = e->position;
		if (e->position < lowest[e->process])
			lowest[e->process] = e->position;
	}
	for (uint32_t i = 0; i < model.count; i++) {
		struct model_event *e = &model.pending[i];
		const bool waits = e->complete ? e->process > 0 && lowest[e->process] < e->position
					       : now_ms <= e->expires_ms;

		if (!waits && e->position < young && (!next || e->position < next->position))
			next = e;
	}
	return next;
}

/* Somebody was stopped: events begin to wait again, each once. */
static void model_wait_again(int64_t now_ms)
{
	for (uint32_t i = 0; i < model.count; i++) {
		struct model_event *e = &model.pending[i];

		if (e->was_extended)
			continue;
		e->was_extended = true;
		e->passed_ms = now_ms + LIMIT_EVENT_HOLD_MS;
		e->expires_ms = now_ms + model.timeout_ms;
		model.again++;
	}
}

/* assert_deadline() has shown that the deadline is right. */
static void model_look_at_time(int64_t now_ms)
{
	if (now_ms - reassembly_deadline_ms(&table) > LIMIT_EVENT_LATE_MS)
		model_wait_again(now_ms);
}

static void model_settle(int64_t now_ms)
{
	while (model.count > 0) {
		struct model_event *e = model_next(now_ms);

		if (e) {
			model.counters.events_evicted_timeout += !e->complete;
		} else if (model.count > model.max_in_flight) {
			e = model_lowest();
			model.counters.events_evicted_table++;
		} else {
			return;
		}
		model_emit(e);
	}
}

static void compare(void *context, const struct raw_event *event)
{
	const struct model_event *want = &model.emit[model.emit_head];
	const struct raw_record *r = reassembly_record(&table, event->first);
	static char expected[LIMIT_RECORD_BYTES + 64];

	(void)context;
	assert_true(model.emit_head < model.emit_tail);
	model.emit_head++;
	assert_int_equal(event->serial, (uint32_t)want->position);
	assert_int_equal(event->record_count, want->count);
	assert_int_equal(event->byte_count, want->bytes);
	assert_int_equal(event->complete, want->complete);
	assert_int_equal(event->left_out, want->left_out);
	for (uint32_t id = want->first; id != NO_RECORD; id = records[id].next) {
		struct span text = text_of(id, expected);

		assert_non_null(r);
		assert_int_equal(r->type, records[id].type);
		assert_int_equal(r->len, text.len);
		assert_memory_equal(r->text, text.at, text.len);
		r = reassembly_record(&table, r->next);
	}
	assert_null(r);
}

static void assert_same_state(void)
{
	uint32_t blocks = 0;

	assert_int_equal(model.emit_head, model.emit_tail);
	model.emit_head = model.emit_tail = 0;
	assert_int_equal(table.count, model.count);
	assert_memory_equal(&counters, &model.counters, sizeof(counters));
	for (uint32_t i = 0; i < BLOCK_COUNT; i++)
		blocks += model.used[i];
	assert_int_equal(table.blocks.in_use, blocks);
	assert_they_add_up();
}

/* It is looked at again before anything more leaves, and not at once. */
static void assert_deadline(int64_t now_ms)
{
	const int64_t deadline_ms = reassembly_deadline_ms(&table);

	assert_int_equal(deadline_ms == INT64_MAX, model.count == 0);
	assert_true(deadline_ms > now_ms);
	assert_null(model_next(deadline_ms - 1));
}

struct profile {
	uint64_t seed;
	uint32_t max_in_flight, timeout_ms, records;
	uint32_t spread;   /* how far behind the newest event a record may come */
	uint32_t longest;  /* text of a record */
	uint32_t complete; /* of 100 records this many complete their event */
	uint32_t advance;  /* of 100 records this many belong to the next event */
	uint32_t step_ms;  /* the clock moves up to this much a record, */
	uint32_t jump_ms;  /* and now and then by this much, without one */
	uint32_t processes;
};

static uint16_t random_type(uint64_t *seed, uint32_t complete)
{
	static const uint16_t parts[] = {RECORD_SYSCALL, RECORD_PATH, RECORD_CWD, RECORD_EXECVE,
		RECORD_SOCKADDR, RECORD_AVC, 2099};
	static const uint16_t ends[] = {RECORD_EOE, RECORD_PROCTITLE, RECORD_LOGIN, RECORD_USER,
		RECORD_USER_LOGIN, 2100, 1299, RECORD_SECCOMP, RECORD_ANOM_ABEND,
		RECORD_NETFILTER_PKT, RECORD_KERNEL};

	if (random_below(seed, 50) == 0)
		return (uint16_t)random_next(seed);
	if (random_below(seed, 100) < complete)
		return ends[random_below(seed, sizeof(ends) / sizeof(ends[0]))];
	return parts[random_below(seed, sizeof(parts) / sizeof(parts[0]))];
}

static void push_random(uint64_t *seed, uint32_t id, int64_t now_ms)
{
	static char buffer[LIMIT_RECORD_BYTES + 64];
	uint16_t type = records[id].type;
	bool is_event = type == RECORD_LOGIN || type == RECORD_USER ||
			(type >= 1100 && type < 3000 && type != RECORD_REPLACE);
	bool cut = random_below(seed, 40) == 0;
	struct span text = text_of(id, buffer);
	struct model_event *e;

	if (cut)
		text.len = random_below(seed, 10); /* too short for a header */
	model.counters.records_received++;
	if (type == RECORD_NETFILTER_PKT)
		model.counters.record_class_netfilter++;
	else if (type == 1006 || type / 100 == 13)
		model.counters.record_class_event++;
	else if (type == 1005 || type / 100 == 11 || (type >= 2100 && type < 3000))
		model.counters.record_class_user++;
	else if (type / 100 == 14 || type / 100 == 15)
		model.counters.record_class_security++;
	else if (type / 100 == 17)
		model.counters.record_class_anomaly++;
	else if (type / 100 == 18)
		model.counters.record_class_integrity++;
	else
		model.counters.record_class_other++;
	if (!is_event) {
		model.counters.records_dropped_type++;
	} else if (text.len > LIMIT_RECORD_BYTES) {
		model.counters.records_dropped_oversized++;
	} else if (cut) {
		model.counters.records_dropped_malformed++;
	} else if (type == RECORD_EOE) {
		model_look_at_time(now_ms);
		model.counters.records_dropped_eoe++;
		e = model_find(records[id].position);
		if (e)
			e->complete = true;
		model_settle(now_ms);
	} else {
		model_look_at_time(now_ms);
		model_store(id, now_ms);
		model_settle(now_ms);
	}
	reassembly_push(&table, type, text, now_ms);
}

static void run(struct profile p)
{
	uint64_t newest = (UINT64_C(1) << 32) * 3 - p.records / 4; /* rolls over on the way */
	int64_t now_ms = 5;

	memset(&model, 0, sizeof(model));
	memset(&counters, 0, sizeof(counters));
	model.max_in_flight = p.max_in_flight;
	model.timeout_ms = p.timeout_ms;
	reassembly_init(&table, p.max_in_flight, p.timeout_ms, &counters, compare, NULL);
	for (uint32_t id = 0; id < p.records; id++) {
		newest += random_below(&p.seed, 100) < p.advance;
		records[id].position =
			newest - random_below(&p.seed, 1 + random_below(&p.seed, p.spread));
		records[id].type = random_type(&p.seed, p.complete);
		records[id].len =
			70 + random_below(&p.seed, 1 + random_below(&p.seed, p.longest - 69));
		if (random_below(&p.seed, 200) == 0)
			records[id].len = p.longest;
		records[id].next = NO_RECORD;
		now_ms += random_below(&p.seed, p.step_ms + 1);
		records[id].process = random_below(&p.seed, 3 + p.processes);
		if (records[id].process > p.processes)
			records[id].process = 0;
		push_random(&p.seed, id, now_ms);
		assert_same_state();
		exact_free(NULL);
		if (random_below(&p.seed, 20) == 0) {
			now_ms += random_below(&p.seed, 3) ? 0 : p.jump_ms;
			if (random_below(&p.seed, 3) == 0)
				continue; /* a record is what notices it */
			model_look_at_time(now_ms);
			model_settle(now_ms);
			reassembly_expire(&table, now_ms);
			assert_same_state();
			assert_deadline(now_ms);
		}
	}
	while (model.count > 0)
		model_emit(model_lowest());
	reassembly_flush(&table);
	assert_same_state();
	assert_int_equal(table.blocks.in_use, 0);
}

static void as_the_model_usual(void **state)
{
	(void)state;
	run((struct profile){.seed = 1,
		.max_in_flight = 50,
		.timeout_ms = 2000,
		.records = 20000,
		.spread = 12,
		.longest = 600,
		.complete = 25,
		.advance = 25,
		.step_ms = 20,
		.jump_ms = 700,
		.processes = 3});
	assert_true(counters.events_evicted_timeout > 0);
	assert_true(model.passing > 1000);
	assert_true(model.again > 100);
}

/* Some events never get their end; others pass them in the meantime. */
static void as_the_model_passing(void **state)
{
	(void)state;
	for (uint64_t seed = 10; seed < 20; seed++) {
		run((struct profile){.seed = seed,
			.max_in_flight = seed % 2 ? 512 : 40,
			.timeout_ms = seed % 3 ? 2000 : 30,
			.records = 3000,
			.spread = 30,
			.longest = 200,
			.complete = 30,
			.advance = 60,
			.step_ms = seed % 4 ? 3 : 12,
			.jump_ms = 60,
			.processes = (uint32_t)seed % (PROCESSES + 1)});
		assert_true(seed % 3 == 0 || model.passing > 100);
	}
}

static void as_the_model_small_table(void **state)
{
	(void)state;
	run((struct profile){.seed = 2,
		.max_in_flight = 3,
		.timeout_ms = 2000,
		.records = 20000,
		.spread = 8,
		.longest = 300,
		.complete = 10,
		.advance = 30,
		.step_ms = 2});
	assert_true(counters.events_evicted_table > 0);
}

static void as_the_model_full_arena(void **state)
{
	(void)state;
	run((struct profile){.seed = 3,
		.max_in_flight = 512,
		.timeout_ms = 60000,
		.records = 15000,
		.spread = 300,
		.longest = LIMIT_RECORD_BYTES + 20,
		.complete = 2,
		.advance = 50,
		.step_ms = 1});
	assert_true(counters.events_evicted_arena > 0);
	assert_true(counters.records_dropped_oversized > 0);
}

static void as_the_model_full_events(void **state)
{
	(void)state;
	run((struct profile){.seed = 4,
		.max_in_flight = 8,
		.timeout_ms = 60000,
		.records = 1500,
		.spread = 3,
		.longest = LIMIT_RECORD_BYTES,
		.complete = 0,
		.advance = 1,
		.step_ms = 1});
	assert_true(counters.records_dropped_event_full > 0);
}

static void as_the_model_many_events(void **state)
{
	(void)state;
	run((struct profile){.seed = 5,
		.max_in_flight = LIMIT_EVENTS_IN_FLIGHT,
		.timeout_ms = 3600000,
		.records = 12000,
		.spread = 5000,
		.longest = 120,
		.complete = 1,
		.advance = 90,
		.step_ms = 1});
	assert_true(table.max_in_flight == LIMIT_EVENTS_IN_FLIGHT);
	assert_true(counters.events_evicted_arena + counters.events_evicted_table > 0);
}

#define TEST(name) cmocka_unit_test_teardown(name, exact_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(as_the_model_usual),
		TEST(as_the_model_passing),
		TEST(as_the_model_small_table),
		TEST(as_the_model_full_arena),
		TEST(as_the_model_full_events),
		TEST(as_the_model_many_events),
	};

	return cmocka_run_group_tests_name("reassembly_model", tests, NULL, NULL);
}
