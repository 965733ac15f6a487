/* link: ledger.o metric.o agent.o os_release.o blocks.o config_values.o config_fields.o
 * config_file.o config_table.o decode.o sockaddr_text.o document.o document_network.o
 * document_process.o document_auditd.o document_layout.o document_message.o document_user.o
 * event.o execve.o hostid.o small_file.o gaps.o identity.o json.o json_scan.o nearest.o
 * normalize.o output.o output_parse.o output_stdout.o reassembly.o report.o record.o
 * record_decode.o record_fields.o record_header.o sha256.o shrink.o spool.o spool_file.o
 * syslog.o table_keys.o table_names.o table_norms.o table_syscalls.o tables.o text.o timestamp.o
 * support_agent.o fake_sys.o fake_files.o fake_sockets.o cjson.o os_facts.o */
#include "ledger.h"
#include "metric.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "support_agent.h"

static struct ledger ledger;
static struct audit_control_status status;
static unsigned told; /* messages looked at already */
static cJSON *metric; /* the last one found */

static int ledger_setup(void **state)
{
	setup(state);
	memset(&ledger, 0, sizeof(ledger));
	memset(&status, 0, sizeof(status));
	status.bytes = sizeof(status.values);
	told = 0;
	return 0;
}

static int ledger_teardown(void **state)
{
	cJSON_InitHooks(NULL);
	cJSON_Delete(metric);
	metric = NULL;
	return teardown(state);
}

static void begin(const char *output)
{
	start(output, false);
	ledger_start(&ledger, agent, &status);
}

/* One turn after that time. How long until the next is due, in ms; -1: none is. */
static int64_t turn(int64_t ms)
{
	int64_t deadline_ms;

	tick(ms);
	deadline_ms = ledger_turn(&ledger);
	check_sums();
	assert_true(deadline_ms > sys_monotonic_ms());
	return deadline_ms == INT64_MAX ? -1 : deadline_ms - sys_monotonic_ms();
}

/* The next metric document that was sent, of all others none is looked at. */
static bool next_metric(void)
{
	while (told < fake_sys_sent_count()) {
		const struct fake_sent *sent = fake_sys_sent(told++);
		cJSON *root = document_of(sent);
		const cJSON *kind = cJSON_GetObjectItem(cJSON_GetObjectItem(root, "event"), "kind");

		if (strcmp(kind->valuestring, "metric") == 0) {
			cJSON_Delete(metric);
			metric = root;
			return true;
		}
		cJSON_Delete(root);
	}
	return false;
}

static uint64_t number(const char *group, const char *name)
{
	const cJSON *own = cJSON_GetObjectItem(metric, "ecsaudit");
	const cJSON *n = cJSON_GetObjectItem(*group ? cJSON_GetObjectItem(own, group) : own, name);

	return cJSON_IsNumber(n) ? (uint64_t)n->valuedouble : 0;
}

static const char *action(void)
{
	return cJSON_GetObjectItem(cJSON_GetObjectItem(metric, "event"), "action")->valuestring;
}

static const char *message(void)
{
	const cJSON *text = cJSON_GetObjectItem(metric, "message");

	return text ? text->valuestring : "";
}

/* As in counters.h, from the document alone. */
static void check_metric(void)
{
	assert_int_equal(number("total", "records_received"),
		number("total", "records_emitted") + number("total", "records_dropped_type") +
			number("total", "records_dropped_malformed") +
			number("total", "records_dropped_oversized") +
			number("total", "records_dropped_event_full") +
			number("total", "records_dropped_unread") +
			number("total", "records_dropped_eoe") + number("now", "records_held"));
	assert_int_equal(number("total", "events_emitted") + number("total", "reports"),
		number("total", "lineage_used") + number("total", "documents_dropped") +
			number("total", "messages_sent") + number("total", "messages_dropped") +
			number("now", "spool_messages"));
}

static void lose(uint32_t records)
{
	status.values.lost += records;
	ledger_status(&ledger, &status, records);
}

/* ---- when ----------------------------------------------------------------------------------- */

static void at_an_interval(void **state)
{
	(void)state;
	begin(UDP);
	assert_int_equal(turn(0), 60000);
	event(1);
	assert_int_equal(turn(59999), 1);
	assert_false(next_metric());
	assert_int_equal(turn(1), 60000);
	assert_true(next_metric());
	check_metric();
	assert_string_equal(action(), "reported-metrics");
	assert_string_equal(message(), "");
	assert_int_equal(number("", "interval_ms"), 60000);
	assert_int_equal(number("total", "records_received"), 1);
	assert_int_equal(number("interval", "records_received"), 1);
	assert_non_null(strstr(fake_sys_sent(fake_sys_sent_count() - 1)->data, "<110>1 "));
	turn(61000);
	assert_true(next_metric());
	assert_int_equal(number("", "interval_ms"), 61000);
	assert_int_equal(number("", "uptime_ms"), 121000);
	assert_int_equal(number("total", "records_received"), 1);
	assert_int_equal(number("interval", "records_received"), 0);
	assert_int_equal(number("interval", "messages_sent"), 1); /* the document before */
	assert_false(next_metric());
	stop();
}

static void without_an_interval(void **state)
{
	(void)state;
	set("metrics.interval=0s");
	begin(UDP);
	assert_int_equal(turn(0), -1);
	assert_int_equal(turn(10000000), -1);
	assert_false(next_metric());
	lose(1);
	assert_int_equal(turn(0), -1);
	assert_true(next_metric());
	ledger_stop(&ledger);
	assert_true(next_metric());
	stop();
}

static void at_once_and_not_too_often(void **state)
{
	(void)state;
	begin(UDP);
	turn(1000);
	lose(3);
	assert_int_equal(turn(0), 60000);
	assert_true(next_metric());
	check_metric();
	assert_string_equal(action(), "noticed-loss");
	assert_string_equal(message(), "3 records lost by the kernel in the last 1 s");
	assert_int_equal(number("", "loss"), 3);
	assert_int_equal(number("interval", "kernel_lost"), 3);
	assert_non_null(strstr(fake_sys_sent(fake_sys_sent_count() - 1)->data, "<108>1 "));
	lose(1);
	assert_int_equal(turn(100), LIMIT_METRIC_PAUSE_MS - 100);
	assert_false(next_metric());
	lose(1);
	assert_int_equal(turn(LIMIT_METRIC_PAUSE_MS - 101), 1);
	assert_false(next_metric());
	turn(1);
	assert_true(next_metric());
	assert_int_equal(number("", "loss"), 2);
	assert_int_equal(number("", "loss_total"), 5);
	turn(LIMIT_METRIC_PAUSE_MS);
	turn(LIMIT_METRIC_PAUSE_MS);
	assert_false(next_metric()); /* nothing more was lost */
	lose(1);
	turn(0);
	assert_true(next_metric());
	stop();
}

/* Every loss, whichever it is. */
static void any_loss(void **state)
{
	unsigned count = 0;

	(void)state;
	begin(UDP);
/* Some are sums of others, made when something is sent: so each begins anew. */
#define LOSE(name, words)                                                                          \
	fake_sys_clock_advance_ms(LIMIT_METRIC_PAUSE_MS);                                          \
	agent_tick(agent, sys_monotonic_ms());                                                     \
	ledger.reported = agent->counters;                                                         \
	ledger.reported_loss = metric_loss(&agent->counters);                                      \
	agent->counters.name += 2;                                                                 \
	(void)ledger_turn(&ledger);                                                                \
	assert_true(next_metric());                                                                \
	assert_int_equal(number("", "loss"), 2);                                                   \
	assert_non_null(strstr(message(), "2 " words));                                            \
	count++;
	LOSS_COUNTERS(LOSE)
	assert_true(count >= 10);
	agent_stop(agent, sys_monotonic_ms() + 1000);
}

/* ---- an output that is away ----------------------------------------------------------------- */

static void nothing_leaves(void **state)
{
	unsigned spooled;

	(void)state;
	set("spool_bytes=8192");
	begin(UDP);
	event(1);
	turn(1000);
	fake_sys_writable(output_fd(), false);
	for (unsigned i = 2; i < 50; i++)
		event(i);
	assert_true(agent->counters.messages_dropped > 10);
	turn(100); /* it may have been sent meanwhile: one goes to the others */
	spooled = agent->spool.waiting;
	assert_int_equal(turn(0), -1);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(turn(60000), -1);
	assert_int_equal(agent->spool.waiting, spooled);
	for (unsigned i = 50; i < 60; i++)
		event(i);
	assert_int_equal(turn(60000), -1);
	fake_sys_writable(output_fd(), true);
	turn(1000);
	turn(1000);
	while (next_metric())
		check_metric();
	assert_int_equal(number("total", "messages_dropped"), agent->counters.messages_dropped);
	assert_string_equal(action(), "noticed-loss");
	turn(LIMIT_METRIC_PAUSE_MS);
	assert_false(next_metric());
	stop();
}

/* The document itself cannot be sent: that is no reason for one more. */
static void its_own_loss(void **state)
{
	unsigned sent;

	(void)state;
	set("spool_bytes=0");
	begin(UDP);
	fake_sys_fail("sendto", 0, EMSGSIZE);
	lose(1);
	turn(1000);
	assert_true(agent->counters.messages_dropped > 0);
	sent = (unsigned)agent->counters.reports;
	for (unsigned i = 0; i < 11; i++)
		turn(LIMIT_METRIC_PAUSE_MS);
	assert_int_equal(agent->counters.reports, sent);
	fake_sys_fail("sendto", 0, 0);
	turn(LIMIT_METRIC_PAUSE_MS);
	assert_true(next_metric());
	assert_int_equal(number("", "loss_total"), 2);
	stop();
}

/* However many numbers there are, and however small the datagrams. */
static void small_datagrams(void **state)
{
	static const char *const formats[] = {"format=rfc5424", "format=rfc3164", "format=json"};

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		ledger_setup(NULL);
		set(formats[i % 3]);
		set("max_datagram_bytes=1400");
		set("layout=integration");
		begin(UDP);
		for (size_t k = 0; i >= 3 && k < sizeof(agent->counters) / sizeof(uint64_t); k++)
			((uint64_t *)&agent->counters)[k] = 4000000000;
		agent->counters.documents_dropped = 0;
		agent->counters.documents_truncated = 0;
		lose(3);
		ledger_turn(&ledger);
		assert_int_equal(fake_sys_sent_count(), 1);
		assert_true(fake_sys_sent(0)->len <= 1400);
		assert_true(next_metric());
		assert_int_equal(agent->counters.documents_dropped, 0);
		/* With every counter there is, the words for people are cut. */
		assert_in_range(agent->counters.documents_truncated, 0, i >= 3);
		assert_int_equal(number("total", "kernel_lost"), agent->counters.kernel_lost);
		agent_stop(agent, sys_monotonic_ms() + 1000);
	}
}

/* ---- what it counts itself ------------------------------------------------------------------ */

static void the_kernels_status(void **state)
{
	(void)state;
	status.values.lost = 100;
	status.values.backlog_wait_time_actual = 50;
	begin(UDP);
	status.values.backlog_wait_time_actual = 57;
	status.values.backlog = 12;
	lose(0);
	assert_int_equal(agent->counters.kernel_lost, 0);
	assert_int_equal(agent->counters.kernel_waits, 7);
	status.values.backlog_wait_time_actual = 2; /* somebody reset it */
	lose(5);
	assert_int_equal(agent->counters.kernel_lost, 5);
	assert_int_equal(agent->counters.kernel_waits, 9);
	turn(0);
	assert_true(next_metric());
	assert_int_equal(number("now", "kernel_backlog"), 12);
	stop();
	memset(&ledger, 0, sizeof(ledger));
	lose(5); /* before the start: nothing happens */
}

static void gaps_in_time(void **state)
{
	(void)state;
	begin(UDP);
	event(1);
	event(2);
	event(5);
	event(7);
	assert_int_equal(turn(0), LIMIT_GAPS_SETTLE_MS);
	event(6);
	assert_int_equal(turn(LIMIT_GAPS_SETTLE_MS - 1), 1);
	assert_false(next_metric());
	turn(1);
	assert_true(next_metric());
	assert_string_equal(message(), "2 events missing as a whole in the last 5 s");
	assert_int_equal(number("total", "serials_missing"), 2);
	assert_int_equal(number("now", "serials_open"), 0);
	event(3); /* after all */
	assert_int_equal(turn(0), 60000);
	assert_false(next_metric());
	event(9);
	event(11);
	turn(1000);
	ledger_stop(&ledger);
	assert_true(next_metric());
	assert_int_equal(number("total", "serials_missing"), 4);
	assert_int_equal(number("total", "serials_late"), 1);
	stop();
}

static void the_end(void **state)
{
	(void)state;
	begin(UDP);
	record(SYSCALL, "audit(1700000000.001:41): arch=c000003e syscall=2"); /* is held */
	turn(0);
	ledger_stop(&ledger);
	assert_true(next_metric());
	check_metric();
	assert_int_equal(number("total", "events_emitted"), 1);
	assert_int_equal(number("total", "messages_sent") + number("now", "spool_messages"), 1);
	assert_int_equal(number("now", "records_held"), 0);
	assert_int_equal(fake_sys_sent_count(), 2); /* the last one of all */
	stop();
}

static void asked_at_any_time(void **state)
{
	static char object[LIMIT_METRIC_BYTES];
	cJSON *root;
	struct text text;

	(void)state;
	begin(UDP);
	record(SYSCALL, "audit(1700000000.001:41): arch=c000003e syscall=2");
	record(CWD, "audit(1700000000.001:41): cwd=\"/\"");
	tick(1500);
	text_init(&text, object, sizeof(object));
	text_puts(&text, "{");
	ledger_write(&ledger, &text);
	text_puts(&text, "}");
	cJSON_InitHooks(NULL);
	root = cJSON_Parse(object);
	assert_non_null(root);
	assert_int_equal(cJSON_GetObjectItem(root, "uptime_ms")->valuedouble, 1500);
	metric = cJSON_CreateObject();
	cJSON_AddItemToObject(metric, "ecsaudit", root);
	check_metric();
	assert_int_equal(number("now", "records_held"), 2);
	assert_int_equal(number("now", "events_held"), 1);
	stop();
}

/* ---- random lives: each document adds up, the last has everything --------------------------- */

static uint32_t seed;

static uint32_t dice(uint32_t sides)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % sides;
}

static void random_step(unsigned *serial)
{
	*serial += 1 + (dice(50) == 0);
	switch (dice(12)) {
	case 0:
		fake_sys_writable(output_fd(), dice(3));
		break;
	case 1:
		turn(dice(4000));
		if (dice(30) == 0) { /* a quiet time */
			turn(LIMIT_GAPS_SETTLE_MS);
			turn(LIMIT_GAPS_SETTLE_MS);
			turn(LIMIT_GAPS_SETTLE_MS);
			turn(60000);
		}
		break;
	case 2:
		record(REPLY, "no record");
		break;
	case 3:
		record(1112, "not one either");
		break;
	case 4:
		lose(dice(20) == 0);
		break;
	case 5:
		long_event(*serial - dice(3), dice(40), dice(100));
		break;
	case 6:
		record(SYSCALL, "audit(1700000000.001:%u): arch=c000003e syscall=2", *serial);
		break;
	default:
		event(*serial - (dice(5) == 0));
	}
}

static void random_lives(void **state)
{
	unsigned documents = 0, losses = 0;

	(void)state;
	for (unsigned life = 0; life < 12; life++) {
		unsigned serial = life % 2 ? 100 : UINT32_MAX - 500;

		ledger_setup(NULL);
		seed = life;
		set("spool_bytes=20000");
		begin(life % 3 ? UDP : "output=stdout");
		for (unsigned i = 0; i < 1500; i++)
			random_step(&serial);
		fake_sys_writable(output_fd(), true);
		turn(1000);
		ledger_stop(&ledger);
		check_sums();
		stop();
		while (life % 3 && next_metric()) {
			check_metric();
			documents++;
			losses += number("", "loss") > 0;
		}
		if (life % 3) {
			assert_int_equal(number("total", "records_received"),
				agent->counters.records_received);
			assert_int_equal(number("total", "serials_missing"),
				agent->counters.serials_missing);
			assert_int_equal(number("total", "messages_dropped"),
				agent->counters.messages_dropped);
			assert_int_equal(
				number("total", "kernel_lost"), agent->counters.kernel_lost);
			assert_true(agent->counters.serials_missing > 5);
		}
	}
	print_message("# %u metric documents, %u with a loss\n", documents, losses);
	assert_true(documents > 50 && losses > 20 && losses < documents);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, ledger_setup, ledger_teardown)
		TEST(at_an_interval),
		TEST(without_an_interval),
		TEST(at_once_and_not_too_often),
		TEST(any_loss),
		TEST(nothing_leaves),
		TEST(its_own_loss),
		TEST(small_datagrams),
		TEST(the_kernels_status),
		TEST(gaps_in_time),
		TEST(the_end),
		TEST(asked_at_any_time),
		TEST(random_lives),
	};

	return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
