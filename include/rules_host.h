/*
 * rules_host.h - this machine, for the compiler of rules: its architecture, users, groups and
 * directories.
 *
 * The files are read at each look-up, a block at a time: rules name few users, and only at
 * start. Other sources of names (LDAP, NSS) are not asked: give numbers there.
 */
#ifndef ECSAUDIT_RULES_HOST_H
#define ECSAUDIT_RULES_HOST_H

#include <sys/utsname.h>
#include "rules.h"

struct rules_host {
	const char *passwd_file; /* owned by the caller */
	const char *group_file;
	struct utsname name;
	struct rules_environment environment; /* for rules_compile(); refers to this struct */
};

/* Fill in everything. The struct must stay where it is while the environment is used. */
void rules_host_init(struct rules_host *h, const char *passwd_file, const char *group_file);

#endif
