#include "json_scan.h"

#include <string.h>
#include "limits.h"

#define NOWHERE UINT32_MAX

struct scan {
	const char *text;
	size_t len;
	size_t at;
	unsigned depth;
	unsigned count;	 /* values begun so far */
	unsigned wanted; /* number of the value whose place is asked for, or NOWHERE */
	struct json_place place;
	struct json_error *e; /* the first error stays */
};

/* ---- comments ---------------------------------------------------------------------------- */

static size_t skip_string(const char *text, size_t len, size_t at)
{
	/* A string that is not closed ends with its line; json_check() will say so. */
	for (at++; at < len && text[at] != '\n'; at++) {
		if (text[at] == '"')
			return at + 1;
		if (text[at] == '\\' && at + 1 < len && text[at + 1] != '\n')
			at++;
	}
	return at;
}

static size_t blank(char *text, size_t from, size_t to)
{
	for (; from < to; from++) {
		if (text[from] != '\n')
			text[from] = ' ';
	}
	return to;
}

/* Past the next star and slash, or 0. */
static size_t comment_end(const char *text, size_t len, size_t at)
{
	for (; at + 1 < len; at++) {
		if (text[at] == '*' && text[at + 1] == '/')
			return at + 2;
	}
	return 0;
}

bool json_blank_comments(char *text, size_t len, struct json_error *e)
{
	const char *end;
	size_t at = 0;

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		at = blank(text, 0, 3);
	while (at < len) {
		if (text[at] == '"') {
			at = skip_string(text, len, at);
		} else if (text[at] == '/' && at + 1 < len && text[at + 1] == '/') {
			end = memchr(text + at, '\n', len - at);
			at = blank(text, at, end ? (size_t)(end - text) : len);
		} else if (text[at] == '/' && at + 1 < len && text[at + 1] == '*') {
			size_t close = comment_end(text, len, at + 2);

			if (close == 0) {
				*e = (struct json_error){at, "a comment that does not end", "*/"};
				return false;
			}
			at = blank(text, at, close);
		} else {
			at++;
		}
	}
	return true;
}

/* ---- UTF-8 ------------------------------------------------------------------------------- */

/* The length of the well-formed sequence at s (Unicode 15, table 3-7), or 0. */
static size_t utf8_sequence(const unsigned char *s, size_t len)
{
	size_t need, i;

	if (s[0] < 0x80)
		return s[0] != 0;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	need = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (need > len)
		return 0;
	for (i = 1; i < need; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	/* Overlong forms, surrogates, and what lies beyond U+10FFFF. */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
		(s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return need;
}

bool json_utf8(const char *text, size_t len, struct json_error *e)
{
	size_t at, n;

	for (at = 0; at < len; at += n) {
		n = utf8_sequence((const unsigned char *)text + at, len - at);
		if (n == 0) {
			*e = (struct json_error){at,
				text[at] ? "a byte that is not UTF-8" : "a NUL byte", "UTF-8 text"};
			return false;
		}
	}
	return true;
}

/* ---- syntax ------------------------------------------------------------------------------ */

static bool fail(struct scan *s, size_t at, const char *what, const char *expected)
{
	*s->e = (struct json_error){at, what, expected};
	return false;
}

/* The character at hand, or NUL at the end: the text itself holds no NUL. */
static char peek(const struct scan *s)
{
	return s->at < s->len ? s->text[s->at] : '\0';
}

static bool take(struct scan *s, char ch)
{
	if (peek(s) != ch)
		return false;
	s->at++;
	return true;
}

static void skip_space(struct scan *s)
{
	while (s->at < s->len && memchr(" \t\r\n", s->text[s->at], 4))
		s->at++;
}

static int hex4(const struct scan *s, size_t at)
{
	int value = 0;
	size_t i;

	if (s->len - at < 4)
		return -1;
	for (i = at; i < at + 4; i++) {
		char ch = s->text[i];

		if (ch >= '0' && ch <= '9')
			value = value * 16 + (ch - '0');
		else if ((ch | 32) >= 'a' && (ch | 32) <= 'f')
			value = value * 16 + ((ch | 32) - 'a' + 10);
		else
			return -1;
	}
	return value;
}

/* s->at is behind the backslash. */
static bool scan_escape(struct scan *s)
{
	size_t start = s->at - 1;
	char ch = peek(s);
	int unit;

	s->at++;
	if (ch != '\0' && strchr("\"\\/bfnrt", ch))
		return true;
	if (ch != 'u')
		return fail(s, start, "an unknown escape",
			"one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u");
	unit = hex4(s, s->at);
	if (unit < 0)
		return fail(s, start, "\\u without its digits", "four hexadecimal digits");
	s->at += 4;
	if (unit == 0)
		return fail(s, start, "a NUL character", "text without it");
	if (unit < 0xd800 || unit > 0xdfff)
		return true;
	if (unit < 0xdc00 && take(s, '\\') && take(s, 'u')) {
		unit = hex4(s, s->at);
		s->at += 4;
		if (unit >= 0xdc00 && unit <= 0xdfff)
			return true;
	}
	return fail(s, start, "half a surrogate pair", "both halves, \\ud83d\\ude00");
}

static bool scan_string(struct scan *s)
{
	size_t start = s->at++;

	for (;;) {
		char ch = peek(s);

		if (s->at >= s->len || ch == '\n')
			return fail(s, start, "text that is not closed on its line", "a second \"");
		if ((unsigned char)ch < 0x20)
			return fail(s, s->at, "a control character in text",
				"its escape, such as \\t or \\u001b");
		s->at++;
		if (ch == '"')
			return true;
		if (ch == '\\' && !scan_escape(s))
			return false;
	}
}

static bool scan_digits(struct scan *s)
{
	size_t start = s->at;

	while (peek(s) >= '0' && peek(s) <= '9')
		s->at++;
	return s->at > start;
}

static bool scan_number(struct scan *s)
{
	size_t start = s->at;
	bool good;

	take(s, '-');
	good = take(s, '0') || scan_digits(s);
	if (good && take(s, '.'))
		good = scan_digits(s);
	if (good && (take(s, 'e') || take(s, 'E'))) {
		if (!take(s, '+'))
			take(s, '-');
		good = scan_digits(s);
	}
	/* 007, 5s, 0x1F */
	if (good && s->at < s->len && !memchr(" \t\r\n,]}:", s->text[s->at], 8))
		good = false;
	return good || fail(s, start, "a malformed number", "one such as 5, -5, 0.5 or 5e3");
}

static bool scan_word(struct scan *s)
{
	static const char *const words[] = {"true", "false", "null"};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t n = strlen(words[i]);

		if (s->len - s->at >= n && memcmp(s->text + s->at, words[i], n) == 0) {
			s->at += n;
			return true;
		}
	}
	if (s->at >= s->len)
		return fail(s, s->at, "the end of the text", "a value");
	if (strchr(",:]}", peek(s)))
		return fail(s, s->at, "no value", "one before this character");
	return fail(s, s->at, "a bare word",
		"text in double quotes, a number, true, false, [...] or {...}");
}

static bool scan_value(struct scan *s, size_t key);

static bool scan_member(struct scan *s)
{
	size_t key = s->at;

	if (peek(s) != '"')
		return fail(s, s->at, "no name", "a name in double quotes");
	if (!scan_string(s))
		return false;
	skip_space(s);
	if (!take(s, ':'))
		return fail(s, s->at, "no \":\" after a name", "\"name\": value");
	skip_space(s);
	return scan_value(s, key);
}

/* An object or an array: its members, separated by commas. */
static bool scan_members(struct scan *s, char close)
{
	size_t open = s->at++;
	size_t comma;

	if (++s->depth > LIMIT_DOCUMENT_DEPTH)
		return fail(s, open, "too many levels", "at most 32");
	skip_space(s);
	while (!take(s, close)) {
		if (s->at >= s->len)
			return fail(s, open, "a bracket that is not closed", "the closing one");
		if (close == '}' ? !scan_member(s) : !scan_value(s, s->at))
			return false;
		skip_space(s);
		if (peek(s) == close || s->at >= s->len)
			continue;
		comma = s->at;
		if (!take(s, ','))
			return fail(
				s, comma, "no comma before this", "one, or the closing bracket");
		skip_space(s);
		if (peek(s) == close)
			return fail(s, comma, "a comma behind the last one", "none there");
	}
	s->depth--;
	return true;
}

static bool scan_value(struct scan *s, size_t key)
{
	bool wanted = s->count++ == s->wanted;
	size_t start = s->at;
	char ch = peek(s);
	bool good;

	if (ch == '{' || ch == '[')
		good = scan_members(s, ch == '{' ? '}' : ']');
	else if (ch == '"')
		good = scan_string(s);
	else if (ch == '-' || (ch >= '0' && ch <= '9'))
		good = scan_number(s);
	else
		good = scan_word(s);
	if (wanted)
		s->place = (struct json_place){key, start, s->at};
	return good;
}

bool json_check(const char *text, size_t len, struct json_error *e)
{
	struct scan s = {.text = text, .len = len, .wanted = NOWHERE, .e = e};

	if (!json_utf8(text, len, e))
		return false;
	skip_space(&s);
	if (s.at >= len)
		return fail(&s, 0, "no text", "a value such as {}");
	if (!scan_value(&s, s.at))
		return false;
	skip_space(&s);
	return s.at >= len || fail(&s, s.at, "more text after the value", "the end");
}

struct json_place json_locate(const char *text, size_t len, unsigned ordinal)
{
	struct json_error unused;
	struct scan s = {.text = text, .len = len, .wanted = ordinal, .e = &unused};

	skip_space(&s);
	scan_value(&s, s.at);
	return s.place;
}

void json_position(const char *text, size_t offset, unsigned *line, unsigned *column)
{
	size_t i;

	*line = 1;
	*column = 1;
	for (i = 0; i < offset; i++) {
		if (text[i] == '\n') {
			++*line;
			*column = 1;
		} else if (((unsigned char)text[i] & 0xc0) != 0x80) {
			++*column;
		}
	}
}
