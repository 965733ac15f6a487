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

/* ---- rules ---------------------------------------------------------------------------------- */

static void nothing_happens(void **state)
{
	unsigned requests;

	(void)state;
	support_begin();
	requests = fake_audit.request_count;
	support_run_ms(MINUTE_MS - 1);
	assert_int_equal(fake_audit.request_count, requests + 3); /* the status */
	support_run_ms(1);
	assert_true(fake_audit.request_count > requests + 3);
	support_run_ms(10 * MINUTE_MS);
	assert_no_report();
	assert_string_equal(said, "");
	support_end();
}

static void put_back_at_the_interval(void **state)
{
	(void)state;
	set("watch.interval=2s");
	support_begin();
	delete_all();
	support_run_ms(1999);
	assert_int_equal(fake_audit.rule_count, 0);
	support_run_ms(LIMIT_GUARD_SOON_MS);
	assert_int_equal(fake_audit.rule_count, 0);
	support_run_ms(1);
	assert_true(rules_are_ours());
	support_run_ms(BLAME_MS - 1);
	assert_no_report(); /* nobody is known, yet */
	support_run_ms(1);
	assert_report("restored-audit-rules", "success");
	assert_facts(3, 0);
	assert_has(report, "\"rules_now\":\"3\"");
	assert_lacks(report, "\"user\"");
	assert_lacks(report, "\"process\"");
	assert_has(said, "the kernel's audit rules were changed by somebody else: 0 where 3 were "
			 "loaded; they were put back\n");
	support_run_ms(MINUTE_MS);
	assert_no_report();
	support_end();
}

static void put_back_at_once_and_who(void **state)
{
	(void)state;
	support_begin();
	delete_all();
	config_change(812);
	support_run_ms(ACT_MS - 1);
	assert_int_equal(fake_audit.rule_count, 0);
	support_run_ms(1);
	assert_true(rules_are_ours());
	assert_report("restored-audit-rules", "success");
	assert_facts(3, 0);
	assert_has(report, "\"user\":{\"id\":\"0\",\"name\":\"root\",\"audit\":{\"id\":\"1000\"}}");
	assert_has(report, "\"process\":{\"pid\":812,\"name\":\"auditctl\",\"executable\":"
			   "\"/usr/sbin/auditctl\"}");
	assert_no_report();
	support_end();
}

static void one_rule_more_less_or_another(void **state)
{
	(void)state;
	support_begin();
	add_one(77);
	support_run_ms(MINUTE_MS + LIMIT_GUARD_SOON_MS + BLAME_MS);
	assert_true(rules_are_ours());
	assert_report("restored-audit-rules", "success");
	assert_facts(3, 4);
	fake_audit.rule_count--;
	support_run_ms(MINUTE_MS + LIMIT_GUARD_SOON_MS + BLAME_MS);
	assert_true(rules_are_ours());
	assert_report("restored-audit-rules", "success");
	assert_facts(3, 2);
	put_rule(1, 77);
	support_run_ms(MINUTE_MS + LIMIT_GUARD_SOON_MS + BLAME_MS);
	assert_true(rules_are_ours());
	assert_report("restored-audit-rules", "success");
	assert_facts(3, 3);
	assert_no_report();
	support_end();
}

/* The event that says who may be held back by one of its process that has no end record. */
static void who_is_known_later(void **state)
{
	(void)state;
	support_begin();
	fake_audit_record(
		AUDIT_SYSCALL, "audit(1700000001.000:7): arch=c000003e syscall=1 pid=812");
	config_change(812);
	delete_all();
	support_run_ms(ACT_MS);
	assert_true(rules_are_ours());
	support_run_ms(2000 - ACT_MS);
	assert_no_report();
	support_run_ms(1);
	assert_report("restored-audit-rules", "success");
	assert_facts(3, 0);
	assert_has(report, "\"pid\":812");
	assert_has(report, "\"@timestamp\":\"2023-11-14T22:13:20.400Z\"");
	support_run_ms(MINUTE_MS);
	assert_no_report();
	support_end();
}

static void the_end_does_not_wait(void **state)
{
	(void)state;
	set("watch.interval=1s");
	support_begin();
	delete_all();
	support_run_ms(1000 + LIMIT_GUARD_SOON_MS);
	assert_true(rules_are_ours());
	assert_no_report();
	support_end();
	assert_report("restored-audit-rules", "success");
}

/* auditctl deletes one rule after the other, and had its list before. */
static void not_while_somebody_is_at_it(void **state)
{
	(void)state;
	support_begin();
	for (unsigned left = RULES; left-- > 0;) {
		fake_audit.rule_count = left;
		config_change(812);
		support_run_ms(LIMIT_GUARD_SOON_MS);
	}
	assert_int_equal(fake_audit.rule_count, 0);
	assert_no_report();
	support_run_ms(LIMIT_GUARD_SOON_MS);
	assert_true(rules_are_ours());
	assert_report("restored-audit-rules", "success");
	assert_facts(3, 0);
	assert_no_report();
	/* But not for ever. */
	support_run_ms(LIMIT_GUARD_PAUSE_MS);
	for (unsigned i = 0; i < LIMIT_GUARD_LOOKS - 1; i++) {
		add_one(100 + i);
		config_change(812);
		support_run_ms(LIMIT_GUARD_SOON_MS);
		assert_int_equal(fake_audit.rule_count, RULES + i + 1);
	}
	add_one(99);
	config_change(812);
	support_run_ms(LIMIT_GUARD_SOON_MS);
	assert_true(rules_are_ours());
	assert_report("restored-audit-rules", "success");
	support_end();
}

/* Deleting takes its time, so a turn does a part of it. */
static void many_rules_are_put_back_in_parts(void **state)
{
	static const unsigned many[] = {1, LIMIT_WATCH_DELETES - 1, LIMIT_WATCH_DELETES,
		LIMIT_WATCH_DELETES + 1, 5 * LIMIT_WATCH_DELETES};

	(void)state;
	support_begin();
	for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++) {
		unsigned least = 1000, turns = 0;

		for (unsigned n = 0; n < many[i]; n++)
			add_one(100 + n);
		config_change(812);
		support_run_ms(ACT_MS - 1);
		fake_sys_clock_advance_ms(1);
		while (turns++ < 100 && !rules_are_ours()) {
			unsigned before = fake_audit.rule_count;

			support_turn(0);
			if (before - fake_audit.rule_count < least &&
				before != fake_audit.rule_count)
				least = before - fake_audit.rule_count;
			assert_true(before - fake_audit.rule_count <= LIMIT_WATCH_DELETES);
		}
		assert_true(least <= LIMIT_WATCH_DELETES);
		support_run_ms(0);
		assert_report("restored-audit-rules", "success");
		assert_facts(3, 3 + many[i]);
		assert_has(report, "\"pid\":812");
		assert_no_report();
		support_run_ms(MINUTE_MS);
		assert_no_report();
	}
	support_end();
}

/* Ours come with our pid, or, as our system calls are left out, without any. */
static void own_changes_are_nobody_elses(void **state)
{
	unsigned requests;

	(void)state;
	support_begin();
	requests = fake_audit.request_count;
	config_change(FAKE_SYS_PID);
	fake_audit_record(AUDIT_CONFIG_CHANGE,
		"audit(1700000001.000:900): auid=4294967295 op=add_rule list=4 res=1");
	support_run_ms(3000);
	assert_int_equal(fake_audit.request_count, requests + 2); /* looked at, once */
	assert_no_report();
	config_change(FAKE_SYS_PID);
	delete_all();
	support_run_ms(ACT_MS + BLAME_MS);
	assert_report("restored-audit-rules", "success");
	assert_lacks(report, "\"process\"");
	support_end();
}

static void who_did_something_else_is_not_to_blame(void **state)
{
	(void)state;
	support_begin();
	config_change(812); /* the rules are as they were */
	support_run_ms(2 * LIMIT_GUARD_SOON_MS);
	assert_no_report();
	delete_all();
	support_run_ms(MINUTE_MS + LIMIT_GUARD_SOON_MS + BLAME_MS);
	assert_report("restored-audit-rules", "success");
	assert_lacks(report, "812");
	config_change(813);
	delete_all();
	support_run_ms(LIMIT_GUARD_PAUSE_MS + 2 * LIMIT_GUARD_SOON_MS);
	assert_report("restored-audit-rules", "success");
	assert_has(report, "\"pid\":813");
	delete_all();
	support_run_ms(MINUTE_MS + LIMIT_GUARD_SOON_MS + BLAME_MS);
	assert_report("restored-audit-rules", "success");
	assert_lacks(report, "813");
	support_end();
}

static void a_pause_between_two(void **state)
{
	unsigned times = 0;

	(void)state;
	support_begin();
	/* Another agent, of the same mind. */
	for (unsigned i = 0; i < 100; i++) {
		delete_all();
		config_change(900);
		support_run_ms(ACT_MS);
		if (rules_are_ours())
			times++;
	}
	assert_int_equal(times, 100 * ACT_MS / LIMIT_GUARD_PAUSE_MS);
	for (unsigned i = 0; i < times; i++) {
		assert_report("restored-audit-rules", "success");
		assert_has(report, "\"pid\":900");
	}
	assert_no_report();
	support_run_ms(LIMIT_GUARD_PAUSE_MS); /* and in the end ours are there */
	assert_true(rules_are_ours());
	support_end();
}

static void only_told(void **state)
{
	(void)state;
	set("watch.restore=false");
	support_begin();
	delete_all();
	config_change(812);
	support_run_ms(ACT_MS);
	assert_int_equal(fake_audit.rule_count, 0);
	assert_report("changed-audit-rules", "success");
	assert_facts(3, 0);
	assert_lacks(report, "rules_now");
	assert_has(report, "\"pid\":812");
	assert_has(said, "left as they are (watch.restore)");
	support_run_ms(10 * MINUTE_MS); /* once */
	assert_no_report();
	add_one(5); /* and what is new again */
	support_run_ms(MINUTE_MS + LIMIT_GUARD_SOON_MS + BLAME_MS);
	assert_report("changed-audit-rules", "success");
	assert_facts(3, 1);
	/* As they were, and away again. */
	delete_all();
	for (unsigned pid = 1; pid <= RULES; pid++)
		add_one(pid);
	support_run_ms(MINUTE_MS + LIMIT_GUARD_SOON_MS + BLAME_MS);
	assert_no_report();
	fake_audit.rule_count = 1;
	support_run_ms(MINUTE_MS + LIMIT_GUARD_SOON_MS + BLAME_MS);
	assert_report("changed-audit-rules", "success");
	assert_facts(3, 1);
	support_end();
}

static void locked_by_others(void **state)
{
	(void)state;
	support_begin();
	delete_all();
	fake_audit.status.enabled = 2;
	config_change(812);
	support_run_ms(ACT_MS);
	assert_report("locked-auditing", "success");
	assert_has(report, "\"pid\":812");
	assert_report("changed-audit-rules", "failure");
	assert_facts(3, 0);
	assert_has(report, "\"pid\":812");
	assert_has(report, "the configuration is locked");
	support_run_ms(10 * MINUTE_MS);
	assert_no_report();
	support_end();
}

static int refuse_second(const struct audit_rule_data *rule)
{
	return rule->values[0] == 2 ? ENOENT : 0;
}

static void as_far_as_the_kernel_takes_them(void **state)
{
	(void)state;
	support_begin();
	fake_audit.refuse_rule = refuse_second; /* its directory has gone, say */
	delete_all();
	config_change(812);
	support_run_ms(ACT_MS);
	assert_int_equal(fake_audit.rule_count, 2);
	assert_report("restored-audit-rules", "failure");
	assert_facts(3, 0);
	assert_has(report, "\"rules_now\":\"2\"");
	assert_has(said, "they were put back as far as the kernel takes them: 2\n");
	support_run_ms(10 * MINUTE_MS); /* not again and again */
	assert_no_report();
	/* But with the next change. */
	fake_audit.refuse_rule = NULL;
	delete_all();
	config_change(813);
	support_run_ms(ACT_MS);
	assert_true(rules_are_ours());
	assert_report("restored-audit-rules", "success");
	support_end();
}

static void trouble_is_tried_again(void **state)
{
	(void)state;
	support_begin();
	delete_all();
	fake_audit.refuse[AUDIT_ADD_RULE] = ENOMEM;
	config_change(812);
	support_run_ms(ACT_MS);
	assert_report("restored-audit-rules", "failure");
	assert_has(report, "\"rules_now\":\"0\"");
	fake_audit.refuse[AUDIT_ADD_RULE] = 0;
	support_run_ms(MINUTE_MS + LIMIT_GUARD_SOON_MS + BLAME_MS);
	assert_true(rules_are_ours());
	assert_report("restored-audit-rules", "success");
	assert_facts(3, 0);
	assert_no_report();
	/* Not even deleting works, though nothing is locked. */
	put_rule(0, 77);
	fake_audit.refuse[AUDIT_DEL_RULE] = EPERM;
	support_run_ms(MINUTE_MS + LIMIT_GUARD_SOON_MS + BLAME_MS);
	assert_report("changed-audit-rules", "failure");
	assert_has(report, strerror(EPERM));
	fake_audit.refuse[AUDIT_DEL_RULE] = 0;
	support_run_ms(MINUTE_MS + LIMIT_GUARD_SOON_MS + BLAME_MS);
	assert_true(rules_are_ours());
	assert_report("restored-audit-rules", "success");
	assert_no_report();
	support_end();
}

static void too_many_to_keep(void **state)
{
	(void)state;
	support_begin();
	guard.drift.can_restore = false;
	delete_all();
	config_change(812);
	support_run_ms(ACT_MS);
	assert_report("changed-audit-rules", "failure");
	assert_has(report, "too many to keep");
	assert_int_equal(fake_audit.rule_count, 0);
	support_run_ms(10 * MINUTE_MS);
	assert_no_report();
	support_end();
}

static void never(void **state)
{
	(void)state;
	set("watch.interval=0s");
	support_begin();
	delete_all();
	config_change(812);
	support_run_ms(10 * MINUTE_MS);
	assert_int_equal(fake_audit.rule_count, 0);
	assert_no_report();
	assert_int_equal(agent->changer.serial, 0);
	support_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, guard_setup, guard_teardown)
		TEST(nothing_happens),
		TEST(put_back_at_the_interval),
		TEST(put_back_at_once_and_who),
		TEST(one_rule_more_less_or_another),
		TEST(who_is_known_later),
		TEST(the_end_does_not_wait),
		TEST(not_while_somebody_is_at_it),
		TEST(many_rules_are_put_back_in_parts),
		TEST(own_changes_are_nobody_elses),
		TEST(who_did_something_else_is_not_to_blame),
		TEST(a_pause_between_two),
		TEST(only_told),
		TEST(locked_by_others),
		TEST(as_far_as_the_kernel_takes_them),
		TEST(trouble_is_tried_again),
		TEST(too_many_to_keep),
		TEST(never),
	};

	return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
