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

/* ---- what a call made of a file ------------------------------------------------------------ */

/* A call on x86_64, its arguments, and PATH records "nametype name [mode]", separated by commas. */
static void call_on_paths(const char *call, const char *arguments, const char *paths)
{
	char log[1024];
	size_t len = (size_t)sprintf(log,
		"SYSCALL arch=c000003e syscall=%s success=yes %s\nCWD cwd=\"/work/d\"", call,
		arguments);

	while (*paths) {
		char type[16], name[64], mode[16] = "0100644";

		assert_true(sscanf(paths, "%15s %63[^, ] %15[^,]", type, name, mode) >= 2);
		len += (size_t)sprintf(log + len, "\nPATH name=\"%s\" inode=%c mode=%s nametype=%s",
			name, name[0], mode, type);
		paths += strcspn(paths, ",");
		paths += *paths == ',';
	}
	join(log);
}

static void what_an_open_did(void **state)
{
	static const struct {
		const char *call, *arguments, *path, *ecs;
	} cases[] = {
		{"257", "a2=80241", "PARENT d,CREATE f", "file : creation"},
		{"257", "a2=80241", "NORMAL f", "file : change"}, /* O_CREAT | O_TRUNC, was there */
		{"257", "a2=80041", "NORMAL f", "file : info"},
		{"257", "a2=80000", "NORMAL f", "file : info"},
		{"257", "a1=241 a2=0", "NORMAL f", "file : info"},
		{"257", "a2=241", "NORMAL f 020666",
			"file : info"}, /* /dev/null has nothing in it */
		{"257", "", "NORMAL f", "file : info"},
		{"257", "a2=241", "", "file : info"}, /* nobody says whether it was there */
		{"2", "a1=241 a2=1b6", "NORMAL f", "file : change"},
		{"2", "a1=0 a2=241", "NORMAL f", "file : info"},
		{"85", "a1=1b6", "NORMAL f", "file : change"}, /* creat */
		{"85", "a1=1b6", "CREATE f", "file : creation"},
		{"85", "a1=1b6", "", "file : creation"},
		{"89", "a1=241", "NORMAL f", "file : info"}, /* readlink has no flags */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		call_on_paths(cases[i].call, cases[i].arguments, cases[i].path);
		assert_text(test_event.action, "opened-file");
		expect_ecs(cases[i].ecs);
	}
	join("SYSCALL arch=c000003e syscall=257 success=no exit=-13 a2=241\n"
	     "PATH name=\"/f\" nametype=CREATE\n");
	expect_ecs("file : info"); /* it made nothing */
	join("SYSCALL arch=c000003e syscall=85 success=no exit=-13\n"
	     "PATH name=\"/f\" nametype=NORMAL\n");
	expect_ecs("file : creation"); /* what it was to do */
}

static void the_new_name(void **state)
{
	(void)state;
	call_on_paths("82", "a0=1 a1=2", "PARENT d,PARENT e,DELETE old,CREATE new"); /* rename */
	assert_text(test_event.file.path, "new");
	assert_text(test_event.file.inode, "n");
	expect_object("file", "old", "");
	expect_ecs("file : change");
	call_on_paths("86", "a0=1 a1=2", "NORMAL old,PARENT d,CREATE new"); /* link */
	assert_text(test_event.file.path, "new");
	expect_object("file", "old", "");
	call_on_paths("88", "a0=1 a1=2", "PARENT d,CREATE new"); /* symlink */
	assert_text(test_event.file.path, "new");
	call_on_paths("316", "a0=ffffff9c a2=ffffff9c a4=2", /* RENAME_EXCHANGE makes nothing */
		"PARENT d,PARENT e,DELETE one,DELETE two");
	assert_text(test_event.file.path, "one");
	join("SYSCALL arch=c000003e syscall=82 success=no exit=-18\n"
	     "PATH name=\"/d\" nametype=PARENT\nPATH name=\"/e\" nametype=PARENT\n"
	     "PATH name=\"/old\" nametype=DELETE\nPATH name=\"/new\" nametype=CREATE\n");
	assert_text(test_event.file.path, "/old"); /* it failed: the file has its name still */
}

static void where_a_name_begins(void **state)
{
	static const struct {
		const char *call, *arguments, *paths, *directory;
	} cases[] = {
		{"2", "a0=3", "NORMAL f", "/work/d"}, /* open */
		{"59", "a0=3", "NORMAL ./f", "/work/d"},
		{"257", "a0=ffffff9c", "NORMAL f", "/work/d"}, /* openat */
		{"257", "a0=ffffffffffffff9c", "NORMAL f", "/work/d"},
		{"257", "a0=7fffff9c", "NORMAL f", ""},
		{"257", "a0=12345678ffffff9c", "NORMAL f", "/work/d"}, /* an int */
		{"257", "a0=3", "NORMAL f", ""}, {"257", "", "NORMAL f", ""},
		{"257", "a0=3", "NORMAL /f", ""},		      /* absolute: asks for none */
		{"266", "a0=ffffff9c a1=3", "PARENT d,CREATE f", ""}, /* symlinkat */
		{"266", "a0=3 a1=ffffff9c", "PARENT d,CREATE f", "/work/d"},
		{"264", "a0=3 a2=ffffff9c", "PARENT d,PARENT e,DELETE a,CREATE b", "/work/d"},
		{"264", "a0=ffffff9c a2=3", "PARENT d,PARENT e,DELETE a,CREATE b", ""},
		{"264", "a0=ffffff9c a2=3", "PARENT d,PARENT e,DELETE a", "/work/d"},
		{"265", "a0=ffffff9c a2=3", "NORMAL a,PARENT d,CREATE b", ""}, /* linkat */
		{"265", "a0=3 a2=ffffff9c", "NORMAL a,PARENT d,CREATE b", "/work/d"},
		{"263", "a0=3", "PARENT d,DELETE f", ""},      /* unlinkat */
		{"268", "a0=ffffff9c", "NORMAL f", "/work/d"}, /* fchmodat */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		call_on_paths(cases[i].call, cases[i].arguments, cases[i].paths);
		assert_true(test_event.file.present);
		expect_text(test_event.file.directory, cases[i].directory);
	}
	join("SYSCALL arch=c000003e syscall=2\nPATH name=\"f\"\n"); /* CWD was lost */
	expect_text(test_event.file.directory, "");
}

/* ---- records of the kernel and of programs ------------------------------------------------- */

static void a_policy_that_changed(void **state)
{
	static const char *const cases[][2] = {{"profile_load", "loaded-apparmor-policy"},
		{"profile_replace", "replaced-apparmor-policy"},
		{"profile_remove", "removed-apparmor-policy"},
		{"other", "changed-apparmor-policy"}};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		join(exact_format("%s apparmor=\"STATUS\" operation=\"%s\" name=\"/p\"\n%s%c",
			i % 2 ? "AVC" : "APPARMOR_STATUS", cases[i / 2][0], CALL("1"), 0)
				.at);
		assert_text(test_event.action, cases[i / 2][1]);
		expect_ecs("configuration : change"); /* not that of the write */
		expect_object("policy", cases[i / 2][0], "");
	}
	join("AVC apparmor=\"DENIED\" operation=\"profile_replace\" name=\"/p\"\n" CALL("1"));
	assert_text(test_event.action, "violated-apparmor-policy");
	join("APPARMOR_DENIED apparmor=\"DENIED\" operation=\"open\"\n");
	assert_text(test_event.action, "violated-apparmor-policy");
	expect_ecs("intrusion_detection,process : denied,info");
}

static void a_verdict_names_the_file(void **state)
{
	static const char call[] = CALL("59") "CWD cwd=\"/d\"\nPATH name=\"t\" nametype=NORMAL\n";

	(void)state;
	join(exact_format("FANOTIFY resp=2 fan_type=0\n%s%c", call, 0).at);
	assert_text(test_event.action, "was-denied-access-to");
	expect_ecs("file,intrusion_detection : access,denied");
	assert_text(test_event.file.path, "t");
	assert_text(test_event.file.directory, "/d");
	expect_object("", "", "");
	join(exact_format("FANOTIFY resp=1 fan_type=0\n%s%c", call, 0).at);
	assert_text(test_event.action, "was-allowed-access-to");
	expect_ecs("file,intrusion_detection : access,allowed");
	join(exact_format("FANOTIFY resp=9\n%s%c", call, 0).at);
	assert_int_equal(test_event.action.len, 0);
	expect_ecs("file,intrusion_detection : access,info");
	assert_text(test_event.file.path, "t");
	join(exact_format("INTEGRITY_DATA op=appraise_data\n%s%c", call, 0).at);
	assert_text(test_event.file.path, "t");
	expect_ecs("file,intrusion_detection : info");
	join(exact_format("AVC avc:  denied  { read } for  pid=1 tclass=file\n%s%c", call, 0).at);
	assert_false(test_event.file.present);			  /* as the peer */
	join("FANOTIFY resp=2\n" CALL("39") "PATH name=\"t\"\n"); /* a call on no file */
	assert_false(test_event.file.present);
}

static void landlock(void **state)
{
	(void)state;
	join("LANDLOCK_ACCESS domain=1f blockers=fs.write_file path=\"/etc/x\" dev=\"vda\" ino=4\n"
	     "LANDLOCK_DOMAIN domain=1f status=allocated mode=enforcing pid=30 uid=7 "
	     "exe=\"/maker\" comm=\"maker\"\n" CALL("257"));
	assert_text(test_event.action, "violated-landlock-policy");
	expect_ecs("intrusion_detection,process : denied,info");
	expect_object("policy", "/etc/x", "");
	assert_text(field_value(event_data(&test_event, KEY_EXE)), "/x");
	assert_text(field_value(event_data(&test_event, KEY_DOMAIN_EXE)), "/maker");
	assert_text(field_value(event_data(&test_event, KEY_DOMAIN_COMM)), "maker");
	assert_text(field_value(event_data(&test_event, KEY_DOMAIN_PID)), "30");
	assert_text(field_value(event_data(&test_event, KEY_DOMAIN_UID)), "7");
	assert_null(event_data(&test_event, KEY_PID));
	/* Nobody is the process where no call is in the event. */
	join("LANDLOCK_DOMAIN domain=1f status=allocated pid=30 uid=7 exe=\"/maker\"\n");
	assert_text(test_event.action, "created-landlock-domain");
	assert_null(event_data(&test_event, KEY_PID));
	assert_null(event_data(&test_event, KEY_EXE));
	assert_int_equal(test_event.id_count, 0);
	assert_int_equal(test_event.how.len, 0);
	join("LANDLOCK_DOMAIN domain=1f status=deallocated denials=3\n");
	assert_text(test_event.action, "ended-landlock-domain");
	expect_object("policy", "1f", "");
}

static void who_was_locked(void **state)
{
	(void)state;
	join("ACCT_LOCK pid=1 uid=0 auid=1000 msg='op=lock id=1009 acct=\"eve\" res=success'\n");
	expect_entity(ENTITY_USER_TARGET, "1009", "");
	expect_entity(ENTITY_USER, "", "");
	join("ACCT_UNLOCK pid=1 uid=0 auid=1000 msg='op=unlock acct=\"eve\" res=success'\n");
	expect_entity(ENTITY_USER_TARGET, "", "eve");
	expect_ecs("iam : user,info");
}

static void what_an_administrator_wrote(void **state)
{
	(void)state;
	join("USER pid=1 uid=0 auid=1000 msg='text=begin exe=\"/a\" addr=? res=success'\n");
	assert_text(test_event.action, "sent-message");
	expect_ecs("process : info");
	assert_text(test_event.actor_primary, "1000");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, normalize_setup, exact_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_an_open_did),
		TEST(the_new_name),
		TEST(where_a_name_begins),
		TEST(a_policy_that_changed),
		TEST(a_verdict_names_the_file),
		TEST(landlock),
		TEST(who_was_locked),
		TEST(what_an_administrator_wrote),
	};

	return cmocka_run_group_tests_name("normalize_truth", tests, NULL, NULL);
}
