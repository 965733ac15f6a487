/*
 * pid_file.h - a file with our process id, locked for as long as we live.
 *
 * The lock (flock(2)) is what keeps a second one out; what the file says is for people and scripts
 * alone. A file that was left by a process that is gone is not locked, and is taken. It has mode
 * 0600: whoever may read a file may lock it, and would keep the next agent out. One that is
 * another's, or that others may open, is replaced, or gets that mode where its directory is not
 * ours to change.
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
 * -EINVAL if it is something else than a file with one name, or if others go on being able to open
 * it: nothing is written there. The path is copied.
 */
int pid_file_open(struct pid_file *p, const char *path, uint32_t *other);

/* Remove the file, or empty it where we may no longer do that. Harmless if none is open. */
void pid_file_close(struct pid_file *p);

#endif
