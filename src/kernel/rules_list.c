#include "rules_list.h"

#include <linux/audit.h>
#include <string.h>

#define ENTRY_BYTES(len) (sizeof(uint32_t) + (((len) + 3) & ~(size_t)3))

size_t rules_list_length(const void *rule, size_t len)
{
	uint32_t strings;

	if (len < sizeof(struct audit_rule_data))
		return len;
	memcpy(&strings, (const char *)rule + offsetof(struct audit_rule_data, buflen),
		sizeof(strings));
	return strings < len - sizeof(struct audit_rule_data)
		       ? sizeof(struct audit_rule_data) + strings
		       : len;
}

void rules_list_clear(struct rules_list *l)
{
	l->count = l->hidden = 0;
	l->used = 0;
}

/* Move the entries from `from` on by `by` places. */
static void move(struct rules_list *l, unsigned from, int by)
{
	const unsigned n = l->count - from;

	memmove(l->at + (int)from + by, l->at + from, n * sizeof(l->at[0]));
	memmove(l->mark + (int)from + by, l->mark + from, n * sizeof(l->mark[0]));
	l->count = (unsigned)((int)l->count + by);
}

bool rules_list_insert(struct rules_list *l, unsigned index, const void *rule, size_t len)
{
	const uint32_t length = (uint32_t)(len = rules_list_length(rule, len));

	if (l->count + l->hidden == LIMIT_RULES_KEPT ||
		ENTRY_BYTES(len) > sizeof(l->bytes) - l->used)
		return false;
	memcpy(l->bytes + l->used, &length, sizeof(length));
	memcpy(l->bytes + l->used + sizeof(length), rule, len);
	move(l, index, 1);
	l->at[index] = (uint32_t)l->used;
	l->mark[index] = 0;
	l->used += ENTRY_BYTES(len);
	return true;
}

void rules_list_remove(struct rules_list *l, unsigned index)
{
	move(l, index + 1, -1);
}

void rules_list_hide(struct rules_list *l, unsigned index)
{
	const uint32_t at = l->at[index];

	rules_list_remove(l, index);
	l->at[RULES_LIST_HIDDEN(l->hidden++)] = at;
}

const void *rules_list_rule(const struct rules_list *l, unsigned index, size_t *len)
{
	const char *entry = l->bytes + l->at[index];
	uint32_t length;

	memcpy(&length, entry, sizeof(length));
	*len = length;
	return entry + sizeof(length);
}

bool rules_list_is(const struct rules_list *l, unsigned index, const void *rule, size_t len)
{
	size_t own_len;
	const void *own = rules_list_rule(l, index, &own_len);

	return own_len == rules_list_length(rule, len) && memcmp(own, rule, own_len) == 0;
}

bool rules_list_equal(const struct rules_list *a, const struct rules_list *b)
{
	unsigned i = 0;

	while (i < a->count && a->count == b->count) {
		size_t len;
		const void *rule = rules_list_rule(a, i, &len);

		if (!rules_list_is(b, i, rule, len))
			break;
		i++;
	}
	return i == a->count && a->count == b->count;
}

unsigned rules_list_find(const struct rules_list *l, const void *rule, size_t len)
{
	unsigned i = 0;

	while (i < l->count && !rules_list_is(l, i, rule, len))
		i++;
	return i;
}

/* struct audit_rule_data begins with its flags. */
uint32_t rules_list_filter(const void *rule)
{
	uint32_t flags;

	memcpy(&flags, rule, sizeof(flags));
	return flags & ~(uint32_t)AUDIT_FILTER_PREPEND;
}

unsigned rules_list_first(const struct rules_list *l, uint32_t filter)
{
	unsigned i = 0;
	size_t len;

	while (i < l->count && rules_list_filter(rules_list_rule(l, i, &len)) < filter)
		i++;
	return i;
}
