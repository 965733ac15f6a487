/*
 * lineage_proc.h - what /proc says of a process; proc(5).
 *
 * Everything is read relative to the descriptor of /proc: 0, or -errno. -ENOENT and -ESRCH: there
 * is no such process, or /proc is mounted with hidepid and it is another user's.
 */
#ifndef ECSAUDIT_LINEAGE_PROC_H
#define ECSAUDIT_LINEAGE_PROC_H

#include "lineage.h"

struct lineage_stat {
	uint32_t ppid, pgid, sid;
	uint32_t tty;	  /* as in struct lineage_process */
	int64_t start_ms; /* since the boot */
	uint32_t name_len;
	char name[64]; /* comm(5) has 15 bytes, a thread of the kernel's may have more */
};

int lineage_read_stat(const struct lineage *l, uint32_t pid, struct lineage_stat *stat);

struct lineage_status {
	uint32_t uid;  /* the effective user; LINEAGE_NO_UID: not known */
	bool is_roots; /* all of its users are root */
	/* Its pid is the same in its own namespace: it is in the first one. false also where nobody
	 * knows (before Linux 4.1). */
	bool is_ours;
	bool is_foreign; /* it is in another one */
};

/* /proc/PID/status. */
void lineage_read_status(const struct lineage *l, uint32_t pid, struct lineage_status *status);

/* A whole small file, or its beginning: the bytes, or -errno. */
int lineage_read_file(
	const struct lineage *l, uint32_t pid, const char *name, char *to, uint32_t size);

/*
 * cmdline is memory of the process. Who has such memory in a file system of their own (FUSE, a
 * userfaultfd) can let a reader wait for ever: so it is read of root's processes alone.
 */

/* Where the link points: the bytes, or -errno, also if it does not fit. */
int lineage_read_link(
	const struct lineage *l, uint32_t pid, const char *name, char *to, uint32_t size);

/* Opens /proc if it is that of the first pid namespace, whose numbers the kernel's records have.
 * Finds the prefix of entity ids, boot_s if it is 0, and reuse_ms. */
void lineage_open_proc(struct lineage *l) __attribute__((cold));

#endif
