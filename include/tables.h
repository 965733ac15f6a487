/*
 * tables.h - constant facts: names and numbers of the audit ecosystem, and the meaning of events.
 *
 * All data is constant and generated from the text under tools/tables by tools/gentables
 * (src/tables/table_*.c and include/table_ids.h; committed, their freshness is tested). Look-ups
 * neither allocate nor fail: an unknown number or name gives the value stated below.
 * Names are those that audit-userspace prints (ausyscall, aureport) and auditctl accepts.
 */
#ifndef ECSAUDIT_TABLES_H
#define ECSAUDIT_TABLES_H

#include <stdint.h>
#include "span.h"
#include "table_ids.h" /* enum key, enum record_type, enum abi, enum numbering */
#include "word.h"

/* ---- keys of record fields ------------------------------------------------------------- */

enum key_flag {
	KEY_IS_UID = 1 << 0,	 /* ends in "uid", but for msg_uid: an id of the subject */
	KEY_IS_GID = 1 << 1,	 /* ends in "gid" */
	KEY_IS_SUBJ = 1 << 2,	 /* starts with "subj_" */
	KEY_IS_OBJ = 1 << 3,	 /* starts with "obj_" */
	KEY_IS_SOCKET = 1 << 4,	 /* starts with "socket_" */
	KEY_HAS_DASH = 1 << 5,	 /* has a - in it */
	KEY_IS_NUMBER = 1 << 6,	 /* in layout `integration`, see tools/tables/numbers.txt */
	KEY_IS_ENCODED = 1 << 7, /* without quotes its value is hex, see tools/tables/texts.txt */
	KEY_IS_OUTSIDE = 1 << 8, /* in some record type it holds text that ends anywhere, ditto */
};

struct key_info {
	uint16_t at; /* in key_text */
	uint16_t len : 6;
	uint16_t flags : 10; /* enum key_flag */
};

extern const struct key_info key_info[KEY_COUNT];
extern const char key_text[];

/* NUL-terminated; "" for KEY_OTHER. */
static inline struct span key_name(enum key key)
{
	return (struct span){key_text + key_info[key].at, key_info[key].len};
}

static inline bool key_is(enum key key, const char *name, size_t len)
{
	return key_info[key].len == len && word_same(key_text + key_info[key].at, name, len);
}

/* The id of a field name, KEY_OTHER if it is none of the known ones. One hash, one compare. */
enum key key_find(const char *name, size_t len);

/* ---- record types ---------------------------------------------------------------------- */

/* "SYSCALL" for 1300; SPAN_NONE for a type whose number is shown: unknown to libaudit. */
struct span record_type_name(uint16_t type);
/* 1300 for "SYSCALL", also for "UNKNOWN[1300]"; -1 if unknown. */
int record_type_number(const char *name, size_t len);

/* ---- architectures and system calls ---------------------------------------------------- */

struct arch_info {
	uint32_t value;	   /* AUDIT_ARCH_*, linux/audit.h */
	uint8_t abi;	   /* enum abi: its system call table; ABI_NONE where there is none */
	uint8_t numbering; /* enum numbering: of errors and signals */
	uint8_t len;
	bool not_in_auditctl; /* auditctl 3.0 does not know the names of its calls */
	char name[12];	      /* "x86_64", as the audit ecosystem writes it; NUL-terminated */
};

/* NULL if unknown. */
const struct arch_info *arch_find(uint32_t value);
const struct arch_info *arch_find_name(const char *name, size_t len);

/* System calls of all ABIs share one list of names; an id is an index into it. */
#define SYSCALL_ID_NONE 0u
/* SYSCALL_ID_NONE if the ABI has no such number. O(1). */
uint16_t syscall_id(enum abi abi, uint32_t number);
uint16_t syscall_id_of_name(const char *name, size_t len);
struct span syscall_name(uint16_t id);
/* The number of a system call in an ABI, or -1. Not for the per-record path: O(n). */
int syscall_number(enum abi abi, const char *name, size_t len);

/* ---- errno, signals -------------------------------------------------------------------- */

/* Errors and signals have the numbers of asm-generic, NUMBERING_GENERIC, or the machine's own. */
struct span errno_name(enum numbering machine, unsigned number); /* "EACCES" for 13, SPAN_NONE */
int errno_number(enum numbering machine, const char *name, size_t len); /* 13 for "EACCES", -1 */
struct span signal_name(enum numbering machine, unsigned number); /* "SIGSEGV" for 11, SPAN_NONE */

/* The numbering of a machine by what uname(2) calls it; NUMBERING_GENERIC also for NULL. */
enum numbering machine_numbering(const char *machine);

/* ---- what events mean ------------------------------------------------------------------ */

enum norm_ref { /* where an ECS user or group comes from */
	REF_NONE,
	REF_SUBJECT_PRIMARY,
	REF_SUBJECT_SECONDARY,
	REF_OBJECT_PRIMARY,
	REF_OBJECT_SECONDARY,
	REF_DATA, /* the first field of the list `key` that the event's data has */
	REF_UID,  /* the field `key` of the subject's ids */
};

enum norm_entity { /* where it goes */
	ENTITY_USER,
	ENTITY_USER_EFFECTIVE,
	ENTITY_USER_TARGET,
	ENTITY_USER_CHANGES,
	ENTITY_GROUP,
	ENTITY_COUNT
};

struct norm_mapping {
	uint8_t from; /* enum norm_ref */
	uint8_t to;   /* enum norm_entity */
	uint16_t key; /* enum key, for REF_UID; of key_lists, for REF_DATA */
};

struct norm_need {
	uint16_t key;  /* the data has this field; KEY_OTHER ends a list */
	uint8_t value; /* with this value, norm_word() of it; 0: with any */
};

/* Lists of keys and of ECS values are where they begin in key_lists and ecs_lists, and end with 0
 * (KEY_OTHER, ECS_NONE); so do mappings in norm_mappings, with REF_NONE, and needs in norm_needs. 0
 * is the empty list. */
struct normalization {
	uint8_t action;	     /* norm_word() of it is event.action */
	uint8_t object_what; /* norm_word() of it: "file", "socket", ... */
	uint8_t path_index;  /* which PATH is the object */
	uint8_t subject_primary;
	uint8_t subject_secondary;
	uint8_t object_primary;
	uint8_t object_secondary;
	uint8_t how;
	uint8_t source_ip;
	uint8_t needs;	  /* applies only if all are in the data */
	uint8_t category; /* empty: norm_fallback() of the record type applies, unless the call */
	uint8_t type;	  /* gives a category; type is empty, too */
	uint8_t mappings;
	bool ignores_call; /* of a record: its system call adds no category and no type */
};

extern const struct normalization normalizations[];
extern const uint16_t key_lists[];
extern const uint8_t ecs_lists[];
extern const struct norm_mapping norm_mappings[];
extern const struct norm_need norm_needs[];

struct span norm_word(uint8_t word); /* len 0 for 0 */

/* The spelling of an enum ecs, which is generated: the categories and types in use. */
struct span ecs_name(uint8_t value);

/* Never NULL: a call that the table does not list gets the entry '*' (process, info). */
const struct normalization *norm_of_syscall(uint16_t id);

/* What the arguments of a call say, see tools/tables/calls.txt. Arguments are positions in its
 * record plus 1, 0: none. */
#define CALL_NOT_SAID UINT8_MAX /* an argument that no record has */

enum call_flag {
	CALL_CREATES = 1 << 0,	/* it opens a file, after it made or emptied it */
	CALL_RENAMES = 1 << 1,	/* it gives a file a new name */
	CALL_RECEIVES = 1 << 2, /* its address is where data comes from */
	CALL_SENDS = 1 << 3,	/* its address is where data goes to */
	CALL_POINTS = 1 << 4,	/* it makes a symbolic link; an UNKNOWN PATH is its target */
};

struct call_facts {
	uint8_t directory[2]; /* where its relative name begins, and its second one; 0: in the
			       * working directory */
	uint8_t open_flags;   /* it opens a file, with these flags */
	uint8_t flags;	      /* enum call_flag */
};

/* Never NULL: of SYSCALL_ID_NONE nothing is known. */
const struct call_facts *call_facts_of_syscall(uint16_t id);

/* The call that a socketcall makes, by its first argument: itself for a number that is none. */
bool syscall_is_multiplexer(uint16_t id);
uint16_t syscall_inner_id(uint16_t id, uint32_t number);

/* The normalizations of a record type: indices, in the table's order, the last whose needs are met
 * counts; *count is 0 if it has none. */
const uint8_t *norm_of_record(uint16_t type, unsigned *count);

/* ECS category and type for a record type that has no normalization, or one without:
 * never empty; host and info for a type without a name. */
struct norm_fallback {
	uint8_t category;
	uint8_t type;
};
struct norm_fallback norm_fallback(uint16_t type);

#endif
