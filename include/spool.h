/*
 * spool.h - holds messages that are not sent yet, or sent and not confirmed ("in flight").
 *
 *   push -> waiting -> spool_next(), spool_sent() -> in flight -> spool_confirm() -> released
 *              ^                                          |
 *              +------------- spool_rewind() -------------+
 *
 * The caller's memory, static or a mapped file (spool_file.h), consists of blocks of 512 bytes. A
 * message is a chain of blocks, each with a header and its own checksum. Links and lists are in
 * struct spool, never in the memory: so a file can hold any bytes and not mislead us. After a kill
 * or a power cut each message is there whole or not at all.
 *
 * Messages leave in the order in which they came. When there is no room, messages are evicted:
 * those of the lowest severity first, and of these the oldest or the newest (spool_drop). But each
 * severity has a reserve: a quarter of the room that was never in flight.
 *   - Messages within the reserve of their severity are evicted only for the same severity.
 *   - A message that fits into its reserve may evict those above the reserve of any other severity,
 *     even of a higher one.
 *   - The rest of the room goes to the highest severities.
 * So neither a flood of failures nor one of successes can push out all others. Only a message that
 * is longer than a reserve, or more than four severities in use, may take from others' reserves. At
 * its border a reserve may lose the rest of one message.
 *
 * A message that was ever in flight is never evicted: it may have arrived, so its loss could not be
 * counted. Such messages get half of the room: spool_may_fly(). At every moment
 *
 *   pushed + recovered = released + evicted + refused + too_long + waiting + in_flight
 *
 * Nothing here calls the kernel. However full the spool is, all but spool_recover() and
 * spool_rewind() take only the time for the message's own blocks, and for those that are evicted.
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
#define SPOOL_PAYLOAD_BYTES 492u /* of the message, in each block */
#define SPOOL_SEVERITIES    8u	 /* RFC 5424 table 2: 7 is the lowest */
#define SPOOL_RESERVES	    4u	 /* so many severities are in use: syslog.h */

#define LIMIT_SPOOL_BLOCKS (LIMIT_SPOOL_BYTES / SPOOL_BLOCK_BYTES)

/* A message is known by the number of its first block. `end` and the neighbours below are indexed
 * by enum config_drop: DROP_OLDEST, DROP_NEWEST. */
struct spool_list {
	uint16_t end[2];
};

/* For each block; all but `next` only for the first block of a message. */
struct spool_link {
	uint16_t next;		   /* block of the message, or free block */
	uint16_t all[2];	   /* neighbours among all messages */
	uint16_t same_severity[2]; /* neighbours among those of its severity, until it flies */
	uint8_t severity;
	bool is_waiting : 1; /* else it is in flight */
	bool flown : 1;	     /* it is in flight, or was */
	uint32_t length;
};

struct spool {
	/* For the caller to read. */
	uint32_t waiting, in_flight; /* messages */
	uint64_t bytes;		     /* of both, without headers */
	uint64_t pushed;	     /* messages handed to spool_push(), whatever became of them */
	uint64_t released;	     /* sent, and confirmed */
	uint64_t evicted;	     /* dropped to make room for others */
	uint64_t refused;	     /* no room, and nothing that it may evict */
	uint64_t too_long;	     /* for the whole spool, or for the buffer of spool_next() */
	uint64_t recovered;	     /* found by spool_recover() */
	uint64_t broken;	     /* messages of which spool_recover() found only a part */
	uint64_t broken_blocks;	     /* with a wrong checksum or header */

	/* The rest is the spool's own. */
	struct spool_block *memory;
	uint32_t blocks, free, never_used; /* of `blocks`; those from `never_used` on are unused */
	uint32_t flown;			   /* blocks of messages that are in flight, or were */
	uint32_t evictable[SPOOL_SEVERITIES]; /* blocks of the others */
	uint64_t sequence;		      /* of the next message */
	enum config_drop drop;
	bool durable; /* checksums are kept */
	uint16_t free_list, next;
	struct spool_list all, same_severity[SPOOL_SEVERITIES];
	uint32_t crc_table[16][16];
	struct spool_link links[LIMIT_SPOOL_BLOCKS];
};

/* `memory` is aligned to 8, belongs to the spool from now on, and is not read. At most
 * LIMIT_SPOOL_BYTES of it are used. */
void spool_init(struct spool *s, void *memory, size_t bytes, enum config_drop drop);

/*
 * Right after spool_init(): find the messages in the memory, which may hold any bytes. A message
 * whose blocks are all sound waits again, in the old order, and it is known whether it was in
 * flight. Others are not used, but counted. From now on checksums are written. So the next
 * spool_recover() finds exactly the messages that spool_push() accepted and that were neither
 * released nor evicted. (A forger may take the last number, 2^63 - 1: then what was pushed behind
 * it is counted as broken.)
 */
void spool_recover(struct spool *s);

/* Copy a message in, behind all others. false: it is too long; it is refused, since it may evict
 * nothing more; or it is empty, which is not counted. A severity above 7 counts as 7. */
bool spool_push(struct spool *s, struct span message, unsigned severity);

/* Copy the oldest message that waits to `to` and return its length; 0: none waits. It still waits,
 * and the next push may evict it. So once a part of it was sent, call spool_sent() at once; it can
 * be rewound later. A message longer than `size` is dropped and counted. */
size_t spool_next(struct spool *s, char *to, size_t size);

/* The message of the last spool_next() was sent, without a push between. `confirmed`: it is
 * released; else it is in flight. Nothing happens if none waits. */
void spool_sent(struct spool *s, bool confirmed);

/* Release the oldest message in flight: it has arrived. Nothing happens if there is none. */
void spool_confirm(struct spool *s);

/* All messages in flight wait again, before the others, in their order. */
void spool_rewind(struct spool *s);

/* More than three quarters are used. */
static inline bool spool_is_nearly_full(const struct spool *s)
{
	return s->free < s->blocks / 4;
}

/* How many blocks a message of this length takes, whatever the length. */
static inline size_t spool_blocks_of(size_t len)
{
	return len / SPOOL_PAYLOAD_BYTES + (len % SPOOL_PAYLOAD_BYTES != 0);
}

/* Whether a message of this length can be pushed without an eviction. */
static inline bool spool_fits(const struct spool *s, size_t len)
{
	return s->free >= spool_blocks_of(len);
}

/* Whether one more message, of this length, may go in flight. Such messages may use half of the
 * room, since they cannot be evicted; a single message may use it all. */
static inline bool spool_may_fly(const struct spool *s, size_t len)
{
	return s->flown == 0 || s->flown + spool_blocks_of(len) <= s->blocks / 2;
}

/* Whether what spool_next() would give was in flight before; false if none waits. */
static inline bool spool_next_has_flown(const struct spool *s)
{
	return s->waiting > 0 && s->links[s->next].flown;
}

/* Whether it may go in flight. One that was in flight may again. So may any if none is in flight:
 * then there is nothing to wait for. (After a power cut a message that was in flight may be behind
 * one that was not.) */
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

/* Messages that the spool dropped, for any cause. */
static inline uint64_t spool_dropped(const struct spool *s)
{
	return s->evicted + s->refused + s->too_long;
}

#endif
