#include "rules_build.h"
#include "rules_text.h"
#include "text.h"

#include <linux/limits.h>
#include <string.h>
#include <strings.h>

_Static_assert(LIMIT_RULE_BYTES <= 8970 - 16, "MAX_AUDIT_MESSAGE_LENGTH less a header");
_Static_assert(
	sizeof(struct rules_data) == LIMIT_RULE_BYTES &&
		offsetof(struct rules_data, buflen) == offsetof(struct audit_rule_data, buflen) &&
		offsetof(struct rules_data, buf) == offsetof(struct audit_rule_data, buf),
	"struct rules_data is struct audit_rule_data");

/* ---- lists and actions ------------------------------------------------------------------- */

static bool takes_syscalls(int list)
{
	return list == RULES_NO_LIST || list == AUDIT_FILTER_EXIT ||
	       list == AUDIT_FILTER_URING_EXIT;
}

/* Upper and lower case differ, unlike for all other words; as in auditctl. */
static const struct rule_word *find_word(const struct rule_word *words, const char *name)
{
	while (words->name && strcmp(words->name, name) != 0)
		words++;
	return words->name ? words : NULL;
}

static bool unknown_list(struct rules_build *b, const char *text, const char *half)
{
	if (!strcasecmp(half, "entry"))
		return rules_mistake(b, "the list \"entry\" is no more in the kernel; use exit");
	if (!strcasecmp(half, "possible"))
		return rules_mistake(
			b, "the action \"possible\" is no more in the kernel; use always");
	return rules_mistake(b,
		RULES_WORD ": expected a list (exit, task, user, exclude, filesystem, "
			   "io_uring) and an action (always, never), as in always,exit",
		text);
}

static bool list_and_action(struct rules_build *b, const char *text)
{
	const struct rule_word *list = NULL, *action = NULL;
	const char *comma = strchr(text, ',');
	char half[2][16] = {"", ""};

	if (b->list != RULES_NO_LIST)
		return rules_mistake(
			b, RULES_WORD ": a second list in one line; a line is one rule", text);
	if (comma) {
		text_format(half[0], sizeof(half[0]), "%.*s", (int)(comma - text), text);
		text_format(half[1], sizeof(half[1]), "%s", comma + 1);
	}
	for (unsigned i = 0; i < 2; i++) {
		const struct rule_word *l = find_word(rules_lists, half[i]);
		const struct rule_word *a = find_word(rules_actions, half[i]);

		if (!comma || (!l && !a))
			return unknown_list(b, text, half[i]);
		list = l ? l : list;
		action = a ? a : action;
	}
	if (!list || !action)
		return unknown_list(b, text, "");
	if (b->has_syscalls && list->number != AUDIT_FILTER_EXIT)
		return rules_mistake(b, "-S before the list %s; %s", list->name,
			takes_syscalls((int)list->number) ? "put it behind -a"
							  : "only exit and io_uring take -S");
	b->list = (int)list->number;
	b->line->rule.action = action->number;
	return true;
}

static bool append(struct rules_build *b, const char *value)
{
	b->line->kind = RULES_ADD;
	return list_and_action(b, value);
}

static bool prepend(struct rules_build *b, const char *value)
{
	b->line->prepend = true;
	return append(b, value);
}

static bool delete (struct rules_build *b, const char *value)
{
	b->line->kind = RULES_DELETE;
	return list_and_action(b, value);
}

/* ---- the options of a rule --------------------------------------------------------------- */

static bool syscalls(struct rules_build *b, const char *value)
{
	if (!takes_syscalls(b->list))
		return rules_mistake(b,
			"-S " RULES_WORD " in a list that sees no system calls; use exit, or "
			"io_uring",
			value);
	return rules_syscall(b, value);
}

static bool watch(struct rules_build *b, const char *value)
{
	struct rules_data *rule = &b->line->rule;
	size_t len = strlen(value);
	char path[PATH_MAX];
	bool directory;

	if (b->list != RULES_NO_LIST || b->has_syscalls)
		return rules_mistake(b,
			"the watch " RULES_WORD " beside -a, -d, -S or another watch; a watch is "
			"a line of its own, or a rule with -F path= or dir=",
			value);
	while (len > 1 && value[len - 1] == '/')
		len--;
	if (len < sizeof(path)) {
		memcpy(path, value, len);
		path[len] = '\0';
		value = path;
	}
	if (!rules_value_path(b, RULE_VALUE_PATH, value))
		return false;
	directory = b->env->is_directory && b->env->is_directory(b->env->arg, value);
	b->list = AUDIT_FILTER_EXIT;
	rule->action = AUDIT_ALWAYS;
	b->file_field = directory ? "the watched directory" : "the watched path";
	b->has_syscalls = b->allows_key = true;
	rules_syscall_all(rule);
	return rules_field_add_text(b, directory ? AUDIT_DIR : AUDIT_WATCH, AUDIT_EQUAL, value) &&
	       rules_field_add(b, AUDIT_PERM, AUDIT_EQUAL,
		       AUDIT_PERM_READ | AUDIT_PERM_WRITE | AUDIT_PERM_EXEC | AUDIT_PERM_ATTR);
}

static bool add_watch(struct rules_build *b, const char *value)
{
	b->line->kind = RULES_ADD;
	return watch(b, value);
}

static bool delete_watch(struct rules_build *b, const char *value)
{
	b->line->kind = RULES_DELETE;
	return watch(b, value);
}

static bool permissions(struct rules_build *b, const char *value)
{
	struct rules_data *rule = &b->line->rule;
	uint32_t perm;

	if (rule->field_count == 0)
		return rules_mistake(b,
			"-p " RULES_WORD " before what it is about; put it behind -w PATH", value);
	if (b->list != AUDIT_FILTER_EXIT)
		return rules_mistake(b, "-p " RULES_WORD " in the %s list; use it in the exit list",
			value, rules_words_name(rules_lists, (uint32_t)b->list));
	if (!rules_value_perm(b, value, &perm))
		return false;
	b->allows_key = true;
	for (uint32_t i = 0; i < rule->field_count; i++) {
		if (rule->fields[i] == AUDIT_PERM) {
			rule->values[i] = perm;
			return true;
		}
	}
	return rules_field_add(b, AUDIT_PERM, AUDIT_EQUAL, perm);
}

static bool key_in_exclude(struct rules_build *b, const char *key)
{
	return rules_mistake(b,
		"the key " RULES_WORD " in the exclude list, which makes no events; leave it out",
		key);
}

static bool key(struct rules_build *b, const char *value)
{
	bool of_delete_all = b->line->control.set & RULES_DELETE_ALL;

	if (b->list == AUDIT_FILTER_EXCLUDE)
		return key_in_exclude(b, value);
	if (!of_delete_all && (b->list == RULES_NO_LIST || !b->allows_key))
		return rules_mistake(b,
			"-k " RULES_WORD " before what it is the key of; put it behind -w, -S "
			"(-S all does), or -F with path, dir, perm, exe or fstype",
			value);
	return rules_field_key(b, value);
}

static bool not_here(struct rules_build *b, const char *name)
{
	return rules_mistake(b,
		"%s belongs on auditctl's command line and makes no rule; rules are -a, -A, -d, -w "
		"and -W",
		name);
}

static const struct rules_option rule_options[] = {
	{"-a", 0, "LIST,ACTION", append},
	{"-A", 0, "LIST,ACTION", prepend},
	{"-d", 0, "LIST,ACTION", delete},
	{"-w", 0, "PATH", add_watch},
	{"-W", 0, "PATH", delete_watch},
	{"-S", 0, "NAMES", syscalls},
	{"-F", 0, "FIELD=VALUE", rules_field},
	{"-C", 0, "FIELD=FIELD", rules_field_compare},
	{"-p", 0, "rwxa", permissions},
	{"-k", 0, "KEY", key},
	{"-h", 0, NULL, not_here},
	{"--help", 0, NULL, not_here},
	{"-l", 0, NULL, not_here},
	{"-m", 0, NULL, not_here},
	{"-s", 0, NULL, not_here},
	{"-v", 0, NULL, not_here},
	{"--signal", 0, NULL, not_here},
	{NULL, 0, NULL, NULL},
};

/* ---- a line ------------------------------------------------------------------------------ */

static const struct rules_option *find_option(const char *name, size_t len)
{
	const struct rules_option *tables[] = {rule_options, rules_control_options};

	for (unsigned i = 0; i < 2; i++)
		for (const struct rules_option *o = tables[i]; o->name; o++)
			if (!strncmp(o->name, name, len) && !o->name[len])
				return o;
	return NULL;
}

#define OPTIONS                                                                                    \
	"rules have -a -A -d -w -W -S -F -C -p -k, control lines -D -e -f -r -b -i -c -t -q -R"

static bool no_option(struct rules_build *b, const char *word)
{
	const struct rules_option *tables[] = {rule_options, rules_control_options};
	struct nearest n = {.meant = word, .len = strcspn(word, "=")};

	for (unsigned i = 0; i < 2 && strcmp(word, "--") != 0; i++)
		for (const struct rules_option *o = tables[i]; o->name; o++)
			nearest_try(&n, o->name);
	return rules_mistake_near(b, &n, OPTIONS, "there is no option " RULES_WORD, word);
}

/* The words that are left; one_option() takes values of options from them. */
struct words {
	const char *at;
	int left;
};

static const char *next(struct words *w)
{
	const char *word = w->at;

	if (w->left == 0)
		return NULL;
	w->left--;
	w->at += strlen(word) + 1;
	return word;
}

static bool one_option(
	struct rules_build *b, const struct rules_option *o, const char *value, struct words *words)
{
	if (o->value && !value)
		value = next(words);
	if (o->value && !value)
		return rules_mistake(
			b, "%s needs a value; write %s %s", o->name, o->name, o->value);
	if (o->control & b->line->control.set)
		return rules_mistake(b, "%s twice in one line; give it once", o->name);
	b->line->control.set |= o->control;
	return !o->handle || o->handle(b, o->value ? value : o->name);
}

static bool long_option(struct rules_build *b, const char *word, struct words *words)
{
	size_t len = strcspn(word, "=");
	const struct rules_option *o = find_option(word, len);

	if (!o)
		return no_option(b, word);
	if (word[len] && !o->value)
		return rules_mistake(
			b, "%s takes no value; leave " RULES_WORD " out", o->name, word + len);
	return one_option(b, o, word[len] ? word + len + 1 : NULL, words);
}

/* As getopt(3): -aalways,exit is -a always,exit, and -ic is -i -c. */
static bool short_options(struct rules_build *b, const char *word, struct words *words)
{
	for (const char *p = word + 1; *p; p++) {
		char name[2] = {'-', *p};
		const struct rules_option *o = find_option(name, sizeof(name));

		if (!o)
			return rules_mistake(
				b, "there is no option -%.1s in " RULES_WORD "; " OPTIONS, p, word);
		if (o->value)
			return one_option(b, o, p[1] ? p + 1 : NULL, words);
		if (!one_option(b, o, NULL, words))
			return false;
	}
	return true;
}

static bool control_beside_rule(struct rules_build *b)
{
	const struct rules_option *o = rules_control_options;

	while (!(o->control & b->line->control.set))
		o++;
	return rules_mistake(
		b, "the control option %s beside a rule; make two lines of it", o->name);
}

/* It has perm, and no other field about the file or the result, whose numbers begin at
 * AUDIT_DEVMAJOR. */
static bool means_all_files(const struct rules_data *rule)
{
	bool has_perm = false;

	for (uint32_t i = 0; i < rule->field_count; i++) {
		if (rule->fields[i] >= AUDIT_DEVMAJOR && rule->fields[i] != AUDIT_PERM)
			return false;
		has_perm |= rule->fields[i] == AUDIT_PERM;
	}
	return has_perm;
}

static bool finish_rule(struct rules_build *b)
{
	struct rules_line *line = b->line;

	if (line->control.set)
		return control_beside_rule(b);
	if (b->list == RULES_NO_LIST)
		return rules_mistake(b, "-S without a list; start the line with -a always,exit");
	if (b->key_len > 0 && !b->allows_key)
		return rules_mistake(b,
			"the key " RULES_WORD
			" needs -S, or -F with path, dir, perm, exe or fstype in "
			"the same rule; -S all does",
			b->key);
	if (b->key_len > 0 && b->list == AUDIT_FILTER_EXCLUDE)
		return key_in_exclude(b, b->key);
	if (b->key_len > 0 && b->list == AUDIT_FILTER_USER)
		rules_warning(b,
			"the kernel's user list does not know keys: this rule and those behind it "
			"in the list never match");
	if (means_all_files(&line->rule))
		rules_warning(
			b, "perm without path or dir means all files; add -F path= or -F dir=");
	if (b->key_len > 0 && !rules_field_add_text(b, AUDIT_FILTERKEY, AUDIT_EQUAL, b->key))
		return false;
	if (!b->has_syscalls && b->list != AUDIT_FILTER_TASK)
		rules_syscall_all(&line->rule);
	line->rule.flags = (uint32_t)b->list;
	return true;
}

static bool finish_control(struct rules_build *b)
{
	struct rules_control *c = &b->line->control;

	if (b->key_len == 0)
		return true;
	memcpy(b->line->words, b->key, b->key_len + 1); /* all words are done with */
	c->key = b->line->words;
	return c->set == RULES_DELETE_ALL ||
	       rules_mistake(b, "-D -k beside other options; make two lines of it");
}

/* After -i auditctl accepts it, since it ignores mistakes from there on. */
static bool no_value(struct rules_build *b, const char *word)
{
	if (b->line->control.set & RULES_IGNORE) {
		rules_warning(b, RULES_WORD " is left out: -i takes no value", word);
		return true;
	}
	if (word == b->line->words)
		return rules_mistake(b,
			RULES_WORD ": a line starts with an option, such as -a, -w or -D, or with "
				   "# for a comment",
			word);
	if (word[0] == '#')
		return rules_mistake(b,
			"the comment " RULES_WORD " behind a rule; give it a line of its own",
			word);
	return rules_mistake(b,
		RULES_WORD " belongs to no option; a value is one word: put quotes around its "
			   "blanks, commas between names",
		word);
}

static bool compile(struct rules_build *b, struct span text)
{
	struct words words = {b->line->words, 0};
	const char *mistake, *word;

	if (text.len > LIMIT_RULE_LINE_BYTES)
		return rules_mistake(b,
			"\"%.80s...\": the line has %u bytes; a line may have %u bytes", text.at,
			text.len, LIMIT_RULE_LINE_BYTES);
	words.left = rules_text_split(text, b->line->words, &mistake);
	if (words.left < 0)
		return rules_mistake(b, RULES_WORD ": %s", b->line->words, mistake);
	if (words.left == 0)
		return true;
	b->line->kind = RULES_CONTROL;
	while ((word = next(&words))) {
		bool good;

		if (word[0] != '-' || !word[1])
			good = no_value(b, word);
		else
			good = (word[1] == '-' ? long_option : short_options)(b, word, &words);
		if (!good)
			return false;
	}
	if (b->line->kind == RULES_CONTROL && !b->has_syscalls)
		return finish_control(b);
	return finish_rule(b);
}

enum rules_kind rules_compile(
	const struct rules_environment *env, struct span text, struct rules_line *out)
{
	struct rules_build b = {.env = env, .line = out, .list = RULES_NO_LIST};

	out->kind = RULES_NOTHING;
	out->prepend = false;
	memset(&out->rule, 0, sizeof(out->rule));
	memset(&out->control, 0, sizeof(out->control));
	out->mistake[0] = out->warning[0] = '\0';
	if (!compile(&b, text))
		out->kind = RULES_MISTAKE;
	if (out->kind != RULES_NOTHING)
		rules_mistake_odd(&b, text);
	return out->kind;
}
