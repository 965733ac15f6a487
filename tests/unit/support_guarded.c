#include "support_guarded.h"

#include "fake_audit.h"

struct guard guard;
struct audit_source source;
struct loop loop;

void guarded_status(void *ctx, const struct audit_control_status *status, uint32_t lost)
{
	(void)ctx;
	(void)lost;
	guard_status(&guard, status);
}

void guarded_reply(void *ctx, uint16_t type, uint32_t sequence, const void *payload, size_t len)
{
	(void)ctx;
	guard_reply(&guard, type, sequence, payload, len);
}

int guarded_load_rules(void *ctx, struct netlink *control, struct audit_error *e)
{
	(void)ctx;
	(void)e;
	for (unsigned pid = 1; pid <= RULES; pid++) {
		const struct audit_rule_data rule = fake_audit_rule(pid);
		int ret = netlink_request(control, AUDIT_ADD_RULE, &rule, sizeof(rule), NULL);

		if (ret < 0)
			return ret;
	}
	return 0;
}
