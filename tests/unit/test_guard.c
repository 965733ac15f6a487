/* link: guard.o watch.o live.o loop.o audit_control.o audit_explain.o netlink.o agent.o blocks.o
 * config.o config_fields.o config_file.o config_table.o decode.o document.o document_auditd.o
 * document_layout.o document_message.o document_user.o event.o execve.o hostid.o identity.o json.o
 * json_scan.o nearest.o normalize.o output.o output_parse.o output_stdout.o reassembly.o report.o
 * record.o record_decode.o record_fields.o record_header.o sha256.o shrink.o spool.o syslog.o
 * table_keys.o table_names.o table_norms.o table_syscalls.o tables.o text.o timestamp.o
 * support_agent.o fake_audit.o fake_sys.o fake_files.o fake_sockets.o cjson.o */
#include "guard.h"
#include <errno.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fake_audit.h"
#include "support_agent.h"

#define RULES	  3u
#define MINUTE_MS 60000
/* From a CONFIG_CHANGE until it is acted upon: two looks. */
#define ACT_MS (2 * GUARD_SOON_MS)
/* How long a document waits for somebody to blame. */
#define BLAME_MS (2000 + GUARD_SOON_MS)

static struct guard guard;
static struct live live;
static struct loop loop;
static unsigned told;	   /* documents seen already */
static char said[4096];	   /* every line and a newline */
static char report[16384]; /* the document of next_report() */
static unsigned serial;

/* ---- the kernel's rules --------------------------------------------------------------------- */

/* A rule of the exit list for one process. */
static struct audit_rule_data rule_of(unsigned pid)
{
	struct audit_rule_data rule;

	memset(&rule, 0, sizeof(rule));
	rule.flags = AUDIT_FILTER_EXIT;
	rule.action = AUDIT_ALWAYS;
	rule.field_count = 1;
	rule.fields[0] = AUDIT_PID;
	rule.fieldflags[0] = AUDIT_EQUAL;
	rule.values[0] = pid;
	return rule;
}

/* As somebody else would, on no socket of ours. */
static void put_rule(unsigned at, unsigned pid)
{
	const struct audit_rule_data rule = rule_of(pid);

	fake_audit.rules[at].len = sizeof(rule);
	memcpy(fake_audit.rules[at].data, &rule, sizeof(rule));
}

static void delete_all(void)
{
	fake_audit.rule_count = 0;
}

static void add_one(unsigned pid)
{
	put_rule(fake_audit.rule_count++, pid);
}

static bool rules_are_ours(void)
{
	for (unsigned i = 0; i < fake_audit.rule_count && i < RULES; i++) {
		const struct audit_rule_data rule = rule_of(i + 1);

		if (memcmp(fake_audit.rules[i].data, &rule, sizeof(rule)) != 0)
			return false;
	}
	return fake_audit.rule_count == RULES;
}

/* What auditctl leaves in the records: the change, and who made it. */
static void config_change(unsigned pid)
{
	char text[256];

	snprintf(text, sizeof(text),
		"audit(1700000001.000:%u): auid=1000 ses=1 op=remove_rule key=(null) list=4 res=1",
		++serial);
	fake_audit_record(AUDIT_CONFIG_CHANGE, text);
	snprintf(text, sizeof(text),
		"audit(1700000001.000:%u): arch=c000003e syscall=44 success=yes exit=60 pid=%u "
		"auid=1000 uid=0 comm=\"auditctl\" exe=\"/usr/sbin/auditctl\"",
		serial, pid);
	fake_audit_record(AUDIT_SYSCALL, text);
	snprintf(text, sizeof(text), "audit(1700000001.000:%u): ", serial);
	fake_audit_record(AUDIT_EOE, text);
}

/* ---- the agent around the guard, as cmd_run.c has it ---------------------------------------- */

static void on_record(void *ctx, uint16_t type, const char *text, size_t len)
{
	(void)ctx;
	agent_record(agent, type, (struct span){text, (uint32_t)len});
	guard_record(&guard, type);
}

static void on_notice(void *ctx, const char *line)
{
	(void)ctx;
	guard_tell(agent, line);
}

static void on_status(void *ctx, const struct audit_control_status *status, uint32_t lost)
{
	(void)ctx;
	(void)lost;
	guard_status(&guard, status);
}

static void on_reply(void *ctx, uint16_t type, uint32_t sequence, const void *payload, size_t len)
{
	(void)ctx;
	guard_reply(&guard, type, sequence, payload, len);
}

static int load_rules(void *ctx, struct netlink *control, struct audit_error *e)
{
	(void)ctx;
	(void)e;
	for (unsigned pid = 1; pid <= RULES; pid++) {
		const struct audit_rule_data rule = rule_of(pid);
		int ret = netlink_request(control, AUDIT_ADD_RULE, &rule, sizeof(rule), NULL);

		if (ret < 0)
			return ret;
	}
	return 0;
}

static void say(void *ctx, const char *line)
{
	(void)ctx;
	assert_null(strchr(line, '\n'));
	snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s\n", line);
}

static const struct live_hooks hooks = {
	.record = on_record,
	.notice = on_notice,
	.status = on_status,
	.reply = on_reply,
	.load_rules = load_rules,
};

static int begin_live(void)
{
	struct audit_error e;

	loop_init(&loop);
	return live_start(&live, &agent->config, &loop, &agent->counters, &hooks, &e);
}

static int begin_guard(void)
{
	const struct guard_parts parts = {
		.agent = agent,
		.live = &live,
		.loop = &loop,
		.rules = !live.ac.multicast,
		.say = say,
	};

	return guard_start(&guard, &parts);
}

static void begin(void)
{
	start(UDP, false);
	assert_int_equal(begin_live(), 0);
	assert_int_equal(begin_guard(), 0);
	told = fake_sys_sent_count();
}

static void turn(int max_wait_ms)
{
	int64_t deadline_ms, now_ms = sys_monotonic_ms();

	agent_tick(agent, now_ms);
	guard_turn(&guard);
	deadline_ms = agent_deadline_ms(agent);
	if (deadline_ms != INT64_MAX && deadline_ms - now_ms < max_wait_ms)
		max_wait_ms = deadline_ms > now_ms ? (int)(deadline_ms - now_ms) : 0;
	(void)loop_turn(&loop, max_wait_ms);
}

/* Let that much time pass, and everything happen that is due. */
static void run_ms(int64_t ms)
{
	const int64_t end_ms = sys_monotonic_ms() + ms;

	do
		turn((int)(end_ms - sys_monotonic_ms()));
	while (sys_monotonic_ms() < end_ms);
	/* And what follows from it. */
	for (unsigned i = 0; i < 10; i++)
		turn(0);
}

static void end(void)
{
	live_stop(&live);
	guard_stop(&guard);
	agent_stop(agent);
}

static int guard_setup(void **state)
{
	setup(state);
	fake_audit_start();
	memset(&guard, 0, sizeof(guard));
	said[0] = '\0';
	serial = 100;
	fake_sys_file_text("/proc/self/uid_map", "0 0 4294967295\n");
	return 0;
}

static int guard_teardown(void **state)
{
	assert_int_equal(fake_sys_open_count(), 0);
	return teardown(state);
}

/* ---- documents ------------------------------------------------------------------------------ */

/* The next document of the agent's own, into `report`; those of events are passed over. */
static bool next_report(void)
{
	for (;;) {
		const struct fake_sent *sent;

		if (told == fake_sys_sent_count())
			return false;
		sent = fake_sys_sent(told++);
		if (sent->type != SOCK_DGRAM || !strstr(sent->data, " ECSAUDIT "))
			continue;
		cJSON_Delete(document_of(sent));
		snprintf(report, sizeof(report), "%s", sent->data);
		return true;
	}
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("%s\nlacks\n%s", text, part);
}

static void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("%s\nhas\n%s", text, part);
}

#define assert_no_report()                                                                         \
	do {                                                                                       \
		if (next_report())                                                                 \
			fail_msg("%s", report);                                                    \
	} while (0)

static void assert_report(const char *action, const char *outcome)
{
	char part[80];

	assert_true(next_report());
	snprintf(part, sizeof(part), "\"action\":\"%s\",\"outcome\":\"%s\"", action, outcome);
	assert_has(report, part);
}

static void assert_facts(unsigned expected, unsigned found)
{
	char part[80];

	snprintf(part, sizeof(part), "\"rules_expected\":\"%u\",\"rules_found\":\"%u\"", expected,
		found);
	assert_has(report, part);
}

/* ---- rules ---------------------------------------------------------------------------------- */

static void nothing_happens(void **state)
{
	unsigned requests;

	(void)state;
	begin();
	requests = fake_audit.request_count;
	run_ms(MINUTE_MS - 1);
	assert_int_equal(fake_audit.request_count, requests + 3); /* the status */
	run_ms(1);
	assert_true(fake_audit.request_count > requests + 3);
	run_ms(10 * MINUTE_MS);
	assert_no_report();
	assert_string_equal(said, "");
	end();
}

static void put_back_at_the_interval(void **state)
{
	(void)state;
	set("watch.interval=2s");
	begin();
	delete_all();
	run_ms(1999);
	assert_int_equal(fake_audit.rule_count, 0);
	run_ms(GUARD_SOON_MS);
	assert_int_equal(fake_audit.rule_count, 0);
	run_ms(1);
	assert_true(rules_are_ours());
	run_ms(BLAME_MS - 1);
	assert_no_report(); /* nobody is known, yet */
	run_ms(1);
	assert_report("restored-audit-rules", "success");
	assert_facts(3, 0);
	assert_has(report, "\"rules_now\":\"3\"");
	assert_lacks(report, "\"user\"");
	assert_lacks(report, "\"process\"");
	assert_has(said, "the kernel's audit rules were changed by somebody else: 0 where 3 were "
			 "loaded; they were put back\n");
	run_ms(MINUTE_MS);
	assert_no_report();
	end();
}

static void put_back_at_once_and_who(void **state)
{
	(void)state;
	begin();
	delete_all();
	config_change(812);
	run_ms(ACT_MS - 1);
	assert_int_equal(fake_audit.rule_count, 0);
	run_ms(1);
	assert_true(rules_are_ours());
	assert_report("restored-audit-rules", "success");
	assert_facts(3, 0);
	assert_has(report, "\"user\":{\"id\":\"0\",\"name\":\"root\",\"audit\":{\"id\":\"1000\"}}");
	assert_has(report, "\"process\":{\"pid\":812,\"name\":\"auditctl\",\"executable\":"
			   "\"/usr/sbin/auditctl\"}");
	assert_no_report();
	end();
}

static void one_rule_more_less_or_another(void **state)
{
	(void)state;
	begin();
	add_one(77);
	run_ms(MINUTE_MS + GUARD_SOON_MS + BLAME_MS);
	assert_true(rules_are_ours());
	assert_report("restored-audit-rules", "success");
	assert_facts(3, 4);
	fake_audit.rule_count--;
	run_ms(MINUTE_MS + GUARD_SOON_MS + BLAME_MS);
	assert_true(rules_are_ours());
	assert_report("restored-audit-rules", "success");
	assert_facts(3, 2);
	put_rule(1, 77);
	run_ms(MINUTE_MS + GUARD_SOON_MS + BLAME_MS);
	assert_true(rules_are_ours());
	assert_report("restored-audit-rules", "success");
	assert_facts(3, 3);
	assert_no_report();
	end();
}

/* The event that says who may be held back by one before it that has no end record. */
static void who_is_known_later(void **state)
{
	(void)state;
	begin();
	fake_audit_record(AUDIT_SYSCALL, "audit(1700000001.000:7): arch=c000003e syscall=1 pid=5");
	config_change(812);
	delete_all();
	run_ms(ACT_MS);
	assert_true(rules_are_ours());
	run_ms(2000 - ACT_MS);
	assert_no_report();
	run_ms(1);
	assert_report("restored-audit-rules", "success");
	assert_facts(3, 0);
	assert_has(report, "\"pid\":812");
	assert_has(report, "\"@timestamp\":\"2023-11-14T22:13:20.400Z\"");
	run_ms(MINUTE_MS);
	assert_no_report();
	end();
}

static void the_end_does_not_wait(void **state)
{
	(void)state;
	set("watch.interval=1s");
	begin();
	delete_all();
	run_ms(1000 + GUARD_SOON_MS);
	assert_true(rules_are_ours());
	assert_no_report();
	end();
	assert_report("restored-audit-rules", "success");
}

/* auditctl deletes one rule after the other, and had its list before. */
static void not_while_somebody_is_at_it(void **state)
{
	(void)state;
	begin();
	for (unsigned left = RULES; left-- > 0;) {
		fake_audit.rule_count = left;
		config_change(812);
		run_ms(GUARD_SOON_MS);
	}
	assert_int_equal(fake_audit.rule_count, 0);
	assert_no_report();
	run_ms(GUARD_SOON_MS);
	assert_true(rules_are_ours());
	assert_report("restored-audit-rules", "success");
	assert_facts(3, 0);
	assert_no_report();
	/* But not for ever. */
	run_ms(GUARD_PAUSE_MS);
	for (unsigned i = 0; i < GUARD_LOOKS - 1; i++) {
		add_one(100 + i);
		config_change(812);
		run_ms(GUARD_SOON_MS);
		assert_int_equal(fake_audit.rule_count, RULES + i + 1);
	}
	add_one(99);
	config_change(812);
	run_ms(GUARD_SOON_MS);
	assert_true(rules_are_ours());
	assert_report("restored-audit-rules", "success");
	end();
}

/* Deleting takes its time, so a turn does a part of it. */
static void many_rules_are_put_back_in_parts(void **state)
{
	static const unsigned many[] = {
		1, WATCH_DELETES - 1, WATCH_DELETES, WATCH_DELETES + 1, 5 * WATCH_DELETES};

	(void)state;
	begin();
	for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++) {
		unsigned least = 1000, turns = 0;

		for (unsigned n = 0; n < many[i]; n++)
			add_one(100 + n);
		config_change(812);
		run_ms(ACT_MS - 1);
		fake_sys_clock_advance_ms(1);
		while (turns++ < 100 && !rules_are_ours()) {
			unsigned before = fake_audit.rule_count;

			turn(0);
			if (before - fake_audit.rule_count < least &&
				before != fake_audit.rule_count)
				least = before - fake_audit.rule_count;
			assert_true(before - fake_audit.rule_count <= WATCH_DELETES);
		}
		assert_true(least <= WATCH_DELETES);
		run_ms(0);
		assert_report("restored-audit-rules", "success");
		assert_facts(3, 3 + many[i]);
		assert_has(report, "\"pid\":812");
		assert_no_report();
		run_ms(MINUTE_MS);
		assert_no_report();
	}
	end();
}

/* Ours come with our pid, or, as our system calls are left out, without any. */
static void own_changes_are_nobody_elses(void **state)
{
	unsigned requests;

	(void)state;
	begin();
	requests = fake_audit.request_count;
	config_change(FAKE_SYS_PID);
	fake_audit_record(AUDIT_CONFIG_CHANGE,
		"audit(1700000001.000:900): auid=4294967295 op=add_rule list=4 res=1");
	run_ms(3000);
	assert_int_equal(fake_audit.request_count, requests + 2); /* looked at, once */
	assert_no_report();
	config_change(FAKE_SYS_PID);
	delete_all();
	run_ms(ACT_MS + BLAME_MS);
	assert_report("restored-audit-rules", "success");
	assert_lacks(report, "\"process\"");
	end();
}

static void who_did_something_else_is_not_to_blame(void **state)
{
	(void)state;
	begin();
	config_change(812); /* the rules are as they were */
	run_ms(2 * GUARD_SOON_MS);
	assert_no_report();
	delete_all();
	run_ms(MINUTE_MS + GUARD_SOON_MS + BLAME_MS);
	assert_report("restored-audit-rules", "success");
	assert_lacks(report, "812");
	config_change(813);
	delete_all();
	run_ms(GUARD_PAUSE_MS + 2 * GUARD_SOON_MS);
	assert_report("restored-audit-rules", "success");
	assert_has(report, "\"pid\":813");
	delete_all();
	run_ms(MINUTE_MS + GUARD_SOON_MS + BLAME_MS);
	assert_report("restored-audit-rules", "success");
	assert_lacks(report, "813");
	end();
}

static void a_pause_between_two(void **state)
{
	unsigned times = 0;

	(void)state;
	begin();
	/* Another agent, of the same mind. */
	for (unsigned i = 0; i < 100; i++) {
		delete_all();
		config_change(900);
		run_ms(ACT_MS);
		if (rules_are_ours())
			times++;
	}
	assert_int_equal(times, 100 * ACT_MS / GUARD_PAUSE_MS);
	for (unsigned i = 0; i < times; i++) {
		assert_report("restored-audit-rules", "success");
		assert_has(report, "\"pid\":900");
	}
	assert_no_report();
	run_ms(GUARD_PAUSE_MS); /* and in the end ours are there */
	assert_true(rules_are_ours());
	end();
}

static void only_told(void **state)
{
	(void)state;
	set("watch.restore=false");
	begin();
	delete_all();
	config_change(812);
	run_ms(ACT_MS);
	assert_int_equal(fake_audit.rule_count, 0);
	assert_report("changed-audit-rules", "success");
	assert_facts(3, 0);
	assert_lacks(report, "rules_now");
	assert_has(report, "\"pid\":812");
	assert_has(said, "left as they are (watch.restore)");
	run_ms(10 * MINUTE_MS); /* once */
	assert_no_report();
	add_one(5); /* and what is new again */
	run_ms(MINUTE_MS + GUARD_SOON_MS + BLAME_MS);
	assert_report("changed-audit-rules", "success");
	assert_facts(3, 1);
	/* As they were, and away again. */
	delete_all();
	for (unsigned pid = 1; pid <= RULES; pid++)
		add_one(pid);
	run_ms(MINUTE_MS + GUARD_SOON_MS + BLAME_MS);
	assert_no_report();
	fake_audit.rule_count = 1;
	run_ms(MINUTE_MS + GUARD_SOON_MS + BLAME_MS);
	assert_report("changed-audit-rules", "success");
	assert_facts(3, 1);
	end();
}

static void locked_by_others(void **state)
{
	(void)state;
	begin();
	delete_all();
	fake_audit.status.enabled = 2;
	config_change(812);
	run_ms(ACT_MS);
	assert_report("locked-auditing", "success");
	assert_has(report, "\"pid\":812");
	assert_report("changed-audit-rules", "failure");
	assert_facts(3, 0);
	assert_has(report, "\"pid\":812");
	assert_has(report, "the configuration is locked");
	run_ms(10 * MINUTE_MS);
	assert_no_report();
	end();
}

static int refuse_second(const struct audit_rule_data *rule)
{
	return rule->values[0] == 2 ? ENOENT : 0;
}

static void as_far_as_the_kernel_takes_them(void **state)
{
	(void)state;
	begin();
	fake_audit.refuse_rule = refuse_second; /* its directory has gone, say */
	delete_all();
	config_change(812);
	run_ms(ACT_MS);
	assert_int_equal(fake_audit.rule_count, 2);
	assert_report("restored-audit-rules", "failure");
	assert_facts(3, 0);
	assert_has(report, "\"rules_now\":\"2\"");
	assert_has(said, "they were put back as far as the kernel takes them: 2\n");
	run_ms(10 * MINUTE_MS); /* not again and again */
	assert_no_report();
	/* But with the next change. */
	fake_audit.refuse_rule = NULL;
	delete_all();
	config_change(813);
	run_ms(ACT_MS);
	assert_true(rules_are_ours());
	assert_report("restored-audit-rules", "success");
	end();
}

static void trouble_is_tried_again(void **state)
{
	(void)state;
	begin();
	delete_all();
	fake_audit.refuse[AUDIT_ADD_RULE] = ENOMEM;
	config_change(812);
	run_ms(ACT_MS);
	assert_report("restored-audit-rules", "failure");
	assert_has(report, "\"rules_now\":\"0\"");
	fake_audit.refuse[AUDIT_ADD_RULE] = 0;
	run_ms(MINUTE_MS + GUARD_SOON_MS + BLAME_MS);
	assert_true(rules_are_ours());
	assert_report("restored-audit-rules", "success");
	assert_facts(3, 0);
	assert_no_report();
	/* Not even deleting works, though nothing is locked. */
	put_rule(0, 77);
	fake_audit.refuse[AUDIT_DEL_RULE] = EPERM;
	run_ms(MINUTE_MS + GUARD_SOON_MS + BLAME_MS);
	assert_report("changed-audit-rules", "failure");
	assert_has(report, strerror(EPERM));
	fake_audit.refuse[AUDIT_DEL_RULE] = 0;
	run_ms(MINUTE_MS + GUARD_SOON_MS + BLAME_MS);
	assert_true(rules_are_ours());
	assert_report("restored-audit-rules", "success");
	assert_no_report();
	end();
}

static void too_many_to_keep(void **state)
{
	(void)state;
	begin();
	guard.watch.kept = false;
	delete_all();
	config_change(812);
	run_ms(ACT_MS);
	assert_report("changed-audit-rules", "failure");
	assert_has(report, "too many to keep");
	assert_int_equal(fake_audit.rule_count, 0);
	run_ms(10 * MINUTE_MS);
	assert_no_report();
	end();
}

static void never(void **state)
{
	(void)state;
	set("watch.interval=0s");
	begin();
	delete_all();
	config_change(812);
	run_ms(10 * MINUTE_MS);
	assert_int_equal(fake_audit.rule_count, 0);
	assert_no_report();
	assert_int_equal(agent->changer.serial, 0);
	end();
}

/* ---- answers -------------------------------------------------------------------------------- */

static unsigned requests_of(uint16_t type)
{
	unsigned n = 0;

	for (unsigned i = 0; i < fake_audit.request_count; i++)
		n += fake_audit.requests[i].type == type;
	return n;
}

static void answer_status(void)
{
	fake_audit_message(live.ac.control.fd, AUDIT_GET, live.query, &fake_audit.status,
		fake_audit.status_bytes);
}

/* While the kernel owes an answer, nothing waits for another one. */
static void not_while_an_answer_is_owed(void **state)
{
	(void)state;
	begin();
	delete_all();
	config_change(812);
	run_ms(ACT_MS - 1);
	fake_audit.silent = true;
	run_ms(1);
	/* The list came, the status did not. */
	assert_int_not_equal(live.query, 0);
	fake_audit_message(live.ac.control.fd, NLMSG_DONE, guard.watch.query, NULL, 0);
	for (unsigned i = 0; i < 10; i++) {
		const int64_t before_ms = sys_monotonic_ms();

		turn(0);
		assert_int_equal(sys_monotonic_ms(), before_ms);
	}
	assert_int_equal(requests_of(AUDIT_ADD_RULE), RULES);
	assert_no_report();
	fake_audit.silent = false;
	answer_status();
	turn(0);
	turn(0);
	assert_true(rules_are_ours());
	assert_report("restored-audit-rules", "success");
	assert_facts(3, 0);
	assert_has(report, "\"pid\":812");
	end();
}

/* The answer to a question that came before the change says nothing of it. */
static void an_old_answer_is_waited_for(void **state)
{
	uint32_t query;

	(void)state;
	set("watch.interval=1s");
	begin();
	run_ms(999);
	fake_audit.no_reply = true;
	run_ms(1);
	query = guard.watch.query;
	assert_int_not_equal(query, 0);
	fake_audit.no_reply = false;
	delete_all();
	config_change(812);
	run_ms(ACT_MS);
	assert_int_equal(guard.watch.query, query);
	/* Here it is, the rules as they were. */
	for (unsigned i = 0; i < RULES; i++) {
		const struct audit_rule_data rule = rule_of(i + 1);

		fake_audit_message(
			live.ac.control.fd, AUDIT_LIST_RULES, query, &rule, sizeof(rule));
	}
	fake_audit_message(live.ac.control.fd, NLMSG_DONE, query, NULL, 0);
	answer_status();
	turn(0);
	turn(0);
	assert_int_equal(fake_audit.rule_count, 0);
	run_ms(2 * GUARD_SOON_MS);
	assert_true(rules_are_ours());
	assert_report("restored-audit-rules", "success");
	assert_has(report, "\"pid\":812");
	end();
}

static void a_kernel_that_does_not_answer(void **state)
{
	(void)state;
	begin();
	fake_audit.no_reply = true;
	run_ms(20 * MINUTE_MS);
	assert_report("noticed", "failure");
	assert_has(report, "does not answer");
	assert_no_report(); /* once */
	fake_audit.no_reply = false;
	delete_all();
	run_ms(2 * MINUTE_MS);
	assert_true(rules_are_ours());
	assert_report("restored-audit-rules", "success");
	end();
}

/* A listing that lost a piece is no reason to do anything. */
static void a_loss_is_no_drift(void **state)
{
	(void)state;
	set("watch.interval=1s");
	begin();
	run_ms(999);
	fake_audit.no_reply = true;
	run_ms(1);
	fake_audit.no_reply = false;
	fake_sys_deliver_error(live.ac.control.fd, ENOBUFS);
	fake_audit_message(live.ac.control.fd, NLMSG_DONE, guard.watch.query, NULL, 0);
	run_ms(MINUTE_MS);
	assert_no_report();
	assert_int_equal(requests_of(AUDIT_ADD_RULE), RULES);
	end();
}

/* Switching on waits for its ack: the list that is under way is asked for again. */
static void a_list_under_way_is_asked_for_again(void **state)
{
	(void)state;
	begin();
	delete_all();
	fake_audit.status.enabled = 0;
	config_change(812);
	run_ms(GUARD_SOON_MS - 1);
	fake_audit.no_reply = true;
	turn(1);
	fake_audit.no_reply = false;
	assert_int_not_equal(guard.watch.query, 0);
	answer_status();
	turn(0);
	turn(0);
	assert_int_equal(fake_audit.status.enabled, 1);
	assert_int_equal(guard.watch.query, 0);
	assert_report("enabled-auditing", "success");
	assert_has(report, "\"pid\":812");
	run_ms(ACT_MS);
	assert_true(rules_are_ours());
	assert_report("restored-audit-rules", "success");
	assert_has(report, "\"pid\":812");
	end();
}

/* ---- enabled -------------------------------------------------------------------------------- */

static void switched_on_again(void **state)
{
	(void)state;
	begin();
	fake_audit.status.enabled = 0;
	config_change(812);
	run_ms(ACT_MS);
	assert_int_equal(fake_audit.status.enabled, 1);
	assert_report("enabled-auditing", "success");
	assert_has(report, "\"pid\":812");
	assert_has(said, "auditing was switched off by somebody else (enabled 0); it was switched "
			 "on again\n");
	run_ms(MINUTE_MS);
	assert_no_report();
	/* Without an event at the next check of the status. */
	fake_audit.status.enabled = 0;
	run_ms(LIMIT_STATUS_CHECK_MS + BLAME_MS);
	assert_int_equal(fake_audit.status.enabled, 1);
	assert_report("enabled-auditing", "success");
	assert_lacks(report, "\"process\"");
	assert_no_report();
	end();
}

static void cannot_be_switched_on(void **state)
{
	(void)state;
	begin();
	fake_audit.status.enabled = 0;
	fake_audit.refuse[AUDIT_SET] = EPERM;
	run_ms(10 * MINUTE_MS);
	assert_report("enabled-auditing", "failure");
	assert_no_report(); /* tried again and again, told once */
	fake_audit.refuse[AUDIT_SET] = 0;
	run_ms(LIMIT_STATUS_CHECK_MS + BLAME_MS);
	assert_int_equal(fake_audit.status.enabled, 1);
	assert_report("enabled-auditing", "success");
	end();
}

static void off_is_only_told(void **state)
{
	(void)state;
	set("watch.restore=false");
	begin();
	fake_audit.status.enabled = 0;
	config_change(812);
	run_ms(ACT_MS);
	assert_report("disabled-auditing", "success");
	assert_has(report, "\"pid\":812");
	run_ms(10 * MINUTE_MS);
	assert_no_report();
	assert_int_equal(fake_audit.status.enabled, 0);
	fake_audit.status.enabled = 1;
	run_ms(LIMIT_STATUS_CHECK_MS + BLAME_MS);
	assert_report("enabled-auditing", "success");
	assert_no_report();
	end();
}

static void beside_another_daemon(void **state)
{
	unsigned requests;

	(void)state;
	set("socket_type=multicast");
	begin();
	assert_true(live.ac.multicast);
	requests = requests_of(AUDIT_SET);
	delete_all();
	fake_audit.status.enabled = 0;
	run_ms(2 * MINUTE_MS);
	assert_report("disabled-auditing", "success");
	assert_no_report();
	assert_int_equal(requests_of(AUDIT_SET), requests);
	assert_int_equal(requests_of(AUDIT_LIST_RULES), 0);
	end();
}

static void another_daemon_is_told(void **state)
{
	(void)state;
	begin();
	fake_sys_file_text("/proc/99/comm", "auditd\n");
	fake_audit.status.pid = 99;
	run_ms(LIMIT_STATUS_CHECK_MS);
	assert_report("noticed", "success");
	assert_has(report, "pid 99 (auditd)");
	assert_no_report();
	end();
}

/* ---- start and end -------------------------------------------------------------------------- */

static void locked_before_us(void **state)
{
	(void)state;
	add_one(5);
	fake_audit.status.enabled = 2;
	set("immutable=true");
	start(UDP, false);
	live.ac = (struct audit_control){.locked = false};
	assert_int_equal(begin_live(), 0); /* the rules cannot be loaded: a notice */
	assert_int_equal(begin_guard(), 0);
	assert_int_equal(guard.watch.wanted.count, 1);
	told = fake_sys_sent_count();
	run_ms(10 * MINUTE_MS);
	assert_no_report();
	/* The kernel itself deletes what watches a directory that goes. */
	delete_all();
	run_ms(MINUTE_MS + GUARD_SOON_MS + BLAME_MS);
	assert_report("changed-audit-rules", "failure");
	end();
}

static void rules_that_cannot_be_listed(void **state)
{
	(void)state;
	start(UDP, false);
	assert_int_equal(begin_live(), 0);
	fake_audit.refuse[AUDIT_LIST_RULES] = EPERM;
	assert_int_equal(begin_guard(), -EPERM);
	told = fake_sys_sent_count();
	delete_all();
	fake_audit.status.enabled = 0; /* that is seen nevertheless */
	config_change(812);
	run_ms(ACT_MS);
	assert_report("enabled-auditing", "success");
	run_ms(2 * MINUTE_MS);
	assert_no_report();
	end();
}

static void no_timer_is_left(void **state)
{
	(void)state;
	start(UDP, false);
	assert_int_equal(begin_live(), 0);
	while (loop_timer_add(&loop, LOOP_NEVER, 0, (void (*)(void *))abort, NULL) >= 0)
		;
	assert_int_equal(begin_guard(), -ENOSPC);
	told = fake_sys_sent_count();
	delete_all();
	config_change(812);
	run_ms(2 * MINUTE_MS);
	assert_no_report();
	assert_int_equal(agent->changer.serial, 0);
	end();
}

/* Before the start, and when it ends, hooks are called as well. */
static void outside_of_its_life(void **state)
{
	const struct audit_control_status status = {.values = {.enabled = 0}};

	(void)state;
	guard_status(&guard, &status);
	guard_reply(&guard, NLMSG_DONE, 7, NULL, 0);
	guard_turn(&guard);
	begin();
	fake_audit.status.enabled = 0;
	delete_all();
	config_change(812);
	loop_stop(&loop);
	run_ms(10 * GUARD_SOON_MS);
	assert_int_equal(fake_audit.status.enabled, 0);
	assert_int_equal(fake_audit.rule_count, 0);
	end();
}

/* The n-th call fails, whichever it is: later, rules and auditing are as they should be. */
static void every_call_may_fail(void **state)
{
	static const int errors[] = {EINTR, ENOBUFS, ENOMEM, EAGAIN, EPERM};
	unsigned lives = 0;

	for (size_t e = 0; e < sizeof(errors) / sizeof(errors[0]); e++) {
		for (unsigned n = 1; n <= 160; n++) {
			guard_teardown(state);
			guard_setup(state);
			begin();
			delete_all();
			fake_audit.status.enabled = 0;
			config_change(812);
			fake_sys_fail_nth(n, errors[e]);
			run_ms(3 * MINUTE_MS);
			if (!loop.stopping && live.control_source >= 0) {
				lives++;
				if (!rules_are_ours() || fake_audit.status.enabled != 1)
					fail_msg("errno %d at call %u: %u rules, enabled %u",
						errors[e], n, fake_audit.rule_count,
						fake_audit.status.enabled);
			}
			fake_sys_fail_nth(0, 0);
			end();
		}
	}
	assert_true(lives > 700);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, guard_setup, guard_teardown)
		TEST(nothing_happens),
		TEST(put_back_at_the_interval),
		TEST(put_back_at_once_and_who),
		TEST(one_rule_more_less_or_another),
		TEST(who_is_known_later),
		TEST(the_end_does_not_wait),
		TEST(not_while_somebody_is_at_it),
		TEST(many_rules_are_put_back_in_parts),
		TEST(own_changes_are_nobody_elses),
		TEST(who_did_something_else_is_not_to_blame),
		TEST(a_pause_between_two),
		TEST(only_told),
		TEST(locked_by_others),
		TEST(as_far_as_the_kernel_takes_them),
		TEST(trouble_is_tried_again),
		TEST(too_many_to_keep),
		TEST(never),
		TEST(not_while_an_answer_is_owed),
		TEST(an_old_answer_is_waited_for),
		TEST(a_kernel_that_does_not_answer),
		TEST(a_loss_is_no_drift),
		TEST(a_list_under_way_is_asked_for_again),
		TEST(switched_on_again),
		TEST(cannot_be_switched_on),
		TEST(off_is_only_told),
		TEST(beside_another_daemon),
		TEST(another_daemon_is_told),
		TEST(locked_before_us),
		TEST(rules_that_cannot_be_listed),
		TEST(no_timer_is_left),
		TEST(outside_of_its_life),
		TEST(every_call_may_fail),
	};

	return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
