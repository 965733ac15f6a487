/* link: record_header.o support_core.o */
#include "record_header.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "support_core.h"

static struct record_header header;

static void expect(const char *text, int64_t time_ms, uint32_t serial, const char *body)
{
	struct span span = exact(text);

	assert_true(record_header_parse(span, &header));
	assert_true(header.time_ms == time_ms);
	assert_int_equal(header.serial, serial);
	assert_text(((struct span){span.at + header.body, span.len - header.body}), body);
}

static void expect_none(const char *text)
{
	if (record_header_parse(exact(text), &header))
		fail_msg("taken for a header: %s", text);
}

static void time_serial_and_body(void **state)
{
	(void)state;
	expect("audit(1490137971.011:50406): pid=1", 1490137971011, 50406, ": pid=1");
	expect("audit(1.002:3):", 1002, 3, ":");
	expect("audit(0.000:0)", 0, 0, "");
	expect("audit(5.7:1)x", 5007, 1, "x"); /* milliseconds are a number, not a fraction */
	expect("audit(0005.0007:001): ", 5007, 1, ": ");
}

static void the_largest(void **state)
{
	(void)state;
	expect("audit(1.0:4294967295): ", 1000, UINT32_MAX, ": ");
	expect_none("audit(1.0:4294967296): ");
	expect_none("audit(1.0:99999999999999999999): ");
	expect("audit(8796093022208.0:1)", INT64_C(8796093022208000), 1, "");
	expect_none("audit(8796093022209.0:1)");
	expect("audit(0.9007199254740992:1)", INT64_C(9007199254740992), 1, "");
	expect_none("audit(0.9007199254740993:1)");
	expect_none("audit(999999999999999999999999999999.0:1)");
}

static void what_is_no_header(void **state)
{
	static const char *const texts[] = {"", "a", "audit", "audit(", "audit()", "audit(1",
		"audit(1.", "audit(1.0", "audit(1.0:", "audit(1.0:1", "audit(.0:1)", "audit(1.:1)",
		"audit(1.0:)", "audit(1:0:1)", "audit(1.0.1)", "audit(-1.0:1)", "audit(1.0:-1)",
		"audit(1.0: 1)", "audit( 1.0:1)", " audit(1.0:1)", "AUDIT(1.0:1)", "audit(1.0:0x1)",
		"audit(1.0:1a)", "msg=audit(1.0:1)", "audit(1.0:1:1)"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		expect_none(texts[i]);
}

/* Every beginning of a header, read no further than it is long. */
static void cut_anywhere(void **state)
{
	const char whole[] = "audit(1490137971.011:50406)";

	(void)state;
	for (size_t len = 0; len < sizeof(whole) - 1; len++)
		assert_false(record_header_parse(exact_bytes(whole, len), &header));
	assert_true(record_header_parse(exact_bytes(whole, sizeof(whole) - 1), &header));
}

static void expect_next(struct record_header_last *last, const char *text, uint32_t serial)
{
	const struct record_header *next = record_header_next(last, exact(text));

	assert_non_null(next);
	assert_int_equal(next->serial, serial);
	assert_true(next->time_ms == 1002);
	assert_text(span_of(text + next->body), ": x");
}

/* A header that is the last one's text is known; one that only begins like it is another. */
static void one_after_another(void **state)
{
	struct record_header_last last = {.now = {.body = 0}};

	(void)state;
	assert_null(record_header_next(&last, exact("")));
	expect_next(&last, "audit(1.002:34): x", 34);
	expect_next(&last, "audit(1.002:34): x", 34);
	expect_next(&last, "audit(1.002:345): x", 345);
	expect_next(&last, "audit(1.002:34): x", 34);
	expect_next(&last, "audit(01.002:34): x", 34);
	expect_next(&last, "audit(1.002:3): x", 3);
	assert_null(record_header_next(&last, exact("audit(1.002:3")));
	assert_null(record_header_next(&last, exact("audit(1.002:3")));
	expect_next(&last, "audit(1.002:3): x", 3);
	assert_null(record_header_next(&last, exact("audit(x")));
	assert_null(record_header_next(&last, exact("")));
	/* As long as one can be; one digit more is none. */
	expect_next(&last, "audit(000000000000000001.000000000000000002:000000000000000009): x", 9);
	expect_next(&last, "audit(000000000000000001.000000000000000002:000000000000000009): x", 9);
	assert_int_equal(last.now.body, sizeof(last.text));
	assert_null(record_header_next(&last,
		exact("audit(0000000000000000001.000000000000000002:000000000000000009): x")));
	expect_next(&last, "audit(1.002:7): x", 7);
}

static void trimmed_at_both_ends(void **state)
{
	(void)state;
	assert_text(record_trim(exact("audit")), "audit");
	assert_text(record_trim(exact(" \t\n\v\f\r audit(1) x \r\n")), "audit(1) x");
	assert_text(record_trim(exact_bytes("x\0\n\0", 4)), "x");
	assert_text(record_trim(exact_bytes("\0x", 2)), "x");
	assert_bytes(record_trim(exact_bytes("a\0b", 3)), "a\0b");
	assert_int_equal(record_trim(exact("")).len, 0);
	assert_int_equal(record_trim(exact_bytes(" \0 \n", 4)).len, 0);
	assert_text(record_trim(exact("\x01x\xa0")), "\x01x\xa0"); /* no other bytes */
}

#define TEST(name) cmocka_unit_test_teardown(name, exact_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(time_serial_and_body),
		TEST(the_largest),
		TEST(what_is_no_header),
		TEST(cut_anywhere),
		TEST(one_after_another),
		TEST(trimmed_at_both_ends),
	};

	return cmocka_run_group_tests_name("record_header", tests, NULL, NULL);
}
