/* link: support_core.o support_event.o */
#include "lineage_rules.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "support_event.h"

/* Events of lineage.rules: which are sent, and with which tags. */

#define CALL(key)                                                                                  \
	"SYSCALL arch=c000003e syscall=59 success=yes exit=0 a0=1 items=2 ppid=1 pid=10 "          \
	"auid=1000 uid=0 ses=5 comm=\"sh\" exe=\"/bin/sh\" key=" key "\n"
#define OURS CALL("\"ecsaudit-lineage\"")
#define REST                                                                                       \
	"EXECVE argc=1 a0=\"sh\"\n"                                                                \
	"CWD cwd=\"/\"\n"                                                                          \
	"PATH item=0 name=\"/bin/sh\" inode=1 nametype=NORMAL\n"                                   \
	"PATH item=1 name=\"/lib/ld\" inode=2 nametype=NORMAL\n"                                   \
	"PROCTITLE proctitle=\"sh\"\n"

static bool taken;

static void take(const struct raw_event *raw)
{
	taken = lineage_takes(&test_event, &test_table, raw);
}

static int setup(void **state)
{
	(void)state;
	test_on_joined = take;
	return 0;
}

static void expect(const char *log, bool is_taken, const char *tags)
{
	char got[256] = "";
	size_t used = 0;

	join(log);
	for (uint32_t i = 0; i < test_event.tag_count; i++)
		used += (size_t)snprintf(got + used, sizeof(got) - used, "%s%.*s", i ? "," : "",
			(int)test_event.tags[i].len, test_event.tags[i].at);
	if (taken != is_taken || strcmp(got, tags) != 0)
		fail_msg("%s\nwas %staken, tags \"%s\"", log, taken ? "" : "not ", got);
}

static void its_own_are_not_sent(void **state)
{
	(void)state;
	expect(OURS, true, "");
	expect(OURS REST, true, "");
	expect(OURS "PROCTITLE proctitle=\"sh\"\n", true, "");
	/* The order is that of the log. */
	expect("CWD cwd=\"/\"\n" OURS, true, "");
	/* More files than there is room for. */
	join_begin();
	join_record(RECORD_SYSCALL, OURS + strlen("SYSCALL "));
	for (unsigned i = 0; i < LIMIT_EVENT_PATHS + 8; i++)
		join_record(RECORD_PATH, "item=0 name=\"x\" inode=1 nametype=NORMAL");
	join_end();
	assert_true(test_event.truncated);
	assert_true(taken);
}

static void others_are_sent(void **state)
{
	(void)state;
	expect(CALL("(null)") REST, false, "");
	expect(CALL("\"exec\"") REST, false, "exec");
	expect(CALL("\"ecsaudit-lineage2\"") REST, false, "ecsaudit-lineage2");
	expect(CALL("\"ecsaudit-lineag\"") REST, false, "ecsaudit-lineag");
}

/* ecsaudit-lineage and exec, joined by 0x01. */
static void one_with_a_key_beside_is_sent_without_ours(void **state)
{
	(void)state;
	expect(CALL("65637361756469742D6C696E656167650165786563") REST, false, "exec");
	expect(CALL("657865630165637361756469742D6C696E65616765") REST, false, "exec");
	/* Ours twice. */
	expect(CALL("65637361756469742D6C696E656167650165637361756469742D6C696E65616765") REST,
		true, "");
}

/* Each type there is, behind ours: only these five have nothing more to tell. */
static void any_other_record_is_told(void **state)
{
	static const uint16_t usual[] = {RECORD_EXECVE, RECORD_CWD, RECORD_PATH, RECORD_PROCTITLE};
	unsigned told = 0, kept = 0;

	(void)state;
	for (unsigned type = 1100; type < 3000; type++) {
		bool is_usual = false;

		if (record_type_name((uint16_t)type).len == 0 || type == RECORD_EOE ||
			type == RECORD_SYSCALL)
			continue;
		for (unsigned i = 0; i < sizeof(usual) / sizeof(*usual); i++)
			is_usual |= type == usual[i];
		join_begin();
		join_record(RECORD_SYSCALL, OURS + strlen("SYSCALL "));
		join_record((uint16_t)type, "x=1");
		join_end();
		if (test_counters.records_dropped_type > 0)
			continue;
		if (taken != is_usual || test_event.tag_count != 0)
			fail_msg("%u", type);
		told += !taken;
		kept += taken;
	}
	assert_true(told > 150);
	assert_int_equal(kept, 4);
	expect(OURS REST "AVC avc:  denied  { read } for  pid=10 comm=\"sh\"\n", false, "");
	expect(OURS REST "BPRM_FCAPS fver=0 fp=0\n", false, "");
	expect("SECCOMP auid=1000 uid=0 pid=10 sig=0 syscall=59\n" OURS, false, "");
	expect(OURS REST "SOCKADDR saddr=01002F746D7000\n", false, "");
}

/* What a second record of a type says is not looked at. */
static void a_record_twice_is_told(void **state)
{
	(void)state;
	expect(OURS "CWD cwd=\"/\"\nCWD cwd=\"/tmp\"\n", false, "");
	expect(OURS CALL("\"exec\""), false, "");
}

/* Only a rule gives a key: a program's words are not believed. */
static void without_a_call_it_is_told(void **state)
{
	(void)state;
	expect("CONFIG_CHANGE auid=1000 ses=5 op=add_rule key=\"ecsaudit-lineage\" list=4 res=1\n",
		false, "");
	expect("USER_CMD pid=1 uid=0 auid=0 ses=1 msg='key=\"ecsaudit-lineage\" res=success'\n",
		false, "");
}

/* A record that had no room may have been of any type. */
static void what_was_left_out_counts(void **state)
{
	static char long_text[LIMIT_RECORD_BYTES - 64];

	(void)state;
	memset(long_text, 'x', sizeof(long_text) - 1);
	for (unsigned pieces = 1; pieces < 20; pieces++) {
		join_begin();
		join_record(RECORD_SYSCALL, OURS + strlen("SYSCALL "));
		for (unsigned i = 0; i < pieces; i++)
			join_record(RECORD_EXECVE, long_text);
		join_end();
		assert_int_equal(taken, test_counters.records_dropped_event_full == 0);
	}
	assert_true(test_counters.records_dropped_event_full > 0);
}

#define TEST(function) cmocka_unit_test_setup(function, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(its_own_are_not_sent),
		TEST(others_are_sent),
		TEST(one_with_a_key_beside_is_sent_without_ours),
		TEST(any_other_record_is_told),
		TEST(a_record_twice_is_told),
		TEST(without_a_call_it_is_told),
		TEST(what_was_left_out_counts),
	};

	return cmocka_run_group_tests_name("lineage_rules", tests, NULL, NULL);
}
