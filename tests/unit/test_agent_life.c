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

/* ---- a random life --------------------------------------------------------------------- */

static uint32_t seed;

static uint32_t dice(uint32_t sides)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % sides;
}

static void random_record(unsigned *serial)
{
	static const uint16_t types[] = {
		SYSCALL, PATH, CWD, EXECVE, PROCTITLE, EOE, SERVICE_START, 1112, 2000, REPLY};
	char bytes[64];

	*serial += dice(3) == 0;
	switch (dice(12)) {
	case 0:
		for (unsigned i = 0; i < sizeof(bytes); i++)
			bytes[i] = (char)dice(256);
		agent_record(
			agent, (uint16_t)dice(3000), (struct span){bytes, dice(sizeof(bytes))});
		check_sums();
		break;
	case 1:
		record(types[dice(10)], "audit(1.0:%u): %0*d", *serial, (int)dice(14000), 0);
		break;
	case 2:
		long_event(*serial, dice(60), dice(200));
		break;
	default:
		record(types[dice(10)],
			"audit(1700000000.%03u:%u): item=0 name=\"/x\" op=set success=no",
			dice(1000), *serial - dice(4));
	}
}

static void random_step(unsigned *serial)
{
	static const int errors[] = {
		EAGAIN, EINTR, ENOBUFS, ECONNREFUSED, ENETUNREACH, EMSGSIZE, EPERM, ENOMEM};

	switch (dice(40)) {
	case 0:
		fake_sys_writable(output_fd(), dice(2));
		break;
	case 1:
		fake_sys_fail("sendto", dice(3), errors[dice(8)]);
		fake_sys_fail("sendmsg", 1 + dice(3), errors[dice(8)]);
		fake_sys_short(dice(2) * (1 + dice(3000)));
		/* Not for ever: a blocking stdout waits. */
		fake_sys_fail("write", 1 + dice(3), errors[dice(8)]);
		break;
	case 2:
		fake_sys_fail("sendto", 0, 0);
		fake_sys_fail("sendmsg", 0, 0);
		fake_sys_short(0);
		fake_sys_fail("write", 0, 0);
		break;
	case 3:
		tick(dice(3000));
		break;
	case 4:
		drain();
		check_sums();
		break;
	case 5:
		if (dice(5) == 0)
			agent_flush(agent);
		check_sums();
		break;
	default:
		random_record(serial);
	}
}

static void test_random_life(void **state)
{
	static const char *const outputs[] = {
		UDP, UNIX, "output=stdout", "output=null", "output=tcp://192.0.2.1"};
	uint64_t causes[3] = {0};

	(void)state;
	for (unsigned life = 0; life < 30; life++) {
		unsigned serial = dice(2) ? 100 : UINT32_MAX - 500; /* also across a wrap */

		setup(NULL);
		seed = life + 1;
		set("spool_bytes=20000");
		set_constant_field(dice(3) * 350);
		set(dice(2) ? "max_datagram_bytes=1400" : "max_datagram_bytes=2000");
		set(dice(2) ? "reassembler.max_in_flight=4" : "reassembler.max_in_flight=50");
		start(outputs[life % 5], life % 10 >= 5);
		for (unsigned i = 0; i < 1500; i++)
			random_step(&serial);
		causes[0] += agent->counters.messages_sent;
		causes[1] += agent->counters.messages_dropped;
		causes[2] += agent->counters.documents_truncated;
		assert_int_equal(agent->counters.documents_dropped, 0);
		stop();
	}
	/* Otherwise the sums say little. */
	for (unsigned i = 0; i < 3; i++)
		assert_true(causes[i] > 100);
}

/* ---- the n-th call fails --------------------------------------------------------------- */

/* false: the agent did not start. */
static bool scripted_life(const char *output, bool offline)
{
	set(output);
	set("spool_bytes=20000");
	set("spool_file=/run/spool");
	if (!agent_start(agent, offline, &error)) {
		assert_true(error.text[0] != '\0');
		return false;
	}
	tick(0);
	long_event(1, 10, 40);
	for (unsigned i = 2; i < 10; i++)
		event(i);
	fake_sys_writable(output_fd(), false);
	for (unsigned i = 10; i < 40; i++)
		event(i);
	tick(1500);
	fake_sys_writable(output_fd(), true);
	tick(1500);
	fake_sys_file_text("/etc/passwd", "root:x:0:0:::\nx:x:1000:1000:::\ny:x:1001:1000:::\n");
	tick(60000);
	record(SYSCALL, "audit(1700000000.001:41): arch=c000003e syscall=2");
	event(42);
	return true;
}

/* Returns how many calls there were to fail. */
static unsigned nth_fails(const char *output, bool offline, int err)
{
	unsigned n = 1, starts = 0;

	for (;; n++) {
		bool started, was_hit;

		setup(NULL);
		fake_sys_file_text("/etc/passwd", "root:x:0:0:::\nx:x:1000:1000:::\n");
		fake_sys_file_text("/etc/group", "root:x:0:\nx:x:1000:\n");
		error.text[0] = '\0';
		fake_sys_fail_nth(n, err);
		started = scripted_life(output, offline);
		if (started)
			stop();
		assert_int_equal(fake_sys_open_count(), 0);
		starts += started;
		was_hit = fake_sys_calls(NULL) >= n;
		if (!was_hit)
			break;
		if (n > 2000)
			fail_msg("no end of calls");
	}
	assert_true(starts > n / 2);
	assert_int_equal(agent->counters.events_emitted, 41);
	return n - 1;
}

static void test_nth_call_fails(void **state)
{
	static const char *const outputs[] = {
		UDP, UNIX, "output=stdout", "output=null", "output=tcp://192.0.2.1"};
	static const int errors[] = {
		EIO, EAGAIN, EINTR, ENOBUFS, ENOMEM, EMFILE, ECONNREFUSED, EPIPE};
	unsigned lives = 0;

	(void)state;
	for (unsigned o = 0; o < 10; o++)
		for (unsigned e = 0; e < 8; e++)
			lives += nth_fails(outputs[o % 5], o >= 5, errors[e]);
	print_message("# a call failed in each of %u lives\n", lives);
	assert_true(lives > 1000);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_random_life, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nth_call_fails, setup, teardown),
	};

	return cmocka_run_group_tests_name("agent_life", tests, NULL, NULL);
}
