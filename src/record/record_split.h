/*
 * record_split.h - the text of a record becomes fields, for record.c.
 *
 * A field is a name of [a-z0-9_-], '=' and a value: up to the next blank, or in quotes up to the
 * closing one. A quote that never closes is part of the value; where the value's writer encodes it
 * (tools/tables/texts.txt) the record was cut, and there is none. What else stands between blanks
 * is a word; words together are the field `text`.
 */
#ifndef ECSAUDIT_RECORD_SPLIT_H
#define ECSAUDIT_RECORD_SPLIT_H

#include "record.h"

/* Types of records that programs send (linux/audit.h): AUDIT_USER and the two ranges from
 * AUDIT_FIRST_USER_MSG and AUDIT_FIRST_USER_MSG2 on, but for what auditd writes itself, 1200 to
 * 1299. Of AUDIT_USER_TTY the kernel encodes the text, as it does its own. */
static inline bool record_is_of_program(uint16_t type)
{
	if (type == RECORD_USER_TTY)
		return false;
	return type == RECORD_USER || (type >= 1100 && type <= 1199) || type >= 2100;
}

/* The kernel's. Of two fields with one name the last counts, and a value ends where
 * record_outside_end() says. */
void record_split(struct record_workspace *w, struct record *r, struct span text);

/* Behind the first " msg='" of a text; NULL if there is none. */
const char *record_find_message(struct span text);

/* A program's: the kernel's fields, and from `message` on what the program sent, see
 * record_find_message(). The kernel's fields are final. The message ends at the last apostrophe.
 * What libaudit and libselinux append to it is read from its end, the rest from its front; there
 * the first of two fields with one name counts, exe= too. What somebody chose whom the program
 * serves stands between the two: it can be none of either. */
void record_split_message(
	struct record_workspace *w, struct record *r, struct span text, const char *message);

/* "avc:  denied  { read write } for" in front of a text: seresult and seperms become fields.
 * Returns what follows; the text itself if it does not begin so. */
struct span record_split_avc(struct record_workspace *w, struct record *r, struct span text);

/* Words that belong to no field, one blank between them. */
struct record_words {
	char *at; /* in the scratch arena; NULL: none yet */
	uint32_t len, room;
};

/* `room`: bytes of the text that the words are of. A colon of its own is no word. */
void record_words_add(struct record_workspace *w, struct record_words *words, struct span word,
	uint32_t room) __attribute__((cold));
void record_words_set(
	struct record_workspace *w, struct record *r, const struct record_words *words);

/* A field's value, as its writer meant it: what is not in quotes is decoded from hex where the
 * key's values are encoded so. */
void record_field_set_text(
	struct record_workspace *w, struct field *f, struct span value, bool quoted);

/* A program's record without msg='...', which the kernel did not write. It is read as Auditbeat
 * does: fields begin anywhere; quotes are ' or ", and with a backslash in front they do not close.
 */
void record_split_odd(struct record_workspace *w, struct record *r, struct span text);

#endif
