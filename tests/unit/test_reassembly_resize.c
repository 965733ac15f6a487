/* link: support_core.o */
#include "reassembly.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support_core.h"
#include "tables.h"

static struct reassembly table;
static struct counters counters;
static uint32_t last, emitted;

static void note(void *context, const struct raw_event *event)
{
	(void)context;
	last = event->serial;
	emitted++;
}

static void open_table(uint32_t max_in_flight, uint32_t timeout_ms)
{
	memset(&counters, 0, sizeof(counters));
	last = emitted = 0;
	reassembly_init(&table, max_in_flight, timeout_ms, &counters, note, NULL);
}

static void push(int64_t now_ms, uint32_t serial)
{
	reassembly_push(&table, RECORD_SYSCALL, exact_format("audit(1.5:%u): x=1", serial), now_ms);
	exact_free(NULL);
}

/* Each event has a slot of its own, and the rest of what there may be is free. */
static void assert_slots(void)
{
	static uint8_t used[LIMIT_EVENTS_IN_FLIGHT + 1];

	memset(used, 0, sizeof(used));
	for (uint32_t i = 0; i < table.count; i++) {
		assert_in_range(table.order[i], 0, LIMIT_EVENTS_IN_FLIGHT);
		assert_int_equal(used[table.order[i]]++, 0);
		assert_int_equal(table.slots[table.order[i]].serial, table.serials[i]);
	}
	for (uint32_t i = 0; i <= table.max_in_flight - table.count; i++) {
		assert_in_range(table.unused[i], 0, LIMIT_EVENTS_IN_FLIGHT);
		assert_int_equal(used[table.unused[i]]++, 0);
	}
}

static void smaller_emits_the_lowest(void **state)
{
	(void)state;
	open_table(50, 2000);
	for (uint32_t serial = 1; serial <= 50; serial++)
		push(0, serial);
	assert_int_equal(emitted, 0);
	reassembly_resize(&table, 10, 2000, 0);
	assert_int_equal(emitted, 40);
	assert_int_equal(last, 40);
	assert_int_equal(counters.events_evicted_table, 40);
	assert_slots();
	push(0, 51);
	assert_int_equal(last, 41);
	assert_slots();
	reassembly_flush(&table);
	assert_int_equal(emitted, 51);
	assert_int_equal(counters.records_received, counters.records_emitted);
}

static void larger_holds_more(void **state)
{
	(void)state;
	open_table(1, 2000);
	push(0, 1);
	reassembly_resize(&table, LIMIT_EVENTS_IN_FLIGHT, 2000, 0);
	assert_slots();
	for (uint32_t serial = 2; serial <= LIMIT_EVENTS_IN_FLIGHT; serial++)
		push(0, serial);
	assert_int_equal(emitted, 0);
	assert_slots();
	push(0, LIMIT_EVENTS_IN_FLIGHT + 1);
	assert_int_equal(emitted, 1);
	reassembly_flush(&table);
	assert_slots();
}

static void nobody_waits_longer_than_the_new_timeout(void **state)
{
	(void)state;
	open_table(50, 600000);
	push(0, 1);
	push(5, 2);
	reassembly_resize(&table, 50, 100, 10);
	assert_int_equal(reassembly_deadline_ms(&table), LIMIT_EVENT_HOLD_MS);
	reassembly_expire(&table, 110);
	assert_int_equal(reassembly_deadline_ms(&table), 111);
	assert_int_equal(emitted, 0);
	reassembly_expire(&table, 111);
	assert_int_equal(emitted, 2);
	/* And nobody shorter than the one it had. */
	push(200, 3);
	reassembly_resize(&table, 50, 5000, 210);
	reassembly_expire(&table, 301);
	assert_int_equal(emitted, 3);
}

static void any_sizes_in_any_order(void **state)
{
	uint32_t seed = 7, serial = 0;

	(void)state;
	open_table(20, 1000);
	for (unsigned i = 0; i < 3000; i++) {
		seed = seed * 1664525u + 1013904223u;
		if (seed >> 28 == 0)
			reassembly_resize(&table, 1 + (seed >> 8) % 40, 1000, i);
		else if (seed >> 28 < 12)
			push(i, ++serial);
		else
			push(i, serial > 30 ? serial - (seed >> 8) % 30 : ++serial);
		assert_slots();
		assert_true(table.count <= table.max_in_flight);
	}
	reassembly_flush(&table);
	assert_slots();
	assert_int_equal(counters.records_received, counters.records_emitted);
	assert_int_equal(counters.events_emitted, emitted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(smaller_emits_the_lowest),
		cmocka_unit_test(larger_holds_more),
		cmocka_unit_test(nobody_waits_longer_than_the_new_timeout),
		cmocka_unit_test(any_sizes_in_any_order),
	};

	return cmocka_run_group_tests_name("reassembly_resize", tests, NULL, NULL);
}
