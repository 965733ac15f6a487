#include "crc32.h"

#include <string.h>

/* For 8 bytes at a time, half a byte each: table[k][n] is the sum of the half byte n with k zero
 * half bytes behind it. */
void crc32_prepare(uint32_t table[16][16])
{
	for (uint32_t n = 0; n < 16; n++) {
		uint32_t crc = n;

		for (unsigned k = 0; k < 16; k++) {
			for (unsigned bit = 0; bit < 4; bit++)
				crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
			table[k][n] = crc;
		}
	}
}

static uint32_t crc_word(const uint32_t (*table)[16], uint32_t word)
{
	uint32_t crc = 0;

#pragma GCC unroll 8
	for (int k = 7; k >= 0; k--, word >>= 4)
		crc ^= table[k][word & 15];
	return crc;
}

uint32_t crc32(const uint32_t (*table)[16], uint32_t crc, const void *bytes, size_t n)
{
	const char *at = bytes;
	uint32_t words[2];

	for (size_t i = 0; i < n; i += sizeof(words)) {
		memcpy(words, at + i, sizeof(words));
		crc = crc_word(table + 8, words[0] ^ crc) ^ crc_word(table, words[1]);
	}
	return crc;
}
