#include "json.h"
#include "copy.h"
#include "limits.h"
#include "word.h"

/* A text's worst case: every byte is written as \u00XX. */
#define EXPANSION 6

_Static_assert(JSON_SLACK >= LIMIT_DOCUMENT_DEPTH + 24 + 6 * 31, "see json_write()");

/*
 * The top bit of each byte that cannot be copied: < 0x20, '"', '\\', >= 0x80. XOR with 2 moves
 * '"' (0x22) next to the control characters and leaves those among themselves, so one
 * subtraction finds both. A borrow spoils only bytes above one that was found; the lowest is
 * right.
 */
static inline uint64_t special(uint64_t w)
{
	return (((w ^ WORD_ONES * 0x02) - WORD_ONES * 0x21) | ((w ^ WORD_ONES * '\\') - WORD_ONES) |
		       w) &
	       WORD_ONES * 0x80;
}

/* The first four bytes of a text; zeros behind its end. */
static inline uint32_t load_four(const char *s, size_t n)
{
	return n >= 4 ? word_load4(s) : (uint32_t)word_load_short(s, n);
}

/*
 * Length of the well-formed UTF-8 sequence at the beginning of a text (Unicode 15 table 3-7); 0 if
 * there is none. `w` is load_four() of the text, and its first byte is one that can begin a
 * sequence. The zeros behind a text's end are no part of any.
 */
static inline size_t utf8_len(uint32_t w)
{
	const uint32_t bad = (w ^ 0x80808000u) & 0xc0c0c000u; /* no 10xxxxxx */
	const unsigned first = w & 0xff, second = w >> 8 & 0xff;

	if (first < 0xe0)
		return bad & 0xff00 ? 0 : 2;
	if (first < 0xf0) {
		if (bad & 0xffff00 || (first == 0xe0 && second < 0xa0) || /* overlong */
			(first == 0xed && second > 0x9f))		  /* surrogates */
			return 0;
		return 3;
	}
	if (bad || (first == 0xf0 && second < 0x90) || /* overlong */
		(first == 0xf4 && second > 0x8f))      /* above U+10FFFF */
		return 0;
	return 4;
}

/*
 * JSON allows these characters unescaped, but some readers trip over them. U+0085, U+2028 and
 * U+2029 end a line for some (Unicode 15 section 5.8, Python's splitlines()). A terminal may take
 * U+0080 to U+009F for the beginning of a command (ECMA-48 section 5.3). DEL does neither. `w`
 * begins with a well-formed sequence: of two bytes for is_control(), of more for is_separator().
 */
static inline bool is_control(uint32_t w)
{
	return (w & 0xe0ff) == 0x80c2;
}

static inline bool is_separator(uint32_t w)
{
	return (w & 0xfeffff) == 0xa880e2;
}

/* How many bytes a byte of text becomes when it is written. WIDE: it begins a character of several
 * bytes, if those behind it fit; greater than every real number. */
#define WIDE 64
static const uint8_t becomes_of[256] = {
	[0 ... 7] = 6,
	[8 ... 10] = 2, /* \b, \t, \n */
	[11] = 6,
	[12 ... 13] = 2, /* \f, \r */
	[14 ... 31] = 6,
	[' ' ... '"' - 1] = 1,
	['"'] = 2,
	['"' + 1 ... '\\' - 1] = 1,
	['\\'] = 2,
	['\\' + 1 ... 0x7f] = 1,
	[0x80 ... 0xc1] = 3, /* U+FFFD */
	[0xc2 ... 0xf4] = WIDE,
	[0xf5 ... 0xff] = 3,
};

/* put_special() reads so many bytes, up to seven plain ones more, and the last character. */
#define RUN 20

/* U+FFFD in UTF-8 */
#define REPLACEMENT 0xbdbfefu

/* Two characters for each control character: those behind \\u00, or a blank and the one behind a
 * backslash. */
static const char controls[] = "0001020304050607 b t n0b f r0e0f101112131415161718191a1b1c1d1e1f";

/* \\u0080 to \\u009f */
static inline char *put_control(char *p, uint32_t w)
{
	const unsigned c = w >> 8 & 0xff;

	word_store4(p, '\\' | 'u' << 8 | '0' << 16 | '0' << 24);
	p[4] = (char)('0' + (c >> 4));
	p[5] = controls[2 * (0x10 | (c & 15)) + 1];
	return p + 6;
}

/* \\u2028 and \\u2029 */
static inline char *put_separator(char *p, uint32_t w)
{
	word_store4(p, '\\' | 'u' << 8 | '2' << 16 | '0' << 24);
	p[4] = '2';
	p[5] = (char)('8' + (w >> 16 & 1));
	return p + 6;
}

/* A character of several bytes, or one byte that is none. Returns where the text goes on. */
static inline const char *put_wide(char **p, const char *s, const char *end)
{
	uint32_t w = load_four(s, (size_t)(end - s));
	const size_t len = utf8_len(w);
	size_t becomes = len;

	if (len == 0) {
		w = REPLACEMENT;
		becomes = 3;
	} else if (len == 2 ? is_control(w) : is_separator(w)) {
		*p = len == 2 ? put_control(*p, w) : put_separator(*p, w);
		return s + len;
	}
	word_store4(*p, w);
	*p += becomes;
	return s + len + (len == 0);
}

static inline bool is_special(char c)
{
	return becomes_of[(unsigned char)c] != 1;
}

/* Escape the special characters from s on, and copy single plain ones between them. Writes at most
 * EXPANSION bytes for each byte read; *used is how many were read. */
__attribute__((noinline)) static char *put_special(char *p, const char *s, size_t n, size_t *used)
{
	const char *at = s, *end = s + n, *stop = n < RUN ? end : s + RUN;
	unsigned c = (unsigned char)*at, becomes = becomes_of[c];

	for (;;) {
		if (becomes == WIDE) {
			at = put_wide(&p, at, end);
		} else if (becomes == 1) {
			*p++ = (char)c;
			at++;
		} else {
			if (becomes == 3) {
				word_store4(p, REPLACEMENT);
			} else if (becomes == 6) {
				word_store4(p, '\\' | 'u' << 8 | '0' << 16 | '0' << 24);
				__builtin_memcpy(p + 4, controls + 2 * c, 2);
			} else {
				p[0] = '\\';
				p[1] = c < 0x20 ? controls[2 * c + 1] : (char)c;
			}
			p += becomes;
			at++;
		}
		if (at >= stop)
			break;
		if (!is_special(*at) && end - at >= 8) {
			const uint64_t w = word_load(at), found = special(w);

			if (!found)
				break;
			word_store(p, w);
			p += word_first(found);
			at += word_first(found);
		}
		c = (unsigned char)*at;
		becomes = becomes_of[c];
	}
	*used = (size_t)(at - s);
	return p;
}

/* The first `skip` bytes at s are plain and copied already. Escape the special character behind
 * them and those that follow it: they often come together. */
__attribute__((always_inline)) static inline char *put_around(
	char *p, const char *limit, const char **s, size_t *n, unsigned skip)
{
	size_t used;

	p += skip;
	*s += skip;
	*n -= skip;
	do {
		p = put_special(p, *s, *n, &used);
		*s += used;
		*n -= used;
	} while (*n && p <= limit && is_special(**s));
	if (p > limit)
		*n = 0; /* it does not fit */
	return p;
}

/* Escape any text. If it does not fit, up to n bytes and a character more are written behind the
 * limit. */
static char *put_any_text(char *p, const char *limit, const char *s, size_t n)
{
	uint64_t a, b, found;

	while (n >= 16) {
		a = word_load(s);
		b = word_load(s + 8);
		word_store(p, a);
		word_store(p + 8, b);
		found = special(a);
		if (!(found | special(b))) {
			p += 16;
			s += 16;
			n -= 16;
			continue;
		}
		p = put_around(
			p, limit, &s, &n, found ? word_first(found) : 8 + word_first(special(b)));
	}
	while (n) {
		a = n < 8 ? word_load_short(s, n) : word_load(s);
		found = special(a);
		if (n < 8)
			found = found << (64 - 8 * n) >> (64 - 8 * n);
		word_store(p, a);
		if (found) {
			p = put_around(p, limit, &s, &n, word_first(found));
			continue;
		}
		if (n <= 8)
			return p + n;
		p += 8;
		s += 8;
		n -= 8;
	}
	return p;
}

/* The same, quick for most texts: they are short and have no special character. */
static inline char *put_text(char *p, const char *limit, const char *s, size_t n)
{
	uint64_t a, b;

	if (n < 8) {
		if (!n)
			return p;
		a = word_load_short(s, n);
		word_store(p, a);
		if (!(special(a) << (64 - 8 * n)))
			return p + n;
	} else if (n <= 16) {
		a = word_load(s);
		b = word_load(s + n - 8);
		word_store(p, a);
		word_store(p + n - 8, b);
		if (!(special(a) | special(b)))
			return p + n;
	}
	return put_any_text(p, limit, s, n);
}

/* Copy bytes; n bytes and a word must be free at p. */
static inline char *put_bytes(char *p, const char *s, size_t n)
{
	char *end = p + n;

	if (n < 4) {
		if (n) { /* first, middle and last are all of them */
			p[0] = s[0];
			p[n / 2] = s[n / 2];
			end[-1] = s[n - 1];
		}
		return end;
	}
	if (n < 8) {
		__builtin_memcpy(p, s, 4);
		__builtin_memcpy(end - 4, s + n - 4, 4);
		return end;
	}
	for (; n > 16; p += 16, s += 16, n -= 16) {
		__builtin_memcpy(p, s, 16);
		__asm__ volatile("" ::: "memory"); /* or gcc makes a call to memmove of the loop */
	}
	/* Here n may be below 8, but then there are bytes before. */
	if (n > 8)
		word_store(p, word_load(s));
	word_store(end - 8, word_load(s + n - 8));
	return end;
}

/* Text near the end of the buffer: NULL if it does not fit. */
__attribute__((cold)) static char *put_text_within(
	char *p, const char *limit, const char *s, size_t n)
{
	size_t used;

	for (; n && p <= limit; s += used, n -= used) {
		used = 1;
		if (is_special(*s))
			p = put_special(p, s, n, &used);
		else
			*p++ = *s;
	}
	return p <= limit ? p : NULL;
}

static inline bool has_room(const char *p, const char *limit, size_t bytes)
{
	return limit - p >= (ptrdiff_t)bytes;
}

static inline char *put_key(char *p, const char *limit, const cJSON *node)
{
	size_t len = json_key_len(node);

	if (!has_room(p, limit, len))
		return NULL;
	*p++ = '"';
	p = put_bytes(p, node->string, len);
	p[0] = '"';
	p[1] = ':';
	return p + 2;
}

/* A text whose n bytes fit in front of `quick` is written eight bytes at a time, and may go beyond
 * `limit`. `quick` is `limit`; or the buffer's beginning, where there is no room beyond. */
static inline char *put_string(char *p, const char *limit, const char *quick, const cJSON *node)
{
	size_t n = (size_t)node->valueint;

	*p++ = '"';
	if (has_room(p, quick, n))
		p = put_text(p, limit, node->valuestring, n);
	else if (has_room(p, limit, n))
		p = put_text_within(p, limit, node->valuestring, n);
	else
		return NULL; /* no text becomes shorter */
	if (!p)
		return NULL;
	p[0] = '"';
	p[1] = ',';
	return p + 2;
}

/* Neither a string nor a container with children. */
static char *put_other(char *p, const char *limit, const cJSON *node)
{
	size_t n = (size_t)node->valueint;

	switch (node->type & 0xff) {
	case cJSON_Raw:
		if (!has_room(p, limit, n))
			return NULL;
		p = put_bytes(p, node->valuestring, n);
		break;
	case cJSON_Object:
		p = copy_bytes(p, "{}", 2);
		break;
	case cJSON_Array:
		p = copy_bytes(p, "[]", 2);
		break;
	case cJSON_True:
		p = copy_bytes(p, "true", 4);
		break;
	case cJSON_False:
		p = copy_bytes(p, "false", 5);
		break;
	default: /* cJSON_NULL; nobody makes other types */
		p = copy_bytes(p, "null", 4);
	}
	*p = ',';
	return p + 1;
}

/*
 * Each value is followed by a comma, and the end of a container overwrites the last one. What
 * is put between two comparisons with `limit` is at most LIMIT_DOCUMENT_DEPTH brackets, the
 * punctuation of one member and the rest of a word: JSON_SLACK has room for them.
 */
size_t json_write_within(const cJSON *root, char *buf, size_t size, size_t most)
{
	const cJSON *open[LIMIT_DOCUMENT_DEPTH]; /* the containers around `node` */
	const cJSON *node = root;
	unsigned depth = 0;
	const char *limit, *quick;
	char *p = buf;

	if (size < JSON_SLACK)
		return 0;
	size -= JSON_SLACK;
	most = most < size ? most : size;
	limit = buf + most;
	/* put_any_text() may write `most` bytes behind the limit. */
	quick = size - most >= most ? limit : buf;
	for (;;) {
		if (node->child) {
			if (depth == LIMIT_DOCUMENT_DEPTH || p > limit)
				return 0;
			*p++ = node->type & cJSON_Object ? '{' : '[';
			open[depth++] = node;
			node = node->child;
		} else {
			p = node->type & cJSON_String ? put_string(p, limit, quick, node)
						      : put_other(p, limit, node);
			if (!p)
				return 0;
			while (depth && !node->next) {
				node = open[--depth];
				p[-1] = node->type & cJSON_Object ? '}' : ']';
				*p++ = ',';
			}
			if (p > limit + 1)
				return 0;
			if (!depth)
				return (size_t)(p - 1 - buf);
			node = node->next;
		}
		if (node->string) {
			p = put_key(p, limit, node);
			if (!p)
				return 0;
		}
	}
}

__attribute__((cold)) size_t json_cut(const char *escaped, size_t most)
{
	size_t at = most, first;

	while (at > 0 && (escaped[at] & 0xc0) == 0x80)
		at--; /* to where the character begins */
	most = at;
	while (at > 0 && most - at < EXPANSION - 1 && escaped[at - 1] != '\\')
		at--;
	first = at;
	while (first >= 8 && word_load(escaped + first - 8) == WORD_ONES * '\\')
		first -= 8; /* there may be thousands */
	while (first > 0 && escaped[first - 1] == '\\')
		first--;
	/* In a row of backslashes each second one is escaped: an odd number begins an escape. */
	if ((at - first) % 2 && at - 1 + (escaped[at] == 'u' ? EXPANSION : 2) > most)
		return at - 1;
	return most;
}

__attribute__((cold)) size_t json_escape(char *to, const char *text, size_t len, size_t most)
{
	/* With four bytes more it is longer than `most` in any case; and two quotes. */
	const size_t room = most + 4 + 2;
	const cJSON node = {.type = cJSON_String,
		.valuestring = (char *)text,
		.valueint = (int)(len < most + 4 ? len : most + 4)};
	const size_t written = json_write_within(&node, to - 1, 2 * room + JSON_SLACK, room);

	return written > 0 ? written - 2 : most + 1;
}

cJSON *json_number(struct arena *a, int64_t value)
{
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	char digits[24];
	size_t i = sizeof(digits);
	char *text;

	do {
		digits[--i] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest);
	if (value < 0)
		digits[--i] = '-';
	text = arena_take(a, sizeof(digits) - i);
	if (!text)
		return NULL;
	memcpy(text, digits + i, sizeof(digits) - i);
	return json_raw(a, (struct span){text, (uint32_t)(sizeof(digits) - i)});
}

cJSON *json_get(const cJSON *object, const char *key)
{
	cJSON *child = object ? object->child : NULL;

	while (child && !(child->string && strcmp(child->string, key) == 0))
		child = child->next;
	return child;
}

void json_detach(cJSON *parent, cJSON *child)
{
	/* The first child's `prev` is the last one, so this serves the first and the last too. */
	if (child->next)
		child->next->prev = child->prev;
	else
		parent->child->prev = child->prev;
	if (child == parent->child)
		parent->child = child->next;
	else
		child->prev->next = child->next;
	child->next = child->prev = NULL;
}
