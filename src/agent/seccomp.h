/*
 * seccomp.h - which system calls the running agent may make: a filter in the kernel (seccomp(2),
 * classic BPF).
 *
 * An allow-list for the architecture that it was compiled for. Everything else is refused with
 * EPERM: memory, processes, new sockets, opening for writing, signals to others, calls of another
 * ABI. The list is one table, seccomp_calls[]. The filter's program is made of it at run time,
 * since the table has a third of its size.
 */
#ifndef ECSAUDIT_SECCOMP_H
#define ECSAUDIT_SECCOMP_H

#include <linux/filter.h>
#include <stdint.h>
#include "limits.h"

/* A system call, and a test of one of its arguments; 0: no test. A call may be in the table several
 * times, with different tests. */
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

/* The calls that each record needs come first. */
extern const struct seccomp_call seccomp_calls[];
extern const unsigned seccomp_call_count;
extern const struct seccomp_test seccomp_tests[];

/* Write the program; returns how many instructions it has. */
unsigned seccomp_program(struct sock_filter program[LIMIT_SECCOMP_INSTRUCTIONS]);

/* Filter from now on; it cannot be undone. Needs no_new_privs. 0; -ENOSYS: the kernel has no
 * filters, or this architecture is not supported here; or -errno. */
int seccomp_install(void);

#endif
