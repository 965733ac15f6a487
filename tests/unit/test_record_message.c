/* link: record.o record_fields.o record_decode.o decode.o sockaddr_text.o tables.o table_names.o
 * table_keys.o table_norms.o table_syscalls.o support_core.o support_record.o */
#include "record_split.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support_core.h"
#include "support_record.h"

#define USER RECORD_USER_AUTH

/* What the kernel writes first, and what becomes of it. */
#define KERNEL	"pid=5 uid=0 auid=7 ses=2 "
#define KERNELS "pid=5|uid=0|auid=7|ses=2"

/* What libaudit and libselinux append. */
#define TAIL  " exe=\"/bin/x\" hostname=h addr=192.0.2.7 terminal=t res=success"
#define TAILS "exe=/bin/x|hostname=h|addr=192.0.2.7|terminal=t|result=success"
#define AVC_TAIL                                                                                   \
	" scontext=a:b tcontext=c:d tclass=service permissive=0  exe=\"/bin/x\" sauid=3 "          \
	"hostname=? addr=? terminal=?"
#define AVC_TAILS "scontext=a:b|tcontext=c:d|tclass=service|permissive=0|exe=/bin/x|sauid=3"
#define AVC	  "avc:  denied  { start stop } for "
#define AVCS	  "seresult=denied|seperms=start,stop"

/* ---- both ends ----------------------------------------------------------------------------- */

static void an_ordinary_message(void **state)
{
	(void)state;
	check(USER, KERNEL "subj=u:r msg='op=PAM:auth grantors=a,b acct=\"bob\"" TAIL "'",
		KERNELS "|subj_user=u|subj_role=r|op=PAM:auth|grantors=a,b|acct=bob|" TAILS, NULL);
	assert_true(test_record.is_message);
	assert_int_equal(test_record.account, ACCOUNT_ANY);
	check(USER, ": msg=''", "", NULL);
	check(USER, " msg='a=1 ' ", "a=1", NULL);
	check(USER, KERNEL, KERNELS, NULL); /* none: see record_odd.c */
	assert_false(test_record.is_message);
	check(USER, KERNEL "xmsg='a=1'", KERNELS "|xmsg=a=1", NULL);
	assert_false(test_record.is_message);
}

/* It ends at the last apostrophe, if there is one; those inside mean nothing. */
static void apostrophes(void **state)
{
	(void)state;
	check(USER, KERNEL "msg='op=x acct=\"a'pid=1'uid=9\"" TAIL "'",
		KERNELS "|op=x|acct=a'pid=1'uid=9|" TAILS, NULL);
	check(USER, KERNEL "msg='op=x acct=\"a' res=failed\"" TAIL "'",
		KERNELS "|op=x|acct=a' res=failed|" TAILS, NULL);
	check(USER, KERNEL "msg='op=x", KERNELS "|op=x", NULL); /* the record was cut */
	check(USER, KERNEL "msg='op=x msg='op=y'", KERNELS "|op=x|msg='op=y", NULL);
	check(USER, KERNEL "msg='op=x acct=\"a\\\" exe=\"/bin/x\" res=1'", /* nor do backslashes */
		KERNELS "|op=x|acct=a\\|exe=/bin/x|result=success", NULL);
}

/* The last fields are libaudit's, whatever stands before them. */
static void the_tail_counts(void **state)
{
	(void)state;
	check(USER, KERNEL "msg='op=x res=failed hostname=forged a=1" TAIL "'",
		KERNELS "|op=x|a=1|" TAILS, NULL);
	check(USER, KERNEL "msg='op=x acct=\"b' exe=\"/forged\" res=failed c=1" TAIL "'",
		KERNELS "|op=x|acct=b' exe=\"/forged|c=1|" TAILS, NULL);
	/* Of the fields of the tail each may be missing; none of them is anywhere else then. */
	check(USER, KERNEL "msg='op=x exe=\"/a\" res=1'", KERNELS "|op=x|exe=/a|result=success",
		NULL);
	check(USER, KERNEL "msg='res=0 exe=\"/a\"'", KERNELS "|exe=/a|result=fail", NULL);
	/* Out of order: what is farther to the front is of the front. */
	check(USER, KERNEL "msg='res=1 exe=\"/a\" op=x exe=\"/b\"'",
		KERNELS "|op=x|exe=/b|result=success", NULL);
	check(USER, KERNEL "msg='op=x exe=? hostname=? addr=? terminal=? res=failed'",
		KERNELS "|op=x|result=fail", NULL);
}

/* No text stands in front of the first exe=, but in quotes: so it is the writer's, and what looks
 * like a tail behind it may be a host's name. */
static void the_first_program_counts(void **state)
{
	(void)state;
	check(USER,
		KERNEL "msg='op=x exe=\"/a\" hostname=h exe=\"/b\" addr=? terminal=t res=failed'",
		KERNELS "|op=x|exe=/a|hostname=h exe=\"/b\"|terminal=t|result=fail", NULL);
	check(USER, KERNEL "msg='op=x acct=\"a exe=b\" exe=\"/a\" hostname=h res=failed'",
		KERNELS "|op=x|acct=a exe=b|exe=/a|hostname=h|result=fail", NULL);
	check(USER, KERNEL "msg='op=x exe=\"/a\" other=1 exe=\"/b\" hostname=h res=failed'",
		KERNELS "|op=x|other=1|exe=/b|hostname=h|result=fail", NULL);
	check(USER, /* audit-userspace before 2.0 */
		KERNEL "msg='acct=\"b\" : exe=\"/a\" (hostname=h exe=\"/b\", addr=?, terminal=t "
		       "res=failed)'",
		KERNELS "|acct=b|exe=/a|hostname=h exe=\"/b\"|terminal=t|result=fail", NULL);
}

/* What these take over as it is, with any byte, stands in front of it. */
static void texts_of_programs(void **state)
{
	static const uint16_t exports[] = {
		RECORD_USER_LABELED_EXPORT, RECORD_USER_UNLABELED_EXPORT};

	(void)state;
	check(RECORD_USER, /* auditctl -m */
		KERNEL "msg='text=a exe=\"/forged\" hostname=f res=failed b" TAIL "'",
		KERNELS "|text=a exe=\"/forged\" hostname=f res=failed b|" TAILS, NULL);
	for (size_t i = 0; i < 2; i++) /* CUPS */
		check(exports[i],
			KERNEL "msg='job=1 acct=b title=a job=2 exe=\"/forged\" res=failed b" TAIL
			       "'",
			KERNELS "|job=1|acct=b|title=a job=2 exe=\"/forged\" res=failed b|" TAILS,
			NULL);
	check(USER, KERNEL "msg='text=a title=b c'", KERNELS "|text=a|title=b", NULL);
}

/* Host and terminal are as the program got them. */
static void the_tail_may_hold_any_text(void **state)
{
	(void)state;
	check(USER,
		KERNEL "msg='op=x exe=\"/a\" hostname=b c=\"1\" addr=d' terminal=e f res=failed'",
		KERNELS "|op=x|exe=/a|hostname=b c=\"1\"|addr=d'|terminal=e f|result=fail", NULL);
	check(USER, KERNEL "msg='op=x exe=\"/a\" hostname=exe=\"/b\" addr=? terminal=? res=0'",
		KERNELS "|op=x|exe=/a|hostname=exe=\"/b\"|result=fail", NULL);
}

static void the_first_of_the_front_counts(void **state)
{
	(void)state;
	check(USER, KERNEL "msg='op=x acct=\"a\" op=y acct=\"b\" z=1 z=2" TAIL "'",
		KERNELS "|op=x|acct=a|z=1|" TAILS, NULL);
	check(USER, KERNEL "msg='op=? op=x acct=\"\" acct=\"b\"'", KERNELS "|op=x|acct=b", NULL);
}

static void values_in_quotes(void **state)
{
	(void)state;
	check(USER, KERNEL "msg='a=\"x y\" b=\"x\"y z\" c=\"\" d=\"x'",
		KERNELS "|a=x y|b=x\"y z|d=\"x", NULL);
	check(USER, KERNEL "msg='a=\"never closed res=1 exe=\"/x\" hostname=h'",
		KERNELS "|a=\"never|text=closed|result=success|exe=/x|hostname=h", NULL);
	check(USER, KERNEL "msg='a=\"x b=\"y z'", KERNELS "|a=\"x|b=\"y|text=z", NULL);
	check(USER, KERNEL "msg='a=x\"y z=1'", KERNELS "|a=x\"y|z=1", NULL);
}

static void words(void **state)
{
	(void)state;
	check(USER, KERNEL "msg='PAM: auth  acct=\"b\" : more" TAIL "'",
		KERNELS "|acct=b|text=PAM: auth more|" TAILS, NULL);
	check(USER, "user " KERNEL "msg='x'", KERNELS "|text=x", NULL); /* until Linux 2.6.32 */
	check(USER, KERNEL "msg='it's all\tone'", KERNELS "|text=it's all one", NULL);
	check(USER, KERNEL "msg='text=mine words'", KERNELS "|text=mine", NULL);
	check(USER, KERNEL "msg='a= A=b word'", KERNELS "|text=A=b word", NULL);
	check(USER, KERNEL "msg='a='", KERNELS, NULL);
}

/* ---- what the kernel says ------------------------------------------------------------------ */

/* A program may speak of a process or a user, but never in the kernel's place. */
static void the_kernels_fields_are_final(void **state)
{
	(void)state;
	check(USER, KERNEL "msg='op=x pid=1 uid=1000 auid=0 ses=1 pid=2" TAIL "'",
		KERNELS "|op=x|msg_pid=1|msg_uid=1000|msg_auid=0|msg_ses=1|" TAILS, NULL);
	check(USER, KERNEL "msg='pid=? uid=n/a auid=1000: ses=x pid=-1'", KERNELS "|msg_pid=-1",
		NULL);
	check(USER, KERNEL "msg='msg_pid=3 pid=1'", KERNELS "|msg_pid=3", NULL);
	/* What the kernel did not say is the program's to say. */
	check(USER, "pid=5 uid=0 msg='auid=9 ses=3'", "pid=5|uid=0|auid=9|ses=3", NULL);
	/* Of a name that the kernel has no use for the program's counts. */
	check(USER, "pid=5 odd=1 msg='odd=2'", "pid=5|odd=2", NULL);
	/* Its label is what the security module calls the process. */
	check(USER, "pid=5 subj=a \"b\" c=1 msg='op=x'", "pid=5|op=x|subj_user=a \"b\" c=1", NULL);
}

/* "uid=name" tells that the program knows no account; see event.has_no_account. */
static void accounts(void **state)
{
	static const struct {
		const char *message;
		enum record_account account;
	} cases[] = {{"acct=\"a\"", ACCOUNT_ANY}, {"acct=\"\"", ACCOUNT_EMPTY},
		{"acct=", ACCOUNT_ANY}, {"acct=?", ACCOUNT_UNKNOWN},
		{"acct=\"?\"", ACCOUNT_UNKNOWN}, {"acct=(null)", ACCOUNT_EMPTY},
		{"uid=1000", ACCOUNT_ANY}, {"uid=-1", ACCOUNT_ANY}, {"uid=?", ACCOUNT_ANY},
		{"uid=1000:", ACCOUNT_UNKNOWN}, {"op=x", ACCOUNT_ANY}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		parse(USER, exact_format(KERNEL "msg='%s exe=\"/x\"'%c", cases[i].message, 0).at);
		if (test_record.account != (uint8_t)cases[i].account)
			fail_msg("%u: %s", test_record.account, cases[i].message);
	}
	parse(RECORD_ADD_GROUP, KERNEL "msg='acct=?'"); /* it is a group */
	assert_int_equal(test_record.account, ACCOUNT_ANY);
}

/* What a program encodes is decoded, but for groups, which it does not encode. */
static void hex(void **state)
{
	static const uint16_t groups[] = {
		RECORD_ADD_GROUP, RECORD_DEL_GROUP, RECORD_GRP_MGMT, RECORD_GRP_CHAUTHTOK};

	(void)state;
	check(USER, KERNEL "msg='acct=31303030 cmd=6C73202D6C a=6162 exe=2F61 hostname=6162 res=1'",
		KERNELS "|acct=1000|cmd=ls -l|a=6162|exe=/a|hostname=6162|result=success", NULL);
	assert_true(record_field(&test_workspace, KEY_ACCT)->decoded);
	check(USER, KERNEL "msg='acct=\"31303030\"'", KERNELS "|acct=31303030", NULL);
	assert_false(record_field(&test_workspace, KEY_ACCT)->decoded);
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		check(groups[i], KERNEL "msg='acct=6162'", KERNELS "|acct=6162", NULL);
		check(groups[i], KERNEL "msg='cmd=6162'", KERNELS "|cmd=ab", NULL);
	}
}

/* A program's `success` and `key` are data. */
static void no_outcome_and_no_rule_key(void **state)
{
	(void)state;
	check(USER, KERNEL "msg='op=x success=yes key=\"k\"'", KERNELS "|op=x|success=yes|key=k",
		NULL);
	assert_int_equal(test_record.tag_count, 0);
	check(USER, KERNEL "msg='success=yes exe=\"/x\" res=failed'",
		KERNELS "|success=yes|exe=/x|result=fail", NULL);
}

/* Odd logs have something behind the message. */
static void behind_the_message(void **state)
{
	(void)state;
	check(USER, KERNEL "msg='op=x a=1' a=2 b=3 op=y uid=9 exe=\"/forged\"",
		KERNELS "|op=x|a=2|b=3", NULL);
}

/* ---- older ones ---------------------------------------------------------------------------- */

/* audit-userspace before 2.0 */
static void brackets_and_commas(void **state)
{
	(void)state;
	check(RECORD_USER_START,
		KERNEL "msg='PAM: session open acct=\"b\" : exe=\"/x\" (hostname=h, "
		       "addr=192.0.2.7, terminal=t res=success)'",
		KERNELS
		"|acct=b|text=PAM: session open|exe=/x|hostname=h|addr=192.0.2.7|terminal=t|"
		"result=success",
		NULL);
	check(RECORD_USER_END, /* as with the peer */
		KERNEL "msg='acct=\"b\" : exe=\"/x\" (hostname=h, addr=a, terminal=t res=success)'",
		KERNELS "|acct=b|exe=/x|hostname=h,|addr=a,|terminal=t|result=success", NULL);
	check(USER,
		KERNEL "msg='acct=\"b\" exe=\"/x\" (hostname=?, addr=?, terminal=? res=failed)'",
		KERNELS "|acct=b|exe=/x|result=fail", NULL);
	check(USER, KERNEL "msg='op=x)'", KERNELS "|op=x", NULL);
}

/* ---- checks of libselinux ------------------------------------------------------------------ */

static void a_check(void **state)
{
	(void)state;
	check(RECORD_USER_AVC, KERNEL "msg='" AVC "service=org.example spid=9" AVC_TAIL "'",
		KERNELS "|" AVCS "|service=org.example|spid=9|" AVC_TAILS, NULL);
	/* What nobody checked for has a result. */
	check(RECORD_USER_AVC, KERNEL "msg='" AVC "res=success result=1 a=1" AVC_TAIL "'",
		KERNELS "|" AVCS "|a=1|" AVC_TAILS, NULL);
	check(RECORD_USER_AVC, KERNEL "msg='x " AVC "a=1'",
		KERNELS "|a=1|text=x avc: denied { start stop } for", NULL);
}

/* systemd says first who asked it; they did it. */
static void who_asked_systemd(void **state)
{
	(void)state;
	check(RECORD_USER_AVC,
		KERNEL "msg='" AVC "auid=1000 uid=1001 gid=1002 path=\"/y\" cmdline=\"a b\" "
		       "function=\"f\"" AVC_TAIL "'",
		"pid=5|ses=2|auid=1000|uid=1001|gid=1002|" AVCS
		"|path=/y|cmdline=a b|function=f|" AVC_TAILS,
		NULL);
	check(RECORD_USER_AVC,
		KERNEL "msg='" AVC "auid=n/a uid=1001 gid=n/a cmdline=\"\"" AVC_TAIL "'",
		"pid=5|ses=2|uid=1001|" AVCS "|" AVC_TAILS, NULL);
	/* Nothing else looks so: these are the kernel's ids, and data. */
	check(RECORD_USER_AVC, KERNEL "msg='" AVC "uid=1 auid=2 gid=3" AVC_TAIL "'",
		KERNELS "|" AVCS "|msg_uid=1|msg_auid=2|gid=3|" AVC_TAILS, NULL);
	check(RECORD_USER_AVC, KERNEL "msg='" AVC "auid=1 uid=x gid=3" AVC_TAIL "'",
		KERNELS "|" AVCS "|msg_auid=1|gid=3|" AVC_TAILS, NULL);
	check(RECORD_USER_AVC, KERNEL "msg='auid=1 uid=2 gid=3" TAIL "'", /* no check */
		KERNELS "|msg_auid=1|msg_uid=2|gid=3|" TAILS, NULL);
}

/* What the caller called itself is one text up to what libselinux says, whatever is in it. */
static void a_callers_text(void **state)
{
	(void)state;
	check(RECORD_USER_AVC,
		KERNEL "msg='" AVC
		       "auid=1 uid=2 gid=3 cmdline=\"a\" function=\"g\" scontext=e mine=1 "
		       "exe=\"/l\" 'b\" function=\"f\"" AVC_TAIL "'",
		"pid=5|ses=2|auid=1|uid=2|gid=3|" AVCS
		"|cmdline=a\" function=\"g\" scontext=e mine=1 exe=\"/l\" 'b|function=f|" AVC_TAILS,
		NULL);
	check(RECORD_USER_AVC, KERNEL "msg='" AVC "request=X comm=a b=1 resid=2" AVC_TAIL "'",
		KERNELS "|" AVCS "|request=X|comm=a b=1 resid=2|" AVC_TAILS, NULL);
	/* Elsewhere it is an ordinary field. */
	check(USER, KERNEL "msg='cmdline=a b=1'", KERNELS "|cmdline=a|b=1", NULL);
}

/* ---- limits -------------------------------------------------------------------------------- */

/* Cut at any byte: nothing is read beyond the end. */
static void cut_anywhere(void **state)
{
	const char body[] = "user " KERNEL "msg='" AVC "auid=1 uid=n/a gid=3 w path=\"/y\" "
			    "cmdline=\"a' b\" function=\"f\"" AVC_TAIL "' x=1";
	const char old[] = KERNEL "msg='PAM: w acct=\"b\" : exe=\"/x\" (hostname=h i, addr=a, "
				  "terminal=t res=success)'";

	(void)state;
	for (size_t len = 0; len <= sizeof(body) - 1; len++) {
		parse_bytes(USER, body, len);
		parse_bytes(USER, body + len, sizeof(body) - 1 - len);
	}
	for (size_t len = 0; len <= sizeof(old) - 1; len++)
		parse_bytes(USER, old, len);
}

/* With a full arena values stay as they are, and what has no name of its own is left out. */
static void without_room(void **state)
{
	char memory[8];
	struct arena full = {.base = memory, .size = 0};

	(void)state;
	record_workspace_init(&test_workspace, &full);
	record_parse(&test_workspace, USER, exact("pid=5 msg='pid=1 word acct=6162 res=1'"),
		&test_record);
	expect_fields("pid=5|acct=6162|result=success");
	assert_true(full.exhausted);
}

#define TEST(name) cmocka_unit_test_teardown(name, exact_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_ordinary_message),
		TEST(apostrophes),
		TEST(the_tail_counts),
		TEST(the_first_program_counts),
		TEST(texts_of_programs),
		TEST(the_tail_may_hold_any_text),
		TEST(the_first_of_the_front_counts),
		TEST(values_in_quotes),
		TEST(words),
		TEST(the_kernels_fields_are_final),
		TEST(accounts),
		TEST(hex),
		TEST(no_outcome_and_no_rule_key),
		TEST(behind_the_message),
		TEST(brackets_and_commas),
		TEST(a_check),
		TEST(who_asked_systemd),
		TEST(a_callers_text),
		TEST(cut_anywhere),
		TEST(without_room),
	};

	return cmocka_run_group_tests_name("record_message", tests, NULL, NULL);
}
