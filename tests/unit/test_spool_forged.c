/* link: */
/*
 * A file whose checksums are sound and whose contents are not: nobody but a forger makes it. And
 * the checksum itself. The spool's source is here, for what it does not tell.
 */
#include "../../src/delivery/spool.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define BLOCKS 24u
#define BYTES  (BLOCKS * SPOOL_BLOCK_BYTES)

static struct spool s;
static struct spool_block file[BLOCKS];

static void begin(void)
{
	spool_init(&s, file, BYTES, DROP_OLDEST);
	spool_recover(&s);
}

static int setup(void **state)
{
	(void)state;
	memset(file, 0, sizeof(file));
	begin();
	return 0;
}

static struct spool_block *forge(uint32_t at, uint64_t sequence, uint16_t index, uint32_t length)
{
	file[at].sequence = sequence;
	file[at].index = index;
	file[at].length = length;
	file[at].severity = 6;
	file[at].crc = crc_of(&s, &file[at]);
	return &file[at];
}

static void expect(uint32_t recovered, uint32_t broken, uint32_t broken_blocks)
{
	char buf[BYTES];

	begin();
	assert_int_equal(s.recovered, recovered);
	assert_int_equal(s.broken, broken);
	assert_int_equal(s.broken_blocks, broken_blocks);
	for (uint32_t i = 0; i < recovered; i++) {
		assert_int_equal(s.waiting, recovered - i);
		assert_in_range(spool_next(&s, buf, sizeof(buf)), 1, BYTES);
		spool_sent(&s, true);
	}
	assert_int_equal(s.waiting, 0);
	assert_int_equal(s.free, BLOCKS);
	memset(file, 0, sizeof(file));
}

static void test_forged(void **state)
{
	static const uint32_t lengths[] = {0, SPOOL_PAYLOAD_BYTES + 1, UINT32_MAX, 1u << 31};

	(void)state;
	forge(0, 7, 0, 1);
	expect(1, 0, 0);
	for (unsigned i = 0; i < 4; i++) {
		forge(0, 7, 0, lengths[i]);
		expect(0, 1, 0);
	}
	forge(3, 7, 1, 1); /* of one, the second */
	expect(0, 0, 0);
	forge(3, 7, UINT16_MAX, UINT32_MAX);
	expect(0, 0, 0);
	forge(3, 7, 0, 1)->severity = SPOOL_SEVERITIES;
	file[3].crc = crc_of(&s, &file[3]);
	expect(0, 1, 0);
	forge(0, 7, 1, 900); /* in any place */
	forge(9, 7, 0, 900);
	expect(1, 0, 0);
	forge(0, 7, 0, 900); /* parts of different ones */
	forge(1, 7, 1, 901);
	expect(0, 1, 0);
	forge(0, 7, 0, 900);
	forge(1, 8, 1, 900);
	expect(0, 1, 0);
	forge(0, 7, 0, 900); /* twice */
	forge(1, 7, 1, 900);
	forge(2, 7, 1, 900);
	expect(0, 1, 0);
	forge(0, 7, 0, 1);
	forge(1, 7, 0, 1);
	expect(0, 1, 0);
	forge(0, 7, 0, 1); /* the second is one too many */
	forge(1, 7, 1, 1);
	expect(0, 1, 0);
	for (uint32_t i = 0; i < BLOCKS; i++)
		forge(i, 7, (uint16_t)i, BYTES);
	expect(0, 1, 0);
	for (uint32_t i = 0; i < BLOCKS; i++)
		forge(i, 7, (uint16_t)(BLOCKS - 1 - i), BLOCKS * SPOOL_PAYLOAD_BYTES);
	expect(1, 0, 0);
}

/* Numbers of messages neither begin again nor go back. */
static void test_sequence(void **state)
{
	char buf[BYTES];

	(void)state;
	forge(0, SEQUENCE_END, 0, 1);
	forge(1, UINT64_MAX, 0, 1);
	expect(0, 0, 2);
	assert_int_equal(s.sequence, 1);
	forge(0, SEQUENCE_END - 1, 0, 1);
	forge(1, 0, 0, 1);
	expect(2, 0, 0);
	assert_int_equal(s.sequence, SEQUENCE_END);
	/* What comes behind the last number is broken for the next process. */
	forge(0, SEQUENCE_END - 1, 0, 1);
	begin();
	assert_true(spool_push(&s, SPAN("one"), 6));
	expect(1, 0, 1);
	/* That of a message that was released counts as well. */
	begin();
	assert_int_equal(s.sequence, 1);
	spool_push(&s, SPAN("one"), 6);
	spool_push(&s, SPAN("two"), 6);
	spool_sent(&s, true);
	spool_sent(&s, true);
	begin();
	assert_int_equal(s.recovered, 0);
	assert_int_equal(s.sequence, 3);
	spool_push(&s, SPAN("three"), 6);
	begin();
	assert_int_equal(spool_next(&s, buf, sizeof(buf)), 5);
}

/* A file that became longer has its messages still; of one cut short, those in what is left. */
static void test_other_sizes(void **state)
{
	static char text[3 * SPOOL_BLOCK_BYTES];
	char buf[BYTES];

	(void)state;
	spool_init(&s, file, 8 * SPOOL_BLOCK_BYTES, DROP_OLDEST);
	spool_recover(&s);
	for (unsigned i = 0; i < 4; i++) {
		memset(text, (int)i + 'a', sizeof(text));
		spool_push(&s, (struct span){text, SPOOL_PAYLOAD_BYTES + 1}, 6);
	}
	begin();
	assert_int_equal(s.recovered, 4);
	assert_int_equal(s.free, BLOCKS - 8);
	spool_init(&s, file, 5 * SPOOL_BLOCK_BYTES, DROP_OLDEST);
	spool_recover(&s);
	assert_int_equal(s.recovered, 2);
	assert_int_equal(s.broken, 1);
	assert_int_equal(s.broken_blocks, 0);
	assert_int_equal(spool_next(&s, buf, sizeof(buf)), SPOOL_PAYLOAD_BYTES + 1);
	assert_int_equal(buf[SPOOL_PAYLOAD_BYTES], 'a');
}

/* ---- checksum ------------------------------------------------------------------------------ */

/* IEEE 802.3, a bit at a time, from another start. */
static void test_checksum(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		unsigned char bytes[SPOOL_BLOCK_BYTES];
		uint32_t crc = CRC_FORMAT;

		for (unsigned k = 0; k < sizeof(bytes); k++)
			bytes[k] = (unsigned char)((i + 1) * (k + 77) * 2654435761u >> 24);
		memcpy(&file[0], bytes, sizeof(bytes));
		memset(bytes, 0, 4);
		for (unsigned k = 0; k < sizeof(bytes); k++) {
			/* Numbers, so that it is the same on a machine of the other order. */
			crc ^= bytes[__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? k ^ 3 : k];
			for (unsigned bit = 0; bit < 8; bit++)
				crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
		}
		assert_int_equal(crc_of(&s, &file[0]), crc);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_forged),
		TEST(test_sequence),
		TEST(test_other_sizes),
		TEST(test_checksum),
	};

	return cmocka_run_group_tests_name("spool_forged", tests, NULL, NULL);
}
