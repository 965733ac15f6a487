#include "record_fields.h"
#include "record_split.h"
#include "record_token.h"

/* Past the quote that closes the one at `open`; NULL if there is none. A quote behind a backslash
 * counts only if there is no other. */
static const char *past_quoted(const char *open, const char *limit)
{
	const char *escaped = NULL;

	for (const char *at = open + 1; at < limit; at++) {
		if (*at != *open)
			continue;
		if (at[-1] != '\\')
			return at + 1;
		escaped = at + 1;
	}
	return escaped;
}

static struct span trim_quotes(const char *at, const char *limit)
{
	while (at < limit && (*at == '"' || *at == '\'' || *at == ' '))
		at++;
	while (at < limit && (limit[-1] == '"' || limit[-1] == '\'' || limit[-1] == ' '))
		limit--;
	return token_span(at, limit);
}

static void add(struct record_workspace *w, struct record *r, struct span name, struct span value,
	bool quoted)
{
	enum key key = key_find(name.at, name.len);
	struct field *f = key == KEY_OTHER ? record_fields_claim_unknown(w, r, name)
					   : record_fields_claim(w, r, key);

	if (f)
		record_field_set_text(w, f, value, quoted || key != KEY_CWD);
	if (f)
		f->quoted = quoted;
}

void record_split_odd(struct record_workspace *w, struct record *r, struct span text)
{
	const char *at = text.at, *limit = at + text.len, *begin;

	while (at < limit) {
		struct span name, value;

		while (at < limit && token_class(at) != TOKEN_NAME)
			at++;
		begin = at;
		while (at < limit && token_class(at) == TOKEN_NAME)
			at++;
		if (limit - at < 2 || *at != '=')
			continue;
		name = token_span(begin, at++);
		if (token_class(at) == TOKEN_QUOTE) {
			begin = past_quoted(at, limit);
			if (!begin) /* never closed: no value */
				continue;
			value = trim_quotes(at, begin);
			at = begin;
			if (!token_is_void(value))
				add(w, r, name, value, true);
			continue;
		}
		begin = at;
		while (at < limit && !(token_class(at) & (TOKEN_BLANK | TOKEN_QUOTE)))
			at++;
		value = token_span(begin, at);
		if (!token_is_void(value))
			add(w, r, name, value, false);
	}
}
