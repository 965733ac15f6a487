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

/* ---- single types ------------------------------------------------------------------------ */

static void test_numbers(void **state)
{
	(void)state;
	config_set("max_datagram_bytes=1400");
	config_set("max_datagram_bytes=65507");
	config_bad_set("max_datagram_bytes=1399",
		"-o max_datagram_bytes: 1399; expected a whole number from 1400 to 65507");
	config_bad_set("max_datagram_bytes=65508",
		"-o max_datagram_bytes: 65508; expected a whole number from 1400 to 65507");
	config_bad_set("rate_limit=4294967296",
		"-o rate_limit: 4294967296; expected a whole number from 0 to 4294967295");
	config_bad_set("rate_limit=0.5",
		"-o rate_limit: 0.5; expected a whole number from 0 to 4294967295");
	config_bad_set("rate_limit=1e999",
		"-o rate_limit: 1e999; expected a whole number from 0 to 4294967295");
	config_bad_set(
		"rate_limit=-1", "-o rate_limit: -1; expected a whole number from 0 to 4294967295");
	config_bad_set(
		"rate_limit=1x", "-o rate_limit: 1x; expected a whole number from 0 to 4294967295");
	config_bad_set("rate_limit=",
		"-o rate_limit: nothing; expected a whole number from 0 to 4294967295");
	assert_int_equal(config.max_datagram_bytes, 65507);
	config_bad_set("lineage.processes=2049",
		"-o lineage.processes: 2049; expected a whole number from 0 to 2048");
}

/* Rules for a table of no processes would cost for nothing. */
static void test_lineage_rules(void **state)
{
	(void)state;
	assert_false(config_has_lineage_rules(&config));
	config_set("lineage.rules=true");
	assert_true(config_has_lineage_rules(&config));
	config_set("lineage.processes=0");
	assert_false(config_has_lineage_rules(&config));
}

static void test_durations(void **state)
{
	static const char *const wrong[] = {"", "2", "s", "-1s", "2 s", "2h", "0s", "11m", "1.5s",
		"2ss", "99999999999999999999999999s", "1m30s"};

	(void)state;
	config_set("reassembler.timeout=1ms");
	assert_int_equal(config.timeout_ms, 1);
	config_set("reassembler.timeout=\"90s\"");
	assert_int_equal(config.timeout_ms, 90000);
	config_set("reassembler.timeout=10m");
	assert_int_equal(config.timeout_ms, 600000);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char assignment[100], want[200];

		snprintf(assignment, sizeof(assignment), "reassembler.timeout=%s", wrong[i]);
		snprintf(want, sizeof(want),
			"-o reassembler.timeout: %s; expected a time from 1ms to 10m with its unit "
			"ms, s or m",
			*wrong[i] ? wrong[i] : "nothing");
		config_bad_set(assignment, want);
	}
	assert_int_equal(config.timeout_ms, 600000);
}

static void test_namespace(void **state)
{
	char longest[120] = "namespace=";

	(void)state;
	memset(longest + 10, 'n', 100);
	config_set(longest);
	longest[110] = 'n';
	assert_false(config_read_setting(&config, longest, &error));
	config_set("namespace=\xc3\xbc_1.x");
	for (const char *ch = "ABZ\\/*?\"<>| ,#:-"; *ch; ch++) {
		char assignment[20] = "namespace=x x";

		assignment[11] = *ch;
		if (config_read_setting(&config, assignment, &error))
			fail_msg("accepted: %s", assignment);
	}
	assert_false(config_read_setting(&config, "namespace=", &error));
	assert_string_equal(config.namespace, "\xc3\xbc_1.x");
}

static void test_hostname(void **state)
{
	char longest[300] = "hostname=";

	(void)state;
	memset(longest + 9, 'h', 255);
	config_set(longest);
	longest[9 + 255] = 'h';
	assert_false(config_read_setting(&config, longest, &error));
	assert_false(config_read_setting(&config, "hostname=a b", &error));
	assert_false(config_read_setting(&config, "hostname=\xc3\xbc", &error));
	config_set("hostname=");
}

static void test_output(void **state)
{
	static const char *const right[] = {"", "stdout", "null", "udp://192.0.2.1:514",
		"udp://[2001:db8::1]:6514", "udp://192.0.2.1", "tcp://192.0.2.1:514", "tcp://[::1]",
		"udp://collector:514", "tcp://collector.example.net", "unix:///run/x"};
	static const char *const wrong[] = {"tcp://", "udp://", "unix://x", "Null", "-",
		"tls://192.0.2.1", "udp://collector:0", "tcp://a..b"};
	char assignment[100];

	(void)state;
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		snprintf(assignment, sizeof(assignment), "output=%s", right[i]);
		config_set(assignment);
		assert_string_equal(config.output, right[i]);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(assignment, sizeof(assignment), "output=%s", wrong[i]);
		if (config_read_setting(&config, assignment, &error))
			fail_msg("accepted: %s", assignment);
	}
}

static void test_fallback(void **state)
{
	static const char *const wrong[] = {"stdout", "null", "tcp://a b", "192.0.2.1"};
	char assignment[100];

	(void)state;
	assert_string_equal(config.output_fallback, "");
	assert_int_equal(config.fallback_after_ms, 10000);
	config_set("output_fallback=tcp://192.0.2.1");
	config_set("output_fallback=udp://collector");
	config_set("output_fallback=unix:///dev/log");
	assert_string_equal(config.output_fallback, "unix:///dev/log");
	config_set("output_fallback_after=1s");
	assert_int_equal(config.fallback_after_ms, 1000);
	assert_false(config_read_setting(&config, "output_fallback_after=999ms", &error));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(assignment, sizeof(assignment), "output_fallback=%s", wrong[i]);
		if (config_read_setting(&config, assignment, &error))
			fail_msg("accepted: %s", assignment);
	}
	config_set("output_fallback=");
}

static void test_lists(void **state)
{
	char text[1000] = "tags=[\"0\"";

	(void)state;
	for (int i = 1; i < 64; i++)
		sprintf(text + strlen(text), ",\"%d\"", i);
	sprintf(text + strlen(text), "]");
	config_set(text);
	assert_int_equal(config.tag_count, 64);
	assert_string_equal(config.tags[63], "63");
	sprintf(text + strlen(text) - 1, ",\"64\"]");
	config_bad_set(text,
		"-o tags: \"64\"; expected a list of at most 64 texts, each of 1 to 255 "
		"bytes without control characters");
	config_bad_set(
		"tags=one, two", "-o tags: one, two; expected a list, such as [\"one\", \"two\"]");
	config_bad_set("audit_rule_files=\"/a,/b\"",
		"-o audit_rule_files: \"/a,/b\"; expected a list, such as [\"one\", \"two\"]");
	config_set("tags=[\"one, two\"]");
	assert_int_equal(config.tag_count, 1);
	assert_string_equal(config.tags[0], "one, two");
	config_set("tags=one two");
	assert_int_equal(config.tag_count, 1);
	config_set("tags=");
	assert_int_equal(config.tag_count, 0);
	config_set("audit_rule_files=[\"/a/*.rules\", \"/b\"]");
	assert_int_equal(config.audit_rule_file_count, 2);
	config_bad_set("tags=[\"a\", [\"b\"]]",
		"-o tags: a list; expected a list of at most 64 texts, "
		"each of 1 to 255 bytes without control characters");
}

static void test_lines(void **state)
{
	(void)state;
	config_set("audit_rules=-w /etc -p wa");
	assert_string_equal(config.audit_rules, "-w /etc -p wa");
	config_set("audit_rules=[\"a\", \"b\\nc\"]");
	assert_string_equal(config.audit_rules, "a\nb\nc");
	config_set("audit_rules=[]");
	assert_string_equal(config.audit_rules, "");
	config_bad_set(
		"audit_rules=[\"a\", 1]", "-o audit_rules: 1; expected text, or a list of lines");
}

/* ---- constant fields --------------------------------------------------------------------- */

static void test_fields(void **state)
{
	(void)state;
	config_set("fields={\"labels.site\": \"x\", \"labels\": {\"rack.row\": 7, \"b\": true},"
		   " \"labels.rack.unit\": -0.50e+1, \"n\": 18446744073709551615,"
		   " \"l\": [1, \"\\u00fc\\\"\\\\\\u0001\\n\", {\"p.q\": []}, []], \"o\": {}}");
	assert_string_equal(config.fields,
		"\"labels\":{\"site\":\"x\",\"rack\":{\"row\":7,\"unit\":-0.50e+1},\"b\":true},"
		"\"n\":18446744073709551615,"
		"\"l\":[1,\"\xc3\xbc\\\"\\\\\\u0001\\n\",{\"p\":{\"q\":[]}},[]],\"o\":{}");
	config_good("{\"fields\": /* x */ {\"a\": 1.50, \"b\": [2, {\"c\": 30}]}}");
	assert_string_equal(config.fields, "\"a\":1.50,\"b\":[2,{\"c\":30}]");
	config_set("fields={}");
	assert_string_equal(config.fields, "");
}

static void test_fields_refused(void **state)
{
	(void)state;
	config_bad("{\"fields\": {\"a\": 1,\n \"a\": 2}}",
		"2:2: fields: a: for the second time; expected it once");
	config_bad("{\"fields\": {\"a.b\": 1, \"a\": {\"b\": 2}}}",
		"1:29: fields: b: for the second time; expected it once");
	config_bad("{\"fields\": {\"a\": 1, \"a.b\": 2}}",
		"1:21: fields: a.b: a part of it is a value already; expected an object there");
	config_bad("{\"fields\": {\"a.b\": 1, \"a\": 2}}",
		"1:23: fields: a: for the second time; expected it once");
	config_bad("{\"fields\": {\"a\": [null]}}", "1:19: fields: null; expected a value");
	config_bad("{\"fields\": {\"a..b\": 1}}",
		"1:13: fields: a..b: a part of the name is empty or too "
		"long; expected parts of 1 to 128 bytes between the dots");
	config_bad("{\"fields\": {\"\": 1}}",
		"1:13: fields: : a part of the name is empty or too "
		"long; expected parts of 1 to 128 bytes between the dots");
	config_bad("{\"fields\": {\"host\": {\"os\": 1}}}",
		"1:22: fields: host.os: the document has this field itself; expected another name, "
		"such as labels.NAME");
	config_bad("{\"fields\": {\"agent.id\": \"x\"}}",
		"1:13: fields: agent.id: the document has this field itself; expected the options "
		"agent.id, agent.name and agent.type instead");
	config_bad("{\"fields\": {\"@timestamp\": 1}}",
		"1:13: fields: @timestamp: the document has this field itself; expected another "
		"name, such as labels.NAME");
	config_bad("{\"fields\": 5}",
		"1:12: fields: 5; expected an object such as {\"labels\": {\"site\": \"x\"}}");
	config_good(
		"{\"fields\": {\"labels\": 1, \"organization\": {\"id\": 1}, \"observer.name\": 1,"
		" \"elastic_agent\": {\"id\": \"x\"}, \"hosts\": 1, \"use\": 1}}");
}

static void test_fields_limits(void **state)
{
	static char text[40000];
	size_t n;

	(void)state;
	for (unsigned count = 255; count <= 256; count++) {
		sprintf(text, "fields={\"a\":[0");
		for (unsigned i = 1; i < count - 1; i++)
			sprintf(text + strlen(text), ",0");
		sprintf(text + strlen(text), "]}");
		/* The object, the list and its items. */
		assert_int_equal(config_read_setting(&config, text, &error), count == 255);
	}
	assert_string_equal(error.text, "-o fields: too many values; expected at most 256");

	sprintf(text, "fields={\"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p\":1}");
	config_set(text);
	config_bad_set("fields={\"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q\":1}",
		"-o fields: a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q: too many levels; expected at "
		"most 16");
	n = (size_t)sprintf(text, "fields={\"k\":\"");
	memset(text + n, 'v', 4096 - 6);
	sprintf(text + n + 4096 - 6, "\"}");
	config_set(text);
	assert_int_equal(strlen(config.fields), 4096);
	sprintf(text + n + 4096 - 6, "v\"}");
	config_bad_set(
		text, "-o fields: an object; expected at most 4096 bytes when written as JSON");
}

/* ---- the command line -------------------------------------------------------------------- */

static void test_option_forms(void **state)
{
	(void)state;
	config_set("layout=integration");
	config_set("layout=\"auditbeat\"");
	assert_int_equal(config.layout, LAYOUT_AUDITBEAT);
	config_set("hostname=a=b");
	assert_string_equal(config.hostname, "a=b");
	config_set("agent.name=x # y // z");
	assert_string_equal(config.agent.name, "x # y // z");
	config_set("immutable= true ");
	assert_true(config.immutable);
	config_bad_set("immutable=yes", "-o immutable: yes; expected true or false");
	config_bad_set("immutable", "-o immutable: no value; expected NAME=VALUE");
	config_bad_set(
		"=x", "-o : unknown option; expected one of those that `ecsaudit help run` lists");
	config_bad_set("namespce=x", "-o namespce: unknown option; did you mean namespace?");
	config_bad_set("fields={\"a\"",
		"-o fields: character 5: no \":\" after a name; expected \"name\": value");
	config_bad_set("agent.name=\xff",
		"-o agent.name: character 1: a byte that is not UTF-8; expected UTF-8 text");
	config_bad_set("hostname=\x1b[31m\n",
		"-o hostname: ?[31m?; expected at most 255 printable ASCII characters without a "
		"space");
}

static void test_names_are_found(void **state)
{
	const struct option *o;
	size_t count = 0;

	(void)state;
	for (o = option_table; o->name; o++, count++) {
		assert_ptr_equal(config_option_find(o->name, strlen(o->name)), o);
		assert_true(strlen(o->name) < 48);
		assert_true(config_option_help(o)[strlen(config_option_help(o)) - 1] != '.');
		for (const struct option *p = option_table; p != o; p++)
			assert_string_not_equal(p->name, o->name);
	}
	assert_true(count < LIMIT_OPTIONS);
	assert_null(config_option_find("layou", 5));
	assert_null(config_option_find("", 0));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, config_setup, config_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_numbers),
		TEST(test_lineage_rules),
		TEST(test_durations),
		TEST(test_namespace),
		TEST(test_hostname),
		TEST(test_output),
		TEST(test_fallback),
		TEST(test_lists),
		TEST(test_lines),
		TEST(test_fields),
		TEST(test_fields_refused),
		TEST(test_fields_limits),
		TEST(test_option_forms),
		TEST(test_names_are_found),
	};

	return cmocka_run_group_tests_name("config_values", tests, NULL, NULL);
}
