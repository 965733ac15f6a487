/*
 * small_file.h - the beginning of a small file: /etc/machine-id, /etc/os-release, the state file.
 *
 * It may wait for the disk, but for nothing else: a FIFO or a terminal in the file's place does not
 * block.
 */
#ifndef ECSAUDIT_SMALL_FILE_H
#define ECSAUDIT_SMALL_FILE_H

#include <stddef.h>
#include <sys/types.h>

/* Read at most `size` bytes into `buf`, without a NUL behind them. Returns their number, or -errno.
 */
ssize_t small_file_read(const char *path, char *buf, size_t size);

#endif
