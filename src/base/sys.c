#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/watchdog.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <unistd.h>

/* With narrower types a clock past January 2038 or an inode past 2^32 ends in EOVERFLOW. */
_Static_assert(sizeof(time_t) == 8 && sizeof(off_t) == 8 && sizeof(ino_t) == 8,
	"this C library has no 64-bit time_t, off_t and ino_t: it takes musl 1.2 or glibc 2.34");

#define RESULT(call)                                                                               \
	do {                                                                                       \
		__typeof__(call) result = (call);                                                  \
		return result < 0 ? -errno : result;                                               \
	} while (0)

int sys_accept(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	RESULT(accept4(fd, addr, len, flags));
}

int sys_adjtimex_status(void)
{
	struct timex t = {.modes = 0};

	return adjtimex(&t) < 0 ? -errno : t.status;
}

int sys_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	RESULT(bind(fd, addr, len));
}

int sys_capget(uint64_t *set)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	*set = (uint64_t)data[1].effective << 32 | data[0].effective;
	return 0;
}

int sys_capset(uint64_t set)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
		{.effective = (uint32_t)set, .permitted = (uint32_t)set},
		{.effective = (uint32_t)(set >> 32), .permitted = (uint32_t)(set >> 32)},
	};

	RESULT((int)syscall(SYS_capset, &header, data));
}

int sys_clock_getres(clockid_t clock, struct timespec *ts)
{
	RESULT(clock_getres(clock, ts));
}

int sys_clock_gettime(clockid_t clock, struct timespec *ts)
{
	RESULT(clock_gettime(clock, ts));
}

int sys_close(int fd)
{
	RESULT(close(fd));
}

int sys_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	RESULT(connect(fd, addr, len));
}

int sys_fallocate(int fd, off_t length)
{
	RESULT(fallocate(fd, 0, 0, length));
}

int sys_fchmod(int fd, mode_t mode)
{
	RESULT(fchmod(fd, mode));
}

int sys_fcntl(int fd, int command, int arg)
{
	RESULT(fcntl(fd, command, arg));
}

int sys_flock(int fd, int operation)
{
	RESULT(flock(fd, operation));
}

int sys_fstat(int fd, struct stat *st)
{
	RESULT(fstat(fd, st));
}

int sys_fstatat(int dir, const char *path, struct stat *st, int flags)
{
	RESULT(fstatat(dir, path, st, flags));
}

int sys_fsync(int fd)
{
	RESULT(fsync(fd));
}

int sys_ftruncate(int fd, off_t length)
{
	RESULT(ftruncate(fd, length));
}

/* The C library's getcwd() may allocate. */
ssize_t sys_getcwd(char *buf, size_t size)
{
	RESULT((ssize_t)syscall(SYS_getcwd, buf, size));
}

ssize_t sys_getdents64(int fd, void *buf, size_t size)
{
	RESULT((ssize_t)syscall(SYS_getdents64, fd, buf, size));
}

uid_t sys_geteuid(void)
{
	return geteuid();
}

int sys_getpid(void)
{
	return getpid();
}

ssize_t sys_getrandom(void *buf, size_t size, unsigned flags)
{
	RESULT(getrandom(buf, size, flags));
}

int sys_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	RESULT(getsockopt(fd, level, name, value, len));
}

int sys_ifindex(int fd, const char *name)
{
	struct ifreq request = {0};

	if (strlen(name) >= sizeof(request.ifr_name))
		return -ENODEV;
	memcpy(request.ifr_name, name, strlen(name));
	if (ioctl(fd, SIOCGIFINDEX, &request) < 0)
		return -errno;
	return request.ifr_ifindex;
}

int sys_listen(int fd, int backlog)
{
	RESULT(listen(fd, backlog));
}

int sys_madvise_dontneed(void *start, size_t size)
{
	return madvise(start, size, MADV_DONTNEED) < 0 ? -errno : 0;
}

int sys_mkdir(const char *path, mode_t mode)
{
	RESULT(mkdir(path, mode));
}

int sys_mmap_shared(int fd, size_t size, void **memory)
{
	*memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return *memory == MAP_FAILED ? -errno : 0;
}

int sys_open(const char *path, int flags, mode_t mode)
{
	RESULT(open(path, flags | O_CLOEXEC, mode));
}

int sys_openat(int dir, const char *path, int flags)
{
	RESULT(openat(dir, path, flags | O_CLOEXEC));
}

int sys_outq(int fd)
{
	int bytes = 0;

	return ioctl(fd, SIOCOUTQ, &bytes) < 0 ? -errno : bytes;
}

bool sys_pid_exists(int pid)
{
	return kill(pid, 0) == 0 || errno != ESRCH;
}

int sys_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	RESULT(poll(fds, count, timeout_ms));
}

int sys_prctl(int option, unsigned long a, unsigned long b)
{
	RESULT(prctl(option, a, b, 0ul, 0ul));
}

ssize_t sys_pread(int fd, void *buf, size_t size, off_t offset)
{
	RESULT(pread(fd, buf, size, offset));
}

ssize_t sys_read(int fd, void *buf, size_t size)
{
	RESULT(read(fd, buf, size));
}

ssize_t sys_readlink(const char *path, char *buf, size_t size)
{
	RESULT(readlink(path, buf, size));
}

ssize_t sys_readlinkat(int dir, const char *path, char *buf, size_t size)
{
	RESULT(readlinkat(dir, path, buf, size));
}

ssize_t sys_recvfrom(
	int fd, void *buf, size_t size, int flags, struct sockaddr *addr, socklen_t *len)
{
	RESULT(recvfrom(fd, buf, size, flags, addr, len));
}

ssize_t sys_recvmsg(int fd, struct msghdr *msg, int flags)
{
	RESULT(recvmsg(fd, msg, flags));
}

int sys_rename(const char *from, const char *to)
{
	RESULT(rename(from, to));
}

int sys_seccomp(unsigned flags, const struct sock_fprog *program)
{
#ifdef SYS_seccomp
	RESULT((int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, program));
#else
	(void)flags, (void)program;
	return -ENOSYS;
#endif
}

ssize_t sys_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	RESULT(sendmsg(fd, msg, flags));
}

ssize_t sys_sendto(
	int fd, const void *buf, size_t size, int flags, const struct sockaddr *addr, socklen_t len)
{
	RESULT(sendto(fd, buf, size, flags, addr, len));
}

/* The C library's functions signal other threads first. On 32-bit architectures the calls without
 * the suffix take ids of 16 bits. */
#ifdef SYS_setresuid32
#define ID_CALL(name) SYS_##name##32
#else
#define ID_CALL(name) SYS_##name
#endif

int sys_setgroups(size_t count, const gid_t *groups)
{
	RESULT((int)syscall(ID_CALL(setgroups), count, groups));
}

int sys_setresgid(gid_t gid)
{
	RESULT((int)syscall(ID_CALL(setresgid), gid, gid, gid));
}

int sys_setresuid(uid_t uid)
{
	RESULT((int)syscall(ID_CALL(setresuid), uid, uid, uid));
}

int sys_setrlimit(int resource, uint64_t limit)
{
	const uint64_t both[2] = {limit, limit}; /* struct rlimit64, linux/resource.h */

	RESULT((int)syscall(SYS_prlimit64, 0, resource, both, NULL));
}

int sys_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	RESULT(setsockopt(fd, level, name, value, len));
}

int sys_shutdown(int fd, int how)
{
	RESULT(shutdown(fd, how));
}

int sys_signalfd(int fd, const sigset_t *mask, int flags)
{
	RESULT(signalfd(fd, mask, flags));
}

int sys_sigpending(sigset_t *set)
{
	RESULT(sigpending(set));
}

int sys_sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	RESULT(sigprocmask(how, set, old));
}

int sys_socket(int domain, int type, int protocol)
{
	RESULT(socket(domain, type, protocol));
}

void sys_umask(mode_t mask)
{
	umask(mask);
}

int sys_uname(struct utsname *name)
{
	RESULT(uname(name));
}

int sys_unlink(const char *path)
{
	RESULT(unlink(path));
}

int sys_watchdog_timeout(int fd, int seconds)
{
	if (ioctl(fd, WDIOC_SETTIMEOUT, &seconds) < 0 && ioctl(fd, WDIOC_GETTIMEOUT, &seconds) < 0)
		return -errno;
	return seconds;
}

ssize_t sys_write(int fd, const void *buf, size_t size)
{
	RESULT(write(fd, buf, size));
}
