/* link: config_compare.o support_config.o config_values.o config_table.o config_file.o
 * config_fields.o config_print.o json_scan.o nearest.o output_parse.o text.o fake_sys.o
 * fake_files.o fake_sockets.o support_cjson.o cjson_noalloc.o os_facts.o */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "config_option.h"
#include "support_config.h"

static struct config other, third;
static char printed[300000], again[300000];

/* Another value than the default for an option, whatever it is. */
static void set_other_value(const struct option *o)
{
	char assignment[256];

	switch (o->type) {
	case OPTION_BOOL:
		snprintf(assignment, sizeof(assignment), "%s=%s", o->name,
			strcmp(config_option_initial(o), "true") ? "true" : "false");
		break;
	case OPTION_CHOICE:
		snprintf(assignment, sizeof(assignment), "%s=%s", o->name,
			config_option_next(o->choices));
		break;
	case OPTION_NUMBER:
		snprintf(assignment, sizeof(assignment), "%s=%u", o->name,
			o->preset == o->min ? o->max : o->min);
		break;
	case OPTION_DURATION:
		snprintf(assignment, sizeof(assignment), "%s=%ums", o->name, o->max);
		break;
	case OPTION_LIST:
		snprintf(assignment, sizeof(assignment), "%s=[\"/x\", \"/y\"]", o->name);
		break;
	case OPTION_FIELDS:
		snprintf(assignment, sizeof(assignment), "%s={\"a\": 1}", o->name);
		break;
	case OPTION_TEXT:
	case OPTION_LINES:
		snprintf(assignment, sizeof(assignment), "%s=%s", o->name,
			strncmp(o->name, "output", 6) ? "x" : "udp://192.0.2.1:1");
		break;
	}
	if (o->type == OPTION_TEXT && o->wrong(strchr(assignment, '=') + 1))
		snprintf(assignment, sizeof(assignment), "%s=/x", o->name);
	config_set(assignment);
}

static const char *print(const struct config *c, char *to)
{
	assert_true(config_print(c, to, sizeof(printed)) > 0);
	return to;
}

static const char *names(uint64_t set)
{
	static char text[2048];
	struct text t;

	text_init(&t, text, sizeof(text));
	config_print_names(&t, set);
	return text;
}

static void each_option_is_compared_and_taken(void **state)
{
	(void)state;
	for (const struct option *o = option_table; o->name; o++) {
		const uint64_t bit = (uint64_t)1 << (o - option_table);

		config_init(&config);
		config_init(&other);
		assert_int_equal(config_changes(&config, &other), 0);
		set_other_value(o);
		assert_int_equal(config_changes(&config, &other), bit);
		assert_int_equal(config_changes(&other, &config), bit);
		assert_string_equal(names(bit), o->name);
		/* The others of it are not taken. */
		assert_true(config_take(&other, &config, ~bit));
		assert_int_equal(config_changes(&config, &other), bit);
		assert_true(config_take(&other, &config, bit));
		assert_int_equal(config_changes(&config, &other), 0);
		assert_string_equal(print(&config, printed), print(&other, again));
	}
}

static void lists_are_compared_to_their_ends(void **state)
{
	static const char *const lists[] = {"tags=[]", "tags=[\"a\"]", "tags=[\"a\", \"b\"]",
		"tags=[\"a\", \"c\"]", "tags=[\"b\", \"a\"]"};

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		for (unsigned j = 0; j < 5; j++) {
			config_init(&config);
			config_set(lists[i]);
			memcpy(&third, &config, sizeof(third));
			config_move(&other, &config);
			config_init(&config);
			config_set(lists[j]);
			assert_int_equal(config_changes(&config, &other) != 0, i != j);
			assert_string_equal(
				names(config_changes(&config, &other)), i != j ? "tags" : "");
		}
	}
}

static void what_is_moved_owns_its_strings(void **state)
{
	(void)state;
	for (const struct option *o = option_table; o->name; o++)
		set_other_value(o);
	print(&config, printed);
	config_move(&other, &config);
	memset(&config, 'x', sizeof(config));
	assert_string_equal(print(&other, again), printed);
	/* Over one that has other strings. */
	config_init(&config);
	config_move(&config, &other);
	memset(&other, 'x', sizeof(other));
	assert_string_equal(print(&config, again), printed);
}

static void a_pool_that_is_full(void **state)
{
	static char long_rules[LIMIT_CONFIG_STRINGS_BYTES];

	(void)state;
	memset(long_rules, '#', sizeof(long_rules) - 1100);
	memcpy(long_rules, "audit_rules=", 12);
	config_set(long_rules);
	config_init(&other);
	assert_true(config_take(&other, &config, config_changes(&config, &other)));
	config_set("audit_rules=x"); /* what was there stays in the pool */
	assert_false(config_take(&config, &other, config_changes(&config, &other)));
}

static void what_cannot_change(void **state)
{
	(void)state;
	assert_non_null(strstr(names(config_fixed(FIXED_UNTIL_RESTART)), "socket_type"));
	assert_non_null(strstr(names(config_fixed(FIXED_UNTIL_RESTART)), "spool_bytes"));
	assert_non_null(strstr(names(config_fixed(FIXED_UNTIL_RESTART)), "lineage.processes"));
	assert_null(strstr(names(config_fixed(FIXED_UNTIL_RESTART)), "lineage.rules"));
	assert_string_equal(names(config_fixed(FIXED_BY_LOCK)),
		"immutable, failure_mode, backlog_limit, rate_limit, backpressure_strategy, "
		"backlog_wait_time");
	assert_int_equal(config_fixed(FIXED_NEVER) & config_fixed(FIXED_UNTIL_RESTART), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, config_setup, config_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_option_is_compared_and_taken),
		TEST(lists_are_compared_to_their_ends),
		TEST(what_is_moved_owns_its_strings),
		TEST(a_pool_that_is_full),
		TEST(what_cannot_change),
	};

	return cmocka_run_group_tests_name("config_compare", tests, NULL, NULL);
}
