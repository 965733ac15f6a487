/*
 * log_enriched.h - where a record ends and what auditd appended begins.
 *
 * With log_format = ENRICHED auditd (audit-userspace, src/auditd-event.c, format_enrich()) writes
 * behind a record a byte 0x1d and then, separated by blanks, NAME=value for each user, group,
 * architecture, system call and socket address of it. NAME is the field's in upper case. A user or
 * a group is "in quotes", or hex if it has blanks, quotes or control characters; SADDR={ ... } is
 * in braces and any text may be in it.
 *
 * The byte gets lost, or is written in some other way. And it may be in the record: a program's
 * message and a few texts of the kernel may hold any byte. So the border is looked for from the
 * end of the line, which is auditd's if it appended something, and the kernel's or a program's
 * last field if not:
 *
 * - The end must be those fields, or nothing but the byte. The kernel's own last field is
 *   none, even if an attacker wrote the text in it: its name is in lower case, its text is in
 *   quotes that the field of auditd's would lack one of, or in hex. A program's record ends with
 *   the apostrophe that the kernel appends to the message (kernel/audit.c, audit_receive_msg()).
 * - If only they follow the last 0x1d, it is auditd's: they hold none, but for SADDR.
 * - Else fields of names that auditd has are passed from the end to the front; the border
 *   is before the first that follows such a field or is glued to a value of the kernel's. What lies
 *   before that is not looked at, so no text in a record can draw the border to itself.
 * - In a program's record an apostrophe must be before it.
 * - SOCKADDR holds a number in hex and nothing else: it ends where the hex ends.
 */
#ifndef ECSAUDIT_LOG_ENRICHED_H
#define ECSAUDIT_LOG_ENRICHED_H

#include <stdbool.h>
#include "limits.h"
#include "span.h"
#include "tables.h"
#include "word.h"

#define LOG_ENRICHED_SEPARATOR 0x1d

/* Whether the text, which begins with "audit(", may end with a field of auditd's; what costs little
 * to find out. */
static inline bool log_enriched_is_likely(uint16_t type, struct span text)
{
	const char *at = text.at + text.len, *from = text.at;
	uint64_t equals;

	if (at[-1] == '\'' || at[-1] == ')' || type == RECORD_PROCTITLE || type == RECORD_EOE)
		return false; /* the latter two have no field that auditd explains */
	if (type == RECORD_SOCKADDR)
		return at[-1] == '}';
	if (text.len > LIMIT_ENRICHED_FIELD_BYTES)
		from = at - LIMIT_ENRICHED_FIELD_BYTES;
	for (; at - from > 14; at -= 8) {
		equals = word_load(at - 8) ^ WORD_ONES * '=';
		if ((equals - WORD_ONES) & ~equals & WORD_ONES * 0x80)
			break;
	}
	while (at > from + 2 && at[-1] != '=')
		at--;
	return at[-1] == '=' && at[-2] >= 'A' && at[-2] <= 'Z';
}

/* Cut *text at the border, if it has one; *enriched is what follows. `separator` is the last 0x1d
 * of the text, or NULL. */
void log_enriched_cut(
	uint16_t type, const char *separator, struct span *text, struct span *enriched);

#endif
