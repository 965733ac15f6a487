/* link: rules_compile.o rules_mistake.o nearest.o rules_control.o rules_field.o rules_syscall.o
 * rules_text.o rules_value.o text.o table_rules.o tables.o table_names.o table_syscalls.o
 * table_keys.o table_norms.o support_rules.o */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support_rules.h"

struct mistake {
	const char *line;
	const char *parts; /* of the message */
};

static int setup(void **state)
{
	(void)state;
	support_rules_reset();
	return 0;
}

static void assert_mistakes(const struct mistake *m, size_t count)
{
	for (size_t i = 0; i < count; i++)
		support_assert_mistake(m[i].line, m[i].parts);
}

#define ASSERT_MISTAKES(m) assert_mistakes(m, sizeof(m) / sizeof(*(m)))

static void lists_and_options(void **state)
{
	static const struct mistake m[] = {
		{"-a", "-a needs a value"},
		{"-a always", "always|as in always,exit"},
		{"-a exit", "exit|always,exit"},
		{"-a always,always", "always,always|expected a list"},
		{"-a exit,exit", "exit,exit|expected a list"},
		{"-a always,exit,x", "always,exit,x"},
		{"-a ,", "expected"},
		{"-a always,entry", "entry|use exit"},
		{"-a exit,possible", "possible|use always"},
		{"-a ALWAYS,exits", "exits"},
		{"-a always,exit -a always,exit", "second list"},
		{"-a always,exit -A never,task", "second list"},
		{"-a always,exit -w /x", "watch|line of its own"},
		{"-w /x -w /y", "/y|another watch"},
		{"-w /x -a always,exit", "second list"},
		{"-S open -w /x", "/x|-S"},
		{"-S open", "without a list|-a always,exit"},
		{"-S open -a always,task", "task"},
		{"-S 5 -a always,io_uring", "behind -a"},
		{"-a always,task -S open", "open|use exit"},
		{"-a always,user -S all", "all"},
		{"-a always,exclude -S 1", "\"1\""},
		{"-a always,filesystem -S 1", "\"1\""},
		{"-x", "-x"},
		{"-", "\"-\""},
		{"--", "--"},
		{"--nonsense", "--nonsense"},
		{"-a always,exit foo", "foo|no option"},
		{"a always,exit", "\"a\""},
		{"-D # all", "comment|line of its own"},
		{"-k 'x", "quote"},
		{"-l", "-l|command line"},
		{"-s", "-s"},
		{"-m text", "-m"},
		{"-v", "-v"},
		{"-h", "-h"},
		{"-a always,exit -S open -b 8192", "control option"},
		{"-a always,exit -D", "control option"},
	};

	(void)state;
	ASSERT_MISTAKES(m);
}

static void fields_and_operators(void **state)
{
	static const struct mistake m[] = {
		{"-F uid=0", "uid=0|before the list"},
		{"-a always,exit -F", "-F needs a value"},
		{"-a always,exit -F uid", "uid|operator"},
		{"-a always,exit -F =0", "=0|expected a field"},
		{"-a always,exit -F uid=", "uid=|no value"},
		{"-a always,exit -F uid = 0", "uid|operator"},
		{"-a always,exit -F nosuch=1", "nosuch|no such field"},
		{"-a always,exit -F uid&1", "uid|a0 to a3"},
		{"-a always,exit -F exit&=1", "exit|a0 to a3"},
		{"-a always,exit -F arch>b64", "arch|= and !="},
		{"-a always,exit -F perm!=w", "perm|only the operator ="},
		{"-a always,exit -F path!=/x", "path|only the operator ="},
		{"-a always,exit -F dir!=/x", "dir|only the operator ="},
		{"-a always,exit -F exe>/x", "exe|= and !="},
		{"-a always,exit -F inode>1", "inode|= and !="},
		{"-a always,exit -F subj_type>x", "subj_type|= and !="},
		{"-a always,exit -F filetype<file", "filetype|= and !="},
		{"-a always,exit -S 1 -F key!=x", "key|only the operator ="},
		{"-a always,task -F exit=0", "exit|the exit list"},
		{"-a always,user -F path=/x", "path|the exit list"},
		{"-a always,task -F ppid=1", "ppid|the exit list"},
		{"-a always,exit -F msgtype=CWD", "msgtype|user and exclude"},
		{"-a always,exit -F fstype=tracefs", "fstype|filesystem list"},
		{"-a always,filesystem -F uid=0", "uid|all lists but filesystem"},
		{"-a always,task -F sessionid=1", "sessionid|user and exit"},
		{"-a always,exclude -F sessionid=1", "sessionid|user and exit"},
		{"-a always,exclude -F euid=0", "euid|exit, task, user"},
		{"-a always,exclude -F arch=b64", "arch|exit, task, user"},
		{"-a always,exclude -F exe=/x -k k", "exclude list"},
		{"-a always,exclude -F key=k", "all lists but exclude"},
		{"-a EXIT,always", "EXIT,always|always,exit"},
		{"-a always,exit -F path=/x -F path=/y", "path|make two rules"},
		{"-a always,exit -F path=/x -F dir=/y", "dir beside path"},
		{"-a always,exit -F inode=1 -F path=/y", "path beside inode"},
		{"-w /x -F path=/y", "path beside the watched"},
		{"-a always,exit -F exe=/x -F exe=/y", "second -F exe"},
		{"-a always,exit -S 1 -F arch=b64", "b64|behind -S|before"},
		{"-w /x -F arch=b64", "b64|behind -S"},
		{"-a always,exit -C", "-C needs a value"},
		{"-a always,exit -C uid", "uid|with = or !="},
		{"-a always,exit -C uid=", "uid="},
		{"-a always,exit -C =uid", "=uid"},
		{"-a always,exit -C uid>euid", "uid>euid"},
		{"-a always,exit -C uid!euid", "uid!euid"},
		{"-a always,exit -C uid=gid", "uid|gid|cannot be compared"},
		{"-a always,exit -C uid=uid", "are the same"},
		{"-a always,exit -C obj_uid=obj_gid", "cannot be compared"},
		{"-a always,exit -C nosuch=uid", "no field \"nosuch\""},
		{"-a always,exit -C uid=nosuch", "no field \"nosuch\""},
		{"-a always,task -C uid=euid", "uid=euid|exit list"},
		{"-C uid=euid", "uid=euid|-a always,exit"},
	};

	(void)state;
	ASSERT_MISTAKES(m);
}

static void values(void **state)
{
	static const struct mistake m[] = {
		{"-a always,exit -F pid=x", "pid|\"x\"|no number"},
		{"-a always,exit -F pid=-1", "pid|-1"},
		{"-a always,exit -F pid=12x", "pid|12x"},
		{"-a always,exit -F pid=08", "pid|08"},
		{"-a always,exit -F pid=0x", "pid|0x"},
		{"-a always,exit -F pid=0xg", "0xg"},
		{"-a always,exit -F pid=4294967296", "4294967296|32 bits"},
		{"-a always,exit -F pid=99999999999999999999999", "32 bits"},
		{"-a always,exit -F a0=4294967296", "a0|4294967296|32 bits"},
		{"-a always,exit -F a0=-2147483649", "a0|-2147483649|32 bits"},
		{"-a always,exit -F a0=all", "a0|all"},
		{"-a always,exit -F a0==1", "a0|=1"},
		{"-a always,exit -F inode=0x100000000", "inode|32 bits"},
		{"-a always,exit -F uid=nobody", "uid|no user \"nobody\""},
		{"-a always,exit -F uid=1000x", "no user \"1000x\""},
		{"-a always,exit -F uid=4294967296", "32 bits"},
		{"-a always,exit -F uid=unset", "uid|unset|only auid"},
		{"-a always,exit -F obj_uid=-1", "obj_uid|-1|only auid"},
		{"-a always,exit -F auid>unset", "auid|use = or !="},
		{"-a always,exit -F auid<4294967295", "auid|use = or !="},
		{"-a always,exit -F gid=alice", "gid|no group \"alice\""},
		{"-a always,exit -F gid=-1", "no group \"-1\""},
		{"-a always,exit -F gid=4294967295", "gid|only auid"},
		{"-a always,exit -F sessionid=all", "sessionid|all|unset"},
		{"-a always,exit -F exit=-EWHAT", "exit|-EWHAT|-EACCES"},
		{"-a always,exit -F exit=-", "exit"},
		{"-a always,exit -F exit=--1", "exit|--1"},
		{"-a always,exit -F exit=-2147483649", "exit|32 bits"},
		{"-a always,exit -F exit=1x", "exit|1x"},
		{"-a always,exclude -F msgtype=NOSUCH", "msgtype|NOSUCH"},
		{"-a always,exclude -F msgtype=13x", "msgtype|13x"},
		{"-a always,exit -F perm=rwxat", "perm|rwxa"},
		{"-a always,exit -F perm=rwxar", "rwxar|four letters"},
		{"-a always,exit -F perm=z", "\"z\""},
		{"-a always,exit -F filetype=pipe", "filetype|pipe|fifo"},
		{"-a always,exit -F filetype=1", "filetype|\"1\""},
		{"-a always,filesystem -F fstype=ext4", "fstype|ext4|tracefs"},
		{"-a always,filesystem -F fstype=0xzz", "fstype|0xzz"},
		{"-a always,exit -F saddr_fam=inet", "saddr_fam|inet|2 inet"},
		{"-a always,exit -F saddr_fam=46", "saddr_fam|46"},
		{"-a always,exit -F field_compare=0", "field_compare|1 to 25"},
		{"-a always,exit -F field_compare=26", "field_compare|26"},
		{"-a always,exit -F success=yes", "success|yes"},
	};

	(void)state;
	ASSERT_MISTAKES(m);
}

static void architectures_and_calls(void **state)
{
	static const struct mistake m[] = {
		{"-a always,exit -F arch=b128", "arch|b128"},
		{"-a always,exit -F arch=vax", "vax"},
		{"-a always,exit -F arch=12345", "12345"},
		{"-a always,exit -F arch=face", "face"},
		{"-a always,exit -F arch=c000003ec000003ec000003e", "c000003ec000003ec000003e"},
		{"-a always,exit -F arch=0xffffffffff", "0xffffffffff"},
		{"-a always,exit -F arch=b64 -S nosuch", "nosuch|x86_64"},
		{"-a always,exit -F arch=b64 -S open,nosuch", "\"nosuch\""},
		{"-a always,exit -F arch=b32 -S accept", "accept|i386|other architectures"},
		{"-a always,exit -F arch=aarch64 -S open", "open|aarch64|other architectures"},
		{"-a always,exit -F arch=ia64 -S open", "open|ia64|numbers"},
		{"-a always,exit -S 2032", "2032|2031"},
		{"-a always,exit -S 99999999999", "99999999999|2031"},
		{"-a always,exit -S 1x", "1x"},
		{"-a always,exit -S -1", "-1"},
		{"-a always,exit -S ,", "names no system call"},
		{"-a always,exit -S ''", "names no system call"},
		{"-a always,io_uring -S read", "read|io_uring"},
		{"-a always,io_uring -S 4096", "4096"},
	};

	(void)state;
	ASSERT_MISTAKES(m);
}

static void watches_paths_and_keys(void **state)
{
	static const struct mistake m[] = {
		{"-w", "-w needs a value"},
		{"-w etc/passwd", "etc/passwd|start with /"},
		{"-w ''", "start with /"},
		{"-a always,exit -F path=x", "\"x\"|start with /"},
		{"-a always,exit -F path=/x/", "/x/|dir="},
		{"-a always,exit -F exe=su", "su|start with /"},
		{"-a always,exit -F exe=/bin/", "/bin/"},
		{"-a always,exit -p w", "-p|-w PATH"},
		{"-p w -w /x", "-p|-w PATH"},
		{"-a always,task -F uid=0 -p w", "-p|exit list"},
		{"-w /x -p q", "\"q\""},
		{"-w /x -p ''", "no permissions"},
		{"-k x", "\"x\"|put it behind"},
		{"-k x -w /y", "\"x\"|put it behind"},
		{"-a always,exit -k x -S open", "put it behind"},
		{"-a always,exit -F uid=0 -F key=x", "\"x\"|needs -S|-S all"},
		{"-a always,user -F uid=0 -F key=x", "needs -S"},
		{"-w /x -k ''", "key is empty"},
		{"-w /x -k a\001b", "0x01"},
	};

	(void)state;
	ASSERT_MISTAKES(m);
}

/* ---- limits ------------------------------------------------------------------------------ */

static char line[LIMIT_RULE_LINE_BYTES + 100];

/* PREFIX and `count` times c. */
static const char *repeated(const char *prefix, char c, size_t count)
{
	size_t n = strlen(prefix);

	memcpy(line, prefix, n);
	memset(line + n, c, count);
	line[n + count] = '\0';
	return line;
}

static void long_keys(void **state)
{
	char key[258];

	(void)state;
	support_start(4, 2);
	support_call(1);
	memset(key, 'k', 256);
	key[256] = '\0';
	support_text(210, 0x40000000, key);
	support_assert_rule(repeated("-a always,exit -S 1 -k ", 'k', 256));
	support_assert_mistake(repeated("-a always,exit -S 1 -k ", 'k', 257), "too long|256");
	support_assert_mistake(repeated("-a always,exit -S 1 -F key=x -k ", 'k', 255), "too long");
}

static void long_paths(void **state)
{
	char path[5000];
	size_t n = 0;

	(void)state;
	for (; n < 4095 - 200; n += 200) {
		memset(path + n, 'p', 200);
		path[n] = '/';
	}
	memset(path + n, 'q', 4095 - n);
	path[n] = '/';
	path[4095] = '\0';
	snprintf(line, sizeof(line), "-w %s", path);
	assert_int_equal(support_compile(line), RULES_ADD);
	assert_int_equal(support_line.rule.buflen, 4095);
	support_append(path, sizeof(path), "q");
	snprintf(line, sizeof(line), "-w %s", path);
	support_assert_mistake(line, "too long|4095");
	assert_int_equal(support_compile(repeated("-w /", 'n', 255)), RULES_ADD);
	support_assert_mistake(repeated("-w /", 'n', 256), "too long|255");
	assert_int_equal(
		support_compile(repeated("-a always,exit -F subj_type=", 't', 4096)), RULES_ADD);
	support_assert_mistake(repeated("-a always,exit -F subj_type=", 't', 4097), "4097 bytes");
}

static void long_rules(void **state)
{
	size_t n;

	(void)state;
	repeated("-a always,exit", ' ', 0);
	for (unsigned i = 0; i < 64; i++)
		support_append(line, sizeof(line), " -F pid!=5");
	assert_int_equal(support_compile(line), RULES_ADD);
	assert_int_equal(support_line.rule.field_count, 64);
	support_append(line, sizeof(line), " -F pid!=5");
	support_assert_mistake(line, "64 fields|two rules");

	repeated("-a always,exit -F subj_user=", 'u', 4000);
	n = strlen(line);
	memcpy(line + n, " -F subj_role=", 15);
	memset(line + n + 14, 'r', 3912);
	line[n + 14 + 3912] = '\0'; /* 7912 together: LIMIT_RULE_BYTES - 1040 */
	assert_int_equal(support_compile(line), RULES_ADD);
	assert_int_equal(rules_size(&support_line.rule), LIMIT_RULE_BYTES);
	line[n + 14 + 3912] = 'r';
	line[n + 14 + 3913] = '\0';
	support_assert_mistake(line, "7912 bytes");
}

static void long_lines(void **state)
{
	(void)state;
	assert_int_equal(
		support_compile(repeated("#", 'x', LIMIT_RULE_LINE_BYTES - 1)), RULES_NOTHING);
	support_assert_mistake(repeated("-D", ' ', LIMIT_RULE_LINE_BYTES - 1), "16384 bytes");
	support_assert_mistake(repeated("-", 'z', LIMIT_RULE_LINE_BYTES - 1), "no option");
	support_assert_mistake(repeated("-a always,exit -F ", 'f', 5000), "operator");
	support_assert_mistake(repeated("-a always,exit -S ", 's', 5000), "no such system call");
	support_assert_mistake(repeated("-a always,exit -S a", 's', 79), "no such system call");
	support_assert_mistake(repeated("-a ", 'a', 5000), "expected a list");
	support_assert_mistake(repeated("-a always,exit -F exit=-E", 'X', 5000), "no errno");
	support_assert_mistake(
		repeated("-a always,exclude -F msgtype=", 'X', 5000), "no record type");
}

static void odd_bytes_never_reach_the_message(void **state)
{
	(void)state;
	support_assert_mistake("-a always,exit -F uid=a\033[1mb\177", "a?[1mb?");
}

/* ---- warnings ---------------------------------------------------------------------------- */

static void warnings(void **state)
{
	static const struct mistake w[] = {
		{"-a always,exit -S open", "without -F arch|number 2|i386|open|before -S"},
		{"-a always,exit -S accept", "i386"},
		{"-w /etc/../x", "/etc/../x|\"..\""},
		{"-w /etc/..", "\"..\""},
		{"-w /etc/*", "wildcards"},
		{"-a always,exit -F path=/a?", "wildcards"},
		{"-a always,user -F euid=0", "user|euid|never match"},
		{"-a always,user -F a0=1", "user|a0"},
		{"-a always,user -F exe=/x -F key=k", "user|keys"},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(w) / sizeof(*w); i++) {
		char part[100];

		if (support_compile(w[i].line) != RULES_ADD)
			fail_msg("%s: %s", w[i].line, support_line.mistake);
		for (const char *p = w[i].parts; *p;
			p += strcspn(p, "|") + (strchr(p, '|') != NULL)) {
			snprintf(part, sizeof(part), "%.*s", (int)strcspn(p, "|"), p);
			if (!strstr(support_line.warning, part))
				fail_msg("%s: \"%s\" lacks \"%s\"", w[i].line, support_line.warning,
					part);
		}
	}
}

static void no_warning_where_all_is_well(void **state)
{
	static const char *const lines[] = {"-a always,exit -F arch=b32 -S open",
		"-a always,exit -S 2", "-a always,exit -S all", "-w /a..b",
		"-a always,exclude -F auid=0 -F exe!=/x", "-a never,user -F subj_type=crond_t"};

	(void)state;
	for (unsigned i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		assert_int_equal(support_compile(lines[i]), RULES_ADD);
		assert_string_equal(support_line.warning, "");
	}
	/* On a machine with one ABI there is nothing to mistake. */
	support_environment.machine = "riscv32";
	assert_int_equal(support_compile("-a always,exit -S openat"), RULES_ADD);
	assert_string_equal(support_line.warning, "");
}

#define TEST(function) cmocka_unit_test_setup(function, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lists_and_options),
		TEST(fields_and_operators),
		TEST(values),
		TEST(architectures_and_calls),
		TEST(watches_paths_and_keys),
		TEST(long_keys),
		TEST(long_paths),
		TEST(long_rules),
		TEST(long_lines),
		TEST(odd_bytes_never_reach_the_message),
		TEST(warnings),
		TEST(no_warning_where_all_is_well),
	};

	return cmocka_run_group_tests_name("rules_mistakes", tests, NULL, NULL);
}
