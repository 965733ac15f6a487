/* link: document.o document_network.o document_process.o document_auditd.o document_file.o
 * document_layout.o document_message.o document_user.o enriched.o normalize.o json.o timestamp.o
 * cjson.o event.o execve.o record.o record_fields.o record_decode.o decode.o sockaddr_text.o
 * reassembly.o blocks.o record_header.o tables.o table_names.o table_keys.o table_norms.o
 * table_syscalls.o fake_identity.o support_core.o support_event.o support_document.o */
#include "enriched.h"
#include "log_reader.h"
#include "normalize.h"
#include "reassembly.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support_core.h"
#include "support_document.h"

/* Events of a log: the host and the names of users that their records bring along. */

#define SYSCALL "arch=c000003e syscall=59 success=yes "

static struct record_workspace workspace;
static struct enriched names;
static char document[LIMIT_DOCUMENT_BYTES];
static int id_type; /* of host.id in the tree; 0: none */

static void on_event(void *context, const struct raw_event *raw)
{
	struct arena *arena = scratch_arena();
	cJSON *root, *id;
	size_t len;

	(void)context;
	enriched_read(&names, &test_table, raw);
	record_workspace_init(&workspace, arena);
	event_join(&test_event, &test_table, raw, &workspace);
	normalize(&test_event);
	root = document_build(&test_document, &test_event, &test_table, raw);
	assert_non_null(root);
	id = json_get(json_get(root, "host"), "id");
	id_type = id ? id->type : 0;
	len = json_write(root, document, sizeof(document) - 1);
	document[len] = '\0';
}

static void start(void)
{
	static const struct document_host host = {.name = "here",
		.architecture = "mips",
		.id = "here",
		.os = {[OS_NAME] = "here"},
		.agent_id = "id-1",
		.ephemeral_id = "id-2",
		.of_log = true};

	if (!test_config.hostname)
		test_config.hostname = "";
	test_config.passwd_file = test_config.group_file = "";
	event_init(&test_event);
	assert_true(document_init(&test_document, &test_config, NULL, &host, scratch_arena()));
	reassembly_init(&test_table, 10, 1000000, &test_counters, on_event, NULL);
	reassembly_of_log(&test_table);
}

static void push(const char *host, uint16_t type, const char *body, const char *appended)
{
	const struct log_record record = {.type = type,
		.text = exact_format("audit(1700000000.123:77): %s", body),
		.host = span_of(host),
		.enriched = span_of(appended)};

	reassembly_push_log(&test_table, &record, 0);
}

/* An event of one record. */
static void event_of(const char *host, uint16_t type, const char *body, const char *appended)
{
	start();
	push(host, type, body, appended);
	reassembly_flush(&test_table);
}

static void has(const char *text)
{
	if (!strstr(document, text))
		fail_msg("%s is not in %s", text, document);
}

static void has_no(const char *text)
{
	if (strstr(document, text))
		fail_msg("%s is in %s", text, document);
}

/* ---- the host ------------------------------------------------------------------------------ */

static void the_host_is_the_logs(void **state)
{
	(void)state;
	event_of("gw7", RECORD_SYSCALL, SYSCALL "pid=1", "");
	has("\"host\":{\"name\":\"gw7\",\"architecture\":\"x86_64\",\"os\":{\"type\":\"linux\"}}");
	has_no("\"host\":{\"name\":\"here\"");
	has_no("\"id\":\"here\"");
	has_no("\"os\":{\"name\"");
	has_no("mips");
	event_of("", RECORD_SYSCALL, SYSCALL "pid=1", "");
	has("\"host\":{\"architecture\":\"x86_64\",\"os\":{\"type\":\"linux\"}}");
	event_of("", RECORD_SYSCALL, "arch=c0ffee syscall=1", ""); /* nobody knows this one */
	has("\"host\":{\"os\":{\"type\":\"linux\"}}");
	event_of("gw7", RECORD_SECCOMP, "sig=31 arch=c00000b7 syscall=59", "");
	has("\"architecture\":\"aarch64\"");
}

static void an_option_names_the_host(void **state)
{
	(void)state;
	test_config.hostname = "mine";
	test_config.host_id = "7f";
	event_of("gw7", RECORD_USER_LOGIN, "pid=1", "");
	has("\"host\":{\"name\":\"mine\",\"id\":\"7f\",\"os\":{\"type\":\"linux\"}}");
	has_no("gw7");
}

/* A long one of a document that is too long is not cut. */
static void half_an_id_is_none(void **state)
{
	(void)state;
	test_config.host_id = "\"";
	event_of("gw7", RECORD_USER_LOGIN, "pid=1", "");
	has("\"host\":{\"name\":\"gw7\",\"id\":\"\\\"\",\"os\":{\"type\":\"linux\"}}");
	assert_true(id_type & cJSON_Raw);
}

/* Only the kernel says of which architecture it is. */
static void a_program_names_no_architecture(void **state)
{
	(void)state;
	event_of("gw7", RECORD_USER, "pid=1 uid=0 msg='arch=c000003e arch=x86_64'", "");
	has("\"host\":{\"name\":\"gw7\",\"os\":{\"type\":\"linux\"}}");
	start();
	push("gw7", RECORD_USER, "pid=1 uid=0 msg='arch=c00000b7'", "");
	push("gw7", RECORD_SYSCALL, SYSCALL "pid=1", "");
	reassembly_flush(&test_table);
	has("\"architecture\":\"x86_64\"");
}

/* ---- the names ----------------------------------------------------------------------------- */

static void name_is(const char *id, bool is_group, const char *name)
{
	struct span got = enriched_name(&names, span_of(id), is_group);

	if (!name)
		assert_null(got.at);
	else if (!*name)
		assert_int_equal(got.len, 0);
	else
		assert_text(got, name);
}

static void names_by_id(void **state)
{
	(void)state;
	event_of("", RECORD_SYSCALL, SYSCALL "auid=1000 uid=7 gid=1000 egid=8",
		"ARCH=x86_64 SYSCALL=execve AUID=\"carol\" UID=\"dave\" GID=\"staff\" EGID=\"g "
		"8\"");
	name_is("1000", false, "carol");
	name_is("1000", true, "staff");
	name_is("7", false, "dave");
	name_is("8", true, "g 8");
	name_is("8", false, NULL);
	name_is("x86_64", false, NULL);
	name_is("", false, NULL);
	has("\"id\":\"7\",\"name\":\"dave\"");
	has_no("alice"); /* 1000 of this machine */
}

/* Of each record its own; of a record without any, nothing. */
static void names_of_all_records(void **state)
{
	(void)state;
	start();
	push("", RECORD_SYSCALL, SYSCALL "auid=1000 uid=7", "AUID=\"carol\" UID=\"dave\"");
	push("", RECORD_CWD, "cwd=\"/\"", "");
	push("", RECORD_PATH, "item=0 ouid=9 ogid=9", "OUID=\"erin\" OGID=\"ops\"");
	reassembly_flush(&test_table);
	assert_int_equal(names.count, 4);
	name_is("9", false, "erin");
	name_is("9", true, "ops");
	event_of("", RECORD_SYSCALL, SYSCALL "uid=7", "");
	assert_int_equal(names.count, 0); /* the last event's are gone */
}

static void no_names(void **state)
{
	static const char *const appended[] = {"UID=\"unset\"", "UID=\"unknown(7)\"", "UID=\"\"",
		"UID=dave", "UID={ dave }", "AUID=\"dave\"", "uid=\"dave\"", "XUID=\"dave\"", "UID",
		"UID=", "=\"dave\"", "SADDR={ UID=\"dave\" }", "EXE=\"UID\" UIDX=\"dave\""};

	(void)state;
	for (size_t i = 0; i < sizeof(appended) / sizeof(appended[0]); i++) {
		event_of("", RECORD_SYSCALL, SYSCALL "uid=7 pid=8", appended[i]);
		if (names.count != 0)
			fail_msg("%s is a name", appended[i]);
	}
	event_of("", RECORD_SYSCALL, SYSCALL "uid=x auid=", "UID=\"a\" AUID=\"b\"");
	assert_int_equal(names.count, 0);
	event_of("", RECORD_SYSCALL, SYSCALL "xuid=7", "UID=\"a\""); /* no field of that name */
	assert_int_equal(names.count, 0);
}

/* The memory behind a record still has what the record before had there. */
static void no_names_of_the_record_before(void **state)
{
	(void)state;
	event_of("", RECORD_SYSCALL, SYSCALL "uid=7", "UID=\"dave\"");
	name_is("7", false, "dave");
	event_of("", RECORD_SYSCALL, SYSCALL "uid=7", "UID=");
	assert_int_equal(names.count, 0);
}

/* Two names of one id tell that something is wrong. */
static void two_names_of_one_id(void **state)
{
	(void)state;
	event_of("", RECORD_SYSCALL, SYSCALL "auid=7 uid=7 euid=7 gid=7",
		"AUID=\"a\" UID=\"a\" GID=\"b\"");
	name_is("7", false, "a");
	name_is("7", true, "b");
	event_of("", RECORD_SYSCALL, SYSCALL "auid=7 uid=7 euid=7",
		"AUID=\"a\" UID=\"b\" EUID=\"a\"");
	name_is("7", false, "");
}

/* In a program's record a user may have typed a field that looks like an id. */
static void what_somebody_typed_has_no_name(void **state)
{
	(void)state;
	event_of("", RECORD_USER_LOGIN,
		"pid=1 uid=0 auid=5 msg='op=login id=1000 exe=\"/x\" sauid=9'",
		"UID=\"root\" AUID=\"carol\" ID=\"dave\"");
	name_is("0", false, "root");
	name_is("5", false, "carol");
	name_is("1000", false, "dave");
	event_of("", RECORD_USER_LOGIN,
		"pid=1 uid=0 auid=5 msg='op=login acct=\"a id=1000 b\" exe=\"/x\"'",
		"UID=\"root\" AUID=\"carol\" ID=\"dave\"");
	name_is("1000", false, NULL);
	event_of("", RECORD_USER_LOGIN, "pid=1 uid=0 msg='op=login acct=a id=1000'", "ID=\"dave\"");
	name_is("1000", false, NULL);
	event_of("", RECORD_USER_AVC, "pid=1 uid=0 msg='op=x exe=\"/x\" sauid=9'",
		"UID=\"root\" SAUID=\"erin\"");
	name_is("9", false, NULL);
}

static void as_many_names_as_there_may_be(void **state)
{
	static const uint16_t types[] = {RECORD_SYSCALL, RECORD_AVC, RECORD_OBJ_PID};

	(void)state;
	start();
	for (unsigned r = 0; r < 3; r++) {
		char body[4096] = "arch=c000003e syscall=59 ", appended[4096] = "";

		for (unsigned i = 0; i < LIMIT_ENRICHED_ITEMS + 1; i++) {
			unsigned id = 100 * (r + 1) + i;

			sprintf(body + strlen(body), "k%uuid=%u ", i, id);
			sprintf(appended + strlen(appended), "K%uUID=\"n%u\" ", i, id);
		}
		push("", types[r], body, appended);
	}
	reassembly_flush(&test_table);
	name_is("115", false, "n115");
	name_is("116", false, NULL); /* of one record the first */
	name_is("215", false, "n215");
	assert_int_equal(names.count, LIMIT_ENRICHED_NAMES); /* and of all */
	name_is("300", false, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, document_setup, document_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_host_is_the_logs),
		TEST(an_option_names_the_host),
		TEST(half_an_id_is_none),
		TEST(a_program_names_no_architecture),
		TEST(names_by_id),
		TEST(names_of_all_records),
		TEST(no_names),
		TEST(no_names_of_the_record_before),
		TEST(two_names_of_one_id),
		TEST(what_somebody_typed_has_no_name),
		TEST(as_many_names_as_there_may_be),
	};

	return cmocka_run_group_tests_name("document_log", tests, NULL, NULL);
}
