/*
 * support_life.h - the life of an agent as src/agent/run.c has it, in the world of support_world.h.
 *
 * What happens has its times on the fake clock and goes on while the agent waits. After each turn
 * the sums are checked; at the end, that it left everything as it should be.
 */
#ifndef ECSAUDIT_SUPPORT_LIFE_H
#define ECSAUDIT_SUPPORT_LIFE_H

#include <stdbool.h>
#include "run.h"
#include "support_world.h"

struct life {
	struct run run;
	enum exit_status status;
	bool started;
	unsigned turns;
	bool over; /* SIGTERM was sent */
};

extern struct life life;

/* From the kernel's boot to the end of the process; `on_call` as fake_sys_on_call(). It makes the
 * call `failing` fail, once or, if it lasts, on and on: then what needs each call is not looked at.
 */
void life_live(
	enum world_kind kind, int (*on_call)(const char *call), const char *failing, bool lasts);
/* The same in parts, in which other things happen; it begins if life.started, has turns until one
 * is false, and ends. What was sent is counted at the end, or before, not to keep it all. */
void life_begin(enum world_kind kind, int (*on_call)(const char *call),
	bool (*on_idle)(void *ctx, int timeout_ms));
bool life_turn(void);
void life_collect(void);
void life_end(const char *failing, bool lasts);
/* Forget it. */
void life_bury(void);
/* What was on standard error when it was collected. */
const char *life_said(void);

#endif
