#include "rules_compare.h"

#include <errno.h>
#include <string.h>
#include "rules_explain.h"
#include "sha256.h"

_Static_assert((LIMIT_RULES_COMPARED & (LIMIT_RULES_COMPARED - 1)) == 0, "a power of two");

/* ---- entries ----------------------------------------------------------------------------- */

/* The entry of a rule, or the free one where it belongs; NULL: all are taken. */
static struct rules_entry *find(struct rules_compare *c, const struct rules_data *rule)
{
	uint8_t digest[SHA256_BYTES];
	unsigned i;

	sha256(rule, rules_size(rule), digest);
	i = digest[0] | (unsigned)digest[1] << 8;
	for (unsigned n = 0; n < LIMIT_RULES_COMPARED; n++, i++) {
		struct rules_entry *e = &c->entries[i % LIMIT_RULES_COMPARED];

		if (e->order == 0)
			memcpy(e->digest, digest, sizeof(e->digest));
		if (!memcmp(e->digest, digest, sizeof(e->digest)))
			return e;
	}
	return NULL;
}

static const char *listed(struct rules_compare *c, const struct rules_data *rule)
{
	struct text t;

	text_init(&t, c->text, sizeof(c->text));
	rules_print(&t, rule, c->files->environment->machine, RULES_AUDITCTL);
	return c->text;
}

/* ---- what is wanted ---------------------------------------------------------------------- */

static void want(struct rules_compare *c, const struct rules_line *line)
{
	struct rules_entry *e = find(c, &line->rule);

	if (!e || (e->order == 0 && c->used++ == LIMIT_RULES_COMPARED)) {
		c->error = -ENOSPC;
		return;
	}
	if (e->wanted)
		return; /* the kernel would refuse the second */
	e->wanted = true;
	e->order = line->prepend ? -++c->prepended : ++c->appended;
}

static bool read_wanted(void *ctx, struct rules_files *w)
{
	struct rules_compare *c = ctx;
	struct rules_entry *e;

	if (w->line.kind == RULES_ADD) {
		want(c, &w->line);
	} else if (w->line.kind == RULES_DELETE) {
		e = find(c, &w->line.rule);
		if (e)
			e->wanted = false;
	}
	return c->error == 0;
}

/* ---- what is there ----------------------------------------------------------------------- */

/* As an agent's for itself. */
static bool keeps_a_process_out(const struct rules_data *rule)
{
	return rule->flags == AUDIT_FILTER_EXIT && rule->action == AUDIT_NEVER &&
	       rule->field_count == 1 && rule->fields[0] == AUDIT_PID &&
	       rule->fieldflags[0] == AUDIT_EQUAL && rules_print_all_calls(rule);
}

static void check_order(struct rules_compare *c, int32_t order)
{
	int32_t *last =
		&c->last[c->listed.flags < AUDIT_NR_FILTERS ? c->listed.flags : AUDIT_NR_FILTERS];

	if (order < *last && !c->disordered) {
		c->disordered = true;
		c->files->number = 0;
		c->files->file = "another order, from here on";
		rules_files_say(c->files, "%s", listed(c, &c->listed));
	}
	*last = order;
}

static int check_listed(void *ctx, const void *payload, size_t len)
{
	struct rules_compare *c = ctx;
	struct rules_entry *e;

	if (!rules_explain_copy(&c->listed, payload, len))
		return -EPROTO;
	e = find(c, &c->listed);
	if (e && e->wanted) {
		e->seen = true;
		c->equal++;
		check_order(c, e->order);
	} else if (!keeps_a_process_out(&c->listed)) {
		c->unwanted++;
		c->files->number = 0;
		c->files->file = "not wanted";
		rules_files_say(c->files, "%s", listed(c, &c->listed));
	}
	return 0;
}

static bool say_missing(void *ctx, struct rules_files *w)
{
	struct rules_compare *c = ctx;
	struct rules_entry *e;

	if (w->line.kind != RULES_ADD)
		return true;
	e = find(c, &w->line.rule);
	if (e && e->wanted && !e->seen) {
		e->seen = true;
		c->missing++;
		rules_files_say(w, "missing: %s", listed(c, &w->line.rule));
	}
	return true;
}

/* ---- both -------------------------------------------------------------------------------- */

static void walk(struct rules_compare *c, bool (*each)(void *, struct rules_files *))
{
	bool quiet = c->files->quiet;

	c->files->each = each;
	c->files->each_ctx = c;
	c->files->quiet = true;
	rules_files_walk(c->files);
	c->files->quiet = quiet;
}

int rules_compare(struct rules_compare *c, struct rules_files *files, struct netlink *control)
{
	int ret;

	memset(c, 0, sizeof(*c));
	c->files = files;
	for (unsigned i = 0; i <= AUDIT_NR_FILTERS; i++)
		c->last[i] = INT32_MIN;
	walk(c, read_wanted);
	ret = c->error;
	if (ret == 0)
		ret = netlink_dump(control, AUDIT_LIST_RULES, check_listed, c);
	if (ret == 0)
		walk(c, say_missing);
	return ret;
}
