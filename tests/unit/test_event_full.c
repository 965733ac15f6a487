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

static void more_ids_than_there_may_be(void **state)
{
	char body[LIMIT_EVENT_IDS * 16] = "";

	(void)state;
	for (unsigned i = 0; i < LIMIT_EVENT_IDS; i++)
		sprintf(body + strlen(body), "k%uuid=%u ", i, i);
	join_begin();
	join_record(RECORD_USER_MGMT, body);
	join_end();
	assert_int_equal(test_event.id_count, LIMIT_EVENT_IDS);
	assert_false(test_event.truncated);
	strcat(body, "xgid=1");
	join_begin();
	join_record(RECORD_USER_MGMT, body);
	join_end();
	assert_int_equal(test_event.id_count, LIMIT_EVENT_IDS);
	assert_true(test_event.truncated);
	expect_warnings("USER_MGMT: xgid is left out: the event is full");
}

static void more_labels_than_there_may_be(void **state)
{
	char body[(LIMIT_EVENT_SELINUX + 2) * 16] = "";

	(void)state;
	for (unsigned i = 0; i <= LIMIT_EVENT_SELINUX; i++)
		sprintf(body + strlen(body), "subj_%u=x ", i);
	join_begin();
	join_record(RECORD_USER_MGMT, body);
	join_end();
	assert_int_equal(test_event.selinux_count, LIMIT_EVENT_SELINUX);
	assert_true(test_event.truncated);
	expect_warnings("USER_MGMT: subj_16 is left out: the event is full");
	join(SYSCALL_OPEN); /* the next event knows nothing of it */
	assert_int_equal(test_event.selinux_count, 2);
	assert_false(test_event.truncated);
}

static void warnings_are_kept_up_to_a_number(void **state)
{
	(void)state;
	join_begin();
	join_record(RECORD_SYSCALL, "arch=c000003e syscall=2 z=1");
	for (unsigned i = 0; i < LIMIT_EVENT_WARNINGS + 5; i++)
		join_record((uint16_t)(RECORD_AVC + i), "z=2");
	join_end();
	assert_int_equal(test_event.warning_count, LIMIT_EVENT_WARNINGS);
}

static void as_many_fields_as_there_may_be(void **state)
{
	(void)state;
	join_begin();
	join_record(RECORD_SYSCALL, "arch=c000003e syscall=59");
	for (unsigned i = 0; i < LIMIT_EVENT_FIELDS / 15; i++)
		join_record(RECORD_PATH, "item=0 name=\"/x\" inode=1 dev=00:02 mode=0100640 ouid=0 "
					 "ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 "
					 "cap_fe=0 cap_fver=0 cap_frootid=0 x=0");
	join_record(RECORD_AVC, "z0=0 z1=1 z2=2 z3=3 z4=4 z5=5 z6=6 z7=7 z8=8 z9=9 zz=0");
	join_record(RECORD_EXECVE, "argc=1 a0=\"x\"");
	join_end();
	assert_true(test_event.truncated);
	assert_int_equal(test_event.data_count, 2 + (LIMIT_EVENT_FIELDS - 2) % 15 + 1);
	assert_int_equal(test_event.execve.arg_count, 1);
	expect_warnings("AVC: z5 is left out: the event is full");
	join(SYSCALL_OPEN);
	assert_false(test_event.truncated);
}

/* Each bound is kept, but not all of them together. */
static void more_work_than_there_may_be(void **state)
{
	char body[4096];

	(void)state;
	join_begin();
	join_record(RECORD_SYSCALL, "arch=c000003e syscall=59");
	for (unsigned r = 0, name = 0; r < 10; r++) {
		*body = '\0';
		for (unsigned i = 0; i < 70; i++)
			sprintf(body + strlen(body), "k%uz=%u ", name++, i);
		join_record((uint16_t)(RECORD_AVC + r), body);
	}
	for (unsigned i = 0; i < 60; i++) {
		sprintf(body,
			"item=%u name=\"/%0400u\" inode=1 dev=00:02 mode=0100640 ouid=0 ogid=0 "
			"rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 "
			"cap_frootid=0",
			i, i);
		join_record(RECORD_PATH, body);
	}
	join_record(RECORD_EXECVE, "argc=1 a0=\"x\"");
	join_end();
	assert_true(test_event.truncated);
	assert_true(test_event.read_bytes < LIMIT_EVENT_READ_BYTES);
	assert_in_range(test_event.path_count, 20, 59);
	assert_int_equal(test_event.execve.arg_count, 1);
	expect_warnings("PATH: record is left out: the event is full");
}

static void more_paths_than_there_may_be(void **state)
{
	(void)state;
	join_begin();
	join_record(RECORD_SYSCALL, "arch=c000003e syscall=2");
	for (unsigned i = 0; i < LIMIT_EVENT_PATHS; i++)
		join_record(RECORD_PATH, "name=\"/x\"");
	join_record(RECORD_CWD, "cwd=\"/\"");
	join_end();
	assert_int_equal(test_event.path_count, LIMIT_EVENT_PATHS);
	assert_false(test_event.truncated);

	join_begin();
	for (unsigned i = 0; i < LIMIT_EVENT_PATHS + 20; i++)
		join_record(RECORD_PATH, "name=\"/x\"");
	join_end();
	assert_int_equal(test_event.path_count, LIMIT_EVENT_PATHS);
	assert_true(test_event.truncated);
	expect_warnings("PATH: record is left out: the event is full");
}

static void an_event_that_lost_records(void **state)
{
	(void)state;
	join_begin();
	for (unsigned i = 0; i < LIMIT_EVENT_RECORDS; i++)
		join_record(RECORD_SYSCALL, "arch=c000003e syscall=2");
	join_record(RECORD_PATH, "name=\"/x\"");
	join_record(RECORD_CWD, "cwd=\"/\"");
	join_end();
	assert_int_equal(test_event.record_count, LIMIT_EVENT_RECORDS);
	assert_true(test_event.truncated);
	expect_warnings("PATH: record is left out: the event is full|"
			"SYSCALL: record is left out: the event is full");
}

/* Of many warnings, that something is missing is not the one that has no room. */
static void the_last_warning(void **state)
{
	(void)state;
	join_begin();
	join_record(RECORD_SYSCALL, "arch=c000003e syscall=2 z=1");
	for (unsigned i = 0; i < LIMIT_EVENT_WARNINGS + 5; i++)
		join_record((uint16_t)(RECORD_AVC + i), "z=2");
	for (unsigned i = 0; i < LIMIT_EVENT_PATHS + 20; i++)
		join_record(RECORD_PATH, "name=\"/x\"");
	join_end();
	assert_int_equal(test_event.warning_count, LIMIT_EVENT_WARNINGS);
	assert_int_equal(test_event.warnings[LIMIT_EVENT_WARNINGS - 1].record_type, RECORD_PATH);
	assert_text(test_event.warnings[LIMIT_EVENT_WARNINGS - 1].field, "record");
}

static void more_arguments_than_there_may_be(void **state)
{
	static char body[LIMIT_RECORD_BYTES];

	(void)state;
	join_begin();
	join_record(RECORD_SYSCALL, "arch=c000003e syscall=59");
	join_record(RECORD_EXECVE, "argc=3000");
	for (unsigned i = 0; i < 3000; i += 600) {
		body[0] = '\0';
		for (unsigned j = i; j < i + 600; j++)
			sprintf(body + strlen(body), "a%u=\"%u\" ", j, j);
		join_record(RECORD_EXECVE, body);
	}
	join_end();
	assert_int_equal(test_event.execve.arg_count, LIMIT_EVENT_ARGS);
	assert_true(test_event.truncated);
	assert_text(field_value(event_data(&test_event, KEY_ARGC)), "3000");
}

/* With a full arena the joining goes on with what there is. */
static void without_room(void **state)
{
	(void)state;
	join_begin();
	join_record(RECORD_SYSCALL, "arch=c000003e syscall=42 exe=2F78");
	join_record(RECORD_SOCKADDR, "saddr=020000350A0000FE zz=1");
	join_record(RECORD_EXECVE, "argc=2 a0=4142 a1[0]=41 a1[1]=42");
	join_record(RECORD_PATH, "name=2F78");
	test_arena->size = 0;
	join_end();
	test_arena->size = LIMIT_SCRATCH_BYTES;
	assert_true(test_arena->exhausted);
	assert_true(test_event.truncated);
	assert_text(field_value(event_data(&test_event, KEY_EXE)), "2F78");
	assert_int_equal(test_event.path_count, 1);
	assert_int_equal(test_event.execve.arg_count, 2);
}

#define TEST(name) cmocka_unit_test_teardown(name, exact_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(more_ids_than_there_may_be),
		TEST(more_labels_than_there_may_be),
		TEST(warnings_are_kept_up_to_a_number),
		TEST(as_many_fields_as_there_may_be),
		TEST(more_work_than_there_may_be),
		TEST(more_paths_than_there_may_be),
		TEST(an_event_that_lost_records),
		TEST(the_last_warning),
		TEST(more_arguments_than_there_may_be),
		TEST(without_room),
	};

	return cmocka_run_group_tests_name("event_full", tests, NULL, NULL);
}
