/* link: text.o */
#include "text.h"
#include <limits.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* What the C library's makes of it, for every size of the buffer; written exactly into memory. */
#define assert_as_printf(...)                                                                      \
	do {                                                                                       \
		char want[200];                                                                    \
		int len = snprintf(want, sizeof(want), __VA_ARGS__);                               \
                                                                                                   \
		for (size_t size = 1; size <= (size_t)len + 2; size++) {                           \
			char *got = malloc(size);                                                  \
			size_t used = text_format(got, size, __VA_ARGS__);                         \
                                                                                                   \
			snprintf(want, size, __VA_ARGS__);                                         \
			assert_string_equal(got, want);                                            \
			assert_int_equal(used, strlen(want));                                      \
			free(got);                                                                 \
		}                                                                                  \
	} while (0)

static void test_strings(void **state)
{
	const char unterminated[3] = {'a', 'b', 'c'};

	(void)state;
	assert_as_printf("plain");
	assert_as_printf("%s", "whole");
	assert_as_printf("%s%s, %s.", "one", "", "two");
	assert_as_printf("%.3s %.64s %.0s|", "cut here", "short", "nothing");
	assert_as_printf("%.*s and %.*s", 3, unterminated, 0, unterminated);
	assert_as_printf("100%% of %s", "it");
}

static void test_numbers(void **state)
{
	(void)state;
	assert_as_printf("%u %u %u", 0u, 42u, UINT_MAX);
	assert_as_printf("%d %d %d %d", 0, -1, INT_MAX, INT_MIN);
	assert_as_printf("%lu %ld %ld", ULONG_MAX, LONG_MAX, LONG_MIN);
	assert_as_printf("%llu %lld %lld", ULLONG_MAX, LLONG_MAX, LLONG_MIN);
	assert_as_printf("%zu", SIZE_MAX);
	assert_as_printf("%s:%u: %d%s%llu", "file", 7u, -3, "x", 10ull);
}

/* Bits of the arguments that a narrower conversion must not show, and one after the other. */
static void test_many_arguments(void **state)
{
	(void)state;
	assert_as_printf("%u %llu %d %lld %s %u %zu %d", 1u, 1ull << 40, -2, -(1ll << 40), "s", 3u,
		(size_t)4, -5);
}

struct number {
	const char *text;
	unsigned base;
	uint64_t value;
	size_t behind;
};

static void test_reading(void **state)
{
	static const struct number numbers[] = {
		{"0", 10, 0, 1},
		{"3.16", 10, 3, 1},
		{" \t\n12 34", 10, 12, 5},
		{"18446744073709551615", 10, UINT64_MAX, 20},
		{"000001ffffffffff\n", 16, 0x1ffffffffff, 16},
		{"12", 16, 18, 2},
		{"1a", 10, 1, 1},
		{"", 10, 0, 0},
		{"   ", 10, 0, 0},
		{" x", 16, 0, 0},
		{"-1", 10, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const struct number *n = &numbers[i];
		const char *end = NULL;

		assert_int_equal(text_uint(n->text, &end, n->base), n->value);
		assert_ptr_equal(end, n->text + n->behind);
		assert_int_equal(text_uint(n->text, NULL, n->base), n->value);
	}
}

static void test_finding(void **state)
{
	static const char *const words[] = {"", "a", "b", "aa", "ab", "ba", "aab", "aba", "abaab"};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		for (size_t j = 1; j < sizeof(words) / sizeof(words[0]); j++)
			assert_ptr_equal(text_find(words[i], strlen(words[i]), words[j]),
				strstr(words[i], words[j]));
	assert_null(text_find("aab", 2, "b"));
}

static void one_is_singular(void **state)
{
	char got[80];

	(void)state;
	text_format(got, sizeof(got), "%u rule(s), %llu word(s) %s(s) (%d) x(s", 1, 2ULL, "at", 1);
	assert_string_equal(got, "1 rule, 2 words ats (1) x(s");
	text_format(got, sizeof(got), "%u rule(s), %u rule(s), %u rule(s)", 0, 11, 21);
	assert_string_equal(got, "0 rules, 11 rules, 21 rules");
	text_format(got, sizeof(got), "none(s) %zu%%(s)", (size_t)1);
	assert_string_equal(got, "nones 1%");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_many_arguments),
		cmocka_unit_test(test_reading),
		cmocka_unit_test(test_finding),
		cmocka_unit_test(one_is_singular),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
