/* link: record.o record_fields.o record_decode.o decode.o sockaddr_text.o tables.o table_names.o
 * table_keys.o table_norms.o table_syscalls.o support_core.o support_record.o */
#include "record.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support_core.h"
#include "support_record.h"

#define PLAIN RECORD_KERNEL_OTHER /* a type of the kernel's of which nothing is special */

/* ---- fields ------------------------------------------------------------------------------ */

static void names_and_values(void **state)
{
	(void)state;
	check(PLAIN, ": pid=1 comm=\"ls\" op=\"x y\" nl-mcgrp=2 a_b=3 4=5",
		"pid=1|comm=ls|op=x y|nl-mcgrp=2|a_b=3|4=5", NULL);
	check(PLAIN, "", "", NULL);
	check(PLAIN, ":", "", NULL);
	check(PLAIN, "a=1\tb=2\nc=3\rd=4\fe=5", "a=1|b=2|c=3|d=4|e=5", NULL);
	check(PLAIN, "a=1\vb=2", "a=1\vb=2", NULL); /* \v is no white space to the peer */
	check(PLAIN, "a=1,b=2", "a=1,b=2", NULL);
	check(PLAIN, "a=1 b=x=y", "a=1|b=x=y", NULL);
}

/* A field begins where a word begins: what only looks like one inside another is none. */
static void odd_names(void **state)
{
	(void)state;
	check(PLAIN, "Upper=1 ALL=1 a.b=6 a1[0]=x (x=1) \xc3\xa4x=1 'y=1 \"z=1", "", NULL);
	check(PLAIN, "=1 ==2 a==9 b===", "a==9|b===", NULL);
}

static void words(void **state)
{
	(void)state;
	check(PLAIN, " no field at all, \"none\"", "text=no field at all, \"none\"", NULL);
	check(PLAIN, "one a=1 two  :  three", "a=1|text=one two three", NULL);
	check(PLAIN, "a =1 b= 2 c=", "text=a 2", NULL); /* "=1" is neither */
	check(PLAIN, "a=1 : b=2", "a=1|b=2", NULL);
	check(PLAIN, "text=mine word", "text=mine", NULL); /* a field of that name counts */
	check(PLAIN, "a", "text=a", NULL);
}

static void quotes(void **state)
{
	(void)state;
	check(PLAIN, "a=\"x y\"b=1 c=2", "a=x y|c=2", NULL); /* to the next blank */
	check(PLAIN, "a=\"/a\"b\" c=2", "a=/a|c=2", NULL);
	check(PLAIN, "a=x\"y=z\"", "a=x\"y=z\"", NULL);
	check(PLAIN, "a=x'y=1", "a=x'y=1", NULL);
	check(PLAIN, "a=\"it's\" b='say c=1", "a=it's|b='say|c=1", NULL);
	check(PLAIN, "a=\"  x  \" b=\"'x'\"", "a=  x  |b='x'", NULL);
	check(PLAIN, "a=\"\" c=\" \" d=\"'\"", "c= |d='", NULL);
	check(RECORD_DM_CTRL, "error_msg='no such device' res=0", /* of the device mapper only */
		"error_msg=no such device|result=fail", NULL);
	check(PLAIN, "error_msg='never closed res=0", "error_msg='never|text=closed|result=fail",
		NULL);
}

/* The kernel writes strings with a quote in hex: its quotes close, whatever a name ends in. */
static void a_backslash_hides_no_quote(void **state)
{
	(void)state;
	check(PLAIN, "comm=\"a\\\" exe=\"/bin/x\"", "comm=a\\|exe=/bin/x", NULL);
	check(RECORD_SYSCALL, "arch=c000003e syscall=59 comm=\"\\\" exe=\"/x\" key=\"\\\"",
		"arch=x86_64|syscall=execve|comm=\\|exe=/x", NULL);
}

static void quotes_that_never_close(void **state)
{
	(void)state;
	check(PLAIN, "a=\"x b=1 c=2", "a=\"x|b=1|c=2", NULL);
	check(PLAIN, "a=\"", "a=\"", NULL);
	/* Of what would be in hex otherwise the end is missing. */
	check(PLAIN, "comm=\"x b=1", "b=1", NULL);
	check(PLAIN, "comm=\"x", "", NULL);
	check(RECORD_SELINUX_ERR, "pid=1 comm=\"x", "pid=1", NULL);
}

static void values_that_say_nothing(void **state)
{
	(void)state;
	check(PLAIN, "a=? b=(null) c=?, d=\"?\" e=\"(null)\" f=\"?,\" comm=? exe=(null)", "", NULL);
	check(PLAIN, "a=?? b=(null), c=?,? d=(none) e=-", "a=??|b=(null),|c=?,?|d=(none)|e=-",
		NULL);
	check(PLAIN, "a=1 a=?", "a=1", NULL); /* the value that says something stays */
}

static void the_last_duplicate_wins(void **state)
{
	(void)state;
	check(PLAIN, "a=1 b=2 a=3 pid=4 pid=5 a=6", "a=6|b=2|pid=5", NULL);
	check(PLAIN, "pid=\"1\" pid=2", "pid=2", NULL);
	assert_false(record_field(&test_workspace, KEY_PID)->quoted);
}

/* Old logs have messages in records of the kernel's, too. */
static void a_message_at_the_end(void **state)
{
	(void)state;
	check(PLAIN, "pid=1 msg='op=login acct=\"root\" exe=\"/bin/x\" res=success'",
		"pid=1|op=login|acct=root|exe=/bin/x|result=success", NULL);
	check(PLAIN, "pid=1 msg='op=x' y=2", "pid=1|msg='op=x'|y=2", NULL);
	check(PLAIN, "msg='op=x'", "msg='op=x'", NULL); /* a blank is in front of the kernel's */
	/* A text that ends the record may look like one. */
	check(RECORD_SELINUX_ERR, "pid=5 comm=a msg='uid=0'", "pid=5|comm=a msg='uid=0'", NULL);
	check(RECORD_MAC_TASK_CONTEXTS, "subj_selinux=u subj_apparmor=p msg='uid=0'",
		"subj_selinux=u|subj_apparmor=p msg='uid=0'", NULL);
	check(RECORD_SELINUX_ERR, "pid=5 xcomm=a msg='uid=0'", "pid=5|xcomm=a|uid=0", NULL);
	check(RECORD_SELINUX_ERR, "pid=5 msg='comm=\"a\" exe=\"/x\"'", "pid=5|comm=a|exe=/x", NULL);
}

static void all_bytes(void **state)
{
	const char body[] = "a=x\0y b=\xff\xfe c=\"\0\" \0d=1 e\0=2 f=\x01\x1f\x7f";

	(void)state;
	parse_bytes(PLAIN, body, sizeof(body) - 1);
	assert_int_equal(test_record.field_count, 4);
	assert_bytes(field_of(&test_record, "a"), "x\0y");
	assert_bytes(field_of(&test_record, "b"), "\xff\xfe");
	assert_bytes(field_of(&test_record, "c"), "\0");
	assert_text(field_of(&test_record, "f"), "\x01\x1f\x7f");
}

/* Cut at any byte: nothing is read beyond the end. */
static void cut_anywhere(void **state)
{
	const char body[] =
		": pid=1 comm=\"l\\\"s\" msg='op=x \\'y res=1 msg=\"q=2\"' key=\"k\" a=";

	(void)state;
	for (size_t len = 0; len <= sizeof(body) - 1; len++) {
		parse_bytes(PLAIN, body, len);
		parse_bytes(PLAIN, body + len, sizeof(body) - 1 - len);
	}
}

/* ---- types whose text is mended first ------------------------------------------------------ */

static void login(void **state)
{
	(void)state;
	check(RECORD_LOGIN,
		": login pid=9 uid=0 old auid=4294967295 new auid=1000 old ses=1 new ses=2",
		"pid=9|uid=0|old_auid=4294967295|new_auid=1000|old_ses=1|new_ses=2|text=login",
		NULL);
	check(RECORD_LOGIN, ": pid=9 uid=0 old-auid=4294967295 auid=0 ses=1 res=1",
		"pid=9|uid=0|old-auid=unset|auid=0|ses=1|result=success", NULL);
	check(RECORD_LOGIN, "old a=1 old b=2 old c=3 new d=4 new e=5 new f=6", /* two of each */
		"old_a=1|old_b=2|c=3|new_d=4|new_e=5|f=6|text=old new", NULL);
	check(RECORD_LOGIN, "old", "text=old", NULL);
	check(RECORD_LOGIN, "", "", NULL);
	check(PLAIN, "old auid=1", "auid=1|text=old", NULL); /* other types are left alone */
}

static void selinux_avc(void **state)
{
	(void)state;
	check(RECORD_AVC, ": avc:  denied  { read write open } for  pid=1 comm=\"x\" name=\"f\"",
		"seresult=denied|seperms=read,write,open|pid=1|comm=x|name=f", NULL);
	check(RECORD_AVC, "avc:\tgranted\t{\tread\t}\tfor\tpid=1",
		"seresult=granted|seperms=read|pid=1", NULL);
	check(RECORD_AVC, "avc: denied { } for  pid=1", "seresult=denied|pid=1", NULL);
	check(RECORD_AVC, ": apparmor=\"DENIED\" operation=\"open\" pid=1",
		"apparmor=DENIED|operation=open|pid=1", NULL);
}

static void no_selinux_avc(void **state)
{
	static const char *const bodies[] = {"avc: denied { read } pid=1",
		"avc: denied { read pid=1", "avc: denied read } for pid=1",
		"avc:denied { read } for pid=1", "avc: { read } for pid=1",
		"avc: denied{ read } for pid=1", "avc: denied { read }for pid=1",
		"avc: denied { read } forpid=1 pid=1"};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		parse(RECORD_AVC, bodies[i]);
		assert_null(field_of(&test_record, "seresult").at);
		assert_text(field_of(&test_record, "pid"), "1");
	}
	/* Only in front: the rest may be anybody's. */
	check(RECORD_AVC, "x=1 avc: denied { read } for pid=1",
		"x=1|pid=1|text=avc: denied { read } for", NULL);
	check(RECORD_AVC, "avc: x avc: denied { read } for pid=1",
		"pid=1|text=avc: x avc: denied { read } for", NULL);
	check(RECORD_AVC, "avc: x { avc: denied { read } for pid=1",
		"seresult=x|seperms=avc:,denied,{,read|pid=1", NULL);
	check(RECORD_AVC, "avc: denied { read } for pid=1 avc: x { y } for pid=2",
		"seresult=denied|seperms=read|pid=2|text=avc: x { y } for", NULL);
	check(PLAIN, "avc: denied { read } for pid=1", "pid=1|text=avc: denied { read } for", NULL);
	for (size_t len = 0; len < 30; len++)
		parse_bytes(RECORD_AVC, "avc:  denied  { x } for pid=1", len);
}

/* ---- the workspace ----------------------------------------------------------------------- */

static void records_share_a_workspace(void **state)
{
	struct record first, second;

	(void)state;
	record_workspace_init(&test_workspace, scratch_arena());
	record_parse(&test_workspace, PLAIN, exact("pid=1 a=2"), &first);
	record_parse(&test_workspace, PLAIN, exact("a=3 uid=4"), &second);
	assert_int_equal(test_workspace.used, 4);
	assert_null(record_field(&test_workspace, KEY_PID)); /* the first record's */
	assert_text(field_value(record_field(&test_workspace, KEY_UID)), "4");
	assert_text(field_value(record_field_in(&first, KEY_PID)), "1");
	assert_null(record_field_in(&first, KEY_UID));
	assert_text(field_of(&first, "a"), "2");
	assert_text(field_of(&second, "a"), "3");
	record_workspace_reset(&test_workspace);
	assert_int_equal(test_workspace.used, 0);
}

/* What came behind a field last time is looked for first, and is no more than that. */
static void fields_in_another_order(void **state)
{
	static const struct {
		const char *body, *fields;
	} records[] = {
		{"pid=1 uid=2 auid=3 gid=4", "pid=1|uid=2|auid=3|gid=4"},
		{"pid=1 uid=2 auid=3 gid=4", "pid=1|uid=2|auid=3|gid=4"},
		{"pid=1 auid=3 uid=2 gid=4", "pid=1|auid=3|uid=2|gid=4"},
		{"pid=1 auid_=3 uid=2", "pid=1|auid_=3|uid=2"},
		{"pid=1 auid_=3 uid=2", "pid=1|auid_=3|uid=2"},
		{"pid=1 aui=3 uid=2", "pid=1|aui=3|uid=2"},
		{"pid=1 uid=2 auid", "pid=1|uid=2|text=auid"},
		{"pid=1 uid=2 auid=", "pid=1|uid=2"},
		{"pid=1 uid=2 auid =3", "pid=1|uid=2|text=auid"},
		{"pid=1 uid=\"2\" auid='", "pid=1|uid=2|auid='"},
		{"pid=1 uid=2 auid=? gid=4", "pid=1|uid=2|gid=4"},
		{"pid=1 uid=2 pid=5 uid=6", "pid=5|uid=6"},
		{"pid=1 uid", "pid=1|text=uid"},
		{"", ""},
		{"pid=1 msg='uid=2 auid=3'", "pid=1|uid=2|auid=3"},
		{"pid=1 msg='uid=2 auid=3'", "pid=1|uid=2|auid=3"},
	};

	(void)state;
	record_workspace_init(&test_workspace, scratch_arena());
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		record_workspace_reset(&test_workspace);
		record_parse(&test_workspace, PLAIN, exact(records[i].body), &test_record);
		expect_fields(records[i].fields);
	}
}

static void generations_wrap(void **state)
{
	(void)state;
	record_workspace_init(&test_workspace, scratch_arena());
	record_parse(&test_workspace, PLAIN, exact("pid=1"), &test_record);
	test_workspace.generation = UINT32_MAX;
	test_workspace.seen[KEY_PPID] = 1; /* from a record long ago */
	record_parse(&test_workspace, PLAIN, exact("uid=2"), &test_record);
	assert_int_equal(test_workspace.generation, 1);
	assert_null(record_field(&test_workspace, KEY_PPID));
	assert_null(record_field(&test_workspace, KEY_PID));
	expect_fields("uid=2");
}

static void the_workspace_is_full(void **state)
{
	struct record r;

	(void)state;
	record_workspace_init(&test_workspace, scratch_arena());
	for (unsigned i = 0; i < LIMIT_EVENT_FIELDS / 4; i++)
		test_workspace.named = 0, /* that is another limit */
			record_parse(&test_workspace, PLAIN, exact("a=1 b=2 pid=3 uid=4"), &r);
	assert_int_equal(test_workspace.used, LIMIT_EVENT_FIELDS);
	assert_null(test_workspace.left_out.at);
	record_parse(&test_workspace, PLAIN, exact("a=1 pid=3 res=1 exit=-1"), &r);
	assert_text(test_workspace.left_out, "a");
	assert_int_equal(r.field_count, 0);
	assert_null(record_field(&test_workspace, KEY_PID));
	assert_null(record_field(&test_workspace, KEY_RESULT));
	record_workspace_reset(&test_workspace);
	assert_null(test_workspace.left_out.at);
}

static void many_fields_in_one_record(void **state)
{
	static char body[LIMIT_EVENT_NAMES * 16];
	size_t len = 0;

	(void)state;
	for (unsigned i = 0; i <= LIMIT_EVENT_NAMES; i++)
		len += (size_t)sprintf(body + len, "k%x=%u ", i, i);
	parse(PLAIN, body);
	assert_int_equal(test_record.field_count, LIMIT_EVENT_NAMES);
	assert_non_null(test_workspace.left_out.at);
	sprintf(body, "k%x", LIMIT_EVENT_NAMES - 1);
	assert_text(
		field_of(&test_record, body), exact_format("%u%c", LIMIT_EVENT_NAMES - 1, 0).at);
	sprintf(body, "k%x", LIMIT_EVENT_NAMES);
	assert_null(field_of(&test_record, body).at);
}

static void a_name_as_long_as_can_be(void **state)
{
	static char body[70000];

	(void)state;
	memset(body, 'n', sizeof(body));
	memcpy(body + 65535, "=1 a=2", 7);
	parse(PLAIN, body);
	assert_int_equal(test_record.field_count, 2);
	assert_int_equal(test_record.fields[0].name_len, 65535);
	memset(body, 'n', sizeof(body));
	memcpy(body + 65536, "=1 a=2", 7);
	parse(PLAIN, body);
	expect_fields("a=2");
	assert_non_null(test_workspace.left_out.at);
}

#define TEST(name) cmocka_unit_test_teardown(name, exact_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names_and_values),
		TEST(odd_names),
		TEST(words),
		TEST(quotes),
		TEST(a_backslash_hides_no_quote),
		TEST(quotes_that_never_close),
		TEST(values_that_say_nothing),
		TEST(the_last_duplicate_wins),
		TEST(a_message_at_the_end),
		TEST(all_bytes),
		TEST(cut_anywhere),
		TEST(login),
		TEST(selinux_avc),
		TEST(no_selinux_avc),
		TEST(records_share_a_workspace),
		TEST(fields_in_another_order),
		TEST(generations_wrap),
		TEST(the_workspace_is_full),
		TEST(many_fields_in_one_record),
		TEST(a_name_as_long_as_can_be),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
