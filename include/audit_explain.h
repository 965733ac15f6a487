/*
 * audit_explain.h - why the kernel refused, in plain words.
 *
 * One errno has several causes here: -EPERM is a missing capability or a pid namespace. What
 * lies under /proc/self tells them apart. For start-up and exit; nothing of it is fast.
 */
#ifndef ECSAUDIT_AUDIT_EXPLAIN_H
#define ECSAUDIT_AUDIT_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One line without "ecsaudit: " and without a newline. */
struct audit_error {
	char text[512];
};

enum audit_need {
	AUDIT_NEED_CONTROL, /* CAP_AUDIT_CONTROL and the initial pid namespace */
	AUDIT_NEED_READ,    /* CAP_AUDIT_READ: joining the multicast group */
};

/* "cannot DOING: why". `error` is a negative errno; `doing` e.g. "read the audit status". */
void audit_explain(struct audit_error *e, int error, enum audit_need need, const char *doing);

/* The command of a process from /proc/PID/comm, printable. false, and "?", if it cannot be told:
 * the process is gone, or /proc is not there. */
bool audit_explain_command(uint32_t pid, char *buf, size_t size);

#endif
