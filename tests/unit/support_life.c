#include "support_life.h"
#include <errno.h>
#include <linux/netlink.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fake_audit.h"
#include "fake_privileges.h"
#include "support_agent.h"

#define MOST_TURNS 5000u
#define PATIENCE   100u /* turns without what is next, as no time passes */

struct life life;

static char said[65536];
static size_t said_len;
static unsigned next;	      /* step */
static unsigned turns_before; /* it */
static int64_t born_ms;
static uint64_t collected; /* messages that reached a collector, or a reader */

/* ---- what happens --------------------------------------------------------------------------- */

static void terminate(void)
{
	life.over = true;
	fake_sys_signal(SIGTERM);
}

/* Or with a connection. */
static void end_badly(void)
{
	if (world.kind == WORLD_ALL) {
		world_away();
		world_reset();
	}
}

static const struct {
	unsigned at_ms; /* of its life */
	void (*happen)(void);
} steps[] = {
	{10, world_some},
	{20, world_odd},
	{100, world_client},
	{110, world_summary},
	{200, world_rules_deleted},
	{2500, world_some},
	{3000, world_nobody_listens},
	{3100, world_single},
	{4000, world_away},
	{4100, world_some},
	{5000, world_single},
	{8500, world_many}, /* to the fallback */
	{8600, world_fallback_away},
	{8700, world_many}, /* to the spool, which is too small */
	{9000, world_back},
	{12000, world_client},
	{15500, world_lost},
	{16000, world_clock_step},
	{16500, world_reload_broken},
	{16600, world_single},
	{17000, world_forgotten},
	{33000, world_some},
	{33100, world_reload_other},
	{33200, world_some},
	{34000, world_many},
	{35000, world_half_a_frame},
	{35100, world_full},
	{35200, world_single},
	{36000, world_reset},
	{36100, world_single},
	{40000, world_back},
	{44000, world_single},
	{45000, world_orderly_end},
	{45010, world_single},
	{48000, world_reload_rules},
	{48001, world_many},
	{50000, end_badly},
	{50100, world_interleaved},
	{50300, terminate},
};

#define STEPS (sizeof(steps) / sizeof(steps[0]))

static void step(void)
{
	turns_before = life.turns;
	steps[next++].happen();
}

/* The agent waits. */
static bool on_idle(void *ctx, int timeout_ms)
{
	const int64_t now_ms = sys_monotonic_ms() - born_ms;

	(void)ctx;
	if (!life.started || next == STEPS)
		return false;
	if (timeout_ms >= 0 && steps[next].at_ms > now_ms + timeout_ms)
		return false;
	if (steps[next].at_ms > now_ms)
		fake_sys_clock_advance_ms(steps[next].at_ms - now_ms);
	step();
	return true;
}

/* ---- what is to be seen ------------------------------------------------------------------------
 */

static void hear(const struct fake_sent *sent)
{
	if (said_len + sent->len >= sizeof(said))
		return;
	memcpy(said + said_len, sent->data, sent->len + 1);
	said_len += sent->len;
}

const char *life_said(void)
{
	return said;
}

/* RFC 6587 section 3.4.1, of one connection after the other. */
static struct stream {
	int fd;
	unsigned connection;
	size_t left; /* of a message */
	size_t length;
} stream;

static unsigned frames_in(struct stream *s, const struct fake_sent *sent)
{
	unsigned whole = 0;

	if (s->fd != sent->fd || s->connection != sent->connection)
		*s = (struct stream){.fd = sent->fd, .connection = sent->connection};
	for (size_t i = 0; i < sent->len; i++) {
		const char c = sent->data[i];

		if (s->left > 0) {
			if (s->left == s->length)
				assert_int_equal(c, '<');
			whole += --s->left == 0;
			if (s->left == 0)
				s->length = 0;
		} else if (c == ' ') {
			assert_in_range(s->length, 1, LIMIT_DATAGRAM_BYTES);
			s->left = s->length;
		} else {
			assert_in_range(c, '0', '9');
			s->length = s->length * 10 + (size_t)(c - '0');
		}
	}
	return whole;
}

static unsigned lines_in(const char *text, size_t len)
{
	unsigned n = 0;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

void life_collect(void)
{
	const struct fake_sent *sent;

	for (unsigned i = 0; (sent = fake_sys_sent(i)); i++) {
		if (sent->type == SOCK_STREAM && sent->domain != AF_UNIX)
			collected += frames_in(&stream, sent);
		else if (sent->type == SOCK_DGRAM)
			collected += sent->data[0] == '<';
		else if (sent->fd == 1)
			collected += lines_in(sent->data, sent->len);
		else if (sent->fd == 2)
			hear(sent);
	}
	fake_sys_sent_clear();
}

/* What did not leave is in the file, whole. */
static void check_spool(void)
{
	static _Alignas(8) char copy[65536];
	static struct spool spool;
	size_t len;
	const void *data = fake_sys_file_data(WORLD_SPOOL, &len);

	assert_in_range(len, SPOOL_FILE_JOURNAL_BYTES + 1, sizeof(copy));
	memcpy(copy, data, len);
	spool_init(&spool, copy + SPOOL_FILE_JOURNAL_BYTES, len - SPOOL_FILE_JOURNAL_BYTES,
		DROP_OLDEST);
	spool_recover(&spool);
	assert_int_equal(spool.broken, 0);
	assert_int_equal(spool.recovered, agent->spool.waiting);
}

/* The kernel as it was before us. */
static void check_kernel(void)
{
	const struct audit_status *s = &fake_audit.status;

	if (strstr(said, "could not all be put back") || strstr(said, "stays 0"))
		return;
	assert_int_equal(s->backlog_wait_time, 15000);
	assert_int_equal(s->backlog_limit, 64);
	assert_int_equal(s->failure, 1);
}

/* What writes may not have been written, if it never can. */
static void check_outside(bool writes)
{
	size_t len;
	const char *data = fake_sys_file_data("/dev/watchdog", &len);

	/* Where it was opened it was closed so that it does not bite. */
	if (writes && len > 0)
		assert_int_equal(data[len - 1], 'V');
	if (fake_sys_file_data("/run/ecsaudit.pid", &len))
		assert_int_equal(len, 0);
}

/* Of a start that failed, what agent_start() opened goes with the process. */
static void check_descriptors(void)
{
	if (life.run.loop.signal_fd >= 0)
		sys_close(life.run.loop.signal_fd);
	assert_int_equal(fake_sys_socket(AF_NETLINK, 0), -1);
	if (life.started)
		assert_int_equal(fake_sys_open_count(), 0);
}

static void check_end(const char *failing, bool lasts)
{
	size_t len;
	const char *lines = fake_sys_file_data(WORLD_STDOUT_FILE, &len);

	life_collect();
	collected += lines_in(lines, len);
	if (agent->delivery.spool)
		check_sums();
	if (life.started) {
		assert_int_equal(records_held(), 0);
		assert_true(
			collected >= agent->counters.messages_sent - agent->counters.messages_lost);
		assert_true(life.status == EXIT_OK || life.status == EXIT_FAILED);
		assert_true(agent->counters.records_received <= world.produced);
		if (!life.run.source.failed && (!lasts || strcmp(failing, "recvmsg") != 0))
			assert_int_equal(agent->counters.records_received, world.produced);
		if (*agent->config.spool_file)
			check_spool();
	}
	if (lasts)
		return;
	/* A line says why. */
	if (life.status != EXIT_OK)
		assert_true(strncmp(said, "ecsaudit: ", 10) == 0);
	if (!life.over)
		assert_int_not_equal(life.status, EXIT_OK);
	check_kernel();
	check_outside(!lasts || strcmp(failing, "write") != 0);
}

/* ---- a life ------------------------------------------------------------------------------- */

void life_begin(enum world_kind kind, int (*on_call)(const char *call),
	bool (*on_idle_of_world)(void *ctx, int timeout_ms))
{
	memset(&life, 0, sizeof(life));
	life.run.agent = agent;
	life.run.request.file = WORLD_CONFIG;
	life.run.request.trusted = true;
	said[0] = '\0';
	said_len = next = turns_before = 0;
	collected = 0;
	stream = (struct stream){.fd = -1};
	world_boot(kind, &life.run.source);
	fake_sys_on_idle(on_idle_of_world, NULL);
	fake_sys_on_call(on_call);
	life.started = run_start(&life.run, &life.status);
	born_ms = sys_monotonic_ms();
}

bool life_turn(void)
{
	bool more;

	life.turns++;
	more = run_turn(&life.run);
	check_sums();
	return more;
}

void life_end(const char *failing, bool lasts)
{
	if (life.started)
		life.status = run_stop(&life.run);
	fake_sys_on_call(NULL);
	check_end(failing, lasts);
	check_descriptors();
}

void life_live(
	enum world_kind kind, int (*on_call)(const char *call), const char *failing, bool lasts)
{
	life_begin(kind, on_call, on_idle);
	while (life.started && life_turn()) {
		assert_true(life.turns < MOST_TURNS);
		/* Nothing is waited for; what happens, happens all the same. */
		if (next < STEPS && life.turns - turns_before > PATIENCE)
			step();
	}
	life_end(failing, lasts);
}

void life_bury(void)
{
	teardown(NULL);
}
