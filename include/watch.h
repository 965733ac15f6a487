/*
 * watch.h - are the kernel's rules still those that were loaded?
 *
 * `auditctl -D` by anybody leaves an agent that hears nothing and does not know it. So the
 * list of rules is remembered as one digest when it was loaded, and compared now and then, and
 * soon after a CONFIG_CHANGE record. Asking does not wait: the kernel's answer comes in pieces
 * through the control socket, when the loop reads it.
 */
#ifndef ECSAUDIT_WATCH_H
#define ECSAUDIT_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "netlink.h"
#include "sha256.h"

struct watch_list { /* the rules in their order */
	uint8_t digest[SHA256_BYTES];
	unsigned count;
};

struct watch {
	bool armed; /* there is something to compare with */
	struct watch_list wanted;
	struct watch_list found; /* so far, while an answer is under way */
	uint32_t query;		 /* sequence number of the question, 0: none is under way */
	unsigned waited;	 /* how often another question gave way to it */
};

/* Remember what is loaded now. Waits for the answer: at start, and after a load. 0 or -errno;
 * then the watch is not armed. */
int watch_arm(struct watch *w, struct netlink *control);

/* Ask for the list, unless an answer is under way; one that never ends gives way at the third
 * question. 0 or -errno. */
int watch_ask(struct watch *w, struct netlink *control);

enum watch_result {
	WATCH_PENDING, /* not the last piece of the answer, or of another one */
	WATCH_SAME,
	WATCH_CHANGED /* w->found is what is loaded */
};

/* A reply from the control socket. */
enum watch_result watch_reply(
	struct watch *w, uint16_t type, uint32_t sequence, const void *payload, size_t len);

#endif
