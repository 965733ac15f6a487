/*
 * text.h - a text that is built piece by piece in the caller's buffer.
 *
 * Always terminated by NUL. What does not fit is left out and remembered in `full`; nothing
 * fails, the caller looks once at the end. For messages, help and the printed configuration;
 * documents have a writer of their own.
 */
#ifndef ECSAUDIT_TEXT_H
#define ECSAUDIT_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *at;
	size_t size; /* at least 1 */
	size_t used; /* without the NUL */
	bool full;
	bool one; /* the last number of text_vformat() was 1 */
};

void text_init(struct text *t, char *buf, size_t size);
void text_bytes(struct text *t, const char *bytes, size_t n);
void text_puts(struct text *t, const char *s);
void text_number(struct text *t, uint64_t n);

/* These conversions of printf(3): %s, %.Ns, %.*s; %u and %d without size, with l, ll and z; %%.
 * "(s)" becomes "s", or nothing if the last number was 1: "%u rule(s)" gives "1 rule". The C
 * library's printf(), with floating point and streams, is 12 KB. */
void text_vformat(struct text *t, const char *format, va_list ap)
	__attribute__((format(printf, 2, 0)));

/* The same into a buffer of its own; what does not fit is left out. Returns the length. */
size_t text_format(char *buf, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A JSON string with its quotes. The bytes must be valid UTF-8. */
void text_json(struct text *t, const char *bytes, size_t n);

/* For messages: control characters become '?', and beyond `most` bytes "..." follows; a
 * UTF-8 character is not cut in two. */
void text_shown(struct text *t, const char *bytes, size_t n, size_t most);

/* ---- reading ----------------------------------------------------------------------------- */

/* The number in base 10 or 16 that `text` begins with, behind blanks; *end is behind it, or is
 * `text` where there is none; `end` may be NULL. As strtoull(3), which with streams is 3 KB, but
 * no sign, no 0x, and too large ones wrap. */
uint64_t text_uint(const char *text, const char **end, unsigned base);

/* Where `what` first occurs in these bytes, or NULL. strstr(3) and memmem(3) are 1 KB each. */
const char *text_find(const char *bytes, size_t n, const char *what);

#endif
