#include "gaps.h"

#include <stdatomic.h>
#include <string.h>

_Static_assert((LIMIT_GAPS_WINDOW & (LIMIT_GAPS_WINDOW - 1)) == 0, "serials wrap at 2^32");
_Static_assert(sizeof(struct gaps_journal) == 48 + 2 * 64 + 8 + LIMIT_GAPS_WINDOW / 8,
	"32 and 64 bit programs have the same journal");

/* No record is so late: the numbers began again. As in reassembly. */
#define RESTART (1 << 24)

/* Each version of the format has another one. */
#define MAGIC 0x45474a33u

/* Keeps the compiler from reordering stores: a process that is killed has done some of them, from
 * the first on. Tests put a kill in its place. */
#ifndef GAPS_STORED
#define GAPS_STORED() atomic_signal_fence(memory_order_seq_cst)
#endif

/* One store, which a kill does not tear. */
static void store(uint32_t *at, uint32_t value)
{
	GAPS_STORED();
	*(volatile uint32_t *)at = value;
	GAPS_STORED();
}

/* Write a new state beside the old one; then one store makes it the current one. */
static void commit(struct gaps *g, struct gaps_state state)
{
	const uint32_t other = !g->journal->current;

	g->now = &g->journal->states[other];
	*g->now = state;
	store(&g->journal->current, other);
	g->counters->serials_missing = state.missing;
	g->counters->serials_late = state.late;
}

/* How far `to` is ahead of `from`; below 0: behind. Serials wrap. */
static int32_t ahead(uint32_t from, uint32_t to)
{
	return (int32_t)(to - from);
}

static uint32_t *word_of(const struct gaps *g, uint32_t serial)
{
	return &g->journal->absent[serial % LIMIT_GAPS_WINDOW / 32];
}

static uint32_t bit_of(uint32_t serial)
{
	return 1u << serial % 32;
}

static bool is_absent(const struct gaps *g, uint32_t serial)
{
	return *word_of(g, serial) & bit_of(serial);
}

static void clear(struct gaps *g, uint32_t serial)
{
	store(word_of(g, serial), *word_of(g, serial) & ~bit_of(serial));
}

/* Count all serials up to `serial` that are still open as missing. `serial` is in the window. */
static void settle(struct gaps *g, uint32_t serial)
{
	struct gaps_state state;
	uint32_t count = 0;

	if (ahead(g->now->settled, serial) <= 0)
		return;
	for (uint32_t i = g->now->settled + 1; g->open > count && ahead(i, serial) >= 0; i++)
		count += is_absent(g, i);
	if (count == 0) {
		store(&g->now->settled, serial);
		return;
	}
	g->open -= count;
	state = *g->now;
	state.missing += count;
	state.settled = serial;
	commit(g, state);
}

static void begin(struct gaps *g, uint32_t serial)
{
	struct gaps_state state = *g->now;

	state.highest = state.settled = g->mark = serial;
	state.started = GAPS_COUNTS;
	commit(g, state);
}

__attribute__((cold)) void gaps_begin(struct gaps *g, uint32_t serial)
{
	begin(g, serial - 1);
}

void gaps_await(struct gaps *g, bool asked)
{
	if (g->now->started != GAPS_COUNTS)
		store(&g->now->started, asked ? GAPS_AWAITS : GAPS_NOTHING);
}

/* The window moves so far that it skips serials: all open ones and these are missing. */
static void jump(struct gaps *g, uint32_t to)
{
	struct gaps_state state = *g->now;

	state.missing += g->open + (to - state.highest);
	state.highest = state.settled = to;
	g->open = 0;
	commit(g, state);
}

static void advance(struct gaps *g, uint32_t serial)
{
	/* Serials up to this one leave the window. Settle them before others take their bits. */
	const uint32_t leaves = serial - LIMIT_GAPS_WINDOW;

	if (ahead(g->now->highest, leaves) > 0)
		jump(g, leaves);
	else if (ahead(g->now->settled, leaves) > 0)
		settle(g, g->open ? leaves : g->now->highest);
	for (uint32_t i = g->now->highest + 1; i != serial; i++) {
		store(word_of(g, i), *word_of(g, i) | bit_of(i));
		g->open++;
	}
	if (is_absent(g, serial))
		clear(g, serial);
	store(&g->now->highest, serial);
}

static void count_late(struct gaps *g)
{
	struct gaps_state state = *g->now;

	state.late++;
	commit(g, state);
}

/* A serial of the window, but not the highest, has come. */
static void fill(struct gaps *g, uint32_t serial)
{
	if (!is_absent(g, serial))
		return;
	if (ahead(g->now->settled, serial) > 0)
		g->open--;
	else
		count_late(g);
	clear(g, serial);
}

void gaps_serial(struct gaps *g, uint32_t serial)
{
	const int32_t distance = ahead(g->now->highest, serial);

	if (g->now->started != GAPS_COUNTS) {
		begin(g, serial);
	} else if (distance > 0) {
		advance(g, serial);
	} else if (distance > -(int32_t)LIMIT_GAPS_WINDOW) {
		fill(g, serial);
	} else if (distance > -RESTART) {
		count_late(g);
	} else {
		gaps_flush(g);
		memset(g->journal->absent, 0, sizeof(g->journal->absent));
		begin(g, serial);
	}
}

void gaps_settle(struct gaps *g)
{
	/* An old mark may be so far behind that it seems to be ahead. */
	if (ahead(g->mark, g->now->highest) >= 0)
		settle(g, g->mark);
	g->mark = g->now->highest;
}

void gaps_flush(struct gaps *g)
{
	settle(g, g->now->highest);
}

void gaps_reported(struct gaps *g, const struct gaps_reported *reported)
{
	struct gaps_state state = *g->now;

	state.reported_missing = reported->missing;
	state.reported_late = reported->late;
	state.reported_ms = reported->now_ms;
	state.unreported = reported->unreported;
	state.kernel_lost = reported->kernel_lost;
	commit(g, state);
}

void gaps_unreported(struct gaps *g, uint64_t unreported)
{
	struct gaps_state state = *g->now;

	if (state.unreported == unreported)
		return;
	state.unreported = unreported;
	commit(g, state);
}

/* ---- what a file holds ----------------------------------------------------------------- */

static bool is_sound(const struct gaps_journal *j, const char *boot_id)
{
	const struct gaps_state *s = &j->states[j->current & 1];

	return *boot_id && j->magic == MAGIC && j->current <= 1 &&
	       memcmp(j->boot_id, boot_id, GAPS_BOOT_ID_BYTES) == 0 && s->started > GAPS_NOTHING &&
	       s->started <= GAPS_AWAITS && s->highest - s->settled <= LIMIT_GAPS_WINDOW &&
	       s->reported_missing <= s->missing && s->reported_late <= s->late;
}

static void start_over(struct gaps_journal *j, const char *boot_id)
{
	store(&j->magic, 0); /* without it the journal does not count */
	memset(j, 0, sizeof(*j));
	memcpy(j->boot_id, boot_id, GAPS_BOOT_ID_BYTES);
	store(&j->magic, MAGIC);
}

void gaps_init(struct gaps *g, struct counters *counters, struct gaps_journal *journal,
	const char boot_id[GAPS_BOOT_ID_BYTES])
{
	*g = (struct gaps){.counters = counters, .journal = journal};
	if (boot_id && !is_sound(journal, boot_id))
		start_over(journal, boot_id);
	g->now = &journal->states[journal->current];
	/* The kernel's first serial is 1. */
	if (g->now->started == GAPS_AWAITS)
		begin(g, 0);
	counters->serials_missing = g->now->missing;
	counters->serials_late = g->now->late;
	/* Open serials may still be in the kernel's queues: give none of them up at once. */
	g->mark = g->now->settled;
	for (uint32_t i = g->now->settled + 1; ahead(i, g->now->highest) >= 0; i++)
		g->open += is_absent(g, i);
}
