#include "rules_build.h"

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
	for (const struct rule_field *f = rule_fields; f->name; f++)
		if (f->number == number)
			return f;
	return NULL;
}

static const struct rule_field *find(const char *name, size_t len)
{
	for (const struct rule_field *f = rule_fields; f->name; f++)
		if (strlen(f->name) == len && !strncasecmp(f->name, name, len))
			return f;
	return NULL;
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

static bool check_operator(struct rules_build *b, const struct rule_field *f, uint32_t op)
{
	bool is = op == AUDIT_EQUAL || op == AUDIT_NOT_EQUAL;

	switch ((enum rule_operators)f->operators) {
	case RULE_OPERATORS_EQUAL:
		return op == AUDIT_EQUAL ||
		       rules_mistake(b, "-F %s: only the operator = is possible here", f->name);
	case RULE_OPERATORS_IS:
		return is ||
		       rules_mistake(
			       b, "-F %s: only the operators = and != are possible here", f->name);
	case RULE_OPERATORS_ORDER:
		return (op != AUDIT_BIT_MASK && op != AUDIT_BIT_TEST) ||
		       rules_mistake(b,
			       "-F %s: & and &= are possible with a0 to a3, pers and devminor "
			       "only; "
			       "use = != < > <= >=",
			       f->name);
	case RULE_OPERATORS_ALL:
		break;
	}
	return true;
}

bool rules_field_add(struct rules_build *b, uint32_t field, uint32_t op, uint32_t value)
{
	struct rules_data *r = &b->line->rule;

	if (r->field_count >= AUDIT_MAX_FIELDS)
		return rules_mistake(
			b, "more than %d fields; make two rules of it", AUDIT_MAX_FIELDS);
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
			"the rule's texts have more than %zu bytes together; the kernel takes "
			"no more",
			sizeof(r->buf));
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
		return rules_mistake(b, "the key is empty; give it a name, or leave it out");
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
			return rules_mistake(
				b, "a second -F exe; a rule takes one, make two rules");
		b->has_exe = true;
		break;
	default:
		return rules_field_add_text(b, f->number, op, text);
	}
	b->allows_key = true;
	return rules_value_path(b, (enum rule_value)f->value, text) &&
	       rules_field_add_text(b, f->number, op, text);
}

/* The kernel's user list is matched as the exclude list is (kernel/auditfilter.c audit_filter()):
 * what that does not know makes it give up, on all rules behind, too. auditctl lets it through. */
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
	size_t len =
		strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
	const struct rules_operator *op = rules_operators;
	const struct rule_field *f;
	const char *value;
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
	if (!f)
		return rules_mistake(b, "-F %.*s: there is no such field; auditctl(8) lists them",
			len > 80 ? 80 : (int)len, text);
	if (!*value)
		return rules_mistake(b,
			"-F %s%s has no value; write it behind the operator, without blanks",
			f->name, op->text);
	if (!(f->lists & RULE_LIST(b->list)))
		return rules_mistake(
			b, "-F %s: possible only in %s", f->name, list_names(f->lists));
	if (!check_operator(b, f, op->number))
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
	/* loginuid is another name of auid: the entries name the first field of a number. */
	for (const struct rule_comparison *r = rule_comparisons; r->name; r++) {
		uint16_t one = find(r->name, strlen(r->name))->number;
		uint16_t two = find(r->with, strlen(r->with))->number;

		if ((one == a->number && two == c->number) ||
			(one == c->number && two == a->number))
			return r;
	}
	return NULL;
}

bool rules_field_compare(struct rules_build *b, const char *text)
{
	size_t len = strcspn(text, "!=");
	bool not_equal = text[len] == '!';
	const char *right = text + len + not_equal;
	const struct rule_field *f, *g;
	const struct rule_comparison *c;

	if (*right != '=' || len == 0 || !right[1])
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
		return rules_mistake(b, "-C " RULES_WORD ": there is no field \"%.*s\"", text,
			f ? 80 : (int)(len > 80 ? 80 : len), f ? right : text);
	c = find_comparison(f, g);
	if (!c)
		return rules_mistake(b,
			"-C " RULES_WORD ": %s and %s cannot be compared; user ids compare with "
			"user ids, group ids with group ids",
			text, f->name, g->name);
	return rules_field_add(
		b, AUDIT_FIELD_COMPARE, not_equal ? AUDIT_NOT_EQUAL : AUDIT_EQUAL, c->number);
}
