/* link: spool.o */
#include "spool.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct spool s;
static _Alignas(8) char memory[64 * SPOOL_BLOCK_BYTES];
static char buf[64 * SPOOL_BLOCK_BYTES];

static void begin(unsigned blocks, enum config_drop drop)
{
	memset(memory, 0x5a, sizeof(memory));
	spool_init(&s, memory, blocks * SPOOL_BLOCK_BYTES, drop);
}

static void check_sums(void)
{
	assert_int_equal(s.pushed + s.recovered,
		s.released + s.evicted + s.refused + s.too_long + s.waiting + s.in_flight);
}

static bool push(const char *text, unsigned severity)
{
	bool held = spool_push(&s, span_of(text), severity);

	check_sums();
	return held;
}

/* A message of so many blocks. */
static bool push_blocks(char letter, unsigned blocks, unsigned severity)
{
	static char text[64 * SPOOL_BLOCK_BYTES];
	uint32_t len = (blocks - 1) * SPOOL_PAYLOAD_BYTES + 1;

	memset(text, letter, len);
	return spool_push(&s, (struct span){text, len}, severity);
}

/* The first letters of all that wait, in order; they are released. */
static const char *drain(void)
{
	static char letters[100];
	size_t n = 0;

	while (spool_next(&s, buf, sizeof(buf)) > 0) {
		letters[n++] = buf[0];
		spool_sent(&s, true);
		check_sums();
	}
	letters[n] = '\0';
	assert_int_equal(s.waiting, 0);
	return letters;
}

static void assert_next(const char *text)
{
	size_t len = spool_next(&s, buf, sizeof(buf));

	assert_int_equal(len, strlen(text));
	assert_memory_equal(buf, text, len);
}

static void test_in_order(void **state)
{
	(void)state;
	begin(4, DROP_OLDEST);
	assert_int_equal(spool_next(&s, buf, sizeof(buf)), 0);
	spool_sent(&s, true);
	spool_sent(&s, false);
	spool_confirm(&s);
	spool_rewind(&s);
	assert_true(push("one", 6));
	assert_true(push("three", 5));
	assert_int_equal(s.waiting, 2);
	assert_int_equal(s.bytes, 8);
	assert_next("one");
	assert_next("one");
	spool_sent(&s, true);
	assert_next("three");
	spool_sent(&s, true);
	assert_int_equal(spool_next(&s, buf, sizeof(buf)), 0);
	assert_int_equal(s.waiting, 0);
	assert_int_equal(s.bytes, 0);
	assert_int_equal(s.released, 2);
	assert_int_equal(s.in_flight, 0);
	check_sums();
}

/* Every length around the ends of blocks comes back as it was, several times over. */
static void test_lengths(void **state)
{
	static char text[8 * SPOOL_BLOCK_BYTES];

	(void)state;
	begin(8, DROP_OLDEST);
	for (uint32_t len = 1; len <= 8 * SPOOL_PAYLOAD_BYTES; len++) {
		memset(text, (int)len, len);
		text[0] = 'a';
		text[len - 1] = 'z';
		assert_true(spool_push(&s, (struct span){text, len}, 6));
		assert_int_equal(s.bytes, len);
		memset(buf, 0, len + 1);
		assert_int_equal(spool_next(&s, buf, len), len);
		assert_memory_equal(buf, text, len);
		assert_int_equal(buf[len], 0);
		spool_sent(&s, true);
	}
	assert_int_equal(s.evicted, 0);
}

static void test_oldest_gives_way(void **state)
{
	(void)state;
	begin(3, DROP_OLDEST);
	push("1", 6);
	push("2", 6);
	push("3", 6);
	assert_int_equal(spool_dropped(&s), 0);
	assert_true(push("4", 6));
	assert_int_equal(s.evicted, 1);
	assert_next("2");
	assert_true(push_blocks('5', 3, 6));
	assert_int_equal(s.evicted, 4);
	assert_int_equal(s.waiting, 1);
	assert_string_equal(drain(), "5");
}

/* Among equals the newest is the one that comes; of those worth less it is the last. */
static void test_newest_gives_way(void **state)
{
	(void)state;
	begin(3, DROP_NEWEST);
	push("1", 6);
	push("2", 6);
	push("3", 6);
	assert_false(push("4", 6));
	assert_int_equal(s.refused, 1);
	assert_int_equal(s.evicted, 0);
	assert_true(push("5", 5));
	assert_int_equal(s.evicted, 1);
	assert_string_equal(drain(), "125");
}

/* How many of all that wait begin with it. */
static unsigned letters(const char *all, char letter)
{
	unsigned n = 0;

	for (; *all; all++)
		n += *all == letter;
	return n;
}

/* What is above the reserves goes, the lowest first: 24 blocks are four reserves of six. */
static void test_lowest_severity_first(void **state)
{
	const char *all;

	(void)state;
	for (unsigned drop = DROP_OLDEST; drop <= DROP_NEWEST; drop++) {
		begin(24, drop);
		for (unsigned i = 0; i < 12; i++) {
			push(i < 6 ? "a" : "A", 7);
			push(i < 6 ? "b" : "B", 5);
		}
		for (unsigned i = 0; i < 6; i++)
			assert_true(push("c", 4));
		assert_int_equal(s.evictable[7], 6);
		assert_int_equal(s.evictable[5], 12);
		for (unsigned i = 0; i < 6; i++)
			assert_true(push("c", 4));
		assert_int_equal(s.evictable[5], 6);
		/* Nobody is above his reserve but they themselves. */
		for (unsigned i = 0; i < 6; i++)
			assert_int_equal(push("d", 4), drop == DROP_OLDEST);
		assert_int_equal(s.evicted, drop == DROP_OLDEST ? 18 : 12);
		/* One that is worth less takes what is its own. */
		for (unsigned i = 0; i < 7; i++)
			assert_int_equal(push("e", 6), i < 6 || drop == DROP_OLDEST);
		assert_int_equal(s.evictable[6], 6);
		assert_int_equal(s.evictable[4], 6);
		all = drain();
		assert_int_equal(letters(all, drop == DROP_OLDEST ? 'A' : 'a'), 6);
		assert_int_equal(letters(all, drop == DROP_OLDEST ? 'B' : 'b'), 6);
		assert_int_equal(letters(all, 'e'), 6);
	}
}

/* Whoever makes thousands of failures, or of successes: the others' are still there. */
static void test_reserves(void **state)
{
	static const unsigned severities[][2] = {{5, 6}, {6, 5}, {4, 6}, {6, 1}};
	const char *all;

	(void)state;
	for (unsigned drop = DROP_OLDEST; drop <= DROP_NEWEST; drop++) {
		for (unsigned i = 0; i < 4; i++) {
			const unsigned many = severities[i][0], few = severities[i][1];

			begin(64, drop);
			for (unsigned n = 0; n < 10; n++)
				push_blocks('f', 2, few);
			for (unsigned n = 0; n < 5000; n++)
				push_blocks('m', 1 + n % 4, many);
			check_sums();
			/* 16 blocks, but for the rest of one; if it is worth more, all 20. */
			assert_in_range(s.evictable[few], few > many ? 15 : 20, 20);
			for (unsigned n = 0; n < 10; n++)
				push_blocks('g', 2, few);
			assert_in_range(s.evictable[few], 15, few > many ? 20 : 40);
			assert_in_range(s.evictable[many], 20, 49);
			all = drain();
			assert_int_equal(letters(all, 'g') > 0, few < many || drop == DROP_OLDEST);
			/* Those that come again find their place as well. */
			for (unsigned n = 0; n < 5000; n++)
				push_blocks('m', 1, many);
			for (unsigned n = 0; n < 1000; n++)
				push_blocks('f', 1, few);
			assert_int_equal(s.evictable[few], few > many ? 16 : 48);
			assert_int_equal(s.evictable[many], few > many ? 48 : 16);
			drain();
		}
	}
}

/* What has flown is in nobody's reserve: it stays, and the rest is shared. */
static void test_reserves_beside_flown(void **state)
{
	(void)state;
	begin(64, DROP_OLDEST);
	for (unsigned n = 0; n < 32; n++)
		push_blocks('m', 1, 5);
	for (unsigned n = 0; n < 32; n++)
		spool_sent(&s, false);
	for (unsigned n = 0; n < 1000; n++)
		push_blocks('f', 1, 6);
	for (unsigned n = 0; n < 1000; n++)
		push_blocks('m', 1, 5);
	assert_int_equal(s.flown, 32);
	assert_int_equal(s.evictable[6], 8);
	assert_int_equal(s.evictable[5], 24);
	check_sums();
}

/* A message that would not fit even then costs no other its place. */
static void test_none_in_vain(void **state)
{
	(void)state;
	begin(6, DROP_OLDEST);
	push("a", 7);
	push("b", 7);
	push("c", 5);
	push("d", 5);
	assert_false(push_blocks('e', 5, 6));
	assert_int_equal(s.refused, 1);
	assert_true(push_blocks('f', 4, 6));
	assert_int_equal(s.evicted, 2);
	assert_false(push_blocks('g', 7, 0));
	assert_int_equal(s.too_long, 1);
	assert_true(push_blocks('h', 6, 0));
	assert_int_equal(s.evicted, 5);
	check_sums();
	assert_string_equal(drain(), "h");
}

static void test_too_long(void **state)
{
	(void)state;
	begin(2, DROP_OLDEST);
	push("1", 6);
	assert_false(spool_push(&s, (struct span){"x", UINT32_MAX}, 6));
	assert_false(push_blocks('x', 3, 0));
	assert_int_equal(s.too_long, 2);
	assert_false(spool_push(&s, SPAN_NONE, 6));
	assert_int_equal(s.pushed, 3);
	push("second", 6);
	push("3", 6);
	/* The buffer of whoever takes it is shorter. */
	assert_int_equal(spool_next(&s, buf, 5), 1);
	assert_int_equal(buf[0], '3');
	assert_int_equal(s.too_long, 3);
	check_sums();
	spool_init(&s, memory, SPOOL_BLOCK_BYTES - 1, DROP_OLDEST);
	assert_false(push("1", 6));
	assert_int_equal(s.too_long, 1);
	spool_init(&s, NULL, 0, DROP_NEWEST);
	assert_false(push("1", 6));
	assert_int_equal(spool_next(&s, buf, sizeof(buf)), 0);
}

static void test_in_flight(void **state)
{
	(void)state;
	begin(5, DROP_OLDEST);
	for (const char *c = "abcde"; *c; c++)
		spool_push(&s, (struct span){c, 1}, 6);
	spool_sent(&s, false);
	spool_sent(&s, false);
	spool_sent(&s, false);
	assert_int_equal(s.in_flight, 3);
	assert_int_equal(s.waiting, 2);
	assert_int_equal(s.bytes, 5);
	assert_next("d");
	spool_confirm(&s); /* a */
	assert_int_equal(s.released, 1);
	assert_true(push("f", 7)); /* the free block; what is in flight does not give way */
	assert_false(push_blocks('g', 4, 0));
	assert_true(push_blocks('h', 3, 0)); /* f, d, e */
	assert_int_equal(s.evicted, 3);
	check_sums();
	spool_rewind(&s);
	assert_int_equal(s.in_flight, 0);
	assert_int_equal(s.waiting, 3);
	assert_string_equal(drain(), "bch");
	check_sums();
}

/* All in flight, and back; then they wait for as long as it takes. */
static void test_rewind_all(void **state)
{
	(void)state;
	begin(3, DROP_OLDEST);
	push("a", 6);
	push("b", 5);
	push("c", 6);
	for (unsigned i = 0; i < 5; i++)
		spool_sent(&s, false);
	assert_int_equal(s.in_flight, 3);
	assert_int_equal(spool_next(&s, buf, sizeof(buf)), 0);
	assert_false(push("d", 0));
	spool_rewind(&s);
	assert_next("a");
	spool_sent(&s, false);
	spool_rewind(&s);
	assert_false(push("e", 0)); /* each may have arrived */
	assert_int_equal(s.evicted, 0);
	assert_int_equal(s.refused, 2);
	assert_string_equal(drain(), "abc");
	check_sums();
}

/* One that came later may be confirmed at once: a fallback that knows no confirmation. */
static void test_released_past_those_in_flight(void **state)
{
	(void)state;
	begin(3, DROP_OLDEST);
	push("a", 6);
	push("b", 6);
	push("c", 6);
	spool_sent(&s, false);
	spool_sent(&s, true); /* b */
	assert_int_equal(s.released, 1);
	assert_next("c");
	spool_rewind(&s);
	assert_string_equal(drain(), "ac");
	check_sums();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_oldest_gives_way),
		cmocka_unit_test(test_newest_gives_way),
		cmocka_unit_test(test_lowest_severity_first),
		cmocka_unit_test(test_reserves),
		cmocka_unit_test(test_reserves_beside_flown),
		cmocka_unit_test(test_none_in_vain),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_in_flight),
		cmocka_unit_test(test_rewind_all),
		cmocka_unit_test(test_released_past_those_in_flight),
	};

	return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
