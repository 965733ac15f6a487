/* link: support_life.o support_faults.o support_world.o support_agent.o fake_sys.o fake_files.o
 * fake_sockets.o fake_audit.o fake_privileges.o cjson.o */
/*
 * A long life in which anything happens at any time and any system call fails now and then. Again
 * and again it becomes quiet; then the agent must hold what it held the first time, and no more.
 *
 * SOAK_EVENTS=n: about so many events. SOAK_SEED=n: another life.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support_agent.h"
#include "support_faults.h"
#include "support_life.h"

#define DEFAULT_EVENTS 50000u
#define QUIET_TIMES    10u
#define QUIET_MS       150000 /* longer than any pause or back-off */
#define CALLS_A_FAULT  50u    /* one call in so many fails */

static uint32_t random_state;
static bool is_wild;
static uint64_t faults_so_far, calls_so_far;
static int64_t quiet_until_ms;

static uint32_t dice(uint32_t sides)
{
	random_state ^= random_state << 13; /* Marsaglia's xorshift */
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % sides;
}

/* What ends an agent, or what it does, which is right: the kernel does not change its mind about
 * who may ask. */
static bool is_final(const char *call, int err)
{
	return (strcmp(call, "audit") == 0 && err == EPERM) ||
	       (strcmp(call, "poll") == 0 && err == ENOMEM) ||
	       (strcmp(call, "recvmsg") == 0 && err == EIO);
}

static int on_call(const char *call)
{
	const struct faults *f;
	unsigned n = 0;

	calls_so_far++;
	if (!is_wild || dice(CALLS_A_FAULT) != 0)
		return 0;
	f = &faults[faults_kind(call)];
	while (n < FAULTS_ERRORS && f->errors[n])
		n++;
	n = n > 0 ? dice(n) : 0;
	if (is_final(call, f->errors[n]))
		return 0;
	faults_so_far++;
	return f->errors[n];
}

static void short_for_a_while(void)
{
	fake_sys_short(dice(3) ? 0 : 1 + dice(3000));
}

static void (*const happenings[])(void) = {world_odd, world_rules_deleted, world_lost,
	world_forgotten, world_away, world_back, world_fallback_away, world_nobody_listens,
	world_half_a_frame, world_full, world_back, world_reset, world_back, world_orderly_end,
	world_client, world_reload_broken, world_reload_other, world_reload_first,
	world_reload_rules, world_summary, world_clock_step, short_for_a_while, world_back};

#define HAPPENINGS (sizeof(happenings) / sizeof(happenings[0]))

static bool on_idle(void *ctx, int timeout_ms)
{
	const uint32_t after_ms = dice(40);

	(void)ctx;
	if (!is_wild || (timeout_ms >= 0 && (uint32_t)timeout_ms < after_ms))
		return false;
	fake_sys_clock_advance_ms(after_ms);
	if (dice(30) == 0)
		happenings[dice(HAPPENINGS)]();
	else
		world_some();
	return true;
}

/* ---- what it holds ----------------------------------------------------------------------------
 */

struct held {
	unsigned descriptors, sources, timers;
	unsigned arena_blocks, events, waiting, in_flight, spool_used;
};

static struct held look(void)
{
	const struct loop *l = &life.run.loop;
	const struct spool *s = &agent->spool;
	struct held held = {
		.descriptors = fake_sys_open_count(),
		.arena_blocks = agent->reassembly.blocks.in_use,
		.events = agent->reassembly.count,
		.waiting = s->waiting,
		.in_flight = s->in_flight,
		.spool_used = s->blocks - s->free,
	};

	for (unsigned i = 0; i < LIMIT_LOOP_SOURCES; i++)
		held.sources += l->sources[i].fd >= 0;
	for (unsigned i = 0; i < LIMIT_LOOP_TIMERS; i++)
		held.timers += l->timers[i].handler != NULL;
	return held;
}

static void check(const struct held *now, const struct held *first)
{
	assert_int_equal(now->events, 0);
	assert_int_equal(now->arena_blocks, 0);
	assert_int_equal(now->waiting, 0);
	assert_int_equal(now->in_flight, 0);
	assert_int_equal(now->spool_used, 0);
	assert_int_equal(now->descriptors, first->descriptors);
	assert_int_equal(now->sources, first->sources);
	assert_int_equal(now->timers, first->timers);
}

/* All is well again, and time passes. */
static void become_quiet(void)
{
	is_wild = false;
	fake_sys_short(0);
	world_back();
	world_reload_first();
	quiet_until_ms = sys_monotonic_ms() + QUIET_MS;
	/* The last document of its counters may not have been settled. */
	while (sys_monotonic_ms() < quiet_until_ms ||
		(agent->spool.in_flight > 0 && sys_monotonic_ms() < quiet_until_ms + 3000)) {
		assert_true(life_turn());
		life_collect();
		world_back(); /* a reload has another socket */
	}
	is_wild = true;
}

static unsigned number(const char *name, unsigned otherwise)
{
	const char *value = getenv(name);

	return value && atoi(value) > 0 ? (unsigned)atoi(value) : otherwise;
}

static void nothing_grows(void **state)
{
	const unsigned events = number("SOAK_EVENTS", DEFAULT_EVENTS);
	struct held first = {0}, now;

	(void)state;
	random_state = number("SOAK_SEED", 2463534242u);
	life_begin(WORLD_ALL, on_call, on_idle);
	assert_true(life.started);
	for (unsigned i = 0; i <= QUIET_TIMES; i++) {
		become_quiet();
		now = look();
		if (i == 0)
			first = now;
		check(&now, &first);
		while (i < QUIET_TIMES &&
			agent->counters.events_emitted < (uint64_t)events / QUIET_TIMES * (i + 1)) {
			assert_true(life_turn());
			life_collect();
		}
	}
	is_wild = false;
	fake_sys_signal(SIGTERM);
	life.over = true;
	while (life_turn())
		;
	fprintf(stderr,
		"# %llu events, %llu records, %llu calls of which %llu failed, %u turns, %lld s\n",
		(unsigned long long)agent->counters.events_emitted,
		(unsigned long long)agent->counters.records_received,
		(unsigned long long)calls_so_far, (unsigned long long)faults_so_far, life.turns,
		(long long)(sys_monotonic_ms() / 1000 - FAKE_SYS_MONOTONIC_S));
	life_end("", false);
	assert_int_equal(life.status, EXIT_OK);
	life_bury();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_grows),
	};

	return cmocka_run_group_tests_name("soak", tests, NULL, NULL);
}
