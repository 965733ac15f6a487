/* link: support_agent.o fake_sys.o fake_files.o fake_sockets.o cjson.o */
#include "agent.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "support_agent.h"
#include "sys.h"
#include "config_read.h"

/* ---- the output is away ---------------------------------------------------------------- */

/* Everything sent, in the order of the serials, from `first` on without a gap. */
static void sent_in_order(unsigned first, unsigned count)
{
	assert_int_equal(fake_sys_sent_count(), count);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(sequence_of(fake_sys_sent(i)), first + i);
}

static void test_spool(void **state)
{
	static const char *const outputs[] = {UDP, UNIX};

	(void)state;
	for (unsigned o = 0; o < 2; o++) {
		setup(NULL);
		start(outputs[o], false);
		event(1);
		fake_sys_writable(output_fd(), false);
		for (unsigned i = 2; i <= 20; i++)
			event(i);
		assert_int_equal(agent->spool.waiting, 19);
		assert_int_equal(fake_sys_sent_count(), 1);
		tick(5000);
		assert_int_equal(agent->spool.waiting, 19);
		fake_sys_writable(output_fd(), true);
		event(21); /* behind those that wait */
		tick(1);
		sent_in_order(1, 21);
		assert_int_equal(agent->counters.messages_dropped, 0);
		stop();
	}
}

/* The oldest give way; what is sent and what was dropped is all there was. */
static void test_spool_overflow(void **state)
{
	unsigned kept;

	(void)state;
	set("spool_bytes=16384");
	start(UDP, false);
	fake_sys_writable(output_fd(), false);
	for (unsigned i = 1; i <= 100; i++)
		event(i);
	kept = agent->spool.waiting;
	assert_in_range(kept, 8, 30);
	assert_int_equal(agent->counters.messages_dropped, 100 - kept);
	fake_sys_writable(output_fd(), true);
	tick(1000);
	sent_in_order(101 - kept, kept);
	stop();
	assert_int_equal(agent->counters.messages_sent, kept);
}

static void test_no_spool(void **state)
{
	(void)state;
	set("spool_bytes=0");
	start(UDP, false);
	fake_sys_writable(output_fd(), false);
	event(1);
	assert_int_equal(agent->counters.messages_dropped, 1);
	fake_sys_writable(output_fd(), true);
	event(2);
	sent_in_order(2, 1);
	stop();
}

static void start_with_file(bool offline)
{
	memset(agent, 0, sizeof(*agent));
	config_init(&agent->config);
	set("spool_file=/run/spool");
	start(UDP, offline);
}

/* What could not be sent is the first thing that the next process sends. */
static void test_spool_file(void **state)
{
	(void)state;
	start_with_file(false);
	fake_sys_writable(output_fd(), false);
	for (unsigned i = 1; i <= 20; i++)
		event(i);
	stop();
	assert_int_equal(agent->counters.messages_dropped, 0);
	start_with_file(true); /* `parse` leaves it alone */
	event(21);
	sent_in_order(21, 1);
	stop();
	fake_sys_sent_clear();
	start_with_file(false);
	assert_int_equal(agent->spool.recovered, 20);
	event(21);
	tick(1);
	sent_in_order(1, 21);
	stop();
	start_with_file(false);
	assert_int_equal(agent->spool.recovered, 0);
	stop();
}

static void test_spool_file_of_others(void **state)
{
	(void)state;
	fake_sys_file_text("/run/spool", "precious");
	set("spool_file=/run/spool");
	set(UDP);
	assert_false(agent_start(agent, false, &error));
	assert_memory_equal(error.text, "spool_file: /run/spool: others may use it; expected ", 52);
	assert_int_equal(fake_sys_open_count(), 0);
}

/* A live agent waits at its end alone, and then until the deadline. */
static void test_stop_while_away(void **state)
{
	int64_t before;

	(void)state;
	start(UDP, false);
	fake_sys_writable(output_fd(), false);
	before = sys_monotonic_ms();
	for (unsigned i = 1; i <= 5; i++)
		event(i);
	record(SYSCALL, "audit(1700000000.001:6): arch=c000003e syscall=2");
	assert_int_equal(sys_monotonic_ms(), before);
	assert_int_equal(fake_sys_calls("poll"), 0);
	stop();
	assert_int_equal(agent->counters.messages_dropped_end, 6);
	assert_int_equal(sys_monotonic_ms(), before + 1000);
}

/* ---- an offline run waits -------------------------------------------------------------- */

/* The receiver takes a message every 100 ms: the queue has room for one. */
static bool make_room(void *ctx, int timeout_ms)
{
	(void)ctx;
	assert_in_range(timeout_ms, 1, DELIVERY_PATIENCE_MS);
	fake_sys_clock_advance_ms(100);
	fake_sys_writable(output_fd(), true);
	return true;
}

static void fill_up(void *ctx, int fd, const void *data, size_t len)
{
	(void)ctx;
	(void)data;
	(void)len;
	fake_sys_writable(fd, false);
}

static void test_offline_waits(void **state)
{
	(void)state;
	set("spool_bytes=0");
	start(UNIX, true);
	fake_sys_on_send(fill_up, NULL);
	fake_sys_on_idle(make_room, NULL);
	for (unsigned i = 1; i <= 100; i++)
		event(i);
	sent_in_order(1, 100);
	stop();
	assert_int_equal(agent->counters.messages_dropped, 0);
}

/* Nobody takes anything: the patience is once, not for every message. */
static void test_offline_gives_up(void **state)
{
	int64_t before;

	(void)state;
	start(UNIX, true);
	fake_sys_writable(output_fd(), false);
	before = sys_monotonic_ms();
	for (unsigned i = 1; i <= 50; i++)
		event(i);
	assert_int_equal(sys_monotonic_ms() - before, DELIVERY_PATIENCE_MS);
	assert_int_equal(agent->spool.waiting, 50);
	fake_sys_writable(output_fd(), true);
	agent_flush(agent);
	sent_in_order(1, 50);
	/* It was back, so it is waited for again. */
	fake_sys_writable(output_fd(), false);
	before = sys_monotonic_ms();
	event(51);
	assert_int_equal(sys_monotonic_ms() - before, DELIVERY_PATIENCE_MS);
	stop();
	assert_int_equal(agent->counters.messages_dropped, 1);
}

/* No socket file yet: POLLOUT does not tell, so it is tried again. */
static void test_offline_destination_comes(void **state)
{
	(void)state;
	start(UNIX, true);
	fake_sys_fail("connect", 1, ENOENT);
	event(1);
	sent_in_order(1, 1);
	assert_int_equal(agent->counters.send_errors, 1);
	fake_sys_fail("sendto", 0, ENOBUFS);
	event(2);
	assert_int_equal(agent->spool.waiting, 1);
	fake_sys_fail("sendto", 0, 0);
	tick(10);
	sent_in_order(1, 2);
	stop();
}

/* ---- failures of the output ------------------------------------------------------------ */

static void test_too_long_for_the_path(void **state)
{
	(void)state;
	start(UDP, false);
	fake_sys_fail("sendto", 1, EMSGSIZE);
	event(1);
	event(2);
	sent_in_order(2, 1);
	assert_int_equal(agent->counters.messages_dropped, 1);
	assert_int_equal(agent->counters.send_errors, 1);
	stop();
}

static void test_stdout_is_gone(void **state)
{
	(void)state;
	start("output=stdout", true);
	event(1);
	event(2);
	assert_int_equal(agent->counters.messages_sent, 2);
	fake_sys_fail("write", 0, EPIPE);
	drain();
	assert_int_equal(agent->counters.messages_lost, 2);
	assert_int_equal(agent->delivery.outputs[DELIVERY_PRIMARY].error, EPIPE);
	event(3);
	stop();
	assert_int_equal(agent->counters.messages_lost, 3);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_spool, setup, teardown),
		cmocka_unit_test_setup_teardown(test_spool_overflow, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_spool, setup, teardown),
		cmocka_unit_test_setup_teardown(test_spool_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_spool_file_of_others, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stop_while_away, setup, teardown),
		cmocka_unit_test_setup_teardown(test_offline_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_offline_gives_up, setup, teardown),
		cmocka_unit_test_setup_teardown(test_offline_destination_comes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_long_for_the_path, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stdout_is_gone, setup, teardown),
	};

	return cmocka_run_group_tests_name("agent_away", tests, NULL, NULL);
}
