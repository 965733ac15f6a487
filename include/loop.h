/*
 * loop.h - the one loop of the program: descriptors, timers, signals; one thread.
 *
 * A small fixed table of each. Handlers are called one after the other and must neither block
 * nor work for long: a handler with much to do does a bounded part and returns; the loop asks
 * poll() again and, as it is level-triggered, comes back. So no source starves another.
 * Handlers may add, change and remove sources and timers, also their own.
 */
#ifndef ECSAUDIT_LOOP_H
#define ECSAUDIT_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "limits.h"

struct loop_source {
	int fd;	      /* -1: free */
	short events; /* POLLIN, POLLOUT; 0: only errors */
	void (*handler)(void *ctx, short revents);
	void *ctx;
	int64_t resume_ms; /* sys_monotonic_ms(); it is not looked at before */
};

struct loop_timer {
	int64_t deadline_ms; /* sys_monotonic_ms(); LOOP_NEVER: off */
	int64_t interval_ms; /* 0: fires once */
	void (*handler)(void *ctx);
	void *ctx; /* handler NULL: free */
};

#define LOOP_NEVER INT64_MAX

struct loop {
	struct loop_source sources[LIMIT_LOOP_SOURCES];
	struct loop_timer timers[LIMIT_LOOP_TIMERS];
	void (*on_signal)(void *ctx, int signo);
	void *signal_ctx;
	int64_t now_ms; /* sys_monotonic_ms() when the last poll() returned */
	int signal_fd;
	bool stopping;
};

void loop_init(struct loop *l);

/* Returns the source's number, or -ENOSPC. */
int loop_add(
	struct loop *l, int fd, short events, void (*handler)(void *ctx, short revents), void *ctx);
void loop_events(struct loop *l, int source, short events);
/* Leave it out of poll() for `ms`, if it stays ready and nothing can be done now. To set no events
 * is not enough, since poll() always reports errors. */
void loop_pause(struct loop *l, int source, int64_t ms);
/* Forget it; its descriptor is the caller's to close. A negative number is ignored. */
void loop_remove(struct loop *l, int source);

/*
 * A timer that fires after first_ms (LOOP_NEVER: off until loop_timer_set()) and then every
 * interval_ms; 0: once. A late timer fires once, not once per interval missed. Returns its
 * number, or -ENOSPC.
 */
int loop_timer_add(struct loop *l, int64_t first_ms, int64_t interval_ms,
	void (*handler)(void *ctx), void *ctx);
/* From now; LOOP_NEVER switches it off. */
void loop_timer_set(struct loop *l, int timer, int64_t after_ms);
void loop_timer_remove(struct loop *l, int timer);

/*
 * Receive SIGTERM, SIGINT, SIGHUP and SIGUSR1 through a signalfd, in the loop; SIGPIPE is blocked.
 * SIGTERM and SIGINT stop the loop after `handler` saw them. 0; or -errno, and nothing has changed.
 * The descriptor and the mask stay until the process ends: a second signal must not cut the end
 * short.
 */
int loop_signals(struct loop *l, void (*handler)(void *ctx, int signo), void *ctx);

/* One turn: wait at most max_wait_ms (-1: until something happens), call the handlers that are
 * due. Returns 0 or -errno of poll(); an interrupted wait is 0. */
int loop_turn(struct loop *l, int max_wait_ms);
/* Turns until loop_stop(). 0 or -errno. */
int loop_run(struct loop *l);
void loop_stop(struct loop *l);

#endif
