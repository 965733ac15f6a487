#include "support_rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

struct rules_line support_line;
struct rules_data support_rule;

static bool lookup(const char *name, const char *const *names, const uint32_t *ids, uint32_t *id)
{
	for (; *names; names++, ids++) {
		if (strcmp(name, *names) == 0) {
			*id = *ids;
			return true;
		}
	}
	return false;
}

static bool find_user(void *arg, const char *name, uint32_t *uid)
{
	static const char *const names[] = {"root", "alice", "big", NULL};
	static const uint32_t ids[] = {0, 1000, 4294967294u};

	(void)arg;
	return lookup(name, names, ids, uid);
}

static bool find_group(void *arg, const char *name, uint32_t *gid)
{
	static const char *const names[] = {"wheel", "users", NULL};
	static const uint32_t ids[] = {10, 100};

	(void)arg;
	return lookup(name, names, ids, gid);
}

static bool is_directory(void *arg, const char *path)
{
	(void)arg;
	return strcmp(path, "/d") == 0 || strcmp(path, "/etc/ssl") == 0 || strcmp(path, "/") == 0;
}

struct rules_environment support_environment;

void support_rules_reset(void)
{
	support_environment = (struct rules_environment){
		.machine = "x86_64",
		.find_user = find_user,
		.find_group = find_group,
		.is_directory = is_directory,
	};
	memset(&support_line, 0xa5, sizeof(support_line));
}

void support_append(char *buf, size_t size, const char *text)
{
	size_t used = strlen(buf), more = strlen(text) + 1;

	assert_true(more <= size - used);
	memcpy(buf + used, text, more);
}

enum rules_kind support_compile(const char *line)
{
	return rules_compile(&support_environment, span_of(line), &support_line);
}

void support_start(uint32_t list, uint32_t action)
{
	memset(&support_rule, 0, sizeof(support_rule));
	support_rule.flags = list;
	support_rule.action = action;
}

void support_all(void)
{
	for (unsigned i = 0; i < 63; i++)
		support_rule.mask[i] = 0xffffffff;
	support_rule.mask[63] = 0x0000ffff;
}

void support_call(uint32_t number)
{
	support_rule.mask[number / 32] |= 1u << number % 32;
}

void support_field(uint32_t field, uint32_t op, uint32_t value)
{
	uint32_t i = support_rule.field_count++;

	support_rule.fields[i] = field;
	support_rule.fieldflags[i] = op;
	support_rule.values[i] = value;
}

void support_text(uint32_t field, uint32_t op, const char *text)
{
	uint32_t len = (uint32_t)strlen(text);

	support_field(field, op, len);
	memcpy(support_rule.buf + support_rule.buflen, text, len);
	support_rule.buflen += len;
}

void support_assert_rule(const char *line)
{
	enum rules_kind kind = support_compile(line);

	if (kind == RULES_MISTAKE)
		fail_msg("%s: %s", line, support_line.mistake);
	if (support_line.warning[0])
		fail_msg("%s: warning: %s", line, support_line.warning);
	assert_true(kind == RULES_ADD || kind == RULES_DELETE);
	assert_int_equal(support_line.rule.field_count, support_rule.field_count);
	assert_int_equal(rules_size(&support_line.rule), 1040 + support_rule.buflen);
	if (memcmp(&support_line.rule, &support_rule, rules_size(&support_rule)) != 0) {
		print_error("%s:\n", line);
		assert_memory_equal(&support_line.rule, &support_rule, rules_size(&support_rule));
	}
}

void support_assert_mistake(const char *line, const char *parts)
{
	char part[200];

	if (support_compile(line) != RULES_MISTAKE)
		fail_msg("%s: accepted", line);
	assert_null(strpbrk(support_line.mistake, "\n\t"));
	if (!strstr(support_line.mistake, "; ") && !strstr(support_line.mistake, ": "))
		fail_msg("%s: \"%s\" does not say what would be right", line, support_line.mistake);
	while (*parts) {
		size_t n = strcspn(parts, "|");

		memcpy(part, parts, n);
		part[n] = '\0';
		if (!strstr(support_line.mistake, part))
			fail_msg("%s: \"%s\" lacks \"%s\"", line, support_line.mistake, part);
		parts += n + (parts[n] == '|');
	}
}
