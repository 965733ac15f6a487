/* link: status_socket.o loop.o fake_sys.o fake_files.o fake_sockets.o */
#include "status_socket.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "fake_sys.h"

#define PATH "/run/x.sock"

static struct status_socket s;
static struct loop loop;
static unsigned asked;

static int setup(void **state)
{
	(void)state;
	fake_sys_reset();
	loop_init(&loop);
	asked = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	status_socket_close(&s);
	status_socket_close(&s);
	assert_int_equal(fake_sys_open_count(), 0);
	fake_sys_reset();
	return 0;
}

static struct span text(void *ctx)
{
	assert_ptr_equal(ctx, &asked);
	asked++;
	return SPAN("{}\n");
}

static int open_it(void)
{
	return status_socket_open(&s, PATH, &loop, text, &asked);
}

static void somebody_connects(unsigned times)
{
	while (times-- > 0)
		fake_sys_deliver(s.fd, "", 0, NULL, 0);
}

static void one_text_a_connection(void **state)
{
	const struct fake_socket *info;

	(void)state;
	assert_int_equal(open_it(), 0);
	info = fake_sys_socket_info(s.fd);
	assert_true(info->nonblock && info->cloexec);
	assert_int_equal(info->mode, 0600);
	assert_string_equal(((const struct sockaddr_un *)&info->bound)->sun_path, PATH);
	somebody_connects(3);
	for (unsigned i = 1; i <= 5; i++) {
		loop_turn(&loop, 0);
		assert_int_equal(asked, i < 3 ? i : 3); /* one a turn */
	}
	assert_int_equal(fake_sys_open_count(), 1);
	assert_int_equal(fake_sys_sent_count(), 3);
	assert_string_equal(fake_sys_sent(2)->data, "{}\n");
	assert_int_equal(fake_sys_sent(2)->type, SOCK_STREAM);
}

/* A text that cannot be written at once is not written at all. */
static void a_client_that_takes_nothing(void **state)
{
	(void)state;
	assert_int_equal(open_it(), 0);
	somebody_connects(1);
	fake_sys_fail("sendto", 1, EAGAIN);
	loop_turn(&loop, 0);
	assert_int_equal(fake_sys_sent_count(), 0);
	assert_int_equal(fake_sys_open_count(), 1);
	somebody_connects(1);
	fake_sys_fail("sendto", 1, EPIPE);
	loop_turn(&loop, 0);
	assert_int_equal(fake_sys_open_count(), 1);
}

/* Without descriptors the connection waits, and the loop must not spin. */
static void no_descriptor_is_free(void **state)
{
	unsigned turns = 0;
	int64_t end_ms;

	(void)state;
	assert_int_equal(open_it(), 0);
	somebody_connects(1);
	fake_sys_fail("accept", 0, EMFILE);
	end_ms = sys_monotonic_ms() + 10 * LIMIT_STATUS_PAUSE_MS;
	for (; sys_monotonic_ms() < end_ms; turns++)
		loop_turn(&loop, (int)(end_ms - sys_monotonic_ms()));
	assert_in_range(fake_sys_calls("accept"), 9, 11);
	assert_true(turns < 30);
	fake_sys_fail("accept", 0, 0);
	loop_turn(&loop, LIMIT_STATUS_PAUSE_MS);
	loop_turn(&loop, 0);
	assert_int_equal(asked, 1);
	fake_sys_fail("accept", 1, ECONNABORTED); /* it went away again: no reason to wait */
	somebody_connects(1);
	loop_turn(&loop, 0);
	loop_turn(&loop, 0);
	assert_int_equal(asked, 2);
}

static void the_place_is_taken(void **state)
{
	(void)state;
	fake_sys_fail("bind", 1, EADDRINUSE);
	assert_int_equal(open_it(), -EADDRINUSE); /* and no such file: whatever that means */
	fake_sys_file_text(PATH, "precious");
	fake_sys_fail("bind", 1, EADDRINUSE);
	fake_sys_fail("connect", 1, ECONNREFUSED); /* as of any file that is no socket */
	assert_int_equal(open_it(), -EADDRINUSE);
	assert_int_equal(fake_sys_calls("unlink"), 0);
	fake_sys_fail("connect", 0, 0);
	fake_sys_file_owner(PATH, S_IFSOCK | 0600, 0);
	fake_sys_fail("bind", 1, EADDRINUSE); /* somebody listens */
	assert_int_equal(open_it(), -EADDRINUSE);
	assert_int_equal(fake_sys_calls("unlink"), 0);
	fake_sys_fail("bind", 1, EADDRINUSE); /* somebody listens, and has much to do */
	fake_sys_fail("connect", 1, EAGAIN);
	assert_int_equal(open_it(), -EADDRINUSE);
	assert_int_equal(fake_sys_calls("unlink"), 0);
	fake_sys_fail("bind", 1, EADDRINUSE); /* nobody does */
	fake_sys_fail("connect", 1, ECONNREFUSED);
	assert_int_equal(open_it(), 0);
	assert_int_equal(fake_sys_calls("unlink"), 1);
	assert_int_equal(fake_sys_open_count(), 1);
}

static void it_cannot_be_made(void **state)
{
	static const int errors[] = {EACCES, ENOENT, EROFS, EMFILE, ENOMEM};

	(void)state;
	for (unsigned e = 0; e < 5; e++) {
		unsigned n = 1;

		for (;; n++) {
			int error;

			setup(NULL);
			fake_sys_fail_nth(n, errors[e]);
			error = open_it();
			if (error == 0)
				break;
			assert_int_equal(error, -errors[e]);
			assert_int_equal(s.fd, -1);
			assert_int_equal(fake_sys_open_count(), 0);
		}
		assert_int_equal(n, 5); /* socket, fchmod, bind, listen */
		status_socket_close(&s);
	}
	setup(NULL);
	for (unsigned i = 0; i < LIMIT_LOOP_SOURCES; i++)
		assert_true(loop_add(&loop, 1, 0, NULL, NULL) >= 0);
	assert_int_equal(open_it(), -ENOSPC);
	assert_int_equal(fake_sys_open_count(), 0);
}

/* ---- the other end -------------------------------------------------------------------------- */

static const char *answer;

static bool the_agent_answers(void *ctx, int timeout_ms)
{
	const int fd = fake_sys_socket(AF_UNIX, 0);

	(void)ctx;
	(void)timeout_ms;
	if (!answer)
		return false;
	fake_sys_deliver(fd, answer, strlen(answer), NULL, 0);
	fake_sys_deliver(fd, "", 0, NULL, 0); /* the end */
	answer = NULL;
	return true;
}

static void asking(void **state)
{
	char buf[16];

	(void)state;
	s.fd = -1;
	fake_sys_on_idle(the_agent_answers, NULL);
	answer = "{\"a\":1}\n";
	assert_int_equal(status_socket_ask(PATH, buf, sizeof(buf)), 8);
	assert_memory_equal(buf, "{\"a\":1}\n", 8);
	answer = "{\"a\":1234567890123}\n";
	assert_int_equal(status_socket_ask(PATH, buf, sizeof(buf)), sizeof(buf));
	answer = "pieces";
	fake_sys_short(2);
	assert_int_equal(status_socket_ask(PATH, buf, sizeof(buf)), 6);
	answer = NULL;
	assert_int_equal(status_socket_ask(PATH, buf, sizeof(buf)), -ETIMEDOUT);
	fake_sys_fail("connect", 1, ENOENT);
	assert_int_equal(status_socket_ask(PATH, buf, sizeof(buf)), -ENOENT);
	fake_sys_fail("socket", 1, EMFILE);
	assert_int_equal(status_socket_ask(PATH, buf, sizeof(buf)), -EMFILE);
	answer = "x";
	fake_sys_fail("read", 1, ECONNRESET);
	assert_int_equal(status_socket_ask(PATH, buf, sizeof(buf)), -ECONNRESET);
	assert_int_equal(fake_sys_open_count(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(one_text_a_connection),
		TEST(a_client_that_takes_nothing),
		TEST(no_descriptor_is_free),
		TEST(the_place_is_taken),
		TEST(it_cannot_be_made),
		TEST(asking),
	};

	return cmocka_run_group_tests_name("status_socket", tests, NULL, NULL);
}
