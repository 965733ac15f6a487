/* link: dns.o */
#include "dns.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void names(void **state)
{
	static const char *const good[] = {"collector", "collector.example.net", "a.b.c.",
		"x-1.example.net", "_syslog.example.net", "192.0.2.1.example.net", "3com.com"};
	static const char *const bad[] = {"", ".", "a..b", ".a", "192.0.2.1", "1.2", "::1",
		"fe80::1", "a b", "a/b", "a:1", "ü.example.net", "a%eth0"};
	char text[300];

	(void)state;
	for (unsigned i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_true(dns_is_name(good[i]));
	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(dns_is_name(bad[i]));
	memset(text, 'a', sizeof(text));
	text[63] = '\0';
	assert_true(dns_is_name(text));
	text[63] = 'a';
	text[64] = '\0';
	assert_false(dns_is_name(text));
	for (unsigned i = 0; i < 254; i++)
		text[i] = i % 2 ? '.' : 'a';
	text[253] = '\0'; /* "a.a. ... a": 253 bytes */
	assert_true(dns_is_name(text));
	text[253] = '.';
	text[254] = 'a';
	text[255] = '\0';
	assert_false(dns_is_name(text));
}

/* RFC 1035 section 4.1, byte by byte. */
static void question(void **state)
{
	static const uint8_t wanted[] = {
		0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 3, 'n', 'e', 't', 0, 0, 28, 0, 1};
	uint8_t query[DNS_QUERY_BYTES];

	(void)state;
	assert_int_equal(dns_query(query, 0x1234, "a.net", DNS_AAAA), sizeof(wanted));
	assert_memory_equal(query, wanted, sizeof(wanted));
	assert_int_equal(dns_query(query, 0x1234, "a.net.", DNS_AAAA), sizeof(wanted));
	assert_memory_equal(query, wanted, sizeof(wanted));
}

/* An answer to the question for a.net: records, each "type ttl address", "-": a CNAME. */
static uint8_t query[DNS_QUERY_BYTES], answer[DNS_ANSWER_BYTES];
static size_t query_len, answer_len;

static void ask(uint16_t type)
{
	query_len = dns_query(query, 7, "a.net", type);
	memcpy(answer, query, query_len);
	answer[2] |= 0x80;
	answer_len = query_len;
}

static void record(uint16_t type, uint32_t ttl_s, const void *data, uint16_t size)
{
	uint8_t *at = answer + answer_len;
	const uint8_t fixed[] = {0xc0, 12, (uint8_t)(type >> 8), (uint8_t)type, 0, 1,
		(uint8_t)(ttl_s >> 24), (uint8_t)(ttl_s >> 16), (uint8_t)(ttl_s >> 8),
		(uint8_t)ttl_s, (uint8_t)(size >> 8), (uint8_t)size};

	memcpy(at, fixed, sizeof(fixed));
	memcpy(at + sizeof(fixed), data, size);
	answer_len += sizeof(fixed) + size;
	answer[7]++;
}

static enum dns_result look(struct dns_addresses *found)
{
	return dns_answer(query, query_len, answer, answer_len, found);
}

static void assert_address(const struct in6_addr *address, const char *wanted)
{
	char text[INET6_ADDRSTRLEN];

	assert_string_equal(inet_ntop(AF_INET6, address, text, sizeof(text)), wanted);
}

static void found_addresses(void **state)
{
	struct dns_addresses found = {.count = 0};

	(void)state;
	ask(DNS_A);
	record(5, 10, "\1b\3net", 7);
	record(DNS_A, 300, "\300\0\2\1", 4);
	record(DNS_A, 60, "\300\0\2\2", 4);
	record(DNS_AAAA, 60, "0123456789abcdef", 16); /* not what was asked for */
	assert_int_equal(look(&found), DNS_FOUND);
	assert_int_equal(found.count, 2);
	assert_int_equal(found.ttl_s, 60);
	assert_address(&found.at[0], "::ffff:192.0.2.1");
	assert_address(&found.at[1], "::ffff:192.0.2.2");

	ask(DNS_AAAA);
	record(DNS_AAAA, 5, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\7", 16);
	found.count = 0;
	assert_int_equal(look(&found), DNS_FOUND);
	assert_address(&found.at[0], "2001:db8::7");
	assert_int_equal(found.ttl_s, 5);
}

static void more_than_fit(void **state)
{
	struct dns_addresses found = {.count = 0};

	(void)state;
	ask(DNS_A);
	for (unsigned i = 0; i < LIMIT_RESOLVED_ADDRESSES + 3; i++)
		record(DNS_A, 60, "\300\0\2\1", 4);
	assert_int_equal(look(&found), DNS_FOUND);
	assert_int_equal(found.count, LIMIT_RESOLVED_ADDRESSES);
}

static void other_answers(void **state)
{
	struct dns_addresses found = {.count = 0};

	(void)state;
	ask(DNS_A);
	assert_int_equal(look(&found), DNS_NOTHING);
	answer[3] = 3;
	assert_int_equal(look(&found), DNS_NO_NAME);
	answer[3] = 2;
	assert_int_equal(look(&found), DNS_FAILED);
	answer[3] = 5;
	assert_int_equal(look(&found), DNS_REFUSES);
	assert_int_equal(found.count, 0);
}

static void foreign(void **state)
{
	struct dns_addresses found = {.count = 0};

	(void)state;
	for (unsigned byte = 0; byte < query_len; byte++) {
		if (byte == 3 || (byte > 5 && byte < 12))
			continue;
		ask(DNS_A);
		record(DNS_A, 60, "\300\0\2\1", 4);
		answer[byte] ^= byte == 2 ? 0x80 : 1;
		assert_int_equal(look(&found), DNS_FOREIGN);
	}
	for (size_t len = 0; len < query_len; len++) {
		answer_len = len;
		assert_int_equal(look(&found), DNS_FOREIGN);
	}
}

/* Wherever it ends, and whatever lengths it claims. */
static void cut(void **state)
{
	struct dns_addresses found;

	(void)state;
	for (unsigned less = 1; less < 16; less++) {
		ask(DNS_A);
		record(DNS_A, 60, "\300\0\2\1", 4);
		answer_len -= less;
		found.count = 0;
		assert_int_equal(look(&found), DNS_NOTHING);
	}
	ask(DNS_A);
	record(DNS_A, 60, "\300\0\2\1", 4);
	answer[7] = 200; /* records that are not there */
	found.count = 0;
	assert_int_equal(look(&found), DNS_FOUND);
	assert_int_equal(found.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(question),
		cmocka_unit_test(found_addresses),
		cmocka_unit_test(more_than_fit),
		cmocka_unit_test(other_answers),
		cmocka_unit_test(foreign),
		cmocka_unit_test(cut),
	};

	return cmocka_run_group_tests_name("dns", tests, NULL, NULL);
}
