/*
 * tables_data.h - how the generated tables look; for src/tables/tables.c and src/tables/table_*.c
 * only.
 *
 * Names lie one after the other in a pool without terminators, sorted, so that a name is two
 * offsets and a look-up by name is a binary search. What numbers index is cut into pages, because
 * large parts of it are empty or the same: i is in pool[pages[i / PAGE] + i % PAGE].
 */
#ifndef ECSAUDIT_TABLES_DATA_H
#define ECSAUDIT_TABLES_DATA_H

#include "tables.h"

#define PAGE 8u

struct name_pool {
	const char *text;
	const uint16_t *offset; /* count + 1 */
	uint16_t count;
};

/* `count` numbers from `first` on that have other names on one machine. */
struct number_run {
	uint16_t first;
	uint16_t at; /* the first one's in number_names.others */
	uint8_t count;
	uint8_t numbering; /* enum numbering */
};

/* Names of numbers that lie close together. A name may be an alias: it has a number, but is
 * not the one that its number gives. */
struct number_names {
	struct name_pool names;
	const uint16_t *number; /* of each name; 0: it has one on some machine only. Or NULL */
	const uint8_t *pool;	/* of base + i: index into names plus 1, or 0 */
	const uint16_t *pages;
	uint16_t base;
	uint16_t limit; /* of i */
	uint8_t run_count;
	const struct number_run *runs;
	const uint8_t *others; /* as in the pool, of the runs */
};

extern const struct number_names record_type_names;
extern const struct number_names errno_names;
extern const struct number_names signal_names;

/* ---- system calls: an id is an index into the pool plus 1 ------------------------------- */

struct abi_syscalls {
	uint32_t base; /* 0; 4000 and up on mips, 0x40000000 on x32 */
	uint16_t limit;
	uint16_t first_page; /* in syscall_pages: of base + i the id */
};

struct syscall_alias {
	uint8_t abi;
	uint16_t id;
	uint32_t number;
};

extern const struct name_pool syscall_names;
extern const uint16_t syscall_pool[];
extern const uint16_t syscall_pages[];
extern const struct abi_syscalls abi_syscalls[ABI_COUNT];
extern const struct syscall_alias syscall_aliases[];
extern const unsigned syscall_alias_count;

extern const struct arch_info arches[]; /* sorted by value */
extern const unsigned arch_count;

/* ---- keys: a perfect hash --------------------------------------------------------------- */

#define KEY_SLOTS   512u
#define KEY_BUCKETS 128u

extern const uint16_t key_slots[KEY_SLOTS]; /* enum key */
extern const uint16_t key_shift[KEY_BUCKETS];

/* The generator computes the same. */
static inline uint32_t key_hash(uint32_t head, uint32_t tail, uint32_t len)
{
	uint32_t h = (head ^ len) * KEY_MULTIPLIER + tail * 0x85ebca77u;

	return h ^ h >> 15;
}

static inline uint32_t key_slot_of(uint32_t hash)
{
	return (hash / KEY_BUCKETS + key_shift[hash % KEY_BUCKETS]) % KEY_SLOTS;
}

/* ---- what events mean -------------------------------------------------------------------- */

extern const struct name_pool norm_word_names; /* the first is empty */
extern const struct name_pool ecs_names;       /* of enum ecs */
extern const uint8_t syscall_norm[];	       /* of a system call's id; the first is that of '*' */

extern const struct call_facts call_facts[]; /* the first is that of unknown calls */
extern const uint8_t call_facts_of[];	     /* of a system call's id */
extern const uint16_t multiplexer;	     /* id of socketcall */
extern const uint16_t inner_calls[];	     /* ids: of its first argument minus 1 */
extern const unsigned inner_call_count;

/* Of a record type's index in record_type_names: its normalizations are record_norm[i] with
 * first[index] <= i < first[index + 1]. */
extern const uint8_t record_norm[];
extern const uint8_t record_norm_first[];
extern const uint8_t record_fallback[];
extern const struct norm_fallback fallbacks[]; /* the first is that of types without a name */

#endif
