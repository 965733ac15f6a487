/* Single requests to the kernel's audit system; notices and errors. */
#include "audit_control_parts.h"

#include <errno.h>
#include <string.h>
#include "text.h"

void audit_control_notice(const struct audit_control_hooks *hooks, const char *line)
{
	if (hooks->notice)
		hooks->notice(hooks->ctx, line);
}

int audit_control_error(struct audit_error *e, int error, const char *line)
{
	text_format(e->text, sizeof(e->text), "%s", line);
	return error;
}

int audit_control_parse(struct audit_control_status *status, const void *payload, size_t len)
{
	/* Up to `backlog`, the last field of 2.6 kernels; whole words only. */
	const size_t least = offsetof(struct audit_status, backlog) + sizeof(uint32_t);

	memset(status, 0, sizeof(*status));
	if (len < least)
		return -EPROTO;
	if (len > sizeof(status->values))
		len = sizeof(status->values); /* a newer kernel */
	status->bytes = len & ~(size_t)3;
	memcpy(&status->values, payload, status->bytes);
	return 0;
}

int audit_control_get(struct netlink *control, struct audit_control_status *status)
{
	char reply[sizeof(status->values)];
	int len;

	memset(status, 0, sizeof(*status));
	len = netlink_query(control, AUDIT_GET, NULL, 0, reply, sizeof(reply));
	if (len < 0)
		return len;
	return audit_control_parse(
		status, reply, (size_t)len < sizeof(reply) ? (size_t)len : sizeof(reply));
}

int audit_control_set(struct netlink *control, const struct audit_status *values)
{
	int ret = netlink_request(control, AUDIT_SET, values, sizeof(*values), NULL);

	return ret < 0 ? ret : 0;
}

int audit_control_get_features(struct netlink *control, struct audit_features *features)
{
	int len;

	memset(features, 0, sizeof(*features));
	len = netlink_query(control, AUDIT_GET_FEATURE, NULL, 0, features, sizeof(*features));
	if (len < 0)
		return len;
	return (size_t)len < sizeof(*features) ? -EPROTO : 0;
}
