/*
 * event_loss.h - the part of event.c that finds out whether records of an event were lost.
 *
 * Signs of a loss: fewer PATH records than `items=` of SYSCALL, and parts of a system call without
 * SYSCALL. Live also an execve without EXECVE and a system call without PROCTITLE, since the kernel
 * writes one for each (audit_log_exit(), kernel/auditsc.c). A rule may exclude a type: after
 * LIMIT_EVENTS_WITHOUT events in a row without it, it is no longer expected.
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
