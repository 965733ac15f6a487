/*
 * audit_explain.h - why the kernel refused a request, in plain words.
 *
 * One errno has several causes: -EPERM is a missing capability or a pid namespace. Files under
 * /proc/self tell them apart. This is slow: for start-up and exit only.
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

/* The command of a process from /proc/PID/comm, made printable. false, and "?": the process is
 * gone, or there is no /proc. */
bool audit_explain_command(uint32_t pid, char *buf, size_t size);

#endif
