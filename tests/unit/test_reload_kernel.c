/* link: support_reload.o support_agent.o fake_audit.o fake_sys.o fake_files.o fake_sockets.o
 * cjson.o */
#include "rules_lineage.h"
#include "support_reload.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define A "-w /a -p wa -k a\n"
#define B "-w /b -p wa -k b\n"
#define C "-w /c -p wa -k c\n"

/* ---- the kernel ----------------------------------------------------------------------------- */

static void settings_of_the_kernel(void **state)
{
	(void)state;
	begin_with("", A);
	assert_int_equal(fake_audit.status.backlog_wait_time, 2);
	write_both("\"backlog_limit\": 100, \"rate_limit\": 5, \"failure_mode\": \"log\", "
		   "\"backpressure_strategy\": \"none\"",
		A);
	hup();
	assert_reloaded("success",
		"changed: failure_mode, backlog_limit, rate_limit, backpressure_strategy;");
	assert_int_equal(fake_audit.status.backlog_limit, 100);
	assert_int_equal(fake_audit.status.rate_limit, 5);
	assert_int_equal(fake_audit.status.failure, 1);
	assert_int_equal(fake_audit.status.backlog_wait_time, 15000);
	/* What the rules say is above it. */
	write_both("\"rate_limit\": 5", A "-b 50\n-f 2\n");
	hup();
	assert_int_equal(fake_audit.status.backlog_limit, 50);
	assert_int_equal(fake_audit.status.failure, 2);
	assert_int_equal(fake_audit.status.rate_limit, 5);
	assert_int_equal(fake_audit.status.backlog_wait_time, 2);
	write_both("\"rate_limit\": 5, \"backlog_wait_time\": \"0s\"", A "-b 50\n-f 2\n");
	hup();
	assert_int_equal(fake_audit.status.backlog_wait_time, 0);
	/* With it back, our own requests would sleep. */
	fake_audit.status.backlog = 51;
	write_both("\"rate_limit\": 5, \"backpressure_strategy\": \"none\"", A "-b 50\n-f 2\n");
	hup();
	assert_said("backlog_wait_time stays as it is: the kernel's backlog is over its limit");
	assert_int_equal(fake_audit.status.backlog_wait_time, 0);
	fake_audit.status.backlog = 0;
	end_run();
	assert_int_equal(fake_audit.status.backlog_limit, 64);
	assert_int_equal(fake_audit.status.rate_limit, 0);
	assert_int_equal(fake_audit.status.failure, 1);
	assert_int_equal(fake_audit.status.backlog_wait_time, 15000);
}

static void a_setting_that_is_refused_changes_nothing(void **state)
{
	static char before[65536];

	(void)state;
	begin_with("", A);
	snprintf(before, sizeof(before), "%s", in_kernel());
	fake_audit.refuse[AUDIT_SET] = EPERM;
	write_both("\"backlog_limit\": 100, \"backpressure_strategy\": \"none\"", A B);
	hup();
	assert_reloaded("failure", "cannot set backlog_wait_time");
	fake_audit.refuse[AUDIT_SET] = 0;
	assert_string_equal(in_kernel(), before);
	end_run();
}

static int refuse_calls(const struct audit_rule_data *rule)
{
	return rule->flags == AUDIT_FILTER_EXIT || rule->flags == AUDIT_FILTER_TASK ? EINVAL : 0;
}

/* A kernel that audits no system calls: the agent's own rule is not what failed. */
static void without_system_calls(void **state)
{
	(void)state;
	fake_audit.refuse_rule = refuse_calls;
	begin_with("", "-a never,user -F uid=7\n");
	write_rules("-a never,user -F uid=7\n-a always,exclude -F msgtype=CWD\n");
	hup();
	assert_reloaded("success", "rules: 1 added, 0 deleted, 0 moved, 0 refused");
	write_rules("-a never,user -F uid=7\n-w /x -p r\n-w /y -p r\n");
	hup();
	assert_said("rules: 2 are not loaded: this kernel audits no system calls and no files");
	assert_reloaded("failure", "1 deleted, 0 moved, 2 refused");
	assert_null(strstr(said, "the kernel refuses the rule"));
	end_run();
	fake_audit.refuse_rule = NULL;
}

static void rules_that_are_refused_are_told(void **state)
{
	(void)state;
	begin_with("", A);
	fake_audit.refuse[AUDIT_ADD_RULE] = EINVAL;
	write_both("", A B);
	hup();
	assert_reloaded("failure", "1 added, 0 deleted, 0 moved, 1 refused");
	assert_said("/etc/audit.rules:2: the kernel refuses the rule: invalid (EINVAL)");
	end_run();
}

static void to_rules_and_from_rules(void **state)
{
	(void)state;
	fake_audit.status.enabled = 1;
	write_config("\"socket_type\": \"unicast\"");
	assert_int_equal(begin(), 0);
	write_both("\"socket_type\": \"unicast\"", A B);
	hup();
	assert_reloaded("success", "changed: audit_rule_files; rules: 3 added, 0 deleted");
	assert_int_equal(fake_audit.rule_count, 3);
	/* They are watched now. */
	fake_audit.rule_count = 0;
	fake_sys_clock_advance_ms(60000);
	for (unsigned i = 0; i < 40; i++)
		turn(100);
	assert_int_equal(fake_audit.rule_count, 3);
	for (unsigned i = 0; i < 40; i++)
		turn(100);
	assert_true(next_report()); /* of that */
	write_config("\"socket_type\": \"unicast\"");
	hup();
	assert_reloaded("success", "changed: audit_rule_files; the rules that are loaded stay");
	assert_int_equal(fake_audit.rule_count, 3);
	fake_audit.rule_count = 2;
	fake_sys_clock_advance_ms(120000);
	for (unsigned i = 0; i < 40; i++)
		turn(100);
	assert_int_equal(fake_audit.rule_count, 2);
	end_run();
	assert_int_equal(fake_audit.rule_count, 1); /* its own went */
}

static void multicast_loads_none(void **state)
{
	(void)state;
	write_config("");
	assert_int_equal(begin(), 0);
	assert_true(run.source.ac.multicast);
	write_both("\"backlog_limit\": 1", A);
	hup();
	assert_reloaded("success", "changed: backlog_limit, audit_rule_files");
	assert_said("audit rules are not loaded: the subscription is multicast");
	assert_int_equal(fake_audit.rule_count, 0);
	assert_int_equal(fake_audit.status.backlog_limit, 64);
	end_run();
}

#define LINEAGE "\"lineage.rules\": true"

static void lineage_rules_come_and_go(void **state)
{
	(void)state;
	begin_with("", A B);
	write_both(LINEAGE, A C);
	hup();
	assert_reloaded(
		"success", "changed: lineage.rules; rules: 7 added, 1 deleted, 0 moved, 0 refused");
	assert_int_equal(fake_audit.rule_count, 9);
	assert_int_equal(rules_lineage_count(&run.guard.drift.rules), 6);
	/* One more of the user's, and they are behind it again. */
	write_both(LINEAGE, A C "-a never,exit -F arch=b64 -S fork -F uid=33\n");
	said[0] = '\0';
	hup();
	assert_reloaded(
		"success", "changed: the rules; rules: 1 added, 0 deleted, 6 moved, 0 refused");
	assert_said("lineage.rules: these rules keep calls from it: partly fork: -a never,exit ");
	assert_int_equal(rules_lineage_count(&run.guard.drift.rules), 6);
	write_both("", A C);
	hup();
	assert_reloaded(
		"success", "changed: lineage.rules; rules: 0 added, 7 deleted, 0 moved, 0 refused");
	assert_string_equal(run.rules.lineage_hidden, "");
	assert_int_equal(fake_audit.rule_count, 3);
	end_run();
}

static void lineage_rules_alone_are_a_set(void **state)
{
	(void)state;
	write_config(LINEAGE);
	assert_int_equal(begin(), 0);
	assert_false(run.source.ac.multicast);
	assert_int_equal(fake_audit.rule_count, 7);
	fake_audit.rule_count = 4; /* guarded as all others are */
	fake_sys_clock_advance_ms(120000);
	for (unsigned i = 0; i < 40; i++)
		turn(100);
	assert_int_equal(fake_audit.rule_count, 7);
	assert_true(next_report());
	assert_non_null(strstr(report, "they were put back"));
	write_config("");
	hup();
	assert_reloaded("success", "changed: lineage.rules; the rules that are loaded stay");
	assert_int_equal(fake_audit.rule_count, 1); /* what excludes the agent; not these */
	end_run();
}

static void multicast_loads_no_lineage_rules(void **state)
{
	(void)state;
	write_config("");
	assert_int_equal(begin(), 0);
	write_config(LINEAGE);
	hup();
	assert_reloaded("success", "changed: lineage.rules");
	assert_said("audit rules and those of lineage.rules are not loaded: the subscription is ");
	assert_int_equal(fake_audit.rule_count, 0);
	end_run();
}

static void locked(void **state)
{
	(void)state;
	begin_with("\"immutable\": true", A B);
	assert_int_equal(fake_audit.status.enabled, 2);
	write_both("\"immutable\": false, \"backlog_limit\": 1, \"tags\": [\"t\"]", A C);
	hup();
	assert_reloaded(
		"success", "changed: tags; locked until the next boot: immutable, backlog_limit");
	assert_said("/c -p wa -k c");
	assert_int_equal(run.compared, 1);
	assert_int_equal(run.rules.counts.missing, 1);
	assert_int_equal(run.rules.counts.unwanted, 1);
	assert_non_null(strstr(effective(), "\"immutable\": true"));
	assert_non_null(strstr(document_of_event(3), "\"t\""));
	end_run();
}

static void the_lock_comes_last(void **state)
{
	(void)state;
	begin_with("", A B);
	write_both("\"immutable\": true", B A C);
	hup();
	assert_reloaded("success", "changed: immutable; rules: 1 added, 0 deleted, ");
	assert_int_equal(fake_audit.rule_count, 4);
	assert_int_equal(fake_audit.status.enabled, 2);
	assert_true(run.source.ac.locked);
	end_run();
}

static void rules_that_somebody_else_had_changed(void **state)
{
	(void)state;
	begin_with("", A B);
	fake_audit.rule_count = 1;
	hup();
	assert_reloaded("success",
		"rules: 2 added, 0 deleted, 0 moved, 0 refused; somebody else had changed them");
	assert_int_equal(fake_audit.rule_count, 3);
	end_run();
}

/* ---- when ------------------------------------------------------------------------------------ */

/* SIGHUP, other rules, and so many turns: in the middle of changing them. */
static void begin_change(const char *from, const char *to, unsigned turns)
{
	begin_with("", from);
	write_both("", to);
	fake_sys_signal(SIGHUP);
	while (turns-- > 0)
		turn(0);
	assert_true(run.reload.is_changing_rules);
}

static void twice_and_during_a_change(void **state)
{
	(void)state;
	begin_with("", A B C);
	write_both("", C B A);
	fake_sys_signal(SIGHUP);
	turn(0);
	fake_sys_signal(SIGHUP);
	turn(0);
	assert_true(run.reload.is_changing_rules);
	write_both("\"tags\": [\"t\"]", B C);
	fake_sys_signal(SIGHUP);
	run_turns();
	assert_reloaded(
		"success", "changed: the order of the rules; rules: 0 added, 0 deleted, 2 moved");
	assert_reloaded("success", "changed: tags; rules: 0 added, 1 deleted, ");
	assert_false(next_report());
	assert_int_equal(fake_audit.rule_count, 3);
	end_run();
}

static void while_rules_are_put_back(void **state)
{
	(void)state;
	begin_with("", A);
	for (unsigned i = 0; i < 20; i++) {
		char line[64];

		snprintf(line, sizeof(line), "-w /x%u -p w", i);
		(void)line;
		fake_audit.rules[2 + i] = fake_audit.rules[1];
		fake_audit.rules[2 + i].data[4] = 7; /* action */
		fake_audit.rules[2 + i].data[12] = (char)i;
	}
	fake_audit.rule_count = 22;
	fake_sys_clock_advance_ms(60000);
	for (unsigned i = 0; i < 40 && !run.guard.is_restoring; i++)
		turn(100);
	assert_true(run.guard.is_restoring);
	write_both("", A B);
	fake_sys_signal(SIGHUP);
	for (unsigned i = 0; i < 80; i++)
		turn(50);
	assert_int_equal(fake_audit.rule_count, 3);
	while (next_report() && !strstr(report, "reloaded-configuration"))
		assert_non_null(strstr(report, "restored-audit-rules"));
	assert_non_null(strstr(report, "rules: 1 added, 0 deleted, 0 moved, 0 refused\""));
	end_run();
}

static void the_end_finishes_a_change(void **state)
{
	(void)state;
	begin_change(A B C, C B A, 3);
	fake_sys_signal(SIGTERM);
	turn(0);
	assert_true(run.loop.stopping);
	end_run();
	assert_reloaded("success", "2 moved");
	assert_int_equal(fake_audit.rule_count, 3);
	/* c b a */
	assert_memory_equal(fake_audit.rules[0].data + 1040, "/cc", 3);
	assert_memory_equal(fake_audit.rules[2].data + 1040, "/aa", 3);
}

static void records_go_first(void **state)
{
	unsigned before;

	(void)state;
	begin_change(A, A B, 2);
	/* Records that never end: a change still comes through. */
	for (unsigned i = 0; run.reload.is_changing_rules; i++) {
		for (unsigned n = 0; n < LIMIT_RECORDS_PER_TURN + 10; n++)
			fake_audit_record(EOE, "audit(1700000000.001:7): ");
		before = fake_audit.rule_count;
		turn(0);
		assert_in_range(i, 0, LIMIT_RELOAD_YIELDS + 2);
		if (i < LIMIT_RELOAD_YIELDS / 2)
			assert_int_equal(fake_audit.rule_count, before);
	}
	run_turns();
	assert_int_equal(fake_audit.rule_count, 3);
	while (fake_sys_pending(run.source.ac.data.fd) > 0)
		turn(0);
	check_sums();
	end_run();
}

static void a_kernel_that_does_not_answer(void **state)
{
	(void)state;
	begin_with("", A);
	fake_audit.silent = true;
	fake_sys_clock_advance_ms(15000);
	turn(0); /* it is asked for its status */
	turn(0);
	write_both("\"tags\": [\"t\"]", A B);
	fake_sys_signal(SIGHUP);
	for (unsigned i = 0; i < 1300; i++)
		turn(LIMIT_RELOAD_LOOK_MS);
	while (next_report() && !strstr(report, "reloaded-configuration"))
		;
	assert_non_null(strstr(report, "not reloaded, the old one stays: the kernel"));
	assert_null(strstr(effective(), "\"t\""));
	fake_audit.silent = false;
	end_run();
}

/* ---- every call fails once ------------------------------------------------------------------ */

#define OLD "\"tags\": [\"old\"], \"agent.id\": \"me\", \"backlog_limit\": 100"
#define NEW                                                                                        \
	"\"tags\": [\"new\"], \"agent.id\": \"me\", \"passwd_file\": \"/etc/other\", "             \
	"\"backlog_limit\": 300, "                                                                 \
	"\"output\": \"udp://192.0.2.9:1514\", \"rate_limit\": 9"
#define OLD_RULES A B C
#define NEW_RULES "-a always,exit -F uid=1\n" C B

static char expected[2][3][65536]; /* old, new: the kernel, the configuration, a document */

static void remember(char to[3][65536])
{
	snprintf(to[0], sizeof(to[0]), "%s", in_kernel());
	snprintf(to[1], sizeof(to[1]), "%s", effective());
	snprintf(to[2], sizeof(to[2]), "%s", document_of_event(77));
}

static void begin_old(void **state)
{
	reload_setup(state);
	fake_sys_file_text("/etc/other", "bob:x:1000:1000::/:\n");
	begin_with(OLD, OLD_RULES);
}

static void one_of_two_states(void **state)
{
	static char now[3][65536];
	unsigned calls, failed = 0, kept = 0;

	reload_teardown(state);
	begin_old(state);
	remember(expected[0]);
	write_both(NEW, NEW_RULES);
	calls = fake_sys_calls(NULL);
	hup();
	assert_reloaded("success", "changed: ");
	calls = fake_sys_calls(NULL) - calls;
	remember(expected[1]);
	assert_string_not_equal(expected[0][0], expected[1][0]);
	end_run();
	reload_teardown(state);

	for (unsigned n = 1; n <= calls; n++) {
		static const int errors[] = {EIO, ENOMEM, ENOBUFS, EINTR};
		bool is_new;

		begin_old(state);
		write_both(NEW, NEW_RULES);
		fake_sys_fail_nth(n, errors[n % 4]);
		hup();
		fake_sys_fail_nth(0, 0);
		for (unsigned i = 0; i < 60; i++) /* the guard may have to repair */
			turn(200);
		while (next_report() && !strstr(report, "reloaded-configuration"))
			;
		if (!strstr(report, "reloaded-configuration"))
			fail_msg("call %u of %u: not told", n, calls);
		remember(now);
		is_new = strcmp(now[1], expected[1][1]) == 0;
		for (unsigned i = 0; i < 3; i++)
			if (strcmp(now[i], expected[is_new][i]) != 0)
				fail_msg("call %u of %u: a mix, of %s:\n%s\nand\n%s", n, calls,
					is_new ? "new" : "old", now[i], expected[is_new][i]);
		kept += !is_new;
		failed++;
		check_sums();
		end_run();
		report[0] = '\0';
		reload_teardown(state);
	}
	print_message("%u calls failed, the old one stayed %u times\n", failed, kept);
	assert_in_range(kept, 10, calls - 10);
	reload_setup(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, reload_setup, reload_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(settings_of_the_kernel),
		TEST(a_setting_that_is_refused_changes_nothing),
		TEST(rules_that_are_refused_are_told),
		TEST(without_system_calls),
		TEST(to_rules_and_from_rules),
		TEST(multicast_loads_none),
		TEST(lineage_rules_come_and_go),
		TEST(lineage_rules_alone_are_a_set),
		TEST(multicast_loads_no_lineage_rules),
		TEST(locked),
		TEST(the_lock_comes_last),
		TEST(rules_that_somebody_else_had_changed),
		TEST(twice_and_during_a_change),
		TEST(while_rules_are_put_back),
		TEST(the_end_finishes_a_change),
		TEST(records_go_first),
		TEST(a_kernel_that_does_not_answer),
		TEST(one_of_two_states),
	};

	return cmocka_run_group_tests_name("reload_kernel", tests, NULL, NULL);
}
