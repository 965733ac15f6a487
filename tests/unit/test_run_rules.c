/* link: support_moments.o support_control.o support_rules.o fake_privileges.o fake_audit.o
 * fake_sys.o fake_files.o fake_sockets.o cjson.o */
#include "run.h"
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fake_audit.h"
#include "fake_sys.h"
#include "rules_explain.h"
#include "support_control.h"
#include "support_moments.h"
#include "support_rules.h"
#include "config_read.h"

/* An agent starts, with its rules, in a kernel that has some: of the one before it, which was
 * killed or has ended, or of anybody. */

#define A "-w /a -p wa -k a\n"
#define B "-w /b -p wa -k b\n"
#define C "-w /c -p wa -k c\n"
#define X "-a always,exit -F arch=b64 -S openat -k x\n"
#define N "-a never,exit -F uid=7\n"
#define T "-a never,task -F uid=1\n"

static struct agent agent;
static struct run run;
static struct audit_error error;
static int pid;

static int setup(void **state)
{
	support_rules_reset();
	pid = 100;
	return control_setup(state);
}

/* Up to the point at which the kernel would be asked; what a fresh start leaves is known then. */
static void prepare(const char *text)
{
	memset(&run, 0, sizeof(run));
	control.deadline_ms = 0;
	run.agent = &agent;
	config_init(&agent.config);
	agent.config.audit_rules = text;
	fake_sys_pid(pid);
	moments_expect(text, (uint32_t)pid, &control);
	fake_sys_sent_clear();
	assert_true(run_rules_prepare(&run));
	run.rules.files.environment = &support_environment;
}

static int load(void)
{
	return run_rules_load(&run, &control, &error);
}

static void start(const char *text)
{
	prepare(text);
	assert_int_equal(load(), 0);
}

static void assert_said(const char *part)
{
	const struct fake_sent *sent;

	for (unsigned i = 0; (sent = fake_sys_sent(i)); i++)
		if (sent->type == 0 && strstr(sent->data, part))
			return;
	fail_msg("nobody said %s", part);
}

static void assert_cost(unsigned added, unsigned deleted)
{
	moments_assert_expected(&run.reload.change.wanted);
	assert_int_equal(fake_audit_requests(AUDIT_ADD_RULE), added);
	assert_int_equal(fake_audit_requests(AUDIT_DEL_RULE), deleted);
}

/* ---- what it costs -------------------------------------------------------------------------- */

static void a_fresh_kernel(void **state)
{
	(void)state;
	start(A B T X);
	assert_cost(5, 0);
	assert_said("rules: 4 loaded, 0 of them were there, 0 refused, 0 others deleted");
}

static void after_one_that_was_killed(void **state)
{
	(void)state;
	start(A B T X);
	pid++;
	start(A B T X);
	assert_cost(1, 1);
	assert_said("rules: 4 loaded, 4 of them were there, 0 refused, 1 other deleted");
}

static void after_one_that_has_ended(void **state)
{
	(void)state;
	start(A B X);
	run_rules_unload_self(&run, &control);
	pid++;
	start(A B X);
	assert_cost(1, 0);
}

static void with_the_pid_of_the_one_before(void **state)
{
	(void)state;
	start(A B X);
	start(A B X);
	assert_cost(0, 0);
	assert_said("rules: 3 loaded, 3 of them were there, 0 refused, 0 others deleted");
}

static void with_a_rule_more_and_a_rule_less(void **state)
{
	(void)state;
	start(A B X);
	pid++;
	start(A X C);
	assert_cost(2, 2);
	assert_said("rules: 3 loaded, 2 of them were there, 0 refused, 2 others deleted");
}

static void with_rules_that_go_first(void **state)
{
	(void)state;
	start(A B "-A always,exit -F uid=3\n-A never,task -F uid=2\n" T);
	pid++;
	start(A B "-A always,exit -F uid=3\n-A never,task -F uid=2\n" T);
	assert_cost(1, 1);
	pid++;
	start("-A never,task -F uid=9\n" A B "-A always,exit -F uid=3\n-A never,task -F uid=2\n" T);
	assert_cost(1 + 1 + 2, 1 + 2); /* uid=9 is the second of three in its list */
}

static void what_control_lines_say_is_done(void **state)
{
	(void)state;
	start("-D\n-b 300\n-f 2\n" B "-e 2\n" C);
	moments_assert_expected(NULL);
	assert_int_equal(fake_audit.status.backlog_limit, 300);
	assert_int_equal(fake_audit.status.failure, 2);
	assert_int_equal(fake_audit.status.enabled, 2);
	pid++;
	run.source.ac.locked = true;
	assert_int_equal(load(), 0);
	assert_said("rules: locked until the next boot: 2 rules as wanted, 0 missing");
}

/* ---- a kernel without audit of system calls -------------------------------------------------- */

/* kernel/auditfilter.c, audit_to_entry_common(), without CONFIG_AUDITSYSCALL. */
static int refuse_calls(const struct audit_rule_data *rule)
{
	switch (rule->flags) {
	case AUDIT_FILTER_USER:
	case AUDIT_FILTER_EXCLUDE:
	case AUDIT_FILTER_FS:
		return rule->field_count > 1 ? EINVAL : 0;
	default:
		return EINVAL;
	}
}

static unsigned said_times(const char *part)
{
	const struct fake_sent *sent;
	unsigned n = 0;

	for (unsigned i = 0; (sent = fake_sys_sent(i)); i++)
		n += sent->type == 0 && strstr(sent->data, part);
	return n;
}

#define UNSEEN "not loaded: this kernel audits no system calls and no files (CONFIG_AUDITSYSCALL)"
#define USER   "-a never,user -F uid=7\n"
#define TYPE   "-a always,exclude -F msgtype=CWD\n"
#define TWO    "-a always,exclude -F msgtype=CWD -F uid=1\n"

static void without_system_calls(void **state)
{
	(void)state;
	fake_audit.refuse_rule = refuse_calls;
	start(A USER B T X N TYPE TWO);
	assert_int_equal(fake_audit.rule_count, 2);
	assert_int_equal(run.rules.counts.loaded, 2);
	assert_int_equal(run.rules.counts.refused, 6);
	assert_int_equal(run.rules.counts.failures, 6);
	assert_int_equal(run.reload.change.wanted.count, 2);
	assert_int_equal(said_times(UNSEEN), 1);
	assert_said("rules: 5 are " UNSEEN);
	/* What has another reason has a line of its own. */
	assert_int_equal(said_times("the kernel refuses the rule"), 1);
	assert_said("audit_rules:8: the kernel refuses the rule: ");
	assert_said("rules: 2 loaded, 0 of them were there, 6 refused, 0 others deleted");
	run_rules_unload_self(&run, &control);
	/* The next one finds what it wants. */
	pid++;
	start(USER A TYPE);
	assert_said("rules: 1 is " UNSEEN);
	assert_said("rules: 2 loaded, 2 of them were there, 1 refused, 0 others deleted");
	assert_int_equal(fake_audit.rule_count, 2);
	fake_audit.refuse_rule = NULL;
}

/* Nobody asked for what it cannot do. */
static void without_system_calls_nor_their_rules(void **state)
{
	(void)state;
	fake_audit.refuse_rule = refuse_calls;
	start(USER TYPE);
	assert_int_equal(said_times("loaded"), 1);
	assert_said("rules: 2 loaded, 0 of them were there, 0 refused, 0 others deleted");
	assert_int_equal(run.rules.counts.failures, 0);
	fake_audit.refuse_rule = NULL;
}

static int refuse_ours(const struct audit_rule_data *rule)
{
	return rule->field_count == 1 && rule->fields[0] == AUDIT_PID ? ENOMEM : 0;
}

/* For any other reason: an agent that is audited would make records of its own sending. */
static void its_own_rule_is_refused(void **state)
{
	(void)state;
	prepare(A USER);
	fake_audit.refuse_rule = refuse_ours;
	assert_int_equal(load(), -ENOMEM);
	assert_int_equal(said_times(UNSEEN), 0);
	assert_said("the agent's own: the kernel refuses the rule: ");
	fake_audit.refuse_rule = NULL;
}

/* ---- at no moment --------------------------------------------------------------------------- */

static void is_nothing_absent_that_stays(void **state)
{
	static char from[4096], to[8192];

	(void)state;
	moments = 0;
	for (unsigned round = 0; round < 1500; round++) {
		moments_draw_text(from, sizeof(from));
		if (moments_draw(3) == 0)
			snprintf(to, sizeof(to), "%s", from);
		else if (moments_draw(2) == 0)
			moments_draw_similar(to, sizeof(to), from);
		else
			moments_draw_text(to, sizeof(to));
		support_append(from, sizeof(from), X); /* without any there is no load */
		support_append(to, sizeof(to), X);
		fake_audit.rule_count = 0;
		start(from);
		if (moments_draw(3) == 0)
			run_rules_unload_self(&run, &control);
		pid += (int)moments_draw(2);
		prepare(to);
		moments_watch(&run.reload.change);
		assert_int_equal(load(), 0);
		moments_watch(NULL);
		moments_assert_expected(&run.reload.change.wanted);
	}
	print_message("%u moments\n", moments);
	assert_true(moments > 3000);
}

/* In front of our rules and behind them. */
static void foreign_rules(unsigned count)
{
	static unsigned char rule[FAKE_AUDIT_RULE_MAX];
	size_t len;

	support_compile("-a always,exit -F uid=9 -k foreign");
	len = rules_size(&support_line.rule);
	memcpy(rule, &support_line.rule, len);
	for (unsigned i = 1; i <= count; i++) {
		const unsigned n = fake_audit.rule_count++;

		memcpy(rule + 12, &i, sizeof(i)); /* the mask */
		fake_audit.rules[n] = fake_audit.rules[i % 2 ? n : 0];
		fake_audit.rules[i % 2 ? n : 0].len = len;
		memcpy(fake_audit.rules[i % 2 ? n : 0].data, rule, len);
	}
}

static void with_a_thousand_foreign_rules(void **state)
{
	unsigned before;

	(void)state;
	start(A B X N);
	before = fake_audit.rule_count;
	foreign_rules(1000);
	assert_int_equal(fake_audit.rule_count, before + 1000);
	pid++;
	prepare(A B X N);
	moments = 0;
	moments_watch(&run.reload.change);
	assert_int_equal(load(), 0);
	moments_assert_expected(&run.reload.change.wanted);
	assert_int_equal(run.rules.counts.deleted, 1001);
	assert_int_equal(run.rules.counts.loaded, 4);
	print_message("%u moments\n", moments);
	assert_true(moments >= 1002);
}

/* ---- failures ------------------------------------------------------------------------------- */

static unsigned sent, nth;
static int failure; /* 0: a signal comes; ETIMEDOUT: no answers from there on */

/* What fails for a reason that may pass is tried once more, and fails again. */
static bool is_failing(unsigned n)
{
	return n == nth || (n == nth + 1 && failure != EPERM);
}

static void before_request(void)
{
	const bool failing = is_failing(sent + 1);
	static const uint16_t types[] = {
		AUDIT_GET, AUDIT_LIST_RULES, AUDIT_ADD_RULE, AUDIT_DEL_RULE};

	for (unsigned i = 0; i < sizeof(types) / sizeof(*types); i++)
		fake_audit.refuse[types[i]] = failing ? failure : 0;
	fake_audit.silent = failing && failure == ETIMEDOUT;
	if (failing && failure == 0)
		fake_sys_signal(SIGTERM);
}

static void on_request(uint16_t type)
{
	moments_check(type);
	sent++;
	before_request();
}

/* No rule keeps this process out, nor does the cover of one. */
static void assert_nobody_is_out(int who)
{
	static struct rules_data rule;

	for (unsigned i = 0; i < fake_audit.rule_count; i++) {
		assert_true(rules_explain_copy(
			&rule, fake_audit.rules[i].data, fake_audit.rules[i].len));
		assert_true(rule.fields[0] != AUDIT_PID || rule.values[0] != (uint32_t)who);
	}
}

/* The n-th request fails. true: there was one. */
static bool start_failing(unsigned n, int with, unsigned *ended)
{
	int ret;

	start(A B N X);
	foreign_rules(4);
	pid++;
	prepare(A B N X C);
	moments_watch(&run.reload.change);
	failure = with;
	nth = n;
	sent = 0;
	before_request();
	fake_audit.on_request = on_request;
	ret = load();
	moments_watch(NULL);
	memset(fake_audit.refuse, 0, sizeof(fake_audit.refuse));
	if (ret == 0 && sent < n)
		return false;
	*ended += ret < 0;
	if (ret < 0)
		assert_memory_equal(error.text, "rules: ", 7);
	else if (run.rules.counts.refused > 0)
		assert_said("audit_rules:5: the kernel refuses the rule: ");
	if (ret < 0 && !fake_audit.silent)
		assert_nobody_is_out(pid);
	/* Whatever it left, the next one puts it right. */
	fake_audit.silent = false;
	run.rules.is_ending = NULL;
	pid++;
	prepare(A B N X C);
	run.rules.is_ending = NULL;
	assert_int_equal(load(), 0);
	moments_assert_expected(&run.reload.change.wanted);
	return true;
}

static void each_request_fails(void **state)
{
	static const int failures[] = {0, EIO, ENOMEM, EPERM, ETIMEDOUT};

	for (unsigned i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
		unsigned ended = 0, n = 1;

		while (start_failing(n, failures[i], &ended)) {
			n++;
			control_teardown(state);
			setup(state);
		}
		print_message("%s: %u requests, %u ended it\n",
			failures[i] ? strerror(failures[i]) : "a signal", n - 1, ended);
		/* status, list; added; deleted; a signal is looked for behind them, too */
		assert_int_equal(n - 1, 2 + 2 + 5 + (failures[i] == 0));
		control_teardown(state);
		setup(state);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, control_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_fresh_kernel),
		TEST(after_one_that_was_killed),
		TEST(after_one_that_has_ended),
		TEST(with_the_pid_of_the_one_before),
		TEST(with_a_rule_more_and_a_rule_less),
		TEST(with_rules_that_go_first),
		TEST(what_control_lines_say_is_done),
		TEST(without_system_calls),
		TEST(without_system_calls_nor_their_rules),
		TEST(its_own_rule_is_refused),
		TEST(is_nothing_absent_that_stays),
		TEST(with_a_thousand_foreign_rules),
		TEST(each_request_fails),
	};

	return cmocka_run_group_tests_name("run_rules", tests, NULL, NULL);
}
