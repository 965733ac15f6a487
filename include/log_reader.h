/*
 * log_reader.h - reads records from a log, as auditd writes it: one a line.
 *
 *   [node=NAME ]type=NAME msg=audit(SECONDS.MILLIS:SERIAL): ...[0x1d ENRICHED FIELDS]
 *
 * A line that is none
 * of this is skipped and counted; one that is longer than the buffer is handed on cut, so that
 * the reassembly counts it as oversized. No line, whatever it holds, ends the reading.
 */
#ifndef ECSAUDIT_LOG_READER_H
#define ECSAUDIT_LOG_READER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "counters.h"
#include "limits.h"
#include "span.h"

/* A name of a record type as it was met: the same dozen comes over and over. */

struct log_reader_name {
	uint16_t type;
	uint8_t len; /* 0: none */
	char text[LIMIT_MSGID_BYTES];
};

/* One record as a log has it. Spans are over the reader's buffer: good during the call. */
struct log_record {
	uint16_t type;
	struct span text;     /* begins at "audit(", ends before the enriched part */
	struct span host;     /* of node=; len 0: none */
	struct span enriched; /* what auditd's log_format = ENRICHED appended, without the 0x1d */
};

/* `record` NULL: a line "----" of ausearch; the next record begins another event. */
typedef void log_reader_record(void *context, const struct log_record *record);

struct log_reader {
	int fd; /* the caller's; set it and `begin` = `end` = 0 for another file */
	struct counters *counters;
	log_reader_record *record;
	void *context;
	bool in_long_line; /* the rest of a line that did not fit is passed over */
	uint32_t begin, end;
	struct log_reader_name names[LIMIT_LOG_NAMES];
	char buffer[LIMIT_LOG_BUFFER_BYTES];
};

void log_reader_init(
	struct log_reader *l, struct counters *counters, log_reader_record *record, void *context);

/* Start with another descriptor. */
void log_reader_open(struct log_reader *l, int fd);

/* Read once and hand on every whole line. Returns the number of bytes read, 0 at the end of
 * the file, -errno if reading failed (EAGAIN, EINTR: try again). */
ssize_t log_reader_step(struct log_reader *l);

/* Hand on a last line that no newline ends. */
void log_reader_finish(struct log_reader *l);

/* Take one line apart; `line` ends before the enriched part, which is the caller's to set. false:
 * it is no record. */
bool log_reader_line(struct log_reader *l, struct span line, struct log_record *record);

#endif
