#include "fake_kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

struct fake_kernel fake;

/* ---- failures ---------------------------------------------------------------------------- */

int fake_failing(const char *call)
{
	int err = fake.on_call ? fake.on_call(call) : 0;
	unsigned i;

	fake.calls++;
	fake.short_once = err == FAKE_SYS_SHORT;
	if (err > 0)
		return -err;
	for (i = 0; i < 64 && fake.counted[i].name && strcmp(fake.counted[i].name, call) != 0; i++)
		;
	if (i < 64) {
		fake.counted[i].name = call;
		fake.counted[i].count++;
	}
	if (fake.fail_nth && --fake.fail_nth == 0)
		return -fake.fail_err;
	for (i = 0; i < FAILURES; i++) {
		struct failure *f = &fake.failures[i];

		if (!f->call || strcmp(f->call, call) != 0)
			continue;
		if (f->countdown == 0)
			return -f->err;
		if (--f->countdown == 0) {
			f->call = NULL;
			return -f->err;
		}
	}
	return 0;
}

void fake_sys_fail_nth(unsigned n, int err)
{
	fake.fail_nth = n;
	fake.fail_err = err;
}

void fake_sys_fail(const char *call, unsigned n, int err)
{
	struct failure *f = NULL;

	for (unsigned i = 0; i < FAILURES; i++)
		if (fake.failures[i].call && strcmp(fake.failures[i].call, call) == 0)
			fake.failures[i].call = NULL;
	for (unsigned i = 0; i < FAILURES && !f; i++)
		if (!fake.failures[i].call)
			f = &fake.failures[i];
	if (!f)
		abort();
	if (err)
		*f = (struct failure){call, n, err};
}

void fake_sys_short(size_t bytes)
{
	fake.short_bytes = bytes;
}

unsigned fake_sys_calls(const char *call)
{
	if (!call)
		return fake.calls;
	for (unsigned i = 0; i < 64 && fake.counted[i].name; i++)
		if (strcmp(fake.counted[i].name, call) == 0)
			return fake.counted[i].count;
	return 0;
}

unsigned fake_sys_open_count(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < SLOTS; i++)
		n += fake.slots[i].kind != FREE;
	return n;
}

void fake_sys_on_call(int (*on_call)(const char *call))
{
	fake.on_call = on_call;
}

size_t fake_shortened(size_t len)
{
	if (fake.short_once && len > 1)
		return 1;
	return fake.short_bytes && len > fake.short_bytes ? fake.short_bytes : len;
}

/* ---- reset, clock, names ----------------------------------------------------------------- */

static void slot_free(struct slot *s)
{
	while (s->queue) {
		struct datagram *d = s->queue;

		s->queue = d->next;
		free(d);
	}
	if (s->kind == REAL)
		close(s->real);
	memset(s, 0, sizeof(*s));
}

void fake_sys_reset(void)
{
	for (unsigned i = 0; i < SLOTS; i++)
		slot_free(&fake.slots[i]);
	for (unsigned i = 0; i < FILES; i++)
		fake_file_free(&fake.files[i]);
	fake_sys_sent_clear();
	free(fake.sent);
	memset(&fake, 0, sizeof(fake));
	fake.pid = FAKE_SYS_PID;
	fake.monotonic_ns = FAKE_SYS_MONOTONIC_S * INT64_C(1000000000);
	fake.realtime_ns = FAKE_SYS_REALTIME_S * INT64_C(1000000000);
	fake.next_ino = 100;
	fake_sys_uname("appliance", "6.1.0", "x86_64");
}

void fake_sys_clock_advance_ms(int64_t ms)
{
	fake.monotonic_ns += ms * 1000000;
	fake.realtime_ns += ms * 1000000;
}

void fake_sys_realtime_set(int64_t seconds)
{
	fake.realtime_ns = seconds * INT64_C(1000000000);
}

void fake_sys_clocks(int64_t monotonic_ns, int64_t boot_ns, int64_t realtime_ns)
{
	fake.monotonic_ns = monotonic_ns;
	fake.suspended_ns = boot_ns - monotonic_ns;
	fake.realtime_ns = realtime_ns;
}

void fake_sys_pid(int pid)
{
	fake.pid = pid;
}

void fake_sys_uname(const char *nodename, const char *release, const char *machine)
{
	if (nodename)
		snprintf(fake.nodename, sizeof(fake.nodename), "%s", nodename);
	if (release)
		snprintf(fake.release, sizeof(fake.release), "%s", release);
	if (machine)
		snprintf(fake.machine, sizeof(fake.machine), "%s", machine);
}

void fake_sys_clock_synced(bool synced)
{
	fake.synced = synced;
}

/* As after boot: nobody has set the clock. */
int sys_adjtimex_status(void)
{
	FAIL("adjtimex");
	return fake.synced ? 0 : STA_UNSYNC;
}

/* A kernel with 250 ticks a second. */
int sys_clock_getres(clockid_t clock, struct timespec *ts)
{
	*ts = (struct timespec){.tv_nsec = clock == CLOCK_MONOTONIC_COARSE ? 4000000 : 1};
	return 0;
}

int sys_clock_gettime(clockid_t clock, struct timespec *ts)
{
	int64_t ns = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE ? fake.realtime_ns
									       : fake.monotonic_ns;

	if (clock == CLOCK_BOOTTIME)
		ns += fake.suspended_ns;
	ts->tv_sec = (time_t)(ns / 1000000000);
	ts->tv_nsec = (long)(ns % 1000000000);
	return 0;
}

int sys_madvise_dontneed(void *start, size_t size)
{
	memset(start, 0, size); /* as the kernel does */
	return 0;
}

void fake_sys_uid(uid_t uid)
{
	fake.uid = uid;
}

uid_t sys_geteuid(void)
{
	return fake.uid;
}

int sys_getpid(void)
{
	return fake.pid;
}

/* They all live, unless "kill" fails. */
bool sys_pid_exists(int pid)
{
	(void)pid;
	return fake_failing("kill") != -ESRCH;
}

int sys_uname(struct utsname *name)
{
	FAIL("uname");
	memset(name, 0, sizeof(*name));
	snprintf(name->sysname, sizeof(name->sysname), "Linux");
	snprintf(name->nodename, sizeof(name->nodename), "%s", fake.nodename);
	snprintf(name->release, sizeof(name->release), "%s", fake.release);
	snprintf(name->machine, sizeof(name->machine), "%s", fake.machine);
	return 0;
}

/* 1, 2, 3, ...: the test can tell what to expect. */
ssize_t sys_getrandom(void *buf, size_t size, unsigned flags)
{
	(void)flags;
	FAIL("getrandom");
	size = fake_shortened(size);
	for (size_t i = 0; i < size; i++)
		((uint8_t *)buf)[i] = ++fake.random;
	return (ssize_t)size;
}

/* ---- descriptors ------------------------------------------------------------------------- */

struct slot *fake_slot_of(int fd)
{
	if (fd < FIRST_FD || fd >= FIRST_FD + SLOTS || fake.slots[fd - FIRST_FD].kind == FREE)
		return NULL;
	return &fake.slots[fd - FIRST_FD];
}

int fake_slot_new(enum kind kind, struct slot **slot)
{
	for (int i = 0; i < SLOTS; i++)
		if (fake.slots[i].kind == FREE) {
			*slot = &fake.slots[i];
			(*slot)->kind = kind;
			return FIRST_FD + i;
		}
	return -EMFILE;
}

int sys_close(int fd)
{
	struct slot *s = fake_slot_of(fd);
	int err = fake_failing("close");

	if (!s)
		return -EBADF;
	slot_free(s);
	return err;
}

int sys_fcntl(int fd, int command, int arg)
{
	struct slot *s = fake_slot_of(fd);

	FAIL("fcntl");
	if (!s && fd != 1 && fd != 2)
		return -EBADF;
	if (s && s->kind == SOCKET && command == F_SETFL)
		s->socket.nonblock = arg & O_NONBLOCK;
	if (command == F_GETFL)
		return s && s->kind == SOCKET && s->socket.nonblock ? O_RDWR | O_NONBLOCK : O_RDWR;
	return 0;
}

/* ---- read, write, signals, poll ----------------------------------------------------------- */

static ssize_t signals_read(struct slot *s, void *buf, size_t size)
{
	struct signalfd_siginfo info = {0};

	for (int signo = 1; signo < 32; signo++) {
		if (!sigismember(&s->mask, signo) || !sigismember(&fake.pending, signo))
			continue;
		sigdelset(&fake.pending, signo);
		info.ssi_signo = (uint32_t)signo;
		if (size < sizeof(info))
			return -EINVAL;
		memcpy(buf, &info, sizeof(info));
		return sizeof(info);
	}
	return -EAGAIN;
}

ssize_t sys_read(int fd, void *buf, size_t size)
{
	struct slot *s = fake_slot_of(fd);
	struct iovec v = {buf, size};
	struct msghdr msg = {.msg_iov = &v, .msg_iovlen = 1};
	ssize_t n;

	FAIL("read");
	if (!s)
		return -EBADF;
	switch (s->kind) {
	case REAL:
		n = read(s->real, buf, size);
		return n < 0 ? -errno : n;
	case SIGNALS:
		return signals_read(s, buf, size);
	case FILE_OPEN:
		return fake_file_read(s, buf, size);
	case SOCKET:
		return fake_socket_receive(fd, &msg, 0);
	case PROC_FILE:
		n = fake.proc->read(s, buf, size, s->offset);
		s->offset += n > 0 ? n : 0;
		return n;
	default:
		return -EISDIR;
	}
}

ssize_t sys_write(int fd, const void *buf, size_t size)
{
	struct slot *s = fake_slot_of(fd);
	ssize_t n;

	FAIL("write");
	if (fd == 1 || fd == 2) {
		fake_sent_add(fd, 0, NULL, 0, buf, fake_shortened(size));
		return (ssize_t)fake_shortened(size);
	}
	if (s && s->kind == SOCKET)
		return fake_socket_send(fd, NULL, 0, buf, size);
	if (s && s->kind == REAL) {
		n = write(s->real, buf, size);
		return n < 0 ? -errno : n;
	}
	return s && s->kind == FILE_OPEN ? fake_file_write(s, buf, size) : -EBADF;
}

void fake_sys_on_idle(bool (*on_idle)(void *ctx, int timeout_ms), void *ctx)
{
	fake.on_idle = on_idle;
	fake.on_idle_ctx = ctx;
}

void fake_sys_signal(int signo)
{
	sigaddset(&fake.pending, signo);
}

int sys_signalfd(int fd, const sigset_t *mask, int flags)
{
	struct slot *s = fake_slot_of(fd);

	(void)flags;
	FAIL("signalfd");
	if (!s)
		fd = fake_slot_new(SIGNALS, &s);
	if (fd >= 0)
		s->mask = *mask;
	return fd;
}

int sys_sigpending(sigset_t *set)
{
	FAIL("sigpending");
	*set = fake.pending;
	return 0;
}

int sys_sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	FAIL("sigprocmask");
	if (old)
		*old = fake.blocked;
	if (set && how == SIG_SETMASK)
		fake.blocked = *set;
	for (int signo = 1; set && signo < 32; signo++) {
		if (how == SIG_BLOCK && sigismember(set, signo))
			sigaddset(&fake.blocked, signo);
		if (how == SIG_UNBLOCK && sigismember(set, signo))
			sigdelset(&fake.blocked, signo);
	}
	return 0;
}

static short ready(int fd, short events)
{
	struct slot *s = fake_slot_of(fd);
	short got = 0;

	if (fd == 1 || fd == 2)
		return events & POLLOUT;
	if (!s)
		return POLLNVAL;
	if (s->kind == SOCKET) {
		if (s->queue)
			got |= s->queue->err ? POLLERR | POLLIN : POLLIN;
		if (!s->blocked)
			got |= POLLOUT;
		return got & (events | POLLERR);
	}
	if (s->kind == SIGNALS) {
		for (int signo = 1; signo < 32; signo++)
			if (sigismember(&s->mask, signo) && sigismember(&fake.pending, signo))
				got = POLLIN;
		return got & events;
	}
	return events & (s->blocked ? POLLIN : POLLIN | POLLOUT);
}

int sys_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	const int64_t until_ms = sys_monotonic_ms() + timeout_ms;

	FAIL("poll");
	for (unsigned rounds = 0; rounds < 100000; rounds++) {
		const int64_t left_ms = timeout_ms < 0 ? -1 : until_ms - sys_monotonic_ms();
		int n = 0;

		for (nfds_t i = 0; i < count; i++) {
			fds[i].revents = fds[i].fd < 0 ? 0 : ready(fds[i].fd, fds[i].events);
			n += fds[i].revents != 0;
		}
		if (n || timeout_ms == 0 || (timeout_ms > 0 && left_ms <= 0))
			return n;
		if (fake.on_idle && fake.on_idle(fake.on_idle_ctx, (int)left_ms))
			continue;
		if (timeout_ms > 0) {
			fake_sys_clock_advance_ms(left_ms);
			return 0;
		}
		break;
	}
	fprintf(stderr, "fake_sys: poll() would wait for ever\n");
	abort();
}
