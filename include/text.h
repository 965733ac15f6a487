/*
 * text.h - a text that is built piece by piece in the caller's buffer.
 *
 * Always terminated by NUL. What does not fit is left out and remembered in `full`; nothing
 * fails, the caller looks once at the end. For messages, help and the printed configuration;
 * documents have a writer of their own.
 */
#ifndef ECSAUDIT_TEXT_H
#define ECSAUDIT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *at;
	size_t size; /* at least 1 */
	size_t used; /* without the NUL */
	bool full;
};

void text_init(struct text *t, char *buf, size_t size);
void text_bytes(struct text *t, const char *bytes, size_t n);
void text_puts(struct text *t, const char *s);
void text_number(struct text *t, uint64_t n);

/* A JSON string with its quotes. The bytes must be valid UTF-8. */
void text_json(struct text *t, const char *bytes, size_t n);

/* For messages: control characters become '?', and beyond `most` bytes "..." follows; a
 * UTF-8 character is not cut in two. */
void text_shown(struct text *t, const char *bytes, size_t n, size_t most);

#endif
