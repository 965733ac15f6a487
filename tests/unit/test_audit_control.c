/* link: audit_control.o audit_explain.o netlink.o fake_audit.o fake_sys.o fake_files.o
 * fake_sockets.o text.o */
#include <errno.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "audit_control.h"
#include "fake_audit.h"
#include "fake_sys.h"

#define STATUS_ROOT                                                                                \
	"Name:\tx\nCapInh:\t0000000000000000\nCapEff:\t000001ffffffffff\nCapBnd:\t0000\n"

static struct audit_control ac;
static struct config config;
static struct audit_error error;
static struct {
	char text[4096]; /* all notices, a line each */
	unsigned rules_loaded;
	int rules_result;
	uint32_t rules_enabled; /* what the rule set ends with; 9: nothing */
	struct audit_status at_rules;
	unsigned records;
} seen;

static void on_notice(void *ctx, const char *line)
{
	(void)ctx;
	assert_null(strchr(line, '\n'));
	snprintf(
		seen.text + strlen(seen.text), sizeof(seen.text) - strlen(seen.text), "%s\n", line);
}

static int on_load_rules(void *ctx, struct netlink *control, struct audit_error *e)
{
	(void)ctx;
	assert_true(control->fd >= 0 && control->use == NETLINK_USE_CONTROL);
	seen.rules_loaded++;
	seen.at_rules = fake_audit.status;
	if (seen.rules_enabled != 9)
		fake_audit.status.enabled = seen.rules_enabled;
	if (seen.rules_result < 0)
		snprintf(e->text, sizeof(e->text), "rule 3: refused");
	return seen.rules_result;
}

static void on_record(void *ctx, uint16_t type, const char *text, size_t len)
{
	(void)ctx;
	(void)type;
	(void)text;
	(void)len;
	seen.records++;
}

static const struct audit_control_hooks without_rules = {.notice = on_notice};
static const struct audit_control_hooks with_rules = {
	.notice = on_notice, .load_rules = on_load_rules};
static const struct netlink_sink sink = {.record = on_record};

static int start(const struct audit_control_hooks *hooks)
{
	return audit_control_start(&ac, &config, hooks, &sink, &error);
}

static int setup(void **state)
{
	(void)state;
	fake_sys_reset();
	fake_audit_start();
	memset(&seen, 0, sizeof(seen));
	memset(&error, 0, sizeof(error));
	memset(&config, 0, sizeof(config));
	seen.rules_enabled = 9;
	config.backlog_limit = 8192;
	fake_sys_file_text("/proc/self/status", STATUS_ROOT);
	fake_sys_file_text("/proc/self/uid_map", "         0          0 4294967295\n");
	fake_sys_symlink("/proc/self/ns/net", "net:[4026531840]");
	fake_sys_symlink("/proc/1/ns/net", "net:[4026531840]");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(fake_sys_open_count(), 0);
	fake_sys_reset();
	return 0;
}

static void assert_error_has(const char *part)
{
	if (!strstr(error.text, part))
		fail_msg("\"%s\" lacks \"%s\"", error.text, part);
	assert_null(strchr(error.text, '\n'));
}

static void assert_notice_has(const char *part)
{
	if (!strstr(seen.text, part))
		fail_msg("\"%s\" lacks \"%s\"", seen.text, part);
}

/* The masks of the AUDIT_SET requests, in order. */
static unsigned set_masks(uint32_t *masks, unsigned max)
{
	unsigned n = 0;

	for (unsigned i = 0; i < fake_audit.request_count; i++)
		if (fake_audit.requests[i].type == AUDIT_SET && n < max)
			masks[n++] = fake_audit.requests[i].status.mask;
	return n;
}

/* What is said where auditing was off. */
#define WAS_OFF                                                                                    \
	"auditing was off: system calls of processes that began before it was first on are never " \
	"seen; boot with audit=1\n"

/* ---- the order of taking over ------------------------------------------------------------ */

static void unicast_in_order(void **state)
{
	uint32_t masks[16];

	(void)state;
	fake_audit.status.enabled = 0;
	config.failure_mode = FAILURE_SILENT;
	config.rate_limit = 100;
	assert_int_equal(start(&with_rules), 0);
	assert_false(ac.multicast);
	assert_int_equal(set_masks(masks, 16), 6);
	assert_int_equal(masks[0], AUDIT_STATUS_BACKLOG_WAIT_TIME);
	assert_int_equal(masks[1], AUDIT_STATUS_FAILURE);
	assert_int_equal(masks[2], AUDIT_STATUS_BACKLOG_LIMIT);
	assert_int_equal(masks[3], AUDIT_STATUS_RATE_LIMIT);
	assert_int_equal(masks[4], AUDIT_STATUS_PID);
	assert_int_equal(masks[5], AUDIT_STATUS_ENABLED);
	/* The rules came after the limits and the registration, before auditing is on. */
	assert_int_equal(seen.rules_loaded, 1);
	assert_int_equal(seen.at_rules.backlog_wait_time, 0);
	assert_int_equal(seen.at_rules.backlog_limit, 8192);
	assert_int_equal(seen.at_rules.rate_limit, 100);
	assert_int_equal(seen.at_rules.enabled, 0);
	assert_int_equal(seen.at_rules.pid, FAKE_SYS_PID);
	assert_int_equal(fake_audit.status.enabled, 1);
	assert_int_equal(fake_audit.status.failure, 0);
	assert_int_equal(fake_audit.status.pid, FAKE_SYS_PID);
	/* Records come to the data socket, not to the one of the requests. */
	assert_int_equal(fake_audit.registered_fd, ac.data.fd);
	assert_int_not_equal(ac.data.fd, ac.control.fd);
	assert_string_equal(seen.text, WAS_OFF);
	audit_control_stop(&ac, &with_rules);
}

static void what_is_right_already_is_not_set(void **state)
{
	uint32_t masks[16];

	(void)state;
	fake_audit.status.backlog_wait_time = 0;
	fake_audit.status.failure = 0;
	fake_audit.status.backlog_limit = 8192;
	assert_int_equal(start(&with_rules), 0);
	assert_int_equal(set_masks(masks, 16), 1);
	assert_int_equal(masks[0], AUDIT_STATUS_PID);
	audit_control_stop(&ac, &with_rules);
	assert_int_equal(set_masks(masks, 16), 1); /* nothing to put back */
}

static void old_values_come_back(void **state)
{
	const struct audit_status before = {.enabled = 0,
		.failure = 1,
		.rate_limit = 7,
		.backlog_limit = 64,
		.backlog_wait_time = 15000,
		.feature_bitmap = AUDIT_FEATURE_BITMAP_ALL};
	uint32_t masks[16];
	unsigned n;

	(void)state;
	fake_audit.status = before;
	assert_int_equal(start(&with_rules), 0);
	assert_int_equal(fake_audit.status.rate_limit, 0);
	fake_audit.status.pid = 0; /* what close() does */
	audit_control_stop(&ac, &with_rules);
	assert_memory_equal(&fake_audit.status, &before, sizeof(before));
	n = set_masks(masks, 16);
	assert_int_equal(masks[n - 1], AUDIT_STATUS_BACKLOG_WAIT_TIME); /* last, and alone */
	for (unsigned i = 0; i < n; i++)				/* close() unregisters */
		assert_false(masks[i] == AUDIT_STATUS_PID && i + 2 > n);
	assert_string_equal(seen.text, WAS_OFF);
}

static void what_others_changed_stays(void **state)
{
	(void)state;
	assert_int_equal(start(&with_rules), 0);
	fake_audit.status.backlog_limit = 20000; /* auditctl -b */
	fake_audit.status.backlog_wait_time = 5;
	audit_control_stop(&ac, &with_rules);
	assert_int_equal(fake_audit.status.backlog_limit, 20000);
	assert_int_equal(fake_audit.status.backlog_wait_time, 5);
	assert_int_equal(fake_audit.status.failure, 1);
}

static void wait_time_stays_ours_over_a_full_backlog(void **state)
{
	int64_t before;

	(void)state;
	assert_int_equal(start(&with_rules), 0);
	fake_audit.status.backlog = 64; /* the limit that is put back */
	before = sys_monotonic_ms();
	audit_control_stop(&ac, &with_rules);
	assert_int_equal(fake_audit.status.backlog_limit, 64);
	assert_int_equal(fake_audit.status.backlog_wait_time, 0);
	assert_notice_has("backlog_wait_time stays as it is");
	assert_in_range(
		sys_monotonic_ms() - before, LIMIT_STOP_RESTORE_MS, LIMIT_STOP_RESTORE_MS + 100);
}

/* ---- which subscription ------------------------------------------------------------------ */

static void the_choice(void **state)
{
	enum {
		U,
		M,
		NONE
	};
	const struct {
		enum config_socket want;
		bool rules, locked, immutable;
		const char *release;
		int result;
	} cases[] = {
		{SOCKET_AUTO, true, false, false, "6.1.0", U},
		{SOCKET_AUTO, false, false, false, "6.1.0", M},
		{SOCKET_AUTO, true, true, false, "6.1.0", M},
		{SOCKET_AUTO, true, true, true, "6.1.0", U},
		{SOCKET_AUTO, false, true, true, "6.1.0", M},
		{SOCKET_AUTO, false, false, false, "3.15.10-x", U},
		{SOCKET_AUTO, false, false, false, "3.16.0", M},
		{SOCKET_AUTO, false, false, false, "2.6.32", U},
		{SOCKET_AUTO, true, true, false, "3.10.0", NONE},
		{SOCKET_AUTO, true, true, true, "3.10.0", U},
		{SOCKET_UNICAST, false, false, false, "6.1.0", U},
		{SOCKET_UNICAST, false, true, false, "6.1.0", NONE},
		{SOCKET_UNICAST, true, true, true, "6.1.0", U},
		{SOCKET_MULTICAST, true, false, false, "6.1.0", M},
		{SOCKET_MULTICAST, false, false, false, "3.10.0", NONE},
		{SOCKET_MULTICAST, false, true, false, "6.1.0", M},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int ret;

		setup(state);
		fake_sys_uname(NULL, cases[i].release, NULL);
		fake_audit.status.enabled = cases[i].locked ? 2 : 1;
		config.socket_type = cases[i].want;
		config.immutable = cases[i].immutable;
		ret = start(cases[i].rules ? &with_rules : &without_rules);
		if ((cases[i].result == NONE) != (ret < 0) ||
			(ret == 0 && ac.multicast != (cases[i].result == M)))
			fail_msg("case %zu: %d %s", i, ret, error.text);
		if (ret == 0) {
			assert_int_equal(seen.rules_loaded,
				cases[i].rules && (cases[i].locked || !ac.multicast));
			audit_control_stop(&ac, &with_rules);
		} else {
			assert_true(strlen(error.text) > 20);
		}
		assert_int_equal(fake_sys_open_count(), 0);
	}
}

static void multicast_leaves_the_system_alone(void **state)
{
	uint32_t masks[4];
	struct sockaddr_nl bound;

	(void)state;
	fake_audit.status.pid = 77; /* auditd may run */
	assert_int_equal(start(&without_rules), 0);
	memcpy(&bound, &fake_sys_socket_info(ac.data.fd)->bound, sizeof(bound));
	assert_int_equal(bound.nl_groups, 1);
	assert_int_equal(set_masks(masks, 4), 0);
	assert_int_equal(fake_audit.status.pid, 77);
	audit_control_stop(&ac, &without_rules);
	assert_string_equal(seen.text, "");
}

static void multicast_loads_no_rules(void **state)
{
	(void)state;
	config.socket_type = SOCKET_MULTICAST;
	assert_int_equal(start(&with_rules), 0);
	assert_notice_has("audit rules are not loaded: socket_type is multicast");
	audit_control_stop(&ac, &with_rules);
	config.lineage_rules = true;
	config.lineage_processes = 1;
	assert_int_equal(start(&with_rules), 0);
	assert_notice_has("audit rules and those of lineage.rules are not loaded: socket_type is "
			  "multicast");
	audit_control_stop(&ac, &with_rules);
}

static void multicast_with_the_read_capability_alone(void **state)
{
	(void)state;
	fake_audit.refuse[AUDIT_GET] = EPERM;
	config.socket_type = SOCKET_MULTICAST;
	assert_int_equal(start(&without_rules), 0);
	audit_control_stop(&ac, &without_rules);
	/* auto cannot choose without the status */
	config.socket_type = SOCKET_AUTO;
	assert_int_equal(start(&without_rules), -EPERM);
}

static void multicast_enables_if_it_may(void **state)
{
	(void)state;
	fake_audit.status.enabled = 0;
	assert_int_equal(start(&without_rules), 0);
	assert_int_equal(fake_audit.status.enabled, 1);
	audit_control_stop(&ac, &without_rules);
	assert_int_equal(fake_audit.status.enabled, 0);

	fake_audit.refuse[AUDIT_SET] = EPERM;
	assert_int_equal(start(&without_rules), 0);
	assert_notice_has("switched off");
	audit_control_stop(&ac, &without_rules);
}

static void multicast_elsewhere_is_told(void **state)
{
	(void)state;
	fake_sys_symlink("/proc/self/ns/net", "net:[4026532999]");
	assert_int_equal(start(&without_rules), 0);
	assert_notice_has("network namespace");
	audit_control_stop(&ac, &without_rules);
}

/* ---- backpressure ------------------------------------------------------------------------ */

static void strategies(void **state)
{
	const uint32_t wait = AUDIT_FEATURE_BITMAP_BACKLOG_WAIT_TIME;
	const struct {
		enum config_backpressure strategy;
		uint32_t bitmap, rate_limit;
		int ret;
		uint32_t wait_time_then, rate_then;
	} cases[] = {
		{BACKPRESSURE_AUTO, wait, 0, 0, 0, 0},
		{BACKPRESSURE_AUTO, wait, 50, 0, 0, 50},
		{BACKPRESSURE_AUTO, 0, 0, 0, 15000, DEFAULT_USERSPACE_RATE_LIMIT},
		{BACKPRESSURE_AUTO, 0, 50, 0, 15000, 50},
		{BACKPRESSURE_USERSPACE, wait, 0, 0, 15000, DEFAULT_USERSPACE_RATE_LIMIT},
		{BACKPRESSURE_USERSPACE, wait, 9, 0, 15000, 9},
		{BACKPRESSURE_NONE, wait, 0, 0, 15000, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		setup(state);
		config.backpressure_strategy = cases[i].strategy;
		config.rate_limit = cases[i].rate_limit;
		fake_audit.status.feature_bitmap = cases[i].bitmap;
		assert_int_equal(start(&with_rules), cases[i].ret);
		assert_int_equal(fake_audit.status.backlog_wait_time, cases[i].wait_time_then);
		assert_int_equal(fake_audit.status.rate_limit, cases[i].rate_then);
		if (cases[i].ret == 0)
			audit_control_stop(&ac, &with_rules);
	}
}

/* In ticks of the kernel, of which the fake one has 250 a second: none is so short that it is 0. */
static void how_long_it_waits(void **state)
{
	static const struct {
		uint32_t ms, ticks;
	} cases[] = {{0, 0}, {1, 1}, {4, 1}, {8, 2}, {11, 2}, {12, 3}, {50, 12}, {1000, 250}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		setup(state);
		config.backlog_wait_ms = cases[i].ms;
		/* The new value counts for this very request: a full queue is no reason. */
		fake_audit.status.backlog = 8193;
		assert_int_equal(start(&with_rules), 0);
		assert_int_equal(fake_audit.status.backlog_wait_time, cases[i].ticks);
		assert_int_equal(seen.at_rules.backlog_wait_time, cases[i].ticks);
		fake_audit.status.backlog = 0;
		audit_control_stop(&ac, &with_rules);
		assert_int_equal(fake_audit.status.backlog_wait_time, 15000);
	}
}

/* ---- why not ------------------------------------------------------------------------------ */

static void somebody_else_is_registered(void **state)
{
	(void)state;
	fake_audit.status.pid = 512;
	fake_sys_file_text("/proc/512/comm", "auditd\n");
	assert_int_equal(start(&with_rules), -EEXIST);
	assert_int_equal(seen.rules_loaded, 0); /* the other one keeps its rules */
	assert_error_has("pid 512 (auditd)");
	/* What was set before is put back. */
	assert_int_equal(fake_audit.status.backlog_limit, 64);
	assert_int_equal(fake_audit.status.backlog_wait_time, 15000);
	assert_int_equal(fake_audit.status.pid, 512);
	/* A command may hold anything, or be gone. */
	fake_sys_file_text("/proc/512/comm", "a\033[1mb\n");
	assert_int_equal(start(&with_rules), -EEXIST);
	assert_error_has("pid 512 (a?[1mb)");
	fake_sys_file_remove("/proc/512/comm");
	assert_int_equal(start(&with_rules), -EEXIST);
	assert_error_has("pid 512 (?)");
}

static void a_refused_setting_is_named(void **state)
{
	(void)state;
	fake_audit.refuse[AUDIT_SET] = EINVAL;
	assert_int_equal(start(&with_rules), -EINVAL);
	assert_error_has("backlog_wait_time");
	config.backpressure_strategy = BACKPRESSURE_NONE;
	assert_int_equal(start(&with_rules), -EINVAL);
	assert_error_has("failure_mode");
}

static void refused_rules_end_the_start(void **state)
{
	(void)state;
	seen.rules_result = -EINVAL;
	assert_int_equal(start(&with_rules), -EINVAL);
	assert_error_has("rule 3: refused");
	assert_int_equal(fake_audit.status.backlog_limit, 64); /* put back */
}

static void mips_is_told(void **state)
{
	(void)state;
	fake_sys_uname(NULL, NULL, "mips");
	assert_int_equal(start(&with_rules), 0);
	assert_notice_has("cannot audit system calls on mips");
	audit_control_stop(&ac, &with_rules);
	for (size_t i = 0; i < 4; i++) {
		const char *const fine[] = {"x86_64", "armv7l", "aarch64", "i686"};

		seen.text[0] = '\0';
		fake_audit.status.pid = 0;
		fake_sys_uname(NULL, NULL, fine[i]);
		assert_int_equal(start(&with_rules), 0);
		assert_string_equal(seen.text, "");
		audit_control_stop(&ac, &with_rules);
	}
}

/* ---- faults ------------------------------------------------------------------------------ */

static void held_records_are_not_lost_at_start(void **state)
{
	(void)state;
	fake_audit.status.backlog_wait_time = 0;
	fake_audit.records_between = 0;
	assert_int_equal(start(&with_rules), 0);
	fake_audit_record(AUDIT_SYSCALL, "audit(1.1:1): x");
	assert_int_equal(netlink_receive(&ac.data, 10, &sink), 1);
	assert_int_equal(seen.records, 1);
	audit_control_stop(&ac, &with_rules);
}

/* Whatever fails: an error with a line or success, no descriptor left, and the pid is never
 * registered by a start that says it failed, unless the answer itself was lost. */
static void every_call_may_fail(void **state)
{
	static const int errors[] = {EINTR, EPERM, ENOBUFS, ENOMEM};
	unsigned failed = 0, succeeded = 0;

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		for (unsigned n = 1; n <= 90; n++) {
			int ret;

			setup(state);
			fake_sys_fail_nth(n, errors[i]);
			ret = start(&with_rules);
			if (ret < 0) {
				failed++;
				if (strlen(error.text) < 10)
					fail_msg("n %u err %d: no line", n, errors[i]);
			} else {
				succeeded++;
				audit_control_stop(&ac, &with_rules);
			}
			assert_int_equal(fake_sys_open_count(), 0);
		}
	}
	assert_true(failed > 20 && succeeded > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(unicast_in_order),
		TEST(what_is_right_already_is_not_set),
		TEST(old_values_come_back),
		TEST(what_others_changed_stays),
		TEST(wait_time_stays_ours_over_a_full_backlog),
		TEST(the_choice),
		TEST(multicast_leaves_the_system_alone),
		TEST(multicast_loads_no_rules),
		TEST(multicast_with_the_read_capability_alone),
		TEST(multicast_enables_if_it_may),
		TEST(multicast_elsewhere_is_told),
		TEST(strategies),
		TEST(how_long_it_waits),
		TEST(somebody_else_is_registered),
		TEST(a_refused_setting_is_named),
		TEST(refused_rules_end_the_start),
		TEST(mips_is_told),
		TEST(held_records_are_not_lost_at_start),
		TEST(every_call_may_fail),
	};

	return cmocka_run_group_tests_name("audit_control", tests, NULL, NULL);
}
