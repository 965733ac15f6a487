/* link: output.o output_parse.o output_stdout.o output_tcp.o fake_sys.o fake_files.o fake_sockets.o
 */
#include "output.h"
#include <arpa/inet.h>
#include <errno.h>
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

static void open_output(const char *destination, bool blocking)
{
	struct output_address address;

	assert_null(output_parse(&address, destination));
	assert_int_equal(output_open(&o, &address, blocking, buffer, sizeof(buffer)), 0);
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

/* ---- destinations ---------------------------------------------------------------------- */

static void expect_ip4(const char *destination, const char *host, unsigned port)
{
	struct output_address a;
	char text[64];

	assert_null(output_parse(&a, destination));
	assert_int_equal(a.kind, OUTPUT_UDP);
	assert_int_equal(a.at.ip4.sin_family, AF_INET);
	assert_int_equal(a.len, sizeof(struct sockaddr_in));
	assert_string_equal(inet_ntop(AF_INET, &a.at.ip4.sin_addr, text, sizeof(text)), host);
	assert_int_equal(ntohs(a.at.ip4.sin_port), port);
}

static void expect_ip6(
	const char *destination, const char *host, unsigned port, const char *scope, unsigned index)
{
	struct output_address a;
	char text[64];

	assert_null(output_parse(&a, destination));
	assert_int_equal(a.kind, OUTPUT_UDP);
	assert_int_equal(a.at.ip6.sin6_family, AF_INET6);
	assert_int_equal(a.len, sizeof(struct sockaddr_in6));
	assert_string_equal(inet_ntop(AF_INET6, &a.at.ip6.sin6_addr, text, sizeof(text)), host);
	assert_int_equal(ntohs(a.at.ip6.sin6_port), port);
	assert_string_equal(a.scope, scope);
	assert_int_equal(a.at.ip6.sin6_scope_id, index);
}

static void test_parse(void **state)
{
	struct output_address a;

	(void)state;
	expect_ip4("udp://192.0.2.1:5140", "192.0.2.1", 5140);
	expect_ip4("udp://192.0.2.1", "192.0.2.1", 514);
	expect_ip4("udp://0.0.0.0:65535", "0.0.0.0", 65535);
	expect_ip6("udp://[2001:db8::1]", "2001:db8::1", 514, "", 0);
	expect_ip6("udp://[::1]:1", "::1", 1, "", 0);
	expect_ip6("udp://[fe80::1%eth0]:1514", "fe80::1", 1514, "eth0", 0);
	expect_ip6("udp://[fe80::1%12]", "fe80::1", 514, "", 12);
	assert_null(output_parse(&a, "stdout"));
	assert_int_equal(a.kind, OUTPUT_STDOUT);
	assert_null(output_parse(&a, "null"));
	assert_int_equal(a.kind, OUTPUT_NULL);
	assert_null(output_parse(&a, "unix:///dev/log"));
	assert_int_equal(a.kind, OUTPUT_UNIX);
	assert_string_equal(a.at.un.sun_path, "/dev/log");
}

static void test_parse_mistakes(void **state)
{
	static const char *const mistakes[][2] = {
		{"", "unix:///PATH"},
		{"tcp://192.0.2.1", "unix:///PATH"},
		{"stdout ", "unix:///PATH"},
		{"192.0.2.1:514", "unix:///PATH"},
		{"udp://collector:514", "numeric address"},
		{"udp://", "numeric address"},
		{"udp://192.0.2.256", "numeric address"},
		{"udp://1922.0222.2222.1111", "numeric address"},
		{"udp://2001:db8::1", "numeric address"},
		{"udp://[2001:db8::1", "numeric address"},
		{"udp://[192.0.2.1]", "numeric address"},
		{"udp://[]:514", "numeric address"},
		{"udp://192.0.2.1:", "a port"},
		{"udp://192.0.2.1:0", "a port"},
		{"udp://192.0.2.1:65536", "a port"},
		{"udp://192.0.2.1:514x", "a port"},
		{"udp://192.0.2.1:+14", "a port"},
		{"udp://192.0.2.1:99999999999999999999", "a port"},
		{"udp://[::1]514", "a port"},
		{"udp://[::1]:514]", "a port"},
		{"udp://[fe80::1]", "interface"},
		{"udp://[fe80::1%]", "interface"},
		{"udp://[fe80::1%0]", "interface"},
		{"udp://[fe80::1%an-interface-too-long]", "interface"},
		{"unix://dev/log", "absolute path"},
		{"unix://", "absolute path"},
		{"unix:///0123456789012345678901234567890123456789012345678901234567890123456789"
		 "012345678901234567890123456789012345678",
			"absolute path"},
	};
	struct output_address a;

	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		const char *wrong = output_parse(&a, mistakes[i][0]);

		assert_non_null(wrong);
		assert_non_null(strstr(wrong, mistakes[i][1]));
	}
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
	assert_int_equal(fake_sys_calls("connect"), 1);
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
	uint32_t delay_ms;
	unsigned calls;
	int fd;

	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fake_sys_reset();
		open_output("udp://192.0.2.1", false);
		assert_int_equal(send_at("x", 0), OUTPUT_SENT);
		fake_sys_fail("sendto", 1, errors[i]);
		assert_int_equal(send_at("x", 5000), OUTPUT_AGAIN);
		assert_int_equal(o.error, errors[i]);
		assert_int_equal(o.errors, 1);
		assert_false(output_wait(&o, 5400, &fd, &delay_ms));
		assert_int_equal(delay_ms, OUTPUT_RETRY_MS - 400);
		calls = fake_sys_calls(NULL);
		assert_int_equal(send_at("x", 5000 + OUTPUT_RETRY_MS - 1), OUTPUT_AGAIN);
		assert_int_equal(fake_sys_calls(NULL), calls);
		fake_sys_fail("connect", 2, errors[i]); /* 1 is AF_UNSPEC */
		assert_int_equal(send_at("x", 5000 + OUTPUT_RETRY_MS), OUTPUT_AGAIN);
		assert_int_equal(o.errors, 2);
		assert_int_equal(send_at("x", 5000 + 2 * OUTPUT_RETRY_MS), OUTPUT_SENT);
		assert_int_equal(fake_sys_calls("connect"), 5);
		assert_int_equal(fake_sys_calls("socket"), 1);
		assert_int_equal(fake_sys_sent_count(), 2);
		close_output();
	}
}

static void test_full(void **state)
{
	uint32_t delay_ms;
	int fd;

	(void)state;
	open_output("udp://192.0.2.1", false);
	fake_sys_fail("sendto", 1, EAGAIN);
	assert_int_equal(send_at("x", 0), OUTPUT_AGAIN);
	assert_true(output_wait(&o, 0, &fd, &delay_ms));
	assert_int_equal(fd, o.fd);
	assert_int_equal(send_at("x", 0), OUTPUT_SENT); /* POLLOUT came at once */
	assert_false(output_wait(&o, 0, &fd, &delay_ms));
	assert_int_equal(delay_ms, 0);

	fake_sys_fail("sendto", 1, ENOBUFS);
	assert_int_equal(send_at("x", 0), OUTPUT_AGAIN);
	assert_false(output_wait(&o, 0, &fd, &delay_ms));
	assert_int_equal(delay_ms, OUTPUT_PAUSE_MS);
	assert_int_equal(send_at("x", OUTPUT_PAUSE_MS), OUTPUT_SENT);
	assert_int_equal(fake_sys_calls("connect"), 1);
	close_output();
}

/* An ICMP answer belongs to an earlier message: this one is sent at once. */
static void test_refused(void **state)
{
	(void)state;
	open_output("udp://192.0.2.1", false);
	fake_sys_fail("sendto", 1, ECONNREFUSED);
	assert_int_equal(send_at("x", 0), OUTPUT_SENT);
	assert_int_equal(o.errors, 1);
	fake_sys_fail("sendto", 0, ECONNREFUSED);
	assert_int_equal(send_at("x", 0), OUTPUT_AGAIN);
	assert_int_equal(o.errors, 3);
	fake_sys_fail("sendto", 0, 0);
	assert_int_equal(send_at("x", OUTPUT_PAUSE_MS), OUTPUT_SENT);
	assert_int_equal(fake_sys_calls("connect"), 1);
	close_output();
}

static void test_too_long(void **state)
{
	(void)state;
	open_output("udp://192.0.2.1", false);
	fake_sys_fail("sendto", 1, EMSGSIZE);
	assert_int_equal(send_at("x", 0), OUTPUT_FAILED);
	assert_int_equal(o.errors, 1);
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
	assert_int_equal(output_open(&o, &address, false, NULL, 0), -EAFNOSUPPORT);
	close_output();
}

/* Whichever call fails, whatever with: no crash, and a later attempt sends. */
static void test_nth_failure(void **state)
{
	static const int errors[] = {
		EINTR, EAGAIN, ENOBUFS, ENOMEM, ECONNREFUSED, ENETUNREACH, EPERM, EBADF};

	(void)state;
	for (size_t e = 0; e < sizeof(errors) / sizeof(errors[0]); e++) {
		for (unsigned n = 1; n < 8; n++) {
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
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_mistakes),
		cmocka_unit_test_setup_teardown(test_null, setup, setup),
		cmocka_unit_test_setup_teardown(test_udp, setup, setup),
		cmocka_unit_test_setup_teardown(test_scope, setup, setup),
		cmocka_unit_test_setup_teardown(test_away, setup, setup),
		cmocka_unit_test_setup_teardown(test_full, setup, setup),
		cmocka_unit_test_setup_teardown(test_refused, setup, setup),
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
