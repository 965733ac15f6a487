/*
 * host_names.h - keeps the address of an output whose destination is a host name.
 *
 * Until the name is resolved the output is away: messages wait, or go to the fallback. Of several
 * addresses the first is used, and the next one when the output has been away for
 * LIMIT_RESOLVER_PATIENCE_MS. An address stays in use as long as the name has it.
 *
 * The sockets are made at start, also if no output has a name: a reload may bring one.
 */
#ifndef ECSAUDIT_HOST_NAMES_H
#define ECSAUDIT_HOST_NAMES_H

#include <stdint.h>
#include "delivery.h"
#include "loop.h"
#include "resolver.h"

struct host_name { /* of one output */
	struct resolver resolver;
	char host[sizeof(((struct output_address *)0)->host)]; /* the name to resolve; "": none */
	unsigned address_in_use;			       /* index in resolver.found */
	int64_t last_reachable_ms; /* when the output was last reachable, or got its address */
	int source;		   /* in the loop; -1: not */
};

struct host_names {
	struct delivery *delivery;
	struct loop *loop;
	struct host_name hosts[DELIVERY_OUTPUTS];
};

void host_names_open(struct host_names *n, struct delivery *d, struct loop *l);

/* Once a turn, before delivery_turn(). Returns when to call it next; INT64_MAX: not before
 * something happens. */
int64_t host_names_turn(struct host_names *n, int64_t now_ms);

void host_names_close(struct host_names *n);

#endif
