/* link: support_guard.o support_guarded.o support_agent.o fake_audit.o fake_sys.o fake_files.o
 * fake_sockets.o cjson.o */
#include "support_guard.h"
#include <errno.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fake_audit.h"
#include "support_agent.h"

/* ---- answers -------------------------------------------------------------------------------- */

static void answer_status(void)
{
	fake_audit_message(source.ac.control.fd, AUDIT_GET, source.query, &fake_audit.status,
		fake_audit.status_bytes);
}

/* While the kernel owes an answer, nothing waits for another one. */
static void not_while_an_answer_is_owed(void **state)
{
	(void)state;
	support_begin();
	delete_all();
	config_change(812);
	support_run_ms(ACT_MS - 1);
	fake_audit.silent = true;
	support_run_ms(1);
	/* The list came, the status did not. */
	assert_int_not_equal(source.query, 0);
	fake_audit_message(source.ac.control.fd, NLMSG_DONE, guard.drift.query, NULL, 0);
	for (unsigned i = 0; i < 10; i++) {
		const int64_t before_ms = sys_monotonic_ms();

		support_turn(0);
		assert_int_equal(sys_monotonic_ms(), before_ms);
	}
	assert_int_equal(fake_audit_requests(AUDIT_ADD_RULE), RULES);
	assert_no_report();
	fake_audit.silent = false;
	answer_status();
	support_turn(0);
	support_turn(0);
	assert_true(rules_are_ours());
	assert_report("restored-audit-rules", "success");
	assert_facts(3, 0);
	assert_has(report, "\"pid\":812");
	support_end();
}

/* The answer to a question that came before the change says nothing of it. */
static void an_old_answer_is_waited_for(void **state)
{
	uint32_t query;

	(void)state;
	set("watch.interval=1s");
	support_begin();
	support_run_ms(999);
	fake_audit.no_reply = true;
	support_run_ms(1);
	query = guard.drift.query;
	assert_int_not_equal(query, 0);
	fake_audit.no_reply = false;
	delete_all();
	config_change(812);
	support_run_ms(ACT_MS);
	assert_int_equal(guard.drift.query, query);
	/* Here it is, the rules as they were. */
	for (unsigned i = 0; i < RULES; i++) {
		const struct audit_rule_data rule = fake_audit_rule(i + 1);

		fake_audit_message(
			source.ac.control.fd, AUDIT_LIST_RULES, query, &rule, sizeof(rule));
	}
	fake_audit_message(source.ac.control.fd, NLMSG_DONE, query, NULL, 0);
	answer_status();
	support_turn(0);
	support_turn(0);
	assert_int_equal(fake_audit.rule_count, 0);
	support_run_ms(2 * LIMIT_GUARD_SOON_MS);
	assert_true(rules_are_ours());
	assert_report("restored-audit-rules", "success");
	assert_has(report, "\"pid\":812");
	support_end();
}

static void a_kernel_that_does_not_answer(void **state)
{
	(void)state;
	support_begin();
	fake_audit.no_reply = true;
	support_run_ms(20 * MINUTE_MS);
	assert_report("noticed", "failure");
	assert_has(report, "does not answer");
	assert_no_report(); /* once */
	fake_audit.no_reply = false;
	delete_all();
	support_run_ms(2 * MINUTE_MS);
	assert_true(rules_are_ours());
	assert_report("restored-audit-rules", "success");
	support_end();
}

/* A listing that lost a piece is no reason to do anything. */
static void a_loss_is_no_drift(void **state)
{
	(void)state;
	set("watch.interval=1s");
	support_begin();
	support_run_ms(999);
	fake_audit.no_reply = true;
	support_run_ms(1);
	fake_audit.no_reply = false;
	fake_sys_deliver_error(source.ac.control.fd, ENOBUFS);
	fake_audit_message(source.ac.control.fd, NLMSG_DONE, guard.drift.query, NULL, 0);
	support_run_ms(MINUTE_MS);
	assert_no_report();
	assert_int_equal(fake_audit_requests(AUDIT_ADD_RULE), RULES);
	support_end();
}

/* Switching on waits for its ack: the list that is under way is asked for again. */
static void a_list_under_way_is_asked_for_again(void **state)
{
	(void)state;
	support_begin();
	delete_all();
	fake_audit.status.enabled = 0;
	config_change(812);
	support_run_ms(LIMIT_GUARD_SOON_MS - 1);
	fake_audit.no_reply = true;
	support_turn(1);
	fake_audit.no_reply = false;
	assert_int_not_equal(guard.drift.query, 0);
	answer_status();
	support_turn(0);
	support_turn(0);
	assert_int_equal(fake_audit.status.enabled, 1);
	assert_int_equal(guard.drift.query, 0);
	assert_report("enabled-auditing", "success");
	assert_has(report, "\"pid\":812");
	support_run_ms(ACT_MS);
	assert_true(rules_are_ours());
	assert_report("restored-audit-rules", "success");
	assert_has(report, "\"pid\":812");
	support_end();
}

/* ---- enabled -------------------------------------------------------------------------------- */

static void switched_on_again(void **state)
{
	(void)state;
	support_begin();
	fake_audit.status.enabled = 0;
	config_change(812);
	support_run_ms(ACT_MS);
	assert_int_equal(fake_audit.status.enabled, 1);
	assert_report("enabled-auditing", "success");
	assert_has(report, "\"pid\":812");
	assert_has(said, "auditing was switched off by somebody else (enabled 0); it was switched "
			 "on again\n");
	support_run_ms(MINUTE_MS);
	assert_no_report();
	/* Without an event at the next check of the status. */
	fake_audit.status.enabled = 0;
	support_run_ms(LIMIT_STATUS_CHECK_MS + BLAME_MS);
	assert_int_equal(fake_audit.status.enabled, 1);
	assert_report("enabled-auditing", "success");
	assert_lacks(report, "\"process\"");
	assert_no_report();
	support_end();
}

static void cannot_be_switched_on(void **state)
{
	(void)state;
	support_begin();
	fake_audit.status.enabled = 0;
	fake_audit.refuse[AUDIT_SET] = EPERM;
	support_run_ms(10 * MINUTE_MS);
	assert_report("enabled-auditing", "failure");
	assert_no_report(); /* tried again and again, told once */
	fake_audit.refuse[AUDIT_SET] = 0;
	support_run_ms(LIMIT_STATUS_CHECK_MS + BLAME_MS);
	assert_int_equal(fake_audit.status.enabled, 1);
	assert_report("enabled-auditing", "success");
	support_end();
}

static void off_is_only_told(void **state)
{
	(void)state;
	set("watch.restore=false");
	support_begin();
	fake_audit.status.enabled = 0;
	config_change(812);
	support_run_ms(ACT_MS);
	assert_report("disabled-auditing", "success");
	assert_has(report, "\"pid\":812");
	support_run_ms(10 * MINUTE_MS);
	assert_no_report();
	assert_int_equal(fake_audit.status.enabled, 0);
	fake_audit.status.enabled = 1;
	support_run_ms(LIMIT_STATUS_CHECK_MS + BLAME_MS);
	assert_report("enabled-auditing", "success");
	assert_no_report();
	support_end();
}

static void beside_another_daemon(void **state)
{
	unsigned requests;

	(void)state;
	set("socket_type=multicast");
	support_begin();
	assert_true(source.ac.multicast);
	requests = fake_audit_requests(AUDIT_SET);
	delete_all();
	fake_audit.status.enabled = 0;
	support_run_ms(2 * MINUTE_MS);
	assert_report("disabled-auditing", "success");
	assert_no_report();
	assert_int_equal(fake_audit_requests(AUDIT_SET), requests);
	assert_int_equal(fake_audit_requests(AUDIT_LIST_RULES), 0);
	support_end();
}

static void another_daemon_is_told(void **state)
{
	(void)state;
	support_begin();
	fake_sys_file_text("/proc/99/comm", "auditd\n");
	fake_audit.status.pid = 99;
	support_run_ms(LIMIT_STATUS_CHECK_MS);
	assert_report("noticed", "success");
	assert_has(report, "pid 99 (auditd)");
	assert_no_report();
	support_end();
}

/* ---- start and end -------------------------------------------------------------------------- */

static void locked_before_us(void **state)
{
	(void)state;
	add_one(5);
	fake_audit.status.enabled = 2;
	set("immutable=true");
	start(UDP, false);
	source.ac = (struct audit_control){.locked = false};
	assert_int_equal(support_begin_live(), 0); /* the rules cannot be loaded: a notice */
	assert_int_equal(support_begin_guard(), 0);
	assert_int_equal(guard.drift.wanted.count, 1);
	told = fake_sys_sent_count();
	support_run_ms(10 * MINUTE_MS);
	assert_no_report();
	/* The kernel itself deletes what watches a directory that goes. */
	delete_all();
	support_run_ms(MINUTE_MS + LIMIT_GUARD_SOON_MS + BLAME_MS);
	assert_report("changed-audit-rules", "failure");
	support_end();
}

static void rules_that_cannot_be_listed(void **state)
{
	(void)state;
	start(UDP, false);
	assert_int_equal(support_begin_live(), 0);
	fake_audit.refuse[AUDIT_LIST_RULES] = EPERM;
	assert_int_equal(support_begin_guard(), -EPERM);
	told = fake_sys_sent_count();
	delete_all();
	fake_audit.status.enabled = 0; /* that is seen nevertheless */
	config_change(812);
	support_run_ms(ACT_MS);
	assert_report("enabled-auditing", "success");
	support_run_ms(2 * MINUTE_MS);
	assert_no_report();
	support_end();
}

static void no_timer_is_left(void **state)
{
	(void)state;
	start(UDP, false);
	assert_int_equal(support_begin_live(), 0);
	while (loop_timer_add(&loop, LOOP_NEVER, 0, (void (*)(void *))abort, NULL) >= 0)
		;
	assert_int_equal(support_begin_guard(), -ENOSPC);
	told = fake_sys_sent_count();
	delete_all();
	config_change(812);
	support_run_ms(2 * MINUTE_MS);
	assert_no_report();
	assert_int_equal(agent->changer.serial, 0);
	support_end();
}

/* Before the start, and when it ends, hooks are called as well. */
static void outside_of_its_life(void **state)
{
	const struct audit_control_status status = {.values = {.enabled = 0}};

	(void)state;
	guard_status(&guard, &status);
	guard_reply(&guard, NLMSG_DONE, 7, NULL, 0);
	guard_turn(&guard);
	support_begin();
	fake_audit.status.enabled = 0;
	delete_all();
	config_change(812);
	loop_stop(&loop);
	support_run_ms(10 * LIMIT_GUARD_SOON_MS);
	assert_int_equal(fake_audit.status.enabled, 0);
	assert_int_equal(fake_audit.rule_count, 0);
	support_end();
}

/* At its end the agent switches off what it had switched on, which nobody is told of. */
static void off_at_the_end(void **state)
{
	const struct audit_control_status status = {.values = {.enabled = 0}};

	(void)state;
	set("watch.restore=false");
	support_begin();
	loop_stop(&loop);
	guard_status(&guard, &status);
	guard_stop(&guard);
	assert_no_report();
	support_end();
}

/* The n-th call fails, whichever it is: later, rules and auditing are as they should be. */
static void every_call_may_fail(void **state)
{
	static const int errors[] = {EINTR, ENOBUFS, ENOMEM, EAGAIN, EPERM};
	unsigned lives = 0;

	for (size_t e = 0; e < sizeof(errors) / sizeof(errors[0]); e++) {
		for (unsigned n = 1; n <= 160; n++) {
			guard_teardown(state);
			guard_setup(state);
			support_begin();
			delete_all();
			fake_audit.status.enabled = 0;
			config_change(812);
			fake_sys_fail_nth(n, errors[e]);
			support_run_ms(3 * MINUTE_MS);
			if (!loop.stopping && source.control_source >= 0) {
				lives++;
				if (!rules_are_ours() || fake_audit.status.enabled != 1)
					fail_msg("errno %d at call %u: %u rules, enabled %u",
						errors[e], n, fake_audit.rule_count,
						fake_audit.status.enabled);
			}
			fake_sys_fail_nth(0, 0);
			support_end();
		}
	}
	assert_true(lives > 700);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, guard_setup, guard_teardown)
		TEST(not_while_an_answer_is_owed),
		TEST(an_old_answer_is_waited_for),
		TEST(a_kernel_that_does_not_answer),
		TEST(a_loss_is_no_drift),
		TEST(a_list_under_way_is_asked_for_again),
		TEST(switched_on_again),
		TEST(cannot_be_switched_on),
		TEST(off_is_only_told),
		TEST(off_at_the_end),
		TEST(beside_another_daemon),
		TEST(another_daemon_is_told),
		TEST(locked_before_us),
		TEST(rules_that_cannot_be_listed),
		TEST(no_timer_is_left),
		TEST(outside_of_its_life),
		TEST(every_call_may_fail),
	};

	return cmocka_run_group_tests_name("guard_life", tests, NULL, NULL);
}
