/* link: record.o record_fields.o record_decode.o decode.o sockaddr_text.o tables.o table_names.o
 * table_keys.o table_norms.o table_syscalls.o support_core.o support_record.o */
#include "record_split.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support_core.h"
#include "support_record.h"

/* A program's type, without msg='...': the kernel did not write this. */
#define ODD RECORD_USER

static void fields_anywhere(void **state)
{
	(void)state;
	check(ODD, "Upper=1 (x=2) a.b=3 \xc3\xa4y=4", "pper=1|x=2)|b=3|y=4", NULL);
	check(ODD, "a=\"x y\"b=1", "a=x y|b=1", NULL);
	check(ODD, "a=x'y=1", "a=x|y=1", NULL);
	check(ODD, "a=1 a=2 word", "a=2", NULL);
	check(ODD, "a=? b=(null) c=\"?\" d=''", "", NULL);
	check(ODD, "a='  x  ' b=\"x b=2", "a=x|b=2", NULL); /* never closed: no value */
	check(ODD, ")')'", "", NULL);
	check(ODD, "a=", "", NULL);
}

static void escaped_quotes(void **state)
{
	(void)state;
	check(ODD, "a='it\\'s' b=1", "a=it\\'s|b=1", NULL);
	check(ODD, "a=\"x\\\"y\" b=1", "a=x\\\"y|b=1", NULL);
	check(ODD, "a=\"x\\\\\" b=1", "a=x\\\\|b=1", NULL);  /* if nothing else closes */
	check(ODD, "a=\"x\\\" b=\"2\"", "a=x\\\" b=", NULL); /* the last but one closes */
	check(ODD, "a='x\\' b=1", "a=x\\|b=1", NULL);
	check(ODD, "a='x\\'y\\'z b=1", "a=x\\'y\\|b=1", NULL);
}

/* It is nobody's hex, but for the working directory, as with the peer. */
static void hex_stays(void **state)
{
	(void)state;
	check(ODD, "acct=6162 comm=6162 exe=\"6162\" cwd=2F62",
		"acct=6162|comm=6162|exe=6162|cwd=/b", NULL);
	check(ODD, "cwd=\"2F62\"", "cwd=2F62", NULL);
}

/* ---- beside a model: the pattern, matched by trying ---------------------------------------- */

/*
 * ([a-z0-9_-]+)=([^"'\s]+|'(\\'|[^'])*'|"(\\"|[^"])*"), leftmost, greedy, first alternative
 * first. This is written as a matcher that goes back when it fails.
 */
struct model_field {
	char name[64], value[64];
};

static struct model_field model[64];
static unsigned model_count;

static bool is_name(char c)
{
	return c && strchr("abcdefghijklmnopqrstuvwxyz0123456789_-", c);
}

static const char *close_quote(const char *at, char quote)
{
	const char *end = NULL;

	if (at[0] == '\\' && at[1] == quote)
		end = close_quote(at + 2, quote);
	if (!end && *at && *at != quote)
		end = close_quote(at + 1, quote);
	if (!end && *at == quote)
		end = at + 1;
	return end;
}

static const char *match_value(const char *at)
{
	size_t n = strcspn(at, "\"' \t\n\f\r");

	if (n)
		return at + n;
	return *at == '\'' || *at == '"' ? close_quote(at + 1, *at) : NULL;
}

static void model_add(const char *name, const char *value)
{
	unsigned i = 0;

	while (i < model_count && strcmp(model[i].name, name) != 0)
		i++;
	model_count += i == model_count;
	strcpy(model[i].name, name);
	strcpy(model[i].value, value);
}

static void model_split(const char *text)
{
	for (const char *at = text; *at;) {
		const char *end = at, *value_end;
		char name[64] = "", value[64] = "";
		size_t from = 0, n;

		while (is_name(*end))
			end++;
		value_end = end > at && *end == '=' ? match_value(end + 1) : NULL;
		if (!value_end) {
			at++;
			continue;
		}
		memcpy(name, at, (size_t)(end - at));
		memcpy(value, end + 1, (size_t)(value_end - end - 1));
		at = value_end;
		for (n = strlen(value); n && strchr("\"' ", value[n - 1]); n--)
			value[n - 1] = '\0';
		while (value[from] && strchr("\"' ", value[from]))
			from++;
		memmove(value, value + from, strlen(value + from) + 1);
		if (!*value || !strcmp(value, "?") || !strcmp(value, "?,") ||
			!strcmp(value, "(null)"))
			continue;
		model_add(name, value);
	}
}

static void as_the_pattern(void **state)
{
	static const char *const tokens[] = {"a", "b", "pid", "msg=", "=", "=", "'", "'", "\"",
		"\"", "\\", "\\'", "\\\"", " ", " ", "?", "?,", "(null)", "X", "\t", "[", "a='",
		"b=\""};
	uint64_t seed = 77;
	unsigned fields = 0;

	(void)state;
	for (int round = 0; round < 200000; round++) {
		char text[64] = "";
		unsigned pieces = random_below(&seed, 15);

		for (unsigned i = 0; i < pieces; i++)
			strcat(text,
				tokens[random_below(&seed, sizeof(tokens) / sizeof(tokens[0]))]);
		if (strstr(text, " msg='"))
			continue; /* not odd */
		model_count = 0;
		model_split(text);
		parse(ODD, text);
		if (test_record.field_count != model_count)
			fail_msg("%u fields, the pattern has %u: %s", test_record.field_count,
				model_count, text);
		for (unsigned i = 0; i < model_count; i++) {
			struct span value = field_of(&test_record, model[i].name);

			assert_bytes_at(value, model[i].value, strlen(model[i].value), text, 0);
		}
		fields += model_count;
		exact_free(NULL);
	}
	if (fields < 40000)
		fail_msg("only %u fields: no test", fields);
}

#define TEST(name) cmocka_unit_test_teardown(name, exact_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(fields_anywhere),
		TEST(escaped_quotes),
		TEST(hex_stays),
		TEST(as_the_pattern),
	};

	return cmocka_run_group_tests_name("record_odd", tests, NULL, NULL);
}
