#include "support_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "fake_sys.h"
#include "config_read.h"

struct config config;
struct config_error error;

int config_setup(void **state)
{
	(void)state;
	fake_sys_reset();
	config_init(&config);
	memset(&error, 0, sizeof(error));
	return 0;
}

int config_teardown(void **state)
{
	(void)state;
	assert_int_equal(fake_sys_open_count(), 0);
	fake_sys_reset();
	return 0;
}

void config_good(const char *text)
{
	config_init(&config);
	fake_sys_file_text(FILE_NAME, text);
	if (!config_read(&config, FILE_NAME, false, &error))
		fail_msg("%s\n%s", text, error.text);
}

void config_bad(const char *text, const char *message)
{
	config_init(&config);
	fake_sys_file_text(FILE_NAME, text);
	if (config_read(&config, FILE_NAME, false, &error))
		fail_msg("accepted: %s", text);
	assert_int_equal(strncmp(error.text, FILE_NAME ":", strlen(FILE_NAME) + 1), 0);
	assert_string_equal(error.text + strlen(FILE_NAME) + 1, message);
	assert_null(strchr(error.text, '\n'));
}

void config_set(const char *assignment)
{
	if (!config_read_setting(&config, assignment, &error))
		fail_msg("%s", error.text);
}

void config_bad_set(const char *assignment, const char *message)
{
	if (config_read_setting(&config, assignment, &error))
		fail_msg("accepted: %s", assignment);
	assert_string_equal(error.text, message);
}
