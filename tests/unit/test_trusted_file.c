/* link: fake_sys.o fake_files.o fake_sockets.o */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "fake_sys.h"
#include "trusted_file.h"

static const char *why(uid_t owner, mode_t mode)
{
	const struct stat st = {.st_uid = owner, .st_mode = S_IFREG | mode};

	return trusted_file(&st);
}

static void root_believes_root(void **state)
{
	(void)state;
	fake_sys_reset();
	assert_null(why(0, 0600));
	assert_null(why(0, 0755));
	assert_null(why(0, 0444));
	assert_non_null(strstr(why(1000, 0600), "chown root"));
}

static void others_believe_themselves_too(void **state)
{
	(void)state;
	fake_sys_reset();
	fake_sys_uid(1000);
	assert_null(why(0, 0644));
	assert_null(why(1000, 0600));
	assert_non_null(why(1001, 0600));
}

static void nobody_else_may_write(void **state)
{
	(void)state;
	fake_sys_reset();
	for (mode_t mode = 0; mode <= 07777; mode++) {
		const char *said = why(0, mode);

		assert_int_equal(said == NULL, (mode & 022) == 0);
		assert_true(!said || strstr(said, "chmod go-w"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_believes_root),
		cmocka_unit_test(others_believe_themselves_too),
		cmocka_unit_test(nobody_else_may_write),
	};

	return cmocka_run_group_tests_name("trusted_file", tests, NULL, NULL);
}
