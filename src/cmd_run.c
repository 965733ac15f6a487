#include "cmd.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "agent.h"
#include "guard.h"
#include "live.h"
#include "loop.h"
#include "reload.h"
#include "rules_host.h"
#include "rules_load.h"
#include "sys.h"

struct run {
	struct agent *agent;
	struct loop loop;
	struct live live;
	struct rules_host host;
	struct rules_loader rules;
	struct guard guard;
	struct cmd_arguments arguments;
	struct reload reload;
	int output_source; /* in the loop while the spool waits for the output; -1: not */
};

static void tell(void *context, const char *line)
{
	(void)context;
	cmd_error("%s", line);
}

/* What the live source notices concerns the collector as well. */
static void notice(void *context, const char *line)
{
	struct run *r = context;

	cmd_error("%s", line);
	guard_tell(r->agent, line);
}

/* ---- what the loop calls --------------------------------------------------------------- */

static void on_record(void *context, uint16_t type, const char *text, size_t len)
{
	struct run *r = context;

	r->agent->now_ms = r->loop.now_ms;
	agent_record(r->agent, type, (struct span){text, (uint32_t)len});
	guard_record(&r->guard, type);
}

static void on_writable(void *context, short revents)
{
	struct run *r = context;

	(void)revents;
	agent_drain(r->agent);
}

static void on_signal(void *context, int signo)
{
	struct run *r = context;
	char line[512];

	switch (signo) {
	case SIGUSR1:
		agent_summary(r->agent, line, sizeof(line));
		cmd_error("%s", line);
		break;
	case SIGHUP:
		reload_ask(&r->reload);
		break;
	default: /* SIGTERM, SIGINT: the loop ends by itself */
		break;
	}
}

/* ---- rules ----------------------------------------------------------------------------- */

/* false: a mistake, which was told with its line. */
static bool prepare_rules(struct run *r)
{
	const struct config *c = &r->agent->config;

	rules_host_init(&r->host, &r->agent->identity);
	/* It is large, and 0 so far: an assignment of the whole would touch all of it. */
	reload_point(&r->rules, c);
	r->rules.files.environment = &r->host.environment;
	r->rules.files.say = tell;
	r->rules.for_agent = true;
	r->rules.checked = true;
	if (!reload_has_rules(c))
		return true;
	r->rules.self_pid = (uint32_t)sys_getpid();
	return rules_check(&r->rules);
}

/* Rules that are others than ours, and stay so, are the collector's business, too. */
static void tell_locked(struct run *r, const struct rules_counts *n)
{
	const bool equal = n->missing == 0 && n->unwanted == 0 && !n->disordered;
	char line[160];

	snprintf(line, sizeof(line),
		"rules: locked until the next boot: %u are as they should be, %u are missing, %u "
		"are not wanted%s",
		n->equal, n->missing, n->unwanted, n->disordered ? ", in another order" : "");
	if (equal)
		tell(r, line);
	else
		notice(r, line);
}

/* What the kernel refuses was told, line by line; the agent runs with the rest. */
static int load_rules(void *context, struct netlink *control, struct audit_error *e)
{
	struct run *r = context;
	int error = rules_load(&r->rules, control);
	const struct rules_counts *n = &r->rules.counts;

	if (error < 0) {
		snprintf(e->text, sizeof(e->text), "rules: %s", strerror(-error));
		return error;
	}
	if (n->locked) {
		tell_locked(r, n);
		return 0;
	}
	cmd_error("rules: %u loaded, %u refused, %u that were there deleted", n->loaded, n->refused,
		n->purged);
	return 0;
}

/* Our pid will be another's. */
static void unload_self(void *context, struct netlink *control)
{
	struct run *r = context;

	rules_unload_self(&r->rules, control);
}

static void on_status(void *context, const struct audit_control_status *status, uint32_t lost)
{
	struct run *r = context;

	r->agent->counters.kernel_lost += lost;
	guard_status(&r->guard, status);
}

static void on_reply(
	void *context, uint16_t type, uint32_t sequence, const void *payload, size_t len)
{
	struct run *r = context;

	guard_reply(&r->guard, type, sequence, payload, len);
}

/* ---- one turn -------------------------------------------------------------------------- */

/* While messages wait, the output's descriptor tells when it takes more. Returns how long the
 * next turn may wait for it, in ms. */
static int64_t watch_output(struct run *r)
{
	struct output *o = &r->agent->output;
	uint32_t delay_ms;
	bool wanted;
	int fd;

	/* stdout may also have something in its buffer. */
	if (r->agent->spool.count == 0 && !o->writable_wait) {
		loop_remove(&r->loop, r->output_source);
		r->output_source = -1;
		return INT64_MAX;
	}
	wanted = output_wait(o, r->agent->now_ms, &fd, &delay_ms);
	if (!wanted) {
		loop_remove(&r->loop, r->output_source);
		r->output_source = -1;
	} else if (r->output_source < 0) {
		r->output_source = loop_add(&r->loop, fd, POLLOUT, on_writable, r);
	}
	/* stdout gives no delay: only its descriptor tells, and to look again at once is to spin.
	 */
	return wanted && delay_ms == 0 ? INT64_MAX : delay_ms;
}

static int until(int64_t deadline_ms, int64_t now_ms)
{
	int64_t wait = deadline_ms == INT64_MAX ? -1 : deadline_ms - now_ms;

	if (deadline_ms != INT64_MAX && wait < 0)
		wait = 0;
	return wait > 60000 ? 60000 : (int)wait;
}

static int run_loop(struct run *r)
{
	int error = 0;

	while (error == 0 && !r->loop.stopping) {
		int64_t wait_ms, deadline_ms;

		agent_tick(r->agent, sys_monotonic_ms());
		guard_turn(&r->guard);
		reload_turn(&r->reload);
		wait_ms = watch_output(r);
		deadline_ms = agent_deadline_ms(r->agent);
		if (wait_ms != INT64_MAX && r->agent->now_ms + wait_ms < deadline_ms)
			deadline_ms = r->agent->now_ms + wait_ms;
		error = loop_turn(&r->loop, until(deadline_ms, r->agent->now_ms));
	}
	if (error < 0)
		cmd_error("poll: %s", strerror(-error));
	return error;
}

/* ---- names of users --------------------------------------------------------------------- */

static void tell_file(
	const char *option, const struct identity_file *f, const struct identity_table *t)
{
	if (f->error < 0)
		cmd_error("%s: %s: %s; ids go without names until it can be read", option, f->path,
			f->error == -ENODATA ? "no entry" : strerror(-f->error));
	if (t->left > 0)
		cmd_error("%s: %s: %u entries beyond the first %u go without names", option,
			f->path, t->left, LIMIT_IDENTITIES);
}

static void tell_identity(const struct agent *a)
{
	if (!a->config.resolve_ids)
		return;
	tell_file("passwd_file", &a->identity.users, identity_users(&a->identity));
	tell_file("group_file", &a->identity.groups, identity_groups(&a->identity));
}

/* ---- start and stop -------------------------------------------------------------------- */

static void start_guard(struct run *r)
{
	const struct guard_parts parts = {
		.agent = r->agent,
		.live = &r->live,
		.loop = &r->loop,
		.rules = reload_has_rules(&r->agent->config) && !r->live.ac.multicast,
		.say = tell,
	};
	int error = guard_start(&r->guard, &parts);

	if (error < 0)
		cmd_error("the rules cannot be watched: %s", strerror(-error));
}

/* The configuration as the command line has it; also for a reload. */
static bool configure(void *context, struct config *c, struct config_error *e)
{
	struct run *r = context;

	if (!cmd_configure(&r->arguments, c, e))
		return false;
	if (!*c->output)
		snprintf(e->text, sizeof(e->text),
			"output: not configured; expected udp://ADDRESS:PORT, unix:///PATH or "
			"stdout");
	return *c->output;
}

/* The output's descriptor may be another one. */
static void on_changed(void *context)
{
	struct run *r = context;

	loop_remove(&r->loop, r->output_source);
	r->output_source = -1;
	tell_identity(r->agent);
}

static int start_reload(struct run *r)
{
	const struct reload_parts parts = {
		.agent = r->agent,
		.live = &r->live,
		.loop = &r->loop,
		.guard = &r->guard,
		.rules = &r->rules,
		.host = &r->host,
		.ctx = r,
		.configure = configure,
		.say = tell,
		.compare = load_rules,
		.changed = on_changed,
	};

	return reload_start(&r->reload, &parts);
}

static int start(struct run *r)
{
	const struct live_hooks hooks = {
		.ctx = r,
		.record = on_record,
		.notice = notice,
		.reply = on_reply,
		.status = on_status,
		.load_rules = reload_has_rules(&r->agent->config) ? load_rules : NULL,
		.unload_self = unload_self,
	};
	struct audit_error e;
	int error;

	r->output_source = -1;
	loop_init(&r->loop);
	error = loop_signals(&r->loop, on_signal, r);
	if (error < 0) {
		cmd_error("signals: %s", strerror(-error));
		return error;
	}
	error = live_start(&r->live, &r->agent->config, &r->loop, &r->agent->counters, &hooks, &e);
	if (error < 0) {
		cmd_error("%s", e.text);
		return error;
	}
	start_guard(r);
	if (start_reload(r) < 0)
		cmd_error("SIGHUP will change nothing: the loop's tables are full");
	cmd_error("ready: %s subscription, output %s",
		r->live.ac.multicast ? "multicast" : "unicast", r->agent->config.output);
	return 0;
}

static void stop(struct run *r)
{
	char line[512];

	reload_stop(&r->reload);
	live_stop(&r->live);
	guard_stop(&r->guard);
	r->agent->now_ms = sys_monotonic_ms();
	agent_stop(r->agent);
	agent_summary(r->agent, line, sizeof(line));
	cmd_error("%s", line);
}

int cmd_run(int argc, char **argv)
{
	static struct run r;
	struct config_error e;
	int error;

	r.arguments.takes_config = true;
	if (!cmd_options(&r.arguments, argc, argv))
		return CMD_USAGE;
	r.agent = &the_agent;
	if (!configure(&r, &r.agent->config, &e)) {
		cmd_error("%s", e.text);
		return CMD_USAGE;
	}
	if (!agent_start(r.agent, false, &e)) {
		cmd_error("%s", e.text);
		return CMD_USAGE;
	}
	if (!prepare_rules(&r))
		return CMD_USAGE;
	if (r.agent->hostid.warning)
		cmd_error("%s", r.agent->hostid.warning);
	tell_identity(r.agent);
	error = start(&r);
	if (error == 0) {
		error = run_loop(&r);
		if (r.live.failed)
			error = -EIO;
		stop(&r);
	}
	/* The signals stay blocked: a second SIGTERM must not change the exit status. */
	return error == 0 ? CMD_OK : CMD_FAILED;
}
