/* link: document.o document_network.o document_process.o document_auditd.o document_file.o
 * document_layout.o document_message.o document_user.o normalize.o json.o shrink.o timestamp.o
 * cjson.o event.o execve.o record.o record_fields.o record_decode.o decode.o sockaddr_text.o
 * reassembly.o blocks.o record_header.o tables.o table_names.o table_keys.o table_norms.o
 * table_syscalls.o fake_identity.o support_core.o support_event.o support_document.o */
#include "document_layout.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "shrink.h"
#include "support_core.h"
#include "support_document.h"

static int integration_setup(void **state)
{
	document_setup(state);
	test_config.layout = LAYOUT_INTEGRATION;
	return 0;
}

#define EXEC "SYSCALL arch=c000003e syscall=59 success=yes exit=0 a0=7 ppid=7 pid=8 items=1 "

static void members_move(void **state)
{
	(void)state;
	document_start();
	document_of("SYSCALL arch=c000003e syscall=87 auid=1000 uid=0 gid=0 suid=5 sgid=6 fsuid=7 "
		    "fsgid=8 id=9 subj=a:b ses=1\nPATH name=\"/f\" obj=u:r\n");
	expect("event/sequence", "77");
	expect_nothing("auditd/sequence");
	expect("event/id", "\"9\"");
	expect_nothing("auditd/data/id");
	expect("user",
		"{\"id\":\"0\",\"name\":\"root\",\"group\":{\"id\":\"0\",\"name\":\"root\"}}");
	expect("auditd/user/audit", "{\"id\":\"1000\",\"name\":\"alice\"}");
	expect("auditd/user/saved", "{\"id\":\"5\",\"group\":{\"id\":\"6\"}}");
	expect("auditd/user/filesystem", "{\"id\":\"7\",\"group\":{\"id\":\"8\"}}");
	expect("auditd/user/selinux", "{\"user\":\"a\",\"role\":\"b\"}");
	expect("auditd/file", "{\"selinux\":{\"user\":\"u\",\"role\":\"r\"}}");
	expect("file", "{\"path\":\"/f\",\"directory\":\"/\",\"name\":\"f\"}");
	expect("ecs/version", "\"8.11.0\"");
}

/* Each of the two old and new ones, under either spelling; other ids stay with the user. */
static void auids_that_change(void **state)
{
	(void)state;
	document_start();
	document_of("LOGIN pid=1 old-auid=1000 new-auid=7 x-uid=9\n");
	expect("auditd/user", "{\"old_auid\":{\"id\":\"1000\",\"name\":\"alice\"},"
			      "\"new_auid\":{\"id\":\"7\"}}");
	expect("user/x_uid", "{\"id\":\"9\"}");
	document_of("LOGIN pid=1 old_auid=1000 new_auid=7\n");
	expect("auditd/user", "{\"old_auid\":{\"id\":\"1000\",\"name\":\"alice\"},"
			      "\"new_auid\":{\"id\":\"7\"}}");
	document_of("USER_MGMT ouid=1\n");
	expect("user", "{\"ouid\":{\"id\":\"1\"}}");
	expect_nothing("auditd/user");
}

static void addresses(void **state)
{
	(void)state;
	document_start();
	document_of("SYSCALL arch=c000003e syscall=43\nSOCKADDR saddr=01002F78\n");
	expect("source", "{\"address\":\"/x\"}");
	expect("auditd/data/socket/path", "\"/x\"");
	document_of("SYSCALL arch=c000003e syscall=43\nSOCKADDR saddr=28000000D204000002000000\n");
	expect("source", "{\"address\":\"vsock:2:1234\"}");
	expect("auditd/data/socket", "{\"family\":\"40\",\"saddr\":\"28000000D204000002000000\"}");
	document_of("SYSCALL arch=c000003e syscall=42\nSOCKADDR saddr=020000350A0000FE\n");
	expect("destination", "{\"address\":\"10.0.0.254\",\"ip\":\"10.0.0.254\",\"port\":53}");
	expect("auditd/data/socket", "{\"family\":\"ipv4\",\"addr\":\"10.0.0.254\",\"port\":53}");
}

/* Those of numbers.txt, with - or _; what is none stays the text it is. */
static void numbers(void **state)
{
	(void)state;
	document_start();
	document_of(EXEC "\nUSER_MGMT audit_pid=1 old-vcpu=2 new_vcpu=-3 vm-pid=0x4 seqno=5x "
			 "added=9223372036854775807 removed=9223372036854775808 changed=007\n");
	expect("auditd/data/audit_pid", "1");
	expect("auditd/data/old_vcpu", "2");
	expect("auditd/data/new_vcpu", "-3");
	expect("auditd/data/vm_pid", "\"0x4\"");
	expect("auditd/data/seqno", "\"5x\"");
	assert_non_null(strstr(test_text, "\"added\":9223372036854775807,"));
	expect("auditd/data/removed", "\"9223372036854775808\"");
	expect("auditd/data/changed", "7");
	expect("auditd/data/exit", "\"0\"");
	expect("auditd/data/a0", "\"7\"");
	document_of("SYSCALL arch=c000003e syscall=59\nEXECVE argc=2 a0=\"a\" a1=\"b\"\n"
		    "PATH item=0 items=3 inode=5\n");
	expect("auditd/data/argc", "2");
	expect("auditd/paths/0", "{\"item\":\"0\",\"items\":\"3\",\"inode\":\"5\"}");
}

static void dashes(void **state)
{
	(void)state;
	document_start();
	document_of("USER_MGMT nl-mcgrp=1 a-b-c=2 socket_d-e=3 plain=4\nPATH f-g=5\n");
	expect("auditd/data",
		"{\"nl_mcgrp\":\"1\",\"a_b_c\":\"2\",\"plain\":\"4\",\"socket\":{\"d_e\":\"3\"}}");
	expect("auditd/paths/0", "{\"f-g\":\"5\"}");
}

/* No name is there twice, in whatever order they come; that with - counts. */
static void names_that_become_the_same(void **state)
{
	(void)state;
	document_start();
	document_of("USER_MGMT old-level=1 old_level=2 vm_pid=3 vm-pid=4 x-y=5 x_y=6\n");
	expect("auditd/data", "{\"old_level\":\"1\",\"vm_pid\":4,\"x_y\":\"5\"}");
	assert_null(strstr(strstr(test_text, "\"x_y\"") + 1, "\"x_y\""));
	document_of("LOGIN old_auid=1 old-auid=2\n");
	expect("auditd/user/old_auid/id", "\"2\"");
	document_of("USER_MGMT x_y=6 old_level=2\n"); /* the last document's dashes are forgotten */
	expect("auditd/data", "{\"x_y\":\"6\",\"old_level\":\"2\"}");
}

static void nothing_is_empty(void **state)
{
	(void)state;
	test_config.tags[0] = "";
	test_config.tag_count = 1;
	document_start();
	document_of(
		"SYSCALL arch=c000003e syscall=59 key=01 subj=:\nEXECVE argc=3 a0=\"sh\" a1=\"\" "
		"a2=\"x\"\nPATH item=? name=(null)\nSOCKADDR saddr=0100\n");
	expect("process", "{\"command_line\":\"sh  x\",\"args\":[\"sh\",\"x\"],\"args_count\":3}");
	expect("auditd/data/socket", "{\"family\":\"unix\"}");
	expect_nothing("auditd/paths");
	expect_nothing("auditd/session");
	expect_nothing("auditd/user");
	expect_nothing("file");
	expect_nothing("tags");
	expect_nothing("user");
	document_of("KERNEL x=? :\n");
	expect_nothing("auditd/data");
	assert_null(strstr(test_text, "\"\""));
	assert_null(strstr(test_text, "{}"));
	assert_null(strstr(test_text, "[]"));
}

/* In the other layout only an argument may be empty: it is one. */
static void empty_in_the_other_layout(void **state)
{
	(void)state;
	document_start();
	document_of("SYSCALL arch=c000003e syscall=59 subj=:\nEXECVE argc=3 a0=\"sh\" a1=\"\" "
		    "a2=\"x\"\nPATH item=? name=(null)\nSOCKADDR saddr=0100\n");
	expect("process",
		"{\"command_line\":\"sh  x\",\"args\":[\"sh\",\"\",\"x\"],\"args_count\":3}");
	expect("auditd/data/socket", "{\"family\":\"unix\"}");
	expect_nothing("auditd/paths");
	expect_nothing("auditd/session");
	expect_nothing("user");
	document_of("KERNEL x=? :\nPATH item=?\n");
	expect_nothing("auditd/data");
	expect_nothing("auditd/paths");
	expect_nothing("auditd/session");
	expect_nothing("file");
	expect_nothing("user");
	document_of("KERNEL x\n");
	expect("auditd/data", "{\"text\":\"x\"}");
}

static void raw_records(void **state)
{
	(void)state;
	test_config.include_raw_message = true;
	document_start();
	document_of("SYSCALL arch=c000003e\nUNKNOWN[1420] y=1\n");
	expect("event/original", "\"type=SYSCALL msg=audit(1700000000.123:77): arch=c000003e\\n"
				 "type=UNKNOWN[1420] msg=audit(1700000000.123:77): y=1\"");
	expect("auditd/messages", "[\"type=SYSCALL msg=audit(1700000000.123:77): arch=c000003e\","
				  "\"type=UNKNOWN[1420] msg=audit(1700000000.123:77): y=1\"]");
}

static void warnings(void **state)
{
	(void)state;
	test_config.include_warnings = true;
	document_start();
	document_of("SYSCALL syscall=87\nPATH mode=x\n");
	expect("auditd/warnings", "[\"SYSCALL: arch is missing or no number\"]");
	expect("error/message", "\"SYSCALL: arch is missing or no number\"");
	document_of("LOGIN pid=1\nCWD pid=2\nEXECVE argc=1\n");
	expect("error/message", "\"CWD: pid is in an earlier record, too; that one counts\\n"
				"EXECVE: argc counts more arguments than there are\"");
}

/* It does not fit after all steps, so all of them are taken. */
static void take_everything_away(cJSON *root)
{
	struct shrink_mark mark = {.set = false};
	static char text[2000];

	assert_int_equal(
		shrink_to_fit(root, &test_document.hints, &mark, text, sizeof(text), 100), 0);
}

/* What stays in any case has the names that the layout gives it. */
static void shrink_leaves_what_it_names(void **state)
{
	static const char *const members[] = {"@timestamp", "event/kind", "event/module",
		"event/dataset", "event/action", "event/category", "event/type", "event/outcome",
		"user/id", "auditd/message_type", "process/pid", "process/executable",
		"data_stream/type", "data_stream/dataset", "data_stream/namespace", "host/name",
		"log/flags", "tags/0"};

	(void)state;
	test_config.include_raw_message = true;
	test_config.tag_count = 1;
	test_config.tags[0] = "mine";
	document_start();
	test_on_built = take_everything_away;
	document_of(EXEC "auid=1000 uid=7 suid=5 fsuid=7 exe=\"/x\" key=\"k\"\nEXECVE argc=2 "
			 "a0=\"sh\" a1=\"x\"\nPATH name=\"/f\"\nPROCTITLE proctitle=\"sh\"\n");
	for (unsigned i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (!*at(members[i]))
			fail_msg("%s", members[i]);
	expect("tags", "[\"k\"]");
	expect("process", "{\"pid\":8,\"executable\":\"/x\"}");
	if (test_config.layout == LAYOUT_INTEGRATION) {
		expect("auditd/user", "{\"audit\":{\"id\":\"1000\"}}");
		expect("user", "{\"id\":\"7\"}");
		expect("event/sequence", "77");
	} else {
		expect("user", "{\"id\":\"7\",\"audit\":{\"id\":\"1000\"}}");
		expect("auditd/sequence", "77");
	}
	expect("host", "{\"name\":\"gw1\",\"id\":\"0123456789abcdef0123456789abcdef\",\"os\":{"
		       "\"type\":\"linux\"}}");
	expect_nothing("file");
	expect_nothing("agent");
	expect_nothing("event/original");
}

/* Its escaped form has to fit, too. */
static void half_an_id_is_none(void **state)
{
	static char id[LIMIT_ESSENTIAL_HOST_BYTES + 1];
	struct document_host host = {.name = "gw1", .id = id};

	(void)state;
	memset(id, 'x', sizeof(id) - 1);
	assert_true(document_init(&test_document, &test_config, NULL, &host, scratch_arena()));
	assert_non_null(memmem(test_document.essential, test_document.essential_len, id, 64));
	id[5] = '"';
	assert_true(document_init(&test_document, &test_config, NULL, &host, scratch_arena()));
	assert_null(memmem(test_document.essential, test_document.essential_len, "\"id\"", 4));
}

/* ---- any bytes ----------------------------------------------------------------------------- */

static uint64_t seed = 1;

/* A run of bytes that look like fields now and then, any byte but the record's end. */
static size_t any_bytes(char *to, size_t most)
{
	static const char *const words[] = {" a=", " old-auid=", " saddr=02", "msg='", "\"", "=",
		" ", "'", "a0=", " argc=2", "uid=0", "\xed\xa0\x80", "\xf0\x9f", "\xe2\x80\xa8",
		"\xc0\xaf", " key=6101", " socket_a-b=", " subj=a:b"};
	size_t n = 0;

	while (n < most - 16) {
		if (random_below(&seed, 3) == 0) {
			const char *word =
				words[random_below(&seed, sizeof(words) / sizeof(words[0]))];

			memcpy(to + n, word, strlen(word));
			n += strlen(word);
		} else {
			to[n] = (char)random_below(&seed, 256);
			n += to[n] != '\n' && to[n] != '\0';
		}
		if (random_below(&seed, 60) == 0)
			break;
	}
	to[n] = '\0';
	return n;
}

/* support_document.c reads each document back with cJSON and looks for its line's end. */
static void any_record_is_one_line(void **state)
{
	static const uint16_t types[] = {RECORD_SYSCALL, RECORD_PATH, RECORD_SOCKADDR,
		RECORD_EXECVE, RECORD_USER_LOGIN, RECORD_LOGIN, RECORD_PROCTITLE,
		RECORD_KERNEL_OTHER, 1420};
	char body[400];

	(void)state;
	test_config.include_raw_message = test_config.include_warnings = true;
	test_config.include_message = true;
	for (unsigned round = 0; round < 4000; round++) {
		test_config.layout = round % 2 ? LAYOUT_INTEGRATION : LAYOUT_AUDITBEAT;
		document_start();
		join_begin();
		for (unsigned i = random_below(&seed, 4) + 1; i > 0; i--) {
			any_bytes(body, sizeof(body));
			join_record(
				types[random_below(&seed, sizeof(types) / sizeof(types[0]))], body);
		}
		document_end();
		expect_nothing("nothing");
		assert_string_not_equal(at("event/original"), "");
		exact_free(NULL);
	}
}

/* Whatever is well-formed comes back as it was. */
static void what_is_valid_comes_back(void **state)
{
	char body[256], want[512];
	cJSON *back;

	(void)state;
	test_config.layout = LAYOUT_INTEGRATION;
	test_config.include_raw_message = true;
	document_start();
	for (unsigned round = 0; round < 2000; round++) {
		size_t n = 0;

		while (n < sizeof(body) - 8 && random_below(&seed, 40)) {
			static const char *const characters[] = {"\x01", "\x1f", " ", "\"", "\\",
				"/", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
				"\xee\x80\x80", "\xef\xbf\xbf", "\xe2\x80\xa8", "\xf0\x90\x80\x80",
				"\xf4\x8f\xbf\xbf", "x", "=", "'"};
			const char *one = characters[random_below(
				&seed, sizeof(characters) / sizeof(characters[0]))];

			memcpy(body + n, one, strlen(one));
			n += strlen(one);
		}
		strcpy(body + n, "x"); /* blanks at the end are nobody's */
		join_begin();
		join_record(RECORD_KERNEL_OTHER, body);
		document_end();
		snprintf(want, sizeof(want), "type=KERNEL_OTHER msg=audit(1700000000.123:77): %s",
			body);
		back = cJSON_Parse(at("event/original"));
		assert_string_equal(cJSON_GetStringValue(back), want);
		cJSON_Delete(back);
		exact_free(NULL);
	}
}

#define LAYOUT(name) cmocka_unit_test_setup_teardown(name, integration_setup, document_teardown)
#define OTHER(name)  cmocka_unit_test_setup_teardown(name, document_setup, document_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LAYOUT(members_move),
		LAYOUT(auids_that_change),
		LAYOUT(addresses),
		LAYOUT(numbers),
		LAYOUT(dashes),
		LAYOUT(names_that_become_the_same),
		LAYOUT(nothing_is_empty),
		OTHER(empty_in_the_other_layout),
		LAYOUT(raw_records),
		LAYOUT(warnings),
		LAYOUT(shrink_leaves_what_it_names),
		LAYOUT(half_an_id_is_none),
		OTHER(shrink_leaves_what_it_names),
		OTHER(any_record_is_one_line),
		OTHER(what_is_valid_comes_back),
	};

	return cmocka_run_group_tests_name("document_layout", tests, NULL, NULL);
}
