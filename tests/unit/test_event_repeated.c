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

#define SYSCALL_OPEN                                                                               \
	"SYSCALL arch=c000003e syscall=2 success=yes exit=3 items=1 pid=10 auid=1000 "             \
	"uid=0 ses=5 comm=\"x\" subj=u:r key=\"k\"\n"

/* Several records of one type in an event. */

static void the_first_of_a_type_is_data_the_others_are_repeated(void **state)
{
	(void)state;
	join("AVC pid=1 name=\"a\"\nOBJ_PID opid=1\nAVC pid=2 name=\"b\" res=0\n" SYSCALL_OPEN
	     "OBJ_PID opid=2 obj=u:r\nAVC apparmor=\"DENIED\"\n");
	expect_data("arch=x86_64|syscall=open|exit=3|pid=10|comm=x|name=a|opid=1");
	expect_repeated("AVC pid=2 name=b result=fail|OBJ_PID opid=2 obj=u:r|AVC apparmor=DENIED");
	assert_false(test_event.truncated);
	assert_text(test_event.result, "success");
	join(SYSCALL_OPEN); /* nothing is left of the last event */
	expect_repeated("");
	join(SYSCALL_OPEN "AVC pid=3\n");
	expect_repeated("");
}

/* Paths, arguments and addresses have places of their own. */
static void parts_are_not_repeated(void **state)
{
	(void)state;
	join(SYSCALL_OPEN "PATH item=0\nPATH item=1\nEXECVE argc=2 a0=\"x\"\nEXECVE a1=\"y\"\n"
			  "SOCKADDR saddr=01002F78\nSOCKADDR saddr=01002F79\n");
	expect_repeated("");
	assert_int_equal(test_event.path_count, 2);
	assert_int_equal(test_event.execve.arg_count, 2);
}

static void without_a_system_call_the_first_is_the_subject(void **state)
{
	(void)state;
	join("AVC pid=1 uid=2\nAVC pid=3 uid=4\n");
	expect_data("pid=1");
	expect_ids("uid=2");
	expect_repeated("AVC pid=3 uid=4");
}

static void more_repeated_records_than_there_may_be(void **state)
{
	(void)state;
	join_begin();
	join_record(RECORD_SYSCALL, "arch=c000003e syscall=2");
	for (unsigned i = 0; i < LIMIT_EVENT_REPEATED + 1; i++)
		join_record(RECORD_AVC, exact_format("pid=%u%c", i, 0).at);
	join_end();
	assert_int_equal(test_event.repeated_count, LIMIT_EVENT_REPEATED);
	assert_text(field_value(&test_event.repeated[LIMIT_EVENT_REPEATED - 1].fields[0]), "128");
	assert_false(test_event.truncated);
	expect_warnings("");

	join_begin();
	join_record(RECORD_SYSCALL, "arch=c000003e syscall=2");
	for (unsigned i = 0; i < LIMIT_EVENT_REPEATED + 3; i++)
		join_record(RECORD_AVC, exact_format("pid=%u%c", i, 0).at);
	join_end();
	assert_int_equal(test_event.repeated_count, LIMIT_EVENT_REPEATED);
	assert_true(test_event.truncated);
	expect_warnings("AVC: record is left out: the event is full");
}

/* Beyond this many types nobody remembers which were there: the first to name a field wins. */
static void more_types_than_there_may_be(void **state)
{
	const uint16_t first = RECORD_AVC; /* none of the types that follow is read in a way of its
					    * own, as far as these fields go */

	(void)state;
	join_begin();
	join_record(RECORD_SYSCALL, "arch=c000003e syscall=2");
	for (uint16_t i = 0; i < LIMIT_EVENT_TYPES; i++)
		join_record((uint16_t)(first + i), exact_format("a%u=x%c", i, 0).at);
	join_record((uint16_t)(first + LIMIT_EVENT_TYPES - 2), "last=1");
	join_record((uint16_t)(first + LIMIT_EVENT_TYPES - 1), "unseen=1");
	join_end();
	assert_int_equal(test_event.met_count, LIMIT_EVENT_TYPES);
	assert_int_equal(test_event.repeated_count, 1);
	assert_text(field_value(&test_event.repeated[0].fields[0]), "1");
	assert_int_equal(test_event.repeated[0].type, first + LIMIT_EVENT_TYPES - 2);
	assert_int_equal(test_event.data_count, 2 + LIMIT_EVENT_TYPES + 1);
}

#define TEST(name) cmocka_unit_test_teardown(name, exact_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_of_a_type_is_data_the_others_are_repeated),
		TEST(parts_are_not_repeated),
		TEST(without_a_system_call_the_first_is_the_subject),
		TEST(more_repeated_records_than_there_may_be),
		TEST(more_types_than_there_may_be),
	};

	return cmocka_run_group_tests_name("event_repeated", tests, NULL, NULL);
}
