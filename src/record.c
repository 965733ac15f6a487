#include "record.h"

#include "record_decode.h"
#include "record_fields.h"
#include "word.h"

/* msg='...' inside msg='...': no program nests them; deeper ones stay text. */
#define MSG_DEPTH_MAX 4

/* ---- taking the text apart ------------------------------------------------------------- */

enum {
	NAME = 1,
	BLANK = 2,
	QUOTE = 4,
	END_OF_VALUE = BLANK | QUOTE
};

static const uint8_t class_of[256] = {
	[' '] = BLANK,
	['\t'] = BLANK,
	['\n'] = BLANK,
	['\f'] = BLANK,
	['\r'] = BLANK,
	['"'] = QUOTE,
	['\''] = QUOTE,
	['-'] = NAME,
	['_'] = NAME,
	['0' ... '9'] = NAME,
	['a' ... 'z'] = NAME,
};

/* Whatever ends a value is below this, and little else that is in one. */
#define ABOVE_ENDS '('

static inline unsigned class_at(const char *at)
{
	return class_of[(unsigned char)*at];
}

static inline const char *past_bare(const char *at, const char *limit)
{
	while ((at = word_find_below(at, limit, ABOVE_ENDS)) < limit &&
		!(class_at(at) & END_OF_VALUE))
		at++;
	return at;
}

/* Past the quote that closes the one at `open`; NULL if none does. In a message of a program a
 * quote behind a backslash closes only if no other one does. The kernel writes a string with a
 * quote in hex (audit_string_contains_control(), kernel/audit.c), so there the next one closes:
 * else a command called `a\` would hide the executable that follows. */
static const char *past_quoted(const char *open, const char *limit, bool from_kernel)
{
	const char *escaped = NULL;
	const char *at = open + 1;

	for (; (at = word_find_below(at, limit, ABOVE_ENDS)) < limit; at++) {
		if (*at != *open)
			continue;
		if (at[-1] != '\\' || from_kernel)
			return at + 1;
		escaped = at + 1;
	}
	return escaped;
}

/* User-space messages are AUDIT_FIRST_USER_MSG and AUDIT_FIRST_USER_MSG2 on (linux/audit.h). */
static bool is_from_kernel(uint16_t type)
{
	return type >= 1300 && type < 2100;
}

static struct span trim_quotes(const char *at, const char *limit)
{
	while (at < limit && (*at == '"' || *at == '\'' || *at == ' '))
		at++;
	while (at < limit && (limit[-1] == '"' || limit[-1] == '\'' || limit[-1] == ' '))
		limit--;
	return (struct span){at, (uint32_t)(limit - at)};
}

/* What stands for "no value". */
static inline bool is_void(struct span value)
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

static inline void add(struct record_workspace *w, struct record *r, enum key key, struct span name,
	struct span value, bool quoted)
{
	struct field *f = key == KEY_OTHER ? record_fields_claim_unknown(w, r, name)
					   : record_fields_claim(w, r, key);

	if (f) {
		f->value = value.at;
		f->len = value.len;
		f->quoted = quoted;
	}
}

/* The kernel and the programs write the fields of a record type in one order. So the field that
 * followed this one last time does so mostly, and need not be looked for: then its key, if the
 * text at `at` is its name and a '='. Else KEY_OTHER. */
static inline enum key expected_key(
	const struct record_workspace *w, enum key last, const char *at, const char *limit)
{
	enum key key = (enum key)w->follower[last];
	ptrdiff_t len = key_info[key].len;

	return limit - at > len && at[len] == '=' && key_is(key, at, (size_t)len) ? key : KEY_OTHER;
}

static void split(struct record_workspace *w, struct record *r, struct span text, int depth)
{
	const char *at = text.at;
	const char *limit = text.at + text.len;
	enum key last = KEY_OTHER, key;

	for (;;) {
		struct span name, value;
		bool quoted;

		while (at < limit && class_at(at) != NAME)
			at++;
		name.at = at;
		key = expected_key(w, last, at, limit);
		if (key != KEY_OTHER)
			at += key_name(key).len;
		else
			while (at < limit && class_at(at) == NAME)
				at++;
		if (limit - at < 2)
			return;
		if (*at != '=')
			continue;
		name.len = (uint32_t)(at - name.at);
		if (key == KEY_OTHER) {
			key = key_find(name.at, name.len);
			w->follower[last] = (uint16_t)key;
		}
		last = key;
		value.at = ++at;
		quoted = class_at(at) == QUOTE;
		if (!quoted) {
			at = past_bare(at, limit);
			value.len = (uint32_t)(at - value.at);
		} else {
			at = past_quoted(value.at, limit, is_from_kernel(r->type));
			if (!at) { /* never closed: no value */
				at = value.at;
				continue;
			}
			value = trim_quotes(value.at, at);
		}
		if (is_void(value))
			continue;
		if (key != KEY_MSG)
			add(w, r, key, name, value, quoted);
		else if (depth < MSG_DEPTH_MAX)
			split(w, r, value, depth + 1);
	}
}

/* ---- types whose text needs mending first ---------------------------------------------- */

/* "login pid=1 old auid=0 new auid=1" (audit_log_set_loginuid before Linux 4.11): the first
 * two of each word become part of the next field's name. */
static struct span join_old_new(struct record_workspace *w, struct span body)
{
	char *copy = arena_take(w->scratch, body.len);
	int olds = 0, news = 0;

	if (!copy)
		return body;
	memcpy(copy, body.at, body.len);
	for (uint32_t i = 0; i + 4 <= body.len; i++) {
		if (olds < 2 && memcmp(copy + i, "old ", 4) == 0) {
			copy[i + 3] = '_';
			olds++;
		} else if (news < 2 && memcmp(copy + i, "new ", 4) == 0) {
			copy[i + 3] = '_';
			news++;
		}
	}
	return (struct span){copy, body.len};
}

static bool is_word_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '_';
}

static const char *skip_blanks(const char *at, const char *limit)
{
	while (at < limit && class_at(at) == BLANK)
		at++;
	return at;
}

/* Past "} for " at `brace`, or NULL. */
static const char *past_for(const char *brace, const char *limit)
{
	const char *word = skip_blanks(brace + 1, limit);

	if (word == brace + 1 || limit - word < 4 || memcmp(word, "for", 3) != 0 ||
		class_at(word + 3) != BLANK)
		return NULL;
	return skip_blanks(word + 3, limit);
}

/* Permissions, separated by blanks, joined by commas. */
static struct span join_permissions(struct record_workspace *w, const char *at, const char *limit)
{
	char *out = arena_take(w->scratch, (size_t)(limit - at) + 1);
	uint32_t len = 0;

	if (!out)
		return SPAN_NONE;
	for (at = skip_blanks(at, limit); at < limit; at = skip_blanks(at, limit)) {
		if (len > 0)
			out[len++] = ',';
		while (at < limit && class_at(at) != BLANK)
			out[len++] = *at++;
	}
	return (struct span){out, len};
}

/* "avc:  denied  { read write } for  pid=..." (avc_audit_pre_callback, security/selinux/avc.c)
 * gives seresult and seperms; what follows is fields. Returns the part to split. */
static struct span mend_selinux_avc(struct record_workspace *w, struct record *r, struct span body)
{
	const char *limit = body.at + body.len;

	for (const char *at = body.at; limit - at > 4; at++) {
		const char *result, *end, *open, *rest = NULL;

		if (memcmp(at, "avc:", 4) != 0)
			continue;
		result = skip_blanks(at + 4, limit);
		for (end = result; end < limit && is_word_char(*end); end++)
			;
		open = skip_blanks(end, limit);
		if (result == at + 4 || end == result || open == end || open == limit ||
			*open != '{')
			continue;
		for (const char *brace = limit; brace-- > open + 1 && !rest;)
			if (*brace == '}' && (rest = past_for(brace, limit))) {
				record_set(w, r, KEY_SERESULT,
					(struct span){result, (uint32_t)(end - result)});
				record_set(w, r, KEY_SEPERMS, join_permissions(w, open + 1, brace));
			}
		/* None behind this brace: then there is none behind a later one either. */
		return rest ? (struct span){rest, (uint32_t)(limit - rest)} : body;
	}
	return body; /* AppArmor's has fields only */
}

static struct span mend(struct record_workspace *w, struct record *r, struct span body)
{
	switch (r->type) {
	case RECORD_AVC:
		return mend_selinux_avc(w, r, body);
	case RECORD_LOGIN:
		return join_old_new(w, body);
	case RECORD_CRED_DISP:
	case RECORD_USER_START:
	case RECORD_USER_END: /* "... res=success)'": the bracket is not the value's */
		while (body.len > 0 &&
			(body.at[body.len - 1] == ')' || body.at[body.len - 1] == '\''))
			body.len--;
		return body;
	default:
		return body;
	}
}

void record_parse(struct record_workspace *w, uint16_t type, struct span body, struct record *out)
{
	record_fields_begin(w);
	out->type = type;
	out->syscall = SYSCALL_ID_NONE;
	out->tag_count = 0;
	out->fields = w->fields + w->used;
	out->field_count = 0;
	out->warning = NULL;
	out->address = SPAN("");

	split(w, out, mend(w, out, body), 0);

	record_decode(w, out);
}
