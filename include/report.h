/*
 * report.h - a document in which the agent reports on itself, such as a change of its rules.
 *
 * It is sent like every other document, so the collector gets it in the same stream and in the
 * right order. Category configuration, type change; `message` is one line of plain English.
 */
#ifndef ECSAUDIT_REPORT_H
#define ECSAUDIT_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <cJSON.h>
#include "document.h"

/* Who made a change, as far as an event says; "" where not known. */
struct report_actor {
	char audit_id[12]; /* login uid */
	char user_id[12];
	char pid[12];
	char name[64];
	char executable[256];
	uint32_t serial;  /* of the event; 0: nobody is known */
	int64_t since_ms; /* when our rules were loaded, as report_now_ms(): ignore older events */
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

/* Keep who is behind an event, for a later report. Ignored are an event of `own_pid`, one before
 * actor->since_ms (such as of the previous agent at its end), and one without a process if the
 * kept actor has one. */
void report_remember(struct report_actor *actor, const struct event *e, uint32_t own_pid);

#endif
