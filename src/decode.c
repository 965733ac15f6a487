#include "decode.h"

/* A hex digit by its character: bit 5 says that it is one, bit 4 that it is of lower case, so that
 * one look-up serves the strict decoder and the lenient one. 0 for others. */
#define LOWER 0x10
/* clang-format off */
static const uint8_t hex_digit[256] = {
	['0'] = 0x20, ['1'] = 0x21, ['2'] = 0x22, ['3'] = 0x23, ['4'] = 0x24,
	['5'] = 0x25, ['6'] = 0x26, ['7'] = 0x27, ['8'] = 0x28, ['9'] = 0x29,
	['A'] = 0x2a, ['B'] = 0x2b, ['C'] = 0x2c, ['D'] = 0x2d, ['E'] = 0x2e, ['F'] = 0x2f,
	['a'] = 0x3a, ['b'] = 0x3b, ['c'] = 0x3c, ['d'] = 0x3d, ['e'] = 0x3e, ['f'] = 0x3f,
};
/* clang-format on */
#define IS_HEX	    0x20
#define IS_UPPER(d) (((d) & (IS_HEX | LOWER)) == IS_HEX)
#define DIGIT(d)    ((d)&0x0f)

struct span decode_hex(struct arena *a, struct span text)
{
	const unsigned char *in = (const unsigned char *)text.at;
	char *out;

	if (text.len % 2 != 0 || text.len == 0)
		return SPAN_NONE;
	/* A name or a path betrays itself in the first characters; look before taking memory. */
	if (!IS_UPPER(hex_digit[in[0]]) || !IS_UPPER(hex_digit[in[1]]))
		return SPAN_NONE;
	out = arena_take(a, text.len / 2);
	if (!out)
		return SPAN_NONE;
	for (uint32_t i = 0; i < text.len / 2; i++) {
		uint8_t high = hex_digit[in[2 * i]], low = hex_digit[in[2 * i + 1]];

		if (!IS_UPPER(high) || !IS_UPPER(low)) {
			a->used = (size_t)(out - a->base); /* give the piece back */
			return SPAN_NONE;
		}
		out[i] = (char)(DIGIT(high) << 4 | DIGIT(low));
	}
	return (struct span){out, text.len / 2};
}

struct span decode_until_nul(struct span bytes)
{
	const char *nul = bytes.len > 0 ? memchr(bytes.at, '\0', bytes.len) : NULL;

	if (nul)
		bytes.len = (uint32_t)(nul - bytes.at);
	return bytes;
}

void decode_nul_to_space(struct span bytes)
{
	char *at = (char *)bytes.at;

	for (uint32_t i = 0; i < bytes.len; i++)
		if (at[i] == '\0')
			at[i] = ' ';
}

bool decode_uint(struct span text, uint64_t *value)
{
	uint64_t n = 0;

	if (text.len == 0 || text.len > 20)
		return false;
	for (uint32_t i = 0; i < text.len; i++) {
		unsigned digit = (unsigned char)text.at[i] - '0';

		if (digit > 9 || n > (UINT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*value = n;
	return true;
}

/* Split off a sign. */
static struct span unsigned_part(struct span text, bool *negative)
{
	*negative = text.len > 0 && text.at[0] == '-';
	if (text.len > 0 && (text.at[0] == '-' || text.at[0] == '+'))
		return (struct span){text.at + 1, text.len - 1};
	return text;
}

bool decode_int(struct span text, int64_t *value)
{
	bool negative;
	uint64_t n;

	if (!decode_uint(unsigned_part(text, &negative), &n) || n > (uint64_t)INT64_MAX + negative)
		return false;
	*value = (int64_t)(negative ? 0 - n : n);
	return true;
}

bool decode_hex_number(struct span text, int64_t *value)
{
	bool negative;
	uint64_t n = 0;

	text = unsigned_part(text, &negative);
	if (text.len == 0)
		return false;
	for (uint32_t i = 0; i < text.len; i++) {
		uint8_t digit = hex_digit[(unsigned char)text.at[i]];

		if (!(digit & IS_HEX) || n >> 59)
			return false;
		n = n << 4 | DIGIT(digit);
	}
	*value = negative ? -(int64_t)n : (int64_t)n;
	return true;
}

bool decode_octal(struct span text, uint64_t *value)
{
	uint64_t n = 0;

	if (text.len == 0)
		return false;
	for (uint32_t i = 0; i < text.len; i++) {
		unsigned digit = (unsigned char)text.at[i] - '0';

		if (digit > 7 || n >> 61)
			return false;
		n = n << 3 | digit;
	}
	*value = n;
	return true;
}

struct span decode_print_uint(struct arena *a, uint64_t value)
{
	char digits[20];
	uint32_t len = 0;
	char *out;

	do {
		digits[sizeof(digits) - ++len] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	out = arena_take(a, len);
	if (!out)
		return SPAN_NONE;
	memcpy(out, digits + sizeof(digits) - len, len);
	return (struct span){out, len};
}

/* ---- sockaddr -------------------------------------------------------------------------- */

/* Digits are of either case here: the caller has checked that they are digits. */
static unsigned hex_byte(const char *at)
{
	return DIGIT(hex_digit[(unsigned char)at[0]]) << 4 | DIGIT(hex_digit[(unsigned char)at[1]]);
}

static bool is_hex(struct span text, uint32_t digits)
{
	if (text.len < digits)
		return false;
	for (uint32_t i = 0; i < digits; i++)
		if (!(hex_digit[(unsigned char)text.at[i]] & IS_HEX))
			return false;
	return true;
}

static char *put_decimal(char *at, unsigned value)
{
	if (value >= 100)
		*at++ = (char)('0' + value / 100);
	if (value >= 10)
		*at++ = (char)('0' + value / 10 % 10);
	*at++ = (char)('0' + value % 10);
	return at;
}

static char *put_ipv4(char *at, const uint8_t bytes[4])
{
	for (int i = 0; i < 4; i++) {
		if (i > 0)
			*at++ = '.';
		at = put_decimal(at, bytes[i]);
	}
	return at;
}

/* The longest run of at least two zero groups, the first of equals (RFC 5952 section 4.2). */
static void longest_zero_run(const uint16_t group[8], int *start, int *length)
{
	*start = -1;
	*length = 1;
	for (int i = 0; i < 8; i++) {
		int end = i;

		while (end < 8 && group[end] == 0)
			end++;
		if (end - i > *length) {
			*start = i;
			*length = end - i;
		}
		if (end > i)
			i = end - 1;
	}
}

static char *put_group(char *at, uint16_t value)
{
	static const char digits[] = "0123456789abcdef";
	int shift = 12;

	while (shift > 0 && value >> shift == 0)
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		*at++ = digits[value >> shift & 0xf];
	return at;
}

/* RFC 5952; a v4-mapped address is printed as IPv4, as the peer does. */
static char *put_ipv6(char *at, const uint8_t bytes[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	uint16_t group[8];
	int zero_start, zero_length;

	if (memcmp(bytes, mapped, sizeof(mapped)) == 0)
		return put_ipv4(at, bytes + 12);
	for (int i = 0; i < 8; i++)
		group[i] = (uint16_t)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
	longest_zero_run(group, &zero_start, &zero_length);
	for (int i = 0; i < 8; i++) {
		if (i == zero_start) {
			*at++ = ':';
			*at++ = ':';
			i += zero_length - 1;
			continue;
		}
		if (i > 0 && i != zero_start + zero_length)
			*at++ = ':';
		at = put_group(at, group[i]);
	}
	return at;
}

static struct span print_address(struct arena *a, const char *hex, int bytes)
{
	char *out = arena_take(a, 48); /* INET6_ADDRSTRLEN is 46 */
	uint8_t raw[16];
	char *end;

	if (!out)
		return SPAN_NONE;
	for (int i = 0; i < bytes; i++)
		raw[i] = (uint8_t)hex_byte(hex + 2 * i);
	end = bytes == 4 ? put_ipv4(out, raw) : put_ipv6(out, raw);
	return (struct span){out, (uint32_t)(end - out)};
}

static struct span print_port(struct arena *a, const char *hex)
{
	return decode_print_uint(a, hex_byte(hex) << 8 | hex_byte(hex + 2));
}

static const char *decode_ipv6(struct arena *a, struct span hex, struct decoded_sockaddr *out)
{
	uint32_t flow = 0;

	if (!is_hex(hex, 48))
		return "is too short for an IPv6 address, or no hex";
	for (int i = 0; i < 4; i++)
		flow = flow << 8 | hex_byte(hex.at + 8 + 2 * i);
	if (flow > INT32_MAX)
		return "has IPv6 flow information that is out of range";
	out->family = SPAN("ipv6");
	out->addr = print_address(a, hex.at + 16, 16);
	out->port = print_port(a, hex.at + 4);
	if (flow > 0)
		out->flow = decode_print_uint(a, flow);
	return NULL;
}

const char *decode_sockaddr(
	struct arena *a, struct span hex, bool big_endian, struct decoded_sockaddr *out)
{
	unsigned family, first, second;

	memset(out, 0, sizeof(*out));
	/* Only what is used must be hex: a log's enriched tail may be glued to it. */
	if (!is_hex(hex, 4))
		return "is no hex, or too short for a family";
	first = hex_byte(hex.at);
	second = hex_byte(hex.at + 2);
	family = big_endian ? first << 8 | second : second << 8 | first;
	switch (family) {
	case 1:
		/* An abstract name begins with NUL and an unnamed socket has none: both are "". */
		out->path = hex.len > 4 ? decode_until_nul(decode_hex(
						  a, (struct span){hex.at + 4, hex.len - 4}))
					: SPAN("");
		if (!out->path.at)
			return "has a unix socket path that is no hex";
		out->family = SPAN("unix");
		return NULL;
	case 2:
		if (!is_hex(hex, 16))
			return "is too short for an IPv4 address, or no hex";
		out->family = SPAN("ipv4");
		out->addr = print_address(a, hex.at + 8, 4);
		out->port = print_port(a, hex.at + 4);
		return NULL;
	case 10:
		return decode_ipv6(a, hex, out);
	case 16:
		out->family = SPAN("netlink");
		out->saddr = hex;
		return NULL;
	default:
		out->family = decode_print_uint(a, family);
		out->saddr = hex;
		return NULL;
	}
}
