/*
 * syslog.h - the header that goes before a document: RFC 5424, RFC 3164 style, or none.
 *
 *   rfc5424  <PRI>1 TIMESTAMP HOSTNAME ecsaudit PID MSGID [meta sequenceId="n"][timeQuality
 *            tzKnown="1" isSynced="1"][origin software="ecsaudit" swVersion="v"] DOCUMENT
 *   rfc3164  <PRI>Mmm dd hh:mm:ss HOSTNAME ecsaudit[PID]: @cee: DOCUMENT, in UTC: the format
 *            names no zone, and an appliance often has none
 *   json     DOCUMENT
 *
 * There is no BOM: JSON parsers do not accept it, and the message is MSG-ANY. The header's time is
 * that of the event, not of sending. The document is written right behind the header, into the same
 * buffer; framing (RFC 6587) is done by the output.
 */
#ifndef ECSAUDIT_SYSLOG_H
#define ECSAUDIT_SYSLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "config.h"
#include "limits.h"
#include "span.h"

#define SYSLOG_FACILITY_AUDIT 13u /* "log audit", RFC 5424 table 1 */

enum syslog_severity {
	SYSLOG_ALERT = 1,
	SYSLOG_WARNING = 4,
	SYSLOG_NOTICE = 5,
	SYSLOG_INFO = 6
};

/* The longest header there is. */
#define SYSLOG_HEADER_BYTES 512u

/* Rendered once; holds no pointers to what it was made of. */
struct syslog {
	enum config_format format;
	bool synced;	   /* isSynced: set by the owner */
	uint32_t sequence; /* of the last message, 0: none yet */
	uint16_t sender_len, origin_len;
	char sender[LIMIT_HOSTNAME_BYTES + 64]; /* " HOSTNAME ecsaudit PID " or its like */
	char origin[96];			/* the last element, with the space after it */
};

/* `hostname`: bytes that are not printable ASCII become '-'; empty is the nil value "-". */
void syslog_init(struct syslog *s, enum config_format format, struct span hostname, uint32_t pid,
	struct span version) __attribute__((cold));

/* Change the host's name. Nothing else changes; the sequence continues. */
void syslog_sender(struct syslog *s, struct span hostname, uint32_t pid);

struct syslog_event {
	enum syslog_severity severity;
	const char *timestamp; /* TIMESTAMP_BYTES of timestamp_format() */
	struct span msgid;     /* the record type's name, "SYSCALL", "UNKNOWN[1420]" */
};

/*
 * Write the header and return its length (0 in format json). `buf` has room for
 * SYSLOG_HEADER_BYTES. In format rfc5424 each call takes the next sequenceId, 1 to 2147483647 and 1
 * again (RFC 5424 section 7.3.1): the collector sees a gap if a document is dropped afterwards.
 */
size_t syslog_header(struct syslog *s, const struct syslog_event *e, char *buf);

#endif
