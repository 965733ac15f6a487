/*
 * log_line.h - finds the record in a line of a log.
 *
 *   [IN FRONT][node=NAME |host=NAME ]type=NAME [msg=]audit(SECONDS.MILLIS:SERIAL): ...[ENRICHED]
 *
 * NAME is a name of a record type in upper or lower case, its number, or UNKNOWN[number]. Without
 * an audit daemon the kernel writes "type=1400 audit(...)" (kernel/audit.c, kauditd_printk_skb()).
 * What may stand in front is in log_header.h.
 *
 * ENRICHED is what auditd appends with log_format = ENRICHED: a byte 0x1d, then names in upper
 * case with the values of the kernel's fields in words (audit-userspace, src/auditd-event.c,
 * format_enrich()). Others lose the byte, or write it as "#035" and the like. The text of a record
 * never holds any of it.
 *
 * One line may hold several records of an event: a further one begins at
 * " type=NAME msg=audit(T:S): " with the line's own T and S.
 *
 * An attacker may choose all of a line except what its writer puts in places out of his reach. The
 * borders of a record are looked for there; the reasons stand beside the code. Nothing is copied,
 * nothing but the line is read, and no line is an error.
 */
#ifndef ECSAUDIT_LOG_LINE_H
#define ECSAUDIT_LOG_LINE_H

#include <stdbool.h>
#include <stdint.h>
#include "limits.h"
#include "span.h"

/* One record as a log has it. Spans are over the reader's buffer: good during the call. */
struct log_record {
	uint16_t type;
	struct span text;     /* begins at "audit(", ends before the enriched part */
	struct span host;     /* of node=, host=, or the line's syslog header; len 0: none */
	struct span enriched; /* what auditd's log_format = ENRICHED appended, without the 0x1d; len
				 0: none */
};

/* Names of record types as they were met: the same dozen comes over and over. Zeroed: empty. */
struct log_line_names {
	struct log_line_name {
		uint16_t type;
		uint8_t len; /* 0: none */
		char text[LIMIT_MSGID_BYTES];
	} slots[LIMIT_LOG_NAMES];
};

enum log_line {
	LOG_LINE_RECORD,
	LOG_LINE_OTHER,	    /* something else */
	LOG_LINE_EMPTY,	    /* blank, or ausearch's line with the time: no loss */
	LOG_LINE_DIVIDER,   /* "----" of ausearch: the next record begins another event */
	LOG_LINE_UNTRUSTED, /* a record, written by a program that is not the audit system */
	LOG_LINE_NO_SERIAL, /* a record in the journal's short form, which leaves the serial out */
};

/* What a line is. Of LOG_LINE_RECORD, *record is filled in; its text goes to the end of the line,
 * call log_line_cut() next. `any_sender`: no line is LOG_LINE_UNTRUSTED. */
enum log_line log_line_read(
	struct log_line_names *names, struct span line, bool any_sender, struct log_record *record);

/* End the text of the record where it ends, and fill in `enriched`. `separator` is the last 0x1d
 * of the text, or NULL. true: another record follows on the line, which is now *next, to be cut
 * likewise with log_line_separator(). */
bool log_line_cut(struct log_line_names *names, struct log_record *record, const char *separator,
	struct log_record *next);

/* The last 0x1d of a text, or NULL. */
const char *log_line_separator(struct span text);

#endif
