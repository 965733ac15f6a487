/* link: support_agent.o fake_sys.o fake_files.o fake_sockets.o cjson.o */
#include "agent.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "support_agent.h"
#include "sys.h"
#include "config_read.h"

/* ---- one record, one message ----------------------------------------------------------- */

static void starts_with(const struct fake_sent *sent, const char *prefix)
{
	char got[128] = "";

	assert_true(strlen(prefix) < sizeof(got));
	memcpy(got, sent->data, strlen(prefix) < sent->len ? strlen(prefix) : sent->len);
	assert_string_equal(got, prefix);
}

static void one_message(const char *output, const char *format, const char *prefix)
{
	const struct fake_sent *sent;

	setup(NULL);
	set("hostname=box");
	set(format);
	start(output, false);
	event(7);
	drain();
	check_sums();
	settle();
	assert_int_equal(fake_sys_sent_count(), 1);
	sent = fake_sys_sent(0);
	starts_with(sent, prefix);
	assert_int_equal(sequence_of(sent), 7);
	assert_false(is_marked(sent));
	assert_int_equal(agent->counters.messages_sent, 1);
	assert_int_equal(agent->counters.events_emitted, 1);
	stop();
	assert_int_equal(fake_sys_sent_count(), 1);
}

static const char header_5424[] =
	"<110>1 2023-11-14T22:13:20.123Z box ecsaudit 4711 SERVICE_START [meta sequenceId=\"1\"]"
	"[timeQuality tzKnown=\"1\" isSynced=\"0\"]";
static const char header_3164[] = "<110>Nov 14 22:13:20 box ecsaudit[4711]: @cee: {";

static void test_one_message(void **state)
{
	static const char *const sockets[] = {UDP, "output=udp://[2001:db8::1]:1514", UNIX};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		one_message(sockets[i], "format=rfc5424", header_5424);
		assert_int_equal(fake_sys_sent(0)->type, SOCK_DGRAM);
		one_message(sockets[i], "format=rfc3164", header_3164);
		one_message(sockets[i], "format=json", "{\"@timestamp\":");
	}
	/* A document a line, whatever the format. */
	one_message("output=stdout", "format=rfc5424", "{\"@timestamp\":");
	assert_int_equal(fake_sys_sent(0)->fd, 1);
	assert_int_equal(fake_sys_sent(0)->data[fake_sys_sent(0)->len - 1], '\n');
}

static void test_null(void **state)
{
	(void)state;
	start("output=null", false);
	for (unsigned i = 1; i <= 10; i++)
		event(i);
	assert_int_equal(agent->counters.messages_sent, 10);
	assert_int_equal(fake_sys_sent_count(), 0);
	stop();
}

/* Without `output` an offline run writes to stdout; a live one has no output at all. */
static void test_default_output(void **state)
{
	(void)state;
	start("output=", true);
	assert_int_equal(agent->delivery.outputs[DELIVERY_PRIMARY].address.kind, OUTPUT_STDOUT);
	stop();
	setup(NULL);
	assert_false(agent_start(agent, false, &error));
	assert_non_null(strstr(error.text, "output: "));
	assert_int_equal(fake_sys_open_count(), 0);
}

static void test_records_of_an_event(void **state)
{
	cJSON *root;

	(void)state;
	start(UDP, false);
	record(SYSCALL, "audit(1700000000.001:5): arch=c000003e syscall=59 success=no exit=-13 "
			"a0=1 items=1 ppid=1 pid=2 uid=0 comm=\"x\" exe=\"/bin/x\" key=(null)");
	record(EXECVE, "audit(1700000000.001:5): argc=2 a0=\"x\" a1=\"y\"");
	assert_int_equal(records_held(), 2);
	assert_int_equal(fake_sys_sent_count(), 0);
	record(EOE, "audit(1700000000.001:5): ");
	assert_int_equal(fake_sys_sent_count(), 1);
	/* A failure is a notice: 13 * 8 + 5. */
	starts_with(fake_sys_sent(0), "<109>1 ");
	assert_non_null(strstr(fake_sys_sent(0)->data, " SYSCALL [meta "));
	root = document_of(fake_sys_sent(0));
	assert_int_equal(cJSON_GetNumberValue(cJSON_GetObjectItem(
				 cJSON_GetObjectItem(root, "process"), "args_count")),
		2);
	cJSON_Delete(root);
	assert_int_equal(agent->counters.records_dropped_eoe, 1);
	stop();
}

/* A fork, with these keys, and a record of a capability. */
static void fork_event(unsigned serial, const char *key, bool has_capability)
{
	record(SYSCALL,
		"audit(1700000000.001:%u): arch=c000003e syscall=57 success=yes exit=9 "
		"a0=0 items=0 ppid=1 pid=2 uid=0 comm=\"x\" exe=\"/bin/x\" key=%s",
		serial, key);
	if (has_capability)
		record(RECORD_BPRM_FCAPS, "audit(1700000000.001:%u): fver=0 fp=0", serial);
	record(PROCTITLE, "audit(1700000000.001:%u): proctitle=\"x\"", serial);
	record(EOE, "audit(1700000000.001:%u): ", serial);
	check_sums();
}

static void test_lineage_rules(void **state)
{
	static const char ours[] = "\"ecsaudit-lineage\"";

	(void)state;
	set("lineage.rules=true");
	set("tags=[\"mine\"]");
	set("include_raw_message=true");
	start(UDP, false);
	fork_event(5, ours, false);
	assert_int_equal(fake_sys_sent_count(), 0);
	assert_int_equal(agent->counters.lineage_used, 1);
	fork_event(6, ours, true);
	fork_event(7, "\"k\"", false);
	assert_int_equal(fake_sys_sent_count(), 2);
	assert_int_equal(agent->counters.lineage_used, 1);
	assert_int_equal(agent->counters.events_emitted, 3);
	assert_int_equal(agent->counters.serials_missing, 0);
	assert_non_null(strstr(fake_sys_sent(0)->data, "\"tags\":[\"mine\"]"));
	assert_non_null(strstr(fake_sys_sent(0)->data, "key=\\\"ecsaudit-lineage\\\""));
	assert_non_null(strstr(fake_sys_sent(1)->data, "\"tags\":[\"k\",\"mine\"]"));
	stop();
	assert_int_equal(agent->counters.serials_missing, 0);
}

/* Else they are as all others. */
static void test_no_lineage_rules(void **state)
{
	static const char *const settings[] = {"lineage.rules=false", "lineage.processes=0"};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		setup(NULL);
		set("lineage.rules=true");
		set(settings[i]);
		start(UDP, false);
		fork_event(5, "\"ecsaudit-lineage\"", false);
		assert_int_equal(fake_sys_sent_count(), 1);
		assert_non_null(strstr(fake_sys_sent(0)->data, "\"tags\":[\"ecsaudit-lineage\"]"));
		assert_int_equal(agent->counters.lineage_used, 0);
		stop();
		teardown(NULL);
	}
	setup(NULL);
}

/* Not complete: the deadline says when, and the tick then sends it. */
static void test_timeout(void **state)
{
	(void)state;
	start(UDP, false);
	assert_true(agent_deadline_ms(agent) == INT64_MAX);
	record(SYSCALL, "audit(1700000000.001:5): arch=c000003e syscall=2");
	assert_int_equal(agent_deadline_ms(agent), sys_monotonic_ms() + LIMIT_EVENT_HOLD_MS);
	tick(LIMIT_EVENT_HOLD_MS);
	assert_int_equal(agent_deadline_ms(agent), sys_monotonic_ms() + 2001 - LIMIT_EVENT_HOLD_MS);
	tick(2000 - LIMIT_EVENT_HOLD_MS);
	assert_int_equal(fake_sys_sent_count(), 0);
	tick(1);
	assert_int_equal(fake_sys_sent_count(), 1);
	assert_int_equal(agent->counters.events_evicted_timeout, 1);
	stop();
}

/* "" if there is none. */
static const char *text_at(const cJSON *root, const char *object, const char *member)
{
	const cJSON *node = cJSON_GetObjectItemCaseSensitive(root, object);

	if (member)
		node = cJSON_GetObjectItemCaseSensitive(node, member);
	return cJSON_IsString(node) ? node->valuestring : "";
}

/* As many as there may be, as long as they may be. */
static void set_largest_tags(void)
{
	static char setting[LIMIT_TAGS * (LIMIT_LABEL_BYTES + 3) + 16];
	char *at = setting + sprintf(setting, "tags=[");

	for (unsigned i = 0; i < LIMIT_TAGS; i++)
		at += sprintf(at, "%s\"%0*u\"", i ? "," : "", (int)LIMIT_LABEL_BYTES, i);
	strcpy(at, "]");
	set(setting);
}

/* ---- budgets --------------------------------------------------------------------------- */

static void test_budgets(void **state)
{
	static const unsigned budgets[] = {1400, 2048, 8000, 65507};
	static const char *const formats[] = {"format=rfc5424", "format=rfc3164", "format=json"};
	char setting[64];

	(void)state;
	for (unsigned b = 0; b < 4; b++) {
		for (unsigned f = 0; f < 3; f++) {
			unsigned marked = 0;

			setup(NULL);
			snprintf(setting, sizeof(setting), "max_datagram_bytes=%u", budgets[b]);
			set(setting);
			set(formats[f]);
			set("include_raw_message=true");
			start(UDP, false);
			for (unsigned i = 1; i <= 40; i++)
				long_event(i, i * 3, 40);
			for (unsigned i = 0; i < fake_sys_sent_count(); i++) {
				assert_in_range(fake_sys_sent(i)->len, 1, budgets[b]);
				marked += is_marked(fake_sys_sent(i));
			}
			assert_int_equal(agent->counters.documents_truncated, marked);
			settle();
			assert_int_equal(agent->counters.messages_sent, fake_sys_sent_count());
			assert_int_equal(
				agent->counters.documents_dropped, 40 - fake_sys_sent_count());
			assert_int_equal(fake_sys_sent_count(), 40);
			if (budgets[b] <= 2048)
				assert_int_equal(marked, fake_sys_sent_count());
			if (budgets[b] == 65507)
				assert_int_equal(marked, 0);
			stop();
		}
	}
}

/* The least budget, the longest header, the largest constants and tags, and a user who wants the
 * event to have no document: it has one, and nobody else's marks. */
static void test_worst_event(void **state)
{
	static const char *const layouts[] = {"layout=auditbeat", "layout=integration"};
	static const char *const bytes[] = {"01", "22", "41", "FF", "C285", "E280A8", "F09F9880"};
	char hex[2001], host[300] = "hostname=x", namespace[120] = "namespace=";

	(void)state;
	memset(host + strlen(host), '"', LIMIT_HOSTNAME_BYTES - 1);
	memset(namespace + strlen(namespace), 'n', LIMIT_NAMESPACE_BYTES);
	for (unsigned i = 0; i < 2 * sizeof(bytes) / sizeof(bytes[0]); i++) {
		const char *byte = bytes[i / 2];
		const struct fake_sent *sent;
		cJSON *root;

		hex[0] = '\0';
		while (strlen(hex) + strlen(byte) < 2000)
			strcat(hex, byte);
		setup(NULL);
		set(layouts[i % 2]);
		set("max_datagram_bytes=1400");
		set("include_raw_message=true");
		set(host);
		set(namespace);
		set_constant_field(1900);
		set_largest_tags();
		start(UDP, false);
		agent->syslog.sequence = 2147483646;
		record(SYSCALL,
			"audit(1700000000.001:4294967295): arch=c000003e syscall=59 success=yes "
			"exit=0 a0=1 items=2 ppid=4194303 pid=4194304 auid=4294967294 "
			"uid=4294967293 gid=4294967294 euid=4294967293 suid=4294967292 "
			"fsuid=4294967291 egid=4294967290 sgid=4294967289 fsgid=4294967288 "
			"tty=pts1234 ses=4294967294 comm=%.30s exe=2F%s subj=a:b:c:d "
			"key=\"%0250u\"",
			hex, hex, 7u);
		record(EXECVE, "audit(1700000000.001:4294967295): argc=2 a0=%s a1=%s", hex, hex);
		record(CWD, "audit(1700000000.001:4294967295): cwd=2F%s", hex);
		record(PATH, "audit(1700000000.001:4294967295): item=0 name=2F%s inode=1", hex);
		record(EOE, "audit(1700000000.001:4294967295): ");
		assert_int_equal(agent->counters.documents_dropped, 0);
		assert_int_equal(fake_sys_sent_count(), 1);
		sent = fake_sys_sent(0);
		assert_in_range(sent->len, 1300, 1400);
		assert_true(is_marked(sent));
		root = document_of(sent);
		assert_string_equal(text_at(root, "@timestamp", NULL), "2023-11-14T22:13:20.001Z");
		assert_string_equal(text_at(root, "user", "id"), "4294967293");
		assert_string_equal(text_at(root, "event", "action"), "executed");
		assert_memory_equal(text_at(root, "process", "executable"), "/", 1);
		assert_true(strlen(text_at(root, "process", "executable")) > 3);
		assert_true(cJSON_GetArraySize(cJSON_GetObjectItem(root, "tags")) > 0);
		cJSON_Delete(root);
		stop();
	}
}

/* ---- garbage --------------------------------------------------------------------------- */

static void test_dropped_records(void **state)
{
	char summary[512], wanted[512];
	size_t len;

	(void)state;
	start(UDP, false);
	record(REPLY, "audit(1.0:1): x");
	record(SYSCALL, "no header");
	record(SYSCALL, "audit(1.0:99999999999): x");
	record(SYSCALL, "audit(1.0:1): %0*d", (int)LIMIT_RECORD_BYTES, 0);
	record(EOE, "audit(1.0:1): ");
	for (unsigned i = 0; i < LIMIT_EVENT_RECORDS + 3; i++)
		record(PATH, "audit(1.0:2): item=%u name=\"/\"", i);
	assert_int_equal(agent->counters.records_dropped_type, 1);
	assert_int_equal(agent->counters.records_dropped_malformed, 2);
	assert_int_equal(agent->counters.records_dropped_oversized, 1);
	assert_int_equal(agent->counters.records_dropped_eoe, 1);
	assert_int_equal(agent->counters.records_dropped_event_full, 3);
	agent_flush(agent);
	check_sums();
	settle();
	assert_int_equal(fake_sys_sent_count(), 1);
	assert_true(is_marked(fake_sys_sent(0)));
	assert_int_equal(agent->counters.documents_truncated, 1);
	len = agent_summary(agent, summary, sizeof(summary));
	assert_int_equal(len, strlen(summary));
	snprintf(wanted, sizeof(wanted),
		"%u records, 1 event, 1 message sent, 1 truncated, 0 lost by the kernel, 0 "
		"serials "
		"missing, 6 dropped (6 records, 0 documents, 0 messages)",
		LIMIT_EVENT_RECORDS + 8);
	assert_string_equal(summary, wanted);
	stop();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_message, setup, teardown),
		cmocka_unit_test_setup_teardown(test_null, setup, teardown),
		cmocka_unit_test_setup_teardown(test_default_output, setup, teardown),
		cmocka_unit_test_setup_teardown(test_records_of_an_event, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lineage_rules, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_lineage_rules, setup, teardown),
		cmocka_unit_test_setup_teardown(test_timeout, setup, teardown),
		cmocka_unit_test_setup_teardown(test_budgets, setup, teardown),
		cmocka_unit_test_setup_teardown(test_worst_event, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dropped_records, setup, teardown),
	};

	return cmocka_run_group_tests_name("agent", tests, NULL, NULL);
}
