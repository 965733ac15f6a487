#include "support_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "support_core.h"

struct record_workspace test_workspace;
struct record test_record;

void parse_bytes(uint16_t type, const void *body, size_t len)
{
	record_workspace_init(&test_workspace, scratch_arena());
	record_parse(&test_workspace, type, exact_bytes(body, len), &test_record);
}

void parse(uint16_t type, const char *body)
{
	parse_bytes(type, body, strlen(body));
}

struct span field_of(const struct record *r, const char *name)
{
	for (uint32_t i = 0; i < r->field_count; i++) {
		const struct field *f = &r->fields[i];

		if (f->name_len == strlen(name) && memcmp(f->name, name, f->name_len) == 0)
			return field_value(f);
	}
	return SPAN_NONE;
}

static void print_fields(void)
{
	for (uint32_t i = 0; i < test_record.field_count; i++) {
		const struct field *f = &test_record.fields[i];

		print_error("  has %.*s=%.*s\n", f->name_len, f->name, (int)f->len, f->value);
	}
}

/* Is `name=value` a field? `text` ends at `len`. */
static bool has(const char *text, size_t len)
{
	const char *sign = memchr(text, '=', len);
	size_t name_len = sign ? (size_t)(sign - text) : len;

	for (uint32_t i = 0; sign && i < test_record.field_count; i++) {
		const struct field *f = &test_record.fields[i];

		if (f->name_len == name_len && memcmp(f->name, text, name_len) == 0)
			return f->len == len - name_len - 1 &&
			       memcmp(f->value, sign + 1, f->len) == 0;
	}
	return false;
}

void expect_fields_at(const char *fields, const char *file, int line)
{
	uint32_t count = 0;

	for (const char *at = fields; *at;) {
		char one[2048];
		size_t len = 0;

		while (*at && *at != '|')
			one[len++] = *at++;
		at += *at == '|';
		count++;
		if (!has(one, len)) {
			print_error("no field %.*s\n", (int)len, one);
			print_fields();
			_fail(file, line);
		}
	}
	if (count != test_record.field_count) {
		print_error("%u fields, expected %u\n", test_record.field_count, count);
		print_fields();
		_fail(file, line);
	}
}

void expect_warning_at(const char *warning, const char *file, int line)
{
	char text[256];
	const char *got = test_record.warning ? text : NULL;

	if (got)
		snprintf(text, sizeof(text), "%s %s", key_name(test_record.warning_key).at,
			test_record.warning);
	if (warning ? got && strcmp(got, warning) == 0 : !got)
		return;
	print_error("warning %s, expected %s\n", got ? got : "none", warning ? warning : "none");
	_fail(file, line);
}
