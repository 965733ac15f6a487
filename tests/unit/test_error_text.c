/* link: error_text.o text.o */
#include "error_text.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* The words of this system's C library, or the number. */
static void test_words(void **state)
{
	unsigned known = 0;

	(void)state;
	for (int error = 1; error < 200; error++) {
		char number[32];
		const char *text = error_text(error);

		snprintf(number, sizeof(number), "error %d", error);
		if (strcmp(text, number) == 0)
			continue;
		known++;
		assert_string_equal(text, strerror(error));
		assert_string_equal(error_text(-error), text);
	}
	assert_in_range(known, 40, 133);
}

static void test_expected(void **state)
{
	static const int errors[] = {EPERM, ENOENT, EIO, EACCES, EINVAL, ENOSPC, EROFS, ELOOP,
		EPIPE, ETIMEDOUT, ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EPROTOTYPE, EMSGSIZE,
		ENOBUFS, EADDRINUSE, EDQUOT, ENODATA, EFBIG, EOPNOTSUPP, EPROTONOSUPPORT};

	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		assert_string_equal(error_text(-errors[i]), strerror(errors[i]));
}

static void test_others(void **state)
{
	(void)state;
	assert_string_equal(error_text(-512), "error 512");
	assert_string_equal(error_text(0), "error 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_expected),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
