#include "shrink_size.h"

#include <string.h>
#include "json.h"

_Static_assert(sizeof(struct shrink_escaped) <= sizeof(double), "it has the member's place");

struct shrink_escaped shrink_size_escaped(const cJSON *text)
{
	struct shrink_escaped e;

	memcpy(&e, &text->valuedouble, sizeof(e));
	return e;
}

uint32_t shrink_size_of_text(const cJSON *text)
{
	const struct shrink_escaped e = shrink_size_escaped(text);

	if (e.at == 0)
		return (uint32_t)text->valueint;
	return e.len >= SHRINK_TOO_LONG ? SHRINK_TOO_LONG : e.len;
}

void shrink_size_add_text(struct shrink_size *s, uint32_t size, int sign)
{
	unsigned i = 31 - (unsigned)__builtin_clz(size | 1);

	s->count[i] += (uint32_t)sign;
	s->bytes[i] += (uint64_t)((int64_t)sign * size);
}

uint32_t shrink_size_cut(uint32_t size, unsigned level)
{
	return size >> level ? 1u << level : size;
}

void shrink_size_add(struct shrink_size *s, const cJSON *node, int sign)
{
	size_t size = node->string ? json_key_len(node) + 4 : 1; /* quotes and colon; comma */

	switch (node->type & 0xff) {
	case cJSON_String:
		size += 2;
		shrink_size_add_text(s, shrink_size_of_text(node), sign);
		break;
	case cJSON_Raw:
		size += (size_t)node->valueint;
		break;
	case cJSON_False:
		size += 5;
		break;
	case cJSON_True:
	case cJSON_NULL:
		size += 4;
		break;
	default:
		size += node->child ? 1 : 2; /* the last comma becomes a bracket */
	}
	s->fixed += (size_t)sign * size;
	for (const cJSON *child = node->child; child; child = child->next)
		shrink_size_add(s, child, sign);
}

size_t shrink_size_of_all(const struct shrink_size *s, unsigned level)
{
	uint64_t size = s->fixed - 1;
	unsigned i;

	for (i = 0; i < level; i++)
		size += s->bytes[i];
	for (; i < SHRINK_SIZES; i++)
		size += (uint64_t)s->count[i] << level;
	return size < SIZE_MAX ? (size_t)size : SIZE_MAX;
}
