/* link: resolver.o dns.o fake_sys.o fake_files.o fake_sockets.o */
/*
 * A byte of how much a read gives at a time, /etc/hosts up to a zero byte, /etc/resolv.conf up to
 * the next, and what the servers answer: pieces behind their length, a zero first for one that is
 * the answer to the question that was asked. What is found in hosts must be what a second look at
 * the text finds; servers are asked in their turns and no more often than they may be; nothing is
 * waited for for ever.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_sys.h"
#include "resolver.h"

#define NAME "collector.example.net"
/* Two questions to three servers, twice. */
#define MOST_QUERIES 12u

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

static struct resolver resolver;

/* ---- the second look ---------------------------------------------------------------------------
 */

static bool address_of(const char *word, struct in6_addr *address)
{
	struct in_addr ip4;

	if (inet_pton(AF_INET, word, &ip4)) {
		*address = dns_mapped(&ip4);
		return true;
	}
	return inet_pton(AF_INET6, word, address) == 1;
}

static bool is_name(const char *word)
{
	return strcasecmp(word, NAME) == 0;
}

/* Its words, without a comment; a line is cut as the resolver cuts it. */
static unsigned split(char *line, char *words[LIMIT_RESOLVER_LINE_BYTES])
{
	unsigned n = 0;

	line[strnlen(line, LIMIT_RESOLVER_LINE_BYTES - 1)] = '\0';
	for (char *word = strtok(line, " \t\r"); word; word = strtok(NULL, " \t\r")) {
		if (*word == '#' || *word == ';')
			break;
		words[n++] = word;
	}
	return n;
}

static bool is_among(const struct in6_addr *list, unsigned n, const struct in6_addr *one)
{
	while (n > 0)
		if (memcmp(&list[--n], one, sizeof(*one)) == 0)
			return true;
	return false;
}

/* Calls `each` for every line of a copy. */
static void lines(const char *text, size_t len, void (*each)(char *words[], unsigned n))
{
	char line[LIMIT_RESOLVER_LINE_BYTES];
	char *words[LIMIT_RESOLVER_LINE_BYTES];
	size_t n;

	for (size_t at = 0; at <= len; at += n + 1) {
		const char *end = memchr(text + at, '\n', len - at);

		n = end ? (size_t)(end - text) - at : len - at;
		snprintf(line, sizeof(line), "%.*s", (int)n, text + at);
		each(words, split(line, words));
	}
}

static struct in6_addr wanted[LIMIT_RESOLVED_ADDRESSES], servers[LIMIT_RESOLVER_SERVERS];
static unsigned wanted_count, server_count;

static void hosts_words(char *words[], unsigned n)
{
	struct in6_addr address;
	bool named = false;

	for (unsigned i = 1; i < n; i++)
		named |= is_name(words[i]);
	if (n > 1 && named && address_of(words[0], &address) &&
		wanted_count < LIMIT_RESOLVED_ADDRESSES)
		wanted[wanted_count++] = address;
}

static void server_words(char *words[], unsigned n)
{
	if (n > 1 && strcmp(words[0], "nameserver") == 0 && server_count < LIMIT_RESOLVER_SERVERS &&
		address_of(words[1], &servers[server_count]))
		server_count++;
}

/* ---- the servers
 * ---------------------------------------------------------------------------------- */

struct input {
	const uint8_t *at;
	size_t left;
};

static unsigned queries_seen;

/* The server that is asked is the one whose turn it is. */
static void check_queries(void)
{
	const struct sockaddr_in6 *peer;

	for (; queries_seen < fake_sys_sent_count(); queries_seen++) {
		MUST(queries_seen < MOST_QUERIES);
		MUST(fake_sys_sent(queries_seen)->len <= DNS_QUERY_BYTES);
		peer = (const void *)&fake_sys_socket_info(resolver.fd)->peer;
		MUST(peer->sin6_port == htons(53));
		if (server_count > 0)
			MUST(is_among(servers, server_count, &peer->sin6_addr));
	}
}

static void answer(struct input *in)
{
	const size_t len = in->left > 0 ? in->at[0] % 64u * 8 : 0;
	uint8_t bytes[DNS_QUERY_BYTES + 512];
	const struct resolver_query *q = &resolver.queries[len / 8 % 2];
	size_t n = 0, piece;

	if (in->left == 0)
		return;
	in->at++;
	in->left--;
	piece = len < in->left ? len : in->left;
	if (piece > 10 && in->at[0] == 0) { /* the question with other flags and counts */
		memcpy(bytes, q->bytes, q->len);
		memcpy(bytes + 2, in->at + 1, 2);
		memcpy(bytes + 6, in->at + 3, 6);
		n = q->len;
		memcpy(bytes + n, in->at + 9, piece - 9);
		n += piece - 9;
	} else {
		memcpy(bytes, in->at, piece);
		n = piece;
	}
	in->at += piece;
	in->left -= piece;
	fake_sys_deliver(resolver.fd, bytes, n, NULL, 0);
}

static void check_found(void)
{
	MUST(resolver.found.count <= LIMIT_RESOLVED_ADDRESSES);
	if (wanted_count == 0)
		return;
	MUST(resolver.found.count == wanted_count);
	for (unsigned i = 0; i < wanted_count; i++)
		MUST(memcmp(&resolver.found.at[i], &wanted[i], sizeof(wanted[i])) == 0);
	MUST(fake_sys_sent_count() == 0);
}

/* Up to the next zero byte; a file has none. */
static size_t take_file(struct input *in, const char *path)
{
	const uint8_t *end = memchr(in->at, 0, in->left);
	size_t n = end ? (size_t)(end - in->at) : in->left;

	fake_sys_file(path, in->at, n);
	in->at += n + (end != NULL);
	in->left -= n + (end != NULL);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in;
	const char *hosts, *conf;
	unsigned turns = 0;
	size_t n;

	if (size == 0)
		return 0;
	in = (struct input){data + 1, size - 1};
	fake_sys_reset();
	wanted_count = server_count = queries_seen = 0;
	hosts = (const char *)in.at;
	n = take_file(&in, "/etc/hosts");
	lines(hosts, n, hosts_words);
	conf = (const char *)in.at;
	n = take_file(&in, "/etc/resolv.conf");
	lines(conf, n, server_words);
	fake_sys_short(data[0]);
	MUST(resolver_open(&resolver) >= 0);
	resolver_ask(&resolver, NAME);
	do {
		MUST(turns++ < 100);
		(void)resolver_turn(&resolver, sys_monotonic_ms());
		check_queries();
		if (!resolver.asking)
			break;
		MUST(resolver.deadline_ms > sys_monotonic_ms());
		answer(&in);
		fake_sys_clock_advance_ms(700);
	} while (true);
	check_found();
	MUST(resolver.deadline_ms > sys_monotonic_ms());
	fake_sys_reset();
	return 0;
}
