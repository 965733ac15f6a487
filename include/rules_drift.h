/*
 * rules_drift.h - are the kernel's rules still those that were loaded?
 *
 * `auditctl -D` by anybody leaves an agent that hears nothing and does not know it. So the
 * kernel's list is kept when it was loaded, and compared with now and then, by a digest. Asking
 * does not wait: the kernel's answer comes in pieces through the control socket, when the loop
 * reads it. What is put back is what was kept, not what the files say by now: who changes the
 * rules may have changed them too.
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

struct rules_drift_list { /* the rules in their order */
	uint8_t digest[SHA256_BYTES];
	unsigned count;
};

/* Large: keep it static. Set it to 0 before. */
struct rules_drift {
	bool armed; /* there is something to compare with */
	bool kept;  /* and it can be put back: all of it is in `rules` */
	struct rules_drift_list wanted;
	struct rules_drift_list found; /* so far, while an answer is under way */
	uint32_t query;		       /* sequence number of the question, 0: none is under way */
	uint64_t missed;	       /* what the socket had lost when it was asked */
	struct rules_list rules; /* while they are put back, a mark says that one is in its place */

	/* while rules are put back */
	uint32_t filter; /* the kernel's list, of the rule seen last */
	unsigned next;	 /* which of `rules` has to follow there */
	unsigned count;	 /* of those that are out of place */
	struct {
		size_t len;
		char rule[LIMIT_RULE_BYTES];
	} out[LIMIT_WATCH_DELETES];
};

bool rules_drift_equal(const struct rules_drift_list *a, const struct rules_drift_list *b);

/* Keep what is loaded now. Waits for the answer: at start. 0 or -errno; then the watch is not
 * armed. */
int rules_drift_arm(struct rules_drift *w, struct netlink *control);

/* Keep these, whatever is loaded. They are copied. */
void rules_drift_keep(struct rules_drift *w, const struct rules_list *rules);

/* One more is wanted from now on, which was just loaded at the end of its list. false: it does not
 * fit; arm it again. rules_drift_seal() behind the last one. */
bool rules_drift_add(struct rules_drift *w, const void *rule, size_t len);
void rules_drift_seal(struct rules_drift *w);

/* Ask for the list; what is still to come of an answer before is no longer waited for. 0 or
 * -errno. */
int rules_drift_ask(struct rules_drift *w, struct netlink *control);

enum rules_drift_result {
	RULES_DRIFT_PENDING, /* not the last piece of the answer, or of another one */
	RULES_DRIFT_SAME,
	RULES_DRIFT_CHANGED, /* w->found is what is loaded */
	RULES_DRIFT_UNKNOWN  /* the socket lost a message meanwhile: ask again */
};

/*
 * A reply from the control socket. A request that waits for its own answer on that socket drops
 * what is under way: set w->query to 0 before.
 */
enum rules_drift_result rules_drift_reply(struct rules_drift *w, const struct netlink *control,
	uint16_t type, uint32_t sequence, const void *payload, size_t len);

/*
 * Make the kernel's rules those that were kept, with as few changes as their order allows: a rule
 * that is not the next one of its list is deleted, and what is missing then is added at the end.
 * Deleting takes the kernel some 25 ms a rule (it waits for RCU), so LIMIT_WATCH_DELETES are the
 * most in a call: 1 says that there are more, call again. 0 when it is done; w->found is what is
 * there then, without the rules that the kernel refuses. Or -errno. Waits for every answer.
 */
int rules_drift_restore(struct rules_drift *w, struct netlink *control);

#endif
