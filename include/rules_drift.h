/*
 * rules_drift.h - are the kernel's rules still those that were loaded?
 *
 * After somebody's `auditctl -D` an agent would receive nothing, and not know why. So we keep a
 * copy of the kernel's list after loading, and compare it from time to time, by a digest. Asking
 * does not block: the answer arrives in pieces, when the loop reads the control socket. We restore
 * the copy, not the files' present content: whoever changed the rules may have changed the files,
 * too.
 */
#ifndef ECSAUDIT_RULES_DRIFT_H
#define ECSAUDIT_RULES_DRIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "limits.h"
#include "netlink.h"
#include "rules_list.h"
#include "sha256.h"

struct rules_drift_digest { /* of a list of rules, in its order */
	uint8_t digest[SHA256_BYTES];
	unsigned count;
};

/* Large: keep it static. Set it to 0 before. */
struct rules_drift {
	bool armed;	  /* `wanted` is set: there is something to compare with */
	bool can_restore; /* `rules` has all of it */
	struct rules_drift_digest wanted;
	struct rules_drift_digest found; /* so far, while an answer is under way */
	uint32_t query;			 /* sequence number of the question, 0: none is under way */
	uint64_t lost_messages;		 /* of the socket, when the question was sent */
	struct rules_list rules;	 /* the copy; while restoring, a mark: it is in its place */

	/* while restoring */
	uint32_t filter;	/* the kernel's list, of the rule seen last */
	unsigned next_expected; /* index in `rules` of the rule that should follow in that list */
	unsigned misplaced_count;
	struct {
		size_t len;
		char rule[LIMIT_RULE_BYTES];
	} misplaced[LIMIT_WATCH_DELETES];
};

bool rules_drift_equal(const struct rules_drift_digest *a, const struct rules_drift_digest *b);

/* Copy the rules that are loaded now. Waits for the kernel's answer. 0; or -errno, and it is not
 * armed. */
int rules_drift_arm(struct rules_drift *w, struct netlink *control);

/* Copy these rules instead, whatever is loaded. */
void rules_drift_keep(struct rules_drift *w, const struct rules_list *rules);

/* Add a rule in front of the last `behind` ones of its list. false: it does not fit; arm again.
 * After the last one call rules_drift_update_digest(). */
bool rules_drift_add(struct rules_drift *w, const void *rule, size_t len, unsigned behind);
void rules_drift_update_digest(struct rules_drift *w);

/* Ask for the list. An earlier answer that is not complete is ignored from now on. 0 or -errno. */
int rules_drift_ask(struct rules_drift *w, struct netlink *control);

enum rules_drift_result {
	RULES_DRIFT_PENDING, /* not the last piece of our answer */
	RULES_DRIFT_SAME,
	RULES_DRIFT_CHANGED, /* w->found is what is loaded */
	RULES_DRIFT_UNKNOWN  /* the socket lost a message meanwhile: ask again */
};

/*
 * A reply from the control socket. A request that waits for its answer on that socket drops pieces
 * of ours: set w->query to 0 before such a request.
 */
enum rules_drift_result rules_drift_reply(struct rules_drift *w, const struct netlink *control,
	uint16_t type, uint32_t sequence, const void *payload, size_t len);

/*
 * Restore the copied rules, with as few changes as their order allows: a rule that is not the next
 * one of its list is deleted, and missing ones are added at the end. Deleting takes the kernel some
 * 25 ms a rule (it waits for RCU), so a call deletes at most LIMIT_WATCH_DELETES. 1: there are
 * more, call again. 0: done; w->found is then what is loaded, without rules that the kernel
 * refuses. Or -errno. Waits for every answer.
 */
int rules_drift_restore(struct rules_drift *w, struct netlink *control);

#endif
