/* link: sys.o */
/*
 * Delivery against the kernel itself, on loopback: what fakes cannot show. The collector is in this
 * process, and reads, dawdles, resets and goes away as the test says.
 */
#include "delivery.h"
#include <errno.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "sys.h"

#define MOST 20000u

static struct delivery delivery;
static struct counters counters;
static struct spool spool;
static _Alignas(8) char spool_memory[LIMIT_SPOOL_BYTES];
static uint32_t made;

/* ---- the collector ----------------------------------------------------------------------- */

static struct {
	int family, listener, connection; /* -1: none */
	uint16_t port;
	size_t chunk; /* bytes read a turn, 0: none */
	size_t len;
	char text[256 * 1024];
	uint32_t last; /* of this connection */
	unsigned connections, total;
	unsigned times[MOST + 1];
} c;

static union output_peer address_of(int family, uint16_t port, socklen_t *len)
{
	union output_peer a;

	memset(&a, 0, sizeof(a));
	a.any.sa_family = (sa_family_t)family;
	if (family == AF_INET) {
		a.ip4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		a.ip4.sin_port = htons(port);
	} else {
		a.ip6.sin6_addr = in6addr_loopback;
		a.ip6.sin6_port = htons(port);
	}
	*len = family == AF_INET ? sizeof(a.ip4) : sizeof(a.ip6);
	return a;
}

static void collector_comes(int type)
{
	socklen_t len;
	union output_peer a = address_of(c.family, c.port, &len);
	int one = 1, small = 4096;

	c.listener = socket(c.family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(c.listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (type == SOCK_STREAM)
		setsockopt(c.listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	assert_int_equal(bind(c.listener, &a.any, len), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(c.listener, 5), 0);
	assert_int_equal(getsockname(c.listener, &a.any, &len), 0);
	c.port = ntohs(c.family == AF_INET ? a.ip4.sin_port : a.ip6.sin6_port);
}

static void collector_hangs_up(bool reset)
{
	const struct linger now = {.l_onoff = 1, .l_linger = 0};

	if (c.connection < 0)
		return;
	if (reset)
		setsockopt(c.connection, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(c.connection);
	c.connection = -1;
	c.len = 0;
}

static void collector_goes(bool reset)
{
	collector_hangs_up(reset);
	if (c.listener >= 0)
		close(c.listener);
	c.listener = -1;
}

static void message_came(const char *text, size_t len)
{
	uint32_t number = (uint32_t)atoi(text);

	assert_in_range(number, 1, made);
	for (size_t i = strspn(text, "0123456789"); i < len; i++)
		assert_int_equal(text[i], 'a' + (char)(number % 26));
	if (c.connection >= 0) {
		assert_true(number > c.last);
		c.last = number;
	}
	/* For the first time: behind all that came for the first time. */
	if (c.connection >= 0 && c.times[number] == 0)
		for (uint32_t i = number + 1; i <= made; i++)
			assert_int_equal(c.times[i], 0);
	c.times[number]++;
	c.total++;
}

static size_t read_frame(size_t at)
{
	size_t len = 0, i = at;

	for (; i < c.len && c.text[i] != ' '; i++) {
		assert_in_range(c.text[i], i == at ? '1' : '0', '9');
		len = len * 10 + (size_t)(c.text[i] - '0');
	}
	if (i == c.len || c.len - i - 1 < len)
		return 0;
	message_came(c.text + i + 1, len);
	return i + 1 + len - at;
}

static void collector_reads(void)
{
	size_t done = 0, n, want;
	ssize_t got;

	if (c.connection < 0 && c.listener >= 0) {
		c.connection = accept4(c.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		c.connections += c.connection >= 0;
		c.last = 0;
	}
	want = c.chunk < sizeof(c.text) - c.len ? c.chunk : sizeof(c.text) - c.len;
	if (c.connection < 0 || want == 0)
		return;
	got = recv(c.connection, c.text + c.len, want, 0);
	if (got <= 0) {
		if (got == 0 || errno != EAGAIN)
			collector_hangs_up(false);
		return;
	}
	c.len += (size_t)got;
	while ((n = read_frame(done)) > 0)
		done += n;
	memmove(c.text, c.text + done, c.len - done);
	c.len -= done;
}

static void collector_reads_datagrams(void)
{
	static char text[LIMIT_DATAGRAM_BYTES];
	ssize_t n;

	while (c.listener >= 0 && (n = recv(c.listener, text, sizeof(text), 0)) > 0)
		message_came(text, (size_t)n);
}

/* ---- ours -------------------------------------------------------------------------------- */

static void begin(const char *scheme, uint32_t spool_bytes)
{
	struct output_address address;
	char destination[64];
	const struct delivery_setup setup = {
		.counters = &counters,
		.spool = &spool,
		.output = &address,
		.names = {destination, NULL},
		.datagram_bytes = 8000,
		.fallback_after_ms = 60000,
		.seed = 12345,
	};
	unsigned failed;

	snprintf(destination, sizeof(destination), "%s://%s:%u", scheme,
		c.family == AF_INET ? "127.0.0.1" : "[::1]", c.port);
	assert_null(output_parse(&address, destination));
	memset(&counters, 0, sizeof(counters));
	spool_init(&spool, spool_memory, spool_bytes, DROP_OLDEST);
	assert_int_equal(delivery_init(&delivery, &setup, &failed), 0);
}

static void check(void)
{
	assert_int_equal(made,
		counters.messages_sent + counters.messages_dropped + delivery_held(&delivery));
	assert_int_equal(delivery.flight_count, spool.in_flight);
}

static void turn(int wait_ms)
{
	struct pollfd p[4] = {{.fd = -1}, {.fd = -1}, {.fd = c.listener, .events = POLLIN},
		{.fd = c.chunk ? c.connection : -1, .events = POLLIN}};
	int64_t wanted_ms = delivery_deadline_ms(&delivery) - sys_monotonic_ms();

	if (wanted_ms < wait_ms)
		wait_ms = wanted_ms > 0 ? (int)wanted_ms : 0;
	for (unsigned i = 0; i < DELIVERY_OUTPUTS; i++)
		p[i].events = delivery_events(&delivery, i, &p[i].fd);
	poll(p, 4, wait_ms);
	for (unsigned i = 0; i < DELIVERY_OUTPUTS; i++)
		if (p[i].revents)
			delivery_ready(&delivery, i, p[i].revents, sys_monotonic_ms());
	if (delivery.outputs[0].address.kind == OUTPUT_TCP)
		collector_reads();
	else
		collector_reads_datagrams();
	delivery_turn(&delivery, sys_monotonic_ms());
	check();
}

static void run_for(int64_t ms)
{
	const int64_t until_ms = sys_monotonic_ms() + ms;
	unsigned turns = 0;

	while (sys_monotonic_ms() < until_ms) {
		turn((int)(until_ms - sys_monotonic_ms()));
		turns++;
	}
	if (ms >= 1000)
		assert_true(turns < 200 * (unsigned)ms); /* it does not spin */
}

static void send_one(size_t len)
{
	static char text[8000];
	const uint32_t number = ++made;
	size_t digits;

	assert_true(number <= MOST);
	memset(text, 'a' + (char)(number % 26), sizeof(text));
	digits = (size_t)sprintf(text, "%u", number);
	text[digits] = 'a' + (char)(number % 26);
	delivery_send(&delivery, (struct span){text, (uint32_t)(len > 10 ? len : 10)}, 6,
		sys_monotonic_ms());
	check();
}

static bool finish(int64_t ms)
{
	const int64_t until_ms = sys_monotonic_ms() + ms;

	while (delivery_held(&delivery) > 0 && sys_monotonic_ms() < until_ms)
		turn(100);
	/* On a busy machine its kernel may have what the collector had no turn to read. */
	for (unsigned i = 0; i < 20; i++)
		turn(0);
	return delivery_held(&delivery) == 0;
}

static unsigned missing(void)
{
	unsigned n = 0;

	for (uint32_t i = 1; i <= made; i++)
		n += c.times[i] == 0;
	return n;
}

static int setup(void **state)
{
	(void)state;
	memset(&c, 0, sizeof(c));
	c.family = AF_INET;
	c.listener = c.connection = -1;
	c.chunk = 65536;
	made = 0;
	srand(1);
	collector_comes(SOCK_STREAM);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	collector_goes(false);
	return 0;
}

static void end(void)
{
	delivery_stop(&delivery, sys_monotonic_ms() + 500);
	check();
	assert_int_equal(delivery_held(&delivery), 0);
}

/* ---- TCP --------------------------------------------------------------------------------- */

static void test_plain(void **state)
{
	(void)state;
	for (unsigned v6 = 0; v6 < 2; v6++) {
		collector_goes(false);
		memset(c.times, 0, sizeof(c.times));
		made = c.total = 0;
		c.family = v6 ? AF_INET6 : AF_INET;
		collector_comes(SOCK_STREAM);
		begin("tcp", LIMIT_SPOOL_BYTES);
		for (unsigned i = 0; i < 2000; i++) {
			send_one((size_t)rand() % 4000);
			if (i % 10 == 0)
				turn(0);
		}
		assert_true(finish(10000));
		assert_int_equal(missing(), 0);
		assert_int_equal(c.total, made);
		assert_int_equal(counters.send_errors, 0);
		end();
	}
}

/* Resets wherever they fall, the same socket each time. */
static void test_resets(void **state)
{
	const unsigned resets = 4;
	int fd;

	(void)state;
	begin("tcp", LIMIT_SPOOL_BYTES);
	fd = delivery.outputs[0].fd;
	c.chunk = 1777;
	for (unsigned i = 0; i < resets; i++) {
		for (unsigned n = 0; n < 60; n++)
			send_one((size_t)rand() % 6000);
		/* It lasts long enough, so the next one comes after a second. */
		for (unsigned before = c.total; c.total < before + 10;)
			turn(100);
		c.chunk = 0;
		run_for(OUTPUT_DOUBT_MS + 100);
		/* In the middle of a frame, and of what the kernel has. */
		c.chunk = 1777;
		for (unsigned before = c.total; c.total < before + 10 || c.len == 0;)
			turn(100);
		collector_hangs_up(i & 1);
		run_for(50);
	}
	c.chunk = 65536;
	assert_true(finish(20000));
	assert_int_equal(missing(), 0);
	assert_true(counters.messages_repeated > 0);
	assert_int_equal(counters.output_connections, c.connections);
	assert_true(c.connections >= resets + 1);
	assert_int_equal(delivery.outputs[0].fd, fd);
	end();
}

/* He reads slowly: it is held back, not lost. With little room what goes is counted. */
static void test_slow(void **state)
{
	static const uint32_t sizes[] = {LIMIT_SPOOL_BYTES, 16384};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		memset(c.times, 0, sizeof(c.times));
		made = 0;
		begin("tcp", sizes[i]);
		c.chunk = 1000;
		for (unsigned n = 0; n < 1500; n++) {
			send_one(2000);
			turn(0);
		}
		c.chunk = 65536;
		assert_true(finish(20000));
		assert_int_equal(missing(), counters.messages_dropped);
		assert_int_equal(counters.messages_dropped > 0, i == 1);
		assert_int_equal(counters.send_errors, 0);
		end();
		run_for(50);
	}
}

/* Nothing is sent, and yet his end is noticed; then he is away for 3 s. */
static void test_away(void **state)
{
	int64_t back_ms;

	(void)state;
	begin("tcp", 1 << 20);
	for (unsigned i = 0; i < 20; i++)
		send_one(500);
	run_for(700);
	assert_int_equal(counters.messages_sent, 20);
	collector_goes(false);
	run_for(100);
	assert_false(output_is_connected(&delivery.outputs[0]));
	assert_int_equal(counters.send_errors_broken, 1);
	for (unsigned i = 0; i < 100; i++) {
		send_one(500);
		run_for(30);
	}
	assert_int_equal(spool.waiting, 100);
	assert_true(counters.send_errors_refused > 0);
	back_ms = sys_monotonic_ms();
	collector_comes(SOCK_STREAM);
	assert_true(finish(8000));
	assert_true(sys_monotonic_ms() - back_ms < 6000);
	assert_int_equal(missing(), 0);
	assert_int_equal(c.total, made);
	end();
}

static void test_refused_at_start(void **state)
{
	(void)state;
	collector_goes(false);
	begin("tcp", 1 << 20);
	for (unsigned i = 0; i < 50; i++)
		send_one(500);
	run_for(300);
	assert_int_equal(spool.waiting, 50);
	assert_int_equal(counters.send_errors_refused, 1);
	collector_comes(SOCK_STREAM);
	assert_true(finish(5000));
	assert_int_equal(c.total, 50);
	end();
}

static int option(int level, int name)
{
	socklen_t len = sizeof(int);
	int value = 0;

	assert_int_equal(getsockopt(delivery.outputs[0].fd, level, name, &value, &len), 0);
	return value;
}

/* What was set once holds for every connection of the socket. */
static void test_options_stay(void **state)
{
	(void)state;
	begin("tcp", 1 << 20);
	for (unsigned i = 0; i < 3; i++) {
		send_one(100);
		assert_true(finish(5000)); /* so the next wait is 1 s again */
		assert_true(output_is_connected(&delivery.outputs[0]));
		assert_int_equal(option(SOL_SOCKET, SO_KEEPALIVE), 1);
		assert_int_equal(option(IPPROTO_TCP, TCP_USER_TIMEOUT), OUTPUT_DEAD_MS);
		assert_int_equal(option(IPPROTO_TCP, TCP_KEEPIDLE), OUTPUT_DEAD_MS / 2000);
		collector_hangs_up(i & 1);
	}
	end();
}

/* From IPv4 to IPv6 and back, with the sockets that were made at the start. */
static void test_change(void **state)
{
	struct output_address a;
	uint16_t ports[2];
	char destination[64];

	(void)state;
	begin("tcp", 1 << 20);
	ports[0] = c.port;
	for (unsigned i = 0; i < 6; i++) {
		for (unsigned n = 0; n < 20; n++)
			send_one(700);
		assert_true(finish(5000));
		c.family = c.family == AF_INET ? AF_INET6 : AF_INET;
		collector_goes(false);
		c.port = 0;
		collector_comes(SOCK_STREAM);
		snprintf(destination, sizeof(destination), "tcp://%s:%u",
			c.family == AF_INET ? "127.0.0.1" : "[::1]", c.port);
		assert_null(output_parse(&a, destination));
		assert_int_equal(delivery_change(&delivery, DELIVERY_PRIMARY, &a, "other",
					 sys_monotonic_ms()),
			0);
	}
	ports[1] = c.port;
	assert_int_not_equal(ports[0], ports[1]);
	assert_int_equal(missing(), 0);
	end();
}

/* ---- UDP --------------------------------------------------------------------------------- */

/* The port is closed for a while: loopback says so at once, and all is sent again. */
static void test_udp_away(void **state)
{
	(void)state;
	collector_goes(false);
	collector_comes(SOCK_DGRAM);
	begin("udp", 1 << 20);
	for (unsigned i = 0; i < 200; i++) {
		if (i == 50)
			collector_goes(false);
		if (i == 150)
			collector_comes(SOCK_DGRAM);
		send_one(1000);
		run_for(20);
	}
	assert_true(finish(8000));
	assert_int_equal(missing(), 0);
	assert_true(counters.send_errors_refused > 0);
	assert_true(counters.messages_repeated > 0);
	end();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_plain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_resets, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slow, setup, teardown),
		cmocka_unit_test_setup_teardown(test_away, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused_at_start, setup, teardown),
		cmocka_unit_test_setup_teardown(test_options_stay, setup, teardown),
		cmocka_unit_test_setup_teardown(test_change, setup, teardown),
		cmocka_unit_test_setup_teardown(test_udp_away, setup, teardown),
	};

	return cmocka_run_group_tests_name("delivery, real", tests, NULL, NULL);
}
