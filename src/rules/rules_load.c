#include "rules_load.h"

#include <errno.h>
#include <linux/audit.h>
#include <string.h>
#include "error_text.h"
#include "rules_command.h"
#include "rules_explain.h"
#include "rules_lineage.h"
#include "rules_wait.h"
#include "text.h"

#define STATE                                                                                      \
	(RULES_ENABLED | RULES_FAILURE | RULES_RATE_LIMIT | RULES_BACKLOG_LIMIT |                  \
		RULES_LOGINUID_IMMUTABLE)

/* ---- checking ---------------------------------------------------------------------------- */

/* A mistake or a refusal: does it count against success? */
static void count_failure(struct rules_loader *l)
{
	if (!l->ignoring || l->fails_at_end)
		l->counts.failures++;
}

static void count_mistake(struct rules_loader *l, bool ignoring)
{
	l->counts.mistakes++;
	if (!ignoring)
		l->prevented = true;
	count_failure(l);
}

static void note_options(struct rules_loader *l, const struct rules_control *c)
{
	if (c->set & (RULES_IGNORE | RULES_CONTINUE))
		l->ignoring = true;
	if (c->set & RULES_CONTINUE)
		l->fails_at_end = true;
}

static void add_wanted(struct rules_loader *l, const struct rules_data *rule, bool prepend)
{
	struct rules_list *wanted = &l->change->wanted;

	l->full |= !rules_list_insert(
		wanted, rules_list_first(wanted, rule->flags + !prepend), rule, rules_size(rule));
}

static void refused(struct rules_loader *l, const char *what, const char *why)
{
	l->counts.refused++;
	count_failure(l);
	rules_files_print(&l->files, "%s%s", what, why);
}

static void warn(struct rules_loader *l, const char *what)
{
	l->counts.warnings++;
	rules_files_print(&l->files, "warning: %s", what);
}

/* A line that the kernel would refuse; it is not sent. */
static void useless_line(struct rules_loader *l, const char *why)
{
	if (l->config || l->files.trust_all)
		warn(l, why);
	else
		refused(l, why, "");
}

static void take_rule(struct rules_loader *l, const struct rules_line *line)
{
	struct rules_list *wanted = &l->change->wanted;
	const unsigned i = rules_list_find(wanted, &line->rule, rules_size(&line->rule));
	const bool is_there = i < wanted->count;

	if (line->kind == RULES_ADD && !is_there)
		add_wanted(l, &line->rule, line->prepend);
	else if (line->kind == RULES_ADD)
		useless_line(l, "the same rule stands before it; once is enough");
	else if (is_there)
		rules_list_remove(wanted, i);
	else
		useless_line(l, "there is no such rule before it to be deleted");
	l->counts.rules -= is_there;
	l->counts.lineage -= is_there && l->files.file == l->files.last_name;
}

static void take_control(struct rules_loader *l, const struct rules_control *c)
{
	struct rules_control *all = &l->controls;

	if (all->enabled == 2) /* locked: the kernel refuses what follows */
		return;
	all->set |= c->set & STATE;
	if (c->set & RULES_ENABLED)
		all->enabled = c->enabled;
	if (c->set & RULES_FAILURE)
		all->failure = c->failure;
	if (c->set & RULES_RATE_LIMIT)
		all->rate_limit = c->rate_limit;
	if (c->set & RULES_BACKLOG_LIMIT)
		all->backlog_limit = c->backlog_limit;
}

/* NULL, or why a rule set must not have this line here. */
static const char *misplaced(const struct rules_files *w)
{
	const unsigned set = w->line.kind == RULES_CONTROL ? w->line.control.set : 0;

	if (set & RULES_READ_FILE)
		return "-R: a rule set reads no other files; name the file in audit_rule_files or "
		       "on the command line";
	if (set & RULES_DELETE_ALL && w->has_rule)
		return "-D behind a rule; put it in front of all: it counts once, for all files";
	return NULL;
}

static void warn_contradiction(
	struct rules_loader *l, bool does, const char *which, bool line_counts)
{
	if (!does)
		return;
	l->counts.warnings++;
	rules_files_print(&l->files, "warning: %s says; the %s counts", which,
		line_counts ? "line" : "option");
}

/* Compare with the settings of the configuration. */
static void check_settings(struct rules_loader *l, const struct rules_control *c)
{
	const struct config *k = l->config;

	warn_contradiction(l, c->set & RULES_ENABLED && c->enabled != (k->immutable ? 2 : 1),
		"-e is not what immutable", c->enabled == 2);
	warn_contradiction(l, c->set & RULES_FAILURE && c->failure != (uint32_t)k->failure_mode,
		"-f is not what failure_mode", true);
	warn_contradiction(l, c->set & RULES_RATE_LIMIT && c->rate_limit != k->rate_limit,
		"-r is not what rate_limit", true);
	warn_contradiction(l, c->set & RULES_BACKLOG_LIMIT && c->backlog_limit != k->backlog_limit,
		"-b is not what backlog_limit", true);
	warn_contradiction(l, c->set & RULES_BACKLOG_WAIT_TIME,
		"--backlog_wait_time is not what backlog_wait_time", false);
}

void rules_override_settings(const struct rules_control *lines, struct config *c)
{
	if (lines->set & RULES_ENABLED && lines->enabled == 2)
		c->immutable = true;
	if (lines->set & RULES_FAILURE)
		c->failure_mode = (enum config_failure)lines->failure;
	if (lines->set & RULES_RATE_LIMIT)
		c->rate_limit = lines->rate_limit;
	if (lines->set & RULES_BACKLOG_LIMIT)
		c->backlog_limit = lines->backlog_limit;
}

static bool check_line(void *ctx, struct rules_files *w)
{
	struct rules_loader *l = ctx;
	const char *wrong = misplaced(w);

	if (wrong) {
		w->line.kind = RULES_MISTAKE;
		text_format(w->line.mistake, sizeof(w->line.mistake), "%s", wrong);
	}
	if (w->line.kind == RULES_MISTAKE) {
		count_mistake(l, l->ignoring);
		rules_files_print(w, "%s", w->line.mistake);
		return true;
	}
	if (w->line.warning[0])
		warn(l, w->line.warning);
	if (w->line.kind == RULES_CONTROL) {
		note_options(l, &w->line.control);
		if (l->config)
			check_settings(l, &w->line.control);
		if (l->change)
			take_control(l, &w->line.control);
		return true;
	}
	l->counts.rules += w->line.kind == RULES_ADD;
	l->counts.lineage += w->file == w->last_name;
	l->counts.deletes += w->line.kind == RULES_DELETE;
	if (l->change)
		take_rule(l, &w->line);
	return true;
}

static void start_walk(struct rules_loader *l, bool (*each)(void *, struct rules_files *))
{
	l->ignoring = l->ignore_errors;
	l->fails_at_end = false;
	l->files.each = each;
	l->files.each_ctx = l;
}

static void add_lineage(struct rules_loader *l)
{
	struct rules_files *w = &l->files;

	w->last = NULL;
	w->last_name = "lineage.rules";
	if (!l->has_lineage)
		return;
	rules_lineage_text(w->environment->machine, l->lineage_text);
	w->last = l->lineage_text;
	w->file = w->last_name;
	w->number = 0;
	if (!*w->last)
		warn(l, "no rule can name the system calls of this machine: none is loaded");
}

bool rules_check(struct rules_loader *l)
{
	l->counts = (struct rules_counts){0};
	l->prevented = false;
	add_lineage(l);
	start_walk(l, check_line);
	rules_files_walk(&l->files);
	for (unsigned i = 0; i < l->files.unreadable; i++)
		count_mistake(l, l->ignoring);
	return !l->prevented;
}

/* The agent's own calls must not be audited: else each record that it sends would cause another. */
static void build_self(struct rules_loader *l)
{
	struct rules_data *rule = &l->self;

	memset(rule, 0, sizeof(*rule));
	rule->flags = AUDIT_FILTER_EXIT;
	rule->action = AUDIT_NEVER;
	memset(rule->mask, 0xff, sizeof(rule->mask));
	rule->mask[AUDIT_BITMASK_SIZE - 1] = 0xffff; /* without the classes */
	rule->field_count = 1;
	rule->fields[0] = AUDIT_PID;
	rule->fieldflags[0] = AUDIT_EQUAL;
	rule->values[0] = l->self_pid;
}

static void add_self(struct rules_loader *l)
{
	struct rules_list *wanted = &l->change->wanted;
	unsigned i;

	build_self(l);
	i = rules_list_find(wanted, &l->self, rules_size(&l->self));
	if (i < wanted->count) /* the set may be a listing of an agent's rules */
		rules_list_remove(wanted, i);
	add_wanted(l, &l->self, true);
}

bool rules_prepare(struct rules_loader *l, struct rules_change *c)
{
	bool good;

	rules_list_clear(&c->wanted);
	l->controls = (struct rules_control){0};
	l->full = false;
	l->change = c;
	good = rules_check(l);
	if (l->self_pid)
		add_self(l);
	l->change = NULL;
	if (!good || !l->full)
		return good;
	l->counts.mistakes++;
	l->files.number = 0;
	l->files.file = "rules";
	rules_files_print(&l->files, "there are more than %u, or they take more than %u bytes",
		LIMIT_RULES_KEPT, LIMIT_WATCH_BYTES);
	return false;
}

/* ---- loading ----------------------------------------------------------------------------- */

static void apply_control(struct rules_loader *l, const struct rules_control *c)
{
	int ret;

	for (unsigned set = 1; set <= c->set; set <<= 1) {
		ret = 0;
		/* An agent sets its own backlog_wait_time: check_settings() has warned. */
		if (c->set & set && !(l->config && set == RULES_BACKLOG_WAIT_TIME))
			ret = rules_command(l->control, c, set);
		if (ret < 0)
			refused(l, "the kernel refuses this setting: ",
				ret == -EPERM ? "the configuration is locked (EPERM)"
					      : error_text(ret));
	}
}

/* In change->error: the refusal was printed. The set may have the same rule twice. */
#define REPORTED UINT16_MAX

/* kernel/auditfilter.c, audit_to_entry_common(): without CONFIG_AUDITSYSCALL these lists are
 * unknown. */
static bool is_of_calls(const struct rules_data *rule)
{
	return rule->flags == AUDIT_FILTER_EXIT || rule->flags == AUDIT_FILTER_TASK ||
	       rule->flags == AUDIT_FILTER_URING_EXIT;
}

static void report_refused(struct rules_loader *l, const struct rules_data *rule)
{
	const unsigned i = rules_list_find(&l->change->wanted, rule, rules_size(rule));
	uint16_t *error = &l->change->error[i];
	char why[LIMIT_PATH_BYTES + 256];

	if (i == l->change->wanted.count || *error == 0 || *error == REPORTED)
		return;
	if (l->lacks_syscalls && *error == EINVAL && is_of_calls(rule)) {
		l->not_audited++;
		l->counts.refused++;
		count_failure(l);
		*error = REPORTED;
		return;
	}
	rules_explain_refusal(-*error, rule, l->files.environment->machine, why, sizeof(why));
	refused(l, "the kernel refuses the rule: ", why);
	*error = REPORTED;
}

static bool finish_line(void *ctx, struct rules_files *w)
{
	struct rules_loader *l = ctx;

	if (w->line.kind == RULES_ADD)
		report_refused(l, &w->line.rule);
	if (w->line.kind != RULES_CONTROL)
		return true;
	note_options(l, &w->line.control);
	if (l->control)
		apply_control(l, &w->line.control);
	return true;
}

/* It refused our own rule as invalid, which is the simplest there is. */
static bool kernel_lacks_syscalls(const struct rules_loader *l, const struct rules_change *c)
{
	const unsigned i = rules_list_find(&c->wanted, &l->self, rules_size(&l->self));

	return l->self_pid && i < c->wanted.count && c->error[i] == EINVAL;
}

static void report_not_audited(struct rules_loader *l)
{
	l->files.file = "rules";
	rules_files_print(&l->files,
		"%u %s not loaded: this kernel audits no system calls and no files "
		"(CONFIG_AUDITSYSCALL)",
		l->not_audited, l->not_audited == 1 ? "is" : "are");
}

static void finish(struct rules_loader *l, struct rules_change *c, struct netlink *control)
{
	l->lacks_syscalls = kernel_lacks_syscalls(l, c);
	l->not_audited = 0;
	c->counts.refused -= l->lacks_syscalls; /* do not count our own rule */
	c->counts.added -= l->lacks_syscalls;
	l->change = c;
	l->control = control;
	start_walk(l, finish_line);
	l->files.quiet = true; /* rules_check() has printed it */
	rules_files_walk(&l->files);
	l->files.quiet = false;
	l->files.number = 0;
	if (l->not_audited > 0)
		report_not_audited(l);
	l->files.file = "the agent's own";
	if (!l->lacks_syscalls)
		report_refused(l, &l->self);
	l->change = NULL;
	for (unsigned i = c->wanted.count; i-- > 0;)
		if (c->error[i] != 0)
			rules_list_remove(&c->wanted, i);
}

static void keep_state(struct rules_loader *l, const struct rules_change *c)
{
	rules_wait_begin(l, &c->wanted);
	rules_lineage_look(l, &c->wanted);
	l->refused = c->counts.refused;
	l->loaded = c->wanted.count - (l->self_pid && !l->lacks_syscalls && c->wanted.count > 0);
}

void rules_finish(struct rules_loader *l, struct rules_change *c)
{
	if (c->counts.refused > 0)
		finish(l, c, NULL);
	keep_state(l, c);
	rules_wait_print(l);
	rules_lineage_print(l);
}

struct rules_state rules_state(const struct rules_loader *l)
{
	return (struct rules_state){l->loaded, l->refused, l->waiting.count};
}

/* Do all steps of the plan. */
static int carry_out(struct rules_loader *l, struct rules_change *c, struct netlink *control)
{
	int ret;

	do {
		if (l->is_ending && l->is_ending())
			return -EINTR;
		ret = rules_change_step(c, control);
	} while (ret > 0);
	l->counts.deleted += ret == 0 ? c->counts.deleted : 0;
	return ret;
}

static int purge(
	struct rules_loader *l, struct rules_change *c, struct netlink *control, const char *key)
{
	int more = 1, ret = 0;

	for (unsigned round = 0; round < LIMIT_RULE_PURGE_ROUNDS && more > 0 && ret == 0; round++) {
		more = rules_change_plan_purge(c, control, key);
		ret = more < 0 ? more : carry_out(l, c, control);
	}
	return ret == 0 && more > 0 ? -ELOOP : ret;
}

/* For a locked configuration. */
static int compare(struct rules_loader *l, struct rules_list *wanted, struct netlink *control)
{
	struct rules_compare *c = &l->compare;
	const unsigned own = rules_list_find(wanted, &l->self, rules_size(&l->self));
	int ret;

	if (l->self_pid && own < wanted->count) /* it could not be loaded */
		rules_list_remove(wanted, own);
	ret = rules_compare(c, &l->files, wanted, control);

	l->counts.equal = c->equal;
	l->counts.missing = c->missing;
	l->counts.unwanted = c->unwanted;
	l->counts.disordered = c->disordered;
	l->loaded = c->equal;
	l->refused = c->missing;
	l->counts.failures += c->missing + c->unwanted + c->disordered;
	return ret;
}

/* Sets counts.locked. 0 or -errno. */
static int read_status(struct rules_loader *l, struct netlink *control)
{
	struct audit_status status = {0};
	const int ret = netlink_query(control, AUDIT_GET, NULL, 0, &status, sizeof(status));

	l->counts.locked = status.enabled == 2;
	return ret < 0 ? ret : 0;
}

int rules_load(struct rules_loader *l, struct rules_change *c, struct netlink *control)
{
	const size_t self_bytes = rules_size(&l->self);
	int ret = read_status(l, control);

	if (ret < 0 || l->counts.locked)
		return ret < 0 ? ret : compare(l, &c->wanted, control);
	if (l->config) /* an agent will load them later */
		rules_wait_hide(l->files.environment, &c->wanted);
	ret = rules_change_plan(c, control);
	if (ret == -ENOSPC) {
		ret = purge(l, c, control, NULL);
		ret = ret < 0 ? ret : rules_change_plan(c, control);
	}
	ret = ret < 0 ? ret : carry_out(l, c, control);
	if (ret < 0)
		return ret;
	l->counts.loaded = c->wanted.count - c->counts.refused;
	l->counts.kept = c->wanted.count - c->counts.added;
	if (l->self_pid) {
		ret = -c->error[rules_list_find(&c->wanted, &l->self, self_bytes)];
		l->counts.loaded -= ret == 0;
		if (rules_list_find(&c->found, &l->self, self_bytes) < c->found.count)
			l->counts.kept--;
	}
	finish(l, c, control);
	keep_state(l, c);
	return l->lacks_syscalls ? 0 : ret;
}

void rules_loaded_line(const struct rules_counts *n, char *line, size_t size)
{
	text_format(line, size,
		"rules: %u loaded, %u of them %s there, %u refused, %u other(s) deleted", n->loaded,
		n->kept, n->kept == 1 ? "was" : "were", n->refused, n->deleted);
}

int rules_purge(
	struct rules_loader *l, struct rules_change *c, struct netlink *control, const char *key)
{
	const int ret = read_status(l, control);

	if (ret < 0 || l->counts.locked)
		return ret < 0 ? ret : -EPERM;
	return purge(l, c, control, key);
}

int rules_unload_self(struct rules_loader *l, struct netlink *control)
{
	if (l->self_pid == 0)
		return 0;
	build_self(l);
	return netlink_request(control, AUDIT_DEL_RULE, &l->self, rules_size(&l->self), NULL);
}
