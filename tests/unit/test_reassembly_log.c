/* link: reassembly.o reassembly_order.o blocks.o record_header.o tables.o table_names.o
 * table_keys.o table_norms.o table_syscalls.o support_core.o support_reassembly.o */
#include "reassembly.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "log_reader.h"
#include "support_core.h"
#include "support_reassembly.h"
#include "tables.h"

/* ---- a log -------------------------------------------------------------------------------- */

static void open_log(uint32_t max_in_flight)
{
	open_table(max_in_flight, UINT32_MAX);
	reassembly_of_log(&table);
}

/* `text` is SECONDS.MS:SERIAL */
static void push_log_with(
	const char *host, uint16_t type, const char *stamp, const char *body, const char *enriched)
{
	const struct log_record record = {.type = type,
		.text = exact_format("audit(%s): %s", stamp, body),
		.host = span_of(host),
		.enriched = span_of(enriched)};

	reassembly_push_log(&table, &record, 0);
	assert_they_add_up();
}

static void push_log(uint16_t type, const char *stamp)
{
	push_log_with("", type, stamp, "x=1", "");
}

static void time_serial_and_host_are_the_event(void **state)
{
	(void)state;
	open_log(50);
	push_log(RECORD_SYSCALL, "1.0:10");
	push_log(RECORD_SYSCALL, "900.0:10");
	push_log_with("b", RECORD_SYSCALL, "1.0:10", "x=1", "");
	assert_int_equal(table.count, 3);
	push_log_with("b", RECORD_PROCTITLE, "1.0:10", "x=1", "");
	push_log(RECORD_CWD, "900.0:10");
	push_log(RECORD_PROCTITLE, "1.0:10");
	push_log(RECORD_EOE, "900.0:10");
	expect("10:SYSCALL,PROCTITLE 10:SYSCALL,PROCTITLE 10:SYSCALL,CWD");
}

static void live_a_serial_at_another_time_is_another_event(void **state)
{
	(void)state;
	open_table(50, 2000);
	reassembly_push(&table, RECORD_SYSCALL, SPAN("audit(1.0:10): x=1"), 0);
	reassembly_push(&table, RECORD_SYSCALL, SPAN("audit(2.0:10): x=1"), 0);
	reassembly_push(&table, RECORD_PROCTITLE, SPAN("audit(2.0:10): x=1"), 0);
	expect(""); /* the other one is before it */
	reassembly_flush(&table);
	expect("10!:SYSCALL 10:SYSCALL,PROCTITLE");
}

static void in_a_log_an_unfinished_event_holds_none_back(void **state)
{
	(void)state;
	open_log(50);
	push_log(RECORD_AVC, "1.0:10");
	push_log(RECORD_USER_LOGIN, "1.0:11");
	expect("11:USER_LOGIN");
	push_log(RECORD_SYSCALL, "1.0:12");
	push_log(RECORD_PROCTITLE, "1.0:12");
	expect("12:SYSCALL,PROCTITLE");
	push_log(RECORD_SYSCALL, "1.0:10"); /* late, and it is still there */
	reassembly_flush(&table);
	expect("10!:AVC,SYSCALL");
}

/* Its end is the last that comes of it: then it leaves at once, between others. */
static void in_a_log_an_end_ends_an_event_among_others(void **state)
{
	(void)state;
	open_log(50);
	push_log(RECORD_SYSCALL, "1.0:9");
	push_log(RECORD_SYSCALL, "1.0:10");
	push_log(RECORD_SYSCALL, "1.0:11");
	push_log(RECORD_CWD, "1.0:11");
	push_log(RECORD_EOE, "1.0:10");
	expect("10:SYSCALL");
	push_log(RECORD_EOE, "1.0:11");
	expect("11:SYSCALL,CWD");
}

static void in_a_log_a_login_waits_behind_an_older_event(void **state)
{
	(void)state;
	open_log(50);
	push_log(RECORD_LOGIN, "1.0:10");
	expect("10:LOGIN");
	push_log(RECORD_SYSCALL, "1.0:11");
	push_log_with("b", RECORD_LOGIN, "1.0:12", "x=1", ""); /* of another host */
	expect("12:LOGIN");
	push_log(RECORD_LOGIN, "1.0:12");
	push_log(RECORD_SYSCALL, "1.0:12");
	push_log(RECORD_PROCTITLE, "1.0:12");
	expect("12:LOGIN,SYSCALL,PROCTITLE");
}

static void in_a_log_the_event_that_got_nothing_for_longest_leaves(void **state)
{
	(void)state;
	open_log(3);
	push_log(RECORD_SYSCALL, "1.0:10");
	push_log(RECORD_SYSCALL, "1.0:11");
	push_log(RECORD_SYSCALL, "1.0:12");
	push_log(RECORD_CWD, "1.0:10");
	push_log(RECORD_SYSCALL, "1.0:9");
	expect("11!:SYSCALL");
	push_log(RECORD_PATH, "1.0:10");
	reassembly_flush(&table);
	expect("12!:SYSCALL 9!:SYSCALL 10!:SYSCALL,CWD,PATH");
	assert_int_equal(counters.events_evicted_table, 1);
}

static void what_is_backwards_is_put_in_order(void **state)
{
	(void)state;
	open_log(50);
	reassembly_separate(&table);
	push_log(RECORD_PROCTITLE, "1.0:10");
	push_log_with("", RECORD_PATH, "1.0:10", "item=1 name=b", "");
	push_log_with("", RECORD_PATH, "1.0:10", "item=0 name=a", "");
	push_log(RECORD_CWD, "1.0:10");
	push_log(RECORD_EXECVE, "1.0:10");
	push_log(RECORD_SYSCALL, "1.0:10");
	push_log(RECORD_AVC, "1.0:10");
	expect("");
	reassembly_separate(&table);
	expect("10!:AVC,SYSCALL,EXECVE,CWD,PATH,PATH,PROCTITLE");
	push_log(RECORD_SYSCALL, "1.0:10"); /* the same once more */
	push_log(RECORD_PROCTITLE, "1.0:10");
	expect("");
	reassembly_file(&table, 1);
	expect("10!:SYSCALL,PROCTITLE");
	push_log(RECORD_SYSCALL, "1.0:11");
	push_log(RECORD_PROCTITLE, "1.0:11");
	expect("11:SYSCALL,PROCTITLE");
}

static uint32_t last_source;

static void note_rest(void *context, const struct raw_event *event)
{
	const struct raw_record *record = reassembly_record(&table, event->first);

	(void)context;
	assert_text(reassembly_host(record), "box");
	assert_text(reassembly_enriched(record), "UID=\"ada\"");
	assert_true(event->enriched_bytes > 0);
	last_source = event->source;
}

static void host_names_and_file_stay_with_the_event(void **state)
{
	(void)state;
	open_log(50);
	table.emit = note_rest;
	reassembly_file(&table, 3);
	push_log_with("box", RECORD_SYSCALL, "1.0:10", "x=1", "UID=\"ada\"");
	reassembly_file(&table, 4);
	push_log_with("box", RECORD_PROCTITLE, "1.0:10", "x=1", "");
	assert_int_equal(table.count, 0);
	assert_int_equal(last_source, 3); /* where it began */
}

#define TEST(name) cmocka_unit_test_teardown(name, exact_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(time_serial_and_host_are_the_event),
		TEST(live_a_serial_at_another_time_is_another_event),
		TEST(in_a_log_an_unfinished_event_holds_none_back),
		TEST(in_a_log_an_end_ends_an_event_among_others),
		TEST(in_a_log_a_login_waits_behind_an_older_event),
		TEST(in_a_log_the_event_that_got_nothing_for_longest_leaves),
		TEST(what_is_backwards_is_put_in_order),
		TEST(host_names_and_file_stay_with_the_event),
	};

	return cmocka_run_group_tests_name("reassembly_log", tests, NULL, NULL);
}
