/* link: rules_compile.o rules_mistake.o nearest.o rules_control.o rules_field.o rules_syscall.o
 * rules_text.o rules_value.o text.o rules_explain.o rules_host.o identity.o table_rules.o tables.o
 * table_names.o table_syscalls.o table_keys.o table_norms.o support_rules.o fake_sys.o fake_files.o
 * fake_sockets.o */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fake_sys.h"
#include "rules_explain.h"
#include "rules_host.h"
#include "support_rules.h"

static int setup(void **state)
{
	(void)state;
	fake_sys_reset();
	support_rules_reset();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(fake_sys_open_count(), 0);
	fake_sys_reset();
	return 0;
}

/* ---- control lines ----------------------------------------------------------------------- */

static const struct rules_control *control(const char *line, unsigned set)
{
	if (support_compile(line) != RULES_CONTROL)
		fail_msg("%s: %s", line, support_line.mistake);
	assert_int_equal(support_line.control.set, set);
	assert_string_equal(support_line.warning, "");
	return &support_line.control;
}

static void control_lines(void **state)
{
	const struct rules_control *c;

	(void)state;
	assert_null(control("-D", RULES_DELETE_ALL)->key);
	assert_int_equal(control("-e 2", RULES_ENABLED)->enabled, 2);
	assert_int_equal(control("-f0", RULES_FAILURE)->failure, 0);
	assert_int_equal(control("-r 100", RULES_RATE_LIMIT)->rate_limit, 100);
	assert_int_equal(control("-b 0x2000", RULES_BACKLOG_LIMIT)->backlog_limit, 8192);
	assert_int_equal(
		control("--backlog_wait_time 60000", RULES_BACKLOG_WAIT_TIME)->backlog_wait_time,
		60000);
	assert_int_equal(
		control("--backlog_wait_time=0", RULES_BACKLOG_WAIT_TIME)->backlog_wait_time, 0);
	control("-i", RULES_IGNORE);
	control("-c", RULES_CONTINUE);
	control("-ic", RULES_IGNORE | RULES_CONTINUE);
	control("-t", RULES_TRIM);
	control("--loginuid-immutable", RULES_LOGINUID_IMMUTABLE);
	control("--reset-lost", RULES_RESET_LOST);
	control("--reset_backlog_wait_time_actual", RULES_RESET_WAIT_TIME);
	c = control("-q '/mnt/a b,/srv'", RULES_EQUIVALENT);
	assert_string_equal(c->mount, "/mnt/a b");
	assert_string_equal(c->subtree, "/srv");
	assert_string_equal(control("-R /etc/x.rules", RULES_READ_FILE)->file, "/etc/x.rules");
	assert_string_equal(control("-D -k old", RULES_DELETE_ALL)->key, "old");
	c = control("-b 8192 -f 1 -e 1", RULES_BACKLOG_LIMIT | RULES_FAILURE | RULES_ENABLED);
	assert_int_equal(c->backlog_limit, 8192);
	assert_int_equal(c->failure, 1);
	assert_int_equal(c->enabled, 1);
}

static void nothing_at_all(void **state)
{
	static const char *const lines[] = {"", "   ", "\t", "# -D", " # x"};

	(void)state;
	for (unsigned i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		assert_int_equal(support_compile(lines[i]), RULES_NOTHING);
}

static void wrong_control_lines(void **state)
{
	static const struct {
		const char *line, *parts;
	} m[] = {
		{"-e", "-e needs a value|0|1|2"},
		{"-e 3", "-e|\"3\"|locked"},
		{"-e on", "-e|\"on\""},
		{"-f 3", "-f|\"3\"|panic"},
		{"-r -1", "-r|-1"},
		{"-b many", "-b|many"},
		{"-b 4294967296", "-b|4294967296"},
		{"--backlog_wait_time", "needs a value"},
		{"--backlog_wait_time=x", "x"},
		{"--reset-lost=1", "--reset-lost|takes no value"},
		{"-q /mnt", "-q|MOUNT,SUBTREE"},
		{"-q /mnt,", "-q"},
		{"-q ,/mnt", "-q"},
		{"-q /a,/b,/c", "-q"},
		{"-R ''", "-R"},
		{"-b 1 -b 2", "-b twice"},
		{"-ii", "-i twice"},
		{"-D -e 1 -k x", "two lines"},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(m) / sizeof(*m); i++)
		support_assert_mistake(m[i].line, m[i].parts);
}

/* ---- what a rule holds ------------------------------------------------------------------- */

static void texts_and_keys_of_a_rule(void **state)
{
	static struct rules_data copy;
	size_t size;

	(void)state;
	support_compile("-w /etc/passwd -p wa -k one -k two");
	size = rules_size(&support_line.rule);
	assert_true(rules_explain_copy(&copy, &support_line.rule, size));
	assert_memory_equal(&copy, &support_line.rule, size);
	assert_true(span_is(rules_explain_text(&copy, AUDIT_WATCH), "/etc/passwd"));
	assert_true(span_is(rules_explain_text(&copy, AUDIT_FILTERKEY), "one\001two"));
	assert_int_equal(rules_explain_text(&copy, AUDIT_EXE).len, 0);
	assert_true(rules_explain_has_key(&copy, "one"));
	assert_true(rules_explain_has_key(&copy, "two"));
	assert_false(rules_explain_has_key(&copy, "on"));
	assert_false(rules_explain_has_key(&copy, "one\001two"));
	assert_false(rules_explain_has_key(&copy, ""));
	support_compile("-a always,task");
	assert_false(rules_explain_has_key(&support_line.rule, "one"));
}

static void broken_rules_of_the_kernel(void **state)
{
	static struct rules_data copy, bad;
	size_t size;

	(void)state;
	support_compile("-w /etc/passwd -k x");
	size = rules_size(&support_line.rule);
	for (size_t len = 0; len < size; len++)
		assert_false(rules_explain_copy(&copy, &support_line.rule, len));
	bad = support_line.rule;
	bad.field_count = 65;
	assert_false(rules_explain_copy(&copy, &bad, size));
	bad.field_count = 0xffffffff;
	assert_false(rules_explain_copy(&copy, &bad, size));
	bad = support_line.rule;
	for (uint32_t i = 1; i <= 2000; i++) { /* with 32 bits, the sum would wrap */
		bad.buflen = 0u - i;
		assert_false(rules_explain_copy(&copy, &bad, size));
	}
	bad = support_line.rule;
	bad.values[0]++;
	assert_false(rules_explain_copy(&copy, &bad, size));
	bad.values[0] = 0xffffffff;
	assert_false(rules_explain_copy(&copy, &bad, size));
	assert_false(rules_explain_copy(&copy, &bad, sizeof(bad) + 1));
}

static void refusals_in_words(void **state)
{
	static const struct {
		const char *line;
		int error;
		const char *machine, *part;
	} r[] = {
		{"-w /no/such", -ENOENT, "x86_64", "would hold /no/such does not exist"},
		{"-a always,exit -F exe=/no/x", -ENOENT, "x86_64", "/no/x"},
		{"-a always,exit -F dir=/no", -ENOENT, "x86_64", "directory /no does not exist"},
		{"-a always,exit -F subj_role=x", -ENOENT, "x86_64", "no such label"},
		{"-w /x", -ENOSPC, "x86_64", "no room"},
		{"-a always,exit", -ENOMEM, "x86_64", "error 12"},
		{"-a always,exit", -EINVAL, "x86_64", "EINVAL"},
		{"-a always,exit", -EINVAL, NULL, "EINVAL"},
		{"-a always,exit", -EINVAL, "mips", "on mips"},
		{"-a always,io_uring", -EINVAL, "x86_64", "5.16"},
		{"-a always,filesystem", -EINVAL, "x86_64", "4.16"},
		{"-a always,exit -F uid=0 -F saddr_fam=2", -EINVAL, "x86_64", "saddr_fam"},
		{"-a always,exit -C uid!=euid -F sessionid=1", -EINVAL, "x86_64", "sessionid"},
	};
	char why[LIMIT_PATH_BYTES + 256];

	(void)state;
	for (unsigned i = 0; i < sizeof(r) / sizeof(*r); i++) {
		support_compile(r[i].line);
		rules_explain_refusal(
			r[i].error, &support_line.rule, r[i].machine, why, sizeof(why));
		if (!strstr(why, r[i].part))
			fail_msg("%s: \"%s\" lacks \"%s\"", r[i].line, why, r[i].part);
	}
}

/* ---- this machine ------------------------------------------------------------------------ */

static void the_environment_of_this_machine(void **state)
{
	static struct identity identity;
	static struct rules_host host;
	const struct rules_environment *env = &host.environment;
	uint32_t id = 7;

	(void)state;
	fake_sys_file_text(
		"/etc/passwd", "root:x:0:0::/:/bin/sh\nalice:x:4294967294:5::/:/bin/sh\n");
	fake_sys_file_text("/etc/group", "root:x:0:\nwheel:x:10:alice\n");
	fake_sys_file_text("/srv/www/index.html", "");
	fake_sys_uname(NULL, NULL, "aarch64");
	identity_open(&identity, "/etc/passwd", "/etc/group");
	rules_host_init(&host, &identity);
	assert_string_equal(env->machine, "aarch64");
	assert_true(env->find_user(env->arg, "alice", &id));
	assert_int_equal(id, 4294967294u);
	assert_true(env->find_user(env->arg, "root", &id));
	assert_int_equal(id, 0);
	assert_false(env->find_user(env->arg, "wheel", &id));
	assert_true(env->find_group(env->arg, "wheel", &id));
	assert_int_equal(id, 10);
	assert_false(env->find_group(env->arg, "", &id));
	assert_true(env->is_directory(env->arg, "/srv/www"));
	assert_false(env->is_directory(env->arg, "/srv/www/index.html"));
	assert_false(env->is_directory(env->arg, "/none"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(control_lines),
		TEST(nothing_at_all),
		TEST(wrong_control_lines),
		TEST(texts_and_keys_of_a_rule),
		TEST(broken_rules_of_the_kernel),
		TEST(refusals_in_words),
		TEST(the_environment_of_this_machine),
	};

	return cmocka_run_group_tests_name("rules_control", tests, NULL, NULL);
}
