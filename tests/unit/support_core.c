#include "support_core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "limits.h"

struct copy {
	struct copy *next;
	void *bytes;
};

static struct copy *copies;

struct span exact_bytes(const void *bytes, size_t len)
{
	struct copy *copy = malloc(sizeof(*copy));

	if (!copy)
		abort();
	copy->bytes = malloc(len ? len : 1);
	if (!copy->bytes)
		abort();
	memcpy(copy->bytes, bytes, len);
	copy->next = copies;
	copies = copy;
	return (struct span){copy->bytes, (uint32_t)len};
}

struct span exact(const char *text)
{
	return exact_bytes(text, strlen(text));
}

struct span exact_format(const char *format, ...)
{
	va_list arguments;
	char *text;
	int len;
	struct span copy;

	va_start(arguments, format);
	len = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (len < 0)
		abort();
	copy = exact_bytes(text, (size_t)len);
	free(text);
	return copy;
}

int exact_free(void **state)
{
	(void)state;
	while (copies) {
		struct copy *next = copies->next;

		free(copies->bytes);
		free(copies);
		copies = next;
	}
	return 0;
}

/* splitmix64 */
uint32_t random_next(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return (uint32_t)(z >> 32);
}

struct arena *scratch_arena(void)
{
	static _Alignas(16) char memory[LIMIT_SCRATCH_BYTES];
	static struct arena arena = {.base = memory, .size = sizeof(memory)};

	arena_reset(&arena);
	return &arena;
}

void assert_bytes_at(struct span got, const void *expected, size_t len, const char *file, int line)
{
	if (got.at && got.len == len && memcmp(got.at, expected, len) == 0)
		return;
	print_error("got %s\"%.*s\", expected \"%.*s\"\n", got.at ? "" : "NULL ", (int)got.len,
		got.at ? got.at : "", (int)len, (const char *)expected);
	_fail(file, line);
}

void assert_text_at(struct span got, const char *expected, const char *file, int line)
{
	assert_bytes_at(got, expected, strlen(expected), file, line);
}
