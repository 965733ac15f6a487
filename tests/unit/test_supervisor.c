/* link: support_supervisor.o supervisor.o pid_file.o loop.o text.o fake_sys.o fake_files.o
 * fake_sockets.o */
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <cmocka.h>
#include "fake_sys.h"
#include "support_supervisor.h"
/* ---- nobody ------------------------------------------------------------------------------ */

static void test_nobody(void **state)
{
	(void)state;
	open_it();
	supervisor_ready(&supervisor, "ready");
	supervisor_status(&supervisor, "well");
	supervisor_reloading(&supervisor);
	pass_ms(100000);
	close_it();
	assert_int_equal(fake_sys_sent_count(), 0);
	assert_int_equal(fake_sys_calls("open"), 0);
	assert_string_equal(said, "");
}

/* ---- systemd ----------------------------------------------------------------------------- */

static void test_notify(void **state)
{
	const struct fake_socket *info;
	const struct sockaddr_un *peer;

	(void)state;
	setenv("NOTIFY_SOCKET", "/run/systemd/notify", 1);
	open_it();
	info = fake_sys_socket_info(fake_sys_socket(AF_UNIX, 0));
	assert_int_equal(info->type, SOCK_DGRAM);
	assert_true(info->nonblock && info->cloexec);
	peer = (const struct sockaddr_un *)&info->peer;
	assert_string_equal(peer->sun_path, "/run/systemd/notify");
	assert_int_equal(info->peer_len, offsetof(struct sockaddr_un, sun_path) + 20);
	supervisor_ready(&supervisor, "ready: unicast");
	assert_string_equal(fake_sys_sent(0)->data, "READY=1\nSTATUS=ready: unicast");
	supervisor_status(&supervisor, "another daemon");
	assert_string_equal(fake_sys_sent(1)->data, "STATUS=another daemon");
	supervisor_reloading(&supervisor);
	assert_string_equal(fake_sys_sent(2)->data, "RELOADING=1\nMONOTONIC_USEC=1000000000");
	fake_sys_realtime_set(0); /* of the other clock */
	fake_sys_clock_advance_ms(1);
	supervisor_reloading(&supervisor);
	assert_string_equal(fake_sys_sent(3)->data, "RELOADING=1\nMONOTONIC_USEC=1000001000");
	pass_ms(100000); /* it did not ask for a watchdog */
	close_it();
	assert_int_equal(fake_sys_sent_count(), 5);
	assert_string_equal(fake_sys_sent(4)->data, "STOPPING=1");
}

static void test_notify_abstract(void **state)
{
	const struct fake_socket *info;
	const struct sockaddr_un *peer;

	(void)state;
	setenv("NOTIFY_SOCKET", "@/org/x", 1);
	open_it();
	info = fake_sys_socket_info(fake_sys_socket(AF_UNIX, 0));
	peer = (const struct sockaddr_un *)&info->peer;
	assert_int_equal(peer->sun_path[0], '\0');
	assert_memory_equal(peer->sun_path + 1, "/org/x", 6);
	assert_int_equal(info->peer_len, offsetof(struct sockaddr_un, sun_path) + 7);
	close_it();
}

static void test_notify_impossible(void **state)
{
	char longest[200];

	(void)state;
	memset(longest, 'n', sizeof(longest));
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	setenv("NOTIFY_SOCKET", longest, 1);
	open_it();
	close_it();
	setenv("NOTIFY_SOCKET", "vsock:2:1234", 1);
	setenv("WATCHDOG_USEC", "1000000", 1);
	open_it();
	pass_ms(5000);
	close_it();
	assert_int_equal(fake_sys_calls("connect"), 0);
	setenv("NOTIFY_SOCKET", "/gone", 1);
	fake_sys_fail("connect", 1, ENOENT);
	open_it();
	supervisor_ready(&supervisor, "ready");
	close_it();
	assert_int_equal(fake_sys_sent_count(), 0);
	assert_non_null(strstr(said, "NOTIFY_SOCKET: Address family not supported"));
	assert_non_null(strstr(said, "NOTIFY_SOCKET: No such file or directory; systemd is not"));
}

static int64_t idle_until_ms;

static bool systemd_reads(void *ctx, int timeout_ms)
{
	(void)ctx;
	assert_in_range(timeout_ms, 1, 1000); /* what is left of it */
	fake_sys_clock_advance_ms(300);
	fake_sys_writable(supervisor.notify_fd, sys_monotonic_ms() >= idle_until_ms);
	return true;
}

/* Ready is worth waiting for, all else is not. */
static void test_notify_busy(void **state)
{
	(void)state;
	setenv("NOTIFY_SOCKET", "/run/systemd/notify", 1);
	open_it();
	fake_sys_writable(supervisor.notify_fd, false);
	idle_until_ms = sys_monotonic_ms() + 600;
	fake_sys_on_idle(systemd_reads, NULL);
	supervisor_ready(&supervisor, "ready");
	assert_int_equal(sys_monotonic_ms(), idle_until_ms);
	assert_int_equal(told("READY=1\n"), 1);

	fake_sys_on_idle(NULL, NULL);
	fake_sys_writable(supervisor.notify_fd, false);
	supervisor_status(&supervisor, "x");
	supervisor_reloading(&supervisor);
	assert_int_equal(sys_monotonic_ms(), idle_until_ms);
	supervisor_ready(&supervisor, "again");
	assert_in_range(sys_monotonic_ms(), idle_until_ms + 1000, idle_until_ms + 2000);
	close_it();
	assert_int_equal(fake_sys_sent_count(), 1);
}

static void test_notify_has_another_socket(void **state)
{
	(void)state;
	setenv("NOTIFY_SOCKET", "/run/systemd/notify", 1);
	open_it();
	fake_sys_fail("sendto", 1, ECONNREFUSED);
	supervisor_ready(&supervisor, "ready");
	assert_int_equal(fake_sys_calls("connect"), 2);
	assert_int_equal(told("READY=1\n"), 1);
	fake_sys_fail("sendto", 0, ECONNREFUSED);
	supervisor_status(&supervisor, "x"); /* does not go on for ever */
	assert_true(fake_sys_calls("sendto") < 10);
	fake_sys_fail("sendto", 0, 0);
	close_it();
}

static void test_notify_watchdog(void **state)
{
	(void)state;
	setenv("NOTIFY_SOCKET", "/run/systemd/notify", 1);
	setenv("WATCHDOG_USEC", "30000000", 1);
	setenv("WATCHDOG_PID", "4711", 1);
	open_it();
	pass_ms(60000);
	assert_in_range(told("WATCHDOG=1"), 6, 7);
	fake_sys_realtime_set(4000000000); /* a step of the wall clock feeds nothing */
	pass_ms(9000);
	fake_sys_realtime_set(0);
	pass_ms(9000);
	assert_in_range(told("WATCHDOG=1"), 8, 9);
	close_it();

	fake_sys_sent_clear();
	setenv("WATCHDOG_PID", "1", 1); /* it is meant for a parent */
	open_it();
	pass_ms(60000);
	close_it();
	assert_int_equal(told("WATCHDOG=1"), 0);

	unsetenv("WATCHDOG_PID");
	setenv("WATCHDOG_USEC", "1", 1); /* nonsense does not make it spin */
	open_it();
	pass_ms(100);
	assert_true(told("WATCHDOG=1") <= 101);
	close_it();
}

/* ---- readiness, the pid file ------------------------------------------------------------- */

static void test_ready_fd(void **state)
{
	size_t len;

	(void)state;
	fake_sys_file_text("/ready", "");
	config.ready_fd = (uint32_t)sys_open("/ready", 1, 0);
	open_it();
	fake_sys_file_data("/ready", &len);
	assert_int_equal(len, 0);
	supervisor_ready(&supervisor, "ready");
	assert_memory_equal(fake_sys_file_data("/ready", &len), "\n", 1);
	assert_int_equal(len, 1);
	assert_int_equal(sys_fcntl((int)config.ready_fd, 1, 0), -EBADF);
	supervisor_ready(
		&supervisor, "again"); /* after a reload: another may have that number now */
	fake_sys_file_data("/ready", &len);
	assert_int_equal(len, 1);
	close_it();
}

static void test_ready_fd_is_none(void **state)
{
	(void)state;
	for (config.ready_fd = 1; config.ready_fd < 5; config.ready_fd++) {
		assert_int_equal(supervisor_open(&supervisor, &config, say, said, &error), -EBADF);
		assert_non_null(strstr(error.text, "expected a descriptor, 3 or more, that"));
		supervisor_close(&supervisor);
	}
}

static void test_second_agent(void **state)
{
	size_t len;
	int other;

	(void)state;
	config.pid_file = PID_FILE;
	fake_sys_file_text(PID_FILE, "815\n");
	other = sys_open(PID_FILE, O_RDWR, 0);
	assert_int_equal(sys_flock(other, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(supervisor_open(&supervisor, &config, say, said, &error), -EAGAIN);
	assert_string_equal(
		error.text, "pid_file: /run/ecsaudit.pid: another ecsaudit runs: pid 815");
	supervisor_close(&supervisor);
	fake_sys_file_text(PID_FILE, "");
	assert_int_equal(supervisor_open(&supervisor, &config, say, said, &error), -EAGAIN);
	assert_string_equal(error.text, "pid_file: /run/ecsaudit.pid: another ecsaudit runs");
	supervisor_close(&supervisor);

	sys_close(other);
	open_it();
	assert_memory_equal(fake_sys_file_data(PID_FILE, &len), "4711\n", 5);
	close_it();
	assert_null(fake_sys_file_data(PID_FILE, &len));
}

/* ---- the n-th call fails ------------------------------------------------------------------ */

static void begin(void)
{
	fake_sys_reset();
	loop_init(&loop);
	fake_sys_file_text("/run/x", "");
	fake_sys_file_text("/ready", "");
	fake_sys_watchdog(DEVICE, 60);
	config.ready_fd = (uint32_t)sys_open("/ready", 1, 0);
	data_fd = sys_socket(AF_NETLINK, SOCK_RAW, 0);
}

static void test_every_call_fails(void **state)
{
	static const int errors[] = {EIO, EAGAIN, EINTR, EPIPE, ECONNREFUSED};
	unsigned lives = 0, starts = 0;

	(void)state;
	setenv("NOTIFY_SOCKET", "/run/systemd/notify", 1);
	setenv("WATCHDOG_USEC", "30000000", 1);
	config.pid_file = PID_FILE;
	config.watchdog_device = DEVICE;
	for (unsigned e = 0; e < 5; e++) {
		unsigned n = 0;

		do {
			size_t len;
			bool started;

			begin();
			fake_sys_fail_nth(++n, errors[e]);
			started = supervisor_open(&supervisor, &config, say, said, &error) == 0 &&
				  supervisor_watch(&supervisor, &config, &loop, data_fd, &received,
					  &error) == 0;
			if (started) {
				supervisor_ready(&supervisor, "ready");
				for (unsigned i = 0; i < 3; i++)
					(void)loop_turn(&loop, 10000);
				supervisor_reloading(&supervisor);
				supervisor_stopping(&supervisor);
			}
			supervisor_close(&supervisor);
			sys_close(data_fd);
			if (fake_sys_open_count() > 0) /* refused, so it is not ours */
				sys_close((int)config.ready_fd);
			assert_int_equal(fake_sys_open_count(), 0);
			fake_sys_file_data(PID_FILE, &len);
			assert_int_equal(len, 0); /* gone, or empty */
			lives++;
			starts += started;
		} while (fake_sys_calls(NULL) >= n);
	}
	print_message("# a call failed in each of %u lives, %u started\n", lives, starts);
	assert_true(starts > lives / 2 && starts < lives);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, supervise_setup, supervise_teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_nobody),
		TEST(test_notify),
		TEST(test_notify_abstract),
		TEST(test_notify_impossible),
		TEST(test_notify_busy),
		TEST(test_notify_has_another_socket),
		TEST(test_notify_watchdog),
		TEST(test_ready_fd),
		TEST(test_ready_fd_is_none),
		TEST(test_second_agent),
		TEST(test_every_call_fails),
	};

	return cmocka_run_group_tests_name("supervise", tests, NULL, NULL);
}
