/* link: glob.o */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include "glob.h"

static void test_names(void **state)
{
	(void)state;
	assert_true(glob_match("", ""));
	assert_true(glob_match("*.rules", "10-base.rules"));
	assert_false(glob_match("*.rules", "10-base.rules.bak"));
	assert_false(glob_match("*.rules", ".rules"));
	assert_true(glob_match(".*", ".rules"));
	assert_true(glob_match("[0-9]?-*", "10-base.rules"));
	assert_false(glob_match("[!0-9]*", "10-base.rules"));
	assert_true(glob_match("[]x]", "]"));
	assert_true(glob_match("a[b", "a[b"));
	assert_true(glob_match("a\\*", "a*"));
	assert_false(glob_match("a\\*", "ab"));
	assert_true(glob_match("a*b*c", "axxbxxbxxc"));
	assert_false(glob_match("a*b*c", "axxbxxbxx"));
}

/* A pattern that makes a naive matcher take exponential time. */
static void test_time(void **state)
{
	char name[201];

	(void)state;
	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = i < sizeof(name) - 1 ? 'a' : '\0';
	assert_false(glob_match("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", name));
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 16;
}

/* The C library is the model, for patterns without its classes and collating symbols. */
static void test_like_fnmatch(void **state)
{
	static const char letters[] = "ab*?[]!-.";
	uint32_t seed = 1;
	unsigned matches = 0;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		char pattern[7] = "", name[5] = "";
		unsigned pattern_len = next_random(&seed) % 7, name_len = next_random(&seed) % 5;
		bool plain = true;

		for (unsigned k = 0; k < pattern_len; k++) {
			pattern[k] = letters[next_random(&seed) % (sizeof(letters) - 1)];
			/* Sets that are open, or begin or end oddly, are where libraries differ. */
			plain &= pattern[k] != '[' && pattern[k] != ']';
		}
		for (unsigned k = 0; k < name_len; k++)
			name[k] = "ab.-"[next_random(&seed) % 4];
		if (!plain)
			continue;
		if (glob_match(pattern, name) != (fnmatch(pattern, name, FNM_PERIOD) == 0))
			fail_msg("pattern '%s', name '%s'", pattern, name);
		matches += glob_match(pattern, name);
	}
	assert_true(matches > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_like_fnmatch),
	};

	return cmocka_run_group_tests_name("glob", tests, NULL, NULL);
}
