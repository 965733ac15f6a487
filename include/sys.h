/*
 * sys.h - every system call of the program, one thin wrapper each.
 *
 * A wrapper returns the call's result, or -errno; errno itself means nothing to the callers.
 * Nothing is retried here: -EINTR, -EAGAIN and short counts are the caller's to handle.
 * Unit tests link tests/unit/fake_sys.c in the place of src/base/sys.c: there, the n-th call can be
 * made to fail. So no other file calls the kernel directly.
 */
#ifndef ECSAUDIT_SYS_H
#define ECSAUDIT_SYS_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/utsname.h>
#include <time.h>

struct sock_fprog; /* linux/filter.h */

/* What sys_getdents64() fills in: struct linux_dirent64, getdents64(2). `name` is
 * NUL-terminated; the next entry lies `reclen` bytes further. */
struct sys_dirent {
	uint64_t ino;
	int64_t off;
	unsigned short reclen;
	unsigned char type;
	char name[];
};

int sys_accept(int fd, struct sockaddr *addr, socklen_t *len, int flags);
/* Ask, never set: the clock's status bits (STA_*, adjtimex(2)). */
int sys_adjtimex_status(void);
int sys_bind(int fd, const struct sockaddr *addr, socklen_t len);
int sys_clock_getres(clockid_t clock, struct timespec *ts);
int sys_clock_gettime(clockid_t clock, struct timespec *ts);
/* The effective capabilities, a bit each; linux/capability.h. */
int sys_capget(uint64_t *set);
/* Effective and permitted; none can be inherited, and so none is ambient (capabilities(7)). */
int sys_capset(uint64_t set);
int sys_close(int fd);
int sys_connect(int fd, const struct sockaddr *addr, socklen_t len);
/* Allocate the first `length` bytes of a file; a shorter file grows to it. */
int sys_fallocate(int fd, off_t length);
int sys_fchmod(int fd, mode_t mode);
int sys_fcntl(int fd, int command, int arg);
int sys_flock(int fd, int operation);
int sys_fstat(int fd, struct stat *st);
int sys_fstatat(int dir, const char *path, struct stat *st, int flags);
int sys_fsync(int fd);
int sys_ftruncate(int fd, off_t length);
/* The bytes written, with the NUL. It begins with a '/' unless the directory is out of reach. */
ssize_t sys_getcwd(char *buf, size_t size);
ssize_t sys_getdents64(int fd, void *buf, size_t size);
uid_t sys_geteuid(void);
int sys_getpid(void);
ssize_t sys_getrandom(void *buf, size_t size, unsigned flags);
int sys_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
/* The number of an interface: SIOCGIFINDEX, netdevice(7), on any socket. */
int sys_ifindex(int fd, const char *name);
int sys_listen(int fd, int backlog);
/* Give the pages back to the kernel; they read as 0 from then on. */
int sys_madvise_dontneed(void *start, size_t size);
int sys_mkdir(const char *path, mode_t mode);
/* Map a file from its start, to be read and written, until the process ends. */
int sys_mmap_shared(int fd, size_t size, void **memory);
/* `flags` always gets O_CLOEXEC. */
int sys_open(const char *path, int flags, mode_t mode);
/* Relative to a directory's descriptor; no file is made. */
int sys_openat(int dir, const char *path, int flags);
/* The bytes of a TCP connection that the peer has not acknowledged yet: SIOCOUTQ, tcp(7). Of
 * worth only while it is connected: net/ipv4/tcp.c, tcp_ioctl(). */
int sys_outq(int fd);
/* Whether any process has this id; true if we cannot tell. */
bool sys_pid_exists(int pid);
int sys_poll(struct pollfd *fds, nfds_t count, int timeout_ms);
/* The other two arguments are 0. */
int sys_prctl(int option, unsigned long a, unsigned long b);
ssize_t sys_pread(int fd, void *buf, size_t size, off_t offset);
ssize_t sys_read(int fd, void *buf, size_t size);
ssize_t sys_readlink(const char *path, char *buf, size_t size);
ssize_t sys_readlinkat(int dir, const char *path, char *buf, size_t size);
ssize_t sys_recvfrom(
	int fd, void *buf, size_t size, int flags, struct sockaddr *addr, socklen_t *len);
ssize_t sys_recvmsg(int fd, struct msghdr *msg, int flags);
int sys_rename(const char *from, const char *to);
/* SECCOMP_SET_MODE_FILTER, seccomp(2). */
int sys_seccomp(unsigned flags, const struct sock_fprog *program);
ssize_t sys_sendmsg(int fd, const struct msghdr *msg, int flags);
ssize_t sys_sendto(int fd, const void *buf, size_t size, int flags, const struct sockaddr *addr,
	socklen_t len);
int sys_setgroups(size_t count, const gid_t *groups);
/* Real, effective, saved; of this thread, and there is no other. */
int sys_setresgid(gid_t gid);
int sys_setresuid(uid_t uid);
/* Soft and hard; RLIMIT_*. */
int sys_setrlimit(int resource, uint64_t limit);
int sys_setsockopt(int fd, int level, int name, const void *value, socklen_t len);
int sys_shutdown(int fd, int how);
int sys_signalfd(int fd, const sigset_t *mask, int flags);
int sys_sigpending(sigset_t *set);
int sys_sigprocmask(int how, const sigset_t *set, sigset_t *old);
int sys_socket(int domain, int type, int protocol);
void sys_umask(mode_t mask);
int sys_uname(struct utsname *name); /* nodename is the host's name */
int sys_unlink(const char *path);
/* Set a watchdog's timeout. Returns the one that is in effect, in seconds: a driver may round it,
 * or have a fixed one. -ENOTTY if it is no watchdog. */
int sys_watchdog_timeout(int fd, int seconds);
ssize_t sys_write(int fd, const void *buf, size_t size);

/* Milliseconds that only grow: deadlines and intervals. 0 if the clock fails, which Linux
 * does not do for CLOCK_MONOTONIC. */
static inline int64_t sys_clock_ms(clockid_t clock)
{
	struct timespec ts;

	if (sys_clock_gettime(clock, &ts) < 0)
		return 0;
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static inline int64_t sys_monotonic_ms(void)
{
	return sys_clock_ms(CLOCK_MONOTONIC);
}

#endif
