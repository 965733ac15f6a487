/*
 * lineage_rules.h - the events of the audit rules that feed the table of processes (lineage.rules).
 *
 * rules_lineage.h has the rules. Their key tells their events from all others.
 */
#ifndef ECSAUDIT_LINEAGE_RULES_H
#define ECSAUDIT_LINEAGE_RULES_H

#include <stdbool.h>
#include "event.h"
#include "reassembly.h"

#define LINEAGE_KEY "ecsaudit-lineage"

/*
 * Takes our key out of e->tags. true: the event is not to be sent. Its only key was ours, and it
 * has no records but those that every such call has: SYSCALL, EXECVE, CWD, PATH, PROCTITLE. A
 * record of any other type tells something that the user may want to know (AVC, SECCOMP,
 * BPRM_FCAPS, ...), and so may one that was left out at a limit. `e` was joined from `raw`, whose
 * records are in `r`.
 */
bool lineage_takes(struct event *e, const struct reassembly *r, const struct raw_event *raw);

#endif
