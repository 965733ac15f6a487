#include "support_audit_source.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fake_audit.h"
#include "fake_sys.h"

struct audit_source source;
struct loop loop;
struct config config;
struct counters counters;
struct audit_error error;
struct live_seen seen;

static void on_record(void *ctx, uint16_t type, const char *text, size_t len)
{
	assert_ptr_equal(ctx, &seen);
	assert_true(type >= 1000);
	seen.records++;
	snprintf(seen.last, sizeof(seen.last), "%.*s", (int)len, text);
}

static void on_notice(void *ctx, const char *line)
{
	assert_ptr_equal(ctx, &seen);
	snprintf(
		seen.text + strlen(seen.text), sizeof(seen.text) - strlen(seen.text), "%s\n", line);
}

static void on_status(void *ctx, const struct audit_control_status *status, uint32_t lost)
{
	assert_ptr_equal(ctx, &seen);
	assert_int_equal(status->bytes, sizeof(struct audit_status));
	seen.statuses++;
	seen.lost += lost;
}

static int on_load_rules(void *ctx, struct netlink *control, struct audit_error *e)
{
	(void)control;
	(void)e;
	assert_ptr_equal(ctx, &seen);
	return 0;
}

static void on_reply(void *ctx, uint16_t type, uint32_t sequence, const void *payload, size_t len)
{
	(void)payload;
	(void)len;
	assert_ptr_equal(ctx, &seen);
	seen.replies++;
	seen.last_type = type;
	seen.last_sequence = sequence;
}

static const struct audit_source_hooks hooks = {
	&seen, on_record, on_notice, on_status, on_load_rules, on_reply, NULL};

int start_live(void)
{
	return audit_source_start(&source, &config, &loop, &counters, &hooks, &error);
}

int setup_live(void **state)
{
	(void)state;
	fake_sys_reset();
	fake_audit_start();
	fake_audit.status.lost = 1000; /* before our time */
	loop_init(&loop);
	memset(&seen, 0, sizeof(seen));
	memset(&counters, 0, sizeof(counters));
	memset(&config, 0, sizeof(config));
	config.backlog_limit = 8192;
	fake_sys_file_text("/proc/self/uid_map", "0 0 4294967295\n");
	return 0;
}

int teardown_live(void **state)
{
	(void)state;
	assert_int_equal(fake_sys_open_count(), 0);
	for (unsigned i = 0; i < LIMIT_LOOP_SOURCES; i++)
		assert_int_equal(loop.sources[i].fd, -1);
	for (unsigned i = 0; i < LIMIT_LOOP_TIMERS; i++)
		assert_null(loop.timers[i].handler);
	fake_sys_reset();
	return 0;
}

/* Let that much time pass, and everything happen that is due. */
void run_ms(int64_t ms)
{
	int64_t end = sys_monotonic_ms() + ms;

	while (sys_monotonic_ms() < end)
		assert_int_equal(loop_turn(&loop, (int)(end - sys_monotonic_ms())), 0);
	while (fake_sys_pending(source.ac.data.fd) + fake_sys_pending(source.ac.control.fd) > 0)
		assert_int_equal(loop_turn(&loop, 0), 0);
}

void assert_notice_has(const char *part)
{
	if (!strstr(seen.text, part))
		fail_msg("\"%s\" lacks \"%s\"", seen.text, part);
}
