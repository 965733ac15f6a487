#include "seccomp.h"

#include <asm/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/net.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include "sys.h"

#ifndef SECCOMP_FILTER_FLAG_SPEC_ALLOW
#define SECCOMP_FILTER_FLAG_SPEC_ALLOW (1UL << 2) /* linux/seccomp.h, since 4.17 */
#endif

#define BIG_ENDIAN_HOST (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

/* What the kernel calls this ABI in struct seccomp_data. */
#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define NATIVE_ARCH AUDIT_ARCH_I386
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#elif defined(__arm__)
#define NATIVE_ARCH (BIG_ENDIAN_HOST ? AUDIT_ARCH_ARMEB : AUDIT_ARCH_ARM)
#elif defined(__mips__) && _MIPS_SIM == _MIPS_SIM_ABI32
#define NATIVE_ARCH (BIG_ENDIAN_HOST ? AUDIT_ARCH_MIPS : AUDIT_ARCH_MIPSEL)
#elif defined(__mips__) && _MIPS_SIM == _MIPS_SIM_NABI32
#define NATIVE_ARCH (BIG_ENDIAN_HOST ? AUDIT_ARCH_MIPS64N32 : AUDIT_ARCH_MIPSEL64N32)
#elif defined(__mips__)
#define NATIVE_ARCH (BIG_ENDIAN_HOST ? AUDIT_ARCH_MIPS64 : AUDIT_ARCH_MIPSEL64)
#elif defined(__riscv)
#define NATIVE_ARCH (__riscv_xlen == 64 ? AUDIT_ARCH_RISCV64 : AUDIT_ARCH_RISCV32)
#elif defined(__s390x__)
#define NATIVE_ARCH AUDIT_ARCH_S390X
#elif defined(__powerpc64__)
#define NATIVE_ARCH (BIG_ENDIAN_HOST ? AUDIT_ARCH_PPC64 : AUDIT_ARCH_PPC64LE)
#elif defined(__powerpc__)
#define NATIVE_ARCH AUDIT_ARCH_PPC
#elif defined(__loongarch64)
#define NATIVE_ARCH AUDIT_ARCH_LOONGARCH64
#elif defined(__m68k__)
#define NATIVE_ARCH AUDIT_ARCH_M68K
#else
#define NATIVE_ARCH 0 /* unknown here; no architecture has this number */
#endif

/* ---- the list ---------------------------------------------------------------------------- */

enum {
	ANY, /* no test */
	READ_ONLY_OPEN,
	READ_ONLY_OPENAT,
	DONT_NEED,
	OUT_QUEUE,
	INTERFACE_INDEX,
	CLOSE_ON_EXEC,
	NETWORK_CALL, /* the first of socketcall(2)'s */
};

/* O_TRUNC empties a file even where it is opened for reading alone. */
#define WRITING (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)

const struct seccomp_test seccomp_tests[] = {
	[READ_ONLY_OPEN] = {1, BPF_JSET, WRITING},
	[READ_ONLY_OPENAT] = {2, BPF_JSET, WRITING},
	[DONT_NEED] = {2, BPF_JEQ, MADV_DONTNEED},
	[OUT_QUEUE] = {1, BPF_JEQ, SIOCOUTQ},
	[INTERFACE_INDEX] = {1, BPF_JEQ, SIOCGIFINDEX},
	[CLOSE_ON_EXEC] = {1, BPF_JEQ, F_SETFD},
#ifdef __NR_socketcall
	[NETWORK_CALL] = {0, BPF_JEQ, SYS_RECVMSG},
	{0, BPF_JEQ, SYS_SENDTO},
	{0, BPF_JEQ, SYS_SENDMSG},
	{0, BPF_JEQ, SYS_RECVFROM},
	{0, BPF_JEQ, SYS_SEND},
	{0, BPF_JEQ, SYS_RECV},
	{0, BPF_JEQ, SYS_CONNECT},
	{0, BPF_JEQ, SYS_ACCEPT4},
	{0, BPF_JEQ, SYS_GETSOCKOPT},
	{0, BPF_JEQ, SYS_SHUTDOWN},
#endif
};

/*
 * What the loop, a reload and the end use of src/base/sys.c, with the calls that C libraries make
 * for it. Older architectures have several calls for the same thing, and 32-bit ones also have
 * variants with a 64-bit time. There is no signal handler, so no return from one.
 */
const struct seccomp_call seccomp_calls[] = {
	/* every record, every turn */
	{__NR_recvmsg, ANY},
	{__NR_sendto, ANY},
#ifdef __NR_poll
	{__NR_poll, ANY},
#endif
#ifdef __NR_ppoll
	{__NR_ppoll, ANY},
#endif
#ifdef __NR_socketcall
	{__NR_socketcall, NETWORK_CALL},
	{__NR_socketcall, NETWORK_CALL + 1},
#endif
#ifdef __NR_ppoll_time64
	{__NR_ppoll_time64, ANY},
	{__NR_clock_gettime64, ANY},
#endif
#ifdef __NR_clock_gettime
	{__NR_clock_gettime, ANY}, /* where the vDSO cannot */
#endif
	{__NR_getpid, ANY},

	/* descriptors */
	{__NR_read, ANY},
	{__NR_write, ANY},
	{__NR_close, ANY},
	{__NR_fsync, ANY},
	{__NR_ftruncate, ANY},
#ifdef __NR_ftruncate64
	{__NR_ftruncate64, ANY},
#endif
	{__NR_ioctl, OUT_QUEUE},
	{__NR_ioctl, INTERFACE_INDEX},

	/* files */
	{__NR_openat, READ_ONLY_OPENAT},
	{__NR_unlinkat, ANY}, /* names of our own, at the end */
#ifdef __NR_open
	{__NR_open, READ_ONLY_OPEN},
	{__NR_unlink, ANY},
#endif
	{__NR_fcntl, CLOSE_ON_EXEC}, /* musl's open() does that once more */
#ifdef __NR_fcntl64
	{__NR_fcntl64, CLOSE_ON_EXEC},
#endif
	{__NR_getdents64, ANY},
#ifdef __NR_statx
	{__NR_statx, ANY},
#endif
#ifdef __NR_newfstatat
	{__NR_newfstatat, ANY},
#endif
#ifdef __NR_stat
	{__NR_stat, ANY},
#endif
#ifdef __NR_fstat
	{__NR_fstat, ANY},
#endif
#ifdef __NR_fstatat64
	{__NR_fstatat64, ANY},
#endif
#ifdef __NR_stat64
	{__NR_stat64, ANY},
#endif
#ifdef __NR_fstat64
	{__NR_fstat64, ANY},
#endif

	/* sockets that are there */
	{__NR_sendmsg, ANY},
	{__NR_recvfrom, ANY},
	{__NR_connect, ANY},
	{__NR_accept4, ANY},
	{__NR_getsockopt, ANY},
	{__NR_shutdown, ANY},
#ifdef __NR_socketcall
	{__NR_socketcall, NETWORK_CALL + 2},
	{__NR_socketcall, NETWORK_CALL + 3},
	{__NR_socketcall, NETWORK_CALL + 4},
	{__NR_socketcall, NETWORK_CALL + 5},
	{__NR_socketcall, NETWORK_CALL + 6},
	{__NR_socketcall, NETWORK_CALL + 7},
	{__NR_socketcall, NETWORK_CALL + 8},
	{__NR_socketcall, NETWORK_CALL + 9},
#endif

	/* the rest */
	{__NR_madvise, DONT_NEED},
	{__NR_rt_sigpending, ANY},
	{__NR_getrandom, ANY},
	{__NR_geteuid, ANY},
#ifdef __NR_geteuid32
	{__NR_geteuid32, ANY},
#endif
	{__NR_uname, ANY},
	{__NR_adjtimex, ANY}, /* to set the clock takes CAP_SYS_TIME */
	{__NR_clock_adjtime, ANY},
#ifdef __NR_clock_adjtime64
	{__NR_clock_adjtime64, ANY},
#endif
	{__NR_restart_syscall, ANY}, /* a poll() that was stopped and continued */
	{__NR_exit, ANY},
	{__NR_exit_group, ANY},
};

const unsigned seccomp_call_count = sizeof(seccomp_calls) / sizeof(seccomp_calls[0]);

/* ---- the program ------------------------------------------------------------------------- */

#define LOAD	   (BPF_LD | BPF_W | BPF_ABS)
#define RETURN	   (BPF_RET | BPF_K)
#define FIELD(f)   offsetof(struct seccomp_data, f)
#define LOW_HALF   (BIG_ENDIAN_HOST ? 4 : 0)
#define REFUSE	   (SECCOMP_RET_ERRNO | EPERM)
#define CALL_WORDS 5 /* at most, for one entry */

_Static_assert(5 + CALL_WORDS * sizeof(seccomp_calls) / sizeof(seccomp_calls[0]) <=
		       LIMIT_SECCOMP_INSTRUCTIONS,
	"every entry fits");

/* The number is loaded. Numbers are compared whole, so one of x32's, with bit 30, is no match. */
static struct sock_filter *call(struct sock_filter *at, const struct seccomp_call *c)
{
	const struct seccomp_test *t = &seccomp_tests[c->test];

	if (c->test == ANY) {
		*at++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ, c->number, 0, 1);
	} else {
		const uint8_t wrong = t->jump == BPF_JSET;

		*at++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ, c->number, 0, 4);
		*at++ = (struct sock_filter)BPF_STMT(
			LOAD, FIELD(args) + 8u * t->argument + LOW_HALF);
		*at++ = (struct sock_filter)BPF_JUMP(BPF_JMP | t->jump, t->value, wrong, !wrong);
	}
	*at++ = (struct sock_filter)BPF_STMT(RETURN, SECCOMP_RET_ALLOW);
	if (c->test != ANY)
		*at++ = (struct sock_filter)BPF_STMT(LOAD, FIELD(nr));
	return at;
}

unsigned seccomp_program(struct sock_filter program[LIMIT_SECCOMP_INSTRUCTIONS])
{
	struct sock_filter *at = program;

	*at++ = (struct sock_filter)BPF_STMT(LOAD, FIELD(arch));
	*at++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ, NATIVE_ARCH, 1, 0);
	*at++ = (struct sock_filter)BPF_STMT(RETURN, REFUSE);
	*at++ = (struct sock_filter)BPF_STMT(LOAD, FIELD(nr));
	for (unsigned i = 0; i < seccomp_call_count; i++)
		at = call(at, &seccomp_calls[i]);
	*at++ = (struct sock_filter)BPF_STMT(RETURN, REFUSE);
	return (unsigned)(at - program);
}

int seccomp_install(void)
{
	struct sock_filter program[LIMIT_SECCOMP_INSTRUCTIONS];
	const struct sock_fprog wanted = {(unsigned short)seccomp_program(program), program};
	int error;

	if (NATIVE_ARCH == 0)
		return -ENOSYS;
	/* Without this flag older kernels slow a filtered process down, as if it ran others'
	 * code (arch/x86/kernel/cpu/bugs.c, before 5.16). Nothing here does. */
	error = sys_seccomp(SECCOMP_FILTER_FLAG_SPEC_ALLOW, &wanted);
	if (error == -EINVAL || error == -ENOSYS) /* before 4.17; seccomp(2) came with 3.17 */
		error = sys_prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, (unsigned long)&wanted);
	return error == -EINVAL ? -ENOSYS : error;
}
