/* link: support_config.o config_gather.o fake_sys.o fake_files.o fake_sockets.o support_cjson.o
 * cjson_noalloc.o */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "config_read.h"
#include "fake_sys.h"
#include "support_config.h"

static const char of_a_host[] =
	"{\"passwd_file\": \"/p\", \"group_file\": \"/g\", \"hostname\": \"h\", "
	"\"output\": \"stdout\", \"output_fallback\": \"unix:///f\", \"namespace\": \"n\"}";

static void gather(const struct config_request *request)
{
	if (!config_gather(request, &config, &error))
		fail_msg("%s", error.text);
}

static void assert_users(const char *passwd_file, const char *group_file)
{
	assert_string_equal(config.passwd_file, passwd_file);
	assert_string_equal(config.group_file, group_file);
}

static void assert_host(const char *hostname, const char *output, const char *fallback)
{
	assert_string_equal(config.hostname, hostname);
	assert_string_equal(config.output, output);
	assert_string_equal(config.output_fallback, fallback);
}

static void test_own_host(void **state)
{
	(void)state;
	gather(&(struct config_request){.file = NULL});
	assert_users("/etc/passwd", "/etc/group");
	fake_sys_file_text(CONFIG_DEFAULT_FILE, of_a_host);
	gather(&(struct config_request){.file = NULL});
	assert_users("/p", "/g");
	assert_host("h", "stdout", "unix:///f");
	assert_string_equal(config.namespace, "n");
}

/* The file of this host says how documents look, and not who is who on another. */
static void test_foreign(void **state)
{
	(void)state;
	gather(&(struct config_request){.is_foreign = true});
	assert_users("", "");
	fake_sys_file_text(CONFIG_DEFAULT_FILE, of_a_host);
	gather(&(struct config_request){.is_foreign = true});
	assert_users("", "");
	assert_host("", "", "");
	assert_string_equal(config.namespace, "n");
	gather(&(struct config_request){
		.is_foreign = true, .settings = {"group_file=/o"}, .setting_count = 1});
	assert_users("", "/o");
}

/* What a file says that was named counts. What it does not say has no default. */
static void test_foreign_with_a_file(void **state)
{
	(void)state;
	fake_sys_file_text("/x.json", of_a_host);
	gather(&(struct config_request){.is_foreign = true, .file = "/x.json"});
	assert_users("/p", "/g");
	assert_host("h", "stdout", "unix:///f");
	fake_sys_file_text("/x.json", "{\"group_file\": \"/g\"}");
	gather(&(struct config_request){.is_foreign = true, .file = "/x.json"});
	assert_users("", "/g");
	assert_host("", "", "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, config_setup, config_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_own_host),
		TEST(test_foreign),
		TEST(test_foreign_with_a_file),
	};

	return cmocka_run_group_tests_name("config_gather", tests, NULL, NULL);
}
