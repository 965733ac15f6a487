#include "support_guard.h"
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

unsigned told;	    /* documents seen already */
char said[4096];    /* every line and a newline */
char report[16384]; /* the document of next_report() */
unsigned serial;

/* ---- the kernel's rules --------------------------------------------------------------------- */

/* As somebody else would, on no socket of ours. */
void put_rule(unsigned at, unsigned pid)
{
	const struct audit_rule_data rule = fake_audit_rule(pid);

	fake_audit.rules[at].len = sizeof(rule);
	memcpy(fake_audit.rules[at].data, &rule, sizeof(rule));
}

void delete_all(void)
{
	fake_audit.rule_count = 0;
}

void add_one(unsigned pid)
{
	put_rule(fake_audit.rule_count++, pid);
}

bool rules_are_ours(void)
{
	for (unsigned i = 0; i < fake_audit.rule_count && i < RULES; i++) {
		const struct audit_rule_data rule = fake_audit_rule(i + 1);

		if (memcmp(fake_audit.rules[i].data, &rule, sizeof(rule)) != 0)
			return false;
	}
	return fake_audit.rule_count == RULES;
}

/* What auditctl leaves in the records: the change, and who made it. */
void config_change(unsigned pid)
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
	agent_report_line(agent, line);
}

static void say(void *ctx, const char *line)
{
	(void)ctx;
	assert_null(strchr(line, '\n'));
	snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s\n", line);
}

static const struct audit_source_hooks hooks = {
	.record = on_record,
	.notice = on_notice,
	.status = guarded_status,
	.reply = guarded_reply,
	.load_rules = guarded_load_rules,
};

int support_begin_live(void)
{
	struct audit_error e;

	loop_init(&loop);
	return audit_source_start(&source, &agent->config, &loop, &agent->counters, &hooks, &e);
}

int support_begin_guard(void)
{
	const struct guard_parts parts = {
		.agent = agent,
		.source = &source,
		.loop = &loop,
		.rules = !source.ac.multicast,
		.print = say,
	};

	return guard_start(&guard, &parts);
}

void support_begin(void)
{
	start(UDP, false);
	assert_int_equal(support_begin_live(), 0);
	assert_int_equal(support_begin_guard(), 0);
	told = fake_sys_sent_count();
}

void support_turn(int max_wait_ms)
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
void support_run_ms(int64_t ms)
{
	const int64_t end_ms = sys_monotonic_ms() + ms;

	do
		support_turn((int)(end_ms - sys_monotonic_ms()));
	while (sys_monotonic_ms() < end_ms);
	/* And what follows from it. */
	for (unsigned i = 0; i < 10; i++)
		support_turn(0);
}

void support_end(void)
{
	audit_source_stop(&source, sys_monotonic_ms());
	guard_stop(&guard);
	agent_stop(agent, sys_monotonic_ms() + 1000);
}

int guard_setup(void **state)
{
	setup(state);
	fake_audit_start();
	memset(&guard, 0, sizeof(guard));
	said[0] = '\0';
	serial = 100;
	fake_sys_file_text("/proc/self/uid_map", "0 0 4294967295\n");
	return 0;
}

int guard_teardown(void **state)
{
	assert_int_equal(fake_sys_open_count(), 0);
	return teardown(state);
}

/* ---- documents ------------------------------------------------------------------------------ */

/* The next document of the agent's own, into `report`; those of events are passed over. */
bool next_report(void)
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

void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("%s\nlacks\n%s", text, part);
}

void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("%s\nhas\n%s", text, part);
}

void assert_report(const char *action, const char *outcome)
{
	char part[80];

	assert_true(next_report());
	snprintf(part, sizeof(part), "\"action\":\"%s\",\"outcome\":\"%s\"", action, outcome);
	assert_has(report, part);
}

void assert_facts(unsigned expected, unsigned found)
{
	char part[80];

	snprintf(part, sizeof(part), "\"rules_expected\":\"%u\",\"rules_found\":\"%u\"", expected,
		found);
	assert_has(report, part);
}
