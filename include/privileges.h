/*
 * privileges.h - drops the privileges that are not needed once everything is open and loaded.
 *
 * Only CAP_AUDIT_CONTROL is kept, if it was there. It is for the status (AUDIT_GET) and, with
 * unicast, for the rules, the registration, and the settings that are restored at the end.
 * Receiving needs no capability. As root the agent can still read files that root owns; as another
 * user only those that everybody may read.
 *
 * Also: no new privileges by execve(), an empty bounding set, no core dump, no ptrace(2) by others
 * of the same user, limits that let nothing grow, and the filter of seccomp.h. All of this is
 * final: a reload changes none of it.
 */
#ifndef ECSAUDIT_PRIVILEGES_H
#define ECSAUDIT_PRIVILEGES_H

#include <stdbool.h>
#include <stdint.h>
#include "config.h"
#include "identity.h"

struct privileges {
	bool change_user;
	uint32_t uid, gid;
	bool seccomp;
};

/* What the configuration asks for: options user and seccomp. A name is one of identity's file of
 * users. false: *e says why. */
bool privileges_init(struct privileges *p, const struct config *c, const struct identity *i,
	struct config_error *e);

/*
 * Do it. 0; or -errno, and *e says which step failed: then the agent must not run. A feature that
 * the kernel lacks is no failure: no_new_privs came with 3.5, and filters are a build option. If
 * filters are missing, e->text is a line for the user. It is "" otherwise.
 */
int privileges_drop(const struct privileges *p, struct config_error *e);

#endif
