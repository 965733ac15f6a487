#include "blocks.h"

#include <assert.h>
#include <string.h>

#define WORDS (BLOCK_COUNT / 64)

_Static_assert(BLOCK_COUNT % 64 == 0, "the bitmap has whole words");

void blocks_init(struct blocks *b)
{
	memset(b->used, 0, sizeof(b->used));
	b->lowest = 0;
	b->in_use = 0;
}

/* The first block at or after `from` whose bit is `set`; BLOCK_COUNT if there is none. */
static uint32_t next_block(const struct blocks *b, uint32_t from, int set)
{
	uint32_t word = from / 64;
	uint64_t bits;

	if (from >= BLOCK_COUNT)
		return BLOCK_COUNT;
	bits = (set ? b->used[word] : ~b->used[word]) & (~(uint64_t)0 << (from % 64));
	while (bits == 0) {
		if (++word == WORDS)
			return BLOCK_COUNT;
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
	uint32_t first = next_block(b, b->lowest, 0);

	assert(count > 0);
	b->lowest = first;
	while (first + count <= BLOCK_COUNT) {
		uint32_t end = next_block(b, first, 1);

		if (end - first >= count) {
			mark(b, first, count, 1);
			b->in_use += count;
			if (first == b->lowest)
				b->lowest = first + count;
			return first;
		}
		first = next_block(b, end, 0);
	}
	return BLOCK_NONE;
}

void blocks_give(struct blocks *b, uint32_t first, uint32_t count)
{
	assert(first + count <= BLOCK_COUNT && b->in_use >= count);
	mark(b, first, count, 0);
	b->in_use -= count;
	if (first < b->lowest)
		b->lowest = first;
}
