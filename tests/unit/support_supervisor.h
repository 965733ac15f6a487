/*
 * support_supervisor.h - a supervisor, a loop and a data socket, over fake_sys.
 */
#ifndef ECSAUDIT_SUPPORT_SUPERVISOR_H
#define ECSAUDIT_SUPPORT_SUPERVISOR_H

#include "supervisor.h"

#define DEVICE	 "/dev/watchdog"
#define PID_FILE "/run/ecsaudit.pid"

extern struct supervisor supervisor;
extern struct loop loop;
extern struct config config;
extern struct config_error error;
extern uint64_t received; /* records, as the agent counts them */
extern int data_fd;
extern char said[1000]; /* every line and a newline */

int supervise_setup(void **state);
int supervise_teardown(void **state);
void say(void *ctx, const char *line); /* ctx is said */
void open_it(void);
void close_it(void);

/* Turns of the loop for that long, as long as nothing happens. */
void pass_ms(int64_t ms);
/* How many messages there were that begin so. */
unsigned told(const char *begin);
/* What the device got so far, "" being written as '.'. */
const char *fed(void);

#endif
