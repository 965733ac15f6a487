/*
 * report.h - a document in which the agent speaks of itself: what was changed under it.
 *
 * It goes the way of every document, so the collector learns of it in the same stream and in
 * the same order. Category configuration, type change; `message` says it in plain English.
 */
#ifndef ECSAUDIT_REPORT_H
#define ECSAUDIT_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <cJSON.h>
#include "document.h"

/* Who did it, as far as an event told; "" where not known. */
struct report_actor {
	char audit_id[12]; /* login uid */
	char user_id[12];
	char pid[12];
	char name[64];
	char executable[256];
	uint32_t serial;  /* of the event; 0: nobody is known */
	int64_t since_ms; /* events before are of no interest: our rules were loaded then. As
			   * report_now_ms() */
};

struct report_fact { /* auditd.data.NAME */
	const char *name;
	struct span value;
};

struct report {
	int64_t time_ms; /* since 1970 */
	struct span action;
	struct span message;
	bool failed;
	const struct report_actor *actor; /* NULL: nobody */
	unsigned fact_count;
	struct report_fact facts[LIMIT_REPORT_FACTS];
};

/* The tree, in the document's arena; the texts must live until it is written. NULL if the
 * arena has no room. d->timestamp has the report's time. */
cJSON *report_build(struct document *d, const struct report *r);

/* The time of a report of now: milliseconds since 1970, 0 if there is no clock. */
int64_t report_now_ms(void);

/* Keep who is behind an event, for a later report; one whose process is known is not replaced by
 * one without, and `own_pid` is nobody. Nor is who did it before actor->since_ms, such as the agent
 * of before at its end. */
void report_remember(struct report_actor *actor, const struct event *e, uint32_t own_pid);

#endif
