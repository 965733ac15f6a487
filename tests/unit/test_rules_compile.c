/* link: rules_compile.o rules_mistake.o nearest.o rules_control.o rules_field.o rules_syscall.o
 * rules_text.o rules_value.o text.o table_rules.o tables.o table_names.o table_syscalls.o
 * table_keys.o table_norms.o support_rules.o */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "rules_text.h"
#include "support_rules.h"

/* linux/audit.h, "These are the supported operators", as numbers: a slip in a name shows. */
#define EQ	0x40000000u
#define NE	0x30000000u
#define GT	0x20000000u
#define LT	0x10000000u
#define GE	0x60000000u
#define LE	0x50000000u
#define BITS	0x08000000u
#define BITTEST 0x48000000u

enum {
	USER = 0,
	TASK = 1,
	EXIT = 4,
	EXCLUDE = 5,
	FS = 6,
	URING = 7
};
enum {
	NEVER = 0,
	ALWAYS = 2
};

static int setup(void **state)
{
	(void)state;
	support_rules_reset();
	return 0;
}

static void lists_and_actions_in_both_orders(void **state)
{
	static const struct {
		const char *name;
		uint32_t number;
	} lists[] = {{"user", USER}, {"task", TASK}, {"exit", EXIT}, {"exclude", EXCLUDE},
		{"filesystem", FS}, {"io_uring", URING}};
	char line[64];

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		for (unsigned always = 0; always < 2; always++) {
			const char *action = always ? "always" : "never";

			support_start(lists[i].number, always ? ALWAYS : NEVER);
			if (lists[i].number != TASK)
				support_all();
			snprintf(line, sizeof(line), "-a %s,%s", lists[i].name, action);
			support_assert_rule(line);
			snprintf(line, sizeof(line), "-a %s,%s", action, lists[i].name);
			support_assert_rule(line);
		}
	}
}

static void append_prepend_delete(void **state)
{
	(void)state;
	support_start(TASK, NEVER);
	support_assert_rule("-a never,task");
	assert_int_equal(support_line.kind, RULES_ADD);
	assert_false(support_line.prepend);
	support_assert_rule("-A never,task");
	assert_int_equal(support_line.kind, RULES_ADD);
	assert_true(support_line.prepend);
	support_assert_rule("-d never,task");
	assert_int_equal(support_line.kind, RULES_DELETE);
	assert_false(support_line.prepend);
}

static void all_operators(void **state)
{
	static const struct {
		const char *text;
		uint32_t op;
	} ops[] = {{"=", EQ}, {"!=", NE}, {">", GT}, {"<", LT}, {">=", GE}, {"<=", LE}, {"&", BITS},
		{"&=", BITTEST}};
	char line[64];

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		support_start(EXIT, ALWAYS);
		support_all();
		support_field(200, ops[i].op, 7);
		snprintf(line, sizeof(line), "-a exit,always -F a0%s7", ops[i].text);
		support_assert_rule(line);
	}
	for (unsigned i = 0; i < 6; i++) {
		support_start(EXIT, ALWAYS);
		support_all();
		support_field(1, ops[i].op, 7);
		snprintf(line, sizeof(line), "-a exit,always -F uid%s7", ops[i].text);
		support_assert_rule(line);
	}
}

/* Every field whose value is a number: AUDIT_* of linux/audit.h. */
static const struct {
	const char *list, *text;
	uint32_t field, value;
} numbers[] = {
	{"exit", "pid=1", 0, 1},
	{"exit", "uid=alice", 1, 1000},
	{"exit", "euid=0x10", 2, 16},
	{"exit", "suid=010", 3, 8},
	{"exit", "fsuid=big", 4, 4294967294u},
	{"exit", "gid=wheel", 5, 10},
	{"exit", "egid=100", 6, 100},
	{"exit", "sgid=users", 7, 100},
	{"exit", "fsgid=0", 8, 0},
	{"exit", "auid=unset", 9, 4294967295u},
	{"exit", "auid=-1", 9, 4294967295u},
	{"exit", "auid=4294967295", 9, 4294967295u},
	{"exit", "loginuid=root", 9, 0},
	{"exit", "pers=8", 10, 8},
	{"user", "msgtype=1100", 12, 1100},
	{"exclude", "msgtype=CWD", 12, 1307},
	{"exclude", "msgtype=user_login", 12, 1112},
	{"exit", "ppid=2", 18, 2},
	{"exit", "sessionid=3", 25, 3},
	{"exit", "sessionid=unset", 25, 4294967295u},
	{"filesystem", "fstype=tracefs", 26, 0x74726163},
	{"filesystem", "fstype=debugfs", 26, 0x64626720},
	{"filesystem", "fstype=0x6969", 26, 0x6969},
	{"exit", "devmajor=8", 100, 8},
	{"exit", "devminor=1", 101, 1},
	{"exit", "inode=4294967295", 102, 4294967295u},
	{"exit", "exit=0", 103, 0},
	{"exit", "exit=-13", 103, (uint32_t)-13},
	{"exit", "exit=EACCES", 103, 13},
	{"exit", "exit=-EACCES", 103, (uint32_t)-13},
	{"exit", "exit=-eperm", 103, (uint32_t)-1},
	{"exit", "exit=-2147483648", 103, 0x80000000u},
	{"exit", "success=1", 104, 1},
	{"exit", "filetype=file", 108, 0100000},
	{"exit", "filetype=dir", 108, 0040000},
	{"exit", "filetype=socket", 108, 0140000},
	{"exit", "filetype=link", 108, 0120000},
	{"exit", "filetype=character", 108, 0020000},
	{"exit", "filetype=block", 108, 0060000},
	{"exit", "filetype=fifo", 108, 0010000},
	{"exit", "perm=r", 106, 4},
	{"exit", "perm=wa", 106, 10},
	{"exit", "perm=XRWA", 106, 15},
	{"exit", "obj_uid=alice", 109, 1000},
	{"exit", "obj_gid=10", 110, 10},
	{"exit", "field_compare=25", 111, 25},
	{"exit", "saddr_fam=10", 113, 10},
	{"exit", "a0=4294967295", 200, 4294967295u},
	{"exit", "a1=-1", 201, 4294967295u},
	{"exit", "a2=0xFFFFFFFF", 202, 4294967295u},
	{"exit", "a3=037777777777", 203, 4294967295u},
	{"exit", "UID=0", 1, 0},
};

static void number_fields(void **state)
{
	char line[64];

	(void)state;
	for (unsigned i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		support_start(strcmp(numbers[i].list, "user") == 0	   ? USER
			      : strcmp(numbers[i].list, "exclude") == 0	   ? EXCLUDE
			      : strcmp(numbers[i].list, "filesystem") == 0 ? FS
									   : EXIT,
			ALWAYS);
		support_all();
		support_field(numbers[i].field, EQ, numbers[i].value);
		snprintf(
			line, sizeof(line), "-a always,%s -F %s", numbers[i].list, numbers[i].text);
		if (numbers[i].field == AUDIT_PERM) {
			assert_int_equal(support_compile(line), RULES_ADD);
			assert_non_null(strstr(support_line.warning, "without path or dir"));
			continue;
		}
		support_assert_rule(line);
	}
}

static void perm_without_a_path(void **state)
{
	static const char *const all[] = {
		"-F perm=wa", "-F perm=r -F auid>=1000", "-S open -F perm=w -k x", "-F uid=0 -p x"};
	static const char *const some[] = {"-F path=/a -F perm=wa", "-F perm=w -F dir=/etc -k x",
		"-F inode=7 -F perm=x", "-F perm=x -F exit=-EPERM -k x", "-F perm=w -F exe=/bin/a",
		"-F perm=x -C uid!=euid", "-F auid>=1000"};
	char line[128];

	(void)state;
	for (unsigned i = 0; i < sizeof(all) / sizeof(*all); i++) {
		snprintf(line, sizeof(line), "-a always,exit -F arch=b64 %s", all[i]);
		assert_int_equal(support_compile(line), RULES_ADD);
		assert_non_null(strstr(support_line.warning, "means all files"));
	}
	for (unsigned i = 0; i < sizeof(some) / sizeof(*some); i++) {
		snprintf(line, sizeof(line), "-a always,exit -F arch=b64 %s", some[i]);
		assert_int_equal(support_compile(line), RULES_ADD);
		assert_string_equal(support_line.warning, "");
	}
}

static void text_fields(void **state)
{
	static const struct {
		const char *name;
		uint32_t field;
	} f[] = {{"subj_user", 13}, {"subj_role", 14}, {"subj_type", 15}, {"subj_sen", 16},
		{"subj_clr", 17}, {"obj_user", 19}, {"obj_role", 20}, {"obj_type", 21},
		{"obj_lev_low", 22}, {"obj_lev_high", 23}, {"path", 105}, {"dir", 107},
		{"exe", 112}};
	char line[64];

	(void)state;
	for (unsigned i = 0; i < sizeof(f) / sizeof(*f); i++) {
		support_start(EXIT, ALWAYS);
		support_all();
		support_text(f[i].field, EQ, "/a=b");
		snprintf(line, sizeof(line), "-a always,exit -F %s=/a=b", f[i].name);
		support_assert_rule(line);
	}
	support_start(EXIT, ALWAYS);
	support_all();
	support_text(107, EQ, "/srv/");
	support_field(1, GE, 5);
	support_text(112, NE, "/bin/x y");
	support_text(16, GT, "s0");
	support_assert_rule(
		"-a always,exit -F dir=/srv/ -F uid>=5 -F 'exe!=/bin/x y' -F subj_sen>s0");
}

static void comparisons_in_both_orders(void **state)
{
	/* AUDIT_COMPARE_* are 1 to 25 in this order. */
	static const char *const pairs[25][2] = {{"uid", "obj_uid"}, {"gid", "obj_gid"},
		{"euid", "obj_uid"}, {"egid", "obj_gid"}, {"auid", "obj_uid"}, {"suid", "obj_uid"},
		{"sgid", "obj_gid"}, {"fsuid", "obj_uid"}, {"fsgid", "obj_gid"}, {"uid", "auid"},
		{"uid", "euid"}, {"uid", "fsuid"}, {"uid", "suid"}, {"auid", "fsuid"},
		{"auid", "suid"}, {"auid", "euid"}, {"euid", "suid"}, {"euid", "fsuid"},
		{"suid", "fsuid"}, {"gid", "egid"}, {"gid", "fsgid"}, {"gid", "sgid"},
		{"egid", "fsgid"}, {"egid", "sgid"}, {"sgid", "fsgid"}};
	char line[64];

	(void)state;
	for (uint32_t i = 0; i < 25; i++) {
		for (unsigned order = 0; order < 2; order++) {
			support_start(EXIT, ALWAYS);
			support_all();
			support_field(111, order ? NE : EQ, i + 1);
			snprintf(line, sizeof(line), "-a always,exit -C %s%s%s", pairs[i][order],
				order ? "!=" : "=", pairs[i][!order]);
			support_assert_rule(line);
		}
	}
	support_start(EXIT, ALWAYS);
	support_all();
	support_field(111, NE, 5);
	support_assert_rule("-a always,exit -C loginuid!=obj_uid");
}

static void system_calls(void **state)
{
	(void)state;
	support_start(EXIT, ALWAYS);
	support_field(11, EQ, 0xc000003e);
	support_call(59);
	support_call(322);
	support_assert_rule("-a always,exit -F arch=b64 -S execve,execveat");
	support_assert_rule("-a always,exit -F arch=b64 -S execve -S execveat");
	support_assert_rule("-a always,exit -F arch=x86_64 -S 59,EXECVEAT,");
	support_assert_rule("-a always,exit -F arch=0xc000003e -S 0x3b -S execveat");
	support_assert_rule("-a always,exit -F arch=c000003e -S execve,execveat");
	support_start(EXIT, ALWAYS);
	support_field(11, EQ, 0x40000003);
	support_call(11);
	support_assert_rule("-a always,exit -F arch=b32 -S execve");
	support_assert_rule("-a always,exit -F arch=i686 -S execve");
	support_start(EXIT, ALWAYS);
	support_field(11, NE, 0xc00000b7);
	support_call(221);
	support_assert_rule("-a always,exit -F arch!=aarch64 -S execve");
	support_start(EXIT, ALWAYS);
	support_call(2031);
	support_assert_rule("-a always,exit -S 2031");
	support_start(EXIT, ALWAYS);
	support_all();
	support_assert_rule("-a always,exit -S all");
	support_assert_rule("-a always,exit -S 5,all");
	support_assert_rule("-S all -a always,exit");
}

static void io_uring_operations(void **state)
{
	/* linux/io_uring.h, enum io_uring_op, less what is never audited. */
	static const uint8_t audited[] = {9, 10, 13, 16, 17, 18, 19, 28, 34, 35, 36, 37, 38, 39, 40,
		41, 42, 43, 44, 46, 48, 50, 51, 52, 53, 54, 55, 56, 57};

	(void)state;
	support_start(URING, ALWAYS);
	support_call(18);
	support_call(16);
	support_call(56);
	support_field(1, EQ, 0);
	support_text(210, EQ, "ring");
	support_assert_rule("-a always,io_uring -S openat,connect -S 56 -F uid=0 -k ring");
	support_start(URING, NEVER);
	for (unsigned i = 0; i < sizeof(audited); i++)
		support_call(audited[i]);
	support_assert_rule("-a never,io_uring -S all");
}

static void watches(void **state)
{
	(void)state;
	support_start(EXIT, ALWAYS);
	support_all();
	support_text(105, EQ, "/etc/passwd");
	support_field(106, EQ, 15);
	support_assert_rule("-w /etc/passwd");
	assert_int_equal(support_line.kind, RULES_ADD);
	support_assert_rule("-w /etc/passwd///");
	support_assert_rule("-W /etc/passwd -p rwxa");
	assert_int_equal(support_line.kind, RULES_DELETE);
	support_rule.values[1] = 2 | 8;
	support_text(210, EQ, "identity");
	support_assert_rule("-w /etc/passwd -p wa -k identity");
	support_assert_rule("-w/etc/passwd -k identity -p x -p aw");
	support_start(EXIT, ALWAYS);
	support_all();
	support_text(107, EQ, "/etc/ssl");
	support_field(106, EQ, 15);
	support_field(9, GE, 1000);
	support_assert_rule("-w /etc/ssl/ -F auid>=1000");
	support_start(EXIT, ALWAYS);
	support_all();
	support_text(107, EQ, "/");
	support_field(106, EQ, 1);
	support_assert_rule("-w / -p x");
}

static void keys_come_last_and_joined(void **state)
{
	(void)state;
	support_start(EXIT, ALWAYS);
	support_all();
	support_field(1, EQ, 0);
	support_text(112, EQ, "/bin/su");
	support_text(210, EQ, "one\001two words\001a>=b");
	support_assert_rule("-a always,exit -F key=one -S all -F uid=0 -k 'two words' -F "
			    "exe=/bin/su -F key=a>=b");
	support_start(FS, NEVER);
	support_all();
	support_field(26, EQ, 0x74726163);
	support_text(210, EQ, "k");
	support_assert_rule("-a never,filesystem -F fstype=tracefs -k k");
	support_start(EXIT, ALWAYS);
	support_all();
	support_text(105, EQ, "/x");
	support_field(106, EQ, 2);
	support_text(210, EQ, "k");
	support_assert_rule("-a always,exit -F path=/x -p w -k k");
}

static void bits_of_other_machines(void **state)
{
	static const struct {
		const char *machine, *b64, *b32; /* NULL: refused */
	} m[] = {{"x86_64", "0xc000003e", "0x40000003"}, {"i686", NULL, "0x40000003"},
		{"aarch64", "0xc00000b7", "0x40000028"}, {"armv7l", NULL, "0x40000028"},
		{"ppc64le", "0xc0000015", NULL}, {"s390x", "0x80000016", "0x16"},
		{"riscv64", "0xc00000f3", "0x400000f3"}, {"loongarch64", "0xc0000102", NULL},
		{"pdp11", NULL, NULL}};

	(void)state;
	for (unsigned i = 0; i < sizeof(m) / sizeof(*m); i++) {
		support_environment.machine = m[i].machine;
		for (unsigned b64 = 0; b64 < 2; b64++) {
			const char *value = b64 ? m[i].b64 : m[i].b32;
			const char *line =
				b64 ? "-a always,exit -F arch=b64" : "-a always,exit -F arch=B32";

			if (!value) {
				support_assert_mistake(line, m[i].machine);
				continue;
			}
			support_start(EXIT, ALWAYS);
			support_all();
			support_field(11, EQ, (uint32_t)strtoul(value, NULL, 0));
			support_assert_rule(line);
		}
	}
	support_environment.machine = "aarch64";
	support_start(EXIT, ALWAYS);
	support_field(11, EQ, 0xc00000b7);
	support_call(56);
	support_assert_rule("-a always,exit -F arch=b64 -S openat");
	support_environment.machine = "mips64"; /* its errors have numbers of their own */
	support_start(EXIT, ALWAYS);
	support_all();
	support_field(103, EQ, (uint32_t)-89);
	support_assert_rule("-a always,exit -F exit=-ENOSYS");
}

/* The rules of the integration's documentation; numbers of x86_64 and i386. */
static void spec_examples(void **state)
{
	static const uint32_t calls64[] = {2, 85, 76, 77, 257, 304},
			      calls32[] = {5, 8, 92, 93, 295, 342};
	static const struct {
		bool b64, logged_in;
		int exit;
	} access[] = {{true, false, -13}, {true, false, -1}, {false, true, -13}, {false, true, -1},
		{true, true, -13}, {true, true, -1}};
	char line[256];

	(void)state;
	support_start(EXIT, ALWAYS);
	support_all();
	support_field(11, EQ, 0x40000003);
	support_text(210, EQ, "32bit-abi");
	support_assert_rule("-a always,exit -F arch=b32 -S all -F key=32bit-abi");
	support_start(EXIT, ALWAYS);
	support_field(11, EQ, 0xc000003e);
	support_call(43);
	support_call(49);
	support_call(42);
	support_text(210, EQ, "external-access");
	support_assert_rule(
		"-a always,exit -F arch=b64 -S accept,bind,connect -F key=external-access");
	for (unsigned i = 0; i < 6; i++) {
		support_start(EXIT, ALWAYS);
		support_field(11, EQ, access[i].b64 ? 0xc000003e : 0x40000003);
		for (unsigned n = 0; n < 6; n++)
			support_call(access[i].b64 ? calls64[n] : calls32[n]);
		support_field(103, EQ, (uint32_t)access[i].exit);
		if (access[i].logged_in) {
			support_field(9, GE, 1000);
			support_field(9, NE, 4294967295u);
		}
		support_text(210, EQ, "access");
		snprintf(line, sizeof(line),
			"-a always,exit -F arch=%s -S open,truncate,ftruncate,creat,openat,"
			"open_by_handle_at -F exit=%s %s -F key=access",
			access[i].b64 ? "b64" : "b32", access[i].exit == -1 ? "-EPERM" : "-EACCES",
			access[i].logged_in ? "-F auid>=1000 -F auid!=4294967295" : "");
		support_assert_rule(line);
	}
}

static void the_example_file_compiles(void **state)
{
	static char text[65536];
	FILE *f = fopen("rules/spec-example.rules", "r");
	struct rules_text t = {text, 0, 0};
	struct span line;
	unsigned rules = 0;

	(void)state;
	assert_non_null(f);
	t.left = fread(text, 1, sizeof(text), f);
	fclose(f);
	while (rules_text_next(&t, &line)) {
		enum rules_kind kind = rules_compile(&support_environment, line, &support_line);

		if (kind == RULES_MISTAKE)
			fail_msg("line %u: %s", t.line, support_line.mistake);
		assert_string_equal(support_line.warning, "");
		rules += kind == RULES_ADD;
	}
	assert_int_equal(rules, 13);
}

#define TEST(function) cmocka_unit_test_setup(function, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lists_and_actions_in_both_orders),
		TEST(append_prepend_delete),
		TEST(all_operators),
		TEST(number_fields),
		TEST(perm_without_a_path),
		TEST(text_fields),
		TEST(comparisons_in_both_orders),
		TEST(system_calls),
		TEST(io_uring_operations),
		TEST(watches),
		TEST(keys_come_last_and_joined),
		TEST(bits_of_other_machines),
		TEST(spec_examples),
		TEST(the_example_file_compiles),
	};

	return cmocka_run_group_tests_name("rules_compile", tests, NULL, NULL);
}
