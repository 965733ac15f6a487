#include "rules_lineage.h"

#include <sched.h>
#include <string.h>
#include "rules_build.h"
#include "rules_explain.h"
#include "rules_print.h"
#include "text.h"

/* The mask ends with the kernel's classes. */
#define CALLS_END (AUDIT_BITMASK_SIZE * 32 - AUDIT_SYSCALL_CLASSES)

/* All that is needed of a process. The last one never returns, so there is no success to ask for.
 */
static const char calls[] = "execve\0execveat\0fork\0vfork\0clone\0clone3\0setsid\0setpgid\0"
			    "exit_group\0";

/* Its number in rules, -1: it has none there. */
static int number_of(const struct arch_info *a, const char *call)
{
	const int number = a ? syscall_number(a->abi, call, strlen(call)) : -1;

	return number < (int)CALLS_END ? number : -1;
}

static bool is_exit(const char *call)
{
	return strcmp(call, "exit_group") == 0;
}

/* Which of clone's arguments has the flags: CONFIG_CLONE_BACKWARDS2. */
static uint32_t flags_argument(const struct arch_info *a)
{
	return a->abi == ABI_S390 || a->abi == ABI_S390X ? AUDIT_ARG1 : AUDIT_ARG0;
}

/* ---- our rules --------------------------------------------------------------------------- */

static void put_rule(struct text *t, const char *action, const char *arch, const char *of_call)
{
	text_puts(t, "-a ");
	text_puts(t, action);
	text_puts(t, ",exit -F arch=");
	text_puts(t, arch);
	text_puts(t, " -S ");
	text_puts(t, of_call);
}

static void put_arch(struct text *t, const struct arch_info *a, const char *arch)
{
	static const char key[] = " -k " LINEAGE_KEY "\n";
	const char *before = "";

	if (number_of(a, "execve") < 0)
		return;
	put_rule(t, "never", arch, "clone -F ");
	text_puts(t, flags_argument(a) == AUDIT_ARG1 ? "a1" : "a0");
	text_puts(t, "&0x10000");
	text_puts(t, key);
	put_rule(t, "always", arch, "");
	for (const char *call = calls; !is_exit(call); call += strlen(call) + 1) {
		if (number_of(a, call) < 0)
			continue;
		text_puts(t, before);
		text_puts(t, call);
		before = ",";
	}
	text_puts(t, " -F success=1");
	text_puts(t, key);
	put_rule(t, "always", arch, "exit_group");
	text_puts(t, key);
}

_Static_assert(CLONE_THREAD == 0x10000, "the rule above says so");

void rules_lineage_text(const char *machine, char *text)
{
	struct text t;

	text_init(&t, text, LIMIT_LINEAGE_RULES_BYTES);
	put_arch(&t, rules_syscall_b64(machine), "b64");
	put_arch(&t, rules_syscall_b32(machine), "b32");
}

unsigned rules_lineage_count(const struct rules_list *rules)
{
	const unsigned end = rules_list_first(rules, AUDIT_FILTER_EXIT + 1);
	unsigned i = end;
	size_t len;

	while (i > 0 && rules_explain_has_key(rules_list_rule(rules, i - 1, &len), LINEAGE_KEY))
		i--;
	return end - i;
}

/* ---- rules that take calls from them ------------------------------------------------------ */

enum taken {
	TAKEN_NOT,
	TAKEN_PARTLY,
	TAKEN_ALL
};

static bool is_exec(const char *call)
{
	return strncmp(call, "execve", 6) == 0;
}

/* kernel/auditsc.c, audit_filter_rules(): of exit_group there is no result yet. */
static bool has_success(const char *call, uint32_t op, uint32_t value)
{
	const int is = is_exit(call) ? 0 : 1, wanted = value ? 1 : 2;

	return (is == wanted) == (op == AUDIT_EQUAL);
}

static bool is_of_threads(const struct arch_info *a, const struct rules_data *rule, uint32_t i)
{
	const uint32_t value = rule->values[i];

	return rule->fields[i] == flags_argument(a) &&
	       ((rule->fieldflags[i] == AUDIT_BIT_MASK && value == CLONE_THREAD) ||
		       (rule->fieldflags[i] == AUDIT_BIT_TEST && value & CLONE_THREAD));
}

/* What field i lets the rule match of those calls of ours that have its number. */
static enum taken field_takes(
	const struct arch_info *a, const char *call, const struct rules_data *rule, uint32_t i)
{
	const uint32_t op = rule->fieldflags[i], value = rule->values[i];

	switch (rule->fields[i]) {
	case AUDIT_FILTERKEY:
		return TAKEN_ALL;
	case AUDIT_ARCH:
		return (value == a->value) == (op == AUDIT_EQUAL) ? TAKEN_ALL : TAKEN_NOT;
	case AUDIT_SUCCESS:
		return has_success(call, op, value) ? TAKEN_ALL : TAKEN_NOT;
	case AUDIT_PERM:
		return is_exec(call) && value & AUDIT_PERM_EXEC ? TAKEN_ALL : TAKEN_NOT;
	/* Only these calls have a file. */
	case AUDIT_WATCH:
	case AUDIT_DIR:
	case AUDIT_INODE:
	case AUDIT_DEVMAJOR:
	case AUDIT_DEVMINOR:
	case AUDIT_FILETYPE:
	case AUDIT_OBJ_UID:
	case AUDIT_OBJ_GID:
		return is_exec(call) ? TAKEN_PARTLY : TAKEN_NOT;
	default:
		return strcmp(call, "clone") == 0 && is_of_threads(a, rule, i) ? TAKEN_NOT
									       : TAKEN_PARTLY;
	}
}

static enum taken takes(const struct arch_info *a, const char *call, const struct rules_data *rule)
{
	const int number = number_of(a, call);
	enum taken all = TAKEN_ALL;

	if (number < 0 || !(rule->mask[AUDIT_WORD(number)] & AUDIT_BIT(number)))
		return TAKEN_NOT;
	for (uint32_t i = 0; i < rule->field_count; i++) {
		const enum taken one = field_takes(a, call, rule, i);

		all = one < all ? one : all;
	}
	return all;
}

static void put_calls(struct text *t, const char *machine, const struct rules_data *rule)
{
	const struct arch_info *of[] = {rules_syscall_b64(machine), rules_syscall_b32(machine)};

	for (enum taken which = TAKEN_ALL; which > TAKEN_NOT; which--) {
		const char *before = which == TAKEN_ALL ? ""
				     : t->used > 0	? ", partly "
							: "partly ";

		for (const char *call = calls; *call; call += strlen(call) + 1) {
			const enum taken one = takes(of[0], call, rule);
			const enum taken other = takes(of[1], call, rule);

			if ((one > other ? one : other) != which)
				continue;
			text_puts(t, before);
			text_puts(t, call);
			before = ", ";
		}
	}
}

/* One rule more, unless it takes nothing. Returns false if it takes some, but has no room. */
static bool put_hiding(struct rules_loader *l, struct text *all, const struct rules_data *rule)
{
	const char *machine = l->files.environment->machine;
	char line[160 + LIMIT_LINEAGE_RULE_SHOWN];
	struct text t, whole;

	text_init(&t, line, sizeof(line));
	if (rule->flags == AUDIT_FILTER_TASK) /* no call of such a process: audit_alloc() */
		text_puts(&t, rule->field_count > 0 ? "partly all calls" : "all calls");
	else if (rule->flags == AUDIT_FILTER_EXIT)
		put_calls(&t, machine, rule);
	if (t.used == 0)
		return true;
	text_puts(&t, ": ");
	text_init(&whole, l->compare.text, sizeof(l->compare.text));
	rules_print(&whole, rule, machine, RULES_AUDITCTL);
	text_shown(&t, whole.at, whole.used, LIMIT_LINEAGE_RULE_SHOWN);
	if (all->used + t.used + sizeof("; ; 2048 more") > all->size)
		return false;
	text_puts(all, all->used > 0 ? "; " : "");
	text_bytes(all, t.at, t.used);
	return true;
}

/* Returns how many had no room. */
static unsigned put_list(struct rules_loader *l, struct text *all, const struct rules_list *rules)
{
	unsigned more = 0;
	size_t len;

	for (unsigned i = 0; i < rules->count; i++) {
		const struct rules_data *rule = rules_list_rule(rules, i, &len);
		const bool is_self =
			l->self_pid && rules_list_is(rules, i, &l->self, rules_size(&l->self));

		if (rule->action == AUDIT_NEVER && !is_self)
			more += !put_hiding(l, all, rule);
	}
	return more;
}

void rules_lineage_look(struct rules_loader *l, const struct rules_list *rules)
{
	struct text all;
	unsigned more;

	text_init(&all, l->lineage_hidden, sizeof(l->lineage_hidden));
	if (!l->has_lineage)
		return;
	more = put_list(l, &all, rules) + put_list(l, &all, &l->waiting);
	if (more == 0)
		return;
	text_puts(&all, "; ");
	text_number(&all, more);
	text_puts(&all, " more");
}

void rules_lineage_print(struct rules_loader *l)
{
	l->files.number = 0;
	l->files.file = "lineage.rules";
	if (*l->lineage_hidden)
		rules_files_print(
			&l->files, "these rules keep calls from it: %s", l->lineage_hidden);
}
