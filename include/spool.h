/*
 * spool.h - a ring of messages that could not be sent yet.
 *
 * The caller gives the memory. Messages are kept whole and in one piece, each behind a word
 * with its length, so a message can be sent from where it lies. When there is no room the
 * oldest give way, and are counted. Offsets, not pointers, describe the ring.
 */
#ifndef ECSAUDIT_SPOOL_H
#define ECSAUDIT_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "span.h"

struct spool {
	char *base;
	uint32_t size;	  /* a multiple of 4 */
	uint32_t head;	  /* the oldest message */
	uint32_t tail;	  /* where the next one goes */
	uint32_t count;	  /* messages held */
	uint64_t bytes;	  /* of the messages held, without their length words */
	uint64_t dropped; /* messages that gave way, or were longer than the ring */
};

/* `memory` is aligned to 4 and stays the spool's. Less than 8 bytes hold nothing. */
void spool_init(struct spool *s, void *memory, size_t size);

/* Copy a message in. false: longer than the whole ring, or empty; it is counted as dropped if
 * it was too long, and what the ring held stays. */
bool spool_push(struct spool *s, struct span message);

/* The oldest message, SPAN_NONE if there is none. Valid until the next push or pop. */
struct span spool_peek(const struct spool *s);

/* Forget the oldest message, if any. */
void spool_pop(struct spool *s);

#endif
