#include "sockaddr_text.h"

#include <sys/socket.h>

/*
 * How an address of a family is written. After a '%' come a letter for the kind of a member, and a
 * byte with its offset. Numbers have the byte order of the machine, if nothing else is said.
 *   b h i      one, two, four bytes: decimal
 *   p          two bytes, decimal, in little-endian order
 *   x X N I    two, four, six bytes in hex as they stand; four bytes in hex, as a number
 *   m r        a MAC address; a Bluetooth address, which is stored backwards (bdaddr_t)
 *   s c        a text of at most 16 bytes; a call sign of AX.25
 */
struct form {
	uint8_t family;
	uint8_t least;	 /* bytes that there must be */
	uint8_t nonzero; /* one of the eight bytes from here on is not 0 */
	const char *text;
};

/* The first form that fits counts. The structures are those of include/uapi/linux/, or of the named
 * headers of include/net/. Addresses of other families have no usual notation. */
static const struct form forms[] = {
	{AF_AX25, 9, 2, "ax25:%c\2"},
	{AF_IPX, 14, 0, "ipx:%X\4:%N\10:%x\2"}, /* as /proc/net/ipx had them */
	{AF_X25, 3, 2, "x25:%s\2"},
	{AF_NETLINK, 12, 8, "netlink:%i\4:%I\10"}, /* to groups */
	{AF_NETLINK, 8, 0, "netlink:%i\4"},
	{AF_PACKET, 18, 12, "packet:%i\4:%x\2:%m\14"},
	{AF_PACKET, 8, 0, "packet:%i\4:%x\2"},
	{AF_CAN, 16, 8, "can:%i\4:%I\10:%I\14"},
	{AF_CAN, 8, 0, "can:%i\4"},
	/* net/bluetooth/{l2cap,rfcomm,sco,hci_sock}.h: nothing but the size tells which it is */
	{AF_BLUETOOTH, 12, 0, "l2cap:%r\4:%p\2:%p\12"},
	{AF_BLUETOOTH, 9, 0, "rfcomm:%r\2:%b\10"},
	{AF_BLUETOOTH, 8, 0, "sco:%r\2"},
	{AF_BLUETOOTH, 6, 0, "hci:%h\2:%h\4"},
	{AF_VSOCK, 12, 0, "vsock:%i\10:%i\4"},
	{AF_QIPCRTR, 12, 0, "qipcrtr:%i\4:%i\10"},
};

struct writer {
	const uint8_t *bytes;
	uint32_t len;
	bool big_endian;
	char *at;
};

/* The longest is packet's: 42 with all of its digits. */
#define TEXT_BYTES_MAX 64u

static uint32_t number_at(const struct writer *w, uint32_t from, uint32_t size, bool big_endian)
{
	uint32_t value = 0;

	for (uint32_t i = 0; i < size; i++)
		value = value << 8 | w->bytes[from + (big_endian ? i : size - 1 - i)];
	return value;
}

static void put_number(struct writer *w, uint32_t value)
{
	char digits[10];
	int n = 0;

	do
		digits[n++] = (char)('0' + value % 10);
	while (value /= 10);
	while (n > 0)
		*w->at++ = digits[--n];
}

static void put_hex(struct writer *w, uint32_t value, const char *digits)
{
	*w->at++ = digits[value >> 4 & 15];
	*w->at++ = digits[value & 15];
}

static void put_bytes(struct writer *w, uint32_t from, uint32_t count, const char *separator)
{
	for (uint32_t i = 0; i < count; i++) {
		if (i > 0 && *separator)
			*w->at++ = *separator;
		put_hex(w, w->bytes[from + i], "0123456789abcdef");
	}
}

static void put_bluetooth(struct writer *w, uint32_t from)
{
	for (uint32_t i = 6; i-- > 0;) {
		put_hex(w, w->bytes[from + i], "0123456789ABCDEF");
		if (i > 0)
			*w->at++ = ':';
	}
}

static void put_string(struct writer *w, uint32_t from)
{
	for (uint32_t i = from; i < w->len && i < from + 16 && w->bytes[i]; i++)
		*w->at++ = (char)w->bytes[i];
}

/* Six characters and a number below 16, each one bit to the left (AX.25 2.2, section 3.12). */
static void put_call_sign(struct writer *w, uint32_t from)
{
	for (uint32_t i = from; i < from + 6 && w->bytes[i] >> 1 != ' '; i++)
		*w->at++ = (char)(w->bytes[i] >> 1);
	*w->at++ = '-';
	put_number(w, w->bytes[from + 6] >> 1 & 15);
}

static void put_member(struct writer *w, char kind, uint32_t from)
{
	uint32_t value;

	switch (kind) {
	case 'b':
		put_number(w, w->bytes[from]);
		break;
	case 'h':
		put_number(w, number_at(w, from, 2, w->big_endian));
		break;
	case 'i':
		put_number(w, number_at(w, from, 4, w->big_endian));
		break;
	case 'p':
		put_number(w, number_at(w, from, 2, false));
		break;
	case 'x':
	case 'X':
	case 'N':
		put_bytes(w, from, kind == 'x' ? 2 : kind == 'X' ? 4 : 6, "");
		break;
	case 'I':
		value = number_at(w, from, 4, w->big_endian);
		for (int shift = 24; shift >= 0; shift -= 8)
			put_hex(w, value >> shift, "0123456789abcdef");
		break;
	case 'm':
		put_bytes(w, from, 6, ":");
		break;
	case 'r':
		put_bluetooth(w, from);
		break;
	case 's':
		put_string(w, from);
		break;
	case 'c':
		put_call_sign(w, from);
		break;
	}
}

static bool fits(const struct form *f, const uint8_t *bytes, uint32_t len, unsigned family)
{
	if (f->family != family || len < f->least)
		return false;
	for (uint32_t i = f->nonzero; i < len && i < f->nonzero + 8u; i++)
		if (bytes[i])
			return true;
	return false;
}

struct span sockaddr_text(
	struct arena *a, const uint8_t *bytes, uint32_t len, unsigned family, bool big_endian)
{
	struct writer w = {.bytes = bytes, .len = len, .big_endian = big_endian};
	const struct form *f = forms, *end = forms + sizeof(forms) / sizeof(forms[0]);
	char *text;

	while (f < end && !fits(f, bytes, len, family))
		f++;
	if (f == end)
		return SPAN_NONE;
	text = w.at = arena_take(a, TEXT_BYTES_MAX);
	if (!text)
		return SPAN_NONE;
	for (const char *at = f->text; *at; at++) {
		if (*at != '%') {
			*w.at++ = *at;
			continue;
		}
		put_member(&w, at[1], (uint32_t)at[2]);
		at += 2;
	}
	return (struct span){text, (uint32_t)(w.at - text)};
}
