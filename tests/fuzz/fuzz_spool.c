/* link: text.o */
/*
 * The first byte is how the spool is used, the rest what its file holds. As no fuzzer finds
 * checksums, the lowest bits of those that stand there say what they become. What is picked up
 * must be what is found by looking for each message in all blocks, and what had flown has still.
 */
/* The source itself, for the checksum; so spool.o is not linked, and nothing else is needed, but
 * with no name at all above it would be all of the program. */
#include "crc32.h"
#include "../../src/delivery/spool.c"

#include <stdint.h>
#include <stdlib.h>

#define BLOCKS 16u

static struct spool s;
static struct spool_block file[BLOCKS], original[BLOCKS];
static char buf[BLOCKS * SPOOL_BLOCK_BYTES], wanted[BLOCKS * SPOOL_BLOCK_BYTES];
static uint32_t blocks;
static bool live[BLOCKS]; /* in `original` */
static bool has_flown;	  /* the message that message_before() found */

static void must(int truth)
{
	if (!truth)
		abort();
}

static void seal(struct spool_block *b)
{
	switch (b->crc & 7) {
	case 0:
		break; /* as it is */
	case 1:
		b->crc = CRC_EMPTY;
		break;
	case 2:
		b->crc = ~crc_of(&s, b);
		break;
	case 3:
		b->crc = crc_of(&s, b) ^ CRC_FLOWN;
		break;
	case 4:
		b->crc = ~(crc_of(&s, b) ^ CRC_FLOWN);
		break;
	default:
		b->crc = crc_of(&s, b);
	}
}

static void check_sums(void)
{
	uint32_t used = 0, flown = 0;

	for (uint16_t at = s.all.end[DROP_OLDEST]; at != NONE; at = s.links[at].all[DROP_NEWEST]) {
		used += blocks_of(&s.links[at]);
		flown += s.links[at].flown ? blocks_of(&s.links[at]) : 0;
	}
	must(s.flown == flown);
	must(s.pushed + s.recovered == s.released + spool_dropped(&s) + s.waiting + s.in_flight);
	must(s.free + used == s.blocks && s.blocks == blocks);
}

/* What the file holds before a process comes. */
static void remember(void)
{
	memcpy(original, file, sizeof(original));
	for (uint32_t i = 0; i < blocks; i++)
		live[i] = file[i].crc != CRC_EMPTY && file[i].sequence < SEQUENCE_END &&
			  (file[i].crc == crc_of(&s, &file[i]) ||
				  file[i].crc == (crc_of(&s, &file[i]) ^ CRC_FLOWN));
}

/* The length of the message of that sequence, 0 if it is not whole. */
static uint32_t message_before(uint64_t sequence)
{
	const struct spool_block *first = NULL;
	uint32_t count = 0, right = 0;

	for (uint32_t i = 0; i < blocks; i++) {
		if (!live[i] || original[i].sequence != sequence)
			continue;
		count++;
		if (original[i].index == 0)
			first = &original[i];
	}
	if (!first || first->length == 0 || first->severity > 7 ||
		first->length > count * SPOOL_PAYLOAD_BYTES ||
		first->length <= (count - 1) * SPOOL_PAYLOAD_BYTES)
		return 0;
	for (uint32_t index = 0; index < count; index++) {
		for (uint32_t i = 0; i < blocks; i++) {
			const struct spool_block *b = &original[i];

			if (!live[i] || b->sequence != sequence || b->index != index ||
				b->length != first->length || b->severity != first->severity)
				continue;
			memcpy(wanted + index * SPOOL_PAYLOAD_BYTES, b->payload,
				SPOOL_PAYLOAD_BYTES);
			right++;
			break;
		}
	}
	has_flown = first->crc != crc_of(&s, first);
	return right == count ? first->length : 0;
}

/* The next sequence from `from` on that a whole message has. */
static bool next_before(uint64_t from, uint64_t *sequence)
{
	bool found = false;

	for (uint32_t i = 0; i < blocks; i++) {
		uint64_t candidate = original[i].sequence;

		if (live[i] && candidate >= from && (!found || candidate < *sequence) &&
			message_before(candidate) > 0) {
			*sequence = candidate;
			found = true;
		}
	}
	return found;
}

static void recover(enum config_drop drop)
{
	spool_init(&s, file, blocks * SPOOL_BLOCK_BYTES, drop);
	spool_recover(&s);
	check_sums();
}

/* All that wait are those that were in the file, in order. Half of them are released. */
static void check_recovered(uint8_t how)
{
	uint64_t sequence = 0;
	uint32_t len;

	for (uint64_t n = 0; n < s.recovered; n++) {
		must(next_before(sequence, &sequence));
		len = message_before(sequence);
		must(spool_next(&s, buf, sizeof(buf)) == len);
		must(spool_next_has_flown(&s) == has_flown);
		must(memcmp(buf, wanted, len) == 0);
		must(sequence < s.sequence);
		sequence++;
		spool_sent(&s, how >> (n & 7) & 1);
		check_sums();
	}
	must(!next_before(sequence, &sequence));
	must(s.waiting == 0 && spool_next(&s, buf, sizeof(buf)) == 0);
	spool_rewind(&s);
	check_sums();
}

/* It is used; the next process finds what this one had, and nothing broken. */
static void live_on(uint8_t how)
{
	static char text[BLOCKS * SPOOL_PAYLOAD_BYTES];
	uint32_t waiting;
	bool has_numbers; /* a forger may have left none: SEQUENCE_END */

	for (unsigned i = 0; i < 8; i++) {
		uint32_t len = 1 + (how * 37u + i * 101u) % (i == 5 ? sizeof(text) : 900);

		memset(text, (int)i, len);
		spool_push(&s, (struct span){text, len}, (how + i) % 9);
		check_sums();
	}
	waiting = s.waiting;
	has_numbers = s.sequence <= SEQUENCE_END;
	remember();
	recover(DROP_OLDEST);
	if (has_numbers)
		must(s.recovered == waiting && s.broken + s.broken_blocks == 0);
	check_recovered(0xff);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t how;

	if (size == 0)
		return 0;
	how = data[0];
	size = size - 1 < sizeof(file) ? size - 1 : sizeof(file);
	memset(file, 0, sizeof(file));
	memcpy(file, data + 1, size);
	blocks = (uint32_t)((size + SPOOL_BLOCK_BYTES - 1) / SPOOL_BLOCK_BYTES);
	crc32_prepare(s.crc_table);
	for (uint32_t i = 0; i < blocks; i++)
		seal(&file[i]);
	remember();
	recover(how & 1 ? DROP_NEWEST : DROP_OLDEST);
	check_recovered(how);
	live_on(how);
	return 0;
}
