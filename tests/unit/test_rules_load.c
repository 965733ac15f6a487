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

static int load(const char *text)
{
	loader_set(text, NULL, 0);
	return loader_load();
}

#define SELF "-a never,exit -F pid=4711 -S all"

/* ---- checking ---------------------------------------------------------------------------- */

static void every_mistake_is_told_with_its_place(void **state)
{
	static const char *const files[] = {"/r/one", "/r/none"};

	(void)state;
	fake_sys_file_text("/r/one", "# fine\n-w /x\n-w y\n\n-a always,exit -S nosuch\n");
	loader_set("-a\n-a always,exit -S open\n-R /r/one\n", files, 2);
	assert_false(rules_check(&loader));
	assert_said(
		"audit_rules:1: -a needs a value; write -a LIST,ACTION\n"
		"audit_rules:2: warning: without -F arch the rule means number 2 on every ABI, and "
		"on i386 that is not open; put -F arch=b64 or b32 before -S\n"
		"audit_rules:3: -R: a rule set reads no other files; name the file in "
		"audit_rule_files or on the command line\n"
		"/r/one:3: the path \"y\" is relative; it must start with /\n"
		"/r/one:5: -S \"nosuch\": there is no such system call on x86_64; give names and "
		"numbers with commas between them\n"
		"/r/none: cannot be opened: No such file or directory\n");
	assert_int_equal(loader.counts.rules, 2);
	assert_int_equal(loader.counts.mistakes, 5);
	assert_int_equal(loader.counts.warnings, 1);
	assert_int_equal(loader.counts.failures, 5);
}

static void i_and_c_ignore_what_follows(void **state)
{
	(void)state;
	loader_set("-i\n-a\n", NULL, 0);
	assert_true(rules_check(&loader));
	assert_int_equal(loader.counts.mistakes, 1);
	assert_int_equal(loader.counts.failures, 0);
	loader_set("-c\n-a\n", NULL, 0);
	assert_true(rules_check(&loader));
	assert_int_equal(loader.counts.failures, 1);
	loader_set("-a\n-i\n-c\n", NULL, 0);
	assert_false(rules_check(&loader));
	loader.ignore_errors = true;
	loader_set("-a\n", NULL, 0);
	assert_true(rules_check(&loader));
	assert_int_equal(loader.counts.failures, 0);
	assert_said_part("audit_rules:1: ");
}

/* ---- files ------------------------------------------------------------------------------- */

static void globs_come_in_order(void **state)
{
	static const char *const files[] = {"/etc/audit/rules.d/*.rules", "/etc/last"};

	(void)state;
	fake_sys_file_text("/etc/audit/rules.d/30-b.rules", "-w /b\n");
	fake_sys_file_text("/etc/audit/rules.d/10-a.rules", "-w /a\n");
	fake_sys_file_text("/etc/audit/rules.d/.hidden.rules", "-w hidden\n");
	fake_sys_file_text("/etc/audit/rules.d/README", "no rules\n");
	fake_sys_file_text("/etc/last", "-w /last");
	loader_set("-w /text", files, 2);
	loader.self_pid = 0;
	assert_int_equal(loader_load(), 0);
	assert_said("");
	assert_int_equal(fake_audit.rule_count, 4);
	assert_kernel_rule(0, "-w /text");
	assert_kernel_rule(1, "-w /a");
	assert_kernel_rule(2, "-w /b");
	assert_kernel_rule(3, "-w /last");
}

static void globs_that_cannot_be(void **state)
{
	static const char *const files[] = {"/none/*.rules", "/etc/*/x.rules", "/etc/*.none"};

	(void)state;
	fake_sys_file_text("/etc/x", "");
	loader_set(NULL, files, 3);
	assert_false(rules_check(&loader));
	assert_said(
		"/none/*.rules: the directory cannot be read: No such file or directory\n"
		"/etc/*/x.rules: has a wildcard in a directory; they are possible in the last part "
		"of the path only\n");
	assert_int_equal(loader.counts.mistakes, 2);
}

static void files_of_others_are_refused(void **state)
{
	static const char *const files[] = {"/r"};
	static const struct {
		mode_t mode;
		uid_t uid;
		const char *part;
	} f[] = {{S_IFREG | 0644, 1000, "root"}, {S_IFREG | 0646, 0, "go-w"},
		{S_IFREG | 0664, 0, "go-w"}, {S_IFIFO | 0644, 0, "regular"},
		{S_IFDIR | 0755, 0, "regular"}};

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		fake_sys_file_text("/r", "-w /x\n");
		fake_sys_file_owner("/r", f[i].mode, f[i].uid);
		loader_set(NULL, files, 1);
		assert_int_equal(loader_load(), -EINVAL);
		assert_said_part(f[i].part);
		assert_int_equal(fake_audit.rule_count, 0);
	}
	fake_sys_file_owner("/r", S_IFREG | 0666, 1000);
	loader_set(NULL, files, 1);
	loader.files.trust_all = true;
	assert_int_equal(loader_load(), 0);
}

static void files_too_large_or_failing(void **state)
{
	static const char *const files[] = {"/r"};
	static char big[LIMIT_RULE_FILE_BYTES + 1];

	(void)state;
	memset(big, '\n', sizeof(big));
	fake_sys_file("/r", big, LIMIT_RULE_FILE_BYTES - 1);
	loader_set(NULL, files, 1);
	assert_true(rules_check(&loader));
	fake_sys_file("/r", big, LIMIT_RULE_FILE_BYTES);
	loader_set(NULL, files, 1);
	assert_false(rules_check(&loader));
	assert_said_part("/r: is larger than 256 KiB");
	fake_sys_file_text("/r", "-w /x\n");
	fake_sys_fail("read", 1, EIO);
	loader_set(NULL, files, 1);
	assert_false(rules_check(&loader));
	assert_said("/r: cannot be read: Input/output error\n");
	fake_sys_fail("read", 1, EINTR);
	loader_set(NULL, files, 1);
	assert_true(rules_check(&loader));
	fake_sys_short(3);
	loader_set(NULL, files, 1);
	assert_true(rules_check(&loader));
	assert_int_equal(loader.counts.rules, 1);
}

/* ---- loading ----------------------------------------------------------------------------- */

static void rules_take_the_place_of_those_loaded(void **state)
{
	(void)state;
	assert_int_equal(load("-w /old\n-a never,task\n"), 0);
	assert_int_equal(loader.counts.deleted, 0);
	assert_int_equal(load("-D\n-w /new -k x\n-a always,exit -S all\n"), 0);
	assert_said("");
	assert_int_equal(loader.counts.deleted, 2); /* the agent's own is the same */
	assert_int_equal(loader.counts.loaded, 2);
	assert_int_equal(loader.counts.kept, 0);
	assert_int_equal(loader.counts.refused, 0);
	assert_int_equal(fake_audit.rule_count, 3);
	assert_kernel_rule(0, SELF);
	assert_kernel_rule(1, "-w /new -k x");
	assert_kernel_rule(2, "-a always,exit -S all");
	assert_int_equal(load("-a never,task\n-a always,exit -S all\n-w /new -k x\n"), 0);
	assert_int_equal(loader.counts.deleted, 0);
	assert_int_equal(loader.counts.loaded, 3);
	assert_int_equal(loader.counts.kept, 2);
}

/* What does not fit into a list of ours is all deleted, in rounds. */
static void more_rules_than_a_list_holds(void **state)
{
	const unsigned count = LIMIT_RULES_KEPT + 100;

	(void)state;
	assert_int_equal(load("-w /x\n"), 0);
	for (unsigned i = 1; i <= count; i++) {
		fake_audit.rules[i + 1] = fake_audit.rules[1];
		memcpy(fake_audit.rules[i + 1].data + 12, &i, sizeof(i)); /* the mask */
	}
	fake_audit.rule_count += count;
	fake_audit.request_count = 0;
	assert_int_equal(load("-w /x\n"), 0);
	assert_int_equal(loader.counts.deleted, count + 2);
	assert_int_equal(fake_audit.rule_count, 2);
	assert_kernel_rule(0, SELF);
	assert_kernel_rule(1, "-w /x");
}

static void more_rules_than_are_taken(void **state)
{
	static char text[LIMIT_RULES_KEPT * 16];
	size_t used = 0;

	(void)state;
	assert_int_equal(load("-w /x\n"), 0);
	for (unsigned i = 0; i < LIMIT_RULES_KEPT; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "-w /%u -p w\n", i);
	loader.ignore_errors = true;
	assert_int_equal(load(text), -EINVAL);
	assert_said("rules: there are more than 2048, or they take more than 2097152 bytes\n");
	assert_int_equal(loader.counts.mistakes, 1);
	assert_int_equal(fake_audit.rule_count, 2);
}

static void mistakes_prevent_everything(void **state)
{
	(void)state;
	assert_int_equal(load("-w /old\n"), 0);
	assert_int_equal(load("-w /new\n-w wrong\n"), -EINVAL);
	assert_int_equal(loader.counts.mistakes, 1);
	assert_int_equal(fake_audit.rule_count, 2);
	assert_kernel_rule(1, "-w /old");
}

static void ignored_mistakes_do_not(void **state)
{
	(void)state;
	assert_int_equal(load("-c\n-w wrong\n-w /new\n"), 0);
	assert_said("audit_rules:2: the path \"wrong\" is relative; it must start with /\n");
	assert_int_equal(loader.counts.loaded, 1);
	assert_int_equal(loader.counts.failures, 1);
	assert_kernel_rule(1, "-w /new");
}

static int refuse_paths(const struct audit_rule_data *rule)
{
	return rule->fields[0] == AUDIT_WATCH ? ENOENT : 0;
}

static void refusals_are_told_and_the_rest_is_loaded(void **state)
{
	(void)state;
	fake_audit.refuse_rule = refuse_paths;
	assert_int_equal(load("-w /no/such\n-a never,task\n-a never,task\n"), 0);
	assert_said("audit_rules:3: the same rule stands before it; once is enough\n"
		    "audit_rules:1: the kernel refuses the rule: the directory that would hold "
		    "/no/such does not exist (ENOENT); make it first\n");
	assert_int_equal(loader.counts.loaded, 1);
	assert_int_equal(loader.counts.refused, 2);
	assert_int_equal(loader.counts.failures, 2);
	assert_int_equal(fake_audit.rule_count, 2);
	assert_int_equal(load("-i\n-w /no/such\n"), 0);
	assert_int_equal(loader.counts.refused, 1);
	assert_int_equal(loader.counts.failures, 0);
}

static void prepended_rules_leave_the_agent_first(void **state)
{
	(void)state;
	assert_int_equal(load("-a always,exit -S 1\n-A always,exit -S all\n-A never,task\n"), 0);
	assert_int_equal(fake_audit.rule_count, 4);
	assert_kernel_rule(0, "-a never,task"); /* a list of its own */
	assert_kernel_rule(1, SELF);
	assert_kernel_rule(2, "-a always,exit -S all");
	assert_kernel_rule(3, "-a always,exit -S 1");
}

static void deleting_lines(void **state)
{
	(void)state;
	assert_int_equal(load("-w /a -k one\n-w /b -k two\n-W /a -k one\n-W /c\n"), 0);
	assert_said("audit_rules:4: there is no such rule before it to be deleted\n");
	assert_int_equal(loader.counts.refused, 1);
	assert_int_equal(fake_audit.rule_count, 2);
	assert_kernel_rule(1, "-w /b -k two");
}

static void control_lines_are_applied(void **state)
{
	const struct audit_status *s = &fake_audit.status;

	(void)state;
	fake_audit.status.lost = 0x80000000; /* the kernel answers with it, as an int */
	assert_int_equal(load("-b 8192\n-f 2 -r 100\n--backlog_wait_time 7\n--reset-lost\n"
			      "--loginuid-immutable\n-w /x\n-e 2\n"),
		0);
	assert_said("");
	assert_int_equal(loader.counts.refused, 0);
	assert_int_equal(s->backlog_limit, 8192);
	assert_int_equal(s->failure, 2);
	assert_int_equal(s->rate_limit, 100);
	assert_int_equal(s->backlog_wait_time, 7);
	assert_int_equal(s->lost, 0);
	assert_int_equal(s->enabled, 2);
	assert_int_equal(fake_audit.features.features, 2);
	assert_int_equal(fake_audit.features.mask, 2);
	assert_int_equal(fake_audit.features.lock, 2);
	assert_int_equal(fake_audit.rule_count, 2);
}

static void an_agent_keeps_its_wait_time(void **state)
{
	(void)state;
	loader.config = &configured;
	assert_int_equal(load("--backlog_wait_time 60000\n"), 0);
	assert_said_part("audit_rules:1: warning: --backlog_wait_time is not what ");
	assert_int_equal(fake_audit.status.backlog_wait_time, 15000);
	assert_int_equal(loader.counts.failures, 0);
}

static void refused_settings_are_told(void **state)
{
	(void)state;
	assert_int_equal(load("-q /mnt,/srv\n-t\n"), 0); /* the fake knows neither */
	assert_said("audit_rules:1: the kernel refuses this setting: Invalid argument\n"
		    "audit_rules:2: the kernel refuses this setting: Invalid argument\n");
	assert_int_equal(fake_audit_requests(AUDIT_MAKE_EQUIV), 1);
	assert_int_equal(fake_audit_requests(AUDIT_TRIM), 1);
	assert_int_equal(loader.counts.refused, 2);
}

static void locked_configuration_is_left_alone(void **state)
{
	(void)state;
	/* The lock comes behind all rules, but not behind other settings. */
	assert_int_equal(load("-w /old\n-A always,exit -S 2\n-e 2\n-w /late\n-b 7\n"), 0);
	assert_said("audit_rules:5: the kernel refuses this setting: the configuration is locked "
		    "(EPERM)\n");
	assert_kernel_rule(0, SELF);
	assert_kernel_rule(3, "-w /late");
	assert_int_equal(fake_audit.rule_count, 4);
	fake_audit.request_count = 0;
	assert_int_equal(load("-w /old\n-w /new\n"), 0); /* see test_rules_compare.c */
	assert_true(loader.counts.locked);
	assert_said("not wanted: -a always,exit -S open\n"
		    "not wanted: -w /late -p rwxa\n"
		    "audit_rules:2: missing: -w /new -p rwxa\n");
	assert_int_equal(fake_audit.request_count, 2);
	assert_int_equal(fake_audit.requests[0].type, AUDIT_GET);
	assert_int_equal(fake_audit.requests[1].type, AUDIT_LIST_RULES);
}

static void failures_of_the_socket(void **state)
{
	unsigned calls, failed = 0;

	(void)state;
	assert_int_equal(load("-w /old\n"), 0);
	calls = fake_sys_calls(NULL);
	assert_int_equal(load("-w /x\n-a never,task\n-b 1\n"), 0);
	calls = fake_sys_calls(NULL) - calls;
	for (unsigned n = 1; n <= calls; n++) {
		fake_sys_fail_nth(n, ENOBUFS);
		failed += load("-w /x\n-a never,task\n-b 1\n") < 0 || loader.counts.refused > 0;
		fake_sys_fail_nth(0, 0);
	}
	assert_true(failed > 0);
	assert_int_equal(load("-w /x\n"), 0); /* and it recovers */
	assert_int_equal(fake_audit.rule_count, 2);
	fake_audit.silent = true;
	assert_int_equal(load("-w /x\n"), -ETIMEDOUT);
	fake_audit.silent = false;
	fake_audit.refuse[AUDIT_GET] = EPERM;
	assert_int_equal(load("-w /x\n"), -EPERM);
	fake_audit.refuse[AUDIT_GET] = 0;
	fake_audit.refuse[AUDIT_DEL_RULE] = EIO;
	assert_int_equal(load("-w /y\n"), -EIO);
}

static unsigned rules_until_the_end;

static bool ends_soon(void)
{
	return rules_until_the_end-- == 0;
}

/* A signal does not wait for a thousand rules, neither deleted nor added. */
static void an_end_does_not_wait_for_all(void **state)
{
	(void)state;
	assert_int_equal(load("-w /1\n-w /2\n-w /3\n"), 0);
	assert_int_equal(fake_audit.rule_count, 4); /* one is the agent's own */
	loader.is_ending = ends_soon;
	rules_until_the_end = 1;
	assert_int_equal(load("-w /4\n-w /5\n"), -EINTR);
	assert_int_equal(fake_audit.rule_count, 5);
	rules_until_the_end = 3;
	assert_int_equal(load("-w /4\n-w /5\n"), -EINTR);
	assert_int_equal(fake_audit.rule_count, 4);
	rules_until_the_end = 1000; /* it is not asked more than once a rule */
	assert_int_equal(load("-w /5\n"), 0);
	assert_int_equal(fake_audit.rule_count, 2);
	assert_true(rules_until_the_end > 900);
	assert_int_equal(loader.counts.refused, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, loader_setup, control_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_mistake_is_told_with_its_place),
		TEST(i_and_c_ignore_what_follows),
		TEST(globs_come_in_order),
		TEST(globs_that_cannot_be),
		TEST(files_of_others_are_refused),
		TEST(files_too_large_or_failing),
		TEST(rules_take_the_place_of_those_loaded),
		TEST(more_rules_than_a_list_holds),
		TEST(more_rules_than_are_taken),
		TEST(mistakes_prevent_everything),
		TEST(ignored_mistakes_do_not),
		TEST(refusals_are_told_and_the_rest_is_loaded),
		TEST(prepended_rules_leave_the_agent_first),
		TEST(deleting_lines),
		TEST(control_lines_are_applied),
		TEST(an_agent_keeps_its_wait_time),
		TEST(refused_settings_are_told),
		TEST(locked_configuration_is_left_alone),
		TEST(failures_of_the_socket),
		TEST(an_end_does_not_wait_for_all),
	};

	return cmocka_run_group_tests_name("rules_load", tests, NULL, NULL);
}
