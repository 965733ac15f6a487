/*
 * rules_host.h - the environment of rules_compile() on this machine: its architecture, users,
 * groups and directories.
 */
#ifndef ECSAUDIT_RULES_HOST_H
#define ECSAUDIT_RULES_HOST_H

#include <sys/utsname.h>
#include "identity.h"
#include "rules.h"

struct rules_host {
	const struct identity *identity;
	struct utsname name;
	struct rules_environment environment; /* for rules_compile(); refers to this struct */
};

/* Fill in everything. The struct must stay where it is, and *identity live, while the environment
 * is used. */
void rules_host_init(struct rules_host *h, const struct identity *identity);

#endif
