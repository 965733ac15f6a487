/* link: output.o output_parse.o output_stdout.o output_tcp.o fake_sys.o fake_files.o
 * fake_sockets.o */
#include "output.h"
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "fake_sys.h"
#include "limits.h"

static struct output o;
static struct counters counters;

static int setup(void **state)
{
	(void)state;
	fake_sys_reset();
	return 0;
}

static void open_seeded(const char *destination, uint32_t seed)
{
	struct output_address address;
	const struct output_setup parts = {
		.address = &address, .counters = &counters, .seed = seed};

	memset(&counters, 0, sizeof(counters));
	assert_null(output_parse(&address, destination));
	assert_int_equal(output_open(&o, &parts), 0);
}

static void open_output(void)
{
	open_seeded("tcp://192.0.2.1", 1);
}

static void open_connected(int64_t now_ms)
{
	open_output();
	output_turn(&o, now_ms);
	assert_true(output_is_connected(&o));
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

static short events(void)
{
	int fd;
	short wanted = output_events(&o, &fd);

	assert_int_equal(fd, wanted ? o.fd : -1);
	return wanted;
}

/* What was sent, in one piece. */
static const char *sent_text(void)
{
	static char text[200000];
	size_t len = 0;

	for (unsigned i = 0; i < fake_sys_sent_count(); i++) {
		memcpy(text + len, fake_sys_sent(i)->data, fake_sys_sent(i)->len);
		len += fake_sys_sent(i)->len;
	}
	text[len] = '\0';
	return text;
}

/* ---- connecting ------------------------------------------------------------------------ */

static void test_connect(void **state)
{
	const struct fake_socket *s;

	(void)state;
	open_output();
	s = fake_sys_socket_info(o.fd);
	assert_true(s->nonblock && s->cloexec);
	assert_int_equal(s->type, SOCK_STREAM);
	assert_int_equal(fake_sys_calls("setsockopt"), 5);
	assert_true(output_is_away(&o));
	assert_int_equal(send_at("x", 1000), OUTPUT_AGAIN); /* only a turn connects */
	assert_int_equal(fake_sys_calls("connect"), 0);

	fake_sys_fail("connect", 2, EINPROGRESS); /* 1 is AF_UNSPEC */
	output_turn(&o, 1000);
	assert_int_equal(events(), POLLOUT);
	assert_int_equal(output_deadline_ms(&o), 1000 + OUTPUT_CONNECT_MS);
	assert_int_equal(send_at("x", 1000), OUTPUT_AGAIN);
	output_turn(&o, 1500);
	assert_int_equal(fake_sys_calls("connect"), 2);
	output_ready(&o, POLLOUT, 1500);
	assert_true(output_is_connected(&o));
	assert_false(output_is_away(&o));
	assert_int_equal(events(), POLLIN);
	assert_int_equal(output_deadline_ms(&o), INT64_MAX);
	assert_int_equal(counters.output_connections, 1);
	assert_int_equal(counters.send_errors, 0);
	assert_int_equal(send_at("x", 1500), OUTPUT_SENT);
	close_output();
}

/* Refused at once, later, or never answered: one more try, later each time, never before its time;
 * the socket is the same one. */
static void fail_to_connect(unsigned way, int64_t *now_ms)
{
	fake_sys_fail("connect", 2, way == 0 ? ECONNREFUSED : EINPROGRESS);
	output_turn(&o, *now_ms);
	if (way == 1) {
		fake_sys_deliver_error(o.fd, EHOSTUNREACH);
		output_ready(&o, POLLOUT | POLLERR | POLLHUP, *now_ms);
	} else if (way == 2) {
		output_turn(&o, *now_ms + OUTPUT_CONNECT_MS - 1);
		assert_int_equal(o.state, OUTPUT_CONNECTING);
		*now_ms += OUTPUT_CONNECT_MS;
		output_turn(&o, *now_ms);
	}
	assert_false(o.state == OUTPUT_CONNECTING || output_is_connected(&o));
	assert_int_equal(events(), 0);
}

static void test_back_off(void **state)
{
	const int64_t waits[] = {1000, 2000, 4000, 8000, 15000, 15000, 15000, 15000};
	int64_t now_ms = 1000, delays[2];

	(void)state;
	for (unsigned way = 0; way < 3; way++) {
		fake_sys_reset();
		open_output();
		for (unsigned i = 0; i < 8; i++) {
			fail_to_connect(way, &now_ms);
			assert_in_range(
				output_deadline_ms(&o) - now_ms, waits[i] * 3 / 4, waits[i]);
			output_turn(&o, output_deadline_ms(&o) - 1);
			assert_false(o.state == OUTPUT_CONNECTING || output_is_connected(&o));
			now_ms = output_deadline_ms(&o);
		}
		assert_int_equal(fake_sys_calls("socket"), 1);
		assert_int_equal(counters.send_errors, 8);
		assert_int_equal(
			way == 0 ? counters.send_errors_refused : counters.send_errors_unreachable,
			8);
		output_turn(&o, now_ms);
		assert_true(output_is_connected(&o));
		close_output();
	}
	/* Two agents do not come at the same time. */
	for (unsigned i = 0; i < 2; i++) {
		open_seeded("tcp://192.0.2.1", 11 + i * 1000);
		fail_to_connect(0, &now_ms);
		delays[i] = output_deadline_ms(&o) - now_ms;
		close_output();
	}
	assert_int_not_equal(delays[0], delays[1]);
}

/* Nothing left this host: each second. */
static void test_no_network_yet(void **state)
{
	static const int errors[] = {ENETUNREACH, EADDRNOTAVAIL, ENETDOWN};
	int64_t now_ms = 1000;

	(void)state;
	open_output();
	for (unsigned i = 0; i < 30; i++) {
		fake_sys_fail("connect", 2, errors[i % 3]);
		output_turn(&o, now_ms);
		assert_in_range(output_deadline_ms(&o) - now_ms, 750, 1000);
		now_ms = output_deadline_ms(&o);
	}
	assert_int_equal(counters.send_errors_unreachable, 30);
	output_turn(&o, now_ms);
	assert_true(output_is_connected(&o));
	close_output();
}

/* It accepts and leaves: that is no reason to come back every second. One that took something is.
 */
static void test_leaves_at_once(void **state)
{
	int64_t now_ms = 1000;

	(void)state;
	open_output();
	for (unsigned i = 0; i < 7; i++) {
		output_turn(&o, now_ms);
		assert_true(output_is_connected(&o));
		fake_sys_deliver(o.fd, "", 0, NULL, 0);
		output_ready(&o, POLLIN, now_ms);
		assert_false(output_is_connected(&o));
		now_ms = output_deadline_ms(&o);
	}
	assert_in_range(o.backoff_ms, OUTPUT_RETRY_MOST_MS, OUTPUT_RETRY_MOST_MS);
	output_turn(&o, now_ms);
	assert_int_equal(send_at("x", now_ms), OUTPUT_SENT);
	assert_int_equal(output_settled(&o, now_ms), 3);
	fake_sys_deliver(o.fd, "", 0, NULL, 0);
	output_ready(&o, POLLIN, now_ms);
	assert_int_equal(o.backoff_ms, OUTPUT_RETRY_MS);
	assert_int_equal(counters.send_errors_broken, 8);
	close_output();
}

/* ---- frames ---------------------------------------------------------------------------- */

static void test_frames(void **state)
{
	static char large[LIMIT_DATAGRAM_BYTES + 1];

	(void)state;
	open_connected(1000);
	assert_int_equal(send_at("x", 1000), OUTPUT_SENT);
	assert_int_equal(send_at("<110>1 - - - - - -", 1000), OUTPUT_SENT);
	assert_string_equal(sent_text(), "1 x18 <110>1 - - - - - -");
	assert_int_equal(o.settle_mark, 24);
	fake_sys_sent_clear();
	memset(large, 'y', sizeof(large));
	assert_int_equal(output_max_bytes(&o), LIMIT_DATAGRAM_BYTES);
	assert_int_equal(output_send(&o, large, LIMIT_DATAGRAM_BYTES, 1000), OUTPUT_SENT);
	assert_memory_equal(sent_text(), "65507 yy", 8);
	assert_int_equal(strlen(sent_text()), 6 + LIMIT_DATAGRAM_BYTES);
	assert_int_equal(output_send(&o, large, sizeof(large), 1000), OUTPUT_FAILED);
	assert_int_equal(counters.send_errors_too_long, 1);
	close_output();
}

/* A newline behind each; one within would make two messages of it, so that is none. */
static void test_lines(void **state)
{
	(void)state;
	open_output();
	output_set_framing(&o, OUTPUT_NEWLINE, 500);
	output_turn(&o, 1000);
	assert_int_equal(send_at("x", 1000), OUTPUT_SENT);
	assert_int_equal(send_at("<110>1 - - - - - -", 1000), OUTPUT_SENT);
	assert_string_equal(sent_text(), "x\n<110>1 - - - - - -\n");
	assert_int_equal(o.settle_mark, 21);
	assert_int_equal(send_at("\n", 1000), OUTPUT_FAILED);
	assert_int_equal(send_at("{}\n", 1000), OUTPUT_FAILED);
	assert_int_equal(send_at("{}\n<110>1 - - - - - - forged", 1000), OUTPUT_FAILED);
	assert_int_equal(counters.send_errors, 3);
	assert_int_equal(counters.send_errors_other, 3);
	assert_true(output_is_connected(&o));
	assert_int_equal(o.frame_sent, 0);
	assert_int_equal(send_at("y\r", 1000), OUTPUT_SENT);
	assert_string_equal(sent_text(), "x\n<110>1 - - - - - -\ny\r\n");
	close_output();
	/* With its length before it it may hold what it likes. */
	open_connected(1000);
	fake_sys_sent_clear();
	assert_int_equal(send_at("a\nb", 1000), OUTPUT_SENT);
	assert_string_equal(sent_text(), "3 a\nb");
	close_output();
}

/* A connection does not change its mind: the next one does, at once, and begins the message anew.
 */
static void test_other_framing(void **state)
{
	uint32_t breaks;

	(void)state;
	open_connected(1000);
	fake_sys_short(4);
	assert_int_equal(send_at("0123456789", 1000), OUTPUT_AGAIN);
	output_set_framing(&o, OUTPUT_OCTET, 2000);
	assert_true(output_is_connected(&o)); /* as it was */
	breaks = o.breaks;
	output_set_framing(&o, OUTPUT_NEWLINE, 2000);
	assert_false(output_is_connected(&o));
	assert_int_equal(o.breaks, breaks + 1);
	assert_int_equal(o.frame_sent, 0);
	assert_int_equal(output_deadline_ms(&o), 2000);
	fake_sys_short(0);
	fake_sys_sent_clear();
	output_turn(&o, 2000);
	assert_int_equal(send_at("0123456789", 2000), OUTPUT_SENT);
	assert_string_equal(sent_text(), "0123456789\n");
	close_output();
}

/* However short the pieces: the same bytes. */
static void check_pieces(enum output_framing framing, const char *all)
{
	static const char *const texts[] = {"a", "0123456789", "the quick brown fox", "z"};

	for (unsigned bytes = 1; bytes < 25; bytes++) {
		fake_sys_reset();
		open_output();
		output_set_framing(&o, framing, 1000);
		output_turn(&o, 1000);
		fake_sys_short(bytes);
		for (unsigned i = 0; i < 4; i++) {
			unsigned turns = 0;

			while (send_at(texts[i], 1000) != OUTPUT_SENT) {
				assert_true(++turns < 50);
				assert_true(o.frame_sent > 0);
				assert_int_equal(events(), POLLIN | POLLOUT);
				/* Not before there is room. */
				assert_int_equal(send_at(texts[i], 1000), OUTPUT_AGAIN);
				output_ready(&o, POLLOUT, 1000);
			}
			assert_int_equal(o.frame_sent, 0);
		}
		assert_string_equal(sent_text(), all);
		assert_int_equal(o.sent, strlen(sent_text()));
		assert_int_equal(counters.send_errors, 0);
		close_output();
	}
}

static void test_pieces(void **state)
{
	(void)state;
	check_pieces(OUTPUT_OCTET, "1 a10 012345678919 the quick brown fox1 z");
	check_pieces(OUTPUT_NEWLINE, "a\n0123456789\nthe quick brown fox\nz\n");
}

static void test_full(void **state)
{
	(void)state;
	open_connected(1000);
	fake_sys_writable(o.fd, false);
	assert_int_equal(send_at("x", 1000), OUTPUT_AGAIN);
	assert_int_equal(o.frame_sent, 0);
	assert_int_equal(events(), POLLIN | POLLOUT);
	assert_int_equal(output_deadline_ms(&o), INT64_MAX);
	fake_sys_writable(o.fd, true);
	output_ready(&o, POLLOUT, 1000);
	assert_int_equal(send_at("x", 1000), OUTPUT_SENT);
	assert_int_equal(counters.send_errors, 0);
	close_output();
}

/* ---- broken connections ------------------------------------------------------------------ */

/* In the middle of a frame: it begins anew on the next connection. */
static void test_broken(void **state)
{
	static const int errors[] = {EPIPE, ECONNRESET, ETIMEDOUT, EHOSTUNREACH, ENOBUFS, EBADF};
	int64_t now_ms;

	(void)state;
	for (unsigned i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fake_sys_reset();
		now_ms = 1000;
		open_connected(now_ms);
		fake_sys_short(4);
		assert_int_equal(send_at("0123456789", now_ms), OUTPUT_AGAIN);
		assert_int_equal(o.frame_sent, 4);
		output_ready(&o, POLLOUT, now_ms);
		fake_sys_fail("sendmsg", 1, errors[i]);
		assert_int_equal(send_at("0123456789", now_ms), OUTPUT_AGAIN);
		assert_int_equal(o.error, errors[i]);
		assert_int_equal(o.breaks, 1);
		assert_int_equal(o.frame_sent, 0);
		assert_true(output_is_away(&o));
		fake_sys_short(0);
		fake_sys_sent_clear();
		now_ms = output_deadline_ms(&o);
		output_turn(&o, now_ms);
		assert_int_equal(send_at("0123456789", now_ms), OUTPUT_SENT);
		assert_string_equal(sent_text(), "10 0123456789");
		assert_int_equal(o.sent, 13);
		assert_int_equal(counters.output_connections, 2);
		assert_int_equal(counters.send_errors, 1);
		assert_int_equal(fake_sys_calls("socket"), 1);
		close_output();
	}
}

/* What the peer says is read and forgotten; its end is not. */
static void test_peer_talks(void **state)
{
	(void)state;
	open_connected(1000);
	for (unsigned i = 0; i < 20; i++)
		fake_sys_deliver(o.fd, "blah blah", 9, NULL, 0);
	output_ready(&o, POLLIN, 1000);
	assert_int_equal(fake_sys_pending(o.fd), 12); /* the rest when its turn comes */
	output_ready(&o, POLLIN, 1000);
	output_ready(&o, POLLIN, 1000);
	assert_int_equal(fake_sys_pending(o.fd), 0);
	output_ready(&o, POLLIN, 1000); /* a mistake */
	assert_true(output_is_connected(&o));
	fake_sys_deliver(o.fd, "bye", 3, NULL, 0);
	fake_sys_deliver(o.fd, "", 0, NULL, 0);
	output_ready(&o, POLLIN, 1000);
	assert_false(output_is_connected(&o));
	assert_int_equal(o.breaks, 1);
	output_turn(&o, output_deadline_ms(&o));
	fake_sys_deliver_error(o.fd, ECONNRESET);
	output_ready(&o, POLLIN | POLLERR | POLLHUP, 5000);
	assert_false(output_is_connected(&o));
	assert_int_equal(o.error, ECONNRESET);
	assert_int_equal(counters.send_errors_broken, 2);
	close_output();
}

static void test_settled(void **state)
{
	(void)state;
	open_connected(1000);
	assert_int_equal(send_at("0123456789", 1000), OUTPUT_SENT); /* 13 bytes */
	assert_int_equal(send_at("0123456789", 1000), OUTPUT_SENT);
	fake_sys_unacknowledged(o.fd, 26);
	assert_int_equal(output_settled(&o, 1000), 0);
	fake_sys_unacknowledged(o.fd, 20);
	assert_int_equal(output_settled(&o, 1000), 6);
	fake_sys_unacknowledged(o.fd, 27); /* cannot be */
	assert_int_equal(output_settled(&o, 1000), 6);
	fake_sys_fail("outq", 1, EINVAL);
	assert_int_equal(output_settled(&o, 1000), 6);
	/* A part of a frame counts as well. */
	fake_sys_short(5);
	assert_int_equal(send_at("0123456789", 1000), OUTPUT_AGAIN);
	fake_sys_unacknowledged(o.fd, 5);
	assert_int_equal(output_settled(&o, 1000), 26);
	fake_sys_unacknowledged(o.fd, 0);
	assert_int_equal(output_settled(&o, 1000), 31);
	output_reset(&o, 1000);
	fake_sys_unacknowledged(o.fd, 65536); /* as the kernel says after a disconnect */
	assert_int_equal(output_settled(&o, 1000), 0);
	close_output();
}

/* The numbers of a long connection wrap. */
static void test_wrap(void **state)
{
	(void)state;
	open_connected(1000);
	o.sent = o.settled = UINT32_MAX - 5;
	assert_int_equal(send_at("0123456789", 1000), OUTPUT_SENT);
	assert_int_equal(o.settle_mark, 7);
	fake_sys_unacknowledged(o.fd, 13);
	assert_int_equal(output_settled(&o, 1000), UINT32_MAX - 5);
	fake_sys_unacknowledged(o.fd, 1);
	assert_int_equal(output_settled(&o, 1000), 6);
	close_output();
}

static void test_rest(void **state)
{
	(void)state;
	open_connected(1000);
	output_rest(&o, true, 2000);
	assert_true(fake_sys_socket_info(o.fd)->shut);
	assert_int_equal(events(), 0);
	assert_int_equal(output_deadline_ms(&o), INT64_MAX);
	output_turn(&o, 100000);
	assert_int_equal(fake_sys_calls("connect"), 2);
	output_rest(&o, false, 200000);
	output_turn(&o, 200000);
	assert_true(output_is_connected(&o));
	assert_false(fake_sys_socket_info(o.fd)->shut);
	assert_int_equal(fake_sys_calls("connect"), 4); /* AF_UNSPEC before it */
	close_output();
}

/* ---- any call, any error ----------------------------------------------------------------- */

/* A turn of the loop in which poll() finds whatever is so. */
static void turn(int64_t now_ms)
{
	short wanted = events();

	if (wanted)
		output_ready(&o, wanted, now_ms);
	output_turn(&o, now_ms);
}

/* No crash, frames stay exact, and it goes on afterwards. */
static void test_nth_failure(void **state)
{
	static const int errors[] = {EINTR, EAGAIN, ENOBUFS, ENOMEM, ECONNREFUSED, ENETUNREACH,
		EPERM, EPIPE, ECONNRESET, ETIMEDOUT, EINPROGRESS, EBADF};

	(void)state;
	for (size_t e = 0; e < sizeof(errors) / sizeof(errors[0]); e++) {
		for (unsigned n = 1; n < 40; n++) {
			int64_t now_ms = 1000;
			unsigned sent = 0;

			fake_sys_reset();
			open_seeded("tcp://[fe80::1%eth0]", 1);
			fake_sys_short(7);
			fake_sys_fail_nth(n, errors[e]);
			for (unsigned i = 0; i < 200 && sent < 20; i++, now_ms += 300) {
				turn(now_ms);
				sent += send_at("0123456789", now_ms) == OUTPUT_SENT;
				output_settled(&o, now_ms);
			}
			assert_int_equal(sent, 20);
			/* Once broken, the last connection's bytes are whole frames. */
			assert_int_equal(o.sent % 13, 0);
			assert_true(counters.send_errors <= 1);
			close_output();
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_connect, setup, setup),
		cmocka_unit_test_setup_teardown(test_back_off, setup, setup),
		cmocka_unit_test_setup_teardown(test_no_network_yet, setup, setup),
		cmocka_unit_test_setup_teardown(test_leaves_at_once, setup, setup),
		cmocka_unit_test_setup_teardown(test_frames, setup, setup),
		cmocka_unit_test_setup_teardown(test_lines, setup, setup),
		cmocka_unit_test_setup_teardown(test_other_framing, setup, setup),
		cmocka_unit_test_setup_teardown(test_pieces, setup, setup),
		cmocka_unit_test_setup_teardown(test_full, setup, setup),
		cmocka_unit_test_setup_teardown(test_broken, setup, setup),
		cmocka_unit_test_setup_teardown(test_peer_talks, setup, setup),
		cmocka_unit_test_setup_teardown(test_settled, setup, setup),
		cmocka_unit_test_setup_teardown(test_wrap, setup, setup),
		cmocka_unit_test_setup_teardown(test_rest, setup, setup),
		cmocka_unit_test_setup_teardown(test_nth_failure, setup, setup),
	};

	return cmocka_run_group_tests_name("output_tcp", tests, NULL, NULL);
}
