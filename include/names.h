/*
 * names.h - an output's host name becomes its address, whenever there is one.
 *
 * Until a name was resolved its output is away, as one that nobody answers at: messages wait, or
 * go to the fallback. Of several addresses the first is used, and the next one when the output
 * has been away for LIMIT_RESOLVER_PATIENCE_MS. An address in use stays in use as long as the name
 * has it.
 *
 * The sockets are made at start, also if no output has a name: a reload may bring one.
 */
#ifndef ECSAUDIT_NAMES_H
#define ECSAUDIT_NAMES_H

#include <stdint.h>
#include "delivery.h"
#include "loop.h"
#include "resolver.h"

struct name { /* of one output */
	struct resolver resolver;
	char host[sizeof(((struct output_address *)0)->host)]; /* that is asked for; "": none */
	unsigned in_use;				       /* of resolver.found */
	int64_t good_ms; /* the output was there, or its address was chosen */
	int source;	 /* in the loop; -1: not */
};

struct names {
	struct delivery *delivery;
	struct loop *loop;
	struct name of[DELIVERY_OUTPUTS];
};

void names_open(struct names *n, struct delivery *d, struct loop *l);

/* In every turn, before delivery_turn(). Returns when it is wanted next, INT64_MAX: not before
 * something happens. */
int64_t names_turn(struct names *n, int64_t now_ms);

void names_close(struct names *n);

#endif
