/* link: audit_source.o loop.o audit_control.o audit_explain.o netlink.o fake_audit.o fake_sys.o
 * fake_files.o fake_sockets.o support_audit_source.o text.o */
/* What comes too fast, or from others. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fake_audit.h"
#include "fake_sys.h"
#include "support_audit_source.h"

/* Not the kernel's: counted on both sockets, progress nevertheless, and told once. */
static void foreign_datagrams_are_told(void **state)
{
	const struct sockaddr_nl user = {.nl_family = AF_NETLINK, .nl_pid = 99};
	const char *once;

	(void)state;
	fake_sys_file_text("/proc/99/comm", "sneak\n");
	assert_int_equal(start_live(), 0);
	fake_sys_deliver(
		source.ac.control.fd, "x", 1, (const struct sockaddr *)&user, sizeof(user));
	run_ms(1);
	assert_int_equal(counters.datagrams_foreign, 1);
	assert_int_equal(source.datagrams, 0);
	assert_notice_has("port 99 (process sneak)");
	for (unsigned i = 0; i < 5; i++)
		fake_sys_deliver(
			source.ac.data.fd, "x", 1, (const struct sockaddr *)&user, sizeof(user));
	run_ms(1);
	assert_int_equal(counters.datagrams_foreign, 6);
	assert_int_equal(source.datagrams, 5);
	assert_int_equal(counters.records_received, 0);
	once = strstr(seen.text, "(process sneak)");
	assert_null(strstr(once + 1, "(process sneak)"));
	audit_source_stop(&source, sys_monotonic_ms());
}

static void records(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		fake_audit_record(AUDIT_EOE, "audit(1.1:1): ");
	run_ms(1);
}

/* So much in one go that the kernel's queue may have been half full: its count is asked for then,
 * and when all was read. */
static void a_rush_asks_what_was_lost(void **state)
{
	(void)state;
	config.backlog_limit = 4 * LIMIT_RECORDS_PER_TURN;
	assert_int_equal(start_live(), 0);
	for (unsigned i = 0; i < 3; i++)
		records(2 * LIMIT_RECORDS_PER_TURN - 1); /* each ends before the half */
	assert_int_equal(seen.statuses, 0);
	fake_audit.status.lost = 1007;
	records(2 * LIMIT_RECORDS_PER_TURN);
	assert_int_equal(seen.statuses, 1);
	assert_int_equal(seen.lost, 7);
	fake_audit.status.lost = 1009;
	records(LIMIT_RECORDS_PER_TURN);
	assert_int_equal(seen.statuses, 1); /* it goes on */
	records(1);
	assert_int_equal(seen.statuses, 2);
	assert_int_equal(seen.lost, 9);
	records(1);
	assert_int_equal(seen.statuses, 2);
	/* The status itself shows it, and it is asked for again when all was read. */
	fake_audit.status.backlog = 2 * LIMIT_RECORDS_PER_TURN + 1;
	run_ms(LIMIT_STATUS_CHECK_MS);
	assert_int_equal(seen.statuses, 3);
	fake_audit.status.backlog = 0;
	records(1);
	assert_int_equal(seen.statuses, 4);
	audit_source_stop(&source, sys_monotonic_ms());
}

static void a_queue_without_a_limit_is_never_half_full(void **state)
{
	(void)state;
	config.backlog_limit = 0;
	assert_int_equal(start_live(), 0);
	records(9 * LIMIT_RECORDS_PER_TURN);
	records(1);
	assert_int_equal(seen.statuses, 0);
	audit_source_stop(&source, sys_monotonic_ms());
}

static void held_records_come_in_small_portions(void **state)
{
	(void)state;
	assert_int_equal(start_live(), 0);
	for (unsigned i = 0; i < LIMIT_RECORDS_PER_TURN; i++)
		fake_audit_record(AUDIT_EOE, "audit(1.1:1): ");
	audit_source_hold(&source, 10);
	assert_int_equal(loop_turn(&loop, 5), 0);
	assert_int_equal(seen.records, 0);
	fake_sys_clock_advance_ms(10);
	assert_int_equal(loop_turn(&loop, 0), 0);
	assert_int_equal(seen.records, LIMIT_HELD_RECORDS);
	audit_source_hold(&source, 0);
	assert_int_equal(loop_turn(&loop, 0), 0);
	assert_int_equal(seen.records, LIMIT_RECORDS_PER_TURN);
	audit_source_stop(&source, sys_monotonic_ms());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_live, teardown_live)
		TEST(foreign_datagrams_are_told),
		TEST(a_rush_asks_what_was_lost),
		TEST(a_queue_without_a_limit_is_never_half_full),
		TEST(held_records_come_in_small_portions),
	};

	return cmocka_run_group_tests_name("live_rush", tests, NULL, NULL);
}
