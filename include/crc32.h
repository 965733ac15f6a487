/*
 * crc32.h - CRC-32 (IEEE 802.3), without the complements before and behind it.
 */
#ifndef ECSAUDIT_CRC32_H
#define ECSAUDIT_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* Fill the table that crc32() needs. */
void crc32_prepare(uint32_t table[16][16]);

/* Go on from `crc` over n bytes, a multiple of 8, as words in the byte order of the machine. The
 * first four may be taken for 0 by giving `crc` in an exclusive or with them. */
uint32_t crc32(const uint32_t (*table)[16], uint32_t crc, const void *bytes, size_t n);

#endif
