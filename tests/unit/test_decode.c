/* link: decode.o sockaddr_text.o support_core.o */
#include "decode.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "support_core.h"

static void hex(const char *text, const char *bytes, size_t len)
{
	struct span got = decode_hex(scratch_arena(), exact(text));

	assert_bytes_at(got, bytes, len, text, 0);
}
#define HEX(text, bytes) hex(text, bytes, sizeof(bytes) - 1)

static void no_hex(const char *text)
{
	struct arena *a = scratch_arena();
	struct span got = decode_hex(a, exact(text));

	if (got.at)
		fail_msg("taken for hex: %s", text);
	assert_int_equal(a->used, 0); /* nothing is kept of an attempt */
	assert_false(a->exhausted);
}

static void hex_is_upper_case_and_even(void **state)
{
	(void)state;
	HEX("41", "A");
	HEX("2F746D702F6120622E747874", "/tmp/a b.txt");
	HEX("00FF7F80", "\0\xff\x7f\x80");
	HEX("1234", "\x12\x34"); /* a number looks like hex, too */
	HEX("ABCDEF", "\xab\xcd\xef");
	no_hex("");
	no_hex("4");
	no_hex("414");
	no_hex("2f746d70");
	no_hex("2F746d70");
	no_hex("4G");
	no_hex("G4");
	no_hex("41 42");
	no_hex("4142434445464Z");
	no_hex("/tmp");
	no_hex("4:");
	no_hex("4@");
	no_hex("4/");
	no_hex("\xc3\xa4");
}

/* Every character at every place of a text long enough to be read eight at a time, and of its end.
 */
static void hex_knows_every_character(void **state)
{
	(void)state;
	for (unsigned place = 2; place < 22; place++) {
		for (unsigned c = 1; c < 256; c++) {
			static const char digits[] = "0123456789ABCDEF";
			char text[] = "0123456789ABCDEF0F1E2D";
			const char *digit;
			struct span got;

			text[place] = (char)c;
			digit = strchr(digits, (int)c);
			if (!digit) {
				no_hex(text);
				continue;
			}
			got = decode_hex(scratch_arena(), exact(text));
			assert_int_equal(got.len, 11);
			for (unsigned i = 0; i < 11; i++) {
				long high = strchr(digits, text[2 * i]) - digits;
				long low = strchr(digits, text[2 * i + 1]) - digits;

				assert_int_equal((unsigned char)got.at[i], high << 4 | low);
			}
		}
	}
}

/* What a NUL becomes, and that nothing else changes. */
static void nul_among_any_bytes(void **state)
{
	char text[29];

	(void)state;
	for (unsigned c = 1; c < 256; c++) {
		for (unsigned place = 0; place < sizeof(text); place++) {
			memset(text, (int)c, sizeof(text));
			text[place] = '\0';
			assert_int_equal(
				decode_until_nul((struct span){text, sizeof(text)}).len, place);
			decode_nul_to_space((struct span){text, sizeof(text)});
			for (unsigned i = 0; i < sizeof(text); i++)
				assert_int_equal((unsigned char)text[i], i == place ? ' ' : c);
		}
	}
}

static void hex_without_room(void **state)
{
	char memory[16];
	struct arena a = {.base = memory, .size = sizeof(memory)};
	struct span got;

	(void)state;
	got = decode_hex(&a, exact("000102030405060708090A0B0C0D0E0F"));
	assert_int_equal(got.len, 16);
	assert_false(a.exhausted);
	got = decode_hex(&a, exact("41"));
	assert_null(got.at);
	assert_true(a.exhausted);
}

static void nul(void **state)
{
	char argv[] = "ls\0-l\0\0x\0";
	struct span whole = {argv, sizeof(argv) - 1};

	(void)state;
	assert_text(decode_until_nul(exact_bytes("ab\0cd\0", 6)), "ab");
	assert_text(decode_until_nul(exact("abc")), "abc");
	assert_int_equal(decode_until_nul(exact_bytes("\0abc", 4)).len, 0);
	assert_int_equal(decode_until_nul(SPAN_NONE).len, 0);
	decode_nul_to_space(whole);
	assert_text(whole, "ls -l  x "); /* the last one too */
}

static void numbers(void **state)
{
	static const struct {
		const char *text;
		bool is_int, is_uint;
		int64_t value;
	} cases[] = {
		{"0", true, true, 0},
		{"7", true, true, 7},
		{"007", true, true, 7},
		{"-0", true, false, 0},
		{"-13", true, false, -13},
		{"+13", true, false, 13},
		{"9223372036854775807", true, true, INT64_MAX},
		{"-9223372036854775807", true, false, -INT64_MAX},
		{"9223372036854775808", false, true, INT64_MIN},
		{"18446744073709551615", false, true, -1},
		{"18446744073709551616", false, false, 0},
		{"99999999999999999999", false, false, 0},
		{"100000000000000000000", false, false, 0},
		{"", false, false, 0},
		{"-", false, false, 0},
		{"--1", false, false, 0},
		{"-+1", false, false, 0},
		{" 1", false, false, 0},
		{"1 ", false, false, 0},
		{"1a", false, false, 0},
		{"0x1", false, false, 0},
		{"1.0", false, false, 0},
		{"/", false, false, 0},
		{":", false, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct span text = exact(cases[i].text);
		int64_t value = 0;
		uint64_t unsigned_value = 0;

		if (decode_int(text, &value) != cases[i].is_int ||
			decode_uint(text, &unsigned_value) != cases[i].is_uint)
			fail_msg("\"%s\": wrong verdict", cases[i].text);
		if (cases[i].is_int)
			assert_true(value == cases[i].value);
		if (cases[i].is_uint)
			assert_true(unsigned_value == (uint64_t)cases[i].value);
	}
}

static void the_smallest_number(void **state)
{
	int64_t value;

	(void)state;
	assert_true(decode_int(exact("-9223372036854775808"), &value));
	assert_true(value == INT64_MIN);
	assert_false(decode_int(exact("-9223372036854775809"), &value));
}

static void hex_numbers(void **state)
{
	int64_t value;

	(void)state;
	assert_true(decode_hex_number(exact("c000003e"), &value));
	assert_true(value == 0xc000003e);
	assert_true(decode_hex_number(exact("C000003E"), &value));
	assert_true(value == 0xc000003e);
	assert_true(decode_hex_number(exact("-1"), &value));
	assert_true(value == -1);
	assert_true(decode_hex_number(exact("7fffffffffffffff"), &value));
	assert_true(value == INT64_MAX);
	assert_true(decode_hex_number(exact("000000000000000000001"), &value));
	assert_true(value == 1);
	assert_false(decode_hex_number(exact("8000000000000000"), &value));
	assert_false(decode_hex_number(exact("10000000000000000"), &value));
	assert_false(decode_hex_number(exact(""), &value));
	assert_false(decode_hex_number(exact("-"), &value));
	assert_false(decode_hex_number(exact("0x12"), &value));
	assert_false(decode_hex_number(exact("12g"), &value));
}

static void octal_numbers(void **state)
{
	uint64_t value;

	(void)state;
	assert_true(decode_octal(exact("0100644"), &value));
	assert_true(value == 0100644);
	assert_true(decode_octal(exact("1777777777777777777777"), &value));
	assert_true(value == UINT64_MAX);
	assert_false(decode_octal(exact("2000000000000000000000"), &value));
	assert_false(decode_octal(exact("10000000000000000000000"), &value));
	assert_false(decode_octal(exact(""), &value));
	assert_false(decode_octal(exact("8"), &value));
	assert_false(decode_octal(exact("-1"), &value));
}

static void printed_numbers(void **state)
{
	static const uint64_t values[] = {0, 9, 10, 4294967295, UINT64_MAX};
	char small[8];
	struct arena full = {.base = small, .size = 0};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char text[24];

		snprintf(text, sizeof(text), "%llu", (unsigned long long)values[i]);
		assert_text(decode_print_uint(scratch_arena(), values[i]), text);
	}
	assert_null(decode_print_uint(&full, 1).at);
	assert_true(full.exhausted);
}

static void register_ints(void **state)
{
	static const struct {
		const char *text;
		bool good;
		int32_t value;
	} cases[] = {{"2", true, 2}, {"ffffff9c", true, -100}, {"ffffffffffffff9c", true, -100},
		{"1234567800000002", true, 2}, {"7fffffff", true, INT32_MAX}, {"", false, 0},
		{"x", false, 0}, {"12345678x", false, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int32_t value = 0;

		assert_int_equal(
			decode_register_int(span_of(cases[i].text), &value), cases[i].good);
		assert_int_equal(value, cases[i].value);
	}
}

#define TEST(name) cmocka_unit_test_teardown(name, exact_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hex_is_upper_case_and_even),
		TEST(hex_knows_every_character),
		TEST(nul_among_any_bytes),
		TEST(hex_without_room),
		TEST(nul),
		TEST(numbers),
		TEST(the_smallest_number),
		TEST(hex_numbers),
		TEST(register_ints),
		TEST(octal_numbers),
		TEST(printed_numbers),
	};

	return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
