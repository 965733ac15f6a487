/* link: support_reload.o support_agent.o fake_audit.o fake_sys.o fake_files.o fake_sockets.o
 * cjson.o */
#include "rules_wait.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fake_sys.h"
#include "rules_lineage.h"
#include "rules_print.h"
#include "support_reload.h"

/* Rules whose path does not exist: the whole agent, over the fake kernel and its files. */

#define A "-w /a -p wa -k a\n"
#define B "-w /opt/b -p wa -k b\n"
#define D "-a always,exit -F dir=/opt/d -F perm=x -k d\n"
#define X "-a always,exit -F arch=b64 -S openat -k x\n"

#define THEN                                                                                       \
	"; when it appears they are loaded within watch.interval, behind the others: an earlier "  \
	"rule's key then wins"

static void appears(const char *path)
{
	fake_sys_file_text(path, "");
}

/* watch.interval passes, and what it brings. */
static void wait_an_interval(void)
{
	const int64_t end_ms = sys_monotonic_ms() + agent->config.watch_interval_ms;

	while (sys_monotonic_ms() < end_ms)
		turn((int)(end_ms - sys_monotonic_ms()));
	for (unsigned i = 0; i < 24; i++)
		turn(LIMIT_GUARD_SOON_MS);
}

static void assert_rules(const char *rules)
{
	char wanted[4096];

	snprintf(wanted, sizeof(wanted), "-a never,exit -S all -F pid=%d\n%senabled", FAKE_SYS_PID,
		rules);
	if (strncmp(in_kernel(), wanted, strlen(wanted)) != 0)
		fail_msg("%s\nis not\n%s", in_kernel(), wanted);
}

static void assert_state(unsigned loaded, unsigned refused, unsigned waiting)
{
	const struct rules_state s = rules_state(&run.rules);

	assert_int_equal(s.loaded, loaded);
	assert_int_equal(s.refused, refused);
	assert_int_equal(s.waiting, waiting);
}

static unsigned lines_with(const char *part)
{
	unsigned n = 0;

	for (const char *at = said; (at = strstr(at, part)); at++)
		n++;
	return n;
}

/* ---- a start ------------------------------------------------------------------------------ */

static void they_are_one_line_and_no_request(void **state)
{
	(void)state;
	write_both("", D A B X);
	fake_audit.request_count = 0;
	assert_int_equal(begin(), 0);
	assert_rules("-w /a -p wa -k a\n-a always,exit -F arch=b64 -S openat -F key=x\n");
	assert_state(2, 0, 2);
	end_run();
}

static void the_line_says_what_will_be(void **state)
{
	static const struct {
		const char *members, *rules, *line;
	} starts[] = {
		{"", D A B,
			"rules: 2 waiting, whose path does not exist, such as /opt/d" THEN "\n"},
		{"\"watch.interval\": \"0s\"", A B,
			"rules: 1 left out, whose path does not exist, such as /opt/b\n"},
		{"\"immutable\": true", A B,
			"rules: 1 left out, whose path does not exist, such as /opt/b; locked "
			"until "
			"the next boot\n"},
		{"", A B "-e 2\n",
			"rules: 1 left out, whose path does not exist, such as /opt/b; locked "
			"until "
			"the next boot\n"},
		{"", A, ""},
	};

	for (unsigned i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
		char *line;

		begin_with("", A);
		write_both(starts[i].members, starts[i].rules);
		said[0] = '\0';
		hup(); /* a reload says it, too */
		line = strstr(said, "rules: ");
		if (*starts[i].line && (!line || !strstr(said, starts[i].line)))
			fail_msg("%s\nis not\n%s", said, starts[i].line);
		assert_int_equal(lines_with("whose path does not exist"), *starts[i].line != 0);
		end_run();
		reload_teardown(state);
		reload_setup(state);
	}
}

/* ---- a path appears ----------------------------------------------------------------------- */

static void a_rule_is_loaded_when_its_path_appears(void **state)
{
	(void)state;
	begin_with("", D A B X);
	wait_an_interval();
	assert_state(2, 0, 2);
	assert_int_equal(fake_audit_requests(AUDIT_ADD_RULE), 0); /* each would make a record */
	appears("/opt/other");					  /* its directory is enough */
	wait_an_interval();
	assert_rules("-w /a -p wa -k a\n-a always,exit -F arch=b64 -S openat -F key=x\n"
		     "-w /opt/b -p wa -k b\n");
	assert_state(3, 0, 1);
	assert_said("rules whose path has appeared: 1 loaded, 0 refused; 1 still waiting, 0 of ");
	assert_true(next_report());
	assert_non_null(strstr(report, "\"message\":\"rules whose path has appeared: 1 l"));
	assert_non_null(strstr(report, "\"action\":\"noticed\""));
	appears("/opt/d/file");
	wait_an_interval();
	assert_state(4, 0, 0);
	assert_int_equal(fake_audit.rule_count, 5);
	/* They are ours, and are put back as all others are. */
	said[0] = '\0';
	wait_an_interval();
	assert_string_equal(said, "");
	fake_audit.rule_count = 1;
	wait_an_interval();
	assert_int_equal(fake_audit.rule_count, 5);
	assert_said("they were put back");
	end_run();
}

/* As it would be if it were read now. */
static void a_watch_becomes_that_of_a_directory(void **state)
{
	(void)state;
	begin_with("", B "-a always,exit -F arch=b64 -F path=/opt/b -F perm=wa\n"
			 "-a always,exit -F exe=/opt/e/x -k e\n");
	assert_state(0, 0, 3);
	appears("/opt/b/c/file");
	wait_an_interval();
	assert_rules("-w /opt/b -p wa -k b\n" /* auditctl shows dir= as a watch, too */
		     "-a always,exit -F arch=b64 -S all -F path=/opt/b -F perm=wa\n");
	assert_non_null(memmem(fake_audit.rules[1].data, fake_audit.rules[1].len,
		&(uint32_t){AUDIT_DIR}, sizeof(uint32_t)));
	assert_state(2, 0, 1);
	end_run();
}

static void many_appear_at_once(void **state)
{
	char rules[8192];
	size_t used = 0;

	(void)state;
	for (unsigned i = 0; i < 60; i++)
		used += (size_t)snprintf(
			rules + used, sizeof(rules) - used, "-w /opt/%u -p wa -k many\n", i);
	begin_with("", rules);
	assert_state(0, 0, 60);
	appears("/opt/x");
	wait_an_interval();
	assert_state(60, 0, 0);
	assert_int_equal(fake_audit.rule_count, 61);
	said[0] = '\0';
	wait_an_interval(); /* and the watch knows them all */
	assert_string_equal(said, "");
	end_run();
}

#define LINEAGE "\"lineage.rules\": true"

/* The rules of lineage.rules, printed. */
static void with_lineage(char *all, size_t size, const char *before)
{
	char text[LIMIT_LINEAGE_RULES_BYTES];
	struct text t;

	text_init(&t, all, size);
	text_puts(&t, before);
	rules_lineage_text("x86_64", text);
	for (const char *at = text; *at; at += strcspn(at, "\n") + 1) {
		static struct rules_line line;
		const struct span one = {at, (uint32_t)strcspn(at, "\n")};

		assert_int_equal(rules_compile(&run.host.environment, one, &line), RULES_ADD);
		rules_print(&t, &line.rule, "x86_64", RULES_AUDITCTL);
		text_puts(&t, "\n");
	}
}

/* Else they would take its events. */
static void those_of_lineage_rules_stay_behind(void **state)
{
	static const struct {
		const char *appears, *rules;
		unsigned loaded, waiting;
	} steps[] = {
		{"/opt/x",
			A "-w /opt/b -p wa -k b\n-a never,exit -F arch=b64 -S fork -F exe=/opt/f\n",
			9, 1},
		{"/opt/d/x",
			A "-w /opt/b -p wa -k b\n-a never,exit -F arch=b64 -S fork -F exe=/opt/f\n"
			  "-w /opt/d -p x -k d\n",
			10, 0},
	};
	char expected[4096];

	(void)state;
	begin_with(LINEAGE, D A B "-a never,exit -F arch=b64 -S fork -F exe=/opt/f\n");
	with_lineage(expected, sizeof(expected), A);
	assert_rules(expected);
	assert_state(7, 0, 3);
	for (unsigned i = 0; i < 2; i++) {
		appears(steps[i].appears);
		wait_an_interval();
		with_lineage(expected, sizeof(expected), steps[i].rules);
		assert_rules(expected);
		assert_state(steps[i].loaded, 0, steps[i].waiting);
		said[0] = '\0';
		wait_an_interval(); /* and the watch knows them in this order */
		assert_string_equal(said, "");
		assert_rules(expected);
	}
	end_run();
}

/* Of watch.restore=false: what others did is left as it is. */
static void only_those_of_lineage_rules_move(void **state)
{
	char expected[4096];

	(void)state;
	begin_with(LINEAGE ", \"watch.restore\": false", A B);
	fake_audit.rules[fake_audit.rule_count++] = fake_audit.rules[1]; /* of the user list, say */
	fake_audit.rules[fake_audit.rule_count - 1].data[0] = AUDIT_FILTER_USER;
	appears("/opt/x");
	wait_an_interval();
	with_lineage(expected, sizeof(expected), A "-w /opt/b -p wa -k b\n");
	assert_int_equal(fake_audit.rule_count, 10);
	assert_non_null(strstr(in_kernel(), expected + sizeof(A) - 1));
	assert_state(8, 0, 0);
	end_run();
}

static void a_rule_of_another_list_moves_none(void **state)
{
	char expected[4096];

	(void)state;
	begin_with(LINEAGE, A "-a always,io_uring -S openat -F exe=/opt/f\n");
	fake_audit.request_count = 0;
	appears("/opt/x");
	wait_an_interval();
	with_lineage(expected, sizeof(expected), A);
	assert_non_null(strstr(in_kernel(), expected + sizeof(A)));
	assert_state(8, 0, 0);
	assert_int_equal(fake_audit_requests(AUDIT_DEL_RULE), 0);
	assert_int_equal(fake_audit_requests(AUDIT_ADD_RULE), 1);
	end_run();
}

static void refused_after_all(void **state)
{
	(void)state;
	begin_with("", A B D);
	fake_audit.refuse[AUDIT_ADD_RULE] = EINVAL;
	appears("/opt/x");
	wait_an_interval();
	assert_state(1, 1, 1);
	assert_said("0 loaded, 1 refused; 1 still waiting, 0 of them");
	fake_audit.refuse[AUDIT_ADD_RULE] = EACCES; /* `user` may not enter it */
	appears("/opt/d/x");
	wait_an_interval();
	wait_an_interval();
	assert_state(1, 1, 1);
	assert_int_equal(
		lines_with("1 still waiting, 1 of them for one that may not be entered"), 1);
	fake_audit.refuse[AUDIT_ADD_RULE] = ENOENT; /* gone again */
	wait_an_interval();
	assert_state(1, 1, 1);
	fake_audit.refuse[AUDIT_ADD_RULE] = 0;
	wait_an_interval();
	assert_state(2, 1, 0);
	end_run();
}

static void a_locked_kernel_is_left_alone(void **state)
{
	(void)state;
	begin_with("", A B "-e 2\n");
	appears("/opt/x");
	wait_an_interval();
	assert_state(1, 0, 1);
	assert_int_equal(fake_audit_requests(AUDIT_ADD_RULE), 0);
	end_run();
}

/* ---- a reload ----------------------------------------------------------------------------- */

static void a_reload_begins_anew(void **state)
{
	(void)state;
	begin_with("", A B);
	write_both("", A "-w nowhere\n");
	hup();
	assert_reloaded("failure", "relative");
	assert_state(1, 0, 1); /* the old one stays, and waits */
	write_both("", D A X);
	hup();
	assert_reloaded("success", "rules: 1 added, 0 deleted, 0 moved, 0 refused, 1 waiting\"");
	assert_state(2, 0, 1);
	appears("/opt/x"); /* of B */
	wait_an_interval();
	assert_state(2, 0, 1);
	appears("/opt/d/x");
	hup(); /* in its place */
	assert_reloaded("success", "rules: 1 added, 0 deleted, 2 moved, 0 refused\"");
	assert_state(3, 0, 0);
	write_config("\"tags\": []");
	hup();
	assert_state(3, 0, 0); /* they stay */
	end_run();
}

/* Each call of a reload fails once: what waited before waits on, or what waits now. */
static void a_reload_that_fails_loses_none(void **state)
{
	(void)state;
	begin_with("", A B);
	write_both("\"backlog_limit\": 9", A D);
	fake_audit.refuse[AUDIT_SET] = EIO;
	hup();
	assert_reloaded("failure", "backlog_limit");
	fake_audit.refuse[AUDIT_SET] = 0;
	appears("/opt/x");
	appears("/opt/d/x");
	wait_an_interval();
	assert_rules("-w /a -p wa -k a\n-w /opt/b -p wa -k b\n");
	end_run();
}

/* Two mistakes, and one of another kind, in one document. */
static void every_mistake_is_in_the_document(void **state)
{
	static char long_rules[4096];
	size_t used = 0;

	(void)state;
	begin_with("", A);
	write_both("\"output_fallback\": \"\"", A "-w one\n-a nosuch\n");
	write_config("\"output\": \"stdout\", \"audit_rule_files\": [\"" RULES "\"]");
	hup();
	assert_reloaded("failure", "/etc/audit.rules:2: the path \\\"one\\\" is relative; ");
	assert_non_null(strstr(report, "/etc/audit.rules:3: \\\"nosuch\\\": expected a list"));
	assert_non_null(strstr(report, "only a restart changes to or from stdout"));
	/* What has no room is for the user. */
	for (unsigned i = 0; i < 40; i++)
		used += (size_t)snprintf(
			long_rules + used, sizeof(long_rules) - used, "-w a%u -k mistake\n", i);
	write_both("", long_rules);
	said[0] = '\0';
	hup();
	assert_reloaded("failure", "\\\"a0\\\"");
	for (unsigned i = 0; i < 40; i++) {
		char part[16];

		snprintf(part, sizeof(part), "\"a%u\"", i);
		assert_said(part);
	}
	/* Ignored ones are said, and are no failure. */
	write_both("\"ignore_errors\": true", A "-w one\n-w two\n");
	hup();
	assert_reloaded("success", "changed: ignore_errors");
	assert_said("\"two\" is relative");
	end_run();
}

static void what_a_reload_says_has_changed(void **state)
{
	(void)state;
	begin_with("", A X);
	hup();
	assert_reloaded("success", "changed: nothing; rules: 0 added, 0 deleted, 0 moved");
	write_both("", X A);
	hup();
	assert_reloaded(
		"success", "changed: the order of the rules; rules: 0 added, 0 deleted, 1 m");
	write_both("", X);
	hup();
	assert_reloaded("success", "changed: the rules; rules: 0 added, 1 deleted, 0 moved");
	write_both("\"tags\": [\"t\"]", X A);
	hup();
	assert_reloaded("success", "changed: tags; rules: 1 added, 0 deleted, 0 moved");
	end_run();
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, reload_setup, reload_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(they_are_one_line_and_no_request),
		TEST(the_line_says_what_will_be),
		TEST(a_rule_is_loaded_when_its_path_appears),
		TEST(a_watch_becomes_that_of_a_directory),
		TEST(many_appear_at_once),
		TEST(those_of_lineage_rules_stay_behind),
		TEST(only_those_of_lineage_rules_move),
		TEST(a_rule_of_another_list_moves_none),
		TEST(refused_after_all),
		TEST(a_locked_kernel_is_left_alone),
		TEST(a_reload_begins_anew),
		TEST(a_reload_that_fails_loses_none),
		TEST(every_mistake_is_in_the_document),
		TEST(what_a_reload_says_has_changed),
	};

	return cmocka_run_group_tests_name("rules_wait", tests, NULL, NULL);
}
