/* link: shrink.o json.o */
#include "shrink.h"
#include "json.h"
#include "limits.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static char region[1024 * 1024];
static struct arena arena = {.base = region, .size = sizeof(region)};
static char out[1024 * 1024];
static char filler[100000];

static struct shrink_mark mark;

static const char truncated[] = "\"log\":{\"flags\":[\"truncated\"]}";

static struct span fill(uint32_t len)
{
	return (struct span){filler, len};
}

static cJSON *add_object(cJSON *to, const char *key)
{
	cJSON *node = json_object(&arena);

	json_add(to, key, node);
	return node;
}

static cJSON *add_array(cJSON *to, const char *key, unsigned count, uint32_t len)
{
	cJSON *node = json_array(&arena);

	json_add(to, key, node);
	while (count--)
		json_append(node, json_text(&arena, fill(len)));
	return node;
}

static cJSON *start(void)
{
	arena_reset(&arena);
	mark.set = false;
	memset(filler, 'x', sizeof(filler));
	return json_object(&arena);
}

/* Everything that can be taken away, and something that stays. */
static cJSON *full(unsigned args)
{
	cJSON *root = start(), *auditd, *event, *process;

	auditd = add_object(root, "auditd");
	json_add_text(&arena, add_object(auditd, "data"), "a0", fill(20));
	add_array(auditd, "paths", 4, 100);
	event = add_object(root, "event");
	json_add_text(&arena, event, "action", SPAN("executed"));
	add_array(event, "original", 3, 300);
	process = add_object(root, "process");
	add_array(process, "args", args, 10);
	json_add(process, "args_count", json_number(&arena, args));
	json_add_text(&arena, process, "title", fill(90));
	return root;
}

static size_t fit(cJSON *root, size_t budget)
{
	size_t len = shrink_to_fit(root, &mark, out, sizeof(out), budget);

	out[len] = '\0';
	assert_true(len <= budget);
	if (len)
		assert_int_equal(mark.set, strstr(out, truncated) != NULL);
	return len;
}

static unsigned children(const cJSON *root, const char *object, const char *member)
{
	cJSON *node = json_get(json_get(root, object), member);
	unsigned n = 0;

	for (node = node ? node->child : NULL; node; node = node->next)
		n++;
	return n;
}

static void test_fits(void **state)
{
	cJSON *root = full(3);
	size_t len = json_write(root, out, sizeof(out));

	(void)state;
	assert_int_equal(fit(root, len), len);
	assert_false(mark.set);
	assert_int_equal(children(root, "event", "original"), 3);
	fit(root, len - 1);
	assert_true(mark.set);
}

/* The budget goes down byte by byte; what leaves first is never there when later things are
 * gone. */
static void test_order(void **state)
{
	size_t len = json_write(full(50), out, sizeof(out));
	bool seen[8] = {false};

	(void)state;
	for (size_t budget = len - 1; budget > 0; budget--) {
		cJSON *root = full(50), *process = json_get(root, "process");
		unsigned stage = 0, paths, args;

		if (!fit(root, budget))
			break;
		assert_null(json_get(json_get(root, "event"), "original"));
		paths = children(root, "auditd", "paths");
		args = children(root, "process", "args");
		stage += paths <= 2;
		stage += paths == 0;
		stage += args <= 32;
		stage += args <= 8;
		stage += !json_get(process, "title");
		/* Each stage includes those before it. */
		assert_true(stage < 1 || paths <= 2);
		assert_true(stage < 2 || paths == 0);
		assert_true(stage < 3 || args <= 32);
		assert_true(stage < 4 || args <= 8);
		seen[stage] = true;
		assert_non_null(strstr(out, "\"args_count\":50"));
		assert_non_null(strstr(out, "\"action\":\"executed\""));
	}
	for (unsigned stage = 0; stage <= 5; stage++)
		assert_true(seen[stage]);
	assert_int_equal(shrink_to_fit(full(50), &mark, out, sizeof(out), 40), 0);
}

/* Head and tail stay, in their order. */
static void test_arguments(void **state)
{
	static const char *const names[] = {
		"00", "01", "02", "03", "04", "05", "06", "07", "08", "09"};
	static const char *const wants[] = {"{\"process\":{\"args\":[\"00\",\"01\",\"02\",\"03\","
					    "\"04\",\"05\",\"08\",\"09\"]}}",
		"{\"process\":{\"args\":[\"00\",\"09\"]}}"};
	cJSON *root = start(), *args;
	unsigned done = 0;
	size_t len;

	(void)state;
	args = add_array(add_object(root, "process"), "args", 0, 0);
	for (unsigned i = 0; i < 10; i++)
		json_append(args, json_text(&arena, span_of(names[i])));
	for (unsigned step = 0; step < shrink_steps; step++) {
		if (!shrink_step(root, step))
			continue;
		len = json_write(root, out, sizeof(out));
		out[len] = '\0';
		assert_string_equal(out, wants[done++]);
	}
	assert_int_equal(done, 2);
	assert_ptr_equal(args->child->prev, args->child->next);
	assert_ptr_equal(args->child->next->prev, args->child);
}

/* Lists of every length keep what they should, and stay lists. */
static void test_every_length(void **state)
{
	(void)state;
	for (unsigned count = 0; count < 80; count++) {
		cJSON *root = full(count), *args = json_get(json_get(root, "process"), "args");
		unsigned left = count;

		for (unsigned step = 0; step < shrink_steps; step++) {
			bool changed = shrink_step(root, step);
			unsigned now = children(root, "process", "args");

			assert_false(shrink_step(root, step)); /* nothing is left to do */
			if (now != left)
				assert_true(changed && (now == 32 || now == 8 || now == 2));
			left = now;
			if (left)
				assert_null(args->child->prev->next);
		}
		assert_int_equal(left, count < 2 ? count : 2);
	}
}

static void test_long_values(void **state)
{
	cJSON *root = start();

	(void)state;
	json_add_text(&arena, root, "long", fill(90000));
	json_add_text(&arena, root, "short", SPAN("stays as it is"));
	assert_true(fit(root, 8000) > 4096);
	assert_non_null(strstr(out, "\"short\":\"stays as it is\""));
	assert_true(fit(root, 300) > 128);
	assert_true(fit(root, 150) > 64);
	assert_int_equal(fit(root, 20), 0);
}

/* No character is cut in two: the text was valid, so no U+FFFD appears. */
static void test_cut_characters(void **state)
{
	static const char *const characters[] = {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};

	(void)state;
	for (unsigned kind = 0; kind < 3; kind++) {
		for (unsigned shift = 0; shift < 5; shift++) {
			size_t width = strlen(characters[kind]), len;
			cJSON *root = start();

			for (size_t i = shift; i + width < 5000; i += width)
				memcpy(filler + i, characters[kind], width);
			json_add_text(&arena, root, "long", fill(4900 + shift));
			for (unsigned step = 0; step < shrink_steps; step++) {
				int before = root->child->valueint;

				if (!shrink_step(root, step))
					continue;
				assert_true(before - root->child->valueint > 0);
				len = json_write(root, out, sizeof(out));
				out[len] = '\0';
				assert_null(strstr(out, "\xef\xbf\xbd"));
			}
			assert_in_range(root->child->valueint, 32 - 3, 32);
		}
	}
	/* What is no UTF-8 is cut too. */
	{
		cJSON *root = start();

		memset(filler, 0x80, 100);
		json_add_text(&arena, root, "long", fill(100));
		assert_true(shrink_step(root, shrink_steps - 1));
		assert_int_equal(root->child->valueint, 32);
	}
}

/* Details leave from where either layout has them; who it was stays. */
static void test_details(void **state)
{
	cJSON *root = start(), *user = add_object(root, "user"), *auditd_user;
	size_t len;

	(void)state;
	json_add_text(&arena, user, "id", SPAN("1000"));
	json_add_text(&arena, add_object(user, "saved"), "id", SPAN("1000"));
	json_add_text(&arena, add_object(user, "filesystem"), "id", SPAN("1000"));
	auditd_user = add_object(add_object(root, "auditd"), "user");
	json_add_text(&arena, add_object(auditd_user, "audit"), "id", SPAN("0"));
	json_add_text(&arena, add_object(auditd_user, "saved"), "id", SPAN("0"));
	json_add_text(&arena, add_object(auditd_user, "filesystem"), "id", SPAN("0"));
	json_add_text(&arena, add_object(add_object(root, "log"), "file"), "path", SPAN("/a"));
	for (unsigned step = 0; step < shrink_steps; step++)
		shrink_step(root, step);
	len = json_write(root, out, sizeof(out));
	out[len] = '\0';
	assert_string_equal(out, "{\"user\":{\"id\":\"1000\"},\"auditd\":{\"user\":{\"audit\":{"
				 "\"id\":\"0\"}}},\"log\":{}}");
}

/* A document that exceeds even the buffer. */
static void test_beyond_buffer(void **state)
{
	cJSON *root = full(3);
	static char small[2000];

	(void)state;
	json_add_text(&arena, json_get(root, "event"), "reason", fill(50000));
	assert_true(shrink_to_fit(root, &mark, small, sizeof(small), 1500) > 0);
	assert_true(mark.set);
	assert_int_equal(shrink_to_fit(root, &mark, small, 10, 1500), 0);
}

static void test_mark_joins(void **state)
{
	cJSON *root = start(), *log;
	size_t len;

	(void)state;
	log = add_object(root, "log");
	json_add_text(&arena, add_object(log, "file"), "path", SPAN("/a"));
	json_append(add_array(log, "flags", 0, 0), json_text(&arena, SPAN("mine")));
	shrink_mark(root, &mark);
	shrink_mark(root, &mark);
	len = json_write(root, out, sizeof(out));
	out[len] = '\0';
	assert_string_equal(
		out, "{\"log\":{\"file\":{\"path\":\"/a\"},\"flags\":[\"mine\",\"truncated\"]}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fits),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_long_values),
		cmocka_unit_test(test_cut_characters),
		cmocka_unit_test(test_details),
		cmocka_unit_test(test_beyond_buffer),
		cmocka_unit_test(test_mark_joins),
	};

	return cmocka_run_group_tests_name("shrink", tests, NULL, NULL);
}
