/* link: agent.o os_release.o blocks.o config_values.o config_fields.o config_file.o
 * config_table.o decode.o document.o document_network.o document_process.o document_auditd.o
 * document_layout.o document_message.o document_user.o event.o execve.o hostid.o small_file.o
 * identity.o json.o json_scan.o nearest.o normalize.o output.o output_parse.o output_stdout.o
 * gaps.o reassembly.o report.o record.o record_decode.o record_fields.o record_header.o sha256.o
 * shrink.o spool.o syslog.o table_keys.o table_names.o table_norms.o table_syscalls.o tables.o
 * text.o timestamp.o support_agent.o fake_sys.o fake_files.o fake_sockets.o cjson.o os_facts.o */
#include "agent.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "support_agent.h"

/* Member "a.b" of the last message; "" if it is not there. */
static const char *member(const char *outer, const char *inner)
{
	static char text[200];
	cJSON *root = document_of(fake_sys_sent(fake_sys_sent_count() - 1));
	const char *value =
		cJSON_GetStringValue(cJSON_GetObjectItem(cJSON_GetObjectItem(root, outer), inner));

	snprintf(text, sizeof(text), "%s", value ? value : "");
	cJSON_Delete(root);
	return text;
}

/* The n-th word of the last message's header, from 0. */
static const char *header(unsigned n)
{
	static char text[200];
	const char *at = fake_sys_sent(fake_sys_sent_count() - 1)->data;

	while (n-- > 0)
		at += strcspn(at, " ") + 1;
	snprintf(text, sizeof(text), "%.*s", (int)strcspn(at, " "), at);
	return text;
}

static void end_of(unsigned serial)
{
	event(serial);
	tick(0);
}

/* ---- the host gets its name, its files --------------------------------------------------- */

static void test_name_comes_later(void **state)
{
	(void)state;
	fake_sys_uname("(none)", NULL, NULL);
	start("output=udp://192.0.2.1:514", false);
	end_of(1);
	assert_string_equal(header(2), "-"); /* RFC 5424 section 6.2.4: not known */
	assert_string_equal(member("host", "name"), "");
	assert_string_equal(member("agent", "name"), "");

	/* No turn lies between: the very next record's document has it. */
	fake_sys_uname("box", NULL, NULL);
	event(2);
	assert_string_equal(header(2), "box");
	assert_string_equal(member("host", "name"), "box");
	assert_string_equal(member("agent", "name"), "box");
	assert_string_equal(member("host", "architecture"), "x86_64");

	/* Later it is looked at once a minute. */
	fake_sys_uname("renamed", NULL, NULL);
	tick(30000);
	end_of(3);
	assert_string_equal(member("host", "name"), "box");
	tick(31000);
	end_of(4);
	assert_string_equal(header(2), "renamed");
	assert_string_equal(member("host", "name"), "renamed");
	assert_string_equal(header(7), "sequenceId=\"4\"][timeQuality"); /* goes on */
	stop();
}

static void test_configured_names_stay(void **state)
{
	(void)state;
	set("hostname=mine");
	set("agent.name=me");
	fake_sys_uname("(none)", NULL, NULL);
	start("output=udp://192.0.2.1:514", false);
	fake_sys_uname("box", NULL, NULL);
	tick(61000);
	end_of(1);
	assert_string_equal(header(2), "mine");
	assert_string_equal(member("host", "name"), "mine");
	assert_string_equal(member("agent", "name"), "me");
	stop();
}

static void test_id_comes_later(void **state)
{
	char ephemeral[200];

	(void)state;
	start("output=udp://192.0.2.1:514", false); /* there is no /var */
	end_of(1);
	assert_string_equal(member("agent", "id"), agent->hostid.uuid);
	snprintf(ephemeral, sizeof(ephemeral), "%s", member("agent", "ephemeral_id"));
	fake_sys_file_text("/etc/machine-id", "0123456789abcdef0123456789abcdef\n");
	tick(61000);
	end_of(2);
	assert_string_equal(member("agent", "id"), "2530301f-446e-494e-b451-af6a450a3021");
	assert_string_equal(member("agent", "ephemeral_id"), ephemeral);
	stop();
}

static const char *last_message(void)
{
	return fake_sys_sent(fake_sys_sent_count() - 1)->data;
}

/* Looked for until it is there, and not after: a turn waits for no disk again and again. */
static void test_os_comes_later(void **state)
{
	unsigned opened;

	(void)state;
	fake_sys_file_text("/etc/machine-id", "0123456789abcdef0123456789abcdef\n");
	start("output=udp://192.0.2.1:514", false);
	end_of(1);
	assert_string_equal(member("host", "id"), "0123456789abcdef0123456789abcdef");
	assert_non_null(strstr(last_message(), "\"os\":{\"type\":\"linux\",\"kernel\":"));
	fake_sys_file_text("/etc/os-release", "ID=openwrt\nNAME=OpenWrt\n");
	tick(61000);
	end_of(2);
	assert_non_null(strstr(last_message(),
		"\"os\":{\"type\":\"linux\",\"platform\":\"openwrt\",\"name\":\"OpenWrt\","));
	opened = fake_sys_calls("open");
	fake_sys_file_text("/etc/os-release", "ID=other\n");
	tick(61000);
	end_of(3);
	assert_non_null(strstr(last_message(), "\"platform\":\"openwrt\""));
	assert_int_equal(fake_sys_calls("open"), opened);
	stop();
}

/* ---- the wall clock ---------------------------------------------------------------------- */

static void long_first_record(unsigned serial)
{
	record(SYSCALL, "audit(1.0:%u): arch=c000003e syscall=2 success=yes", serial);
}

/* From 1970 to 2038 and back: nothing is early, nothing late. */
/* Others pass it earlier. */
static int64_t leaves_in_ms(void)
{
	const struct reassembly *r = &agent->reassembly;

	return r->slots[r->order[0]].expires_ms + 1 - sys_monotonic_ms();
}

static void test_steps_of_the_wall_clock(void **state)
{
	static const int64_t steps[] = {0, 1700000000, 2200000000, 1, 1700000000};
	unsigned serial = 1;

	(void)state;
	fake_sys_realtime_set(0);
	fake_sys_uname("box", NULL, NULL);
	start("output=udp://192.0.2.1:514", false);
	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++, serial++) {
		unsigned before = fake_sys_sent_count();
		int64_t left_ms;
		char name[20];

		/* An event waits for its end: 2 s, whatever the wall clock says. */
		long_first_record(serial);
		left_ms = leaves_in_ms();
		assert_in_range(left_ms, 2000, 2001);
		fake_sys_realtime_set(steps[i]);
		tick(LIMIT_EVENT_HOLD_MS);
		tick(1000 - LIMIT_EVENT_HOLD_MS);
		assert_int_equal(fake_sys_sent_count(), before);
		assert_int_equal(leaves_in_ms(), left_ms - 1000);
		fake_sys_realtime_set(steps[sizeof(steps) / sizeof(steps[0]) - 1 - i]);
		tick(left_ms - 1001);
		assert_int_equal(fake_sys_sent_count(), before);
		tick(1);
		assert_int_equal(fake_sys_sent_count(), before + 1);

		/* A collector that is away is tried again after 1 s. */
		settle();
		fake_sys_fail("sendto", 1, ENETUNREACH);
		event(++serial);
		assert_int_equal(agent->spool.waiting, 1);
		fake_sys_realtime_set(steps[i] + 1000000);
		tick(999);
		assert_int_equal(agent->spool.waiting, 1);
		tick(1);
		assert_int_equal(agent->spool.waiting, 0);

		/* The minute of what is looked at now and then. */
		snprintf(name, sizeof(name), "box%u", i);
		fake_sys_uname(name, NULL, NULL);
		tick(60000);
		end_of(++serial);
		assert_string_equal(member("host", "name"), name);
	}
	stop();
}

/* Before the clock was set it says so. */
static void test_time_quality(void **state)
{
	(void)state;
	fake_sys_realtime_set(0);
	start("output=udp://192.0.2.1:514", false);
	end_of(1);
	assert_non_null(
		strstr(fake_sys_sent(0)->data, "[timeQuality tzKnown=\"1\" isSynced=\"0\"]"));
	fake_sys_clock_synced(true);
	tick(61000);
	end_of(2);
	assert_non_null(
		strstr(fake_sys_sent(1)->data, "[timeQuality tzKnown=\"1\" isSynced=\"1\"]"));
	fake_sys_clock_synced(false); /* the time server has gone */
	tick(61000);
	end_of(3);
	assert_non_null(strstr(fake_sys_sent(2)->data, "isSynced=\"0\"]"));
	stop();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_name_comes_later),
		TEST(test_configured_names_stay),
		TEST(test_os_comes_later),
		TEST(test_id_comes_later),
		TEST(test_steps_of_the_wall_clock),
		TEST(test_time_quality),
	};

	return cmocka_run_group_tests_name("agent_boot", tests, NULL, NULL);
}
