/*
 * guard.h - keeps the kernel's audit as it was set up: sees what others change, puts it back,
 * tells the collector.
 *
 * At an interval, and a moment after a CONFIG_CHANGE record, the kernel's rules are compared
 * with those that were loaded (watch.h). If they differ, or auditing was switched off, a
 * document says what, and who did it as far as the last CONFIG_CHANGE tells; with
 * `watch.restore` they are put back first. Every other notice of the live source becomes a
 * document too.
 *
 * Putting rules back waits for the kernel's answers, the only thing in the loop that does; it
 * takes a millisecond or two for a hundred rules and comes at most every GUARD_PAUSE_MS.
 */
#ifndef ECSAUDIT_GUARD_H
#define ECSAUDIT_GUARD_H

#include "agent.h"
#include "live.h"
#include "loop.h"
#include "rules_load.h"
#include "watch.h"

#define GUARD_PAUSE_MS 5000
/* After a CONFIG_CHANGE: whoever changes one rule changes more. */
#define GUARD_SOON_MS 200

struct guard {
	struct agent *agent;
	struct live *live;
	struct loop *loop;
	struct rules_loader *rules;
	struct watch watch;
	int timer;
	bool soon; /* the timer was set forward */
	bool lost; /* told that rules are gone and cannot be put back, or are not to be */
	int64_t restored_ms;
};

/* After live_start(). `rules` are those that were loaded, NULL if none were. All must outlive the
 * guard. 0 or -errno. */
int guard_start(struct guard *g, struct agent *agent, struct live *live, struct loop *loop,
	struct rules_loader *rules);

/* Once a turn of the loop: did a CONFIG_CHANGE come? */
void guard_turn(struct guard *g);

/* From the live source's hooks. */
void guard_reply(
	struct guard *g, uint16_t type, uint32_t sequence, const void *payload, size_t len);
void guard_status(struct guard *g, const struct audit_control_status *status);

/* A document with one line of text, for whatever the live source notices. */
void guard_tell(struct agent *agent, const char *line);

#endif
