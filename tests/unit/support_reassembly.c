#include "support_reassembly.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support_core.h"
#include "tables.h"

struct reassembly table;
struct counters counters;

/* What was emitted, as "7:SYSCALL,PATH 8:LOGIN"; '!' marks an incomplete event, '~' a
 * truncated one. */
static char emitted[1 << 16];
static size_t emitted_len;

static void put(const char *text, size_t len)
{
	assert_true(emitted_len + len < sizeof(emitted));
	memcpy(emitted + emitted_len, text, len);
	emitted_len += len;
	emitted[emitted_len] = '\0';
}

static void note(void *context, const struct raw_event *event)
{
	char text[32];
	uint32_t records = 0, bytes = 0;

	assert_ptr_equal(context, &emitted);
	put(" ", emitted_len > 0);
	put(text, (size_t)sprintf(text, "%u%s%s:", event->serial, event->complete ? "" : "!",
			  event->left_out ? "~" : ""));
	for (const struct raw_record *r = reassembly_record(&table, event->first); r;
		r = reassembly_record(&table, r->next)) {
		struct span name = record_type_name(r->type);

		assert_int_equal(r->serial, event->serial);
		put(",", records++ > 0);
		put(name.at, name.len);
		bytes += r->len + r->host_len + r->enriched_len;
	}
	assert_int_equal(records, event->record_count);
	assert_int_equal(bytes, event->byte_count);
}

void open_table(uint32_t max_in_flight, uint32_t timeout_ms)
{
	memset(&counters, 0, sizeof(counters));
	emitted_len = 0;
	emitted[0] = '\0';
	reassembly_init(&table, max_in_flight, timeout_ms, &counters, note, &emitted);
}

static uint64_t held(void)
{
	uint64_t records = 0;

	for (uint32_t i = 0; i < table.count; i++)
		records += table.slots[table.order[i]].record_count;
	return records;
}

void assert_they_add_up(void)
{
	assert_true(counters.records_received == counters.records_emitted +
							 counters.records_dropped_type +
							 counters.records_dropped_malformed +
							 counters.records_dropped_oversized +
							 counters.records_dropped_event_full +
							 counters.records_dropped_eoe + held());
}

void push_at(int64_t now_ms, uint16_t type, uint32_t serial)
{
	reassembly_push(&table, type, exact_format("audit(1.5:%u): x=1", serial), now_ms);
	assert_they_add_up();
}

void push(uint16_t type, uint32_t serial)
{
	push_at(0, type, serial);
}

void expect(const char *want)
{
	assert_string_equal(emitted, want);
	emitted_len = 0;
	emitted[0] = '\0';
}

void expect_first(const char *want)
{
	assert_memory_equal(emitted, want, strlen(want));
}
