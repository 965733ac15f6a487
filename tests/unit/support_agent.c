#include "support_agent.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "sys.h"
#include "config_read.h"

struct agent *const agent = &the_agent;
struct config_error error;

int setup(void **state)
{
	(void)state;
	fake_sys_reset();
	memset(agent, 0, sizeof(*agent));
	config_init(&agent->config);
	return 0;
}

int teardown(void **state)
{
	(void)state;
	fake_sys_reset();
	return 0;
}

void set(const char *assignment)
{
	if (!config_read_setting(&agent->config, assignment, &error))
		fail_msg("%s", error.text);
}

void start(const char *output, bool offline)
{
	set(output);
	if (!agent_start(agent, offline, &error))
		fail_msg("%s", error.text);
	agent_tick(agent, sys_monotonic_ms());
}

int output_fd(void)
{
	return agent->delivery.outputs[DELIVERY_PRIMARY].fd;
}

void drain(void)
{
	delivery_turn(&agent->delivery, sys_monotonic_ms());
}

uint64_t records_held(void)
{
	uint64_t held = 0;

	for (uint32_t i = 0; i < agent->reassembly.count; i++)
		held += agent->reassembly.slots[agent->reassembly.order[i]].record_count;
	return held;
}

void check_sums(void)
{
	const struct counters *c = &agent->counters;

	assert_int_equal(c->records_received,
		c->records_emitted + c->records_dropped_type + c->records_dropped_malformed +
			c->records_dropped_oversized + c->records_dropped_event_full +
			c->records_dropped_unread + c->records_dropped_eoe + records_held());
	assert_int_equal(reassembly_held(&agent->reassembly), records_held());
	assert_int_equal(c->records_received,
		c->record_class_event + c->record_class_config + c->record_class_netfilter +
			c->record_class_user + c->record_class_security + c->record_class_anomaly +
			c->record_class_integrity + c->record_class_other);
	assert_int_equal(c->events_emitted + c->reports + c->messages_recovered,
		c->lineage_used + c->documents_dropped + c->messages_sent + c->messages_dropped +
			delivery_held(&agent->delivery));
	assert_int_equal(
		c->messages_dropped, c->messages_dropped_spool + c->messages_dropped_oversized +
					     c->messages_dropped_output + c->messages_dropped_end);
	assert_int_equal(c->send_errors,
		c->send_errors_refused + c->send_errors_unreachable + c->send_errors_no_buffers +
			c->send_errors_too_long + c->send_errors_broken + c->send_errors_other);
	assert_true(c->messages_lost <= c->messages_sent);
	assert_true(c->documents_truncated + c->documents_dropped + c->lineage_used <=
		    c->events_emitted + c->reports);
}

void record(uint16_t type, const char *format, ...)
{
	static char text[65536];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	assert_in_range(n, 0, sizeof(text) - 1);
	agent_record(agent, type, (struct span){text, (uint32_t)n});
	check_sums();
}

void event(unsigned serial)
{
	record(SERVICE_START,
		"audit(1700000000.123:%u): pid=1 uid=0 auid=4294967295 ses=4294967295 "
		"msg='unit=box-%u exe=\"/sbin/init\" res=success'",
		serial, serial);
}

void tick(int64_t ms)
{
	fake_sys_clock_advance_ms(ms);
	agent_tick(agent, sys_monotonic_ms());
	check_sums();
}

void settle(void)
{
	tick(OUTPUT_DOUBT_MS);
	assert_int_equal(agent->spool.in_flight, 0);
}

void stop(void)
{
	agent_stop(agent, sys_monotonic_ms() + 1000);
	check_sums();
	if (!*agent->config.spool_file)
		assert_int_equal(agent->spool.waiting, 0);
	assert_int_equal(records_held(), 0);
	assert_int_equal(fake_sys_open_count(), 0);
}

cJSON *document_of(const struct fake_sent *sent)
{
	const char *start = strchr(sent->data, '{');
	const char *end = "";
	cJSON *root;

	cJSON_InitHooks(NULL); /* the configuration had its own */
	root = start ? cJSON_ParseWithOpts(start, &end, false) : NULL;
	if (!root)
		fail_msg("no JSON: %s", sent->data);
	while (*end == '\n')
		end++;
	assert_int_equal(*end, '\0');
	assert_int_equal(strlen(sent->data), sent->len);
	return root;
}

unsigned sequence_of(const struct fake_sent *sent)
{
	cJSON *root = document_of(sent);
	const cJSON *sequence =
		cJSON_GetObjectItem(cJSON_GetObjectItem(root, "auditd"), "sequence");
	unsigned n = cJSON_IsString(sequence) ? (unsigned)atoi(sequence->valuestring)
					      : (unsigned)cJSON_GetNumberValue(sequence);

	assert_non_null(sequence);
	cJSON_Delete(root);
	return n;
}

bool is_marked(const struct fake_sent *sent)
{
	cJSON *root = document_of(sent);
	const cJSON *flags = cJSON_GetObjectItem(cJSON_GetObjectItem(root, "log"), "flags");
	bool marked = flags != NULL;

	if (marked) {
		const int count = cJSON_GetArraySize(flags);

		assert_string_equal(cJSON_GetArrayItem(flags, count - 1)->valuestring, "truncated");
		if (count != 1)
			assert_string_equal(
				cJSON_GetArrayItem(flags, 0)->valuestring, "incomplete");
	}
	cJSON_Delete(root);
	return marked;
}

void long_event(unsigned serial, unsigned args, unsigned arg_len)
{
	static char value[4096], argv[60000];
	size_t used = 0;

	memset(value, 'a', sizeof(value));
	record(SYSCALL,
		"audit(1700000000.001:%u): arch=c000003e syscall=59 success=yes exit=0 a0=1 a1=2 "
		"a2=3 a3=4 items=2 ppid=1 pid=2 auid=1000 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 "
		"sgid=0 fsgid=0 tty=pts0 ses=1 comm=\"x\" exe=\"/usr/bin/x\" key=\"exec\"",
		serial);
	for (unsigned i = 0; i < args; i++)
		used += (size_t)snprintf(
			argv + used, sizeof(argv) - used, " a%u=\"%.*s\"", i, (int)arg_len, value);
	record(EXECVE, "audit(1700000000.001:%u): argc=%u%.11000s", serial, args, argv);
	record(CWD, "audit(1700000000.001:%u): cwd=\"/%.200s\"", serial, value);
	for (unsigned i = 0; i < 4; i++)
		record(PATH,
			"audit(1700000000.001:%u): item=%u name=\"/%.200s\" inode=24 dev=00:02 "
			"mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL",
			serial, i, value);
	record(PROCTITLE, "audit(1700000000.001:%u): proctitle=\"%.200s\"", serial, value);
}

void set_constant_field(unsigned bytes)
{
	char setting[2048], value[2000];

	assert_true(bytes < sizeof(value));
	memset(value, 'c', sizeof(value));
	snprintf(setting, sizeof(setting), "fields={\"a\":\"%.*s\"}", (int)bytes, value);
	set(setting);
}
