#include "rules_change.h"

#include <errno.h>
#include <linux/audit.h>
#include <string.h>
#include "rules_explain.h"

/* Marks of rules. */
#define IN_PLACE 1 /* in both lists: it stays */
#define COVERED	 2 /* wanted: it gets a cover */
#define FRONT	 4 /* wanted: it is new, and the first of its list */

/* ---- the plan ---------------------------------------------------------------------------- */

static int take_found(void *ctx, const void *payload, size_t len)
{
	struct rules_change *c = ctx;
	struct rules_list *l = &c->found;

	if (!rules_explain_copy(&c->cover, payload, len))
		return -EPROTO;
	if (c->key && !rules_explain_has_key(&c->cover, c->key))
		return 0;
	return !rules_list_insert(l, l->count, payload, len);
}

/* List the kernel's rules, and reset the plan. 1: there are more than fit. */
static int list_found(struct rules_change *c, struct netlink *control, const char *key)
{
	c->key = key;
	c->counts = (struct rules_change_counts){0};
	c->next = 0;
	rules_list_clear(&c->found);
	memset(c->wanted.mark, 0, c->wanted.count);
	memset(c->error, 0, c->wanted.count * sizeof(c->error[0]));
	return netlink_dump(control, AUDIT_LIST_RULES, take_found, c);
}

static bool contains(const struct rules_list *l, const struct rules_list *of, unsigned i)
{
	size_t len;
	const void *rule = rules_list_rule(of, i, &len);

	return rules_list_find(l, rule, len) < l->count;
}

/* A wanted rule of this filter list that the kernel does not have. */
static bool is_new(const struct rules_change *c, unsigned i, uint32_t filter)
{
	size_t len;

	return i < c->wanted.count &&
	       rules_list_filter(rules_list_rule(&c->wanted, i, &len)) == filter &&
	       !contains(&c->found, &c->wanted, i);
}

/* Mark the longest beginning of each wanted list that the kernel has in this order. */
static void mark_in_place(struct rules_change *c)
{
	uint32_t filter = UINT32_MAX; /* none */
	unsigned next = 0;

	for (unsigned i = 0; i < c->found.count; i++) {
		size_t len;
		const void *rule = rules_list_rule(&c->found, i, &len);

		if (rules_list_filter(rule) != filter) {
			filter = rules_list_filter(rule);
			next = rules_list_first(&c->wanted, filter);
			if (is_new(c, next, filter))
				c->wanted.mark[next++] = FRONT;
		}
		if (next < c->wanted.count && rules_list_is(&c->wanted, next, rule, len))
			c->found.mark[i] = c->wanted.mark[next++] = IN_PLACE;
	}
}

/* Mark the rules from the first that moves to the end of its list. */
static void mark_covered(struct rules_change *c)
{
	uint32_t covered = UINT32_MAX; /* a filter list */
	size_t len;

	for (unsigned i = 0; i < c->wanted.count; i++) {
		const uint32_t filter = rules_list_filter(rules_list_rule(&c->wanted, i, &len));

		if (c->wanted.mark[i] == IN_PLACE)
			continue;
		if (contains(&c->found, &c->wanted, i)) {
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
	const int ret = list_found(c, control, NULL);

	if (ret != 0)
		return ret < 0 ? ret : -ENOSPC;
	c->stage = RULES_CHANGE_APPEND;
	mark_in_place(c);
	mark_covered(c);
	for (unsigned i = 0; i < c->found.count; i++)
		c->counts.deleted += !contains(&c->wanted, &c->found, i);
	return 0;
}

int rules_change_plan_purge(struct rules_change *c, struct netlink *control, const char *key)
{
	const int ret = list_found(c, control, key);

	c->stage = RULES_CHANGE_DELETE;
	c->counts.deleted = c->found.count;
	return ret;
}

/* ---- one request after the other --------------------------------------------------------- */

static bool is_known(const struct rules_change *c)
{
	const size_t len = rules_size(&c->cover);

	return rules_list_find(&c->wanted, &c->cover, len) < c->wanted.count ||
	       rules_list_find(&c->found, &c->cover, len) < c->found.count;
}

/* Build the cover of a wanted rule: add a condition that is always true. false: no more conditions
 * fit. The file system list knows only fstype, so there it is added a second time
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
	return c->stage == RULES_CHANGE_APPEND || c->stage == RULES_CHANGE_ADD_COVERED;
}

/* The next rule for this stage; `count` of its list: none. */
static unsigned next_index(struct rules_change *c, const struct rules_list *l)
{
	while (c->next < l->count) {
		/* Rules are deleted from the end. */
		const unsigned i = is_adding(c) ? c->next : l->count - 1 - c->next;
		const uint8_t mark = l->mark[i];

		c->next++;
		if (c->stage >= RULES_CHANGE_ADD_COVERED ? mark & COVERED : !(mark & IN_PLACE))
			return i;
	}
	return l->count;
}

/* An error that has nothing to do with the rule. */
static bool is_general_error(int error)
{
	return error == -EPERM || error == -ETIMEDOUT || error == -ECONNREFUSED;
}

/* Tries twice, as a shortage may pass. */
static int request(struct netlink *control, uint16_t type, const struct rules_data *rule)
{
	const int done = type == AUDIT_ADD_RULE ? -EEXIST : -ENOENT;
	int ret = 0;

	for (unsigned i = 0; i < 2; i++) {
		ret = netlink_request(control, type, rule, rules_size(rule), NULL);
		if (ret == 0 || ret == done || is_general_error(ret))
			break;
	}
	return ret;
}

/* Add or delete a rule or its cover; or add a rule at the front. */
static int change_one(
	struct rules_change *c, struct netlink *control, const struct rules_list *l, unsigned i)
{
	const uint8_t mark = c->stage == RULES_CHANGE_APPEND ? l->mark[i] : 0;
	const bool cover = c->stage == RULES_CHANGE_DELETE_COVERS || mark & COVERED;
	size_t len;
	const void *rule = rules_list_rule(l, i, &len);
	int ret;

	if (cover && !build_cover(c, i))
		return 0;
	if (mark & FRONT) {
		memcpy(&c->cover, rule, len);
		c->cover.flags |= AUDIT_FILTER_PREPEND;
	}
	if (cover || mark & FRONT)
		rule = &c->cover;
	if (!is_adding(c))
		return request(control, AUDIT_DEL_RULE, rule);
	ret = request(control, AUDIT_ADD_RULE, rule);
	if (ret == 0 || is_general_error(ret) || cover)
		return is_general_error(ret) ? ret : 0;
	if (ret != -EEXIST) {
		c->error[i] = (uint16_t)-ret;
		c->counts.refused++;
	} else if (c->stage == RULES_CHANGE_APPEND) {
		/* Somebody added it, or an old rule differs only in its bytes. Either may be
		 * deleted, so add it again later. */
		c->wanted.mark[i] |= COVERED;
	}
	return 0;
}

int rules_change_step(struct rules_change *c, struct netlink *control)
{
	const struct rules_list *l;
	unsigned i;
	int ret;

	for (;; c->stage++, c->next = 0) {
		if (c->stage == RULES_CHANGE_END)
			return RULES_CHANGE_DONE;
		l = c->stage == RULES_CHANGE_DELETE ? &c->found : &c->wanted;
		i = next_index(c, l);
		if (i < l->count)
			break;
	}
	ret = change_one(c, control, l, i);
	if (is_general_error(ret) || (ret < 0 && ret != -ENOENT && c->stage == RULES_CHANGE_DELETE))
		return ret;
	return is_adding(c) ? RULES_CHANGE_QUICK : RULES_CHANGE_SLOW;
}

void rules_change_abandon(struct rules_change *c, struct netlink *control)
{
	const unsigned own = rules_list_first(&c->wanted, AUDIT_FILTER_EXIT);

	if (c->stage < RULES_CHANGE_END && c->wanted.mark[own] & COVERED && build_cover(c, own))
		(void)request(control, AUDIT_DEL_RULE, &c->cover);
}
