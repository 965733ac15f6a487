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
	struct span comm;  /* empty: it does not say */
	bool is_parent;	   /* the event is of one of its children, so it lived */
	bool is_doubtful;  /* set by lineage_find(): an entry may be of it, but nothing proves it */
	int64_t at_ms;
	int64_t fork_ms; /* of a child: of its parent's record */
	struct span host_name;
};

struct lineage_stat;

/* Whether it began when a call of that time began, as far as the clocks tell. */
bool lineage_began_at(const struct lineage_stat *stat, int64_t at_ms);

/* Whether what /proc has now is the process that an event is of: it has the pid since before, or so
 * shortly that the clocks cannot tell, but the same parent and name. */
bool lineage_is_of(const struct lineage_stat *stat, const struct lineage_sight *s);

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
void lineage_take_parent(struct lineage *l, struct lineage_process *p,
	struct lineage_process *parent, int64_t fork_ms);

/* At the start: find the parent and the leaders of a process among all that there are now. */
void lineage_relate(struct lineage *l, struct lineage_process *p, int64_t at_ms);

/* The executable, the working directory, and what the pid namespace is, by /proc. Of others it
 * takes privileges. */
void lineage_read_names(struct lineage *l, struct lineage_process *p);

/* p->entry and entry_type from what is known now. */
void lineage_judge_entry(struct lineage *l, struct lineage_process *p);

/* An event of this pid was not told apart: entries that it may be of are ended before it. */
void lineage_missed(struct lineage *l, const struct lineage_sight *s);

/* An event is surely of this process. */
void lineage_saw(struct lineage *l, struct lineage_process *p, int64_t at_ms);

#endif
