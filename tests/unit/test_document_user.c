/* link: document.o document_network.o document_process.o document_auditd.o document_file.o
 * document_layout.o document_message.o document_user.o normalize.o json.o timestamp.o cjson.o
 * event.o execve.o record.o record_fields.o record_decode.o decode.o sockaddr_text.o
 * reassembly.o blocks.o record_header.o tables.o table_names.o table_keys.o table_norms.o
 * table_syscalls.o fake_identity.o support_core.o support_event.o support_document.o */
#include "document_user.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "support_core.h"
#include "support_document.h"

#define CALL "SYSCALL arch=c000003e syscall=39 "

static int start(void **state)
{
	document_setup(state);
	return document_start() ? 0 : -1;
}

/* ---- the subject's ids ---------------------------------------------------------------------- */

static void all_ids_of_a_call(void **state)
{
	(void)state;
	document_of(CALL
		"auid=1000 uid=0 gid=100 euid=1001 suid=1002 fsuid=0 egid=10 sgid=0 fsgid=99\n");
	expect("user",
		"{\"id\":\"0\",\"name\":\"root\",\"group\":{\"id\":\"100\",\"name\":\"users\"},"
		"\"effective\":{\"id\":\"1001\",\"name\":\"bob\",\"group\":{\"id\":\"10\",\"name\":"
		"\"wheel\"}},\"saved\":{\"id\":\"1002\",\"group\":{\"id\":\"0\",\"name\":\"root\"}}"
		","
		"\"filesystem\":{\"id\":\"0\",\"name\":\"root\",\"group\":{\"id\":\"99\"}},"
		"\"audit\":{\"id\":\"1000\",\"name\":\"alice\"}}");
	expect_nothing("group");
	expect_nothing("related"); /* entities' names only */
}

static void unset_ids(void **state)
{
	(void)state;
	document_of(CALL "auid=4294967295 uid=0\n");
	expect("user", "{\"id\":\"0\",\"name\":\"root\"}");
	document_of(CALL "auid=-1\n");
	expect_nothing("user");
	document_of(CALL "uid=4294967295\n"); /* that is only said of auid */
	expect("user", "{\"id\":\"4294967295\"}");
	document_of(CALL "pid=1\n");
	expect_nothing("user");
}

static void other_ids(void **state)
{
	(void)state;
	document_of("USER_MGMT uuid=1000 sauid=0 ouid=7 xgid=100 old-auid=4294967295\n");
	expect("user/uuid", "{\"id\":\"1000\",\"name\":\"alice\"}");
	expect("user/sauid", "{\"id\":\"0\",\"name\":\"root\"}");
	expect("user/ouid", "{\"id\":\"7\"}");
	expect("user/xgid", "{\"id\":\"100\",\"name\":\"users\"}");
	expect_nothing("user/old-auid");
	document_of("USER_MGMT old-auid=1001\n");
	expect("user/old-auid", "{\"id\":\"1001\",\"name\":\"bob\"}");
}

static void labels(void **state)
{
	(void)state;
	document_of(CALL "uid=0 subj=u:r:d:l:c\n");
	expect("user/selinux", "{\"user\":\"u\",\"role\":\"r\",\"domain\":\"d\",\"level\":\"l\","
			       "\"category\":\"c\"}");
	document_of(CALL "auid=4294967295 subj=u:r\n"); /* only beside a known id */
	expect_nothing("user");
	document_of("USER_MGMT uid=0 subj_other=x\n");
	expect("user/selinux", "{\"other\":\"x\"}");
}

/* The user's own "effective" is a part, whatever else there is. */
static void effective_without_user(void **state)
{
	(void)state;
	document_of(CALL "euid=0\n");
	expect("user", "{\"effective\":{\"id\":\"0\",\"name\":\"root\"}}");
	document_of(CALL "uid=0 gid=5 euid=0 egid=6\n"); /* the group goes, too */
	expect("user", "{\"id\":\"0\",\"name\":\"root\",\"group\":{\"id\":\"5\"}}");
	document_of(CALL "uid=7 euid=7 egid=1\n"); /* without names */
	expect("user", "{\"id\":\"7\"}");
	document_of(CALL "egid=1\n");
	expect("user", "{\"effective\":{\"group\":{\"id\":\"1\"}}}");
}

/* ---- entities ------------------------------------------------------------------------------- */

static void a_login_of_nobody(void **state)
{
	(void)state;
	document_of("USER_LOGIN uid=0 auid=4294967295 acct=\"alice\"\n");
	expect("user", "{\"effective\":{\"id\":\"1000\",\"name\":\"alice\"}}");
	expect("related/user", "[\"alice\"]");
}

static void an_account_by_name_or_number(void **state)
{
	(void)state;
	document_of("USER_AUTH uid=0 auid=1000 acct=\"1001\"\n");
	expect("user/id", "\"1000\"");
	expect("user/name", "\"alice\"");
	expect("user/effective", "{\"id\":\"1001\",\"name\":\"bob\"}");
	expect("related/user", "[\"alice\",\"bob\"]");
	document_of("USER_AUTH uid=0 auid=1000 acct=\"stranger\"\n");
	expect("user/effective", "{\"name\":\"stranger\"}");
	expect("related/user", "[\"alice\",\"stranger\"]");
	document_of("USER_AUTH uid=0 auid=1000 acct=\"31337\"\n");
	expect("user/effective", "{\"id\":\"31337\"}");
	expect("related/user", "[\"alice\"]");
}

static void effective_that_says_nothing_new(void **state)
{
	(void)state;
	document_of("USER_AUTH uid=0 auid=1000 acct=\"alice\"\n");
	expect("user", "{\"id\":\"1000\",\"name\":\"alice\",\"audit\":{\"id\":\"1000\",\"name\":"
		       "\"alice\"}}");
	expect("related/user", "[\"alice\"]"); /* each name once */
}

static void targets(void **state)
{
	(void)state;
	document_of("ADD_USER pid=1 uid=0 auid=1000 id=1001\n");
	expect("user/target", "{\"id\":\"1001\",\"name\":\"bob\"}");
	expect("user/id", "\"1000\"");
	expect("user/effective", "{\"id\":\"0\",\"name\":\"root\"}");
	expect("related/user", "[\"alice\",\"bob\",\"root\"]");
}

static void groups(void **state)
{
	(void)state;
	document_of("ADD_GROUP pid=1 uid=0 auid=1000 acct=\"wheel\"\n");
	expect("group", "{\"id\":\"10\",\"name\":\"wheel\"}");
	document_of("ADD_GROUP pid=1 uid=0 auid=1000 id=100\n");
	expect("group", "{\"id\":\"100\",\"name\":\"users\"}");
	document_of("ADD_GROUP pid=1 uid=0 auid=1000 acct=\"alice\"\n"); /* no group of that name */
	expect("group", "{\"name\":\"alice\"}");
	document_of("ADD_GROUP pid=1 uid=0 auid=1000\n");
	expect_nothing("group");
}

static void names_are_sorted(void **state)
{
	(void)state;
	document_of("USER_CHAUTHTOK pid=1 uid=1001 auid=1000 acct=\"aaron\"\n");
	expect("related/user", "[\"aaron\",\"alice\",\"bob\"]");
	document_of("USER_CHAUTHTOK pid=1 uid=1001 auid=1000 acct=\"bo\"\n");
	expect("related/user", "[\"alice\",\"bo\",\"bob\"]");
}

static void unresolved(void **state)
{
	(void)state;
	test_config.resolve_ids = false;
	document_of("USER_AUTH uid=0 auid=1000 acct=\"alice\"\n");
	expect("user",
		"{\"id\":\"1000\",\"effective\":{\"name\":\"alice\"},\"audit\":{\"id\":\"1000\"}}");
	expect_nothing("related");
	document_of("ADD_GROUP uid=0 auid=-1 acct=\"wheel\"\n");
	expect("group", "{\"name\":\"wheel\"}");
	expect_nothing("user/name");
}

static void actors(void **state)
{
	(void)state;
	document_of(CALL "auid=1000 uid=0\n");
	expect("auditd/summary/actor", "{\"primary\":\"alice\",\"secondary\":\"root\"}");
	document_of(CALL "auid=4294967295 uid=1002\n");
	expect("auditd/summary/actor", "{\"primary\":\"unset\",\"secondary\":\"1002\"}");
	document_of(CALL "pid=1\n");
	expect_nothing("auditd/summary/actor");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, document_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_ids_of_a_call),
		TEST(unset_ids),
		TEST(other_ids),
		TEST(labels),
		TEST(effective_without_user),
		TEST(a_login_of_nobody),
		TEST(an_account_by_name_or_number),
		TEST(effective_that_says_nothing_new),
		TEST(targets),
		TEST(groups),
		TEST(names_are_sorted),
		TEST(unresolved),
		TEST(actors),
	};

	return cmocka_run_group_tests_name("document_user", tests, NULL, NULL);
}
