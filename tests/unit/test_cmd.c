/* link: cmd.o cmd_config.o cmd_help.o config_values.o config_table.o config_file.o
 * config_fields.o config_print.o json_scan.o nearest.o output_parse.o text.o fake_sys.o
 * fake_files.o fake_sockets.o fake_privileges.o support_cjson.o cjson_noalloc.o os_facts.o */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "cmd.h"
#include "fake_privileges.h"
#include "fake_sys.h"

/* main() itself, under another name. */
int ecsaudit_main(int argc, char **argv);
#define main ecsaudit_main
#include "../../src/main.c"
#include "config_read.h"
#undef main

static char last_command[20];
static int last_argc;

static int remember(int argc, char **argv)
{
	snprintf(last_command, sizeof(last_command), "%s", argv[0]);
	last_argc = argc;
	assert_null(argv[argc]);
	return 42;
}

int cmd_run(int argc, char **argv)
{
	return remember(argc, argv);
}

int cmd_parse(int argc, char **argv)
{
	return remember(argc, argv);
}

int cmd_rules(int argc, char **argv)
{
	return remember(argc, argv);
}

int cmd_status(int argc, char **argv)
{
	return remember(argc, argv);
}

static struct config config;
static struct config_error error;

static int setup(void **state)
{
	(void)state;
	fake_sys_reset();
	last_command[0] = '\0';
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(fake_sys_open_count(), 0);
	fake_sys_reset();
	return 0;
}

/* All that was written to a descriptor since the last call, as one text. */
static const char *written(int fd)
{
	static char text[2][400000];
	char *at = text[fd - 1];
	const struct fake_sent *s;

	for (unsigned i = 0; (s = fake_sys_sent(i)); i++) {
		if (s->fd != fd)
			continue;
		memcpy(at, s->data, s->len);
		at += s->len;
	}
	*at = '\0';
	return text[fd - 1];
}

#define ARGUMENTS(...)                                                                             \
	((struct arguments){                                                                       \
		.list = {__VA_ARGS__}, .count = sizeof((char *[]){__VA_ARGS__}) / sizeof(char *)})

struct arguments {
	char *list[80];
	int count;
};

static int run_main(struct arguments a)
{
	const unsigned calls = fake_sys_calls(NULL);
	int status;

	fake_sys_sent_clear();
	fake_privileges.huge_pages_off = 0;
	status = ecsaudit_main(a.count, a.list);
	/* Before anything else, whatever the command: memory that was touched stays huge. */
	assert_int_equal(fake_privileges.huge_pages_off, calls + 1);
	return status;
}

static void usage(struct arguments a, const char *message)
{
	assert_int_equal(run_main(a), EXIT_USAGE);
	assert_string_equal(written(2), message);
	assert_string_equal(written(1), "");
}

/* ---- main -------------------------------------------------------------------------------- */

static void test_dispatch(void **state)
{
	static char *const names[] = {"run", "parse", "status", "rules"};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(run_main(ARGUMENTS("ecsaudit", names[i], "-x", "y")), 42);
		assert_string_equal(last_command, names[i]);
		assert_int_equal(last_argc, 3);
	}
	for (const struct cmd *c = cmd_table; c->name; c++) {
		assert_ptr_equal(cmd_find(c->name), c);
		assert_non_null(strstr(c->page, "\nexit status:\v"));
		assert_int_equal(strncmp(c->page, "usage: ecsaudit ", 16), 0);
		for (const char *line = c->page; *line; line += strcspn(line, "\n") + 1)
			assert_true(strcspn(line, "\n") <= 92);
	}
}

static void test_wrong_commands(void **state)
{
	(void)state;
	usage(ARGUMENTS("ecsaudit"), "ecsaudit: no command; expected one of those that `ecsaudit "
				     "--help` lists\n");
	usage(ARGUMENTS("ecsaudit", "prase"),
		"ecsaudit: prase: no such command; did you mean parse?\n");
	usage(ARGUMENTS("ecsaudit", "sing"), "ecsaudit: sing: no such command; expected one of "
					     "those that `ecsaudit --help` lists\n");
	usage(ARGUMENTS("ecsaudit", "star"),
		"ecsaudit: star: no such command; did you mean status?\n");
	usage(ARGUMENTS("ecsaudit", "pars"),
		"ecsaudit: pars: no such command; did you mean parse?\n");
	usage(ARGUMENTS("ecsaudit", "-x"), "ecsaudit: -x: no such command; expected one of "
					   "those that `ecsaudit --help` lists\n");
	assert_string_equal(last_command, "");
}

/* A page as it is printed: the text between its signs, in their order, and no sign. */
static void shows_page(const char *page)
{
	static const char signs[] = "\t\v\f\a";
	const char *at = written(1);

	assert_null(strpbrk(at, signs));
	assert_true(!strchr(page, '\f') || strstr(at, "\n  -c FILE       "));
	while (*page) {
		const size_t n = strcspn(page, signs);
		char piece[4096];

		assert_true(n < sizeof(piece));
		memcpy(piece, page, n);
		piece[n] = '\0';
		at = strstr(at, piece);
		assert_non_null(at);
		at += n;
		page += n + (page[n] != '\0');
	}
}

static void test_version_and_help(void **state)
{
	(void)state;
	assert_int_equal(run_main(ARGUMENTS("ecsaudit", "--version")), 0);
	assert_string_equal(written(1), "ecsaudit " ECSAUDIT_VERSION "\n");
	assert_int_equal(run_main(ARGUMENTS("ecsaudit", "--help")), 0);
	for (const struct cmd *c = cmd_table; c->name; c++)
		assert_non_null(strstr(written(1), c->summary));
	assert_int_equal(run_main(ARGUMENTS("ecsaudit", "help")), 0);
	assert_non_null(strstr(written(1), "usage: ecsaudit COMMAND"));
	for (const struct cmd *c = cmd_table; c->name; c++) {
		assert_int_equal(run_main(ARGUMENTS("ecsaudit", "help", (char *)c->name)), 0);
		shows_page(c->page);
		assert_int_equal(strstr(written(1), "\noptions with their defaults") != NULL,
			c->options != CONFIG_FOR_NONE);
		assert_int_equal(run_main(ARGUMENTS("ecsaudit", (char *)c->name, "--help")), 0);
		shows_page(c->page);
	}
	usage(ARGUMENTS("ecsaudit", "help", "rnu"),
		"ecsaudit: rnu: no such command; did you mean run?\n");
	usage(ARGUMENTS("ecsaudit", "help", "run", "parse"),
		"ecsaudit: help: parse: expected one command\n");
	assert_string_equal(last_command, "");
}

/* ---- arguments --------------------------------------------------------------------------- */

static bool follow, json;
static const char *name;
static const struct cmd_flag flags[] = {{"-f", &follow, NULL}, {"--json", &json, NULL},
	{"--name", NULL, &name}, {NULL, NULL, NULL}};

static bool options(struct cmd_arguments *a, struct arguments *arguments)
{
	*a = (struct cmd_arguments){.flags = flags, .takes_config = true, .takes_operands = true};
	follow = json = false;
	name = NULL;
	fake_sys_sent_clear();
	return cmd_options(a, arguments->count, arguments->list);
}

static void test_options(void **state)
{
	struct cmd_arguments a;
	struct arguments v = ARGUMENTS("parse", "one", "-f", "-o", "a=1", "-", "-cFILE", "-ob=2",
		"two", "--name", "n", "--", "-f", "-o");

	(void)state;
	assert_true(options(&a, &v));
	assert_true(follow);
	assert_false(json);
	assert_string_equal(name, "n");
	assert_string_equal(a.config.file, "FILE");
	assert_int_equal(a.config.setting_count, 2);
	assert_string_equal(a.config.settings[0], "a=1");
	assert_string_equal(a.config.settings[1], "b=2");
	assert_int_equal(a.argc - a.first_operand, 5);
	assert_string_equal(v.list[a.first_operand], "one");
	assert_string_equal(v.list[a.first_operand + 1], "-");
	assert_string_equal(v.list[a.first_operand + 2], "two");
	assert_string_equal(v.list[a.first_operand + 3], "-f");
	assert_string_equal(v.list[a.first_operand + 4], "-o");

	v = ARGUMENTS("parse", "--name=x=y", "-c", "-", "--json");
	assert_true(options(&a, &v));
	assert_string_equal(name, "x=y");
	assert_string_equal(a.config.file, "-");
	assert_true(json);
	assert_int_equal(a.first_operand, 5);

	v = ARGUMENTS("parse");
	assert_true(options(&a, &v));
	assert_null(a.config.file);
	assert_int_equal(a.first_operand, 1);
}

static void wrong(struct arguments v, const char *message)
{
	struct cmd_arguments a;

	assert_false(options(&a, &v));
	assert_string_equal(written(2), message);
}

static void test_wrong_options(void **state)
{
	struct arguments v = ARGUMENTS("parse", "-x");
	struct cmd_arguments a = {.takes_operands = false};

	(void)state;
	wrong(v, "ecsaudit: parse: unknown option -x; expected -f, --json, --name, -c FILE, -o "
		 "NAME=VALUE\n");
	wrong(ARGUMENTS("parse", "--jsn"),
		"ecsaudit: parse: unknown option --jsn; did you mean --json?\n");
	wrong(ARGUMENTS("parse", "--json=1"),
		"ecsaudit: parse: unknown option --json=1; did you mean --json?\n");
	wrong(ARGUMENTS("parse", "-fx"), "ecsaudit: parse: unknown option -fx; expected -f, "
					 "--json, --name, -c FILE, -o NAME=VALUE\n");
	wrong(ARGUMENTS("parse", "-c"), "ecsaudit: parse: -c: no file; expected one behind it\n");
	wrong(ARGUMENTS("parse", "a", "-o"),
		"ecsaudit: parse: -o: no NAME=VALUE; expected one behind it\n");
	wrong(ARGUMENTS("parse", "--name"),
		"ecsaudit: parse: --name: no value; expected one behind it\n");

	fake_sys_sent_clear();
	assert_false(cmd_options(&a, 2, v.list));
	assert_string_equal(written(2), "ecsaudit: parse: unknown option -x; expected none\n");
	v = ARGUMENTS("status", "x");
	fake_sys_sent_clear();
	assert_false(cmd_options(&a, 2, v.list));
	assert_string_equal(written(2), "ecsaudit: status: x: expected no operand\n");
}

static void test_too_many_settings(void **state)
{
	struct arguments v = {.list = {"run"}, .count = 1};
	struct cmd_arguments a;

	(void)state;
	for (unsigned i = 0; i < LIMIT_SETTINGS; i++)
		v.list[v.count++] = "-oa=1";
	assert_true(options(&a, &v));
	assert_int_equal(a.config.setting_count, LIMIT_SETTINGS);
	v.list[v.count++] = "-oa=1";
	wrong(v, "ecsaudit: run: more than 64 times -o; expected the rest in a file\n");
}

/* ---- configuration ----------------------------------------------------------------------- */

static bool configure(struct arguments v)
{
	struct cmd_arguments a;

	assert_true(options(&a, &v));
	return config_gather(&a.config, &config, &error);
}

static void test_configure(void **state)
{
	(void)state;
	assert_true(configure(ARGUMENTS("run"))); /* no file: the defaults */
	assert_string_equal(config.hostname, "");
	fake_sys_file_text("/etc/ecsaudit.json", "{\"hostname\": \"a\", \"namespace\": \"n\"}");
	assert_true(configure(ARGUMENTS("run", "-o", "hostname=b", "-o", "hostname=c")));
	assert_string_equal(config.hostname, "c");
	assert_string_equal(config.namespace, "n");

	assert_false(configure(ARGUMENTS("run", "-c", "/x.json")));
	assert_string_equal(
		error.text, "/x.json: No such file or directory; expected a file that can be read");
	fake_sys_file_text("/x.json", "{\"hostname\": 1}");
	assert_false(configure(ARGUMENTS("run", "-c", "/x.json", "-o", "hostname=b")));
	assert_int_equal(strncmp(error.text, "/x.json:1:14: hostname: 1; ", 27), 0);
	assert_false(configure(ARGUMENTS("run", "-o", "hostname")));
	assert_string_equal(error.text, "-o hostname: no value; expected NAME=VALUE");
	fake_sys_fail("open", 1, EACCES); /* it is there: not the same as missing */
	assert_false(configure(ARGUMENTS("run")));
	assert_int_equal(strncmp(error.text, "/etc/ecsaudit.json: Permission denied", 37), 0);
}

/* For a reload: the same arguments again, another file. */
static void test_configure_again(void **state)
{
	struct arguments v = ARGUMENTS("run", "-o", "namespace=x");
	struct cmd_arguments a;

	(void)state;
	assert_true(options(&a, &v));
	assert_true(config_gather(&a.config, &config, &error));
	fake_sys_file_text("/etc/ecsaudit.json", "{\"hostname\": \"a\"}");
	assert_true(config_gather(&a.config, &config, &error));
	assert_string_equal(config.hostname, "a");
	assert_string_equal(config.namespace, "x");
	fake_sys_file_text("/etc/ecsaudit.json", "{}");
	assert_true(config_gather(&a.config, &config, &error));
	assert_string_equal(config.hostname, "");
}

/* An agent does not follow what others could have written; who only reads logs may. */
static void test_configure_trusted(void **state)
{
	struct arguments v = ARGUMENTS("run");
	struct cmd_arguments a;

	(void)state;
	assert_true(options(&a, &v));
	fake_sys_file_text("/etc/ecsaudit.json", "{\"hostname\": \"a\"}");
	fake_sys_file_owner("/etc/ecsaudit.json", S_IFREG | 0666, 0);
	assert_true(config_gather(&a.config, &config, &error));
	a.config.trusted = true;
	assert_false(config_gather(&a.config, &config, &error));
	assert_int_equal(strncmp(error.text, "/etc/ecsaudit.json: may be written by ", 38), 0);
	fake_sys_file_remove("/etc/ecsaudit.json");
	assert_true(config_gather(&a.config, &config, &error)); /* -o alone */
}

static void config_mistake(char *setting, const char *message)
{
	usage(ARGUMENTS("ecsaudit", "config", "-o", "output=null", "-o", setting), message);
}

static void test_config_command(void **state)
{
	static char printed[400000];
	size_t len;

	(void)state;
	assert_int_equal(
		run_main(ARGUMENTS("ecsaudit", "config", "-o", "tags=a", "-o", "output=null")), 0);
	assert_non_null(strstr(written(1), "\t\"tags\": [\"a\"],\n"));
	assert_string_equal(written(2), "");
	snprintf(printed, sizeof(printed), "%s", written(1));
	fake_sys_file_text("/etc/ecsaudit.json", printed);
	assert_int_equal(run_main(ARGUMENTS("ecsaudit", "config")), 0);
	assert_string_equal(written(1), printed);
	config_mistake("immutable=1", "ecsaudit: -o immutable: 1; expected true or false\n");
	usage(ARGUMENTS("ecsaudit", "config", "x"), "ecsaudit: config: x: expected no operand\n");
	assert_null(fake_sys_file_data("/var/lib/ecsaudit/agent-id", &len));
}

/* What `run` would refuse, `config` refuses, with the same words. */
static void test_config_checks_what_run_checks(void **state)
{
	(void)state;
	fake_sys_file_text("/etc/passwd", "root:x:0:0::/:\naudit:x:100:100::/:\n");
	config_mistake("user=nobody",
		"ecsaudit: user: nobody: not known; expected a name of /etc/passwd, or UID:GID\n");
	config_mistake("audit_rules=-w x",
		"ecsaudit: audit_rules:1: the path \"x\" is relative; it must start with /\n");
	config_mistake("audit_rule_files=/none",
		"ecsaudit: /none: cannot be opened: No such file or directory\n");
	fake_sys_file_text("/r", "\n-w /a\n-D\n");
	config_mistake("audit_rule_files=/r",
		"ecsaudit: /r:3: -D behind a rule; put it in front of all: it counts once, for "
		"all files\n");
	fake_sys_file_text("/r", "-w /a\n");
	fake_sys_file_owner("/r", S_IFREG | 0666, 0);
	config_mistake("audit_rule_files=/r", "ecsaudit: /r: may be written by others than its "
					      "owner; expected: chmod go-w\n");
	config_mistake("passwd_file=/none",
		"ecsaudit: passwd_file: /none: No such file or directory; expected a file that can "
		"be read, or none\n");
	fake_sys_file_text("/etc/ecsaudit.json", "{}");
	fake_sys_file_owner("/etc/ecsaudit.json", S_IFREG | 0666, 0);
	usage(ARGUMENTS("ecsaudit", "config", "-o", "output=null"),
		"ecsaudit: /etc/ecsaudit.json: may be written by others than its owner; expected: "
		"chmod go-w\n");
	fake_sys_file_owner("/etc/ecsaudit.json", S_IFCHR | 0666, 0);
	usage(ARGUMENTS("ecsaudit", "config", "-o", "output=null"),
		"ecsaudit: /etc/ecsaudit.json: is a device; expected a file, which may hold {} "
		"alone\n");
	fake_sys_file_remove("/etc/ecsaudit.json");
	assert_int_equal(run_main(ARGUMENTS("ecsaudit", "config", "-o", "output=null", "-o",
				 "user=audit", "-o", "audit_rules=-w /a")),
		0);
	/* All options to begin with, but nothing to start an agent with. */
	assert_int_equal(run_main(ARGUMENTS("ecsaudit", "config")), EXIT_USAGE);
	assert_non_null(strstr(written(1), "\"output\": \"\","));
	assert_non_null(strstr(written(2), "ecsaudit: output: not configured; expected "));
}

static void test_config_prints_what_is_in_effect(void **state)
{
	static char rules[] = "audit_rules=-b 64\n-f 2\n-r 9\n-e 2";

	(void)state;
	assert_int_equal(
		run_main(ARGUMENTS("ecsaudit", "config", "-o", "output=null", "-o", rules)), 0);
	assert_non_null(strstr(written(1), "\"backlog_limit\": 64,"));
	assert_non_null(strstr(written(1), "\"failure_mode\": \"panic\","));
	assert_non_null(strstr(written(1), "\"rate_limit\": 9,"));
	assert_non_null(strstr(written(1), "\"immutable\": true,"));
	assert_non_null(strstr(written(2), "ecsaudit: audit_rules:1: warning: -b is not "
					   "what backlog_limit says; the line counts\n"));
	/* By multicast they are not loaded. */
	assert_int_equal(run_main(ARGUMENTS("ecsaudit", "config", "-o", "output=null", "-o", rules,
				 "-o", "socket_type=multicast")),
		0);
	assert_non_null(strstr(written(1), "\"backlog_limit\": 8192,"));
}

/* ---- output ------------------------------------------------------------------------------ */

static void test_print(void **state)
{
	(void)state;
	fake_sys_short(3);
	fake_sys_fail("write", 2, EINTR);
	assert_int_equal(cmd_print("0123456789", 10), EXIT_OK);
	assert_string_equal(written(1), "0123456789");
	fake_sys_sent_clear();
	fake_sys_fail("write", 2, EAGAIN); /* waits, and goes on */
	assert_int_equal(cmd_print("0123456789", 10), EXIT_OK);
	assert_string_equal(written(1), "0123456789");
	fake_sys_short(0);
	fake_sys_sent_clear();
	fake_sys_fail("write", 1, ENOSPC);
	assert_int_equal(cmd_print("x", 1), EXIT_FAILED);
	assert_string_equal(written(2), "ecsaudit: standard output: No space left on device\n");
	fake_sys_sent_clear();
	fake_sys_fail("write", 1, EPIPE);
	assert_int_equal(cmd_print("x", 1), EXIT_FAILED);
	assert_int_equal(fake_sys_sent_count(), 0);
}

static void test_error_is_one_write(void **state)
{
	char text[3000];

	(void)state;
	stderr_line("%s %d", "x", 5);
	assert_int_equal(fake_sys_sent_count(), 1);
	assert_string_equal(written(2), "ecsaudit: x 5\n");
	memset(text, 'y', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	fake_sys_sent_clear();
	stderr_line("%s", text);
	assert_int_equal(fake_sys_sent_count(), 1);
	assert_true(strlen(written(2)) <= 1100);
	assert_int_equal(written(2)[strlen(written(2)) - 1], '\n');
	fake_sys_sent_clear();
	fake_sys_fail("write", 1, EBADF); /* nobody listens: nothing to be done */
	stderr_line("x");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_dispatch),
		TEST(test_wrong_commands),
		TEST(test_version_and_help),
		TEST(test_options),
		TEST(test_wrong_options),
		TEST(test_too_many_settings),
		TEST(test_configure),
		TEST(test_configure_again),
		TEST(test_configure_trusted),
		TEST(test_config_command),
		TEST(test_config_checks_what_run_checks),
		TEST(test_config_prints_what_is_in_effect),
		TEST(test_print),
		TEST(test_error_is_one_write),
	};

	return cmocka_run_group_tests_name("cmd", tests, NULL, NULL);
}
