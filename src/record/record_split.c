#include "record_split.h"

#include "decode.h"
#include "record_fields.h"
#include "record_outside.h"
#include "record_token.h"

/* ---- words --------------------------------------------------------------------------------- */

void record_words_add(
	struct record_workspace *w, struct record_words *words, struct span word, uint32_t room)
{
	if (span_is(word, ":"))
		return;
	if (!words->at) {
		words->at = arena_take(w->scratch, room + 1);
		words->room = words->at ? room + 1 : 0;
	}
	if (!words->at || words->room - words->len < word.len + 1)
		return; /* only if the arena is full: the document says so */
	if (words->len > 0)
		words->at[words->len++] = ' ';
	memcpy(words->at + words->len, word.at, word.len);
	words->len += word.len;
}

void record_words_set(
	struct record_workspace *w, struct record *r, const struct record_words *words)
{
	if (words->len > 0 && !record_field(w, KEY_TEXT))
		record_set(w, r, KEY_TEXT, (struct span){words->at, words->len});
}

/* ---- values -------------------------------------------------------------------------------- */

/* The decoded value, if values of this key are in hex; SPAN_NONE if this one is not. */
static struct span decoded(struct record_workspace *w, enum key key, struct span value)
{
	struct span bytes = SPAN_NONE;

	if (key_info[key].flags & KEY_IS_ENCODED)
		bytes = decode_hex(w->scratch, value);
	if (!bytes.at)
		return SPAN_NONE;
	if (bytes.at[0] == '\0' &&
		key == KEY_PATH) /* an abstract socket, as it is written everywhere */
		((char *)bytes.at)[0] = '@';
	decode_nul_to_space(bytes);
	return bytes;
}

void record_field_set_text(
	struct record_workspace *w, struct field *f, struct span value, bool quoted)
{
	struct span bytes = quoted ? SPAN_NONE : decoded(w, f->key, value);

	f->decoded = bytes.at != NULL;
	f->value = f->decoded ? bytes.at : value.at;
	f->len = f->decoded ? bytes.len : value.len;
	f->quoted = quoted;
}

/* AppArmor's labels may come with their mode, "/usr/sbin/ntpd (enforce)", or in quotes. */
static struct span bare_label(struct span label)
{
	const char *bracket;

	if (label.len > 1 && label.at[0] == '"' && label.at[label.len - 1] == '"')
		label = (struct span){label.at + 1, label.len - 2};
	bracket = label.len > 0 && label.at[label.len - 1] == ')'
			  ? memrchr(label.at, '(', label.len)
			  : NULL;

	if (bracket && bracket > label.at + 1 && bracket[-1] == ' ')
		label.len = (uint32_t)(bracket - 1 - label.at);
	return label;
}

/* ---- fields -------------------------------------------------------------------------------- */

struct split {
	struct record_workspace *w;
	struct record *r;
	const char *at, *limit; /* what is still to be read */
	struct record_words words;
	bool is_behind; /* behind an unescaped text, which may end in forged fields */
};

static inline void add(
	struct split *s, enum key key, struct span name, struct span value, bool quoted)
{
	struct field *f = key == KEY_OTHER ? record_fields_claim_unknown(s->w, s->r, name)
					   : record_fields_claim(s->w, s->r, key);

	if (!f)
		return;
	f->value = value.at;
	f->len = value.len;
	f->quoted = quoted;
	f->decoded = false;
}

/* A value that is encoded, or a text from outside. */
__attribute__((noinline)) static const char *add_special(
	struct split *s, enum key key, struct span name, const char *at)
{
	const char *end = key_info[key].flags & KEY_IS_OUTSIDE
				  ? record_outside_end(s->r->type, key, at, s->limit)
				  : NULL;
	struct span value = token_span(at, end ? end : token_end(at, s->limit));
	struct field *f;

	s->is_behind |= end != NULL;
	if (token_is_void(value))
		return at + value.len;
	f = key == KEY_OTHER ? record_fields_claim_unknown(s->w, s->r, name)
			     : record_fields_claim(s->w, s->r, key);
	if (f)
		record_field_set_text(s->w, f, end ? bare_label(value) : value, false);
	return at + value.len;
}

/* Whether a value that begins with a quote is a text from outside. A comm= with a quote never is.
 */
static inline bool is_outside(const struct split *s, enum key key, const char *at)
{
	return (key_info[key].flags & KEY_IS_OUTSIDE) && key != KEY_COMM &&
	       record_outside_end(s->r->type, key, at, s->limit);
}

/* A value that begins with a quote. Returns where it ends; NULL if the quote is part of a word. */
static inline const char *take_quoted(
	struct split *s, enum key key, struct span name, const char *at)
{
	const char *end;
	struct span value;

	if (is_outside(s, key, at))
		return NULL;
	end = token_find(at + 1, s->limit, *at);
	if (end == s->limit) /* no value, if the record was cut */
		return key_info[key].flags & KEY_IS_ENCODED ? token_end(at, s->limit) : NULL;
	value = token_span(at + 1, end);
	if (!token_is_void(value))
		add(s, key, name, value, true);
	return end + 1 == s->limit || token_is_blank(end + 1) ? end + 1
							      : token_end(end + 1, s->limit);
}

/* One value, which begins at `at`. Returns where it ends. */
static inline const char *take_value(
	struct split *s, enum key key, struct span name, const char *at)
{
	const char *end;
	struct span value;

	if (s->is_behind && record_field(s->w, key))
		return token_end(at, s->limit);
	if ((*at == '"' || (*at == '\'' && key == KEY_ERROR_MSG)) &&
		(end = take_quoted(s, key, name, at)))
		return end;
	if (key_info[key].flags & (KEY_IS_ENCODED | KEY_IS_OUTSIDE))
		return add_special(s, key, name, at);
	end = token_end(at, s->limit);
	value = token_span(at, end);
	if (!token_is_void(value))
		add(s, key, name, value, false);
	return end;
}

/* The fields of a record type mostly come in the same order. So first compare with the field that
 * followed the last one before: returns its key if its name and a '=' are at `at`, else KEY_OTHER.
 */
static inline enum key expected_key(enum key key, const char *at, const char *limit)
{
	ptrdiff_t len = key_info[key].len;

	return limit - at > len && at[len] == '=' && key_is(key, at, (size_t)len) ? key : KEY_OTHER;
}

/* Read another name and its '='. SPAN_NONE: there is none; the word is skipped. */
__attribute__((noinline)) static struct span take_name(struct split *s, uint32_t room)
{
	const char *begin = s->at, *at = begin;

	/* Do not read on where the event has no room. */
	if (++s->w->named > s->w->most_named ||
		(s->w->used == LIMIT_EVENT_FIELDS && s->w->left_out.at)) {
		record_leave_out(s->w, SPAN("field"));
		s->limit = s->at;
		return SPAN_NONE;
	}
	while (at < s->limit && token_class(at) == TOKEN_NAME)
		at++;
	if (at > begin && at < s->limit && *at == '=') {
		s->at = at + 1;
		return token_span(begin, at);
	}
	s->at = token_end(at, s->limit);
	if (!memchr(begin, '=', (size_t)(s->at - begin)))
		record_words_add(s->w, &s->words, token_span(begin, s->at), room);
	return SPAN_NONE;
}

void record_split(struct record_workspace *w, struct record *r, struct span text)
{
	struct split s = {.w = w, .r = r, .at = text.at, .limit = text.at + text.len};
	uint16_t *expected = &w->first[r->type % LIMIT_FIRST_KEYS];

	for (; s.at < s.limit; s.at++) {
		enum key key;
		struct span name;

		if (token_is_blank(s.at))
			continue;
		key = expected_key((enum key) * expected, s.at, s.limit);
		if (key != KEY_OTHER) {
			name = SPAN_NONE;
			s.at += key_info[key].len + 1u;
		} else {
			name = take_name(&s, text.len);
			if (!name.at)
				continue;
			key = key_find(name.at, name.len);
			*expected = (uint16_t)key;
		}
		expected = &w->follower[key];
		if (s.at < s.limit)
			s.at = take_value(&s, key, name, s.at);
	}
	record_words_set(w, r, &s.words);
}
