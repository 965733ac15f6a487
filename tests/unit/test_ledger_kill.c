/* link: support_agent.o fake_sys.o fake_files.o fake_sockets.o cjson.o */
/*
 * The agent is killed at every moment of a random life: nothing is left of it but the spool's file.
 * What the next one tells is compared with what the collector has.
 */
#include "ledger.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "support_agent.h"
#include "config_read.h"

#define SPOOL	"/run/spool"
#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define ONE	"6a9b9c1e-0f4e-4d5c-8f0a-5f4c2d1b7e93\n"
#define TWO	"6a9b9c1e-0f4e-4d5c-8f0a-5f4c2d1b7e94\n"
#define FIRST	1000u
#define EVENTS	60u
#define LAST	(FIRST + EVENTS + 3)
#define RECORDS 400u

static struct ledger ledger;
static struct audit_control_status status;
static bool arrived[LAST + 1];
static unsigned harvested, missing, late; /* the latter two: of the last metric document */
static char message[256];		  /* of the last one that had any */
static uint32_t seed;

static uint32_t dice(uint32_t sides)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % sides;
}

/* ---- the kernel's side: records of several events between each other, some never come ------- */

static struct {
	uint16_t type;
	unsigned serial;
} records[RECORDS];
static unsigned record_count;

static void add_record(uint16_t type, unsigned serial)
{
	assert_true(record_count < RECORDS);
	records[record_count].type = type;
	records[record_count++].serial = serial;
}

static void add_event(unsigned serial)
{
	switch (dice(10)) {
	case 0: /* lost by the kernel */
		break;
	case 1: /* but for its end */
		add_record(EOE, serial);
		break;
	case 2: /* has no end: it waits for the timeout */
		add_record(SYSCALL, serial);
		break;
	case 3:
	case 4:
		add_record(SERVICE_START, serial);
		break;
	default:
		add_record(SYSCALL, serial);
		add_record(PATH, serial);
		add_record(PROCTITLE, serial);
		add_record(EOE, serial);
	}
}

static void make_records(void)
{
	record_count = 0;
	add_record(SERVICE_START, FIRST);
	for (unsigned serial = FIRST + 1; serial <= FIRST + EVENTS; serial++)
		add_event(serial);
	for (unsigned i = 1; i < record_count; i++) {
		unsigned other = i + dice(6);
		const uint16_t type = records[i].type;
		const unsigned serial = records[i].serial;

		if (other >= record_count)
			continue;
		records[i] = records[other];
		records[other].type = type;
		records[other].serial = serial;
	}
	for (unsigned serial = FIRST + EVENTS + 1; serial <= LAST; serial++)
		add_record(SERVICE_START, serial);
}

/* ---- the collector's ------------------------------------------------------------------------ */

static void harvest_metric(const struct fake_sent *sent)
{
	cJSON *root = document_of(sent);
	const cJSON *own = cJSON_GetObjectItem(root, "ecsaudit");
	const cJSON *total = cJSON_GetObjectItem(own, "total");
	const cJSON *words = cJSON_GetObjectItem(root, "message");

	missing = (unsigned)cJSON_GetNumberValue(cJSON_GetObjectItem(total, "serials_missing"));
	late = (unsigned)cJSON_GetNumberValue(cJSON_GetObjectItem(total, "serials_late"));
	if (words)
		snprintf(message, sizeof(message), "%s", words->valuestring);
	cJSON_Delete(root);
}

static void harvest(void)
{
	while (harvested < fake_sys_sent_count()) {
		const struct fake_sent *sent = fake_sys_sent(harvested++);
		unsigned serial;

		if (strstr(sent->data, "\"kind\":\"metric\"")) {
			harvest_metric(sent);
			continue;
		}
		serial = sequence_of(sent);
		assert_in_range(serial, FIRST, LAST);
		arrived[serial] = true;
	}
}

static unsigned never_arrived(void)
{
	unsigned n = 0;

	for (unsigned serial = FIRST; serial <= LAST; serial++)
		n += !arrived[serial];
	return n;
}

/* ---- the agents ----------------------------------------------------------------------------- */

static void begin(const char *boot_id)
{
	memset(agent, 0, sizeof(*agent));
	memset(&ledger, 0, sizeof(ledger));
	fake_sys_file_text(BOOT_ID, boot_id);
	config_init(&agent->config);
	set("spool_file=" SPOOL);
	start(UDP, false);
	status.bytes = sizeof(status.values);
	ledger_start(&ledger, agent, &status);
}

/* The kernel closes what it had open; the clock goes on. */
static void kill_agent(void)
{
	static char file[LIMIT_SPOOL_BYTES];
	const int64_t now_ms = sys_monotonic_ms();
	const void *data;
	size_t len;

	harvest();
	data = fake_sys_file_data(SPOOL, &len);
	assert_in_range(len, 1, sizeof(file));
	memcpy(file, data, len);
	fake_sys_reset();
	harvested = 0;
	fake_sys_file(SPOOL, file, len);
	fake_sys_file_owner(SPOOL, S_IFREG | 0600, 0);
	fake_sys_clock_advance_ms(now_ms - sys_monotonic_ms());
}

static void turn(int64_t ms)
{
	tick(ms);
	(void)ledger_turn(&ledger);
	check_sums();
}

static bool steady; /* the output takes all */

static void one_record(unsigned i)
{
	switch (dice(12)) {
	case 0:
		turn(dice(700));
		break;
	case 1:
		if (dice(6) == 0)
			turn(LIMIT_GAPS_SETTLE_MS);
		break;
	case 2:
		fake_sys_writable(output_fd(), steady || dice(3));
		break;
	}
	record(records[i].type,
		"audit(1700000000.001:%u): arch=c000003e syscall=2 item=0 name=\"/x\" pid=1 "
		"res=success",
		records[i].serial);
}

static void end(void)
{
	fake_sys_writable(output_fd(), true);
	turn(1000);
	ledger_stop(&ledger);
	agent_stop(agent, sys_monotonic_ms() + 1000);
	harvest();
	assert_int_equal(agent->spool.waiting, 0);
	assert_int_equal(agent->counters.messages_dropped, 0);
}

static jmp_buf killed;

static void killer(void *ctx, int fd, const void *data, size_t len)
{
	(void)ctx;
	(void)fd;
	(void)data;
	(void)len;
	longjmp(killed, 1);
}

static int begin_test(void **state)
{
	setup(state);
	memset(arrived, 0, sizeof(arrived));
	harvested = missing = late = 0;
	message[0] = '\0';
	make_records();
	memset(&status, 0, sizeof(status));
	begin(ONE);
	return 0;
}

/* Returns false if it ended before the n-th record. `in_hand`: its document, or that of one after
 * it, has just left, and that is all. */
static bool killed_at(unsigned n, bool in_hand)
{
	volatile unsigned at = 0;
	unsigned more;

	steady = in_hand;
	if (setjmp(killed) == 0) {
		for (; at < n && at < record_count; at++)
			one_record(at);
		fake_sys_on_send(in_hand ? killer : NULL, NULL);
		for (unsigned i = 0; in_hand && i < 50 && at < record_count - 3; i++)
			one_record(at++);
	}
	if (n + 9 >= record_count)
		return false;
	kill_agent();
	begin(ONE);
	/* What was in the socket, and came when there was none. */
	for (more = dice(30); more > 0 && at < record_count - 3; more--)
		at++;
	for (; at < record_count; at++)
		one_record(at);
	end();
	return true;
}

static void killed_at_every_record(void **state)
{
	unsigned lives = 0, told = 0;

	(void)state;
	for (unsigned n = 1;; n++) {
		seed = n * 7919;
		begin_test(NULL);
		if (!killed_at(n, false))
			break;
		if (missing - late != never_arrived())
			fail_msg("killed at %u: %u missing, %u of them late, %u never came", n,
				missing, late, never_arrived());
		lives++;
		told += missing - late;
		teardown(NULL);
	}
	print_message("# killed %u times, %u serials missing\n", lives, told);
	assert_true(lives > 100 && told > 10 * lives);
}

static void killed_when_it_was_sent(void **state)
{
	unsigned lives = 0, doubts = 0;

	(void)state;
	for (unsigned n = 1;; n++) {
		seed = n * 104729;
		begin_test(NULL);
		if (!killed_at(n, true))
			break;
		assert_in_range(missing - late - never_arrived(), 0, 1);
		doubts += missing - late > never_arrived();
		lives++;
		teardown(NULL);
	}
	print_message("# killed %u times, one in doubt %u times\n", lives, doubts);
	assert_true(lives > 100 && doubts > 20);
}

/* ---- step by step ---------------------------------------------------------------------------- */

static void kernel_lost(uint32_t lost)
{
	const uint32_t more = lost - status.values.lost;

	status.values.lost = lost;
	ledger_status(&ledger, &status, more);
}

static void next_agent(const char *boot_id)
{
	kill_agent();
	begin(boot_id);
}

static void next_with_lost(uint32_t lost, const char *boot_id)
{
	status.values.lost = lost;
	next_agent(boot_id);
}

/* Losses of other kinds, and what the kernel lost, also while no agent was there. */
static void other_losses(void **state)
{
	(void)state;
	kernel_lost(100);
	turn(0);
	event(FIRST);
	turn(0);
	kernel_lost(103);
	turn(LIMIT_METRIC_PAUSE_MS);
	harvest();
	assert_string_equal(message, "3 records lost by the kernel in the last 5 s");
	kernel_lost(105);
	record(SYSCALL, "no header");
	record(SYSCALL, "nor here");
	turn(0);
	next_with_lost(109, ONE);
	assert_int_equal(agent->counters.kernel_lost, 6);
	assert_int_equal(agent->counters.losses_before, 2);
	turn(1000);
	harvest();
	assert_string_equal(message,
		"6 records lost by the kernel, 2 drops unreported by the previous agent in "
		"the last 1 s");
	/* Killed again. */
	record(SYSCALL, "third");
	turn(0);
	next_with_lost(110, ONE);
	turn(1000);
	harvest();
	assert_string_equal(message,
		"1 record lost by the kernel, 1 drop unreported by the previous agent in "
		"the last 1 s");
	event(FIRST + 1);
	turn(1000);
	/* Somebody set the kernel's count to 0. */
	next_with_lost(2, ONE);
	assert_int_equal(agent->counters.kernel_lost, 2);
	assert_int_equal(agent->counters.losses_before, 0);
	/* The machine was booted anew. */
	next_with_lost(50, TWO);
	assert_int_equal(agent->counters.kernel_lost, 0);
	turn(0);
	end();
}

/* What the one before counted and had no time to tell is told at once, and then no more. */
static void what_was_not_told(void **state)
{
	(void)state;
	fake_sys_writable(output_fd(), false);
	event(FIRST);
	event(FIRST + 3);
	turn(0);
	turn(LIMIT_GAPS_SETTLE_MS);
	turn(LIMIT_GAPS_SETTLE_MS);
	assert_int_equal(agent->counters.serials_missing, 2);
	next_agent(ONE);
	turn(1000);
	turn(0);
	harvest();
	assert_int_equal(missing, 2);
	assert_string_equal(message, "2 events missing as a whole in the last 11 s");
	assert_int_equal(agent->counters.reports, 1);
	next_agent(ONE);
	turn(1000);
	turn(LIMIT_METRIC_PAUSE_MS);
	assert_int_equal(agent->counters.reports, 0);
	end();
	assert_int_equal(missing, 2);
}

/* What came while there was none, after an orderly end, too. */
static void while_there_was_none(void **state)
{
	(void)state;
	event(FIRST);
	record(SYSCALL, "audit(1700000000.001:%u): arch=c000003e syscall=2", FIRST + 1);
	end();
	assert_int_equal(missing, 0);
	fake_sys_clock_advance_ms(30000);
	next_agent(ONE);
	event(FIRST + 10);
	turn(0);
	turn(LIMIT_GAPS_SETTLE_MS);
	harvest();
	assert_string_equal(message, "8 events missing as a whole in the last 35 s");
	end();
	assert_int_equal(missing, 8);
}

/* The first of a boot has handed on nothing yet. */
static void with_the_first_in_its_hands(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++)
		record(SYSCALL, "audit(1700000000.001:%u): arch=c000003e syscall=2", FIRST + i);
	next_agent(ONE);
	event(FIRST + 3);
	end();
	assert_int_equal(missing, 3);
}

static void after_a_boot(void **state)
{
	(void)state;
	event(FIRST);
	event(FIRST + 3);
	next_agent(TWO);
	event(FIRST + 60);
	event(FIRST + 61);
	end();
	assert_int_equal(missing, 0);
}

/* A reassembly that holds events for long. */
static void a_long_timeout(void **state)
{
	(void)state;
	agent->config.timeout_ms = 20000;
	event(FIRST);
	event(FIRST + 2);
	turn(0);
	turn(39999);
	assert_int_equal(agent->gaps.open, 1);
	turn(1);
	assert_int_equal(agent->counters.serials_missing, 1);
	end();
}

/* What has no event is missing, whatever it was. */
static void what_is_handed_on(void **state)
{
	(void)state;
	event(FIRST);
	record(REPLY, "audit(1700000000.001:%u): x", FIRST + 1);
	record(EOE, "audit(1700000000.001:%u): ", FIRST + 2);
	record(SERVICE_START, "audit(1700000000.001:%u): %0*d", FIRST + 3, LIMIT_RECORD_BYTES, 0);
	record(SYSCALL, "audit(1700000000.001:%u): arch=c000003e syscall=2", FIRST + 4);
	assert_int_equal(agent->gaps.open, 0);
	event(FIRST + 5);
	assert_int_equal(agent->gaps.open, 0); /* it waits for the one before */
	turn(LIMIT_EVENT_HOLD_MS);
	turn(2000);
	assert_int_equal(agent->gaps.open, 3);
	end();
	assert_int_equal(missing, 3);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_test, teardown)
		TEST(killed_at_every_record),
		TEST(killed_when_it_was_sent),
		TEST(other_losses),
		TEST(what_was_not_told),
		TEST(while_there_was_none),
		TEST(with_the_first_in_its_hands),
		TEST(after_a_boot),
		TEST(a_long_timeout),
		TEST(what_is_handed_on),
	};

	return cmocka_run_group_tests_name("ledger_kill", tests, NULL, NULL);
}
