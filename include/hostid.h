/*
 * hostid.h - identifies the sender: agent.id, agent.ephemeral_id, host.name, host.architecture.
 *
 * agent.id is, in this order:
 *   configured  as it is;
 *   machine     HMAC-SHA256, keyed with the 16 bytes of /etc/machine-id, of HOSTID_APPLICATION;
 *               its first 16 bytes as a UUIDv4. machine-id(5) asks not to show the id itself. It
 *               is what `systemd-id128 machine-id --app-specific=HOSTID_APPLICATION` prints;
 *   kept        from the state file, where it was written at an earlier start;
 *   created     random, and written to the state file;
 *   random      random for this run, where that was impossible. `warning` says why.
 * ephemeral_id is a random UUIDv4 at each start.
 *
 * hostid_init() is called once, at start: it may wait for the disk. An agent may start before the
 * host has a name, or its file systems: hostid_refresh() looks again, and never writes.
 */
#ifndef ECSAUDIT_HOSTID_H
#define ECSAUDIT_HOSTID_H

#include <stdbool.h>
#include "limits.h"

/* This program's id. It must never change: every agent.id would change with it. */
#define HOSTID_APPLICATION "5970b947-a292-4a76-af6c-0648cdc1c04f"

#define HOSTID_UUID_BYTES 37u /* with the NUL */

enum hostid_source {
	HOSTID_CONFIGURED,
	HOSTID_MACHINE,
	HOSTID_KEPT,
	HOSTID_CREATED,
	HOSTID_RANDOM,
};

struct hostid {
	enum hostid_source source;
	const char *agent_id; /* the configured one, or `uuid` */
	const char *hostname; /* the configured one, or `nodename` */
	const char *warning;  /* one line for the user, or NULL */
	char ephemeral_id[HOSTID_UUID_BYTES];
	char uuid[HOSTID_UUID_BYTES];
	char nodename[65];     /* utsname(2); "" while nobody has set it */
	char architecture[65]; /* the kernel's: "x86_64", "aarch64" */
	char warning_text[256];
};

/*
 * agent_id, hostname: "" where not configured; otherwise they must live as long as *h.
 * state_file: "": nothing is read or written. The directory it lies in is made, but not those
 * above. A file with other content is left alone.
 * 0, or -errno if the kernel gives no randomness: there is no id then.
 */
int hostid_init(
	struct hostid *h, const char *agent_id, const char *hostname, const char *state_file);

/*
 * Read the kernel's host name again, unless one is configured. With `ids`, also try to replace a
 * random agent_id by the machine's, or by one that is in the state file by now. True if anything
 * changed.
 */
bool hostid_refresh(struct hostid *h, const char *state_file, bool ids);

/* Point *h to the settings, or to its own `uuid` and `nodename` where they are "". */
void hostid_point(struct hostid *h, const char *agent_id, const char *hostname);

#endif
