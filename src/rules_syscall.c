#include "rules_build.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>
#include "tables_data.h"
#include "text.h"

/* Bits of a mask that are no system calls: the kernel replaces them by its classes
 * (kernel/auditfilter.c audit_to_entry_common()), so they do not read back. */
#define CLASS_BITS_FROM (AUDIT_BITMASK_SIZE * 32u - AUDIT_SYSCALL_CLASSES)

static const struct rule_machine *find_machine(const char *name)
{
	if (!name)
		return NULL;
	for (const struct rule_machine *m = rule_machines; *m->name; m++)
		if (!strcasecmp(m->name, name))
			return m;
	return NULL;
}

static const struct arch_info *find_arch(const char *name)
{
	return arch_find_name(name, strlen(name));
}

static const struct arch_info *arch_at(unsigned index)
{
	return index == RULE_NO_ARCH ? NULL : &arches[index];
}

/* The machine itself, as far as -F arch means it. */
static const struct arch_info *machine_arch(const struct rule_machine *m)
{
	return m ? arch_at(m->b64 == RULE_NO_ARCH ? m->b32 : m->b64) : NULL;
}

const struct arch_info *rules_syscall_b64(const char *machine)
{
	const struct rule_machine *m = find_machine(machine);

	return m ? arch_at(m->b64) : NULL;
}

const struct arch_info *rules_syscall_b32(const char *machine)
{
	const struct rule_machine *m = find_machine(machine);

	return m ? arch_at(m->b32) : NULL;
}

const struct arch_info *rules_syscall_machine(const char *machine)
{
	return machine_arch(find_machine(machine));
}

/* "c000003e": as records show it, and auditctl takes it. */
static const struct arch_info *bare_hexadecimal(const char *name)
{
	char text[16];
	uint32_t number;

	text_format(text, sizeof(text), "0x%s", name);
	return rules_words_number(text, false, &number) == RULES_NUMBER ? arch_find(number) : NULL;
}

bool rules_syscall_arch(struct rules_build *b, const char *name, uint32_t *arch)
{
	const struct rule_machine *host = find_machine(b->env->machine);
	const struct arch_info *a = NULL;
	bool b64 = !strcasecmp(name, "b64");
	uint32_t number;

	if (b64 || !strcasecmp(name, "b32")) {
		if (!host)
			return rules_mistake(b,
				"-F arch=%s: what it means on this machine (%s) is not known; name "
				"the architecture",
				name, b->env->machine ? b->env->machine : "no name");
		a = arch_at(b64 ? host->b64 : host->b32);
		if (!a)
			return rules_mistake(b,
				"-F arch=%s: %s has no %s-bit system calls; use arch=%s", name,
				host->name, b64 ? "64" : "32", b64 ? "b32" : "b64");
	} else if (isdigit((unsigned char)*name)) {
		if (rules_words_number(name, false, &number) == RULES_NUMBER)
			a = arch_find(number);
	} else {
		a = machine_arch(find_machine(name));
		if (!a)
			a = find_arch(name);
		if (!a)
			a = bare_hexadecimal(name);
	}
	if (!a)
		return rules_mistake(b,
			"-F arch: " RULES_WORD " is no architecture; use b64, b32, a name such as "
			"aarch64, or an AUDIT_ARCH number",
			name);
	*arch = a->value;
	return true;
}

void rules_syscall_all(struct rules_data *rule)
{
	memset(rule->mask, 0xff, sizeof(rule->mask));
	rule->mask[AUDIT_BITMASK_SIZE - 1] &= ~(((1u << AUDIT_SYSCALL_CLASSES) - 1) << 16);
}

static void set_bit(struct rules_data *rule, uint32_t number)
{
	rule->mask[AUDIT_WORD(number)] |= AUDIT_BIT(number);
}

static bool by_number(struct rules_build *b, const char *text)
{
	uint32_t number;

	if (rules_words_number(text, false, &number) == RULES_NO_NUMBER)
		return rules_mistake(b,
			"-S " RULES_WORD ": neither a number nor the name of a system call; give "
			"them with commas between them",
			text);
	if (rules_words_number(text, false, &number) != RULES_NUMBER || number >= CLASS_BITS_FROM)
		return rules_mistake(b,
			"-S " RULES_WORD ": a rule has room for the system calls 0 to %u", text,
			CLASS_BITS_FROM - 1);
	set_bit(&b->line->rule, number);
	return true;
}

/* Without an architecture, a rule holds for every ABI of the machine, with one number. */
static void check_other_abi(struct rules_build *b, const char *name, size_t len, int number)
{
	const struct rule_machine *host = find_machine(b->env->machine);
	const struct arch_info *other =
		host && host->b64 != RULE_NO_ARCH ? arch_at(host->b32) : NULL;

	if (b->arch || !other || other->abi == ABI_NONE ||
		syscall_number(other->abi, name, len) == number)
		return;
	rules_warning(b,
		"without -F arch the rule means number %d on every ABI, and on %s that is not %s; "
		"put -F arch=b64 or b32 before -S",
		number, other->name, name);
}

/* `name` is `text` in small letters. */
static bool no_syscall(
	struct rules_build *b, const struct arch_info *a, const char *text, const char *name)
{
	struct nearest n = {.meant = name, .len = strlen(text)}, further;
	struct span candidate;

	nearest_try(&n, "all");
	for (uint16_t id = 1; (candidate = syscall_name(id)).at; id++) {
		further = n;
		nearest_try_bytes(&further, candidate.at, candidate.len);
		if (further.best == candidate.at &&
			syscall_number(a->abi, candidate.at, candidate.len) >= 0)
			n = further;
	}
	return rules_mistake_near(b, &n, "give names and numbers with commas between them",
		"-S " RULES_WORD ": there is no such system call on %s", text, a->name);
}

static bool by_name(struct rules_build *b, const char *text)
{
	const struct arch_info *a =
		b->arch ? arch_find(b->arch) : machine_arch(find_machine(b->env->machine));
	char name[64];
	size_t len = strlen(text);
	int number = -1;

	if (!a || a->abi == ABI_NONE)
		return rules_mistake(b,
			"-S " RULES_WORD ": the names of %s's system calls are not known; give "
			"numbers, or -F arch before",
			text, a ? a->name : "this machine");
	if (len < sizeof(name)) {
		for (size_t i = 0; i <= len; i++)
			name[i] = (char)tolower((unsigned char)text[i]);
		number = syscall_number(a->abi, name, len);
	}
	if (number < 0 && len < sizeof(name) && syscall_id_of_name(name, len) != SYSCALL_ID_NONE)
		return rules_mistake(b,
			"-S " RULES_WORD ": %s has no such system call, other architectures have; "
			"leave it out here",
			text, a->name);
	if (number < 0)
		return no_syscall(b, a, text, name);
	if ((uint32_t)number >= CLASS_BITS_FROM)
		return rules_mistake(b,
			"-S " RULES_WORD ": its number on %s is %d, and rules end at %u", text,
			a->name, number, CLASS_BITS_FROM - 1);
	set_bit(&b->line->rule, (uint32_t)number);
	check_other_abi(b, name, len, number);
	return true;
}

static bool uring_operation(struct rules_build *b, const char *text)
{
	const struct rule_word *w = rules_words_find(rule_uring_operations, text);

	if (!strcmp(text, "all")) {
		for (w = rule_uring_operations; w->name; w++)
			set_bit(&b->line->rule, w->number);
		return true;
	}
	if (isdigit((unsigned char)*text))
		return by_number(b, text);
	if (!w)
		return rules_mistake(b,
			"-S " RULES_WORD ": no io_uring operation of that name is audited; openat, "
			"connect and sendmsg are some that are",
			text);
	set_bit(&b->line->rule, w->number);
	return true;
}

static bool one(struct rules_build *b, const char *text)
{
	if (b->list == AUDIT_FILTER_URING_EXIT)
		return uring_operation(b, text);
	if (!strcmp(text, "all")) {
		rules_syscall_all(&b->line->rule);
		return true;
	}
	return isdigit((unsigned char)*text) ? by_number(b, text) : by_name(b, text);
}

bool rules_syscall(struct rules_build *b, const char *list)
{
	char item[81];
	unsigned count = 0;

	for (const char *p = list; *p;) {
		size_t len = strcspn(p, ",");

		if (len >= sizeof(item))
			return rules_mistake(b,
				"-S " RULES_WORD ": there is no such system call; give names and "
				"numbers with commas between them",
				p);
		memcpy(item, p, len);
		item[len] = '\0';
		if (len > 0 && !one(b, item))
			return false;
		count += len > 0;
		p += len + (p[len] == ',');
	}
	if (count == 0)
		return rules_mistake(b,
			"-S " RULES_WORD ": names no system call; give names or numbers, or all",
			list);
	b->has_syscalls = true;
	b->allows_key = true;
	return true;
}
