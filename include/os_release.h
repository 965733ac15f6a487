/*
 * os_release.h - host.os, but for the kernel: what /etc/os-release says (os-release(5)).
 *
 * Members are named as Elastic's add_host_metadata names them: platform is ID; family is that of
 * ID, else of a word of ID_LIKE; version is VERSION, else VERSION_ID; codename is
 * VERSION_CODENAME, else the word that VERSION has in parentheses.
 */
#ifndef ECSAUDIT_OS_RELEASE_H
#define ECSAUDIT_OS_RELEASE_H

#include <stdbool.h>
#include "config.h"

/* All zero: nothing is known. */
struct os_release {
	char facts[OS_FACT_COUNT][LIMIT_OS_FACT_BYTES + 1]; /* by enum os_fact; "": not known */
};

static inline bool os_release_is_known(const struct os_release *o)
{
	return *o->facts[OS_PLATFORM] || *o->facts[OS_NAME];
}

/* Read the file again; /usr/lib/os-release if /etc has none. If neither can be read, what is known
 * stays. True if anything changed. It may wait for the disk. */
bool os_release_read(struct os_release *o);

#endif
