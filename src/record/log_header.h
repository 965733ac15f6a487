/*
 * log_header.h - what may stand in front of a record on a line of a log.
 *
 * The kernel's log, syslog files of several kinds, RFC 5424, OpenWrt's logread, Android's logcat,
 * the journal, a file's name that grep writes. Each form is a row of a table, and a line must be
 * one of them from its first byte on: text is never searched for something that looks as a record.
 *
 * Any local user can write to syslog, under any name: a line's program is named by its writer, and
 * `logger -t kernel` is as easy as `logger -t bash`. So a name can only show that a line is not the
 * audit system's. Where the line has a facility too, a "kernel" of another facility than kern is
 * not the kernel: syslog daemons give that one to /dev/kmsg, and syslog(3) refuses it. Whoever
 * needs more reads auditd's own log, or the export form of the journal.
 */
#ifndef ECSAUDIT_LOG_HEADER_H
#define ECSAUDIT_LOG_HEADER_H

#include <stdbool.h>
#include "span.h"

struct log_header {
	struct span host;   /* len 0: none */
	struct span sender; /* the program; len 0: none is named */
	int facility;	    /* of syslog, 0 is kern; -1: not named */
};

/* Without blanks, NUL bytes and a byte order mark in front. A log that was cut off by a power loss
 * has NUL bytes there. */
struct span log_header_trim(struct span line);

/* Behind the file's name, and the line's number, that grep puts in front. len 0: there is none. */
struct span log_header_skip_file(struct span line);

/* The forms, each ended by NUL, and an empty one behind the last. The first that fits a line and
 * has a record behind it is the line's. */
const char *log_header_forms(void);

/* Read the line as one form. What follows it is *rest. false: it is not of that form. */
bool log_header_read(struct span line, const char *form, struct log_header *h, struct span *rest);

/* Whether the program is the kernel or a part of the audit system, or is not named. */
bool log_header_is_trusted(const struct log_header *h);

#endif
