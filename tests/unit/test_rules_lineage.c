/* link: support_loader.o support_control.o support_rules.o fake_audit.o fake_sys.o fake_files.o
 * fake_sockets.o */
#include "rules_lineage.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "fake_audit.h"
#include "rules_explain.h"
#include "rules_print.h"
#include "support_control.h"
#include "support_loader.h"
#include "support_rules.h"

#define KEY " -k ecsaudit-lineage\n"
#define OLD "fork,vfork,clone,clone3,setsid,setpgid -F success=1" KEY
#define NEW "clone,clone3,setsid,setpgid -F success=1" KEY

/* ---- the text ------------------------------------------------------------------------------- */

#define RULES(arch, flags, calls)                                                                  \
	"-a never,exit -F arch=" arch " -S clone -F " flags "&0x10000" KEY                         \
	"-a always,exit -F arch=" arch " -S execve,execveat," calls "-a always,exit -F arch=" arch \
	" -S exit_group" KEY

static const struct {
	const char *machine, *text;
} machines[] = {
	{"x86_64", RULES("b64", "a0", OLD) RULES("b32", "a0", OLD)},
	{"i686", RULES("b32", "a0", OLD)},
	{"aarch64", RULES("b64", "a0", NEW) RULES("b32", "a0", OLD)},
	{"armv7l", RULES("b32", "a0", OLD)},
	{"s390x", RULES("b64", "a1", OLD) RULES("b32", "a1", OLD)},
	{"riscv64", RULES("b64", "a0", NEW) RULES("b32", "a0", NEW)},
	{"ppc64le", RULES("b64", "a0", OLD)},
	/* Their numbers, from 4000 and 5000 on, have no room in a rule. */
	{"mips", ""},
	{"mips64", ""},
	/* The names of their calls are not known. */
	{"sparc64", ""},
	{"nonsense", ""},
};

static void each_machine_has_what_it_knows(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(machines) / sizeof(*machines); i++) {
		char text[LIMIT_LINEAGE_RULES_BYTES];

		rules_lineage_text(machines[i].machine, text);
		assert_string_equal(text, machines[i].text);
		support_environment.machine = machines[i].machine;
		for (const char *at = text; *at; at += strcspn(at, "\n") + 1) {
			char line[512];

			snprintf(line, sizeof(line), "%.*s", (int)strcspn(at, "\n"), at);
			assert_int_equal(support_compile(line), RULES_ADD);
			assert_string_equal(support_line.warning, "");
		}
	}
}

/* ---- as a part of the set ------------------------------------------------------------------- */

static void prepare(const char *text)
{
	loader_text(text, "audit_rules");
	loader.self_pid = 4711;
	loader.has_lineage = true;
	loader.config = &configured;
}

static void load(const char *text)
{
	prepare(text);
	assert_int_equal(loader_load(), 0);
}

static void they_are_the_last(void **state)
{
	(void)state;
	load("-w /a -p wa -k a\n-a never,user -F uid=7\n-A always,exit -S all -F uid=9 -k m\n");
	assert_said("");
	assert_int_equal(loader.counts.rules, 9);
	assert_int_equal(loader.counts.lineage, 6);
	assert_int_equal(loader.counts.loaded, 9);
	assert_int_equal(fake_audit.rule_count, 10);
	assert_int_equal(rules_lineage_count(&change.wanted), 6);
	/* The kernel lists the user list first. */
	assert_kernel_rule(1, "-a never,exit -S all -F pid=4711");
	assert_kernel_rule(2, "-a always,exit -S all -F uid=9 -k m");
	assert_kernel_rule(4, "-a never,exit -F arch=b64 -S clone -F a0&0x10000 -k " LINEAGE_KEY);
	assert_kernel_rule(9, "-a always,exit -F arch=b32 -S exit_group -k " LINEAGE_KEY);
}

static void only_those_at_the_end_count(void **state)
{
	(void)state;
	loader_text("-a always,exit -S fork -k " LINEAGE_KEY "\n-w /a -p wa -k a\n", "r");
	assert_int_equal(loader_load(), 0);
	assert_int_equal(rules_lineage_count(&change.wanted), 0);
	loader_text("-a never,user -F uid=7\n-a always,exit -S fork -k " LINEAGE_KEY "\n", "r");
	assert_int_equal(loader_load(), 0);
	assert_int_equal(rules_lineage_count(&change.wanted), 1);
	loader_text("", "r");
	assert_int_equal(loader_load(), 0);
	assert_int_equal(rules_lineage_count(&change.wanted), 0);
}

static void a_line_of_them_is_named(void **state)
{
	(void)state;
	load("-a always,exit -F arch=b32 -S exit_group -k " LINEAGE_KEY "\n");
	assert_said("lineage.rules:6: warning: the same rule stands before it; once is enough\n");
	assert_int_equal(loader.counts.rules, 6);
	assert_int_equal(loader.counts.lineage, 5);
}

static void without_the_switch_there_are_none(void **state)
{
	(void)state;
	load("");
	loader_text("", "audit_rules");
	loader.has_lineage = false;
	assert_int_equal(loader_load(), 0);
	assert_int_equal(loader.counts.rules, 0);
	assert_int_equal(loader.counts.deleted, 6);
	assert_int_equal(fake_audit.rule_count, 1);
}

static void a_machine_without_calls_is_told(void **state)
{
	(void)state;
	support_environment.machine = "mips";
	load("");
	assert_said("lineage.rules: warning: no rule can name the system calls of this machine: "
		    "none is loaded\n");
	assert_int_equal(loader.counts.warnings, 1);
	assert_int_equal(loader.counts.failures, 0);
	assert_int_equal(fake_audit.rule_count, 1);
}

static void locked_it_is_one_line(void **state)
{
	(void)state;
	loader_text("-w /a -p wa -k a\n", "audit_rules");
	assert_int_equal(loader_load(), 0);
	fake_audit.status.enabled = 2;
	load("-w /a -p wa -k a\n-w /b -p wa -k b\n");
	assert_said("audit_rules:2: missing: -w /b -p wa -k b\n"
		    "lineage.rules: 6 of its rules missing: none can be loaded before the next "
		    "boot\n");
	assert_int_equal(loader.counts.missing, 7);
	assert_int_equal(loader.counts.failures, 7);
	assert_int_equal(fake_audit.rule_count, 1);
}

static void locked_with_them_is_as_wanted(void **state)
{
	(void)state;
	load("-w /a -p wa -k a\n");
	fake_audit.status.enabled = 2;
	load("-w /a -p wa -k a\n");
	assert_said("");
	assert_int_equal(loader.counts.equal, 7);
	assert_int_equal(loader.counts.missing + loader.counts.unwanted, 0);
}

/* ---- rules that take calls from them --------------------------------------------------------- */

#define ALL_CALLS "execve, execveat, fork, vfork, clone, clone3, setsid, setpgid, exit_group"

/* On which machine, which rule, which calls it takes; "" none. */
static const struct {
	const char *machine, *rule, *calls;
} takers[] = {
	{"x86_64", "-a never,exit -F arch=b64 -S fork", "fork"},
	{"x86_64", "-a never,exit -F arch=b32 -S vfork,exit_group", "vfork, exit_group"},
	{"x86_64", "-a never,exit -F arch=b64 -S clone,clone3 -k x", "clone, clone3"},
	{"x86_64", "-a never,exit -F arch=b64 -S execve,setsid,openat", "execve, setsid"},
	{"x86_64", "-a never,exit -S all", ALL_CALLS},
	{"x86_64", "-a never,exit -F arch=b64 -S all", ALL_CALLS},
	{"x86_64", "-a never,exit -F arch!=b32 -S 322", "execveat"},
	{"x86_64", "-a never,exit -S all -F uid=33", "partly " ALL_CALLS},
	{"x86_64", "-a never,exit -S 57", "fork, setpgid"}, /* of i386 it is setpgid */
	{"x86_64", "-a never,exit -F arch=b64 -S fork,setpgid -F pid=5", "partly fork, setpgid"},
	{"x86_64", "-a never,exit -F arch=b64 -S fork -F exe=/bin/x", "partly fork"},
	/* Not successful ones are not ours; of exit_group it is not known. */
	{"x86_64", "-a never,exit -F arch=b64 -S fork,exit_group -F success=1", "fork"},
	{"x86_64", "-a never,exit -F arch=b64 -S fork,exit_group -F success=0", ""},
	{"x86_64", "-a never,exit -F arch=b64 -S fork,exit_group -F success!=0",
		"fork, exit_group"},
	{"x86_64", "-a never,exit -F arch=b64 -S fork,exit_group -F success!=1", "exit_group"},
	{"x86_64", "-a never,exit -F arch=b64 -S fork -F exit=-ENOMEM", "partly fork"},
	/* Threads alone. On s390x the flags are a1. */
	{"x86_64", "-a never,exit -F arch=b64 -S clone -F a0&0x10000", ""},
	{"x86_64", "-a never,exit -F arch=b64 -S clone -F a0&=0x10100", ""},
	{"x86_64", "-a never,exit -F arch=b64 -S clone -F a0&0x10100", "partly clone"},
	{"x86_64", "-a never,exit -F arch=b64 -S clone -F a0&=0x100", "partly clone"},
	{"x86_64", "-a never,exit -F arch=b64 -S clone -F a1&0x10000", "partly clone"},
	{"x86_64", "-a never,exit -F arch=b64 -S clone -F a0=0x10000", "partly clone"},
	{"x86_64", "-a never,exit -F arch=b64 -S fork,clone -F a0&0x10000", "partly fork"},
	{"s390x", "-a never,exit -F arch=b64 -S clone -F a1&0x10000", ""},
	{"s390x", "-a never,exit -F arch=b64 -S clone -F a0&0x10000", "partly clone"},
	/* A file: only execve and execveat have one. */
	{"x86_64", "-a never,exit -F dir=/usr/share", "partly execve, execveat"},
	{"x86_64", "-a never,exit -F path=/bin/x -F perm=x", "partly execve, execveat"},
	{"x86_64", "-a never,exit -F dir=/usr/share -F perm=rwa", ""},
	{"x86_64", "-a never,exit -S all -F perm=x", "execve, execveat"},
	/* No call of ours, no architecture of ours, no `never`, no list of calls. */
	{"x86_64", "-a never,exit -F arch=b64 -S openat,adjtimex", ""},
	{"x86_64", "-a never,exit -F arch=aarch64 -S clone", ""},
	{"x86_64", "-a always,exit -F arch=b64 -S fork -k f", ""},
	{"x86_64", "-a never,user -F uid=1", ""},
	{"x86_64", "-a always,exclude -F msgtype=CWD", ""},
	{"aarch64", "-a never,exit -F arch=b64 -S clone -F gid=1", "partly clone"},
	{"aarch64", "-a never,exit -F arch=b32 -S fork", "fork"},
	{"armv7l", "-a never,exit -S execve", "execve"},
	{"mips", "-a never,exit -S all -F uid=33", ""},
	{"x86_64", "-a never,task", "all calls"},
	{"x86_64", "-a never,task -F uid=33", "partly all calls"},
};

static void each_taker_is_named(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(takers) / sizeof(*takers); i++) {
		char text[512], expected[1024] = "";
		struct text t;

		support_environment.machine = takers[i].machine;
		snprintf(text, sizeof(text), "%s\n", takers[i].rule);
		prepare(text);
		assert_true(rules_prepare(&loader, &change));
		rules_lineage_look(&loader, &change.wanted);
		assert_int_equal(support_compile(takers[i].rule), RULES_ADD);
		if (*takers[i].calls) {
			int n = snprintf(expected, sizeof(expected), "%s: ", takers[i].calls);

			text_init(&t, expected + n, sizeof(expected) - (size_t)n);
			rules_print(&t, &support_line.rule, takers[i].machine, RULES_AUDITCTL);
		}
		assert_string_equal(loader.lineage_hidden, expected);
	}
}

static void they_are_one_line(void **state)
{
	(void)state;
	load("-a never,task -F uid=5\n-a never,exit -F arch=b64 -S clone,fork -F a0&2\n"
	     "-a never,exit -F arch=b64 -S vfork\n-w /a -p wa -k a\n");
	rules_lineage_print(&loader);
	assert_said("lineage.rules: these rules keep calls from it: "
		    "partly all calls: -a never,task -F uid=5; "
		    "partly fork, clone: -a never,exit -F arch=b64 -S clone,fork -F a0&0x2; "
		    "vfork: -a never,exit -F arch=b64 -S vfork\n");
	load("-w /a -p wa -k a\n");
	rules_lineage_print(&loader);
	assert_said("");
}

/* As many as there is room for, and how many more. */
static void of_many_the_first_are_named(void **state)
{
	static char text[65536];
	size_t used = 0;

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
			"-a never,exit -S all -F exe=/opt/%0*u\n", (int)(i * 2 + 1), i);
	load(text);
	assert_non_null(strstr(loader.lineage_hidden, "-F exe=/opt/0; partly execve"));
	used = strlen(loader.lineage_hidden);
	assert_true(used < LIMIT_LINEAGE_HIDDEN_BYTES);
	assert_string_equal(loader.lineage_hidden + used - 5, " more");
	/* A rule that is cut, and counted ones. */
	snprintf(text, sizeof(text), "-a never,exit -S all -F exe=/%0200u\n", 0);
	load(text);
	used = strlen(loader.lineage_hidden);
	assert_string_equal(loader.lineage_hidden + used - 5, "00...");
}

static int refuse_never(const struct audit_rule_data *rule)
{
	return rule->action == AUDIT_NEVER ? EINVAL : 0;
}

static int no_path(void *arg, const char *path)
{
	(void)arg;
	(void)path;
	return -ENOENT;
}

/* One that the kernel refuses takes nothing; one that waits for its path will. */
static void what_is_loaded_counts(void **state)
{
	static const char rule[] = "-a never,exit -F arch=b64 -S fork -F exe=/opt/x\n";

	(void)state;
	fake_audit.refuse_rule = refuse_never;
	load(rule);
	fake_audit.refuse_rule = NULL;
	assert_string_equal(loader.lineage_hidden, "");
	support_environment.check_path = no_path;
	load(rule);
	assert_int_equal(loader.waiting.count, 1);
	assert_string_equal(loader.lineage_hidden,
		"partly fork: -a never,exit -F arch=b64 -S fork -F exe=/opt/x");
}

/* Without the switch nobody asks. */
static void without_the_switch_none_is_named(void **state)
{
	(void)state;
	load("-a never,task\n");
	assert_string_equal(loader.lineage_hidden, "all calls: -a never,task");
	loader_text("-a never,task\n", "audit_rules");
	loader.has_lineage = false;
	assert_int_equal(loader_load(), 0);
	assert_string_equal(loader.lineage_hidden, "");
}

#define TEST(function) cmocka_unit_test_setup(function, loader_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_machine_has_what_it_knows),
		TEST(they_are_the_last),
		TEST(only_those_at_the_end_count),
		TEST(a_line_of_them_is_named),
		TEST(without_the_switch_there_are_none),
		TEST(a_machine_without_calls_is_told),
		TEST(locked_it_is_one_line),
		TEST(locked_with_them_is_as_wanted),
		TEST(each_taker_is_named),
		TEST(they_are_one_line),
		TEST(of_many_the_first_are_named),
		TEST(what_is_loaded_counts),
		TEST(without_the_switch_none_is_named),
	};

	return cmocka_run_group_tests_name("rules_lineage", tests, NULL, NULL);
}
