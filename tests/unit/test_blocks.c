/* link: blocks.o support_core.o */
#include "blocks.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support_core.h"

static struct blocks blocks;

static int start(void **state)
{
	(void)state;
	blocks_init(&blocks);
	return 0;
}

static void the_lowest_run_that_fits(void **state)
{
	(void)state;
	assert_int_equal(blocks_take(&blocks, 3), 0);
	assert_int_equal(blocks_take(&blocks, 1), 3);
	assert_int_equal(blocks_take(&blocks, 5), 4);
	blocks_give(&blocks, 0, 3);
	assert_int_equal(blocks_take(&blocks, 4), 9);
	assert_int_equal(blocks_take(&blocks, 2), 0);
	assert_int_equal(blocks_take(&blocks, 2), 13);
	assert_int_equal(blocks_take(&blocks, 1), 2);
	assert_int_equal(blocks.in_use, 15);
}

static void all_of_it_at_once(void **state)
{
	(void)state;
	assert_int_equal(blocks_take(&blocks, BLOCK_COUNT), 0);
	assert_int_equal(blocks.in_use, BLOCK_COUNT);
	assert_int_equal(blocks_take(&blocks, 1), BLOCK_NONE);
	blocks_give(&blocks, 0, BLOCK_COUNT);
	assert_int_equal(blocks.in_use, 0);
	assert_int_equal(blocks_take(&blocks, BLOCK_COUNT), 0);
}

static void the_last_block(void **state)
{
	(void)state;
	assert_int_equal(blocks_take(&blocks, BLOCK_COUNT - 1), 0);
	assert_int_equal(blocks_take(&blocks, 2), BLOCK_NONE);
	assert_int_equal(blocks_take(&blocks, 1), BLOCK_COUNT - 1);
	assert_int_equal(blocks_take(&blocks, 1), BLOCK_NONE);
	memset(blocks_at(&blocks, BLOCK_COUNT - 1), 0xee, ARENA_BLOCK_BYTES);
	blocks_give(&blocks, BLOCK_COUNT - 1, 1);
	assert_int_equal(blocks_take(&blocks, 1), BLOCK_COUNT - 1);
}

/* Enough free blocks, but no two of them are neighbours. */
static void free_blocks_that_are_no_neighbours(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < BLOCK_COUNT; i++)
		assert_int_equal(blocks_take(&blocks, 1), i);
	for (uint32_t i = 0; i < BLOCK_COUNT; i += 2)
		blocks_give(&blocks, i, 1);
	assert_int_equal(blocks.in_use, BLOCK_COUNT / 2);
	assert_int_equal(blocks_take(&blocks, 2), BLOCK_NONE);
	blocks_give(&blocks, 1001, 1);
	assert_int_equal(blocks_take(&blocks, 3), 1000);
	assert_int_equal(blocks_take(&blocks, 1), 0);
}

static void blocks_lie_in_a_row(void **state)
{
	(void)state;
	assert_ptr_equal(blocks_at(&blocks, 0), blocks.memory);
	assert_int_equal(
		(char *)blocks_at(&blocks, 7) - (char *)blocks_at(&blocks, 6), ARENA_BLOCK_BYTES);
	assert_int_equal((uintptr_t)blocks_at(&blocks, 1) % 16, 0);
}

/* ---- beside a model: a byte a block ------------------------------------------------------ */

static unsigned char model[BLOCK_COUNT];

static uint32_t model_take(uint32_t count)
{
	uint32_t run = 0;

	for (uint32_t i = 0; i < BLOCK_COUNT; i++) {
		run = model[i] ? 0 : run + 1;
		if (run == count) {
			memset(model + i + 1 - count, 1, count);
			return i + 1 - count;
		}
	}
	return BLOCK_NONE;
}

static uint32_t model_in_use(void)
{
	uint32_t used = 0;

	for (uint32_t i = 0; i < BLOCK_COUNT; i++)
		used += model[i];
	return used;
}

struct piece {
	uint32_t first, count;
};

/* Sizes up to `largest`, mostly small ones. */
static void random_pieces(uint64_t seed, uint32_t largest, unsigned steps)
{
	static struct piece pieces[BLOCK_COUNT];
	uint32_t held = 0, refused = 0;

	blocks_init(&blocks);
	memset(model, 0, sizeof(model));
	for (unsigned step = 0; step < steps; step++) {
		/* Tides: for a while more is taken, then more is given. */
		bool rising = step / 2000 % 2 == 0;

		if (held == 0 || random_below(&seed, 10) < (rising ? 7u : 3u)) {
			uint32_t limit = random_below(&seed, 4) ? largest / 16 + 1 : largest;
			uint32_t count = 1 + random_below(&seed, limit);
			uint32_t first = blocks_take(&blocks, count);

			assert_int_equal(first, model_take(count));
			if (first != BLOCK_NONE)
				pieces[held++] = (struct piece){first, count};
			else
				refused++;
		} else {
			uint32_t at = random_below(&seed, held);

			blocks_give(&blocks, pieces[at].first, pieces[at].count);
			memset(model + pieces[at].first, 0, pieces[at].count);
			pieces[at] = pieces[--held];
		}
		assert_int_equal(blocks.in_use, model_in_use());
	}
	assert_true(refused > 0);
	while (held-- > 0)
		blocks_give(&blocks, pieces[held].first, pieces[held].count);
	assert_int_equal(blocks.in_use, 0);
	assert_int_equal(blocks_take(&blocks, BLOCK_COUNT), 0);
}

static void as_the_model_small(void **state)
{
	(void)state;
	random_pieces(1, 40, 12000);
}

static void as_the_model_words(void **state)
{
	(void)state;
	random_pieces(2, 200, 12000);
}

static void as_the_model_large(void **state)
{
	(void)state;
	random_pieces(3, BLOCK_COUNT, 8000);
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_lowest_run_that_fits),
		TEST(all_of_it_at_once),
		TEST(the_last_block),
		TEST(free_blocks_that_are_no_neighbours),
		TEST(blocks_lie_in_a_row),
		TEST(as_the_model_small),
		TEST(as_the_model_words),
		TEST(as_the_model_large),
	};

	return cmocka_run_group_tests_name("blocks", tests, NULL, NULL);
}
