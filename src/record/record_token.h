/*
 * record_token.h - the words of a record's text.
 *
 * For record_*.c that split a text: what separates words, which bytes a field's name has, and what
 * stands for no value.
 */
#ifndef ECSAUDIT_RECORD_TOKEN_H
#define ECSAUDIT_RECORD_TOKEN_H

#include "span.h"
#include "word.h"

enum token_class {
	TOKEN_NAME = 1,
	TOKEN_BLANK = 2,
	TOKEN_QUOTE = 4
};

extern const uint8_t token_class_of[256];

static inline unsigned token_class(const char *at)
{
	return token_class_of[(unsigned char)*at];
}

static inline bool token_is_blank(const char *at)
{
	return token_class(at) == TOKEN_BLANK;
}

static inline const char *token_skip_blanks(const char *at, const char *limit)
{
	while (at < limit && token_is_blank(at))
		at++;
	return at;
}

/* The next blank from `at` on, or `limit`; where there may be many control characters. */
const char *token_end_far(const char *at, const char *limit);

/* The same. All blanks are below '!', and little else is. */
static inline const char *token_end(const char *at, const char *limit)
{
	at = word_find_below(at, limit, '!');
	return at < limit && *at != ' ' ? token_end_far(at, limit) : at;
}

/* The next byte of this kind, a quote, or `limit`; where there may be many that are below '('. */
const char *token_find_far(const char *at, const char *limit, char quote);

static inline const char *token_find(const char *at, const char *limit, char quote)
{
	at = word_find_below(at, limit, '(');
	return at < limit && *at != quote ? token_find_far(at, limit, quote) : at;
}

/* Where the word begins that ends at `limit`. */
static inline const char *token_begin(const char *from, const char *limit)
{
	while (limit > from && !token_is_blank(limit - 1))
		limit--;
	return limit;
}

/* The place behind the blanks at the end of [from, limit). */
static inline const char *token_trim(const char *from, const char *limit)
{
	while (limit > from && token_is_blank(limit - 1))
		limit--;
	return limit;
}

static inline struct span token_span(const char *at, const char *limit)
{
	return (struct span){at, (uint32_t)(limit - at)};
}

/* What stands for "no value". */
static inline bool token_is_void(struct span value)
{
	switch (value.len) {
	case 0:
		return true;
	case 1:
		return value.at[0] == '?';
	case 2:
		return value.at[0] == '?' && value.at[1] == ',';
	case 6:
		return memcmp(value.at, "(null)", 6) == 0;
	default:
		return false;
	}
}

#endif
