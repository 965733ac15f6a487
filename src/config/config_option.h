/*
 * config_option.h - inside config*.c only: the table of options, and where a value came from.
 */
#ifndef ECSAUDIT_CONFIG_OPTION_H
#define ECSAUDIT_CONFIG_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cJSON.h>
#include "arena.h"
#include "config_read.h"
#include "span.h"
#include "text.h"

enum option_type {
	OPTION_BOOL,	 /* bool */
	OPTION_CHOICE,	 /* an enum: the index into `choices` */
	OPTION_NUMBER,	 /* uint32_t, from min to max */
	OPTION_DURATION, /* uint32_t, milliseconds, from min to max; "500ms", "2s", "1m" */
	OPTION_TEXT,	 /* const char * */
	OPTION_LINES,	 /* const char *, lines; one text or a list of lines */
	OPTION_LIST,	 /* const char *[max], and their number at offset_count */
	OPTION_FIELDS,	 /* const char *, the members of an object as JSON text */
};

struct option {
	/* Behind the NUL follow two more strings: see config_option_initial() and
	 * config_option_help(). */
	const char *name;
	union {
		const char *choices; /* words, each with a NUL behind it; an empty one ends them */
		/* For texts, and texts of a list: NULL if the text is right, else what is
		 * expected, in words. Of NULL: what is expected. */
		const char *(*wrong)(const char *text);
	};
	uint32_t min, max; /* of a number or of milliseconds; max: of the items of a list */
	union {
		uint32_t preset;       /* the default of a number */
		uint32_t offset_count; /* of a list, in struct config */
	};
	uint16_t offset;	     /* in struct config */
	enum option_type type : 8;   /* narrow, for there are many of these structs */
	enum config_fixed fixed : 4; /* whether a reload can change it */
	uint8_t commands : 4;	     /* that use it, besides `run`: enum config_command, as bits */
};

/* In the order in which they are printed; the last has no name. */
extern const struct option option_table[];

/* The string behind this one. */
static inline const char *config_option_next(const char *s)
{
	return s + strlen(s) + 1;
}

/* The default as `-o` takes it; "" for numbers, which have `preset`. */
static inline const char *config_option_initial(const struct option *o)
{
	return config_option_next(o->name);
}

/* What the option does: a sentence without its full stop. */
static inline const char *config_option_help(const struct option *o)
{
	return config_option_next(config_option_initial(o));
}

/* Append what is expected, in words: "auto, unicast or multicast", "a whole number from 1 to 5". */
void config_option_expected(const struct option *o, struct text *t);

/* Append a duration in the shortest way: "500ms", "2s", "1m". */
void config_option_duration(struct text *t, uint32_t ms);

/* NULL if there is none of that name. */
const struct option *config_option_find(const char *name, size_t len);

/* ---- where a value came from ------------------------------------------------------------- */

struct config_source {
	const char *name;	 /* the file; NULL: -o, or a default */
	const char *option_name; /* what follows -o: NAME=VALUE */
	size_t option_name_len;
	const char *text; /* JSON text, comments blanked; NULL: a bare word in `root` */
	size_t len;
	const cJSON *root;  /* the tree of that text */
	struct arena *tree; /* holds its nodes, and has room for more */
	struct config_error *e;
};

enum config_where {
	AT_KEY,
	AT_VALUE
};

/* Set an option from a value. false: *source->e says where and why. */
bool config_option_set(struct config *c, const struct option *o, const cJSON *value,
	const struct config_source *source);

/* Begin the message: `FILE:LINE:COLUMN: ` or `-o NAME: `. The place is an offset into the text, or
 * a node of its tree. The caller appends to *t, which writes into source->e. */
void config_complain_at(struct text *t, const struct config_source *source, size_t offset);
void config_complain(struct text *t, const struct config_source *source, const cJSON *value,
	enum config_where where);
/* The same, then `NAME: VALUE; expected EXPECTED`, with the value as it was written. `expected`
 * NULL: config_option_expected(). Always false. */
bool config_refuse(const struct config_source *source, const struct option *o, const cJSON *value,
	const char *expected);

/* It does not fit into the pool. Always false. */
bool config_too_long(
	const struct config_source *source, const struct option *o, const cJSON *value);

/* A value as it is written in the source. Lives as long as the source's text. */
struct span config_token(const struct config_source *source, const cJSON *value);

/* Copy `n` bytes into the configuration's pool. NULL: it is full. */
const char *config_keep(struct config *c, const char *bytes, size_t n);

/* config_fields.c: render the object `value` and put it into the pool. */
bool config_fields_set(struct config *c, const struct option *o, const cJSON *value,
	const struct config_source *source);

#endif
