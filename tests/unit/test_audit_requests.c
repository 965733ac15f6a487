/* link: audit_control.o audit_explain.o netlink.o fake_audit.o fake_sys.o fake_files.o
 * fake_sockets.o text.o */
#include <errno.h>
#include <linux/audit.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "audit_control.h"
#include "fake_audit.h"
#include "fake_sys.h"

/* Did the kernel send this field? */
#define HAS_FIELD(status, field)                                                                   \
	((status)->bytes >= offsetof(struct audit_status, field) + sizeof(uint32_t))

static int setup(void **state)
{
	(void)state;
	fake_sys_reset();
	fake_audit_start();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(fake_sys_open_count(), 0);
	fake_sys_reset();
	return 0;
}

static void status_of_every_kernel(void **state)
{
	static struct netlink nl;
	struct audit_control_status s;
	const struct {
		size_t bytes;
		bool bitmap, wait_time, actual;
	} kernels[] = {
		{32, false, false, false}, /* 2.6 */
		{40, true, true, false},   /* 3.14 */
		{44, true, true, true},	   /* 5.7 */
	};

	(void)state;
	assert_int_equal(netlink_open(&nl, NETLINK_USE_CONTROL), 0);
	fake_audit.status = (struct audit_status){.mask = 0,
		.enabled = 1,
		.failure = 2,
		.pid = 3,
		.rate_limit = 4,
		.backlog_limit = 5,
		.lost = 6,
		.backlog = 7,
		.feature_bitmap = 8,
		.backlog_wait_time = 9,
		.backlog_wait_time_actual = 10};
	for (size_t i = 0; i < 3; i++) {
		fake_audit.status_bytes = kernels[i].bytes;
		assert_int_equal(audit_control_get(&nl, &s), 0);
		assert_int_equal(s.values.enabled, 1);
		assert_int_equal(s.values.failure, 2);
		assert_int_equal(s.values.pid, 3);
		assert_int_equal(s.values.rate_limit, 4);
		assert_int_equal(s.values.backlog_limit, 5);
		assert_int_equal(s.values.lost, 6);
		assert_int_equal(s.values.backlog, 7);
		assert_true(HAS_FIELD(&s, backlog));
		assert_int_equal(HAS_FIELD(&s, feature_bitmap), kernels[i].bitmap);
		assert_int_equal(HAS_FIELD(&s, backlog_wait_time), kernels[i].wait_time);
		assert_int_equal(HAS_FIELD(&s, backlog_wait_time_actual), kernels[i].actual);
		assert_int_equal(s.values.feature_bitmap, kernels[i].bitmap ? 8 : 0);
		assert_int_equal(s.values.backlog_wait_time, kernels[i].wait_time ? 9 : 0);
		assert_int_equal(s.values.backlog_wait_time_actual, kernels[i].actual ? 10 : 0);
	}
	fake_audit.status_bytes = 31;
	assert_int_equal(audit_control_get(&nl, &s), -EPROTO);
	netlink_close(&nl);
}

static void longer_status_of_a_newer_kernel(void **state)
{
	char payload[sizeof(struct audit_status) + 8];
	struct audit_control_status s;

	(void)state;
	memset(payload, 1, sizeof(payload));
	assert_int_equal(audit_control_parse(&s, payload, sizeof(payload)), 0);
	assert_int_equal(s.bytes, sizeof(struct audit_status));
	assert_int_equal(s.values.backlog_wait_time_actual, 0x01010101);
}

static void set_and_features(void **state)
{
	static struct netlink nl;
	struct audit_status want = {.mask = AUDIT_STATUS_RATE_LIMIT | AUDIT_STATUS_BACKLOG_LIMIT,
		.rate_limit = 11,
		.backlog_limit = 12,
		.failure = 2};
	struct audit_features f;

	(void)state;
	assert_int_equal(netlink_open(&nl, NETLINK_USE_CONTROL), 0);
	assert_int_equal(audit_control_set(&nl, &want), 0);
	assert_int_equal(fake_audit.request_count, 1);
	assert_int_equal(fake_audit.status.rate_limit, 11);
	assert_int_equal(fake_audit.status.backlog_limit, 12);
	assert_int_equal(fake_audit.status.failure, 1); /* not in the mask */

	fake_audit.features = (struct audit_features){.vers = 1, .features = 2, .lock = 2};
	assert_int_equal(audit_control_get_features(&nl, &f), 0);
	assert_int_equal(f.features, 2);
	assert_int_equal(f.lock, 2);
	fake_audit.refuse[AUDIT_GET_FEATURE] = EINVAL; /* before 3.13 */
	assert_int_equal(audit_control_get_features(&nl, &f), -EINVAL);
	netlink_close(&nl);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(status_of_every_kernel),
		TEST(longer_status_of_a_newer_kernel),
		TEST(set_and_features),
	};

	return cmocka_run_group_tests_name("audit_requests", tests, NULL, NULL);
}
