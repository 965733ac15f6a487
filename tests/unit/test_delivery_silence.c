/* link: fake_net.o support_delivery.o */
/*
 * A quiet appliance: half an hour of nothing, then one event. Whoever was there is there; nothing
 * else is said, and nothing goes elsewhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "support_delivery.h"

#define HALF_AN_HOUR_MS 1800000

static const char *const primaries[] = {"tcp://192.0.2.1", "udp://192.0.2.1", "unix:///run/1"};
static const char *const fallbacks[] = {
	NULL, "tcp://192.0.2.2", "udp://192.0.2.2", "unix:///run/2"};

static char line[512];

static void expect_well(void)
{
	if (delivery_take_report(&delivery, line, sizeof(line)))
		fail_msg("%s", line);
	assert_int_equal(delivery.active, DELIVERY_PRIMARY);
	assert_int_equal(counters.output_switches, 0);
}

/* Nothing is due, however long it takes. */
static void rest_for(bool with_turns)
{
	expect_well();
	if (with_turns)
		run_for(HALF_AN_HOUR_MS);
	else
		sleep_for(HALF_AN_HOUR_MS);
	expect_well();
}

static void check_silence(const char *primary, const char *fallback, bool with_turns)
{
	calm_setup(NULL);
	begin(primary, fallback, SPOOL, false);
	run_for(100);
	for (unsigned i = 0; i < 6; i++) {
		rest_for(with_turns);
		send_some(1 + i % 2);
		expect_well();
		run_for(i % 3 ? 10 : 2000);
		expect_well();
		run_for(1000);
		expect_well();
		assert_int_equal(arrived_count(), made);
		assert_int_equal(delivery_held(&delivery), 0);
	}
	/* One more, and he is away: that is told in its time, and not before. */
	rest_for(with_turns);
	net_collectors[1].state = NET_REFUSES;
	net_break(1, true);
	send_one(500);
	run_for(9000);
	expect_well();
	run_for(2000);
	assert_true(delivery_take_report(&delivery, line, sizeof(line)));
	assert_int_equal(delivery.active, fallback ? DELIVERY_FALLBACK : DELIVERY_PRIMARY);
	if (fallback)
		run_for(HALF_AN_HOUR_MS);
	assert_false(delivery_take_report(&delivery, line, sizeof(line)));
	end(0);
}

static void test_silence(void **state)
{
	(void)state;
	for (unsigned p = 0; p < 3; p++)
		for (unsigned f = 0; f < 4; f++)
			for (unsigned turns = 0; turns < 2; turns++)
				check_silence(primaries[p], fallbacks[f], turns);
}

/* Stopped (SIGSTOP, a debugger) with messages on their way, or while it connected: that nobody
 * looked is no failure. */
static void test_stopped(void **state)
{
	(void)state;
	for (unsigned p = 0; p < 3; p++) {
		for (unsigned f = 0; f < 8; f++) {
			calm_setup(NULL);
			begin(primaries[p], fallbacks[f % 4], SPOOL, false);
			if (f < 4)
				run_for(100);
			else
				delivery_turn(&delivery, net_now_ms);
			net_collectors[1].bytes_per_ms = 0;
			send_some(100); /* more than the connection takes */
			net_collectors[1].bytes_per_ms = 1000;
			net_advance(HALF_AN_HOUR_MS);
			run_for(3000);
			expect_well();
			assert_int_equal(arrived_count(), made);
			end(0);
		}
	}
}

/* Without room nothing can be kept: it was sent once, and what came of it is forgotten as well. */
static void test_without_room(void **state)
{
	(void)state;
	for (unsigned f = 0; f < 4; f++) {
		calm_setup(NULL);
		begin("udp://192.0.2.1", fallbacks[f], 0, false);
		send_one(500);
		net_collectors[1].state = NET_UNREACHABLE;
		run_for(100);
		send_one(500);
		assert_int_equal(counters.messages_dropped, 1);
		net_collectors[1].state = NET_UP;
		for (unsigned i = 0; i < 5; i++) {
			run_for(HALF_AN_HOUR_MS);
			send_one(500);
			run_for(100);
			expect_well();
		}
		assert_int_equal(arrived_count(), made - 1);
		end(0);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_without_room),
	};

	return cmocka_run_group_tests_name("delivery_silence", tests, NULL, NULL);
}
