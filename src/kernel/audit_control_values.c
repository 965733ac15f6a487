#include "audit_control_parts.h"

#include <errno.h>
#include <string.h>
#include "sys.h"

/* ---- setting ----------------------------------------------------------------------------- */

static const struct setting {
	uint32_t mask;
	size_t offset;
	const char *doing;
} settings[] = {
	{AUDIT_STATUS_BACKLOG_WAIT_TIME, offsetof(struct audit_status, backlog_wait_time),
		"set backlog_wait_time"},
	{AUDIT_STATUS_FAILURE, offsetof(struct audit_status, failure), "set failure_mode"},
	{AUDIT_STATUS_BACKLOG_LIMIT, offsetof(struct audit_status, backlog_limit),
		"set backlog_limit"},
	{AUDIT_STATUS_RATE_LIMIT, offsetof(struct audit_status, rate_limit), "set rate_limit"},
	{AUDIT_STATUS_ENABLED, offsetof(struct audit_status, enabled), "enable auditing"},
};

#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

static uint32_t value_get(const struct audit_status *s, const struct setting *setting)
{
	uint32_t value;

	memcpy(&value, (const char *)s + setting->offset, sizeof(value));
	return value;
}

static void value_set(struct audit_status *s, const struct setting *setting, uint32_t value)
{
	memcpy((char *)s + setting->offset, &value, sizeof(value));
	s->mask |= setting->mask;
}

/* After a failure the value counts as ours, too: the kernel may have set it, and the answer is
 * lost. */
int audit_control_set_value(struct audit_control *ac, const struct audit_control_status *now,
	uint32_t mask, uint32_t value, struct audit_error *e)
{
	const struct audit_status ours = ac->ours;
	struct audit_status request = {0};
	const struct setting *setting = settings;
	int ret;

	while (setting->mask != mask)
		setting++;
	if (value_get(&now->values, setting) == value)
		return 0;
	value_set(&request, setting, value);
	value_set(&ac->ours, setting, value);
	ret = audit_control_set(&ac->control, &request);
	if (ret < 0) {
		if (ours.mask & mask)
			ac->ours = ours;
		audit_explain(e, ret, AUDIT_NEED_CONTROL, setting->doing);
	}
	return ret;
}

static bool is_over_limit(const struct audit_control_status *s)
{
	return s->values.backlog_limit != 0 && s->values.backlog >= s->values.backlog_limit;
}

static const char wait_time_stays[] =
	"backlog_wait_time stays as it is: the kernel's backlog is over its limit";

/* The kernel waits in whole ticks; N of them last N to N + 1. */
__attribute__((cold)) static uint32_t ticks_of(uint32_t ms)
{
	struct timespec tick = {0};
	uint32_t tick_us, ticks;

	/* The coarse clocks move with the tick (kernel/time/posix-timers.c, KTIME_LOW_RES). */
	if (ms == 0 || sys_clock_getres(CLOCK_MONOTONIC_COARSE, &tick) < 0)
		return ms > 0;
	tick_us = (uint32_t)(tick.tv_nsec / 1000);
	ticks = tick_us > 0 ? ms * 1000 / tick_us : 1;
	return ticks > 0 ? ticks : 1;
}

/* Sets backlog_wait_time, to ours or back to what it was before us, and chooses the rate limit. The
 * strategies are Auditbeat's. */
static int backpressure(struct audit_control *ac, const struct config *c,
	const struct audit_control_status *now, const struct audit_control_hooks *hooks,
	uint32_t *rate_limit, struct audit_error *e)
{
	const enum config_backpressure strategy = c->backpressure_strategy;
	const bool able = ac->before.values.feature_bitmap & AUDIT_FEATURE_BITMAP_BACKLOG_WAIT_TIME;
	uint32_t wait_time = ac->before.values.backlog_wait_time;
	bool ours = ac->ours.mask & AUDIT_STATUS_BACKLOG_WAIT_TIME;
	bool userspace_alone = strategy == BACKPRESSURE_USERSPACE, is_found = true;
	int ret = 0;

	if (strategy == BACKPRESSURE_AUTO && !able) {
		audit_control_notice(
			hooks, "the kernel has no backlog_wait_time: limiting the rate instead");
		userspace_alone = true;
	} else if (strategy == BACKPRESSURE_AUTO) {
		wait_time = ticks_of(c->backlog_wait_ms);
		ours = true;
		is_found = false;
	}
	/* Our own requests would sleep for it, see restore_wait_time(). */
	if (ours && is_found && wait_time != 0 && is_over_limit(now))
		audit_control_notice(hooks, wait_time_stays);
	else if (ours)
		ret = audit_control_set_value(
			ac, now, AUDIT_STATUS_BACKLOG_WAIT_TIME, wait_time, e);
	*rate_limit = c->rate_limit;
	if (userspace_alone && c->rate_limit == 0)
		*rate_limit = DEFAULT_USERSPACE_RATE_LIMIT;
	return ret;
}

int audit_control_set_limits(struct audit_control *ac, const struct config *c,
	const struct rules_control *over, const struct audit_control_status *now,
	const struct audit_control_hooks *hooks, struct audit_error *e)
{
	uint32_t failure = (uint32_t)c->failure_mode, backlog_limit = c->backlog_limit;
	uint32_t rate_limit = 0;
	int ret;

	ret = backpressure(ac, c, now, hooks, &rate_limit, e);
	if (over->set & RULES_FAILURE)
		failure = over->failure;
	if (over->set & RULES_BACKLOG_LIMIT)
		backlog_limit = over->backlog_limit;
	if (over->set & RULES_RATE_LIMIT)
		rate_limit = over->rate_limit;
	if (ret == 0)
		ret = audit_control_set_value(ac, now, AUDIT_STATUS_FAILURE, failure, e);
	if (ret == 0)
		ret = audit_control_set_value(
			ac, now, AUDIT_STATUS_BACKLOG_LIMIT, backlog_limit, e);
	if (ret == 0)
		ret = audit_control_set_value(ac, now, AUDIT_STATUS_RATE_LIMIT, rate_limit, e);
	return ret;
}

int audit_control_update(struct audit_control *ac, const struct config *c,
	const struct rules_control *over, const struct audit_control_hooks *hooks,
	struct audit_error *e)
{
	const struct audit_status ours = ac->ours;
	struct audit_control_status now;
	struct audit_status undo = {0};
	int ret = audit_control_get(&ac->control, &now);

	if (ret < 0) {
		audit_explain(e, ret, AUDIT_NEED_CONTROL, "read the audit status");
		return ret;
	}
	ret = audit_control_set_limits(ac, c, over, &now, hooks, e);
	if (ret == 0)
		return 0;
	/* All or nothing. Undo the failed one, too: maybe only its answer was lost. */
	for (size_t i = 0; settings[i].mask != AUDIT_STATUS_ENABLED; i++)
		value_set(&undo, &settings[i], value_get(&now.values, &settings[i]));
	(void)audit_control_set(&ac->control, &undo);
	ac->ours = ours;
	return ret;
}

int audit_control_lock(struct audit_control *ac, struct audit_error *e)
{
	const struct audit_control_status unlocked = {.bytes = 0};
	int ret = audit_control_set_value(ac, &unlocked, AUDIT_STATUS_ENABLED, 2, e);

	ac->locked = ret == 0;
	return ret;
}

/* ---- restoring --------------------------------------------------------------------------- */

static int restore(
	struct audit_control *ac, const struct audit_control_status *now, uint32_t wanted)
{
	struct audit_status request = {0};

	for (size_t i = 0; i < SETTINGS; i++) {
		const struct setting *s = &settings[i];

		/* A value that is no longer ours was set by somebody else meanwhile. */
		if ((ac->ours.mask & wanted & s->mask) &&
			value_get(&now->values, s) == value_get(&ac->ours, s))
			value_set(&request, s, value_get(&ac->before.values, s));
	}
	return request.mask ? audit_control_set(&ac->control, &request) : 0;
}

void audit_control_switch_off(struct audit_control *ac)
{
	struct audit_control_status now;

	if (!(ac->ours.mask & AUDIT_STATUS_ENABLED) || ac->before.values.enabled != 0 ||
		ac->locked || audit_control_get(&ac->control, &now) != 0)
		return;
	(void)restore(ac, &now, AUDIT_STATUS_ENABLED);
}

/*
 * Once backlog_wait_time is restored, our own requests sleep for it while the backlog is over its
 * limit (kernel/audit.c, audit_receive()): up to a minute, uninterruptibly. So wait a little for
 * the backlog to shrink. If it does not, leave our value.
 */
static int restore_wait_time(struct audit_control *ac)
{
	struct audit_control_status now;
	int ret;

	if (!(ac->ours.mask & AUDIT_STATUS_BACKLOG_WAIT_TIME))
		return 0;
	for (unsigned tries = 0; tries < LIMIT_STOP_RESTORE_MS; tries++) {
		ret = audit_control_get(&ac->control, &now);
		if (ret < 0)
			return ret;
		if (now.values.enabled == 2)
			return 0;
		if (!is_over_limit(&now))
			return restore(ac, &now, AUDIT_STATUS_BACKLOG_WAIT_TIME);
		if (sys_monotonic_ms() >= ac->control.deadline_ms)
			break;
		(void)sys_poll(NULL, 0, LIMIT_STOP_RESTORE_PAUSE_MS);
	}
	return -EBUSY;
}

void audit_control_restore(struct audit_control *ac, const struct audit_control_hooks *hooks)
{
	struct audit_control_status now;
	int ret;

	if (ac->ours.mask == 0 || ac->locked)
		return;
	ret = audit_control_get(&ac->control, &now);
	if (ret == 0 && now.values.enabled != 2) {
		ret = restore(ac, &now, ~(uint32_t)AUDIT_STATUS_BACKLOG_WAIT_TIME);
		if (ret == 0)
			ret = restore_wait_time(ac);
	}
	if (ret == -EBUSY)
		audit_control_notice(hooks, wait_time_stays);
	else if (ret < 0)
		audit_control_notice(
			hooks, "the kernel's audit settings could not all be put back");
}
