#include "trusted_file.h"

#include <stddef.h>
#include "sys.h"

const char *trusted_file(const struct stat *st)
{
	if (st->st_uid != 0 && st->st_uid != sys_geteuid())
		return "belongs to another user, who could change it; expected root's: chown root";
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return "may be written by others than its owner; expected: chmod go-w";
	return NULL;
}
