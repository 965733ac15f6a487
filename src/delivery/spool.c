#include "spool_room.h"

#include <stdatomic.h>
#include "crc32.h"

#define NONE UINT16_MAX

/* In the byte order of the machine. In a file of another machine no checksum is right. */
struct spool_block {
	uint32_t crc;	   /* CRC_EMPTY, or that of the rest: see below */
	uint32_t length;   /* of the message */
	uint64_t sequence; /* of the message */
	uint16_t index;	   /* in the message, from 0 */
	uint8_t severity;
	uint8_t zero;
	char payload[SPOOL_PAYLOAD_BYTES];
};

#define CRC_EMPTY 0u /* never used, or being written */
/* The checksum of a first block also has the state of the message, so that one store changes it.
 * Unchanged: it waits. XOR CRC_FLOWN: it was in flight. The complement of either: released. */
#define CRC_FLOWN 0x5a5a5a5au
/* Only a forged file has such a number. Ours must not wrap. */
#define SEQUENCE_END (UINT64_C(1) << 63)

_Static_assert(sizeof(struct spool_block) == SPOOL_BLOCK_BYTES, "a sector is written whole");
_Static_assert(LIMIT_SPOOL_BLOCKS < NONE, "block numbers");
_Static_assert(sizeof(struct spool_link) == 16, "128 KiB of them");

/* A killed process has made its stores in this order, up to some point. (After a power cut pages
 * may be of any age: checksum and sequence find that out.) */
#ifndef SPOOL_STORED
#define SPOOL_STORED() atomic_signal_fence(memory_order_seq_cst)
#endif

static uint32_t blocks_of(const struct spool_link *m)
{
	return (uint32_t)spool_blocks_of(m->length);
}

/* ---- checksum --------------------------------------------------------------------------- */

/* The first value of the checksum: other versions of the format have another. */
#define CRC_FORMAT 0x45435301u

/* Over the block, with 0 in place of the checksum. Never CRC_EMPTY, with or without CRC_FLOWN. */
static uint32_t crc_of(const struct spool *s, const struct spool_block *b)
{
	const uint32_t crc = crc32(s->crc_table, CRC_FORMAT ^ b->crc, b, SPOOL_BLOCK_BYTES);

	return crc != CRC_EMPTY && crc != CRC_FLOWN ? crc : 1;
}

/* One store, so a kill leaves the old or the new value. */
static void store_crc(struct spool_block *b, uint32_t crc)
{
	SPOOL_STORED();
	*(volatile uint32_t *)&b->crc = crc;
	SPOOL_STORED();
}

/* ---- lists ------------------------------------------------------------------------------ */

/* A message is in the list of all, and, until it flies, in that of its severity. */
static uint16_t *neighbours(struct spool *s, const struct spool_list *l, uint16_t at)
{
	return l == &s->all ? s->links[at].all : s->links[at].same_severity;
}

/* At the newest end. */
static void put_in(struct spool *s, struct spool_list *l, uint16_t at)
{
	uint16_t *n = neighbours(s, l, at);
	uint16_t other = l->end[DROP_NEWEST];

	n[DROP_NEWEST] = NONE;
	n[DROP_OLDEST] = other;
	if (other != NONE)
		neighbours(s, l, other)[DROP_NEWEST] = at;
	else
		l->end[DROP_OLDEST] = at;
	l->end[DROP_NEWEST] = at;
}

static void take_out(struct spool *s, struct spool_list *l, uint16_t at)
{
	const uint16_t *n = neighbours(s, l, at);

	for (unsigned end = 0; end < 2; end++) {
		if (n[end] != NONE)
			neighbours(s, l, n[end])[!end] = n[!end];
		else
			l->end[end] = n[!end];
	}
}

/* ---- states of a message ---------------------------------------------------------------- */

/* Only messages that were never in flight are evictable. */
static void make_evictable(struct spool *s, uint16_t at)
{
	struct spool_link *m = &s->links[at];

	m->flown = false;
	put_in(s, &s->same_severity[m->severity], at);
	s->evictable[m->severity] += blocks_of(m);
}

static void make_kept(struct spool *s, uint16_t at)
{
	struct spool_link *m = &s->links[at];

	take_out(s, &s->same_severity[m->severity], at);
	s->evictable[m->severity] -= blocks_of(m);
}

static void begin_wait(struct spool *s, uint16_t at)
{
	s->links[at].is_waiting = true;
	s->waiting++;
}

static void end_wait(struct spool *s, uint16_t at)
{
	if (s->next == at)
		s->next = s->links[at].all[DROP_NEWEST];
	s->links[at].is_waiting = false;
	s->waiting--;
}

static void fly(struct spool *s, uint16_t at)
{
	s->links[at].flown = true;
	s->flown += blocks_of(&s->links[at]);
}

/* A chain of blocks that is complete becomes the newest message. */
static void add(struct spool *s, uint16_t at, uint32_t length, uint8_t severity, bool flown)
{
	s->links[at].length = length;
	s->links[at].severity = severity;
	put_in(s, &s->all, at);
	if (flown)
		fly(s, at);
	else
		make_evictable(s, at);
	begin_wait(s, at);
	if (s->next == NONE)
		s->next = at;
	s->bytes += length;
}

static void free_chain(struct spool *s, uint16_t at)
{
	uint16_t last = at;

	s->free++;
	while (s->links[last].next != NONE) {
		last = s->links[last].next;
		s->free++;
	}
	s->links[last].next = s->free_list;
	s->free_list = at;
}

static void forget(struct spool *s, uint16_t at)
{
	/* Without its first block it is no message. */
	if (s->durable)
		store_crc(&s->memory[at], ~s->memory[at].crc);
	if (s->links[at].is_waiting)
		end_wait(s, at);
	else
		s->in_flight--;
	if (s->links[at].flown)
		s->flown -= blocks_of(&s->links[at]);
	else
		make_kept(s, at);
	take_out(s, &s->all, at);
	s->bytes -= s->links[at].length;
	free_chain(s, at);
}

void spool_init(struct spool *s, void *memory, size_t bytes, enum config_drop drop)
{
	const struct spool_list empty = {{NONE, NONE}};
	size_t blocks = bytes / SPOOL_BLOCK_BYTES;

	/* Not the links: they are large, and each is written before it is used. */
	memset(s, 0, offsetof(struct spool, links));
	s->memory = memory;
	s->blocks = blocks < LIMIT_SPOOL_BLOCKS ? (uint32_t)blocks : LIMIT_SPOOL_BLOCKS;
	s->free = s->blocks;
	s->drop = drop;
	s->sequence = 1;
	s->free_list = s->next = NONE;
	s->all = empty;
	for (unsigned i = 0; i < SPOOL_SEVERITIES; i++)
		s->same_severity[i] = empty;
}

/* ---- messages come ---------------------------------------------------------------------- */

/* false: evicting all that it may is not enough, so nothing is evicted. */
static bool make_room(struct spool *s, uint32_t need, unsigned severity)
{
	bool by_severity = false;

	if (s->free >= need)
		return true;
	if (!spool_can_make_room(s, need, severity, &by_severity))
		return false;
	while (s->free < need) {
		unsigned i = spool_victim(s, need, severity, by_severity);

		s->evicted++;
		forget(s, s->same_severity[i].end[s->drop]);
	}
	return true;
}

static uint16_t take_block(struct spool *s)
{
	uint16_t at = s->free_list;

	s->free--;
	if (at == NONE)
		return (uint16_t)s->never_used++;
	s->free_list = s->links[at].next;
	return at;
}

static void fill(
	struct spool *s, uint16_t at, uint16_t index, struct span message, uint8_t severity)
{
	struct spool_block *b = &s->memory[at];
	uint32_t done = index * SPOOL_PAYLOAD_BYTES;
	uint32_t part = message.len - done;

	if (part > SPOOL_PAYLOAD_BYTES)
		part = SPOOL_PAYLOAD_BYTES;
	if (s->durable)
		store_crc(b, CRC_EMPTY);
	memcpy(b->payload, message.at + done, part);
	if (!s->durable)
		return;
	SPOOL_STORED();
	b->length = message.len;
	b->sequence = s->sequence;
	b->index = index;
	b->severity = severity;
	b->zero = 0;
	store_crc(b, crc_of(s, b));
}

bool spool_push(struct spool *s, struct span message, unsigned severity)
{
	uint16_t first, at;
	uint32_t need, i;

	if (!message.len)
		return false;
	if (severity >= SPOOL_SEVERITIES)
		severity = SPOOL_SEVERITIES - 1;
	s->pushed++;
	need = (uint32_t)spool_blocks_of(message.len);
	if (need > s->blocks) {
		s->too_long++;
		return false;
	}
	if (!make_room(s, need, severity)) {
		s->refused++;
		return false;
	}
	first = at = take_block(s);
	for (i = 1; i < need; i++) {
		at = s->links[at].next = take_block(s);
		fill(s, at, (uint16_t)i, message, (uint8_t)severity);
	}
	s->links[at].next = NONE;
	/* The last store makes it a message. */
	fill(s, first, 0, message, (uint8_t)severity);
	s->sequence++;
	add(s, first, message.len, (uint8_t)severity, false);
	return true;
}

/* ---- and leave -------------------------------------------------------------------------- */

size_t spool_next(struct spool *s, char *to, size_t size)
{
	while (s->next != NONE) {
		const struct spool_link *m = &s->links[s->next];
		uint32_t length = m->length, left = length;
		uint16_t at = s->next;

		if (length > size) {
			s->too_long++;
			forget(s, at);
			continue;
		}
		for (; left > SPOOL_PAYLOAD_BYTES; left -= SPOOL_PAYLOAD_BYTES) {
			memcpy(to, s->memory[at].payload, SPOOL_PAYLOAD_BYTES);
			to += SPOOL_PAYLOAD_BYTES;
			at = s->links[at].next;
		}
		memcpy(to, s->memory[at].payload, left);
		return length;
	}
	return 0;
}

void spool_sent(struct spool *s, bool confirmed)
{
	uint16_t at = s->next;

	if (at == NONE)
		return;
	if (confirmed) {
		s->released++;
		forget(s, at);
		return;
	}
	if (!s->links[at].flown) {
		make_kept(s, at);
		fly(s, at);
		if (s->durable)
			store_crc(&s->memory[at], s->memory[at].crc ^ CRC_FLOWN);
	}
	end_wait(s, at);
	s->in_flight++;
}

void spool_confirm(struct spool *s)
{
	if (s->in_flight == 0)
		return;
	s->released++;
	forget(s, s->all.end[DROP_OLDEST]);
}

void spool_rewind(struct spool *s)
{
	while (s->in_flight > 0) {
		uint16_t at = s->next == NONE ? s->all.end[DROP_NEWEST]
					      : s->links[s->next].all[DROP_OLDEST];

		s->in_flight--;
		begin_wait(s, at);
		s->next = at;
	}
}

/* ---- what a file holds ------------------------------------------------------------------- */

/* Live blocks are sorted by sequence and index; then the blocks of a message follow each other. */
static bool before(const struct spool *s, uint16_t a, uint16_t b)
{
	const struct spool_block *x = &s->memory[a], *y = &s->memory[b];

	return x->sequence != y->sequence ? x->sequence < y->sequence : x->index < y->index;
}

static uint16_t merge(struct spool *s, uint16_t a, uint16_t b)
{
	uint16_t head, *to = &head;

	while (a != NONE && b != NONE) {
		uint16_t *from = before(s, b, a) ? &b : &a;

		*to = *from;
		to = &s->links[*from].next;
		*from = *to;
	}
	*to = a != NONE ? a : b;
	return head;
}

/* Is it a part of a message that was not released? Also moves s->sequence past the block's, so that
 * no number is used twice: left-over blocks can never complete another message. */
static bool is_live(struct spool *s, uint16_t at)
{
	struct spool_block *b = &s->memory[at];
	uint64_t sequence = b->sequence;
	uint32_t state;
	bool released;

	if (b->crc == CRC_EMPTY)
		return false;
	state = b->crc ^ crc_of(s, b);
	released = state >> 31;
	if (released)
		state = ~state;
	if ((state != 0 && state != CRC_FLOWN) || sequence >= SEQUENCE_END) {
		s->broken_blocks++;
		store_crc(b, CRC_EMPTY);
		return false;
	}
	if (sequence >= s->sequence)
		s->sequence = sequence + 1;
	return !released;
}

static uint16_t sorted_blocks(struct spool *s)
{
	uint16_t bins[16]; /* of 1, 2, 4... blocks */
	uint16_t list = NONE;

	_Static_assert(LIMIT_SPOOL_BLOCKS < 1u << 16, "bins");
	for (unsigned i = 0; i < 16; i++)
		bins[i] = NONE;
	for (uint32_t at = s->blocks; at-- > 0;) {
		uint16_t carry = (uint16_t)at;
		unsigned i;

		s->links[at].next = NONE;
		if (!is_live(s, carry)) {
			free_chain(s, carry);
			continue;
		}
		for (i = 0; bins[i] != NONE; i++) {
			carry = merge(s, bins[i], carry);
			bins[i] = NONE;
		}
		bins[i] = carry;
	}
	for (unsigned i = 0; i < 16; i++)
		list = merge(s, bins[i], list);
	return list;
}

/* Takes the blocks of one sequence from the start of a sorted list, and returns the rest. They are
 * a message only if all headers agree with each other and with their number. */
static uint16_t recover_message(struct spool *s, uint16_t first)
{
	const struct spool_block *head = &s->memory[first];
	uint64_t sequence = head->sequence;
	uint32_t length = head->length, count = 0;
	uint8_t severity = head->severity;
	bool whole = length > 0 && severity < SPOOL_SEVERITIES;
	uint16_t at = first, last = first;

	for (; at != NONE && s->memory[at].sequence == sequence; at = s->links[at].next) {
		const struct spool_block *b = &s->memory[at];

		whole &= b->index == count && b->length == length && b->severity == severity;
		last = at;
		count++;
	}
	s->links[last].next = NONE;
	if (whole && count == spool_blocks_of(length)) {
		s->recovered++;
		add(s, first, length, severity, head->crc != crc_of(s, head));
		return at;
	}
	/* Without its first block it is the rest of a released message. */
	if (head->index == 0)
		s->broken++;
	for (last = first; last != NONE && s->memory[last].index == 0; last = s->links[last].next)
		store_crc(&s->memory[last], CRC_EMPTY);
	free_chain(s, first);
	return at;
}

void spool_recover(struct spool *s)
{
	uint16_t list;

	crc32_prepare(s->crc_table);
	s->durable = true;
	s->never_used = s->blocks;
	s->free = 0;
	list = sorted_blocks(s);
	while (list != NONE)
		list = recover_message(s, list);
}
