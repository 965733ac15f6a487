/* link: rules_print.o rules_compile.o rules_mistake.o nearest.o rules_control.o rules_field.o
 * rules_syscall.o rules_text.o rules_value.o text.o table_rules.o tables.o table_names.o
 * table_syscalls.o table_keys.o table_norms.o support_rules.o */
/*
 * Every rule of rules/, of tests/vm/rules and of the conformance corpus, where that is there
 * ($CONFORMANCE): compiled, printed and compiled again it has the same bytes.
 */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "rules_print.h"
#include "rules_table.h"
#include "rules_text.h"
#include "support_rules.h"

static char bytes[LIMIT_RULE_FILE_BYTES];
static char printed[LIMIT_RULE_TEXT_BYTES];
static unsigned rules;

/* Whether a path is a directory must not matter the second time: it is another then. */
static bool is_directory(void *arg, const char *path)
{
	(void)path;
	return *(const unsigned *)arg % 2;
}

static void round_trip(struct span line, const char *file)
{
	static struct rules_data before;
	static unsigned turn;
	enum rules_kind kind;
	struct text t;

	support_environment.is_directory = is_directory;
	support_environment.arg = &turn;
	turn = rules;
	kind = rules_compile(&support_environment, line, &support_line);
	if (kind != RULES_ADD && kind != RULES_DELETE)
		return;
	turn++;
	rules++;
	before = support_line.rule;
	text_init(&t, printed, sizeof(printed));
	rules_print(&t, &before, support_environment.machine, RULES_EXACT);
	assert_false(t.full);
	if (support_compile(printed) != RULES_ADD)
		fail_msg("%s: %.*s\nis printed: %s\n%s", file, (int)line.len, line.at, printed,
			support_line.mistake);
	if (memcmp(&before, &support_line.rule, sizeof(before)) != 0)
		fail_msg("%s: %.*s\nis printed: %s\nand is other bytes", file, (int)line.len,
			line.at, printed);
}

static void round_trip_file(const char *file)
{
	FILE *f = fopen(file, "re");
	struct rules_text text = {.at = bytes};
	struct span line;

	if (!f)
		fail_msg("%s cannot be opened", file);
	text.left = fread(bytes, 1, sizeof(bytes), f);
	assert_int_equal(fclose(f), 0);
	while (rules_text_next(&text, &line))
		round_trip(line, file);
}

/* The number of rules in all files that match. */
static unsigned round_trip_files(const char *pattern)
{
	static const char *const machines[] = {"x86_64", "i686", "aarch64", "armv7l", "riscv64"};
	unsigned first;
	glob_t found;

	support_rules_reset();
	rules = 0;
	if (glob(pattern, 0, NULL, &found) != 0)
		return 0;
	for (size_t m = 0; m < sizeof(machines) / sizeof(*machines); m++) {
		support_environment.machine = machines[m];
		first = rules;
		for (size_t i = 0; i < found.gl_pathc; i++)
			round_trip_file(found.gl_pathv[i]);
		print_message("# %s: %u rules on %s\n", pattern, rules - first, machines[m]);
	}
	globfree(&found);
	return rules;
}

static void our_rules(void **state)
{
	(void)state;
	assert_true(round_trip_files("rules/*.rules") > 0);
	assert_true(round_trip_files("tests/vm/rules/*.rules") > 300);
}

static void the_corpus(void **state)
{
	const char *folder = getenv("CONFORMANCE");
	char pattern[512];

	(void)state;
	snprintf(pattern, sizeof(pattern), "%s/rules/*.rules",
		folder ? folder : "../shared/conformance");
	if (round_trip_files(pattern) == 0)
		skip();
}

/* Each field with each operator and values from both ends. */
#define LISTS	  6
#define OPERATORS 8
#define VALUES	  21
static void every_field(void **state)
{
	static const char *const operators[OPERATORS] = {
		"=", "!=", "<", ">", "<=", ">=", "&", "&="};
	static const char *const values[VALUES] = {"0", "1", "13", "-13", "4294967294",
		"4294967295", "0x80000000", "CWD", "EACCES", "-EPERM", "b64", "i386", "mips64",
		"0xc00000f3", "wrax", "\"/a b/'c'/\\\"\\\\d\"", "fifo", "cgroup2", "unset", "root",
		"users"};
	static const char *const lists[LISTS] = {
		"exit", "task", "user", "exclude", "filesystem", "io_uring"};
	char line[256];

	(void)state;
	support_rules_reset();
	rules = 0;
	for (const struct rule_field *f = rule_fields; *f->name; f++) {
		for (unsigned i = 0; i < LISTS * OPERATORS * VALUES; i++) {
			snprintf(line, sizeof(line), "-a never,%s -F %s%s%s -S 1", lists[i % LISTS],
				f->name, operators[i / LISTS % OPERATORS],
				values[i / LISTS / OPERATORS]);
			round_trip(span_of(line), "fields");
			line[strlen(line) - strlen(" -S 1")] = '\0';
			round_trip(span_of(line), "fields");
		}
	}
	assert_true(rules > 5000);
}

/* All system calls but the last ones are not all; and the end of a key is not that of the line. */
static void almost(void **state)
{
	char line[16384] = "-a always,exit -S 0";
	char number[8];

	(void)state;
	support_rules_reset();
	rules = 0;
	for (unsigned i = 1; i < 2016; i++) {
		snprintf(number, sizeof(number), ",%u", i);
		support_append(line, sizeof(line), number);
	}
	round_trip(span_of(line), "almost all");
	support_append(line, sizeof(line), ",2031");
	round_trip(span_of(line), "almost all");
	round_trip(span_of("-w /x -k \"a\r\""), "ends in CR");
	assert_null(strstr(printed, "=a\r"));
	assert_int_equal(rules, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_rules),
		cmocka_unit_test(the_corpus),
		cmocka_unit_test(every_field),
		cmocka_unit_test(almost),
	};

	return cmocka_run_group_tests_name("rules_roundtrip", tests, NULL, NULL);
}
