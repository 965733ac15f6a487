/*
 * trusted_file.h - may what a file says be done? Its owner and its mode tell who could have written
 * it.
 *
 * Looked at is the open descriptor, so what a symbolic link leads to, and nothing can be put in its
 * place between the look and the reading. The directories above are not looked at: whoever may
 * write there can take the file away, but cannot make one that belongs to root.
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
