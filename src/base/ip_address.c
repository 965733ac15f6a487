#include "ip_address.h"

#include <stdbool.h>
#include <string.h>

static unsigned digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	c |= 0x20; /* a small letter */
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

/* Read a number of at most `most` digits and move *at behind it. -1: no digit, or more of them. */
static int number(const char **at, const char *end, unsigned base, int most)
{
	int value = 0, digits = 0;

	while (*at < end && digit_of(**at) < base && digits++ < most)
		value = value * (int)base + (int)digit_of(*(*at)++);
	return digits > 0 && digits <= most ? value : -1;
}

static bool parse_ip4(const char *at, const char *end, uint8_t *bytes)
{
	for (unsigned i = 0; i < IP4_BYTES; i++) {
		const char *first;
		int value;

		if (i > 0 && (at == end || *at++ != '.'))
			return false;
		first = at;
		value = number(&at, end, 10, 3);
		if (value < 0 || value > 255 || (*first == '0' && at > first + 1))
			return false;
		bytes[i] = (uint8_t)value;
	}
	return at == end;
}

static bool parse_ip6(const char *at, const char *end, uint8_t *bytes)
{
	unsigned used = 0, gap = IP6_BYTES; /* where "::" stands; IP6_BYTES: nowhere */

	if (end - at >= 2 && at[0] == ':' && at[1] == ':') {
		gap = 0;
		at += 2;
	}
	while (at < end) {
		const char *group = at;
		int value = number(&at, end, 16, 4);

		if (value < 0 || used == IP6_BYTES)
			return false;
		if (at < end && *at == '.') {
			if (used > IP6_BYTES - IP4_BYTES || !parse_ip4(group, end, bytes + used))
				return false;
			used += IP4_BYTES;
			break;
		}
		bytes[used++] = (uint8_t)(value >> 8);
		bytes[used++] = (uint8_t)value;
		if (at == end)
			break;
		if (*at++ != ':' || at == end)
			return false;
		if (*at == ':') {
			if (gap < IP6_BYTES || used == IP6_BYTES)
				return false;
			gap = used;
			at++;
		}
	}
	if (gap == IP6_BYTES || used == IP6_BYTES)
		return gap == IP6_BYTES && used == IP6_BYTES;
	memmove(bytes + IP6_BYTES - (used - gap), bytes + gap, used - gap);
	memset(bytes + gap, 0, IP6_BYTES - used);
	return true;
}

unsigned ip_address(struct span text, uint8_t bytes[IP6_BYTES])
{
	const char *end = text.at + text.len;

	if (parse_ip4(text.at, end, bytes))
		return IP4_BYTES;
	return parse_ip6(text.at, end, bytes) ? IP6_BYTES : 0;
}
