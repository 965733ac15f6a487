/*
 * record_fields.h - the fields of the record at hand, while it is split and decoded.
 *
 * For record.c and record_decode.c; the rest reads what they left through record.h. Names are
 * unique: a known one is found through the workspace's index, an unknown one by looking.
 */
#ifndef ECSAUDIT_RECORD_FIELDS_H
#define ECSAUDIT_RECORD_FIELDS_H

#include "record.h"

/* Another record begins: no field has been met. */
void record_fields_begin(struct record_workspace *w);

/* The field of this name: the one there is, else a new one, whose value the caller sets. NULL
 * if there is no room; the workspace remembers that. `name` matters for KEY_OTHER only. */
struct field *record_fields_claim(
	struct record_workspace *w, struct record *r, enum key key, struct span name);

/* There is no room for a field, or a tag: the workspace remembers the first one's name. */
void record_leave_out(struct record_workspace *w, struct span name);

/* Give a known field a value, whether it is there or not; and take one away, if it is there. */
void record_set(struct record_workspace *w, struct record *r, enum key key, struct span value);
void record_drop(struct record_workspace *w, struct record *r, enum key key);

#endif
