#include "rules_print.h"

#include <string.h>
#include "rules_build.h"

/* Without the classes, which the kernel has put into the bits before (auditfilter.c). */
#define CALLS (AUDIT_BITMASK_SIZE * 32u - AUDIT_SYSCALL_CLASSES)
/* The last word of a mask with all of them. */
#define LAST_CALLS ((1u << (32 - AUDIT_SYSCALL_CLASSES)) - 1)

static uint32_t field_count(const struct rules_data *rule)
{
	return rule->field_count < AUDIT_MAX_FIELDS ? rule->field_count : AUDIT_MAX_FIELDS;
}

/* ---- numbers and words ------------------------------------------------------------------- */

static void put_signed(struct text *t, uint32_t n)
{
	if (n >> 31)
		text_puts(t, "-");
	text_number(t, n >> 31 ? -n : n);
}

static void put_hexadecimal(struct text *t, uint32_t n)
{
	int shift = 28;

	while (shift > 0 && n >> shift == 0)
		shift -= 4;
	text_puts(t, "0x");
	for (; shift >= 0; shift -= 4)
		text_bytes(t, &"0123456789ABCDEF"[n >> shift & 15], 1);
}

static void put_span(struct text *t, struct span s)
{
	text_bytes(t, s.at, s.len);
}

static void put_word(struct text *t, const struct rule_word *words, uint32_t number)
{
	const char *name = rules_words_name(words, number);

	if (name)
		text_puts(t, name);
	else
		text_number(t, number);
}

/* In quotes where the word would not be read as it is. */
static void put_quoted(struct text *t, struct span s)
{
	bool quote = s.len == 0;

	for (uint32_t i = 0; i < s.len; i++)
		quote |= memchr(" \t\r\"'\\", s.at[i], 6) != NULL;
	if (!quote) {
		put_span(t, s);
		return;
	}
	text_puts(t, "\"");
	for (uint32_t i = 0; i < s.len; i++) {
		if (s.at[i] == '"' || s.at[i] == '\\')
			text_puts(t, "\\");
		text_bytes(t, &s.at[i], 1);
	}
	text_puts(t, "\"");
}

/* ---- architectures ----------------------------------------------------------------------- */

static bool is_arch(const struct arch_info *a, uint32_t value)
{
	return a && a->value == value;
}

/* auditctl 3.0 names the system calls of eight architectures besides the machine's own: all that we
 * have a table of, except mips (8, EM_MIPS) and those that came later. */
static bool auditctl_knows(const struct arch_info *a)
{
	return a && a->abi != ABI_NONE && !a->not_in_auditctl && (a->value & 0xffff) != 8;
}

static bool is_own(const char *machine, uint32_t value)
{
	return is_arch(rules_syscall_b64(machine), value) ||
	       is_arch(rules_syscall_b32(machine), value);
}

static void put_arch(struct text *t, uint32_t value, const char *machine, bool exact)
{
	if (is_own(machine, value) || (!exact && auditctl_knows(arch_find(value))))
		text_puts(t, value & __AUDIT_ARCH_64BIT ? "b64" : "b32");
	else
		put_hexadecimal(t, value);
}

/* The architecture whose names the rule's system calls have. NULL: numbers. */
static const struct arch_info *names_arch(const struct rules_data *rule, const char *machine)
{
	const struct arch_info *a = rules_syscall_machine(machine);

	for (uint32_t i = 0; i < field_count(rule); i++)
		if (rule->fields[i] == AUDIT_ARCH)
			a = arch_find(rule->values[i]);
	return a && (is_own(machine, a->value) || auditctl_knows(a)) ? a : NULL;
}

/* ---- system calls ------------------------------------------------------------------------ */

bool rules_print_has_calls(const struct rules_data *rule)
{
	return rule->flags == AUDIT_FILTER_EXIT || rule->flags == AUDIT_FILTER_URING_EXIT;
}

/* As auditctl: the last word does not matter. */
bool rules_print_all_calls(const struct rules_data *rule)
{
	for (unsigned i = 0; i < AUDIT_BITMASK_SIZE - 1; i++)
		if (rule->mask[i] != UINT32_MAX)
			return false;
	return true;
}

int rules_print_next_call(const struct rules_data *rule, unsigned number)
{
	for (; number < CALLS; number++)
		if (rule->mask[AUDIT_WORD(number)] & AUDIT_BIT(number))
			return (int)number;
	return -1;
}

static void put_call(struct text *t, bool uring, const struct arch_info *a, unsigned number)
{
	struct span name = a ? syscall_name(syscall_id(a->abi, number)) : SPAN_NONE;

	if (uring)
		put_word(t, rule_uring_operations, number);
	else if (name.len)
		put_span(t, name);
	else
		text_number(t, number);
}

void rules_print_call(
	struct text *t, const struct rules_data *rule, unsigned number, const char *machine)
{
	put_call(t, rule->flags == AUDIT_FILTER_URING_EXIT, names_arch(rule, machine), number);
}

static void put_calls(
	struct text *t, const struct rules_data *rule, const char *machine, bool exact)
{
	bool uring = rule->flags == AUDIT_FILTER_URING_EXIT;
	const struct arch_info *a = names_arch(rule, machine);
	const char *before = " -S ";

	if (!rules_print_has_calls(rule))
		return;
	if (rules_print_all_calls(rule) &&
		(!exact || rule->mask[AUDIT_BITMASK_SIZE - 1] == LAST_CALLS)) {
		/* There, "-S all" means the operations that have a name; without -S it is all. */
		text_puts(t, uring ? "" : " -S all");
		return;
	}
	for (int n = rules_print_next_call(rule, 0); n >= 0;
		n = rules_print_next_call(rule, (unsigned)n + 1)) {
		text_puts(t, before);
		put_call(t, uring, a, (unsigned)n);
		before = ",";
	}
}

/* ---- fields ------------------------------------------------------------------------------ */

/* The text that is the value of field number i; the texts lie one behind the other. */
static struct span text_of(const struct rules_data *rule, uint32_t i)
{
	size_t left = rule->buflen < sizeof(rule->buf) ? rule->buflen : sizeof(rule->buf);
	const char *at = rule->buf;

	for (uint32_t k = 0; k <= i; k++) {
		size_t n = rule->values[k] < left ? rule->values[k] : left;

		if (!rules_field_is_text(rule->fields[k]))
			continue;
		if (k == i)
			return (struct span){at, (uint32_t)strnlen(at, n)};
		at += n;
		left -= n;
	}
	return SPAN_NONE;
}

static const struct rule_comparison *comparison(const struct rules_data *rule, uint32_t i)
{
	const struct rule_comparison *c = rule_comparisons;

	if (rule->fields[i] != AUDIT_FIELD_COMPARE)
		return NULL;
	while (c->number && c->number != rule->values[i])
		c++;
	return c->number ? c : NULL;
}

static void put_permissions(struct text *t, uint32_t bits)
{
	static const char letters[] = RULES_PERM_LETTERS;
	static const uint32_t order[] = {
		AUDIT_PERM_READ, AUDIT_PERM_WRITE, AUDIT_PERM_EXEC, AUDIT_PERM_ATTR};

	for (unsigned i = 0; i < 4; i++)
		if (bits & order[i])
			text_bytes(t, &letters[__builtin_ctz(order[i])], 1);
}

static void put_number(struct text *t, uint32_t number, bool exact)
{
	if (exact)
		text_number(t, number);
	else
		put_signed(t, number);
}

static void put_value(
	struct text *t, const struct rules_data *rule, uint32_t i, const char *machine, bool exact)
{
	const struct rule_field *f = rules_field_of_number(rule->fields[i]);
	const struct rule_comparison *c = comparison(rule, i);
	uint32_t n = rule->values[i];
	struct span name = SPAN_NONE;

	switch (f ? (enum rule_value)f->value : RULE_VALUE_NUMBER) {
	case RULE_VALUE_ARGUMENT:
		put_hexadecimal(t, n);
		return;
	case RULE_VALUE_ARCH:
		put_arch(t, n, machine, exact);
		return;
	case RULE_VALUE_PERM:
		put_permissions(t, n);
		return;
	case RULE_VALUE_FSTYPE:
		put_word(t, rule_fstypes, n);
		return;
	case RULE_VALUE_INODE:
		text_number(t, n);
		return;
	case RULE_VALUE_COMPARISON:
		if (c)
			text_puts(t, rules_field_of_number(c->with)->name);
		else
			text_number(t, n);
		return;
	case RULE_VALUE_EXIT:
		name = n >> 31 ? errno_name(machine_numbering(machine), -n) : SPAN_NONE;
		text_puts(t, name.len ? "-" : "");
		exact = false; /* it is signed */
		break;
	case RULE_VALUE_MSGTYPE:
		name = n <= UINT16_MAX ? record_type_name((uint16_t)n) : SPAN_NONE;
		break;
	case RULE_VALUE_FILETYPE: /* auditctl has names and does not print them */
		if (exact && rules_words_name(rule_filetypes, n))
			name = span_of(rules_words_name(rule_filetypes, n));
		break;
	default:
		break;
	}
	if (name.len)
		put_span(t, name);
	else
		put_number(t, n, exact);
}

void rules_print_list(struct text *t, const struct rules_data *rule)
{
	put_word(t, rules_lists, rule->flags);
}

void rules_print_action(struct text *t, const struct rules_data *rule)
{
	put_word(t, rules_actions, rule->action);
}

void rules_print_name(struct text *t, const struct rules_data *rule, uint32_t i)
{
	const struct rule_field *f = rules_field_of_number(rule->fields[i]);
	const struct rule_comparison *c = comparison(rule, i);

	if (c)
		f = rules_field_of_number(c->field);
	if (f) {
		text_puts(t, f->name);
	} else {
		text_puts(t, "f");
		put_signed(t, rule->fields[i]);
	}
}

void rules_print_operator(struct text *t, const struct rules_data *rule, uint32_t i)
{
	const struct rules_operator *op = rules_operators;

	while (op->text && op->number != (rule->fieldflags[i] & AUDIT_OPERATORS))
		op++;
	if (op->text)
		text_puts(t, op->text);
	else
		put_hexadecimal(t, rule->fieldflags[i]);
}

void rules_print_value(
	struct text *t, const struct rules_data *rule, uint32_t i, const char *machine)
{
	if (rules_field_is_text(rule->fields[i]))
		put_span(t, text_of(rule, i));
	else
		put_value(t, rule, i, machine, true);
}

/* ---- rules ------------------------------------------------------------------------------- */

struct printer {
	struct text *t;
	const struct rules_data *rule;
	const char *machine;
	bool exact;
	bool watch;
};

/* " -k one -k two"; each key an option of its own. */
static void put_keys(const struct printer *p, struct span keys)
{
	while (keys.len > 0) {
		const char *end = memchr(keys.at, RULES_KEY_SEPARATOR, keys.len);
		uint32_t n = end ? (uint32_t)(end - keys.at) : keys.len;

		if (n > 0) {
			text_puts(p->t, p->watch ? " -k " : " -F key=");
			(p->exact ? put_quoted : put_span)(p->t, (struct span){keys.at, n});
		}
		n += end != NULL;
		keys = (struct span){keys.at + n, keys.len - n};
	}
}

static void put_field(const struct printer *p, uint32_t i)
{
	const struct rules_data *rule = p->rule;
	bool known = rules_field_of_number(rule->fields[i]) != NULL;

	if (rule->fields[i] == AUDIT_FILTERKEY) {
		put_keys(p, text_of(rule, i));
		return;
	}
	if (rule->fields[i] == AUDIT_FIELD_COMPARE && p->exact &&
		rule->flags != AUDIT_FILTER_EXIT) {
		text_puts(p->t, " -F field_compare"); /* -C is for the exit list */
		rules_print_operator(p->t, rule, i);
		text_number(p->t, rule->values[i]);
		return;
	}
	text_puts(p->t, !known ? " " : comparison(rule, i) ? " -C " : " -F ");
	rules_print_name(p->t, rule, i);
	rules_print_operator(p->t, rule, i);
	if (rules_field_is_text(rule->fields[i]))
		(p->exact ? put_quoted : put_span)(p->t, text_of(rule, i));
	else
		put_value(p->t, rule, i, p->machine, p->exact);
}

/* As auditctl decides, but a watch must also be an `always` rule with the path first. */
static bool is_watch(const struct rules_data *rule)
{
	bool perm = false;

	if (rule->flags != AUDIT_FILTER_EXIT || rule->action != AUDIT_ALWAYS ||
		!rules_print_all_calls(rule) || field_count(rule) == 0)
		return false;
	for (uint32_t i = 0; i < field_count(rule); i++) {
		bool path = rule->fields[i] == AUDIT_WATCH || rule->fields[i] == AUDIT_DIR;

		perm |= rule->fields[i] == AUDIT_PERM;
		if (path != (i == 0) || (!path && rule->fields[i] != AUDIT_PERM &&
						rule->fields[i] != AUDIT_FILTERKEY))
			return false;
	}
	return perm;
}

static void put_watch(const struct printer *p)
{
	text_puts(p->t, "-w ");
	put_span(p->t, text_of(p->rule, 0));
	for (uint32_t i = 1; i < field_count(p->rule); i++) {
		if (p->rule->fields[i] == AUDIT_FILTERKEY) {
			put_keys(p, text_of(p->rule, i));
			continue;
		}
		text_puts(p->t, " -p ");
		put_permissions(p->t, p->rule->values[i]);
	}
}

/* auditctl's order is architecture, calls, other fields. With `exact` the fields keep their order,
 * for the same bytes, and the calls come right after the architecture. */
static void put_rule(const struct printer *p)
{
	const struct rules_data *rule = p->rule;
	uint32_t behind_arch = 0;

	text_puts(p->t, "-a ");
	rules_print_action(p->t, rule);
	text_puts(p->t, ",");
	rules_print_list(p->t, rule);
	for (uint32_t i = 0; i < field_count(rule); i++)
		if (rule->fields[i] == AUDIT_ARCH)
			behind_arch = i + 1;
	for (uint32_t i = 0; i < behind_arch; i++)
		if (p->exact || rule->fields[i] == AUDIT_ARCH)
			put_field(p, i);
	put_calls(p->t, rule, p->machine, p->exact);
	for (uint32_t i = p->exact ? behind_arch : 0; i < field_count(rule); i++)
		if (p->exact || rule->fields[i] != AUDIT_ARCH)
			put_field(p, i);
}

void rules_print(
	struct text *t, const struct rules_data *rule, const char *machine, enum rules_form form)
{
	const struct printer p = {
		.t = t,
		.rule = rule,
		.machine = machine,
		.exact = form == RULES_EXACT,
		.watch = form == RULES_AUDITCTL && is_watch(rule),
	};

	(p.watch ? put_watch : put_rule)(&p);
}

void rules_print_hex(struct text *t, const struct rules_data *rule)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *bytes = (const void *)rule;
	size_t len = rules_size(rule) < sizeof(*rule) ? rules_size(rule) : sizeof(*rule);
	char part[512];

	for (size_t i = 0; i < len; i += sizeof(part) / 2) {
		size_t n = 0;

		for (; n < sizeof(part) / 2 && i + n < len; n++) {
			part[2 * n] = digits[bytes[i + n] >> 4];
			part[2 * n + 1] = digits[bytes[i + n] & 15];
		}
		text_bytes(t, part, 2 * n);
	}
}
