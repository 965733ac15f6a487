/*
 * supervisor.h - those who watch over the agent: what started it, and a watchdog.
 *
 *	pid_file         one agent at a time, see pid_file.h
 *	NOTIFY_SOCKET    systemd: READY=1, RELOADING=1, STOPPING=1, STATUS= (sd_notify(3))
 *	WATCHDOG_USEC    systemd: WATCHDOG=1, unless WATCHDOG_PID is another
 *	ready_fd         s6 and its like: one newline, and it is closed
 *	watchdog_device  the kernel's watchdog: it resets the host if nobody feeds it
 *
 * A watchdog is fed in the loop, three times within its timeout, as long as there is progress:
 * turns of the loop are completed, and records that wait in the data socket are read. A handler
 *that hangs ends the feeding by itself, since there is one thread. What is no lack of progress: a
 * collector that is away, auditing that is switched off, another audit daemon in our place. A
 *restart cures none of these, and whoever can cause them should not be able to reset the host.
 *
 * All descriptors are opened by supervisor_open() and supervisor_watch(): none later.
 */
#ifndef ECSAUDIT_SUPERVISOR_H
#define ECSAUDIT_SUPERVISOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "config.h"
#include "loop.h"
#include "pid_file.h"

struct supervisor {
	struct pid_file pid_file;
	struct sockaddr_un notify_address;
	socklen_t notify_len;
	int notify_fd;	    /* -1: nobody to tell */
	int ready_fd;	    /* -1: none, or told */
	int device;	    /* the watchdog; -1: none */
	uint32_t notify_ms; /* systemd's timeout; 0: none */

	/* progress */
	struct loop *loop;
	int timer; /* in the loop; -1: none */
	int data_fd;
	const uint64_t *received; /* datagrams so far, whatever they are */
	uint64_t received_before; /* at the last look */
	bool waited;		  /* something lay in the socket then */
	bool starving;		  /* the watchdog, and it was told */
	void (*say)(void *ctx, const char *line);
	void *say_ctx;
};

/*
 * Before anything else is opened, since ready_fd must be the supervisor's and the pid file keeps
 * out a second agent before that does harm. Reads the environment. `say` gets lines for the user
 * now and later. 0, or -errno with a line in *e; then nothing stays open.
 */
int supervisor_open(struct supervisor *s, const struct config *c,
	void (*say)(void *ctx, const char *line), void *say_ctx, struct config_error *e);

/* When all that takes long is done: open the watchdog device, and feed from the loop. `data_fd` is
 * where records come in, *received counts them; both must stay. As supervisor_open(). */
int supervisor_watch(struct supervisor *s, const struct config *c, struct loop *loop, int data_fd,
	const uint64_t *received, struct config_error *e);

/* The rules are loaded and the subscription stands, at start or again. `status` is a line. May wait
 * for a second if systemd is too busy to listen. */
void supervisor_ready(struct supervisor *s, const char *status);

/* A line for `systemctl status`. */
void supervisor_status(struct supervisor *s, const char *status);

/* From now on until supervisor_ready() the configuration is read again. */
void supervisor_reloading(struct supervisor *s);

/* The end begins; it has to be over before the watchdog bites: the last feeding is now. */
void supervisor_stopping(struct supervisor *s);

/* The end. Switches the watchdog device off (where its driver allows that: not with nowayout), and
 * removes the pid file. */
void supervisor_close(struct supervisor *s);

#endif
