/*
 * arena.h - memory for one document: taken piece by piece, released all at once.
 *
 * The caller provides the region, aligned to 8, and owns it. When the region is full, arena_take()
 * returns NULL and sets `exhausted`; the caller goes on without the piece, and the document says
 * that it is truncated. Single pieces are never freed.
 */
#ifndef ECSAUDIT_ARENA_H
#define ECSAUDIT_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena {
	char *base;
	size_t size;
	size_t used;
	size_t held; /* beyond size, see arena_hold() */
	bool exhausted;
};

static inline void arena_reset(struct arena *a)
{
	a->used = 0;
	a->exhausted = false;
}

/* Reserve up to `bytes` for the essential part of a document, until arena_let_go(). */
static inline void arena_hold(struct arena *a, size_t bytes)
{
	const size_t unused = a->size - a->used;

	a->held = bytes < unused ? bytes : unused;
	a->size -= a->held;
}

static inline void arena_let_go(struct arena *a)
{
	a->size += a->held;
	a->held = 0;
}

/* `bytes` of uninitialised memory, aligned to 8, or NULL. */
static inline void *arena_take(struct arena *a, size_t bytes)
{
	size_t need = (bytes + 7u) & ~(size_t)7u;
	void *piece;

	if (need < bytes || need > a->size - a->used) {
		a->exhausted = true;
		return NULL;
	}
	piece = a->base + a->used;
	a->used += need;
	return piece;
}

#endif
