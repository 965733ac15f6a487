/*
 * dns.h - the two messages of the DNS that a name's address takes: a question, and its answer.
 *
 * RFC 1035 section 4 without truncation, transfers or caches; addresses are IPv6 ones, an IPv4
 * address mapped (RFC 4291 section 2.5.5.2). Pure functions over bytes: nothing is sent here.
 */
#ifndef ECSAUDIT_DNS_H
#define ECSAUDIT_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>
#include "limits.h"

#define DNS_A	 1u  /* RFC 1035 section 3.2.2 */
#define DNS_AAAA 28u /* RFC 3596 section 2.1 */

/* A header, a name as labels, type and class. */
#define DNS_QUERY_BYTES (12u + LIMIT_HOST_NAME_BYTES + 2u + 4u)
/* RFC 1035 section 4.2.1: an answer over UDP without extensions. */
#define DNS_ANSWER_BYTES 512u

struct dns_addresses {
	struct in6_addr at[LIMIT_RESOLVED_ADDRESSES];
	unsigned count;
	uint32_t ttl_s; /* the least of them */
};

enum dns_result {
	DNS_FOUND,
	DNS_NOTHING, /* the name has no address of this kind */
	DNS_NO_NAME, /* the name does not exist */
	DNS_FAILED,  /* the server could not say: ask another */
	DNS_REFUSES, /* it would not */
	DNS_FOREIGN, /* not the answer to this question: wait on */
};

/* Letters, digits, '-', '_' and dots, labels of 1 to 63 bytes that neither begin nor end with '-',
 * 253 in all (RFC 1123 section 2.1, and the underscore that is out there); a last dot is allowed.
 * An IPv4 address is none. */
bool dns_is_name(const char *name);

/* Write the question for a name that dns_is_name(); `to` has DNS_QUERY_BYTES. Its length. */
size_t dns_query(uint8_t *to, uint16_t id, const char *name, uint16_t type);

/* Add what the answer to `query` says; what does not fit in `found` is left out. */
enum dns_result dns_answer(const uint8_t *query, size_t query_len, const uint8_t *answer,
	size_t len, struct dns_addresses *found);

void dns_add(struct dns_addresses *found, const struct in6_addr *address);

/* The IPv4 address as an IPv6 one. */
struct in6_addr dns_mapped(const void *ip4);

#endif
