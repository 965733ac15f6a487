#include "support_reload.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "rules_explain.h"
#include "rules_print.h"
#include "config_read.h"

struct reload_run run;
char said[16384];
char report[32768];
static unsigned seen; /* documents */

static void say(void *ctx, const char *line)
{
	(void)ctx;
	assert_null(strchr(line, '\n'));
	snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s\n", line);
}

int reload_setup(void **state)
{
	setup(state);
	fake_audit_start();
	memset(&run, 0, sizeof(run));
	said[0] = '\0';
	seen = 0;
	fake_sys_file_text("/proc/self/uid_map", "0 0 4294967295\n");
	fake_sys_file_text("/etc/machine-id", "0123456789abcdef0123456789abcdef\n");
	fake_sys_file_text("/etc/passwd", "root:x:0:0::/:\nalice:x:1000:1000::/:\n");
	fake_sys_file_text("/etc/group", "root:x:0:\n");
	return 0;
}

int reload_teardown(void **state)
{
	assert_int_equal(fake_sys_open_count(), 0);
	return teardown(state);
}

void write_config(const char *members)
{
	char text[16384];

	snprintf(text, sizeof(text), "{\n%s%s%s\n}\n",
		strstr(members, "\"output\"") ? "" : "\"output\": \"udp://192.0.2.1:514\"",
		*members && !strstr(members, "\"output\"") ? ",\n" : "", members);
	fake_sys_file_text(CONFIG, text);
}

void write_rules(const char *lines)
{
	fake_sys_file_text(RULES, lines);
	fake_sys_file_owner(RULES, S_IFREG | 0600, 0);
}

/* ---- what cmd_run.c has ----------------------------------------------------------------- */

static void on_record(void *ctx, uint16_t type, const char *text, size_t len)
{
	(void)ctx;
	agent_record(agent, type, (struct span){text, (uint32_t)len});
	guard_record(&run.guard, type);
}

static void on_notice(void *ctx, const char *line)
{
	say(ctx, line);
	agent_report_line(agent, line);
}

static void on_status(void *ctx, const struct audit_control_status *status, uint32_t lost)
{
	(void)ctx;
	(void)lost;
	guard_status(&run.guard, status);
}

static void on_reply(void *ctx, uint16_t type, uint32_t sequence, const void *payload, size_t len)
{
	(void)ctx;
	guard_reply(&run.guard, type, sequence, payload, len);
}

static int load_rules(void *ctx, struct netlink *control, struct audit_error *e)
{
	(void)ctx;
	(void)e;
	run.compared++;
	return rules_load(&run.rules, &run.reload.change, control);
}

static void unload_self(void *ctx, struct netlink *control)
{
	(void)ctx;
	(void)rules_unload_self(&run.rules, control);
}

static bool configure(void *ctx, struct config *c, struct config_error *e)
{
	(void)ctx;
	config_init(c);
	return config_read(c, CONFIG, true, e);
}

static void on_changed(void *ctx)
{
	(void)ctx;
	run.changed++;
}

static void on_busy(void *ctx, bool is_busy)
{
	(void)ctx;
	run.busy += is_busy ? 1 : -1;
	assert_in_range(run.busy, 0, 1);
}

static void on_signal(void *ctx, int signo)
{
	(void)ctx;
	if (signo == SIGHUP)
		reload_request(&run.reload);
}

static int begin_live(void)
{
	const bool rules = reload_has_rules(&agent->config);
	const struct audit_source_hooks hooks = {
		.record = on_record,
		.notice = on_notice,
		.status = on_status,
		.reply = on_reply,
		.load_rules = rules ? load_rules : NULL,
		.unload_self = unload_self,
	};
	struct audit_error e;

	rules_host_init(&run.host, &agent->identity);
	reload_point(&run.rules, &agent->config);
	run.rules.files.environment = &run.host.environment;
	run.rules.files.print = say;
	run.rules.self_pid = rules ? FAKE_SYS_PID : 0;
	if (rules && !rules_prepare(&run.rules, &run.reload.change))
		return 1;
	return audit_source_start(
		&run.source, &agent->config, &run.loop, &agent->counters, &hooks, &e);
}

int begin(void)
{
	const struct reload_parts parts = {
		.agent = agent,
		.source = &run.source,
		.loop = &run.loop,
		.guard = &run.guard,
		.rules = &run.rules,
		.host = &run.host,
		.configure = configure,
		.print = say,
		.compare = load_rules,
		.changed = on_changed,
		.busy = on_busy,
	};
	struct guard_parts guard = {.agent = agent,
		.source = &run.source,
		.loop = &run.loop,
		.print = say,
		.loader = &run.rules};

	loop_init(&run.loop);
	assert_int_equal(loop_signals(&run.loop, on_signal, NULL), 0);
	if (!configure(NULL, &agent->config, &error) || !agent_start(agent, false, &error) ||
		begin_live() != 0) {
		sys_close(run.loop.signal_fd);
		return 1;
	}
	guard.rules = reload_has_rules(&agent->config) && !run.source.ac.multicast;
	assert_int_equal(guard_start(&run.guard, &guard), 0);
	assert_int_equal(reload_start(&run.reload, &parts), 0);
	run_turns();
	run.compared = 0;
	fake_audit.request_count = 0;
	seen = fake_sys_sent_count();
	said[0] = '\0';
	return 0;
}

void turn(int max_wait_ms)
{
	agent_tick(agent, sys_monotonic_ms());
	guard_turn(&run.guard);
	reload_turn(&run.reload);
	(void)loop_turn(&run.loop, max_wait_ms);
}

void run_turns(void)
{
	/* Also what waits for time to pass, but for intervals. */
	for (unsigned i = 0;
		i < 400 && (i < 12 || run.reload.is_requested || run.reload.is_changing_rules); i++)
		turn(i < 12 ? 0 : LIMIT_RELOAD_LOOK_MS);
}

void hup(void)
{
	fake_sys_signal(SIGHUP);
	run_turns();
}

void end_run(void)
{
	reload_stop(&run.reload);
	audit_source_stop(&run.source, sys_monotonic_ms());
	guard_stop(&run.guard);
	agent_stop(agent, sys_monotonic_ms() + LIMIT_STOP_MS);
	sys_close(run.loop.signal_fd);
}

#define WITH_RULES "\"audit_rule_files\": [\"" RULES "\"]"

void write_both(const char *members, const char *rules)
{
	char text[8192];

	snprintf(text, sizeof(text), "%s,\n%s", WITH_RULES, members);
	write_config(*members ? text : WITH_RULES);
	write_rules(rules);
}

void begin_with(const char *members, const char *rules)
{
	write_both(members, rules);
	if (begin() != 0)
		fail_msg("%s%s", error.text, said);
}

/* ---- what is to be seen ------------------------------------------------------------------- */

bool next_report(void)
{
	while (seen < fake_sys_sent_count()) {
		const struct fake_sent *sent = fake_sys_sent(seen++);

		if (sent->type != SOCK_DGRAM ||
			!strstr(sent->data, "\"message_type\":\"ecsaudit\""))
			continue;
		cJSON_Delete(document_of(sent));
		snprintf(report, sizeof(report), "%s", sent->data);
		return true;
	}
	return false;
}

void assert_reloaded(const char *outcome, const char *part)
{
	char head[96];

	snprintf(head, sizeof(head), "\"action\":\"reloaded-configuration\",\"outcome\":\"%s\"",
		outcome);
	if (!next_report())
		fail_msg("no report; said: %s", said);
	if (!strstr(report, head) || !strstr(report, part))
		fail_msg("%s\nlacks %s or %s", report, head, part);
	assert_int_equal(run.busy, 0);
}

void assert_said(const char *part)
{
	if (!strstr(said, part))
		fail_msg("\"%s\" lacks \"%s\"", said, part);
}

const char *document_of_event(unsigned serial)
{
	static char text[2][16384];
	static unsigned which;
	const struct fake_sent *sent;
	const char *json;
	char record[256];

	snprintf(record, sizeof(record),
		"audit(1700000000.123:%u): pid=1 uid=1000 auid=1000 ses=1 "
		"msg='unit=box exe=\"/sbin/init\" res=success'",
		serial);
	fake_audit_record(SERVICE_START, record);
	turn(0);
	sent = fake_sys_sent(fake_sys_sent_count() - 1);
	assert_int_equal(sent->type, SOCK_DGRAM);
	json = strchr(sent->data, '{');
	assert_non_null(json);
	which ^= 1;
	snprintf(text[which], sizeof(text[which]), "%s", json);
	return text[which];
}

const char *effective(void)
{
	static char text[32768];

	assert_true(config_print(&agent->config, text, sizeof(text)) > 0);
	return text;
}

const char *in_kernel(void)
{
	static char text[2][65536];
	static unsigned which;
	const struct audit_status *s = &fake_audit.status;
	struct rules_data rule;
	struct text t;

	which ^= 1;
	text_init(&t, text[which], sizeof(text[which]));
	for (unsigned i = 0; i < fake_audit.rule_count; i++) {
		assert_true(rules_explain_copy(
			&rule, fake_audit.rules[i].data, fake_audit.rules[i].len));
		rules_print(&t, &rule, "x86_64", RULES_AUDITCTL);
		text_puts(&t, "\n");
	}
	snprintf(text[which] + t.used, sizeof(text[which]) - t.used,
		"enabled %u failure %u backlog_limit %u rate_limit %u wait_time %u\n", s->enabled,
		s->failure, s->backlog_limit, s->rate_limit, s->backlog_wait_time);
	return text[which];
}
