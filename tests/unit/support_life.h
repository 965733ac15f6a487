/*
 * support_life.h - the life of an agent as src/run.c has it, over the fake kernel, with everything
 * around it: systemd, a watchdog, a client of the status socket, a collector that goes away and
 * comes back over UDP and TCP, somebody who deletes rules.
 *
 * What happens has its times on the fake clock and goes on while the agent waits. After each turn
 * the sums are checked; at the end, that it left everything as it should be.
 */
#ifndef ECSAUDIT_SUPPORT_LIFE_H
#define ECSAUDIT_SUPPORT_LIFE_H

#include <stdbool.h>
#include "run.h"

struct life {
	struct run run;
	enum cmd_status status;
	bool started;
	unsigned turns;
	unsigned produced; /* records that the kernel queued for us */
	bool over;	   /* SIGTERM was sent */
};

extern struct life life;

/* Once, before the first life. */
void life_prepare(void);
/* From the kernel's boot to the end of the process; `on_call` as fake_sys_on_call(). It makes the
 * call `failing` fail, once or, if it lasts, on and on: then what needs each call is not looked at.
 */
void life_live(int (*on_call)(const char *call), const char *failing, bool lasts);
/* Forget it. */
void life_bury(void);
/* What is on standard error; lives until life_bury(). */
const char *life_said(void);

#endif
