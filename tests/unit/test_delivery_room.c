/* link: fake_net.o support_delivery.o */
/* What of the spool may be under way, and what that leaves to be dropped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "support_delivery.h"

static void collector_dies(void)
{
	net_collectors[1].state = NET_REFUSES;
	net_break(1, true);
}

/* What is dropped was never sent: the collector misses that many, and not one more or less. */
static void check_exact_drops(const char *output)
{
	calm_setup(NULL);
	begin(output, NULL, 32768, false);
	run_for(100);
	for (unsigned i = 0; i < 20; i++) {
		send_some(1);
		run_for(50);
	}
	/* All of these have arrived, the last ten are kept a little longer. */
	assert_int_equal(arrived_count(), 20);
	collector_dies();
	for (unsigned i = 0; i < 100; i++) {
		send_some(1);
		run_for(20);
	}
	assert_in_range(counters.messages_dropped_spool, 60, 90);
	net_collectors[1].state = NET_UP;
	run_for(20000);
	assert_int_equal(delivery_held(&delivery), 0);
	assert_in_range(counters.messages_repeated, 5, 20);
	assert_int_equal(made - arrived_count(), counters.messages_dropped);
	assert_int_equal(counters.messages_doubtful, 0);
	end(0);
}

static void test_exact_drops(void **state)
{
	(void)state;
	check_exact_drops("tcp://192.0.2.1");
	check_exact_drops("udp://192.0.2.1");
	check_exact_drops("unix:///run/1");
}

/* Connected, and acknowledges nothing: half of the spool stays for what was not sent, nobody asks
 * all the time, and it goes on soon after. */
static void test_full_flight(void **state)
{
	unsigned turns = 0;

	(void)state;
	begin("tcp://192.0.2.1", NULL, 16384, false);
	run_for(100);
	net_collectors[1].bytes_per_ms = 0;
	send_some(15);
	run_for(10);
	assert_int_equal(spool.in_flight, 8); /* two blocks each */
	assert_int_equal(spool.waiting, 7);
	for (int64_t until_ms = net_now_ms + 10000; net_now_ms < until_ms; turns++) {
		const int64_t deadline_ms = delivery_deadline_ms(&delivery);

		net_advance(deadline_ms > net_now_ms ? deadline_ms - net_now_ms : 0);
		delivery_turn(&delivery, net_now_ms);
	}
	assert_in_range(turns, 90, 120);
	net_collectors[1].bytes_per_ms = 1000;
	run_for(250);
	assert_int_equal(arrival_count, 15);
	for (unsigned i = 0; i < 100; i++) {
		send_some(1);
		run_for(2);
	}
	assert_int_equal(arrived_count(), made);
	end(1000);
	assert_int_equal(counters.messages_dropped, 0);
}

/* Without a file the end drops also what was sent and is not settled. */
static void test_doubtful_end(void **state)
{
	(void)state;
	begin("tcp://192.0.2.1", NULL, SPOOL, false);
	run_for(100);
	send_some(3);
	run_for(50);
	collector_dies();
	run_for(10);
	send_some(4);
	end(500);
	assert_int_equal(counters.messages_dropped_end, 7);
	assert_int_equal(counters.messages_doubtful, 3);
}

/* Longer than what becomes free at a time: it is not waited for until half a second has passed. */
static void check_long_messages(const char *output, uint32_t spool_bytes, size_t len)
{
	calm_setup(NULL);
	begin(output, NULL, spool_bytes, false);
	run_for(100);
	collector_dies();
	for (unsigned i = 0; i < 10; i++) {
		send_one(len);
		run_for(20);
	}
	net_collectors[1].state = NET_UP;
	run_for(16000);
	assert_int_equal(delivery_held(&delivery), 0);
	for (unsigned i = 0; i < 800; i++) {
		send_one(len);
		run_for(25);
	}
	run_for(1000);
	assert_int_equal(made - arrived_count(), counters.messages_dropped);
	assert_in_range(counters.messages_dropped, 0, 10);
	end(0);
}

static void test_long_messages(void **state)
{
	static const char *const outputs[] = {
		"tcp://192.0.2.1", "udp://192.0.2.1", "unix:///run/1"};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		check_long_messages(outputs[i], 16384, 1500);
		check_long_messages(outputs[i], 16384, 2500);
		check_long_messages(outputs[i], 65536, 7999);
	}
}

/* A file that lost its power: the page of one that flew is older than those of others behind it. */
static void test_torn_file(void **state)
{
	static const char *const outputs[] = {"tcp://192.0.2.1", "udp://192.0.2.1"};
	static _Alignas(8) char file[16 * SPOOL_BLOCK_BYTES];
	static struct spool before;
	char text[400], page[SPOOL_BLOCK_BYTES];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		calm_setup(NULL);
		memset(file, 0, sizeof(file));
		spool_init(&before, file, sizeof(file), DROP_NEWEST);
		spool_recover(&before);
		for (unsigned n = 1; n <= 12; n++) {
			message_text(text, n, sizeof(text));
			spool_push(&before, (struct span){text, sizeof(text)}, 6);
		}
		memcpy(page, file, sizeof(page));
		for (unsigned n = 0; n < 8; n++)
			spool_sent(&before, false);
		spool_confirm(&before); /* the disk will not know */
		spool_sent(&before, false);
		memcpy(file, page, sizeof(page));
		begin(outputs[i], NULL, 0, false);
		take_over(file, sizeof(file), 12, sizeof(text));
		run_for(3000);
		assert_int_equal(counters.messages_sent, 12);
		assert_int_equal(arrived_count(), 12);
		end(0);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_exact_drops, calm_setup),
		cmocka_unit_test_setup(test_full_flight, calm_setup),
		cmocka_unit_test_setup(test_doubtful_end, calm_setup),
		cmocka_unit_test_setup(test_long_messages, calm_setup),
		cmocka_unit_test_setup(test_torn_file, calm_setup),
	};

	return cmocka_run_group_tests_name("delivery_room", tests, NULL, NULL);
}
