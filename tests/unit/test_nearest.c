/* link: nearest.o */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "nearest.h"

static const char *nearest(const char *meant)
{
	static const char *const names[] = {"layout", "tags", "agent.id", "agent.name", "f"};
	struct nearest n = {.meant = meant, .len = strlen(meant)};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		nearest_try(&n, names[i]);
	return n.best;
}

static void test_near(void **state)
{
	(void)state;
	assert_string_equal(nearest("layout"), "layout");
	assert_string_equal(nearest("layouts"), "layout"); /* added */
	assert_string_equal(nearest("ayout"), "layout");   /* left out */
	assert_string_equal(nearest("lAyout"), "layout");  /* changed */
	assert_string_equal(nearest("layotu"), "layout");  /* swapped */
	assert_string_equal(nearest("alyotu"), "layout");  /* twice */
	assert_string_equal(nearest("tag"), "tags");
	assert_string_equal(nearest("agnet.name"), "agent.name");
	assert_string_equal(nearest("agent_id"), "agent.id"); /* the nearer of two */
}

static void test_far(void **state)
{
	char longest[200];

	(void)state;
	assert_null(nearest(""));
	assert_null(nearest("x"));
	assert_null(nearest("tugboat"));
	assert_null(nearest("lyaotu!"));
	assert_string_equal(nearest("f"), "f");
	memset(longest, 'l', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	assert_null(nearest(longest));
}

/* Names in a pool have no NUL behind them. */
static void test_bytes(void **state)
{
	static const char pool[] = "openopenatmount";
	struct nearest n = {.meant = "opneat", .len = 6};

	(void)state;
	nearest_try_bytes(&n, pool, 4);
	assert_null(n.best);
	nearest_try_bytes(&n, pool + 4, 6);
	nearest_try_bytes(&n, pool + 10, 5);
	assert_ptr_equal(n.best, pool + 4);
	assert_int_equal(n.best_len, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_near),
		cmocka_unit_test(test_far),
		cmocka_unit_test(test_bytes),
	};

	return cmocka_run_group_tests_name("nearest", tests, NULL, NULL);
}
