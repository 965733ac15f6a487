/* link: support_supervisor.o supervisor.o pid_file.o loop.o text.o fake_sys.o fake_files.o
 * fake_sockets.o */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "fake_sys.h"
#include "support_supervisor.h"

/* ---- a device ---------------------------------------------------------------------------- */

static void test_device(void **state)
{
	(void)state;
	fake_sys_watchdog(DEVICE, 60);
	config.watchdog_device = DEVICE;
	open_it();
	assert_int_equal(fake_sys_watchdog_timeout(DEVICE), 30);
	pass_ms(25000);
	assert_string_equal(fed(), "...");
	close_it();
	assert_string_equal(fed(), "....V");
	assert_string_equal(said, "");
}

static unsigned failing_writes;
static int failing_error;

static int on_call(const char *call)
{
	if (strcmp(call, "write") != 0 || failing_writes == 0)
		return 0;
	failing_writes--;
	return failing_error;
}

static void test_device_that_does_not_stop_at_once(void **state)
{
	static const int errors[] = {EINTR, EAGAIN, EIO};
	const struct {
		unsigned fails;
		const char *fed, *said;
	} cases[] = {
		{LIMIT_WATCHDOG_TRIES - 1, "V", ""},
		{LIMIT_WATCHDOG_TRIES, "",
			"watchdog_device: it could not be switched off, and resets the host\n"},
	};

	for (size_t i = 0; i < 6; i++) {
		supervise_setup(state);
		fake_sys_watchdog(DEVICE, 60);
		config.watchdog_device = DEVICE;
		open_it();
		failing_writes = cases[i % 2].fails;
		failing_error = errors[i / 2];
		fake_sys_on_call(on_call);
		supervisor_close(&supervisor);
		fake_sys_on_call(NULL);
		assert_int_equal(failing_writes, 0); /* and no more was tried */
		assert_string_equal(fed(), cases[i % 2].fed);
		assert_string_equal(said, cases[i % 2].said);
		sys_close(data_fd);
	}
}

static void test_device_of_fixed_timeout(void **state)
{
	(void)state;
	fake_sys_watchdog(DEVICE, 90);
	config.watchdog_device = DEVICE;
	open_it();
	assert_string_equal(said, "watchdog_timeout: the device has its own timeout of 90 s\n");
	pass_ms(59999);
	assert_string_equal(fed(), "..");
	close_it();
}

static void test_both(void **state)
{
	(void)state;
	fake_sys_watchdog(DEVICE, 60);
	config.watchdog_device = DEVICE;
	setenv("NOTIFY_SOCKET", "/run/systemd/notify", 1);
	setenv("WATCHDOG_USEC", "3000000", 1);
	open_it();
	pass_ms(3500);
	assert_int_equal(told("WATCHDOG=1"), 4);
	assert_string_equal(fed(), "....");
	close_it();
}

static void test_no_device(void **state)
{
	(void)state;
	config.watchdog_device = DEVICE;
	config.pid_file = PID_FILE;
	assert_int_equal(supervisor_open(&supervisor, &config, say, said, &error), 0);
	assert_int_equal(
		supervisor_watch(&supervisor, &config, &loop, 5, &received, &error), -ENOENT);
	assert_string_equal(
		error.text, "watchdog_device: /dev/watchdog: No such file or directory");
	assert_int_equal(fake_sys_open_count(), 0);
	supervisor_close(&supervisor);

	fake_sys_watchdog(DEVICE, 60);
	fake_sys_fail("open", 2, EBUSY); /* init has it */
	assert_int_equal(supervisor_open(&supervisor, &config, say, said, &error), 0);
	assert_int_equal(
		supervisor_watch(&supervisor, &config, &loop, 5, &received, &error), -EBUSY);
	supervisor_close(&supervisor);

	fake_sys_watchdog(DEVICE, 0);
	assert_int_equal(supervisor_open(&supervisor, &config, say, said, &error), 0);
	assert_int_equal(
		supervisor_watch(&supervisor, &config, &loop, 5, &received, &error), -ENOTTY);
	assert_string_equal(error.text, "watchdog_device: /dev/watchdog: expected a watchdog");
	assert_string_equal(fed(), "V"); /* it may be one all the same */
	supervisor_close(&supervisor);
}

/* ---- progress ---------------------------------------------------------------------------- */

static void reads(void *ctx, short revents)
{
	char buffer[10];

	(void)ctx;
	(void)revents;
	assert_int_equal(sys_read(data_fd, buffer, sizeof(buffer)), 1);
	received++;
}

/* Turns alone are no progress: records have to be read. */
static void test_records_that_nobody_reads(void **state)
{
	int source;

	(void)state;
	fake_sys_watchdog(DEVICE, 60);
	config.watchdog_device = DEVICE;
	config.watchdog_timeout_ms = 3000;
	open_it();
	pass_ms(999);
	assert_string_equal(fed(), ".");
	fake_sys_deliver(data_fd, "x", 1, NULL, 0);
	pass_ms(1000); /* it may have come a moment ago */
	assert_string_equal(fed(), "..");
	pass_ms(60000);
	assert_string_equal(fed(), "..");
	assert_string_equal(said, "the watchdog is not fed: records wait, and none is read\n");

	source = loop_add(&loop, data_fd, POLLIN, reads, NULL);
	pass_ms(1000);
	assert_string_equal(fed(), "...");
	loop_remove(&loop, source);
	fake_sys_deliver(data_fd, "x", 1, NULL, 0);
	pass_ms(5000);
	assert_string_equal(fed(), "....");
	close_it(); /* the end is in sight */
	assert_string_equal(fed(), ".....V");
}

/* More than can be read: something always waits, and it is progress. */
static void test_under_load(void **state)
{
	(void)state;
	fake_sys_watchdog(DEVICE, 60);
	config.watchdog_device = DEVICE;
	config.watchdog_timeout_ms = 3000;
	open_it();
	for (unsigned i = 0; i < 5; i++) {
		fake_sys_deliver(data_fd, "x", 1, NULL, 0);
		received++;
		pass_ms(1000);
	}
	assert_string_equal(fed(), ".....");
	while (fake_sys_pending(data_fd) > 0)
		reads(NULL, 0);
	close_it();
}

static void test_no_turns(void **state)
{
	(void)state;
	fake_sys_watchdog(DEVICE, 60);
	config.watchdog_device = DEVICE;
	open_it();
	pass_ms(1);
	fake_sys_clock_advance_ms(3600000); /* a handler that hangs, a SIGSTOP */
	assert_string_equal(fed(), ".");
	pass_ms(1);
	assert_string_equal(fed(), "..");
	close_it();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, supervise_setup, supervise_teardown)
		TEST(test_device),
		TEST(test_device_that_does_not_stop_at_once),
		TEST(test_device_of_fixed_timeout),
		TEST(test_both),
		TEST(test_no_device),
		TEST(test_records_that_nobody_reads),
		TEST(test_under_load),
		TEST(test_no_turns),
	};

	return cmocka_run_group_tests_name("watchdog", tests, NULL, NULL);
}
