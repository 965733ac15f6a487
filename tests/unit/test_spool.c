/* link: spool.o */
#include "spool.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static void test_order(void **state)
{
	uint32_t memory[16];
	struct spool s;

	(void)state;
	spool_init(&s, memory, sizeof(memory));
	assert_null(spool_peek(&s).at);
	spool_pop(&s);
	assert_true(spool_push(&s, SPAN("one")));
	assert_true(spool_push(&s, SPAN("three")));
	assert_int_equal(s.count, 2);
	assert_int_equal(s.bytes, 8);
	assert_true(span_is(spool_peek(&s), "one"));
	spool_pop(&s);
	assert_true(span_is(spool_peek(&s), "three"));
	spool_pop(&s);
	assert_null(spool_peek(&s).at);
	assert_int_equal(s.count + s.bytes + s.dropped, 0);
}

static void test_oldest_gives_way(void **state)
{
	uint32_t memory[6]; /* three messages of up to 4 bytes */
	struct spool s;

	(void)state;
	spool_init(&s, memory, sizeof(memory));
	spool_push(&s, SPAN("1"));
	spool_push(&s, SPAN("2"));
	spool_push(&s, SPAN("3"));
	assert_int_equal(s.dropped, 0);
	spool_push(&s, SPAN("4"));
	assert_int_equal(s.dropped, 1);
	assert_true(span_is(spool_peek(&s), "2"));
	spool_push(&s, SPAN("twenty bytes, no mor"));
	assert_int_equal(s.dropped, 4);
	assert_int_equal(s.count, 1);
	assert_true(span_is(spool_peek(&s), "twenty bytes, no mor"));
}

static void test_never_fits(void **state)
{
	uint32_t memory[6];
	struct spool s;

	(void)state;
	spool_init(&s, memory, sizeof(memory));
	spool_push(&s, SPAN("1"));
	assert_false(spool_push(&s, SPAN("twenty-one bytes, alas")));
	assert_false(spool_push(&s, (struct span){"x", UINT32_MAX}));
	assert_int_equal(s.dropped, 2);
	assert_false(spool_push(&s, SPAN_NONE));
	assert_int_equal(s.dropped, 2);
	assert_true(span_is(spool_peek(&s), "1"));

	spool_init(&s, memory, 3);
	assert_false(spool_push(&s, SPAN("1")));
	assert_int_equal(s.dropped, 1);
	assert_null(spool_peek(&s).at);
}

/* Any pushes and pops against a plain queue. What is held is always the newest, whole, in order,
 * and pushed = popped + dropped + held. */
static void test_model(void **state)
{
	static char queue[4096][64];
	static uint32_t lengths[4096];
	unsigned seed = 7;

	(void)state;
	for (uint32_t size = 0; size < 300; size += 3) {
		/* Exactly so much: a sanitizer sees what is written beyond it. */
		void *memory = malloc(size ? size : 1);
		struct spool s;
		unsigned first = 0, last = 0, popped = 0, too_long = 0;

		spool_init(&s, memory, size);
		for (unsigned round = 0; round < 4000; round++) {
			unsigned r = (seed = seed * 1103515245 + 12345) >> 16;
			char *text = queue[last];
			uint64_t dropped = s.dropped;
			uint64_t bytes = 0;

			if (r % 5 < 3) {
				lengths[last] = 1 + (r >> 3) % 60;
				for (uint32_t i = 0; i < lengths[last]; i++)
					text[i] = (char)(r + i * 31 + round);
				if (spool_push(&s, (struct span){text, lengths[last]})) {
					last++;
					first += (unsigned)(s.dropped - dropped);
				} else {
					too_long++;
					assert_true(lengths[last] + 4 > (size & ~3u) ||
						    ((lengths[last] + 3) & ~3u) + 4 > (size & ~3u));
				}
			} else if (s.count) {
				spool_pop(&s);
				first++;
				popped++;
			} else {
				spool_pop(&s);
			}
			assert_int_equal(s.count, last - first);
			assert_int_equal(last + too_long, popped + s.dropped + s.count);
			for (unsigned i = first; i < last; i++)
				bytes += lengths[i];
			assert_int_equal(s.bytes, bytes);
			if (s.count) {
				struct span oldest = spool_peek(&s);

				assert_int_equal(oldest.len, lengths[first]);
				assert_memory_equal(oldest.at, queue[first], oldest.len);
			}
		}
		free(memory);
	}
}

/* It drops no more than it must: two thirds of the ring always stay in use. */
static void test_not_wasteful(void **state)
{
	static uint32_t memory[3000 / 4];
	struct spool s;

	(void)state;
	spool_init(&s, memory, sizeof(memory));
	for (unsigned i = 0; i < 1000; i++) {
		static const char text[200];

		spool_push(&s, (struct span){text, 60 + i * 37 % 140});
		if (s.dropped)
			assert_true(s.bytes > sizeof(memory) * 2 / 3);
	}
	assert_true(s.dropped > 900);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_oldest_gives_way),
		cmocka_unit_test(test_never_fits),
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_not_wasteful),
	};

	return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
