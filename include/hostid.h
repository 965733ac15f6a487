/*
 * hostid.h - identifies the sender: agent.id, agent.ephemeral_id, host.id, host.name,
 * host.architecture.
 *
 * agent.id is the configured one, or in this order:
 *   machine     HMAC-SHA256, keyed with the 16 bytes of /etc/machine-id, of HOSTID_APPLICATION;
 *               its first 16 bytes as a UUIDv4. machine-id(5) asks not to show the id itself. It
 *               is what `systemd-id128 machine-id --app-specific=HOSTID_APPLICATION` prints;
 *   kept        from the state file, where it was written at an earlier start;
 *   created     random, and written to the state file;
 *   random      random for this run, where that was impossible. `warning` says why.
 * host.id is the configured one, or the machine-id as it is written there, since Elastic's
 * add_host_metadata has it so; or what was kept or created; else it is not known.
 * ephemeral_id is a random UUIDv4 at each start.
 *
 * hostid_init() is called once, at start: it may wait for the disk. An agent may start before the
 * host has a name, or its file systems: hostid_refresh() looks again, and never writes.
 */
#ifndef ECSAUDIT_HOSTID_H
#define ECSAUDIT_HOSTID_H

#include <stdbool.h>
#include "config.h"
#include "limits.h"

/* This program's id. It must never change: every agent.id would change with it. */
#define HOSTID_APPLICATION "5970b947-a292-4a76-af6c-0648cdc1c04f"

#define HOSTID_UUID_BYTES 37u /* with the NUL */

enum hostid_source {
	HOSTID_MACHINE,
	HOSTID_KEPT,
	HOSTID_CREATED,
	HOSTID_RANDOM,
};

struct hostid {
	enum hostid_source source; /* of `uuid` */
	const char *agent_id;	   /* the configured one, or `uuid` */
	const char *hostname;	   /* the configured one, or `nodename` */
	const char *warning;	   /* one line for the user, or NULL */
	char ephemeral_id[HOSTID_UUID_BYTES];
	char uuid[HOSTID_UUID_BYTES];
	char machine[HOSTID_UUID_BYTES]; /* the machine-id, if it is the source */
	char nodename[65];		 /* utsname(2); "" while nobody has set it */
	char architecture[65];		 /* the kernel's: "x86_64", "aarch64" */
	char kernel[65];		 /* its release: "6.1.0-18-amd64" */
	char warning_text[256];
};

/*
 * The settings in `c` win; *c must live as long as *h, or hostid_point() be called with another.
 * state_file: "": nothing is read or written. The directory it lies in is made, but not those
 * above. A file with other content is left alone.
 * 0, or -errno if the kernel gives no randomness: there is no id then.
 */
int hostid_init(struct hostid *h, const struct config *c, const char *state_file);

/*
 * Read the kernel's host name again, unless one is configured. With `ids`, also try to replace a
 * random id by the machine's, or by one that is in the state file by now. True if anything changed.
 */
bool hostid_refresh(struct hostid *h, const char *state_file, bool ids);

/* Point *h to the settings of `c`, or to its own `uuid` and `nodename` where they are "". */
void hostid_point(struct hostid *h, const struct config *c);

/* host.id; "": not known. As long as *h and *c. */
const char *hostid_host(const struct hostid *h, const struct config *c);

#endif
