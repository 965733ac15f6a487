#include "rules_wait.h"

#include <errno.h>
#include <linux/limits.h>
#include <string.h>
#include "rules_explain.h"
#include "rules_print.h"
#include "text.h"

/* A rule has one of the first two at most (rules_field.c), and may have the third beside it. */
static const uint32_t path_fields[] = {AUDIT_DIR, AUDIT_WATCH, AUDIT_EXE};

#define PATH_FIELDS (sizeof(path_fields) / sizeof(path_fields[0]))

/* Would the kernel find the rule's paths? Of a watch and an executable only the directory must
 * exist: kernel/audit_watch.c, audit_get_nd(). 0 or -errno. */
static int check_paths(const struct rules_environment *env, const struct rules_data *rule)
{
	char path[PATH_MAX + 1];
	int ret = 0;

	for (unsigned i = 0; i < PATH_FIELDS && ret == 0 && env->check_path; i++) {
		const struct span text = rules_explain_text(rule, path_fields[i]);
		size_t len = text.len;

		if (len == 0 || len >= sizeof(path))
			continue;
		memcpy(path, text.at, len);
		while (path_fields[i] != AUDIT_DIR && path[--len] != '/')
			;
		path[len > 0 ? len : 1] = '\0';
		ret = env->check_path(env->arg, path);
	}
	return ret;
}

void rules_wait_hide(const struct rules_environment *env, struct rules_list *wanted)
{
	unsigned i = 0;
	size_t len;

	while (i < wanted->count)
		if (check_paths(env, rules_list_rule(wanted, i, &len)) == -ENOENT)
			rules_list_hide(wanted, i);
		else
			i++;
}

void rules_wait_begin(struct rules_loader *l, const struct rules_list *wanted)
{
	rules_list_clear(&l->waiting);
	for (unsigned i = 0; i < wanted->hidden; i++) {
		size_t len;
		const void *rule = rules_list_rule(wanted, RULES_LIST_HIDDEN(i), &len);

		(void)rules_list_insert(&l->waiting, i, rule, len); /* the lists are of one size */
	}
}

int rules_wait_check(const struct rules_loader *l, unsigned index, struct rules_data *rule)
{
	const struct rules_environment *env = l->files.environment;
	char path[PATH_MAX + 1];
	struct span text;
	size_t len;
	const void *waits = rules_list_rule(&l->waiting, index, &len);
	int ret;

	(void)rules_explain_copy(rule, waits, len); /* we compiled it, so it is right */
	ret = check_paths(env, rule);
	/* -w, or what auditctl makes of it. */
	if (ret < 0 || rule->fields[0] != AUDIT_WATCH || !rules_print_all_calls(rule))
		return ret;
	text = rules_explain_text(rule, AUDIT_WATCH);
	text_format(path, sizeof(path), "%.*s", (int)text.len, text.at);
	if (env->is_directory && env->is_directory(env->arg, path))
		rule->fields[0] = AUDIT_DIR;
	return 0;
}

/* It points into the rule. */
static struct span path_of(const struct rules_data *rule)
{
	struct span text = SPAN_NONE;

	for (unsigned i = 0; i < PATH_FIELDS && text.len == 0; i++)
		text = rules_explain_text(rule, path_fields[i]);
	return text;
}

void rules_wait_print(struct rules_loader *l)
{
	const struct config *c = l->config;
	const unsigned n = l->waiting.count;
	const char *what = "left out", *then = "";
	struct span path;
	size_t len;

	if (n == 0)
		return;
	if (c->immutable || l->controls.enabled == 2) {
		then = "; locked until the next boot";
	} else if (c->watch_interval_ms > 0) {
		what = "waiting";
		then = "; when it appears they are loaded within watch.interval, behind the "
		       "others: an earlier rule's key then wins";
	}
	path = path_of(rules_list_rule(&l->waiting, 0, &len));
	text_format(l->files.message, sizeof(l->files.message),
		"rules: %u %s, whose path does not exist, such as %.*s%s", n, what, (int)path.len,
		path.at, then);
	l->files.print(l->files.print_ctx, l->files.message);
}
