/*
 * record.h - splits one record's text into fields, as spans over the record's own bytes.
 *
 * A record is the kernel's or a program's (AUDIT_USER, 1100 to 1199, 2100 and up). What the kernel
 * writes is NAME=value, separated by blanks; a value in quotes ends at the closing one. A program's
 * record has the kernel's fields in front and the program's in msg='...', and is read from both
 * ends: record_split.h. A few texts are written as somebody outside chose them: record_outside.h.
 * Of two of the kernel's fields with one name the last counts, of two of a program's message the
 * first; and a program never replaces what the kernel said. Empty, `?`, `?,` and `(null)` are no
 * value. Words that belong to no field are the field `text`.
 *
 * Texts that their writer encodes in hex are decoded, by the field's name
 * (tools/tables/texts.txt); what is in quotes never is. Then more is decoded, by record type:
 * record_decode.h. A decoded value lies in the scratch arena. The record's bytes are never
 * written: event.original quotes them.
 *
 * All fields of one event share the workspace; record_workspace_reset() starts the next.
 */
#ifndef ECSAUDIT_RECORD_H
#define ECSAUDIT_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include "arena.h"
#include "limits.h"
#include "span.h"
#include "tables.h"

struct field {
	const char *name;  /* not terminated unless key != KEY_OTHER */
	const char *value; /* not terminated; any byte */
	uint32_t len;	   /* of value */
	uint16_t name_len;
	uint16_t key;  /* enum key */
	uint16_t next; /* of KEY_OTHER: field of the record with the same bucket + 1, or 0 */
	bool quoted;   /* in the record: it is no hex */
	bool decoded;  /* it was in hex: it is a text, whatever it looks like */
};

/* Names that the tables do not know are found through buckets: a program may send a record with
 * 1500 of them. */
#define FIELD_BUCKETS 256u

static inline unsigned field_bucket(const char *name, uint32_t len)
{
	uint32_t hash = len;

	for (uint32_t i = 0; i < len; i++)
		hash = hash * 31 + (unsigned char)name[i];
	return (hash ^ hash >> 8 ^ hash >> 16) % FIELD_BUCKETS;
}

/* What a program's record says about the account. */
enum record_account {
	ACCOUNT_ANY,	/* its name or number, or nothing */
	ACCOUNT_EMPTY,	/* acct="" */
	ACCOUNT_UNKNOWN /* acct=?, or a uid= that is no number */
};

struct record {
	uint16_t type;
	uint16_t syscall; /* id of the system call its number named, or SYSCALL_ID_NONE */
	uint16_t tag_count;
	struct span tags[LIMIT_EVENT_TAGS]; /* rule keys */
	struct field *fields;		    /* names are unique; in the workspace */
	uint32_t field_count;
	bool is_message;      /* it has a msg='...': `key` and `success` are a program's words */
	uint8_t account;      /* enum record_account */
	const char *warning;  /* the first thing that is wrong with it, or NULL; a constant */
	uint16_t warning_key; /* the field (enum key) that is wrong */
	struct span address;  /* of SOCKADDR: decoded_sockaddr.text; len 0: none */
};

struct record_workspace {
	struct arena *scratch; /* decoded values; not owned */
	uint32_t used;
	uint32_t named;	      /* names and words that were read, */
	uint32_t most_named;  /* and how many may be: LIMIT_EVENT_NAMES, or fewer */
	struct span left_out; /* name of the first field for which there was no room; `at` NULL */
	/* Of the machine that made the records, for those without an architecture. Not known for a
	 * log: then the most common ones, and little-endian. */
	enum numbering numbering;
	bool big_endian;
	bool event_big_endian; /* the same for the present event: its records may tell */
	uint32_t generation;
	uint32_t seen[KEY_COUNT];	  /* generation in which a key was last met */
	uint32_t at[KEY_COUNT];		  /* its field */
	uint16_t follower[KEY_COUNT];	  /* the key that last followed it, or KEY_OTHER: a guess */
	uint16_t first[LIMIT_FIRST_KEYS]; /* the same at the beginning of a record, by its type */
	uint16_t buckets[FIELD_BUCKETS];  /* unknown names: a field of the record + 1, or 0 */
	bool has_unknown;		  /* else the buckets are empty */
	struct field fields[LIMIT_EVENT_FIELDS];
};

void record_workspace_init(struct record_workspace *w, struct arena *scratch);
void record_workspace_reset(struct record_workspace *w);

/* Parse `body`, which follows the header of a record of this type. Never fails: what cannot
 * be decoded stays as it is and leaves a warning. */
void record_parse(struct record_workspace *w, uint16_t type, struct span body, struct record *out);

/* The field of this name, or NULL. Valid until the next record_parse() with this workspace;
 * after that use record_field_in(). */
static inline struct field *record_field(struct record_workspace *w, enum key key)
{
	return w->seen[key] == w->generation ? &w->fields[w->at[key]] : NULL;
}
struct field *record_field_in(const struct record *r, enum key key);

static inline struct span field_value(const struct field *f)
{
	return (struct span){f->value, f->len};
}

#endif
