/*
 * log_reader.h - reads records from a log: lines, as log_line.h has them, or the journal's export
 * form, as log_journal.h has it.
 *
 * A line that is no record is skipped and counted; one that is longer than the buffer is handed on
 * cut, so that the reassembly counts it as oversized. No line, whatever it holds, ends the reading.
 */
#ifndef ECSAUDIT_LOG_READER_H
#define ECSAUDIT_LOG_READER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "counters.h"
#include "limits.h"
#include "log_journal.h"
#include "log_line.h"
#include "span.h"

/* `record` NULL: a line "----" of ausearch; the next record begins another event. */
typedef void log_reader_record(void *context, const struct log_record *record);

struct log_reader {
	int fd; /* the caller's; set it and `begin` = `end` = 0 for another file */
	struct counters *counters;
	log_reader_record *record;
	void *context;
	bool in_long_line; /* the rest of a line that did not fit is passed over */
	uint32_t begin, end;
	bool any_sender;    /* set by the caller: take records from lines of any program */
	uint64_t untrusted; /* lines that were skipped without any_sender; in lines_skipped too */
	uint64_t no_serial; /* lines of the journal's short form, in lines_skipped too */
	struct log_line_names names;
	struct log_journal journal;
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

#endif
