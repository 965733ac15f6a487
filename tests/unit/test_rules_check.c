/* link: rules_load.o rules_change.o rules_list.o rules_compare.o rules_print.o sha256.o text.o
 * rules_files.o rules_explain.o rules_compile.o rules_mistake.o nearest.o rules_control.o
 * rules_field.o rules_syscall.o rules_text.o rules_value.o glob.o netlink.o table_rules.o tables.o
 * table_names.o table_syscalls.o table_keys.o table_norms.o support_loader.o support_control.o
 * support_rules.o fake_audit.o fake_sys.o fake_files.o fake_sockets.o */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fake_audit.h"
#include "fake_sys.h"
#include "support_control.h"
#include "support_loader.h"
#include "support_rules.h"

/* What a set says, before anything is loaded. */

/* It counts once, in front of all; behind a rule it would take away what was meant to stay. */
static void delete_all_stands_at_the_head_of_a_file(void **state)
{
	static const char *const files[] = {"/r/1", "/r/2"};

	(void)state;
	fake_sys_file_text("/r/1", "# one\n-b 8192\n-D\n-w /a\n");
	fake_sys_file_text("/r/2", "\xef\xbb\xbf-D\n-w /b\n");
	loader_set("-D\n-w /t\n", files, 2);
	assert_int_equal(loader_load(), 0);
	assert_said("");
	assert_int_equal(fake_audit.rule_count, 4);
	assert_kernel_rule(1, "-w /t");
	assert_kernel_rule(2, "-w /a");
	assert_kernel_rule(3, "-w /b");
	assert_int_equal(loader.counts.rules, 3);
	loader_set("-D -k x\n-w /t -k x\n", NULL, 0);
	assert_int_equal(loader_load(), 0);
	assert_kernel_rule(1, "-w /t -k x");

	fake_sys_file_text("/r/2", "-w /b\n-e 1\n-D\n-D -k x\n");
	loader_set("-w /t\n", files, 2);
	assert_int_equal(loader_load(), -EINVAL);
	assert_said("/r/2:3: -D behind a rule; put it in front of all: it counts once, for "
		    "all files\n"
		    "/r/2:4: -D behind a rule; put it in front of all: it counts once, for "
		    "all files\n");
	loader_set("-i\n-w /a\n-D\n", NULL, 0); /* left out, as any mistake then */
	assert_int_equal(loader_load(), 0);
	assert_kernel_rule(1, "-w /a");
	loader_set("-W /a\n-D\n", NULL, 0);
	assert_int_equal(loader_load(), -EINVAL);
}

static void a_byte_order_mark_is_skipped(void **state)
{
	static const char *const files[] = {"/r"};

	(void)state;
	fake_sys_file_text("/r", "\xef\xbb\xbf-w /r\r\n");
	loader_set("\xef\xbb\xbf# text", files, 1);
	assert_int_equal(loader_load(), 0);
	assert_said("");
	assert_kernel_rule(1, "-w /r");
	fake_sys_file_text("/r", "\xef\xbb\xbf");
	assert_int_equal(loader_load(), 0);
	loader_set("-w /r\n\xef\xbb\xbf-w /s\n", NULL, 0); /* two files in one */
	assert_int_equal(loader_load(), -EINVAL);
	assert_said_part("audit_rules:2: ");
	assert_said_part("byte order mark");
}

/* The number of rules that a fresh kernel would have. */
static void what_would_be_loaded_is_counted(void **state)
{
	static const struct {
		const char *text;
		unsigned rules, deletes, warnings;
	} sets[] = {
		{"", 0, 0, 0},
		{"-b 1\n-w /a\n", 1, 0, 0},
		{"-w /a\n-w /a\n-w /a\n", 1, 0, 2},
		{"-w /a\n-W /a\n", 0, 1, 0},
		{"-w /a\n-W /a\n-w /a\n-w /b\n", 2, 1, 0},
		{"-W /a\n-w /a\n", 1, 1, 1},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
		loader.self_pid = 0;
		loader.files.trust_all = i % 2; /* a dry run */
		loader.config = i % 2 ? NULL : &configured;
		loader_text(sets[i].text, "audit_rules");
		assert_true(rules_prepare(&loader, &change));
		assert_int_equal(loader.counts.rules, sets[i].rules);
		assert_int_equal(change.wanted.count, sets[i].rules);
		assert_int_equal(loader.counts.deletes, sets[i].deletes);
		assert_int_equal(loader.counts.warnings, sets[i].warnings);
	}
}

/* ---- settings ---------------------------------------------------------------------------- */

static void prepare_agent(const char *text)
{
	loader_text(text, "f");
	loader.config = &configured;
	assert_true(rules_prepare(&loader, &change));
}

static void what_contradicts_the_configuration_is_told(void **state)
{
	(void)state;
	prepare_agent("-b 8192\n-f 0\n-r 0\n-e 1\n");
	assert_said("");
	prepare_agent("-b 1\n-f 1\n-r 2\n-e 0\n--backlog_wait_time 0\n-e 2\n");
	assert_said("f:1: warning: -b is not what backlog_limit says; the line counts\n"
		    "f:2: warning: -f is not what failure_mode says; the line counts\n"
		    "f:3: warning: -r is not what rate_limit says; the line counts\n"
		    "f:4: warning: -e is not what immutable says; the option counts\n"
		    "f:5: warning: --backlog_wait_time is not what backlog_wait_time says; the "
		    "option counts\n"
		    "f:6: warning: -e is not what immutable says; the line counts\n");
	assert_int_equal(loader.counts.warnings, 6);
	configured.immutable = true;
	configured.failure_mode = FAILURE_PANIC;
	prepare_agent("-f 2 -e 2\n");
	assert_said("");
	prepare_agent("-f 1 -e 1\n-e 0\n");
	assert_said("f:1: warning: -e is not what immutable says; the option counts\n"
		    "f:1: warning: -f is not what failure_mode says; the line counts\n"
		    "f:2: warning: -e is not what immutable says; the option counts\n");
	loader.config = NULL; /* they are for no agent */
	loader_text("-b 1\n-f 1\n", "f");
	assert_true(rules_check(&loader));
	assert_said("");
}

/* As they are after a start, see control_lines_are_applied(). */
static void what_will_be_in_effect(void **state)
{
	(void)state;
	prepare_agent("-b 1\n-b 2\n-f 1\n-r 7\n-e 0\n");
	rules_override_settings(&loader.controls, &configured);
	assert_int_equal(configured.backlog_limit, 2);
	assert_int_equal(configured.failure_mode, FAILURE_LOG);
	assert_int_equal(configured.rate_limit, 7);
	assert_false(configured.immutable);
	prepare_agent("-e 2\n-b 9\n-e 1\n"); /* what stands behind a lock is refused */
	rules_override_settings(&loader.controls, &configured);
	assert_true(configured.immutable);
	assert_int_equal(configured.backlog_limit, 2);
	prepare_agent("-w /a\n");
	rules_override_settings(&loader.controls, &configured);
	assert_true(configured.immutable);
	assert_int_equal(configured.backlog_limit, 2);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, loader_setup, control_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(delete_all_stands_at_the_head_of_a_file),
		TEST(a_byte_order_mark_is_skipped),
		TEST(what_would_be_loaded_is_counted),
		TEST(what_contradicts_the_configuration_is_told),
		TEST(what_will_be_in_effect),
	};

	return cmocka_run_group_tests_name("rules_check", tests, NULL, NULL);
}
