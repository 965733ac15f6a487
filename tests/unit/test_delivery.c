/* link: fake_net.o support_delivery.o */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "support_delivery.h"

/* ---- one output ------------------------------------------------------------------------ */

/* It is sent at once, and counts as sent when it can be relied upon. */
static void check_settling(const char *output)
{
	calm_setup(NULL);
	begin(output, NULL, SPOOL, false);
	run_for(100);
	send_one(100);
	run_for(20);
	assert_int_equal(arrived_count(), 1);
	assert_int_equal(counters.messages_sent, 0);
	assert_int_equal(delivery_held(&delivery), 1);
	run_for(OUTPUT_DOUBT_MS - 30);
	assert_int_equal(counters.messages_sent, 0);
	run_for(30);
	assert_int_equal(counters.messages_sent, 1);
	assert_int_equal(spool.in_flight + spool.waiting, 0);
	/* Nothing is left to do. */
	assert_true(delivery_deadline_ms(&delivery) == INT64_MAX);
	end(0);
	assert_int_equal(counters.messages_repeated, 0);
}

static void test_settling(void **state)
{
	(void)state;
	check_settling("tcp://192.0.2.1");
	check_settling("udp://192.0.2.1");
	check_settling("unix:///run/1");
}

/* Not acknowledged, however long: it stays. */
static void test_unacknowledged(void **state)
{
	(void)state;
	begin("tcp://192.0.2.1", NULL, SPOOL, false);
	run_for(100);
	net_collectors[1].bytes_per_ms = 0;
	send_some(3);
	run_for(20000);
	assert_int_equal(counters.messages_sent, 0);
	assert_int_equal(spool.in_flight, 3);
	net_collectors[1].bytes_per_ms = 1000;
	run_for(200);
	assert_int_equal(counters.messages_sent, 3);
	assert_int_equal(arrival_count, 3);
	end(0);
}

/* As many as the collector's buffer takes in a moment, then a pause. */
static void test_pace(void **state)
{
	(void)state;
	net_collectors[1].state = NET_UNREACHABLE;
	begin("udp://192.0.2.1", NULL, SPOOL, false);
	send_some(100);
	net_collectors[1].state = NET_UP;
	net_advance(2000);
	delivery_turn(&delivery, net_now_ms);
	assert_in_range(arrival_count, 1, LIMIT_UDP_BURST);
	delivery_turn(&delivery, net_now_ms);
	assert_in_range(arrival_count, 1, LIMIT_UDP_BURST);
	run_for(100);
	assert_int_equal(arrival_count, 100);
	end(0);
}

/* Too long for the spool: sent, and never again. Too small for anything: the same. */
static void test_without_room(void **state)
{
	static const uint32_t sizes[] = {0, 1024};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		calm_setup(NULL);
		begin("tcp://192.0.2.1", NULL, sizes[i], false);
		run_for(100);
		for (unsigned n = 0; n < 10; n++) {
			send_one(3000);
			run_for(10);
		}
		assert_int_equal(counters.messages_sent, 10);
		assert_int_equal(arrival_count, 10);
		/* A part of one is on its way when it breaks: it begins anew. */
		net_collectors[1].bytes_per_ms = 0;
		send_one(5000);
		send_one(5000);
		assert_int_equal(delivery_held(&delivery), 1);
		net_break(1, true);
		net_collectors[1].bytes_per_ms = 1000;
		run_for(3000);
		assert_int_equal(times[11], 0);
		assert_int_equal(times[12], 1);
		net_collectors[1].state = NET_REFUSES;
		net_break(1, true);
		run_for(10);
		send_one(3000);
		assert_int_equal(counters.messages_dropped_oversized, 1);
		end(0);
	}
}

/* `parse -f` has no loop that looks at the outputs; its turns do. */
static void test_offline_looks(void **state)
{
	(void)state;
	begin("tcp://192.0.2.1", NULL, SPOOL, true);
	send_one(100);
	net_break(1, false);
	delivery_turn(&delivery, net_now_ms);
	assert_false(output_is_connected(&delivery.outputs[DELIVERY_PRIMARY]));
	net_advance(2000);
	for (unsigned i = 0; i < 1000 && delivery_held(&delivery) > 0; i += 10) {
		delivery_turn(&delivery, net_now_ms);
		net_advance(10);
	}
	assert_int_equal(counters.messages_sent, 1);
	assert_int_equal(counters.output_connections, 2);
	end(0);
}

/* What holds a newline is dropped and counted where lines are sent, new or out of the spool;
 * nothing of it arrives, and what stands behind it goes on. */
static void test_newline_within(void **state)
{
	(void)state;
	net_lines = true;
	begin("tcp://192.0.2.1", NULL, SPOOL, false);
	for (unsigned connected = 0; connected < 2; connected++) {
		send_one(100);
		made++; /* and this is no number */
		delivery_send(&delivery, SPAN("{}\n1aaaa"), 5, net_now_ms);
		send_one(100);
		run_for(1000);
		assert_int_equal(delivery_held(&delivery), 0);
		assert_int_equal(arrival_count, 2 * (connected + 1));
		assert_int_equal(counters.messages_dropped_output, connected + 1);
	}
	assert_int_equal(net_collectors[1].connections, 1);
	end(0);
}

/* A reload brings another: the connection is made anew, and nothing is lost between. */
static void test_other_framing(void **state)
{
	(void)state;
	begin("tcp://192.0.2.1", NULL, SPOOL, false);
	run_for(100);
	for (unsigned i = 1; i < 6; i++) {
		send_some(20);
		run_for(1000);
		net_collectors[1].bytes_per_ms = 0;
		send_some(20);
		run_for(10);
		net_collectors[1].bytes_per_ms = 1000;
		net_lines = i & 1;
		delivery_set_framing(
			&delivery, net_lines ? OUTPUT_NEWLINE : OUTPUT_OCTET, net_now_ms);
		run_for(3000);
		assert_int_equal(arrived_count(), made);
		assert_int_equal(net_collectors[1].connections, i + 1);
	}
	assert_int_equal(counters.messages_dropped, 0);
	end(0);
}

/* ---- the end --------------------------------------------------------------------------- */

static void test_stop(void **state)
{
	int64_t before_ms;

	(void)state;
	/* What is not acknowledged yet is waited for, no longer than needed. */
	begin("tcp://192.0.2.1", NULL, SPOOL, false);
	run_for(100);
	net_collectors[1].bytes_per_ms = 50;
	send_some(100);
	before_ms = net_now_ms;
	end(1900);
	assert_int_equal(counters.messages_sent, 100);
	assert_in_range(net_now_ms - before_ms, 900, 1500);

	/* Too slow: at the deadline, not later. */
	calm_setup(NULL);
	begin("tcp://192.0.2.1", NULL, SPOOL, false);
	run_for(100);
	net_collectors[1].bytes_per_ms = 10;
	send_some(100);
	before_ms = net_now_ms;
	end(1900);
	assert_int_equal(net_now_ms - before_ms, 1900);
	assert_in_range(counters.messages_dropped_end, 50, 99);
	assert_int_equal(counters.messages_dropped_end, 100 - counters.messages_sent);

	/* Nobody can be there before the deadline: at once. */
	calm_setup(NULL);
	net_collectors[1].state = NET_REFUSES;
	begin("tcp://192.0.2.1", NULL, SPOOL, false);
	run_for(20000);
	send_some(3);
	before_ms = net_now_ms;
	end(1000);
	assert_int_equal(net_now_ms, before_ms);
	assert_int_equal(counters.messages_dropped_end, 3);

	/* The fallback is there, and its time has not come; it has, now. */
	calm_setup(NULL);
	net_collectors[1].state = NET_REFUSES;
	begin("tcp://192.0.2.1", "tcp://192.0.2.2", SPOOL, false);
	run_for(2000);
	send_some(3);
	end(1000);
	assert_int_equal(arrived_at(2), 3);
	assert_int_equal(counters.messages_sent, 3);
}

/* With a file nothing is dropped at the end, and what comes from it counts. */
static void test_kept(void **state)
{
	(void)state;
	net_collectors[1].state = NET_REFUSES;
	begin("tcp://192.0.2.1", NULL, SPOOL, false);
	delivery.has_spool_file = true;
	send_some(5);
	run_for(2000);
	delivery_stop(&delivery, net_now_ms + 100);
	check();
	assert_int_equal(delivery_held(&delivery), 5);
	assert_int_equal(counters.messages_dropped, 0);
	assert_int_equal(net_open_count(), 0);
}

/* ---- another destination ----------------------------------------------------------------- */

static void change(unsigned which, const char *destination)
{
	struct output_address a;

	if (destination)
		assert_null(output_parse(&a, destination));
	assert_int_equal(
		delivery_change(&delivery, which, destination ? &a : NULL, destination, net_now_ms),
		0);
	check();
}

static void test_change(void **state)
{
	(void)state;
	begin("udp://192.0.2.1", NULL, SPOOL, false);
	send_some(10);
	change(DELIVERY_PRIMARY, "tcp://[2001:db8::2]");
	assert_int_equal(spool.waiting, 10); /* again, who knows */
	run_for(1000);
	assert_int_equal(arrived_at(2), 10);
	assert_int_equal(counters.messages_sent, 10);

	/* A fallback comes, is used, and goes. */
	net_collectors[2].state = NET_REFUSES;
	net_break(2, true);
	change(DELIVERY_FALLBACK, "udp://192.0.2.1");
	send_some(10);
	run_for(12000);
	assert_int_equal(arrived_at(1), 20);
	change(DELIVERY_FALLBACK, NULL);
	assert_int_equal(delivery.active, DELIVERY_PRIMARY);
	send_some(10);
	run_for(12000);
	assert_int_equal(arrived_at(1), 20);
	assert_int_equal(spool.waiting, 10);
	net_collectors[2].state = NET_UP;
	run_for(61000);
	assert_int_equal(counters.messages_sent, 30);
	end(0);
}

/* Another primary while the fallback is used has its time, and nobody is told that it is back. The
 * same one again changes nothing. */
static void test_change_while_away(void **state)
{
	char line[512];

	(void)state;
	for (unsigned alive = 0; alive < 2; alive++) {
		calm_setup(NULL);
		net_collectors[1].state = NET_REFUSES;
		begin("tcp://192.0.2.1", "udp://192.0.2.2", SPOOL, false);
		send_some(3);
		run_for(12000);
		assert_true(delivery_take_report(&delivery, line, sizeof(line)));
		change(DELIVERY_PRIMARY, "tcp://192.0.2.1");
		run_for(1000);
		assert_int_equal(delivery.active, DELIVERY_FALLBACK);
		if (alive)
			net_collectors[1].state = NET_UP;
		change(DELIVERY_PRIMARY, "tcp://[2001:db8::1]");
		assert_int_equal(delivery.active, DELIVERY_PRIMARY);
		send_some(1);
		run_for(9000);
		expect_report("");
		run_for(2000);
		if (alive)
			expect_report("");
		else
			expect_report(
				"output: tcp://[2001:db8::1]: Connection refused; messages go "
				"to udp://192.0.2.2");
		assert_int_equal(arrived_count(), made);
		end(0);
	}
}

/* A name: no address at first, and nobody is asked. */
static void test_name(void **state)
{
	struct output_address a;

	(void)state;
	begin("tcp://collector.example", NULL, SPOOL, false);
	send_some(5);
	run_for(3000);
	assert_int_equal(counters.send_errors, 0);
	a = delivery.outputs[DELIVERY_PRIMARY].address;
	a.at.ip4.sin_family = AF_INET;
	a.at.ip4.sin_port = htons(a.port);
	a.at.ip4.sin_addr.s_addr = htonl(0xc0000201);
	a.len = sizeof(a.at.ip4);
	assert_int_equal(
		delivery_change(&delivery, DELIVERY_PRIMARY, &a, "collector", net_now_ms), 0);
	run_for(1000);
	assert_int_equal(counters.messages_sent, 5);
	end(0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_settling, calm_setup),
		cmocka_unit_test_setup(test_unacknowledged, calm_setup),
		cmocka_unit_test_setup(test_pace, calm_setup),
		cmocka_unit_test_setup(test_without_room, calm_setup),
		cmocka_unit_test_setup(test_offline_looks, calm_setup),
		cmocka_unit_test_setup(test_newline_within, calm_setup),
		cmocka_unit_test_setup(test_other_framing, calm_setup),
		cmocka_unit_test_setup(test_stop, calm_setup),
		cmocka_unit_test_setup(test_kept, calm_setup),
		cmocka_unit_test_setup(test_change, calm_setup),
		cmocka_unit_test_setup(test_change_while_away, calm_setup),
		cmocka_unit_test_setup(test_name, calm_setup),
	};

	return cmocka_run_group_tests_name("delivery", tests, NULL, NULL);
}
