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

static char out[65536], err[2048];
static const char *socket_path;
static bool print_fails;

/* In the place of cmd.c: its flags, and what would be printed. */
bool cmd_options(struct cmd_arguments *a, int argc, char **argv)
{
	assert_true(a->takes_config);
	for (int i = 1; i < argc; i++) {
		const struct cmd_flag *f = a->flags;

		while (f->name && strcmp(argv[i], f->name) != 0)
			f++;
		if (!f->name)
			return false;
		if (f->value)
			*f->value = argv[++i];
		else
			*f->set = true;
	}
	return true;
}

bool config_gather(const struct config_request *r, struct config *c, struct config_error *e)
{
	(void)r;
	c->status_socket = socket_path;
	snprintf(e->text, sizeof(e->text), "x: not an option");
	return socket_path != NULL;
}

void stderr_line(const char *format, ...)
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
	return print_fails ? EXIT_FAILED : EXIT_OK;
}

/* Up to three arguments. */
static int status(const char *one, const char *two, const char *three)
{
	char name[] = "status", arguments[3][64];
	char *argv[] = {name, arguments[0], arguments[1], arguments[2], NULL};
	const char *given[] = {one, two, three};
	int argc = 1;

	for (; argc <= 3 && given[argc - 1]; argc++)
		snprintf(arguments[argc - 1], sizeof(arguments[0]), "%s", given[argc - 1]);
	out[0] = err[0] = '\0';
	return cmd_status(argc, argv);
}

/* ---- the agent that is asked ----------------------------------------------------------------- */

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

#define HEAD(trouble, error)                                                                       \
	"{\"trouble\":\"" trouble                                                                  \
	"\",\"output\":\"udp://192.0.2.1:514\",\"output_state\":\"well\","                         \
	"\"output_error\":\"\",\"rules_loaded\":42,\"rules_refused\":0,\"last_error\":"            \
	"\"" error "\","                                                                           \
	"\"version\":\"0.2.0\",\"pid\":77,\"config\":\"/etc/ecsaudit.json\","
#define TAIL                                                                                       \
	"\"uptime_ms\":7200000,\"loss_total\":5,\"now\":{\"records_held\":3},\"total\":{\"a\":56}" \
	"}\n"
#define WELL	  HEAD("", "") TAIL
#define LOST(ago) HEAD("", "") "\"last_loss_ago_ms\":" #ago "," TAIL
#define BAD	  HEAD("udp://192.0.2.1:514 takes nothing: x; rules refused: 2", "") TAIL
#define BAD_LOST  HEAD("rules refused: 2", "") "\"last_loss_ago_ms\":1000," TAIL

static void assert_begins(const char *begins)
{
	if (strncmp(out, begins, strlen(begins)) != 0)
		fail_msg("not \"%s\": %s", begins, out);
	assert_string_equal(err, "");
}

static int setup(void **state)
{
	(void)state;
	fake_sys_reset();
	fake_audit_start();
	socket_path = "/run/x.sock";
	print_fails = false;
	answer = WELL;
	fake_sys_on_idle(the_agent_answers, NULL);
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

/* ---- the verdict ----------------------------------------------------------------------------- */

static void healthy(void **state)
{
	(void)state;
	assert_int_equal(status(NULL, NULL, NULL), 0);
	assert_string_equal(out,
		"healthy: messages go to udp://192.0.2.1:514, rules loaded: 42, nothing lost in "
		"the last 60m\n"
		"trouble                     none\n"
		"output                      udp://192.0.2.1:514\n"
		"output_state                well\n"
		"output_error                none\n"
		"rules_loaded                42\n"
		"rules_refused               0\n"
		"last_error                  none\n"
		"version                     0.2.0\n"
		"pid                         77\n"
		"config                      /etc/ecsaudit.json\n"
		"uptime                      2h\n"
		"loss_total                  5\n");
	assert_string_equal(err, "");
}

static void degraded(void **state)
{
	(void)state;
	answer = BAD;
	assert_int_equal(status(NULL, NULL, NULL), 1);
	assert_begins("degraded: udp://192.0.2.1:514 takes nothing: x; rules refused: 2\ntrouble ");
	answer = BAD_LOST;
	assert_int_equal(status(NULL, NULL, NULL), 1);
	assert_begins("degraded: rules refused: 2; 5 lost, the last 1s ago\n");
}

static void what_was_lost_and_when(void **state)
{
	static const struct {
		const char *answer, *within;
		int want;
		const char *begins;
	} cases[] = {
		{LOST(0), NULL, 1, "degraded: 5 lost, the last 0s ago\n"},
		{LOST(3599999), NULL, 1, "degraded: 5 lost, the last 59m ago\n"},
		{LOST(3600000), NULL, 0, "healthy: "},
		{LOST(3600000), "61m", 1, "degraded: 5 lost, the last 60m ago\n"},
		{LOST(7199999), "2h", 1, "degraded: 5 lost, the last 119m ago\n"},
		{LOST(86400000), "1d", 0, "healthy: "},
		{LOST(86400000), "2d", 1, "degraded: 5 lost, the last 24h ago\n"},
		{LOST(900000000), "365d", 1, "degraded: 5 lost, the last 10d ago\n"},
		{LOST(0), "0s", 0, "healthy: "},
		{WELL, "119m", 0,
			"healthy: messages go to udp://192.0.2.1:514, rules loaded: 42, "
			"nothing lost in the last 119m\n"},
		{WELL, "1d", 0,
			"healthy: messages go to udp://192.0.2.1:514, rules loaded: 42, "
			"nothing lost in the last 2h\n"}, /* since its start */
		{LOST(29000), "30s", 1, "degraded: 5 lost, the last 29s ago\n"},
		{LOST(900000000000000), "999999999d", 1, "degraded: "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		answer = cases[i].answer;
		assert_int_equal(status(cases[i].within ? "--within" : NULL, cases[i].within, NULL),
			cases[i].want);
		assert_begins(cases[i].begins);
	}
}

static void within_what(void **state)
{
	static const char *const wrong[] = {
		"", "1", "h", "1x", "1hh", "1h ", "-1h", "1.5h", "1000000000s", "1ms", "0x1h"};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		char line[128];

		assert_int_equal(status("--within", wrong[i], NULL), 3);
		snprintf(line, sizeof(line),
			"status: --within %s; expected a time such as 30m, 1h or 7d", wrong[i]);
		assert_string_equal(err, line);
		assert_string_equal(out, "");
	}
}

static void nobody_is_there(void **state)
{
	static const struct {
		int error, want;
		const char *begins;
	} cases[] = {
		{ENOENT, 2, "not running: status_socket: /run/x.sock: No such file or directory\n"},
		{ECONNREFUSED, 2, "not running: status_socket: /run/x.sock: Connection refused\n"},
		{EAGAIN, 2, "not answering: status_socket: /run/x.sock: "}, /* it is stopped */
		{EACCES, 3, "may not ask: status_socket: /run/x.sock: Permission denied\n"},
		{EPERM, 3, "may not ask: status_socket: /run/x.sock: Operation not permitted\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		fake_sys_fail("connect", 1, cases[i].error);
		assert_int_equal(status(NULL, NULL, NULL), cases[i].want);
		assert_begins(cases[i].begins);
		/* What the kernel says may be the reason. */
		assert_non_null(strstr(out, "\nenabled                     2\n"));
	}
	fake_sys_on_idle(NULL, NULL);
	assert_int_equal(status(NULL, NULL, NULL), 2);
	assert_begins("not answering: status_socket: /run/x.sock: Connection timed out\n");
	socket_path = "";
	assert_int_equal(status(NULL, NULL, NULL), 3);
	assert_begins("may not ask: status_socket: : none is configured\n");
}

static void an_answer_that_is_none(void **state)
{
	static const char *const wrong[] = {"", "x", "{\"a\":1", "no object}\n", "{\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		answer = wrong[i];
		assert_int_equal(status("--json", NULL, NULL), 2);
		assert_begins("{\"status\":\"not answering\",\"reason\":\"status_socket: "
			      "/run/x.sock: not an answer\",\"enabled\":2,");
		assert_null(strstr(out, "\"agent\""));
	}
}

/* Whoever answers is not always the agent of this version, nor of this world. */
static void answers_of_others(void **state)
{
	static const char *const others[] = {"{}}\n", "{\"uptime_ms\":1,\"loss\":0}\n",
		"{\"trouble\":\"}\n", "{\"trouble\":\"\\}\n", "{\"trouble\":\"\\\"}\n",
		"{\"\":\"\"}\n", "{\"trouble\":}\n", "{\"last_loss_ago_ms\":,\"x\":[\"}\n",
		"{\"\"\"\"\"}\n", "{\"x\":{\"x\":{\"x\":{}}}}\n"};
	static char deep[LIMIT_STATUS_BYTES + 10];

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		for (unsigned k = 0; k < 3; k++) {
			answer = others[i];
			assert_in_range(status(k == 0	 ? NULL
						: k == 1 ? "-v"
							 : "--json",
						NULL, NULL),
				0, 1);
		}
	}
	memset(deep, '"', sizeof(deep) - 1);
	deep[0] = '{';
	answer = deep; /* longer than there may be */
	assert_int_equal(status("-v", NULL, NULL), 2);
	memcpy(deep + LIMIT_STATUS_BYTES - 2, "}\n", 3);
	answer = deep;
	assert_in_range(status("-v", NULL, NULL), 0, 1);
}

static void texts_with_quotes(void **state)
{
	(void)state;
	answer = HEAD("a \\\"rule\\\", \\\"loss_total\\\":9 \\\\ \\u001b[2J", "") TAIL;
	assert_int_equal(status(NULL, NULL, NULL), 1);
	assert_begins("degraded: a \"rule\", \"loss_total\":9 \\ \\u001b[2J\ntrouble ");
}

/* Nobody heard that it is healthy; of what is not the exit status is enough. */
static void what_cannot_be_printed(void **state)
{
	(void)state;
	print_fails = true;
	assert_int_equal(status(NULL, NULL, NULL), 3);
	answer = BAD;
	assert_int_equal(status(NULL, NULL, NULL), 1);
	fake_sys_fail("connect", 1, ENOENT);
	assert_int_equal(status("--json", NULL, NULL), 2);
}

static void mistakes(void **state)
{
	(void)state;
	assert_int_equal(status("--yaml", NULL, NULL), 3);
	socket_path = NULL;
	assert_int_equal(status(NULL, NULL, NULL), 3);
	assert_string_equal(err, "x: not an option");
}

/* ---- all of it ---------------------------------------------------------------------------------
 */

static void everything_for_people(void **state)
{
	(void)state;
	assert_int_equal(status("-v", NULL, NULL), 0);
	assert_begins("healthy: ");
	assert_string_equal(strchr(out, '\n'), "\n"
					       "enabled                     2\n"
					       "failure                     1\n"
					       "pid                         77\n"
					       "rate_limit                  100\n"
					       "backlog_limit               8192\n"
					       "lost                        4000000000\n"
					       "backlog                     3\n"
					       "feature_bitmap              131\n"
					       "backlog_wait_time           15000\n"
					       "backlog_wait_time_actual    12\n"
					       "pid_command                 a\"b\\c\n"
					       "only_unset_loginuid         false\n"
					       "only_unset_loginuid_locked  false\n"
					       "loginuid_immutable          true\n"
					       "loginuid_immutable_locked   true\n"
					       "\nagent:\n"
					       "trouble                     none\n"
					       "output                      udp://192.0.2.1:514\n"
					       "output_state                well\n"
					       "output_error                none\n"
					       "rules_loaded                42\n"
					       "rules_refused               0\n"
					       "last_error                  none\n"
					       "version                     0.2.0\n"
					       "pid                         77\n"
					       "config                      /etc/ecsaudit.json\n"
					       "uptime                      2h\n"
					       "loss_total                  5\n"
					       "\nnow:\n"
					       "records_held                3\n"
					       "\ntotal:\n"
					       "a                           56\n");
}

static void everything_for_machines(void **state)
{
	(void)state;
	assert_int_equal(status("--json", "-v", NULL), 0);
	assert_string_equal(out,
		"{\"status\":\"healthy\",\"reason\":\"messages go to udp://192.0.2.1:514, rules "
		"loaded: 42, nothing lost in the last 60m\","
		"\"enabled\":2,\"failure\":1,\"pid\":77,\"rate_limit\":100,\"backlog_limit\":8192,"
		"\"lost\":4000000000,\"backlog\":3,\"feature_bitmap\":131,"
		"\"backlog_wait_time\":15000,\"backlog_wait_time_actual\":12,"
		"\"pid_command\":\"a\\\"b\\\\c\","
		"\"only_unset_loginuid\":false,\"only_unset_loginuid_locked\":false,"
		"\"loginuid_immutable\":true,\"loginuid_immutable_locked\":true,"
		"\"agent\":" HEAD("", "") "\"uptime_ms\":7200000,\"loss_total\":5,"
					  "\"now\":{\"records_held\":3},\"total\":{\"a\":56}}}\n");
}

static void an_old_kernel(void **state)
{
	(void)state;
	fake_audit.status_bytes = 32;
	fake_audit.refuse[AUDIT_GET_FEATURE] = EINVAL;
	fake_audit.status.pid = 0;
	assert_int_equal(status("--json", NULL, NULL), 0);
	assert_non_null(strstr(out,
		"\"enabled\":2,\"failure\":1,\"pid\":0,\"rate_limit\":100,\"backlog_limit\":8192,"
		"\"lost\":4000000000,\"backlog\":3,\"agent\":{"));
}

/* The agent is asked all the same; where there is none, the kernel may be why. */
static void a_kernel_that_does_not_tell(void **state)
{
	(void)state;
	fake_audit.refuse[AUDIT_GET] = EPERM;
	assert_int_equal(status(NULL, NULL, NULL), 0);
	assert_null(strstr(out, "kernel"));
	answer = WELL;
	assert_int_equal(status("-v", NULL, NULL), 0);
	assert_non_null(
		strstr(out, "\nkernel_error                cannot read the audit status: "));
	answer = WELL;
	assert_int_equal(status("--json", NULL, NULL), 0);
	assert_non_null(strstr(out, ",\"kernel_error\":\"cannot read the audit status: "));
	fake_sys_fail("socket", 1, EPROTONOSUPPORT);
	fake_sys_fail("connect", 1, ENOENT);
	assert_int_equal(status(NULL, NULL, NULL), 2);
	assert_begins("not running: ");
	assert_non_null(strstr(out, "CONFIG_AUDIT"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(healthy),
		TEST(degraded),
		TEST(what_was_lost_and_when),
		TEST(within_what),
		TEST(nobody_is_there),
		TEST(an_answer_that_is_none),
		TEST(answers_of_others),
		TEST(texts_with_quotes),
		TEST(what_cannot_be_printed),
		TEST(mistakes),
		TEST(everything_for_people),
		TEST(everything_for_machines),
		TEST(an_old_kernel),
		TEST(a_kernel_that_does_not_tell),
	};

	return cmocka_run_group_tests_name("cmd_status", tests, NULL, NULL);
}
