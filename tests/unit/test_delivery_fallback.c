/* link: fake_net.o support_delivery.o */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "support_delivery.h"

/* ---- primary and fallback -------------------------------------------------------------- */

#define LINE_TCP  "output: tcp://192.0.2.1: Connection refused; messages "
#define LINE_BACK "output: tcp://192.0.2.1: back"

static void test_no_fallback(void **state)
{
	(void)state;
	net_collectors[1].state = NET_REFUSES;
	begin("tcp://192.0.2.1", NULL, SPOOL, false);
	run_for(60000);
	expect_report(""); /* nobody misses it */
	send_some(1);
	run_for(1);
	expect_report(LINE_TCP "wait");
	run_for(60000);
	expect_report("");
	net_collectors[1].state = NET_UP;
	run_for(61000);
	expect_report(LINE_BACK);
	assert_int_equal(counters.messages_sent, 1);
	assert_int_equal(counters.output_switches, 0);
	end(0);
}

static void check_fallback(const char *primary, const char *fallback, enum net_state away)
{
	char line[512];

	calm_setup(NULL);
	begin(primary, fallback, SPOOL, false);
	run_for(100);
	send_some(5);
	run_for(1000);
	assert_int_equal(arrived_at(1), 5);
	assert_int_equal(net_collectors[2].connections, 0);

	net_collectors[1].state = away;
	net_break(1, true);
	run_for(1);
	send_some(5);
	run_for(9000);
	assert_int_equal(arrived_at(2), 0);
	assert_false(delivery_take_report(&delivery, line, sizeof(line)));
	run_for(2000);
	assert_int_equal(arrived_at(2), 5);
	assert_true(delivery_take_report(&delivery, line, sizeof(line)));
	assert_non_null(strstr(line, fallback));

	/* Messages go on through the fallback; now and then the primary is tried. */
	for (unsigned i = 0; i < 300; i++) {
		send_one(500);
		run_for(100);
	}
	run_for(3000);
	assert_int_equal(arrived_count(), made);
	assert_int_equal(arrived_at(1), 5);
	assert_false(delivery_take_report(&delivery, line, sizeof(line)));

	net_collectors[1].state = NET_UP;
	for (unsigned i = 0; i < 700; i++) {
		send_one(500);
		run_for(100);
	}
	run_for(2000);
	assert_true(arrived_at(1) > 100);
	assert_int_equal(delivery.active, DELIVERY_PRIMARY);
	assert_true(delivery_take_report(&delivery, line, sizeof(line)));
	assert_non_null(strstr(line, ": back"));
	assert_int_equal(arrived_count(), made);
	assert_int_equal(counters.messages_sent, made);
	/* The fallback's connection was ended, not forgotten. */
	assert_int_equal(delivery.outputs[DELIVERY_FALLBACK].state, OUTPUT_RESTING);
	assert_true(*fallback != 't' || !output_is_connected(&delivery.outputs[DELIVERY_FALLBACK]));
	end(0);
}

static void test_fallback(void **state)
{
	static const char *const primaries[] = {
		"tcp://192.0.2.1", "udp://192.0.2.1", "unix:///run/1"};
	static const char *const fallbacks[] = {
		"tcp://192.0.2.2", "udp://192.0.2.2", "unix:///run/2"};

	(void)state;
	for (unsigned p = 0; p < 3; p++)
		for (unsigned f = 0; f < 3; f++) {
			check_fallback(primaries[p], fallbacks[f], NET_REFUSES);
			check_fallback(primaries[p], fallbacks[f], NET_UNREACHABLE);
		}
	check_fallback("tcp://192.0.2.1", "udp://192.0.2.2", NET_SILENT);
}

/* Connected, and takes nothing: that is away, too. */
static void test_hung(void **state)
{
	(void)state;
	begin("tcp://192.0.2.1", "tcp://192.0.2.2", SPOOL, false);
	run_for(100);
	net_collectors[1].bytes_per_ms = 0;
	send_some(30);
	run_for(9500);
	assert_int_equal(arrived_at(2), 0);
	run_for(700);
	assert_int_equal(arrived_at(2), 30);
	expect_report("output: tcp://192.0.2.1: takes nothing; messages go to tcp://192.0.2.2");
	/* He accepts connections, so he is tried; each time later. */
	for (unsigned i = 0; i < 600; i++) {
		send_one(100);
		run_for(1000);
	}
	assert_in_range(counters.output_switches, 4, 60);
	run_for(60000);
	assert_int_equal(arrived_count(), made);
	end(0);
}

/* It is tried, and refuses at once: the fallback has the message at once. */
static void test_refused_trial(void **state)
{
	unsigned trials = 0;

	(void)state;
	net_collectors[1].state = NET_REFUSES;
	begin("udp://192.0.2.1", "udp://192.0.2.2", SPOOL, false);
	send_some(1);
	run_for(12000);
	assert_int_equal(arrived_at(2), 1);
	for (unsigned i = 0; i < 60; i++) {
		const uint64_t switches = counters.output_switches;

		send_one(100);
		run_for(1000);
		send_one(100);
		run_for(150);
		assert_int_equal(delivery.active, DELIVERY_FALLBACK);
		assert_int_equal(arrived_at(2), made);
		trials += counters.output_switches > switches;
	}
	assert_in_range(trials, 4, 7);
	end(0);
}

/* It is there for a moment, while the fallback has something: nothing is taken from that. */
static void test_short_return(void **state)
{
	(void)state;
	net_collectors[1].state = NET_REFUSES;
	begin("tcp://192.0.2.1", "udp://192.0.2.2", SPOOL, false);
	send_some(1);
	run_for(12000);
	assert_int_equal(delivery.active, DELIVERY_FALLBACK);
	for (unsigned i = 0; i < 5; i++) {
		net_collectors[1].state = NET_UP;
		while (!output_is_connected(&delivery.outputs[DELIVERY_PRIMARY])) {
			send_some(1);
			run_for(100);
		}
		run_for(10);
		net_collectors[1].state = NET_REFUSES;
		net_break(1, true);
		run_for(2000);
		assert_int_equal(delivery.active, DELIVERY_FALLBACK);
		assert_int_equal(counters.output_switches, 1);
		assert_int_equal(arrived_at(2), made);
	}
	end(0);
}

/* Both away: who comes first gets it. */
static void test_both_away(void **state)
{
	(void)state;
	for (unsigned first = 1; first < 3; first++) {
		calm_setup(NULL);
		net_collectors[1].state = net_collectors[2].state = NET_REFUSES;
		begin("tcp://192.0.2.1", "tcp://192.0.2.2", SPOOL, false);
		send_some(10);
		run_for(100000);
		assert_int_equal(spool.waiting, 10);
		net_collectors[first].state = NET_UP;
		run_for(61000);
		assert_int_equal(arrived_at(first), 10);
		assert_int_equal(arrival_count, 10);
		end(0);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_no_fallback, calm_setup),
		cmocka_unit_test_setup(test_fallback, calm_setup),
		cmocka_unit_test_setup(test_hung, calm_setup),
		cmocka_unit_test_setup(test_refused_trial, calm_setup),
		cmocka_unit_test_setup(test_short_return, calm_setup),
		cmocka_unit_test_setup(test_both_away, calm_setup),
	};

	return cmocka_run_group_tests_name("delivery_fallback", tests, NULL, NULL);
}
