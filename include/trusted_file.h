/*
 * trusted_file.h - may we act on a file's content? Its owner and mode tell who can write to it.
 *
 * Check the open descriptor: it is the file behind a symbolic link, and nobody can replace it
 * before it is read. The directories above are not checked: whoever may write there can remove the
 * file, but cannot make one that belongs to root.
 */
#ifndef ECSAUDIT_TRUSTED_FILE_H
#define ECSAUDIT_TRUSTED_FILE_H

#include <stddef.h>
#include <sys/stat.h>
#include "sys.h"

/* NULL: root's or ours, and nobody else may write it. Otherwise what is wrong and what would be
 * right, to follow "FILE: ". */
static inline const char *trusted_file(const struct stat *st)
{
	if (st->st_uid != 0 && st->st_uid != sys_geteuid())
		return "belongs to another user, who could change it; expected root's: chown root";
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return "may be written by others than its owner; expected: chmod go-w";
	return NULL;
}

#endif
