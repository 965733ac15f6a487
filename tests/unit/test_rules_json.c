/* link: rules_json.o rules_print.o json.o cjson.o rules_compile.o rules_mistake.o nearest.o
 * rules_control.o rules_field.o rules_syscall.o rules_text.o rules_value.o text.o table_rules.o
 * tables.o table_names.o table_syscalls.o table_keys.o table_norms.o support_rules.o */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <cJSON.h>
#include "rules_json.h"
#include "support_rules.h"

static struct rules_json json;
static char expected[8192];

static const char *write_rule(const struct rules_data *rule)
{
	size_t len = rules_json(&json, rule, "x86_64", RULES_AUDITCTL);

	assert_in_range(len, 2, sizeof(json.out) - 1);
	assert_int_equal(json.out[len - 1], '\n');
	json.out[len] = '\0';
	return json.out;
}

/* The object is `members`, and the bytes of the rule. */
static void assert_object(const char *line, const char *members)
{
	struct text t;

	if (support_compile(line) == RULES_MISTAKE)
		fail_msg("%s: %s", line, support_line.mistake);
	text_init(&t, expected, sizeof(expected));
	text_puts(&t, "{");
	text_puts(&t, members);
	text_puts(&t, ",\"hex\":\"");
	rules_print_hex(&t, &support_line.rule);
	text_puts(&t, "\"}\n");
	assert_string_equal(write_rule(&support_line.rule), expected);
}

static int setup(void **state)
{
	(void)state;
	support_rules_reset();
	support_start(AUDIT_FILTER_EXIT, AUDIT_ALWAYS);
	return 0;
}

static void a_watch(void **state)
{
	(void)state;
	assert_object("-w /f -p wa -k one -k two",
		"\"list\":\"exit\",\"action\":\"always\",\"syscalls\":\"all\","
		"\"fields\":[{\"name\":\"path\",\"operator\":\"=\",\"value\":\"/f\"},"
		"{\"name\":\"perm\",\"operator\":\"=\",\"value\":\"wa\"}],"
		"\"keys\":[\"one\",\"two\"],\"rule\":\"-w /f -p wa -k one -k two\"");
}

static void system_calls(void **state)
{
	(void)state;
	assert_object("-a always,exit -F arch=b64 -S open,2031 -C auid!=obj_uid -F filetype=dir",
		"\"list\":\"exit\",\"action\":\"always\",\"syscalls\":[\"open\",\"2031\"],"
		"\"fields\":[{\"name\":\"arch\",\"operator\":\"=\",\"value\":\"b64\"},"
		"{\"name\":\"auid\",\"operator\":\"!=\",\"with\":\"obj_uid\"},"
		"{\"name\":\"filetype\",\"operator\":\"=\",\"value\":\"dir\"}],\"keys\":[],"
		"\"rule\":\"-a always,exit -F arch=b64 -S open,2031 -C auid!=obj_uid "
		"-F filetype=16384\"");
}

static void other_lists(void **state)
{
	(void)state;
	assert_object("-a never,exclude -F msgtype=CWD",
		"\"list\":\"exclude\",\"action\":\"never\",\"fields\":[{\"name\":\"msgtype\","
		"\"operator\":\"=\",\"value\":\"CWD\"}],\"keys\":[],"
		"\"rule\":\"-a never,exclude -F msgtype=CWD\"");
}

static void any_text_is_json(void **state)
{
	cJSON *root;

	(void)state;
	support_text(AUDIT_WATCH, AUDIT_EQUAL, "/a\"\\\t\x80\xff");
	root = cJSON_Parse(write_rule(&support_rule));
	assert_non_null(root);
	assert_string_equal(cJSON_GetObjectItem(root, "rule")->valuestring,
		"-a always,exit -F path=/a\"\\\t\xef\xbf\xbd\xef\xbf\xbd");
	cJSON_Delete(root);
}

/* The largest tree and the longest text find room. */
static void the_largest(void **state)
{
	cJSON *root;

	(void)state;
	for (unsigned i = 0; i < AUDIT_BITMASK_SIZE; i++)
		support_rule.mask[i] = i == 0 ? 0xfffffffe : UINT32_MAX;
	support_rule.field_count = AUDIT_MAX_FIELDS;
	for (unsigned i = 0; i < AUDIT_MAX_FIELDS; i++) {
		support_rule.fields[i] = i ? AUDIT_OBJ_LEV_HIGH : AUDIT_ARCH;
		support_rule.values[i] = i == 1 ? sizeof(support_rule.buf) : 0;
	}
	memset(support_rule.buf, '\2', sizeof(support_rule.buf));
	support_rule.buflen = sizeof(support_rule.buf);
	root = cJSON_Parse(write_rule(&support_rule));
	assert_non_null(root);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(root, "syscalls")), 2031);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(root, "fields")), 64);
	assert_int_equal(
		strlen(cJSON_GetObjectItem(root, "hex")->valuestring), 2 * sizeof(support_rule));
	cJSON_Delete(root);
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_watch),
		TEST(system_calls),
		TEST(other_lists),
		TEST(any_text_is_json),
		TEST(the_largest),
	};

	return cmocka_run_group_tests_name("rules_json", tests, NULL, NULL);
}
