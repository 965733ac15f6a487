#include "rules_build.h"

#include <ctype.h>
#include <linux/limits.h>
#include <string.h>
#include <strings.h>

const struct rules_operator rules_operators[] = {
	{"!=", AUDIT_NOT_EQUAL},
	{">=", AUDIT_GREATER_THAN_OR_EQUAL},
	{"<=", AUDIT_LESS_THAN_OR_EQUAL},
	{"&=", AUDIT_BIT_TEST},
	{"=", AUDIT_EQUAL},
	{">", AUDIT_GREATER_THAN},
	{"<", AUDIT_LESS_THAN},
	{"&", AUDIT_BIT_MASK},
	{NULL, 0},
};

const struct rule_field *rules_field_of_number(uint32_t number)
{
	for (const struct rule_field *f = rule_fields; *f->name; f++)
		if (f->number == number)
			return f;
	return NULL;
}

bool rules_field_is_text(uint32_t number)
{
	const struct rule_field *f = rules_field_of_number(number);

	return f && f->value >= RULE_VALUE_STRING;
}

static size_t name_length(const char *text)
{
	size_t len = 0;

	while (isalnum((unsigned char)text[len]) || text[len] == '_')
		len++;
	return len;
}

static const struct rule_field *find(const char *name, size_t len)
{
	int first = tolower((unsigned char)*name);

	for (const struct rule_field *f = rule_fields; *f->name; f++)
		if (*f->name == first && !strncasecmp(f->name, name, len) && !f->name[len])
			return f;
	return NULL;
}

static bool is_id(const struct rule_field *f)
{
	return f->value == RULE_VALUE_UID || f->value == RULE_VALUE_AUID ||
	       f->value == RULE_VALUE_GID;
}

static void find_nearest(struct nearest *n, const char *name, size_t len, bool ids_only)
{
	*n = (struct nearest){.meant = name, .len = len};
	for (const struct rule_field *f = rule_fields; *f->name; f++)
		if ((is_id(f) || !ids_only) && f->number != AUDIT_PERS) /* perm is meant */
			nearest_try(n, f->name);
}

#define LISTS_ALL                                                                                  \
	(RULE_LIST(AUDIT_FILTER_USER) | RULE_LIST(AUDIT_FILTER_TASK) |                             \
		RULE_LIST(AUDIT_FILTER_EXIT) | RULE_LIST(AUDIT_FILTER_URING_EXIT))

/* The lists of a set, for a message. */
static const char *list_names(unsigned lists)
{
	switch (lists) {
	case RULE_LIST(AUDIT_FILTER_EXIT):
		return "the exit list";
	case RULE_LIST(AUDIT_FILTER_FS):
		return "the filesystem list";
	case RULE_LIST(AUDIT_FILTER_USER) | RULE_LIST(AUDIT_FILTER_EXCLUDE):
		return "the user and exclude lists";
	case RULE_LIST(AUDIT_FILTER_USER) | RULE_LIST(AUDIT_FILTER_EXIT):
		return "the user and exit lists";
	case LISTS_ALL:
		return "the exit, task, user and io_uring lists";
	case LISTS_ALL | RULE_LIST(AUDIT_FILTER_FS):
		return "all lists but exclude";
	default:
		return "all lists but filesystem";
	}
}

static bool check_operator(
	struct rules_build *b, const struct rule_field *f, const struct rules_operator *o)
{
	uint32_t op = o->number;
	bool is = op == AUDIT_EQUAL || op == AUDIT_NOT_EQUAL;

	switch ((enum rule_operators)f->operators) {
	case RULE_OPERATORS_EQUAL:
		return op == AUDIT_EQUAL ||
		       rules_mistake(b, "-F %s%s: %s takes only the operator =", f->name, o->text,
			       f->name);
	case RULE_OPERATORS_IS:
		return is ||
		       rules_mistake(b, "-F %s%s: %s takes only the operators = and !=", f->name,
			       o->text, f->name);
	case RULE_OPERATORS_ORDER:
		return (op != AUDIT_BIT_MASK && op != AUDIT_BIT_TEST) ||
		       rules_mistake(b,
			       "-F %s%s: & and &= are possible with a0 to a3, pers and devminor "
			       "only; use = != < > <= >=",
			       f->name, o->text);
	case RULE_OPERATORS_ALL:
		break;
	}
	return true;
}

static const char *field_name(uint32_t number)
{
	if (number == AUDIT_FILTERKEY)
		return "-k";
	if (number == AUDIT_FIELD_COMPARE)
		return "-C";
	return rules_field_of_number(number)->name;
}

bool rules_field_add(struct rules_build *b, uint32_t field, uint32_t op, uint32_t value)
{
	struct rules_data *r = &b->line->rule;

	if (r->field_count >= AUDIT_MAX_FIELDS)
		return rules_mistake(b,
			"%s is one field too many; a rule has at most %d fields, make two rules",
			field_name(field), AUDIT_MAX_FIELDS);
	r->fields[r->field_count] = field;
	r->fieldflags[r->field_count] = op;
	r->values[r->field_count] = value;
	r->field_count++;
	return true;
}

bool rules_field_add_text(struct rules_build *b, uint32_t field, uint32_t op, const char *text)
{
	struct rules_data *r = &b->line->rule;
	size_t len = strlen(text);

	if (len > PATH_MAX) /* audit_unpack_string() */
		return rules_mistake(b,
			"the value " RULES_WORD " has %zu bytes; the kernel takes %d", text, len,
			PATH_MAX);
	if (len > sizeof(r->buf) - r->buflen)
		return rules_mistake(b,
			"with the value " RULES_WORD
			" the rule's texts have more than %zu bytes together; make two rules",
			text, sizeof(r->buf));
	if (!rules_field_add(b, field, op, (uint32_t)len))
		return false;
	memcpy(r->buf + r->buflen, text, len);
	r->buflen += (uint32_t)len;
	return true;
}

bool rules_field_key(struct rules_build *b, const char *key)
{
	size_t len = strlen(key), separator = b->key_len > 0;

	if (len == 0)
		return rules_mistake(
			b, "-k \"\": the key is empty; give it a name, or leave it out");
	if (strchr(key, RULES_KEY_SEPARATOR))
		return rules_mistake(b,
			"the key " RULES_WORD " holds the byte 0x01, which separates keys; leave "
			"it out",
			key);
	if (b->key_len + separator + len > AUDIT_MAX_KEY_LEN)
		return rules_mistake(b,
			"the key " RULES_WORD " is too long; all keys of a rule together may have "
			"%d bytes",
			key, AUDIT_MAX_KEY_LEN);
	if (separator)
		b->key[b->key_len++] = RULES_KEY_SEPARATOR;
	memcpy(b->key + b->key_len, key, len + 1);
	b->key_len += len;
	return true;
}

/* kernel/auditfilter.c audit_to_inode(), audit_watch.c, audit_tree.c: one of them a rule. */
static bool only_file_field(struct rules_build *b, const struct rule_field *f)
{
	if (b->file_field)
		return rules_mistake(b,
			"-F %s beside %s: a rule takes one path, dir or inode; make two rules",
			f->name, b->file_field);
	b->file_field = f->name;
	return true;
}

static bool text_field(
	struct rules_build *b, const struct rule_field *f, uint32_t op, const char *text)
{
	switch ((enum rule_value)f->value) {
	case RULE_VALUE_PATH:
	case RULE_VALUE_DIR:
		if (!only_file_field(b, f))
			return false;
		break;
	case RULE_VALUE_EXE:
		if (b->has_exe)
			return rules_mistake(b,
				"a second -F exe, " RULES_WORD "; a rule takes one, make two rules",
				text);
		b->has_exe = true;
		break;
	default:
		return rules_field_add_text(b, f->number, op, text);
	}
	b->allows_key = true;
	return rules_value_path(b, (enum rule_value)f->value, text) &&
	       rules_field_add_text(b, f->number, op, text);
}

/* The kernel matches the user list like the exclude list (kernel/auditfilter.c audit_filter()): at
 * a field that this does not know it gives up, and ignores all rules that follow, too. auditctl
 * accepts such a rule. */
static void check_user_list(struct rules_build *b, const struct rule_field *f)
{
	if (b->list == AUDIT_FILTER_USER && !(f->lists & RULE_LIST(AUDIT_FILTER_EXCLUDE)))
		rules_warning(b,
			"the kernel's user list does not know %s: this rule and those behind it in "
			"the list never match",
			f->name);
}

bool rules_field(struct rules_build *b, const char *text)
{
	size_t len = name_length(text);
	const struct rules_operator *op = rules_operators;
	const struct rule_field *f;
	const char *value;
	struct nearest n;
	uint32_t number;

	if (b->list == RULES_NO_LIST)
		return rules_mistake(b,
			"-F " RULES_WORD " before the list; start with -a LIST,ACTION or -w PATH",
			text);
	while (op->text && strncmp(text + len, op->text, strlen(op->text)) != 0)
		op++;
	if (!op->text || len == 0)
		return rules_mistake(b,
			"-F " RULES_WORD ": expected a field, an operator (= != < > <= >= & &=) "
			"and a value, as in uid=0",
			text);
	value = text + len + strlen(op->text);
	f = find(text, len);
	if (!f) {
		find_nearest(&n, text, len, false);
		return rules_mistake_near(b, &n,
			"some are auid, uid, exit, success, arch, path, dir, perm and exe, "
			"auditctl(8) lists all",
			"-F %.*s: there is no such field", len > 80 ? 80 : (int)len, text);
	}
	if (!*value)
		return rules_mistake(b,
			"-F %s%s has no value; write it behind the operator, without blanks",
			f->name, op->text);
	if (!(f->lists & RULE_LIST(b->list)))
		return rules_mistake(b, "-F %s in the %s list; use it in %s", f->name,
			rules_words_name(rules_lists, (uint32_t)b->list), list_names(f->lists));
	if (!check_operator(b, f, op))
		return false;
	if (f->value == RULE_VALUE_KEY)
		return rules_field_key(b, value);
	check_user_list(b, f);
	if (f->value >= RULE_VALUE_STRING)
		return text_field(b, f, op->number, value);
	if (f->value == RULE_VALUE_INODE && !only_file_field(b, f))
		return false;
	if (f->value == RULE_VALUE_PERM || f->value == RULE_VALUE_FSTYPE)
		b->allows_key = true;
	return rules_value(b, f, op->number, value, &number) &&
	       rules_field_add(b, f->number, op->number, number);
}

static const struct rule_comparison *find_comparison(
	const struct rule_field *a, const struct rule_field *c)
{
	for (const struct rule_comparison *r = rule_comparisons; r->number; r++)
		if ((r->field == a->number && r->with == c->number) ||
			(r->field == c->number && r->with == a->number))
			return r;
	return NULL;
}

#define COMPARED                                                                                   \
	"user ids compare with user ids (auid, uid, euid, suid, fsuid, obj_uid), group ids with "  \
	"group ids (gid, egid, sgid, fsgid, obj_gid)"

static bool no_comparison(struct rules_build *b, const char *text, const char *name)
{
	size_t len = name_length(name);
	struct nearest n;

	find_nearest(&n, name, len, true);
	return rules_mistake_near(b, &n, COMPARED, "-C " RULES_WORD ": there is no field \"%.*s\"",
		text, len > 80 ? 80 : (int)len, name);
}

bool rules_field_compare(struct rules_build *b, const char *text)
{
	size_t len = name_length(text);
	bool not_equal = text[len] == '!';
	const char *right = text + len + not_equal;
	const struct rule_field *f, *g;
	const struct rule_comparison *c;

	if (*right != '=' || len == 0 || !right[1] || right[1 + name_length(right + 1)])
		return rules_mistake(b,
			"-C " RULES_WORD ": expected two fields with = or != between them, as in "
			"auid!=obj_uid",
			text);
	right++;
	if (b->list != AUDIT_FILTER_EXIT)
		return rules_mistake(b,
			"-C " RULES_WORD " is possible in the exit list only; start with "
			"-a always,exit",
			text);
	f = find(text, len);
	g = find(right, strlen(right));
	if (!f || !g)
		return no_comparison(b, text, f ? right : text);
	if (f->number == g->number)
		return rules_mistake(b,
			"-C " RULES_WORD ": %s and %s are the same; compare two fields", text,
			f->name, g->name);
	c = find_comparison(f, g);
	if (!c)
		return rules_mistake(b,
			"-C " RULES_WORD ": %s and %s cannot be compared; " COMPARED, text, f->name,
			g->name);
	return rules_field_add(
		b, AUDIT_FIELD_COMPARE, not_equal ? AUDIT_NOT_EQUAL : AUDIT_EQUAL, c->number);
}
