/* link: document.o document_network.o document_process.o document_auditd.o document_file.o
 * document_layout.o document_message.o document_user.o normalize.o json.o timestamp.o cjson.o
 * event.o execve.o record.o record_fields.o record_decode.o decode.o sockaddr_text.o
 * reassembly.o blocks.o record_header.o tables.o table_names.o table_keys.o table_norms.o
 * table_syscalls.o fake_identity.o support_core.o support_event.o support_document.o */
#include "document_message.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "support_core.h"
#include "support_document.h"

static int setup(void **state)
{
	document_setup(state);
	test_config.include_message = true;
	return 0;
}

static void not_unless_wanted(void **state)
{
	(void)state;
	test_config.include_message = false;
	document_start();
	document_of("USER_MGMT pid=1\n");
	expect_nothing("message");
}

static void who(void **state)
{
	(void)state;
	document_start();
	document_of("SYSCALL arch=c000003e syscall=87 auid=1000 uid=0\n");
	expect("message", "\"alice, acting as root, deleted\"");
	document_of("SYSCALL arch=c000003e syscall=87 auid=1000 uid=1000\n");
	expect("message", "\"alice deleted\"");
	document_of("SYSCALL arch=c000003e syscall=87 auid=4294967295 uid=7\n");
	expect("message", "\"7 deleted\"");
	document_of("SYSCALL arch=c000003e syscall=87 auid=1000 uid=?\n");
	expect("message", "\"alice deleted\"");
	document_of("SYSCALL arch=c000003e syscall=87\n");
	expect("message", "\"the system deleted\"");
}

static void what_and_how(void **state)
{
	(void)state;
	document_start();
	document_of("SYSCALL arch=c000003e syscall=2 success=no exit=-13 auid=1000 uid=0 "
		    "exe=\"/bin/cat\"\nPATH name=\"/etc/shadow\" mode=0100600\n");
	expect("message", "\"alice, acting as root, unsuccessfully opened file /etc/shadow using "
			  "/bin/cat (EACCES)\"");
	document_of("SYSCALL arch=c000003e syscall=42 success=yes exit=0 uid=0\n"
		    "SOCKADDR saddr=020000350A0000FE\n");
	expect("message", "\"root connected to 10.0.0.254 port 53\"");
	document_of("USER_LOGIN auid=1000 uid=0 terminal=ssh addr=10.0.0.1 res=failed\n");
	assert_non_null(strstr(at("message"), "unsuccessfully logged in"));
}

/* An action that wants a word behind it gets one. */
static void open_ends(void **state)
{
	(void)state;
	document_start();
	document_of("SYSCALL arch=c000003e syscall=105 uid=0\n"); /* setuid */
	expect("message", "\"root changed identity of process using setuid\"");
	document_of("SYSCALL arch=c000003e syscall=44 uid=0\n"); /* sendto */
	expect("message", "\"root sent to socket\"");
}

static void without_an_action(void **state)
{
	(void)state;
	document_start();
	document_of("SYSCALL arch=c000003e syscall=172 uid=0\n"); /* iopl */
	expect("message", "\"root called iopl\"");
	document_of("SYSCALL arch=c000003e syscall=1073742361 success=yes uid=0\n"); /* x32 */
	expect("auditd/data/syscall", "\"1073742361\"");
	expect("message", "\"root called recvmmsg\"");
	document_of("USER_CMD uid=0 auid=1000 cmd=?\n");
	expect("message", "\"alice, acting as root, ran command\"");
	document_of("UNKNOWN[1420] uid=0\n");
	expect("message", "\"root triggered UNKNOWN[1420]\"");
	document_of("SYSCALL uid=0\n");
	expect("message", "\"root triggered SYSCALL\"");
}

static void one_line(void **state)
{
	(void)state;
	document_start();
	document_of("TTY uid=0 data=6C730A09C3A4\n");
	expect("message", "\"root typed ls  \xc3\xa4\"");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, document_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(not_unless_wanted),
		TEST(who),
		TEST(what_and_how),
		TEST(open_ends),
		TEST(without_an_action),
		TEST(one_line),
	};

	return cmocka_run_group_tests_name("document_message", tests, NULL, NULL);
}
