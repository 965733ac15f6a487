/* link: privileges.o seccomp.o identity.o fake_privileges.o fake_sys.o fake_files.o fake_sockets.o
 */
#include <errno.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <cmocka.h>

#include "fake_privileges.h"
#include "fake_sys.h"
#include "privileges.h"

#define CONTROL (UINT64_C(1) << CAP_AUDIT_CONTROL)

static struct config config;
static struct identity identity;
static struct config_error error;
static struct privileges wanted;

static int setup(void **state)
{
	(void)state;
	fake_sys_reset();
	fake_privileges_reset();
	fake_sys_file_text("/etc/passwd", "root:x:0:0::/:/bin/sh\nwatcher:x:990:991::/:/bin/false\n"
					  "odd:x:5:staff::/:/bin/false\n");
	identity_open(&identity, "/etc/passwd", "");
	config = (struct config){.user = "", .seccomp = true};
	wanted = (struct privileges){.seccomp = true};
	memset(&error, 'x', sizeof(error));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(fake_sys_open_count(), 0);
	fake_sys_reset();
	return 0;
}

/* ---- who ---------------------------------------------------------------------------------- */

static bool user(const char *text)
{
	config.user = text;
	return privileges_init(&wanted, &config, &identity, &error);
}

static void assert_user(const char *text, uint32_t uid, uint32_t gid)
{
	assert_true(user(text));
	assert_true(wanted.change_user);
	assert_int_equal(wanted.uid, uid);
	assert_int_equal(wanted.gid, gid);
	assert_true(wanted.seccomp);
}

static void users(void **state)
{
	(void)state;
	assert_user("watcher", 990, 991);
	assert_user("990", 990, 991);
	assert_user("watcher:5", 990, 5);
	assert_user("odd", 5, 5);
	assert_user("77", 77, 77); /* in no file */
	assert_user("77:78", 77, 78);
	assert_user("4294967294:0", 4294967294u, 0);
}

static void nobody_to_become(void **state)
{
	(void)state;
	assert_true(user(""));
	assert_false(wanted.change_user);
	assert_true(user("root"));
	assert_false(wanted.change_user);
	fake_sys_uid(990);
	assert_true(user("watcher"));
	assert_false(wanted.change_user);
	config.seccomp = false;
	assert_true(user(""));
	assert_false(wanted.seccomp);
}

static void wrong_users(void **state)
{
	static const char *const wrong[] = {"nobody", "watche", "watcher:", "watcher:staff", ":1",
		"-1", "1:2:3", "007", "4294967296", "4294967295", "watcher:4294967295", "1 "};

	(void)state;
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char line[200];

		assert_false(user(wrong[i]));
		assert_false(wanted.change_user);
		snprintf(line, sizeof(line),
			"user: %s: not known; expected a name of /etc/passwd, or UID:GID",
			wrong[i]);
		assert_string_equal(error.text, line);
	}
}

/* ---- all is dropped ----------------------------------------------------------------------- */

static void assert_dropped(uint64_t capabilities)
{
	const struct fake_privileges *p = &fake_privileges;

	assert_int_equal(p->effective, capabilities);
	assert_int_equal(p->permitted, capabilities);
	assert_true(p->no_new_privs);
	assert_false(p->dumpable);
	assert_int_equal(p->umask, 077);
	assert_int_equal(p->limits[RLIMIT_CORE], 0);
	assert_int_equal(p->limits[RLIMIT_NPROC], 0);
	assert_int_equal(p->limits[RLIMIT_DATA], 0);
	assert_int_equal(p->limits[RLIMIT_AS], 0);
	assert_int_equal(p->limits[RLIMIT_NOFILE],
		1000 + LIMIT_LOOP_SOURCES + LIMIT_SPARE_DESCRIPTORS); /* the fake's first one */
	assert_int_equal(p->limits[RLIMIT_STACK], FAKE_NO_LIMIT);
}

static void root_stays_root(void **state)
{
	(void)state;
	assert_int_equal(privileges_drop(&wanted, &error), 0);
	assert_string_equal(error.text, "");
	assert_dropped(CONTROL);
	assert_int_equal(fake_privileges.bounding, CONTROL);
	assert_int_equal(fake_privileges.limits[RLIMIT_FSIZE], 0);
	assert_true(fake_privileges.filter_len > 0);
	assert_int_equal(fake_privileges.uid, 0);
}

static void root_becomes_another(void **state)
{
	(void)state;
	assert_true(user("watcher"));
	assert_int_equal(privileges_drop(&wanted, &error), 0);
	assert_dropped(CONTROL);
	assert_int_equal(fake_privileges.bounding, CONTROL);
	assert_int_equal(fake_privileges.uid, 990);
	assert_int_equal(fake_privileges.gid, 991);
	assert_false(fake_privileges.groups);
}

/* Standard output or error is a file: that one must be able to grow. */
static void prints_to_a_file(void **state)
{
	(void)state;
	fake_sys_standard(S_IFREG | 0644);
	assert_int_equal(privileges_drop(&wanted, &error), 0);
	assert_dropped(CONTROL);
	assert_int_equal(fake_privileges.limits[RLIMIT_FSIZE], FAKE_NO_LIMIT);
}

/* A supervisor gave it no more than it needs: there is no CAP_SETPCAP for the bounding set. */
static void little_to_begin_with(void **state)
{
	(void)state;
	fake_privileges.effective = fake_privileges.permitted = CONTROL;
	assert_int_equal(privileges_drop(&wanted, &error), 0);
	assert_dropped(CONTROL);
	assert_int_equal(fake_privileges.bounding, FAKE_ALL_CAPABILITIES);
	fake_privileges_reset();
	fake_privileges.effective = fake_privileges.permitted = 0;
	assert_int_equal(privileges_drop(&wanted, &error), 0);
	assert_dropped(0);
}

static void without_the_filter(void **state)
{
	(void)state;
	wanted.seccomp = false;
	assert_int_equal(privileges_drop(&wanted, &error), 0);
	assert_string_equal(error.text, "");
	assert_dropped(CONTROL);
	assert_int_equal(fake_privileges.filter_len, 0);
}

/* ---- what fails --------------------------------------------------------------------------- */

static void kernel_without_filters(void **state)
{
	(void)state;
	fake_sys_fail("seccomp", 1, ENOSYS);
	fake_sys_fail("prctl", 44, EINVAL); /* 41 of the bounding set, 2, and this one */
	assert_int_equal(privileges_drop(&wanted, &error), 0);
	assert_string_equal(
		error.text, "seccomp: this kernel has no filters; system calls stay unfiltered");
	assert_dropped(CONTROL);
	assert_int_equal(fake_privileges.filter_len, 0);
}

/* Before 3.5. */
static void kernel_without_no_new_privs(void **state)
{
	(void)state;
	wanted.seccomp = false;
	fake_sys_fail("prctl", 42, EINVAL);
	assert_int_equal(privileges_drop(&wanted, &error), 0);
	assert_false(fake_privileges.no_new_privs);
	assert_int_equal(fake_privileges.effective, CONTROL);
}

static void may_not_become_another(void **state)
{
	(void)state;
	assert_true(user("watcher"));
	fake_privileges.effective = fake_privileges.permitted = CONTROL;
	assert_int_equal(privileges_drop(&wanted, &error), -EPERM);
	assert_string_equal(
		error.text, "privileges cannot be dropped: user: Operation not permitted");
}

/* The n-th call fails: it is told, and the process does not go on; or it does not matter, and
 * all that counts was dropped. */
static void each_call_fails(void **state)
{
	static const int errors[] = {EPERM, EINVAL, ENOMEM, EIO};
	unsigned n, total = 0, told = 0;

	for (unsigned i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		for (n = 1;; n++) {
			unsigned calls;
			int result;

			setup(state);
			assert_true(user("watcher"));
			calls = fake_sys_calls(NULL);
			fake_sys_fail_nth(n, errors[i]);
			result = privileges_drop(&wanted, &error);
			if (fake_sys_calls(NULL) - calls < n) {
				assert_int_equal(result, 0);
				break;
			}
			fake_sys_fail_nth(0, 0);
			total++;
			told += result < 0;
			assert_int_equal(fake_sys_open_count(), 0);
			if (result < 0) {
				/* Without no_new_privs it is the filter that is refused. */
				int why = fake_privileges.no_new_privs || result != -EACCES
						  ? errors[i]
						  : EACCES;

				assert_int_equal(result, -why);
				assert_non_null(strstr(error.text, strerror(why)));
				assert_memory_equal(
					error.text, "privileges cannot be dropped: ", 30);
				continue;
			}
			assert_string_equal(error.text, "");
			assert_int_equal(fake_privileges.effective, CONTROL);
			assert_int_equal(fake_privileges.uid, 990);
			assert_int_equal(fake_privileges.limits[RLIMIT_AS], 0);
			assert_true(fake_privileges.filter_len > 0);
		}
	}
	print_message("# %u calls failed, %u were told\n", total, told);
	assert_true(told > total / 2);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(users),
		TEST(nobody_to_become),
		TEST(wrong_users),
		TEST(root_stays_root),
		TEST(root_becomes_another),
		TEST(prints_to_a_file),
		TEST(little_to_begin_with),
		TEST(without_the_filter),
		TEST(kernel_without_filters),
		TEST(kernel_without_no_new_privs),
		TEST(may_not_become_another),
		TEST(each_call_fails),
	};

	return cmocka_run_group_tests_name("privileges", tests, NULL, NULL);
}
