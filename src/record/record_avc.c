#include "record_fields.h"
#include "record_split.h"
#include "record_token.h"

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

/* Past "} for ", whose bracket is at `brace`; NULL: it is not there. */
static const char *past_for(const char *brace, const char *limit)
{
	const char *word = token_skip_blanks(brace + 1, limit);

	if (word == brace + 1 || limit - word < 4 || memcmp(word, "for", 3) != 0 ||
		!token_is_blank(word + 3))
		return NULL;
	return token_skip_blanks(word + 3, limit);
}

/* Permissions, separated by blanks, joined by commas. */
static struct span join_permissions(struct record_workspace *w, const char *at, const char *limit)
{
	char *out = arena_take(w->scratch, (size_t)(limit - at) + 1);
	uint32_t len = 0;

	if (!out)
		return SPAN_NONE;
	for (at = token_skip_blanks(at, limit); at < limit; at = token_skip_blanks(at, limit)) {
		if (len > 0)
			out[len++] = ',';
		while (at < limit && !token_is_blank(at))
			out[len++] = *at++;
	}
	return (struct span){out, len};
}

/* avc_audit_pre_callback(), security/selinux/avc.c; avc_audit(), libselinux/src/avc.c */
struct span record_split_avc(struct record_workspace *w, struct record *r, struct span text)
{
	const char *limit = text.at + text.len;
	const char *at = token_skip_blanks(text.at, limit);
	const char *result, *end, *open, *brace, *rest = NULL, *last;
	struct span permissions;

	if (limit - at < 4 || memcmp(at, "avc:", 4) != 0)
		return text; /* AppArmor's has fields only */
	result = token_skip_blanks(at + 4, limit);
	for (end = result; end < limit && is_letter(*end); end++)
		;
	open = token_skip_blanks(end, limit);
	if (result == at + 4 || end == result || open == end || open == limit || *open != '{')
		return text;
	last = limit - open > LIMIT_PERMISSIONS_BYTES ? open + LIMIT_PERMISSIONS_BYTES : limit;
	for (brace = open + 1; brace < last && !rest; brace++)
		if (*brace == '}')
			rest = past_for(brace, limit);
	if (!rest)
		return text;
	permissions = join_permissions(w, open + 1, brace - 1);
	record_set(w, r, KEY_SERESULT, token_span(result, end));
	if (permissions.len > 0)
		record_set(w, r, KEY_SEPERMS, permissions);
	return token_span(rest, limit);
}
