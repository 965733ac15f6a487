/* link: support_moments.o support_loader.o support_control.o support_rules.o fake_audit.o
 * fake_sys.o fake_files.o fake_sockets.o */
#include "rules_load.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fake_audit.h"
#include "fake_sys.h"
#include "rules_explain.h"
#include "support_control.h"
#include "support_loader.h"
#include "support_moments.h"
#include "support_rules.h"

static void point(const char *text)
{
	loader_text(text, "audit_rules");
	loader.self_pid = FAKE_SYS_PID;
	loader.config = &configured;
}

static void load(const char *text)
{
	point(text);
	assert_int_equal(loader_load(), 0);
}

static int teardown(void **state)
{
	moments_watch(NULL);
	return control_teardown(state);
}

static int run(void)
{
	int ret;

	do
		ret = rules_change_step(&change, &control);
	while (ret > 0);
	return ret;
}

static void change_to(const char *text)
{
	point(text);
	assert_true(rules_prepare(&loader, &change));
	assert_int_equal(rules_change_plan(&change, &control), 0);
	fake_audit.request_count = 0;
	assert_int_equal(run(), 0);
	rules_finish(&loader, &change);
}

/* What a fresh start leaves in the kernel. */
static void expect(const char *text)
{
	moments_expect(text, FAKE_SYS_PID, &control);
}

/* And that is what the watch will want. */
static void assert_expected(void)
{
	moments_assert_expected(&change.wanted);
}

static void check(const char *from, const char *to)
{
	load(from);
	expect(to);
	change_to(to);
	assert_expected();
	assert_string_equal(said, "");
}

/* ---- what it costs ------------------------------------------------------------------------- */

#define A "-w /a -p wa -k a\n"
#define B "-w /b -p wa -k b\n"
#define C "-w /c -p wa -k c\n"
#define X "-a always,exit -F arch=b64 -S openat -k x\n"
#define N "-a never,exit -F uid=7\n"

static void nothing_to_do(void **state)
{
	(void)state;
	check(A B C, A B C);
	assert_int_equal(fake_audit.request_count, 0);
}

static void one_more_at_the_end_is_one_request(void **state)
{
	(void)state;
	check(A B C, A B C X);
	assert_int_equal(fake_audit.request_count, 1);
	assert_int_equal(change.counts.added, 1);
	assert_int_equal(change.counts.moved + change.counts.deleted, 0);
}

static void one_less_is_one_request(void **state)
{
	(void)state;
	check(A B C, A C);
	assert_int_equal(fake_audit.request_count, 1);
	assert_int_equal(change.counts.deleted, 1);
}

static void one_more_in_the_middle_moves_what_is_behind_it(void **state)
{
	(void)state;
	check(A B C, A X B C);
	assert_int_equal(fake_audit_requests(AUDIT_ADD_RULE), 1 + 2 + 2);
	assert_int_equal(fake_audit_requests(AUDIT_DEL_RULE), 2 + 2);
	assert_int_equal(change.counts.added, 1);
	assert_int_equal(change.counts.moved, 2);
}

static void all_others_at_once(void **state)
{
	(void)state;
	check(A B, C X);
	assert_int_equal(fake_audit_requests(AUDIT_ADD_RULE), 2);
	assert_int_equal(fake_audit_requests(AUDIT_DEL_RULE), 2);
	check(C X, "");
	check("", A B);
}

static void each_list_has_its_order(void **state)
{
	(void)state;
	check("-a always,exclude -F msgtype=CWD\n" A "-a never,task -F uid=1\n" B,
		A "-a never,task -F uid=2\n-a never,task -F uid=1\n"
		  "-a always,exclude -F msgtype=EOE\n" B "-A always,exclude -F msgtype=CWD\n"
		  "-a never,filesystem -F fstype=tracefs\n");
	check("-a never,filesystem -F fstype=tracefs\n-a never,filesystem -F fstype=debugfs -k x\n",
		"-a never,filesystem -F fstype=debugfs -k x\n"
		"-a never,filesystem -F fstype=tracefs\n");
}

static void lines_that_put_first_and_delete(void **state)
{
	(void)state;
	check(A B, "-A always,exit -F uid=3\n" A B C "-W /b -p wa -k b\n" X
		   "-d always,exit -F arch=b64 -S openat -k x\n" N B);
	check(A, "-D\n" N);
}

static void a_rule_of_the_user_may_look_like_a_cover(void **state)
{
	(void)state;
	check("-a always,exit -F uid=1\n-a always,exit -F uid=1 -F pid>=0\n",
		"-a always,exit -F uid=1 -F pid>=0\n-a always,exit -F uid=1\n");
}

static void a_rule_without_room_for_a_cover_moves_without(void **state)
{
	static char full[2048], from[4096], to[4096];

	(void)state;
	snprintf(full, sizeof(full), "-a always,exit");
	for (unsigned i = 0; i < AUDIT_MAX_FIELDS; i++)
		support_append(full, sizeof(full), " -F uid!=5");
	support_append(full, sizeof(full), "\n");
	snprintf(from, sizeof(from), "%s" A, full);
	snprintf(to, sizeof(to), A "%s", full);
	check(from, to);
}

/* ---- what the kernel has to say ------------------------------------------------------------- */

static int refuse_b(const struct audit_rule_data *rule)
{
	return rule->buflen > 1 && memcmp(rule->buf, "/b", 2) == 0 ? EINVAL : 0;
}

static void what_the_kernel_refuses_is_said_and_not_wanted(void **state)
{
	(void)state;
	load(A C);
	fake_audit.refuse_rule = refuse_b;
	change_to(A B C X);
	assert_int_equal(change.counts.refused, 1);
	assert_string_equal(said,
		"audit_rules:2: the kernel refuses the rule: invalid (EINVAL): this "
		"kernel does not know a field, an operator or a value of it\n");
	fake_audit.refuse_rule = NULL;
	expect(A C X);
	assert_expected();
}

static void a_failure_ends_it_and_the_next_plan_goes_on(void **state)
{
	int ret;

	(void)state;
	for (unsigned n = 1;; n++) {
		load(A B C);
		expect(X B N A);
		point(X B N A);
		assert_true(rules_prepare(&loader, &change));
		assert_int_equal(rules_change_plan(&change, &control), 0);
		for (unsigned i = 1; i < n; i++)
			assert_true(rules_change_step(&change, &control) > 0);
		fake_audit.silent = true;
		ret = rules_change_step(&change, &control);
		fake_audit.silent = false;
		if (ret == RULES_CHANGE_DONE) {
			assert_int_equal(n - 1, 4 + 3 + 3 + 3);
			return;
		}
		assert_int_equal(ret, -ETIMEDOUT);
		assert_int_equal(rules_change_plan(&change, &control), 0);
		assert_int_equal(run(), 0);
		assert_expected();
	}
}

static void somebody_else_changes_them_too(void **state)
{
	(void)state;
	load(A B C);
	point(X A C);
	assert_true(rules_prepare(&loader, &change));
	assert_int_equal(rules_change_plan(&change, &control), 0);
	fake_audit.rule_count = 0;
	load(X);
	assert_int_equal(run(), 0); /* EEXIST, ENOENT */
	assert_int_equal(change.counts.refused, 0);
}

static void more_than_fits(void **state)
{
	static char text[3000 * 24];
	size_t used = 0;

	(void)state;
	for (unsigned i = 0; i < 2500; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "-w /%u -p w\n", i);
	point(text);
	assert_false(rules_prepare(&loader, &change));
	assert_string_equal(
		said, "rules: there are more than 2048, or they take more than 2097152 bytes\n");
}

static void mistakes_change_nothing(void **state)
{
	(void)state;
	point(A "-w b\n");
	assert_false(rules_prepare(&loader, &change));
	assert_non_null(strstr(said, "audit_rules:2: "));
	point("-i\n" A "-w b\n" B);
	assert_true(rules_prepare(&loader, &change));
	assert_int_equal(change.wanted.count, 3);
}

static void control_lines_of_state(void **state)
{
	(void)state;
	point("-b 300\n-f 1\n-r 7\n-b 200\n--reset-lost\n-t\n--loginuid-immutable\n-e 2\n-b "
	      "100\n");
	assert_true(rules_prepare(&loader, &change));
	assert_int_equal(loader.controls.set, RULES_BACKLOG_LIMIT | RULES_FAILURE |
						      RULES_RATE_LIMIT | RULES_ENABLED |
						      RULES_LOGINUID_IMMUTABLE);
	assert_int_equal(loader.controls.backlog_limit, 200);
	assert_int_equal(loader.controls.failure, 1);
	assert_int_equal(loader.controls.rate_limit, 7);
	assert_int_equal(loader.controls.enabled, 2);
}

static void nobody_is_kept_out_when_it_is_given_up(void **state)
{
	(void)state;
	load(A B);
	/* Somebody took our rule to the end. */
	fake_audit.rules[3] = fake_audit.rules[0];
	memmove(&fake_audit.rules[0], &fake_audit.rules[1], 3 * sizeof(fake_audit.rules[0]));
	point(A B);
	assert_true(rules_prepare(&loader, &change));
	assert_int_equal(rules_change_plan(&change, &control), 0);
	while (change.stage != RULES_CHANGE_ADD_COVERED)
		assert_true(rules_change_step(&change, &control) > 0);
	rules_change_abandon(&change, &control);
	(void)rules_unload_self(&loader, &control);
	for (unsigned i = 0; i < fake_audit.rule_count; i++) {
		struct rules_data rule;

		assert_true(rules_explain_copy(
			&rule, fake_audit.rules[i].data, fake_audit.rules[i].len));
		assert_true(rule.fields[0] != AUDIT_PID || rule.values[0] != FAKE_SYS_PID);
	}
}

/* ---- at no moment ------------------------------------------------------------------------- */

static void at_no_moment_is_lost_what_both_record(void **state)
{
	static char from[4096], to[8192];

	(void)state;
	for (unsigned round = 0; round < 1500; round++) {
		moments_draw_text(from, sizeof(from));
		if (round % 2)
			moments_draw_text(to, sizeof(to));
		else
			moments_draw_similar(to, sizeof(to), from);
		load(from);
		expect(to);
		point(to);
		assert_true(rules_prepare(&loader, &change));
		assert_int_equal(rules_change_plan(&change, &control), 0);
		moments_watch(&change);
		assert_int_equal(run(), 0);
		moments_watch(NULL);
		rules_finish(&loader, &change);
		assert_expected();
		fake_sys_sent_clear();
	}
	print_message("%u moments\n", moments);
	assert_true(moments > 1500);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, loader_setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_to_do),
		TEST(one_more_at_the_end_is_one_request),
		TEST(one_less_is_one_request),
		TEST(one_more_in_the_middle_moves_what_is_behind_it),
		TEST(all_others_at_once),
		TEST(each_list_has_its_order),
		TEST(lines_that_put_first_and_delete),
		TEST(a_rule_of_the_user_may_look_like_a_cover),
		TEST(a_rule_without_room_for_a_cover_moves_without),
		TEST(what_the_kernel_refuses_is_said_and_not_wanted),
		TEST(a_failure_ends_it_and_the_next_plan_goes_on),
		TEST(somebody_else_changes_them_too),
		TEST(more_than_fits),
		TEST(mistakes_change_nothing),
		TEST(control_lines_of_state),
		TEST(nobody_is_kept_out_when_it_is_given_up),
		TEST(at_no_moment_is_lost_what_both_record),
	};

	return cmocka_run_group_tests_name("rules_change", tests, NULL, NULL);
}
