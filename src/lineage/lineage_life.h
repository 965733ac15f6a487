/*
 * lineage_life.h - which process an event is of, and what proves it.
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
	bool is_leader;	   /* it is looked for as somebody's leader, and looks for none itself */
	bool is_doubtful;  /* set by lineage_find(): an entry may be of it, but nothing proves it */
	int64_t at_ms;
	int64_t fork_ms; /* of a child: of its parent's record */
	struct span host_name;
};

/* A tick of /proc has 10 ms; a jiffy, as the clock of records has it, at most as many. */
#define LINEAGE_TICK_MS	 10
#define LINEAGE_JIFFY_MS 10
/* What two readings of two clocks differ by. */
#define LINEAGE_ROUND_MS 2

struct lineage_stat;

/* Whether it began when a call of that time began, as far as the clocks tell. */
bool lineage_began_at(const struct lineage_stat *stat, int64_t at_ms);

/* Whether what /proc has now is the process that an event is of: it has the pid since before, or so
 * shortly that the clocks cannot tell, but the same parent and name. */
bool lineage_is_of(const struct lineage_stat *stat, const struct lineage_sight *s);

/* Nothing in the event speaks against it. */
bool lineage_agrees(
	const struct lineage *l, const struct lineage_process *p, const struct lineage_sight *s);

/* The entry of the process that had this pid at that time; NULL: there is none, or it is not sure
 * that it was this one. Entries that turn out to be of other processes are ended. */
struct lineage_process *lineage_find(struct lineage *l, struct lineage_sight *s);

/* p->entry and entry_type from what is known of its relatives at that time. */
void lineage_judge_entry(struct lineage *l, struct lineage_process *p, int64_t at_ms);

/* An event of this pid was not told apart: entries that it may be of are ended before it. */
void lineage_missed(struct lineage *l, const struct lineage_sight *s);

/* /proc, or what was just read there, says that it is itself. */
void lineage_made_sure(struct lineage *l, struct lineage_process *p);

/*
 * Its session and group by /proc. A session is left by becoming the leader of another one, which
 * nobody leaves. So who is in somebody else's session now was always in it; who leads one may have
 * begun to just now. lineage_renew_session(): with what follows from it.
 */
void lineage_take_session(struct lineage_process *p, const struct lineage_stat *stat);
void lineage_renew_session(
	struct lineage *l, struct lineage_process *p, const struct lineage_stat *stat);

/* The entries of the leaders of its session and group, if their numbers are known. */
void lineage_find_leaders(struct lineage *l, struct lineage_process *p);

/* An event is surely of this process. */
void lineage_saw(struct lineage *l, struct lineage_process *p, int64_t at_ms);

#endif
