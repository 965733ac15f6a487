/*
 * event_loss.h - the part of event.c that finds out whether records of an event were lost.
 *
 * What shows it: `items=` of SYSCALL against the PATH records, and parts of a system call without
 * SYSCALL; live also an execve without EXECVE and a system call without PROCTITLE, of which the
 * kernel writes one for each (audit_log_exit(), kernel/auditsc.c). A rule may exclude a type: after
 * LIMIT_EVENTS_WITHOUT events in a row without it, nobody expects it any more.
 */
#ifndef ECSAUDIT_EVENT_LOSS_H
#define ECSAUDIT_EVENT_LOSS_H

#include <stdbool.h>
#include "event.h"

/* Sets e->incomplete. `subject`: the record that tells who did it, NULL if none does; all records
 * of the event are joined, execve's pieces not yet put together. `is_log`: of a log, which may
 * leave types out. */
void event_find_loss(struct event *e, const struct raw_record *subject, bool is_log);

#endif
