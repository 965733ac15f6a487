/* link: support_life.o support_faults.o support_world.o support_agent.o fake_sys.o fake_files.o
 * fake_sockets.o fake_audit.o fake_privileges.o cjson.o */
/* What the agent says of itself, while things happen to it. */
#include <errno.h>
#include <linux/audit.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fake_audit.h"
#include "support_agent.h"
#include "support_life.h"

static cJSON *now; /* what it says */

/* As whoever asks: it has to be an object and a newline, in UTF-8. */
static void ask(void)
{
	const struct span text = run_status(&life.run);
	char *copy = malloc(text.len + 1);

	assert_true(text.len < LIMIT_STATUS_BYTES);
	assert_int_equal(text.at[text.len - 1], '\n');
	memcpy(copy, text.at, text.len);
	copy[text.len] = '\0';
	assert_int_equal(strlen(copy), text.len);
	cJSON_InitHooks(NULL); /* a reload has its own */
	cJSON_Delete(now);
	now = cJSON_Parse(copy);
	free(copy);
	assert_non_null(now);
}

static const char *text(const char *name)
{
	const cJSON *item = cJSON_GetObjectItem(now, name);

	return cJSON_IsString(item) ? item->valuestring : "(absent)";
}

/* -1: it is absent. */
static double number(const char *name)
{
	const cJSON *item = cJSON_GetObjectItem(now, name);

	return cJSON_IsNumber(item) ? item->valuedouble : -1;
}

static bool nothing_happens(void *ctx, int timeout_ms)
{
	(void)ctx;
	(void)timeout_ms;
	return false;
}

static void live_for(int64_t ms)
{
	const int64_t end_ms = sys_monotonic_ms() + ms;

	while (sys_monotonic_ms() < end_ms)
		assert_true(life_turn());
	life_collect();
	ask();
}

static int be_born(void **state)
{
	(void)state;
	life_begin(WORLD_ALL, NULL, nothing_happens);
	assert_true(life.started);
	live_for(1000);
	return 0;
}

static int die(void **state)
{
	(void)state;
	cJSON_InitHooks(NULL);
	cJSON_Delete(now);
	now = NULL;
	fake_audit.refuse_rule = NULL;
	memset(fake_audit.refuse, 0, sizeof(fake_audit.refuse));
	fake_sys_signal(SIGTERM);
	life.over = true;
	while (life_turn())
		;
	life.status = run_stop(&life.run);
	life_bury();
	return 0;
}

static void assert_well(void)
{
	assert_string_equal(text("trouble"), "");
	assert_string_equal(text("output_state"), "well");
	assert_string_equal(text("output_error"), "");
}

static void assert_trouble(const char *part)
{
	if (!strstr(text("trouble"), part))
		fail_msg("no \"%s\" in \"%s\"", part, text("trouble"));
}

/* ---- the tests --------------------------------------------------------------------------------
 */

static void all_is_well(void **state)
{
	(void)state;
	assert_well();
	assert_string_equal(text("output"), agent->config.output);
	assert_int_equal(number("rules_loaded"), 2);
	assert_int_equal(number("rules_refused"), 0);
	assert_string_equal(text("version"), ECSAUDIT_VERSION);
	assert_int_equal(number("pid"), sys_getpid());
	assert_string_equal(text("config"), WORLD_CONFIG);
	assert_in_range(number("uptime_ms"), 1000, 70000);
	assert_non_null(cJSON_GetObjectItem(cJSON_GetObjectItem(now, "total"), "records_received"));
}

static void without_a_file(void **state)
{
	(void)state;
	agent->config.has_file = false;
	ask();
	assert_string_equal(text("config"), "(absent)");
}

static void odd_bytes(void **state)
{
	static char path[3000];

	(void)state;
	memset(path, 1, sizeof(path) - 1);
	life.run.request.file = path;
	run_keep_error(&life.run, "a \"line\" with \\ and \xff at its end");
	ask();
	assert_in_range(strlen(text("config")), 500, sizeof(path));
	assert_string_equal(text("last_error"), "a \"line\" with \\ and ");
	life.run.request.file = "/etc/\xc3";
	ask();
	assert_string_equal(text("config"), "/etc/");
	life.run.request.file = WORLD_CONFIG;
}

static void the_collector_goes_away(void **state)
{
	char line[300];

	(void)state;
	world_away();
	world_fallback_away();
	world_some();
	live_for(2 * (int64_t)agent->config.fallback_after_ms + 5000);
	assert_string_not_equal(text("output_state"), "well");
	assert_string_equal(text("output_error"), strerror(ENETUNREACH));
	snprintf(line, sizeof(line), "%s takes nothing: %s", agent->config.output,
		strerror(ENETUNREACH));
	assert_trouble(line);
	assert_non_null(strstr(text("last_error"), strerror(ENETUNREACH)));
	world_back();
	world_some();
	live_for(60000);
	assert_well();
	/* It stays the last one, with its time. */
	assert_non_null(strstr(text("last_error"), strerror(ENETUNREACH)));
	assert_in_range(number("last_error_ago_ms"), 60000, 300000);
}

static void something_is_lost(void **state)
{
	double before;

	(void)state;
	live_for(90000);
	before = number("last_loss_ago_ms"); /* the agent before us left a loss unreported */
	assert_true(before == -1 || before > 80000);
	world_lost();
	world_some();
	live_for(20000);
	assert_in_range(number("last_loss_ago_ms"), 0, 21000);
	assert_true(number("loss_total") > 0);
	live_for(100000);
	assert_in_range(number("last_loss_ago_ms"), 80000, 190000);
	assert_string_equal(text("trouble"), "");
}

/* Asked in the very moment. */
static void something_was_just_lost(void **state)
{
	(void)state;
	live_for(90000);
	agent->counters.receive_overruns++;
	ask();
	assert_int_equal(number("last_loss_ago_ms"), 0);
}

static int refuse_secret(const struct audit_rule_data *rule)
{
	return memmem(rule->buf, rule->buflen, "secret", 6) ? EINVAL : 0;
}

static void rules_are_refused(void **state)
{
	(void)state;
	fake_audit.refuse_rule = refuse_secret;
	world_reload_rules();
	live_for(5000);
	assert_int_equal(number("rules_loaded"), 1);
	assert_int_equal(number("rules_refused"), 1);
	assert_trouble("rules refused: 1");
	assert_non_null(strstr(text("last_error"), "1 refused"));
	fake_audit.refuse_rule = NULL;
	world_reload_rules();
	live_for(5000);
	assert_int_equal(number("rules_loaded"), 2);
	assert_string_equal(text("trouble"), "");
}

static void rules_take_calls_from_lineage(void **state)
{
	(void)state;
	assert_string_equal(text("lineage_hidden"), "(absent)");
	fake_sys_file_text(WORLD_RULES, "-a never,task -F uid=5\n-w /etc/shadow -p r -k secret\n");
	fake_sys_file_owner(WORLD_RULES, S_IFREG | 0600, 0);
	world_reload_with("\"lineage.rules\": true,");
	live_for(5000);
	assert_string_equal(text("lineage_hidden"), "partly all calls: -a never,task -F uid=5");
	assert_int_equal(number("rules_loaded"), 8);
	assert_well();
	world_reload_rules();
	live_for(5000);
	assert_string_equal(text("lineage_hidden"),
		"partly execve, execveat, fork, vfork, clone, clone3, setsid, setpgid, exit_group: "
		"-a never,exit -S all -F pid=7");
	world_reload_first();
	live_for(5000);
	assert_string_equal(text("lineage_hidden"), "(absent)");
}

static void a_reload_that_fails_changes_nothing(void **state)
{
	(void)state;
	world_reload_broken();
	live_for(5000);
	assert_non_null(strstr(text("last_error"), "configuration not reloaded"));
	assert_int_equal(number("rules_loaded"), 2);
	assert_well();
	/* Rules with a mistake are not those that are loaded. */
	fake_sys_file_text(WORLD_RULES, "-w /etc/shadow -p r -k secret\n-w nowhere\n-w x\n");
	fake_sys_file_owner(WORLD_RULES, S_IFREG | 0600, 0);
	world_reload_first();
	live_for(5000);
	assert_int_equal(number("rules_loaded"), 2);
	assert_int_equal(number("rules_refused"), 0);
	assert_string_equal(text("trouble"), "");
}

static void auditing_is_switched_off(void **state)
{
	(void)state;
	fake_audit.refuse[AUDIT_SET] = EPERM;
	fake_audit.status.enabled = 0;
	live_for(40000);
	assert_trouble("auditing is switched off");
	fake_audit.refuse[AUDIT_SET] = 0;
	fake_audit.status.enabled = 1;
	live_for(40000);
	assert_string_equal(text("trouble"), "");
}

static void another_daemon_comes(void **state)
{
	(void)state;
	fake_sys_file_text("/proc/99/comm", "auditd\n");
	fake_audit.status.pid = 99;
	fake_audit.registered_fd = -1;
	live_for(40000);
	assert_trouble("the kernel sends the records to another process");
	assert_non_null(strstr(text("last_error"), "pid 99 (auditd)"));
	fake_sys_file_remove("/proc/99/comm");
	fake_audit.daemon_dead = true;
	live_for(60000);
	assert_string_equal(text("trouble"), "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, be_born, die)
	const struct CMUnitTest tests[] = {
		TEST(all_is_well),
		TEST(without_a_file),
		TEST(odd_bytes),
		TEST(the_collector_goes_away),
		TEST(something_is_lost),
		TEST(something_was_just_lost),
		TEST(rules_are_refused),
		TEST(rules_take_calls_from_lineage),
		TEST(a_reload_that_fails_changes_nothing),
		TEST(auditing_is_switched_off),
		TEST(another_daemon_comes),
	};

	return cmocka_run_group_tests_name("run_status", tests, NULL, NULL);
}
