#include "support_delivery.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

struct delivery delivery;
struct counters counters;
struct spool spool;
uint32_t made;
struct arrival arrivals[4 * MESSAGES];
uint32_t arrival_count;
uint32_t times[MESSAGES + 1];

static _Alignas(8) char memory[LIMIT_SPOOL_BYTES];
static bool datagrams; /* one that is lost may come behind others that were sent later */
static uint32_t lengths[MESSAGES + 1];

static void on_message(unsigned collector, unsigned stream, const char *text, size_t len)
{
	uint32_t number = (uint32_t)atoi(text);

	assert_in_range(number, 1, made);
	assert_int_equal(len, lengths[number]);
	for (size_t i = strspn(text, "0123456789"); i < len; i++)
		assert_int_equal(text[i], 'a' + (char)(number % 26));
	assert_true(arrival_count < sizeof(arrivals) / sizeof(arrivals[0]));
	arrivals[arrival_count++] = (struct arrival){number, (uint8_t)collector, stream};
	times[number]++;
}

int calm_setup(void **state)
{
	(void)state;
	net_reset(1);
	net_calm = true;
	return 0;
}

void begin(const char *output, const char *fallback, uint32_t spool_bytes, bool offline)
{
	struct output_address addresses[2];
	const struct delivery_setup setup = {
		.counters = &counters,
		.spool = &spool,
		.output = &addresses[0],
		.fallback = fallback ? &addresses[1] : NULL,
		.names = {output, fallback},
		.datagram_bytes = 8000,
		.fallback_after_ms = 10000,
		.seed = net_dice(1000000),
		.offline = offline,
	};
	unsigned failed;

	made = arrival_count = 0;
	datagrams = *output != 't' || (fallback && *fallback != 't');
	memset(times, 0, sizeof(times));
	memset(&counters, 0, sizeof(counters));
	net_on_message(on_message);
	spool_init(&spool, memory, spool_bytes, DROP_OLDEST);
	assert_null(output_parse(&addresses[0], output));
	if (fallback)
		assert_null(output_parse(&addresses[1], fallback));
	assert_int_equal(delivery_init(&delivery, &setup, &failed), 0);
	if (net_lines)
		delivery_set_framing(&delivery, OUTPUT_NEWLINE, net_now_ms);
}

void check(void)
{
	const struct counters *c = &counters;

	assert_int_equal(made, c->messages_sent + c->messages_dropped + delivery_held(&delivery));
	assert_int_equal(
		c->messages_dropped, c->messages_dropped_spool + c->messages_dropped_oversized +
					     c->messages_dropped_output + c->messages_dropped_end);
	assert_int_equal(c->send_errors,
		c->send_errors_refused + c->send_errors_unreachable + c->send_errors_no_buffers +
			c->send_errors_too_long + c->send_errors_broken + c->send_errors_other);
	assert_int_equal(delivery.flight_count, spool.in_flight);
}

size_t message_text(char *text, uint32_t number, size_t len)
{
	size_t digits;

	memset(text, 'a' + (char)(number % 26), len);
	digits = (size_t)sprintf(text, "%u", number);
	text[digits] = 'a' + (char)(number % 26);
	return len > digits + 1 ? len : digits + 1;
}

void send_one(size_t len)
{
	static char text[LIMIT_DATAGRAM_BYTES];
	const uint32_t number = ++made;

	assert_true(number <= MESSAGES);
	lengths[number] = (uint32_t)message_text(text, number, len);
	delivery_send(&delivery, (struct span){text, lengths[number]}, 6, net_now_ms);
	check();
}

void send_some(unsigned n)
{
	while (n-- > 0)
		send_one(500);
}

void take_over(char *file, size_t bytes, uint32_t count, size_t len)
{
	spool_init(&spool, file, bytes, DROP_NEWEST);
	spool_recover(&spool);
	assert_int_equal(spool.recovered, count);
	for (; made < count; lengths[made] = (uint32_t)len)
		made++;
}

void (*on_turn)(void);

static bool poll_outputs(void)
{
	bool any = false;

	for (unsigned i = 0; i < DELIVERY_OUTPUTS; i++) {
		int fd;
		short events = delivery_events(&delivery, i, &fd);
		short ready = fd < 0 ? 0 : net_ready(fd, events);

		if (ready) {
			delivery_ready(&delivery, i, ready, net_now_ms);
			any = true;
		}
	}
	return any;
}

/* No output is waited for, so the time till the next turn can go at once. */
static int64_t pause_ms(int64_t until_ms)
{
	const int64_t deadline_ms = delivery_deadline_ms(&delivery);

	for (unsigned i = 0; i < DELIVERY_OUTPUTS; i++)
		if (delivery.outputs[i].state == OUTPUT_CONNECTING || delivery.flight_count > 0)
			return on_turn ? 10 : 1; /* a model lives for days */
	return (deadline_ms < until_ms ? deadline_ms : until_ms) - net_now_ms;
}

void sleep_for(int64_t ms)
{
	assert_true(delivery_deadline_ms(&delivery) >= net_now_ms + ms);
	net_advance(ms);
}

void run_for(int64_t ms)
{
	const int64_t until_ms = net_now_ms + ms;
	unsigned turns = 0;

	poll_outputs(); /* it is in poll() that the loop was, whatever happened meanwhile */
	for (;;) {
		int64_t before_ms = net_now_ms;

		delivery_turn(&delivery, net_now_ms);
		check();
		if (on_turn)
			on_turn();
		while (net_now_ms < until_ms && net_now_ms < delivery_deadline_ms(&delivery)) {
			if (poll_outputs())
				break;
			net_advance(pause_ms(until_ms));
		}
		/* Nothing may want a turn again and again while no time passes. */
		turns = net_now_ms > before_ms ? 0 : turns + 1;
		assert_true(turns < 200);
		if (net_now_ms >= until_ms)
			return;
	}
}

uint32_t arrived_count(void)
{
	uint32_t n = 0;

	for (uint32_t i = 1; i <= made; i++)
		n += times[i] > 0;
	return n;
}

void check_order(void)
{
	static uint32_t last[MESSAGES];
	static bool seen[MESSAGES + 1];
	uint32_t most = 0;

	memset(last, 0, sizeof(last));
	memset(seen, 0, sizeof(seen));
	for (uint32_t i = 0; i < arrival_count; i++) {
		const struct arrival *a = &arrivals[i];

		if (a->stream > 0) {
			assert_true(a->number > last[a->stream]);
			last[a->stream] = a->number;
		}
		if (!seen[a->number] && !datagrams)
			assert_true(a->number > most);
		seen[a->number] = true;
		most = a->number > most ? a->number : most;
	}
}

void end(int64_t wait_ms)
{
	delivery_stop(&delivery, net_now_ms + wait_ms);
	check();
	assert_int_equal(delivery_held(&delivery), 0);
	assert_int_equal(net_open_count(), 0);
	check_order();
}

unsigned arrived_at(unsigned collector)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < arrival_count; i++)
		n += arrivals[i].collector == collector;
	return n;
}

void expect_report(const char *wanted)
{
	char line[512] = "";

	assert_int_equal(delivery_take_report(&delivery, line, sizeof(line)), *wanted != '\0');
	assert_string_equal(line, wanted);
	assert_false(delivery_take_report(&delivery, line, sizeof(line)));
}
