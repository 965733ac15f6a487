/* link: resolver.o dns.o fake_sys.o fake_files.o fake_sockets.o */
#include "resolver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "fake_sys.h"

static struct resolver r;
static int64_t now_ms;

/* ---- a name server ------------------------------------------------------------------------- */

static struct {
	const char *ip4, *ip6; /* what it knows; NULL: nothing of the kind */
	const char *silent;    /* the server that says nothing */
	int rcode;
	uint32_t ttl_s;
	char asked[8][INET6_ADDRSTRLEN]; /* whom, question by question */
	unsigned count;
} server;

static void answer(void *ctx, int fd, const void *data, size_t len)
{
	const struct fake_socket *s = fake_sys_socket_info(fd);
	uint8_t bytes[DNS_ANSWER_BYTES];
	bool is_ip4 = ((const uint8_t *)data)[len - 3] == DNS_A;
	const char *known = is_ip4 ? server.ip4 : server.ip6;
	char *asked = server.asked[server.count++ % 8];
	uint8_t address[16];

	(void)ctx;
	if (s->domain == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)&s->peer)->sin6_addr, asked,
			INET6_ADDRSTRLEN);
	else
		inet_ntop(AF_INET, &((const struct sockaddr_in *)&s->peer)->sin_addr, asked,
			INET6_ADDRSTRLEN);
	if (server.silent && strcmp(asked, server.silent) == 0)
		return;
	memcpy(bytes, data, len);
	bytes[2] |= 0x80;
	bytes[3] = (uint8_t)server.rcode;
	if (known && server.rcode == 0) {
		const uint8_t size = is_ip4 ? 4 : 16;
		const uint8_t head[12] = {0xc0, 12, 0, is_ip4 ? DNS_A : DNS_AAAA, 0, 1, 0, 0,
			(uint8_t)(server.ttl_s >> 8), (uint8_t)server.ttl_s, 0, size};

		bytes[7] = 1;
		assert_int_equal(inet_pton(is_ip4 ? AF_INET : AF_INET6, known, address), 1);
		memcpy(bytes + len, head, sizeof(head));
		memcpy(bytes + len + sizeof(head), address, size);
		len += sizeof(head) + size;
	}
	fake_sys_deliver(fd, bytes, len, (const struct sockaddr *)&s->peer, s->peer_len);
}

static int setup(void **state)
{
	(void)state;
	fake_sys_reset();
	memset(&server, 0, sizeof(server));
	server.ttl_s = 300;
	server.ip4 = "192.0.2.1";
	fake_sys_on_send(answer, NULL);
	fake_sys_file_text("/etc/hosts", "127.0.0.1\tlocalhost\n");
	fake_sys_file_text("/etc/resolv.conf",
		"# by hand\nsearch example.net\nnameserver 192.0.2.53\nnameserver 2001:db8::53\n");
	assert_int_equal(resolver_open(&r), 0);
	now_ms = 1000000;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	sys_close(r.fd);
	assert_int_equal(fake_sys_open_count(), 0); /* no file stays open */
	fake_sys_reset();
	return 0;
}

/* Turns as the loop makes them, until something is found, at most `most_ms` from now. */
static bool turns(int64_t most_ms)
{
	const int64_t end_ms = now_ms + most_ms;

	for (;;) {
		if (resolver_turn(&r, now_ms))
			return true;
		if (r.asking && fake_sys_pending(r.fd) > 0)
			continue;
		assert_true(r.deadline_ms > now_ms);
		if (r.deadline_ms > end_ms) {
			now_ms = end_ms;
			return false;
		}
		now_ms = r.deadline_ms;
	}
}

static void assert_found(unsigned i, const char *wanted)
{
	char text[INET6_ADDRSTRLEN];

	assert_true(i < r.found.count);
	assert_string_equal(inet_ntop(AF_INET6, &r.found.at[i], text, sizeof(text)), wanted);
}

/* ---- tests -------------------------------------------------------------------------------- */

static void nothing_wanted(void **state)
{
	(void)state;
	assert_int_equal(r.deadline_ms, INT64_MAX);
	assert_false(resolver_turn(&r, now_ms));
	assert_int_equal(server.count, 0);
}

static void from_hosts(void **state)
{
	(void)state;
	fake_sys_file_text("/etc/hosts", "# collector\n192.0.2.9 other\n"
					 "10.0.0.7 log Collector.example.net # here\r\n"
					 "nonsense collector.example.net\n"
					 "fd00::7 collector.example.net collector.example.net");
	resolver_ask(&r, "collector.example.net.");
	assert_true(resolver_turn(&r, now_ms));
	assert_int_equal(r.found.count, 2);
	assert_found(0, "::ffff:10.0.0.7");
	assert_found(1, "fd00::7");
	assert_int_equal(server.count, 0);
}

static void from_a_server(void **state)
{
	(void)state;
	server.ip6 = "2001:db8::1";
	resolver_ask(&r, "collector.example.net");
	assert_true(turns(0));
	assert_int_equal(r.found.count, 2);
	assert_found(0, "::ffff:192.0.2.1"); /* IPv4 first */
	assert_found(1, "2001:db8::1");
	assert_int_equal(server.count, 2);
	assert_string_equal(server.asked[0], "::ffff:192.0.2.53");
	assert_int_equal(r.deadline_ms, now_ms + 300000);
}

/* The order in which answers come does not matter. */
static void one_kind(void **state)
{
	(void)state;
	server.ip4 = NULL;
	server.ip6 = "2001:db8::1";
	resolver_ask(&r, "collector.example.net");
	assert_true(turns(0));
	assert_int_equal(r.found.count, 1);
	assert_found(0, "2001:db8::1");
}

static void silent_server(void **state)
{
	const int64_t began_ms = now_ms;

	(void)state;
	server.silent = "::ffff:192.0.2.53";
	resolver_ask(&r, "collector.example.net");
	assert_true(turns(10000));
	assert_int_equal(now_ms - began_ms, 2000);
	assert_string_equal(server.asked[2], "2001:db8::53");
	assert_found(0, "::ffff:192.0.2.1");
}

/* A server that has failed is not waited for. */
static void refusing_servers(void **state)
{
	(void)state;
	server.rcode = 5;
	resolver_ask(&r, "collector.example.net");
	assert_false(turns(1000));
	assert_true(server.count >= 4); /* each server twice */
	assert_int_equal(r.found.count, 0);
	server.rcode = 0;
	assert_true(turns(5000));
	assert_found(0, "::ffff:192.0.2.1");
}

static void unreachable_server(void **state)
{
	(void)state;
	resolver_ask(&r, "collector.example.net");
	fake_sys_fail("connect", 2, ENETUNREACH); /* the first one only leaves the old server */
	assert_true(turns(0));
	assert_string_equal(server.asked[0], "2001:db8::53");
}

/* The pause between questions doubles, and is a minute at most. */
static void no_such_name(void **state)
{
	const int64_t began_ms = now_ms;
	unsigned questions;

	(void)state;
	server.rcode = 3;
	resolver_ask(&r, "collector.example.net");
	assert_false(turns(62000));
	questions = server.count / 2;
	assert_int_equal(questions, 6); /* after 0, 2, 6, 14, 30, 62 s */
	assert_false(turns(600000));
	assert_in_range(server.count / 2 - questions, 10, 11);
	assert_in_range(now_ms - began_ms, 600000, 662000);
}

static void asked_again(void **state)
{
	(void)state;
	server.ttl_s = 1; /* shorter than is good for anybody */
	resolver_ask(&r, "collector.example.net");
	assert_true(turns(0));
	assert_false(turns(29999));
	server.ip4 = "192.0.2.2";
	assert_true(turns(1));
	assert_found(0, "::ffff:192.0.2.2");
	server.rcode = 2; /* what is known stays */
	assert_false(turns(100000));
	assert_found(0, "::ffff:192.0.2.2");
	server.rcode = 0;
	server.ttl_s = 50000; /* an hour at most */
	assert_true(turns(100000));
	assert_int_equal(r.deadline_ms, now_ms + 3600000);
}

/* Forged or stale ones are not even counted as an answer. */
static void foreign_answers(void **state)
{
	(void)state;
	server.silent = "::ffff:192.0.2.53";
	resolver_ask(&r, "collector.example.net");
	assert_false(resolver_turn(&r, now_ms));
	fake_sys_deliver(r.fd, "nonsense", 8, NULL, 0);
	assert_false(resolver_turn(&r, now_ms));
	assert_true(r.asking);
	assert_int_equal(r.deadline_ms, now_ms + 2000);
}

/* What comes before a question answers none, however many there are: it is gone when the question
 * is sent. And while nothing is asked the socket belongs to no server, so that nothing comes at
 * all. */
static unsigned pending_at_questions;

static void answer_and_look(void *ctx, int fd, const void *data, size_t len)
{
	pending_at_questions += server.count % 2 == 0 ? fake_sys_pending(fd) : 0;
	answer(ctx, fd, data, len);
}

static void stale_answers(void **state)
{
	(void)state;
	fake_sys_on_send(answer_and_look, NULL);
	pending_at_questions = 0;
	resolver_ask(&r, "collector.example.net");
	for (unsigned round = 0; round < 5; round++) {
		assert_true(turns(400000));
		assert_found(0, "::ffff:192.0.2.1");
		assert_int_equal(fake_sys_socket_info(r.fd)->peer.ss_family, AF_UNSPEC);
		for (unsigned i = 0; i < 300; i++)
			fake_sys_deliver(r.fd, "forged", 6, NULL, 0);
		fake_sys_deliver_error(r.fd, ECONNREFUSED);
	}
	assert_int_equal(pending_at_questions, 0);
	/* More than the kernel has room for: then nothing is asked. */
	for (unsigned i = 0; i < 5 * LIMIT_RESOLVER_STALE; i++)
		fake_sys_deliver(r.fd, "forged", 6, NULL, 0);
	server.count = 0;
	now_ms = r.deadline_ms;
	assert_false(resolver_turn(&r, now_ms));
	assert_int_equal(server.count, 0);
	assert_string_equal(r.reason, "no name server can be reached");
	assert_true(turns(60000)); /* the rest of it */
	assert_int_equal(pending_at_questions, 0);
}

/* Whoever sends without end gets a bounded part of each turn, and the answer comes through. */
static void many_answers(void **state)
{
	(void)state;
	server.silent = "::ffff:192.0.2.53";
	resolver_ask(&r, "collector.example.net");
	assert_false(resolver_turn(&r, now_ms));
	for (unsigned i = 0; i < 3 * LIMIT_RESOLVER_ANSWERS + 5; i++)
		fake_sys_deliver(r.fd, "nonsense", 8, NULL, 0);
	for (unsigned turn = 1; turn <= 3; turn++) {
		assert_false(resolver_turn(&r, now_ms));
		assert_int_equal(fake_sys_pending(r.fd), (3 - turn) * LIMIT_RESOLVER_ANSWERS + 5);
	}
	assert_false(resolver_turn(&r, now_ms));
	assert_int_equal(fake_sys_pending(r.fd), 0);
	assert_true(r.asking);
	assert_true(turns(10000));
}

static void assert_reason(const char *reason)
{
	resolver_ask(&r, "collector.example.net");
	assert_null(r.reason);
	assert_false(turns(20000));
	assert_non_null(r.reason);
	assert_string_equal(r.reason, reason);
}

static void reasons(void **state)
{
	(void)state;
	server.rcode = 3;
	assert_reason("no such name (NXDOMAIN)");
	server.rcode = 2;
	assert_reason("the name server has failed (SERVFAIL)");
	server.rcode = 5;
	assert_reason("the name server refuses (REFUSED)");
	server.rcode = 0;
	server.ip4 = NULL;
	assert_reason("it has no address (NODATA)");
	fake_sys_on_send(NULL, NULL);
	assert_reason("no answer from the name server");
	fake_sys_fail("recvfrom", 0, ECONNREFUSED);
	assert_reason("no name server can be reached"); /* nothing can be thrown away, either */
	fake_sys_fail("recvfrom", 0, 0);
	fake_sys_fail("connect", 0, ENETUNREACH);
	assert_reason("no name server can be reached");
	fake_sys_fail("connect", 0, 0);
	fake_sys_file_text("/etc/resolv.conf", "# none\n");
	assert_reason("no name server is configured");
	/* It is gone with the first answer. */
	fake_sys_on_send(answer, NULL);
	server.ip4 = "192.0.2.1";
	assert_true(turns(100000));
	assert_null(r.reason);
}

/* The port is closed: an error comes in the place of an answer. */
static void nobody_listens(void **state)
{
	(void)state;
	fake_sys_on_send(NULL, NULL);
	resolver_ask(&r, "collector.example.net");
	for (unsigned i = 0; i < 4; i++) {
		assert_false(resolver_turn(&r, now_ms));
		fake_sys_deliver_error(r.fd, ECONNREFUSED);
	}
	assert_false(resolver_turn(&r, now_ms));
	assert_false(r.asking);
	assert_string_equal(r.reason, "nobody listens at the name server");
}

static void no_servers_file(void **state)
{
	(void)state;
	fake_sys_file_remove("/etc/resolv.conf");
	fake_sys_file_remove("/etc/hosts");
	resolver_ask(&r, "collector.example.net");
	assert_true(turns(0));
	assert_string_equal(server.asked[0], "::ffff:127.0.0.1");
}

/* A machine without IPv6 asks IPv4 servers for IPv4 addresses. */
static void without_ip6(void **state)
{
	(void)state;
	sys_close(r.fd);
	fake_sys_fail("socket", 1, EAFNOSUPPORT);
	assert_int_equal(resolver_open(&r), 0);
	resolver_ask(&r, "collector.example.net");
	assert_true(turns(0));
	assert_int_equal(r.found.count, 1);
	assert_int_equal(server.count, 1);
	assert_string_equal(server.asked[0], "192.0.2.53");
}

static void without_sockets(void **state)
{
	(void)state;
	sys_close(r.fd);
	fake_sys_fail("socket", 0, EMFILE);
	assert_int_equal(resolver_open(&r), -EMFILE);
	resolver_ask(&r, "localhost");
	assert_true(turns(0));
	assert_found(0, "::ffff:127.0.0.1");
	resolver_ask(&r, "collector.example.net");
	assert_false(turns(100000));
	assert_string_equal(r.reason, "there is no socket to ask with");
}

/* Whichever call fails, it is found in the end, and no file stays open. */
static void every_failure(void **state)
{
	(void)state;
	for (unsigned nth = 1; nth < 40; nth++) {
		teardown(state);
		setup(state);
		resolver_ask(&r, "collector.example.net");
		fake_sys_fail_nth(nth, nth % 2 ? EIO : EINTR);
		assert_true(turns(20000));
		assert_found(0, "::ffff:192.0.2.1");
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(nothing_wanted),
		TEST(from_hosts),
		TEST(from_a_server),
		TEST(one_kind),
		TEST(silent_server),
		TEST(refusing_servers),
		TEST(unreachable_server),
		TEST(no_such_name),
		TEST(asked_again),
		TEST(foreign_answers),
		TEST(stale_answers),
		TEST(many_answers),
		TEST(reasons),
		TEST(nobody_listens),
		TEST(no_servers_file),
		TEST(without_ip6),
		TEST(without_sockets),
		TEST(every_failure),
	};

	return cmocka_run_group_tests_name("resolver", tests, NULL, NULL);
}
