/* link: config.o config_table.o config_file.o config_fields.o config_print.o json_scan.o nearest.o
 * output_parse.o text.o fake_sys.o fake_files.o fake_sockets.o cjson.o */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "config.h"
#include "config_option.h"
#include "fake_sys.h"

#define FILE_NAME "/etc/x.json"

static struct config config, other;
static struct config_error error;
static char printed[300000], again[300000];

static int setup(void **state)
{
	(void)state;
	fake_sys_reset();
	config_init(&config);
	memset(&error, 0, sizeof(error));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(fake_sys_open_count(), 0);
	fake_sys_reset();
	return 0;
}

/* The file is accepted. */
static void good(const char *text)
{
	config_init(&config);
	fake_sys_file_text(FILE_NAME, text);
	if (!config_read(&config, FILE_NAME, &error))
		fail_msg("%s\n%s", text, error.text);
}

/* The file is refused with this message behind its name. */
static void bad(const char *text, const char *message)
{
	config_init(&config);
	fake_sys_file_text(FILE_NAME, text);
	if (config_read(&config, FILE_NAME, &error))
		fail_msg("accepted: %s", text);
	assert_int_equal(strncmp(error.text, FILE_NAME ":", strlen(FILE_NAME) + 1), 0);
	assert_string_equal(error.text + strlen(FILE_NAME) + 1, message);
	assert_null(strchr(error.text, '\n'));
}

static void option(const char *assignment)
{
	if (!config_option(&config, assignment, &error))
		fail_msg("%s", error.text);
}

static void bad_option(const char *assignment, const char *message)
{
	if (config_option(&config, assignment, &error))
		fail_msg("accepted: %s", assignment);
	assert_string_equal(error.text, message);
}

/* ---- defaults ---------------------------------------------------------------------------- */

static void test_defaults(void **state)
{
	(void)state;
	assert_int_equal(config.layout, LAYOUT_AUDITBEAT);
	assert_true(config.resolve_ids);
	assert_false(config.include_raw_message);
	assert_false(config.include_warnings);
	assert_string_equal(config.passwd_file, "/etc/passwd");
	assert_string_equal(config.group_file, "/etc/group");
	assert_int_equal(config.socket_type, SOCKET_AUTO);
	assert_false(config.immutable);
	assert_int_equal(config.failure_mode, FAILURE_SILENT);
	assert_int_equal(config.backlog_limit, 8192);
	assert_int_equal(config.rate_limit, 0);
	assert_int_equal(config.backpressure_strategy, BACKPRESSURE_AUTO);
	assert_string_equal(config.audit_rules, "");
	assert_int_equal(config.audit_rule_file_count, 0);
	assert_false(config.ignore_errors);
	assert_int_equal(config.max_in_flight, 512);
	assert_int_equal(config.timeout_ms, 2000);
	assert_string_equal(config.output, "");
	assert_int_equal(config.format, FORMAT_RFC5424);
	assert_int_equal(config.max_datagram_bytes, 8000);
	assert_int_equal(config.spool_bytes, 262144);
	assert_string_equal(config.hostname, "");
	assert_string_equal(config.namespace, "default");
	assert_string_equal(config.agent.id, "");
	assert_string_equal(config.agent.name, "");
	assert_string_equal(config.agent.type, "ecsaudit");
	assert_string_equal(config.state_file, "/var/lib/ecsaudit/agent-id");
	assert_int_equal(config.tag_count, 0);
	assert_string_equal(config.fields, "");
}

/* Every text lies in the configuration's own pool: nothing outlives the file's tree. */
static void assert_in_pool(const char *text)
{
	assert_true(text >= config.pool && text < config.pool + config.pool_used);
}

static void test_owns_its_strings(void **state)
{
	(void)state;
	good("{\"hostname\": \"h\", \"tags\": [\"t\"], \"audit_rules\": [\"-D\", \"-e 1\"],"
	     " \"fields\": {\"a\": 1}, \"audit_rule_files\": \"/r\"}");
	assert_in_pool(config.hostname);
	assert_in_pool(config.tags[0]);
	assert_in_pool(config.audit_rules);
	assert_in_pool(config.audit_rule_files[0]);
	assert_in_pool(config.fields);
	good("{\"hostname\": \"another\"}");
	assert_string_equal(config.hostname, "another");
}

/* ---- the file ---------------------------------------------------------------------------- */

static void test_values(void **state)
{
	(void)state;
	good("{\n"
	     "\t\"layout\": \"integration\", \"immutable\": true, \"failure_mode\": \"panic\",\n"
	     "\t\"socket_type\": \"multicast\", \"backpressure_strategy\": \"none\",\n"
	     "\t\"format\": \"json\", \"backlog_limit\": 4294967295, \"rate_limit\": 1e3,\n"
	     "\t\"tags\": [\"a\", \"b\\u00fc\\ud83d\\ude00\"], \"output\": \"udp://[::1]:514\",\n"
	     "\t\"audit_rules\": [\"-w /etc -p wa\", \"\", \"-e 1\"]\n"
	     "}");
	assert_int_equal(config.layout, LAYOUT_INTEGRATION);
	assert_true(config.immutable);
	assert_int_equal(config.failure_mode, FAILURE_PANIC);
	assert_int_equal(config.socket_type, SOCKET_MULTICAST);
	assert_int_equal(config.backpressure_strategy, BACKPRESSURE_NONE);
	assert_int_equal(config.format, FORMAT_JSON);
	assert_int_equal(config.backlog_limit, UINT32_MAX);
	assert_int_equal(config.rate_limit, 1000);
	assert_int_equal(config.tag_count, 2);
	assert_string_equal(config.tags[1], "b\xc3\xbc\xf0\x9f\x98\x80");
	assert_string_equal(config.output, "udp://[::1]:514");
	assert_string_equal(config.audit_rules, "-w /etc -p wa\n\n-e 1");
}

static void test_groups(void **state)
{
	(void)state;
	good("{\"reassembler.timeout\": \"500ms\", \"reassembler\": {\"max_in_flight\": 50},"
	     " \"agent\": {\"id\": \"i\", \"name\": \"n\"}, \"agent.type\": \"t\"}");
	assert_int_equal(config.timeout_ms, 500);
	assert_int_equal(config.max_in_flight, 50);
	assert_string_equal(config.agent.id, "i");
	assert_string_equal(config.agent.name, "n");
	assert_string_equal(config.agent.type, "t");
	good("{\"reassembler\": {}}");
	bad("{\"reassembler\": 5}", "1:2: reassembler is a group; expected {\"NAME\": VALUE, ...}");
	bad("{\"reassembler\": {\"timout\": \"1s\"}}",
		"1:18: unknown option reassembler.timout; did you mean reassembler.timeout?");
	bad("{\"agent\": {\"id\": {\"x\": 1}}}",
		"1:18: agent.id: an object; expected text of at most 255 bytes without control "
		"characters");
	bad("{\"agent.id\": \"a\",\n \"agent\": {\"id\": \"b\"}}",
		"2:12: agent.id for the second time; expected it once");
	bad("{\"agent\": {\"\": {}}}", "1:12: unknown option agent.; did you mean agent.id?");
}

static void test_comments(void **state)
{
	(void)state;
	good("\xef\xbb\xbf// first\n/* more\n lines */ { // \"hostname\": \"no\"\n"
	     "\"hostname\": \"a//b/*c*/\" /**/ , /*\"*/ \"agent.name\" /*:*/ : \"x\\\"//\\\\\"\n"
	     "} // last");
	assert_string_equal(config.hostname, "a//b/*c*/");
	assert_string_equal(config.agent.name, "x\"//\\");
}

static void test_positions(void **state)
{
	(void)state;
	bad("{\n  // \xc3\xbc\n  \"tags\": [\"\xc3\xbc\", 5]\n}",
		"3:17: tags: 5; expected a list of at most 64 texts, each of 1 to 255 bytes "
		"without "
		"control characters");
	bad("/* one\n   two */ {\"layout\":\n\n \"auditbaet\"}",
		"4:2: layout: \"auditbaet\"; expected auditbeat or integration");
	bad("{\"hostname\": \"h\",\n\t\"lay\\u006futs\": 1}",
		"2:2: unknown option layouts; did you mean layout?");
}

static void test_wrong_types(void **state)
{
	static const struct {
		const char *value;
		const char *shown;
	} values[] = {
		{"null", "null"},
		{"5", "5"},
		{"true", "true"},
		{"\"\\t\"", "\"\\t\""},
		{"[]", "a list"},
		{"[1]", "a list"},
		{"{}", "an object"},
	};
	const struct option *o;
	unsigned refused = 0;

	(void)state;
	for (o = option_table; o->name; o++) {
		for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
			char text[200], want[200];

			snprintf(text, sizeof(text), "{\"%s\": %s}", o->name, values[i].value);
			fake_sys_file_text(FILE_NAME, text);
			config_init(&config);
			if (config_read(&config, FILE_NAME, &error))
				continue;
			refused++;
			snprintf(want, sizeof(want), "%s:1:", FILE_NAME);
			assert_int_equal(strncmp(error.text, want, strlen(want)), 0);
			assert_non_null(strstr(error.text, o->name));
			assert_non_null(strstr(error.text, "; expected "));
			if (values[i].value[0] != '[')
				assert_non_null(strstr(error.text, values[i].shown));
		}
	}
	/* Each option takes one or two of them: its type, a list its text, [] for nothing. */
	assert_true(refused >= 4 * (unsigned)(o - option_table));
}

static void test_syntax(void **state)
{
	(void)state;
	bad("", "1:1: no text; expected a value such as {}");
	bad(" // only\n", "1:1: no text; expected a value such as {}");
	bad("{", "1:1: a bracket that is not closed; expected the closing one");
	bad("[]", "1:1: no object; expected {\"NAME\": VALUE, ...}");
	bad("{}\n{}", "2:1: more text after the value; expected the end");
	bad("{\"immutable\": true,}", "1:19: a comma behind the last one; expected none there");
	bad("{\"immutable\" true}", "1:14: no \":\" after a name; expected \"name\": value");
	bad("{\"immutable\": }", "1:15: no value; expected one before this character");
	bad("{immutable: true}", "1:2: no name; expected a name in double quotes");
	bad("{\"immutable\": true \"layout\": 1}",
		"1:20: no comma before this; expected one, or the closing bracket");
	bad("{\"rate_limit\": 007}",
		"1:16: a malformed number; expected one such as 5, -5, 0.5 or 5e3");
	bad("{\"hostname\": \"x}\n",
		"1:14: text that is not closed on its line; expected a second \"");
	bad("{\"hostname\": \"\\u0000\"}", "1:15: a NUL character; expected text without it");
	bad("{\"hostname\": \"\xff\"}", "1:15: a byte that is not UTF-8; expected UTF-8 text");
	bad("{} /* {", "1:4: a comment that does not end; expected */");
	bad("{\"layout\": auditbeat}",
		"1:12: a bare word; expected text in double quotes, a number, "
		"true, false, [...] or {...}");
}

static void test_duplicates(void **state)
{
	(void)state;
	bad("{\"immutable\": true,\n \"immutable\": true}",
		"2:2: immutable for the second time; expected it once");
}

static void bad_file(const char *message)
{
	assert_false(config_read(&config, FILE_NAME, &error));
	assert_string_equal(error.text, message);
}

static void test_unreadable(void **state)
{
	static char large[LIMIT_CONFIG_BYTES + 2];

	(void)state;
	bad_file(FILE_NAME ": No such file or directory; expected a file that can be read");
	assert_int_equal(error.number, ENOENT);
	fake_sys_file_text(FILE_NAME, "{}");
	fake_sys_fail("open", 1, EACCES);
	bad_file(FILE_NAME ": Permission denied; expected a file that can be read");
	assert_int_equal(error.number, EACCES);
	fake_sys_fail("read", 1, EISDIR);
	bad_file(FILE_NAME ": Is a directory; expected a file that can be read");
	fake_sys_fail("read", 1, EINTR);
	assert_true(config_read(&config, FILE_NAME, &error));
	fake_sys_fail("read", 2, EIO);
	bad_file(FILE_NAME ": Input/output error; expected a file that can be read");
	assert_int_equal(fake_sys_open_count(), 0);

	memset(large, ' ', sizeof(large));
	memcpy(large, "{}", 2);
	fake_sys_file(FILE_NAME, large, LIMIT_CONFIG_BYTES + 1);
	bad_file(FILE_NAME ": too large; expected at most 262144 bytes");
	fake_sys_file(FILE_NAME, large, LIMIT_CONFIG_BYTES);
	fake_sys_short(1000);
	assert_true(config_read(&config, FILE_NAME, &error));
	assert_int_equal(error.number, 0);
}

static void test_nul_in_file(void **state)
{
	(void)state;
	fake_sys_file(FILE_NAME, "{}\0{}", 5);
	bad_file(FILE_NAME ":1:3: a NUL byte; expected UTF-8 text");
}

/* Many values: the tree's arena is full long before the text is. */
static void test_too_many_values(void **state)
{
	static char text[LIMIT_CONFIG_BYTES];
	size_t n = 0;

	(void)state;
	n += (size_t)sprintf(text, "{\"tags\": [1");
	while (n < sizeof(text) - 10)
		n += (size_t)sprintf(text + n, ",1");
	sprintf(text + n, "]}");
	bad(text, "1:1: too many values; expected fewer than some thousands");
}

static void test_pool_is_full(void **state)
{
	static char text[LIMIT_CONFIG_STRINGS_BYTES + 100];
	size_t n = (size_t)sprintf(text, "{\"audit_rules\": \"");

	(void)state;
	memset(text + n, 'x', LIMIT_CONFIG_STRINGS_BYTES);
	strcpy(text + n + LIMIT_CONFIG_STRINGS_BYTES, "\"}");
	bad(text, "1:17: audit_rules: \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...; "
		  "expected less text: all values together have room for 131072 bytes");
}

/* However the pool is filled, nothing is written behind it (the sanitizer watches). */
static void test_pool_edges(void **state)
{
	static char text[LIMIT_CONFIG_STRINGS_BYTES + 100];

	(void)state;
	config_init(&config);
	for (size_t room = 0; room < 40; room++) {
		size_t used;

		config_init(&config);
		used = sizeof(config.pool) - config.pool_used - room;
		strcpy(text, "audit_rules=");
		memset(text + 12, 'x', used - 1);
		text[12 + used - 1] = '\0';
		option(text);
		assert_int_equal(sizeof(config.pool) - config.pool_used, room);
		assert_int_equal(config_option(&config, "hostname=abc", &error), room >= 4);
		config_option(&config, "tags=[\"a\",\"b\"]", &error);
		config_option(&config, "fields={\"a\":1,\"b\":\"c\"}", &error);
		config_option(&config, "fields={}", &error);
		config_option(&config, "audit_rules=[\"a\",\"b\"]", &error);
		config_option(&config, "audit_rules=[]", &error);
		assert_true(config.pool_used <= sizeof(config.pool));
	}
}

/* ---- single types ------------------------------------------------------------------------ */

static void test_numbers(void **state)
{
	(void)state;
	option("max_datagram_bytes=480");
	option("max_datagram_bytes=65507");
	bad_option("max_datagram_bytes=479",
		"-o max_datagram_bytes: 479; expected a whole number from 480 to 65507");
	bad_option("max_datagram_bytes=65508",
		"-o max_datagram_bytes: 65508; expected a whole number from 480 to 65507");
	bad_option("rate_limit=4294967296",
		"-o rate_limit: 4294967296; expected a whole number from 0 to 4294967295");
	bad_option("rate_limit=0.5",
		"-o rate_limit: 0.5; expected a whole number from 0 to 4294967295");
	bad_option("rate_limit=1e999",
		"-o rate_limit: 1e999; expected a whole number from 0 to 4294967295");
	bad_option(
		"rate_limit=-1", "-o rate_limit: -1; expected a whole number from 0 to 4294967295");
	bad_option(
		"rate_limit=1x", "-o rate_limit: 1x; expected a whole number from 0 to 4294967295");
	bad_option("rate_limit=",
		"-o rate_limit: nothing; expected a whole number from 0 to 4294967295");
	assert_int_equal(config.max_datagram_bytes, 65507);
}

static void test_durations(void **state)
{
	static const char *const wrong[] = {"", "2", "s", "-1s", "2 s", "2h", "0s", "11m", "1.5s",
		"2ss", "99999999999999999999999999s", "1m30s"};

	(void)state;
	option("reassembler.timeout=1ms");
	assert_int_equal(config.timeout_ms, 1);
	option("reassembler.timeout=\"90s\"");
	assert_int_equal(config.timeout_ms, 90000);
	option("reassembler.timeout=10m");
	assert_int_equal(config.timeout_ms, 600000);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char assignment[100], want[200];

		snprintf(assignment, sizeof(assignment), "reassembler.timeout=%s", wrong[i]);
		snprintf(want, sizeof(want),
			"-o reassembler.timeout: %s; expected a time from 1ms to 10m with its unit "
			"ms, s or m",
			*wrong[i] ? wrong[i] : "nothing");
		bad_option(assignment, want);
	}
	assert_int_equal(config.timeout_ms, 600000);
}

static void test_namespace(void **state)
{
	char longest[120] = "namespace=";

	(void)state;
	memset(longest + 10, 'n', 100);
	option(longest);
	longest[110] = 'n';
	assert_false(config_option(&config, longest, &error));
	option("namespace=\xc3\xbc_1.x");
	for (const char *ch = "ABZ\\/*?\"<>| ,#:-"; *ch; ch++) {
		char assignment[20] = "namespace=x x";

		assignment[11] = *ch;
		if (config_option(&config, assignment, &error))
			fail_msg("accepted: %s", assignment);
	}
	assert_false(config_option(&config, "namespace=", &error));
	assert_string_equal(config.namespace, "\xc3\xbc_1.x");
}

static void test_hostname(void **state)
{
	char longest[300] = "hostname=";

	(void)state;
	memset(longest + 9, 'h', 255);
	option(longest);
	longest[9 + 255] = 'h';
	assert_false(config_option(&config, longest, &error));
	assert_false(config_option(&config, "hostname=a b", &error));
	assert_false(config_option(&config, "hostname=\xc3\xbc", &error));
	option("hostname=");
}

static void test_output(void **state)
{
	static const char *const right[] = {"", "stdout", "null", "udp://192.0.2.1:514",
		"udp://[2001:db8::1]:6514", "udp://192.0.2.1", "unix:///run/x"};
	static const char *const wrong[] = {
		"tcp://192.0.2.1:514", "udp://", "unix://x", "Null", "-", "udp://collector:514"};
	char assignment[100];

	(void)state;
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		snprintf(assignment, sizeof(assignment), "output=%s", right[i]);
		option(assignment);
		assert_string_equal(config.output, right[i]);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(assignment, sizeof(assignment), "output=%s", wrong[i]);
		if (config_option(&config, assignment, &error))
			fail_msg("accepted: %s", assignment);
	}
}

static void test_lists(void **state)
{
	char text[1000] = "tags=[\"0\"";

	(void)state;
	for (int i = 1; i < 64; i++)
		sprintf(text + strlen(text), ",\"%d\"", i);
	strcat(text, "]");
	option(text);
	assert_int_equal(config.tag_count, 64);
	assert_string_equal(config.tags[63], "63");
	strcpy(text + strlen(text) - 1, ",\"64\"]");
	bad_option(text, "-o tags: \"64\"; expected a list of at most 64 texts, each of 1 to 255 "
			 "bytes without control characters");
	option("tags=one, two");
	assert_int_equal(config.tag_count, 1);
	assert_string_equal(config.tags[0], "one, two");
	option("tags=");
	assert_int_equal(config.tag_count, 0);
	option("audit_rule_files=[\"/a/*.rules\", \"/b\"]");
	assert_int_equal(config.audit_rule_file_count, 2);
	bad_option("tags=[\"a\", [\"b\"]]", "-o tags: a list; expected a list of at most 64 texts, "
					    "each of 1 to 255 bytes without control characters");
}

static void test_lines(void **state)
{
	(void)state;
	option("audit_rules=-w /etc -p wa");
	assert_string_equal(config.audit_rules, "-w /etc -p wa");
	option("audit_rules=[\"a\", \"b\\nc\"]");
	assert_string_equal(config.audit_rules, "a\nb\nc");
	option("audit_rules=[]");
	assert_string_equal(config.audit_rules, "");
	bad_option(
		"audit_rules=[\"a\", 1]", "-o audit_rules: 1; expected text, or a list of lines");
}

/* ---- constant fields --------------------------------------------------------------------- */

static void test_fields(void **state)
{
	(void)state;
	option("fields={\"labels.site\": \"x\", \"labels\": {\"rack.row\": 7, \"b\": true},"
	       " \"labels.rack.unit\": -0.50e+1, \"n\": 18446744073709551615,"
	       " \"l\": [1, \"\\u00fc\\\"\\\\\\u0001\\n\", {\"p.q\": []}, []], \"o\": {}}");
	assert_string_equal(config.fields,
		"\"labels\":{\"site\":\"x\",\"rack\":{\"row\":7,\"unit\":-0.50e+1},\"b\":true},"
		"\"n\":18446744073709551615,"
		"\"l\":[1,\"\xc3\xbc\\\"\\\\\\u0001\\n\",{\"p\":{\"q\":[]}},[]],\"o\":{}");
	good("{\"fields\": /* x */ {\"a\": 1.50, \"b\": [2, {\"c\": 30}]}}");
	assert_string_equal(config.fields, "\"a\":1.50,\"b\":[2,{\"c\":30}]");
	option("fields={}");
	assert_string_equal(config.fields, "");
}

static void test_fields_refused(void **state)
{
	(void)state;
	bad("{\"fields\": {\"a\": 1,\n \"a\": 2}}",
		"2:2: fields: a: for the second time; expected it once");
	bad("{\"fields\": {\"a.b\": 1, \"a\": {\"b\": 2}}}",
		"1:29: fields: b: for the second time; expected it once");
	bad("{\"fields\": {\"a\": 1, \"a.b\": 2}}",
		"1:21: fields: a.b: a part of it is a value already; expected an object there");
	bad("{\"fields\": {\"a.b\": 1, \"a\": 2}}",
		"1:23: fields: a: for the second time; expected it once");
	bad("{\"fields\": {\"a\": [null]}}", "1:19: fields: null; expected a value");
	bad("{\"fields\": {\"a..b\": 1}}",
		"1:13: fields: a..b: a part of the name is empty or too "
		"long; expected parts of 1 to 128 bytes between the dots");
	bad("{\"fields\": {\"\": 1}}", "1:13: fields: : a part of the name is empty or too "
				       "long; expected parts of 1 to 128 bytes between the dots");
	bad("{\"fields\": {\"host\": {\"os\": 1}}}",
		"1:13: fields: host: the document has this field itself; expected the option "
		"hostname instead");
	bad("{\"fields\": {\"agent.id\": \"x\"}}",
		"1:13: fields: agent.id: the document has this field itself; expected the options "
		"agent.id, agent.name and agent.type instead");
	bad("{\"fields\": {\"@timestamp\": 1}}",
		"1:13: fields: @timestamp: the document has this field itself; expected another "
		"name, such as labels.NAME");
	bad("{\"fields\": 5}",
		"1:12: fields: 5; expected an object such as {\"labels\": {\"site\": \"x\"}}");
	good("{\"fields\": {\"labels\": 1, \"organization\": {\"id\": 1}, \"observer.name\": 1,"
	     " \"elastic_agent\": {\"id\": \"x\"}, \"hosts\": 1, \"use\": 1}}");
}

static void test_fields_limits(void **state)
{
	static char text[40000];
	size_t n;

	(void)state;
	for (unsigned count = 255; count <= 256; count++) {
		strcpy(text, "fields={\"a\":[0");
		for (unsigned i = 1; i < count - 1; i++)
			strcat(text, ",0");
		strcat(text, "]}");
		/* The object, the list and its items. */
		assert_int_equal(config_option(&config, text, &error), count == 255);
	}
	assert_string_equal(error.text, "-o fields: too many values; expected at most 256");

	strcpy(text, "fields={\"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p\":1}");
	option(text);
	bad_option("fields={\"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q\":1}",
		"-o fields: a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q: too many levels; expected at "
		"most 16");
	n = (size_t)sprintf(text, "fields={\"k\":\"");
	memset(text + n, 'v', 4096 - 6);
	strcpy(text + n + 4096 - 6, "\"}");
	option(text);
	assert_int_equal(strlen(config.fields), 4096);
	strcpy(text + n + 4096 - 6, "v\"}");
	bad_option(text, "-o fields: an object; expected at most 4096 bytes when written as JSON");
}

/* ---- the command line -------------------------------------------------------------------- */

static void test_option_forms(void **state)
{
	(void)state;
	option("layout=integration");
	option("layout=\"auditbeat\"");
	assert_int_equal(config.layout, LAYOUT_AUDITBEAT);
	option("hostname=a=b");
	assert_string_equal(config.hostname, "a=b");
	option("agent.name=x # y // z");
	assert_string_equal(config.agent.name, "x # y // z");
	option("immutable= true ");
	assert_true(config.immutable);
	bad_option("immutable=yes", "-o immutable: yes; expected true or false");
	bad_option("immutable", "-o immutable: no value; expected NAME=VALUE");
	bad_option(
		"=x", "-o : unknown option; expected one of those that `ecsaudit help run` lists");
	bad_option("namespce=x", "-o namespce: unknown option; did you mean namespace?");
	bad_option("fields={\"a\"",
		"-o fields: character 5: no \":\" after a name; expected \"name\": value");
	bad_option("agent.name=\xff",
		"-o agent.name: character 1: a byte that is not UTF-8; expected UTF-8 text");
	bad_option("hostname=\x1b[31m\n",
		"-o hostname: ?[31m?; expected at most 255 printable ASCII characters without a "
		"space");
}

static void test_names_are_found(void **state)
{
	const struct option *o;
	size_t count = 0;

	(void)state;
	for (o = option_table; o->name; o++, count++) {
		assert_ptr_equal(option_find(o->name, strlen(o->name)), o);
		assert_true(strlen(o->name) < 48);
		assert_true(o->help[strlen(o->help) - 1] != '.');
		for (const struct option *p = option_table; p != o; p++)
			assert_string_not_equal(p->name, o->name);
	}
	assert_true(count < LIMIT_OPTIONS);
	assert_null(option_find("layou", 5));
	assert_null(option_find("", 0));
}

/* ---- printing ---------------------------------------------------------------------------- */

static void assert_round_trip(void)
{
	size_t n = config_print(&config, printed, sizeof(printed));

	assert_true(n > 0);
	assert_int_equal(n, strlen(printed));
	fake_sys_file(FILE_NAME, printed, n);
	config_init(&other);
	if (!config_read(&other, FILE_NAME, &error))
		fail_msg("%s", error.text);
	assert_int_equal(config_print(&other, again, sizeof(again)), n);
	assert_string_equal(printed, again);
}

static void test_print_round_trip(void **state)
{
	static const char *const assignments[] = {"socket_type=unicast", "immutable=true",
		"failure_mode=log", "backlog_limit=1", "rate_limit=4294967295",
		"backpressure_strategy=userspace", "audit_rules=a \"b\" \\c",
		"audit_rules=[\"-w /a\", \"\", \"# \\u00fc\\t\"]", "audit_rules=\"a\\n\"",
		"audit_rules=\"\\n\"", "audit_rule_files=[\"/a\", \"/b/*.rules\"]",
		"ignore_errors=true", "reassembler.max_in_flight=4096",
		"reassembler.timeout=1500ms", "reassembler.timeout=3m", "layout=integration",
		"resolve_ids=false", "passwd_file=", "group_file=/x", "include_raw_message=true",
		"include_warnings=true", "hostname=h.example", "namespace=a_b", "agent.id=i",
		"agent.name=\xc3\xbc", "agent.type=t", "state_file=", "tags=[\"a\", \"b\\\"c\"]",
		"fields={\"a.b\": [1, 2.50, \"x\"], \"a.c\": false}", "output=unix:///dev/log",
		"format=rfc3164", "max_datagram_bytes=1400", "spool_bytes=0"};
	const struct option *o;

	(void)state;
	assert_round_trip();
	config_print(&config, again, sizeof(again));
	for (size_t i = 0; i < sizeof(assignments) / sizeof(assignments[0]); i++) {
		config_init(&config);
		option(assignments[i]);
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
	size_t n = config_help(printed, sizeof(printed));

	(void)state;
	assert_int_equal(n, strlen(printed));
	for (o = option_table; o->name; o++) {
		assert_non_null(strstr(printed, o->name));
		assert_non_null(strstr(printed, o->help));
	}
	assert_non_null(strstr(printed, "  reassembler.max_in_flight=512\n"));
	for (const char *line = printed; *line; line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") <= 100);
	assert_int_equal(config_help(again, n), 0);
}

/* The file that a firmware builder edits says what the program does without it. */
static void test_board_file(void **state)
{
	const struct option *o;
	size_t n = config_print(&config, printed, sizeof(printed));

	(void)state;
	fake_sys_pass("board/");
	if (!config_read(&config, "board/ecsaudit.json", &error))
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

/* ---- all that can fail ------------------------------------------------------------------- */

static void test_every_call_fails(void **state)
{
	unsigned calls;

	(void)state;
	good("{\"hostname\": \"x\"}");
	calls = fake_sys_calls(NULL);
	assert_true(calls >= 3);
	for (unsigned n = 1; n <= calls; n++) {
		bool read;

		fake_sys_fail_nth(n, EIO);
		read = config_read(&config, FILE_NAME, &error);
		assert_true(read || error.number == EIO);
		assert_int_equal(fake_sys_open_count(), 0);
	}
	fake_sys_fail_nth(0, 0);
}

/* Every prefix of a file, and every byte of it changed: refused with a position, or accepted. */
static void test_mutations(void **state)
{
	static const char text[] = "{\"tags\":[\"\\u00fc\",\"b\"],// c\n\"fields\":{\"a.b\":-1.5e3,"
				   "\"a\":{\"c\":[true,{}]}},/*x*/\"reassembler\":{\"timeout\":"
				   "\"2s\"}}";
	static const char bytes[] = "\"{}[],:\\/*u0 x\n\0\xff.-";
	char copy[sizeof(text)];

	(void)state;
	good(text);
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		fake_sys_file(FILE_NAME, text, i);
		config_init(&config);
		assert_false(config_read(&config, FILE_NAME, &error));
		for (size_t b = 0; b < sizeof(bytes) - 1; b++) {
			memcpy(copy, text, sizeof(text));
			copy[i] = bytes[b];
			fake_sys_file(FILE_NAME, copy, sizeof(text) - 1);
			config_init(&config);
			error.text[0] = '\0';
			if (!config_read(&config, FILE_NAME, &error))
				assert_non_null(strstr(error.text, "; "));
			else
				assert_true(config_print(&config, printed, sizeof(printed)) > 0);
		}
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_defaults),
		TEST(test_owns_its_strings),
		TEST(test_values),
		TEST(test_groups),
		TEST(test_comments),
		TEST(test_positions),
		TEST(test_wrong_types),
		TEST(test_syntax),
		TEST(test_duplicates),
		TEST(test_unreadable),
		TEST(test_nul_in_file),
		TEST(test_too_many_values),
		TEST(test_pool_is_full),
		TEST(test_pool_edges),
		TEST(test_numbers),
		TEST(test_durations),
		TEST(test_namespace),
		TEST(test_hostname),
		TEST(test_output),
		TEST(test_lists),
		TEST(test_lines),
		TEST(test_fields),
		TEST(test_fields_refused),
		TEST(test_fields_limits),
		TEST(test_option_forms),
		TEST(test_names_are_found),
		TEST(test_print_round_trip),
		TEST(test_print_has_all),
		TEST(test_help_has_all),
		TEST(test_board_file),
		TEST(test_every_call_fails),
		TEST(test_mutations),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
