#include "watch.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <string.h>

/* ---- lists ------------------------------------------------------------------------------- */

bool watch_equal(const struct watch_list *a, const struct watch_list *b)
{
	return a->count == b->count && memcmp(a->digest, b->digest, sizeof(a->digest)) == 0;
}

/* The digest of a list is that of the list before and of the rule's. */
static void extend(struct watch_list *list, const void *rule, size_t len)
{
	uint8_t pair[2 * SHA256_BYTES];

	memcpy(pair, list->digest, SHA256_BYTES);
	sha256(rule, len, pair + SHA256_BYTES);
	sha256(pair, sizeof(pair), list->digest);
	list->count++;
}

/* An entry of `rules`. */
#define ENTRY_BYTES(len) (4 + (((len) + 3) & ~(size_t)3))

static void keep(struct watch *w, const void *rule, size_t len)
{
	uint32_t length = (uint32_t)len;

	if (!w->kept || ENTRY_BYTES(len) > sizeof(w->rules) - w->used) {
		w->kept = false;
		return;
	}
	memcpy(w->rules + w->used, &length, sizeof(length));
	memcpy(w->rules + w->used + sizeof(length), rule, len);
	w->used += ENTRY_BYTES(len);
}

static int keep_rule(void *ctx, const void *payload, size_t len)
{
	struct watch *w = ctx;

	keep(w, payload, len);
	extend(&w->wanted, payload, len);
	return 0;
}

static int find_rule(void *ctx, const void *payload, size_t len)
{
	struct watch *w = ctx;

	extend(&w->found, payload, len);
	return 0;
}

int watch_arm(struct watch *w, struct netlink *control)
{
	int ret;

	w->wanted = (struct watch_list){.count = 0};
	w->used = 0;
	w->query = 0;
	w->kept = true;
	ret = netlink_dump(control, AUDIT_LIST_RULES, keep_rule, w);
	w->armed = ret == 0;
	return ret;
}

/* ---- asking ------------------------------------------------------------------------------ */

/* Messages that may have been pieces of a listing. */
static uint64_t missed(const struct netlink *control)
{
	return control->counts.overruns + control->counts.truncated + control->counts.malformed;
}

int watch_ask(struct watch *w, struct netlink *control)
{
	int ret;

	if (!w->armed)
		return 0;
	w->found = (struct watch_list){.count = 0};
	w->missed = missed(control);
	ret = netlink_send(control, AUDIT_LIST_RULES, NULL, 0);
	w->query = ret < 0 ? 0 : control->sequence;
	return ret;
}

enum watch_result watch_reply(struct watch *w, const struct netlink *control, uint16_t type,
	uint32_t sequence, const void *payload, size_t len)
{
	if (w->query == 0 || sequence != w->query)
		return WATCH_PENDING;
	if (type == AUDIT_LIST_RULES)
		extend(&w->found, payload, len);
	if (type != NLMSG_DONE)
		return WATCH_PENDING;
	w->query = 0;
	if (missed(control) != w->missed)
		return WATCH_UNKNOWN;
	return watch_equal(&w->found, &w->wanted) ? WATCH_SAME : WATCH_CHANGED;
}

/* ---- putting back ------------------------------------------------------------------------ */

/* In an entry's length: the kernel has the rule, in its place. */
#define IN_PLACE 0x80000000u

/* The kept rule of an entry. */
static const char *kept(const struct watch *w, size_t at, uint32_t *len)
{
	memcpy(len, w->rules + at, sizeof(*len));
	*len &= ~IN_PLACE;
	return w->rules + at + sizeof(*len);
}

static bool is_in_place(const struct watch *w, size_t at)
{
	uint32_t len;

	memcpy(&len, w->rules + at, sizeof(len));
	return len & IN_PLACE;
}

static void set_in_place(struct watch *w, size_t at, bool is)
{
	uint32_t len;

	(void)kept(w, at, &len);
	len |= is ? IN_PLACE : 0;
	memcpy(w->rules + at, &len, sizeof(len));
}

/* Its list, as the kernel says it: struct audit_rule_data begins with its flags. */
static uint32_t list_of(const char *rule)
{
	uint32_t flags;

	memcpy(&flags, rule, sizeof(flags));
	return flags;
}

/* The first kept rule of a list, or the end. */
static size_t start_of(const struct watch *w, uint32_t list)
{
	uint32_t len;
	size_t at;

	for (at = 0; at < w->used; at += ENTRY_BYTES(len))
		if (list_of(kept(w, at, &len)) == list)
			break;
	return at;
}

/* Lists come one after the other (kernel/auditfilter.c, audit_list_rules()). */
static int check_place(void *ctx, const void *payload, size_t len)
{
	struct watch *w = ctx;
	const char *wanted;
	uint32_t wanted_len;

	if (len < sizeof(struct audit_rule_data) || len > LIMIT_RULE_BYTES)
		return -EPROTO;
	if (list_of(payload) != w->list) {
		w->list = list_of(payload);
		w->next = start_of(w, w->list);
	}
	if (w->next < w->used) {
		wanted = kept(w, w->next, &wanted_len);
		if (wanted_len == len && memcmp(wanted, payload, len) == 0) {
			set_in_place(w, w->next, true);
			w->next += ENTRY_BYTES(len);
			return 0;
		}
	}
	if (w->count == WATCH_DELETES)
		return 1;
	w->out[w->count].len = len;
	memcpy(w->out[w->count++].rule, payload, len);
	return 0;
}

static int delete_out_of_place(struct watch *w, struct netlink *control)
{
	int ret;

	for (unsigned i = 0; i < w->count; i++) {
		ret = netlink_request(control, AUDIT_DEL_RULE, w->out[i].rule, w->out[i].len, NULL);
		if (ret < 0 && ret != -ENOENT)
			return ret;
	}
	return 0;
}

static int add_missing(const struct watch *w, struct netlink *control)
{
	uint32_t len;
	int ret = 0;

	for (size_t at = 0; at < w->used; at += ENTRY_BYTES(len)) {
		const char *rule = kept(w, at, &len);

		if (!is_in_place(w, at))
			ret = netlink_request(control, AUDIT_ADD_RULE, rule, len, NULL);
		/* Any other error is this rule's, or shows in the list at the end. */
		if (ret == -ETIMEDOUT)
			return ret;
	}
	return 0;
}

static void forget_places(struct watch *w)
{
	uint32_t len;

	for (size_t at = 0; at < w->used; at += ENTRY_BYTES(len)) {
		(void)kept(w, at, &len);
		set_in_place(w, at, false);
	}
}

int watch_restore(struct watch *w, struct netlink *control)
{
	int more, ret;

	w->query = 0;
	w->count = 0;
	forget_places(w);
	w->list = UINT32_MAX; /* none */
	more = netlink_dump(control, AUDIT_LIST_RULES, check_place, w);
	if (more < 0)
		return more;
	ret = delete_out_of_place(w, control);
	if (ret < 0 || more > 0)
		return ret < 0 ? ret : more;
	ret = add_missing(w, control);
	if (ret < 0)
		return ret;
	w->found = (struct watch_list){.count = 0};
	return netlink_dump(control, AUDIT_LIST_RULES, find_rule, w);
}
