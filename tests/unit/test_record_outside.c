/* link: record.o record_fields.o record_decode.o decode.o sockaddr_text.o tables.o table_names.o
 * table_keys.o table_norms.o table_syscalls.o support_core.o support_record.o */
#include "record_outside.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support_core.h"
#include "support_record.h"

#define COUNT(array) (sizeof(array) / sizeof(array[0]))

/* ---- the tail ------------------------------------------------------------------------------ */

/* "name=value|..." from the last to the first, then what is left. */
static void tail_is(const char *text, const char *const *names, const char *expected)
{
	struct span copy = exact(text), name, value;
	struct record_tail t = record_tail_of(copy.at, copy.at + copy.len, names);
	char got[512] = "";

	while (record_tail_next(&t, &name, &value))
		sprintf(got + strlen(got), "%.*s=%.*s|", (int)name.len, name.at, (int)value.len,
			value.at);
	sprintf(got + strlen(got), "%.*s%s", (int)(t.limit - t.from), t.from,
		t.is_short ? " (short)" : "");
	assert_string_equal(got, expected);
}

static void fields_of_a_tail(void **state)
{
	static const char *const names[] = {"a", "b", "c", NULL};
	static const char *const none[] = {NULL};

	(void)state;
	tail_is("x a=1 b=2 c=3", names, "c=3|b=2|a=1|x");
	tail_is("x a=1  c=3  ", names, "c=3|a=1|x"); /* each may be missing */
	tail_is("x b=2", names, "b=2|x");
	tail_is("x", names, "x");
	tail_is("", names, "");
	tail_is("a=1", names, "a=1|");
	tail_is("c=3 a=1", names, "a=1|c=3"); /* in the writer's order only */
	tail_is("c=1 c=2", names, "c=2|c=1"); /* once */
	tail_is("x a=1 y c=3", names, "c=3|x a=1 y");
	tail_is("x c=", names, "c=|x");
	tail_is("x cc=1", names, "x cc=1");
	tail_is("x c", names, "x c");
	tail_is("x (a=1, b=2, c=3", names, "c=3|b=2,|a=1,|x"); /* before audit 2.0 */
	tail_is("x a=1", none, "x a=1");
}

/* A quote in a value can only be one of two around it. */
static void quotes_in_a_tail(void **state)
{
	static const char *const names[] = {"a", "*b", NULL};

	(void)state;
	tail_is("x a=\"1\"", names, "a=\"1\"|x");
	tail_is("x a=\"\"", names, "a=\"\"|x");
	tail_is("x a=1\"", names, "x a=1\"");
	tail_is("x a=\"", names, "x a=\"");
	tail_is("x a=\"1\"2\"", names, "x a=\"1\"2\"");
	tail_is("x b=\"1\"2", names, "b=\"1\"2|x"); /* but of one that may be anything */
}

/* It needs a field of the tail behind it, else the end of any text could be it; and begins at the
 * last place behind a field of the tail. */
static void values_with_blanks(void **state)
{
	static const char *const names[] = {"a", "*b", "c", NULL};

	(void)state;
	tail_is("x a=1 b=2 3 4 c=5", names, "c=5|b=2 3 4|a=1|x");
	tail_is("x a=1 b=2 3", names, "x a=1 b=2 3");
	tail_is("x b=2 3 c=5", names, "c=5|x b=2 3"); /* nothing of the tail in front of it */
	tail_is("a=1 b=2 a=3 b=4 5 c=6", names, "c=6|b=4 5|a=3|a=1 b=2");
	tail_is("a=1 b=2 b=3 4 c=6", names, "c=6|b=2 b=3 4|a=1|");
}

static void what_is_never_missing(void **state)
{
	static const char *const names[] = {"a", "+b", "c", NULL};

	(void)state;
	tail_is("x a=1 b=2 c=3", names, "c=3|b=2|a=1|x");
	tail_is("x b=2", names, "b=2|x");
	tail_is("x a=1 c=3", names, "c=3|a=1|x (short)");
	tail_is("x", names, "x (short)");
}

/* ---- the table ----------------------------------------------------------------------------- */

/* What a user could choose: none of it may be more than the text. */
static const char *const texts[] = {"plain", "two words", "a uid=0 pid=1", "a' msg='uid=0",
	"x\"y\" z=\"1\"", "a=1 comm=\"forged\" exe=\"/forged\" b", "family=2 res=1 b",
	"(enforce) uid=0 b", "key=\"forged\" b", " = == b"};

static const struct {
	uint16_t type;
	const char *front, *key; /* the text stands behind `front` and "key=" */
	const char *tail, *name; /* the name of the text in the document */
} rows[] = {
	{RECORD_SYSCALL, "exit=0 pid=5", "subj", " comm=\"c\" exe=\"/e\" key=\"k\"", "subj_user"},
	{RECORD_SYSCALL, "exit=0 pid=5", "subj", " key=(null)", "subj_user"},
	{RECORD_USER_AUTH, "pid=5 uid=1", "subj", " msg='op=x'", "subj_user"},
	{RECORD_LAST_USER_MSG, "pid=5 uid=1", "subj", " msg='op=x'", "subj_user"},
	{RECORD_USER, "pid=5 uid=1", "subj", " msg='op=x'", "subj_user"},
	{RECORD_USER_TTY, "pid=5 uid=1", "subj", " data=6C73", "subj_user"},
	{RECORD_ANOM_LOGIN_FAILURES, "pid=5 uid=1", "subj", " msg='op=x'", "subj_user"},
	{RECORD_LAST_USER_MSG2, "pid=5 uid=1", "subj", " msg='op=x'", "subj_user"},
	{RECORD_LOGIN, "pid=5 uid=1", "subj", " old-auid=1 auid=2 tty=(none) old-ses=3 ses=4 res=1",
		"subj_user"},
	{RECORD_NETFILTER_CFG, "", "table", " family=2 entries=3 op=o pid=5 subj=l comm=\"c\"",
		"table"},
	{RECORD_NETFILTER_CFG, "", "table", " family=2 entries=3", "table"},
	{RECORD_NETFILTER_CFG, "table=t family=2 entries=3 op=o pid=5", "subj", " comm=\"c\"",
		"subj_user"},
	{RECORD_SECCOMP, "auid=1", "subj",
		" pid=5 comm=\"c\" exe=\"/e\" sig=31 arch=c000003e syscall=59 compat=0 ip=0x1 "
		"code=0x0",
		"subj_user"},
	{RECORD_ANOM_ABEND, "auid=1", "subj", " pid=5 comm=\"c\" exe=\"/e\" sig=11 res=1",
		"subj_user"},
	{RECORD_ANOM_ABEND, "auid=1", "subj",
		" pid=5 comm=\"c\" reason=\"memory violation\" sig=11", "subj_user"},
	{RECORD_CONFIG_CHANGE, "auid=1 ses=2", "subj", " op=add_rule key=(null) list=4 res=1",
		"subj_user"},
	{RECORD_CONFIG_CHANGE, "op=set audit_enabled=1 old=0 auid=1 ses=2", "subj", " res=1",
		"subj_user"},
	{RECORD_FEATURE_CHANGE, "pid=5", "subj",
		" feature=f old=0 new=1 old_lock=0 new_lock=1 res=1", "subj_user"},
	{RECORD_EVENT_LISTENER, "pid=5", "subj",
		" comm=\"c\" exe=\"/e\" nl-mcgrp=1 op=connect res=1", "subj_user"},
	{RECORD_URINGOP, "uring_op=18 pid=5", "subj", " key=\"k\"", "subj_user"},
	{RECORD_DM_CTRL, "module=m op=ctr", "subj", " dev=253:0 error_msg='no such device' res=0",
		"subj_user"},
	{RECORD_ANOM_LINK, "op=o pid=5", "subj", " res=0", "subj_user"},
	{RECORD_ANOM_CREAT, "op=o pid=5", "subj", " res=0", "subj_user"},
	{RECORD_MAC_UNLBL_ALLOW, "netlabel: auid=1", "subj", " unlbl_accept=1 old=0", "subj_user"},
	{RECORD_MAC_CALIPSO_DEL, "netlabel: auid=1", "subj",
		" calipso_doi=1 calipso_type=pass res=1", "subj_user"},
	{RECORD_MAC_UNLBL_STCADD, "netlabel: auid=1", "subj",
		" netif=e\"th0 src=192.0.2.1 sec_obj=o res=1", "subj_user"},
	{RECORD_INTEGRITY_DATA, "pid=5", "subj",
		" op=o cause=c comm=\"c\" name=\"n\" dev=\"d\" ino=3 res=0 errno=0", "subj_user"},
	{RECORD_INTEGRITY_LAST_MSG, "pid=5", "subj", " op=o res=0", "subj_user"},
	{RECORD_OBJ_PID, "opid=5 oses=1", "obj", " ocomm=\"c\"", "obj"},
	{RECORD_MAC_TASK_CONTEXTS, "subj_selinux=u", "subj_apparmor", "", "subj_apparmor"},
	{RECORD_SELINUX_ERR, "pid=5", "comm", "", "comm"},
};

/* Each text stays one value, and every other field is as with a plain text. */
static void every_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint32_t plain = 0;

		for (size_t j = 0; j < COUNT(texts); j++) {
			char body[512];

			if (strstr(rows[i].tail, " msg='") && strstr(texts[j], " msg='"))
				continue; /* a program has its label from root */
			sprintf(body, "%s %s=%s%s", rows[i].front, rows[i].key, texts[j],
				rows[i].tail);
			parse(rows[i].type, body);
			if (!span_is(field_of(&test_record, rows[i].name), texts[j]))
				fail_msg("row %zu: %s is %.*s", i, body,
					(int)field_of(&test_record, rows[i].name).len,
					field_of(&test_record, rows[i].name).at);
			if (j == 0)
				plain = test_record.field_count;
			if (test_record.field_count != plain)
				fail_msg("row %zu: %s has %u fields, not %u", i, body,
					test_record.field_count, plain);
		}
	}
}

/* The kernel's fields in front of the text and behind it are what they were. */
static void both_sides_stay(void **state)
{
	(void)state;
	check(RECORD_NETFILTER_CFG,
		"table=x family=9 entries=9 pid=1 comm=\"forged\" uid=0 family=2 entries=3 op=o "
		"pid=5 "
		"subj=l comm=\"c\"",
		"table=x family=9 entries=9 pid=1 comm=\"forged\" uid=0|family=2|entries=3|op=o|"
		"pid=5|subj_user=l|comm=c",
		NULL);
	check(RECORD_SYSCALL,
		"arch=c000003e syscall=59 success=no pid=5 uid=7 subj=x success=yes uid=0 pid=1 "
		"comm=\"c\" exe=\"/e\" key=\"k\"",
		"arch=x86_64|syscall=execve|result=fail|pid=5|uid=7|subj_user=x success=yes uid=0 "
		"pid=1|comm=c|exe=/e",
		NULL);
	/* A field of the front counts, if one behind the text has its name. */
	check(RECORD_LOGIN, "pid=5 auid=1 subj=x y auid=2 res=1",
		"pid=5|auid=1|subj_user=x y|result=success", NULL);
}

/* Labels may come with a mode, or in quotes. */
static void labels(void **state)
{
	(void)state;
	check(RECORD_ANOM_LINK, "subj=/usr/sbin/ntpd (enforce) res=1",
		"subj_user=/usr/sbin/ntpd|result=success", NULL);
	check(RECORD_ANOM_LINK, "subj=\"a b\" res=1", "subj_user=a b|result=success", NULL);
	check(RECORD_ANOM_LINK, "subj=a (b) (complain) res=1", "subj_user=a (b)|result=success",
		NULL);
	check(RECORD_ANOM_LINK, "subj=(enforce) res=1", "subj_user=(enforce)|result=success", NULL);
	check(RECORD_ANOM_LINK, "subj=a (b res=1", "subj_user=a (b|result=success", NULL);
	check(RECORD_ANOM_LINK, "subj=a(b) res=1", "subj_user=a(b)|result=success", NULL);
	check(RECORD_ANOM_LINK, "subj=\"a res=1", "subj_user=\"a|result=success", NULL);
	check(RECORD_ANOM_LINK, "subj=? res=1", "result=success", NULL);
	check(RECORD_ANOM_LINK, "subj=u:r:d:s0-s0:c0 res=1",
		"subj_user=u|subj_role=r|subj_domain=d|subj_level=s0-s0|subj_category=c0|"
		"result=success",
		NULL);
}

static void other_types_and_fields(void **state)
{
	const char text[] = "a b c";

	(void)state;
	assert_null(record_outside_end(RECORD_PATH, KEY_OBJ, text, text + 5));
	assert_null(record_outside_end(RECORD_SYSCALL, KEY_COMM, text, text + 5));
	assert_null(record_outside_end(RECORD_SYSCALL, KEY_TABLE, text, text + 5));
	assert_null(record_outside_end(RECORD_ANOM_PROMISCUOUS, KEY_COMM, text, text + 5));
	/* Without a field that is never missing the record is not one of the kernel's. */
	assert_null(record_outside_end(RECORD_SYSCALL, KEY_SUBJ, text, text + 5));
	assert_null(record_outside_end(RECORD_NETFILTER_CFG, KEY_TABLE, text, text + 5));
	assert_ptr_equal(record_outside_end(RECORD_USER, KEY_SUBJ, text, text + 5), text + 5);
	check(RECORD_SELINUX_ERR, "comm=\"x\" a=1", "comm=x|a=1", NULL); /* since Linux 4.9 */
}

static void open_ends(void **state)
{
	static const struct {
		uint16_t type;
		const char *text;
		bool is_open;
	} cases[] = {
		{RECORD_SELINUX_ERR, "a=1 comm=x", true},
		{RECORD_SELINUX_ERR, "comm=x y", true},
		{RECORD_SELINUX_ERR, "  comm=", true},
		{RECORD_SELINUX_ERR, "a=1 comm", false},
		{RECORD_SELINUX_ERR, "a=1 ocomm=x", false},
		{RECORD_SELINUX_ERR, "a=1 subj=x", false},
		{RECORD_SELINUX_ERR, "", false},
		{RECORD_MAC_TASK_CONTEXTS, "subj_selinux=a subj_apparmor=x", true},
		{RECORD_MAC_TASK_CONTEXTS, "subj_selinux=a", false},
		{RECORD_ANOM_ABEND, "subj=x comm=y", false}, /* these end in fields of the kernel */
		{RECORD_NETFILTER_CFG, "table=x", false},
		{RECORD_PATH, "obj=x comm=x", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct span text = exact(cases[i].text);

		if (record_outside_is_open(cases[i].type, text.at, text.at + text.len) !=
			cases[i].is_open)
			fail_msg("%s", cases[i].text);
	}
}

/* A text without blanks and one field behind it are found at once. That must be what looking at the
 * whole tail finds; here beside a field that makes it look. */
static void the_quick_way_is_the_same(void **state)
{
	uint64_t seed = 5;
	unsigned long ends = 0;

	(void)state;
	for (int round = 0; round < 50000; round++) {
		static const char *const pieces[] = {
			"a", "=", " ", "res=", "res=1", " res=0", "subj=", "x", "(", "'"};
		static const char *const names[] = {"res", NULL};
		char text[64] = "";
		unsigned count = random_below(&seed, 8);
		struct record_tail t;
		struct span copy, name, value;
		const char *end;

		for (unsigned i = 0; i < count; i++)
			strcat(text, pieces[random_below(&seed, COUNT(pieces))]);
		copy = exact(text);
		end = record_outside_end(RECORD_ANOM_LINK, KEY_SUBJ, copy.at, copy.at + copy.len);
		t = record_tail_of(copy.at, copy.at + copy.len, names);
		while (record_tail_next(&t, &name, &value))
			;
		if (end != t.limit)
			fail_msg("\"%s\" ends at %td, slowly at %td", text, end - copy.at,
				t.limit - copy.at);
		ends += (unsigned long)(end - copy.at);
		exact_free(NULL);
	}
	assert_true(ends > 50000);
}

#define TEST(name) cmocka_unit_test_teardown(name, exact_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(fields_of_a_tail),
		TEST(quotes_in_a_tail),
		TEST(values_with_blanks),
		TEST(what_is_never_missing),
		TEST(every_row),
		TEST(both_sides_stay),
		TEST(labels),
		TEST(other_types_and_fields),
		TEST(open_ends),
		TEST(the_quick_way_is_the_same),
	};

	return cmocka_run_group_tests_name("record_outside", tests, NULL, NULL);
}
