/* link: output.o output_parse.o output_stdout.o output_tcp.o fake_sys.o fake_files.o fake_sockets.o
 */
#include "output.h"
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "fake_sys.h"
#include "limits.h"

static struct output o;
static char buffer[64];

static int setup(void **state)
{
	(void)state;
	fake_sys_reset();
	return 0;
}

static struct counters counters;

static int open_at(const struct output_address *address, bool blocking, bool every_socket)
{
	const struct output_setup setup = {.address = address,
		.counters = &counters,
		.blocking = blocking,
		.every_socket = every_socket,
		.seed = 1,
		.buffer = buffer,
		.buffer_size = sizeof(buffer)};

	memset(&counters, 0, sizeof(counters));
	return output_open(&o, &setup);
}

static bool waits_for_room(void)
{
	int fd;

	return output_events(&o, &fd) & POLLOUT && fd == o.fd;
}

static void open_output(const char *destination, bool blocking)
{
	struct output_address address;

	assert_null(output_parse(&address, destination));
	assert_int_equal(open_at(&address, blocking, false), 0);
}

static enum output_result send_at(const char *text, int64_t now_ms)
{
	return output_send(&o, text, strlen(text), now_ms);
}

static void close_output(void)
{
	output_close(&o, 1000000);
	assert_int_equal(fake_sys_open_count(), 0);
}

/* ---- datagrams ------------------------------------------------------------------------- */

static void test_null(void **state)
{
	(void)state;
	open_output("null", false);
	assert_int_equal(send_at("x", 0), OUTPUT_SENT);
	assert_int_equal(output_flush(&o, 0), OUTPUT_SENT);
	assert_int_equal(output_max_bytes(&o), LIMIT_DOCUMENT_BYTES);
	assert_int_equal(fake_sys_sent_count(), 0);
	close_output();
}

static void test_udp(void **state)
{
	const struct fake_socket *s;

	(void)state;
	open_output("udp://192.0.2.1:5140", false);
	s = fake_sys_socket_info(o.fd);
	assert_true(s->nonblock && s->cloexec);
	assert_int_equal(s->domain, AF_INET);
	assert_int_equal(send_at("one", 0), OUTPUT_SENT);
	assert_int_equal(send_at("two", 0), OUTPUT_SENT);
	assert_int_equal(fake_sys_calls("connect"), 2); /* AF_UNSPEC before it */
	assert_int_equal(fake_sys_sent_count(), 2);
	assert_memory_equal(fake_sys_sent(1)->data, "two", 3);
	assert_int_equal(output_max_bytes(&o), 65507);
	close_output();
}

/* The interface of a link-local destination appears after the start. */
static void test_scope(void **state)
{
	const struct sockaddr_in6 *peer;

	(void)state;
	open_output("udp://[fe80::1%eth0]", false);
	fake_sys_fail("ifindex", 1, ENODEV);
	assert_int_equal(send_at("x", 0), OUTPUT_AGAIN);
	assert_int_equal(o.error, ENODEV);
	assert_int_equal(send_at("x", OUTPUT_RETRY_MS), OUTPUT_SENT);
	peer = (const struct sockaddr_in6 *)&fake_sys_socket_info(o.fd)->peer;
	assert_int_equal(peer->sin6_scope_id, 2);
	close_output();
}

/* Away: nothing is tried before its time, then the socket gives its address up and connects. */
static void test_away(void **state)
{
	static const int errors[] = {
		ENETUNREACH, EHOSTUNREACH, ENETDOWN, EADDRNOTAVAIL, EINVAL, EPERM, EACCES, EIO};
	unsigned calls;

	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fake_sys_reset();
		open_output("udp://192.0.2.1", false);
		assert_int_equal(send_at("x", 0), OUTPUT_SENT);
		fake_sys_fail("sendto", 1, errors[i]);
		assert_int_equal(send_at("x", 5000), OUTPUT_AGAIN);
		assert_int_equal(o.error, errors[i]);
		assert_int_equal(counters.send_errors, 1);
		assert_int_equal(o.breaks, 1);
		assert_true(output_is_away(&o));
		assert_false(waits_for_room());
		assert_int_equal(output_deadline_ms(&o), 5000 + OUTPUT_RETRY_MS);
		calls = fake_sys_calls(NULL);
		assert_int_equal(send_at("x", 5000 + OUTPUT_RETRY_MS - 1), OUTPUT_AGAIN);
		assert_int_equal(fake_sys_calls(NULL), calls);
		fake_sys_fail("connect", 2, errors[i]); /* 1 is AF_UNSPEC */
		assert_int_equal(send_at("x", 5000 + OUTPUT_RETRY_MS), OUTPUT_AGAIN);
		assert_int_equal(counters.send_errors, 2);
		assert_int_equal(counters.send_errors_unreachable, i < 4 ? 2 : 0);
		assert_int_equal(counters.send_errors_other, i < 4 ? 0 : 2);
		assert_int_equal(send_at("x", 5000 + 2 * OUTPUT_RETRY_MS), OUTPUT_SENT);
		assert_false(output_is_away(&o));
		assert_int_equal(fake_sys_calls("connect"), 6);
		assert_int_equal(fake_sys_calls("socket"), 1);
		assert_int_equal(fake_sys_sent_count(), 2);
		close_output();
	}
}

static void test_full(void **state)
{
	(void)state;
	open_output("udp://192.0.2.1", false);
	fake_sys_fail("sendto", 1, EAGAIN);
	assert_int_equal(send_at("x", 0), OUTPUT_AGAIN);
	assert_true(waits_for_room());
	assert_false(output_is_away(&o));
	assert_int_equal(send_at("x", 0), OUTPUT_SENT); /* POLLOUT came at once */
	assert_false(waits_for_room());
	assert_int_equal(output_deadline_ms(&o), 0);

	fake_sys_fail("sendto", 1, ENOBUFS);
	assert_int_equal(send_at("x", 0), OUTPUT_AGAIN);
	assert_false(waits_for_room());
	assert_int_equal(output_deadline_ms(&o), OUTPUT_PAUSE_MS);
	assert_int_equal(send_at("x", OUTPUT_PAUSE_MS), OUTPUT_SENT);
	assert_int_equal(fake_sys_calls("connect"), 2);
	assert_int_equal(counters.send_errors_no_buffers, 2);
	assert_int_equal(o.breaks, 0);
	close_output();
}

/* An ICMP answer: earlier messages were in vain. One at a time then, until one has no answer. */
static void test_refused(void **state)
{
	int64_t now_ms = 100;

	(void)state;
	open_output("udp://192.0.2.1", false);
	assert_int_equal(send_at("a", now_ms), OUTPUT_SENT);
	fake_sys_fail("sendto", 1, ECONNREFUSED);
	assert_int_equal(send_at("b", now_ms), OUTPUT_AGAIN);
	assert_int_equal(o.breaks, 1);
	assert_true(output_is_away(&o));
	assert_int_equal(counters.send_errors_refused, 1);
	now_ms += OUTPUT_RETRY_MS;
	assert_int_equal(send_at("a", now_ms), OUTPUT_SENT); /* who knows */
	assert_true(output_is_away(&o));
	assert_int_equal(send_at("b", now_ms), OUTPUT_AGAIN);
	now_ms += OUTPUT_DOUBT_MS;
	fake_sys_fail("sendto", 1, ECONNREFUSED);
	assert_int_equal(send_at("b", now_ms), OUTPUT_AGAIN);
	assert_int_equal(o.breaks, 2);
	now_ms += OUTPUT_RETRY_MS;
	assert_int_equal(send_at("a", now_ms), OUTPUT_SENT);
	now_ms += OUTPUT_DOUBT_MS;
	assert_int_equal(send_at("b", now_ms), OUTPUT_SENT);
	assert_false(output_is_away(&o));
	assert_int_equal(send_at("c", now_ms), OUTPUT_SENT);
	assert_int_equal(o.breaks, 2);
	close_output();
}

/* The answer is heard of without another message, too. */
static void test_settled(void **state)
{
	int64_t now_ms = 100;

	(void)state;
	open_output("udp://192.0.2.1", false);
	assert_int_equal(send_at("a", now_ms), OUTPUT_SENT);
	assert_int_equal(o.settle_mark, 1);
	assert_int_equal(send_at("b", now_ms), OUTPUT_SENT);
	assert_int_equal(o.settle_mark, 2);
	assert_int_equal(output_settled(&o, now_ms), 2);
	assert_int_equal(o.breaks, 0);
	fake_sys_deliver_error(o.fd, ECONNREFUSED);
	output_settled(&o, now_ms);
	assert_int_equal(o.breaks, 1);
	assert_true(output_is_away(&o));
	now_ms += OUTPUT_RETRY_MS;
	assert_int_equal(send_at("a", now_ms), OUTPUT_SENT);
	output_settled(&o, now_ms + OUTPUT_DOUBT_MS - 1);
	assert_true(output_is_away(&o));
	output_settled(&o, now_ms + OUTPUT_DOUBT_MS);
	assert_false(output_is_away(&o));
	assert_int_equal(send_at("b", now_ms + OUTPUT_DOUBT_MS), OUTPUT_SENT);
	assert_int_equal(send_at("c", now_ms + OUTPUT_DOUBT_MS), OUTPUT_SENT);
	close_output();
}

static void test_too_long(void **state)
{
	(void)state;
	open_output("udp://192.0.2.1", false);
	fake_sys_fail("sendto", 1, EMSGSIZE);
	assert_int_equal(send_at("x", 0), OUTPUT_FAILED);
	assert_int_equal(counters.send_errors_too_long, 1);
	assert_int_equal(send_at("y", 0), OUTPUT_SENT); /* the next one need not wait */
	close_output();
}

static void test_unix_gone(void **state)
{
	static const int errors[] = {ECONNREFUSED, ENOENT, ENOTCONN, ECONNRESET, EPIPE};

	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fake_sys_reset();
		open_output("unix:///dev/log", false);
		assert_int_equal(fake_sys_socket_info(o.fd)->domain, AF_UNIX);
		assert_int_equal(send_at("x", 0), OUTPUT_SENT);
		fake_sys_fail("sendto", 1, errors[i]);
		assert_int_equal(send_at("x", 0), OUTPUT_AGAIN);
		fake_sys_fail("connect", 1, ENOENT);
		assert_int_equal(send_at("x", OUTPUT_RETRY_MS), OUTPUT_AGAIN);
		assert_int_equal(send_at("x", 2 * OUTPUT_RETRY_MS), OUTPUT_SENT);
		assert_int_equal(fake_sys_sent_count(), 2);
		close_output();
	}
}

static void test_no_socket(void **state)
{
	struct output_address address;

	(void)state;
	assert_null(output_parse(&address, "udp://[::1]"));
	fake_sys_fail("socket", 1, EAFNOSUPPORT);
	assert_int_equal(open_at(&address, false, false), -EAFNOSUPPORT);
	close_output();
	/* With all: what fails may not be needed. */
	fake_sys_fail("socket", 1, EAFNOSUPPORT);
	assert_int_equal(open_at(&address, false, true), 0);
	assert_int_equal(fake_sys_open_count(), 4);
	close_output();
	fake_sys_fail("socket", 2, EAFNOSUPPORT);
	assert_int_equal(open_at(&address, false, true), -EAFNOSUPPORT);
	assert_int_equal(fake_sys_open_count(), 0);
}

static void expect_peer(int domain, int type, unsigned port)
{
	const struct fake_socket *s = fake_sys_socket_info(o.fd);

	assert_int_equal(s->domain, domain);
	assert_int_equal(s->type, type);
	if (domain == AF_INET)
		assert_int_equal(ntohs(((const struct sockaddr_in *)&s->peer)->sin_port), port);
	if (domain == AF_INET6)
		assert_int_equal(ntohs(((const struct sockaddr_in6 *)&s->peer)->sin6_port), port);
}

/* Elsewhere, with the sockets that are there. */
static void test_set_address(void **state)
{
	static const struct {
		const char *destination;
		int domain, type, port;
	} steps[] = {
		{"udp://192.0.2.1:1", AF_INET, SOCK_DGRAM, 1},
		{"udp://192.0.2.1:2", AF_INET, SOCK_DGRAM, 2},
		{"udp://[::1]:3", AF_INET6, SOCK_DGRAM, 3},
		{"tcp://[::1]:4", AF_INET6, SOCK_STREAM, 4},
		{"tcp://192.0.2.1:5", AF_INET, SOCK_STREAM, 5},
		{"unix:///dev/log", AF_UNIX, SOCK_DGRAM, 0},
		{"udp://192.0.2.1:6", AF_INET, SOCK_DGRAM, 6},
	};
	struct output_address a;
	unsigned sockets;

	(void)state;
	assert_null(output_parse(&a, "null"));
	assert_int_equal(open_at(&a, false, true), 0);
	sockets = fake_sys_calls("socket");
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		assert_null(output_parse(&a, steps[i].destination));
		assert_int_equal(output_set_address(&o, &a, 0), 0);
		output_turn(&o, 0);
		assert_int_equal(send_at("x", 0), OUTPUT_SENT);
		expect_peer(steps[i].domain, steps[i].type, (unsigned)steps[i].port);
		assert_int_equal(fake_sys_sent(i)->fd, o.fd);
	}
	/* The same again changes nothing. */
	assert_int_equal(output_set_address(&o, &a, 0), 0);
	assert_true(output_is_connected(&o));
	assert_int_equal(fake_sys_calls("socket"), sockets);
	assert_null(output_parse(&a, "stdout"));
	assert_int_equal(output_set_address(&o, &a, 0), -EOPNOTSUPP);
	close_output();
	/* Without the socket it stays where it is. */
	open_output("udp://192.0.2.1:1", false);
	assert_null(output_parse(&a, "udp://[::1]"));
	assert_int_equal(output_set_address(&o, &a, 0), -EAFNOSUPPORT);
	assert_int_equal(send_at("x", 0), OUTPUT_SENT);
	expect_peer(AF_INET, SOCK_DGRAM, 1);
	close_output();
}

/* A name has no address at first. */
static void test_name(void **state)
{
	static const char *const names[] = {"udp://collector:77", "tcp://collector:77"};
	struct output_address a, resolved;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		int64_t now_ms = 100000;

		assert_null(output_parse(&a, names[i]));
		assert_int_equal(open_at(&a, false, true), 0);
		output_turn(&o, now_ms);
		assert_int_equal(send_at("x", now_ms), OUTPUT_AGAIN);
		assert_int_equal(fake_sys_calls("connect"), 0);
		resolved = a;
		resolved.at.ip6 = (struct sockaddr_in6){.sin6_family = AF_INET6,
			.sin6_addr = in6addr_loopback,
			.sin6_port = htons(a.port)};
		resolved.len = sizeof(resolved.at.ip6);
		assert_int_equal(output_set_address(&o, &resolved, now_ms), 0);
		output_turn(&o, now_ms);
		assert_int_equal(send_at("x", now_ms), OUTPUT_SENT);
		expect_peer(AF_INET6, i ? SOCK_STREAM : SOCK_DGRAM, 77);
		close_output();
		fake_sys_reset();
	}
}

/* Whichever call fails, whatever with: no crash, and a later attempt sends. */
static void test_nth_failure(void **state)
{
	static const int errors[] = {
		EINTR, EAGAIN, ENOBUFS, ENOMEM, ECONNREFUSED, ENETUNREACH, EPERM, EBADF};

	(void)state;
	for (size_t e = 0; e < sizeof(errors) / sizeof(errors[0]); e++) {
		for (unsigned n = 1; n < 9; n++) {
			int64_t now_ms = 0;
			unsigned sent = 0;

			fake_sys_reset();
			open_output(n & 1 ? "udp://[fe80::1%eth0]" : "unix:///dev/log", false);
			fake_sys_fail_nth(n, errors[e]);
			for (unsigned turn = 0; turn < 20; turn++, now_ms += OUTPUT_RETRY_MS)
				sent += send_at("x", now_ms) == OUTPUT_SENT;
			assert_true(sent >= 19);
			assert_int_equal(fake_sys_sent_count(), sent);
			close_output();
		}
	}
}

/* ---- stdout ---------------------------------------------------------------------------- */

static void expect_written(unsigned index, const char *text)
{
	const struct fake_sent *sent = fake_sys_sent(index);

	assert_non_null(sent);
	assert_int_equal(sent->len, strlen(text));
	assert_memory_equal(sent->data, text, sent->len);
}

static void test_stdout_gathers(void **state)
{
	static char longer[100];

	(void)state;
	open_output("stdout", true);
	assert_int_equal(output_max_bytes(&o), LIMIT_DOCUMENT_BYTES);
	assert_int_equal(send_at("{\"a\":1}", 0), OUTPUT_SENT);
	assert_int_equal(send_at("{\"b\":2}", 0), OUTPUT_SENT);
	assert_int_equal(fake_sys_sent_count(), 0);
	assert_int_equal(output_flush(&o, 0), OUTPUT_SENT);
	expect_written(0, "{\"a\":1}\n{\"b\":2}\n");
	assert_int_equal(output_flush(&o, 0), OUTPUT_SENT);
	assert_int_equal(fake_sys_sent_count(), 1);

	/* What the buffer holds goes before what does not fit into it. */
	memset(longer, 'x', sizeof(longer) - 1);
	assert_int_equal(send_at("{}", 0), OUTPUT_SENT);
	assert_int_equal(send_at(longer, 0), OUTPUT_SENT);
	expect_written(1, "{}\n");
	expect_written(2, longer);
	expect_written(3, "\n");

	/* The longest that fits, 63 bytes and a newline; then one more fills and flushes. */
	longer[63] = '\0';
	assert_int_equal(send_at(longer, 0), OUTPUT_SENT);
	assert_int_equal(fake_sys_sent_count(), 4);
	assert_int_equal(send_at("y", 0), OUTPUT_SENT);
	assert_int_equal(fake_sys_sent_count(), 5);
	assert_int_equal(fake_sys_sent(4)->len, 64);
	output_close(&o, 0);
	expect_written(5, "y\n");
}

/* Short writes and interruptions: everything arrives, once, in order. */
static void test_stdout_short(void **state)
{
	char all[4096], want[4096];
	size_t len = 0, want_len = 0;

	(void)state;
	open_output("stdout", true);
	fake_sys_short(5);
	for (unsigned i = 0; i < 60; i++) {
		char text[128];
		int n = snprintf(text, sizeof(text), "{\"n\":%u,\"s\":\"%.*s\"}", i, (int)i,
			"the quick brown fox jumps over the lazy dog, and then the dog's dog");

		if (i % 7 == 0)
			fake_sys_fail("write", 1 + i % 3, i % 2 ? EINTR : EAGAIN);
		assert_int_equal(send_at(text, 0), OUTPUT_SENT);
		want_len += (size_t)sprintf(want + want_len, "%.*s\n", n, text);
	}
	output_close(&o, 0);
	for (unsigned i = 0; i < fake_sys_sent_count(); i++) {
		memcpy(all + len, fake_sys_sent(i)->data, fake_sys_sent(i)->len);
		len += fake_sys_sent(i)->len;
	}
	assert_int_equal(len, want_len);
	assert_memory_equal(all, want, len);
}

/* The reader is gone, or the disk is full: said, counted, and not tried for ever. */
static void test_stdout_fails(void **state)
{
	(void)state;
	open_output("stdout", true);
	assert_int_equal(send_at("one", 0), OUTPUT_SENT);
	assert_int_equal(send_at("two", 0), OUTPUT_SENT);
	fake_sys_fail("write", 1, EPIPE);
	assert_int_equal(output_flush(&o, 0), OUTPUT_FAILED);
	assert_int_equal(o.error, EPIPE);
	assert_int_equal(o.lost, 2);
	assert_int_equal(output_flush(&o, 0), OUTPUT_SENT);

	/* Half of the first was written: it is lost as well. */
	assert_int_equal(send_at("three", 0), OUTPUT_SENT);
	fake_sys_short(2);
	fake_sys_fail("write", 2, ENOSPC);
	assert_int_equal(output_flush(&o, 0), OUTPUT_FAILED);
	assert_int_equal(o.lost, 3);
	output_close(&o, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_null, setup, setup),
		cmocka_unit_test_setup_teardown(test_udp, setup, setup),
		cmocka_unit_test_setup_teardown(test_scope, setup, setup),
		cmocka_unit_test_setup_teardown(test_away, setup, setup),
		cmocka_unit_test_setup_teardown(test_full, setup, setup),
		cmocka_unit_test_setup_teardown(test_refused, setup, setup),
		cmocka_unit_test_setup_teardown(test_settled, setup, setup),
		cmocka_unit_test_setup_teardown(test_set_address, setup, setup),
		cmocka_unit_test_setup_teardown(test_name, setup, setup),
		cmocka_unit_test_setup_teardown(test_too_long, setup, setup),
		cmocka_unit_test_setup_teardown(test_unix_gone, setup, setup),
		cmocka_unit_test_setup_teardown(test_no_socket, setup, setup),
		cmocka_unit_test_setup_teardown(test_nth_failure, setup, setup),
		cmocka_unit_test_setup_teardown(test_stdout_gathers, setup, setup),
		cmocka_unit_test_setup_teardown(test_stdout_short, setup, setup),
		cmocka_unit_test_setup_teardown(test_stdout_fails, setup, setup),
	};

	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
