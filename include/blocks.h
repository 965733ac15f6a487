/*
 * blocks.h - contiguous pieces of a fixed region, in whole blocks, found by a bitmap.
 *
 * First fit from the lowest free block, so that a quiet system touches few pages. Owned by
 * the reassembly; an index is a block number, not a pointer.
 */
#ifndef ECSAUDIT_BLOCKS_H
#define ECSAUDIT_BLOCKS_H

#include <stddef.h>
#include <stdint.h>
#include "limits.h"

#define BLOCK_COUNT (LIMIT_ARENA_BYTES / ARENA_BLOCK_BYTES)
#define BLOCK_NONE  UINT32_MAX

struct blocks {
	uint64_t used[BLOCK_COUNT / 64]; /* a bit a block */
	uint32_t lowest;		 /* no free block lies below this one */
	uint32_t in_use;
	uint32_t highest; /* no block from this one on was touched since blocks_trim() */
	_Alignas(16) char memory[LIMIT_ARENA_BYTES];
};

void blocks_init(struct blocks *b);

/* `count` neighbouring blocks, 1 <= count <= BLOCK_COUNT; BLOCK_NONE if there is no such run. */
uint32_t blocks_take(struct blocks *b, uint32_t count);

/* Give back what blocks_take(b, count) returned. */
void blocks_give(struct blocks *b, uint32_t first, uint32_t count);

/* Where nothing is in use: the memory beyond `keep_bytes` that was touched, for whoever gives it
 * back. Returns its size, 0 if there is none. */
size_t blocks_trim(struct blocks *b, size_t keep_bytes, void **start);

static inline void *blocks_at(struct blocks *b, uint32_t first)
{
	return b->memory + (size_t)first * ARENA_BLOCK_BYTES;
}

#endif
