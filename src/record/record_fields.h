/*
 * record_fields.h - the fields of the record at hand, while it is split and decoded.
 *
 * For record*.c; the rest reads what they left through record.h. Names are unique: a known one is
 * found through the workspace's index, an unknown one through its buckets.
 */
#ifndef ECSAUDIT_RECORD_FIELDS_H
#define ECSAUDIT_RECORD_FIELDS_H

#include "record.h"

/* Another record begins: no field has been met. */
void record_fields_begin(struct record_workspace *w);

/* There is no room for a field, or a tag: the workspace remembers the first one's name. */
void record_leave_out(struct record_workspace *w, struct span name);

/* The field of a name that is no key, or NULL. */
struct field *record_fields_find_unknown(
	struct record_workspace *w, struct record *r, struct span name);

/* The same; if there is none a new one. The caller sets the value. NULL if there is no room; the
 * workspace remembers that. */
struct field *record_fields_claim_unknown(
	struct record_workspace *w, struct record *r, struct span name);

/* The same for a key: each field of each record comes here. */
static inline struct field *record_fields_claim(
	struct record_workspace *w, struct record *r, enum key key)
{
	struct field *f = record_field(w, key);

	if (f)
		return f;
	if (w->used == LIMIT_EVENT_FIELDS) {
		record_leave_out(w, key_name(key));
		return NULL;
	}
	w->seen[key] = w->generation;
	w->at[key] = w->used;
	f = &w->fields[w->used++];
	r->field_count++;
	f->key = (uint16_t)key;
	f->name = key_name(key).at;
	f->name_len = (uint16_t)key_name(key).len;
	return f;
}

/* Set the value of a known field, new or not. Remove a known field, if it is there. */
void record_set(struct record_workspace *w, struct record *r, enum key key, struct span value);
void record_remove(struct record_workspace *w, struct record *r, enum key key);

#endif
