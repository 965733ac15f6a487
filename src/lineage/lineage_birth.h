/*
 * lineage_birth.h - how a process gets into the table: by its own records, by its parent's fork, or
 * from /proc.
 */
#ifndef ECSAUDIT_LINEAGE_BIRTH_H
#define ECSAUDIT_LINEAGE_BIRTH_H

#include "lineage_life.h"

/* lineage_find(); if there is none, it is looked for in /proc. */
struct lineage_process *lineage_find_or_read(struct lineage *l, struct lineage_sight *s);

/* An entry for a process that is not in the table: an event is of it. Its parent is looked for.
 * NULL if it may be one that is in the table. */
struct lineage_process *lineage_learn(struct lineage *l, const struct lineage_sight *s);

/* An entry for what a caller's fork returned: `measured` if it was found in /proc. */
struct lineage_process *lineage_born(struct lineage *l, struct lineage_process *parent,
	const struct lineage_sight *child, bool measured);

/* A parent of an existing entry: what it inherits and did not know. */
void lineage_take_parent(struct lineage *l, struct lineage_process *p,
	struct lineage_process *parent, int64_t fork_ms);

/* At the start: find the parent and the leaders of a process among all that there are now. */
void lineage_relate(struct lineage *l, struct lineage_process *p, int64_t at_ms);

/* The executable, the working directory, and what the pid namespace is, by /proc. Of others it
 * takes privileges. */
void lineage_read_names(struct lineage *l, struct lineage_process *p);

#endif
