#include "support_faults.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define SHORT FAKE_SYS_SHORT

const struct faults faults[FAULTS_KINDS] = {
	{"accept", {EINTR, EAGAIN, ECONNABORTED, EMFILE, ENFILE, ENOMEM}},
	{"adjtimex", {EPERM}},
	{"audit", {EPERM, ENOMEM, EINVAL, EEXIST, ETIMEDOUT}},
	{"bind", {EADDRINUSE, EACCES, ENOMEM, EROFS}},
	{"capget", {EPERM}},
	{"capset", {EPERM}},
	{"close", {EINTR, EIO}},
	{"connect", {EINPROGRESS, EINTR, EAGAIN, ECONNREFUSED, ENETUNREACH, EADDRNOTAVAIL, EPERM,
			    ENOENT, ENOMEM}},
	{"fallocate", {EINTR, ENOSPC, EOPNOTSUPP, EIO}},
	{"fchmod", {EPERM}},
	{"fcntl", {EBADF}},
	{"flock", {EINTR, EWOULDBLOCK, ENOLCK}},
	{"fstat", {EIO, ENOMEM}},
	{"fstatat", {ENOENT, EACCES, ENOMEM}},
	{"fsync", {EIO, ENOSPC}},
	{"ftruncate", {EINTR, EIO}},
	{"getcwd", {ENOENT}},
	{"getdents64", {EIO, ENOMEM}},
	{"getrandom", {EINTR, EAGAIN, ENOSYS, SHORT}},
	{"getsockopt", {ENOBUFS}},
	{"ifindex", {ENODEV}},
	{"listen", {EADDRINUSE}},
	{"mkdir", {EEXIST, EACCES, ENOSPC, EROFS}},
	{"mmap", {ENOMEM, ENODEV}},
	{"open", {EINTR, ENOENT, EACCES, EMFILE, ENFILE, ENOMEM, EIO}},
	{"openat", {EMFILE, ENFILE, ENOENT, EACCES, EIO}},
	{"outq", {EINVAL}},
	{"poll", {EINTR, ENOMEM}},
	{"prctl", {EPERM, EINVAL}},
	{"pread", {EINTR, EIO, SHORT}},
	{"read", {EINTR, EAGAIN, EIO, SHORT}},
	{"readlink", {ENOENT, EACCES}},
	{"readlinkat", {ENOENT, EACCES, EINVAL}},
	{"recvfrom", {EINTR, EAGAIN, ENOMEM, ECONNRESET}},
	{"recvmsg", {EINTR, EAGAIN, ENOBUFS, ENOMEM, EIO}},
	{"rename", {EACCES, ENOSPC, EROFS, EIO}},
	{"seccomp", {ENOSYS, EINVAL, EPERM, ENOMEM}},
	{"sendmsg",
		{EINTR, EAGAIN, ENOBUFS, ENOMEM, EPERM, ECONNREFUSED, ECONNRESET, EPIPE, SHORT}},
	{"sendto", {EINTR, EAGAIN, ENOBUFS, ENOMEM, EPERM, ECONNREFUSED, ENETUNREACH, EMSGSIZE,
			   EPIPE}},
	{"setgroups", {EPERM}},
	{"setresgid", {EPERM}},
	{"setresuid", {EPERM, EAGAIN}},
	{"setrlimit", {EPERM}},
	{"setsockopt", {EPERM, ENOPROTOOPT, ENOBUFS}},
	{"shutdown", {ENOTCONN}},
	{"signalfd", {EMFILE, ENOMEM}},
	{"sigpending", {ENOSYS}},
	{"sigprocmask", {EINVAL}},
	{"socket", {EMFILE, ENFILE, ENOBUFS, EPERM, EAFNOSUPPORT}},
	{"uname", {EFAULT}},
	{"unlink", {ENOENT, EACCES, EROFS, EIO}},
	{"watchdog_timeout", {ENOTTY, EIO}},
	{"write", {EINTR, EAGAIN, EIO, ENOSPC, EPIPE, SHORT}},
};

unsigned faults_kind(const char *call)
{
	unsigned i = 0;

	while (i < FAULTS_KINDS && faults[i].call && strcmp(faults[i].call, call) != 0)
		i++;
	if (i == FAULTS_KINDS || !faults[i].call)
		fail_msg("%s: what can go wrong?", call);
	return i;
}
