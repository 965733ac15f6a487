/* link: event.o execve.o record.o record_fields.o record_decode.o decode.o sockaddr_text.o
 * reassembly.o blocks.o record_header.o tables.o table_names.o table_keys.o table_norms.o
 * table_syscalls.o support_core.o support_event.o */
#include "event.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "support_core.h"
#include "support_event.h"

/* ---- who is the subject -------------------------------------------------------------------- */

static void a_system_call(void **state)
{
	(void)state;
	join(SYSCALL_OPEN "CWD cwd=\"/tmp\"\n"
			  "PATH item=0 name=\"/tmp/f\" inode=1 nametype=NORMAL\n"
			  "PROCTITLE proctitle=780079\n");
	assert_int_equal(test_event.type, RECORD_SYSCALL);
	assert_int_equal(test_event.record_count, 4);
	assert_true(test_event.time_ms == TEST_TIME_MS);
	assert_text(test_event.result, "success");
	assert_text(test_event.session, "5");
	assert_text(test_event.actor_primary, "1000");
	assert_text(test_event.actor_secondary, "0");
	expect_ids("auid=1000|uid=0");
	assert_int_equal(test_event.selinux_count, 2);
	assert_int_equal(test_event.tag_count, 1);
	assert_text(test_event.tags[0], "k");
	expect_data("arch=x86_64|syscall=open|exit=3|pid=10|comm=x|cwd=/tmp|proctitle=x y");
	assert_true(test_event.has_syscall);
	assert_text(syscall_name(test_event.syscall), "open");
	assert_int_equal(test_event.path_count, 1);
	assert_int_equal(test_event.paths[0].field_count, 4);
	assert_false(test_event.truncated);
	expect_warnings("");
}

/* items goes only where PATH records say it better. */
static void a_system_call_alone(void **state)
{
	(void)state;
	join(SYSCALL_OPEN);
	expect_data("arch=x86_64|syscall=open|exit=3|items=1|pid=10|comm=x");
	assert_int_equal(test_event.record_count, 1);
	assert_text(test_event.tags[0], "k");
}

static void another_record_first(void **state)
{
	(void)state;
	join("ANOM_PROMISCUOUS dev=eth0 prom=256 uid=7 ses=9 auid=8 res=0 "
	     "key=\"other\"\n" SYSCALL_OPEN);
	assert_int_equal(test_event.type, RECORD_ANOM_PROMISCUOUS);
	assert_true(test_event.time_ms == TEST_TIME_MS);
	assert_text(test_event.result, "success");
	assert_text(test_event.session, "5");
	assert_text(test_event.actor_primary, "1000");
	expect_ids("auid=1000|uid=0");
	/* What the first record says of a user stays in the data. */
	expect_data("arch=x86_64|syscall=open|exit=3|pid=10|comm=x|dev=eth0|prom=256|uid=7|ses=9|"
		    "auid=8|"
		    "result=fail");
	assert_int_equal(test_event.tag_count, 1);
	assert_text(test_event.tags[0], "k");
}

static void two_system_calls(void **state)
{
	(void)state;
	join(SYSCALL_OPEN
		"SYSCALL arch=c000003e syscall=59 pid=99 uid=99 items=7 extra=1 key=\"z\"\n");
	expect_data("arch=x86_64|syscall=open|exit=3|pid=10|comm=x");
	expect_ids("auid=1000|uid=0");
	assert_text(test_event.tags[0], "k");
	assert_int_equal(test_event.tag_count, 1);
	expect_repeated("SYSCALL arch=x86_64 syscall=execve pid=99 uid=99 items=7 extra=1");
}

/* The peer has no document of these. */
static void no_system_call(void **state)
{
	(void)state;
	join("LOGIN pid=4 uid=0 old-auid=4294967295 auid=1000 ses=2 res=1\n"
	     "CWD cwd=\"/\" pid=5\n"
	     "PATH item=0 name=\"/f\"\n");
	assert_int_equal(test_event.type, RECORD_LOGIN);
	expect_ids("uid=0|old-auid=unset|auid=1000");
	expect_data("pid=4|cwd=/");
	assert_text(test_event.result, "success");
	assert_text(test_event.session, "2");
	assert_int_equal(test_event.path_count, 1);
	assert_false(test_event.has_syscall);
	expect_warnings("CWD: pid is in an earlier record, too; that one counts");
}

static void only_parts_of_an_event(void **state)
{
	(void)state;
	join("PATH item=0 name=\"/a\" ouid=5\nPATH item=1 name=\"/b\"\n");
	assert_int_equal(test_event.type, RECORD_PATH);
	assert_int_equal(test_event.path_count, 2);
	expect_data("");
	expect_ids("");
	assert_text(test_event.result, "unknown");
	assert_int_equal(test_event.session.len, 0);

	join("SOCKADDR saddr=020000350A0000FE\nPROCTITLE proctitle=\"x\"\n");
	expect_data("socket_family=ipv4|socket_addr=10.0.0.254|socket_port=53|proctitle=x");
	assert_int_equal(test_event.direction, DIRECTION_NONE);

	join("EXECVE argc=1 a0=\"x\"\nEXECVE a1=\"y\"\n");
	expect_data("argc=1");
	assert_int_equal(test_event.execve.arg_count, 1);
}

static void one_part_alone(void **state)
{
	(void)state;
	join("PATH item=0 name=\"/a\" ouid=5\n");
	expect_data("item=0|name=/a");
	expect_ids("ouid=5");
	assert_int_equal(test_event.path_count, 0);

	join("EXECVE argc=2 a0=\"x\" a1=4142\n");
	expect_data("argc=2|a0=x|a1=AB");
	assert_int_equal(test_event.execve.arg_count, 0);
}

static void nothing_but_a_header(void **state)
{
	(void)state;
	join("SYSCALL\n");
	expect_data("");
	assert_text(test_event.result, "unknown");
	assert_int_equal(test_event.session.len, 0);
	assert_int_equal(test_event.tag_count, 0);
	expect_warnings("SYSCALL: arch is missing or no number");
}

/* ---- ids and labels ------------------------------------------------------------------------ */

static void whatever_ends_in_uid_or_gid(void **state)
{
	(void)state;
	join("USER_MGMT uuid=1 sauid=2 xgid=3 guid=4 uid=5 id=6 uidx=7 u-gid=8 subj_x=9 gid_=1\n");
	expect_ids("uuid=1|sauid=2|xgid=3|guid=4|uid=5|u-gid=8");
	expect_data("id=6|uidx=7|gid_=1");
	assert_int_equal(test_event.selinux_count, 1);
	assert_text(field_value(test_event.selinux[0]), "9");
}

/* ---- data ---------------------------------------------------------------------------------- */

static void the_first_record_to_name_a_field_wins(void **state)
{
	(void)state;
	join("OBJ_PID opid=1 oauid=2 ocomm=\"a\" other=x\n" SYSCALL_OPEN
	     "AVC opid=3 ocomm=\"b\" more=y other=z\n");
	expect_data("arch=x86_64|syscall=open|exit=3|pid=10|comm=x|opid=1|oauid=2|ocomm=a|other=x|"
		    "more=y");
	expect_warnings("AVC: opid is in an earlier record, too; that one counts|"
			"AVC: ocomm is in an earlier record, too; that one counts|"
			"AVC: other is in an earlier record, too; that one counts");
	expect_repeated("");
}

/* Nobody else tells where the process was or what it was called, whoever came first. */
static void each_record_has_the_last_word_on_its_own(void **state)
{
	(void)state;
	join("NETFILTER_CFG table=t family=2 pid=99 comm=\"forged\" cwd=\"/forged\" "
	     "proctitle=\"forged\"\n" SYSCALL_OPEN
	     "CWD cwd=\"/tmp\" comm=\"forged\"\nPROCTITLE proctitle=\"x\" cwd=\"/forged\"\n");
	expect_data("arch=x86_64|syscall=open|exit=3|pid=10|comm=x|table=t|family=2|cwd=/tmp|"
		    "proctitle=x");
	/* ... in whatever order the three stand */
	join("PROCTITLE proctitle=\"x\" cwd=\"/forged\"\nCWD cwd=\"/tmp\" proctitle=\"forged\"\n"
	     "AVC cwd=\"/forged\" proctitle=\"forged\"\n" SYSCALL_OPEN);
	expect_data("arch=x86_64|syscall=open|exit=3|pid=10|comm=x|proctitle=x|cwd=/tmp");
}

static void look_up_and_remove(void **state)
{
	const struct field *f;

	(void)state;
	join(SYSCALL_OPEN);
	f = event_data(&test_event, KEY_PID);
	assert_text(field_value(f), "10");
	assert_null(event_data(&test_event, KEY_UID)); /* an id */
	assert_text(field_value(event_value(&test_event, KEY_UID)), "0");
	assert_text(field_value(event_value(&test_event, KEY_PID)), "10");
	assert_null(event_value(&test_event, KEY_EXE));
	event_remove_data(&test_event, KEY_PID);
	event_remove_data(&test_event, KEY_PID);
	event_remove_data(&test_event, KEY_EXE);
	assert_null(event_data(&test_event, KEY_PID));
	expect_data("arch=x86_64|syscall=open|exit=3|items=1|comm=x");
}

static void generations_wrap(void **state)
{
	(void)state;
	join(SYSCALL_OPEN);
	test_event.generation = UINT32_MAX;
	test_event.data_seen[KEY_EXE] = 1; /* from an event long ago */
	join(SYSCALL_OPEN);
	assert_int_equal(test_event.generation, 1);
	assert_null(event_data(&test_event, KEY_EXE));
	assert_text(field_value(event_data(&test_event, KEY_PID)), "10");
}

/* ---- arguments ----------------------------------------------------------------------------- */

#define SYSCALL_EXECVE "SYSCALL arch=c000003e syscall=59 success=yes a0=1 a1=2 a2=3 a3=4 pid=1\n"

static void arguments_over_records(void **state)
{
	(void)state;
	join(SYSCALL_EXECVE "EXECVE argc=3 a0=\"sh\" a1=2D63 a2_len=6 a2[0]=616263\n"
			    "EXECVE a2[1]=646566\n");
	assert_int_equal(test_event.execve.arg_count, 3);
	assert_text(test_event.execve.args[2], "abcdef");
	/* The system call's own arguments are not EXECVE's. */
	expect_data("arch=x86_64|syscall=execve|pid=1|a0=1|a1=2|a2=3|a3=4|argc=3");
	expect_warnings("");
	assert_false(test_event.truncated);
}

static void arguments_that_are_missing(void **state)
{
	(void)state;
	join(SYSCALL_EXECVE "EXECVE argc=3 a0=\"sh\" a2=\"x\"\n");
	assert_int_equal(test_event.execve.arg_count, 2);
	expect_warnings("EXECVE: argc counts more arguments than there are");
	assert_true(test_event.truncated);
	join(SYSCALL_EXECVE "EXECVE argc=2 a0=\"sh\" a1_len=8 a1[0]=616263\n");
	assert_int_equal(test_event.execve.arg_count, 2);
	expect_warnings("EXECVE: a1 has lost a piece");
	assert_true(test_event.truncated);
	join(SYSCALL_EXECVE "EXECVE a0=\"sh\" a1=\"x\"\n");
	assert_int_equal(test_event.execve.arg_count, 0);
	assert_null(event_data(&test_event, KEY_ARGC));
}

/* ---- addresses ----------------------------------------------------------------------------- */

static void direction_of(const char *number, enum event_direction direction)
{
	join(exact_format(
		"SYSCALL arch=c000003e syscall=%s\nSOCKADDR saddr=020000350A0000FE%c", number, 0)
			.at);
	assert_int_equal(test_event.direction, direction);
	assert_int_equal(test_event.source.present, direction == DIRECTION_INGRESS);
	assert_int_equal(test_event.destination.present, direction == DIRECTION_EGRESS);
	assert_text(field_value(event_data(&test_event, KEY_SOCKET_ADDR)), "10.0.0.254");
	assert_null(event_data(&test_event, KEY_ADDR));
}

static void directions(void **state)
{
	(void)state;
	direction_of("42", DIRECTION_EGRESS);	/* connect */
	direction_of("44", DIRECTION_EGRESS);	/* sendto */
	direction_of("46", DIRECTION_EGRESS);	/* sendmsg */
	direction_of("43", DIRECTION_INGRESS);	/* accept */
	direction_of("288", DIRECTION_INGRESS); /* accept4 */
	direction_of("45", DIRECTION_INGRESS);	/* recvfrom */
	direction_of("47", DIRECTION_INGRESS);	/* recvmsg */
	direction_of("49", DIRECTION_NONE);	/* bind */
	direction_of("51", DIRECTION_NONE);	/* getsockname */
	direction_of("307", DIRECTION_NONE);	/* sendmmsg */
}

static void an_address_without_an_address(void **state)
{
	(void)state;
	join("SYSCALL arch=c000003e syscall=42\nSOCKADDR saddr=0100\n");
	assert_false(test_event.destination.present);
	assert_int_equal(test_event.direction, DIRECTION_EGRESS);
	expect_data("arch=x86_64|syscall=connect|socket_family=unix|socket_path=");
	join("SYSCALL arch=c000003e syscall=42\nSOCKADDR saddr=00000000\n");
	assert_false(test_event.destination.present);
	/* One that is too short, or of a family that is not taken apart, is the address as it is.
	 */
	join("SYSCALL arch=c000003e syscall=42\nSOCKADDR saddr=1100000300\n");
	assert_text(test_event.destination.text, "1100000300");
	expect_data("arch=x86_64|syscall=connect|socket_family=17|socket_saddr=1100000300");
}

static void two_addresses(void **state)
{
	(void)state;
	join("SYSCALL arch=c000003e syscall=42\nSOCKADDR saddr=020000350A0000FE x=1\n"
	     "SOCKADDR saddr=01002F78 x=2\n");
	assert_text(test_event.destination.path, "/x");
	assert_int_equal(test_event.destination.ip.len, 0);
	expect_data(
		"arch=x86_64|syscall=connect|socket_x=2|socket_family=unix|socket_addr=10.0.0.254|"
		"socket_port=53|socket_path=/x");
}

static void an_address_without_a_system_call(void **state)
{
	(void)state;
	join("LOGIN pid=1\nSOCKADDR saddr=01002F78\n");
	expect_data("pid=1|socket_family=unix|socket_path=/x");
	expect_warnings("SOCKADDR: saddr comes without a system call that tells its direction");
}

/* ---- system calls -------------------------------------------------------------------------- */

static void a_system_call_by_name(void **state)
{
	(void)state;
	join("USER_MGMT syscall=open\n");
	assert_true(test_event.has_syscall);
	assert_text(syscall_name(test_event.syscall), "open");
	join("SYSCALL arch=c000003e syscall=99999\n");
	assert_true(test_event.has_syscall);
	assert_int_equal(test_event.syscall, SYSCALL_ID_NONE);
}

#define TEST(name) cmocka_unit_test_teardown(name, exact_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_system_call),
		TEST(a_system_call_alone),
		TEST(another_record_first),
		TEST(two_system_calls),
		TEST(no_system_call),
		TEST(only_parts_of_an_event),
		TEST(one_part_alone),
		TEST(nothing_but_a_header),
		TEST(whatever_ends_in_uid_or_gid),
		TEST(the_first_record_to_name_a_field_wins),
		TEST(each_record_has_the_last_word_on_its_own),
		TEST(look_up_and_remove),
		TEST(generations_wrap),
		TEST(arguments_over_records),
		TEST(arguments_that_are_missing),
		TEST(directions),
		TEST(an_address_without_an_address),
		TEST(two_addresses),
		TEST(an_address_without_a_system_call),
		TEST(a_system_call_by_name),
	};

	return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
