/*
 * shrink.h - a document that is too long for its message is made shorter.
 *
 * Receivers cut what is too long, and a cut document is no JSON any more. So members leave in a
 * fixed order, the least missed first (the table in shrink_steps.c). Before each step the longest
 * texts are cut, if that is enough. First go the raw records, further paths, middle arguments and
 * the title, then details that others imply, then whole groups, then what the configuration adds to
 * every document. What always stays: @timestamp, event (kind, module, dataset, action, category,
 * type, outcome, sequence), data_stream, host.name, user.id and the audit id, process.pid, the head
 * of process.executable, auditd.message_type and auditd.sequence, the first of the rules' keys. All
 * of these fit into MIN_DATAGRAM_BYTES together with the longest header.
 *
 * The result is always valid JSON and has `log.flags: ["truncated"]`. process.args_count keeps
 * the number of all arguments.
 *
 * The work is bounded by the number of nodes and by the budget, not by the length of the texts: a
 * text is escaped once; its escaped form is then measured, cut and sent.
 */
#ifndef ECSAUDIT_SHRINK_H
#define ECSAUDIT_SHRINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cJSON.h>
#include "json.h"

/* Nodes for `log.flags: ["truncated"]`. The caller owns them; they must live as long as the tree.
 * They are not in the arena, since a full arena is one reason for the mark. */
struct shrink_mark {
	cJSON log, flags, word;
	bool set; /* false before a new document */
};

/* What cannot be read off the tree. */
struct shrink_hints {
	struct span essential; /* replaces the constant members (the root's member without a key)
				* when they must leave; len 0: they stay */
	unsigned key_count;    /* the first tags, so many, are keys of rules */
	uint32_t record_bytes; /* of the event: if they exceed the budget, the document is measured
				* before it is written */
};

/* Mark the document as incomplete. Does nothing the second time. */
void shrink_mark(cJSON *root, struct shrink_mark *mark);

/*
 * Write the tree into `buf`, in at most `budget` bytes; make it shorter if it needs more. Returns
 * the length, or 0 if it cannot be made to fit: then drop and count it. mark->set tells whether it
 * was shortened. The result has at most half of `size` less SHRINK_SLACK; the other half is work
 * space for escaped texts. Do not use the tree afterwards.
 */
#define SHRINK_SLACK (4 * JSON_SLACK)
size_t shrink_to_fit(cJSON *root, const struct shrink_hints *hints, struct shrink_mark *mark,
	char *buf, size_t size, size_t budget);

#endif
