/*
 * shrink_size.h - how many bytes a document takes when it is written, while it becomes shorter.
 *
 * Texts can be cut, so they are counted by their lengths, and the rest is one number. What the
 * document takes once its texts are cut to some length is then found without a look at the tree.
 *
 * For shrink.c and shrink_steps.c.
 */
#ifndef ECSAUDIT_SHRINK_SIZE_H
#define ECSAUDIT_SHRINK_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cJSON.h>

/* Texts are shorter than 2^SHRINK_SIZES bytes. */
#define SHRINK_SIZES 31
/* The size of a text that was not escaped to its end. */
#define SHRINK_TOO_LONG (1u << (SHRINK_SIZES - 1))

struct shrink_size {
	size_t fixed;		      /* everything but the texts, and a comma behind the whole */
	uint32_t count[SHRINK_SIZES]; /* of texts of 2^i to 2^(i+1) - 1 bytes */
	uint64_t bytes[SHRINK_SIZES]; /* of these together */
};

/* A text's escaped form: where it begins in the buffer; in front of it is room for a quote. It is
 * kept in the member `valuedouble` of the text's node, which texts do not use. */
struct shrink_escaped {
	uint32_t at;  /* 0: it is not escaped yet */
	uint32_t len; /* + SHRINK_TOO_LONG: it was not escaped to its end */
};

struct shrink_escaped shrink_size_escaped(const cJSON *text);

/* How many bytes a text takes when it is written. Before it is escaped: at least so many. */
uint32_t shrink_size_of_text(const cJSON *text);

/* Count a text of this size; `sign` -1: no longer. */
void shrink_size_add_text(struct shrink_size *s, uint32_t size, int sign);

/* Count a node and all below it; `sign` -1: no longer. */
void shrink_size_add(struct shrink_size *s, const cJSON *node, int sign);

/* What a text of this size takes once texts are cut to 2^level bytes. */
uint32_t shrink_size_cut(uint32_t size, unsigned level);

/* How many bytes the document takes if its texts are cut to 2^level bytes. */
size_t shrink_size_of_all(const struct shrink_size *s, unsigned level);

#endif
