#include "audit_control_parts.h"

#include <errno.h>
#include <string.h>
#include "sys.h"
#include "text.h"

/* ---- choosing the subscription ------------------------------------------------------------ */

/* AUDIT_NLGRP_READLOG came with 3.16. */
static bool kernel_has_multicast(void)
{
	struct utsname name;
	uint64_t major, minor;
	const char *end;

	if (sys_uname(&name) < 0)
		return true; /* bind() will tell */
	major = text_uint(name.release, &end, 10);
	minor = *end == '.' ? text_uint(end + 1, NULL, 10) : 0;
	return major > 3 || (major == 3 && minor >= 16);
}

void audit_control_not_loaded(
	const struct config *c, const struct audit_control_hooks *hooks, const char *why)
{
	char line[160];

	text_format(line, sizeof(line), "audit rules%s are not loaded: %s",
		config_has_lineage_rules(c) ? " and those of lineage.rules" : "", why);
	audit_control_notice(hooks, line);
}

/* Auditbeat's choice: unicast loads rules, multicast leaves a system's own daemon in peace. */
static int choose_subscription(struct audit_control *ac, const struct config *c,
	const struct audit_control_hooks *hooks, struct audit_error *e)
{
	const bool unusable = ac->locked && !c->immutable; /* for unicast */
	const bool rules = hooks->load_rules != NULL;
	const bool multicast = kernel_has_multicast();

	if (c->socket_type == SOCKET_UNICAST && unusable)
		return audit_control_error(e, -EPERM,
			"the audit configuration is locked (enabled 2) until the next boot: set "
			"immutable to true to listen with the rules that are loaded, or "
			"socket_type to auto");
	if (c->socket_type == SOCKET_MULTICAST && !multicast)
		return audit_control_error(e, -ENOTSUP,
			"the kernel is too old for socket_type multicast: it came with Linux "
			"3.16; set socket_type to unicast");
	if (c->socket_type == SOCKET_AUTO && unusable && !multicast)
		return audit_control_error(e, -EPERM,
			"the audit configuration is locked (enabled 2), and the kernel is too old "
			"for multicast, which came with Linux 3.16: set immutable to true");
	if (c->socket_type == SOCKET_AUTO)
		ac->multicast = multicast && (!rules || unusable);
	else
		ac->multicast = c->socket_type == SOCKET_MULTICAST;
	if (ac->multicast && rules)
		audit_control_not_loaded(c, hooks,
			unusable ? "the configuration is locked (enabled 2); listening by multicast"
				 : "socket_type is multicast");
	return 0;
}

static const char was_off[] =
	"auditing was off: system calls of processes that began before it was first on are never "
	"seen; boot with audit=1";

/*
 * Architectures with HAVE_ARCH_AUDITSYSCALL (arch/<name>/Kconfig), by what uname() calls them.
 * Elsewhere, MIPS above all, rules and watches are refused with EINVAL. And a process gets its
 * audit context when it begins, or never: kernel/auditsc.c, audit_alloc().
 */
static void notice_system_calls(
	const struct audit_control *ac, const struct audit_control_hooks *hooks)
{
	static const char *const audited[] = {"alpha", "arm", "aarch64", "csky", "i386", "i486",
		"i586", "i686", "loongarch", "parisc", "ppc", "riscv", "s390", "sh", "sparc", "um",
		"x86_64", "xtensa"};
	struct utsname name;
	char line[256];

	if (sys_uname(&name) < 0)
		return;
	for (size_t i = 0; i < sizeof(audited) / sizeof(audited[0]); i++)
		if (strncmp(name.machine, audited[i], strlen(audited[i])) == 0) {
			if (ac->before.bytes > 0 && ac->before.values.enabled == 0)
				audit_control_notice(hooks, was_off);
			return;
		}
	text_format(line, sizeof(line),
		"the kernel cannot audit system calls on %.64s: only user, login, network filter, "
		"security module and configuration records will come",
		name.machine);
	audit_control_notice(hooks, line);
}

/* kernel/audit.c sends multicast records to the initial network namespace alone. */
static void notice_network(const struct audit_control_hooks *hooks)
{
	char own[64] = "", init[64] = "";

	if (sys_readlink("/proc/self/ns/net", own, sizeof(own) - 1) > 0 &&
		sys_readlink("/proc/1/ns/net", init, sizeof(init) - 1) > 0 &&
		strcmp(own, init) != 0)
		audit_control_notice(hooks,
			"multicast records reach the initial network namespace only, and "
			"this is another: none will come");
}

/* ---- taking over -------------------------------------------------------------------------- */

/* A rule set may change every setting, and may end in a lock: read the new values into *now. */
static int load_rules(struct audit_control *ac, const struct audit_control_hooks *hooks,
	struct audit_control_status *now, struct audit_error *e)
{
	int ret;

	ret = hooks->load_rules(hooks->ctx, &ac->control, e);
	if (ret < 0)
		return ret;
	ret = audit_control_get(&ac->control, now);
	if (ret < 0)
		audit_explain(e, ret, AUDIT_NEED_CONTROL, "read the audit status");
	else
		ac->locked = now->values.enabled == 2;
	return ret;
}

static int set_rules(struct audit_control *ac, const struct config *c,
	const struct audit_control_hooks *hooks, struct audit_error *e)
{
	struct audit_control_status now = ac->before;
	int ret = 0;

	if (hooks->load_rules)
		ret = load_rules(ac, hooks, &now, e);
	if (ret < 0 || ac->locked)
		return ret;
	/* Last, since nothing can be set after the lock. */
	ret = audit_control_set_value(ac, &now, AUDIT_STATUS_ENABLED, c->immutable ? 2 : 1, e);
	ac->locked = ret == 0 && c->immutable;
	return ret;
}

/* If it was locked before us, the rules are only compared, and we go on in any case. */
static void compare_rules(struct audit_control *ac, const struct audit_control_hooks *hooks)
{
	struct audit_error e;

	if (hooks->load_rules && hooks->load_rules(hooks->ctx, &ac->control, &e) < 0)
		audit_control_notice(hooks, e.text);
}

/* The request that names our pid travels on the data socket: the records will come there. */
static int register_and_wait(
	struct audit_control *ac, const struct netlink_sink *sink, struct audit_error *e)
{
	struct audit_status values = {.mask = AUDIT_STATUS_PID, .pid = ac->pid};
	struct audit_control_status now;
	char command[32];
	int ret;

	ret = netlink_request(&ac->data, AUDIT_SET, &values, sizeof(values), sink);
	if (ret >= 0)
		return 0;
	if (ret == -EEXIST && audit_control_get(&ac->control, &now) == 0) {
		audit_explain_command(now.values.pid, command, sizeof(command));
		text_format(e->text, sizeof(e->text),
			"another audit daemon is registered with the kernel: pid %u (%s); stop it, "
			"or set socket_type to multicast",
			now.values.pid, command);
	} else {
		audit_explain(e, ret, AUDIT_NEED_CONTROL, "register as the audit daemon");
	}
	return ret;
}

static int start_unicast(struct audit_control *ac, const struct config *c,
	const struct audit_control_hooks *hooks, const struct netlink_sink *sink,
	struct audit_error *e)
{
	const struct rules_control nothing = {0};
	int ret;

	notice_system_calls(ac, hooks);
	if (ac->locked)
		audit_control_notice(hooks,
			"the audit configuration is locked (enabled 2): its settings and rules "
			"stay as they are");
	else if ((ret = audit_control_set_limits(ac, c, &nothing, &ac->before, hooks, e)) < 0)
		return ret;
	ret = netlink_open(&ac->data, NETLINK_USE_DATA_UNICAST);
	if (ret < 0) {
		audit_explain(e, ret, AUDIT_NEED_CONTROL, "open an audit socket");
		return ret;
	}
	/* Before the rules: if another daemon is registered, its rules must stay. */
	ret = register_and_wait(ac, sink, e);
	return ret < 0 || ac->locked ? ret : set_rules(ac, c, hooks, e);
}

static int start_multicast(
	struct audit_control *ac, const struct audit_control_hooks *hooks, struct audit_error *e)
{
	struct audit_error ignored;
	int ret;

	notice_system_calls(ac, hooks);
	notice_network(hooks);
	ret = netlink_open(&ac->data, NETLINK_USE_DATA_MULTICAST);
	if (ret < 0) {
		audit_explain(e, ret, AUDIT_NEED_READ, "join the audit multicast group");
		return ret;
	}
	/* Auditing has to be on, but with CAP_AUDIT_READ alone we cannot switch it. */
	if (ac->before.bytes > 0 && ac->before.values.enabled == 0 &&
		audit_control_set_value(ac, &ac->before, AUDIT_STATUS_ENABLED, 1, &ignored) < 0)
		audit_control_notice(
			hooks, "auditing is switched off (enabled 0), and could not be enabled");
	return 0;
}

int audit_control_start(struct audit_control *ac, const struct config *c,
	const struct audit_control_hooks *hooks, const struct netlink_sink *sink,
	struct audit_error *e)
{
	bool locked;
	int ret;

	memset(ac, 0, sizeof(*ac));
	ac->data.fd = -1;
	ac->pid = (uint32_t)sys_getpid();
	ret = netlink_open(&ac->control, NETLINK_USE_CONTROL);
	if (ret < 0) {
		audit_explain(e, ret, AUDIT_NEED_CONTROL, "open an audit socket");
		return ret;
	}
	ret = audit_control_get(&ac->control, &ac->before);
	if (ret == -EPERM && c->socket_type == SOCKET_MULTICAST)
		ret = 0; /* CAP_AUDIT_READ may be all we have, and is enough */
	if (ret < 0) {
		audit_explain(e, ret, AUDIT_NEED_CONTROL, "read the audit status");
		goto failed;
	}
	locked = ac->locked = ac->before.values.enabled == 2;
	ret = choose_subscription(ac, c, hooks, e);
	if (ret == 0)
		ret = ac->multicast ? start_multicast(ac, hooks, e)
				    : start_unicast(ac, c, hooks, sink, e);
	if (ret < 0)
		goto failed;
	if (locked)
		compare_rules(ac, hooks);
	return 0;
failed:
	audit_control_stop(ac, hooks);
	return ret;
}

int audit_control_register(struct audit_control *ac)
{
	struct audit_status values = {.mask = AUDIT_STATUS_PID, .pid = ac->pid};
	int ret;

	ret = netlink_send(&ac->data, AUDIT_SET, &values, sizeof(values));
	ac->registration = ret < 0 ? 0 : ac->data.sequence;
	return ret;
}

void audit_control_unregister(struct audit_control *ac)
{
	const struct audit_status values = {.mask = AUDIT_STATUS_PID};

	if (!ac->multicast)
		(void)netlink_send(&ac->control, AUDIT_SET, &values, sizeof(values));
}

void audit_control_stop(struct audit_control *ac, const struct audit_control_hooks *hooks)
{
	netlink_close(&ac->data);
	if (ac->control.deadline_ms == 0) /* a start that failed */
		ac->control.deadline_ms = sys_monotonic_ms() + LIMIT_STOP_RESTORE_MS;
	if (ac->control.fd >= 0)
		audit_control_restore(ac, hooks);
	netlink_close(&ac->control);
	ac->ours.mask = 0;
}
