/* link: json.o */
#include "json.h"
#include "limits.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static char region[256 * 1024];
static struct arena arena = {.base = region, .size = sizeof(region)};
static char out[64 * 1024];

static void expect_text(const char *bytes, size_t n, const char *want)
{
	size_t len;

	arena_reset(&arena);
	len = json_write(json_text(&arena, (struct span){bytes, (uint32_t)n}), out, sizeof(out));
	assert_int_equal(len, strlen(want));
	assert_memory_equal(out, want, len);
}

#define EXPECT_TEXT(bytes, want) expect_text(bytes, sizeof(bytes) - 1, want)

/* ---- an independent idea of what a text becomes ------------------------------------------ */

/* Decode one character the plain way: by value, then the checks. -1: not well-formed. */
static long decode(const unsigned char *s, size_t n, size_t *len)
{
	static const long least[] = {0, 0, 0x80, 0x800, 0x10000};
	long value;

	*len = s[0] < 0x80 ? 1 : s[0] >> 5 == 6 ? 2 : s[0] >> 4 == 14 ? 3 : s[0] >> 3 == 30 ? 4 : 0;
	if (!*len || *len > n)
		return -1;
	value = *len == 1 ? s[0] : s[0] & (0x7f >> *len);
	for (size_t i = 1; i < *len; i++) {
		if (s[i] >> 6 != 2)
			return -1;
		value = value << 6 | (s[i] & 0x3f);
	}
	if (value < least[*len] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
		return -1;
	return value;
}

/* Characters that are written as \uXXXX though JSON would let them stand. */
static bool is_escaped(long value)
{
	return (value >= 0x80 && value < 0xa0) || value == 0x2028 || value == 0x2029;
}

/* What the writer should make of the bytes, with quotes. */
static size_t model(const unsigned char *s, size_t n, char *to, bool *valid)
{
	char *p = to;
	size_t len;
	long value;

	*valid = true;
	*p++ = '"';
	for (size_t i = 0; i < n; i += len) {
		value = decode(s + i, n - i, &len);
		if (value < 0) {
			p += sprintf(p, "\xef\xbf\xbd");
			len = 1;
			*valid = false;
		} else if (value == '"' || value == '\\') {
			p += sprintf(p, "\\%c", (char)value);
		} else if (value < 0x20) {
			const char *at = value ? strchr("\bb\tt\nn\ff\rr", (int)value) : NULL;

			p += at ? sprintf(p, "\\%c", at[1]) : sprintf(p, "\\u%04lx", value);
		} else if (is_escaped(value)) {
			p += sprintf(p, "\\u%04lx", value);
		} else {
			memcpy(p, s + i, len);
			p += len;
		}
	}
	*p++ = '"';
	return (size_t)(p - to);
}

/* Read a JSON string back to bytes. -1: it is none. */
static long unquote(const char *s, size_t n, char *to)
{
	char *p = to;
	size_t i;

	if (n < 2 || s[0] != '"' || s[n - 1] != '"')
		return -1;
	for (i = 1; i < n - 1; i++) {
		unsigned code;

		if ((unsigned char)s[i] < 0x20 || s[i] == '"')
			return -1;
		if (s[i] != '\\') {
			*p++ = s[i];
			continue;
		}
		i++;
		switch (s[i]) {
		case 'b':
			*p++ = '\b';
			break;
		case 'f':
			*p++ = '\f';
			break;
		case 'n':
			*p++ = '\n';
			break;
		case 'r':
			*p++ = '\r';
			break;
		case 't':
			*p++ = '\t';
			break;
		case '"':
		case '\\':
			*p++ = s[i];
			break;
		case 'u':
			if (sscanf(s + i + 1, "%4x", &code) != 1)
				return -1;
			if (code >= 0x80 && !is_escaped(code))
				return -1;
			if (code >= 0x800)
				*p++ = (char)(0xe0 | code >> 12);
			if (code >= 0x80)
				*p++ = (char)(code >= 0x800 ? 0x80 | (code >> 6 & 63)
							    : 0xc0 | code >> 6);
			*p++ = (char)(code >= 0x80 ? 0x80 | (code & 63) : code);
			i += 4;
			break;
		default:
			return -1;
		}
	}
	return i == n - 1 ? p - to : -1;
}

/* Write the bytes from memory of exactly their size: a sanitizer sees a read beyond it. */
static void check_bytes(const unsigned char *bytes, size_t n)
{
	char *exact = malloc(n ? n : 1);
	static char want[4096], back[4096];
	size_t want_len, len;
	bool valid;

	memcpy(exact, bytes, n);
	arena_reset(&arena);
	want_len = model(bytes, n, want, &valid);
	len = json_write(json_text(&arena, (struct span){exact, (uint32_t)n}), out, sizeof(out));
	assert_int_equal(len, want_len);
	assert_memory_equal(out, want, len);
	if (valid) {
		assert_int_equal(unquote(out, len, back), n);
		assert_memory_equal(back, bytes, n);
	}
	free(exact);
}

#define FFFD "\xef\xbf\xbd"

/* ---- the tests ------------------------------------------------------------------------- */

/* Of what stands for one character. */
static size_t unit_len(const char *s)
{
	const unsigned char c = (unsigned char)*s;

	if (c == '\\')
		return s[1] == 'u' ? 6 : 2;
	return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* A text that is cut, at each length, is the longest in whole characters of what json_write() makes
 * of it; memory of exactly the size: a sanitizer sees what exceeds it. */
static void test_cut(void **state)
{
	static const char *const texts[] = {"a\"b", "\\", "\\\\u0041\\", "\1\2", "\n\\u",
		"x\xc3\xa9y", "\xe2\x82\xac\"", "\xc2\x85z", "\xe2\x80\xa8", "\xf0\x9f\x98\x80",
		"\xe2\x82", "\xff", "a\1b\xff\""};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const size_t n = strlen(texts[i]), len = 40 * n;
		char *text = malloc(len), *whole = malloc(6 * len + JSON_SLACK);
		size_t all;

		for (size_t at = 0; at < len; at += n)
			memcpy(text + at, texts[i], n);
		arena_reset(&arena);
		all = json_write(json_text(&arena, (struct span){text, (uint32_t)len}), whole,
			      6 * len + JSON_SLACK) -
		      2;
		for (size_t most = 0; most < all + 3; most++) {
			char *to = malloc(1 + json_escape_room(len, most));
			size_t got = json_escape(to + 1, text, len, most), cut = got;
			size_t at = 0;

			assert_true(most >= all ? got == all : got > most);
			if (got > most)
				cut = json_cut(to + 1, most);
			assert_memory_equal(to + 1, whole + 1, cut);
			/* As far as whole characters go. */
			while (at < all && at + unit_len(whole + 1 + at) <= most)
				at += unit_len(whole + 1 + at);
			assert_int_equal(cut, at);
			free(to);
		}
		free(whole);
		free(text);
	}
}

static void test_escapes(void **state)
{
	(void)state;
	EXPECT_TEXT("", "\"\"");
	EXPECT_TEXT("a", "\"a\"");
	EXPECT_TEXT("say \"hi\" to C:\\", "\"say \\\"hi\\\" to C:\\\\\"");
	EXPECT_TEXT("\b\t\n\f\r", "\"\\b\\t\\n\\f\\r\"");
	EXPECT_TEXT("\0\x01\x1f\x7f/", "\"\\u0000\\u0001\\u001f\x7f/\"");
	/* Ends of a line to some readers, and commands to some terminals. */
	EXPECT_TEXT("\xe2\x80\xa8\xe2\x80\xa9", "\"\\u2028\\u2029\"");
	EXPECT_TEXT("\xe2\x80\xa7\xe2\x80\xaf", "\"\xe2\x80\xa7\xe2\x80\xaf\"");
	EXPECT_TEXT("\xc2\x80\xc2\x85\xc2\x9f\xc2\xa0", "\"\\u0080\\u0085\\u009f\xc2\xa0\"");
	EXPECT_TEXT("\xe2\x80", "\"" FFFD FFFD "\"");
}

static void test_invalid_utf8(void **state)
{
	(void)state;
	EXPECT_TEXT("\x80", "\"" FFFD "\"");
	EXPECT_TEXT("a\xff"
		    "b",
		"\"a" FFFD "b\"");
	EXPECT_TEXT("\xc0\x80", "\"" FFFD FFFD "\"");			/* overlong */
	EXPECT_TEXT("\xe0\x9f\xbf", "\"" FFFD FFFD FFFD "\"");		/* overlong */
	EXPECT_TEXT("\xf0\x8f\xbf\xbf", "\"" FFFD FFFD FFFD FFFD "\""); /* overlong */
	EXPECT_TEXT("\xed\xa0\x80", "\"" FFFD FFFD FFFD "\"");		/* surrogate */
	EXPECT_TEXT("\xed\xa0\xbd\xed\xb8\x80", "\"" FFFD FFFD FFFD FFFD FFFD FFFD "\"");
	EXPECT_TEXT("\xf4\x90\x80\x80", "\"" FFFD FFFD FFFD FFFD "\""); /* > U+10FFFF */
	EXPECT_TEXT("\xf0\x9f\x98", "\"" FFFD FFFD FFFD "\"");		/* cut */
	EXPECT_TEXT("\xf0\x9f\x98x", "\"" FFFD FFFD FFFD "x\"");
	EXPECT_TEXT("\xed\x9f\xbf\xee\x80\x80", "\"\xed\x9f\xbf\xee\x80\x80\"");
	EXPECT_TEXT("\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\"");
	EXPECT_TEXT("\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"");
}

/* Pairs of bytes at every place of a word; all of them at one. */
static void test_every_pair(void **state)
{
	unsigned char bytes[24];

	(void)state;
	for (unsigned place = 0; place < 9; place++) {
		for (unsigned pair = 0; pair < 65536; pair += place == 3 ? 1 : 7) {
			memset(bytes, 'x', sizeof(bytes));
			bytes[place] = (unsigned char)(pair >> 8);
			bytes[place + 1] = (unsigned char)pair;
			check_bytes(bytes, place + 2 + (pair & 7));
		}
	}
}

static void test_any_bytes(void **state)
{
	static const unsigned char edges[] = {0x00, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x5b, 0x5c, 0x5d,
		0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xa8, 0xa9, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1,
		0xe2, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf3, 0xf4, 0xf5, 0xff};
	unsigned char bytes[120];
	unsigned seed = 1;

	(void)state;
	for (unsigned round = 0; round < 200000; round++) {
		size_t n = (seed = seed * 1103515245 + 12345) >> 16 & 63;
		unsigned kind = round % 4;

		for (size_t i = 0; i < n; i++) {
			unsigned r = (seed = seed * 1103515245 + 12345) >> 16;

			if (kind == 0)
				bytes[i] = (unsigned char)r;
			else if (kind == 1 || r % 8 == 0)
				bytes[i] = edges[r / 8 % sizeof(edges)];
			else
				bytes[i] = (unsigned char)(' ' + r % 95);
		}
		check_bytes(bytes, n);
	}
}

/* Every scalar value that Unicode has: check_bytes() reads it back. */
static void test_every_character(void **state)
{
	unsigned char bytes[8];

	(void)state;
	for (unsigned long c = 0x80; c <= 0x10ffff; c += c < 0x3000 ? 1 : 97) {
		size_t n = 0;

		if (c >= 0xd800 && c < 0xe000)
			continue;
		bytes[n++] = 'x';
		if (c < 0x800) {
			bytes[n++] = (unsigned char)(0xc0 | c >> 6);
		} else if (c < 0x10000) {
			bytes[n++] = (unsigned char)(0xe0 | c >> 12);
			bytes[n++] = (unsigned char)(0x80 | (c >> 6 & 63));
		} else {
			bytes[n++] = (unsigned char)(0xf0 | c >> 18);
			bytes[n++] = (unsigned char)(0x80 | (c >> 12 & 63));
			bytes[n++] = (unsigned char)(0x80 | (c >> 6 & 63));
		}
		bytes[n++] = (unsigned char)(0x80 | (c & 63));
		check_bytes(bytes, n);
		if (!is_escaped((long)c))
			assert_memory_equal(out + 1, bytes, n);
	}
}

/* Whatever a text becomes, the size at which it fits is exact. */
static void check_tight(const unsigned char *text, size_t n)
{
	char want[1024];
	bool valid;
	size_t len = model(text, n, want, &valid);
	const cJSON *node;

	arena_reset(&arena);
	node = json_text(&arena, (struct span){(const char *)text, (uint32_t)n});
	for (size_t size = 0; size < 8 * len; size++) {
		char *exact = malloc(size ? size : 1);
		size_t got = json_write(node, exact, size);

		assert_int_equal(got, size < len + JSON_SLACK ? 0 : len);
		if (got)
			assert_memory_equal(exact, want, len);
		free(exact);
	}
}

static void test_tight_text(void **state)
{
	static const unsigned char mixed[] =
		"0123456789 \" \\ \x01 \xc3\xa9 \xff and more of it, and more of it";
	unsigned char worst[150];

	(void)state;
	check_tight(mixed, sizeof(mixed) - 1);
	memset(worst, 0x01, sizeof(worst));
	check_tight(worst, sizeof(worst));
	memset(worst, 0xff, sizeof(worst));
	check_tight(worst, sizeof(worst));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_invalid_utf8),
		cmocka_unit_test(test_every_pair),
		cmocka_unit_test(test_any_bytes),
		cmocka_unit_test(test_every_character),
		cmocka_unit_test(test_tight_text),
	};

	return cmocka_run_group_tests_name("json_text", tests, NULL, NULL);
}
