/* link: audit_source.o loop.o audit_control.o audit_explain.o netlink.o fake_audit.o fake_sys.o
 * fake_files.o fake_sockets.o support_audit_source.o text.o */
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

static void records_flow(void **state)
{
	(void)state;
	assert_int_equal(start_live(), 0);
	fake_audit_record(AUDIT_SYSCALL, "audit(1.1:1): syscall=59");
	fake_audit_record(AUDIT_EOE, "audit(1.1:1): ");
	assert_int_equal(loop_turn(&loop, 0), 0);
	assert_int_equal(seen.records, 2);
	assert_string_equal(seen.last, "audit(1.1:1): ");
	audit_source_stop(&source, sys_monotonic_ms());
	assert_string_equal(seen.text, "");
}

static void a_turn_is_bounded(void **state)
{
	(void)state;
	assert_int_equal(start_live(), 0);
	for (unsigned i = 0; i < LIMIT_RECORDS_PER_TURN + 10; i++)
		fake_audit_record(AUDIT_EOE, "audit(1.1:1): ");
	assert_int_equal(loop_turn(&loop, 0), 0);
	assert_int_equal(seen.records, LIMIT_RECORDS_PER_TURN);
	assert_int_equal(loop_turn(&loop, 0), 0);
	assert_int_equal(seen.records, LIMIT_RECORDS_PER_TURN + 10);
	audit_source_stop(&source, sys_monotonic_ms());
}

static void stop_reads_what_waits(void **state)
{
	(void)state;
	assert_int_equal(start_live(), 0);
	for (unsigned i = 0; i < 3 * LIMIT_RECORDS_PER_TURN; i++)
		fake_audit_record(AUDIT_EOE, "audit(1.1:1): ");
	audit_source_stop(&source, sys_monotonic_ms());
	assert_int_equal(seen.records, 3 * LIMIT_RECORDS_PER_TURN);
	assert_int_equal(seen.statuses, 2); /* the last one when all was read */
	assert_int_equal(fake_audit.status.backlog_limit, 64);
}

static void stop_does_not_wait_for_a_deaf_kernel(void **state)
{
	int64_t before;

	(void)state;
	/* An answer that lies there unread is no reason to skip the last status. */
	assert_int_equal(start_live(), 0);
	fake_sys_clock_advance_ms(LIMIT_STATUS_CHECK_MS);
	assert_int_equal(loop_turn(&loop, 0), 0);
	assert_int_not_equal(source.query, 0);
	audit_source_stop(&source, sys_monotonic_ms());
	assert_int_equal(seen.statuses, 3);

	fake_audit_start();
	config.backpressure_strategy = BACKPRESSURE_NONE;
	config.failure_mode = FAILURE_LOG;
	config.backlog_limit = 64; /* nothing to put back */
	assert_int_equal(start_live(), 0);
	fake_audit.silent = true;
	fake_sys_clock_advance_ms(LIMIT_STATUS_CHECK_MS);
	assert_int_equal(loop_turn(&loop, 0), 0);
	before = sys_monotonic_ms();
	audit_source_stop(&source, sys_monotonic_ms());
	assert_in_range(sys_monotonic_ms() - before, 0, 20);
	assert_int_equal(seen.statuses, 3);
}

static void drops_are_counted_into_the_sums(void **state)
{
	static char big[LIMIT_RECORD_BYTES];

	(void)state;
	assert_int_equal(start_live(), 0);
	fake_audit_record_to(source.ac.data.fd, false, AUDIT_SYSCALL, big, sizeof(big));
	fake_sys_deliver(source.ac.data.fd, "abc", 3, NULL, 0);
	fake_sys_deliver_error(source.ac.data.fd, ENOBUFS);
	fake_sys_deliver_error(source.ac.data.fd, ENOBUFS);
	fake_audit_record(AUDIT_EOE, "audit(1.1:1): ");
	loop_turn(&loop, 0);
	assert_int_equal(seen.records, 1);
	assert_int_equal(counters.receive_overruns, 2);
	assert_int_equal(counters.records_received, 2); /* the third is the callee's to count */
	assert_int_equal(counters.records_dropped_oversized, 1);
	assert_int_equal(counters.records_dropped_malformed, 1);
	assert_int_equal(counters.record_class_other, 2);
	loop_turn(&loop, 0);
	audit_source_stop(&source, sys_monotonic_ms());
	assert_int_equal(counters.records_received, 2);
}

static void status_is_asked_for_now_and_then(void **state)
{
	unsigned before;

	(void)state;
	assert_int_equal(start_live(), 0);
	before = fake_audit.request_count;
	run_ms(LIMIT_STATUS_CHECK_MS - 1);
	assert_int_equal(fake_audit.request_count, before);
	fake_audit.status.lost = 1007;
	run_ms(1);
	assert_int_equal(fake_audit.request_count, before + 1);
	assert_int_equal(seen.statuses, 1);
	assert_int_equal(seen.lost, 7);
	fake_audit.reply_before_ack = true;
	fake_audit.status.lost = 1008;
	run_ms(LIMIT_STATUS_CHECK_MS);
	assert_int_equal(seen.statuses, 2);
	assert_int_equal(seen.lost, 8);
	audit_source_stop(&source, sys_monotonic_ms());
	assert_int_equal(seen.lost, 8);
	assert_string_equal(seen.text, "");
}

static void lost_wraps_and_is_reset(void **state)
{
	(void)state;
	fake_audit.status.lost = UINT32_MAX - 1;
	assert_int_equal(start_live(), 0);
	fake_audit.status.lost = 3;
	run_ms(LIMIT_STATUS_CHECK_MS);
	assert_int_equal(seen.lost, 5);
	fake_audit.status.lost = 1000;
	run_ms(LIMIT_STATUS_CHECK_MS);
	assert_int_equal(seen.lost, 1002);
	fake_audit.status.lost = 4; /* auditctl --reset-lost, and 4 since */
	run_ms(LIMIT_STATUS_CHECK_MS);
	assert_int_equal(seen.lost, 1006);
	audit_source_stop(&source, sys_monotonic_ms());
}

static void an_unanswered_check_does_not_block(void **state)
{
	(void)state;
	assert_int_equal(start_live(), 0);
	fake_audit.silent = true;
	run_ms(2 * LIMIT_STATUS_CHECK_MS);
	assert_int_equal(source.unanswered, 1);
	assert_int_equal(seen.statuses, 0);
	fake_audit.silent = false;
	run_ms(LIMIT_STATUS_CHECK_MS);
	assert_int_equal(seen.statuses, 1);
	/* The kernel's socket full: tried again next time. */
	fake_sys_fail("sendmsg", 1, EAGAIN);
	run_ms(LIMIT_STATUS_CHECK_MS);
	assert_int_equal(seen.statuses, 1);
	run_ms(LIMIT_STATUS_CHECK_MS);
	assert_int_equal(seen.statuses, 2);
	audit_source_stop(&source, sys_monotonic_ms());
}

static void a_lost_registration_is_renewed(void **state)
{
	(void)state;
	assert_int_equal(start_live(), 0);
	fake_audit.status.pid = 0;
	fake_audit.registered_fd = -1;
	run_ms(LIMIT_STATUS_CHECK_MS);
	assert_int_equal(fake_audit.status.pid, FAKE_SYS_PID);
	assert_int_equal(fake_audit.registered_fd, source.ac.data.fd);
	assert_notice_has("no longer has us");
	assert_notice_has("registered with the kernel again");
	seen.text[0] = '\0';
	run_ms(2 * LIMIT_STATUS_CHECK_MS);
	assert_string_equal(seen.text, "");

	/* Refused, and tried again at the next check. */
	fake_audit.status.pid = 0;
	fake_audit.refuse[AUDIT_SET] = EPERM;
	run_ms(LIMIT_STATUS_CHECK_MS);
	assert_notice_has("cannot register as the audit daemon again");
	fake_audit.refuse[AUDIT_SET] = 0;
	run_ms(LIMIT_STATUS_CHECK_MS);
	assert_int_equal(fake_audit.status.pid, FAKE_SYS_PID);
	audit_source_stop(&source, sys_monotonic_ms());
}

static void a_taken_registration_is_told_once(void **state)
{
	unsigned requests;

	(void)state;
	assert_int_equal(start_live(), 0);
	fake_sys_file_text("/proc/99/comm", "auditd\n");
	fake_audit.status.pid = 99;
	requests = fake_audit.request_count;
	run_ms(LIMIT_STATUS_CHECK_MS);
	assert_notice_has("pid 99 (auditd)");
	seen.text[0] = '\0';
	run_ms(LIMIT_STATUS_CHECK_MS);
	assert_string_equal(seen.text, "");
	assert_int_equal(fake_audit.request_count, requests + 2); /* no fight over it */
	/* It ended, but the kernel learns that only when it sends, or is asked. */
	fake_audit.daemon_dead = true;
	fake_sys_file_remove("/proc/99/comm");
	run_ms(LIMIT_STATUS_CHECK_MS);
	assert_int_equal(fake_audit.status.pid, FAKE_SYS_PID);
	assert_notice_has("registered with the kernel again");
	audit_source_stop(&source, sys_monotonic_ms());
}

static void acks_of_nothing_are_ignored(void **state)
{
	struct nlmsgerr ack = {.error = 0};

	(void)state;
	assert_int_equal(start_live(), 0);
	fake_audit_message(source.ac.data.fd, NLMSG_ERROR, 4242, &ack, sizeof(ack));
	fake_audit_message(source.ac.control.fd, NLMSG_ERROR, 4242, &ack, sizeof(ack));
	fake_audit_message(source.ac.control.fd, AUDIT_GET, 4242, &fake_audit.status,
		sizeof(fake_audit.status));
	loop_turn(&loop, 0);
	assert_string_equal(seen.text, "");
	assert_int_equal(seen.statuses, 0);
	audit_source_stop(&source, sys_monotonic_ms());
}

static void a_check_may_be_asked_for(void **state)
{
	unsigned requests;

	(void)state;
	assert_int_equal(start_live(), 0);
	requests = fake_audit.request_count;
	fake_audit.status.enabled = 2;
	audit_source_check(&source);
	audit_source_check(&source); /* one is under way */
	assert_int_equal(fake_audit.request_count, requests + 1);
	assert_false(source.ac.locked);
	run_ms(1);
	assert_int_equal(seen.statuses, 1);
	assert_true(source.ac.locked);
	audit_source_check(&source);
	run_ms(1);
	assert_int_equal(seen.statuses, 2);
	assert_int_equal(source.unanswered, 0);
	audit_source_stop(&source, sys_monotonic_ms());
}

/* What is neither the status nor an ack goes to the hook. */
static void other_replies_are_handed_on(void **state)
{
	(void)state;
	assert_int_equal(start_live(), 0);
	fake_audit_message(source.ac.control.fd, AUDIT_LIST_RULES, 77, "rule", 4);
	fake_audit_message(source.ac.control.fd, AUDIT_GET, 4242, "status", 6);
	fake_audit_message(source.ac.control.fd, NLMSG_DONE, 77, NULL, 0);
	loop_turn(&loop, 0);
	assert_int_equal(seen.replies, 3);
	assert_int_equal(seen.last_type, NLMSG_DONE);
	assert_int_equal(seen.last_sequence, 77);
	audit_source_stop(&source, sys_monotonic_ms());
}

static void multicast_without_the_right_to_look(void **state)
{
	unsigned requests;

	(void)state;
	fake_audit.refuse[AUDIT_GET] = EPERM;
	config.socket_type = SOCKET_MULTICAST;
	assert_int_equal(start_live(), 0);
	fake_audit_record_to(source.ac.data.fd, true, AUDIT_EOE, "audit(1.1:1): ", 14);
	run_ms(LIMIT_STATUS_CHECK_MS);
	assert_int_equal(seen.records, 1);
	assert_notice_has("cannot watch the audit status");
	requests = fake_audit.request_count;
	audit_source_check(&source);
	run_ms(3 * LIMIT_STATUS_CHECK_MS); /* told once, then left */
	assert_int_equal(fake_audit.request_count, requests);
	audit_source_stop(&source, sys_monotonic_ms());
}

static void a_broken_data_socket_stops_the_loop(void **state)
{
	(void)state;
	assert_int_equal(start_live(), 0);
	fake_audit_record(AUDIT_EOE, "audit(1.1:1): ");
	fake_sys_fail("recvmsg", 1, ENOMEM); /* passes */
	loop_turn(&loop, 0);
	assert_false(source.failed);
	assert_int_equal(seen.records, 1);
	fake_audit_record(AUDIT_EOE, "audit(1.1:1): ");
	fake_sys_fail("recvmsg", 1, EBADF);
	loop_turn(&loop, 0);
	assert_true(source.failed);
	assert_true(loop.stopping);
	assert_notice_has("data socket");
	audit_source_stop(&source, sys_monotonic_ms());
}

/* What poll() goes on to call readable, and cannot be read. */
static void a_lasting_shortage_has_pauses(void **state)
{
	static const int errors[] = {ENOMEM, ENOBUFS, EINTR};
	const unsigned most = 2 * (10000 / LIMIT_NETLINK_PAUSE_MS + 1); /* two sockets */
	unsigned before, turns;
	int64_t end_ms;

	(void)state;
	assert_int_equal(loop_signals(&loop, NULL, NULL), 0);
	assert_int_equal(start_live(), 0);
	for (size_t e = 0; e < sizeof(errors) / sizeof(errors[0]); e++) {
		fake_audit_record(AUDIT_EOE, "audit(1.1:1): ");
		fake_sys_fail("recvmsg", 0, errors[e]);
		before = fake_sys_calls("recvmsg");
		end_ms = sys_monotonic_ms() + 10000;
		for (turns = 0; sys_monotonic_ms() < end_ms && turns < 100000; turns++)
			assert_int_equal(loop_turn(&loop, (int)(end_ms - sys_monotonic_ms())), 0);
		assert_true(turns <= most);
		assert_in_range(fake_sys_calls("recvmsg") - before, most / 2 - 1,
			most * LIMIT_NETLINK_FAILURES);
		assert_int_equal(seen.records, e);
		assert_int_equal(
			counters.receive_overruns > 0, e >= 1); /* ENOBUFS: counted, each */
		/* It is over: nothing is lost, and it is read as soon as the pause is. */
		fake_sys_fail("recvmsg", 0, 0);
		run_ms(LIMIT_NETLINK_PAUSE_MS);
		assert_int_equal(seen.records, e + 1);
		assert_false(source.failed);
	}
	/* In the middle of it the end comes at once. */
	fake_audit_record(AUDIT_EOE, "audit(1.1:1): ");
	fake_sys_fail("recvmsg", 0, ENOMEM);
	loop_turn(&loop, -1);
	end_ms = sys_monotonic_ms();
	fake_sys_signal(SIGTERM);
	assert_int_equal(loop_run(&loop), 0);
	assert_int_equal(sys_monotonic_ms(), end_ms);
	audit_source_stop(&source, end_ms);
	assert_true(sys_monotonic_ms() <= end_ms + LIMIT_STOP_MS);
	fake_sys_fail("recvmsg", 0, 0);
	loop_remove(&loop, 0);
	sys_close(loop.signal_fd);
}

static void a_full_loop_is_an_error(void **state)
{
	int sources[LIMIT_LOOP_SOURCES];

	(void)state;
	for (unsigned i = 0; i < LIMIT_LOOP_SOURCES - 1; i++)
		sources[i] = loop_add(&loop, 1, 0, NULL, NULL);
	assert_int_equal(start_live(), -ENOSPC);
	assert_int_equal(fake_audit.status.backlog_limit, 64);
	for (unsigned i = 0; i < LIMIT_LOOP_SOURCES - 1; i++)
		loop_remove(&loop, sources[i]);
}

static void a_failed_start_says_why(void **state)
{
	(void)state;
	fake_sys_fail("socket", 1, EPROTONOSUPPORT);
	assert_int_equal(start_live(), -EPROTONOSUPPORT);
	assert_non_null(strstr(error.text, "CONFIG_AUDIT"));
}

/* Start, records, a status check, a lost registration, stop; each call failing in its turn. */
static void every_call_may_fail(void **state)
{
	static const int errors[] = {EINTR, ENOBUFS, ENOMEM, EAGAIN, EPERM};
	unsigned lives = 0;

	for (size_t e = 0; e < sizeof(errors) / sizeof(errors[0]); e++) {
		for (unsigned n = 1; n <= 150; n++) {
			setup_live(state);
			fake_sys_fail_nth(n, errors[e]);
			if (start_live() < 0)
				continue;
			lives++;
			for (int turn = 0; turn < 8 && !loop.stopping; turn++) {
				fake_audit_record(AUDIT_EOE, "audit(1.1:1): ");
				if (turn == 3)
					fake_audit.status.pid = 0;
				(void)loop_turn(&loop, LIMIT_STATUS_CHECK_MS / 2);
			}
			audit_source_stop(&source, sys_monotonic_ms());
			assert_int_equal(fake_sys_open_count(), 0);
		}
	}
	assert_true(lives > 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_live, teardown_live)
		TEST(records_flow),
		TEST(a_turn_is_bounded),
		TEST(stop_reads_what_waits),
		TEST(stop_does_not_wait_for_a_deaf_kernel),
		TEST(drops_are_counted_into_the_sums),
		TEST(status_is_asked_for_now_and_then),
		TEST(lost_wraps_and_is_reset),
		TEST(an_unanswered_check_does_not_block),
		TEST(a_lost_registration_is_renewed),
		TEST(a_taken_registration_is_told_once),
		TEST(acks_of_nothing_are_ignored),
		TEST(a_check_may_be_asked_for),
		TEST(other_replies_are_handed_on),
		TEST(multicast_without_the_right_to_look),
		TEST(a_broken_data_socket_stops_the_loop),
		TEST(a_lasting_shortage_has_pauses),
		TEST(a_full_loop_is_an_error),
		TEST(a_failed_start_says_why),
		TEST(every_call_may_fail),
	};

	return cmocka_run_group_tests_name("live", tests, NULL, NULL);
}
