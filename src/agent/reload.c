#include "reload.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include "error_text.h"
#include "lineage_rules.h"
#include "reload_report.h"
#include "rules_command.h"
#include "rules_wait.h"
#include "sys.h"
#include "text.h"
#include "config_read.h"

/* ---- reading ----------------------------------------------------------------------------- */

bool reload_has_rules(const struct config *c)
{
	return *c->audit_rules || c->audit_rule_file_count > 0 || config_has_lineage_rules(c);
}

void reload_point(struct rules_loader *l, const struct config *c)
{
	l->files.text = c->audit_rules;
	l->files.text_len = strlen(c->audit_rules);
	l->files.text_name = "audit_rules";
	l->files.files = c->audit_rule_files;
	l->files.file_count = c->audit_rule_file_count;
	l->ignore_errors = c->ignore_errors;
	l->has_lineage = config_has_lineage_rules(c);
	l->config = c;
}

/* The kernel's settings and rules are ours to change. */
static bool is_ours(const struct reload *r)
{
	return !r->with.source->ac.multicast && !r->with.source->ac.locked;
}

static bool read_config(struct reload *r)
{
	const struct config *old = &r->with.agent->config;
	struct config *c = &r->config;

	if (!r->with.configure(r->with.ctx, c, &r->e))
		return false;
	r->changed = config_changes(old, c);
	r->fixed = r->changed & config_fixed(FIXED_UNTIL_RESTART);
	r->locked = r->with.source->ac.locked ? r->changed & config_fixed(FIXED_BY_LOCK) : 0;
	r->changed &= ~(r->fixed | r->locked);
	if (config_take(c, old, r->fixed | r->locked))
		return true;
	return reload_set_error(r, "the values that stay", -ENOSPC);
}

static bool read_names(struct reload *r)
{
	const struct config *old = &r->with.agent->config, *c = &r->config;

	r->names_changed = strcmp(c->passwd_file, old->passwd_file) != 0 ||
			   strcmp(c->group_file, old->group_file) != 0;
	if (!r->names_changed)
		return true;
	identity_open(&r->identity, c->passwd_file, c->group_file);
	return agent_check_names(&r->identity, &r->e);
}

static void print_mistake(void *ctx, const char *line)
{
	struct reload *r = ctx;
	const struct rules_loader *l = r->with.rules;

	const unsigned mistakes = l->counts.mistakes + l->files.unreadable;

	/* Warnings are printed at once. Mistakes come in the report, unless they are ignored. */
	if (mistakes > r->rule_mistakes && !l->ignoring)
		reload_add_mistake(r, line);
	else
		reload_print(r, line);
	r->rule_mistakes = mistakes;
}

static bool read_rules(struct reload *r)
{
	struct rules_loader *l = r->with.rules;
	bool good;

	if (!reload_has_rules(&r->config))
		return true;
	reload_point(l, &r->config);
	if (r->names_changed)
		r->with.host->identity = &r->identity;
	l->self_pid = r->with.source->ac.pid;
	l->files.print = print_mistake;
	l->files.print_ctx = r;
	r->rule_mistakes = 0;
	good = rules_prepare(l, &r->change);
	l->files.print = reload_print;
	return good;
}

static bool read_host(struct reload *r)
{
	const struct config *c = &r->config;
	struct agent *a = r->with.agent;

	r->hostid = a->hostid;
	(void)hostid_refresh(&r->hostid, c->state_file, true);
	(void)os_release_read(&a->os_release);
	hostid_point(&r->hostid, c);
	return agent_build_members(a, &r->document, c, &r->hostid, &r->e);
}

static const char *output_name(const struct config *c, unsigned which)
{
	return which == DELIVERY_PRIMARY ? c->output : c->output_fallback;
}

/* NULL: it is not configured, which only the fallback may be. */
static const struct output_address *parse_output(
	const struct config *c, unsigned which, struct output_address *a)
{
	const char *name = output_name(c, which);

	if (!*name)
		return NULL;
	(void)output_parse(a, name); /* was checked with the option */
	return a;
}

static bool check_outputs(struct reload *r)
{
	struct output_address a;

	for (unsigned i = 0; i < DELIVERY_OUTPUTS; i++) {
		int error = delivery_check(
			&r->with.agent->delivery, i, parse_output(&r->config, i, &a));

		if (error >= 0)
			continue;
		text_format(r->e.text, sizeof(r->e.text), "output: %s: %s",
			output_name(&r->config, i),
			error == -EOPNOTSUPP ? "only a restart changes to or from stdout"
					     : error_text(error));
		return false;
	}
	return true;
}

/* The last step that can fail. */
static bool ask_kernel(struct reload *r)
{
	const struct rules_control none = {0};
	const bool rules = reload_has_rules(&r->config);
	const struct audit_control_hooks hooks = {.ctx = r, .notice = reload_print};
	struct audit_control *ac = &r->with.source->ac;
	struct audit_error e;
	int error = 0;

	if (!is_ours(r))
		return true;
	if (rules) {
		rules_wait_hide(&r->with.host->environment, &r->change.wanted);
		error = rules_change_plan(&r->change, &ac->control);
	}
	if (error < 0)
		return reload_set_error(r, "the kernel's rules", error);
	error = audit_control_update(
		ac, &r->config, rules ? &r->with.rules->controls : &none, &hooks, &e);
	if (error < 0)
		text_format(r->e.text, sizeof(r->e.text), "%s", e.text);
	return error == 0;
}

/* ---- the swap, between two events -------------------------------------------------------- */

/* Cannot fail: check_outputs() was true. */
static void swap_outputs(struct agent *a)
{
	for (unsigned i = 0; i < DELIVERY_OUTPUTS; i++) {
		struct output_address at;

		(void)delivery_change(&a->delivery, i, parse_output(&a->config, i, &at),
			output_name(&a->config, i), a->now_ms);
	}
}

static void swap(struct reload *r)
{
	struct agent *a = r->with.agent;
	const struct config *c = &a->config;

	if (r->names_changed)
		a->identity = r->identity;
	a->hostid = r->hostid;
	config_move(&a->config, &r->config);
	a->identity.users.path = c->passwd_file;
	a->identity.groups.path = c->group_file;
	hostid_point(&a->hostid, c);
	reload_point(r->with.rules, c);
	swap_outputs(a);
	agent_apply(a);
	r->with.changed(r->with.ctx);
}

/* ---- what the kernel has to do ----------------------------------------------------------- */

/* As at start, the lock comes last: nothing can be set after it. */
static int lock(struct reload *r)
{
	const struct config *c = &r->with.agent->config;
	const struct rules_control *over = &r->with.rules->controls;
	struct audit_control *ac = &r->with.source->ac;
	const bool rules = reload_has_rules(c);
	struct audit_error e;
	int error = 0;

	if (rules && over->set & RULES_LOGINUID_IMMUTABLE)
		error = rules_fix_loginuid(&ac->control);
	if (!c->immutable && !(rules && over->set & RULES_ENABLED && over->enabled == 2))
		return error;
	if (audit_control_lock(ac, &e) < 0) {
		reload_print(r, e.text);
		error = -EPERM;
	}
	return error;
}

/* `error`: of changing the rules. The guard may still add what is missing. */
static void end(struct reload *r, int error)
{
	r->is_changing_rules = false;
	rules_finish(r->with.rules, &r->change);
	(void)guard_rearm(r->with.guard, true, &r->change.wanted);
	if (error == 0)
		error = lock(r);
	reload_report_done(r, true, error);
}

/* Without their switch each of their events would be a document. */
static int drop_lineage(struct reload *r)
{
	struct netlink *control = &r->with.source->ac.control;
	int ret = rules_change_plan_purge(&r->change, control, LINEAGE_KEY);

	while (ret >= 0 && (ret = rules_change_step(&r->change, control)) > 0)
		;
	return ret;
}

/* Without a change of the kernel's rules, but for those of a switch that is off now. */
static void end_at_once(struct reload *r)
{
	const bool rules = reload_has_rules(&r->with.agent->config);
	const bool multicast = r->with.source->ac.multicast;
	const struct audit_control_hooks hooks = {.ctx = r, .notice = reload_print};
	struct audit_error e;
	int error = 0;

	if (!rules) {
		rules_list_clear(&r->with.rules->waiting);
		r->with.rules->lineage_hidden[0] = '\0';
		error = r->had_lineage ? drop_lineage(r) : 0;
	}
	if (rules && multicast)
		audit_control_not_loaded(&r->with.agent->config, &hooks,
			"the subscription is multicast, and only a restart changes it");
	else if (rules && r->with.compare(r->with.ctx, &r->with.source->ac.control, &e) < 0)
		reload_print(r, e.text);
	(void)guard_rearm(r->with.guard, rules && !multicast, NULL);
	if (is_ours(r) && error == 0)
		error = lock(r);
	reload_report_done(r, false, error);
}

static void change_rules(struct reload *r)
{
	struct netlink *control = &r->with.source->ac.control;
	int ret = RULES_CHANGE_QUICK;

	for (unsigned n = 0; n < LIMIT_RELOAD_ADDS && ret == RULES_CHANGE_QUICK; n++)
		ret = rules_change_step(&r->change, control);
	if (ret < 0 && ++r->tries < LIMIT_RELOAD_TRIES) {
		const struct rules_change_counts first = r->change.counts;

		ret = rules_change_plan(&r->change, control);
		r->change.counts = first;
		r->change.counts.refused = 0;
		ret = ret < 0 ? ret : RULES_CHANGE_SLOW;
	}
	if (ret <= 0)
		end(r, ret);
}

/* Collects every mistake, and asks the kernel if there is none. */
static bool read_all(struct reload *r)
{
	bool good;

	r->mistakes[0] = '\0';
	if (!reload_check(r, read_config(r) && read_names(r)))
		return false;
	good = read_rules(r);
	good &= reload_check(r, read_host(r));
	good &= reload_check(r, check_outputs(r));
	return good && reload_check(r, ask_kernel(r));
}

static void begin(struct reload *r)
{
	r->is_requested = false;
	if (!read_all(r)) {
		reload_point(r->with.rules, &r->with.agent->config);
		r->with.host->identity = &r->with.agent->identity;
		reload_report_kept(r);
		return;
	}
	r->had_rules = is_ours(r) && reload_has_rules(&r->with.agent->config);
	r->had_lineage = is_ours(r) && config_has_lineage_rules(&r->with.agent->config);
	swap(r);
	r->with.host->identity = &r->with.agent->identity;
	if (!is_ours(r) || !reload_has_rules(&r->with.agent->config)) {
		end_at_once(r);
		return;
	}
	r->rules_drifted = r->with.guard->drift.armed &&
			   !rules_list_equal(&r->with.guard->drift.rules, &r->change.found);
	guard_hold(r->with.guard);
	r->is_changing_rules = true;
	r->yield_count = r->tries = 0;
}

/* ---- its turns --------------------------------------------------------------------------- */

/* reload_turn() does what is due. */
static void on_timer(void *ctx)
{
	(void)ctx;
}

int reload_start(struct reload *r, const struct reload_parts *parts)
{
	r->with = *parts;
	r->timer = loop_timer_add(parts->loop, LOOP_NEVER, 0, on_timer, r);
	if (r->timer >= 0)
		return 0;
	r->with.agent = NULL;
	return r->timer;
}

void reload_request(struct reload *r)
{
	if (r->with.busy && !r->is_requested && !r->is_changing_rules)
		r->with.busy(r->with.ctx, true);
	if (!r->is_requested)
		r->requested_ms = sys_monotonic_ms();
	r->is_requested = true;
}

/* A request that waits for its own answer drops the answers to others. */
static bool may_ask_kernel(const struct reload *r)
{
	return r->with.source->query == 0 && r->with.guard->drift.query == 0;
}

/* Records that wait come first, but not forever. */
static bool yields(struct reload *r)
{
	struct pollfd p = {.fd = r->with.source->ac.data.fd, .events = POLLIN};

	if (r->yield_count < LIMIT_RELOAD_YIELDS && sys_poll(&p, 1, 0) > 0) {
		r->yield_count++;
		return true;
	}
	r->yield_count = 0;
	return false;
}

static void wait_or_begin(struct reload *r)
{
	if (!r->with.guard->is_restoring && may_ask_kernel(r)) {
		begin(r);
	} else if (sys_monotonic_ms() - r->requested_ms >= LIMIT_RELOAD_WAIT_MS) {
		r->is_requested = false;
		r->mistakes[0] = '\0';
		(void)reload_check(
			r, reload_set_error(r, "the kernel does not answer", -ETIMEDOUT));
		reload_report_kept(r);
	}
}

void reload_turn(struct reload *r)
{
	if (!r->with.agent || r->with.loop->stopping || (!r->is_requested && !r->is_changing_rules))
		return;
	if (!r->is_changing_rules)
		wait_or_begin(r);
	else if (may_ask_kernel(r) && !yields(r))
		change_rules(r);
	if (r->is_requested || r->is_changing_rules)
		loop_timer_set(
			r->with.loop, r->timer, r->is_changing_rules ? 0 : LIMIT_RELOAD_LOOK_MS);
}

void reload_stop(struct reload *r)
{
	const int64_t deadline_ms = sys_monotonic_ms() + LIMIT_RELOAD_END_MS;

	if (!r->is_changing_rules)
		return;
	r->with.source->ac.control.deadline_ms = deadline_ms;
	while (r->is_changing_rules && sys_monotonic_ms() < deadline_ms)
		change_rules(r);
	if (!r->is_changing_rules)
		return;
	rules_change_abandon(&r->change, &r->with.source->ac.control);
	end(r, -EINTR);
}
