/*
 * spool_file.h - the memory of a spool as a mapped file, which outlives the program. The journal of
 * gaps.h comes first, in blocks of its own.
 *
 * All that can fail is done at the start: the file is a regular one that only we can use, no other
 * process has it, and all its room is allocated. So a disk that becomes full later does not turn a
 * store into SIGBUS. (A file system that writes to a new place every time, such as btrfs or UBIFS,
 * may still do that; tmpfs, ext4, XFS and FAT do not.) After that there is no system call until
 * spool_file_close().
 */
#ifndef ECSAUDIT_SPOOL_FILE_H
#define ECSAUDIT_SPOOL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include "config.h"
#include "gaps.h"
#include "spool.h"

/* The file is longer than the spool by this. */
#define SPOOL_FILE_JOURNAL_BYTES                                                                   \
	((sizeof(struct gaps_journal) + SPOOL_BLOCK_BYTES - 1) / SPOOL_BLOCK_BYTES *               \
		SPOOL_BLOCK_BYTES)

struct spool_file {
	int fd; /* -1: none */
	/* Mapped until the process ends, for gaps_init() and spool_init(). */
	struct gaps_journal *journal;
	void *memory;
	size_t bytes; /* of memory: a multiple of SPOOL_BLOCK_BYTES */
	char boot_id[GAPS_BOOT_ID_BYTES];
};

/*
 * Open or create `path`, mode 0600, lock it, and map it. The spool gets `bytes` in whole blocks; a
 * file that is longer keeps its length, up to LIMIT_SPOOL_BYTES, so that nothing in it is lost.
 * false: *e says why, and nothing is open.
 */
bool spool_file_open(struct spool_file *f, const char *path, size_t bytes, struct config_error *e);

/* Write it to the disk and close it; harmless if there is none. The memory stays mapped, and so the
 * file stays locked, until the process ends. */
void spool_file_close(struct spool_file *f);

#endif
