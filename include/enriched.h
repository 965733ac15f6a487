/*
 * enriched.h - names of users and groups that are in the log itself.
 *
 * auditd's `log_format = ENRICHED` appends to a record the names of its ids on the machine that
 * wrote it: uid=1000 ... 0x1d UID="carol". Here are the names of one event's records, by id. A name
 * counts only if its own record has the field that it belongs to, the first of that name; "unset"
 * and "unknown(1000)" are no names. If an id has two names, neither counts.
 *
 * Spans point into the event's records.
 */
#ifndef ECSAUDIT_ENRICHED_H
#define ECSAUDIT_ENRICHED_H

#include <stdbool.h>
#include <stdint.h>
#include "limits.h"
#include "reassembly.h"
#include "span.h"

struct enriched_name {
	bool is_group;
	struct span id;	  /* decimal */
	struct span name; /* len 0: there are two */
};

struct enriched {
	uint32_t searched; /* bytes of records */
	uint32_t fields;   /* of these, as many as there are '=' */
	uint32_t items;	   /* of what was appended */
	uint32_t count;
	struct enriched_name names[LIMIT_ENRICHED_NAMES];
};

/* The names of an event; of more than LIMIT_ENRICHED_NAMES the first, and those that are in the
 * first LIMIT_EVENT_READ_BYTES and LIMIT_ENRICHED_FIELDS of it. */
void enriched_read(struct enriched *e, const struct reassembly *r, const struct raw_event *event);

/* SPAN_NONE if there is none. */
struct span enriched_name(const struct enriched *e, struct span id, bool is_group);

#endif
