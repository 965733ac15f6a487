/* link: rules_text.o */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "rules_text.h"

static char words[1024];
static const char *mistake;

/* The words of a line, joined by '|'. They lie one behind the other, each with its NUL. */
static void assert_words(const char *line, int count, const char *joined)
{
	struct span span = span_of(line);
	/* In a block of its own size: an overrun is seen. */
	char *got = malloc(span.len + 1), *end = got;

	assert_int_equal(rules_text_split(span, got, &mistake), count);
	for (int i = 0; i < count; i++) {
		end += strlen(end);
		*end++ = i + 1 < count ? '|' : '\0';
	}
	assert_string_equal(count ? got : "", joined);
	free(got);
}

static void words_are_separated_by_blanks(void **state)
{
	(void)state;
	assert_words("", 0, "");
	assert_words(" \t ", 0, "");
	assert_words("-D", 1, "-D");
	assert_words("  -a  always,exit\t-S open ", 4, "-a|always,exit|-S|open");
}

static void comments_begin_a_line(void **state)
{
	(void)state;
	assert_words("# -D", 0, "");
	assert_words("\t #-D", 0, "");
	assert_words("-D # all", 3, "-D|#|all");
	assert_words("-k a#b", 2, "-k|a#b");
}

static void quotes_and_escapes_keep_blanks(void **state)
{
	(void)state;
	assert_words("-w '/a b'", 2, "-w|/a b");
	assert_words("-w \"/a b\"", 2, "-w|/a b");
	assert_words("-w /a\\ b", 2, "-w|/a b");
	assert_words("-F key=\"a b\"c", 2, "-F|key=a bc");
	assert_words("\"it's\"", 1, "it's");
	assert_words("'say \"x\"'", 1, "say \"x\"");
	assert_words("\"a\\\"b\\\\\"", 1, "a\"b\\");
	assert_words("a\\\\b \\n '\\'", 3, "a\\b|\\n|\\");
	assert_words("''", 1, "");
	assert_words("end\\", 1, "end\\");
}

static void open_quotes_are_mistakes(void **state)
{
	const char *lines[] = {"-k 'a b", "-k \"", "-k it's", "-k \"a\\\""};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		assert_int_equal(rules_text_split(span_of(lines[i]), words, &mistake), -1);
		assert_non_null(strstr(mistake, "quote"));
	}
}

static void nul_is_a_mistake(void **state)
{
	(void)state;
	assert_int_equal(rules_text_split((struct span){"-D\0-e", 5}, words, &mistake), -1);
	assert_non_null(strstr(mistake, "NUL"));
}

static void lines_are_counted(void **state)
{
	static const char text[] = "one\n\r\n\nfour\r\nfive";
	const char *expected[] = {"one", "", "", "four", "five"};
	struct rules_text t = {text, sizeof(text) - 1, 0};
	struct span line;

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		assert_true(rules_text_next(&t, &line));
		assert_int_equal(t.line, i + 1);
		assert_true(span_is(line, expected[i]));
	}
	assert_false(rules_text_next(&t, &line));
	assert_int_equal(t.line, 5);
}

static void a_last_newline_begins_no_line(void **state)
{
	struct rules_text t = {"a\n", 2, 0}, none = {"", 0, 0};
	struct span line;

	(void)state;
	assert_true(rules_text_next(&t, &line));
	assert_false(rules_text_next(&t, &line));
	assert_false(rules_text_next(&none, &line));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_separated_by_blanks),
		cmocka_unit_test(comments_begin_a_line),
		cmocka_unit_test(quotes_and_escapes_keep_blanks),
		cmocka_unit_test(open_quotes_are_mistakes),
		cmocka_unit_test(nul_is_a_mistake),
		cmocka_unit_test(lines_are_counted),
		cmocka_unit_test(a_last_newline_begins_no_line),
	};

	return cmocka_run_group_tests_name("rules_text", tests, NULL, NULL);
}
