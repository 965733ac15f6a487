#include "rules_build.h"

#include <stdarg.h>
#include <string.h>
#include "text.h"

__attribute__((format(printf, 2, 0))) static void message(char *buf, const char *format, va_list ap)
{
	struct text t;

	text_init(&t, buf, LIMIT_RULE_MESSAGE_BYTES);
	text_vformat(&t, format, ap);
	for (char *p = buf; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
}

bool rules_mistake(struct rules_build *b, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	message(b->line->mistake, format, ap);
	va_end(ap);
	return false;
}

static void add(char *buf, const char *more, size_t len)
{
	size_t used = strlen(buf);

	if (len < LIMIT_RULE_MESSAGE_BYTES - used) {
		memcpy(buf + used, more, len);
		buf[used + len] = '\0';
	}
}

bool rules_mistake_near(
	struct rules_build *b, const struct nearest *n, const char *right, const char *format, ...)
{
	char *buf = b->line->mistake;
	va_list ap;

	va_start(ap, format);
	message(buf, format, ap);
	va_end(ap);
	add(buf, "; ", 2);
	if (!n->best) {
		add(buf, right, strlen(right));
		return false;
	}
	add(buf, "did you mean ", 13);
	add(buf, n->best, n->best_len);
	add(buf, "?", 1);
	return false;
}

void rules_warning(struct rules_build *b, const char *format, ...)
{
	va_list ap;

	if (b->line->warning[0])
		return;
	va_start(ap, format);
	message(b->line->warning, format, ap);
	va_end(ap);
}

/* Characters that editors, mail programs and web pages put in place of plain ones. */
static const char *odd_character(struct span line)
{
	static const struct {
		const char *from, *to; /* in UTF-8 */
		const char *what;
	} odd[] = {
		{"\xc2\xa0", "\xc2\xa0", "a no-break space; write a blank"},
		{"\xe2\x80\x90", "\xe2\x80\x95", "a typographic dash; write -"},
		{"\xe2\x80\x98", "\xe2\x80\x9f", "typographic quotes; write \" or '"},
		{"\xe2\x88\x92", "\xe2\x88\x92", "a minus sign that is no -; write -"},
		{"\xef\xbb\xbf", "\xef\xbb\xbf",
			"a byte order mark; save the file as UTF-8 without one"},
	};

	for (uint32_t at = 0; at < line.len; at++) {
		if ((unsigned char)line.at[at] < 0x80)
			continue;
		for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
			size_t len = strlen(odd[i].from);

			if (len <= line.len - at && memcmp(line.at + at, odd[i].from, len) >= 0 &&
				memcmp(line.at + at, odd[i].to, len) <= 0)
				return odd[i].what;
		}
	}
	return NULL;
}

void rules_mistake_odd(struct rules_build *b, struct span line)
{
	static const char has[] = "; the line has ";
	const char *what = odd_character(line);

	if (what && b->line->kind == RULES_MISTAKE) {
		add(b->line->mistake, has, strlen(has));
		add(b->line->mistake, what, strlen(what));
	} else if (what) {
		rules_warning(b, "the line has %s", what);
	}
}
