#include "decode.h"

#include <sys/socket.h>

#include "sockaddr_text.h"
#include "word.h"

/* The value of a hex digit, with bit 5 set, and bit 4 if it is no lower-case letter: one table for
 * the strict decoder and the lenient one. 0 for other characters. */
/* clang-format off */
static const uint8_t hex_digit[256] = {
	['0'] = 0x30, ['1'] = 0x31, ['2'] = 0x32, ['3'] = 0x33, ['4'] = 0x34,
	['5'] = 0x35, ['6'] = 0x36, ['7'] = 0x37, ['8'] = 0x38, ['9'] = 0x39,
	['A'] = 0x3a, ['B'] = 0x3b, ['C'] = 0x3c, ['D'] = 0x3d, ['E'] = 0x3e, ['F'] = 0x3f,
	['a'] = 0x2a, ['b'] = 0x2b, ['c'] = 0x2c, ['d'] = 0x2d, ['e'] = 0x2e, ['f'] = 0x2f,
};
/* clang-format on */
#define IS_HEX	 0x20
#define IS_UPPER 0x10
#define DIGIT(d) ((d)&0x0f)

/*
 * Eight digits as four bytes, the lowest first. Minus 0x30 a digit is 0 to 9, and an upper-case
 * letter 0x11 to 0x16: bit 4 tells them apart. A letter minus 7 more is 10 to 15. Any other
 * character sets a bit of *bad: its byte is above 0x1f, its value is above 15, or its value does
 * not fit bit 4.
 */
static inline uint32_t eight_digits(uint64_t w, uint64_t *bad)
{
	const uint64_t bit4 = WORD_ONES * 0x10;
	uint64_t u = w - WORD_ONES * 0x30;
	uint64_t letter = u & bit4;
	uint64_t v = u - (letter >> 1) + (letter >> 4);

	*bad |= (u & WORD_ONES * 0xe0) | ((((v + WORD_ONES * 6) ^ letter) | v) & bit4);
	v = (v << 4 | v >> 8) & 0x00ff00ff00ff00ffull;
	v = (v | v >> 8) & 0x0000ffff0000ffffull;
	return (uint32_t)(v | v >> 16);
}

/* The bytes that `n` digits stand for, or false. */
static bool decode_digits(char *out, const char *digits, uint32_t n)
{
	const unsigned char *in;
	uint64_t bad = 0;

	for (; n >= 8; n -= 8, digits += 8, out += 4) {
		uint32_t bytes = eight_digits(word_load(digits), &bad);

		word_store4(out, bytes);
	}
	in = (const unsigned char *)digits;
	for (; n > 0; n -= 2, in += 2) {
		uint8_t high = hex_digit[in[0]], low = hex_digit[in[1]];

		bad |= (high & low & IS_UPPER) == 0;
		*out++ = (char)(DIGIT(high) << 4 | DIGIT(low));
	}
	return !bad;
}

struct span decode_hex(struct arena *a, struct span text)
{
	const unsigned char *in = (const unsigned char *)text.at;
	char *out;

	if (text.len % 2 != 0 || text.len == 0)
		return SPAN_NONE;
	/* Most names and paths do not begin with two hex digits: check before taking memory. */
	if (!(hex_digit[in[0]] & hex_digit[in[1]] & IS_UPPER))
		return SPAN_NONE;
	out = arena_take(a, text.len / 2);
	if (!out)
		return SPAN_NONE;
	if (!decode_digits(out, text.at, text.len)) {
		a->used = (size_t)(out - a->base); /* give the piece back */
		return SPAN_NONE;
	}
	return (struct span){out, text.len / 2};
}

struct span decode_until_nul(struct span bytes)
{
	if (bytes.len == 0)
		return bytes; /* its place may be NULL */
	bytes.len = (uint32_t)(word_find_below(bytes.at, bytes.at + bytes.len, 1) - bytes.at);
	return bytes;
}

void decode_nul_to_space(struct span bytes)
{
	const uint64_t low = WORD_ONES * 0x7f;
	char *at = (char *)bytes.at, *end = at + bytes.len;

	/* The top bit of each byte that is 0, moved to the place of the one bit of a blank. */
	for (; end - at >= 8; at += 8) {
		uint64_t w = word_load(at);

		word_store(at, w | (~(((w & low) + low) | w | low)) >> 2);
	}
	for (; at < end; at++)
		if (*at == '\0')
			*at = ' ';
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

bool decode_register_int(struct span text, int32_t *value)
{
	int64_t number;

	if (text.len > 8)
		text = (struct span){text.at + text.len - 8, 8};
	if (!decode_hex_number(text, &number))
		return false;
	*value = (int32_t)number;
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

static char *put_uint(char *at, uint64_t value)
{
	char digits[20];
	uint32_t len = 0;

	do {
		digits[sizeof(digits) - ++len] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	memcpy(at, digits + sizeof(digits) - len, len);
	return at + len;
}

struct span decode_print_uint(struct arena *a, uint64_t value)
{
	char digits[20];
	uint32_t len = (uint32_t)(put_uint(digits, value) - digits);
	char *out = arena_take(a, len);

	if (!out)
		return SPAN_NONE;
	memcpy(out, digits, len);
	return (struct span){out, len};
}

/* ---- sockaddr -------------------------------------------------------------------------- */

/* Decode the hex digits, of either case, with which the text begins: in a log the enriched part may
 * follow without a separator. Returns the number of bytes. */
static uint32_t leading_bytes(struct span text, uint8_t bytes[SOCKADDR_BYTES_MAX])
{
	uint32_t count = 0;

	for (; count < SOCKADDR_BYTES_MAX && 2 * count + 1 < text.len; count++) {
		uint8_t high = hex_digit[(unsigned char)text.at[2 * count]];
		uint8_t low = hex_digit[(unsigned char)text.at[2 * count + 1]];

		if (!(high & low & IS_HEX))
			break;
		bytes[count] = (uint8_t)(DIGIT(high) << 4 | DIGIT(low));
	}
	return count;
}

static uint32_t big_endian_at(const uint8_t *bytes, int size)
{
	uint32_t value = 0;

	while (size-- > 0)
		value = value << 8 | *bytes++;
	return value;
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

/* RFC 5952; a v4-mapped address is printed as IPv4, as Auditbeat does. */
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

static const char *decode_ipv4(
	struct arena *a, const uint8_t *bytes, uint32_t len, struct decoded_sockaddr *out)
{
	char *text;

	if (len < 8)
		return "is too short for an IPv4 address, or no hex";
	out->family = SPAN("ipv4");
	text = arena_take(a, sizeof("255.255.255.255"));
	if (text)
		out->addr = (struct span){text, (uint32_t)(put_ipv4(text, bytes + 4) - text)};
	out->port = decode_print_uint(a, big_endian_at(bytes + 2, 2));
	return NULL;
}

/* Addresses that have a scope: link-local ones, and multicast within the machine or the link
 * (__ipv6_addr_needs_scope_id(), include/net/ipv6.h). */
static bool has_scope(const uint8_t bytes[16])
{
	unsigned multicast = bytes[1] & 0x0f;

	return (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) ||
	       (bytes[0] == 0xff && (multicast == 1 || multicast == 2));
}

static const char *decode_ipv6(struct arena *a, const uint8_t *bytes, uint32_t len, bool big_endian,
	struct decoded_sockaddr *out)
{
	uint32_t flow, scope = 0;
	char *text, *end;

	if (len < 24)
		return "is too short for an IPv6 address, or no hex";
	flow = big_endian_at(bytes + 4, 4);
	if (len >= 28) /* a structure of before RFC 2553 has no scope */
		scope = big_endian_at(bytes + 24, 4);
	if (!big_endian)
		scope = __builtin_bswap32(scope);
	text = arena_take(a, sizeof("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295"));
	if (text) {
		end = put_ipv6(text, bytes + 8);
		out->addr = (struct span){text, (uint32_t)(end - text)};
		if (scope > 0 && has_scope(bytes + 8)) {
			*end++ = '%';
			out->text = (struct span){text, (uint32_t)(put_uint(end, scope) - text)};
		}
	}
	if (flow > INT32_MAX) {
		*out = (struct decoded_sockaddr){.text = out->text.at ? out->text : out->addr};
		return "has IPv6 flow information that is out of range";
	}
	out->family = SPAN("ipv6");
	out->port = decode_print_uint(a, big_endian_at(bytes + 2, 2));
	if (flow > 0)
		out->flow = decode_print_uint(a, flow);
	return NULL;
}

/* A name that begins with NUL is no path but "abstract" (unix(7)): a NUL does not end it, and is
 * shown as @, as in /proc/net/unix. A path ends at a NUL. */
static struct span unix_name(struct arena *a, const uint8_t *bytes, uint32_t len)
{
	char *text;

	if (len > 0 && bytes[0])
		len = decode_until_nul((struct span){(const char *)bytes, len}).len;
	while (len > 0 && bytes[len - 1] == 0)
		len--;
	text = len > 0 ? arena_take(a, len) : NULL;
	if (!text)
		return SPAN_NONE;
	for (uint32_t i = 0; i < len; i++)
		text[i] = bytes[i] ? (char)bytes[i] : '@';
	return (struct span){text, len};
}

static const char *decode_unix(struct arena *a, struct span hex, const uint8_t *bytes, uint32_t len,
	struct decoded_sockaddr *out)
{
	struct span path = SPAN("");

	/* An abstract name begins with NUL and an unnamed socket has none: both are "". */
	if (hex.len > 4)
		path = decode_until_nul(decode_hex(a, (struct span){hex.at + 4, hex.len - 4}));
	if (path.len == 0)
		out->text = unix_name(a, bytes + 2, len - 2);
	if (!path.at)
		return "has a unix socket path that is no hex";
	out->path = path;
	out->family = SPAN("unix");
	return NULL;
}

static void decode_other(struct arena *a, struct span hex, const uint8_t *bytes, uint32_t len,
	unsigned family, bool big_endian, struct decoded_sockaddr *out)
{
	out->family = family == AF_NETLINK ? SPAN("netlink") : decode_print_uint(a, family);
	out->saddr = hex;
	if (family == AF_UNSPEC) /* connect(2) with it ends a connection */
		return;
	out->text = sockaddr_text(a, bytes, len, family, big_endian);
	if (!out->text.at)
		out->text = hex;
}

__attribute__((cold)) const char *decode_sockaddr(
	struct arena *a, struct span hex, bool big_endian, struct decoded_sockaddr *out)
{
	const char *wrong = NULL;
	uint8_t bytes[SOCKADDR_BYTES_MAX];
	uint32_t len = leading_bytes(hex, bytes);
	unsigned family = AF_UNSPEC;

	memset(out, 0, sizeof(*out));
	if (len >= 2)
		family = big_endian ? bytes[0] << 8 | bytes[1] : bytes[1] << 8 | bytes[0];
	if (len < 2)
		wrong = "is no hex, or too short for a family";
	else if (family == AF_UNIX)
		wrong = decode_unix(a, hex, bytes, len, out);
	else if (family == AF_INET)
		wrong = decode_ipv4(a, bytes, len, out);
	else if (family == AF_INET6)
		wrong = decode_ipv6(a, bytes, len, big_endian, out);
	else
		decode_other(a, hex, bytes, len, family, big_endian, out);
	if (wrong && !out->text.at)
		out->text = hex;
	return wrong;
}
