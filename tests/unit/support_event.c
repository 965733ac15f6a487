#include "support_event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "support_core.h"

struct event test_event;
struct reassembly test_table;
struct counters test_counters;
struct arena *test_arena;
void (*test_on_joined)(const struct raw_event *raw);

static struct record_workspace workspace;
static unsigned emitted;

static void on_event(void *context, const struct raw_event *raw)
{
	(void)context;
	if (raw->serial != TEST_SERIAL)
		return;
	emitted++;
	arena_reset(test_arena);
	event_join(&test_event, &test_table, raw, &workspace);
	if (test_on_joined)
		test_on_joined(raw);
}

void join_begin(void)
{
	test_arena = scratch_arena();
	emitted = 0;
	memset(&test_counters, 0, sizeof(test_counters));
	if (workspace.scratch == NULL) {
		record_workspace_init(&workspace, test_arena);
		event_init(&test_event);
	}
	reassembly_init(&test_table, 10, 1000000, &test_counters, on_event, NULL);
	/* An older event that is not complete: so that all records find the one at hand. */
	reassembly_push(&test_table, RECORD_SYSCALL, SPAN("audit(1.0:1):"), 0);
}

void join_record(uint16_t type, const char *body)
{
	const int64_t time_ms = TEST_TIME_MS;

	reassembly_push(&test_table, type,
		exact_format("audit(%lld.%03d:%u): %s", (long long)(time_ms / 1000),
			(int)(time_ms % 1000), TEST_SERIAL, body),
		0);
}

/* The bytes of the event stay readable until the next join_begin(): nobody takes the blocks. */
void join_end(void)
{
	reassembly_flush(&test_table);
	assert_int_equal(emitted, 1);
	assert_int_equal(test_event.serial, TEST_SERIAL);
}

void join(const char *log)
{
	join_begin();
	while (*log) {
		size_t len = strcspn(log, "\n");
		size_t name_len = strcspn(log, " \n");
		int type = record_type_number(log, name_len);
		char body[LIMIT_RECORD_BYTES] = "";

		assert_true(type >= 0 && len < sizeof(body));
		if (len > name_len)
			memcpy(body, log + name_len + 1, len - name_len - 1);
		join_record((uint16_t)type, body);
		log += len + (log[len] == '\n');
	}
	join_end();
}

static void expect_list(const char *got, const char *want, const char *file, int line)
{
	if (strcmp(got, want) == 0)
		return;
	print_error("got      %s\nexpected %s\n", got, want);
	_fail(file, line);
}

static void print_fields(char *text, size_t size, const struct field *const *fields, uint32_t count)
{
	size_t len = 0;

	text[0] = '\0';
	for (uint32_t i = 0; i < count; i++) {
		const struct field *f = fields[i];

		if (f)
			len += (size_t)snprintf(text + len, size - len, "%s%.*s=%.*s",
				len ? "|" : "", f->name_len, f->name, (int)f->len,
				f->len ? f->value : "");
	}
}

void expect_data_at(const char *fields, const char *file, int line)
{
	char text[8192];

	print_fields(text, sizeof(text), test_event.data, test_event.data_count);
	expect_list(text, fields, file, line);
}

void expect_ids_at(const char *fields, const char *file, int line)
{
	char text[8192];

	print_fields(text, sizeof(text), test_event.ids, test_event.id_count);
	expect_list(text, fields, file, line);
}

void expect_repeated_at(const char *records, const char *file, int line)
{
	char text[8192] = "";
	size_t len = 0;

	for (uint32_t i = 0; i < test_event.repeated_count; i++) {
		const struct event_repeated *r = &test_event.repeated[i];
		struct span type = record_type_name(r->type);

		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%.*s", i ? "|" : "",
			(int)type.len, type.at);
		for (uint32_t j = 0; j < r->field_count; j++)
			len += (size_t)snprintf(text + len, sizeof(text) - len, " %.*s=%.*s",
				r->fields[j].name_len, r->fields[j].name, (int)r->fields[j].len,
				r->fields[j].value);
	}
	expect_list(text, records, file, line);
}

void expect_warnings_at(const char *warnings, const char *file, int line)
{
	char text[8192] = "";
	size_t len = 0;

	for (uint32_t i = 0; i < test_event.warning_count; i++) {
		struct span type = record_type_name(test_event.warnings[i].record_type);

		struct span field = test_event.warnings[i].field;

		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%.*s: %.*s %s",
			i ? "|" : "", (int)type.len, type.at, (int)field.len, field.at,
			test_event.warnings[i].text);
	}
	expect_list(text, warnings, file, line);
}
