#include "run.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "error_text.h"
#include "stderr_line.h"
#include "sys.h"
#include "text.h"

struct run the_run;

/* ---- what the loop calls --------------------------------------------------------------- */

static void on_record(void *context, uint16_t type, const char *text, size_t len)
{
	struct run *r = context;

	r->agent->now_ms = r->loop.now_ms;
	agent_record(r->agent, type, (struct span){text, (uint32_t)len});
	guard_record(&r->guard, type);
}

static void on_output(void *context, short revents)
{
	struct run_output *o = context;

	delivery_ready(&o->run->agent->delivery, o->which, revents, o->run->loop.now_ms);
}

static void on_signal(void *context, int signo)
{
	struct run *r = context;
	char line[512];

	switch (signo) {
	case SIGUSR1:
		agent_summary(r->agent, line, sizeof(line));
		stderr_line("%s", line);
		break;
	case SIGHUP:
		reload_request(&r->reload);
		break;
	default: /* SIGTERM, SIGINT: the loop ends by itself */
		break;
	}
}

static void on_status(void *context, const struct audit_control_status *status, uint32_t lost)
{
	struct run *r = context;

	ledger_status(&r->ledger, status, lost);
	guard_status(&r->guard, status);
}

static void on_reply(
	void *context, uint16_t type, uint32_t sequence, const void *payload, size_t len)
{
	struct run *r = context;

	guard_reply(&r->guard, type, sequence, payload, len);
}

/* ---- one turn -------------------------------------------------------------------------- */

/* The loop looks for what the outputs wait for. */
static void watch_outputs(struct run *r)
{
	for (unsigned i = 0; i < DELIVERY_OUTPUTS; i++) {
		struct run_output *o = &r->outputs[i];
		int fd;
		short events = delivery_events(&r->agent->delivery, i, &fd);

		if (fd != o->fd) {
			loop_remove(&r->loop, o->source);
			o->source = fd < 0 ? -1 : loop_add(&r->loop, fd, events, on_output, o);
			o->fd = fd;
		}
		loop_events(&r->loop, o->source, events);
	}
}

static void report_output_changes(struct run *r)
{
	char line[512];

	while (delivery_take_report(&r->agent->delivery, line, sizeof(line))) {
		if (run_is_away(r))
			run_keep_error(r, line);
		run_report(r, line);
	}
}

/* While the spool fills and the output is merely slow, leave records in the kernel's queue: it has
 * more room, and processes that make too many wait for it (backlog_wait_time). If the output
 * accepts nothing, read on: then the spool decides what to drop. */
__attribute__((cold)) static void hold_records(struct run *r)
{
	const struct agent *a = r->agent;
	const uint64_t sent = a->counters.messages_sent;

	if (r->last_sent != sent)
		r->last_progress_ms = a->now_ms;
	r->last_sent = sent;
	if (!spool_is_nearly_full(&a->spool) || a->now_ms - r->last_progress_ms >= LIMIT_HOLD_MS) {
		audit_source_hold(&r->source, 0);
		r->last_portion_ms = a->now_ms;
	} else if (a->now_ms - r->last_portion_ms < LIMIT_HOLD_MS) {
		audit_source_hold(&r->source, LIMIT_UDP_PAUSE_MS);
	} else { /* read one portion */
		r->last_portion_ms = a->now_ms;
	}
}

static int until(int64_t deadline_ms, int64_t now_ms)
{
	int64_t wait = deadline_ms == INT64_MAX ? -1 : deadline_ms - now_ms;

	if (deadline_ms != INT64_MAX && wait < 0)
		wait = 0;
	return wait > 60000 ? 60000 : (int)wait;
}

/* Every other output may come back. */
static int check_stdout(const struct output *o)
{
	if (o->address.kind != OUTPUT_STDOUT || o->error != EPIPE)
		return 0;
	stderr_line("stdout: nobody reads it any more");
	return -EPIPE;
}

bool run_turn(struct run *r)
{
	int64_t deadline_ms, ledger_ms, names_ms;

	if (r->loop.stopping)
		return false;
	names_ms = host_names_turn(&r->names, sys_monotonic_ms());
	agent_tick(r->agent, sys_monotonic_ms());
	guard_turn(&r->guard);
	reload_turn(&r->reload);
	run_lineage_turn(r);
	report_output_changes(r);
	hold_records(r);
	ledger_ms = ledger_turn(&r->ledger);
	watch_outputs(r);
	deadline_ms = agent_deadline_ms(r->agent);
	if (ledger_ms < deadline_ms)
		deadline_ms = ledger_ms;
	if (names_ms < deadline_ms)
		deadline_ms = names_ms;
	r->error = loop_turn(&r->loop, until(deadline_ms, r->agent->now_ms));
	if (r->error < 0)
		stderr_line("poll: %s", error_text(r->error));
	else
		r->error = check_stdout(&r->agent->delivery.outputs[DELIVERY_PRIMARY]);
	return r->error == 0;
}

/* ---- names of users --------------------------------------------------------------------- */

static void print_file_problems(
	const char *option, const struct identity_file *f, const struct identity_table *t)
{
	if (f->error < 0)
		stderr_line("%s: %s: %s; ids go without names until it can be read", option,
			f->path, f->error == -ENODATA ? "no entry" : error_text(f->error));
	if (t->left_out > 0)
		stderr_line("%s: %s: beyond the first %u entries, %u without names", option,
			f->path, LIMIT_IDENTITIES, t->left_out);
}

static void print_identity_problems(const struct agent *a)
{
	if (!a->config.resolve_ids)
		return;
	print_file_problems("passwd_file", &a->identity.users, identity_users(&a->identity));
	print_file_problems("group_file", &a->identity.groups, identity_groups(&a->identity));
}

static void print_spool(const struct agent *a)
{
	const struct spool *s = &a->spool;

	if (a->spool_file.fd >= 0)
		stderr_line("spool_file: %zu bytes, %u message(s) picked up, %u broken, %u broken "
			    "block(s)",
			a->spool_file.bytes, (unsigned)s->recovered, (unsigned)s->broken,
			(unsigned)s->broken_blocks);
}

/* ---- start and stop -------------------------------------------------------------------- */

static void start_guard(struct run *r)
{
	const struct guard_parts parts = {
		.agent = r->agent,
		.source = &r->source,
		.loop = &r->loop,
		.rules = reload_has_rules(&r->agent->config) && !r->source.ac.multicast,
		.loader = &r->rules,
		.print = run_print,
	};
	int error = guard_start(&r->guard, &parts);

	if (error < 0)
		stderr_line("the rules cannot be watched: %s", error_text(error));
}

static bool has_output(const struct config *c, struct config_error *e)
{
	if (!*c->output)
		text_format(e->text, sizeof(e->text),
			"output: not configured; expected udp://ADDRESS:PORT, "
			"tcp://ADDRESS:PORT, unix:///PATH or stdout");
	return *c->output;
}

/* The configuration as the command line has it; also for a reload. */
static bool configure(void *context, struct config *c, struct config_error *e)
{
	struct run *r = context;

	return config_gather(&r->request, c, e) && has_output(c, e);
}

static void on_reload(void *context, bool is_busy)
{
	struct run *r = context;

	if (is_busy)
		supervisor_reloading(&r->supervisor);
	else
		supervisor_ready(&r->supervisor, r->ready_line);
}

static void set_ready(struct run *r)
{
	text_format(r->ready_line, sizeof(r->ready_line), "ready: %s subscription, output %.100s",
		r->source.ac.multicast ? "multicast" : "unicast", r->agent->config.output);
}

static void on_changed(void *context)
{
	struct run *r = context;

	set_ready(r);
	print_identity_problems(r->agent);
}

static int start_reload(struct run *r)
{
	const struct reload_parts parts = {
		.agent = r->agent,
		.source = &r->source,
		.loop = &r->loop,
		.guard = &r->guard,
		.rules = &r->rules,
		.host = &r->host,
		.ctx = r,
		.configure = configure,
		.print = run_print,
		.compare = run_rules_load,
		.changed = on_changed,
		.failed = run_keep_error,
		.busy = on_reload,
	};

	return reload_start(&r->reload, &parts);
}

static void start_ledger(struct run *r)
{
	const char *path = r->agent->config.status_socket;
	int error = 0;

	ledger_start(&r->ledger, r->agent, &r->source.ac.before);
	r->status.fd = -1;
	if (*path)
		error = status_socket_open(&r->status, path, &r->loop, run_status, r);
	if (error < 0)
		stderr_line("status_socket: %s: %s; `ecsaudit status` cannot ask this agent", path,
			error_text(error));
}

static void stop(struct run *r)
{
	const int64_t began_ms = sys_monotonic_ms();
	char line[512];

	loop_stop(&r->loop); /* also where no signal did: what is noticed now is our own doing */
	supervisor_stopping(&r->supervisor);
	reload_stop(&r->reload);
	host_names_close(&r->names);
	audit_source_stop(&r->source, began_ms);
	guard_stop(&r->guard);
	status_socket_close(&r->status);
	r->agent->now_ms = sys_monotonic_ms();
	ledger_stop(&r->ledger);
	agent_stop(r->agent, began_ms + LIMIT_STOP_MS);
	agent_summary(r->agent, line, sizeof(line));
	stderr_line("%s", line);
}

/* Everything is open, loaded and read: the loop needs few privileges. */
static int drop_privileges(struct run *r)
{
	struct config_error e;
	int error;

	lineage_scan(&r->agent->lineage);
	error = privileges_drop(&r->privileges, &e);
	lineage_check_proc(&r->agent->lineage);
	if (*e.text)
		stderr_line("%s", e.text);
	return error;
}

static int begin(struct run *r)
{
	const struct audit_source_hooks hooks = {
		.ctx = r,
		.record = on_record,
		.notice = run_report_error,
		.reply = on_reply,
		.status = on_status,
		.load_rules = reload_has_rules(&r->agent->config) ? run_rules_load : NULL,
		.unload_self = run_rules_unload_self,
	};
	struct config_error ce;
	struct audit_error e;
	int error;

	for (unsigned i = 0; i < DELIVERY_OUTPUTS; i++)
		r->outputs[i] = (struct run_output){r, i, -1, -1};
	loop_init(&r->loop);
	error = loop_signals(&r->loop, on_signal, r);
	if (error < 0) {
		stderr_line("signals: %s", error_text(error));
		return error;
	}
	gaps_await(&r->agent->gaps, true);
	error = audit_source_start(
		&r->source, &r->agent->config, &r->loop, &r->agent->counters, &hooks, &e);
	if (error < 0 ||
		r->source.ac.multicast) /* the kernel holds nothing for a listener beside */
		gaps_await(&r->agent->gaps, false);
	if (error < 0) {
		stderr_line("%s", e.text);
		return error;
	}
	agent_give_back((char *)&r->reload.change, (char *)(&r->reload.change + 1));
	host_names_open(&r->names, &r->agent->delivery, &r->loop);
	start_guard(r);
	start_ledger(r);
	if (start_reload(r) < 0)
		stderr_line("SIGHUP will change nothing: the loop's tables are full");
	error = supervisor_watch(&r->supervisor, &r->agent->config, &r->loop, r->source.ac.data.fd,
		&r->source.datagrams, &ce);
	if (error < 0)
		stderr_line("%s", ce.text);
	else
		error = drop_privileges(r);
	if (error < 0) {
		stop(r);
		return error;
	}
	set_ready(r);
	stderr_line("%s", r->ready_line);
	supervisor_ready(&r->supervisor, r->ready_line);
	return 0;
}

/* Finds every mistake in the configuration and in files, before the kernel's audit is touched. */
static bool check(struct run *r, bool (*start)(struct agent *a, struct config_error *e))
{
	struct config_error e;

	if (start(r->agent, &e) &&
		privileges_init(&r->privileges, &r->agent->config, &r->agent->identity, &e))
		return run_rules_prepare(r);
	stderr_line("%s", e.text);
	return false;
}

static bool start_agent(struct agent *a, struct config_error *e)
{
	return agent_start(a, false, e);
}

static bool prepare(struct run *r)
{
	if (!check(r, start_agent))
		return false;
	if (r->agent->hostid.warning)
		stderr_line("%s", r->agent->hostid.warning);
	print_identity_problems(r->agent);
	print_spool(r->agent);
	return true;
}

bool run_check(struct run *r, bool *complete)
{
	struct config *c = &r->agent->config;
	struct config_error e;

	*complete = false;
	if (!config_gather(&r->request, c, &e)) {
		stderr_line("%s", e.text);
		return false;
	}
	*complete = has_output(c, &e);
	if (!*complete)
		stderr_line("%s", e.text);
	if (!check(r, agent_check))
		return false;
	if (c->socket_type != SOCKET_MULTICAST)
		rules_override_settings(&r->rules.controls, c);
	return true;
}

bool run_start(struct run *r, enum exit_status *status)
{
	struct config_error e;
	int error;

	*status = EXIT_USAGE;
	if (!configure(r, &r->agent->config, &e)) {
		stderr_line("%s", e.text);
		return false;
	}
	*status = EXIT_FAILED;
	if (supervisor_open(&r->supervisor, &r->agent->config, run_print, r, &e) < 0) {
		stderr_line("%s", e.text);
		return false;
	}
	if (!prepare(r)) {
		*status = EXIT_USAGE;
	} else {
		error = begin(r);
		if (error == 0)
			return true;
		if (error == -EINTR && run_is_ending()) /* a signal came during the start */
			*status = EXIT_OK;
	}
	supervisor_close(&r->supervisor);
	return false;
}

enum exit_status run_stop(struct run *r)
{
	stop(r);
	supervisor_close(&r->supervisor);
	return r->error < 0 || r->source.failed ? EXIT_FAILED : EXIT_OK;
}
