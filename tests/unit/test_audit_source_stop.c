/* link: audit_source.o loop.o audit_control.o audit_explain.o netlink.o fake_audit.o fake_sys.o
 * fake_files.o fake_sockets.o */
#include <errno.h>
#include <linux/audit.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fake_audit.h"
#include "fake_sys.h"
#include "audit_source.h"

static struct audit_source source;
static struct loop loop;
static struct config config;
static struct counters counters;
static struct audit_error error;
static unsigned records;
static unsigned late, late_ms;
static char noticed[200];

static void on_record(void *ctx, uint16_t type, const char *text, size_t len)
{
	(void)ctx;
	(void)type;
	(void)text;
	(void)len;
	records++;
}

static int on_load_rules(void *ctx, struct netlink *control, struct audit_error *e)
{
	(void)ctx;
	(void)control;
	(void)e;
	return 0;
}

/* As rules_unload_self() asks for it. */
static void on_unload_self(void *ctx, struct netlink *control)
{
	struct audit_rule_data rule = {.flags = AUDIT_FILTER_EXIT, .action = AUDIT_NEVER};

	(void)ctx;
	(void)netlink_request(control, AUDIT_DEL_RULE, &rule, sizeof(rule), NULL);
}

static void on_notice(void *ctx, const char *line)
{
	(void)ctx;
	snprintf(noticed, sizeof(noticed), "%s", line);
}

static const struct audit_source_hooks hooks = {.record = on_record,
	.notice = on_notice,
	.load_rules = on_load_rules,
	.unload_self = on_unload_self};

static int start(void)
{
	return audit_source_start(&source, &config, &loop, &counters, &hooks, &error);
}

static int setup(void **state)
{
	(void)state;
	fake_sys_reset();
	fake_audit_start();
	loop_init(&loop);
	memset(&config, 0, sizeof(config));
	config.backlog_limit = 8192;
	fake_sys_file_text("/proc/self/uid_map", "0 0 4294967295\n");
	records = 0;
	late_ms = 0;
	noticed[0] = '\0';
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(fake_sys_open_count(), 0);
	fake_sys_reset();
	return 0;
}

static bool flooding;

/* A record each time that somebody waits, and 1 ms later. */
static bool flood(void *ctx, int timeout_ms)
{
	(void)ctx;
	if (!flooding || timeout_ms <= 0 || fake_audit.registered_fd < 0 ||
		!fake_sys_socket_info(fake_audit.registered_fd))
		return false;
	fake_sys_clock_advance_ms(1);
	fake_audit_record(AUDIT_EOE, "audit(1.1:1): ");
	return false;
}

/* Every wait of an exit, with a kernel that withholds one thing or the other: they share one
 * deadline, and what can be put back is. */
static void stop_is_over_in_time(void **state)
{
	static const struct {
		bool silent, no_reply;
		uint32_t backlog;
		bool flood; /* records come faster than they are read */
		bool restores;
	} cases[] = {
		{.restores = true},
		{.silent = true},
		{.no_reply = true},
		{.backlog = 100000, .restores = true},
		{.flood = true, .restores = true},
		{.flood = true, .backlog = 100000, .restores = true},
		{.flood = true, .no_reply = true},
		{.flood = true, .silent = true},
	};

	(void)state;
	for (unsigned asked = 0; asked < 2; asked++)
		for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			int64_t before, took;

			fake_audit_start();
			config.failure_mode = FAILURE_SILENT;
			assert_int_equal(start(), 0);
			fake_audit.silent = cases[i].silent;
			fake_audit.no_reply = cases[i].no_reply;
			fake_audit.status.backlog = cases[i].backlog;
			if (asked) /* and a question is under way */
				audit_source_check(&source);
			flooding = cases[i].flood;
			fake_sys_on_idle(flood, NULL);
			for (unsigned n = 0; flooding && n < 3 * LIMIT_RECORDS_PER_TURN; n++)
				fake_audit_record(AUDIT_EOE, "audit(1.1:1): ");
			before = sys_monotonic_ms();
			audit_source_stop(&source, before);
			took = sys_monotonic_ms() - before;
			fake_sys_on_idle(NULL, NULL);
			print_message("# case %u: %lld ms\n", i, (long long)took);
			assert_true(took <= LIMIT_STOP_RESTORE_MS + 60);
			assert_int_equal(fake_audit.status.backlog_limit,
				cases[i].restores ? 64 : config.backlog_limit);
			assert_int_equal(fake_sys_open_count(), 0);
		}
}

/* kauditd was in the middle of sending when we unregistered. */
static bool kauditd_goes_on(void *ctx, int timeout_ms)
{
	(void)ctx;
	if (fake_audit.status.pid != 0 || timeout_ms <= 0 || late == 0)
		return false;
	late--;
	fake_sys_clock_advance_ms(late_ms);
	fake_audit_record_to(source.ac.data.fd, false, AUDIT_EOE, "audit(1.1:2): ", 14);
	return true;
}

/* Nothing that the kernel sent us is thrown away with the socket. */
static void what_comes_late_is_read(void **state)
{
	unsigned unregistered = 0;

	(void)state;
	for (unsigned multicast = 0; multicast < 2; multicast++) {
		setup(NULL);
		config.socket_type = multicast ? SOCKET_MULTICAST : SOCKET_UNICAST;
		assert_int_equal(start(), 0);
		late = 3;
		fake_sys_on_idle(kauditd_goes_on, NULL);
		audit_source_stop(&source, sys_monotonic_ms());
		if (multicast)
			continue;
		assert_int_equal(records, 3);
		/* Before the settings: with backlog_wait_time back all would wait for us. */
		for (unsigned i = 0; i < fake_audit.request_count; i++) {
			const struct fake_audit_request *r = &fake_audit.requests[i];

			if (r->type == AUDIT_SET && r->status.mask == AUDIT_STATUS_PID)
				unregistered = r->status.pid == 0 ? i : 0;
			if (r->type == AUDIT_SET && r->status.backlog_limit == 64)
				assert_true(unregistered > 0 && i > unregistered);
		}
		assert_true(unregistered > 0);
		assert_int_equal(fake_audit.status.backlog_limit, 64);
	}
}

/* As much as there is when the time is over, and slowly read, as on a busy machine. */
static void slow_record(void *ctx, uint16_t type, const char *text, size_t len)
{
	on_record(ctx, type, text, len);
	fake_sys_clock_advance_ms(1);
}

/* What lies in the socket when there is no time left is counted, each record. */
static void the_rest_is_counted(void **state)
{
	const unsigned all = 5 * LIMIT_RECORDS_PER_TURN;
	struct audit_source_hooks slow = hooks;

	(void)state;
	memset(&counters, 0, sizeof(counters));
	slow.record = slow_record;
	assert_int_equal(audit_source_start(&source, &config, &loop, &counters, &slow, &error), 0);
	for (unsigned i = 0; i < all; i++)
		fake_audit_record(AUDIT_EOE, "audit(1.1:1): ");
	fake_audit.status.lost = 7;
	audit_source_stop(&source, sys_monotonic_ms());
	assert_in_range(records, LIMIT_STOP_READ_MS, LIMIT_STOP_READ_MS + LIMIT_RECORDS_PER_TURN);
	assert_int_equal(counters.records_dropped_unread, all - records);
	assert_int_equal(counters.records_received, all - records);
	assert_int_equal(counters.record_class_other, all - records);
	assert_int_equal(source.last_lost, 7); /* asked for in any case */
}

/* A pass of kauditd that takes longer than there is time: what is lost then is told, and the
 * settings are put back all the same. */
static void no_time_for_all(void **state)
{
	(void)state;
	assert_int_equal(start(), 0);
	memset(&counters, 0, sizeof(counters));
	late = 1000;
	late_ms = 10;
	fake_sys_on_idle(kauditd_goes_on, NULL);
	audit_source_stop(&source, sys_monotonic_ms());
	fake_sys_on_idle(NULL, NULL);
	assert_string_equal(noticed,
		"there was no time to read all that the kernel had sent: those "
		"records are lost");
	assert_in_range(records, LIMIT_STOP_READ_MS / 10 - 1, LIMIT_STOP_READ_MS / 10 + 1);
	assert_int_equal(fake_audit.status.backlog_limit, 64);
	assert_int_equal(fake_audit.status.backlog_wait_time, 15000);
}

/* The kernel tells what was set, as long as somebody is registered. */
static void config_change(uint16_t type)
{
	const struct fake_audit_request *r = &fake_audit.requests[fake_audit.request_count - 1];

	if (type == AUDIT_SET && r->status.mask == AUDIT_STATUS_ENABLED && r->status.enabled == 0)
		fake_audit_record(AUDIT_CONFIG_CHANGE, "audit(1.1:1): op=set audit_enabled=0");
}

static unsigned request_of(uint32_t mask)
{
	unsigned i = fake_audit.request_count;

	while (i > 0 && !(fake_audit.requests[i - 1].type == AUDIT_SET &&
				fake_audit.requests[i - 1].status.mask == mask))
		i--;
	return i;
}

/* Where it was off it is off first, and its own record is read: nothing has a serial afterwards. */
static void what_was_off(void **state)
{
	(void)state;
	fake_audit.status.enabled = 0;
	assert_int_equal(start(), 0);
	assert_int_equal(fake_audit.status.enabled, 1);
	fake_audit.on_request = config_change;
	audit_source_stop(&source, sys_monotonic_ms());
	assert_int_equal(fake_audit.status.enabled, 0);
	assert_int_equal(records, 1);
	assert_in_range(request_of(AUDIT_STATUS_ENABLED), 1, request_of(AUDIT_STATUS_PID) - 1);

	/* On before, or since set by somebody else: not touched. */
	setup(NULL);
	assert_int_equal(start(), 0);
	audit_source_stop(&source, sys_monotonic_ms());
	assert_int_equal(fake_audit.status.enabled, 1);
	setup(NULL);
	fake_audit.status.enabled = 0;
	assert_int_equal(start(), 0);
	fake_audit.status.enabled = 2;
	audit_source_stop(&source, sys_monotonic_ms());
	assert_int_equal(fake_audit.status.enabled, 2);
}

/* A signal's stop, where the control socket breaks at any of its calls: never longer. */
static void no_failure_makes_it_longer(void **state)
{
	static const int errors[] = {EINTR, ENOBUFS, ENOMEM, EAGAIN, EIO};
	unsigned stops = 0;

	(void)state;
	for (unsigned e = 0; e < 5; e++)
		for (unsigned n = 1;; n++) {
			unsigned calls;
			int64_t before;

			setup(NULL);
			assert_int_equal(start(), 0);
			fake_audit_record(AUDIT_EOE, "audit(1.1:1): ");
			before = sys_monotonic_ms();
			calls = fake_sys_calls(NULL);
			fake_sys_fail_nth(n, errors[e]);
			audit_source_stop(&source, before);
			fake_sys_fail_nth(0, 0);
			assert_true(sys_monotonic_ms() - before <= LIMIT_STOP_RESTORE_MS + 60);
			assert_int_equal(fake_sys_open_count(), 0);
			stops++;
			if (fake_sys_calls(NULL) - calls < n)
				break;
		}
	print_message("# a call failed in each of %u stops\n", stops);
	assert_true(stops > 100);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(stop_is_over_in_time),
		TEST(what_comes_late_is_read),
		TEST(the_rest_is_counted),
		TEST(no_time_for_all),
		TEST(what_was_off),
		TEST(no_failure_makes_it_longer),
	};

	return cmocka_run_group_tests_name("live_stop", tests, NULL, NULL);
}
