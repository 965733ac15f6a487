/* link: fake_sys.o fake_files.o fake_sockets.o */
#include "host_names.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "fake_sys.h"

static struct host_names names;
static struct delivery delivery;
static struct spool spool;
static struct loop loop;
static struct counters counters;
static char memory[64 * 1024];

/* ---- a host, and what it says of names ------------------------------------------------------- */

static void begin(const char *output, const char *fallback)
{
	static struct output_address at[DELIVERY_OUTPUTS];
	struct delivery_setup setup = {.counters = &counters,
		.spool = &spool,
		.output = &at[0],
		.fallback = fallback ? &at[1] : NULL,
		.names = {output, fallback ? fallback : ""},
		.datagram_bytes = 8000,
		.fallback_after_ms = 20000};
	unsigned failed;

	assert_null(output_parse(&at[0], output));
	if (fallback)
		assert_null(output_parse(&at[1], fallback));
	spool_init(&spool, memory, sizeof(memory), DROP_OLDEST);
	assert_int_equal(delivery_init(&delivery, &setup, &failed), 0);
	host_names_open(&names, &delivery, &loop);
}

static int setup(void **state)
{
	(void)state;
	fake_sys_reset();
	memset(&counters, 0, sizeof(counters));
	memset(&delivery, 0, sizeof(delivery));
	loop_init(&loop);
	fake_sys_file_text("/etc/hosts", "192.0.2.1 collector.example.net\n"
					 "2001:db8::1 collector.example.net\n"
					 "192.0.2.9 other.example.net\n");
	fake_sys_file_text("/etc/resolv.conf", "nameserver 192.0.2.53\n");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	host_names_close(&names);
	delivery_stop(&delivery, sys_monotonic_ms());
	assert_int_equal(fake_sys_open_count(), 0);
	fake_sys_reset();
	return 0;
}

static int64_t turn(int64_t ms)
{
	int64_t next_ms;

	fake_sys_clock_advance_ms(ms);
	next_ms = host_names_turn(&names, sys_monotonic_ms());
	delivery_turn(&delivery, sys_monotonic_ms());
	return next_ms;
}

static void assert_address(unsigned which, const char *wanted)
{
	const struct output_address *a = &delivery.outputs[which].address;
	char text[INET6_ADDRSTRLEN] = "none";

	if (a->len == sizeof(a->at.ip4))
		inet_ntop(AF_INET, &a->at.ip4.sin_addr, text, sizeof(text));
	else if (a->len == sizeof(a->at.ip6))
		inet_ntop(AF_INET6, &a->at.ip6.sin6_addr, text, sizeof(text));
	assert_string_equal(text, wanted);
	if (a->len > 0)
		assert_int_equal(ntohs(a->at.ip4.sin_port), a->port);
}

static void send_one(void)
{
	delivery_send(&delivery, SPAN("message"), 6, sys_monotonic_ms());
}

/* ---- tests ---------------------------------------------------------------------------------- */

/* Numeric addresses never need a resolver. */
static void numbers(void **state)
{
	(void)state;
	begin("udp://192.0.2.7:514", "tcp://[2001:db8::7]");
	fake_sys_file_remove("/etc/hosts");
	assert_int_equal(turn(0), INT64_MAX);
	assert_address(DELIVERY_PRIMARY, "192.0.2.7");
	assert_address(DELIVERY_FALLBACK, "2001:db8::7");
	assert_int_equal(fake_sys_calls("open"), 0);
}

static void a_name(void **state)
{
	(void)state;
	begin("udp://collector.example.net:5140", "udp://other.example.net");
	assert_address(DELIVERY_PRIMARY, "none");
	turn(0);
	assert_address(DELIVERY_PRIMARY, "192.0.2.1");
	assert_address(DELIVERY_FALLBACK, "192.0.2.9");
	send_one();
	assert_int_equal(fake_sys_sent_count(), 1);
}

/* What happens before there is an answer waits for it. */
static void messages_wait(void **state)
{
	(void)state;
	begin("udp://late.example.net", NULL);
	turn(0);
	fake_sys_sent_clear(); /* the questions */
	for (unsigned i = 0; i < 5; i++)
		send_one();
	for (unsigned i = 0; i < 30; i++)
		turn(1000);
	assert_int_equal(spool.waiting, 5);
	fake_sys_file_text("/etc/hosts", "192.0.2.5 late.example.net\n");
	fake_sys_sent_clear();
	for (unsigned i = 0; i < 61; i++) /* the longest pause of the resolver */
		turn(1000);
	assert_address(DELIVERY_PRIMARY, "192.0.2.5");
	assert_int_equal(spool.waiting, 0);
	assert_int_equal(counters.messages_sent, 5);
}

/* While nobody answers at one address the others are tried, in turn; the fallback's time runs on.
 */
static void next_address(void **state)
{
	(void)state;
	begin("udp://collector.example.net", "udp://192.0.2.8");
	turn(0);
	fake_sys_fail("sendto", 0, ECONNREFUSED);
	fake_sys_fail("sendmsg", 0, ECONNREFUSED);
	send_one();
	turn(1);
	assert_address(DELIVERY_PRIMARY, "192.0.2.1");
	for (unsigned i = 0; i < 5; i++) {
		turn(1000);
		send_one();
	}
	turn(1000);
	assert_address(DELIVERY_PRIMARY, "2001:db8::1");
	for (unsigned i = 0; i < 5; i++)
		turn(1000);
	assert_address(DELIVERY_PRIMARY, "192.0.2.1");
	for (unsigned i = 0; i < 12; i++)
		turn(1000);
	assert_int_equal(counters.output_switches, 1);
}

/* An address that the name still has is not left, wherever it stands in the list. */
static void same_address(void **state)
{
	uint32_t breaks;

	(void)state;
	begin("udp://collector.example.net", NULL);
	turn(0);
	breaks = delivery.outputs[0].breaks;
	fake_sys_file_text(
		"/etc/hosts", "192.0.2.2 collector.example.net\n192.0.2.1 collector.example.net\n");
	for (unsigned i = 0; i < 70; i++)
		turn(1000);
	assert_int_equal(names.hosts[0].resolver.found.count, 2);
	assert_int_equal(names.hosts[0].address_in_use, 1);
	assert_address(DELIVERY_PRIMARY, "192.0.2.1");
	assert_int_equal(delivery.outputs[0].breaks, breaks);
	fake_sys_file_text("/etc/hosts", "192.0.2.2 collector.example.net\n");
	for (unsigned i = 0; i < 70; i++)
		turn(1000);
	assert_address(DELIVERY_PRIMARY, "192.0.2.2");
}

/* As a reload does it. */
static void another_name(void **state)
{
	static const char *const steps[][2] = {{"udp://other.example.net", "192.0.2.9"},
		{"udp://collector.example.net", "192.0.2.1"},
		{"udp://collector.example.net", "192.0.2.1"}, /* the same once more */
		{"udp://192.0.2.77", "192.0.2.77"}};
	struct output_address a;

	(void)state;
	begin("udp://collector.example.net", NULL);
	turn(0);
	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		assert_null(output_parse(&a, steps[i][0]));
		assert_int_equal(
			delivery_change(&delivery, 0, &a, steps[i][0], sys_monotonic_ms()), 0);
		turn(0);
		assert_address(DELIVERY_PRIMARY, steps[i][1]);
	}
	assert_int_equal(turn(0), INT64_MAX);
}

static void expect_report(const char *wanted)
{
	char line[512] = "";

	delivery_take_report(&delivery, line, sizeof(line));
	assert_string_equal(line, wanted);
}

/* A name that nobody knows is no output that takes nothing, and that is said. */
static void no_such_name(void **state)
{
	static const char *const schemes[] = {"udp", "tcp"};
	struct delivery_status status;
	char output[64], wanted[256];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		snprintf(output, sizeof(output), "%s://nowhere.example.net", schemes[i]);
		begin(output, i ? "udp://192.0.2.8" : NULL);
		fake_sys_file_text("/etc/resolv.conf", "");
		turn(0);
		send_one();
		for (unsigned n = 0; n < 40; n++) {
			turn(1000);
			if (n < 15)
				expect_report("");
		}
		snprintf(wanted, sizeof(wanted),
			"output: %s: the name does not resolve: no name server is "
			"configured; messages %s",
			output, i ? "go to udp://192.0.2.8" : "wait");
		expect_report(wanted);
		delivery_get_status(&delivery, &status);
		assert_int_equal(status.choice, i ? CHOICE_FALLBACK : CHOICE_AWAY);
		assert_string_equal(status.name, i ? "fallback" : "away");
		assert_string_equal(status.target, i ? "udp://192.0.2.8" : output);
		assert_string_equal(
			status.error, "the name does not resolve: no name server is configured");
		fake_sys_file_text("/etc/hosts", "192.0.2.5 nowhere.example.net\n");
		for (unsigned n = 0; n < 65; n++) {
			turn(1000);
			send_one();
		}
		snprintf(wanted, sizeof(wanted), "output: %s: back", output);
		expect_report(wanted);
		delivery_get_status(&delivery, &status);
		assert_string_equal(status.error, "");
		assert_string_equal(status.target, output);
		if (i == 0) {
			teardown(state);
			setup(state);
		}
	}
}

/* The loop looks at the socket as long as an answer is awaited. */
static void in_the_loop(void **state)
{
	(void)state;
	begin("udp://nowhere.example.net", NULL);
	turn(0);
	assert_true(names.hosts[0].source >= 0);
	for (unsigned i = 0; i < 20 && names.hosts[0].resolver.asking; i++)
		turn(2000);
	assert_int_equal(names.hosts[0].source, -1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(numbers),
		TEST(a_name),
		TEST(messages_wait),
		TEST(next_address),
		TEST(same_address),
		TEST(another_name),
		TEST(no_such_name),
		TEST(in_the_loop),
	};

	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
