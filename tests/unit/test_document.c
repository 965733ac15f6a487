/* link: document.o document_network.o document_process.o document_auditd.o document_file.o
 * document_layout.o document_message.o document_user.o normalize.o json.o timestamp.o cjson.o
 * event.o execve.o record.o record_fields.o record_decode.o decode.o sockaddr_text.o
 * reassembly.o blocks.o record_header.o tables.o table_names.o table_keys.o table_norms.o
 * table_syscalls.o fake_identity.o support_core.o support_event.o support_document.o */
#include "document.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support_core.h"
#include "support_document.h"

/* ---- what is the same in every document ---------------------------------------------------- */

static void the_sender(void **state)
{
	(void)state;
	set_fields("\"labels\":{\"site\":\"x\"},\"n\":1");
	assert_true(document_start());
	document_of("USER_MGMT pid=1\n");
	expect("agent", "{\"id\":\"id-1\",\"ephemeral_id\":\"id-2\",\"name\":\"gw1\","
			"\"type\":\"ecsaudit\",\"version\":\"" ECSAUDIT_VERSION "\"}");
	expect("host",
		"{\"name\":\"gw1\",\"hostname\":\"gw1.example\",\"id\":"
		"\"0123456789abcdef0123456789abcdef\",\"architecture\":\"mips\",\"os\":{\"type\":"
		"\"linux\",\"platform\":\"openwrt\",\"family\":\"f\",\"name\":\"OpenWrt\","
		"\"version\":\"23.05.3\",\"codename\":\"c\",\"kernel\":\"5.15.150\"}}");
	expect("ecs/version", "\"8.11.0\"");
	expect("data_stream", "{\"type\":\"logs\",\"dataset\":\"auditd_manager.auditd\","
			      "\"namespace\":\"default\"}");
	expect("service/type", "\"auditd\"");
	expect("labels/site", "\"x\"");
	expect("n", "1");
	expect("event/kind", "\"event\"");
	expect("event/module", "\"auditd\"");
	expect("event/dataset", "\"auditd_manager.auditd\"");
	expect_nothing("log");
}

static void the_sender_as_configured(void **state)
{
	static char file[] = "./audit/audit.log";
	static char *files[] = {file};

	(void)state;
	test_config.layout = LAYOUT_INTEGRATION;
	test_config.agent.name = "edge";
	test_config.agent.type = "auditbeat";
	test_config.namespace = "lab";
	assert_true(document_start());
	test_document.log_files = files;
	test_document.log_folder = SPAN("/var/log/");
	document_of("USER_MGMT pid=1\n");
	expect("agent/name", "\"edge\"");
	expect("agent/type", "\"auditbeat\"");
	expect("host/name", "\"gw1\"");
	expect("ecs/version", "\"8.11.0\"");
	expect("data_stream/namespace", "\"lab\"");
	expect("log/file/path", "\"/var/log/audit/audit.log\"");
}

static void a_sender_that_knows_nothing(void **state)
{
	static const struct document_host nobody = {.name = ""};

	(void)state;
	assert_true(document_start());
	assert_true(document_init(&test_document, &test_config, NULL, &nobody, scratch_arena()));
	document_of("USER_MGMT pid=1\n");
	expect("host", "{\"os\":{\"type\":\"linux\"}}");
	expect_nothing("agent/id");
	expect_nothing("agent/name");
}

static void constant_fields_have_a_limit(void **state)
{
	static char fields[LIMIT_DOCUMENT_MEMBERS_BYTES + 32];
	size_t most = 0;

	(void)state;
	for (size_t len = 10; len < sizeof(fields); len += 64) {
		memset(fields, 'x', len);
		memcpy(fields, "\"x\":\"", 5);
		fields[len - 1] = '"';
		fields[len] = '\0';
		set_fields(fields);
		if (!document_start())
			break;
		document_of("USER_MGMT pid=1\n");
		assert_int_equal(strlen(at("x")), len - 4);
		most = len;
	}
	assert_true(most > LIMIT_DOCUMENT_MEMBERS_BYTES - 1024);
	assert_true(most < LIMIT_DOCUMENT_MEMBERS_BYTES);
}

/* ---- event --------------------------------------------------------------------------------- */

static void time_and_kind(void **state)
{
	(void)state;
	document_start();
	document_of("SYSCALL arch=c000003e syscall=87 success=no exit=-13\n");
	expect("@timestamp", "\"2023-11-14T22:13:20.123Z\"");
	expect("event/action", "\"deleted\"");
	expect("event/category", "[\"file\"]");
	expect("event/type", "[\"deletion\"]");
	expect("event/outcome", "\"failure\"");
	expect_nothing("event/original");
	expect("auditd/message_type", "\"syscall\"");
	expect("auditd/sequence", "77");
	expect("auditd/result", "\"fail\"");
	expect_nothing("auditd/session");
	expect("auditd/data/exit", "\"EACCES\"");
	expect_nothing("error");
	expect_nothing("tags");
}

static void outcomes_and_sessions(void **state)
{
	(void)state;
	document_start();
	document_of("USER_MGMT res=success ses=3\n");
	expect("event/outcome", "\"success\"");
	expect("auditd/session", "\"3\"");
	document_of("USER_MGMT ses=4294967295\n");
	expect("event/outcome", "\"unknown\"");
	expect("auditd/result", "\"unknown\"");
	expect_nothing("auditd/session");
}

/* ECS has three outcomes; a program's own word stays in auditd.result. */
static void outcomes_in_a_programs_words(void **state)
{
	static const struct {
		const char *word, *outcome;
	} words[] = {
		{"Success", "\"success\""},
		{"succeeded", "\"success\""},
		{"YES", "\"success\""},
		{"1", "\"success\""},
		{"Failed", "\"failure\""},
		{"fail", "\"failure\""},
		{"failure", "\"failure\""},
		{"No", "\"failure\""},
		{"0", "\"failure\""},
		{"none", "\"unknown\""},
		{"10", "\"unknown\""},
		{"ok", "\"unknown\""},
		{"unknown", "\"unknown\""},
	};

	(void)state;
	document_start();
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		document_of(exact_format("USER_MGMT result=%s\n%c", words[i].word, 0).at);
		expect("event/outcome", words[i].outcome);
	}
	document_of("USER_MGMT result=Success\n");
	expect("auditd/result", "\"Success\"");
}

static void types_by_name_and_number(void **state)
{
	(void)state;
	document_start();
	document_of("UNKNOWN[1334] x=1\n");
	expect("auditd/message_type", "\"bpf\"");
	document_of("UNKNOWN[1420] x=1\n");
	expect("auditd/message_type", "\"unknown[1420]\"");
	assert_text(document_type_name(scratch_arena(), 1300), "SYSCALL");
	assert_text(document_type_name(scratch_arena(), 65535), "UNKNOWN[65535]");
	assert_text(document_type_name(scratch_arena(), 0), "UNKNOWN[0]");
}

static void raw_records(void **state)
{
	(void)state;
	test_config.include_raw_message = true;
	document_start();
	document_of("SYSCALL arch=c000003e syscall=87 exe=2F78\nUNKNOWN[1334] x=\"\xff\t\"\n"
		    "UNKNOWN[1420] y=1\n");
	expect("event/original/0", "\"type=SYSCALL msg=audit(1700000000.123:77): arch=c000003e "
				   "syscall=87 exe=2F78\"");
	expect("event/original/1",
		"\"type=BPF msg=audit(1700000000.123:77): x=\\\"\xef\xbf\xbd\\t\\\"\"");
	expect("event/original/2", "\"type=UNKNOWN[1420] msg=audit(1700000000.123:77): y=1\"");
	expect_nothing("event/original/3");
}

static void warnings(void **state)
{
	(void)state;
	test_config.include_warnings = true;
	document_start();
	document_of("SYSCALL syscall=87\n");
	expect("error/message", "[\"SYSCALL: arch is missing or no number\"]");
	expect("event/original/0", "\"type=SYSCALL msg=audit(1700000000.123:77): syscall=87\"");
	document_of("USER_MGMT pid=1\n"); /* without a warning no raw record either */
	expect_nothing("error");
	expect_nothing("event/original");
	test_config.include_warnings = false;
	document_of("SYSCALL syscall=87\n");
	expect_nothing("error");
}

static void tags(void **state)
{
	(void)state;
	test_config.tags[0] = "router";
	test_config.tags[1] = "lab";
	test_config.tag_count = 2;
	document_start();
	document_of("SYSCALL arch=c000003e syscall=87 key=6F6E650174776F\n");
	expect("tags", "[\"one\",\"two\",\"router\",\"lab\"]");
	document_of("SYSCALL arch=c000003e syscall=87\n");
	expect("tags", "[\"router\",\"lab\"]");
}

/* ---- who and where -------------------------------------------------------------------- */

static void owners_unresolved(void **state)
{
	(void)state;
	test_config.resolve_ids = false;
	document_start();
	document_of("SYSCALL arch=c000003e syscall=87 auid=1000 uid=0\nPATH name=\"/f\" ouid=0 "
		    "ogid=0\n");
	expect("file",
		"{\"path\":\"/f\",\"directory\":\"/\",\"name\":\"f\",\"uid\":\"0\",\"gid\":\"0\"}");
	expect("user/audit", "{\"id\":\"1000\"}");
	expect("user/id", "\"0\"");
	expect_nothing("user/name");
	expect_nothing("related");
	expect("auditd/summary/actor", "{\"primary\":\"1000\",\"secondary\":\"0\"}");
}

static void members_of_a_socket(void **state)
{
	(void)state;
	document_start();
	document_of("USER_MGMT socket_x=1 socket_family=y socket_=2 sockets=3\n");
	expect("auditd/data",
		"{\"socket_\":\"2\",\"sockets\":\"3\",\"socket\":{\"x\":\"1\",\"family\":\"y\"}}");
	document_of("USER_MGMT socket_x=1 socket=here\n"); /* the place is taken */
	expect("auditd/data", "{\"socket\":\"here\"}");
}

/* ---- bytes --------------------------------------------------------------------------------- */

static void any_byte_becomes_text(void **state)
{
	(void)state;
	document_start();
	document_of("USER_MGMT a=\xff\xfe b=\xc3\xa4 c=\x01\\ d=\xed\xa0\x80 e=\xe2\x82\n");
	expect("auditd/data/a", "\"\xef\xbf\xbd\xef\xbf\xbd\"");
	expect("auditd/data/b", "\"\xc3\xa4\"");
	expect("auditd/data/c", "\"\\u0001\\\\\"");
	expect("auditd/data/d", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
	expect("auditd/data/e", "\"\xef\xbf\xbd\xef\xbf\xbd\"");
}

static void the_longest_event(void **state)
{
	static char body[LIMIT_RECORD_BYTES];

	(void)state;
	test_config.include_raw_message = true;
	document_start();
	join_begin();
	join_record(RECORD_SYSCALL, "arch=c000003e syscall=59 pid=4");
	for (unsigned i = 0; i < 20; i++) {
		body[0] = '\0';
		for (unsigned j = 0; j < 1000; j++)
			sprintf(body + strlen(body), "z%x_%x=%x ", i, j, j);
		join_record(RECORD_KERNEL_OTHER, body);
	}
	document_end();
	assert_true(test_event.truncated);
	expect("process/pid", "4"); /* what comes early is there */
	expect("auditd/sequence", "77");
}

/* An arena of any size gives a document or none, and says what it is. */
static void without_room(void **state)
{
	unsigned documents = 0;

	(void)state;
	test_config.include_raw_message = true;
	document_start();
	for (size_t size = 0; size < LIMIT_DOCUMENT_RESERVE_BYTES + 16384; size += 40) {
		join_begin();
		join_record(RECORD_SYSCALL, "arch=c000003e syscall=87 pid=4 ppid=5 auid=1000 uid=0 "
					    "gid=0 ses=1 suid=7 exe=2F78 "
					    "subj=a:b xuid=5 socket_x=1 key=6101 zz=1");
		join_record(RECORD_PATH, "name=2F78 mode=0644 ouid=0 ogid=0 obj=a:b");
		join_record(RECORD_SOCKADDR, "saddr=020000350A0000FE zz=1");
		join_record(RECORD_EXECVE, "argc=2 a0=4142 a1[0]=41 a1[1]=42");
		test_arena->size = size;
		document_end();
		test_arena->size = LIMIT_SCRATCH_BYTES;
		documents += test_text[0] != '\0';
		if (!test_arena->exhausted) {
			expect("auditd/paths/0/name", "\"/x\"");
			expect_nothing("nothing");
			assert_true(documents > 100);
			return;
		}
		exact_free(NULL);
	}
	fail_msg("still exhausted");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, document_setup, document_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_sender),
		TEST(the_sender_as_configured),
		TEST(a_sender_that_knows_nothing),
		TEST(constant_fields_have_a_limit),
		TEST(time_and_kind),
		TEST(outcomes_and_sessions),
		TEST(outcomes_in_a_programs_words),
		TEST(types_by_name_and_number),
		TEST(raw_records),
		TEST(warnings),
		TEST(tags),
		TEST(owners_unresolved),
		TEST(members_of_a_socket),
		TEST(any_byte_becomes_text),
		TEST(the_longest_event),
		TEST(without_room),
	};

	return cmocka_run_group_tests_name("document", tests, NULL, NULL);
}
