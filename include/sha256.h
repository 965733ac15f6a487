/*
 * sha256.h - SHA-256 (FIPS 180-4) of a few bytes in memory, and HMAC with it (RFC 2104).
 *
 * For deriving ids at start; small, not fast, not for secrets.
 */
#ifndef ECSAUDIT_SHA256_H
#define ECSAUDIT_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES	   32u
#define SHA256_BLOCK_BYTES 64u

void sha256(const void *data, size_t len, uint8_t digest[SHA256_BYTES]);

/* Key and text have at most SHA256_BLOCK_BYTES each. */
void sha256_hmac(const void *key, size_t key_len, const void *text, size_t text_len,
	uint8_t digest[SHA256_BYTES]);

#endif
