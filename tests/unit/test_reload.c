/* link: support_reload.o support_agent.o fake_audit.o fake_sys.o fake_files.o fake_sockets.o
 * cjson.o */
#include "support_reload.h"
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define A "-w /a -p wa -k a\n"
#define B "-w /b -p wa -k b\n"
#define C "-w /c -p wa -k c\n"

/* ---- the configuration ---------------------------------------------------------------------- */

static void nothing_changed(void **state)
{
	static char before[65536];

	(void)state;
	begin_with("", A B);
	snprintf(before, sizeof(before), "%s%s", effective(), in_kernel());
	hup();
	assert_reloaded("success", "changed: nothing; rules: 0 added, 0 deleted, 0 moved, 0 refus");
	assert_false(next_report());
	assert_int_equal(strncmp(before, effective(), strlen(effective())), 0);
	assert_string_equal(before + strlen(effective()), in_kernel());
	for (unsigned i = 0; i < fake_audit.request_count; i++)
		assert_true(fake_audit.requests[i].type == AUDIT_LIST_RULES ||
			    fake_audit.requests[i].type == AUDIT_GET);
	end_run();
}

static void the_document_is_another(void **state)
{
	const char *document;

	(void)state;
	begin_with("\"tags\": [\"old\"], \"agent\": {\"name\": \"before\"}", A);
	document = document_of_event(1);
	assert_non_null(strstr(document, "\"name\":\"before\""));
	assert_non_null(strstr(document, "\"old\""));
	assert_null(strstr(document, "event\":{\"original"));
	write_both("\"tags\": [\"new\"], \"fields\": {\"labels.site\": \"x\"}, \"layout\": "
		   "\"integration\", \"include_raw_message\": true, \"hostname\": \"box\", "
		   "\"agent.id\": \"me\", \"namespace\": \"other\", \"format\": \"rfc3164\"",
		A);
	hup();
	assert_reloaded("success",
		"changed: layout, include_raw_message, hostname, namespace, agent.id, agent.name, "
		"tags, fields, format;");
	assert_non_null(strstr(report,
		"\"options\":\"layout, include_raw_message, hostname, namespace, agent.id, "
		"agent.name, tags, fields, format\""));
	document = document_of_event(2);
	assert_null(strstr(document, "before"));
	assert_null(strstr(document, "\"old\""));
	assert_non_null(strstr(document, "\"new\""));
	assert_non_null(strstr(document, "\"labels\":{\"site\":\"x\"}"));
	assert_non_null(strstr(document, "\"host\":{\"name\":\"box\""));
	assert_non_null(strstr(document, "\"id\":\"me\""));
	assert_non_null(strstr(document, "\"namespace\":\"other\""));
	assert_non_null(strstr(document, "original"));
	assert_non_null(strstr(fake_sys_sent(fake_sys_sent_count() - 1)->data, " box ecsaudit["));
	end_run();
}

static void the_host_is_read_again(void **state)
{
	const char *document;

	(void)state;
	fake_sys_file_text("/etc/os-release", "ID=before\n");
	begin_with("\"tags\": [\"a\"]", A);
	document = document_of_event(1);
	assert_non_null(strstr(document, "\"id\":\"0123456789abcdef0123456789abcdef\""));
	assert_non_null(strstr(document, "\"platform\":\"before\""));
	fake_sys_file_text("/etc/os-release", "ID=after\nNAME=n\n");
	write_both("\"tags\": [\"a\"], \"host.id\": \"h1\", \"fields\": {\"host.ip\": "
		   "[\"192.0.2.1\"], "
		   "\"host.os\": {\"name\": \"mine\"}}",
		A);
	hup();
	assert_reloaded("success", "changed: host.id, fields;");
	document = document_of_event(2);
	assert_non_null(strstr(document, "\"id\":\"h1\""));
	assert_non_null(strstr(document, "\"platform\":\"after\""));
	assert_non_null(strstr(document, "\"name\":\"mine\""));
	assert_non_null(strstr(document, "},\"ip\":[\"192.0.2.1\"]}"));
	assert_null(strstr(document, "\"name\":\"n\""));
	end_run();
}

/* What a document says after a reload is what it says after a start. */
static void as_after_a_start(void **state)
{
	static const char *const members[] = {
		"\"tags\": [\"one\", \"two\"]",
		"\"layout\": \"integration\", \"resolve_ids\": false",
		"\"passwd_file\": \"/etc/other\", \"agent.type\": \"x\"",
		"\"hostname\": \"box\", \"fields\": {\"a\": [1, {\"b\": true}]}",
		"\"agent.id\": \"me\", \"include_message\": true",
		"\"reassembler.timeout\": \"1m\", \"namespace\": \"n\"",
	};
	static char fresh[6][16384];
	const char *ephemeral;

	fake_sys_file_text("/etc/other", "bob:x:1000:1000::/:\n");
	for (unsigned i = 0; i < 6; i++) {
		begin_with(members[i], A);
		snprintf(fresh[i], sizeof(fresh[i]), "%s", document_of_event(9));
		end_run();
		reload_teardown(state);
		reload_setup(state);
		fake_sys_file_text("/etc/other", "bob:x:1000:1000::/:\n");
	}
	begin_with(members[5], A);
	for (unsigned i = 0; i < 36; i++) {
		static char now[16384];

		write_both(members[i * 7 % 6], A);
		hup();
		assert_reloaded("success", "reloaded");
		snprintf(now, sizeof(now), "%s", document_of_event(9));
		/* Drawn at the start; the same length. */
		ephemeral = strstr(fresh[i * 7 % 6], "ephemeral_id");
		assert_non_null(ephemeral);
		memcpy(now + (ephemeral - fresh[i * 7 % 6]), ephemeral, 52);
		assert_string_equal(now, fresh[i * 7 % 6]);
	}
	end_run();
}

static void a_broken_one_changes_nothing(void **state)
{
	static const struct {
		const char *members, *rules, *mistake;
	} broken[] = {
		{"\"layout\": \"x\"", A, CONFIG ":4:11: layout: \\\"x\\\"; expected auditbeat or"},
		{"\"tags\": [\"new\"],,", A, CONFIG ":4:17: "},
		{"\"tags\": [\"new\"]", A "-w b\n", RULES ":2: the path \\\"b\\\" is relative"},
		{"\"tags\": [\"new\"], \"passwd_file\": \"/nowhere\"", A,
			"passwd_file: /nowhere: "},
		{"\"tags\": [\"new\"], \"output\": \"tcq://\"", A, CONFIG ":3:28: output"},
		{"\"tags\": [\"new\"], \"audit_rules\": [\"-a always,exit -F uid=nobody\"]", A,
			"audit_rules:1: "},
	};
	static char before[65536];

	(void)state;
	begin_with("\"tags\": [\"old\"]", A B);
	for (unsigned i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		snprintf(before, sizeof(before), "%s%s%s", document_of_event(5), in_kernel(),
			effective());
		write_both(broken[i].members, broken[i].rules);
		said[0] = '\0';
		fake_audit.request_count = 0;
		hup();
		assert_reloaded("failure", broken[i].mistake);
		assert_non_null(strstr(report, "not reloaded, the old one stays: "));
		assert_false(next_report());
		/* One line. */
		assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
		assert_said("configuration not reloaded, the old one stays: ");
		assert_int_equal(fake_audit.request_count, 0);
		assert_int_equal(run.changed, 0);
		{
			static char after[65536];

			snprintf(after, sizeof(after), "%s%s%s", document_of_event(5), in_kernel(),
				effective());
			assert_string_equal(after, before);
		}
	}
	/* And it watches what it watched. */
	fake_audit.rule_count = 1;
	fake_sys_clock_advance_ms(60000);
	run_turns();
	for (unsigned i = 0; i < 40; i++)
		turn(100);
	assert_int_equal(fake_audit.rule_count, 3);
	end_run();
}

static void all_mistakes_in_rules_are_said(void **state)
{
	(void)state;
	begin_with("", A);
	write_both("", "-w b\n" A "-a x\n-w c\n");
	hup();
	assert_reloaded("failure", RULES ":1: ");
	assert_said(RULES ":3: ");
	assert_said(RULES ":4: ");
	end_run();
}

static void what_needs_a_restart_stays_and_is_named(void **state)
{
	(void)state;
	begin_with("\"spool_bytes\": 1000", A);
	write_both("\"spool_bytes\": 2000, \"socket_type\": \"unicast\", \"state_file\": \"/s\", "
		   "\"tags\": [\"t\"]",
		A);
	hup();
	assert_reloaded("success",
		"changed: tags; only a restart changes: socket_type, state_file, spool_bytes; ");
	assert_non_null(strstr(effective(), "\"spool_bytes\": 1000"));
	assert_non_null(strstr(effective(), "\"socket_type\": \"auto\""));
	assert_non_null(strstr(effective(), "\"state_file\": \"/var/lib/ecsaudit/agent-id\""));
	assert_non_null(strstr(document_of_event(3), "\"t\""));
	end_run();
}

static void the_output_is_another(void **state)
{
	const struct sockaddr_in *peer;

	(void)state;
	begin_with("", A);
	write_both("\"output\": \"udp://192.0.2.9:1514\"", A);
	hup();
	assert_reloaded("success", "changed: output;");
	assert_int_equal(run.changed, 1);
	(void)document_of_event(4);
	peer = (const void *)&fake_sys_socket_info(output_fd())->peer;
	assert_int_equal(ntohs(peer->sin_port), 1514);
	check_sums();
	write_both("\"output\": \"unix:///dev/log\"", A);
	hup();
	assert_reloaded("success", "changed: output;");
	check_sums();
	end_run();
}

/* It follows the format, unless it is said. */
static void framing(void **state)
{
	static const struct {
		const char *options, *changed;
		enum output_framing framing;
	} steps[] = {
		{"\"format\": \"json\"", "changed: format;", OUTPUT_NEWLINE},
		{"\"format\": \"json\", \"framing\": \"octet\"", "changed: framing;", OUTPUT_OCTET},
		{"\"framing\": \"newline\"", "changed: format, framing;", OUTPUT_NEWLINE},
		{"\"format\": \"rfc3164\"", "changed: format, framing;", OUTPUT_NEWLINE},
		{"", "changed: format;", OUTPUT_OCTET},
	};

	(void)state;
	begin_with("", A);
	assert_int_equal(agent->delivery.outputs[DELIVERY_PRIMARY].framing, OUTPUT_OCTET);
	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		write_both(steps[i].options, A);
		hup();
		assert_reloaded("success", steps[i].changed);
		for (unsigned o = 0; o < DELIVERY_OUTPUTS; o++)
			assert_int_equal(agent->delivery.outputs[o].framing, steps[i].framing);
	}
	end_run();
}

static void a_fallback_comes_and_goes(void **state)
{
	(void)state;
	begin_with("", A);
	write_both("\"output_fallback\": \"tcp://192.0.2.5:601\", \"output_fallback_after\": "
		   "\"3s\", \"spool_drop\": \"newest\"",
		A);
	hup();
	assert_reloaded("success", "changed: output_fallback, output_fallback_after, spool_drop;");
	assert_true(delivery_has_fallback(&agent->delivery));
	assert_int_equal(agent->delivery.fallback_after_ms, 3000);
	assert_string_equal(agent->delivery.names[DELIVERY_FALLBACK], "tcp://192.0.2.5:601");
	assert_int_equal(agent->spool.drop, DROP_NEWEST);
	check_sums();
	write_both("", A);
	hup();
	assert_false(delivery_has_fallback(&agent->delivery));
	assert_ptr_equal(agent->delivery.names[DELIVERY_PRIMARY], agent->config.output);
	/* stdout is opened at start. */
	write_both("\"output\": \"stdout\"", A);
	hup();
	write_both("", A);
	while (next_report() && !strstr(report, "\"failure\""))
		;
	assert_non_null(strstr(report, "output: stdout: only a restart changes to or from"));
	end_run();
}

static void what_waits_for_the_output_goes_to_the_new_one(void **state)
{
	(void)state;
	begin_with("", A);
	fake_sys_fail("sendto", 0, ENETUNREACH);
	for (unsigned i = 0; i < 3; i++)
		event(i + 1);
	assert_int_equal((int)delivery_held(&agent->delivery), 3);
	fake_sys_fail("sendto", 0, 0);
	write_both("\"output\": \"udp://192.0.2.9:1514\"", A);
	hup();
	fake_sys_clock_advance_ms(OUTPUT_DOUBT_MS);
	turn(0);
	assert_int_equal((int)delivery_held(&agent->delivery), 0);
	assert_int_equal(agent->counters.messages_sent, 4); /* and the report */
	assert_int_equal(agent->counters.messages_dropped, 0);
	check_sums();
	end_run();
}

static void a_table_that_shrinks_emits_early(void **state)
{
	unsigned before;

	(void)state;
	begin_with("\"reassembler.timeout\": \"10m\"", A);
	for (unsigned i = 0; i < 20; i++)
		record(SYSCALL, "audit(1700000000.001:%u): arch=c000003e syscall=59 success=yes",
			100 + i);
	assert_int_equal(records_held(), 20);
	before = fake_sys_sent_count();
	write_both("\"reassembler\": {\"max_in_flight\": 5, \"timeout\": \"2s\"}", A);
	hup();
	assert_int_equal(records_held(), 5);
	assert_true(fake_sys_sent_count() > before + 15);
	assert_int_equal(agent->counters.events_evicted_table, 15);
	check_sums();
	fake_sys_clock_advance_ms(LIMIT_EVENT_HOLD_MS);
	run_turns();
	fake_sys_clock_advance_ms(2001 - LIMIT_EVENT_HOLD_MS);
	run_turns();
	assert_int_equal(records_held(), 0);
	check_sums();
	end_run();
}

static void names_of_another_file(void **state)
{
	(void)state;
	begin_with("", "-a always,exit -F uid=alice\n");
	fake_sys_file_text("/etc/other", "bob:x:1000:1000::/:\n");
	/* A rule means what the new file says. */
	write_both("\"passwd_file\": \"/etc/other\"", "-a always,exit -F uid=bob\n");
	hup();
	assert_reloaded("success", "changed: passwd_file; rules: 0 added, 0 deleted, 0 moved");
	assert_non_null(strstr(document_of_event(3), "bob"));
	write_both("\"passwd_file\": \"/etc/other\"", "-a always,exit -F uid=alice\n");
	hup();
	assert_reloaded("failure", "alice");
	end_run();
}

static void an_id_that_was_configured(void **state)
{
	static char first[16384];

	(void)state;
	begin_with("\"agent.id\": \"me\"", A);
	write_both("", A);
	hup();
	assert_reloaded("success", "changed: agent.id");
	snprintf(first, sizeof(first), "%s", document_of_event(3));
	assert_null(strstr(first, "\"me\""));
	/* The same that a start derives, and for ever. */
	write_both("\"agent.id\": \"me\"", A);
	hup();
	write_both("", A);
	hup();
	assert_string_equal(document_of_event(3), first);
	end_run();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, reload_setup, reload_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_changed),
		TEST(the_host_is_read_again),
		TEST(the_document_is_another),
		TEST(as_after_a_start),
		TEST(a_broken_one_changes_nothing),
		TEST(all_mistakes_in_rules_are_said),
		TEST(what_needs_a_restart_stays_and_is_named),
		TEST(the_output_is_another),
		TEST(framing),
		TEST(a_fallback_comes_and_goes),
		TEST(what_waits_for_the_output_goes_to_the_new_one),
		TEST(a_table_that_shrinks_emits_early),
		TEST(names_of_another_file),
		TEST(an_id_that_was_configured),
	};

	return cmocka_run_group_tests_name("reload", tests, NULL, NULL);
}
