/*
 * support_core.h - what the tests of the core share.
 */
#ifndef ECSAUDIT_SUPPORT_CORE_H
#define ECSAUDIT_SUPPORT_CORE_H

#include <stddef.h>
#include <stdint.h>
#include "arena.h"
#include "span.h"

/* A copy of exactly its size, so that the sanitizer sees a read beyond it. It lives until
 * exact_free(), which every test has as its teardown. */
struct span exact_bytes(const void *bytes, size_t len);
struct span exact(const char *text);
int exact_free(void **state);

/* printf() to an exact copy. */
struct span exact_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same seed gives the same numbers. */
uint32_t random_next(uint64_t *seed);
static inline uint32_t random_below(uint64_t *seed, uint32_t limit)
{
	return random_next(seed) % limit;
}

/* Emptied at each call. */
struct arena *scratch_arena(void);

void assert_text_at(struct span got, const char *expected, const char *file, int line);
#define assert_text(got, expected) assert_text_at(got, expected, __FILE__, __LINE__)
void assert_bytes_at(struct span got, const void *expected, size_t len, const char *file, int line);
#define assert_bytes(got, literal)                                                                 \
	assert_bytes_at(got, literal, sizeof(literal) - 1, __FILE__, __LINE__)

#endif
