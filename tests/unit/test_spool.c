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

static void test_lowest_severity_first(void **state)
{
	(void)state;
	for (unsigned drop = DROP_OLDEST; drop <= DROP_NEWEST; drop++) {
		begin(6, drop);
		push("a", 7);
		push("b", 5);
		push("c", 7);
		push("d", 1);
		push("e", 6);
		push("f", 0);
		assert_true(push("g", 4)); /* a, or c */
		assert_true(push("h", 4)); /* the other */
		assert_int_equal(s.evicted, 2);
		assert_true(push("i", 4)); /* e */
		assert_true(push("j", 4)); /* b */
		assert_int_equal(s.evicted, 4);
		assert_false(push("k", 5)); /* worth less than all that is there */
		assert_false(push("k", 99));
		assert_int_equal(s.refused, 2);
		assert_true(push("l", 0)); /* g, or j */
		assert_int_equal(s.evicted, 5);
		assert_string_equal(drain(), drop == DROP_OLDEST ? "dfhijl" : "dfghil");
	}
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
		cmocka_unit_test(test_none_in_vain),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_in_flight),
		cmocka_unit_test(test_rewind_all),
		cmocka_unit_test(test_released_past_those_in_flight),
	};

	return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
