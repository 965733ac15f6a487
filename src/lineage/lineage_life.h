/*
 * lineage_life.h - which process an event is of; how a process gets into the table.
 */
#ifndef ECSAUDIT_LINEAGE_LIFE_H
#define ECSAUDIT_LINEAGE_LIFE_H

#include "lineage.h"

/* What an event says of a process. */
struct lineage_sight {
	uint32_t pid;
	uint32_t host;	   /* of a log: a hash of its name */
	uint32_t ppid;	   /* 0: it does not say */
	uint32_t exe_hash; /* 0: it does not say */
	bool is_parent;	   /* the event is of one of its children, so it lived */
	bool is_doubtful;  /* set by lineage_find(): an entry may be of it, but nothing proves it */
	int64_t at_ms;
	struct span host_name;
};

/* The entry of the process that had this pid at that time; NULL: there is none, or it is not sure
 * that it was this one. Entries that turn out to be of other processes are ended. */
struct lineage_process *lineage_find(struct lineage *l, struct lineage_sight *s);

/* The same; if there is none, it is looked for in /proc. */
struct lineage_process *lineage_find_or_read(struct lineage *l, struct lineage_sight *s);

/* An entry for a process that is not in the table: an event is of it. Its parent is looked for.
 * NULL if it may be one that is in the table. */
struct lineage_process *lineage_learn(struct lineage *l, const struct lineage_sight *s);

/* An entry for what a caller's fork returned: `measured` if it was found in /proc. */
struct lineage_process *lineage_born(struct lineage *l, struct lineage_process *parent,
	const struct lineage_sight *child, bool measured);

/* A parent of an existing entry: what it inherits and did not know. */
void lineage_take_parent(
	struct lineage *l, struct lineage_process *p, struct lineage_process *parent);

/* At the start: find the parent and the leaders of a process among all that there are now. */
void lineage_relate(struct lineage *l, struct lineage_process *p, int64_t at_ms);

/* The executable, the working directory, and what the pid namespace is, by /proc. Of others it
 * takes privileges. */
void lineage_read_names(struct lineage *l, struct lineage_process *p);

/* p->entry and entry_type from what is known now. */
void lineage_judge_entry(struct lineage *l, struct lineage_process *p);

/* An event is surely of this process. */
void lineage_saw(struct lineage *l, struct lineage_process *p, int64_t at_ms);

#endif
