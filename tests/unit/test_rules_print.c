/* link: rules_print.o rules_compile.o rules_mistake.o nearest.o rules_control.o rules_field.o
 * rules_syscall.o rules_text.o rules_value.o text.o table_rules.o tables.o table_names.o
 * table_syscalls.o table_keys.o table_norms.o support_rules.o */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "rules_print.h"
#include "support_rules.h"

static char printed[LIMIT_RULE_TEXT_BYTES];

static const char *print_form(const struct rules_data *rule, enum rules_form form)
{
	struct text t;

	text_init(&t, printed, sizeof(printed));
	rules_print(&t, rule, support_environment.machine, form);
	assert_false(t.full);
	return printed;
}

static void assert_form(const char *line, const char *text, enum rules_form form)
{
	if (support_compile(line) == RULES_MISTAKE)
		fail_msg("%s: %s", line, support_line.mistake);
	if (strcmp(print_form(&support_line.rule, form), text) != 0)
		fail_msg("%s\nis printed: %s\nexpected:   %s", line, printed, text);
}

static void listed(const char *line, const char *text)
{
	assert_form(line, text, RULES_AUDITCTL);
}

/* Printed as `text`, and that compiles to the same bytes. */
static void exact(const char *line, const char *text)
{
	static struct rules_data before;

	assert_form(line, text, RULES_EXACT);
	before = support_line.rule;
	assert_true(support_compile(text) == RULES_ADD);
	assert_memory_equal(&support_line.rule, &before, sizeof(before));
}

static int setup(void **state)
{
	(void)state;
	support_rules_reset();
	support_start(AUDIT_FILTER_EXIT, AUDIT_ALWAYS);
	return 0;
}

/* ---- as auditctl -l ---------------------------------------------------------------------- */

static void watches(void **state)
{
	(void)state;
	listed("-w /f", "-w /f -p rwxa");
	listed("-w /d -p aw -k key", "-w /d -p wa -k key");
	listed("-w /f -p r -k one -k two", "-w /f -p r -k one -k two");
	listed("-w '/with blank' -p x", "-w /with blank -p x");
	listed("-a always,exit -F path=/f -F perm=wa", "-w /f -p wa");
	listed("-a always,exit -S all -F dir=/d -F perm=x -F key=k", "-w /d -p x -k k");
}

static void no_watches(void **state)
{
	(void)state;
	listed("-a always,exit -F path=/f", "-a always,exit -S all -F path=/f");
	listed("-a always,exit -F path=/f -F perm=w -F uid=0",
		"-a always,exit -S all -F path=/f -F perm=w -F uid=0");
	listed("-a always,exit -F arch=b64 -F path=/f -F perm=w -k k",
		"-a always,exit -F arch=b64 -S all -F path=/f -F perm=w -F key=k");
	listed("-a always,exit -S 2 -F path=/f -F perm=w",
		"-a always,exit -S open -F path=/f -F perm=w");
}

/* Where auditctl's listing would say another rule. */
static void what_is_not_so(void **state)
{
	(void)state;
	listed("-a never,exit -F path=/f -F perm=w", "-a never,exit -S all -F path=/f -F perm=w");
	listed("-a always,exit -F perm=w -F path=/f", "-a always,exit -S all -F perm=w -F path=/f");
	listed("-a always,exit -F perm=w -k k", "-a always,exit -S all -F perm=w -F key=k");
	listed("-a always,exit -S 2 -F exe!=/f", "-a always,exit -S open -F exe!=/f");
	listed("-a always,io_uring -S openat -k k", "-a always,io_uring -S openat -F key=k");
}

static void lists_and_actions(void **state)
{
	(void)state;
	listed("-a always,task -F uid=0", "-a always,task -F uid=0");
	listed("-a never,user -F uid=0", "-a never,user -F uid=0");
	listed("-A exclude,never -F msgtype=CWD", "-a never,exclude -F msgtype=CWD");
	listed("-a never,filesystem -F fstype=tracefs", "-a never,filesystem -F fstype=tracefs");
	listed("-a never,filesystem -F fstype!=7", "-a never,filesystem -F fstype!=7");
	listed("-a exit,never", "-a never,exit -S all");
}

static void calls(void **state)
{
	(void)state;
	listed("-a always,exit -F arch=b64 -S openat,open -S 0 -S 2031 -k k",
		"-a always,exit -F arch=b64 -S read,open,openat,2031 -F key=k");
	listed("-a always,exit -F arch=b32 -S 5", "-a always,exit -F arch=b32 -S open");
	listed("-a always,exit -F arch!=b32 -S 5", "-a always,exit -F arch!=b32 -S open");
	listed("-a always,exit -S 5", "-a always,exit -S fstat");
	listed("-a always,exit -F uid=0 -F arch=b64 -S read",
		"-a always,exit -F arch=b64 -S read -F uid=0");
	listed("-a always,io_uring -S 0,18", "-a always,io_uring -S 0,openat");
	support_environment.machine = "i686";
	listed("-a always,exit -S 5", "-a always,exit -S open");
	support_environment.machine = "unheard-of";
	listed("-a always,exit -S 5", "-a always,exit -S 5");
	support_environment.machine = "sparc64";
	listed("-a always,exit -F exit=-90", "-a always,exit -S all -F exit=-ENOSYS");
}

/* auditctl 3.0 knows some architectures beside the machine's own, and says b64 of each. */
static void other_architectures(void **state)
{
	(void)state;
	listed("-a always,exit -F arch=aarch64 -S 56", "-a always,exit -F arch=b64 -S openat");
	listed("-a always,exit -F arch=arm -S 5", "-a always,exit -F arch=b32 -S open");
	listed("-a always,exit -F arch=riscv64 -S 56", "-a always,exit -F arch=0xC00000F3 -S 56");
	listed("-a always,exit -F arch=mips -S 5", "-a always,exit -F arch=0x8 -S 5");
}

static void its_own_architecture(void **state)
{
	(void)state;
	support_environment.machine = "riscv64";
	listed("-a always,exit -F arch=b64 -S openat", "-a always,exit -F arch=b64 -S openat");
	listed("-a always,exit -S openat", "-a always,exit -S openat");
}

static void numbers(void **state)
{
	(void)state;
	listed("-a always,exit -S 0 -F uid=root -F gid>=100 -F pid!=7",
		"-a always,exit -S read -F uid=0 -F gid>=100 -F pid!=7");
	listed("-a always,exit -S 0 -F auid!=unset -F sessionid=-1 -F loginuid>=1000",
		"-a always,exit -S read -F auid!=-1 -F sessionid=-1 -F auid>=1000");
	listed("-a always,exit -S 0 -F uid=big -F ppid=3000000000 -F inode=3000000000",
		"-a always,exit -S read -F uid=-2 -F ppid=-1294967296 -F inode=3000000000");
	listed("-a always,exit -S 0 -F a0=0 -F a1!=255 -F a2&0xabcdef01 -F a3&=-1",
		"-a always,exit -S read -F a0=0x0 -F a1!=0xFF -F a2&0xABCDEF01 -F a3&=0xFFFFFFFF");
	listed("-a always,exit -S 0 -F exit=-13 -F exit=EPERM -F exit<-4000 -F exit>5",
		"-a always,exit -S read -F exit=-EACCES -F exit=1 -F exit<-4000 -F exit>5");
	listed("-a always,exit -S 0 -F exit=-2147483648",
		"-a always,exit -S read -F exit=-2147483648");
	listed("-a always,exit -S 0 -F success=0 -F devmajor<=8 -F saddr_fam=10 -F pers&8",
		"-a always,exit -S read -F success=0 -F devmajor<=8 -F saddr_fam=10 -F pers&8");
	listed("-a always,exit -S 0 -F filetype=dir", "-a always,exit -S read -F filetype=16384");
	listed("-a never,exclude -F msgtype=1300 -F msgtype>1099 -F msgtype=70000",
		"-a never,exclude -F msgtype=SYSCALL -F msgtype>1099 -F msgtype=70000");
}

static void texts_and_comparisons(void **state)
{
	(void)state;
	listed("-a always,exit -S 0 -F subj_type=a -F exe=/e -F obj_lev_low<s0 -F key=k",
		"-a always,exit -S read -F subj_type=a -F exe=/e -F obj_lev_low<s0 -F key=k");
	listed("-a always,exit -S 0 -C obj_uid!=auid -C uid=euid",
		"-a always,exit -S read -C auid!=obj_uid -C uid=euid");
	listed("-a always,exit -S 0 -k a -F key=b -F uid=1",
		"-a always,exit -S read -F uid=1 -F key=a -F key=b");
}

/* ---- to be loaded again ------------------------------------------------------------------ */

static void exact_rules(void **state)
{
	(void)state;
	exact("-w /f -p wa -k one -k two",
		"-a always,exit -S all -F path=/f -F perm=wa -F key=one -F key=two");
	exact("-w /d -p r", "-a always,exit -S all -F dir=/d -F perm=r");
	exact("-a always,exit -F uid=big -F arch=b64 -S read -F gid=4294967294",
		"-a always,exit -F uid=4294967294 -F arch=b64 -S read -F gid=4294967294");
	exact("-a always,exit -F arch=aarch64 -S openat",
		"-a always,exit -F arch=0xC00000B7 -S openat");
	exact("-a always,exit -F arch=riscv64 -S openat",
		"-a always,exit -F arch=0xC00000F3 -S 56");
	exact("-a always,exit -S 0 -F filetype=dir -F auid=-1 -F exit=-1 -F exit<-4000",
		"-a always,exit -S read -F filetype=dir -F auid=4294967295 -F exit=-EPERM "
		"-F exit<-4000");
	exact("-a never,user -F field_compare=11", "-a never,user -F field_compare=11");
	exact("-a always,exit -S 0 -F field_compare=11", "-a always,exit -S read -C uid=euid");
	exact("-a always,io_uring", "-a always,io_uring");
	exact("-a always,task", "-a always,task");
}

static void exact_words(void **state)
{
	(void)state;
	exact("-w '/with blank' -p x -k \"it's\"",
		"-a always,exit -S all -F path=\"/with blank\" -F perm=x -F key=\"it's\"");
	exact("-w '/say \"hi\\now\"' -p x",
		"-a always,exit -S all -F path=\"/say \\\"hi\\\\now\\\"\" -F perm=x");
	exact("-w /tab\\\tbed -p x", "-a always,exit -S all -F path=\"/tab\tbed\" -F perm=x");
	exact("-w /#x -p x -k #y", "-a always,exit -S all -F path=/#x -F perm=x -F key=#y");
}

/* ---- bytes that no compiler made --------------------------------------------------------- */

static void unknown_parts(void **state)
{
	(void)state;
	support_rule.flags = 9;
	support_rule.action = 1;
	support_field(24, AUDIT_EQUAL, 1);
	support_field(0xfffffffe, AUDIT_GREATER_THAN, 0xffffffff);
	support_field(AUDIT_UID, 0, 5);
	support_field(AUDIT_FIELD_COMPARE, AUDIT_EQUAL, 99);
	support_field(AUDIT_ARCH, AUDIT_EQUAL, 0xdeadbeef);
	assert_string_equal(print_form(&support_rule, RULES_AUDITCTL),
		"-a 1,9 -F arch=0xDEADBEEF f24=1 f-2>-1 -F uid0x05 -F field_compare=99");
}

static void texts_that_are_not_there(void **state)
{
	(void)state;
	support_text(AUDIT_WATCH, AUDIT_EQUAL, "/abc");
	support_field(AUDIT_PERM, AUDIT_EQUAL, 0);
	support_text(AUDIT_FILTERKEY, AUDIT_EQUAL, "\1\1a\1");
	support_all();
	support_rule.values[2] = 4000000000u;
	assert_string_equal(print_form(&support_rule, RULES_AUDITCTL), "-w /abc -p  -k a");
	support_rule.values[0] = 9;
	assert_string_equal(print_form(&support_rule, RULES_AUDITCTL), "-w /abc\1\1a\1 -p ");
	support_rule.buf[2] = '\0';
	assert_string_equal(print_form(&support_rule, RULES_AUDITCTL), "-w /a -p ");
	support_rule.buflen = 0xffffffff;
	support_rule.values[0] = 0xffffffff;
	support_rule.field_count = 0xffffffff;
	assert_non_null(strstr(print_form(&support_rule, RULES_AUDITCTL), "-F path=/a"));
}

static void any_bytes(void **state)
{
	static union {
		struct rules_data rule;
		unsigned char bytes[sizeof(struct rules_data)];
	} any;
	uint32_t seed = 1;

	(void)state;
	for (unsigned round = 0; round < 3000; round++) {
		for (size_t i = 0; i < sizeof(any); i++) {
			seed = seed * 1664525 + 1013904223;
			any.bytes[i] = (unsigned char)(seed >> 24);
		}
		/* mostly fields that exist, and lengths that nearly fit */
		for (unsigned i = 0; i < AUDIT_MAX_FIELDS && round % 3; i++) {
			any.rule.fields[i] %= 256;
			any.rule.values[i] %= 2048;
		}
		any.rule.flags = round % 8;
		print_form(&any.rule, round % 2 ? RULES_EXACT : RULES_AUDITCTL);
		assert_memory_equal(printed, "-a ", 3);
	}
}

/* The longest that a rule can be: the caller's buffer is large enough. */
static void the_longest(void **state)
{
	(void)state;
	support_rule.flags = AUDIT_FILTER_EXIT;
	for (unsigned i = 0; i < AUDIT_BITMASK_SIZE; i++)
		support_rule.mask[i] = i == 0 ? 0xfffffffe : UINT32_MAX;
	support_rule.field_count = AUDIT_MAX_FIELDS;
	for (unsigned i = 0; i < AUDIT_MAX_FIELDS; i++) {
		support_rule.fields[i] = i ? AUDIT_OBJ_LEV_HIGH : AUDIT_ARCH;
		support_rule.values[i] = i == 1 ? sizeof(support_rule.buf) : 0xdeadbeef;
	}
	memset(support_rule.buf, '"', sizeof(support_rule.buf));
	support_rule.buflen = sizeof(support_rule.buf);
	assert_in_range(strlen(print_form(&support_rule, RULES_EXACT)), 26000, 32000);
}

static void hexadecimal(void **state)
{
	struct text t;

	(void)state;
	assert_true(support_compile("-w /f -p wa -k k") == RULES_ADD);
	text_init(&t, printed, sizeof(printed));
	rules_print_hex(&t, &support_line.rule);
	assert_int_equal(strlen(printed), 2 * rules_size(&support_line.rule));
	assert_string_equal(printed + strlen(printed) - 6, "2f666b");
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(watches),
		TEST(no_watches),
		TEST(what_is_not_so),
		TEST(lists_and_actions),
		TEST(calls),
		TEST(other_architectures),
		TEST(its_own_architecture),
		TEST(numbers),
		TEST(texts_and_comparisons),
		TEST(exact_rules),
		TEST(exact_words),
		TEST(unknown_parts),
		TEST(texts_that_are_not_there),
		TEST(any_bytes),
		TEST(the_longest),
		TEST(hexadecimal),
	};

	return cmocka_run_group_tests_name("rules_print", tests, NULL, NULL);
}
