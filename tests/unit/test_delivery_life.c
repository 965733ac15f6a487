/* link: fake_net.o support_delivery.o */
/*
 * Random lives over a network that does what networks do: every message arrives at least once, or
 * is counted as dropped; in order; framed exactly, either way; and the sums hold after every step.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "support_delivery.h"

static void something_happens(bool silence)
{
	struct net_collector *c = &net_collectors[1 + net_dice(2)];
	const unsigned which = (unsigned)(c - net_collectors);

	switch (net_dice(12)) {
	case 0:
		c->state = NET_REFUSES;
		net_break(which, net_dice(2));
		break;
	case 1:
		c->state = silence ? NET_SILENT : NET_REFUSES;
		break;
	case 2:
		c->state = NET_UNREACHABLE;
		break;
	case 3:
		net_break(which, net_dice(2));
		break;
	case 4:
		c->bytes_per_ms = net_dice(3) ? 1 + net_dice(1000) : 0;
		break;
	case 5:
		c->talks = net_dice(2);
		break;
	default:
		c->state = NET_UP;
		c->bytes_per_ms = 1000;
	}
}

/* Everybody is back. */
static void recover(void)
{
	for (unsigned i = 1; i < 3; i++) {
		net_collectors[i].state = NET_UP;
		net_collectors[i].bytes_per_ms = 1000;
	}
	for (unsigned i = 0; i < 300 && delivery_held(&delivery) > 0; i++)
		run_for(1000);
	assert_int_equal(delivery_held(&delivery), 0);
}

static void live(const char *output, const char *fallback, uint32_t spool_bytes, bool silence)
{
	begin(output, fallback, spool_bytes, false);
	for (unsigned i = 0; i < 1200; i++) {
		if (net_dice(30) == 0)
			something_happens(silence);
		if (net_dice(3))
			for (uint32_t n = net_dice(8); n > 0; n--)
				send_one(1 + net_dice(net_dice(10) ? 1500 : 7000));
		run_for(net_dice(net_dice(10) ? 50 : 5000));
	}
}

struct tally {
	uint64_t made, dropped, repeated, switches, connections, errors;
};

static void add_up(struct tally *t)
{
	t->made += made;
	t->dropped += counters.messages_dropped;
	t->repeated += counters.messages_repeated;
	t->switches += counters.output_switches;
	t->connections += counters.output_connections;
	t->errors += counters.send_errors;
}

#define TCP1  "tcp://192.0.2.1"
#define TCP2  "tcp://[2001:db8::2]"
#define UDP1  "udp://[2001:db8::1]"
#define UDP2  "udp://192.0.2.2"
#define UNIX1 "unix:///run/1"

/* With room for everything nothing is lost at all, of TCP, UDP and unix sockets. */
static void test_nothing_is_lost(void **state)
{
	static const char *const pairs[][2] = {{TCP1, NULL}, {TCP1, TCP2}, {TCP1, UDP2},
		{UDP1, NULL}, {UDP1, TCP2}, {UDP1, UDP2}, {UNIX1, NULL}, {UNIX1, TCP2}};
	struct tally t = {0};

	(void)state;
	for (unsigned i = 0; i < 64; i++) {
		const char *const *pair = pairs[i % 8];
		const bool datagrams = pair[0][0] == 'u' || (pair[1] && pair[1][0] == 'u');

		net_reset(i + 1);
		net_lines = i >> 3 & 1;
		/* Without an answer nobody knows that a datagram was in vain. */
		live(pair[0], pair[1], LIMIT_SPOOL_BYTES, !datagrams);
		add_up(&t);
		recover();
		assert_int_equal(arrived_count(), made);
		assert_int_equal(counters.messages_sent, made);
		end(1000);
	}
	print_message("# %llu messages, %llu sent again, %llu failures, %llu connections, %llu "
		      "switches\n",
		(unsigned long long)t.made, (unsigned long long)t.repeated,
		(unsigned long long)t.errors, (unsigned long long)t.connections,
		(unsigned long long)t.switches);
	assert_true(t.repeated > 1000 && t.errors > 1000 && t.connections > 100);
	assert_true(t.switches > 50);
}

/* With little room, over TCP: exactly what is counted as dropped has not arrived, but for what an
 * end cuts off. */
static void test_all_is_counted(void **state)
{
	unsigned exact = 0;
	uint64_t missing;
	static const uint32_t sizes[] = {2048, 8192, 20000, 65536};
	struct tally t = {0};

	(void)state;
	for (unsigned i = 0; i < 64; i++) {
		net_reset(i + 1001);
		net_lines = i >> 4 & 1;
		live(TCP1, i & 4 ? TCP2 : NULL, sizes[i % 4], true);
		add_up(&t);
		if (i & 8)
			recover();
		end(net_dice(3000));
		/* One that is longer than the spool is sent without being kept. */
		if (spool.blocks * SPOOL_PAYLOAD_BYTES < 7000)
			continue;
		missing = made - arrived_count();
		assert_in_range(missing, counters.messages_dropped - counters.messages_doubtful,
			counters.messages_dropped);
		assert_in_range(
			counters.messages_doubtful, 0, i & 8 ? 0 : counters.messages_dropped_end);
		exact += counters.messages_doubtful == 0;
	}
	print_message("# %llu messages, %llu dropped\n", (unsigned long long)t.made,
		(unsigned long long)t.dropped);
	assert_true(t.dropped > 1000 && t.dropped < t.made / 2);
	assert_true(exact >= 24);
}

/* The collector's program reads late and dies: its kernel had acknowledged. */
static void test_unread(void **state)
{
	uint64_t repeated = 0;

	(void)state;
	for (unsigned i = 0; i < 30; i++) {
		net_reset(i + 2001);
		begin(TCP1, NULL, LIMIT_SPOOL_BYTES, false);
		net_collectors[1].reads_after_ms = OUTPUT_DOUBT_MS - 50;
		for (unsigned n = 0; n < 300; n++) {
			send_one(1 + net_dice(2000));
			run_for(net_dice(40));
			if (net_dice(40) == 0)
				net_break(1, net_dice(2));
		}
		recover();
		assert_int_equal(arrived_count(), made);
		repeated += counters.messages_repeated;
		end(1000);
	}
	assert_true(repeated > 100);
}

/* An offline run sends all of a log that is larger than the spool, as fast as it is taken. */
static void test_offline(void **state)
{
	static const char *const outputs[] = {TCP1, UDP1, UNIX1};

	(void)state;
	for (unsigned i = 0; i < 12; i++) {
		net_reset(i + 3001);
		net_collectors[1].bytes_per_ms = 1 + net_dice(300);
		begin(outputs[i % 3], NULL, i & 4 ? 0 : 32768, true);
		for (unsigned n = 0; n < 2000; n++) {
			send_one(1 + net_dice(2000));
			if (n == 1000 && i % 3 == 0 && !(i & 4))
				net_break(1, true);
		}
		end(5000);
		assert_int_equal(counters.messages_dropped, 0);
		assert_int_equal(arrived_count(), made);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_lost),
		cmocka_unit_test(test_all_is_counted),
		cmocka_unit_test(test_unread),
		cmocka_unit_test(test_offline),
	};

	return cmocka_run_group_tests_name("delivery_life", tests, NULL, NULL);
}
