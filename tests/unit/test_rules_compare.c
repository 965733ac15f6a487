/* link: rules_load.o rules_change.o rules_list.o rules_compare.o rules_print.o sha256.o text.o
 * rules_files.o rules_explain.o rules_compile.o rules_mistake.o nearest.o rules_control.o
 * rules_field.o rules_syscall.o rules_text.o rules_value.o glob.o netlink.o table_rules.o tables.o
 * table_names.o table_syscalls.o table_keys.o table_norms.o support_loader.o support_control.o
 * support_rules.o fake_audit.o fake_sys.o fake_files.o fake_sockets.o */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "fake_audit.h"
#include "fake_sys.h"
#include "support_control.h"
#include "support_loader.h"

static int load(const char *text)
{
	loader_text(text, "r");
	return loader_load();
}

/* Load `there`, lock, and load `wanted`: these lines are said, and nothing is changed. */
static void compare(const char *there, const char *wanted, const char *lines)
{
	static struct fake_audit before;
	const struct rules_counts *n = &loader.counts;
	bool equal = !*lines;

	fake_audit.status.enabled = 1;
	assert_int_equal(load(there), 0);
	assert_string_equal(said, "");
	fake_audit.status.enabled = 2;
	before = fake_audit;
	fake_audit.request_count = 0;
	assert_int_equal(load(wanted), 0);
	assert_string_equal(said, lines);
	assert_true(n->locked);
	assert_int_equal(n->failures == 0, equal);
	assert_int_equal(n->missing + n->unwanted + n->disordered > 0, !equal);
	for (unsigned i = 0; i < fake_audit.request_count; i++)
		assert_true(fake_audit.requests[i].type == AUDIT_GET ||
			    fake_audit.requests[i].type == AUDIT_LIST_RULES);
	assert_int_equal(fake_audit.rule_count, before.rule_count);
	assert_memory_equal(fake_audit.rules, before.rules, sizeof(before.rules));
}

#define COMPARE(there, wanted, lines, n_equal, n_missing, n_unwanted)                              \
	do {                                                                                       \
		compare(there, wanted, lines);                                                     \
		assert_int_equal(loader.counts.equal, n_equal);                                    \
		assert_int_equal(loader.counts.missing, n_missing);                                \
		assert_int_equal(loader.counts.unwanted, n_unwanted);                              \
	} while (0)

static void equal_sets(void **state)
{
	(void)state;
	COMPARE("", "", "", 0, 0, 0);
	COMPARE("-w /a -k k\n-a never,exit -S 1", "-w /a -k k\n-a never,exit -S 1", "", 2, 0, 0);
	COMPARE("-w /a\n-w /b", "-D\n-w /b\n-A always,exit -F path=/a -F perm=rwxa\n-e 1\n-b 9", "",
		2, 0, 0);
}

static void differences(void **state)
{
	(void)state;
	COMPARE("-w /a", "\n-w /b -k k\n-w /a", "r:2: missing: -w /b -p rwxa -k k\n", 1, 1, 0);
	COMPARE("-w /a\n-w /b", "-w /a", "not wanted: -w /b -p rwxa\n", 1, 0, 1);
	COMPARE("-w /a -p w", "-w /a -p r", "not wanted: -w /a -p w\nr:1: missing: -w /a -p r\n", 0,
		1, 1);
	COMPARE("", "-w /a\n-w /a",
		"r:2: the same rule stands before it; once is enough\n"
		"r:1: missing: -w /a -p rwxa\n", /* told once */
		0, 1, 0);
}

static void the_order_matters(void **state)
{
	(void)state;
	COMPARE("-w /a\n-w /b\n-w /c", "-w /b\n-w /a\n-w /c",
		"another order, from here on: -w /b -p rwxa\n", 3, 0, 0);
	COMPARE("-w /a\n-w /b",
		"-w /b\n-A exit,always -S 1\n-W /b\n-w /a\n-w /b\n-d exit,always -S 1", "", 2, 0,
		0);
	/* of each list on its own */
	COMPARE("-a always,task\n-w /a", "-w /a\n-a always,task", "", 2, 0, 0);
}

static void what_is_taken_away_is_not_wanted(void **state)
{
	(void)state;
	COMPARE("-w /a", "-w /a\n-w /b\n-W /b", "", 1, 0, 0);
	COMPARE("-w /a", "-D\n-w /a", "", 1, 0, 0);
	/* What a load would not take is told here, too. */
	assert_int_equal(load("-w /b\n-w /b\n-W /b\n-w /a\n-W /never"), 0);
	assert_string_equal(said, "r:2: the same rule stands before it; once is enough\n"
				  "r:5: there is no such rule before it to be deleted\n");
	assert_int_equal(loader.counts.equal, 1);
	assert_int_equal(loader.counts.failures, 2);
}

/* Another agent's, or ours of an earlier life: it says nothing about the set. */
static void an_agents_own_rule_may_be_there(void **state)
{
	(void)state;
	loader.self_pid = 4711;
	COMPARE("-w /a", "-w /a", "", 1, 0, 0);
	assert_int_equal(fake_audit.rule_count, 2);
	loader.self_pid = 12;
	assert_int_equal(load("-w /a"), 0);
	assert_string_equal(said, "");
	/* others of the kind are rules like any */
	loader.self_pid = 0;
	COMPARE("-a never,exit -S 1 -F pid=7", "", "not wanted: -a never,exit -S write -F pid=7\n",
		0, 0, 1);
	COMPARE("-a never,exit -F pid=7", "-a never,exit -F pid=7", "", 1, 0, 0);
	COMPARE("-a always,task\n-w /a\n-a never,user -F uid=1",
		"-w /a\n-a always,task\n-A never,user -F uid=1", "", 3, 0, 0);
}

static void mistakes_are_told_first(void **state)
{
	(void)state;
	fake_audit.status.enabled = 2;
	assert_int_equal(load("-w /a\n-w b"), -EINVAL);
	assert_string_equal(said, "r:2: the path \"b\" is relative; it must start with /\n");
	assert_int_equal(load("-i\n-w /a\n-w b"), 0);
	assert_string_equal(said, "r:3: the path \"b\" is relative; it must start with /\n"
				  "r:2: missing: -w /a -p rwxa\n");
}

static void talking_to_the_kernel_fails(void **state)
{
	(void)state;
	fake_audit.status.enabled = 2;
	fake_audit.refuse[AUDIT_LIST_RULES] = EPERM;
	assert_int_equal(load("-w /a"), -EPERM);
	fake_audit.refuse[AUDIT_LIST_RULES] = 0;
	fake_audit.rules[0].len = 100; /* no rule */
	fake_audit.rule_count = 1;
	assert_int_equal(load("-w /a"), -EPROTO);
}

static void as_many_rules_as_there_may_be(void **state)
{
	static char text[LIMIT_RULE_FILE_BYTES];
	size_t n = 0;

	(void)state;
	fake_audit.status.enabled = 2;
	for (unsigned i = 0; i < 1700; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "-w /%u\n", i);
	assert_int_equal(load(text), 0);
	assert_int_equal(lines_said, 1700);
	assert_int_equal(loader.counts.missing, 1700);
}

/* ---- deleting ---------------------------------------------------------------------------- */

static void purge_by_key(void **state)
{
	(void)state;
	assert_int_equal(load("-w /a -k one\n-w /b -k two -k one\n-w /c -k ones\n-w /d"), 0);
	loader.counts.deleted = 0;
	assert_int_equal(rules_purge(&loader, &change, &control, "one"), 0);
	assert_int_equal(loader.counts.deleted, 2);
	assert_int_equal(fake_audit.rule_count, 2);
	loader.counts.deleted = 0;
	assert_int_equal(rules_purge(&loader, &change, &control, NULL), 0);
	assert_int_equal(loader.counts.deleted, 2);
	assert_int_equal(fake_audit.rule_count, 0);
}

static void purge_of_a_locked_kernel(void **state)
{
	(void)state;
	assert_int_equal(load("-w /a\n-e 2"), 0);
	assert_int_equal(rules_purge(&loader, &change, &control, NULL), -EPERM);
	assert_true(loader.counts.locked);
	assert_int_equal(fake_audit.rule_count, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, loader_setup, control_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(equal_sets),
		TEST(differences),
		TEST(the_order_matters),
		TEST(what_is_taken_away_is_not_wanted),
		TEST(an_agents_own_rule_may_be_there),
		TEST(mistakes_are_told_first),
		TEST(talking_to_the_kernel_fails),
		TEST(as_many_rules_as_there_may_be),
		TEST(purge_by_key),
		TEST(purge_of_a_locked_kernel),
	};

	return cmocka_run_group_tests_name("rules_compare", tests, NULL, NULL);
}
