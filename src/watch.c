#include "watch.h"

#include <linux/audit.h>
#include <linux/netlink.h>
#include <string.h>

/* The digest of a list is that of the list before and of the rule's, so rules need not be kept. */
static void extend(struct watch_list *list, const void *rule, size_t len)
{
	uint8_t pair[2 * SHA256_BYTES];

	memcpy(pair, list->digest, SHA256_BYTES);
	sha256(rule, len, pair + SHA256_BYTES);
	sha256(pair, sizeof(pair), list->digest);
	list->count++;
}

static int on_rule(void *ctx, const void *payload, size_t len)
{
	extend(ctx, payload, len);
	return 0;
}

int watch_arm(struct watch *w, struct netlink *control)
{
	int ret;

	*w = (struct watch){.armed = false};
	ret = netlink_dump(control, AUDIT_LIST_RULES, on_rule, &w->wanted);
	w->armed = ret >= 0;
	return ret < 0 ? ret : 0;
}

int watch_ask(struct watch *w, struct netlink *control)
{
	int ret;

	if (!w->armed || (w->query != 0 && ++w->waited < 3))
		return 0;
	w->waited = 0;
	w->found = (struct watch_list){.count = 0};
	ret = netlink_send(control, AUDIT_LIST_RULES, NULL, 0);
	if (ret < 0)
		return ret;
	w->query = control->sequence;
	return 0;
}

enum watch_result watch_reply(
	struct watch *w, uint16_t type, uint32_t sequence, const void *payload, size_t len)
{
	if (w->query == 0 || sequence != w->query)
		return WATCH_PENDING;
	if (type == AUDIT_LIST_RULES) {
		extend(&w->found, payload, len);
		return WATCH_PENDING;
	}
	if (type != NLMSG_DONE)
		return WATCH_PENDING;
	w->query = 0;
	if (w->found.count == w->wanted.count &&
		memcmp(w->found.digest, w->wanted.digest, SHA256_BYTES) == 0)
		return WATCH_SAME;
	return WATCH_CHANGED;
}
