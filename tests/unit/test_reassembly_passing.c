/* link: reassembly.o reassembly_order.o blocks.o record_header.o tables.o table_names.o
 * table_keys.o table_norms.o table_syscalls.o support_core.o support_reassembly.o */
/* Events without an end, and who passes them. */
#include "reassembly.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "support_core.h"
#include "support_reassembly.h"
#include "tables.h"

static void push_of(int64_t now_ms, uint16_t type, uint32_t serial, uint32_t pid)
{
	reassembly_push(&table, type,
		exact_format("audit(1.5:%u): ppid=7 pid=%u uid=0", serial, pid), now_ms);
}

/* An event without an end holds back all others for a moment, and its process for longer. */
static void passing(void **state)
{
	(void)state;
	open_table(50, 2000);
	push_of(0, RECORD_SYSCALL, 1, 100);
	push_of(10, RECORD_USER_LOGIN, 2, 200);
	push_of(20, RECORD_USER_LOGIN, 3, 100);
	push_of(30, RECORD_SYSCALL, 4, 7); /* a parent is another process */
	push_of(49, RECORD_PROCTITLE, 4, 1000);
	expect("");
	assert_true(reassembly_deadline_ms(&table) == 50);
	reassembly_expire(&table, 50);
	expect("2:USER_LOGIN 4:SYSCALL,PROCTITLE");
	assert_true(reassembly_deadline_ms(&table) == 2001);
	push_of(60, RECORD_USER_LOGIN, 5, 100);
	push(RECORD_SYSCALL, 6);
	push_at(200, RECORD_USER_LOGIN, 7); /* of no process, behind one of no process */
	expect("7:USER_LOGIN");
	push_at(210, RECORD_EOE, 1);
	expect("1:SYSCALL 3:USER_LOGIN 5:USER_LOGIN");
	reassembly_expire(&table, 2001);
	expect("6!:SYSCALL");
	assert_true(reassembly_deadline_ms(&table) == INT64_MAX);
}

/* What comes behind its process's unfinished event leaves with it. */
static void passing_ends_with_the_time(void **state)
{
	(void)state;
	open_table(50, 2000);
	push_of(0, RECORD_SYSCALL, 1, 100);
	reassembly_expire(&table, 50);
	push_of(1990, RECORD_USER_LOGIN, 2, 100);
	reassembly_expire(&table, 2000);
	expect("");
	reassembly_expire(&table, 2001);
	expect("1!:SYSCALL 2:USER_LOGIN");
}

/* Whoever comes late was stopped, and so perhaps was the process whose records are missing. */
static void times_begin_again_after_a_stop(void **state)
{
	const int64_t late = 50 + LIMIT_EVENT_LATE_MS + 1;

	(void)state;
	open_table(50, 2000);
	push_of(0, RECORD_SYSCALL, 1, 100);
	push_of(10, RECORD_USER_LOGIN, 2, 200);
	reassembly_expire(&table, late + 5000);
	expect("");
	assert_true(reassembly_deadline_ms(&table) == late + 5050);
	push_at(late + 5020, RECORD_CWD, 1);
	push_at(late + 5030, RECORD_PROCTITLE, 1);
	expect("1:SYSCALL,CWD,PROCTITLE 2:USER_LOGIN");

	open_table(50, 2000); /* the record that is missing notices it first */
	push_of(0, RECORD_SYSCALL, 1, 100);
	push_at(late, RECORD_CWD, 1);
	push_at(late, RECORD_EOE, 1);
	expect("1:SYSCALL,CWD");

	open_table(50, 2000); /* on time, if only just */
	push_of(0, RECORD_SYSCALL, 1, 100);
	push_of(10, RECORD_USER_LOGIN, 2, 200);
	reassembly_expire(&table, late - 1);
	expect("2:USER_LOGIN");

	open_table(50, 2000); /* once: another stop finds no mercy, but for those that came later */
	push_of(0, RECORD_SYSCALL, 1, 100);
	reassembly_expire(&table, 3000);
	expect("");
	push_of(3001, RECORD_SYSCALL, 2, 101);
	reassembly_expire(&table, 9000);
	expect("1!:SYSCALL");
	assert_true(reassembly_deadline_ms(&table) == 9050);
	reassembly_expire(&table, 9050);
	assert_true(reassembly_deadline_ms(&table) == 11001);
	reassembly_expire(&table, 11001);
	expect("2!:SYSCALL");
	assert_int_equal(counters.events_evicted_timeout, 2);
}

static void what_comes_alone_waits_for_nothing(void **state)
{
	static const uint16_t alone[] = {RECORD_NETFILTER_PKT, RECORD_KERNEL};

	(void)state;
	for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++) {
		open_table(50, 2000);
		push(alone[i], 1);
		assert_int_equal(counters.events_emitted, 1);
		assert_int_equal(table.count, 0);
	}
}

/* Of a call that is audited: its SYSCALL follows when it ends, or the process. */
static void a_crash_waits_for_its_call(void **state)
{
	static const uint16_t parts[] = {RECORD_ANOM_ABEND, RECORD_SECCOMP};

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		open_table(50, 2000);
		push(parts[i], 1);
		assert_int_equal(counters.events_emitted, 0);
		push(RECORD_SYSCALL, 1);
		push(RECORD_PROCTITLE, 1);
		assert_int_equal(counters.events_emitted, 1);
	}
}

/* One that is lower and late is young again, and those in front of it are looked at anew. */
static void a_late_one_is_young(void **state)
{
	(void)state;
	open_table(50, 2000);
	push_of(0, RECORD_SYSCALL, 5, 1);
	push_of(100, RECORD_SYSCALL, 3, 2);
	push_of(101, RECORD_USER_LOGIN, 6, 3);
	expect("");
	push_of(150, RECORD_USER_LOGIN, 7, 2);
	expect("6:USER_LOGIN");
	push_of(151, RECORD_EOE, 3, 2);
	expect("3:SYSCALL 7:USER_LOGIN");
}

#define TEST(name) cmocka_unit_test_teardown(name, exact_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(passing),
		TEST(passing_ends_with_the_time),
		TEST(times_begin_again_after_a_stop),
		TEST(what_comes_alone_waits_for_nothing),
		TEST(a_crash_waits_for_its_call),
		TEST(a_late_one_is_young),
	};

	return cmocka_run_group_tests_name("reassembly_passing", tests, NULL, NULL);
}
