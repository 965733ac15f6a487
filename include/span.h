/*
 * span.h - a piece of text that somebody else owns.
 *
 * A span is not terminated and may hold any byte. It lives as long as the bytes it points at:
 * a slot until its event was emitted, scratch until the next document, a constant for ever.
 */
#ifndef ECSAUDIT_SPAN_H
#define ECSAUDIT_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const char *at;
	uint32_t len;
};

#define SPAN(literal) ((struct span){(literal), sizeof(literal) - 1})
#define SPAN_NONE     ((struct span){NULL, 0})

static inline struct span span_of(const char *text)
{
	return (struct span){text, (uint32_t)strlen(text)};
}

static inline bool span_equal(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline bool span_is(struct span a, const char *text)
{
	return a.len == strlen(text) && memcmp(a.at, text, a.len) == 0;
}

static inline bool span_starts(struct span a, const char *prefix)
{
	size_t n = strlen(prefix);

	return a.len >= n && memcmp(a.at, prefix, n) == 0;
}

/* The same for a word of lower case letters, whatever the case of the text's are. */
static inline bool span_starts_word(struct span a, const char *word)
{
	const size_t n = strlen(word);
	size_t same = 0;

	while (same < n && same < a.len && (a.at[same] | 0x20) == word[same])
		same++;
	return same == n;
}

static inline bool span_ends(struct span a, const char *suffix)
{
	size_t n = strlen(suffix);

	return a.len >= n && memcmp(a.at + a.len - n, suffix, n) == 0;
}

/* The last component of a path, without slashes behind it; empty: there is none. */
static inline struct span span_base_name(struct span path)
{
	uint32_t from;

	while (path.len > 0 && path.at[path.len - 1] == '/')
		path.len--;
	for (from = path.len; from > 0 && path.at[from - 1] != '/'; from--)
		;
	return (struct span){path.at + from, path.len - from};
}

#endif
