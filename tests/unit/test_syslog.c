/* link: syslog.o */
#include "syslog.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static const char time_text[] = "2022-04-07T15:05:50.500Z";

static char out[SYSLOG_HEADER_BYTES + 1];

static const char *header(struct syslog *s, enum syslog_severity severity, struct span msgid)
{
	struct syslog_event e = {.severity = severity, .timestamp = time_text, .msgid = msgid};
	size_t len = syslog_header(s, &e, out);

	assert_true(len <= SYSLOG_HEADER_BYTES);
	out[len] = '\0';
	return out;
}

static void test_rfc5424(void **state)
{
	struct syslog s;

	(void)state;
	syslog_init(&s, FORMAT_RFC5424, SPAN("router"), 812, SPAN("1.0"));
	assert_string_equal(header(&s, SYSLOG_INFO, SPAN("SYSCALL")),
		"<110>1 2022-04-07T15:05:50.500Z router ecsaudit 812 SYSCALL "
		"[meta sequenceId=\"1\"][timeQuality tzKnown=\"1\" isSynced=\"0\"]"
		"[origin software=\"ecsaudit\" swVersion=\"1.0\"] ");
	s.synced = true;
	assert_string_equal(header(&s, SYSLOG_NOTICE, SPAN("UNKNOWN[1420]")),
		"<109>1 2022-04-07T15:05:50.500Z router ecsaudit 812 UNKNOWN[1420] "
		"[meta sequenceId=\"2\"][timeQuality tzKnown=\"1\" isSynced=\"1\"]"
		"[origin software=\"ecsaudit\" swVersion=\"1.0\"] ");
	assert_memory_equal(header(&s, SYSLOG_ALERT, SPAN("X")), "<105>1 ", 7);
}

static void test_rfc3164(void **state)
{
	struct syslog s;

	(void)state;
	syslog_init(&s, FORMAT_RFC3164, SPAN("router"), 812, SPAN("1.0"));
	assert_string_equal(header(&s, SYSLOG_INFO, SPAN("SYSCALL")),
		"<110>Apr  7 15:05:50 router ecsaudit[812]: @cee: ");
}

static void test_months(void **state)
{
	static const char *const names[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct syslog s;
	struct syslog_event e = {.severity = SYSLOG_INFO, .msgid = SPAN("X")};
	char stamp[64];

	(void)state;
	syslog_init(&s, FORMAT_RFC3164, SPAN("h"), 1, SPAN("1"));
	for (int month = 1; month <= 12; month++) {
		snprintf(stamp, sizeof(stamp), "2022-%02d-31T23:59:58.999Z", month);
		e.timestamp = stamp;
		syslog_header(&s, &e, out);
		assert_memory_equal(out + 5, names[month - 1], 3);
		assert_memory_equal(out + 8, " 31 23:59:58 h ecsaudit[1]: @cee: ", 34);
	}
}

static void test_json(void **state)
{
	struct syslog s;

	(void)state;
	syslog_init(&s, FORMAT_JSON, SPAN("router"), 812, SPAN("1.0"));
	assert_string_equal(header(&s, SYSLOG_INFO, SPAN("SYSCALL")), "");
}

static void test_sequence_wraps(void **state)
{
	struct syslog s;

	(void)state;
	syslog_init(&s, FORMAT_RFC5424, SPAN("r"), 1, SPAN("1"));
	s.sequence = 2147483646;
	assert_non_null(strstr(header(&s, SYSLOG_INFO, SPAN("X")), "sequenceId=\"2147483647\""));
	assert_non_null(strstr(header(&s, SYSLOG_INFO, SPAN("X")), "sequenceId=\"1\""));
}

/* Nothing that a host may be called breaks the header or its bounds. */
static void test_sanitised(void **state)
{
	struct syslog s;
	char name[600], type[600];

	(void)state;
	syslog_init(&s, FORMAT_RFC5424, SPAN_NONE, 1, SPAN("a\"]\\b"));
	assert_string_equal(header(&s, SYSLOG_INFO, SPAN_NONE),
		"<110>1 2022-04-07T15:05:50.500Z - ecsaudit 1 - "
		"[meta sequenceId=\"1\"][timeQuality tzKnown=\"1\" isSynced=\"0\"]"
		"[origin software=\"ecsaudit\" swVersion=\"a---b\"] ");
	syslog_init(&s, FORMAT_RFC5424, SPAN("my host\n\x7f\xc3\xa9"), 1, SPAN("1"));
	assert_non_null(strstr(
		header(&s, SYSLOG_INFO, SPAN("A B")), "Z my-host---- ecsaudit 1 A-B [meta "));

	memset(name, 'n', sizeof(name));
	memset(type, 'T', sizeof(type));
	for (int format = FORMAT_RFC5424; format <= FORMAT_RFC3164; format++) {
		syslog_init(&s, (enum config_format)format, (struct span){name, sizeof(name)},
			UINT32_MAX, (struct span){name, sizeof(name)});
		s.sequence = 2147483646;
		header(&s, SYSLOG_INFO, (struct span){type, sizeof(type)});
		assert_int_equal(strspn(strchr(out, 'n'), "n"), 255);
		if (format == FORMAT_RFC5424)
			assert_int_equal(strspn(strchr(strstr(out, " 4294967295 "), 'T'), "T"), 32);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc5424),
		cmocka_unit_test(test_rfc3164),
		cmocka_unit_test(test_months),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_sequence_wraps),
		cmocka_unit_test(test_sanitised),
	};

	return cmocka_run_group_tests_name("syslog", tests, NULL, NULL);
}
