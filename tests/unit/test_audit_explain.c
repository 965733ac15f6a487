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

#define STATUS_ROOT   "Name:\tx\nCapInh:\t0000000000000000\nCapEff:\t000001ffffffffff\n"
#define STATUS_NOBODY "Name:\tx\nCapInh:\t0000000000000000\nCapEff:\t0000000000000000\n"
#define CAP(bit)      (1ull << (bit))

static struct audit_control ac;
static struct config config;
static struct audit_error error;

static int start(void)
{
	static const struct audit_control_hooks hooks = {.ctx = NULL};
	static const struct netlink_sink sink = {.ctx = NULL};

	return audit_control_start(&ac, &config, &hooks, &sink, &error);
}

static int setup(void **state)
{
	(void)state;
	fake_sys_reset();
	fake_audit_start();
	memset(&error, 0, sizeof(error));
	memset(&config, 0, sizeof(config));
	fake_sys_file_text("/proc/self/status", STATUS_ROOT);
	fake_sys_file_text("/proc/self/uid_map", "         0          0 4294967295\n");
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

/* Each reason has a line of its own. */
static void reasons(void **state)
{
	char lines[8][512];
	unsigned n = 0;
	char caps[128];

	(void)state;
	fake_sys_fail("socket", 1, EPROTONOSUPPORT);
	assert_int_equal(start(), -EPROTONOSUPPORT);
	assert_error_has("CONFIG_AUDIT");
	assert_error_has("audit=0");
	strcpy(lines[n++], error.text);

	fake_audit.refuse[AUDIT_GET] = ECONNREFUSED;
	fake_sys_file_text("/proc/self/uid_map", "         0     100000      65536\n");
	assert_int_equal(start(), -ECONNREFUSED);
	assert_error_has("user namespace");
	strcpy(lines[n++], error.text);
	fake_sys_file_text("/proc/self/uid_map", "         0          0 4294967295\n");

	fake_audit.refuse[AUDIT_GET] = EPERM;
	assert_int_equal(start(), -EPERM);
	assert_error_has("pid namespace");
	strcpy(lines[n++], error.text);

	fake_sys_file_text("/proc/self/status", STATUS_NOBODY);
	assert_int_equal(start(), -EPERM);
	assert_error_has("CAP_AUDIT_CONTROL");
	strcpy(lines[n++], error.text);
	/* all but the one that is needed */
	snprintf(caps, sizeof(caps), "x\nCapEff:\t%016llx\n", ~CAP(30) & (CAP(41) - 1));
	fake_sys_file_text("/proc/self/status", caps);
	assert_int_equal(start(), -EPERM);
	assert_error_has("CAP_AUDIT_CONTROL");

	config.socket_type = SOCKET_MULTICAST;
	fake_sys_file_text("/proc/self/status", STATUS_NOBODY);
	fake_sys_fail("bind", 2, EPERM);
	assert_int_equal(start(), -EPERM);
	assert_error_has("CAP_AUDIT_READ");
	strcpy(lines[n++], error.text);

	fake_sys_uname(NULL, "3.10.0", NULL);
	fake_audit.refuse[AUDIT_GET] = 0;
	assert_int_equal(start(), -ENOTSUP);
	assert_error_has("too old");
	strcpy(lines[n++], error.text);

	config.socket_type = SOCKET_AUTO;
	fake_audit.silent = true;
	assert_int_equal(start(), -ETIMEDOUT);
	assert_error_has("in time");
	strcpy(lines[n++], error.text);

	for (unsigned i = 0; i < n; i++)
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(lines[i], lines[j]);
}

/* Without /proc the likelier reason is named, and nothing is made up. */
static void without_proc(void **state)
{
	char command[16];

	(void)state;
	fake_sys_file_remove("/proc/self/status");
	fake_sys_file_remove("/proc/self/uid_map");
	audit_explain(&error, -ECONNREFUSED, AUDIT_NEED_CONTROL, "do it");
	assert_error_has("cannot do it: nobody in the kernel answers");
	audit_explain(&error, -EPERM, AUDIT_NEED_CONTROL, "do it");
	assert_error_has("pid namespace");
	audit_explain(&error, -EACCES, AUDIT_NEED_CONTROL, "do it");
	assert_error_has("security module");
	audit_explain(&error, -ENOSPC, AUDIT_NEED_CONTROL, "do it");
	assert_error_has("cannot do it: No space");
	assert_false(audit_explain_command(12, command, sizeof(command)));
	assert_string_equal(command, "?");
}

static void a_command_is_printable(void **state)
{
	char command[16];

	(void)state;
	fake_sys_file_text("/proc/12/comm", "kworker/0:1\n");
	assert_true(audit_explain_command(12, command, sizeof(command)));
	assert_string_equal(command, "kworker/0:1");
	fake_sys_file_text("/proc/12/comm", "\033]0;\xc3\xa4 \177");
	assert_true(audit_explain_command(12, command, sizeof(command)));
	assert_string_equal(command, "?]0;?? ?");
	fake_sys_file_text("/proc/12/comm", "longer than there is room for");
	assert_true(audit_explain_command(12, command, sizeof(command)));
	assert_string_equal(command, "longer than the");
	fake_sys_fail("read", 1, EIO);
	assert_false(audit_explain_command(12, command, sizeof(command)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(reasons),
		TEST(without_proc),
		TEST(a_command_is_printable),
	};

	return cmocka_run_group_tests_name("audit_explain", tests, NULL, NULL);
}
