/* link: report.o fake_sys.o fake_files.o fake_sockets.o document.o document_network.o
 * document_process.o document_auditd.o document_layout.o document_message.o document_user.o
 * normalize.o json.o timestamp.o cjson.o event.o execve.o record.o record_fields.o
 * record_decode.o decode.o sockaddr_text.o reassembly.o blocks.o record_header.o tables.o
 * table_names.o table_keys.o table_norms.o table_syscalls.o fake_identity.o support_core.o
 * support_event.o support_document.o */
#include "report.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "json.h"
#include "support_core.h"
#include "support_document.h"

#define OWN_PID 4711
#define CALL                                                                                       \
	"SYSCALL arch=c000003e syscall=44 success=yes exit=60 ppid=1 pid=812 auid=1000 uid=0 "     \
	"comm=\"auditctl\" exe=\"/usr/sbin/auditctl\"\n"
#define CHANGE "CONFIG_CHANGE auid=1000 ses=2 subj=unconfined op=remove_rule list=4 res=1\n"

static struct report_actor actor;

static void remember(const struct raw_event *raw)
{
	(void)raw;
	report_remember(&actor, &test_event, OWN_PID);
}

static int start(void **state)
{
	document_setup(state);
	memset(&actor, 0, sizeof(actor));
	test_config.resolve_ids = true;
	if (!document_start())
		return -1;
	test_on_joined = remember;
	return 0;
}

static const char *text_of(const struct report *r)
{
	static char text[8192];
	const cJSON *root;
	size_t len;

	scratch_arena();
	root = report_build(&test_document, r);
	assert_non_null(root);
	len = json_write(root, text, sizeof(text) - 1);
	assert_true(len > 0);
	text[len] = '\0';
	return text;
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("%s\nlacks\n%s", text, part);
}

static void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("%s\nhas\n%s", text, part);
}

/* ---- documents ------------------------------------------------------------------------------ */

static void a_whole_document(void **state)
{
	struct report r = {
		.time_ms = TEST_TIME_MS,
		.action = SPAN("restored-audit-rules"),
		.message = SPAN("they \"were\" changed"),
		.actor = &actor,
		.fact_count = 2,
		.facts = {{"rules_expected", SPAN("12")}, {"rules_found", SPAN("0")}},
	};

	(void)state;
	join(CHANGE CALL);
	assert_int_equal(actor.serial, TEST_SERIAL);
	assert_has(text_of(&r),
		"{\"@timestamp\":\"2023-11-14T22:13:20.123Z\",\"message\":\"they \\\"were\\\" "
		"changed\",\"event\":{\"kind\":\"event\",\"module\":\"auditd\",\"dataset\":"
		"\"auditd_manager.auditd\",\"category\":[\"configuration\"],\"type\":[\"change\"],"
		"\"action\":\"restored-audit-rules\",\"outcome\":\"success\"},\"user\":{\"id\":"
		"\"0\",\"name\":\"root\",\"audit\":{\"id\":\"1000\",\"name\":\"alice\"}},"
		"\"process\":{\"pid\":812,\"name\":\"auditctl\",\"executable\":"
		"\"/usr/sbin/auditctl\"},\"auditd\":{\"message_type\":\"ecsaudit\",\"data\":{"
		"\"rules_expected\":\"12\",\"rules_found\":\"0\"}},\"agent\":");
	assert_string_equal(test_document.timestamp.text, "2023-11-14T22:13:20.123Z");
	r.failed = true;
	assert_has(text_of(&r), "\"outcome\":\"failure\"");
	r.fact_count = 0;
	assert_lacks(text_of(&r), "rules_");
	assert_lacks(text_of(&r), "\"tags\"");
	test_config.tags[0] = "edge";
	test_config.tag_count = 1;
	assert_has(text_of(&r), "},\"tags\":[\"edge\"],\"agent\":{");
}

static void layout_integration(void **state)
{
	const struct report r = {.action = SPAN("noticed"), .message = SPAN("x"), .actor = &actor};

	(void)state;
	join(CHANGE CALL);
	test_config.layout = LAYOUT_INTEGRATION;
	assert_has(text_of(&r), "\"user\":{\"id\":\"0\",\"name\":\"root\"}");
	assert_has(text_of(&r), "\"auditd\":{\"user\":{\"audit\":{\"id\":\"1000\",\"name\":"
				"\"alice\"}},\"message_type\":\"ecsaudit\"}");
}

static void nobody_is_known(void **state)
{
	struct report r = {.action = SPAN("noticed"), .message = SPAN("x")};

	(void)state;
	assert_lacks(text_of(&r), "\"user\"");
	assert_lacks(text_of(&r), "\"process\"");
	r.actor = &actor;
	assert_lacks(text_of(&r), "\"user\"");
	assert_lacks(text_of(&r), "\"process\"");
	join(CHANGE CALL);
	actor.serial = 0; /* not to blame any more */
	assert_lacks(text_of(&r), "\"user\"");
	assert_lacks(text_of(&r), "\"process\"");
}

static void names_only_where_wanted(void **state)
{
	const struct report r = {.action = SPAN("noticed"), .message = SPAN("x"), .actor = &actor};

	(void)state;
	join(CHANGE CALL);
	test_config.resolve_ids = false;
	assert_has(text_of(&r), "\"user\":{\"id\":\"0\",\"audit\":{\"id\":\"1000\"}}");
	test_config.resolve_ids = true;
	join("CONFIG_CHANGE auid=77 op=set\nSYSCALL arch=c000003e syscall=44 pid=3 uid=78\n");
	assert_has(text_of(&r), "\"user\":{\"id\":\"78\",\"audit\":{\"id\":\"77\"}}");
	assert_has(text_of(&r), "\"process\":{\"pid\":3}");
}

static void no_room(void **state)
{
	const struct report r = {.action = SPAN("noticed"), .message = SPAN("x"), .actor = &actor};
	struct arena none = {.base = test_text, .size = 0};
	struct arena *arena = test_document.arena;

	(void)state;
	join(CHANGE CALL);
	test_document.arena = &none;
	assert_null(report_build(&test_document, &r));
	/* With some room a part of it, and the arena says so. */
	for (size_t size = 64; size < 4096; size += 8) {
		none = (struct arena){.base = test_text, .size = size};
		(void)report_build(&test_document, &r);
		if (!none.exhausted)
			break;
	}
	assert_false(none.exhausted);
	test_document.arena = arena;
}

/* ---- who ------------------------------------------------------------------------------------ */

static void our_own_changes(void **state)
{
	(void)state;
	join("CONFIG_CHANGE auid=4294967295 op=add_rule list=4 res=1\n"
	     "SYSCALL arch=c000003e syscall=46 pid=4711 auid=4294967295 uid=0 comm=\"x\"\n");
	assert_int_equal(actor.serial, 0);
	join(CHANGE CALL);
	join("CONFIG_CHANGE op=add_rule res=1\nSYSCALL arch=c000003e syscall=46 pid=4711\n");
	assert_string_equal(actor.pid, "812");
	assert_int_not_equal(actor.serial, 0);
}

/* An agent before this one, at its end: its records may be there first. */
static void what_was_before_is_not_to_blame(void **state)
{
	(void)state;
	actor.since_ms = TEST_TIME_MS + 1;
	join(CHANGE CALL);
	assert_int_equal(actor.serial, 0);
	actor.since_ms = TEST_TIME_MS;
	join(CHANGE CALL);
	assert_int_not_equal(actor.serial, 0);
}

static void without_a_system_call(void **state)
{
	(void)state;
	join("CONFIG_CHANGE auid=4294967295 ses=4294967295 op=remove_rule list=4 res=1\n");
	assert_int_equal(actor.serial, 0); /* but who? */
	assert_string_equal(actor.audit_id, "");
	join("CONFIG_CHANGE auid=1001 ses=3 op=remove_rule list=4 res=1\n");
	assert_string_equal(actor.audit_id, "1001");
	assert_string_equal(actor.pid, "");
	assert_int_equal(actor.serial, TEST_SERIAL);
	join(CHANGE CALL);
	assert_string_equal(actor.pid, "812");
	/* Who is known whole stays. */
	join("CONFIG_CHANGE auid=1001 ses=3 op=remove_rule list=4 res=1\n");
	assert_string_equal(actor.pid, "812");
	assert_string_equal(actor.audit_id, "1000");
	/* But not one who was forgotten. */
	actor.serial = 0;
	join("CONFIG_CHANGE auid=1001 ses=3 op=remove_rule list=4 res=1\n");
	assert_string_equal(actor.pid, "");
	assert_string_equal(actor.audit_id, "1001");
	assert_string_equal(actor.executable, "");
}

static void the_next_one_replaces(void **state)
{
	(void)state;
	join(CHANGE CALL);
	join("CONFIG_CHANGE auid=4294967295 op=set audit_enabled=0 old=1 res=1\n"
	     "SYSCALL arch=c000003e syscall=44 pid=99 auid=4294967295 uid=1001\n");
	assert_string_equal(actor.pid, "99");
	assert_string_equal(actor.user_id, "1001");
	assert_string_equal(actor.audit_id, "");
	assert_string_equal(actor.name, "");
	assert_string_equal(actor.executable, "");
}

static void long_names_are_cut(void **state)
{
	char log[2048], path[1024];

	(void)state;
	memset(path, 'p', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	snprintf(log, sizeof(log),
		"CONFIG_CHANGE op=set\nSYSCALL pid=5 comm=\"%.200s\" exe=\"%s\"\n", path, path);
	join(log);
	assert_int_equal(strlen(actor.executable), sizeof(actor.executable) - 1);
	assert_int_equal(strlen(actor.name), sizeof(actor.name) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, document_teardown)
		TEST(a_whole_document),
		TEST(layout_integration),
		TEST(nobody_is_known),
		TEST(names_only_where_wanted),
		TEST(no_room),
		TEST(our_own_changes),
		TEST(what_was_before_is_not_to_blame),
		TEST(without_a_system_call),
		TEST(the_next_one_replaces),
		TEST(long_names_are_cut),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
