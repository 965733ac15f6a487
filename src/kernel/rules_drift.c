#include "rules_drift.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <string.h>

/* ---- lists ------------------------------------------------------------------------------- */

bool rules_drift_equal(const struct rules_drift_digest *a, const struct rules_drift_digest *b)
{
	return a->count == b->count && memcmp(a->digest, b->digest, sizeof(a->digest)) == 0;
}

/* The new digest is the digest of the old one and the rule's. */
static void extend(struct rules_drift_digest *list, const void *rule, size_t len)
{
	uint8_t pair[2 * SHA256_BYTES];

	memcpy(pair, list->digest, SHA256_BYTES);
	sha256(rule, rules_list_length(rule, len), pair + SHA256_BYTES);
	sha256(pair, sizeof(pair), list->digest);
	list->count++;
}

static int keep_rule(void *ctx, const void *payload, size_t len)
{
	struct rules_drift *w = ctx;

	w->can_restore =
		w->can_restore && rules_list_insert(&w->rules, w->rules.count, payload, len);
	extend(&w->wanted, payload, len);
	return 0;
}

static int find_rule(void *ctx, const void *payload, size_t len)
{
	struct rules_drift *w = ctx;

	extend(&w->found, payload, len);
	return 0;
}

static void forget(struct rules_drift *w)
{
	w->wanted = (struct rules_drift_digest){.count = 0};
	rules_list_clear(&w->rules);
	w->query = 0;
	w->can_restore = true;
}

int rules_drift_arm(struct rules_drift *w, struct netlink *control)
{
	int ret;

	forget(w);
	ret = netlink_dump(control, AUDIT_LIST_RULES, keep_rule, w);
	w->armed = ret == 0;
	return ret;
}

void rules_drift_keep(struct rules_drift *w, const struct rules_list *rules)
{
	forget(w);
	for (unsigned i = 0; i < rules->count; i++) {
		size_t len;
		const void *rule = rules_list_rule(rules, i, &len);

		(void)keep_rule(w, rule, len);
	}
	w->armed = true;
}

bool rules_drift_add(struct rules_drift *w, const void *rule, size_t len, unsigned behind)
{
	const unsigned end = rules_list_first(&w->rules, rules_list_filter(rule) + 1);

	w->can_restore = w->can_restore && rules_list_insert(&w->rules, end - behind, rule, len);
	return w->can_restore;
}

void rules_drift_update_digest(struct rules_drift *w)
{
	w->wanted = (struct rules_drift_digest){.count = 0};
	for (unsigned i = 0; i < w->rules.count; i++) {
		size_t len;
		const void *rule = rules_list_rule(&w->rules, i, &len);

		extend(&w->wanted, rule, len);
	}
}

/* ---- asking ------------------------------------------------------------------------------ */

/* Messages that may have been pieces of a listing. */
static uint64_t lost_messages(const struct netlink *control)
{
	return control->counts.overruns + control->counts.truncated + control->counts.malformed;
}

int rules_drift_ask(struct rules_drift *w, struct netlink *control)
{
	int ret;

	if (!w->armed)
		return 0;
	w->found = (struct rules_drift_digest){.count = 0};
	w->lost_messages = lost_messages(control);
	ret = netlink_send(control, AUDIT_LIST_RULES, NULL, 0);
	w->query = ret < 0 ? 0 : control->sequence;
	return ret;
}

enum rules_drift_result rules_drift_reply(struct rules_drift *w, const struct netlink *control,
	uint16_t type, uint32_t sequence, const void *payload, size_t len)
{
	if (w->query == 0 || sequence != w->query)
		return RULES_DRIFT_PENDING;
	if (type == AUDIT_LIST_RULES)
		extend(&w->found, payload, len);
	if (type != NLMSG_DONE)
		return RULES_DRIFT_PENDING;
	w->query = 0;
	if (lost_messages(control) != w->lost_messages)
		return RULES_DRIFT_UNKNOWN;
	return rules_drift_equal(&w->found, &w->wanted) ? RULES_DRIFT_SAME : RULES_DRIFT_CHANGED;
}

/* ---- restoring --------------------------------------------------------------------------- */

/* A rule's mark: the kernel has it in its place. */
#define IN_PLACE 1

/* Lists come one after the other (kernel/auditfilter.c, audit_list_rules()). */
static int check_place(void *ctx, const void *payload, size_t len)
{
	struct rules_drift *w = ctx;

	if (len < sizeof(struct audit_rule_data) || len > LIMIT_RULE_BYTES)
		return -EPROTO;
	if (rules_list_filter(payload) != w->filter) {
		w->filter = rules_list_filter(payload);
		w->next_expected = rules_list_first(&w->rules, w->filter);
	}
	if (w->next_expected < w->rules.count &&
		rules_list_is(&w->rules, w->next_expected, payload, len)) {
		w->rules.mark[w->next_expected++] = IN_PLACE;
		return 0;
	}
	if (w->misplaced_count == LIMIT_WATCH_DELETES)
		return 1;
	w->misplaced[w->misplaced_count].len = len;
	memcpy(w->misplaced[w->misplaced_count++].rule, payload, len);
	return 0;
}

static int delete_out_of_place(struct rules_drift *w, struct netlink *control)
{
	int ret;

	for (unsigned i = 0; i < w->misplaced_count; i++) {
		ret = netlink_request(
			control, AUDIT_DEL_RULE, w->misplaced[i].rule, w->misplaced[i].len, NULL);
		if (ret < 0 && ret != -ENOENT)
			return ret;
	}
	return 0;
}

static int add_missing(const struct rules_drift *w, struct netlink *control)
{
	int ret = 0;

	for (unsigned i = 0; i < w->rules.count; i++) {
		size_t len;
		const void *rule = rules_list_rule(&w->rules, i, &len);

		if (w->rules.mark[i] != IN_PLACE)
			ret = netlink_request(control, AUDIT_ADD_RULE, rule, len, NULL);
		/* Any other error concerns this rule alone, or shows in the list at the end. */
		if (ret == -ETIMEDOUT)
			return ret;
	}
	return 0;
}

int rules_drift_restore(struct rules_drift *w, struct netlink *control)
{
	int more, ret;

	w->query = 0;
	w->misplaced_count = 0;
	memset(w->rules.mark, 0, w->rules.count);
	w->filter = UINT32_MAX; /* none */
	more = netlink_dump(control, AUDIT_LIST_RULES, check_place, w);
	if (more < 0)
		return more;
	ret = delete_out_of_place(w, control);
	if (ret < 0 || more > 0)
		return ret < 0 ? ret : more;
	ret = add_missing(w, control);
	if (ret < 0)
		return ret;
	w->found = (struct rules_drift_digest){.count = 0};
	return netlink_dump(control, AUDIT_LIST_RULES, find_rule, w);
}
