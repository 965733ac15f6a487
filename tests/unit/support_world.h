/*
 * support_world.h - what goes on around an agent: records of all kinds, a collector that goes away
 * and comes back, somebody who deletes rules, an administrator who reloads, clients, clocks. Over
 * fake_sys and fake_audit.
 */
#ifndef ECSAUDIT_SUPPORT_WORLD_H
#define ECSAUDIT_SUPPORT_WORLD_H

#include <stdbool.h>
#include "audit_source.h"

#define WORLD_CONFIG	  "/etc/ecsaudit.json"
#define WORLD_RULES	  "/etc/ecsaudit.rules.d/10.rules"
#define WORLD_SPOOL	  "/var/spool/ecsaudit"
#define WORLD_STDOUT_FILE "/proc/self/fd/1"

enum world_kind {
	WORLD_ALL,	 /* unicast, UDP, a fallback, a spool file, systemd, a watchdog, a user */
	WORLD_MULTICAST, /* beside another daemon, TCP over a link-local address */
	WORLD_STDOUT,
	WORLD_KINDS
};

struct world {
	enum world_kind kind;
	const struct audit_source *source;
	unsigned serial;   /* of the newest event */
	unsigned produced; /* records that the kernel queued for the agent */
};

extern struct world world;

/* A new machine, nothing is left of the one before. `source` will be the agent's. */
void world_boot(enum world_kind kind, const struct audit_source *source);

/* Records. */
void world_single(void); /* events of one each, of several types */
void world_interleaved(void);
void world_some(void);
void world_many(void);
void world_odd(void); /* what is wrong with them */

/* The kernel. */
void world_rules_deleted(void);
void world_lost(void);	    /* records, and an overrun */
void world_forgotten(void); /* us, by the kernel */

/* The outputs. */
void world_away(void);
void world_fallback_away(void);
void world_back(void); /* both */
void world_nobody_listens(void);
void world_half_a_frame(void); /* TCP; then */
void world_full(void);
void world_reset(void); /* TCP, and then it is refused till world_back() */
void world_orderly_end(void);

/* Who asks, and who administers. */
void world_client(void);
void world_reload_broken(void);
void world_reload_other(void);		     /* TCP, other users, tags and limits */
void world_reload_first(void);		     /* as it was in the beginning */
void world_reload_with(const char *members); /* as it was, and these: "NAME: VALUE," */
void world_reload_rules(void);
void world_summary(void);
void world_clock_step(void);

#endif
