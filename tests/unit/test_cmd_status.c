/* link: cmd_status.o status_socket.o loop.o audit_control.o audit_explain.o netlink.o text.o
 * fake_audit.o fake_sys.o fake_files.o fake_sockets.o */
#include <errno.h>
#include <linux/audit.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cmd.h"
#include "fake_audit.h"
#include "fake_sys.h"

static char out[16384], err[2048];
static const char *socket_path;

/* In the place of cmd.c: the one flag, and what would be printed. */
bool cmd_options(struct cmd_arguments *a, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], a->flags[0].name) != 0)
			return false;
		*a->flags[0].set = true;
	}
	return true;
}

bool cmd_configure(const struct cmd_arguments *a, struct config *c, struct config_error *e)
{
	assert_true(a->takes_config);
	c->status_socket = socket_path;
	snprintf(e->text, sizeof(e->text), "x: not an option");
	return socket_path != NULL;
}

void cmd_error(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(err, sizeof(err), format, ap);
	va_end(ap);
}

int cmd_print(const char *text, size_t bytes)
{
	assert_true(bytes < sizeof(out));
	memcpy(out, text, bytes);
	out[bytes] = '\0';
	return CMD_OK;
}

static int status(const char *flag)
{
	char name[] = "status", argument[32];
	char *argv[] = {name, argument, NULL};

	snprintf(argument, sizeof(argument), "%s", flag ? flag : "");
	out[0] = err[0] = '\0';
	return cmd_status(flag ? 2 : 1, argv);
}

static int setup(void **state)
{
	(void)state;
	fake_sys_reset();
	fake_audit_start();
	socket_path = "";
	fake_audit.status = (struct audit_status){.enabled = 2,
		.failure = 1,
		.pid = 77,
		.rate_limit = 100,
		.backlog_limit = 8192,
		.lost = 4000000000u,
		.backlog = 3,
		.feature_bitmap = 0x83,
		.backlog_wait_time = 15000,
		.backlog_wait_time_actual = 12};
	fake_audit.features = (struct audit_features){.features = 2, .lock = 2};
	fake_sys_file_text("/proc/77/comm", "a\"b\\c\n");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(fake_sys_open_count(), 0);
	fake_sys_reset();
	return 0;
}

static void for_people(void **state)
{
	(void)state;
	assert_int_equal(status(NULL), CMD_OK);
	assert_string_equal(out, "enabled                     2 (locked until the next boot)\n"
				 "failure                     1 (log)\n"
				 "pid                         77 (a\"b\\c)\n"
				 "rate_limit                  100 (records a second)\n"
				 "backlog_limit               8192\n"
				 "lost                        4000000000\n"
				 "backlog                     3\n"
				 "feature_bitmap              0x83 backlog_limit backlog_wait_time "
				 "and unknown 0x80\n"
				 "backlog_wait_time           15000\n"
				 "backlog_wait_time_actual    12\n"
				 "only_unset_loginuid         off\n"
				 "loginuid_immutable          on (locked)\n");
	assert_string_equal(err, "");
}

static void for_machines(void **state)
{
	(void)state;
	assert_int_equal(status("--json"), CMD_OK);
	assert_string_equal(out,
		"{\"enabled\":2,\"failure\":1,\"pid\":77,\"rate_limit\":100,\"backlog_limit\":8192,"
		"\"lost\":4000000000,\"backlog\":3,\"feature_bitmap\":131,"
		"\"backlog_wait_time\":15000,\"backlog_wait_time_actual\":12,"
		"\"pid_command\":\"a\\\"b\\\\c\","
		"\"only_unset_loginuid\":false,\"only_unset_loginuid_locked\":false,"
		"\"loginuid_immutable\":true,\"loginuid_immutable_locked\":true}\n");
}

static void an_old_kernel(void **state)
{
	(void)state;
	fake_audit.status_bytes = 32;
	fake_audit.refuse[AUDIT_GET_FEATURE] = EINVAL;
	fake_audit.status.pid = 0;
	fake_audit.status.rate_limit = 0;
	fake_audit.status.enabled = 7; /* whatever that may be one day */
	assert_int_equal(status("--json"), CMD_OK);
	assert_string_equal(out,
		"{\"enabled\":7,\"failure\":1,\"pid\":0,\"rate_limit\":0,\"backlog_limit\":8192,"
		"\"lost\":4000000000,\"backlog\":3}\n");
	assert_int_equal(status(NULL), CMD_OK);
	assert_non_null(strstr(out, "enabled                     7 (?)\n"));
	assert_non_null(strstr(out, "pid                         0 (no audit daemon)\n"));
	assert_non_null(strstr(out, "rate_limit                  0 (no limit)\n"));
	assert_non_null(strstr(out, "feature_bitmap              not in this kernel\n"));
	assert_null(strstr(out, "loginuid"));
}

static void a_refusal_is_one_line_and_1(void **state)
{
	(void)state;
	fake_audit.refuse[AUDIT_GET] = EPERM;
	assert_int_equal(status(NULL), CMD_FAILED);
	assert_string_equal(out, "");
	assert_non_null(strstr(err, "cannot read the audit status: "));
	fake_sys_fail("socket", 1, EPROTONOSUPPORT);
	assert_int_equal(status(NULL), CMD_FAILED);
	assert_non_null(strstr(err, "CONFIG_AUDIT"));
	assert_int_equal(status("--yaml"), CMD_USAGE);
}

/* ---- the running agent ---------------------------------------------------------------------- */

static const char *answer;

static bool the_agent_answers(void *ctx, int timeout_ms)
{
	const int fd = fake_sys_socket(AF_UNIX, 0);

	(void)ctx;
	(void)timeout_ms;
	if (fd < 0 || !answer)
		return false;
	fake_sys_deliver(fd, answer, strlen(answer), NULL, 0);
	fake_sys_deliver(fd, "", 0, NULL, 0); /* the end */
	answer = NULL;
	return true;
}

static void what_the_agent_counted(void **state)
{
	static const char text[] = "{\"uptime_ms\":12,\"loss\":0,\"now\":{\"records_held\":3},"
				   "\"total\":{\"records_dropped_event_full\":4,\"a\":56}}\n";

	(void)state;
	socket_path = "/run/x.sock";
	fake_sys_on_idle(the_agent_answers, NULL);
	answer = text;
	assert_int_equal(status(NULL), CMD_OK);
	assert_string_equal(strstr(out, "loginuid_immutable"),
		"loginuid_immutable          on (locked)\n"
		"\n"
		"uptime_ms                   12\n"
		"loss                        0\n"
		"\n"
		"now:\n"
		"records_held                3\n"
		"\n"
		"total:\n"
		"records_dropped_event_full  4\n"
		"a                           56\n");
	answer = text;
	assert_int_equal(status("--json"), CMD_OK);
	assert_non_null(strstr(out,
		"\"loginuid_immutable_locked\":true,\"agent\":{\"uptime_ms\":12,\"loss\":0,"
		"\"now\":{\"records_held\":3},\"total\":{\"records_dropped_event_full\":4,"
		"\"a\":56}}}\n"));
	assert_string_equal(err, "");
}

static void no_agent(void **state)
{
	static const char *const wrong[] = {"", "x", "{\"a\":1", "no object}\n", "{\n"};

	(void)state;
	socket_path = "/run/x.sock";
	fake_sys_on_idle(the_agent_answers, NULL);
	fake_sys_fail("connect", 0, ECONNREFUSED);
	assert_int_equal(status(NULL), CMD_OK);
	assert_string_equal(err, "/run/x.sock: Connection refused: no running agent can be asked");
	assert_null(strstr(out, "\n\n"));
	assert_int_equal(status("--json"), CMD_OK);
	assert_null(strstr(out, "agent"));
	fake_sys_fail("connect", 0, 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		answer = wrong[i];
		assert_int_equal(status("--json"), CMD_OK);
		assert_null(strstr(out, "agent"));
	}
	socket_path = NULL;
	assert_int_equal(status(NULL), CMD_USAGE);
	assert_string_equal(err, "x: not an option");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(for_people),
		TEST(for_machines),
		TEST(an_old_kernel),
		TEST(a_refusal_is_one_line_and_1),
		TEST(what_the_agent_counted),
		TEST(no_agent),
	};

	return cmocka_run_group_tests_name("cmd_status", tests, NULL, NULL);
}
