/*
 * shrink.h - a document that is too long for its message is made shorter.
 *
 * Receivers cut what is too long, and a cut document is no JSON any more. So members leave in a
 * fixed order, what is least missed first (the table in shrink.c), and between two of these steps
 * the longest texts are cut as far as it takes. First go the raw records, further paths, middle
 * arguments and the title, then details that others imply, then whole groups, then what the user
 * has put into every document. What is left in any case: @timestamp, event (kind, module, dataset,
 * action, category, type, outcome, sequence), data_stream, host.name, user.id and the audit id,
 * process.pid, the head of process.executable, auditd.message_type and auditd.sequence, the first
 * of the rules' keys. All of these together fit into MIN_DATAGRAM_BYTES behind the longest header.
 *
 * The result is always valid JSON and says `log.flags: ["truncated"]`. process.args_count keeps
 * the number that was executed.
 *
 * The work is bounded by the number of nodes and by the budget, not by the length of the texts:
 * each text that has a place is escaped once, and what is measured, cut and sent is the result.
 */
#ifndef ECSAUDIT_SHRINK_H
#define ECSAUDIT_SHRINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cJSON.h>
#include "json.h"

/* Nodes for the mark. They are the caller's and live as long as the tree; being outside the
 * arena they are there also when it is the arena that was too small. */
struct shrink_mark {
	cJSON log, flags, word;
	bool set; /* false before a new document */
};

/* What the tree does not say of itself. */
struct shrink_core {
	struct span constants; /* replaces the constant members, the root's member without a key,
				* when they must leave; len 0: they stay */
	unsigned key_count;    /* so many of the tags, the first ones, are keys of rules */
	uint32_t bytes;	       /* of the event's records: where they are more than the budget, the
				* document is measured before it is written */
};

/* Say in the document that something is missing. Does nothing the second time. */
void shrink_mark(cJSON *root, struct shrink_mark *mark);

/*
 * Write the tree into `buf`, in at most `budget` bytes, and shrink it if it takes that. Returns
 * the length, or 0 if it cannot be made to fit: then it is to be dropped and counted. mark->set
 * tells whether it was shortened. It takes half of `size` less SHRINK_SLACK at most; texts that are
 * cut are in the other half until then. The tree is not to be used afterwards.
 */
#define SHRINK_SLACK (4 * JSON_SLACK)
size_t shrink_to_fit(cJSON *root, const struct shrink_core *core, struct shrink_mark *mark,
	char *buf, size_t size, size_t budget);

#endif
