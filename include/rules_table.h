/*
 * rules_table.h - the words of the rule language.
 *
 * Constant data, generated from tools/tables/rule_*.txt. Every array ends with an entry whose
 * name is NULL or empty, or whose number is 0. The numbers are those of linux/audit.h.
 */
#ifndef ECSAUDIT_RULES_TABLE_H
#define ECSAUDIT_RULES_TABLE_H

#include <stddef.h>
#include <stdint.h>

/* How the value of a field is read. */
enum rule_value {
	RULE_VALUE_NUMBER,   /* 0 to 4294967295, in the notations of C */
	RULE_VALUE_ARGUMENT, /* the same, or negative */
	RULE_VALUE_UID,	     /* a number or a user's name */
	RULE_VALUE_AUID,     /* the same, or "unset" and -1 */
	RULE_VALUE_GID,	     /* a number or a group's name */
	RULE_VALUE_SESSION,  /* a number, "unset" or -1 */
	RULE_VALUE_EXIT,     /* a number, also negative, or an errno's name, also with '-' */
	RULE_VALUE_MSGTYPE,  /* a number or a record type's name */
	RULE_VALUE_ARCH,     /* b64, b32, a machine's name or an AUDIT_ARCH_* number */
	RULE_VALUE_PERM,     /* letters of rwxa */
	RULE_VALUE_FILETYPE,
	RULE_VALUE_FSTYPE,
	RULE_VALUE_FAMILY,     /* a number below AF_MAX */
	RULE_VALUE_COMPARISON, /* AUDIT_COMPARE_* */
	RULE_VALUE_INODE,
	/* From here on, the text itself is the value. */
	RULE_VALUE_STRING,
	RULE_VALUE_PATH,
	RULE_VALUE_DIR,
	RULE_VALUE_EXE,
	RULE_VALUE_KEY,
};

enum rule_operators {
	RULE_OPERATORS_EQUAL, /* = */
	RULE_OPERATORS_IS,    /* = != */
	RULE_OPERATORS_ORDER, /* = != < > <= >= */
	RULE_OPERATORS_ALL,   /* order and & &= */
};

#define RULE_LIST(number) (1u << (number))

struct rule_field {
	char name[14];
	uint8_t number;	   /* AUDIT_PID, ... */
	uint8_t value;	   /* enum rule_value */
	uint8_t operators; /* enum rule_operators */
	uint8_t lists;	   /* RULE_LIST(AUDIT_FILTER_*) */
};

struct rule_comparison {
	uint8_t field;	/* AUDIT_UID, ... */
	uint8_t with;	/* and the other */
	uint8_t number; /* AUDIT_COMPARE_* */
};

#define RULE_NO_ARCH 255u

struct rule_machine {
	char name[12];
	uint8_t b64; /* arches[b64], see tables_data.h; RULE_NO_ARCH: the machine has none */
	uint8_t b32;
};

struct rule_word {
	const char *name;
	uint32_t number;
};

extern const struct rule_field rule_fields[];
extern const struct rule_comparison rule_comparisons[];
extern const struct rule_machine rule_machines[];
extern const struct rule_word rule_filetypes[];
extern const struct rule_word rule_fstypes[];
extern const struct rule_word rule_uring_operations[];

#endif
