/* link: event.o execve.o record.o record_fields.o record_decode.o decode.o sockaddr_text.o
 * reassembly.o blocks.o record_header.o tables.o table_names.o table_keys.o table_norms.o
 * table_syscalls.o support_core.o support_event.o */
#include "event.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "support_core.h"
#include "support_event.h"

/* ---- lost records -------------------------------------------------------------------------- */

#define CALL(number, items) "arch=c000003e syscall=" number " success=yes items=" items " pid=1"

/* Whether an event of these records is taken for incomplete; types end with 0. */
static bool lost(bool is_log, const char *call, const uint16_t *types)
{
	join_begin();
	if (call)
		join_record(RECORD_SYSCALL, call);
	for (; *types; types++)
		join_record(*types, *types == RECORD_EXECVE ? "argc=1 a0=\"x\"" : "name=\"/x\"");
	test_table.is_log = is_log;
	join_end();
	test_table.is_log = false;
	return test_event.incomplete;
}

#define LOST(is_log, call, ...) lost(is_log, call, (const uint16_t[]){__VA_ARGS__, 0})

static void lost_records(void **state)
{
	(void)state;
	event_init(&test_event);
	/* Nothing came yet: all that is missing may be excluded by a rule. */
	assert_false(LOST(false, CALL("2", "1"), RECORD_CWD));
	assert_false(LOST(false, CALL("2", "2"), RECORD_PATH, RECORD_PATH, RECORD_PROCTITLE));
	assert_true(LOST(false, CALL("2", "1"), RECORD_CWD, RECORD_PROCTITLE));
	assert_true(LOST(false, CALL("2", "2"), RECORD_PATH, RECORD_PROCTITLE));
	assert_true(LOST(false, CALL("2", "1"), RECORD_PATH));
	assert_false(LOST(false, CALL("2", "1"), RECORD_PATH, RECORD_PROCTITLE));
	assert_true(LOST(false, CALL("2", "1"), 0));
	assert_true(LOST(false, NULL, RECORD_CWD, RECORD_PATH));
	assert_false(LOST(false, NULL, RECORD_AVC));
	assert_false(LOST(false, NULL, RECORD_URINGOP, RECORD_CWD, RECORD_PATH));
	assert_false(LOST(false, CALL("59", "0"), RECORD_PROCTITLE));
	assert_false(LOST(false, CALL("59", "0"), RECORD_EXECVE, RECORD_PROCTITLE));
	assert_true(LOST(false, CALL("59", "0"), RECORD_PROCTITLE));
	/* the directory of a message queue is hidden: mq_open, mq_unlink */
	assert_false(LOST(false, CALL("240", "2"), RECORD_PATH, RECORD_PROCTITLE));
}

static void lost_records_of_a_log(void **state)
{
	(void)state;
	event_init(&test_event);
	assert_false(LOST(true, CALL("2", "1"), RECORD_PATH, RECORD_PROCTITLE));
	assert_true(LOST(true, CALL("2", "2"), RECORD_PATH, RECORD_PROCTITLE));
	assert_true(LOST(true, CALL("2", "1"), RECORD_CWD));
	assert_false(LOST(true, CALL("2", "1"), RECORD_PATH)); /* may have no PROCTITLE */
	assert_false(LOST(true, CALL("2", "1"), 0));	       /* a single line of it */
}

/* A rule that excludes a type takes effect. */
static void lost_records_no_more(void **state)
{
	(void)state;
	event_init(&test_event);
	assert_false(LOST(false, CALL("2", "1"), RECORD_PATH, RECORD_PROCTITLE));
	for (unsigned i = 0; i < LIMIT_EVENTS_WITHOUT; i++)
		assert_true(LOST(false, CALL("2", "1"), RECORD_PATH));
	assert_false(LOST(false, CALL("2", "1"), RECORD_PATH));
	assert_false(LOST(false, CALL("2", "1"), RECORD_PATH, RECORD_PROCTITLE));
	assert_true(LOST(false, CALL("2", "1"), RECORD_PATH));
}

#define TEST(name) cmocka_unit_test_teardown(name, exact_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lost_records),
		TEST(lost_records_of_a_log),
		TEST(lost_records_no_more),
	};

	return cmocka_run_group_tests_name("event_loss", tests, NULL, NULL);
}
