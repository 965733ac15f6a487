/*
 * word.h - texts eight bytes at a time, in a register whose lowest byte is the first of the text.
 *
 * For the per-record path, whose texts are many and short: a call costs more than most of them.
 * Nothing is aligned, and no byte is read but those named.
 */
#ifndef ECSAUDIT_WORD_H
#define ECSAUDIT_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Times a byte: eight of it. */
#define WORD_ONES 0x0101010101010101ull

static inline uint64_t word_little(uint64_t w)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return __builtin_bswap64(w);
#else
	return w;
#endif
}

static inline uint64_t word_load(const char *s)
{
	uint64_t w;

	__builtin_memcpy(&w, s, 8);
	return word_little(w);
}

static inline uint32_t word_load4(const char *s)
{
	const unsigned char *u = (const unsigned char *)s;

	return u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16 | (uint32_t)u[3] << 24;
}

/* One to seven bytes; those above them are 0. */
static inline uint64_t word_load_short(const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;

	if (n >= 4)
		return word_load4(s) | (uint64_t)word_load4(s + n - 4) << (8 * (n - 4));
	/* First, middle and last cover them all. */
	return u[0] | (uint64_t)u[n / 2] << (8 * (n / 2)) | (uint64_t)u[n - 1] << (8 * (n - 1));
}

static inline void word_store(char *p, uint64_t w)
{
	w = word_little(w);
	__builtin_memcpy(p, &w, 8);
}

static inline void word_store4(char *p, uint32_t w)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	w = __builtin_bswap32(w);
#endif
	__builtin_memcpy(p, &w, 4);
}

/* Which byte is the first whose top bit the mask has; it has one. */
static inline unsigned word_first(uint64_t mask)
{
	return (unsigned)__builtin_ctzll(mask) / 8;
}

/* The top bit of each of eight bytes that is `byte`, and maybe of some behind one that is. */
static inline uint64_t word_find_byte(const char *at, char byte)
{
	const uint64_t w = word_load(at) ^ WORD_ONES * (unsigned char)byte;

	return (w - WORD_ONES) & ~w & WORD_ONES * 0x80;
}

/* The first byte below `bound`, which is 0x80 at most, or `limit`. A borrow spoils only bytes
 * behind one that was found. */
static inline const char *word_find_below(const char *at, const char *limit, unsigned char bound)
{
	uint64_t word, found;

	for (; limit - at >= 8; at += 8) {
		word = word_load(at);
		found = (word - WORD_ONES * bound) & ~word & WORD_ONES * 0x80;
		if (found)
			return at + word_first(found);
	}
	while (at < limit && (unsigned char)*at >= bound)
		at++;
	return at;
}

/* Whether two texts of n bytes are the same. They mostly are. */
static inline bool word_same(const char *a, const char *b, size_t n)
{
	if (n < 8)
		return n == 0 || word_load_short(a, n) == word_load_short(b, n);
	for (size_t i = 0; i + 8 < n; i += 8)
		if (word_load(a + i) != word_load(b + i))
			return false;
	return word_load(a + n - 8) == word_load(b + n - 8);
}

#endif
