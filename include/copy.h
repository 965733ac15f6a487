/*
 * copy.h - a copy that is written out where it stands, for the per-record path.
 *
 * musl's memcpy() is `rep movsq` on x86_64, whose start costs more than copying the 20 to 300
 * bytes that records and headers consist of.
 */
#ifndef ECSAUDIT_COPY_H
#define ECSAUDIT_COPY_H

#include <stddef.h>

/* As memcpy(): the two do not overlap. Returns the end of what was written. */
static inline char *copy_bytes(char *to, const char *from, size_t n)
{
	while (n >= 16) {
		__builtin_memcpy(to, from, 16);
		__asm__ volatile("" ::: "memory"); /* or the compiler makes it a call again */
		to += 16;
		from += 16;
		n -= 16;
	}
	if (n & 8) {
		__builtin_memcpy(to, from, 8);
		to += 8;
		from += 8;
	}
	if (n & 4) {
		__builtin_memcpy(to, from, 4);
		to += 4;
		from += 4;
	}
	if (n & 2) {
		__builtin_memcpy(to, from, 2);
		to += 2;
		from += 2;
	}
	if (n & 1)
		*to++ = *from;
	return to;
}

#endif
