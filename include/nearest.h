/*
 * nearest.h - what somebody may have meant by a name that does not exist.
 */
#ifndef ECSAUDIT_NEAREST_H
#define ECSAUDIT_NEAREST_H

#include <stddef.h>

struct nearest {
	const char *meant; /* set it, and the rest to 0 */
	size_t len;
	const char *best; /* NULL while nothing is near enough */
	unsigned distance;
};

/* Consider one candidate. It must live as long as `best` is used. */
void nearest_try(struct nearest *n, const char *candidate);

#endif
