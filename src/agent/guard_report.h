/*
 * guard_report.h - the guard's reports. The user sees a line at once. The collector gets a document
 * once the actor is known, or once it is clear that he stays unknown. For guard*.c alone.
 */
#ifndef ECSAUDIT_GUARD_REPORT_H
#define ECSAUDIT_GUARD_REPORT_H

#include "guard.h"

/* Begin a report, GUARD_RULES or GUARD_ENABLED. A pending one of the same kind is sent as it is. */
struct guard_report *guard_report_begin(struct guard *g, unsigned which);
/* n->line and n->report are complete: print the line, and hold the report until it is due. */
void guard_report_queue(struct guard *g, struct guard_report *n);
/* Both steps for GUARD_ENABLED. */
void guard_report_enabled(struct guard *g, struct span action, bool failed, const char *line);

/* Send the pending reports if the actor is known now, or they waited long enough, or `all`. */
void guard_report_send(struct guard *g, bool all);

#endif
