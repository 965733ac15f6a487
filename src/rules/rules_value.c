#include "rules_build.h"

#include <ctype.h>
#include <linux/limits.h>
#include <string.h>
#include <strings.h>
#include "text.h"

/* As of 6.x (include/linux/socket.h). The kernel refuses more (audit_field_valid()). */
#define FAMILIES 46u
/* For suggestions: errnos end before ERRNOS (asm-generic); these record types have names. */
#define ERRNOS	   134u
#define FIRST_TYPE 1000u
#define LAST_TYPE  2999u

/* A number, or a mistake that says what the field takes. */
static bool number(struct rules_build *b, const struct rule_field *f, bool negative,
	const char *text, const char *takes, uint32_t *value)
{
	switch (rules_words_number(text, negative, value)) {
	case RULES_NUMBER:
		return true;
	case RULES_NUMBER_TOO_LARGE:
		return rules_mistake(b,
			"-F %s: " RULES_WORD " does not fit into 32 bits; %s takes %s", f->name,
			text, f->name, takes);
	default:
		return rules_mistake(b, "-F %s: " RULES_WORD " is no number; %s takes %s", f->name,
			text, f->name, takes);
	}
}

static bool user_or_group(struct rules_build *b, const struct rule_field *f, uint32_t op,
	const char *text, uint32_t *value)
{
	bool group = f->value == RULE_VALUE_GID;
	bool (*find)(void *, const char *, uint32_t *) =
		group ? b->env->find_group : b->env->find_user;
	const char *what = group ? "group" : "user";

	switch (rules_words_number(text, !group, value)) {
	case RULES_NUMBER_TOO_LARGE:
		return rules_mistake(b,
			"-F %s: " RULES_WORD " does not fit into 32 bits; %s takes a %s's number "
			"or name",
			f->name, text, f->name, what);
	case RULES_NO_NUMBER:
		if (!group && !strcmp(text, "unset"))
			*value = UINT32_MAX;
		else if (!find || !find(b->env->arg, text, value))
			return rules_mistake(b,
				"-F %s: there is no %s " RULES_WORD "; give a %s that exists, %s",
				f->name, what, text, what,
				f->value == RULE_VALUE_AUID ? "its number, or unset"
							    : "or its number");
		break;
	case RULES_NUMBER:
		break;
	}
	if (*value != UINT32_MAX)
		return true;
	/* kernel/auditfilter.c audit_data_to_entry(): an unset auid is a field of its own, which
	 * knows = and != only; for any other id it is no valid number. */
	if (f->value != RULE_VALUE_AUID)
		return rules_mistake(b,
			"-F %s: " RULES_WORD " is no %s's id; only auid and sessionid can "
			"be unset",
			f->name, text, what);
	if (op != AUDIT_EQUAL && op != AUDIT_NOT_EQUAL)
		return rules_mistake(b,
			"-F %s: " RULES_WORD " means that none is set; use = or != with it",
			f->name, text);
	return true;
}

/* The tables have names in one case; rules may be written in any. */
static size_t fold(char *buf, size_t size, const char *text, int (*to)(int))
{
	size_t n = 0;

	while (n + 1 < size && text[n]) {
		buf[n] = (char)to((unsigned char)text[n]);
		n++;
	}
	buf[n] = '\0';
	return text[n] ? 0 : n;
}

static bool exit_code(
	struct rules_build *b, const struct rule_field *f, const char *text, uint32_t *value)
{
	bool minus = *text == '-';
	struct nearest near;
	char name[32];
	size_t len;
	int n;

	if (isdigit((unsigned char)text[minus]))
		return number(
			b, f, true, text, "-2147483648 to 4294967295 or an errno's name", value);
	len = fold(name, sizeof(name), text + minus, toupper);
	n = len ? errno_number(machine_numbering(b->env->machine), name, len) : -1;
	if (n <= 0) {
		near = (struct nearest){.meant = name, .len = len};
		for (unsigned i = 1; i < ERRNOS; i++)
			nearest_try_bytes(&near, errno_name(NUMBERING_GENERIC, i).at,
				errno_name(NUMBERING_GENERIC, i).len);
		return rules_mistake_near(b, &near,
			"a failed call exits with the negative of one, as in exit=-EACCES",
			"-F exit: " RULES_WORD " is no errno", text);
	}
	*value = minus ? -(uint32_t)n : (uint32_t)n;
	return true;
}

static bool message_type(
	struct rules_build *b, const struct rule_field *f, const char *text, uint32_t *value)
{
	struct nearest near;
	char name[64];
	size_t len;
	int n;

	if (isdigit((unsigned char)*text))
		return number(b, f, false, text, "a record type's number or name", value);
	len = fold(name, sizeof(name), text, toupper);
	n = len ? record_type_number(name, len) : -1;
	if (n <= 0) {
		near = (struct nearest){.meant = name, .len = len};
		for (uint16_t type = FIRST_TYPE; type <= LAST_TYPE; type++)
			nearest_try_bytes(
				&near, record_type_name(type).at, record_type_name(type).len);
		return rules_mistake_near(b, &near,
			"give a name such as CWD or USER_LOGIN, or its number",
			"-F msgtype: " RULES_WORD " is no record type", text);
	}
	*value = (uint32_t)n;
	return true;
}

static bool from_words(struct rules_build *b, const struct rule_field *f,
	const struct rule_word *words, const char *takes, const char *text, uint32_t *value)
{
	const struct rule_word *w = rules_words_find(words, text);

	if (!w)
		return rules_mistake(b, "-F %s: " RULES_WORD " is unknown; %s takes %s", f->name,
			text, f->name, takes);
	*value = w->number;
	return true;
}

bool rules_value_perm(struct rules_build *b, const char *text, uint32_t *perm)
{
	static const char letters[] = RULES_PERM_LETTERS;

	*perm = 0;
	for (const char *p = text; *p; p++) {
		const char *letter = strchr(letters, tolower((unsigned char)*p));

		if (!letter || p - text >= 4)
			return rules_mistake(b,
				"permissions " RULES_WORD ": give up to four letters of r (read), "
				"w (write), x (execute), a (change of attributes)",
				text);
		*perm |= 1u << (letter - letters);
	}
	if (*perm == 0)
		return rules_mistake(b, "-p \"\": no permissions; give letters of r (read), w "
					"(write), x (execute), "
					"a (change of attributes)");
	return true;
}

static bool architecture(struct rules_build *b, const char *text, uint32_t *value)
{
	if (b->has_syscalls)
		return rules_mistake(b,
			"-F arch=%.80s stands behind -S; put it before, the numbers of "
			"system calls depend on it",
			text);
	if (!rules_syscall_arch(b, text, value))
		return false;
	b->arch = *value;
	return true;
}

static bool family(
	struct rules_build *b, const struct rule_field *f, const char *text, uint32_t *value)
{
	if (!number(b, f, false, text, "the number of an address family: 1 unix, 2 inet, 10 inet6",
		    value))
		return false;
	if (*value >= FAMILIES)
		return rules_mistake(b,
			"-F saddr_fam: there is no address family " RULES_WORD
			"; give a number below %u",
			text, FAMILIES);
	return true;
}

static bool comparison(
	struct rules_build *b, const struct rule_field *f, const char *text, uint32_t *value)
{
	if (!number(b, f, false, text, "AUDIT_COMPARE_* as a number; -C takes names", value))
		return false;
	if (*value < 1 || *value > AUDIT_MAX_FIELD_COMPARE)
		return rules_mistake(b,
			"-F field_compare: there is no comparison " RULES_WORD
			"; give 1 to %d, or use -C with names",
			text, AUDIT_MAX_FIELD_COMPARE);
	return true;
}

bool rules_value(struct rules_build *b, const struct rule_field *f, uint32_t op, const char *text,
	uint32_t *value)
{
	switch ((enum rule_value)f->value) {
	case RULE_VALUE_UID:
	case RULE_VALUE_AUID:
	case RULE_VALUE_GID:
		return user_or_group(b, f, op, text, value);
	case RULE_VALUE_EXIT:
		return exit_code(b, f, text, value);
	case RULE_VALUE_MSGTYPE:
		return message_type(b, f, text, value);
	case RULE_VALUE_ARGUMENT:
		return number(b, f, true, text, "-2147483648 to 4294967295", value);
	case RULE_VALUE_SESSION:
		if (strcmp(text, "unset") != 0)
			return number(b, f, true, text, "0 to 4294967295 or unset", value);
		*value = UINT32_MAX;
		return true;
	case RULE_VALUE_ARCH:
		return architecture(b, text, value);
	case RULE_VALUE_PERM:
		return rules_value_perm(b, text, value);
	case RULE_VALUE_FILETYPE:
		return from_words(b, f, rule_filetypes,
			"file, dir, socket, link, character, block or fifo", text, value);
	case RULE_VALUE_FSTYPE:
		if (isdigit((unsigned char)*text))
			return number(b, f, false, text, "a magic number or a name", value);
		return from_words(b, f, rule_fstypes,
			"tracefs, debugfs, cgroup, cgroup2 or a magic number", text, value);
	case RULE_VALUE_FAMILY:
		return family(b, f, text, value);
	case RULE_VALUE_COMPARISON:
		return comparison(b, f, text, value);
	default:
		return number(b, f, false, text,
			f->number == AUDIT_SUCCESS ? "1 for yes or 0 for no" : "0 to 4294967295",
			value);
	}
}

bool rules_value_path(struct rules_build *b, enum rule_value kind, const char *path)
{
	size_t len = strlen(path);
	const char *name = strrchr(path, '/');

	if (*path != '/')
		return rules_mistake(
			b, "the path " RULES_WORD " is relative; it must start with /", path);
	if (len >= PATH_MAX || strlen(name + 1) > NAME_MAX)
		return rules_mistake(b,
			"the path " RULES_WORD " is too long; the kernel takes %d bytes, and "
			"%d in the last name",
			path, PATH_MAX - 1, NAME_MAX);
	/* kernel/audit_watch.c audit_to_watch(), kernel/audit_fsnotify.c audit_alloc_mark() */
	if (kind != RULE_VALUE_DIR && path[len - 1] == '/' && len > 1)
		return rules_mistake(b,
			"the path " RULES_WORD " ends in /; leave that out, or watch all below "
			"it with dir=",
			path);
	if (text_find(path, len, "/../") || (len >= 3 && !strcmp(path + len - 3, "/..")))
		rules_warning(
			b, "the path " RULES_WORD " holds \"..\", which records never show", path);
	else if (strchr(path, '*') || strchr(path, '?'))
		rules_warning(b,
			"the path " RULES_WORD " is taken as it is: rules have no wildcards", path);
	return true;
}
