#include "rules_change.h"

#include <errno.h>
#include <linux/audit.h>
#include <string.h>
#include "rules_explain.h"
#include "rules_print.h"

/* Marks of rules. */
#define IN_PLACE 1 /* of both lists: it stays */
#define COVERED	 2 /* of the wanted ones */
#define REFUSED	 4

#define STATE                                                                                      \
	(RULES_ENABLED | RULES_FAILURE | RULES_RATE_LIMIT | RULES_BACKLOG_LIMIT |                  \
		RULES_LOGINUID_IMMUTABLE)

/* ---- what is wanted ---------------------------------------------------------------------- */

static void want(struct rules_change *c, const struct rules_data *rule, bool prepend)
{
	const size_t len = rules_size(rule);
	struct rules_list *l = &c->wanted;

	if (rules_list_find(l, rule, len) == l->count) /* the kernel would refuse the second */
		c->full |= !rules_list_insert(
			l, rules_list_first(l, rule->flags + !prepend), rule, len);
}

static void unwant(struct rules_change *c, const struct rules_data *rule)
{
	const unsigned i = rules_list_find(&c->wanted, rule, rules_size(rule));

	if (i < c->wanted.count)
		rules_list_remove(&c->wanted, i);
}

static void unwant_all(struct rules_change *c, const char *key)
{
	size_t len;

	for (unsigned i = c->wanted.count; i-- > 0;)
		if (!key || rules_explain_has_key(rules_list_rule(&c->wanted, i, &len), key))
			rules_list_remove(&c->wanted, i);
}

static void take_control(struct rules_control *all, const struct rules_control *c)
{
	all->set |= c->set & STATE;
	if (c->set & RULES_ENABLED)
		all->enabled = c->enabled;
	if (c->set & RULES_FAILURE)
		all->failure = c->failure;
	if (c->set & RULES_RATE_LIMIT)
		all->rate_limit = c->rate_limit;
	if (c->set & RULES_BACKLOG_LIMIT)
		all->backlog_limit = c->backlog_limit;
}

static void take_line(void *ctx, const struct rules_line *line)
{
	struct rules_change *c = ctx;

	if (line->kind == RULES_ADD)
		want(c, &line->rule, line->prepend);
	else if (line->kind == RULES_DELETE)
		unwant(c, &line->rule);
	else
		take_control(&c->controls, &line->control);
	if (line->kind == RULES_CONTROL && line->control.set & RULES_DELETE_ALL)
		unwant_all(c, line->control.key);
}

bool rules_change_compile(struct rules_change *c, struct rules_loader *l)
{
	bool good;

	rules_list_clear(&c->wanted);
	c->controls = (struct rules_control){0};
	c->full = false;
	l->take = take_line;
	l->take_ctx = c;
	good = rules_check(l);
	l->take = NULL;
	rules_build_self(l);
	want(c, &l->listed, true);
	return good && !c->full;
}

/* ---- what is there, and what has to happen ----------------------------------------------- */

static int take_found(void *ctx, const void *payload, size_t len)
{
	struct rules_list *l = ctx;

	if (len < sizeof(struct audit_rule_data) || len > LIMIT_RULE_BYTES)
		return -EPROTO;
	return rules_list_insert(l, l->count, payload, len) ? 0 : -ENOSPC;
}

static bool has(const struct rules_list *l, const struct rules_list *of, unsigned i)
{
	size_t len;
	const void *rule = rules_list_rule(of, i, &len);

	return rules_list_find(l, rule, len) < l->count;
}

/* The longest beginning of each wanted list that the kernel's has in this order. */
static void mark_in_place(struct rules_change *c)
{
	uint32_t filter = UINT32_MAX; /* none */
	unsigned next = 0;

	memset(c->wanted.mark, 0, c->wanted.count);
	for (unsigned i = 0; i < c->found.count; i++) {
		size_t len;
		const void *rule = rules_list_rule(&c->found, i, &len);

		if (rules_list_filter(rule) != filter) {
			filter = rules_list_filter(rule);
			next = rules_list_first(&c->wanted, filter);
		}
		if (next < c->wanted.count && rules_list_is(&c->wanted, next, rule, len))
			c->found.mark[i] = c->wanted.mark[next++] = IN_PLACE;
	}
}

/* From the first one that moves to the end of its list. */
static void mark_covered(struct rules_change *c)
{
	uint32_t covered = UINT32_MAX; /* a filter list */
	size_t len;

	for (unsigned i = 0; i < c->wanted.count; i++) {
		const uint32_t filter = rules_list_filter(rules_list_rule(&c->wanted, i, &len));

		if (c->wanted.mark[i] == IN_PLACE)
			continue;
		if (has(&c->found, &c->wanted, i)) {
			c->counts.moved++;
			covered = filter;
		} else {
			c->counts.added++;
		}
		if (filter == covered)
			c->wanted.mark[i] = COVERED;
	}
}

int rules_change_plan(struct rules_change *c, struct netlink *control)
{
	int ret;

	rules_list_clear(&c->found);
	ret = netlink_dump(control, AUDIT_LIST_RULES, take_found, &c->found);
	if (ret < 0)
		return ret;
	c->counts = (struct rules_change_counts){0};
	c->next = 0;
	c->stage = RULES_CHANGE_APPEND;
	mark_in_place(c);
	mark_covered(c);
	for (unsigned i = 0; i < c->found.count; i++)
		c->counts.deleted += !has(&c->wanted, &c->found, i);
	return 0;
}

/* ---- one request after the other --------------------------------------------------------- */

static bool is_known(const struct rules_change *c)
{
	const size_t len = rules_size(&c->cover);

	return rules_list_find(&c->wanted, &c->cover, len) < c->wanted.count ||
	       rules_list_find(&c->found, &c->cover, len) < c->found.count;
}

/* Build the cover of a wanted rule: with another condition that is always true. false: no
 * more conditions fit. In the file system list fstype is the only one there is, so it comes twice
 * (kernel/auditfilter.c, audit_field_valid()). */
static bool build_cover(struct rules_change *c, unsigned index)
{
	struct rules_data *r = &c->cover;
	size_t len;
	const void *rule = rules_list_rule(&c->wanted, index, &len);

	memcpy(r, rule, len);
	do {
		const uint32_t n = r->field_count;

		if (n == AUDIT_MAX_FIELDS)
			return false;
		r->fields[n] = AUDIT_PID;
		r->fieldflags[n] = AUDIT_GREATER_THAN_OR_EQUAL;
		r->values[n] = 0;
		for (uint32_t i = 0; i < n && r->flags == AUDIT_FILTER_FS; i++) {
			if (r->fields[i] != AUDIT_FSTYPE)
				continue;
			r->fields[n] = AUDIT_FSTYPE;
			r->fieldflags[n] = r->fieldflags[i];
			r->values[n] = r->values[i];
		}
		r->field_count++;
	} while (is_known(c));
	return true;
}

static bool is_adding(const struct rules_change *c)
{
	return c->stage == RULES_CHANGE_APPEND || c->stage == RULES_CHANGE_SETTLE;
}

/* The next rule that this stage has something to do with; `count` of its list: none. */
static unsigned next_index(struct rules_change *c, const struct rules_list *l)
{
	while (c->next < l->count) {
		/* What is deleted goes from the end. */
		const unsigned i = is_adding(c) ? c->next : l->count - 1 - c->next;
		const uint8_t mark = l->mark[i];

		c->next++;
		if (c->stage >= RULES_CHANGE_SETTLE ? mark & COVERED : !(mark & IN_PLACE))
			return i;
	}
	return l->count;
}

static void say_refused(struct rules_change *c, struct rules_loader *l, const void *rule, int error)
{
	const char *machine = l->files.environment->machine;
	char why[LIMIT_PATH_BYTES + 256];
	struct text t;

	c->counts.refused++;
	rules_explain_refusal(error, false, rule, machine, why, sizeof(why));
	text_init(&t, l->compare.text, sizeof(l->compare.text));
	rules_print(&t, rule, machine, RULES_AUDITCTL);
	l->files.number = 0;
	l->files.file = "the kernel refuses a rule";
	rules_files_say(&l->files, "%s: %s", why, t.at);
}

/* No rule is to blame for it. */
static bool is_ours(int error)
{
	return error == -EPERM || error == -ETIMEDOUT || error == -ECONNREFUSED;
}

/* What fails for a reason that passes is tried again. */
static int request(struct netlink *control, uint16_t type, const struct rules_data *rule)
{
	const int fine = type == AUDIT_ADD_RULE ? -EEXIST : -ENOENT;
	int ret = 0;

	for (unsigned i = 0; i < 2; i++) {
		ret = netlink_request(control, type, rule, rules_size(rule), NULL);
		if (ret == 0 || ret == fine)
			return 0;
		if (is_ours(ret))
			break;
	}
	return ret;
}

int rules_change_step(struct rules_change *c, struct rules_loader *l, struct netlink *control)
{
	struct rules_list *list;
	const void *rule;
	unsigned i;
	size_t len;
	int ret;

	for (;; c->stage++, c->next = 0) {
		if (c->stage == RULES_CHANGE_END)
			return RULES_CHANGE_DONE;
		list = c->stage == RULES_CHANGE_DELETE ? &c->found : &c->wanted;
		i = next_index(c, list);
		if (i < list->count)
			break;
	}
	rule = rules_list_rule(list, i, &len);
	if (c->stage == RULES_CHANGE_UNCOVER ||
		(c->stage == RULES_CHANGE_APPEND && list->mark[i] & COVERED)) {
		if (!build_cover(c, i))
			return RULES_CHANGE_QUICK;
		rule = &c->cover;
	}
	ret = request(control, is_adding(c) ? AUDIT_ADD_RULE : AUDIT_DEL_RULE, rule);
	if (is_ours(ret) || (ret < 0 && c->stage == RULES_CHANGE_DELETE))
		return ret;
	if (ret < 0 && is_adding(c) && rule != &c->cover) {
		list->mark[i] |= REFUSED;
		say_refused(c, l, rule, ret);
	}
	return is_adding(c) ? RULES_CHANGE_QUICK : RULES_CHANGE_SLOW;
}

void rules_change_finish(struct rules_change *c)
{
	for (unsigned i = c->wanted.count; i-- > 0;)
		if (c->wanted.mark[i] & REFUSED)
			rules_list_remove(&c->wanted, i);
}

void rules_change_abandon(struct rules_change *c, struct netlink *control)
{
	const unsigned own = rules_list_first(&c->wanted, AUDIT_FILTER_EXIT);

	if (c->stage < RULES_CHANGE_END && c->wanted.mark[own] & COVERED && build_cover(c, own))
		(void)request(control, AUDIT_DEL_RULE, &c->cover);
}
