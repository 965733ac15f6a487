/*
 * log_journal.h - reads the journal's export form (journalctl -o export), which has complete
 * records.
 *
 * An entry consists of lines NAME=VALUE and ends with an empty line. Its first field is __CURSOR,
 * or another with two underscores if that was left out. A value that is no text is written as NAME,
 * a newline, the length in eight bytes, the lowest first, the value, a newline
 * (https://systemd.io/JOURNAL_EXPORT_FORMATS).
 *
 * journald (systemd, src/journal/journald-audit.c) turns "audit(S.MS:SERIAL): TEXT" of a type into
 * _TRANSPORT=audit, _AUDIT_TYPE=number, _AUDIT_ID=SERIAL, _SOURCE_REALTIME_TIMESTAMP=microseconds,
 * MESSAGE=NAME TEXT. No program can write a field that begins with a line, nor an entry of this
 * transport; entries of others are no records, whatever their text is.
 */
#ifndef ECSAUDIT_LOG_JOURNAL_H
#define ECSAUDIT_LOG_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "limits.h"
#include "log_line.h"
#include "record_header.h"

enum log_journal_field {
	JOURNAL_TRANSPORT,
	JOURNAL_TYPE,
	JOURNAL_SERIAL,
	JOURNAL_TIME,
	JOURNAL_HOST,
	JOURNAL_MESSAGE,
	JOURNAL_FIELD_COUNT,
	JOURNAL_OTHER = JOURNAL_FIELD_COUNT
};

/* Room for what stands in front of a record's text. */
#define LOG_JOURNAL_HEADER 64u

struct log_journal {
	bool is_entry; /* between its first field and its end */
	bool is_audit; /* its transport */
	unsigned seen; /* bits: 1 << enum log_journal_field */
	uint64_t type, serial, time_us;
	uint32_t host_len, message_len;

	/* of a value that is no text */
	enum log_journal_field field;
	unsigned length_bytes; /* of its length, still to come */
	uint64_t length;       /* of the value, still to come, with its newline */

	char host[LIMIT_HOSTNAME_BYTES];
	/* "audit(...): " ends where the message begins. One byte too many for a record: such a
	 * one is counted as too long. */
	char text[LOG_JOURNAL_HEADER + LIMIT_RECORD_BYTES + 1];
};

/* Nothing was read. */
void log_journal_reset(struct log_journal *j);

bool log_journal_may_hold(const struct log_journal *j, struct span line);

/* Whether a line is one of an entry. */
static inline bool log_journal_is_line(const struct log_journal *j, struct span line)
{
	return (j->is_entry || (line.len > 1 && line.at[0] == '_')) &&
	       log_journal_may_hold(j, line);
}

/* Read such a line. true: the entry has ended, take it. */
bool log_journal_line(struct log_journal *j, struct span line);

/* Whether what follows is not a line but bytes of a value. */
static inline bool log_journal_is_binary(const struct log_journal *j)
{
	return j->length_bytes > 0 || j->length > 0;
}

/* Take some of these. Returns how many of the n were. */
size_t log_journal_bytes(struct log_journal *j, const char *bytes, size_t n);

/* There are no more lines of an entry. true: this ended an entry, take it. */
bool log_journal_end(struct log_journal *j);

/* The record of the entry. false: it is no record. The spans are valid until the next line. */
bool log_journal_take(struct log_journal *j, struct log_record *record);

#endif
