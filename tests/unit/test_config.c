/* link: support_config.o config_values.o config_table.o config_file.o config_fields.o
 * config_print.o json_scan.o nearest.o output_parse.o text.o fake_sys.o fake_files.o
 * fake_sockets.o support_cjson.o cjson_noalloc.o os_facts.o */
#include <errno.h>
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

static char printed[300000];

/* ---- defaults ---------------------------------------------------------------------------- */

static void test_defaults(void **state)
{
	(void)state;
	assert_int_equal(config.layout, LAYOUT_AUDITBEAT);
	assert_true(config.resolve_ids);
	assert_false(config.include_raw_message);
	assert_false(config.include_warnings);
	assert_false(config.include_message);
	assert_string_equal(config.passwd_file, "/etc/passwd");
	assert_string_equal(config.group_file, "/etc/group");
	assert_int_equal(config.socket_type, SOCKET_AUTO);
	assert_false(config.immutable);
	assert_int_equal(config.failure_mode, FAILURE_SILENT);
	assert_int_equal(config.backlog_limit, 8192);
	assert_int_equal(config.rate_limit, 0);
	assert_int_equal(config.backpressure_strategy, BACKPRESSURE_AUTO);
	assert_int_equal(config.backlog_wait_ms, 8);
	assert_string_equal(config.audit_rules, "");
	assert_int_equal(config.audit_rule_file_count, 0);
	assert_false(config.ignore_errors);
	assert_int_equal(config.max_in_flight, 512);
	assert_int_equal(config.timeout_ms, 2000);
	assert_int_equal(config.lineage_processes, 1024);
	assert_false(config.lineage_rules);
	assert_string_equal(config.output, "");
	assert_int_equal(config.format, FORMAT_RFC5424);
	assert_int_equal(config.max_datagram_bytes, 8000);
	assert_int_equal(config.spool_bytes, 262144);
	assert_string_equal(config.spool_file, "");
	assert_int_equal(config.spool_drop, DROP_OLDEST);
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
	config_good("{\"hostname\": \"h\", \"tags\": [\"t\"], \"audit_rules\": [\"-D\", \"-e 1\"],"
		    " \"fields\": {\"a\": 1}, \"audit_rule_files\": \"/r\"}");
	assert_in_pool(config.hostname);
	assert_in_pool(config.tags[0]);
	assert_in_pool(config.audit_rules);
	assert_in_pool(config.audit_rule_files[0]);
	assert_in_pool(config.fields);
	config_good("{\"hostname\": \"another\"}");
	assert_string_equal(config.hostname, "another");
}

/* ---- the file ---------------------------------------------------------------------------- */

static void test_values(void **state)
{
	(void)state;
	config_good(
		"{\n"
		"\t\"layout\": \"integration\", \"immutable\": true, \"failure_mode\": \"panic\",\n"
		"\t\"socket_type\": \"multicast\", \"backpressure_strategy\": \"none\",\n"
		"\t\"format\": \"json\", \"backlog_limit\": 4294967295, \"rate_limit\": 1e3,\n"
		"\t\"tags\": [\"a\", \"b\\u00fc\\ud83d\\ude00\"], \"output\": "
		"\"udp://[::1]:514\",\n"
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
	config_good("{\"reassembler.timeout\": \"500ms\", \"reassembler\": {\"max_in_flight\": 50},"
		    " \"agent\": {\"id\": \"i\", \"name\": \"n\"}, \"agent.type\": \"t\"}");
	assert_int_equal(config.timeout_ms, 500);
	assert_int_equal(config.max_in_flight, 50);
	assert_string_equal(config.agent.id, "i");
	assert_string_equal(config.agent.name, "n");
	assert_string_equal(config.agent.type, "t");
	config_good("{\"reassembler\": {}}");
	config_bad("{\"reassembler\": 5}",
		"1:2: reassembler is a group; expected {\"NAME\": VALUE, ...}");
	config_bad("{\"reassembler\": {\"timout\": \"1s\"}}",
		"1:18: unknown option reassembler.timout; did you mean reassembler.timeout?");
	config_bad("{\"agent\": {\"id\": {\"x\": 1}}}",
		"1:18: agent.id: an object; expected text of at most 255 bytes without control "
		"characters");
	config_bad("{\"agent.id\": \"a\",\n \"agent\": {\"id\": \"b\"}}",
		"2:12: agent.id for the second time; expected it once");
	config_bad(
		"{\"agent\": {\"\": {}}}", "1:12: unknown option agent.; did you mean agent.id?");
}

static void test_comments(void **state)
{
	(void)state;
	config_good(
		"\xef\xbb\xbf// first\n/* more\n lines */ { // \"hostname\": \"no\"\n"
		"\"hostname\": \"a//b/*c*/\" /**/ , /*\"*/ \"agent.name\" /*:*/ : \"x\\\"//\\\\\"\n"
		"} // last");
	assert_string_equal(config.hostname, "a//b/*c*/");
	assert_string_equal(config.agent.name, "x\"//\\");
}

static void test_positions(void **state)
{
	(void)state;
	config_bad("{\n  // \xc3\xbc\n  \"tags\": [\"\xc3\xbc\", 5]\n}",
		"3:17: tags: 5; expected a list of at most 64 texts, each of 1 to 255 bytes "
		"without "
		"control characters");
	config_bad("/* one\n   two */ {\"layout\":\n\n \"auditbaet\"}",
		"4:2: layout: \"auditbaet\"; expected auditbeat or integration");
	config_bad("{\"hostname\": \"h\",\n\t\"lay\\u006futs\": 1}",
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
			if (config_read(&config, FILE_NAME, false, &error))
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
	config_bad("", "1:1: no text; expected a value such as {}");
	config_bad(" // only\n", "1:1: no text; expected a value such as {}");
	config_bad("{", "1:1: a bracket that is not closed; expected the closing one");
	config_bad("[]", "1:1: no object; expected {\"NAME\": VALUE, ...}");
	config_bad("{}\n{}", "2:1: more text after the value; expected the end");
	config_bad(
		"{\"immutable\": true,}", "1:19: a comma behind the last one; expected none there");
	config_bad("{\"immutable\" true}", "1:14: no \":\" after a name; expected \"name\": value");
	config_bad("{\"immutable\": }", "1:15: no value; expected one before this character");
	config_bad("{immutable: true}", "1:2: no name; expected a name in double quotes");
	config_bad("{\"immutable\": true \"layout\": 1}",
		"1:20: no comma before this; expected one, or the closing bracket");
	config_bad("{\"rate_limit\": 007}",
		"1:16: a malformed number; expected one such as 5, -5, 0.5 or 5e3");
	config_bad("{\"hostname\": \"x}\n",
		"1:14: text that is not closed on its line; expected a second \"");
	config_bad(
		"{\"hostname\": \"\\u0000\"}", "1:15: a NUL character; expected text without it");
	config_bad(
		"{\"hostname\": \"\xff\"}", "1:15: a byte that is not UTF-8; expected UTF-8 text");
	config_bad("{} /* {", "1:4: a comment that does not end; expected */");
	config_bad("{\"layout\": auditbeat}",
		"1:12: a bare word; expected text in double quotes, a number, "
		"true, false, [...] or {...}");
}

static void test_duplicates(void **state)
{
	(void)state;
	config_bad("{\"immutable\": true,\n \"immutable\": true}",
		"2:2: immutable for the second time; expected it once");
}

static void bad_file(const char *message)
{
	assert_false(config_read(&config, FILE_NAME, false, &error));
	assert_string_equal(error.text, message);
}

static void untrusted(mode_t mode, uid_t owner, const char *message)
{
	fake_sys_file_owner(FILE_NAME, S_IFREG | mode, owner);
	assert_false(config_read(&config, FILE_NAME, true, &error));
	assert_string_equal(error.text, message);
	assert_int_equal(error.number, EPERM);
	assert_int_equal(fake_sys_open_count(), 0);
}

/* For an agent: only what root, or who it runs as, alone can have written. */
static void test_trusted(void **state)
{
	(void)state;
	fake_sys_file_text(FILE_NAME, "{\"hostname\": \"a\"}");
	assert_true(config_read(&config, FILE_NAME, true, &error));
	assert_string_equal(config.hostname, "a");
	untrusted(0602, 0,
		FILE_NAME ": may be written by others than its owner; expected: chmod go-w");
	untrusted(0664, 0,
		FILE_NAME ": may be written by others than its owner; expected: chmod go-w");
	untrusted(0600, 7,
		FILE_NAME
		": belongs to another user, who could change it; expected root's: chown root");
	fake_sys_uid(7);
	assert_true(config_read(&config, FILE_NAME, true, &error));
	fake_sys_fail("fstat", 1, EIO);
	assert_false(config_read(&config, FILE_NAME, true, &error));
	assert_string_equal(
		error.text, FILE_NAME ": Input/output error; expected a file that can be read");
	assert_int_equal(fake_sys_open_count(), 0);
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
	assert_true(config_read(&config, FILE_NAME, false, &error));
	fake_sys_fail("read", 2, EIO);
	bad_file(FILE_NAME ": Input/output error; expected a file that can be read");
	assert_int_equal(fake_sys_open_count(), 0);

	fake_sys_file_owner(FILE_NAME, S_IFREG | 0646, 1000); /* whoever wants may parse with it */
	assert_true(config_read(&config, FILE_NAME, false, &error));

	memset(large, ' ', sizeof(large));
	memcpy(large, "{}", 2);
	fake_sys_file(FILE_NAME, large, LIMIT_CONFIG_BYTES + 1);
	bad_file(FILE_NAME ": too large; expected at most 262144 bytes");
	fake_sys_file(FILE_NAME, large, LIMIT_CONFIG_BYTES);
	fake_sys_short(1000);
	assert_true(config_read(&config, FILE_NAME, false, &error));
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
	config_bad(text, "1:1: too many values; expected fewer than some thousands");
}

static void test_pool_is_full(void **state)
{
	static char text[LIMIT_CONFIG_STRINGS_BYTES + 100];
	size_t n = (size_t)sprintf(text, "{\"audit_rules\": \"");

	(void)state;
	memset(text + n, 'x', LIMIT_CONFIG_STRINGS_BYTES);
	sprintf(text + n + LIMIT_CONFIG_STRINGS_BYTES, "\"}");
	config_bad(text, "1:17: audit_rules: \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...; "
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
		sprintf(text, "audit_rules=");
		memset(text + 12, 'x', used - 1);
		text[12 + used - 1] = '\0';
		config_set(text);
		assert_int_equal(sizeof(config.pool) - config.pool_used, room);
		assert_int_equal(config_read_setting(&config, "hostname=abc", &error), room >= 4);
		config_read_setting(&config, "tags=[\"a\",\"b\"]", &error);
		config_read_setting(&config, "fields={\"a\":1,\"b\":\"c\"}", &error);
		config_read_setting(&config, "fields={}", &error);
		config_read_setting(&config, "audit_rules=[\"a\",\"b\"]", &error);
		config_read_setting(&config, "audit_rules=[]", &error);
		assert_true(config.pool_used <= sizeof(config.pool));
	}
}

/* ---- all that can fail ------------------------------------------------------------------- */

static void test_every_call_fails(void **state)
{
	unsigned calls;

	(void)state;
	config_good("{\"hostname\": \"x\"}");
	calls = fake_sys_calls(NULL);
	assert_true(calls >= 3);
	for (unsigned n = 1; n <= calls; n++) {
		bool read;

		fake_sys_fail_nth(n, EIO);
		read = config_read(&config, FILE_NAME, false, &error);
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
	config_good(text);
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		fake_sys_file(FILE_NAME, text, i);
		config_init(&config);
		assert_false(config_read(&config, FILE_NAME, false, &error));
		for (size_t b = 0; b < sizeof(bytes) - 1; b++) {
			memcpy(copy, text, sizeof(text));
			copy[i] = bytes[b];
			fake_sys_file(FILE_NAME, copy, sizeof(text) - 1);
			config_init(&config);
			error.text[0] = '\0';
			if (!config_read(&config, FILE_NAME, false, &error))
				assert_non_null(strstr(error.text, "; "));
			else
				assert_true(config_print(&config, printed, sizeof(printed)) > 0);
		}
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, config_setup, config_teardown)

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
		TEST(test_trusted),
		TEST(test_unreadable),
		TEST(test_nul_in_file),
		TEST(test_too_many_values),
		TEST(test_pool_is_full),
		TEST(test_pool_edges),
		TEST(test_every_call_fails),
		TEST(test_mutations),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
