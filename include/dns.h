/*
 * dns.h - writes DNS queries for the addresses of a name, and reads the answers.
 *
 * RFC 1035 section 4 without truncation, transfers or caches. Addresses are IPv6; an IPv4 address
 * is mapped (RFC 4291 section 2.5.5.2). Pure functions over bytes: nothing is sent here.
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
	uint32_t ttl_s; /* the smallest of theirs */
};

enum dns_result {
	DNS_FOUND,
	DNS_NOTHING, /* the name has no address of this kind */
	DNS_NO_NAME, /* the name does not exist */
	DNS_FAILED,  /* the server failed: ask another */
	DNS_REFUSES, /* the server refused: ask another */
	DNS_FOREIGN, /* not the answer to this question: keep waiting */
};

/* Letters, digits, '-', '_' and dots, labels of 1 to 63 bytes that neither begin nor end with '-',
 * 253 in all (RFC 1123 section 2.1, and the underscore, which is in use); a last dot is allowed. An
 * IPv4 address is no name. */
bool dns_is_name(const char *name);

/* Write the question for a name that dns_is_name(); `to` has DNS_QUERY_BYTES. Its length. */
size_t dns_query(uint8_t *to, uint16_t id, const char *name, uint16_t type);

/* Add the addresses of the answer to `query`; those that do not fit in `found` are left out. */
enum dns_result dns_answer(const uint8_t *query, size_t query_len, const uint8_t *answer,
	size_t len, struct dns_addresses *found);

void dns_add(struct dns_addresses *found, const struct in6_addr *address);

/* The IPv4 address as an IPv6 one. */
struct in6_addr dns_mapped(const void *ip4);

#endif
