/*
 * record_header.h - "audit(1490137971.011:50406):", what each record begins with.
 *
 * Written by the kernel in audit_log_start() (kernel/audit.c): seconds, milliseconds and the
 * serial number that joins the records of an event.
 */
#ifndef ECSAUDIT_RECORD_HEADER_H
#define ECSAUDIT_RECORD_HEADER_H

#include <stdbool.h>
#include <stdint.h>
#include "span.h"

struct record_header {
	int64_t time_ms; /* since 1970 */
	uint32_t serial;
	uint32_t body; /* offset of what follows the ')' */
};

/* "audit(", and three numbers of at most 18 digits with what ends them. */
#define RECORD_HEADER_MAX (6 + 3 * 19)

/* The header that was read last: the records of an event begin with the same text, and most of them
 * follow each other. To begin with, now.body is 0. */
struct record_header_last {
	struct record_header now;
	char text[RECORD_HEADER_MAX];
};

/* Drop white space and NUL bytes at both ends: a record of a user's program may bring them. */
struct span record_trim(struct span text);

/* false if the text does not begin with a header. */
bool record_header_parse(struct span text, struct record_header *header);

/* The same; good until the next one. NULL if the text does not begin with a header. */
const struct record_header *record_header_next(struct record_header_last *last, struct span text);

#endif
