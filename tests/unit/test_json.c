/* link: json.o */
#include "json.h"
#include "limits.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static char region[256 * 1024];
static struct arena arena = {.base = region, .size = sizeof(region)};
static char out[64 * 1024];

static void expect(const cJSON *root, const char *want)
{
	size_t len = json_write(root, out, sizeof(out));

	assert_int_equal(len, strlen(want));
	assert_memory_equal(out, want, len);
}

static cJSON *sample(void)
{
	cJSON *root, *inner, *list;

	arena_reset(&arena);
	root = json_object(&arena);
	json_add_text(&arena, root, "@timestamp", SPAN("2022-04-07T15:05:50.500Z"));
	inner = json_object(&arena);
	json_add(root, "auditd", inner);
	json_add_raw(&arena, inner, "sequence", SPAN("68938"));
	json_add(inner, "count", json_number(&arena, -42));
	json_add(inner, "data", json_object(&arena));
	list = json_array(&arena);
	json_add(inner, "paths", list);
	json_append(list, json_object(&arena));
	json_append(list, json_array(&arena));
	json_append(list, json_text(&arena, SPAN("a\"b")));
	json_append(list, json_number(&arena, INT64_MIN));
	json_append(list, json_number(&arena, 0));
	json_add_members(&arena, root, SPAN("\"ecs\":{\"version\":\"8.2.0\"},\"x\":1"));
	json_add_members(&arena, root, SPAN_NONE);
	json_add(root, "yes", json_node(&arena, cJSON_True, NULL, 0));
	json_add(root, "no", json_node(&arena, cJSON_False, NULL, 0));
	json_add(root, "nil", json_node(&arena, cJSON_NULL, NULL, 0));
	json_add_text(&arena, root, "a_very_long_key.of-33_characters.x", SPAN("v"));
	return root;
}

static const char sample_text[] =
	"{\"@timestamp\":\"2022-04-07T15:05:50.500Z\",\"auditd\":{\"sequence\":68938,\"count\":-42,"
	"\"data\":{},\"paths\":[{},[],\"a\\\"b\",-9223372036854775808,0]},"
	"\"ecs\":{\"version\":\"8.2.0\"},\"x\":1,\"yes\":true,\"no\":false,\"nil\":null,"
	"\"a_very_long_key.of-33_characters.x\":\"v\"}";

static void test_tree(void **state)
{
	(void)state;
	expect(sample(), sample_text);
}

/* A part of a tree is written without its key and without what follows it. */
static void test_part(void **state)
{
	cJSON *root = sample();

	(void)state;
	expect(json_get(root, "yes"), "true");
	expect(json_get(json_get(root, "auditd"), "data"), "{}");
	expect(json_get(json_get(root, "auditd"), "sequence"), "68938");
}

/* Every size of the buffer: right, or 0, and nothing written behind its end. */
static void test_sizes(void **state)
{
	const cJSON *root = sample();
	size_t len = strlen(sample_text);

	(void)state;
	for (size_t size = 0; size < len + 3 * JSON_SLACK; size++) {
		char *exact = malloc(size ? size : 1);
		size_t got = json_write(root, exact, size);

		if (size < len + JSON_SLACK) {
			assert_int_equal(got, 0);
		} else {
			assert_int_equal(got, len);
			assert_memory_equal(exact, sample_text, len);
		}
		free(exact);
	}
}

static cJSON *nested(unsigned depth)
{
	cJSON *node = json_array(&arena), *around;

	while (--depth) {
		around = json_array(&arena);
		json_append(around, node);
		node = around;
	}
	return node;
}

static void test_depth(void **state)
{
	char want[2 * LIMIT_DOCUMENT_DEPTH + 3];

	(void)state;
	arena_reset(&arena);
	memset(want, '[', LIMIT_DOCUMENT_DEPTH);
	memset(want + LIMIT_DOCUMENT_DEPTH, ']', LIMIT_DOCUMENT_DEPTH);
	want[2 * LIMIT_DOCUMENT_DEPTH] = '\0';
	expect(nested(LIMIT_DOCUMENT_DEPTH), want);
	/* An empty container needs no place of its own in the stack. */
	memset(want, '[', LIMIT_DOCUMENT_DEPTH + 1);
	memset(want + LIMIT_DOCUMENT_DEPTH + 1, ']', LIMIT_DOCUMENT_DEPTH + 1);
	want[2 * LIMIT_DOCUMENT_DEPTH + 2] = '\0';
	expect(nested(LIMIT_DOCUMENT_DEPTH + 1), want);
	assert_int_equal(json_write(nested(LIMIT_DOCUMENT_DEPTH + 2), out, sizeof(out)), 0);
}

static void test_exhausted(void **state)
{
	struct arena small = {.base = region, .size = 2 * sizeof(cJSON)};
	cJSON *root = json_object(&small);

	(void)state;
	json_add_text(&small, root, "a", SPAN("1"));
	assert_false(small.exhausted);
	json_add_text(&small, root, "b", SPAN("2"));
	json_add(root, "c", json_number(&small, 3));
	json_add_text(&small, json_object(&small), "d", SPAN("4"));
	assert_true(small.exhausted);
	expect(root, "{\"a\":\"1\"}");
}

static void test_detach(void **state)
{
	cJSON *root;

	(void)state;
	arena_reset(&arena);
	root = json_object(&arena);
	for (const char *key = "a\0b\0c\0d\0"; *key; key += 2)
		json_add_text(&arena, root, key, SPAN("x"));
	json_detach(root, json_get(root, "b"));
	expect(root, "{\"a\":\"x\",\"c\":\"x\",\"d\":\"x\"}");
	json_detach(root, json_get(root, "d"));
	expect(root, "{\"a\":\"x\",\"c\":\"x\"}");
	json_detach(root, json_get(root, "a"));
	expect(root, "{\"c\":\"x\"}");
	json_add_text(&arena, root, "e", SPAN("y")); /* the list still ends where it should */
	expect(root, "{\"c\":\"x\",\"e\":\"y\"}");
	json_detach(root, json_get(root, "c"));
	json_detach(root, json_get(root, "e"));
	expect(root, "{}");
	json_add_text(&arena, root, "f", SPAN("z"));
	expect(root, "{\"f\":\"z\"}");
	assert_null(json_get(root, "a"));
	assert_null(json_get(NULL, "a"));
}

/* What cJSON's own functions make, and keys whose length is not stored, are written too. */
static void test_plain_nodes(void **state)
{
	cJSON child = {.type = cJSON_String, .valuestring = "text", .valueint = 4, .string = "key"};
	cJSON root = {.type = cJSON_Object, .child = &child};

	(void)state;
	child.prev = &child;
	expect(&root, "{\"key\":\"text\"}");
}

static void test_inner(void **state)
{
	struct span inner = json_inner("{\"a\":1}", 7);

	(void)state;
	assert_true(span_is(inner, "\"a\":1"));
	assert_int_equal(json_inner("{}", 2).len, 0);
	assert_int_equal(json_inner("", 0).len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_part),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_exhausted),
		cmocka_unit_test(test_detach),
		cmocka_unit_test(test_plain_nodes),
		cmocka_unit_test(test_inner),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
