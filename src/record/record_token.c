#include "record_token.h"

const uint8_t token_class_of[256] = {
	[' '] = TOKEN_BLANK,
	['\t'] = TOKEN_BLANK,
	['\n'] = TOKEN_BLANK,
	['\f'] = TOKEN_BLANK,
	['\r'] = TOKEN_BLANK,
	['"'] = TOKEN_QUOTE,
	['\''] = TOKEN_QUOTE,
	['-'] = TOKEN_NAME,
	['_'] = TOKEN_NAME,
	['0' ... '9'] = TOKEN_NAME,
	['a' ... 'z'] = TOKEN_NAME,
};

const char *token_end_far(const char *at, const char *limit)
{
	while (at < limit && !token_is_blank(at))
		at++;
	return at;
}

const char *token_find_far(const char *at, const char *limit, char quote)
{
	at = memchr(at, quote, (size_t)(limit - at));
	return at ? at : limit;
}
