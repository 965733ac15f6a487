/* link: reassembly.o reassembly_order.o blocks.o record_header.o tables.o table_names.o
 * table_keys.o table_norms.o table_syscalls.o support_core.o support_reassembly.o */
#include "reassembly.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "support_core.h"
#include "support_reassembly.h"
#include "tables.h"

/* ---- when an event is complete ----------------------------------------------------------- */

static void proctitle_and_eoe_complete(void **state)
{
	(void)state;
	open_table(50, 2000);
	push(RECORD_SYSCALL, 7);
	push(RECORD_PATH, 7);
	expect("");
	push(RECORD_PROCTITLE, 7);
	expect("7:SYSCALL,PATH,PROCTITLE");
	push(RECORD_EOE, 7); /* it has gone */
	expect("");
	push(RECORD_SYSCALL, 8);
	push(RECORD_EOE, 8);
	expect("8:SYSCALL"); /* an end marker is no record of it */
	assert_int_equal(counters.records_dropped_eoe, 2);
	assert_int_equal(counters.events_emitted, 2);
}

static void types_that_stand_alone(void **state)
{
	static const uint16_t alone[] = {RECORD_LOGIN, RECORD_USER, 1100, RECORD_USER_LOGIN,
		RECORD_DAEMON_END, 1299, 2100, RECORD_RESP_ALERT, 2999};
	static const uint16_t joined[] = {1300, RECORD_CWD, RECORD_AVC, RECORD_APPARMOR_DENIED,
		RECORD_ANOM_ABEND, 1599, 2099};

	(void)state;
	open_table(50, 2000);
	for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++) {
		push(alone[i], 10);
		assert_int_equal(table.count, 0);
	}
	assert_int_equal(counters.events_emitted, sizeof(alone) / sizeof(alone[0]));
	for (size_t i = 0; i < sizeof(joined) / sizeof(joined[0]); i++) {
		push(joined[i], 20 + (uint32_t)i);
		assert_int_equal(table.count, i + 1);
	}
}

static void types_that_are_no_event(void **state)
{
	static const uint16_t types[] = {
		0, 2, 3, 1000, 1004, 1007, 1019, 1099, RECORD_REPLACE, 3000, 65535};

	(void)state;
	open_table(50, 2000);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		push(types[i], 1);
	assert_int_equal(counters.records_dropped_type, sizeof(types) / sizeof(types[0]));
	assert_int_equal(table.count, 0);
	reassembly_flush(&table);
	expect("");
}

static void a_late_record_starts_a_new_event(void **state)
{
	(void)state;
	open_table(50, 2000);
	push(RECORD_LOGIN, 5);
	push(RECORD_SYSCALL, 5);
	push(RECORD_PROCTITLE, 5);
	expect("5:LOGIN 5:SYSCALL,PROCTITLE");
}

/* Behind an older event LOGIN and its SYSCALL meet. */
static void behind_an_older_event_they_meet(void **state)
{
	(void)state;
	open_table(50, 2000);
	push(RECORD_SYSCALL, 4);
	push(RECORD_LOGIN, 5);
	push(RECORD_SYSCALL, 5);
	push(RECORD_PROCTITLE, 5);
	expect("");
	push(RECORD_PROCTITLE, 4);
	expect("4:SYSCALL,PROCTITLE 5:LOGIN,SYSCALL,PROCTITLE");
}

static void the_end_of_an_unknown_event(void **state)
{
	(void)state;
	open_table(50, 2000);
	push(RECORD_EOE, 9);
	push(RECORD_SYSCALL, 9);
	assert_int_equal(table.count, 1);
	expect("");
	assert_int_equal(counters.records_dropped_eoe, 1);
}

/* ---- order ------------------------------------------------------------------------------- */

static void lowest_first(void **state)
{
	(void)state;
	open_table(50, 2000);
	push(RECORD_SYSCALL, 3);
	push(RECORD_SYSCALL, 1);
	push(RECORD_SYSCALL, 2);
	push(RECORD_EOE, 2);
	push(RECORD_EOE, 3);
	expect("");
	push(RECORD_EOE, 1);
	expect("1:SYSCALL 2:SYSCALL 3:SYSCALL");
}

static void serials_roll_over(void **state)
{
	(void)state;
	open_table(50, 2000);
	push(RECORD_SYSCALL, 1);
	push(RECORD_SYSCALL, UINT32_MAX);
	push(RECORD_SYSCALL, 0);
	push(RECORD_SYSCALL, UINT32_MAX - 1);
	reassembly_flush(&table);
	expect("4294967294!:SYSCALL 4294967295!:SYSCALL 0!:SYSCALL 1!:SYSCALL");
}

static void how_far_apart_is_a_roll_over(void **state)
{
	const uint32_t range = (1u << 24) - 1;

	(void)state;
	open_table(50, 2000);
	push(RECORD_SYSCALL, 100 + range);
	push(RECORD_SYSCALL, 100);
	reassembly_flush(&table);
	expect("100!:SYSCALL 16777315!:SYSCALL");
	push(RECORD_SYSCALL, 100);
	push(RECORD_SYSCALL, 101 + range);
	reassembly_flush(&table);
	expect("16777316!:SYSCALL 100!:SYSCALL");
}

/* ---- leaving early ----------------------------------------------------------------------- */

static void the_table_is_full(void **state)
{
	(void)state;
	open_table(2, 2000);
	push(RECORD_SYSCALL, 1);
	push(RECORD_SYSCALL, 2);
	expect("");
	push(RECORD_SYSCALL, 3);
	expect("1!:SYSCALL");
	assert_int_equal(counters.events_evicted_table, 1);
	push(RECORD_SYSCALL, 0); /* comes and goes: it is the lowest */
	expect("0!:SYSCALL");
	push(RECORD_EOE, 3);
	expect("");
	push(RECORD_SYSCALL, 4); /* 2 leaves early, 3 is complete */
	expect("2!:SYSCALL 3:SYSCALL");
	assert_int_equal(counters.events_evicted_table, 3);
}

static void a_table_of_one(void **state)
{
	(void)state;
	open_table(1, 2000);
	push(RECORD_SYSCALL, 1);
	push(RECORD_PATH, 1);
	push(RECORD_SYSCALL, 2);
	expect("1!:SYSCALL,PATH");
	push(RECORD_EOE, 2);
	expect("2:SYSCALL");
}

static void a_table_as_large_as_can_be(void **state)
{
	(void)state;
	open_table(LIMIT_EVENTS_IN_FLIGHT, 2000);
	for (uint32_t i = 0; i < LIMIT_EVENTS_IN_FLIGHT; i++)
		push(RECORD_SYSCALL, LIMIT_EVENTS_IN_FLIGHT - i); /* the slowest order */
	assert_int_equal(table.count, LIMIT_EVENTS_IN_FLIGHT);
	assert_int_equal(table.blocks.in_use, LIMIT_EVENTS_IN_FLIGHT);
	expect("");
	push(RECORD_SYSCALL, LIMIT_EVENTS_IN_FLIGHT + 1);
	expect("1!:SYSCALL");
	assert_int_equal(counters.events_evicted_table + counters.events_evicted_arena, 1);
	reassembly_flush(&table);
	assert_int_equal(table.blocks.in_use, 0);
	assert_int_equal(counters.events_emitted, LIMIT_EVENTS_IN_FLIGHT + 1);
}

static void its_time_is_over(void **state)
{
	(void)state;
	open_table(50, 2000);
	assert_true(reassembly_deadline_ms(&table) == INT64_MAX);
	push_at(1000, RECORD_SYSCALL, 1);
	push_at(1500, RECORD_SYSCALL, 2);
	reassembly_expire(&table, 1550);
	push_at(2900, RECORD_PATH, 1); /* a further record gives no further time */
	assert_true(reassembly_deadline_ms(&table) == 3001);
	reassembly_expire(&table, 3000);
	expect("");
	reassembly_expire(&table, 3001);
	expect("1!:SYSCALL,PATH");
	assert_int_equal(counters.events_evicted_timeout, 1);
	assert_true(reassembly_deadline_ms(&table) == 3501);
	push_at(4000, RECORD_SYSCALL, 3); /* a record is an occasion, too */
	expect("2!:SYSCALL");
	assert_int_equal(counters.events_evicted_timeout, 2);
	assert_they_add_up();
}

/* What is too old waits for a lower one that is young. */
static void a_lower_one_is_waited_for(void **state)
{
	(void)state;
	open_table(50, 2000);
	push_at(0, RECORD_SYSCALL, 9);
	reassembly_expire(&table, 50);
	push_at(1960, RECORD_SYSCALL, 8);
	assert_true(reassembly_deadline_ms(&table) == 2010);
	reassembly_expire(&table, 2009);
	expect("");
	reassembly_expire(&table, 2400);
	expect("9!:SYSCALL");
	assert_true(reassembly_deadline_ms(&table) == 3961);
	reassembly_expire(&table, 3961);
	expect("8!:SYSCALL");
}

/* A record of `len` bytes of text. */
static void push_long(uint16_t type, uint32_t serial, uint32_t len)
{
	struct span text;
	char *bytes = malloc(len);

	assert_non_null(bytes);
	memset(bytes, 'x', len);
	assert_true((uint32_t)sprintf(bytes, "audit(1.5:%u):", serial) < len);
	bytes[strlen(bytes)] = ' ';
	text = (struct span){bytes, len};
	reassembly_push(&table, type, text, 0);
	free(bytes); /* needed during the call only */
	assert_they_add_up();
}

static void the_arena_is_full(void **state)
{
	const uint32_t len = 10 * ARENA_BLOCK_BYTES - (uint32_t)sizeof(struct raw_record);
	const uint32_t fit = BLOCK_COUNT / 10;

	(void)state;
	open_table(LIMIT_EVENTS_IN_FLIGHT, 2000);
	for (uint32_t i = 1; i <= fit; i++)
		push_long(RECORD_SYSCALL, i, len);
	assert_int_equal(table.blocks.in_use, fit * 10);
	expect("");
	push_long(RECORD_SYSCALL, fit + 1, len);
	expect("1!:SYSCALL");
	assert_int_equal(counters.events_evicted_arena, 1);
	push_long(RECORD_SYSCALL, fit + 2, LIMIT_RECORD_BYTES);
	assert_int_equal(counters.events_evicted_arena, 1 + LIMIT_RECORD_BYTES / (10 * 256) + 1);
	reassembly_flush(&table);
	assert_int_equal(table.blocks.in_use, 0);
}

/* The event that a record belongs to may be the one that leaves to make room for it. */
static void room_is_made_by_its_own_event(void **state)
{
	(void)state;
	open_table(50, 2000);
	for (int i = 0; i < 80; i++)
		push_long(RECORD_SYSCALL, 2 + (uint32_t)i / 12, LIMIT_RECORD_BYTES);
	for (int i = 0; i < 3; i++)
		push_long(RECORD_SYSCALL, 1, LIMIT_RECORD_BYTES);
	expect("");
	push_long(RECORD_PATH, 1, LIMIT_RECORD_BYTES);
	expect("1!:SYSCALL,SYSCALL,SYSCALL");
	assert_int_equal(counters.events_evicted_arena, 1);
	assert_int_equal(table.slots[table.order[0]].serial, 1);
	assert_int_equal(table.slots[table.order[0]].record_count, 1);
	reassembly_flush(&table);
	assert_they_add_up();
}

/* ---- an event's limits ------------------------------------------------------------------- */

static void as_many_records_as_there_may_be(void **state)
{
	(void)state;
	open_table(50, 2000);
	for (uint32_t i = 0; i < LIMIT_EVENT_RECORDS; i++)
		push(RECORD_PATH, 1);
	assert_false(table.slots[table.order[0]].left_out);
	push(RECORD_PATH, 1);
	assert_true(table.slots[table.order[0]].left_out);
	assert_int_equal(counters.records_dropped_event_full, 1);
	push(RECORD_PROCTITLE, 1); /* dropped, but it ends the event */
	assert_int_equal(counters.records_dropped_event_full, 2);
	assert_int_equal(table.count, 0);
	expect_first("1~:PATH,");
	assert_int_equal(counters.records_emitted, LIMIT_EVENT_RECORDS);
}

/* Arguments leave room for what tells of the file. */
static void as_many_bytes_as_there_may_be(void **state)
{
	uint32_t bytes = 0;

	(void)state;
	open_table(50, 2000);
	for (; bytes + 12000 <= LIMIT_EVENT_EXECVE_BYTES; bytes += 12000)
		push_long(RECORD_EXECVE, 1, 12000);
	push_long(RECORD_EXECVE, 1, LIMIT_EVENT_EXECVE_BYTES - bytes);
	assert_int_equal(table.slots[table.order[0]].left_out, 0);
	assert_int_equal(table.slots[table.order[0]].byte_count, LIMIT_EVENT_EXECVE_BYTES);
	push(RECORD_EXECVE, 1);
	assert_int_equal(table.slots[table.order[0]].left_out, RECORD_EXECVE);
	for (bytes = LIMIT_EVENT_EXECVE_BYTES; bytes + 12000 <= LIMIT_EVENT_BYTES; bytes += 12000)
		push_long(RECORD_PATH, 1, 12000);
	push_long(RECORD_PATH, 1, LIMIT_EVENT_BYTES - bytes);
	assert_int_equal(table.slots[table.order[0]].byte_count, LIMIT_EVENT_BYTES);
	assert_int_equal(counters.records_dropped_event_full, 1);
	push(RECORD_PATH, 1);
	assert_int_equal(counters.records_dropped_event_full, 2);
	push(RECORD_EOE, 1);
	expect_first("1~:EXECVE,");
	push(RECORD_SYSCALL, 1); /* a new event of that number has room again */
	assert_int_equal(table.slots[table.order[0]].left_out, 0);
}

/* ---- what a record may look like --------------------------------------------------------- */

static const struct raw_record *only_record(void)
{
	assert_int_equal(table.count, 1);
	assert_int_equal(table.slots[table.order[0]].record_count, 1);
	return reassembly_record(&table, table.slots[table.order[0]].first);
}

static void bytes_are_kept_as_they_are(void **state)
{
	const char text[] = "\0 audit(1490137971.011:4294967295): a=\xff\0b \n\0";
	const struct raw_record *r;

	(void)state;
	open_table(50, 2000);
	reassembly_push(&table, RECORD_SYSCALL, exact_bytes(text, sizeof(text) - 1), 0);
	r = only_record();
	assert_bytes(
		((struct span){r->text, r->len}), "audit(1490137971.011:4294967295): a=\xff\0b");
	assert_text(((struct span){r->text, r->body}), "audit(1490137971.011:4294967295)");
	assert_true(r->time_ms == INT64_C(1490137971011));
	assert_int_equal(r->serial, UINT32_MAX);
	assert_int_equal(r->type, RECORD_SYSCALL);
}

static void too_long(void **state)
{
	(void)state;
	open_table(50, 2000);
	push_long(RECORD_SYSCALL, 1, LIMIT_RECORD_BYTES + 1);
	assert_int_equal(counters.records_dropped_oversized, 1);
	assert_int_equal(table.count, 0);
	push_long(RECORD_SYSCALL, 1, LIMIT_RECORD_BYTES);
	assert_int_equal(only_record()->len, LIMIT_RECORD_BYTES);
}

static void malformed(void **state)
{
	static const char *const texts[] = {"", "audit(1.0:1", "pid=1", "audit(x.0:1):"};

	(void)state;
	open_table(50, 2000);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		reassembly_push(&table, RECORD_SYSCALL, exact(texts[i]), 0);
	assert_int_equal(counters.records_dropped_malformed, 4);
	assert_they_add_up();
	reassembly_push(
		&table, RECORD_SYSCALL, exact("audit(1.0:1)"), 0); /* nothing but a header */
	assert_int_equal(only_record()->body, only_record()->len);
}

#define TEST(name) cmocka_unit_test_teardown(name, exact_free)

/* ---- beside the events ----------------------------------------------------------------- */

static void classes_by_type(void **state)
{
	static const struct {
		uint16_t type;
		size_t counter;
	} rows[] = {
#define ROW(type, name) {type, offsetof(struct counters, record_class_##name)}
		ROW(1000, other),
		ROW(1006, event),
		ROW(1099, other),
		ROW(1100, user),
		ROW(1199, user),
		ROW(1200, other),
		ROW(1299, other),
		ROW(1300, event),
		ROW(1305, config),
		ROW(1320, event),
		ROW(1324, netfilter),
		ROW(1325, netfilter),
		ROW(1328, config),
		ROW(1399, event),
		ROW(1400, security),
		ROW(1599, security),
		ROW(1600, other),
		ROW(1700, anomaly),
		ROW(1799, anomaly),
		ROW(1800, integrity),
		ROW(1899, integrity),
		ROW(1900, other),
		ROW(2000, other),
		ROW(2100, user),
		ROW(2999, user),
		ROW(3000, other),
		ROW(65535, other),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const uint64_t *counter =
			(const uint64_t *)((const char *)&counters + rows[i].counter);
		uint64_t sum;

		open_table(4, 2000);
		push_at(0, rows[i].type, 1);
		if (*counter != 1)
			fail_msg("type %u", rows[i].type);
		sum = counters.record_class_event + counters.record_class_config +
		      counters.record_class_netfilter + counters.record_class_user +
		      counters.record_class_security + counters.record_class_anomaly +
		      counters.record_class_integrity + counters.record_class_other;
		assert_int_equal(sum, counters.records_received);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(proctitle_and_eoe_complete),
		TEST(types_that_stand_alone),
		TEST(types_that_are_no_event),
		TEST(a_late_record_starts_a_new_event),
		TEST(behind_an_older_event_they_meet),
		TEST(the_end_of_an_unknown_event),
		TEST(lowest_first),
		TEST(serials_roll_over),
		TEST(how_far_apart_is_a_roll_over),
		TEST(the_table_is_full),
		TEST(a_table_of_one),
		TEST(a_table_as_large_as_can_be),
		TEST(its_time_is_over),
		TEST(a_lower_one_is_waited_for),
		TEST(the_arena_is_full),
		TEST(room_is_made_by_its_own_event),
		TEST(as_many_records_as_there_may_be),
		TEST(as_many_bytes_as_there_may_be),
		TEST(bytes_are_kept_as_they_are),
		TEST(too_long),
		TEST(malformed),
		TEST(classes_by_type),
	};

	return cmocka_run_group_tests_name("reassembly", tests, NULL, NULL);
}
