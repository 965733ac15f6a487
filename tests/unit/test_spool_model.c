/* link: spool.o */
/*
 * The spool against a model that is too simple to be wrong: an array of messages in order, looked
 * through from its start for whatever is asked.
 */
#include "spool.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define BLOCKS	    64u
#define STEPS	    50000u
#define LIVES	    80u
#define PATTERN_END 40000u

static struct spool s;
static _Alignas(8) char memory[BLOCKS * SPOOL_BLOCK_BYTES];
static char buf[2 * BLOCKS * SPOOL_BLOCK_BYTES];
/* Each message is a piece of it. Any 8 bytes are nowhere twice. */
static char pattern[PATTERN_END + 2 * BLOCKS * SPOOL_BLOCK_BYTES];

struct message {
	const char *at;
	uint32_t len, blocks;
	unsigned severity;
	bool in_flight;
	bool flown; /* is it, or was it */
};

static struct model {
	struct message held[BLOCKS]; /* in order */
	unsigned count, blocks;
	bool newest;
	uint64_t pushed, released, evicted, refused, too_long, recovered;
} m;

static uint64_t seed;

static uint32_t dice(uint32_t sides)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % sides;
}

/* ---- the model -------------------------------------------------------------------------- */

static uint32_t free_blocks(void)
{
	uint32_t used = 0;

	for (unsigned i = 0; i < m.count; i++)
		used += m.held[i].blocks;
	return m.blocks - used;
}

static void model_remove(unsigned i)
{
	m.count--;
	memmove(&m.held[i], &m.held[i + 1], (m.count - i) * sizeof(m.held[0]));
}

static unsigned first_waiting(void)
{
	unsigned i = 0;

	while (i < m.count && m.held[i].in_flight)
		i++;
	return i;
}

/* Blocks of a severity that may give way; of all that ever flew: -1. */
static uint32_t held_blocks(int severity)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < m.count; i++)
		if (m.held[i].flown == (severity < 0) &&
			(severity < 0 || m.held[i].severity == (unsigned)severity))
			n += m.held[i].blocks;
	return n;
}

static uint32_t model_reserve(void)
{
	return (m.blocks - held_blocks(-1)) / 4;
}

/* The oldest of a severity, or the newest. */
static unsigned first_of(unsigned severity)
{
	unsigned found = m.count;

	for (unsigned i = 0; i < m.count; i++)
		if (!m.held[i].flown && m.held[i].severity == severity &&
			(found == m.count || m.newest))
			found = i;
	return found;
}

/* Who gives way to a message; m.count: nobody. */
static unsigned victim_for(const struct message *x, bool reserves)
{
	const uint32_t own = model_reserve();
	const bool has_right = held_blocks((int)x->severity) + x->blocks <= own;

	for (int i = 7; i >= 0; i--) {
		const uint32_t held = held_blocks(i);

		if (!reserves && held > 0 && i >= (int)x->severity + m.newest)
			return first_of((unsigned)i);
		if (!reserves || i == (int)x->severity || held <= own)
			continue;
		if (i > (int)x->severity || has_right)
			return first_of((unsigned)i);
	}
	return reserves && !m.newest ? first_of(x->severity) : m.count;
}

/* Is there room for it, if everybody gives what is above his reserve? */
static bool fits_with_reserves(const struct message *x)
{
	const uint32_t own = model_reserve();
	uint32_t room = free_blocks();
	const uint32_t mine = held_blocks((int)x->severity);

	for (unsigned i = 0; i < 8; i++) {
		const uint32_t held = held_blocks((int)i);

		if (i == x->severity)
			room += m.newest ? 0 : held;
		else if (held > own && (i > x->severity || x->blocks + m.newest * mine <= own))
			room += held - own;
	}
	return room >= x->blocks;
}

static bool model_push(struct message x)
{
	const struct model before = m;
	bool reserves;

	if (x.len == 0)
		return false;
	m.pushed++;
	if (x.blocks > m.blocks) {
		m.too_long++;
		return false;
	}
	reserves = fits_with_reserves(&x);
	/* It is short, and its kind has more than its share: nobody else's is touched. */
	if (!reserves && x.blocks <= model_reserve() &&
		x.blocks + m.newest * held_blocks((int)x.severity) > model_reserve()) {
		m.refused++;
		return false;
	}
	while (free_blocks() < x.blocks) {
		unsigned victim = victim_for(&x, reserves);

		if (victim == m.count) { /* none in vain */
			m = before;
			m.pushed++;
			m.refused++;
			return false;
		}
		model_remove(victim);
		m.evicted++;
	}
	m.held[m.count++] = x;
	return true;
}

/* ---- both ------------------------------------------------------------------------------- */

/* What may go in flight: as much as half of the room, what was there once more, one alone. */
static void compare_flown(void)
{
	const unsigned next = first_waiting();
	uint32_t flown = 0, blocks = 1 + dice(BLOCKS);
	bool has_flown = false;

	for (unsigned i = 0; i < m.count; i++)
		flown += m.held[i].flown ? m.held[i].blocks : 0;
	assert_int_equal(s.flown, flown);
	assert_int_equal(spool_may_fly(&s, blocks * SPOOL_PAYLOAD_BYTES),
		flown == 0 || 2 * (flown + blocks) <= m.blocks);
	if (next < m.count) {
		has_flown = m.held[next].flown;
		blocks = m.held[next].blocks;
	}
	assert_int_equal(spool_next_has_flown(&s), has_flown);
	if (next < m.count)
		assert_int_equal(spool_next_may_fly(&s),
			has_flown || flown == 0 || next == 0 || 2 * (flown + blocks) <= m.blocks);
}

static void compare(void)
{
	unsigned in_flight = first_waiting();
	uint64_t bytes = 0;

	for (unsigned i = 0; i < m.count; i++)
		bytes += m.held[i].len;
	assert_int_equal(s.in_flight, in_flight);
	assert_int_equal(s.waiting, m.count - in_flight);
	assert_int_equal(s.bytes, bytes);
	assert_int_equal(s.free, free_blocks());
	assert_int_equal(s.pushed, m.pushed);
	assert_int_equal(s.released, m.released);
	assert_int_equal(s.evicted, m.evicted);
	compare_flown();
	assert_int_equal(s.refused, m.refused);
	assert_int_equal(s.too_long, m.too_long);
	assert_int_equal(s.recovered, m.recovered);
	assert_int_equal(s.broken + s.broken_blocks, 0);
	assert_int_equal(
		s.pushed + s.recovered, s.released + spool_dropped(&s) + s.waiting + s.in_flight);
}

static void step_push(void)
{
	static const uint32_t most[] = {1, 3, 3, 10, 2 * BLOCKS};
	uint32_t blocks = 1 + dice(most[dice(5)]);
	struct message x = {.at = pattern + dice(PATTERN_END), .severity = dice(9)};
	bool held;

	x.len = (blocks - 1) * SPOOL_PAYLOAD_BYTES;
	switch (dice(4)) {
	case 0: /* the block is full; or there is none */
		break;
	case 1:
		x.len++;
		break;
	default:
		x.len += 1 + dice(SPOOL_PAYLOAD_BYTES);
	}
	x.blocks = x.len / SPOOL_PAYLOAD_BYTES + (x.len % SPOOL_PAYLOAD_BYTES != 0);
	held = spool_push(&s, (struct span){x.at, x.len}, x.severity);
	if (x.severity > 7)
		x.severity = 7;
	assert_int_equal(held, model_push(x));
}

/* Sometimes the buffer is too short. */
static void step_next(void)
{
	size_t size = dice(4) ? sizeof(buf) : dice(BLOCKS * SPOOL_BLOCK_BYTES / 8);
	size_t len = spool_next(&s, buf, size);
	unsigned i = first_waiting();

	while (i < m.count && m.held[i].len > size) {
		model_remove(i);
		m.too_long++;
	}
	assert_int_equal(len, i < m.count ? m.held[i].len : 0);
	if (len > 0)
		assert_memory_equal(buf, m.held[i].at, len);
}

static void step_sent(bool confirmed)
{
	unsigned i = first_waiting();

	spool_sent(&s, confirmed);
	if (i == m.count)
		return;
	if (confirmed) {
		model_remove(i);
		m.released++;
	} else {
		m.held[i].in_flight = m.held[i].flown = true;
	}
}

static void step_confirm(void)
{
	spool_confirm(&s);
	if (m.count > 0 && m.held[0].in_flight) {
		model_remove(0);
		m.released++;
	}
}

static void all_wait(void)
{
	for (unsigned i = 0; i < m.count; i++)
		m.held[i].in_flight = false;
}

/* The end of a process, and the start of another with the same file. */
static void step_life(void)
{
	memset(&s, 0xa5, sizeof(s));
	spool_init(&s, memory, m.blocks * SPOOL_BLOCK_BYTES, m.newest);
	spool_recover(&s);
	all_wait();
	m.pushed = m.released = m.evicted = m.refused = m.too_long = 0;
	m.recovered = m.count;
}

/* `bias`: how many of ten steps are a push. */
static void step(unsigned bias, bool durable)
{
	if (dice(10) < bias) {
		step_push();
		return;
	}
	switch (dice(durable ? 10 : 9)) {
	case 0:
	case 1:
		step_next();
		break;
	case 2:
		step_sent(true);
		break;
	case 3:
	case 4:
	case 5:
		step_sent(false);
		break;
	case 6:
	case 7:
		step_confirm();
		break;
	case 8:
		if (dice(4) == 0) {
			spool_rewind(&s);
			all_wait();
		}
		break;
	default:
		if (dice(20) == 0)
			step_life();
	}
}

/* What is left is right, too. */
static void drain(void)
{
	spool_rewind(&s);
	all_wait();
	while (m.count > 0) {
		step_next();
		step_sent(true);
		compare();
	}
	assert_int_equal(spool_next(&s, buf, sizeof(buf)), 0);
	assert_int_equal(s.free, m.blocks);
}

static void one_life(unsigned number)
{
	bool durable = number & 1;
	unsigned bias = 1 + dice(8);

	m = (struct model){.newest = number >> 1 & 1, .blocks = dice(5) ? dice(BLOCKS + 1) : 12};
	memset(memory, durable ? 0 : 0x5a, sizeof(memory));
	spool_init(&s, memory, m.blocks * SPOOL_BLOCK_BYTES + dice(SPOOL_BLOCK_BYTES),
		m.newest ? DROP_NEWEST : DROP_OLDEST);
	if (durable)
		spool_recover(&s);
	for (unsigned i = 0; i < STEPS; i++) {
		step(bias, durable);
		compare();
	}
	drain();
}

static void test_model(void **state)
{
	uint64_t evicted = 0, refused = 0, released = 0, too_long = 0, recovered = 0;

	(void)state;
	seed = 1;
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (char)dice(256);
	for (unsigned i = 0; i < LIVES; i++) {
		one_life(i);
		evicted += s.evicted;
		refused += s.refused;
		released += s.released;
		too_long += s.too_long;
		recovered += s.recovered;
	}
	print_message("# %u steps\n", LIVES * STEPS);
	/* Otherwise the comparison says little. */
	assert_true(evicted > 10000 && refused > 10000 && released > 10000 && too_long > 10000 &&
		    recovered > 100);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
	};

	return cmocka_run_group_tests_name("spool_model", tests, NULL, NULL);
}
