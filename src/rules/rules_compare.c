#include "rules_compare.h"

#include <errno.h>
#include "rules_explain.h"

/* A mark of a wanted rule: it is in the kernel, or it was printed as missing. */
#define SEEN 1

static const char *listed(struct rules_compare *c, const struct rules_data *rule)
{
	struct text t;

	text_init(&t, c->text, sizeof(c->text));
	rules_print(&t, rule, c->files->environment->machine, RULES_AUDITCTL);
	return c->text;
}

/* As an agent has it for itself. */
static bool excludes_a_process(const struct rules_data *rule)
{
	return rule->flags == AUDIT_FILTER_EXIT && rule->action == AUDIT_NEVER &&
	       rule->field_count == 1 && rule->fields[0] == AUDIT_PID &&
	       rule->fieldflags[0] == AUDIT_EQUAL && rules_print_all_calls(rule);
}

static void print_listed(struct rules_compare *c, const char *what)
{
	c->files->number = 0;
	c->files->file = what;
	rules_files_print(c->files, "%s", listed(c, &c->listed));
}

/* Both lists come filter list by filter list. */
static int check_listed(void *ctx, const void *payload, size_t len)
{
	struct rules_compare *c = ctx;
	unsigned i;

	if (!rules_explain_copy(&c->listed, payload, len))
		return -EPROTO;
	i = rules_list_find(c->wanted, payload, len);
	if (i < c->wanted->count) {
		c->wanted->mark[i] = SEEN;
		c->equal++;
		if (i < c->last && !c->disordered)
			print_listed(c, "another order, from here on");
		c->disordered |= i < c->last;
		c->last = i;
	} else if (!excludes_a_process(&c->listed)) {
		c->unwanted++;
		print_listed(c, "not wanted");
	}
	return 0;
}

static bool print_missing(void *ctx, struct rules_files *w)
{
	struct rules_compare *c = ctx;
	unsigned i;

	if (w->line.kind != RULES_ADD)
		return true;
	i = rules_list_find(c->wanted, &w->line.rule, rules_size(&w->line.rule));
	if (i < c->wanted->count && c->wanted->mark[i] != SEEN) {
		c->wanted->mark[i] = SEEN;
		c->missing++;
		if (w->file == w->last_name)
			c->missing_last++;
		else
			rules_files_print(w, "missing: %s", listed(c, &w->line.rule));
	}
	return true;
}

int rules_compare(struct rules_compare *c, struct rules_files *files, struct rules_list *wanted,
	struct netlink *control)
{
	int ret;

	c->equal = c->missing = c->missing_last = c->unwanted = c->last = 0;
	c->disordered = false;
	c->files = files;
	c->wanted = wanted;
	ret = netlink_dump(control, AUDIT_LIST_RULES, check_listed, c);
	if (ret != 0)
		return ret;
	files->each = print_missing;
	files->each_ctx = c;
	files->quiet = true;
	rules_files_walk(files);
	files->quiet = false;
	if (c->missing_last == 0)
		return 0;
	files->number = 0;
	files->file = files->last_name;
	rules_files_print(files, "%u of its rules missing: none can be loaded before the next boot",
		c->missing_last);
	return 0;
}
