/* link: support_config.o config_values.o config_table.o config_file.o config_fields.o
 * config_print.o json_scan.o nearest.o output_parse.o text.o fake_sys.o fake_files.o
 * fake_sockets.o support_cjson.o cjson_noalloc.o os_facts.o */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "config_option.h"
#include "fake_sys.h"
#include "support_config.h"

static struct config other;
static char printed[300000], again[300000];

/* ---- printing ---------------------------------------------------------------------------- */

static void assert_round_trip(void)
{
	size_t n = config_print(&config, printed, sizeof(printed));

	assert_true(n > 0);
	assert_int_equal(n, strlen(printed));
	fake_sys_file(FILE_NAME, printed, n);
	config_init(&other);
	if (!config_read(&other, FILE_NAME, false, &error))
		fail_msg("%s", error.text);
	assert_int_equal(config_print(&other, again, sizeof(again)), n);
	assert_string_equal(printed, again);
}

static void test_print_round_trip(void **state)
{
	static const char *const assignments[] = {"socket_type=unicast", "immutable=true",
		"failure_mode=log", "backlog_limit=1", "rate_limit=4294967295",
		"backpressure_strategy=userspace", "backlog_wait_time=0s", "backlog_wait_time=20ms",
		"audit_rules=a \"b\" \\c", "audit_rules=[\"-w /a\", \"\", \"# \\u00fc\\t\"]",
		"audit_rules=\"a\\n\"", "audit_rules=\"\\n\"",
		"audit_rule_files=[\"/a\", \"/b/*.rules\"]", "ignore_errors=true",
		"reassembler.max_in_flight=4096", "reassembler.timeout=1500ms",
		"reassembler.timeout=3m", "lineage.processes=0", "lineage.processes=2048",
		"lineage.rules=true", "watch.interval=0s", "watch.interval=1440m",
		"watch.restore=false", "layout=integration", "resolve_ids=false",
		"passwd_file=", "group_file=/x", "include_raw_message=true",
		"include_warnings=true", "include_message=true", "hostname=h.example", "host.id=h1",
		"namespace=a_b", "agent.id=i", "agent.name=\xc3\xbc", "agent.type=t",
		"state_file=", "tags=[\"a\", \"b\\\"c\"]",
		"fields={\"a.b\": [1, 2.50, \"x\"], \"a.c\": false}", "output=unix:///dev/log",
		"output_fallback=tcp://192.0.2.1", "output_fallback_after=60s", "format=rfc3164",
		"framing=octet", "framing=newline", "max_datagram_bytes=1400", "spool_bytes=0",
		"spool_file=/run/ecsaudit.spool", "spool_drop=newest", "pid_file=/run/x.pid",
		"ready_fd=3", "watchdog_device=/dev/watchdog", "watchdog_timeout=90s",
		"user=watcher:5", "seccomp=false", "metrics.interval=0s", "metrics.interval=5m",
		"status_socket=", "status_socket=/run/x"};
	const struct option *o;

	(void)state;
	assert_round_trip();
	config_print(&config, again, sizeof(again));
	for (size_t i = 0; i < sizeof(assignments) / sizeof(assignments[0]); i++) {
		config_init(&config);
		config_set(assignments[i]);
		assert_round_trip();
		config_init(&config);
		config_print(&config, again, sizeof(again));
		assert_string_not_equal(printed, again); /* it did something */
	}
	for (o = option_table; o->name; o++) {
		size_t i = 0;

		while (strncmp(assignments[i], o->name, strlen(o->name)) != 0)
			assert_true(++i < sizeof(assignments) / sizeof(assignments[0]));
	}
}

static void test_print_has_all(void **state)
{
	const struct option *o;
	size_t n = config_print(&config, printed, sizeof(printed));

	(void)state;
	for (o = option_table; o->name; o++) {
		char line[100];

		snprintf(line, sizeof(line), "\n\t\"%s\": ", o->name);
		assert_non_null(strstr(printed, line));
	}
	for (size_t size = 1; size <= n; size += 97)
		assert_int_equal(config_print(&config, again, size), 0);
	assert_int_equal(config_print(&config, again, n + 1), n);
}

static void test_help_has_all(void **state)
{
	const struct option *o;
	size_t n = config_help(CONFIG_FOR_ALL, printed, sizeof(printed));

	(void)state;
	assert_int_equal(n, strlen(printed));
	for (o = option_table; o->name; o++) {
		assert_non_null(strstr(printed, o->name));
		assert_non_null(strstr(printed, config_option_help(o)));
	}
	assert_non_null(strstr(printed, "  reassembler.max_in_flight=512\n"));
	for (const char *line = printed; *line; line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") <= 100);
	assert_int_equal(config_help(CONFIG_FOR_ALL, again, n), 0);
}

/* A command's page has the options that it uses, and no other. */
static void test_help_of_a_command(void **state)
{
	(void)state;
	assert_true(config_help(CONFIG_FOR_STATUS, printed, sizeof(printed)) > 0);
	assert_int_equal(strncmp(printed, "  status_socket=", 16), 0);
	assert_null(strstr(printed, "\n  output="));
	assert_true(config_help(CONFIG_FOR_RULES, printed, sizeof(printed)) > 0);
	assert_non_null(strstr(printed, "  audit_rules="));
	assert_non_null(strstr(printed, "  group_file="));
	assert_null(strstr(printed, "  layout="));
	assert_true(config_help(CONFIG_FOR_PARSE, printed, sizeof(printed)) > 0);
	assert_non_null(strstr(printed, "  layout="));
	assert_non_null(strstr(printed, "  group_file="));
	assert_non_null(strstr(printed, "  spool_drop="));
	assert_null(strstr(printed, "  socket_type="));
	assert_null(strstr(printed, "  audit_rules="));
	assert_null(strstr(printed, "  spool_file="));
}

/* The file that a firmware builder edits says what the program does without it. */
static void test_board_file(void **state)
{
	const struct option *o;
	size_t n = config_print(&config, printed, sizeof(printed));

	(void)state;
	fake_sys_pass("board/");
	if (!config_read(&config, "board/ecsaudit.json", false, &error))
		fail_msg("%s", error.text);
	assert_int_equal(config_print(&config, again, sizeof(again)), n);
	assert_string_equal(printed, again);
	/* Nothing is left out: a file in which every option stands cannot be amended by another. */
	for (o = option_table; o->name; o++) {
		const char *dot = strrchr(o->name, '.');
		char line[100];
		FILE *f = fopen("board/ecsaudit.json", "r");
		bool found = false;

		assert_non_null(f);
		while (fgets(again, sizeof(again), f)) {
			snprintf(line, sizeof(line), "\"%s\": ", dot ? dot + 1 : o->name);
			found |= strncmp(again + strspn(again, "\t"), line, strlen(line)) == 0;
		}
		fclose(f);
		if (!found)
			fail_msg("board/ecsaudit.json lacks %s", o->name);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, config_setup, config_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_print_round_trip),
		TEST(test_print_has_all),
		TEST(test_help_has_all),
		TEST(test_help_of_a_command),
		TEST(test_board_file),
	};

	return cmocka_run_group_tests_name("config_print", tests, NULL, NULL);
}
