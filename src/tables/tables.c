#include "tables.h"
#include "tables_data.h"

/* ---- names in general -------------------------------------------------------------------- */

static struct span pool_name(const struct name_pool *pool, unsigned index)
{
	unsigned start = pool->offset[index];

	return (struct span){pool->text + start, pool->offset[index + 1] - start};
}

/* The index of a name, or -1. */
__attribute__((cold)) static int pool_find(
	const struct name_pool *pool, const char *name, size_t len)
{
	unsigned low = 0, high = pool->count;

	while (low < high) {
		unsigned middle = (low + high) / 2;
		struct span s = pool_name(pool, middle);
		int order = memcmp(name, s.at, len < s.len ? len : s.len);

		if (order == 0 && len == s.len)
			return (int)middle;
		if (order < 0 || (order == 0 && len < s.len))
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}

/* The index of a number's name plus 1, or 0. */
static unsigned number_index(const struct number_names *table, unsigned number)
{
	unsigned i = number - table->base;

	return i < table->limit ? table->pool[table->pages[i / PAGE] + i % PAGE] : 0;
}

static struct span number_name(const struct number_names *table, unsigned number)
{
	unsigned index = number_index(table, number);

	return index ? pool_name(&table->names, index - 1) : SPAN_NONE;
}

__attribute__((cold)) static int name_number(
	const struct number_names *table, const char *name, size_t len)
{
	int index = pool_find(&table->names, name, len);

	return index < 0 ? -1 : table->number[index];
}

/* The run of a machine's own numbers in which this one lies, or NULL. */
static const struct number_run *find_run(
	const struct number_names *table, enum numbering machine, unsigned number)
{
	for (unsigned i = 0; i < table->run_count; i++) {
		const struct number_run *run = &table->runs[i];

		if (run->numbering == machine && number - run->first < run->count)
			return run;
	}
	return NULL;
}

static unsigned machine_index(
	const struct number_names *table, enum numbering machine, unsigned number)
{
	const struct number_run *run = find_run(table, machine, number);

	return run ? table->others[run->at + (number - run->first)] : number_index(table, number);
}

static struct span machine_name(
	const struct number_names *table, enum numbering machine, unsigned number)
{
	unsigned index = machine_index(table, machine, number);

	return index ? pool_name(&table->names, index - 1) : SPAN_NONE;
}

/* The number that a machine gives a name, or -1. `index` is that of the name plus 1. */
__attribute__((cold)) static int machine_number(
	const struct number_names *table, enum numbering machine, unsigned index)
{
	unsigned number = table->number[index - 1];

	for (unsigned i = 0; i < table->run_count; i++)
		for (unsigned n = 0;
			table->runs[i].numbering == machine && n < table->runs[i].count; n++)
			if (table->others[table->runs[i].at + n] == index)
				return (int)(table->runs[i].first + n);
	return number && !find_run(table, machine, number) ? (int)number : -1;
}

/* ---- keys of record fields --------------------------------------------------------------- */

enum key key_find(const char *name, size_t len)
{
	const unsigned char *p = (const unsigned char *)name;
	uint32_t head, tail = 0;
	enum key key;

	if (len >= 4) {
		head = word_load4(name);
		tail = word_load4(name + len - 4);
	} else if (len > 0) {
		head = p[0] | (uint32_t)p[len / 2] << 8 | (uint32_t)p[len - 1] << 16;
	} else {
		return KEY_OTHER;
	}
	key = (enum key)key_slots[key_slot_of(key_hash(head, tail, (uint32_t)len))];
	return key_is(key, name, len) ? key : KEY_OTHER;
}

/* ---- record types ------------------------------------------------------------------------ */

/* Integrity Policy Enforcement came with Linux 6.12, the labels of several security modules with
 * 6.18. libaudit and Auditbeat know only their numbers, and could not read a log with names. So
 * documents have the numbers, too; rules and logs may use the kernel's names. */
static bool is_printed_as_number(uint16_t type)
{
	return (type >= RECORD_IPE_ACCESS && type <= RECORD_IPE_POLICY_LOAD) ||
	       type == RECORD_MAC_TASK_CONTEXTS || type == RECORD_MAC_OBJ_CONTEXTS;
}

struct span record_type_name(uint16_t type)
{
	if (is_printed_as_number(type))
		return SPAN_NONE;
	return number_name(&record_type_names, type);
}

__attribute__((cold)) int record_type_number(const char *name, size_t len)
{
	static const char prefix[] = "UNKNOWN[";
	const size_t prefix_len = sizeof(prefix) - 1;
	unsigned number = 0;

	if (len < prefix_len || memcmp(name, prefix, prefix_len) != 0)
		return name_number(&record_type_names, name, len);
	if (len < prefix_len + 2 || name[len - 1] != ']')
		return -1;
	for (size_t i = prefix_len; i < len - 1; i++) {
		if (name[i] < '0' || name[i] > '9')
			return -1;
		number = number * 10 + (unsigned)(name[i] - '0');
		if (number > UINT16_MAX)
			return -1;
	}
	return (int)number;
}

/* ---- architectures and system calls ------------------------------------------------------ */

const struct arch_info *arch_find(uint32_t value)
{
	unsigned low = 0, high = arch_count;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (arches[middle].value == value)
			return &arches[middle];
		if (arches[middle].value < value)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

__attribute__((cold)) const struct arch_info *arch_find_name(const char *name, size_t len)
{
	for (unsigned i = 0; i < arch_count; i++)
		if (arches[i].len == len && memcmp(arches[i].name, name, len) == 0)
			return &arches[i];
	return NULL;
}

uint16_t syscall_id(enum abi abi, uint32_t number)
{
	const struct abi_syscalls *table;
	unsigned i;

	if ((unsigned)abi >= ABI_COUNT)
		return SYSCALL_ID_NONE;
	table = &abi_syscalls[abi];
	i = number - table->base;
	if (i >= table->limit)
		return SYSCALL_ID_NONE;
	return syscall_pool[syscall_pages[table->first_page + i / PAGE] + i % PAGE];
}

__attribute__((cold)) uint16_t syscall_id_of_name(const char *name, size_t len)
{
	return (uint16_t)(pool_find(&syscall_names, name, len) + 1);
}

struct span syscall_name(uint16_t id)
{
	if (id == SYSCALL_ID_NONE || id > syscall_names.count)
		return SPAN_NONE;
	return pool_name(&syscall_names, id - 1u);
}

__attribute__((cold)) int syscall_number(enum abi abi, const char *name, size_t len)
{
	uint16_t id = syscall_id_of_name(name, len);
	const struct abi_syscalls *table;

	if (id == SYSCALL_ID_NONE || (unsigned)abi >= ABI_COUNT)
		return -1;
	table = &abi_syscalls[abi];
	for (unsigned i = 0; i < table->limit; i++)
		if (syscall_id(abi, table->base + i) == id)
			return (int)(table->base + i);
	for (unsigned i = 0; i < syscall_alias_count; i++)
		if (syscall_aliases[i].abi == abi && syscall_aliases[i].id == id)
			return (int)syscall_aliases[i].number;
	return -1;
}

/* ---- errno, signals ---------------------------------------------------------------------- */

struct span errno_name(enum numbering machine, unsigned number)
{
	return machine_name(&errno_names, machine, number);
}

__attribute__((cold)) int errno_number(enum numbering machine, const char *name, size_t len)
{
	int index = pool_find(&errno_names.names, name, len);
	int number;

	if (index < 0)
		return -1;
	number = machine_number(&errno_names, machine, (unsigned)index + 1);
	if (number >= 0 || errno_names.number[index] == 0)
		return number;
	/* An alias has the number that the machine gives its error. */
	return machine_number(
		&errno_names, machine, number_index(&errno_names, errno_names.number[index]));
}

struct span signal_name(enum numbering machine, unsigned number)
{
	return machine_name(&signal_names, machine, number);
}

__attribute__((cold)) enum numbering machine_numbering(const char *machine)
{
	const struct arch_info *arch = machine ? arch_find_name(machine, strlen(machine)) : NULL;

	return arch ? arch->numbering : NUMBERING_GENERIC;
}

/* ---- what events mean -------------------------------------------------------------------- */

struct span norm_word(uint8_t word)
{
	return pool_name(&norm_word_names, word);
}

struct span ecs_name(uint8_t value)
{
	return pool_name(&ecs_names, value);
}

const struct normalization *norm_of_syscall(uint16_t id)
{
	return &normalizations[id <= syscall_names.count ? syscall_norm[id] : 0];
}

const struct call_facts *call_facts_of_syscall(uint16_t id)
{
	return &call_facts[id <= syscall_names.count ? call_facts_of[id] : 0];
}

bool syscall_is_multiplexer(uint16_t id)
{
	return id == multiplexer;
}

uint16_t syscall_inner_id(uint16_t id, uint32_t number)
{
	return number - 1 < inner_call_count ? inner_calls[number - 1] : id;
}

const uint8_t *norm_of_record(uint16_t type, unsigned *count)
{
	unsigned index = number_index(&record_type_names, type);

	if (index == 0) {
		*count = 0;
		return record_norm;
	}
	*count = record_norm_first[index] - record_norm_first[index - 1];
	return &record_norm[record_norm_first[index - 1]];
}

struct norm_fallback norm_fallback(uint16_t type)
{
	unsigned index = number_index(&record_type_names, type);

	return fallbacks[index ? record_fallback[index - 1] : 0];
}
