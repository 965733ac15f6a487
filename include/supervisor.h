/*
 * supervisor.h - what supervises the agent: the service manager that started it, and a watchdog.
 *
 *	pid_file         one agent at a time, see pid_file.h
 *	NOTIFY_SOCKET    systemd: READY=1, RELOADING=1, STOPPING=1, STATUS= (sd_notify(3))
 *	WATCHDOG_USEC    systemd: WATCHDOG=1, unless WATCHDOG_PID is another
 *	ready_fd         s6 and its like: one newline, and it is closed
 *	watchdog_device  the kernel's watchdog: it resets the host if nobody feeds it
 *
 * The loop feeds a watchdog three times within its timeout, as long as there is progress: the loop
 * completes its turns, and records that wait in the data socket are read. There is one thread, so a
 * handler that hangs also ends the feeding. These do not: the collector is away, auditing is
 * switched off, another audit daemon took our place. A restart cures none of them, and whoever can
 * cause them should not be able to reset the host.
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
	int notify_fd;	    /* systemd's; -1: none */
	int ready_fd;	    /* -1: none, or closed once ready */
	int device;	    /* the watchdog; -1: none */
	uint32_t notify_ms; /* systemd's timeout; 0: none */

	/* progress */
	struct loop *loop;
	int timer; /* in the loop; -1: none */
	int data_fd;
	const uint64_t *received; /* datagrams so far, whatever they are */
	uint64_t received_before; /* at the last feeding */
	bool data_waited;	  /* something lay in the socket then */
	bool stuck_reported;	  /* no progress, and this was printed */
	void (*print)(void *ctx, const char *line);
	void *print_ctx;
};

/*
 * Call it before anything else is opened: a descriptor of our own must not pass for ready_fd, and
 * the pid file keeps a second agent out. Reads the environment. `print` gets lines for the user,
 * now and later. 0, or -errno with a line in *e; then nothing stays open.
 */
int supervisor_open(struct supervisor *s, const struct config *c,
	void (*print)(void *ctx, const char *line), void *print_ctx, struct config_error *e);

/* After the slow part of the start: open the watchdog device, and feed it from the loop. Records
 * arrive at `data_fd`, *received counts them; both must stay valid. Returns as supervisor_open().
 */
int supervisor_watch(struct supervisor *s, const struct config *c, struct loop *loop, int data_fd,
	const uint64_t *received, struct config_error *e);

/* Rules are loaded and we are subscribed, at start or after a reload. `status` is a line. May wait
 * for a second if systemd's queue is full. */
void supervisor_ready(struct supervisor *s, const char *status);

/* A line for `systemctl status`. */
void supervisor_status(struct supervisor *s, const char *status);

/* A reload begins; it lasts until supervisor_ready(). */
void supervisor_reloading(struct supervisor *s);

/* The end begins. Feeds the watchdog for the last time: the end must fit into its timeout. */
void supervisor_stopping(struct supervisor *s);

/* The end. Switches the watchdog device off (a driver with nowayout refuses that), and
 * removes the pid file. */
void supervisor_close(struct supervisor *s);

#endif
