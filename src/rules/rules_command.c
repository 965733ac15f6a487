#include "rules_command.h"

#include <errno.h>
#include <linux/audit.h>
#include <string.h>

int rules_fix_loginuid(struct netlink *control)
{
	uint32_t bit = AUDIT_FEATURE_TO_MASK(AUDIT_FEATURE_LOGINUID_IMMUTABLE);
	struct audit_features f = {
		.vers = AUDIT_FEATURE_VERSION, .mask = bit, .features = bit, .lock = bit};

	return netlink_request(control, AUDIT_SET_FEATURE, &f, sizeof(f), NULL);
}

/* kernel/audit.c AUDIT_MAKE_EQUIV: both lengths, both paths. */
static int make_equivalent(struct netlink *control, const char *mount, const char *subtree)
{
	const uint32_t lengths[2] = {(uint32_t)strlen(mount), (uint32_t)strlen(subtree)};
	char payload[LIMIT_NETLINK_REQUEST_BYTES];
	size_t len = sizeof(lengths) + lengths[0] + lengths[1];

	if (len > sizeof(payload))
		return -ENAMETOOLONG;
	memcpy(payload, lengths, sizeof(lengths));
	memcpy(payload + sizeof(lengths), mount, lengths[0]);
	memcpy(payload + sizeof(lengths) + lengths[0], subtree, lengths[1]);
	return netlink_request(control, AUDIT_MAKE_EQUIV, payload, len, NULL);
}

int rules_command(struct netlink *control, const struct rules_control *c, unsigned set)
{
	/* The kernel reads what the mask names. */
	struct audit_status s = {
		.enabled = c->enabled,
		.failure = c->failure,
		.rate_limit = c->rate_limit,
		.backlog_limit = c->backlog_limit,
		.backlog_wait_time = c->backlog_wait_time,
	};

	switch (set) {
	case RULES_ENABLED:
		s.mask = AUDIT_STATUS_ENABLED;
		break;
	case RULES_FAILURE:
		s.mask = AUDIT_STATUS_FAILURE;
		break;
	case RULES_RATE_LIMIT:
		s.mask = AUDIT_STATUS_RATE_LIMIT;
		break;
	case RULES_BACKLOG_LIMIT:
		s.mask = AUDIT_STATUS_BACKLOG_LIMIT;
		break;
	case RULES_BACKLOG_WAIT_TIME:
		s.mask = AUDIT_STATUS_BACKLOG_WAIT_TIME;
		break;
	case RULES_RESET_LOST:
		s.mask = AUDIT_STATUS_LOST;
		break;
	case RULES_RESET_WAIT_TIME:
		s.mask = AUDIT_STATUS_BACKLOG_WAIT_TIME_ACTUAL;
		break;
	case RULES_TRIM:
		return netlink_request(control, AUDIT_TRIM, NULL, 0, NULL);
	case RULES_EQUIVALENT:
		return make_equivalent(control, c->mount, c->subtree);
	case RULES_LOGINUID_IMMUTABLE:
		return rules_fix_loginuid(control);
	default:
		return 0;
	}
	return netlink_request(control, AUDIT_SET, &s, sizeof(s), NULL);
}
