/*
 * privileges.h - giving up what the agent needs no more once everything is open and loaded.
 *
 * Left is CAP_AUDIT_CONTROL, if it was there: the status (AUDIT_GET) and, with unicast, the rules,
 * the registration and the settings that are put back at the end. Receiving takes none. Files of
 * root's can be read as their owner, or, with another user, if all may.
 *
 * On top: no new privileges by execve(), no bounding set, no core, no ptrace(2) by others of the
 * same user, limits that let nothing grow, and the filter of seccomp.h. For good: a reload changes
 * none of it.
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
 * Do it. 0; or -errno, and *e says which step failed: then do not go on. What a kernel does not
 * have at all is no failure: no_new_privs came with 3.5, and filters may be left out when it is
 * built; then e->text is a line to be told. It is "" otherwise.
 */
int privileges_drop(const struct privileges *p, struct config_error *e);

#endif
