/* lineage_calls.h - what system calls change in the table. */
#ifndef ECSAUDIT_LINEAGE_CALLS_H
#define ECSAUDIT_LINEAGE_CALLS_H

#include "lineage_birth.h"

enum lineage_call {
	LINEAGE_NO_CALL, /* none that changes anything, or it failed */
	LINEAGE_EXECVE,
	LINEAGE_EXECVEAT,
	LINEAGE_FORK,
	LINEAGE_VFORK,
	LINEAGE_CLONE,
	LINEAGE_CLONE3,
	LINEAGE_EXIT_GROUP,
	LINEAGE_SETSID,
	LINEAGE_SETPGID,
	LINEAGE_CALLS
};

void lineage_calls_init(struct lineage *l);

enum lineage_call lineage_call_of(const struct lineage *l, const struct event *e);

static inline bool lineage_is_exec(enum lineage_call call)
{
	return call == LINEAGE_EXECVE || call == LINEAGE_EXECVEAT;
}

/* `self` is the caller, `s` what the event says of it. */
void lineage_apply(struct lineage *l, struct lineage_process *self, enum lineage_call call,
	const struct lineage_sight *s, const struct event *e);

#endif
