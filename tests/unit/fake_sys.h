/*
 * fake_sys.h - a kernel in memory, linked in the place of src/base/sys.c by unit tests:
 * fake_sys.o fake_files.o fake_sockets.o.
 *
 * It has regular files and directories that the test gives it, sockets whose datagrams the test
 * delivers and reads back, signals, and a clock that only moves when poll() waits or the test
 * says so. Any call can be made to fail. fake_sys_reset() at the start of each test forgets
 * everything; it also frees everything, so call it in the teardown too (leak checks).
 */
#ifndef ECSAUDIT_FAKE_SYS_H
#define ECSAUDIT_FAKE_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include "sys.h"

#define FAKE_SYS_PID 4711
/* 2023-11-14T22:13:20Z; the monotonic clock starts at 1000 s. */
#define FAKE_SYS_REALTIME_S  1700000000
#define FAKE_SYS_MONOTONIC_S 1000

void fake_sys_reset(void);

/* ---- failures: `err` is positive, as in errno.h ---- */

/* The n-th call from now, whichever it is, fails with `err`; 1 is the next, 0 disarms. Calls
 * that cannot fail (clock_gettime, getpid) do not count. */
void fake_sys_fail_nth(unsigned n, int err);
/* The n-th call from now of this name ("sendto") fails; 0: every one, until the next
 * fake_sys_fail() of that name; err 0 disarms. A failing close() still closes. */
void fake_sys_fail(const char *call, unsigned n, int err);
/* read, pread, write, sendto and sendmsg on streams move at most `bytes` a call; 0: all. */
void fake_sys_short(size_t bytes);
/* Asked at each call that fake_sys_fail_nth() counts: 0, the errno it fails with, or FAKE_SYS_SHORT
 * for one that moves a single byte. NULL: nobody. */
#define FAKE_SYS_SHORT (-1)
void fake_sys_on_call(int (*on_call)(const char *call));
/* Calls since the reset that fake_sys_fail_nth() counts; of one name if not NULL. */
unsigned fake_sys_calls(const char *call);
/* Descriptors open now: 0 at the end of a test without leaks. */
unsigned fake_sys_open_count(void);

/* ---- time, names, randomness ---- */

void fake_sys_clock_advance_ms(int64_t ms);
void fake_sys_realtime_set(int64_t seconds); /* a step of the wall clock */
/* To the nanosecond; CLOCK_BOOTTIME is ahead of the monotonic clock by the time of sleep. */
void fake_sys_clocks(int64_t monotonic_ns, int64_t boot_ns, int64_t realtime_ns);
/* Does the kernel believe that its wall clock is right? Not after a reset. */
void fake_sys_clock_synced(bool synced);
void fake_sys_pid(int pid);
void fake_sys_uid(uid_t uid); /* 0 */
/* What uname() says; NULL leaves one as it is (Linux, appliance, 6.1.0, x86_64). */
void fake_sys_uname(const char *nodename, const char *release, const char *machine);

/* ---- files: paths are absolute; directories exist by having files below them ---- */

/* Create or replace. The bytes are copied; inode and mtime change. */
void fake_sys_file(const char *path, const void *data, size_t len);
void fake_sys_file_text(const char *path, const char *text);
void fake_sys_file_owner(const char *path, mode_t mode, uid_t uid); /* S_IFREG | 0644, 0 */
void fake_sys_standard(mode_t mode); /* of descriptors 1 and 2: S_IFIFO | 0600 */
void fake_sys_file_remove(const char *path);
/* NULL if there is none. Lives until the file changes. */
const void *fake_sys_file_data(const char *path, size_t *len);
/* The next flock() finds that the one who had it locked removes the file and ends. */
void fake_sys_lock_race(void);
/* A watchdog: what is written to it is kept as in a file. `seconds` is its timeout. */
void fake_sys_watchdog(const char *path, int seconds);
int fake_sys_watchdog_timeout(const char *path);
void fake_sys_symlink(const char *path, const char *target); /* for readlink() alone */
/* Paths that start with this prefix are real ones of the host. NULL: none. */
void fake_sys_pass(const char *prefix);

/* ---- sockets; descriptors 1 and 2 may be written and polled too ---- */

struct fake_sent {
	int fd;
	int type;		    /* SOCK_RAW, SOCK_DGRAM, SOCK_STREAM; 0: write() to 1 or 2 */
	struct sockaddr_storage to; /* ss_family AF_UNSPEC: connected or none */
	socklen_t to_len;
	int domain;
	unsigned connection; /* of a stream: which, in the order of its calls of connect() */
	const char *data;
	size_t len;
};

struct fake_socket {
	int domain, type, protocol;
	bool nonblock, cloexec;
	struct sockaddr_storage bound, peer;
	socklen_t bound_len, peer_len;
	int receive_buffer;   /* last SO_RCVBUF or SO_RCVBUFFORCE */
	int no_enobufs;	      /* NETLINK_NO_ENOBUFS */
	int unacknowledged;   /* SIOCOUTQ */
	bool shut;	      /* for writing, since it was connected */
	unsigned connections; /* calls of connect() so far */
	mode_t mode;	      /* last fchmod() */
};

/* The newest open socket of this domain, -1 if none. `nth` counts backwards from 0. */
int fake_sys_socket(int domain, unsigned nth);
const struct fake_socket *fake_sys_socket_info(int fd); /* NULL if fd is no socket */
/* Everything sent since the reset, in order; NULL past the end. */
const struct fake_sent *fake_sys_sent(unsigned index);
unsigned fake_sys_sent_count(void);
void fake_sys_sent_clear(void);
/* Queue a datagram (or bytes of a stream, or, where fd listens, a connection) for fd. `from` NULL:
 * AF_NETLINK's kernel, port 0. */
void fake_sys_deliver(
	int fd, const void *data, size_t len, const struct sockaddr *from, socklen_t from_len);
/* Queue an error that the next receive, in its turn, returns. ENOBUFS, ECONNREFUSED... */
void fake_sys_deliver_error(int fd, int err);
unsigned fake_sys_pending(int fd); /* datagrams not yet received */
/* false: poll() shows no POLLOUT, and sending returns -EAGAIN. */
void fake_sys_writable(int fd, bool writable);
/* Sending and connecting fail with `err`, but for AF_UNSPEC; 0: no more. */
void fake_sys_refuse(int fd, int err);
void fake_sys_unacknowledged(int fd, int bytes); /* what SIOCOUTQ says; 0 at first */
/* Called after each datagram or piece was sent: the other side, which may deliver. */
void fake_sys_on_send(void (*on_send)(void *ctx, int fd, const void *data, size_t len), void *ctx);
/* Called when poll() finds nothing ready, before the clock moves. true: look again. */
void fake_sys_on_idle(bool (*on_idle)(void *ctx, int timeout_ms), void *ctx);
/* A signal; signalfd() delivers it if its mask has it. */
void fake_sys_signal(int signo);

#endif
