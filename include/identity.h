/*
 * identity.h - names of users and groups, from passwd(5) and group(5) files.
 *
 * The files are read with a reader of our own into fixed tables; the C library's would
 * allocate, block and ask the network. What the reader cannot use is skipped and counted:
 * lines of NIS (`+`, `-`), comments, lines with NUL, without enough colons, with an id that is
 * no plain decimal number. Of two entries with one id, or one name, the first counts, as for
 * getpwuid(3). 0 is root and root is 0, whatever the files say: that is what the kernel's records
 * mean.
 *
 * A file is read into a spare table which takes the place of the old one only when the file
 * was read whole and did not change meanwhile. A file that is away, unreadable or without any
 * entry leaves the old table as it is.
 *
 * Spans that a look-up returns live until the next identity_refresh().
 */
#ifndef ECSAUDIT_IDENTITY_H
#define ECSAUDIT_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "limits.h"
#include "span.h"

struct identity_entry {
	uint32_t id;
	uint32_t group;	  /* of a user: the primary one, if the file has one */
	uint32_t at;	  /* in the pool: the name, and the id as text right behind it */
	uint8_t name_len; /* 1 to 255 */
	uint8_t id_len;	  /* 1 to 10 */
};

struct identity_table {
	uint32_t count;
	uint32_t pool_used;
	uint32_t skipped;  /* lines that gave no entry, but are neither empty nor a comment */
	uint32_t left_out; /* entries for which there was no room */
	uint16_t by_id[LIMIT_IDENTITY_SLOTS]; /* entry + 1; 0: free */
	uint16_t by_name[LIMIT_IDENTITY_SLOTS];
	struct identity_entry entries[LIMIT_IDENTITIES];
	char pool[LIMIT_IDENTITY_POOL_BYTES];
};

/* If any of these differs, the file was replaced or written. */
struct identity_stamp {
	uint64_t dev, ino, size;
	int64_t mtime_s, ctime_s;
	uint32_t mtime_ns, ctime_ns;
};

struct identity_file {
	const char *path; /* "": none */
	uint8_t colons;	  /* the least that a line has: passwd 6, group 3 */
	uint8_t table;	  /* index of its table */
	int error;	  /* 0, or -errno of the last attempt to read it; -ENODATA: no entry;
			   * -EAGAIN: it changed meanwhile; -EINVAL: no regular file; -EFBIG */
	uint32_t reads;	  /* how often it was read and taken */
	struct identity_stamp stamp; /* of what was read last, taken or not */
};

/* Large: keep it static. Set it to 0 before. */
struct identity {
	struct identity_file users, groups;
	uint8_t spare; /* the table that nobody uses */
	bool checked;
	int64_t checked_ms;
	struct identity_table tables[3];
};

/* Read both files. The paths must live as long as *i; "" stands for no file. A file that
 * cannot be read is not fatal: its `error` says why, and identity_refresh() tries again. */
void identity_open(struct identity *i, const char *passwd_file, const char *group_file);

/* Look, at most every LIMIT_IDENTITY_CHECK_MS, whether a file has changed, and read it then. Two
 * fstatat() calls, no more, when nothing has. true: something was read anew. */
bool identity_refresh(struct identity *i, int64_t now_ms);

/* The name of an id given as decimal text, without sign or leading zeros: "007" is not 7.
 * SPAN_NONE if there is none. */
struct span identity_user_name(const struct identity *i, struct span id);
struct span identity_group_name(const struct identity *i, struct span id);

/* The id of a name, as decimal text. SPAN_NONE if there is none. */
struct span identity_user_id(const struct identity *i, struct span name);
struct span identity_group_id(const struct identity *i, struct span name);

/* The ids of a user given by its name or its number. A number need not be in the file: its group
 * is the same number then. false: neither a name of the file nor a number. */
bool identity_user(const struct identity *i, struct span user, uint32_t *uid, uint32_t *gid);

/* A decimal number as in the files, 0 to 4294967295, without sign or leading zeros. */
bool identity_number(struct span text, uint32_t *number);

static inline const struct identity_table *identity_users(const struct identity *i)
{
	return &i->tables[i->users.table];
}

static inline const struct identity_table *identity_groups(const struct identity *i)
{
	return &i->tables[i->groups.table];
}

#endif
