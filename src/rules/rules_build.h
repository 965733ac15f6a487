/*
 * rules_build.h - a rule while it is being compiled; shared by src/rules_*.c only.
 *
 * Functions return false after writing a message to line->mistake: the wrong word, and what would
 * be right.
 */
#ifndef ECSAUDIT_RULES_BUILD_H
#define ECSAUDIT_RULES_BUILD_H

#include "nearest.h"
#include "rules.h"
#include "rules_table.h"
#include "tables.h"

#define RULES_NO_LIST (-1)

struct rules_build {
	const struct rules_environment *env;
	struct rules_line *line;
	int list;		/* AUDIT_FILTER_*, RULES_NO_LIST before -a, -A, -d, -w, -W */
	bool has_syscalls;	/* -S, or a watch, which means all */
	bool allows_key;	/* the rule has an option that auditctl requires before a key */
	uint32_t arch;		/* AUDIT_ARCH_* of -F arch; 0: none */
	const char *file_field; /* the one path, dir or inode that a rule may have */
	bool has_exe;
	char key[AUDIT_MAX_KEY_LEN + 1]; /* keys so far, joined by AUDIT_KEY_SEPARATOR */
	size_t key_len;
};

#define RULES_KEY_SEPARATOR '\1'

/* For a word of the line in a message: longer ones are cut. */
#define RULES_WORD "\"%.80s\""

/* ---- messages (rules_mistake.c) ---------------------------------------------------------- */

/* Always false. */
bool rules_mistake(struct rules_build *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same, followed by "did you mean BEST?", or by `right` if there is no near word. */
bool rules_mistake_near(struct rules_build *b, const struct nearest *n, const char *right,
	const char *format, ...) __attribute__((format(printf, 4, 5)));
/* If the line has a character that only looks like a plain one, add that to the mistake, or warn.
 */
void rules_mistake_odd(struct rules_build *b, struct span line);
/* A line keeps its first warning. */
void rules_warning(struct rules_build *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- words (rules_words.c) --------------------------------------------------------------- */

extern const struct rule_word rules_lists[];
extern const struct rule_word rules_actions[];

enum rules_number {
	RULES_NUMBER,
	RULES_NO_NUMBER,
	RULES_NUMBER_TOO_LARGE
};

/* Decimal, 0x hexadecimal or 0 octal, the whole text, up to 4294967295. With `negative` also
 * -2147483648 to -1, as the same 32 bits. */
enum rules_number rules_words_number(const char *text, bool negative, uint32_t *value);
/* The entry of a list of words, NULL: none. Upper and lower case are the same. */
const struct rule_word *rules_words_find(const struct rule_word *words, const char *name);
/* The name of a number, NULL: none. */
const char *rules_words_name(const struct rule_word *words, uint32_t number);

/* ---- fields (rules_field.c) -------------------------------------------------------------- */

struct rules_operator {
	const char *text;
	uint32_t number; /* AUDIT_EQUAL, ... */
};

/* An operator comes before those that it begins with. Ends with a NULL text. */
extern const struct rules_operator rules_operators[];

/* NULL if there is none. Of two names of one number it is the first. */
const struct rule_field *rules_field_of_number(uint32_t number);

/* Whether the value of a field is one of the texts in `buf`. */
bool rules_field_is_text(uint32_t number);

/* -F: NAME OPERATOR VALUE. */
bool rules_field(struct rules_build *b, const char *text);
/* -C: NAME OPERATOR NAME. */
bool rules_field_compare(struct rules_build *b, const char *text);
/* Append a field with a number, or with a text as its value. */
bool rules_field_add(struct rules_build *b, uint32_t field, uint32_t op, uint32_t value);
bool rules_field_add_text(struct rules_build *b, uint32_t field, uint32_t op, const char *text);
/* One more key, of -k or -F key=. */
bool rules_field_key(struct rules_build *b, const char *key);

/* ---- values of fields (rules_value.c) ---------------------------------------------------- */

/* Read the value of a field that is a number. */
bool rules_value(struct rules_build *b, const struct rule_field *f, uint32_t op, const char *text,
	uint32_t *value);
/* Letters of rwxa. */
bool rules_value_perm(struct rules_build *b, const char *text, uint32_t *perm);
/* Check the path of path, dir or exe. */
bool rules_value_path(struct rules_build *b, enum rule_value kind, const char *path);
/* Letters of permissions by bit: AUDIT_PERM_EXEC 1, _WRITE 2, _READ 4, _ATTR 8. */
#define RULES_PERM_LETTERS "xwra"

/* ---- architectures and system calls (rules_syscall.c) ------------------------------------ */

/* What b64 or b32 means on a machine; NULL: nothing. */
const struct arch_info *rules_syscall_b64(const char *machine);
const struct arch_info *rules_syscall_b32(const char *machine);
/* The machine itself, as far as system calls go: b64, or b32 where there is none. */
const struct arch_info *rules_syscall_machine(const char *machine);

bool rules_syscall_arch(struct rules_build *b, const char *name, uint32_t *arch);
/* -S: all, or names and numbers separated by commas. */
bool rules_syscall(struct rules_build *b, const char *list);
/* The mask of a rule without -S. */
void rules_syscall_all(struct rules_data *rule);

/* ---- options ----------------------------------------------------------------------------- */

struct rules_option {
	const char *name;  /* with its dashes; NULL ends a table */
	unsigned control;  /* enum rules_control_set, 0: an option of a rule */
	const char *value; /* what it takes, for messages; NULL: nothing */
	/* `value` is the option's name if it takes no value. NULL: nothing to do. */
	bool (*handle)(struct rules_build *b, const char *value);
};

/* rules_control.c */
extern const struct rules_option rules_control_options[];

#endif
