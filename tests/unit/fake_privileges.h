/*
 * fake_privileges.h - what of a process fake_privileges.c keeps for src/agent/privileges.c and
 * src/agent/seccomp.c, with the kernel's own rules about who may do what (capabilities(7),
 * prctl(2), seccomp(2)).
 */
#ifndef ECSAUDIT_FAKE_PRIVILEGES_H
#define ECSAUDIT_FAKE_PRIVILEGES_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "limits.h"

#define FAKE_LAST_CAPABILITY  40u
#define FAKE_ALL_CAPABILITIES ((UINT64_C(2) << FAKE_LAST_CAPABILITY) - 1)
#define FAKE_NO_LIMIT	      UINT64_MAX

struct fake_privileges {
	uint64_t effective, permitted, bounding;
	uid_t uid;
	gid_t gid;
	bool keep, no_new_privs, dumpable, groups;
	mode_t umask;
	uint64_t limits[16];
	unsigned huge_pages_off; /* which call of the process refused them, from 1; 0: none did */
	unsigned filter_flags, filter_len;
	struct sock_filter filter[LIMIT_SECCOMP_INSTRUCTIONS];
};

extern struct fake_privileges fake_privileges;

/* Root's, nothing limited. */
void fake_privileges_reset(void);

#endif
