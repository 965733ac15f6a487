/*
 * record_outside.h - text from outside: who chose it, and where in a record it ends.
 *
 * Most texts that somebody outside the kernel chose are escaped: in quotes, or in hex if they
 * hold a blank, a quote or a control character (audit_log_untrustedstring(), kernel/audit.c). A
 * few are not. What stands in front of such a text is certain; what stands behind it is found
 * from the end of the record, by the names of the fields that its writer puts there. All between
 * is the text, whatever it looks like.
 */
#ifndef ECSAUDIT_RECORD_OUTSIDE_H
#define ECSAUDIT_RECORD_OUTSIDE_H

#include "span.h"
#include "tables.h"

/* The fields at the end of a text, from the last to the first. */
struct record_tail {
	const char *from, *limit; /* what has not been read yet */
	const char *const *names; /* in the writer's order, each may be missing; ends with NULL.
				   * "*name": its value may hold blanks, if there is a field
				   * of the tail behind it; "+name": is never missing */
	unsigned count;		  /* of the names that may still come */
	bool has_begun;
	bool is_short; /* one that is never missing has not been met */
};

struct record_tail record_tail_of(const char *from, const char *limit, const char *const *names);

/* The next field towards the front; false if the word there is none of the names. t->limit is
 * then where the text in front of the tail ends, without blanks. */
bool record_tail_next(struct record_tail *t, struct span *name, struct span *value);

/* Where the value of `key` ends that begins at `at`, in a record of this type that ends at
 * `limit`; NULL if it is written as other values are. */
const char *record_outside_end(uint16_t type, enum key key, const char *at, const char *limit);

/* Whether a text from outside that nothing delimits begins in front of `limit`, in a record of the
 * kernel's of this type: what stands from there on is of the text. */
bool record_outside_is_open(uint16_t type, const char *from, const char *limit)
	__attribute__((cold));

#endif
