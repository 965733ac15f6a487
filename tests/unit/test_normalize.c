/* link: normalize.o event.o execve.o record.o record_fields.o record_decode.o decode.o
 * sockaddr_text.o reassembly.o blocks.o record_header.o tables.o table_names.o table_keys.o
 * table_norms.o table_syscalls.o support_core.o support_event.o support_normalize.o */
#include "normalize.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support_core.h"
#include "support_event.h"
#include "support_normalize.h"

/* ---- what a call means --------------------------------------------------------------------- */

static void a_call_on_a_file(void **state)
{
	(void)state;
	join(CALL("87") "PATH item=0 name=\"/d\" inode=1 mode=040755 ouid=5 ogid=6 rdev=00:00 "
			"nametype=PARENT\n"
			"PATH item=1 name=\"/d/f\" inode=2 mode=0100644 ouid=7 ogid=8 rdev=01:02 "
			"nametype=DELETE obj=u:r:d:l\n"); /* unlink */
	assert_text(test_event.action, "deleted");
	expect_ecs("file : deletion");
	expect_object("file", "/d/f", "");
	assert_text(test_event.how, "/x");
	assert_true(test_event.file.present);
	assert_text(test_event.file.path, "/d/f");
	assert_text(test_event.file.inode, "2");
	assert_text(test_event.file.device, "01:02");
	assert_text(test_event.file.mode, "0100644");
	assert_text(test_event.file.uid, "7");
	assert_text(test_event.file.gid, "8");
	assert_ptr_equal(test_event.file.selinux, &test_event.paths[1]);
}

static void a_call_that_is_not_listed(void **state)
{
	(void)state;
	join(CALL("39")); /* getpid */
	assert_int_equal(test_event.action.len, 0);
	expect_ecs("process : info");
	expect_object("", "", "");
	join("SYSCALL arch=c000003e syscall=99999\n");
	expect_ecs("process : info");
	join("SYSCALL pid=1\n"); /* not even a call */
	assert_true(test_event.category[0] != ECS_NONE && test_event.type_ecs[0] != ECS_NONE);
}

static void a_call_on_a_socket(void **state)
{
	(void)state;
	join(CALL("42") "SOCKADDR saddr=020000350A0000FE\n");
	assert_text(test_event.action, "connected-to");
	expect_ecs("network : connection,start");
	expect_object("socket", "10.0.0.254", "53");
	join(CALL("42") "SOCKADDR saddr=01002F78\n");
	expect_object("socket", "/x", "");
	join(CALL("42"));
	expect_object("socket", "", "");
	assert_false(test_event.file.present);
}

static void how_may_be_the_call(void **state)
{
	(void)state;
	join(CALL("105")); /* setuid */
	assert_text(test_event.action, "changed-identity-of");
	assert_text(test_event.how, "setuid");
	expect_object("process", "", "");
	join("SYSCALL arch=40000003 syscall=213 success=yes exe=\"/x\"\n"); /* its own name */
	assert_text(test_event.action, "changed-identity-of");
	assert_text(test_event.how, "setuid32");
}

static void a_call_in_a_call(void **state)
{
	(void)state;
	join("SYSCALL arch=40000003 syscall=102 success=yes a0=3\n"
	     "SOCKADDR saddr=020000350A0000FE\n");
	assert_text(test_event.action, "connected-to");
	expect_ecs("network : connection,start");
	expect_object("socket", "10.0.0.254", "53");
	assert_text(test_event.destination.ip, "10.0.0.254");
	assert_text(field_value(event_data(&test_event, KEY_SYSCALL)), "socketcall");
	join("SYSCALL arch=40000003 syscall=102 success=yes a0=12\n"
	     "SOCKADDR saddr=020000350A0000FE\n"); /* 18 is accept4 */
	assert_text(test_event.source.ip, "10.0.0.254");
	assert_false(test_event.destination.present);
	join("SYSCALL arch=40000003 syscall=102 success=yes a0=63\n");
	assert_int_equal(test_event.action.len, 0);
	expect_ecs("process : info");
}

/* ---- which PATH ---------------------------------------------------------------------------- */

static void path_is(const char *call, const char *nametypes, const char *want)
{
	char log[1024];
	size_t len = (size_t)sprintf(log, "SYSCALL arch=c000003e syscall=%s", call);

	for (unsigned i = 0; nametypes[i]; i++) {
		const char *nametype = nametypes[i] == 'P'   ? "PARENT"
				       : nametypes[i] == 'U' ? "UNKNOWN"
							     : "NORMAL";

		len += (size_t)sprintf(log + len, "\nPATH item=%u name=\"/%u\"", i, i);
		if (nametypes[i] != '-')
			len += (size_t)sprintf(log + len, " nametype=%s", nametype);
	}
	join(log);
	assert_text(test_event.file.path, want);
	assert_text(test_event.object_primary, want);
}

static void which_path(void **state)
{
	(void)state;
	path_is("2", "N", "/0"); /* open: from 0 */
	path_is("2", "NN", "/0");
	path_is("2", "PN", "/1");
	path_is("2", "PUN", "/2");
	path_is("2", "P-N", "/1");
	path_is("2", "PU", "/0");  /* none fits: the one it began with */
	path_is("83", "NN", "/1"); /* mkdir: from 1 */
	path_is("83", "N", "/0");
	path_is("83", "NPN", "/2");
	path_is("83", "NP", "/1");
	path_is("82", "PPNN", "/2"); /* rename: from 2 */
	path_is("82", "PPPN", "/3");
	path_is("82", "PN", "/1"); /* not that many: from 0 */
}

static void paths_without_a_name(void **state)
{
	(void)state;
	join("SYSCALL arch=c000003e syscall=2\nPATH item=0 inode=4\n");
	assert_true(test_event.file.present);
	assert_int_equal(test_event.file.path.len, 0);
	assert_text(test_event.file.inode, "4");
	expect_object("file", "", "");
	join("SYSCALL arch=c000003e syscall=2\n");
	assert_false(test_event.file.present);
}

static void modes(void **state)
{
	static const struct {
		const char *mode, *type;
	} cases[] = {
		{"0100644", "file"},
		{"040755", "file"}, /* directories, too */
		{"0", "file"},
		{"020000000000", "directory"}, /* the peer's own bits */
		{"010000000", "character-device"},
		{"0200000000", "named-pipe"},
		{"01000000000", "symlink"},
		{"0100000000", "socket"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		join(exact_format(
			"SYSCALL arch=c000003e syscall=2\nPATH name=\"/f\" ouid=1 mode=%s%c",
			cases[i].mode, 0)
				.at);
		assert_text(test_event.object_type, cases[i].type);
		assert_text(test_event.file.uid, "1");
	}
	/* what a mount is about is a file, too */
	join("SYSCALL arch=c000003e syscall=165\nPATH name=\"/dev/x\"\nPATH name=\"/mnt\" "
	     "mode=040755\n");
	expect_object("file", "/mnt", "");
	join("SYSCALL arch=c000003e syscall=165\nPATH name=\"/mnt\"\n");
	expect_object("filesystem", "/mnt", "");
}

static void a_bad_mode(void **state)
{
	(void)state;
	join("SYSCALL arch=c000003e syscall=2\nPATH name=\"/f\" mode=0x1 ouid=1 ogid=2 obj=a:b\n");
	assert_text(test_event.file.path, "/f");
	assert_int_equal(test_event.file.mode.len, 0);
	assert_int_equal(test_event.file.uid.len, 0);
	assert_int_equal(test_event.file.gid.len, 0);
	assert_null(test_event.file.selinux);
	expect_warnings("PATH: mode is no octal number");
}

/* ---- how ----------------------------------------------------------------------------------- */

static void how_is(const char *fields, const char *want)
{
	join(exact_format("SYSCALL arch=c000003e syscall=2 %s%c", fields, 0).at);
	assert_text(test_event.how, want);
}

static void how(void **state)
{
	(void)state;
	how_is("exe=\"/bin/ls\" comm=\"ls\"", "/bin/ls");
	how_is("comm=\"ls\"", "ls");
	how_is("exe=\"/bin/ls\"", "/bin/ls");
	how_is("", "");
	how_is("exe=\"/usr/bin/python3.11\" comm=\"yum\"", "yum");
	how_is("exe=\"/usr/bin/bash\" comm=\"job\"", "job");
	how_is("exe=\"/usr/bin/sh\" comm=\"job\"", "job");
	how_is("exe=\"/usr/bin/perl\" comm=\"job\"", "job");
	how_is("exe=\"/usr/bin/shred\" comm=\"job\"", "job"); /* as the peer has it */
	how_is("exe=\"/bin/sh\" comm=\"job\"", "/bin/sh");
	how_is("exe=\"/usr/bin/ruby\" comm=\"job\"", "/usr/bin/ruby");
	how_is("exe=\"/usr/bin/bash\"", "/usr/bin/bash");
}

/* ---- record types -------------------------------------------------------------------------- */

static void a_login(void **state)
{
	(void)state;
	join("USER_LOGIN pid=1 uid=0 auid=1000 ses=2 msg='op=login id=1001 exe=\"/sshd\" "
	     "hostname=h "
	     "addr=10.0.0.9 terminal=ssh res=success'\n");
	assert_text(test_event.action, "logged-in");
	expect_ecs("authentication : start");
	assert_text(test_event.actor_primary, "1000");
	assert_text(test_event.actor_secondary, "1001");
	expect_object("user-session", "ssh", "10.0.0.9");
	assert_true(test_event.source.present);
	assert_text(test_event.source.ip, "10.0.0.9");
	assert_int_equal(test_event.direction, DIRECTION_INGRESS);
	assert_null(event_data(&test_event, KEY_ADDR)); /* it moved */
	expect_entity(ENTITY_USER, "1000", "");
	expect_entity(ENTITY_USER_EFFECTIVE, "1001", "");
	expect_entity(ENTITY_USER_TARGET, "", "");
}

/* Whether it is an address or a name, the text is kept; and it moves. */
static void source_is(const char *addr, const char *ip, const char *domain)
{
	join(exact_format("USER_LOGIN auid=1 addr=%s\n%c", addr, 0).at);
	assert_true(test_event.source.present);
	assert_text(test_event.source.text, addr);
	expect_text(test_event.source.ip, ip);
	expect_text(test_event.source.domain, domain);
	assert_int_equal(test_event.direction, DIRECTION_INGRESS);
	assert_null(event_data(&test_event, KEY_ADDR));
}

static void where_somebody_comes_from(void **state)
{
	(void)state;
	source_is("192.0.2.7", "192.0.2.7", "");
	source_is("2001:db8::7", "2001:db8::7", "");
	source_is("::ffff:192.0.2.7", "::ffff:192.0.2.7", "");
	source_is("fe80::1%eth0", "fe80::1", "");
	source_is("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
		"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "");
	source_is("gateway.example", "", "gateway.example");
	source_is("192.0.2.7.example", "", "192.0.2.7.example");
	source_is("192.0.2", "", "192.0.2");
	source_is("192.0.2.256", "", "192.0.2.256");
	source_is("2001:db8:::7", "", "2001:db8:::7");
	source_is("%eth0", "", "%eth0");
	source_is("localhost%1", "", "localhost%1");
	source_is("0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:00",
		"", /* 46: as long as the room */
		"0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:00");
	source_is("0123456789012345678901234567890123456789012345678901234567890123", "",
		"0123456789012345678901234567890123456789012345678901234567890123");
}

static void nobody_says_from_where(void **state)
{
	(void)state;
	join("USER_LOGIN auid=1 addr=?\n");
	assert_false(test_event.source.present);
	join("USER_LOGIN auid=1 addr=(none)\n");
	assert_false(test_event.source.present);
	assert_int_equal(test_event.direction, DIRECTION_NONE);
	assert_text(field_value(event_data(&test_event, KEY_ADDR)), "(none)");
	join("USER_AUTH auid=1 addr=10.0.0.9\n"); /* a type that has no source */
	assert_false(test_event.source.present);
	assert_non_null(event_data(&test_event, KEY_ADDR));
}

static void names_and_ids(void **state)
{
	(void)state;
	join("USER_AUTH auid=4294967295 uid=0 acct=\"alice\"\n");
	expect_entity(ENTITY_USER, "unset", "");
	expect_entity(ENTITY_USER_EFFECTIVE, "", "alice");
	join("USER_AUTH uid=0 acct=\"1000\"\n");
	expect_entity(ENTITY_USER, "unset", ""); /* no auid at all */
	expect_entity(ENTITY_USER_EFFECTIVE, "1000", "");
	join("USER_AUTH auid=7 acct=\"-1\"\n");
	expect_entity(ENTITY_USER, "7", "");
	expect_entity(ENTITY_USER_EFFECTIVE, "unset", "");
	join("USER_AUTH auid=7 uid=0 id=4294967295\n");
	expect_entity(ENTITY_USER_EFFECTIVE, "unset", "");
	join("USER_AUTH auid=7 acct=\"1000x\"\n");
	expect_entity(ENTITY_USER_EFFECTIVE, "", "1000x");
}

static void users_and_groups(void **state)
{
	(void)state;
	join("ADD_USER pid=1 uid=0 auid=1000 id=1005 acct=\"new\"\n");
	assert_text(test_event.action, "added-user-account");
	expect_ecs("iam : user,creation");
	expect_object("account", "1005", "");
	expect_entity(ENTITY_USER, "1000", "");
	expect_entity(ENTITY_USER_TARGET, "1005", "");
	join("ADD_GROUP pid=1 uid=0 auid=1000 acct=\"staff\"\n");
	expect_entity(ENTITY_GROUP, "", "staff");
	join("GRP_CHAUTHTOK pid=1 uid=5 auid=1000 acct=\"staff\"\n");
	expect_entity(ENTITY_USER_EFFECTIVE, "5", ""); /* from the subject's ids */
	expect_entity(ENTITY_GROUP, "", "staff");
}

static void a_type_with_several_meanings(void **state)
{
	(void)state;
	join("AVC avc:  denied  { read } for  pid=1 scontext=a tcontext=b tclass=file\n");
	assert_text(test_event.action, "violated-selinux-policy");
	assert_text(test_event.actor_primary, "a");
	expect_object("", "b", "file");
	join("AVC apparmor=\"DENIED\" operation=\"open\" requested_mask=\"r\"\n");
	assert_text(test_event.action, "violated-apparmor-policy");
	expect_object("policy", "open", "r");
	join("AVC pid=1\n"); /* neither */
	assert_int_equal(test_event.action.len, 0);
	assert_true(test_event.category[0] != ECS_NONE && test_event.type_ecs[0] != ECS_NONE);
}

/* A record type's values, then those of the call it belongs to; nothing twice is taken out. */
static void a_type_beside_a_call(void **state)
{
	(void)state;
	join("CONFIG_CHANGE op=add_rule list=4 res=1\n" CALL("44"));
	assert_text(test_event.action, "changed-audit-configuration");
	expect_ecs("process,configuration,network : change,connection,info");
	join("TIME_INJOFFSET sec=1\n" CALL("159"));
	expect_ecs("host : change"); /* one meaning for both: said once */
	join("CONFIG_CHANGE op=add_rule list=4 res=1\n" CALL("39"));
	expect_ecs("process,configuration,process : change,info");
	join("KERN_MODULE name=\"x\"\n" CALL("39"));
	expect_ecs("driver,process : start,info");
	join("CONFIG_CHANGE op=add_rule\n");
	expect_ecs("process,configuration : change");
	join("USER_MGMT syscall=open auid=1\n"); /* a call may be named */
	expect_ecs("iam,file : user,change,info");
}

static void types_without_a_meaning(void **state)
{
	static const char *const names[] = {"UNKNOWN[1420]", "UNKNOWN[2999]", "ANOM_LOGIN_ACCT",
		"ANOM_MK_EXEC", "BPF", "CWD", "INTEGRITY_DATA"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		join(exact_format("%s pid=1 exe=\"/x\"%c", names[i], 0).at);
		assert_true(test_event.category[0] != ECS_NONE);
		assert_true(test_event.type_ecs[0] != ECS_NONE);
		assert_text(test_event.how, "/x");
	}
}

/* Every type and every call of every kind, with nothing that their meanings ask for. */
static void all_types_and_calls(void **state)
{
	(void)state;
	for (unsigned type = 1100; type < 3000; type++) {
		if (type == RECORD_REPLACE || type == RECORD_EOE)
			continue;
		join_begin();
		join_record((uint16_t)type, "x=1");
		join_end();
		assert_int_equal(test_event.type, type);
		assert_true(test_event.category[0] != ECS_NONE);
		assert_true(test_event.type_ecs[0] != ECS_NONE);
		exact_free(NULL);
	}
	for (unsigned call = 0; call < 600; call++) {
		join(exact_format("SYSCALL arch=c000003e syscall=%u\nPATH name=\"/x\"%c", call, 0)
				.at);
		assert_true(test_event.category[0] != ECS_NONE);
		assert_true(test_event.type_ecs[0] != ECS_NONE);
		exact_free(NULL);
	}
}

static void nothing_is_left_of_the_last_event(void **state)
{
	(void)state;
	join("USER_LOGIN auid=1000 acct=\"x\" exe=\"/sshd\" addr=10.0.0.9 terminal=ssh\n");
	join(CALL("87") "PATH item=0 name=\"/f\" mode=0100644 ouid=1\n");
	join("UNKNOWN[1420] a=1\n");
	assert_int_equal(test_event.action.len, 0);
	expect_object("", "", "");
	assert_int_equal(test_event.how.len, 0);
	assert_false(test_event.file.present);
	assert_false(test_event.source.present);
	assert_int_equal(test_event.direction, DIRECTION_NONE);
	for (unsigned i = 0; i < ENTITY_COUNT; i++)
		expect_entity((enum norm_entity)i, "", "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, normalize_setup, exact_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_call_on_a_file),
		TEST(a_call_that_is_not_listed),
		TEST(a_call_on_a_socket),
		TEST(how_may_be_the_call),
		TEST(a_call_in_a_call),
		TEST(which_path),
		TEST(paths_without_a_name),
		TEST(modes),
		TEST(a_bad_mode),
		TEST(how),
		TEST(a_login),
		TEST(where_somebody_comes_from),
		TEST(nobody_says_from_where),
		TEST(names_and_ids),
		TEST(users_and_groups),
		TEST(a_type_with_several_meanings),
		TEST(a_type_beside_a_call),
		TEST(types_without_a_meaning),
		TEST(all_types_and_calls),
		TEST(nothing_is_left_of_the_last_event),
	};

	return cmocka_run_group_tests_name("normalize", tests, NULL, NULL);
}
