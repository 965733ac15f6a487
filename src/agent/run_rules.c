#include "run.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "error_text.h"
#include "rules_lineage.h"
#include "rules_wait.h"
#include "sys.h"
#include "text.h"

bool run_is_ending(void)
{
	sigset_t pending;

	return sys_sigpending(&pending) == 0 &&
	       (sigismember(&pending, SIGTERM) || sigismember(&pending, SIGINT));
}

bool run_rules_prepare(struct run *r)
{
	const struct config *c = &r->agent->config;

	rules_host_init(&r->host, &r->agent->identity);
	/* Set single members: assigning the whole struct would touch all its pages. */
	reload_point(&r->rules, c);
	r->rules.files.environment = &r->host.environment;
	r->rules.files.print = run_print;
	r->rules.is_ending = run_is_ending;
	if (!reload_has_rules(c))
		return true;
	r->rules.self_pid = (uint32_t)sys_getpid();
	return rules_prepare(&r->rules, &r->reload.change);
}

/* Locked rules that differ from ours are reported to the collector, too. */
static void report_locked(struct run *r, const struct rules_counts *n)
{
	const bool equal = n->missing == 0 && n->unwanted == 0 && !n->disordered;
	char line[160];

	text_format(line, sizeof(line), "rules: locked until the next boot: " RULES_COMPARED,
		n->equal, n->missing, n->unwanted, n->disordered ? ", in another order" : "");
	if (equal)
		run_print(r, line);
	else
		run_report_error(r, line);
}

/* The start failed: take back the changes, and the rule that excludes our pid. */
static void abandon(struct run *r, struct netlink *control)
{
	control->deadline_ms = sys_monotonic_ms() + LIMIT_STOP_RESTORE_MS;
	rules_change_abandon(&r->reload.change, control);
	(void)rules_unload_self(&r->rules, control);
}

/* From now on the loader's lines are about rules that the kernel refuses, or that differ. */
static void keep_refused(void *context, const char *line)
{
	run_print(context, line);
	run_keep_error(context, line);
}

int run_rules_load(void *context, struct netlink *control, struct audit_error *e)
{
	struct run *r = context;
	const struct rules_counts *n = &r->rules.counts;
	int error;
	char line[160];

	r->rules.files.print = keep_refused;
	r->rules.files.print_ctx = r;
	error = rules_load(&r->rules, &r->reload.change, control);
	if (error < 0) {
		text_format(e->text, sizeof(e->text), "rules: %s",
			error == -EINTR
				? "a signal ended the loading; the kernel has a part of them"
				: error_text(error));
		if (!r->source.ac.locked)
			abandon(r, control);
		return error;
	}
	if (n->locked) {
		r->locked_rules = *n;
		report_locked(r, n);
		return 0;
	}
	rules_loaded_line(n, line, sizeof(line));
	run_print(r, line);
	rules_wait_print(&r->rules);
	rules_lineage_print(&r->rules);
	return 0;
}

void run_rules_unload_self(void *context, struct netlink *control)
{
	struct run *r = context;

	rules_unload_self(&r->rules, control);
}
