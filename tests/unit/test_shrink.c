/* link: shrink.o json.o */
#include "shrink.h"
#include "json.h"
#include "limits.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static char region[1024 * 1024];
static struct arena arena = {.base = region, .size = sizeof(region)};
static char out[1024 * 1024];
static char filler[100000];

static struct shrink_mark mark;
static struct shrink_hints hints; /* set by those that need it */

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
	hints = (struct shrink_hints){.key_count = 0};
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
	size_t len = shrink_to_fit(root, &hints, &mark, out, sizeof(out), budget);

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

/* What has more bytes of records than it may take is measured first: the result is the same, and it
 * is marked only if something leaves. */
static void test_measured_first(void **state)
{
	static const char *const texts[] = {
		"plain", "a\"b", "\1", "\xff", "\xe2\x82", "\xe2\x80\xa8"};
	static char other[sizeof(out)];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (size_t budget = 200; budget < 3000; budget += 13) {
			struct span text = {texts[i], (uint32_t)strlen(texts[i])};
			cJSON *root = full(50);
			size_t len;
			bool marked;

			json_add_text(&arena, json_get(root, "event"), "reason", text);
			len = fit(root, budget);
			marked = mark.set;
			memcpy(other, out, len);
			root = full(50);
			json_add_text(&arena, json_get(root, "event"), "reason", text);
			hints.record_bytes = (uint32_t)budget + 1;
			assert_int_equal(fit(root, budget), len);
			assert_memory_equal(out, other, len);
			assert_int_equal(mark.set, marked);
		}
	}
}

/* Texts become longer than there is room for: what leaves makes some. */
static void test_no_room(void **state)
{
	(void)state;
	for (size_t size = SHRINK_SLACK + 2; size < 5000; size += 7) {
		cJSON *root = start();
		char *small = malloc(size);
		size_t len;

		memset(filler, 1, 2000);
		add_array(add_object(root, "auditd"), "messages", 20, 50);
		add_array(add_object(root, "process"), "args", 20, 50);
		json_add_text(&arena, add_object(root, "event"), "action", SPAN("opened"));
		len = shrink_to_fit(root, &hints, &mark, small, size, 100000);
		assert_true(len <= (size - SHRINK_SLACK) / 2);
		if (size > SHRINK_SLACK + 200)
			assert_non_null(memmem(small, len, "\"action\":\"opened\"", 17));
		free(small);
	}
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
		assert_non_null(strstr(out, "\"action\":\"executed\""));
		if (!strstr(out, "\"args_count\":50"))
			continue; /* none of these is left */
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
	}
	for (unsigned stage = 0; stage <= 5; stage++)
		assert_true(seen[stage]);
	assert_int_equal(shrink_to_fit(full(50), &hints, &mark, out, sizeof(out), 40), 0);
}

/* Head and tail stay, in their order. */
static void test_arguments(void **state)
{
	static const char *const wants[] = {"0123456789", "01234589", "09", ""};
	static char names[10][24];
	bool seen[4] = {false};

	(void)state;
	for (size_t budget = 300; budget > 40; budget--) {
		cJSON *root = start(), *args;
		char got[16] = "";
		unsigned which = 0;

		args = add_array(add_object(root, "process"), "args", 0, 0);
		for (unsigned i = 0; i < 10; i++) {
			snprintf(names[i], sizeof(names[i]), "an argument, number %u", i);
			json_append(args, json_text(&arena, span_of(names[i])));
		}
		assert_true(fit(root, budget) > 0);
		for (const char *at = out; (at = strstr(at, "number ")); at++)
			strncat(got, at + strlen("number "), 1);
		while (which < 3 && strcmp(got, wants[which]) != 0)
			which++;
		assert_string_equal(got, wants[which]);
		seen[which] = true;
	}
	assert_true(seen[0] && seen[1] && seen[2] && seen[3]);
}

/* Lists of every length keep what they should. */
static void test_every_length(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 80; n++) {
		size_t len = json_write(full(n), out, sizeof(out));

		for (size_t budget = len - 1; budget > 150; budget -= 5) {
			cJSON *root = full(n);
			unsigned left;

			assert_true(fit(root, budget) > 0);
			left = children(root, "process", "args");
			assert_true(left == n || (left == 32 && n > 32) || (left == 8 && n > 8) ||
				    (left == 2 && n > 2) || left == 0);
			if (left)
				assert_null(json_get(json_get(root, "process"), "args")
						    ->child->prev->next);
		}
	}
}

/* The room there is is used: no text is cut further than it takes. */
static void test_long_values(void **state)
{
	(void)state;
	for (size_t budget = 200; budget < 30000; budget += budget / 7) {
		cJSON *root = start();

		json_add_text(&arena, root, "message", fill(90000));
		json_add_text(&arena, root, "@timestamp", SPAN("stays as it is"));
		assert_in_range(fit(root, budget), budget - 1, budget);
		assert_non_null(strstr(out, "\"@timestamp\":\"stays as it is\""));
	}
	/* Two of them share it; a short one leaves its part to them. */
	{
		cJSON *root = start(), *process = add_object(root, "process"), *executable, *name;

		json_add(process, "executable", executable = json_text(&arena, fill(5000)));
		json_add(process, "name", name = json_text(&arena, fill(7000)));
		json_add_text(&arena, root, "message", fill(300));
		assert_in_range(fit(root, 2000), 1990, 2000);
		assert_int_equal(executable->valueint, name->valueint);
		assert_in_range(name->valueint, 700, 850);
	}
	assert_int_equal(fit(full(1), 20), 0);
}

/* What counts is how long a text is when it is written. */
static void test_written_length(void **state)
{
	static const struct {
		const char *character;
		unsigned width, written;
	} cases[] = {{"\1", 1, 6}, {"\n", 1, 2}, {"\\", 1, 2}, {"x", 1, 1}, {"\xff", 1, 3},
		{"\xc3\xa9", 2, 2}, {"\xc2\x85", 2, 6}, {"\xe2\x80\xa8", 3, 6},
		{"\xe2\x82\xac", 3, 3}, {"\xf0\x9f\x98\x80", 4, 4}};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t budget = 150; budget < 170; budget++) {
			cJSON *root = start(), *text;
			unsigned written;

			for (size_t at = 0; at + cases[i].width <= 12000; at += cases[i].width)
				memcpy(filler + at, cases[i].character, cases[i].width);
			json_add(root, "message", text = json_text(&arena, fill(12000)));
			assert_true(fit(root, budget) > budget - 6);
			written = (unsigned)text->valueint - 2; /* without its quotes */
			assert_int_equal(written % cases[i].written, 0);
			assert_int_equal(strlen(out),
				written + strlen("{\"message\":\"\",}") + strlen(truncated));
			assert_int_equal(strstr(out, "\xef\xbf\xbd") != NULL,
				cases[i].written == 3 && cases[i].width == 1);
		}
	}
}

/* A document with a member of each kind that stays in any case, and `more`, in either layout. */
static cJSON *whole(bool integration, uint32_t more)
{
	static const char constants[] =
		"\"agent\":{\"id\":\"1\"},\"host\":{\"name\":\"box\"},\"labels\":{\"site\":\"x\"}";
	cJSON *root = start(), *event, *user, *auditd, *owner, *audit, *process, *tags;

	json_add_text(&arena, root, "@timestamp", SPAN("2023-11-14T22:13:20.123Z"));
	event = add_object(root, "event");
	json_add_members(&arena, event, SPAN("\"kind\":\"event\""));
	json_add_text(&arena, event, "action", SPAN("executed"));
	json_add_text(&arena, event, "id", fill(more));
	user = add_object(root, "user");
	json_add_text(&arena, user, "id", SPAN("1000"));
	json_add_text(&arena, add_object(user, "saved"), "id", fill(more));
	json_add_text(&arena, add_object(user, "target"), "id", fill(more));
	auditd = json_object(&arena);
	owner = integration ? add_object(auditd, "user") : user;
	audit = add_object(owner, "audit");
	json_add_text(&arena, audit, "id", SPAN("1001"));
	json_add_text(&arena, audit, "name", fill(more));
	json_add_text(&arena, add_object(auditd, "file"), "selinux", fill(more));
	json_add_text(&arena, auditd, "message_type", SPAN("syscall"));
	json_add(integration ? event : auditd, "sequence", json_number(&arena, 7));
	json_add(root, "auditd", auditd);
	process = add_object(root, "process");
	json_add(process, "pid", json_number(&arena, 4711));
	json_add_text(&arena, process, "executable", SPAN("/bin/program"));
	json_add_text(&arena, process, "working_directory", fill(more));
	json_add_text(&arena, add_object(root, "file"), "path", fill(more));
	json_add_text(&arena, add_object(add_object(root, "log"), "file"), "path", fill(more));
	tags = add_array(root, "tags", 0, 0);
	json_append(tags, json_text(&arena, SPAN("key")));
	json_append(tags, json_text(&arena, fill(more)));
	json_add_members(&arena, root, span_of(constants));
	hints = (struct shrink_hints){SPAN("\"host\":{\"name\":\"box\"}"), 1, 0};
	return root;
}

static const char *const least[] = {
	"{\"@timestamp\":\"2023-11-14T22:13:20.123Z\",\"event\":{\"kind\":\"event\",\"action\":"
	"\"executed\"},\"user\":{\"id\":\"1000\",\"audit\":{\"id\":\"1001\"}},\"auditd\":{"
	"\"message_type\":\"syscall\",\"sequence\":7},\"process\":{\"pid\":4711,\"executable\":"
	"\"/bin/program\"},\"log\":{\"flags\":[\"truncated\"]},\"tags\":[\"key\"],\"host\":{"
	"\"name\":\"box\"}}",
	"{\"@timestamp\":\"2023-11-14T22:13:20.123Z\",\"event\":{\"kind\":\"event\",\"action\":"
	"\"executed\",\"sequence\":7},\"user\":{\"id\":\"1000\"},\"auditd\":{\"user\":{\"audit\":{"
	"\"id\":\"1001\"}},\"message_type\":\"syscall\"},\"process\":{\"pid\":4711,\"executable\":"
	"\"/bin/program\"},\"log\":{\"flags\":[\"truncated\"]},\"tags\":[\"key\"],\"host\":{"
	"\"name\":\"box\"}}",
};

/* What stays in any case stays whole till all else is gone. */
static void test_essentials(void **state)
{
	(void)state;
	for (unsigned layout = 0; layout < 2; layout++) {
		size_t floor = strlen(least[layout]);

		for (size_t budget = 1200; budget >= floor; budget--) {
			assert_true(fit(whole(layout, 100), budget) > 0);
			assert_non_null(strstr(out, "\"@timestamp\":\"2023-11-14T22:13:20.123Z\""));
			assert_non_null(strstr(out, "\"audit\":{\"id\":\"1001\""));
			assert_non_null(strstr(out, "\"user\":{\"id\":\"1000\""));
			assert_non_null(strstr(out, "\"pid\":4711"));
			assert_non_null(strstr(out, "\"executable\":\"/bin/program\""));
			assert_non_null(strstr(out, "\"tags\":[\"key\""));
			assert_non_null(strstr(out, "\"sequence\":7"));
			assert_non_null(strstr(out, "\"host\":{\"name\":\"box\"}"));
			assert_null(strstr(out, "{}"));
		}
		assert_string_equal(out, least[layout]);
	}
}

/* Whose constant members would leave little room, whose document loses them first. */
static void test_large_constants(void **state)
{
	static char large[2000] = "\"host\":{\"name\":\"box\"},\"labels\":{\"site\":\"";
	cJSON *root, *host, *os;
	size_t len;

	(void)state;
	len = strlen(large);
	memset(large + len, 'y', 650);
	memcpy(large + len + 650, "\"}", 3);
	for (size_t budget = 1300; budget < 1600; budget += 200) {
		root = start();
		hints.essential = SPAN("\"host\":{\"name\":\"box\"}");
		add_array(add_object(root, "process"), "args", 8, 100);
		json_add_members(&arena, root, span_of(large));
		assert_true(fit(root, budget) > 0);
		assert_int_equal(strstr(out, "labels") == NULL, budget < 1500);
		assert_int_equal(children(root, "process", "args"), budget < 1500 ? 8 : 2);
	}
	/* Of a log they lie in the host; and half an id is none. */
	root = start();
	hints.essential = SPAN("\"a\":1");
	add_array(add_object(root, "process"), "args", 8, 100);
	host = add_object(root, "host");
	json_add_raw(&arena, host, "id", (struct span){large + len - 1, 700});
	json_add_text(&arena, host, "name", SPAN("box"));
	os = add_object(host, "os");
	json_add_text(&arena, os, "type", SPAN("linux"));
	json_add_members(&arena, os, span_of(large));
	json_add_members(&arena, root, SPAN("\"a\":1,\"b\":2"));
	assert_true(fit(root, 1300) > 0);
	assert_non_null(strstr(out, "\"host\":{\"name\":\"box\",\"os\":{\"type\":\"linux\"}}"));
	assert_null(strstr(out, "\"b\":2"));
	assert_int_equal(children(root, "process", "args"), 8);
	/* Those of a document that has no others stay. */
	root = start();
	json_add_members(&arena, root, span_of(large));
	assert_int_equal(fit(root, 600), 0);
}

/* An object that has lost everything goes too. */
static void test_nothing_empty(void **state)
{
	cJSON *root = start(), *log;

	(void)state;
	json_add_text(&arena, add_object(add_object(add_object(root, "auditd"), "user"), "saved"),
		"id", fill(300));
	json_add_text(&arena, add_object(root, "user"), "selinux", fill(300));
	log = add_object(root, "log");
	json_add_text(&arena, add_object(log, "file"), "path", SPAN("/a"));
	fit(root, 60);
	assert_string_equal(out, "{\"log\":{\"flags\":[\"truncated\"]}}");
}

/* A document that exceeds even the buffer. */
static void test_beyond_buffer(void **state)
{
	cJSON *root = full(3);
	static char small[2000];

	(void)state;
	json_add_text(&arena, json_get(root, "process"), "name", fill(50000));
	assert_true(shrink_to_fit(root, &hints, &mark, small, sizeof(small), 1500) > 0);
	assert_true(mark.set);
	assert_int_equal(shrink_to_fit(root, &hints, &mark, small, 10, 1500), 0);
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
		cmocka_unit_test(test_measured_first),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_long_values),
		cmocka_unit_test(test_written_length),
		cmocka_unit_test(test_essentials),
		cmocka_unit_test(test_large_constants),
		cmocka_unit_test(test_nothing_empty),
		cmocka_unit_test(test_beyond_buffer),
		cmocka_unit_test(test_mark_joins),
	};

	return cmocka_run_group_tests_name("shrink", tests, NULL, NULL);
}
