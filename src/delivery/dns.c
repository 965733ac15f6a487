#include "dns.h"

#include <string.h>

#define HEADER_BYTES 12u
#define CLASS_IN     1u
#define LABEL_MAX    63u
#define POINTER	     0xc0u /* RFC 1035 section 4.1.4 */

/* RFC 1035 section 4.1.1, the third and fourth byte. */
#define RESPONSE	  0x80u
#define OPCODE		  0x78u
#define RECURSION_DESIRED 0x01u
#define RCODE		  0x0fu
#define NAME_ERROR	  3u
#define REFUSED		  5u

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* ---- names and addresses ------------------------------------------------------------------ */

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool dns_is_name(const char *name)
{
	bool letter = false; /* in the last label: 192.0.2.1 and 1.2 are no names */
	size_t i, label = 0;

	for (i = 0; name[i]; i++) {
		char c = name[i];

		if (c == '.') {
			if (label == 0 || name[i - 1] == '-')
				return false;
			label = 0;
			letter = letter && !name[i + 1];
			continue;
		}
		if (!is_letter(c) && !(c >= '0' && c <= '9') && (c != '-' || label == 0))
			return false;
		letter |= is_letter(c);
		if (++label > LABEL_MAX)
			return false;
	}
	return letter && name[i - 1] != '-' && i <= LIMIT_HOST_NAME_BYTES;
}

struct in6_addr dns_mapped(const void *ip4)
{
	struct in6_addr mapped = {.s6_addr = {[10] = 0xff, [11] = 0xff}};

	memcpy(mapped.s6_addr + 12, ip4, 4);
	return mapped;
}

void dns_add(struct dns_addresses *found, const struct in6_addr *address)
{
	if (found->count < LIMIT_RESOLVED_ADDRESSES)
		found->at[found->count++] = *address;
}

/* ---- the question ------------------------------------------------------------------------- */

size_t dns_query(uint8_t *to, uint16_t id, const char *name, uint16_t type)
{
	uint8_t *at = to + HEADER_BYTES;

	memset(to, 0, HEADER_BYTES);
	put16(to, id);
	to[2] = RECURSION_DESIRED;
	put16(to + 4, 1); /* questions */
	while (*name) {
		uint8_t *len = at++;

		while (*name && *name != '.')
			*at++ = (uint8_t)*name++;
		*len = (uint8_t)(at - len - 1);
		name += *name == '.';
	}
	*at++ = 0;
	put16(at, type);
	put16(at + 2, CLASS_IN);
	return (size_t)(at + 4 - to);
}

/* ---- the answer --------------------------------------------------------------------------- */

/* The position after the name at `at`; `len` if the name does not end. */
static size_t skip_name(const uint8_t *answer, size_t len, size_t at)
{
	while (at < len) {
		if (answer[at] >= POINTER)
			return at + 2 < len ? at + 2 : len;
		if (answer[at] == 0)
			return at + 1;
		at += 1u + answer[at];
	}
	return len;
}

/* One record of the answer section. Its owner need not be checked: after a CNAME the addresses of
 * its target follow. Returns the position after the record; `len` ends the walk. */
static size_t take_record(
	const uint8_t *answer, size_t len, size_t at, uint16_t wanted, struct dns_addresses *found)
{
	uint32_t ttl_s;
	uint16_t size;

	at = skip_name(answer, len, at);
	if (len - at < 10)
		return len;
	ttl_s = (uint32_t)get16(answer + at + 4) << 16 | get16(answer + at + 6);
	size = get16(answer + at + 8);
	if (size > len - at - 10)
		return len;
	if (get16(answer + at) == wanted && get16(answer + at + 2) == CLASS_IN &&
		size == (wanted == DNS_A ? 4 : 16)) {
		struct in6_addr address;

		if (wanted == DNS_A)
			address = dns_mapped(answer + at + 10);
		else
			memcpy(&address, answer + at + 10, sizeof(address));
		if (found->count == 0 || ttl_s < found->ttl_s)
			found->ttl_s = ttl_s;
		dns_add(found, &address);
	}
	return at + 10 + size;
}

enum dns_result dns_answer(const uint8_t *query, size_t query_len, const uint8_t *answer,
	size_t len, struct dns_addresses *found)
{
	const uint16_t wanted = get16(query + query_len - 4);
	const unsigned before = found->count;
	size_t at = query_len;
	unsigned records, rcode;

	/* The id, and the question once more. */
	if (len < query_len || memcmp(answer, query, 2) != 0 || !(answer[2] & RESPONSE) ||
		(answer[2] & OPCODE) != 0 || get16(answer + 4) != 1 ||
		memcmp(answer + HEADER_BYTES, query + HEADER_BYTES, query_len - HEADER_BYTES) != 0)
		return DNS_FOREIGN;
	rcode = answer[3] & RCODE;
	if (rcode == NAME_ERROR)
		return DNS_NO_NAME;
	if (rcode != 0)
		return rcode == REFUSED ? DNS_REFUSES : DNS_FAILED;
	for (records = get16(answer + 6); records > 0 && at < len; records--)
		at = take_record(answer, len, at, wanted, found);
	return found->count > before ? DNS_FOUND : DNS_NOTHING;
}
