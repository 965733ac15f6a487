#include "check_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cJSON.h>
#include "limits.h"

_Noreturn void fail(const char *what)
{
	fprintf(stderr, "%s\n", what);
	abort();
}

/* By value: decode, then look whether the value may be written so. */
static void check_utf8(const unsigned char *s, size_t n)
{
	static const unsigned long least[] = {0, 0, 0x80, 0x800, 0x10000};

	for (size_t i = 0; i < n;) {
		unsigned lead = s[i];
		unsigned len = lead < 0x80	 ? 1
			       : lead >> 5 == 6	 ? 2
			       : lead >> 4 == 14 ? 3
			       : lead >> 3 == 30 ? 4
						 : 0;
		unsigned long value = len == 1 ? lead : lead & (0xffu >> (len + 1));

		if (len == 0 || len > n - i)
			fail("no UTF-8: lead");
		for (unsigned j = 1; j < len; j++) {
			if (s[i + j] >> 6 != 2)
				fail("no UTF-8: continuation");
			value = value << 6 | (s[i + j] & 0x3f);
		}
		if (value < least[len] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
			fail("no UTF-8: value");
		if (value < 0x20 || (value >= 0x80 && value < 0xa0))
			fail("a control character");
		if (value == 0x2028 || value == 0x2029)
			fail("an end of a line");
		i += len;
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void check_members(const cJSON *node, unsigned depth)
{
	const cJSON *child;
	const char **names;
	size_t count = 0;

	if (depth > LIMIT_DOCUMENT_DEPTH)
		fail("too deep");
	cJSON_ArrayForEach(child, node)
	{
		check_members(child, depth + 1);
		count++;
	}
	if (!cJSON_IsObject(node) || count < 2)
		return;
	names = malloc(count * sizeof(*names));
	if (!names)
		abort();
	count = 0;
	cJSON_ArrayForEach(child, node) names[count++] = child->string;
	qsort(names, count, sizeof(*names), by_name);
	for (size_t i = 1; i < count; i++) {
		if (strcmp(names[i - 1], names[i]) == 0) {
			fprintf(stderr, "member %s\n", names[i]);
			fail("twice in an object");
		}
	}
	free(names);
}

void check_json(const char *text, size_t len)
{
	const char *end;
	cJSON *tree;

	check_utf8((const unsigned char *)text, len);
	tree = cJSON_ParseWithLengthOpts(text, len, &end, 0);
	if (!tree || end != text + len || !cJSON_IsObject(tree))
		fail("no JSON object");
	check_members(tree, 1);
	cJSON_Delete(tree);
}
