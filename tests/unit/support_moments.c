#include "support_moments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "fake_audit.h"
#include "rules_explain.h"
#include "support_rules.h"

unsigned moments;
static const struct rules_change *change;

/* ---- at no moment ------------------------------------------------------------------------- */

enum verdict {
	NOTHING,
	RECORDED
};

static bool fits(const struct rules_data *r, uint32_t uid, uint32_t gid)
{
	for (uint32_t i = 0; i < r->field_count; i++) {
		if (r->fields[i] == AUDIT_UID && r->values[i] != uid)
			return false;
		if (r->fields[i] == AUDIT_GID && r->values[i] != gid)
			return false;
		if (r->fields[i] == AUDIT_PID && r->fieldflags[i] == AUDIT_EQUAL)
			return false; /* an agent's own */
		if (r->fields[i] == AUDIT_WATCH)
			return false;
	}
	return true;
}

static enum verdict verdict(
	unsigned count, const void *(*rule_at)(unsigned i), uint32_t uid, uint32_t gid)
{
	for (unsigned i = 0; i < count; i++) {
		const struct rules_data *r = rule_at(i);

		if (fits(r, uid, gid))
			return r->action == AUDIT_ALWAYS ? RECORDED : NOTHING;
	}
	return NOTHING;
}

static const void *in_kernel(unsigned i)
{
	return fake_audit.rules[i].data;
}

static const void *in_found(unsigned i)
{
	size_t len;

	return rules_list_rule(&change->found, i, &len);
}

static const void *in_wanted(unsigned i)
{
	size_t len;

	return rules_list_rule(&change->wanted, i, &len);
}

static bool is_cover(const struct rules_data *r, uint32_t i)
{
	return r->fields[i] == AUDIT_PID && r->fieldflags[i] == AUDIT_GREATER_THAN_OR_EQUAL;
}

/* The n-th rule of the kernel is this one, or its cover. */
static bool kernel_rule_is(unsigned n, const struct rules_data *rule, size_t len)
{
	static struct rules_data k;
	const struct rules_data *there = in_kernel(n);

	if (fake_audit.rules[n].len == len && memcmp(there, rule, len) == 0)
		return true;
	if (there->field_count <= rule->field_count || !is_cover(there, there->field_count - 1))
		return false;
	assert_true(rules_explain_copy(&k, there, fake_audit.rules[n].len));
	while (k.field_count > rule->field_count && is_cover(&k, k.field_count - 1)) {
		k.field_count--;
		k.fields[k.field_count] = k.fieldflags[k.field_count] = 0;
	}
	return rules_size(&k) == len && memcmp(&k, rule, len) == 0;
}

static bool kernel_has(const void *rule, size_t len)
{
	for (unsigned i = 0; i < fake_audit.rule_count; i++)
		if (kernel_rule_is(i, rule, len))
			return true;
	return false;
}

void moments_check(uint16_t type)
{
	const unsigned found = change->found.count, wanted = change->wanted.count;

	if (type != AUDIT_ADD_RULE && type != AUDIT_DEL_RULE)
		return;
	for (uint32_t i = 0; i < MOMENTS_IDS * MOMENTS_IDS; i++) {
		const uint32_t uid = i / MOMENTS_IDS, gid = i % MOMENTS_IDS;
		const enum verdict before = verdict(found, in_found, uid, gid);

		if (before == verdict(wanted, in_wanted, uid, gid))
			assert_int_equal(
				verdict(fake_audit.rule_count, in_kernel, uid, gid), before);
	}
	for (unsigned i = 0; i < wanted; i++) {
		size_t len;
		const void *rule = rules_list_rule(&change->wanted, i, &len);

		if (rules_list_find(&change->found, rule, len) < found)
			assert_true(kernel_has(rule, len));
	}
	moments++;
}

void moments_watch(const struct rules_change *c)
{
	change = c;
	fake_audit.on_request = c ? moments_check : NULL;
}

/* ---- a fresh load --------------------------------------------------------------------------- */

struct kernel_rule {
	size_t len;
	char data[FAKE_AUDIT_RULE_MAX];
};

static struct kernel_rule expected[FAKE_AUDIT_RULES];
static unsigned expected_count;

static void send_rule(struct netlink *control, uint16_t type, struct rules_data *rule, bool prepend)
{
	rule->flags |= prepend ? AUDIT_FILTER_PREPEND : 0;
	(void)netlink_request(control, type, rule, rules_size(rule), NULL);
	rule->flags &= ~(uint32_t)AUDIT_FILTER_PREPEND;
}

static void delete_by_key(struct netlink *control, const char *key)
{
	static struct rules_data r;

	for (unsigned i = fake_audit.rule_count; i-- > 0;) {
		assert_true(
			rules_explain_copy(&r, fake_audit.rules[i].data, fake_audit.rules[i].len));
		if (!key || rules_explain_has_key(&r, key))
			send_rule(control, AUDIT_DEL_RULE, &r, false);
	}
}

static void send_line(struct netlink *control, const char *line)
{
	struct rules_line *l = &support_line;

	switch (support_compile(line)) {
	case RULES_ADD:
		send_rule(control, AUDIT_ADD_RULE, &l->rule, l->prepend);
		break;
	case RULES_DELETE:
		send_rule(control, AUDIT_DEL_RULE, &l->rule, false);
		break;
	case RULES_CONTROL:
		if (l->control.set & RULES_DELETE_ALL)
			delete_by_key(control, l->control.key);
		break;
	default:
		break;
	}
}

static void exclude(struct netlink *control, uint32_t pid)
{
	support_start(AUDIT_FILTER_EXIT, AUDIT_NEVER);
	support_all();
	support_field(AUDIT_PID, AUDIT_EQUAL, pid);
	send_rule(control, AUDIT_ADD_RULE, &support_rule, true);
}

static unsigned copy_rules(void *to, const void *from, unsigned count)
{
	memcpy(to, from, count * sizeof(struct kernel_rule));
	return count;
}

void moments_expect(const char *text, uint32_t self_pid, struct netlink *control)
{
	static struct kernel_rule kept[FAKE_AUDIT_RULES];
	const unsigned kept_count = copy_rules(kept, fake_audit.rules, fake_audit.rule_count);
	char line[4096];
	size_t n;

	_Static_assert(sizeof(kept) == sizeof(fake_audit.rules), "the same");
	fake_audit.rule_count = 0;
	for (; *text; text += n) {
		n = strcspn(text, "\n") + (strchr(text, '\n') != NULL);
		snprintf(line, sizeof(line), "%.*s", (int)strcspn(text, "\n"), text);
		send_line(control, line);
	}
	if (self_pid)
		exclude(control, self_pid);
	expected_count = copy_rules(expected, fake_audit.rules, fake_audit.rule_count);
	fake_audit.rule_count = copy_rules(fake_audit.rules, kept, kept_count);
	fake_audit.request_count = 0;
}

void moments_assert_expected(const struct rules_list *wanted)
{
	assert_int_equal(fake_audit.rule_count, expected_count);
	for (unsigned i = 0; i < expected_count; i++) {
		assert_int_equal(fake_audit.rules[i].len, expected[i].len);
		assert_memory_equal(fake_audit.rules[i].data, expected[i].data, expected[i].len);
	}
	if (!wanted)
		return;
	assert_int_equal(wanted->count, expected_count);
	for (unsigned i = 0; i < expected_count; i++)
		assert_true(rules_list_is(wanted, i, expected[i].data, expected[i].len));
}

/* ---- rule sets at random ------------------------------------------------------------------- */

uint32_t moments_draw(uint32_t below)
{
	static uint32_t seed = 1;

	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

void moments_draw_text(char *text, size_t size)
{
	const unsigned n = moments_draw(12);

	text[0] = '\0';
	for (unsigned i = 0; i < n; i++) {
		const unsigned which = moments_draw(3);
		char line[100];

		snprintf(line, sizeof(line), "-%c %s,exit", moments_draw(8) ? 'a' : 'A',
			moments_draw(3) ? "always" : "never");
		if (which != 0)
			snprintf(line + strlen(line), sizeof(line) - strlen(line), " -F uid=%u",
				moments_draw(MOMENTS_IDS));
		if (which != 1)
			snprintf(line + strlen(line), sizeof(line) - strlen(line), " -F gid=%u",
				moments_draw(MOMENTS_IDS));
		support_append(text, size, line);
		support_append(text, size, "\n");
	}
}

void moments_draw_similar(char *to, size_t size, const char *from)
{
	char own[2048];
	size_t n;

	moments_draw_text(own, sizeof(own));
	to[0] = '\0';
	for (const char *line = from; *line; line += n) {
		char one[128];

		n = strcspn(line, "\n") + 1;
		snprintf(one, sizeof(one), "%.*s", (int)n, line);
		if (moments_draw(4) == 0)
			continue;
		if (moments_draw(4) == 0 && *own) {
			support_append(to, size, own);
			own[0] = '\0';
		}
		support_append(to, size, one);
	}
	support_append(to, size, own);
}
