/*
 * shrink_steps.h - which members leave a document that is too long, and in which order.
 *
 * For shrink.c.
 */
#ifndef ECSAUDIT_SHRINK_STEPS_H
#define ECSAUDIT_SHRINK_STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <cJSON.h>
#include "shrink.h"
#include "shrink_size.h"

/* Texts are cut to 2^SHRINK_LONGEST bytes before anything leaves, if that is enough. */
#define SHRINK_LONGEST 14
/* No text is cut below 2^SHRINK_SHORTEST bytes. */
#define SHRINK_SHORTEST 4

struct shrink_tree {
	cJSON *root;
	const struct shrink_hints *hints;
	size_t budget;
	struct shrink_size size; /* each step keeps it up to date */
	unsigned steps_taken;
};

/* Before the next step texts are cut to 2^level bytes, if that is enough. */
unsigned shrink_steps_level(const struct shrink_tree *t);

/* Take the next step; it may change nothing. false: there is none left. */
bool shrink_steps_take(struct shrink_tree *t);

#endif
