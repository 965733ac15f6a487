/*
 * spool.h - messages that could not be sent yet, or that were and are not confirmed.
 *
 *   push -> waiting -> spool_next(), spool_sent() -> in flight -> spool_confirm() -> released
 *              ^                                          |
 *              +------------- spool_rewind() -------------+
 *
 * The caller's memory, static or a mapped file (spool_file.h), is blocks of 512 bytes; a message
 * is a chain of them, each behind a header with its own checksum. Links and lists lie in struct
 * spool, never in the memory: whatever a file holds, it cannot mislead us, and after a kill or a
 * power cut each message is there whole or not at all.
 *
 * Messages leave in the order in which they came. When there is no room those of the lowest
 * severity go first, of these the oldest or the newest (spool_drop). But each severity has a
 * reserve, a quarter of what may give way: what is within it gives way to its own kind alone, and
 * what would be within it takes room from whoever is above his, also if that is worth more. So
 * nobody's failures push out everybody's successes, nor these the failures; and what is in nobody's
 * reserve goes to what is worth most. Only a message that is longer than a reserve, or severities
 * that are more than four, may have what is in others'. A reserve is kept but for the rest of the
 * message that was on its border.
 *
 * What was ever in flight never gives way: it may have arrived, so whoever drops it cannot tell how
 * many are missing. For that it gets half of the room, see spool_may_fly(). At every moment
 *
 *   pushed + recovered = released + evicted + refused + too_long + waiting + in_flight
 *
 * Nothing here calls the kernel. All but spool_recover() and spool_rewind() take the time of the
 * message's own blocks, and of those that give way, however full the spool is.
 */
#ifndef ECSAUDIT_SPOOL_H
#define ECSAUDIT_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "config.h"
#include "limits.h"
#include "span.h"

#define SPOOL_BLOCK_BYTES   512u
#define SPOOL_PAYLOAD_BYTES 492u /* of a message in each */
#define SPOOL_SEVERITIES    8u	 /* RFC 5424 table 2: 7 is the lowest */
#define SPOOL_RESERVES	    4u /* shares of the room: as many severities are in use, see syslog.h */

#define LIMIT_SPOOL_BLOCKS (LIMIT_SPOOL_BYTES / SPOOL_BLOCK_BYTES)

/* Ends of a list, and neighbours in it: by enum config_drop. */
struct spool_list {
	uint16_t end[2]; /* blocks: the first of a message each */
};

/* What is known of a block; all but `next` of the first block of a message. */
struct spool_link {
	uint16_t next;	    /* block of the message, or free block */
	uint16_t all[2];    /* neighbours among all messages */
	uint16_t equals[2]; /* neighbours among those that wait with this severity */
	uint8_t severity;
	bool waits : 1; /* else it is in flight */
	bool flown : 1; /* it is in flight, or was */
	uint32_t length;
};

struct spool {
	/* Read these. */
	uint32_t waiting, in_flight; /* messages */
	uint64_t bytes;		     /* of both, without headers */
	uint64_t pushed;	     /* messages handed to spool_push(), whatever became of them */
	uint64_t released;	     /* sent, and confirmed */
	uint64_t evicted;	     /* gave way to others */
	uint64_t refused;	     /* no room, and nothing of less worth to give way */
	uint64_t too_long;	     /* for the whole spool, or for the buffer of spool_next() */
	uint64_t recovered;	     /* picked up by spool_recover() */
	uint64_t broken;	     /* messages of which spool_recover() found a part */
	uint64_t broken_blocks;	     /* found with a wrong checksum or header; of no message */

	/* The rest is the spool's own. */
	struct spool_block *memory;
	uint32_t blocks, free, fresh; /* `free` of them; those from `fresh` on were never used */
	uint32_t flown;		      /* blocks of the messages that are in flight, or were */
	uint32_t evictable[SPOOL_SEVERITIES]; /* blocks of the others */
	uint64_t sequence;		      /* of the next message */
	enum config_drop drop;
	bool durable; /* checksums are kept */
	uint16_t free_list, next;
	struct spool_list all, equals[SPOOL_SEVERITIES];
	uint32_t crc_table[16][16];
	struct spool_link links[LIMIT_SPOOL_BLOCKS];
};

/* `memory` is aligned to 8 and stays the spool's; of more than LIMIT_SPOOL_BYTES the first are
 * used. Less than a block holds nothing. What is in the memory is not looked at. */
void spool_init(struct spool *s, void *memory, size_t bytes, enum config_drop drop);

/*
 * Right after spool_init(): pick up what the memory holds, any bytes at all. Messages of which
 * every block is sound wait again, in their old order, also those that were in flight, which is
 * remembered; of others nothing is used, and they are counted once. From now on checksums are kept,
 * so that the next spool_recover() finds every message of which spool_push() returned true and that
 * was neither released nor evicted, and no other. (A forger may take the last number, 2^63 - 1: the
 * next spool_recover() counts what was pushed behind it as broken.)
 */
void spool_recover(struct spool *s);

/* Copy a message in, behind all others. false: it is empty, which is not counted; it is too long;
 * or it is refused, because all that is there was in flight or is worth more. More than 7 is 7. */
bool spool_push(struct spool *s, struct span message, unsigned severity);

/* Copy the oldest message that waits to `to` and return its length; 0: none waits. It goes on
 * waiting, and the next push may evict it: where a part of it has left, call spool_sent() at
 * once, it may still be rewound. One longer than `size` is dropped and counted. */
size_t spool_next(struct spool *s, char *to, size_t size);

/* What spool_next() gave was sent, no push being between: release it if that is `confirmed`, for
 * good; otherwise it is in flight. Nothing happens if none waits. */
void spool_sent(struct spool *s, bool confirmed);

/* The oldest message in flight has arrived; release it. Nothing happens if none is. */
void spool_confirm(struct spool *s);

/* All that are in flight wait again, before the others, in their order. */
void spool_rewind(struct spool *s);

/* Three quarters are taken. */
static inline bool spool_fills(const struct spool *s)
{
	return s->free < s->blocks / 4;
}

/* How many blocks a message of this length takes, whatever the length. */
static inline size_t spool_blocks_of(size_t len)
{
	return len / SPOOL_PAYLOAD_BYTES + (len % SPOOL_PAYLOAD_BYTES != 0);
}

/* Whether a message of this length can be pushed without any other giving way. */
static inline bool spool_fits(const struct spool *s, size_t len)
{
	return s->free >= spool_blocks_of(len);
}

/* Whether one more message, of this length, may go in flight. What did has half of the room, the
 * rest is for what waits and is dropped by its worth; a message that is alone may have it all. */
static inline bool spool_may_fly(const struct spool *s, size_t len)
{
	return s->flown == 0 || s->flown + spool_blocks_of(len) <= s->blocks / 2;
}

/* Whether what spool_next() would give was in flight before; false if none waits. */
static inline bool spool_next_has_flown(const struct spool *s)
{
	return s->waiting > 0 && s->links[s->next].flown;
}

/* Whether it may go in flight. What was there may again; and a file that lost its power may have
 * some that flew behind one that did not: where nothing is in flight there is nothing to wait for.
 */
static inline bool spool_next_may_fly(const struct spool *s)
{
	return s->waiting == 0 || s->in_flight == 0 || s->links[s->next].flown ||
	       spool_may_fly(s, s->links[s->next].length);
}

/* 0: none waits. */
static inline uint32_t spool_next_length(const struct spool *s)
{
	return s->waiting > 0 ? s->links[s->next].length : 0;
}

/* Messages that were lost here, for whatever cause. */
static inline uint64_t spool_dropped(const struct spool *s)
{
	return s->evicted + s->refused + s->too_long;
}

#endif
