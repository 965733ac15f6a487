/*
 * seccomp.h - the system calls that are left to the agent once it runs, as a filter of the kernel's
 * (seccomp(2), classic BPF).
 *
 * An allow-list for one architecture, the one it was compiled for. Everything else, calls of
 * another ABI among them, is refused with EPERM: memory, processes, new sockets, writing opens,
 * signals to others. The list is one table, seccomp_calls[]; the program is made of it at run time,
 * which is a third of the size.
 */
#ifndef ECSAUDIT_SECCOMP_H
#define ECSAUDIT_SECCOMP_H

#include <linux/filter.h>
#include <stdint.h>
#include "limits.h"

/* A system call, and a test of one of its arguments; 0: whatever they are. A call may be there
 * several times with different tests. */
struct seccomp_call {
	uint16_t number;
	uint16_t test; /* index of seccomp_tests[] */
};

/* The kernel takes all of these arguments as 32 bits: the low half of each counts. */
struct seccomp_test {
	uint8_t argument;
	uint8_t jump; /* BPF_JEQ: it must be `value`. BPF_JSET: it must have none of its bits */
	uint32_t value;
};

/* The first ones are those of every record. */
extern const struct seccomp_call seccomp_calls[];
extern const unsigned seccomp_call_count;
extern const struct seccomp_test seccomp_tests[];

/* Write the program; returns how many instructions it has. */
unsigned seccomp_program(struct sock_filter program[LIMIT_SECCOMP_INSTRUCTIONS]);

/* From now on, and for good. Needs no_new_privs. 0, -ENOSYS: this kernel, or this program on this
 * architecture, has no filter; or -errno. */
int seccomp_install(void);

#endif
