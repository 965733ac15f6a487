/*
 * stderr_line.h - a line of text for whoever started the program.
 */
#ifndef ECSAUDIT_STDERR_LINE_H
#define ECSAUDIT_STDERR_LINE_H

/* `ecsaudit: TEXT` and a newline to standard error, in one write; text beyond 1 KiB is cut.
 * Does not allocate, and does not wait: where standard error is a full pipe the line is lost. */
void stderr_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
