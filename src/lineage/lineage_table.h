/*
 * lineage_table.h - the entries of the table: found by pid, made, ended, thrown out.
 *
 * Entries are pointers into struct lineage. A pointer stays one to the same process until the next
 * lineage_make(), which may throw any entry out but the two of each state that were used last. A
 * ref may be kept: lineage_at() gives NULL when its process has left.
 */
#ifndef ECSAUDIT_LINEAGE_TABLE_H
#define ECSAUDIT_LINEAGE_TABLE_H

#include "lineage.h"

/* What leads an entry. 0: not known. */
struct lineage_leaders {
	lineage_ref session, group, entry;
};

struct lineage_process *lineage_at(struct lineage *l, lineage_ref ref);

/* The entries of a pid, whatever their state: there may be one of a process that has ended, and one
 * of a later process. NULL ends them. */
struct lineage_process *lineage_first(struct lineage *l, uint32_t pid, uint32_t host);
struct lineage_process *lineage_next(struct lineage *l, const struct lineage_process *p);

/* A new entry, with nothing known but these. It is the last used one. `state` is LINEAGE_CLAIMED or
 * LINEAGE_LIVES. */
struct lineage_process *lineage_make(
	struct lineage *l, uint32_t pid, uint32_t host, enum lineage_state state);

/* CLAIMED to LIVES, or LIVES to ENDED. */
void lineage_become(struct lineage *l, struct lineage_process *p, enum lineage_state state);

/* It lived until `end_ms`. */
void lineage_end(struct lineage *l, struct lineage_process *p, int64_t end_ms);

/* It leaves the table. */
void lineage_drop(struct lineage *l, struct lineage_process *p);

/* It was used last. */
void lineage_use(struct lineage *l, struct lineage_process *p);

void lineage_set_parent(struct lineage *l, struct lineage_process *p, lineage_ref parent);
void lineage_set_leaders(struct lineage *l, struct lineage_process *p, struct lineage_leaders to);

#endif
