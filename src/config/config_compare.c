#include "config_read.h"

#include <string.h>
#include "config_option.h"

_Static_assert(LIMIT_OPTIONS <= 64, "a set of options is a uint64_t");

/* Where an option's value is. *count: how many strings that are; 0: it is no string, or an empty
 * list. */
static const char **strings(const struct config *c, const struct option *o, unsigned *count)
{
	const char *base = (const char *)c;

	*count = 0;
	if (o->type == OPTION_LIST)
		*count = *(const unsigned *)(const void *)(base + o->offset_count);
	else if (o->type == OPTION_TEXT || o->type == OPTION_LINES || o->type == OPTION_FIELDS)
		*count = 1;
	return (const char **)(uintptr_t)(base + o->offset);
}

/* The bytes of a value that is no string. */
static size_t width(const struct option *o)
{
	_Static_assert(sizeof(int) == sizeof(uint32_t), "choices are int, numbers uint32_t");
	if (o->type == OPTION_LIST)
		return 0;
	return o->type == OPTION_BOOL ? sizeof(bool) : sizeof(uint32_t);
}

static bool equal(const struct config *a, const struct config *b, const struct option *o)
{
	unsigned of_a, of_b, i = 0;
	const char **left = strings(a, o, &of_a), **right = strings(b, o, &of_b);

	if (of_a == 0 && of_b == 0)
		return memcmp(left, right, width(o)) == 0;
	while (i < of_a && of_a == of_b && strcmp(left[i], right[i]) == 0)
		i++;
	return i == of_a && of_a == of_b;
}

uint64_t config_changes(const struct config *a, const struct config *b)
{
	uint64_t set = 0;

	for (const struct option *o = option_table; o->name; o++)
		set |= (uint64_t)!equal(a, b, o) << (o - option_table);
	return set;
}

uint64_t config_fixed(enum config_fixed fixed)
{
	uint64_t set = 0;

	for (const struct option *o = option_table; o->name; o++)
		set |= (uint64_t)(o->fixed == fixed) << (o - option_table);
	return set;
}

static bool take(struct config *c, const struct config *from, const struct option *o)
{
	unsigned count, unused;
	const char **source = strings(from, o, &count), **target = strings(c, o, &unused);

	if (count == 0)
		memcpy(target, source, width(o));
	if (o->type == OPTION_LIST)
		memcpy((char *)c + o->offset_count, &count, sizeof(count));
	for (unsigned i = 0; i < count; i++) {
		target[i] = config_keep(c, source[i], strlen(source[i]));
		if (!target[i])
			return false;
	}
	return true;
}

bool config_take(struct config *c, const struct config *from, uint64_t set)
{
	for (const struct option *o = option_table; o->name; o++)
		if (set >> (o - option_table) & 1 && !take(c, from, o))
			return false;
	return true;
}

void config_move(struct config *to, const struct config *from)
{
	unsigned count;

	memcpy(to, from, offsetof(struct config, pool) + from->pool_used);
	to->pool_used = from->pool_used;
	for (const struct option *o = option_table; o->name; o++) {
		const char **at = strings(to, o, &count);

		for (unsigned i = 0; i < count; i++)
			at[i] = to->pool + (at[i] - from->pool);
	}
}

void config_print_names(struct text *t, uint64_t set)
{
	const size_t start = t->used;

	for (const struct option *o = option_table; o->name; o++) {
		if (!(set >> (o - option_table) & 1))
			continue;
		text_puts(t, t->used > start ? ", " : "");
		text_puts(t, o->name);
	}
}
