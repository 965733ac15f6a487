#include "text.h"

#include <string.h>

static const char hex[] = "0123456789abcdef";

void text_init(struct text *t, char *buf, size_t size)
{
	*t = (struct text){.at = buf, .size = size};
	buf[0] = '\0';
}

void text_bytes(struct text *t, const char *bytes, size_t n)
{
	size_t room = t->size - 1 - t->used;

	if (n > room) {
		n = room;
		t->full = true;
	}
	if (n > 0)
		memcpy(t->at + t->used, bytes, n);
	t->used += n;
	t->at[t->used] = '\0';
}

void text_puts(struct text *t, const char *s)
{
	text_bytes(t, s, strlen(s));
}

void text_number(struct text *t, uint64_t n)
{
	char digits[20];
	size_t i = sizeof(digits);

	do {
		digits[--i] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	text_bytes(t, digits + i, sizeof(digits) - i);
}

/* The precision, which may follow the %. */
static size_t precision(const char **format, va_list *ap)
{
	size_t most = 0;

	if (**format != '.')
		return SIZE_MAX;
	if (*++*format == '*') {
		++*format;
		return (size_t)va_arg(*ap, int);
	}
	for (; **format >= '0' && **format <= '9'; ++*format)
		most = most * 10 + (size_t)(**format - '0');
	return most;
}

/* size_t is as long as long is, wherever Linux runs. */
static long long number(unsigned longs, bool is_signed, va_list *ap)
{
	if (longs > 1)
		return va_arg(*ap, long long);
	if (longs == 1)
		return is_signed ? va_arg(*ap, long) : (long long)va_arg(*ap, unsigned long);
	return is_signed ? va_arg(*ap, int) : (long long)va_arg(*ap, unsigned);
}

static void convert(struct text *t, const char **format, va_list *ap)
{
	size_t most = precision(format, ap);
	unsigned longs = 0;
	const char *s;
	long long n;

	for (; **format == 'l' || **format == 'z'; ++*format)
		longs++;
	switch (*(*format)++) {
	case 's':
		s = va_arg(*ap, const char *);
		text_bytes(t, s, strnlen(s, most));
		break;
	case 'd':
		n = number(longs, true, ap);
		if (n < 0)
			text_puts(t, "-");
		t->one = n == 1;
		text_number(t, n < 0 ? -(uint64_t)n : (uint64_t)n);
		break;
	case 'u':
		n = number(longs, false, ap);
		t->one = n == 1;
		text_number(t, (uint64_t)n);
		break;
	default: /* %% */
		text_bytes(t, *format - 1, 1);
		break;
	}
}

void text_vformat(struct text *t, const char *format, va_list ap)
{
	va_list mine; /* a parameter may be an array, which has no address of its own */

	va_copy(mine, ap);
	for (;;) {
		size_t plain = strcspn(format, "%(");

		text_bytes(t, format, plain);
		format += plain;
		if (*format == '\0')
			break;
		if (strncmp(format, "(s)", 3) == 0) {
			text_bytes(t, "s", !t->one);
			format += 3;
		} else if (*format++ == '(') {
			text_bytes(t, "(", 1);
		} else {
			convert(t, &format, &mine);
		}
	}
	va_end(mine);
}

size_t text_format(char *buf, size_t size, const char *format, ...)
{
	struct text t;
	va_list ap;

	text_init(&t, buf, size);
	va_start(ap, format);
	text_vformat(&t, format, ap);
	va_end(ap);
	return t.used;
}

static void json_escape(struct text *t, unsigned char ch)
{
	static const char from[] = "\"\\\b\f\n\r\t";
	static const char to[] = "\"\\bfnrt";
	const char *at = strchr(from, ch);
	char escape[6] = {'\\', 'u', '0', '0', hex[ch >> 4], hex[ch & 15]};

	if (ch != '\0' && at != NULL) {
		escape[1] = to[at - from];
		text_bytes(t, escape, 2);
	} else {
		text_bytes(t, escape, 6);
	}
}

void text_json(struct text *t, const char *bytes, size_t n)
{
	size_t plain = 0;
	size_t i;

	text_puts(t, "\"");
	for (i = 0; i < n; i++) {
		unsigned char ch = (unsigned char)bytes[i];

		if (ch >= 0x20 && ch != '"' && ch != '\\')
			continue;
		text_bytes(t, bytes + plain, i - plain);
		json_escape(t, ch);
		plain = i + 1;
	}
	text_bytes(t, bytes + plain, n - plain);
	text_puts(t, "\"");
}

void text_shown(struct text *t, const char *bytes, size_t n, size_t most)
{
	bool cut = n > most;
	size_t i;

	if (cut) {
		n = most;
		while (n > 0 && ((unsigned char)bytes[n] & 0xc0) == 0x80)
			n--;
	}
	for (i = 0; i < n; i++) {
		unsigned char ch = (unsigned char)bytes[i];

		text_bytes(t, ch < 0x20 || ch == 0x7f ? "?" : bytes + i, 1);
	}
	if (cut)
		text_puts(t, "...");
}

uint64_t text_uint(const char *text, const char **end, unsigned base)
{
	const char *at = text + strspn(text, " \t\n");
	const char *digit, *behind = text;
	uint64_t n = 0;

	for (; (digit = memchr(hex, *at, base)) != NULL; behind = ++at)
		n = n * base + (uint64_t)(digit - hex);
	if (end)
		*end = behind;
	return n;
}

const char *text_find(const char *bytes, size_t n, const char *what)
{
	size_t len = strlen(what);

	for (; n >= len; bytes++, n--)
		if (memcmp(bytes, what, len) == 0)
			return bytes;
	return NULL;
}
