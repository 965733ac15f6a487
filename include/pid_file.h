/*
 * pid_file.h - a file with our process id, locked for as long as we live.
 *
 * The lock (flock(2)) keeps a second agent out; the number in the file is only for people and
 * scripts. A file that an ended process left is not locked, so it is taken over. Its mode is 0600:
 * whoever can open a file can lock it, and keep the next agent out. A file that belongs to another
 * user, or that others can open, is replaced; if its directory is not ours to change, its mode is.
 */
#ifndef ECSAUDIT_PID_FILE_H
#define ECSAUDIT_PID_FILE_H

#include <stdint.h>
#include "limits.h"

struct pid_file {
	int fd; /* -1: none */
	char path[LIMIT_PATH_BYTES];
};

/*
 * Make or take the file, lock it, write our pid into it. 0, or -errno and nothing stays open:
 * -EAGAIN if another process has it locked, *other is its pid then, 0 if the file does not say.
 * -EINVAL if it is not a regular file with one name, or if others can open it and we cannot change
 * that: nothing is written then. The path is copied.
 */
int pid_file_open(struct pid_file *p, const char *path, uint32_t *other);

/* Remove the file, or empty it where we may no longer do that. Harmless if none is open. */
void pid_file_close(struct pid_file *p);

#endif
