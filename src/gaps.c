#include "gaps.h"

#include <string.h>

_Static_assert((LIMIT_GAPS_WINDOW & (LIMIT_GAPS_WINDOW - 1)) == 0, "serials wrap at 2^32");

/* As in reassembly: nothing is so late. */
#define RESTART (1 << 24)

/* How far `to` is ahead of `from`; below 0: behind. Serials wrap. */
static int32_t ahead(uint32_t from, uint32_t to)
{
	return (int32_t)(to - from);
}

static uint32_t *word_of(struct gaps *g, uint32_t serial)
{
	return &g->absent[serial % LIMIT_GAPS_WINDOW / 32];
}

static uint32_t bit_of(uint32_t serial)
{
	return 1u << serial % 32;
}

static void give_up(struct gaps *g, uint32_t count)
{
	g->counters->serials_missing += count;
	g->open -= count;
}

/* Nothing up to `serial`, which is in the window, is open any more. */
static void settle(struct gaps *g, uint32_t serial)
{
	uint32_t count = 0;

	for (uint32_t i = g->settled + 1; g->open > count && ahead(i, serial) >= 0; i++)
		count += (*word_of(g, i) & bit_of(i)) != 0;
	give_up(g, count);
	if (ahead(g->settled, serial) > 0)
		g->settled = serial;
}

static void begin(struct gaps *g, uint32_t serial)
{
	g->highest = g->settled = g->mark = serial;
	g->started = true;
}

/* `serial` gets the place of the one that is a window behind it. */
static void take_place(struct gaps *g, uint32_t serial, bool came)
{
	uint32_t *word = word_of(g, serial), bit = bit_of(serial);
	const uint32_t leaves = serial - LIMIT_GAPS_WINDOW;

	if (ahead(g->settled, leaves) > 0) {
		give_up(g, (*word & bit) != 0);
		g->settled = leaves;
	}
	if (!came) {
		*word |= bit;
		g->open++;
	} else if (*word & bit) {
		*word &= ~bit;
	}
}

static void advance(struct gaps *g, uint32_t serial)
{
	const uint32_t distance = serial - g->highest;

	/* Those that would come and leave at once are missing at once. */
	if (distance > LIMIT_GAPS_WINDOW) {
		settle(g, g->highest);
		g->counters->serials_missing += distance - LIMIT_GAPS_WINDOW;
		g->highest = g->settled = serial - LIMIT_GAPS_WINDOW;
	}
	while (++g->highest != serial)
		take_place(g, g->highest, false);
	take_place(g, serial, true);
}

/* In the window, and not the highest. */
static void fill(struct gaps *g, uint32_t serial)
{
	uint32_t *word = word_of(g, serial), bit = bit_of(serial);

	if (!(*word & bit))
		return;
	*word &= ~bit;
	if (ahead(g->settled, serial) > 0)
		g->open--;
	else
		g->counters->serials_late++;
}

void gaps_init(struct gaps *g, struct counters *counters)
{
	g->counters = counters;
}

void gaps_serial(struct gaps *g, uint32_t serial)
{
	const int32_t distance = ahead(g->highest, serial);

	g->last = serial;
	if (!g->started) {
		begin(g, serial);
	} else if (distance > 0) {
		advance(g, serial);
	} else if (distance > -(int32_t)LIMIT_GAPS_WINDOW) {
		fill(g, serial);
	} else if (distance > -RESTART) {
		g->counters->serials_late++;
	} else {
		settle(g, g->highest);
		memset(g->absent, 0, sizeof(g->absent));
		begin(g, serial);
	}
}

void gaps_settle(struct gaps *g)
{
	if (!g->started)
		return;
	/* An old mark may be so far behind that it seems to be ahead. */
	if (ahead(g->mark, g->highest) >= 0)
		settle(g, g->mark);
	g->mark = g->highest;
}

void gaps_flush(struct gaps *g)
{
	if (g->started)
		settle(g, g->highest);
}
