/* link: live.o loop.o audit_control.o audit_explain.o netlink.o fake_audit.o fake_sys.o
 * fake_files.o fake_sockets.o text.o */
/* What comes too fast, or from others. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fake_audit.h"
#include "fake_sys.h"
#include "live.h"

static struct live live;
static struct loop loop;
static struct config config;
static struct counters counters;
static struct audit_error error;
static struct {
	unsigned records, statuses, replies;
	uint32_t lost, last_sequence;
	uint16_t last_type;
	char last[64];
	char text[4096];
} seen;

static void on_record(void *ctx, uint16_t type, const char *text, size_t len)
{
	assert_ptr_equal(ctx, &seen);
	assert_true(type >= 1000);
	seen.records++;
	snprintf(seen.last, sizeof(seen.last), "%.*s", (int)len, text);
}

static void on_notice(void *ctx, const char *line)
{
	assert_ptr_equal(ctx, &seen);
	snprintf(
		seen.text + strlen(seen.text), sizeof(seen.text) - strlen(seen.text), "%s\n", line);
}

static void on_status(void *ctx, const struct audit_control_status *status, uint32_t lost)
{
	assert_ptr_equal(ctx, &seen);
	assert_int_equal(status->bytes, sizeof(struct audit_status));
	seen.statuses++;
	seen.lost += lost;
}

static int on_load_rules(void *ctx, struct netlink *control, struct audit_error *e)
{
	(void)control;
	(void)e;
	assert_ptr_equal(ctx, &seen);
	return 0;
}

static void on_reply(void *ctx, uint16_t type, uint32_t sequence, const void *payload, size_t len)
{
	(void)payload;
	(void)len;
	assert_ptr_equal(ctx, &seen);
	seen.replies++;
	seen.last_type = type;
	seen.last_sequence = sequence;
}

static const struct live_hooks hooks = {
	&seen, on_record, on_notice, on_status, on_load_rules, on_reply, NULL};

static int start(void)
{
	return live_start(&live, &config, &loop, &counters, &hooks, &error);
}

static int setup(void **state)
{
	(void)state;
	fake_sys_reset();
	fake_audit_start();
	fake_audit.status.lost = 1000; /* before our time */
	loop_init(&loop);
	memset(&seen, 0, sizeof(seen));
	memset(&counters, 0, sizeof(counters));
	memset(&config, 0, sizeof(config));
	config.backlog_limit = 8192;
	fake_sys_file_text("/proc/self/uid_map", "0 0 4294967295\n");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(fake_sys_open_count(), 0);
	for (unsigned i = 0; i < LIMIT_LOOP_SOURCES; i++)
		assert_int_equal(loop.sources[i].fd, -1);
	for (unsigned i = 0; i < LIMIT_LOOP_TIMERS; i++)
		assert_null(loop.timers[i].handler);
	fake_sys_reset();
	return 0;
}

/* Let that much time pass, and everything happen that is due. */
static void run_ms(int64_t ms)
{
	int64_t end = sys_monotonic_ms() + ms;

	while (sys_monotonic_ms() < end)
		assert_int_equal(loop_turn(&loop, (int)(end - sys_monotonic_ms())), 0);
	while (fake_sys_pending(live.ac.data.fd) + fake_sys_pending(live.ac.control.fd) > 0)
		assert_int_equal(loop_turn(&loop, 0), 0);
}

static void assert_notice_has(const char *part)
{
	if (!strstr(seen.text, part))
		fail_msg("\"%s\" lacks \"%s\"", seen.text, part);
}

/* Not the kernel's: counted on both sockets, progress nevertheless, and told once. */
static void foreign_datagrams_are_told(void **state)
{
	const struct sockaddr_nl user = {.nl_family = AF_NETLINK, .nl_pid = 99};
	const char *once;

	(void)state;
	fake_sys_file_text("/proc/99/comm", "sneak\n");
	assert_int_equal(start(), 0);
	fake_sys_deliver(live.ac.control.fd, "x", 1, (const struct sockaddr *)&user, sizeof(user));
	run_ms(1);
	assert_int_equal(counters.datagrams_foreign, 1);
	assert_int_equal(live.datagrams, 0);
	assert_notice_has("port 99, as a process id that is sneak;");
	for (unsigned i = 0; i < 5; i++)
		fake_sys_deliver(
			live.ac.data.fd, "x", 1, (const struct sockaddr *)&user, sizeof(user));
	run_ms(1);
	assert_int_equal(counters.datagrams_foreign, 6);
	assert_int_equal(live.datagrams, 5);
	assert_int_equal(counters.records_received, 0);
	once = strstr(seen.text, "somebody sends");
	assert_null(strstr(once + 1, "somebody sends"));
	live_stop(&live, sys_monotonic_ms());
}

static void records(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		fake_audit_record(AUDIT_EOE, "audit(1.1:1): ");
	run_ms(1);
}

/* So much in one go that the kernel's queue may have been half full: its count is asked for then,
 * and when all was read. */
static void a_rush_asks_what_was_lost(void **state)
{
	(void)state;
	config.backlog_limit = 4 * LIMIT_RECORDS_PER_TURN;
	assert_int_equal(start(), 0);
	for (unsigned i = 0; i < 3; i++)
		records(2 * LIMIT_RECORDS_PER_TURN - 1); /* each ends before the half */
	assert_int_equal(seen.statuses, 0);
	fake_audit.status.lost = 1007;
	records(2 * LIMIT_RECORDS_PER_TURN);
	assert_int_equal(seen.statuses, 1);
	assert_int_equal(seen.lost, 7);
	fake_audit.status.lost = 1009;
	records(LIMIT_RECORDS_PER_TURN);
	assert_int_equal(seen.statuses, 1); /* it goes on */
	records(1);
	assert_int_equal(seen.statuses, 2);
	assert_int_equal(seen.lost, 9);
	records(1);
	assert_int_equal(seen.statuses, 2);
	/* The status itself shows it, and it is asked for again when all was read. */
	fake_audit.status.backlog = 2 * LIMIT_RECORDS_PER_TURN + 1;
	run_ms(LIMIT_STATUS_CHECK_MS);
	assert_int_equal(seen.statuses, 3);
	fake_audit.status.backlog = 0;
	records(1);
	assert_int_equal(seen.statuses, 4);
	live_stop(&live, sys_monotonic_ms());
}

static void a_queue_without_a_limit_is_never_half_full(void **state)
{
	(void)state;
	config.backlog_limit = 0;
	assert_int_equal(start(), 0);
	records(9 * LIMIT_RECORDS_PER_TURN);
	records(1);
	assert_int_equal(seen.statuses, 0);
	live_stop(&live, sys_monotonic_ms());
}

static void held_records_come_in_small_portions(void **state)
{
	(void)state;
	assert_int_equal(start(), 0);
	for (unsigned i = 0; i < LIMIT_RECORDS_PER_TURN; i++)
		fake_audit_record(AUDIT_EOE, "audit(1.1:1): ");
	live_hold(&live, 10);
	assert_int_equal(loop_turn(&loop, 5), 0);
	assert_int_equal(seen.records, 0);
	fake_sys_clock_advance_ms(10);
	assert_int_equal(loop_turn(&loop, 0), 0);
	assert_int_equal(seen.records, LIMIT_HELD_RECORDS);
	live_hold(&live, 0);
	assert_int_equal(loop_turn(&loop, 0), 0);
	assert_int_equal(seen.records, LIMIT_RECORDS_PER_TURN);
	live_stop(&live, sys_monotonic_ms());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(foreign_datagrams_are_told),
		TEST(a_rush_asks_what_was_lost),
		TEST(a_queue_without_a_limit_is_never_half_full),
		TEST(held_records_come_in_small_portions),
	};

	return cmocka_run_group_tests_name("live_rush", tests, NULL, NULL);
}
