/* link: timestamp.o */
#include "timestamp.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <cmocka.h>

static void expect(int64_t seconds, uint32_t ms, const char *want)
{
	struct timestamp t = {0};

	assert_true(span_is(timestamp_format(&t, seconds, ms), want));
}

static void test_known(void **state)
{
	(void)state;
	expect(0, 0, "1970-01-01T00:00:00.000Z");
	expect(1649343950, 500, "2022-04-07T15:05:50.500Z");
	expect(951782400, 7, "2000-02-29T00:00:00.007Z");
	expect(4107542399, 999, "2100-02-28T23:59:59.999Z");
	expect(4107542400, 0, "2100-03-01T00:00:00.000Z");
	expect(-1, 42, "1969-12-31T23:59:59.042Z");
	expect(2147483648, 0, "2038-01-19T03:14:08.000Z");
}

static void test_clamped(void **state)
{
	(void)state;
	expect(253402300799, 1, "9999-12-31T23:59:59.001Z");
	expect(253402300800, 1, "9999-12-31T23:59:59.999Z");
	expect(INT64_MAX, 0, "9999-12-31T23:59:59.999Z");
	expect(-62167219200, 1, "0000-01-01T00:00:00.001Z");
	expect(-62167219201, 1, "0000-01-01T00:00:00.000Z");
	expect(INT64_MIN, 999, "0000-01-01T00:00:00.000Z");
	expect(0, 1000, "1970-01-01T00:00:00.999Z");
	expect(0, UINT32_MAX, "1970-01-01T00:00:00.999Z");
}

/* Every day of four centuries and more, against the C library. */
static void test_calendar(void **state)
{
	struct timestamp t = {0};
	char want[32];

	(void)state;
	for (int64_t day = -200000; day < 200000; day++) {
		time_t second = (time_t)(day * 86400 + (day & 0xffff));
		struct tm tm;

		gmtime_r(&second, &tm);
		strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S.123Z", &tm);
		assert_true(span_is(timestamp_format(&t, second, 123), want));
	}
}

static void test_cached(void **state)
{
	struct timestamp t = {0};

	(void)state;
	assert_true(span_is(timestamp_format(&t, 5, 1), "1970-01-01T00:00:05.001Z"));
	assert_true(span_is(timestamp_format(&t, 5, 20), "1970-01-01T00:00:05.020Z"));
	assert_true(span_is(timestamp_format(&t, 6, 3), "1970-01-01T00:00:06.003Z"));
	assert_true(span_is(timestamp_format(&t, 5, 4), "1970-01-01T00:00:05.004Z"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_clamped),
		cmocka_unit_test(test_calendar),
		cmocka_unit_test(test_cached),
	};

	return cmocka_run_group_tests_name("timestamp", tests, NULL, NULL);
}
