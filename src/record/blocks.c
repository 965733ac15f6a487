#include "blocks.h"

#include <string.h>

#include "ensure.h"

_Static_assert(BLOCK_COUNT % 64 == 0, "the bitmap has whole words");

void blocks_init(struct blocks *b)
{
	memset(b->used, 0, sizeof(b->used));
	b->lowest = 0;
	b->in_use = 0;
	b->highest = 0;
}

size_t blocks_trim(struct blocks *b, size_t keep_bytes, void **start)
{
	size_t touched = (size_t)b->highest * ARENA_BLOCK_BYTES;

	if (b->in_use > 0 || touched <= keep_bytes)
		return 0;
	b->highest = 0;
	*start = b->memory + keep_bytes;
	return touched - keep_bytes;
}

/* The first block from `from` on whose bit is `set`. If there is none before `limit`, the result is
 * any number from `limit` on. limit <= BLOCK_COUNT. */
static uint32_t next_block(const struct blocks *b, uint32_t from, uint32_t limit, int set)
{
	uint32_t word = from / 64;
	uint64_t bits;

	if (from >= limit)
		return limit;
	bits = (set ? b->used[word] : ~b->used[word]) & (~(uint64_t)0 << (from % 64));
	while (bits == 0) {
		if (++word * 64 >= limit)
			return limit;
		bits = set ? b->used[word] : ~b->used[word];
	}
	return word * 64 + (uint32_t)__builtin_ctzll(bits);
}

static void mark(struct blocks *b, uint32_t first, uint32_t count, int set)
{
	while (count > 0) {
		uint32_t bit = first % 64;
		uint32_t here = count < 64 - bit ? count : 64 - bit;
		uint64_t mask = (here == 64 ? ~(uint64_t)0 : (((uint64_t)1 << here) - 1)) << bit;

		if (set)
			b->used[first / 64] |= mask;
		else
			b->used[first / 64] &= ~mask;
		first += here;
		count -= here;
	}
}

uint32_t blocks_take(struct blocks *b, uint32_t count)
{
	uint32_t first = next_block(b, b->lowest, BLOCK_COUNT, 0);

	ensure(count > 0);
	b->lowest = first;
	while (first + count <= BLOCK_COUNT) {
		uint32_t end = next_block(b, first, first + count, 1);

		if (end - first >= count) {
			mark(b, first, count, 1);
			b->in_use += count;
			if (first + count > b->highest)
				b->highest = first + count;
			if (first == b->lowest)
				b->lowest = first + count;
			return first;
		}
		first = next_block(b, end, BLOCK_COUNT, 0);
	}
	return BLOCK_NONE;
}

void blocks_give(struct blocks *b, uint32_t first, uint32_t count)
{
	ensure(first + count <= BLOCK_COUNT && b->in_use >= count);
	mark(b, first, count, 0);
	b->in_use -= count;
	if (first < b->lowest)
		b->lowest = first;
}
