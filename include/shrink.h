/*
 * shrink.h - a document that is too long for its datagram is made shorter.
 *
 * Receivers cut what is too long, and a cut document is no JSON any more. So members leave in
 * a fixed order, what is least missed first, until the document fits: the raw records, further
 * paths, middle arguments, the title, the ends of long values, and at last details that others
 * imply. The result is always valid JSON and says `log.flags: ["truncated"]`.
 * process.args_count keeps the number that was executed.
 */
#ifndef ECSAUDIT_SHRINK_H
#define ECSAUDIT_SHRINK_H

#include <stdbool.h>
#include <stddef.h>
#include <cJSON.h>

/* Nodes for the mark. They are the caller's and live as long as the tree; being outside the
 * arena they are there also when it is the arena that was too small. */
struct shrink_mark {
	cJSON log, flags, word;
	bool set; /* false before a new document */
};

/* Say in the document that something is missing. Does nothing the second time. */
void shrink_mark(cJSON *root, struct shrink_mark *mark);

/* Number of steps; each is done at most once for a document. */
extern const unsigned shrink_steps;

/* One step of the order, 0 <= step < shrink_steps. false: there was nothing to take away.
 * It does not set the mark. */
bool shrink_step(cJSON *root, unsigned step);

/*
 * Write the tree into `buf` and shrink it until it has at most `budget` bytes. Returns its
 * length, or 0 if it cannot be made to fit: then it is to be dropped and counted. mark->set
 * tells whether it was shortened. `size` should exceed the budget, see json_write().
 */
size_t shrink_to_fit(cJSON *root, struct shrink_mark *mark, char *buf, size_t size, size_t budget);

#endif
