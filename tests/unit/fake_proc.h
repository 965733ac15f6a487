/*
 * fake_proc.h - /proc of a simulated machine, for fake_sys.c: what is asked of it is answered by
 * functions of the test.
 *
 * Link fake_proc.o beside fake_files.o. Paths are relative to /proc: "1/stat", "self/ns/pid",
 * "sys/kernel/pid_max".
 */
#ifndef ECSAUDIT_FAKE_PROC_H
#define ECSAUDIT_FAKE_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct fake_proc {
	/* Can it be opened: 0, or -errno. `of` is kept with the descriptor. */
	int (*open)(const char *path, uint32_t *of);
	/* The whole text, at each read: its length, or -errno. `size` is more than enough. */
	ssize_t (*read)(const char *path, uint32_t of, char *text, size_t size);
	/* The target of a link: its length, or -errno. */
	ssize_t (*link)(const char *path, char *text, size_t size);
	/* The first pid from this one on; 0: there is none. */
	uint32_t (*next)(uint32_t pid);
};

/* NULL: none. fake_sys_reset() forgets it, too. */
void fake_sys_proc(const struct fake_proc *proc);

#endif
