/* link: document.o document_network.o document_process.o document_auditd.o document_file.o
 * document_layout.o document_message.o document_user.o normalize.o json.o timestamp.o cjson.o
 * event.o execve.o record.o record_fields.o record_decode.o decode.o sockaddr_text.o
 * reassembly.o blocks.o record_header.o tables.o table_names.o table_keys.o table_norms.o
 * table_syscalls.o fake_identity.o support_core.o support_event.o support_document.o */
#include "document_process.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support_core.h"
#include "support_document.h"

static void a_process(void **state)
{
	(void)state;
	document_start();
	document_of("SYSCALL arch=c000003e syscall=59 success=yes exit=0 ppid=7 pid=8 comm=\"sh\" "
		    "exe=\"/bin/sh\" tty=tty1\nEXECVE argc=3 a0=\"sh\" a1=2D63 a2=\"\"\n"
		    "CWD cwd=\"/tmp\"\nPROCTITLE proctitle=7368002D63\n");
	expect("process",
		"{\"pid\":8,\"parent\":{\"pid\":7},\"name\":\"sh\",\"executable\":\"/bin/sh\","
		"\"working_directory\":\"/tmp\",\"title\":\"sh -c\","
		"\"command_line\":\"sh -c \",\"args\":[\"sh\",\"-c\",\"\"],\"args_count\":3}");
	/* what the process took over is not said twice */
	expect("auditd/data",
		"{\"arch\":\"x86_64\",\"syscall\":\"execve\",\"tty\":\"tty1\",\"exit\":\"0\","
		"\"argc\":\"3\"}");
}

static void process_ids_are_integers(void **state)
{
	(void)state;
	document_start();
	document_of("USER_MGMT pid=x ppid=1.5 comm=\"a\"\n");
	expect("process", "{\"name\":\"a\"}");
	expect_nothing("auditd/data/pid");
	document_of("USER_MGMT pid=9223372036854775807 ppid=-5\n");
	assert_non_null(strstr(test_text, "\"pid\":9223372036854775807,\"parent\":{\"pid\":-5}"));
	document_of("USER_MGMT x=1\n");
	expect_nothing("process");
}

static void exit_codes(void **state)
{
	(void)state;
	document_start();
	document_of("SYSCALL arch=c000003e syscall=231 a0=2\n"); /* exit_group */
	expect("process/exit_code", "2");
	document_of("SYSCALL arch=c000003e syscall=60 a0=ffffff03\n"); /* exit */
	expect("process/exit_code", "3");
	document_of("SYSCALL arch=c000003e syscall=231 a0=ffffffffffffffff\n");
	expect("process/exit_code", "255");
	document_of("SYSCALL arch=c000003e syscall=231 a0=7fffffff00000102\n");
	expect("process/exit_code", "2");
	document_of("SYSCALL arch=c000003e syscall=87 a0=2\n");
	expect_nothing("process/exit_code");
	document_of("SYSCALL arch=c000003e syscall=231\n");
	expect_nothing("process");
	document_of("SYSCALL arch=c000003e syscall=231 a0=x\n");
	expect_nothing("process");
	document_of("USER pid=1 uid=0 msg='syscall=exit_group a0=3 res=success'\n");
	expect_nothing("process/exit_code");
	expect("event/type", "[\"info\"]"); /* and not `end` */
}

/* comm has 15 bytes; the executable says the rest, if it is the one. */
static void names(void **state)
{
	static const struct {
		const char *comm, *exe, *name;
	} cases[] = {
		{"google-chrome-s", "/opt/google/google-chrome-stable", "google-chrome-stable"},
		{"netcat.traditio", "/bin/netcat.traditional", "netcat.traditional"},
		{"netcat.traditio", "/bin/netcat.traditional (deleted)", "netcat.traditional"},
		{"netcat.traditio", "/bin/netcat.traditio", "netcat.traditio"},
		{"netcat.traditio", "/bin/python3.11", "netcat.traditio"},    /* a script */
		{"netcat.traditio", "netcat.traditional", "netcat.traditio"}, /* no path */
		{"netcat.traditi", "/bin/netcat.traditional", "netcat.traditi"},
		{"sh", "/bin/sh.distrib", "sh"},
		{NULL, "/usr/sbin/sshd", "sshd"},
		{NULL, "/usr/sbin/sshd (deleted)", "sshd"},
		{NULL, "/", NULL},
		{NULL, "?", NULL},
		{"x", NULL, "x"},
	};

	(void)state;
	document_start();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *comm = cases[i].comm, *exe = cases[i].exe, *name = cases[i].name;
		char log[256], expected[64] = "";

		snprintf(log, sizeof(log), "USER_MGMT pid=1%s%s%s%s%s%s\n", comm ? " comm=\"" : "",
			comm ? comm : "", comm ? "\"" : "", exe ? " exe=\"" : "", exe ? exe : "",
			exe ? "\"" : "");
		document_of(log);
		if (name)
			snprintf(expected, sizeof(expected), "\"%s\"", name);
		expect("process/name", expected);
	}
}

/* 15 bytes, not characters. */
static void a_name_of_bytes(void **state)
{
	(void)state;
	document_start();
	document_of("SYSCALL arch=c000003e syscall=2 comm=C3A46161616161616161616161616161 "
		    "exe=2FC3A461616161616161616161616161"
		    "6162\n");
	expect("process/name", "\"\xc3\xa4"
			       "aaaaaaaaaaaaaa\"");
	document_of("SYSCALL arch=c000003e syscall=2 comm=C3A461616161616161616161616161 "
		    "exe=2FC3A461616161616161616161616161"
		    "6162\n");
	expect("process/name", "\"\xc3\xa4"
			       "aaaaaaaaaaaaaab\"");
}

static void command_lines(void **state)
{
	(void)state;
	document_start();
	document_of("SYSCALL arch=c000003e syscall=59\nEXECVE argc=1 a0=\"ls\"\n");
	expect("process/command_line", "\"ls\"");
	document_of("SYSCALL arch=c000003e syscall=59\nEXECVE argc=1 a0=\"\"\n");
	expect_nothing("process/command_line");
	document_of("SYSCALL arch=c000003e syscall=59\nEXECVE argc=4 a0=\"a\" a1=\"\" a2=62200A "
		    "a3=\"d\"\n");
	expect("process/command_line", "\"a  b \\n d\"");
	document_of("SYSCALL arch=c000003e syscall=2 comm=\"a\"\n");
	expect_nothing("process/command_line");
}

static char *letters(char *to, char letter, size_t count)
{
	memset(to, letter, count);
	return to + count;
}

/* The last argument may be longer than all may be together. It is cut between two characters. */
static void a_long_command_line(void **state)
{
	const size_t half = LIMIT_EVENT_ARGS_BYTES / 2 - 8;
	const size_t rest = LIMIT_COMMAND_LINE_BYTES - 2 * half - 2;
	static char log[2 * LIMIT_COMMAND_LINE_BYTES], line[LIMIT_COMMAND_LINE_BYTES + 16];
	char *end;

	(void)state;
	document_start();
	for (size_t more = 0; more < 3; more++) {
		end = log + sprintf(log, "SYSCALL arch=c000003e syscall=59\nEXECVE argc=3 a0=\"");
		end = letters(end, 'a', half);
		end += sprintf(end, "\"\nEXECVE a1=\"");
		end = letters(end, 'b', half);
		end += sprintf(end, "\"\nEXECVE a2=\"");
		end = letters(end, 'c', rest - 2 + more);
		strcpy(end, "\xc3\xa4\"\n");
		document_of(log);
		assert_int_equal(test_document.cut, more > 0);
		line[0] = '"';
		end = letters(line + 1, 'a', half);
		*end++ = ' ';
		end = letters(end, 'b', half);
		*end++ = ' ';
		end = letters(end, 'c', rest - 2 + (more > 0) * (more == 2 ? 2 : 1));
		strcpy(end, more > 0 ? "\"" : "\xc3\xa4\"");
		expect("process/command_line", line);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, document_setup, document_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_process),
		TEST(process_ids_are_integers),
		TEST(exit_codes),
		TEST(names),
		TEST(a_name_of_bytes),
		TEST(command_lines),
		TEST(a_long_command_line),
	};

	return cmocka_run_group_tests_name("document_process", tests, NULL, NULL);
}
