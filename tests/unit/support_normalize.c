#include "support_normalize.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "normalize.h"
#include "support_core.h"
#include "support_event.h"

static void normalize_it(const struct raw_event *raw)
{
	(void)raw;
	normalize(&test_event);
}

int normalize_setup(void **state)
{
	(void)state;
	test_on_joined = normalize_it;
	return 0;
}

static size_t put_ecs(char *to, const uint8_t *values)
{
	size_t len = 0;

	for (; *values != ECS_NONE; values++) {
		struct span name = ecs_name(*values);

		len += (size_t)sprintf(to + len, "%s%.*s", len ? "," : "", (int)name.len, name.at);
	}
	return len;
}

/* "process,file : start,info" */
void expect_ecs(const char *want)
{
	char text[512];
	size_t len = put_ecs(text, test_event.category);

	len += (size_t)sprintf(text + len, " : ");
	put_ecs(text + len, test_event.type_ecs);
	assert_string_equal(text, want);
}

/* What is empty may have no address. */
void expect_text(struct span got, const char *want)
{
	if (*want || got.len > 0)
		assert_text(got, want);
}

void expect_object(const char *type, const char *primary, const char *secondary)
{
	expect_text(test_event.object_type, type);
	expect_text(test_event.object_primary, primary);
	expect_text(test_event.object_secondary, secondary);
}

void expect_entity(enum norm_entity which, const char *id, const char *name)
{
	expect_text(test_event.entity[which].id, id);
	expect_text(test_event.entity[which].name, name);
}
