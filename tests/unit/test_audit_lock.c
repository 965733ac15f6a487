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

static void locked_immutable_sets_the_pid_alone(void **state)
{
	uint32_t masks[16] = {0};

	(void)state;
	fake_audit.status.enabled = 2;
	config.immutable = true;
	assert_int_equal(start(&with_rules), 0);
	assert_false(ac.multicast);
	assert_true(ac.locked);
	assert_int_equal(seen.rules_loaded, 1); /* to compare them */
	assert_int_equal(set_masks(masks, 16), 1);
	assert_int_equal(masks[0], AUDIT_STATUS_PID);
	assert_notice_has("locked");
	audit_control_stop(&ac, &with_rules);
	assert_int_equal(set_masks(masks, 16), 1);
}

static void a_comparison_that_fails_is_a_notice(void **state)
{
	(void)state;
	fake_audit.status.enabled = 2;
	config.immutable = true;
	seen.rules_result = -EPROTO;
	assert_int_equal(start(&with_rules), 0);
	assert_notice_has("rule 3: refused");
	assert_int_equal(fake_audit.status.pid, ac.pid);
	audit_control_stop(&ac, &with_rules);
}

/* What is said where auditing was off. */
#define WAS_OFF                                                                                    \
	"auditing was off: system calls of processes that began before it was first on are never " \
	"seen; boot with audit=1\n"

/* With `immutable` the lock is the last that is asked for, with rules and without. */
static void immutable_locks_last(void **state)
{
	uint32_t masks[16] = {0};
	unsigned n;

	for (unsigned enabled = 0; enabled < 2; enabled++) {
		setup(state);
		fake_audit.status.enabled = enabled;
		config.immutable = true;
		config.socket_type = SOCKET_UNICAST;
		assert_int_equal(start(enabled ? &with_rules : &without_rules), 0);
		assert_int_equal(seen.rules_loaded, enabled);
		assert_int_equal(fake_audit.status.enabled, 2);
		assert_true(ac.locked);
		n = set_masks(masks, 16);
		assert_true(n >= 2);
		assert_int_equal(masks[n - 2] & AUDIT_STATUS_ENABLED, 0);
		assert_int_equal(masks[n - 1], AUDIT_STATUS_ENABLED);
		assert_int_equal(fake_audit.requests[fake_audit.request_count - 1].type, AUDIT_SET);
		assert_int_equal(seen.at_rules.enabled, enabled); /* rules before the lock */
		audit_control_stop(&ac, &with_rules);		  /* nothing can be put back */
		assert_int_equal(set_masks(masks, 16), n);
		assert_string_equal(seen.text, enabled ? "" : WAS_OFF);
	}
}

/* Listening only, we lock nothing. */
static void multicast_does_not_lock(void **state)
{
	(void)state;
	config.immutable = true;
	config.socket_type = SOCKET_MULTICAST;
	assert_int_equal(start(&without_rules), 0);
	assert_int_equal(fake_audit.status.enabled, 1);
	audit_control_stop(&ac, &without_rules);
}

static void rules_that_lock(void **state)
{
	uint32_t masks[16] = {0};
	unsigned n;

	(void)state;
	fake_audit.status.enabled = 0;
	seen.rules_enabled = 2;
	assert_int_equal(start(&with_rules), 0);
	assert_true(ac.locked);
	assert_int_equal(fake_audit.status.enabled, 2);
	n = set_masks(masks, 16);
	if (n < 2 || n > 16)
		fail_msg("%u settings", n);
	assert_int_equal(masks[n - 1], AUDIT_STATUS_PID);
	assert_int_equal(masks[n - 2], AUDIT_STATUS_BACKLOG_LIMIT);
	audit_control_stop(&ac, &with_rules); /* nothing can be put back, nothing is tried */
	assert_int_equal(set_masks(masks, 16), n);
	assert_string_equal(seen.text, WAS_OFF);
}

static void rules_that_disable_are_overruled(void **state)
{
	(void)state;
	seen.rules_enabled = 0;
	assert_int_equal(start(&with_rules), 0);
	assert_int_equal(fake_audit.status.enabled, 1);
	audit_control_stop(&ac, &with_rules);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(locked_immutable_sets_the_pid_alone),
		TEST(a_comparison_that_fails_is_a_notice),
		TEST(immutable_locks_last),
		TEST(multicast_does_not_lock),
		TEST(rules_that_lock),
		TEST(rules_that_disable_are_overruled),
	};

	return cmocka_run_group_tests_name("audit_lock", tests, NULL, NULL);
}
