/*
 * rules_text.h - the text of a rule file: lines, and the words of a line.
 *
 * The grammar is auditctl's, with quotes and escapes as in a shell: words are separated by blanks;
 * "\ " is a blank and "\\" a backslash; '...' and "..." keep blanks. A line whose first character
 * after blanks is '#' is a comment. There are no continuation lines.
 */
#ifndef ECSAUDIT_RULES_TEXT_H
#define ECSAUDIT_RULES_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include "span.h"

/* A walk over the lines of a text that somebody else owns. Start with line 0. */
struct rules_text {
	const char *at;
	size_t left;
	unsigned line; /* number of the line last given, the first is 1 */
};

/* The next line without its end (LF or CR LF). false: there is none. */
bool rules_text_next(struct rules_text *t, struct span *line);

/*
 * Split a line into words, which are written to `words` one after the other, each ended by a NUL.
 * Returns their number, 0 for a blank line or a comment, or -1 with a reason in *mistake (a
 * constant) and the wrong text in `words`. `words` must have room for line.len + 1 bytes.
 */
int rules_text_split(struct span line, char *words, const char **mistake);

#endif
