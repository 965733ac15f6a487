/* link: agent.o blocks.o config.o config_fields.o config_file.o config_table.o decode.o document.o
 * document_user.o event.o execve.o hostid.o identity.o json.o json_scan.o nearest.o normalize.o
 * output.o output_parse.o output_stdout.o reassembly.o record.o record_decode.o record_fields.o
 * record_header.o sha256.o shrink.o spool.o syslog.o table_keys.o table_names.o table_norms.o
 * table_syscalls.o tables.o text.o timestamp.o fake_sys.o fake_files.o fake_sockets.o cjson.o */
#include "agent.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cJSON.h>
#include <cmocka.h>
#include "fake_sys.h"
#include "sys.h"

#define UDP  "output=udp://192.0.2.1:514"
#define UNIX "output=unix:///dev/log"

enum {
	SYSCALL = 1300,
	PATH = 1302,
	SERVICE_START = 1130,
	CWD = 1307,
	EXECVE = 1309,
	EOE = 1320,
	PROCTITLE = 1327,
	REPLY = 1013, /* AUDIT_LIST_RULES: no event */
};

static struct agent *const agent = &the_agent;
static struct config_error error;

static int setup(void **state)
{
	(void)state;
	fake_sys_reset();
	memset(agent, 0, sizeof(*agent));
	config_init(&agent->config);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_sys_reset();
	return 0;
}

/* ---- steps ----------------------------------------------------------------------------- */

static void set(const char *assignment)
{
	if (!config_option(&agent->config, assignment, &error))
		fail_msg("%s", error.text);
}

static void start(const char *output, bool offline)
{
	set(output);
	if (!agent_start(agent, offline, &error))
		fail_msg("%s", error.text);
	agent_tick(agent, sys_monotonic_ms());
}

static int output_fd(void)
{
	return agent->output.fd;
}

static uint64_t records_held(void)
{
	uint64_t held = 0;

	for (uint32_t i = 0; i < agent->reassembly.count; i++)
		held += agent->reassembly.slots[agent->reassembly.order[i]].record_count;
	return held;
}

/* The sums of counters.h and of the way of a message; they hold at every moment. */
static void check_sums(void)
{
	const struct counters *c = &agent->counters;

	assert_int_equal(c->records_received,
		c->records_emitted + c->records_dropped_type + c->records_dropped_malformed +
			c->records_dropped_oversized + c->records_dropped_event_full +
			c->records_dropped_eoe + records_held());
	assert_int_equal(c->events_emitted,
		c->documents_dropped + c->messages_sent + c->messages_dropped + agent->spool.count);
	assert_true(c->messages_lost <= c->messages_sent);
	assert_true(c->documents_truncated <= c->events_emitted - c->documents_dropped);
	assert_int_equal(c->send_errors, agent->output.errors);
}

static void record(uint16_t type, const char *format, ...)
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

/* An event of one record. */
static void event(unsigned serial)
{
	record(SERVICE_START,
		"audit(1700000000.123:%u): pid=1 uid=0 auid=4294967295 ses=4294967295 "
		"msg='unit=box-%u exe=\"/sbin/init\" res=success'",
		serial, serial);
}

static void tick(int64_t ms)
{
	fake_sys_clock_advance_ms(ms);
	agent_tick(agent, sys_monotonic_ms());
	check_sums();
}

static void stop(void)
{
	agent_stop(agent);
	check_sums();
	assert_int_equal(agent->spool.count, 0);
	assert_int_equal(records_held(), 0);
	assert_int_equal(fake_sys_open_count(), 0);
}

/* The document in what was sent, whatever goes before it; the caller deletes it. */
static cJSON *document_of(const struct fake_sent *sent)
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

static unsigned sequence_of(const struct fake_sent *sent)
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

static bool is_marked(const struct fake_sent *sent)
{
	cJSON *root = document_of(sent);
	const cJSON *flags = cJSON_GetObjectItem(cJSON_GetObjectItem(root, "log"), "flags");
	bool marked = flags != NULL;

	if (marked) {
		assert_int_equal(cJSON_GetArraySize(flags), 1);
		assert_string_equal(cJSON_GetArrayItem(flags, 0)->valuestring, "truncated");
	}
	cJSON_Delete(root);
	return marked;
}

static void starts_with(const struct fake_sent *sent, const char *prefix)
{
	char got[128] = "";

	assert_true(strlen(prefix) < sizeof(got));
	memcpy(got, sent->data, strlen(prefix) < sent->len ? strlen(prefix) : sent->len);
	assert_string_equal(got, prefix);
}

/* ---- one record, one message ----------------------------------------------------------- */

static void one_message(const char *output, const char *format, const char *prefix)
{
	const struct fake_sent *sent;

	setup(NULL);
	set("hostname=box");
	set(format);
	start(output, false);
	event(7);
	agent_drain(agent);
	check_sums();
	assert_int_equal(fake_sys_sent_count(), 1);
	sent = fake_sys_sent(0);
	starts_with(sent, prefix);
	assert_int_equal(sequence_of(sent), 7);
	assert_false(is_marked(sent));
	assert_int_equal(agent->counters.messages_sent, 1);
	assert_int_equal(agent->counters.events_emitted, 1);
	stop();
	assert_int_equal(fake_sys_sent_count(), 1);
}

static const char header_5424[] =
	"<110>1 2023-11-14T22:13:20.123Z box ecsaudit 4711 SERVICE_START [meta sequenceId=\"1\"]"
	"[timeQuality tzKnown=\"1\" isSynced=\"0\"]";
static const char header_3164[] = "<110>Nov 14 22:13:20 box ecsaudit[4711]: @cee: {";

static void test_one_message(void **state)
{
	static const char *const sockets[] = {UDP, "output=udp://[2001:db8::1]:1514", UNIX};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		one_message(sockets[i], "format=rfc5424", header_5424);
		assert_int_equal(fake_sys_sent(0)->type, SOCK_DGRAM);
		one_message(sockets[i], "format=rfc3164", header_3164);
		one_message(sockets[i], "format=json", "{\"@timestamp\":");
	}
	/* A document a line, whatever the format. */
	one_message("output=stdout", "format=rfc5424", "{\"@timestamp\":");
	assert_int_equal(fake_sys_sent(0)->fd, 1);
	assert_int_equal(fake_sys_sent(0)->data[fake_sys_sent(0)->len - 1], '\n');
}

static void test_null(void **state)
{
	(void)state;
	start("output=null", false);
	for (unsigned i = 1; i <= 10; i++)
		event(i);
	assert_int_equal(agent->counters.messages_sent, 10);
	assert_int_equal(fake_sys_sent_count(), 0);
	stop();
}

/* Without `output` an offline run writes to stdout; a live one has no output at all. */
static void test_default_output(void **state)
{
	(void)state;
	start("output=", true);
	assert_int_equal(agent->output.address.kind, OUTPUT_STDOUT);
	stop();
	setup(NULL);
	assert_false(agent_start(agent, false, &error));
	assert_non_null(strstr(error.text, "output: "));
	assert_int_equal(fake_sys_open_count(), 0);
}

static void test_records_of_an_event(void **state)
{
	cJSON *root;

	(void)state;
	start(UDP, false);
	record(SYSCALL, "audit(1700000000.001:5): arch=c000003e syscall=59 success=no exit=-13 "
			"a0=1 items=1 ppid=1 pid=2 uid=0 comm=\"x\" exe=\"/bin/x\" key=(null)");
	record(EXECVE, "audit(1700000000.001:5): argc=2 a0=\"x\" a1=\"y\"");
	assert_int_equal(records_held(), 2);
	assert_int_equal(fake_sys_sent_count(), 0);
	record(EOE, "audit(1700000000.001:5): ");
	assert_int_equal(fake_sys_sent_count(), 1);
	/* A failure is a notice: 13 * 8 + 5. */
	starts_with(fake_sys_sent(0), "<109>1 ");
	assert_non_null(strstr(fake_sys_sent(0)->data, " SYSCALL [meta "));
	root = document_of(fake_sys_sent(0));
	assert_int_equal(cJSON_GetNumberValue(cJSON_GetObjectItem(
				 cJSON_GetObjectItem(root, "process"), "args_count")),
		2);
	cJSON_Delete(root);
	assert_int_equal(agent->counters.records_dropped_eoe, 1);
	stop();
}

/* Not complete: the deadline says when, and the tick then sends it. */
static void test_timeout(void **state)
{
	(void)state;
	start(UDP, false);
	assert_true(agent_deadline_ms(agent) == INT64_MAX);
	record(SYSCALL, "audit(1700000000.001:5): arch=c000003e syscall=2");
	assert_int_equal(agent_deadline_ms(agent), sys_monotonic_ms() + 2001);
	tick(2000);
	assert_int_equal(fake_sys_sent_count(), 0);
	tick(1);
	assert_int_equal(fake_sys_sent_count(), 1);
	assert_int_equal(agent->counters.events_evicted_timeout, 1);
	stop();
}

static void test_stages(void **state)
{
	(void)state;
	start(UDP, false);
	for (int stage = 0; stage < STAGE_SYSLOG; stage++) {
		agent->last_stage = (enum agent_stage)stage;
		agent_record(agent, SERVICE_START, SPAN("audit(1.0:5): op=set"));
	}
	assert_int_equal(fake_sys_sent_count(), 0);
	assert_int_equal(agent->counters.events_emitted, STAGE_SYSLOG - STAGE_REASSEMBLY);
	agent->last_stage = STAGE_SYSLOG;
	agent_record(agent, SERVICE_START, SPAN("audit(1.0:5): op=set"));
	assert_int_equal(fake_sys_sent_count(), 1);
	agent_stop(agent);
}

/* ---- the output is away ---------------------------------------------------------------- */

/* Everything sent, in the order of the serials, from `first` on without a gap. */
static void sent_in_order(unsigned first, unsigned count)
{
	assert_int_equal(fake_sys_sent_count(), count);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(sequence_of(fake_sys_sent(i)), first + i);
}

static void test_spool(void **state)
{
	static const char *const outputs[] = {UDP, UNIX};

	(void)state;
	for (unsigned o = 0; o < 2; o++) {
		setup(NULL);
		start(outputs[o], false);
		event(1);
		fake_sys_writable(output_fd(), false);
		for (unsigned i = 2; i <= 20; i++)
			event(i);
		assert_int_equal(agent->spool.count, 19);
		assert_int_equal(fake_sys_sent_count(), 1);
		tick(5000);
		assert_int_equal(agent->spool.count, 19);
		fake_sys_writable(output_fd(), true);
		event(21); /* behind those that wait */
		tick(1);
		sent_in_order(1, 21);
		assert_int_equal(agent->counters.messages_dropped, 0);
		stop();
	}
}

/* The oldest give way; what is sent and what was dropped is all there was. */
static void test_spool_overflow(void **state)
{
	unsigned kept;

	(void)state;
	set("spool_bytes=16384");
	start(UDP, false);
	fake_sys_writable(output_fd(), false);
	for (unsigned i = 1; i <= 100; i++)
		event(i);
	kept = agent->spool.count;
	assert_in_range(kept, 8, 30);
	assert_int_equal(agent->counters.messages_dropped, 100 - kept);
	fake_sys_writable(output_fd(), true);
	tick(1000);
	sent_in_order(101 - kept, kept);
	stop();
	assert_int_equal(agent->counters.messages_sent, kept);
}

static void test_no_spool(void **state)
{
	(void)state;
	set("spool_bytes=0");
	start(UDP, false);
	fake_sys_writable(output_fd(), false);
	event(1);
	assert_int_equal(agent->counters.messages_dropped, 1);
	fake_sys_writable(output_fd(), true);
	event(2);
	sent_in_order(2, 1);
	stop();
}

/* A live agent does not wait, also not at its end. */
static void test_stop_while_away(void **state)
{
	int64_t before;

	(void)state;
	start(UDP, false);
	fake_sys_writable(output_fd(), false);
	before = sys_monotonic_ms();
	for (unsigned i = 1; i <= 5; i++)
		event(i);
	record(SYSCALL, "audit(1700000000.001:6): arch=c000003e syscall=2");
	stop();
	assert_int_equal(agent->counters.messages_dropped, 6);
	assert_int_equal(sys_monotonic_ms(), before);
	assert_int_equal(fake_sys_calls("poll"), 0);
}

/* ---- an offline run waits -------------------------------------------------------------- */

/* The receiver takes a message every 100 ms: the queue has room for one. */
static bool make_room(void *ctx, int timeout_ms)
{
	(void)ctx;
	assert_in_range(timeout_ms, 1, AGENT_PATIENCE_MS);
	fake_sys_clock_advance_ms(100);
	fake_sys_writable(output_fd(), true);
	return true;
}

static void fill_up(void *ctx, int fd, const void *data, size_t len)
{
	(void)ctx;
	(void)data;
	(void)len;
	fake_sys_writable(fd, false);
}

static void test_offline_waits(void **state)
{
	(void)state;
	set("spool_bytes=0");
	start(UNIX, true);
	fake_sys_on_send(fill_up, NULL);
	fake_sys_on_idle(make_room, NULL);
	for (unsigned i = 1; i <= 100; i++)
		event(i);
	sent_in_order(1, 100);
	stop();
	assert_int_equal(agent->counters.messages_dropped, 0);
}

/* Nobody takes anything: the patience is once, not for every message. */
static void test_offline_gives_up(void **state)
{
	int64_t before;

	(void)state;
	start(UNIX, true);
	fake_sys_writable(output_fd(), false);
	before = sys_monotonic_ms();
	for (unsigned i = 1; i <= 50; i++)
		event(i);
	assert_int_equal(sys_monotonic_ms() - before, AGENT_PATIENCE_MS);
	assert_int_equal(agent->spool.count, 50);
	fake_sys_writable(output_fd(), true);
	agent_flush(agent);
	sent_in_order(1, 50);
	/* It was back, so it is waited for again. */
	fake_sys_writable(output_fd(), false);
	before = sys_monotonic_ms();
	event(51);
	assert_int_equal(sys_monotonic_ms() - before, AGENT_PATIENCE_MS);
	stop();
	assert_int_equal(agent->counters.messages_dropped, 1);
}

/* No socket file yet: POLLOUT does not tell, so it is tried again. */
static void test_offline_destination_comes(void **state)
{
	(void)state;
	start(UNIX, true);
	fake_sys_fail("connect", 1, ENOENT);
	event(1);
	sent_in_order(1, 1);
	assert_int_equal(agent->counters.send_errors, 1);
	fake_sys_fail("sendto", 0, ENOBUFS);
	event(2);
	assert_int_equal(agent->spool.count, 1);
	fake_sys_fail("sendto", 0, 0);
	tick(10);
	sent_in_order(1, 2);
	stop();
}

/* ---- failures of the output ------------------------------------------------------------ */

static void test_too_long_for_the_path(void **state)
{
	(void)state;
	start(UDP, false);
	fake_sys_fail("sendto", 1, EMSGSIZE);
	event(1);
	event(2);
	sent_in_order(2, 1);
	assert_int_equal(agent->counters.messages_dropped, 1);
	assert_int_equal(agent->counters.send_errors, 1);
	stop();
}

static void test_stdout_is_gone(void **state)
{
	(void)state;
	start("output=stdout", true);
	event(1);
	event(2);
	assert_int_equal(agent->counters.messages_sent, 2);
	fake_sys_fail("write", 0, EPIPE);
	agent_drain(agent);
	assert_int_equal(agent->counters.messages_lost, 2);
	assert_int_equal(agent->output.error, EPIPE);
	event(3);
	stop();
	assert_int_equal(agent->counters.messages_lost, 3);
}

/* ---- budgets --------------------------------------------------------------------------- */

/* A process with many long arguments, its paths and title. */
static void long_event(unsigned serial, unsigned args, unsigned arg_len)
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

static void test_budgets(void **state)
{
	static const unsigned budgets[] = {1400, 2048, 8000, 65507};
	static const char *const formats[] = {"format=rfc5424", "format=rfc3164", "format=json"};
	char setting[64];

	(void)state;
	for (unsigned b = 0; b < 4; b++) {
		for (unsigned f = 0; f < 3; f++) {
			unsigned marked = 0;

			setup(NULL);
			snprintf(setting, sizeof(setting), "max_datagram_bytes=%u", budgets[b]);
			set(setting);
			set(formats[f]);
			set("include_raw_message=true");
			start(UDP, false);
			for (unsigned i = 1; i <= 40; i++)
				long_event(i, i * 3, 40);
			for (unsigned i = 0; i < fake_sys_sent_count(); i++) {
				assert_in_range(fake_sys_sent(i)->len, 1, budgets[b]);
				marked += is_marked(fake_sys_sent(i));
			}
			assert_int_equal(agent->counters.documents_truncated, marked);
			assert_int_equal(agent->counters.messages_sent, fake_sys_sent_count());
			assert_int_equal(
				agent->counters.documents_dropped, 40 - fake_sys_sent_count());
			assert_int_equal(fake_sys_sent_count(), 40);
			if (budgets[b] <= 2048)
				assert_int_equal(marked, fake_sys_sent_count());
			if (budgets[b] == 65507)
				assert_int_equal(marked, 0);
			stop();
		}
	}
}

static void set_constant_field(unsigned bytes)
{
	char setting[2048], value[2000];

	assert_true(bytes < sizeof(value));
	memset(value, 'c', sizeof(value));
	snprintf(setting, sizeof(setting), "fields={\"a\":\"%.*s\"}", (int)bytes, value);
	set(setting);
}

/* What is the same in every document cannot be shortened: all are dropped, and counted. */
static void test_nothing_fits(void **state)
{
	(void)state;
	set("max_datagram_bytes=1400");
	set_constant_field(1400);
	start(UDP, false);
	event(1);
	event(2);
	assert_int_equal(fake_sys_sent_count(), 0);
	assert_int_equal(agent->counters.documents_dropped, 2);
	assert_int_equal(agent->counters.documents_truncated, 0);
	stop();
}

/* ---- garbage --------------------------------------------------------------------------- */

static void test_dropped_records(void **state)
{
	char summary[512];
	size_t len;

	(void)state;
	start(UDP, false);
	record(REPLY, "audit(1.0:1): x");
	record(SYSCALL, "no header");
	record(SYSCALL, "audit(1.0:99999999999): x");
	record(SYSCALL, "audit(1.0:1): %0*d", (int)LIMIT_RECORD_BYTES, 0);
	record(EOE, "audit(1.0:1): ");
	for (unsigned i = 0; i < LIMIT_EVENT_RECORDS + 3; i++)
		record(PATH, "audit(1.0:2): item=%u name=\"/\"", i);
	assert_int_equal(agent->counters.records_dropped_type, 1);
	assert_int_equal(agent->counters.records_dropped_malformed, 2);
	assert_int_equal(agent->counters.records_dropped_oversized, 1);
	assert_int_equal(agent->counters.records_dropped_eoe, 1);
	assert_int_equal(agent->counters.records_dropped_event_full, 3);
	agent_flush(agent);
	check_sums();
	assert_int_equal(fake_sys_sent_count(), 1);
	assert_true(is_marked(fake_sys_sent(0)));
	assert_int_equal(agent->counters.documents_truncated, 1);
	len = agent_summary(agent, summary, sizeof(summary));
	assert_int_equal(len, strlen(summary));
	assert_string_equal(summary,
		"264 records, 1 events, 1 messages sent, 1 truncated, 0 lost by the kernel, "
		"6 dropped (6 records, 0 documents, 0 messages)");
	stop();
}

/* ---- a random life --------------------------------------------------------------------- */

static uint32_t seed;

static uint32_t dice(uint32_t sides)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % sides;
}

static void random_record(unsigned *serial)
{
	static const uint16_t types[] = {
		SYSCALL, PATH, CWD, EXECVE, PROCTITLE, EOE, SERVICE_START, 1112, 2000, REPLY};
	char bytes[64];

	*serial += dice(3) == 0;
	switch (dice(12)) {
	case 0:
		for (unsigned i = 0; i < sizeof(bytes); i++)
			bytes[i] = (char)dice(256);
		agent_record(
			agent, (uint16_t)dice(3000), (struct span){bytes, dice(sizeof(bytes))});
		check_sums();
		break;
	case 1:
		record(types[dice(10)], "audit(1.0:%u): %0*d", *serial, (int)dice(14000), 0);
		break;
	case 2:
		long_event(*serial, dice(60), dice(200));
		break;
	default:
		record(types[dice(10)],
			"audit(1700000000.%03u:%u): item=0 name=\"/x\" op=set success=no",
			dice(1000), *serial - dice(4));
	}
}

static void random_step(unsigned *serial)
{
	static const int errors[] = {
		EAGAIN, EINTR, ENOBUFS, ECONNREFUSED, ENETUNREACH, EMSGSIZE, EPERM, ENOMEM};

	switch (dice(40)) {
	case 0:
		fake_sys_writable(output_fd(), dice(2));
		break;
	case 1:
		fake_sys_fail("sendto", dice(3), errors[dice(8)]);
		/* Not for ever: a blocking stdout waits. */
		fake_sys_fail("write", 1 + dice(3), errors[dice(8)]);
		break;
	case 2:
		fake_sys_fail("sendto", 0, 0);
		fake_sys_fail("write", 0, 0);
		break;
	case 3:
		tick(dice(3000));
		break;
	case 4:
		agent_drain(agent);
		check_sums();
		break;
	case 5:
		if (dice(5) == 0)
			agent_flush(agent);
		check_sums();
		break;
	default:
		random_record(serial);
	}
}

static void test_random_life(void **state)
{
	static const char *const outputs[] = {UDP, UNIX, "output=stdout", "output=null"};
	uint64_t causes[4] = {0};

	(void)state;
	for (unsigned life = 0; life < 24; life++) {
		unsigned serial = dice(2) ? 100 : UINT32_MAX - 500; /* also across a wrap */

		setup(NULL);
		seed = life + 1;
		set("spool_bytes=20000");
		set_constant_field(dice(3) * 350);
		set(dice(2) ? "max_datagram_bytes=1400" : "max_datagram_bytes=2000");
		set(dice(2) ? "reassembler.max_in_flight=4" : "reassembler.max_in_flight=50");
		start(outputs[life % 4], life % 8 >= 4);
		for (unsigned i = 0; i < 1500; i++)
			random_step(&serial);
		causes[0] += agent->counters.messages_sent;
		causes[1] += agent->counters.messages_dropped;
		causes[2] += agent->counters.documents_dropped;
		causes[3] += agent->counters.documents_truncated;
		stop();
	}
	/* Otherwise the sums say little. */
	for (unsigned i = 0; i < 4; i++)
		assert_true(causes[i] > 100);
}

/* ---- the n-th call fails --------------------------------------------------------------- */

/* false: the agent did not start. */
static bool scripted_life(const char *output, bool offline)
{
	set(output);
	set("spool_bytes=20000");
	if (!agent_start(agent, offline, &error)) {
		assert_true(error.text[0] != '\0');
		return false;
	}
	tick(0);
	long_event(1, 10, 40);
	for (unsigned i = 2; i < 10; i++)
		event(i);
	fake_sys_writable(output_fd(), false);
	for (unsigned i = 10; i < 40; i++)
		event(i);
	tick(1500);
	fake_sys_writable(output_fd(), true);
	tick(1500);
	fake_sys_file_text("/etc/passwd", "root:x:0:0:::\nx:x:1000:1000:::\ny:x:1001:1000:::\n");
	tick(60000);
	record(SYSCALL, "audit(1700000000.001:41): arch=c000003e syscall=2");
	event(42);
	return true;
}

/* Returns how many calls there were to fail. */
static unsigned nth_fails(const char *output, bool offline, int err)
{
	unsigned n = 1, starts = 0;

	for (;; n++) {
		bool started, was_hit;

		setup(NULL);
		fake_sys_file_text("/etc/passwd", "root:x:0:0:::\nx:x:1000:1000:::\n");
		fake_sys_file_text("/etc/group", "root:x:0:\nx:x:1000:\n");
		error.text[0] = '\0';
		fake_sys_fail_nth(n, err);
		started = scripted_life(output, offline);
		if (started)
			stop();
		assert_int_equal(fake_sys_open_count(), 0);
		starts += started;
		was_hit = fake_sys_calls(NULL) >= n;
		if (!was_hit)
			break;
		if (n > 2000)
			fail_msg("no end of calls");
	}
	assert_true(starts > n / 2);
	assert_int_equal(agent->counters.events_emitted, 41);
	return n - 1;
}

static void test_nth_call_fails(void **state)
{
	static const char *const outputs[] = {UDP, UNIX, "output=stdout", "output=null"};
	static const int errors[] = {
		EIO, EAGAIN, EINTR, ENOBUFS, ENOMEM, EMFILE, ECONNREFUSED, EPIPE};
	unsigned lives = 0;

	(void)state;
	for (unsigned o = 0; o < 8; o++)
		for (unsigned e = 0; e < 8; e++)
			lives += nth_fails(outputs[o % 4], o >= 4, errors[e]);
	print_message("# a call failed in each of %u lives\n", lives);
	assert_true(lives > 1000);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_message, setup, teardown),
		cmocka_unit_test_setup_teardown(test_null, setup, teardown),
		cmocka_unit_test_setup_teardown(test_default_output, setup, teardown),
		cmocka_unit_test_setup_teardown(test_records_of_an_event, setup, teardown),
		cmocka_unit_test_setup_teardown(test_timeout, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stages, setup, teardown),
		cmocka_unit_test_setup_teardown(test_spool, setup, teardown),
		cmocka_unit_test_setup_teardown(test_spool_overflow, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_spool, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stop_while_away, setup, teardown),
		cmocka_unit_test_setup_teardown(test_offline_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_offline_gives_up, setup, teardown),
		cmocka_unit_test_setup_teardown(test_offline_destination_comes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_long_for_the_path, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stdout_is_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_budgets, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing_fits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dropped_records, setup, teardown),
		cmocka_unit_test_setup_teardown(test_random_life, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nth_call_fails, setup, teardown),
	};

	return cmocka_run_group_tests_name("agent", tests, NULL, NULL);
}
