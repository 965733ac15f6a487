/* link: output.o output_parse.o output_stdout.o output_tcp.o sys.o */
/*
 * The output against the kernel itself: loopback, a unix socket in a fresh directory, pipes.
 * What fakes cannot show: what a full queue, a closed port and a shared pipe really do.
 */
#include "output.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "limits.h"

static struct output o;
static struct counters counters;
static char buffer[16 * 1024];
static char received[128 * 1024];

static int open_output(const char *destination, bool blocking)
{
	struct output_address address;
	const struct output_setup setup = {.address = &address,
		.counters = &counters,
		.blocking = blocking,
		.seed = 1,
		.buffer = buffer,
		.buffer_size = sizeof(buffer)};

	assert_null(output_parse(&address, destination));
	memset(&counters, 0, sizeof(counters));
	return output_open(&o, &setup);
}

static enum output_result send_text(const char *text, int64_t now_ms)
{
	return output_send(&o, text, strlen(text), now_ms);
}

static void expect_received(int fd, const char *text)
{
	ssize_t n = recv(fd, received, sizeof(received), 0);

	assert_int_equal(n, strlen(text));
	assert_memory_equal(received, text, strlen(text));
}

/* ---- UDP ------------------------------------------------------------------------------- */

static int listen_udp(int family, char *destination, size_t size)
{
	union {
		struct sockaddr any;
		struct sockaddr_in ip4;
		struct sockaddr_in6 ip6;
	} a = {0};
	socklen_t len = family == AF_INET ? sizeof(a.ip4) : sizeof(a.ip6);
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	a.any.sa_family = (sa_family_t)family;
	if (family == AF_INET)
		a.ip4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		a.ip6.sin6_addr = in6addr_loopback;
	if (bind(fd, &a.any, len) < 0) {
		close(fd);
		return -1;
	}
	assert_int_equal(getsockname(fd, &a.any, &len), 0);
	if (family == AF_INET)
		snprintf(destination, size, "udp://127.0.0.1:%u", ntohs(a.ip4.sin_port));
	else
		snprintf(destination, size, "udp://[::1]:%u", ntohs(a.ip6.sin6_port));
	return fd;
}

static void check_udp(int family)
{
	static char large[LIMIT_DATAGRAM_BYTES + 100];
	char destination[64];
	int fd = listen_udp(family, destination, sizeof(destination));

	if (fd < 0)
		skip();
	assert_int_equal(open_output(destination, false), 0);
	assert_int_equal(send_text("hello", 0), OUTPUT_SENT);
	expect_received(fd, "hello");
	memset(large, 'x', sizeof(large));
	assert_int_equal(output_send(&o, large, output_max_bytes(&o), 0), OUTPUT_SENT);
	assert_int_equal(recv(fd, received, sizeof(received), 0), LIMIT_DATAGRAM_BYTES);
	assert_int_equal(output_send(&o, large, sizeof(large), 0), OUTPUT_FAILED);
	assert_int_equal(o.error, EMSGSIZE);
	assert_int_equal(send_text("again", 0), OUTPUT_SENT);
	expect_received(fd, "again");
	output_close(&o, 0);
	close(fd);
}

static void test_udp4(void **state)
{
	(void)state;
	check_udp(AF_INET);
}

static void test_udp6(void **state)
{
	(void)state;
	check_udp(AF_INET6);
}

/* Nobody listens: the kernel says so, and it is told to whoever has it back. */
static void test_udp_refused(void **state)
{
	char destination[64];
	int fd = listen_udp(AF_INET, destination, sizeof(destination));

	(void)state;
	assert_int_equal(open_output(destination, false), 0);
	close(fd);
	assert_int_equal(send_text("one", 0), OUTPUT_SENT);
	assert_int_equal(counters.send_errors, 0);
	assert_int_equal(send_text("two", 0), OUTPUT_AGAIN);
	assert_int_equal(counters.send_errors_refused, 1);
	assert_int_equal(o.breaks, 1);
	assert_int_equal(send_text("one", OUTPUT_RETRY_MS), OUTPUT_SENT);
	output_settled(&o, OUTPUT_RETRY_MS);
	assert_int_equal(counters.send_errors_refused, 2);
	assert_int_equal(o.breaks, 2);
	output_close(&o, 0);
}

/* ---- unix datagrams ---------------------------------------------------------------------- */

static char directory[64];
static char socket_path[96];

static int make_directory(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/test_output.XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(socket_path, sizeof(socket_path), "%s/log", directory);
	return 0;
}

static int remove_directory(void **state)
{
	(void)state;
	unlink(socket_path);
	return rmdir(directory);
}

static int listen_unix(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", socket_path);
	unlink(socket_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static bool polls_writable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	return poll(&p, 1, 0) == 1;
}

static void test_unix_comes_and_goes(void **state)
{
	char destination[128];
	int64_t now_ms = 0;
	int fd;

	(void)state;
	snprintf(destination, sizeof(destination), "unix://%s", socket_path);
	assert_int_equal(open_output(destination, false), 0);
	assert_int_equal(send_text("one", now_ms), OUTPUT_AGAIN);
	assert_int_equal(o.error, ENOENT);
	fd = listen_unix();
	assert_int_equal(send_text("one", now_ms), OUTPUT_AGAIN); /* not yet its time */
	now_ms += OUTPUT_RETRY_MS;
	assert_int_equal(send_text("one", now_ms), OUTPUT_SENT);
	expect_received(fd, "one");
	close(fd);
	assert_int_equal(send_text("two", now_ms), OUTPUT_AGAIN);
	assert_int_equal(o.error, ECONNREFUSED);
	fd = listen_unix();
	now_ms += OUTPUT_RETRY_MS;
	assert_int_equal(send_text("two", now_ms), OUTPUT_SENT);
	expect_received(fd, "two");
	close(fd);
	output_close(&o, now_ms);
}

static void test_unix_full(void **state)
{
	char destination[128], text[16];
	unsigned sent = 0, got = 0;
	int fd = listen_unix(), wait_fd;

	(void)state;
	snprintf(destination, sizeof(destination), "unix://%s", socket_path);
	assert_int_equal(open_output(destination, false), 0);
	for (; sent < 100000; sent++) {
		snprintf(text, sizeof(text), "%u", sent);
		if (send_text(text, 0) != OUTPUT_SENT)
			break;
	}
	assert_in_range(sent, 1, 99999);
	assert_int_equal(o.error, EAGAIN);
	assert_int_equal(output_events(&o, &wait_fd), POLLOUT);
	assert_false(polls_writable(wait_fd));
	for (; got < sent; got++) {
		snprintf(text, sizeof(text), "%u", got);
		expect_received(fd, text);
	}
	assert_true(polls_writable(wait_fd));
	assert_int_equal(send_text("after", 0), OUTPUT_SENT);
	expect_received(fd, "after");
	close(fd);
	output_close(&o, 0);
}

/* ---- stdout, as `run` uses it -------------------------------------------------------------- */

static int saved_stdout = -1;

/* cmocka writes to stdout too: no assertion between these two. */
static void take_stdout(int fd)
{
	fflush(stdout);
	saved_stdout = dup(1);
	dup2(fd, 1);
}

static void give_stdout_back(void)
{
	dup2(saved_stdout, 1);
	close(saved_stdout);
}

static size_t read_available(int fd, char *to, size_t size)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t len = 0;

	while (len < size && poll(&p, 1, 0) == 1 && p.revents & POLLIN) {
		ssize_t n = read(fd, to + len, size - len);

		if (n <= 0)
			break;
		len += (size_t)n;
	}
	return len;
}

/*
 * Fill a stdout until it takes no more, empty it, and see that everything came, whole and in
 * order. Would anything block, the alarm would end the test. Returns how many were sent.
 */
static unsigned fill_and_empty(int reader, int writer, bool cautious, bool *was_changed)
{
	static char all[4 * 1024 * 1024], want[sizeof(all)];
	size_t len = 0, want_len = 0;
	unsigned sent = 0;
	int opened;

	alarm(20);
	take_stdout(writer);
	opened = open_output("stdout", false);
	if (cautious) {
		if (o.fd > 2)
			close(o.fd);
		o.fd = 1;
		o.polls_first = true;
	}
	for (unsigned turn = 0; opened == 0 && turn < 5; turn++) {
		char text[3001];

		for (;;) {
			int n = snprintf(text, sizeof(text), "{\"n\":%u,\"s\":\"%0*u\"}", sent,
				(int)(sent * 37 % 2900), 0);

			if (output_send(&o, text, (size_t)n, 0) != OUTPUT_SENT)
				break;
			sent++;
			want_len += (size_t)snprintf(
				want + want_len, sizeof(want) - want_len, "%s\n", text);
		}
		len += read_available(reader, all + len, sizeof(all) - len);
	}
	*was_changed = fcntl(writer, F_GETFL) & O_NONBLOCK;
	for (unsigned turn = 0; turn < 100 && output_flush(&o, 0) != OUTPUT_SENT; turn++)
		len += read_available(reader, all + len, sizeof(all) - len);
	output_close(&o, 0);
	give_stdout_back();
	alarm(0);
	len += read_available(reader, all + len, sizeof(all) - len);
	assert_int_equal(opened, 0);
	assert_int_equal(len, want_len);
	assert_memory_equal(all, want, len);
	return sent;
}

static void test_stdout_pipe(void **state)
{
	bool changed;
	int ends[2];

	(void)state;
	for (int cautious = 0; cautious < 2; cautious++) {
		assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
		assert_in_range(fill_and_empty(ends[0], ends[1], cautious, &changed), 50, 10000);
		assert_false(changed); /* others who share the pipe still block on it */
		close(ends[0]);
		close(ends[1]);
	}
}

static void test_stdout_socket(void **state)
{
	bool changed;
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	assert_in_range(fill_and_empty(ends[0], ends[1], false, &changed), 50, 10000);
	assert_false(changed);
	close(ends[0]);
	close(ends[1]);
}

/* A regular file goes on where it was. */
static void test_stdout_file(void **state)
{
	char text[64] = "";
	int fd = open(socket_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), opened;
	enum output_result sent, flushed;

	(void)state;
	assert_int_equal(write(fd, "before\n", 7), 7);
	take_stdout(fd);
	opened = open_output("stdout", false);
	sent = send_text("{}", 0);
	flushed = output_flush(&o, 0);
	output_close(&o, 0);
	give_stdout_back();
	assert_int_equal(opened, 0);
	assert_int_equal(sent, OUTPUT_SENT);
	assert_int_equal(flushed, OUTPUT_SENT);
	assert_int_equal(write(fd, "after\n", 6), 6);
	assert_int_equal(pread(fd, text, sizeof(text) - 1, 0), 16);
	assert_string_equal(text, "before\n{}\nafter\n");
	close(fd);
}

static void test_stdout_closed(void **state)
{
	int opened;

	(void)state;
	fflush(stdout);
	saved_stdout = dup(1);
	close(1);
	opened = open_output("stdout", false);
	give_stdout_back();
	assert_int_equal(opened, -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_udp4),
		cmocka_unit_test(test_udp6),
		cmocka_unit_test(test_udp_refused),
		cmocka_unit_test_setup_teardown(
			test_unix_comes_and_goes, make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(test_unix_full, make_directory, remove_directory),
		cmocka_unit_test(test_stdout_pipe),
		cmocka_unit_test(test_stdout_socket),
		cmocka_unit_test_setup_teardown(test_stdout_file, make_directory, remove_directory),
		cmocka_unit_test(test_stdout_closed),
	};

	return cmocka_run_group_tests_name("output, real", tests, NULL, NULL);
}
