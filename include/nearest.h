/*
 * nearest.h - finds the known name that is nearest to a wrong one, for "did you mean".
 */
#ifndef ECSAUDIT_NEAREST_H
#define ECSAUDIT_NEAREST_H

#include <stddef.h>

struct nearest {
	const char *meant; /* set it, and the rest to 0 */
	size_t len;
	const char *best; /* NULL while nothing is near enough */
	size_t best_len;
	unsigned distance;
};

/* Consider one candidate. It must live as long as `best` is used. */
void nearest_try(struct nearest *n, const char *candidate);
/* The same for a name without a NUL behind it. */
void nearest_try_bytes(struct nearest *n, const char *candidate, size_t len);

#endif
