/*
 * hook.c - what an agent that was taken over could do. Linked with the program's own objects to
 * build/ecsaudit.hook, for tests/vm/run-privileges alone (-Wl,--wrap=sys_read,--wrap=sys_seccomp).
 *
 * On SIGUSR1 it tries from inside what must be refused, and some that must work; a line each goes
 * to standard error: "hook: NAME RESULT", the result as the kernel gives it. All of it is harmless
 * if it works. The filter is installed with a flag that makes the kernel log what it refuses, so
 * the documents show whether the agent itself calls what is not on its list.
 */
#include <asm/unistd.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "sys.h"

/* What the linker's --wrap calls these. */
ssize_t real_read(int fd, void *buf, size_t size) __asm__("__real_sys_read");
ssize_t wrapped_read(int fd, void *buf, size_t size) __asm__("__wrap_sys_read");
int real_seccomp(unsigned flags, const struct sock_fprog *program) __asm__("__real_sys_seccomp");
int wrapped_seccomp(unsigned flags, const struct sock_fprog *program) __asm__("__wrap_sys_seccomp");

#define PAGE   4096ul
#define WRITES (PROT_READ | PROT_WRITE)

/* Not the C library's: the result as it is, and no errno. */
static long raw(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

#define CALL(...) CALL_(__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define CALL_(n, a, b, c, d, e, f, ...)                                                            \
	raw(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

static void tell(const char *name, long result)
{
	char line[80];
	int n = snprintf(line, sizeof(line), "hook: %s %ld\n", name, result);

	(void)CALL(__NR_write, 2, line, n);
}

/* ---- what takes more than a call ----------------------------------------------------------- */

/* brk() answers with what is, not with an error. */
static long grow(void)
{
	long now = CALL(__NR_brk, 0);
	long then = now < 0 ? now : CALL(__NR_brk, now + (long)PAGE);

	return then < 0 ? then : then == now ? -12 /* ENOMEM */ : 0;
}

static long multiply(void)
{
	long child = CALL(__NR_clone, SIGCHLD);

	if (child == 0)
		(void)CALL(__NR_exit_group, 0);
	return child;
}

static long execute(void)
{
	static const char *const argv[] = {"true", NULL};

	return CALL(__NR_execve, "/bin/none", argv, argv + 1);
}

static long bind_socket(void)
{
	static const struct sockaddr_un any = {.sun_family = AF_UNIX};

	return CALL(__NR_bind, 0, &any, sizeof(any));
}

static long close_after(long fd)
{
	return fd < 0 ? fd : CALL(__NR_close, fd);
}

static long read_of_another(void)
{
	char byte;
	struct iovec ours = {&byte, 1}, theirs = {(void *)0x400000, 1};

	return CALL(__NR_process_vm_readv, 1, &ours, 1, &theirs, 1, 0);
}

/* getpid() of the x32 and i386 ABIs. */
static long abi32(void)
{
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
}

/* The deepest that the agent ever needs, and more: these pages were never touched. */
static long stack(void)
{
	volatile char deep[100 * 1024];

	for (size_t i = 0; i < sizeof(deep); i += PAGE)
		deep[i] = 1;
	return deep[0] - 1;
}

/* ---- all of it ---------------------------------------------------------------------------- */

static void try_all(void)
{
	static _Alignas(4096) char page[4096];
	static int pair[2];
	const long self = CALL(__NR_getpid);

	tell("mmap", CALL(__NR_mmap, 0, PAGE, WRITES, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	tell("mmap-shared", CALL(__NR_mmap, 0, PAGE, WRITES, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	tell("brk", grow());
	tell("mremap", CALL(__NR_mremap, page, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
	tell("mprotect", CALL(__NR_mprotect, page, PAGE, WRITES | PROT_EXEC));
	tell("madvise", CALL(__NR_madvise, page, PAGE, MADV_WILLNEED));
	tell("memfd_create", close_after(CALL(__NR_memfd_create, "x", 0)));
	tell("clone", multiply());
	tell("execve", execute());
	tell("kill", CALL(__NR_kill, 1, 0));
	tell("tgkill", CALL(__NR_tgkill, self, self, 0));
	tell("ptrace", CALL(__NR_ptrace, PTRACE_PEEKUSER, 1));
	tell("process_vm_readv", read_of_another());
	tell("socket", close_after(CALL(__NR_socket, AF_INET, SOCK_STREAM, 0)));
	tell("socketpair", CALL(__NR_socketpair, AF_UNIX, SOCK_STREAM, 0, pair));
	tell("bind", bind_socket());
	tell("setsockopt", CALL(__NR_setsockopt, 0, SOL_SOCKET, SO_DEBUG, &pair, sizeof(int)));
	tell("openat-write", close_after(CALL(__NR_openat, AT_FDCWD, "/dev/null", O_WRONLY)));
	tell("open-update", close_after(CALL(__NR_open, "/dev/null", O_RDWR)));
	tell("open-create", close_after(CALL(__NR_open, "/tmp/hook", O_CREAT, 0600)));
	tell("open-truncate", close_after(CALL(__NR_open, "/dev/null", O_TRUNC)));
	tell("creat", close_after(CALL(__NR_creat, "/tmp/hook", 0600)));
	tell("rename", CALL(__NR_rename, "/tmp/none", "/tmp/hook"));
	tell("ioctl", CALL(__NR_ioctl, 0, FIONREAD, &pair));
	tell("dup", close_after(CALL(__NR_dup, 0)));
	tell("fcntl", close_after(CALL(__NR_fcntl, 0, F_DUPFD, 0)));
	tell("prctl", CALL(__NR_prctl, PR_GET_DUMPABLE));
	tell("seccomp", CALL(__NR_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &pair));
	tell("setresuid", CALL(__NR_setresuid, -1, -1, -1));
	tell("prlimit64", CALL(__NR_prlimit64, 0, 0, 0, 0));
	tell("rt_sigaction", CALL(__NR_rt_sigaction, SIGUSR2, 0, 0, 8));
	tell("unshare", CALL(__NR_unshare, 0));
	tell("bpf", CALL(__NR_bpf, 0, 0, 0));
	tell("io_uring_setup", CALL(__NR_io_uring_setup, 0, 0));
	tell("sethostname", CALL(__NR_sethostname, "", -1));
	tell("x32", CALL(0x40000000 | __NR_getpid));
	tell("i386", abi32());

	tell("works: getpid", self > 1 ? 0 : -1);
	tell("works: open", close_after(CALL(__NR_open, "/etc/ecsaudit.json", O_RDONLY)));
	tell("works: openat", close_after(CALL(__NR_openat, AT_FDCWD, "/etc/ecsaudit.json", 0)));
	tell("works: madvise", CALL(__NR_madvise, page, PAGE, MADV_DONTNEED));
	tell("works: stack", stack());
	tell("end", 0);
}

ssize_t wrapped_read(int fd, void *buf, size_t size)
{
	ssize_t n = real_read(fd, buf, size);
	struct signalfd_siginfo info;

	if (size == sizeof(info) && n == (ssize_t)size) {
		memcpy(&info, buf, sizeof(info));
		if (info.ssi_signo == SIGUSR1)
			try_all();
	}
	return n;
}

int wrapped_seccomp(unsigned flags, const struct sock_fprog *program)
{
	return real_seccomp(flags | SECCOMP_FILTER_FLAG_LOG, program);
}
