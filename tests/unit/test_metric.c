/* link: metric.o text.o sockaddr_text.o document.o document_network.o document_process.o
 * document_auditd.o document_layout.o document_message.o document_user.o normalize.o json.o
 * timestamp.o cjson.o event.o execve.o record.o record_fields.o record_decode.o decode.o
 * reassembly.o blocks.o record_header.o tables.o table_names.o table_keys.o table_norms.o
 * table_syscalls.o fake_identity.o support_core.o support_event.o support_document.o */
#include "metric.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "json.h"
#include "support_core.h"
#include "support_document.h"

static struct counters now, before;
static struct gauges gauges;
static const struct metric metric = {.now = &now,
	.before = &before,
	.gauges = &gauges,
	.uptime_ms = 70000,
	.interval_ms = 11001};
static char members[LIMIT_METRIC_BYTES];
static cJSON *tree;

static int start(void **state)
{
	document_setup(state);
	memset(&now, 0, sizeof(now));
	memset(&before, 0, sizeof(before));
	memset(&gauges, 0, sizeof(gauges));
	return document_start() ? 0 : -1;
}

static int end(void **state)
{
	cJSON_Delete(tree);
	tree = NULL;
	return document_teardown(state);
}

static struct span members_of(enum metric_detail detail)
{
	struct text t;

	text_init(&t, members, sizeof(members));
	metric_write(&t, &metric, detail);
	assert_false(t.full);
	return (struct span){t.at, (uint32_t)t.used};
}

static const char *text_of(enum metric_detail detail)
{
	static char text[2 * LIMIT_METRIC_BYTES];
	const cJSON *root;
	size_t len;

	scratch_arena();
	root = metric_build(&test_document, &metric, members_of(detail), TEST_TIME_MS);
	assert_non_null(root);
	len = json_write(root, text, sizeof(text) - 1);
	assert_true(len > 0);
	text[len] = '\0';
	cJSON_Delete(tree);
	cJSON_InitHooks(NULL);
	tree = cJSON_Parse(text);
	if (!tree)
		fail_msg("no JSON: %s", text);
	return text;
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("%s\nlacks\n%s", text, part);
}

static const cJSON *group(const char *name)
{
	return cJSON_GetObjectItem(cJSON_GetObjectItem(tree, "ecsaudit"), name);
}

static void assert_number(const char *of, const char *name, uint64_t value)
{
	const cJSON *number = cJSON_GetObjectItem(group(of), name);

	if (!cJSON_IsNumber(number) || number->valuedouble != (double)value)
		fail_msg("%s.%s is not %llu", of, name, (unsigned long long)value);
}

/* ---- the numbers ---------------------------------------------------------------------------- */

/* Each has a value of its own, so that none can stand in the place of another. */
static void every_counter(void **state)
{
	uint64_t value = 1000;
	int count = 0;

	(void)state;
#define SET(name)                                                                                  \
	now.name = ++value;                                                                        \
	before.name = value % 2 ? 7 : value;
	COUNTERS(SET)
#define SET_GAUGE(name) gauges.name = ++value;
	GAUGES(SET_GAUGE)
	text_of(METRIC_ALL);
	value = 1000;
#define CHECK(name)                                                                                \
	assert_number("total", #name, ++value);                                                    \
	if (value % 2)                                                                             \
		assert_number("interval", #name, value - 7);                                       \
	else                                                                                       \
		assert_null(cJSON_GetObjectItem(group("interval"), #name));                        \
	count++;
	COUNTERS(CHECK)
#define CHECK_GAUGE(name) assert_number("now", #name, ++value);
	GAUGES(CHECK_GAUGE)
	assert_int_equal(cJSON_GetArraySize(group("total")), count);
	assert_int_equal(cJSON_GetArraySize(group("interval")), (count + 1) / 2);
	assert_int_equal(
		cJSON_GetArraySize(group("now")), sizeof(struct gauges) / sizeof(uint64_t));
}

static void the_sums_of_losses(void **state)
{
	uint64_t sum = 0;

	(void)state;
#define ADD(name, words)                                                                           \
	now.name = 1u << ((sum += 1) % 20);                                                        \
	before.name = 1;
	LOSS_COUNTERS(ADD)
	sum = 0;
#define SUM(name, words) sum += now.name;
	LOSS_COUNTERS(SUM)
	now.records_received = before.events_emitted = 99; /* no losses */
	now.events_emitted = 99;
	assert_int_equal(metric_loss(&now), sum);
	text_of(METRIC_ALL);
	assert_int_equal(group("loss_total")->valuedouble, sum);
	assert_int_equal(group("loss")->valuedouble, sum - metric_loss(&before));
	assert_int_equal(group("uptime_ms")->valuedouble, 70000);
	assert_int_equal(group("interval_ms")->valuedouble, 11001);
}

static void less_detail(void **state)
{
	(void)state;
	now.records_received = 5;
	now.kernel_lost = 3;
	gauges.serials_open = 2;
	assert_string_equal(members_of(METRIC_NOT_ZERO).at,
		"\"uptime_ms\":70000,\"interval_ms\":11001,\"loss\":3,\"loss_total\":3,"
		"\"now\":{\"serials_open\":2},\"total\":{\"records_received\":5,\"kernel_lost\":"
		"3}");
	assert_string_equal(members_of(METRIC_LOSS).at,
		"\"uptime_ms\":70000,\"interval_ms\":11001,\"loss\":3,\"loss_total\":3,"
		"\"total\":{\"kernel_lost\":3}");
}

static void as_long_as_can_be(void **state)
{
	const char *text;

	(void)state;
	memset(&now, 0xff, sizeof(now));
	memset(&gauges, 0xff, sizeof(gauges));
	assert_true(members_of(METRIC_ALL).len < LIMIT_METRIC_BYTES - 1000);
	assert_true(members_of(METRIC_LOSS).len < 700);
	text_of(METRIC_ALL);
	text = cJSON_GetObjectItem(tree, "message")->valuestring;
	assert_string_equal(text + strlen(text) - 2, " s"); /* not cut */
}

/* ---- the document --------------------------------------------------------------------------- */

static void a_whole_document(void **state)
{
	const char *text;

	(void)state;
	text = text_of(METRIC_LOSS);
	assert_string_equal(test_document.timestamp.text, "2023-11-14T22:13:20.123Z");
	assert_has(text, "{\"@timestamp\":\"2023-11-14T22:13:20.123Z\",\"event\":{\"kind\":"
			 "\"metric\",\"module\":\"ecsaudit\",\"dataset\":\"ecsaudit.ledger\","
			 "\"action\":\"reported-metrics\"},\"ecsaudit\":{\"uptime_ms\":70000,"
			 "\"interval_ms\":11001,\"loss\":0,\"loss_total\":0},"
			 "\"agent\":{");
	assert_has(text, "\"data_stream\":{\"type\":\"metrics\",\"dataset\":\"ecsaudit.ledger\","
			 "\"namespace\":\"default\"},\"ecs\":{");
	assert_has(text, "\"service\":{\"type\":\"auditd\"}}");
	test_config.tags[0] = "edge";
	test_config.tag_count = 1;
	assert_has(text_of(METRIC_ALL), "},\"tags\":[\"edge\"],\"agent\":{");
}

/* Texts of the user's that look like the member that is replaced. */
static void the_right_member_is_replaced(void **state)
{
	const char *text;

	(void)state;
	test_config.agent.name =
		"\"data_stream\":{\"type\":\"logs\",\"dataset\":\"auditd_manager.auditd\"";
	set_fields("\"labels\":{\"data_stream\":{\"type\":\"logs\",\"dataset\":"
		   "\"auditd_manager.auditd\"}}");
	assert_true(document_start());
	text = text_of(METRIC_ALL);
	assert_string_equal(
		cJSON_GetObjectItem(cJSON_GetObjectItem(tree, "data_stream"), "type")->valuestring,
		"metrics");
	assert_string_equal(
		cJSON_GetObjectItem(cJSON_GetObjectItem(tree, "agent"), "name")->valuestring,
		test_config.agent.name);
	assert_has(text, test_config.fields);
}

static void assert_message(const char *message)
{
	text_of(METRIC_ALL);
	assert_string_equal(
		cJSON_GetObjectItem(cJSON_GetObjectItem(tree, "event"), "action")->valuestring,
		"noticed-loss");
	assert_string_equal(cJSON_GetObjectItem(tree, "message")->valuestring, message);
}

static void what_was_lost_in_words(void **state)
{
	(void)state;
	now.kernel_lost = 4;
	before.kernel_lost = 1;
	now.serials_missing = before.serials_missing = 17;
	assert_message("3 records lost by the kernel in the last 12 s");
	now.serials_missing = 18;
	now.messages_dropped = 100;
	assert_message(
		"3 records lost by the kernel, 1 event missing as a whole, 100 messages dropped in "
		"the last 12 s");
}

/* Byte by byte what tests/documents/ecs holds to ECS. */
static void as_it_was_checked(void **state)
{
	static char wanted[8192], whole[9000];
	char *rest;
	FILE *f = fopen("tests/documents/metric.ndjson", "re");

	(void)state;
	assert_non_null(f);
	now.records_received = 4711;
	now.records_emitted = 4700;
	now.records_dropped_eoe = 8;
	before.records_received = 11;
	gauges.records_held = 3;
	for (unsigned i = 0; i < 4; i++) {
		test_config.layout = i % 2 ? LAYOUT_INTEGRATION : LAYOUT_AUDITBEAT;
		now.kernel_lost = now.serials_missing = i / 2;
		assert_true(document_start());
		assert_non_null(fgets(wanted, sizeof(wanted), f));
		wanted[strcspn(wanted, "\n")] = '\0';
		rest = strstr(wanted, "VERSION");
		assert_non_null(rest);
		*rest++ = '\0';
		snprintf(whole, sizeof(whole), "%s%s%s", wanted, ECSAUDIT_VERSION, rest + 6);
		assert_string_equal(text_of(METRIC_NOT_ZERO), whole);
	}
	assert_null(fgets(wanted, sizeof(wanted), f));
	assert_int_equal(fclose(f), 0);
}

static void no_room(void **state)
{
	struct arena none = {.base = test_text, .size = 0};
	struct arena *arena = test_document.arena;

	(void)state;
	now.kernel_lost = 1;
	test_document.arena = &none;
	assert_null(metric_build(&test_document, &metric, members_of(METRIC_ALL), 0));
	for (size_t size = 64; size < 8192; size += 8) {
		none = (struct arena){.base = test_text, .size = size};
		(void)metric_build(&test_document, &metric, members_of(METRIC_ALL), 0);
		if (!none.exhausted)
			break;
	}
	assert_false(none.exhausted);
	test_document.arena = arena;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
		TEST(every_counter),
		TEST(the_sums_of_losses),
		TEST(less_detail),
		TEST(as_long_as_can_be),
		TEST(a_whole_document),
		TEST(the_right_member_is_replaced),
		TEST(what_was_lost_in_words),
		TEST(as_it_was_checked),
		TEST(no_room),
	};

	return cmocka_run_group_tests_name("metric", tests, NULL, NULL);
}
