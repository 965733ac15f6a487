#include "text.h"

#include <string.h>

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

static void json_escape(struct text *t, unsigned char ch)
{
	static const char hex[] = "0123456789abcdef";
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
