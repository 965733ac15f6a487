#include "cmd.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include "audit_explain.h"
#include "error_text.h"
#include "identity.h"
#include "nearest.h"
#include "rules_host.h"
#include "rules_explain.h"
#include "rules_json.h"
#include "rules_lineage.h"
#include "rules_load.h"
#include "rules_table.h"
#include "run.h"
#include "sys.h"
#include "text.h"

/* What these commands need beside the_run and the_agent. */
static struct {
	struct netlink control;
	struct rules_data rule;
	struct rules_json json;
	char text[LIMIT_RULE_TEXT_BYTES];
	unsigned listed;
	char input[LIMIT_RULE_FILE_BYTES];
	char out[65536];
	size_t out_used;
	int out_status;
} state;

static struct {
	bool json, exact;
	const char *key;
	const char *machine;
} options;

/* For commands that load nothing: the rules may be for another machine. */
static const struct cmd_flag dry_flags[] = {
	{"--machine", NULL, &options.machine}, {NULL, NULL, NULL}};

static const struct cmd_flag list_flags[] = {
	{"--json", &options.json, NULL}, {"--exact", &options.exact, NULL}, {NULL, NULL, NULL}};
static const struct cmd_flag delete_flags[] = {{"-k", NULL, &options.key}, {NULL, NULL, NULL}};

/* ---- output ------------------------------------------------------------------------------ */

static void flush(void)
{
	if (state.out_used && state.out_status == EXIT_OK)
		state.out_status = cmd_print(state.out, state.out_used);
	state.out_used = 0;
}

static void put(const char *text, size_t len)
{
	while (len > 0) {
		size_t room = sizeof(state.out) - state.out_used, n = len < room ? len : room;

		memcpy(state.out + state.out_used, text, n);
		state.out_used += n;
		text += n;
		len -= n;
		if (len > 0)
			flush();
	}
}

static void put_line(void *ctx, const char *line)
{
	(void)ctx;
	put(line, strlen(line));
	put("\n", 1);
}

static void error_line(void *ctx, const char *line)
{
	(void)ctx;
	stderr_line("%s", line);
}

static int finish(bool success)
{
	flush();
	return success ? state.out_status : EXIT_FAILED;
}

/* ---- subcommands ------------------------------------------------------------------------- */

static int check(void)
{
	struct rules_counts *n = &the_run.rules.counts;
	char line[160], lineage[48] = "", deletes[32] = "";

	the_run.rules.files.trust_all = true; /* a dry run, perhaps of somebody else's file */
	the_run.rules.files.print = put_line;
	(void)rules_prepare(&the_run.rules, &the_run.reload.change);
	rules_lineage_look(&the_run.rules, &the_run.reload.change.wanted);
	rules_lineage_print(&the_run.rules);
	n->warnings += *the_run.rules.lineage_hidden != '\0';
	if (n->lineage > 0)
		text_format(lineage, sizeof(lineage), ", %u of them of lineage.rules", n->lineage);
	if (n->deletes > 0)
		text_format(deletes, sizeof(deletes), ", %u deletion(s)", n->deletes);
	text_format(line, sizeof(line), "%u rule(s)%s%s, %u mistake(s), %u warning(s)", n->rules,
		lineage, deletes, n->mistakes, n->warnings);
	put_line(NULL, line);
	return finish(n->mistakes == 0);
}

static bool print_rule(void *ctx, struct rules_files *w)
{
	struct text t;

	(void)ctx;
	if (w->line.kind == RULES_MISTAKE) {
		the_run.rules.counts.mistakes++;
		put("error: ", 7);
		put_line(NULL, w->line.mistake);
	}
	if (w->line.kind != RULES_ADD && w->line.kind != RULES_DELETE)
		return true;
	text_init(&t, state.text, sizeof(state.text));
	rules_print_hex(&t, &w->line.rule);
	put_line(NULL, t.at);
	return true;
}

/* Standard input, whole. false: a line was printed. */
static bool read_input(void)
{
	size_t len = 0;
	ssize_t got;

	do {
		got = sys_read(0, state.input + len, sizeof(state.input) - len);
		len += got > 0 ? (size_t)got : 0;
	} while ((got > 0 || got == -EINTR) && len < sizeof(state.input));
	if (got < 0)
		stderr_line("rules: standard input: %s", error_text((int)got));
	else if (got > 0)
		stderr_line("rules: standard input has more than %u bytes; split it",
			LIMIT_RULE_FILE_BYTES - 1);
	the_run.rules.files.text = state.input;
	the_run.rules.files.text_len = len;
	return got == 0;
}

static int compile(void)
{
	struct rules_files *w = &the_run.rules.files;

	if (w->file_count == 0 && !read_input())
		return EXIT_FAILED;
	w->trust_all = true;
	w->print = error_line;
	w->each = print_rule;
	rules_files_walk(w);
	return finish(the_run.rules.counts.mistakes == 0 && w->unreadable == 0);
}

/* Run `talk` with an open control socket. 0, or -errno after a line is printed. */
static int with_kernel(int (*talk)(void), const char *doing)
{
	const struct rules_counts *n = &the_run.rules.counts;
	struct audit_error e;
	int ret;

	the_run.rules.files.print = error_line;
	ret = netlink_open(&state.control, NETLINK_USE_CONTROL);
	if (ret == 0)
		ret = talk();
	netlink_close(&state.control);
	if (ret >= 0 || (ret == -EINVAL && n->mistakes))
		return ret;
	audit_explain(&e, ret, AUDIT_NEED_CONTROL, doing);
	stderr_line("%s", ret == -EPERM && n->locked ? "the rules are locked until the next boot "
						       "(enabled 2)"
						     : e.text);
	return ret;
}

static int talk_load(void)
{
	if (!rules_prepare(&the_run.rules, &the_run.reload.change))
		return -EINVAL;
	return rules_load(&the_run.rules, &the_run.reload.change, &state.control);
}

static int load(void)
{
	const struct rules_counts *n = &the_run.rules.counts;
	char line[200];

	the_run.rules.ignore_errors = the_agent.config.ignore_errors;
	if (with_kernel(talk_load, "load the rules") < 0)
		return EXIT_FAILED;
	if (n->locked)
		text_format(line, sizeof(line),
			"locked until the next boot, nothing is changed: " RULES_COMPARED, n->equal,
			n->missing, n->unwanted, n->disordered ? ", in another order" : "");
	else
		rules_loaded_line(n, line, sizeof(line));
	put_line(NULL, line);
	rules_lineage_print(&the_run.rules);
	return finish(n->failures == 0);
}

static int list_rule(void *ctx, const void *payload, size_t len)
{
	enum rules_form form = options.exact ? RULES_EXACT : RULES_AUDITCTL;
	const char *machine = the_run.host.environment.machine;
	struct text t;

	(void)ctx;
	if (!rules_explain_copy(&state.rule, payload, len))
		return -EPROTO;
	state.listed++;
	if (options.json) {
		put(state.json.out, rules_json(&state.json, &state.rule, machine, form));
		return 0;
	}
	text_init(&t, state.text, sizeof(state.text));
	rules_print(&t, &state.rule, machine, form);
	put_line(NULL, t.at);
	return 0;
}

static int talk_list(void)
{
	return netlink_dump(&state.control, AUDIT_LIST_RULES, list_rule, NULL);
}

static int list(void)
{
	rules_host_init(&the_run.host, NULL);
	if (with_kernel(talk_list, "list the rules") < 0)
		return EXIT_FAILED;
	if (state.listed == 0 && !options.json && !options.exact)
		put_line(NULL, "No rules");
	return finish(true);
}

static int talk_delete(void)
{
	return rules_purge(&the_run.rules, &the_run.reload.change, &state.control, options.key);
}

static int delete (void)
{
	char line[64];

	if (with_kernel(talk_delete, "delete the rules") < 0)
		return EXIT_FAILED;
	text_format(line, sizeof(line), "%u rule(s) deleted", the_run.rules.counts.deleted);
	put_line(NULL, line);
	return finish(true);
}

/* A command that takes no file takes no configuration either. */
static const struct subcommand {
	const char *name;
	int (*function)(void);
	const struct cmd_flag *flags;
	int most_files;
	bool configured; /* without a file: the configured rules */
} subcommands[] = {
	{"check", check, dry_flags, LIMIT_RULE_FILES, true},
	{"compile", compile, dry_flags, 1, false},
	{"load", load, NULL, LIMIT_RULE_FILES, true},
	{"list", list, list_flags, 0, false},
	{"delete", delete, delete_flags, 0, false},
};

/* ---- arguments --------------------------------------------------------------------------- */

static bool prepare(const struct cmd_arguments *a, bool configured)
{
	struct rules_files *w = &the_run.rules.files;
	struct config_error e;

	if (!config_gather(&a->config, &the_agent.config, &e)) {
		stderr_line("%s", e.text);
		return false;
	}
	identity_open(
		&the_agent.identity, the_agent.config.passwd_file, the_agent.config.group_file);
	rules_host_init(&the_run.host, &the_agent.identity);
	w->environment = &the_run.host.environment;
	w->text_name = configured ? "audit_rules" : "standard input";
	w->files = (const char *const *)&a->argv[a->first_operand];
	w->file_count = (unsigned)(a->argc - a->first_operand);
	if (configured && w->file_count == 0) {
		if (!a->config.trusted) /* check what an agent would load */
			the_run.rules.config = &the_agent.config;
		w->text = the_agent.config.audit_rules;
		w->text_len = strlen(w->text);
		w->files = the_agent.config.audit_rule_files;
		w->file_count = the_agent.config.audit_rule_file_count;
		the_run.rules.has_lineage = config_has_lineage_rules(&the_agent.config);
	}
	return true;
}

/* The machine that the rules are for, in place of this one; NULL: this one. */
static bool use_machine(const char *name)
{
	if (!name)
		return true;
	for (const struct rule_machine *m = rule_machines; *m->name; m++) {
		if (strcmp(m->name, name) != 0)
			continue;
		the_run.host.environment.machine = m->name;
		return true;
	}
	stderr_line(
		"rules: --machine %.64s: no such machine; expected what `uname -m` prints there, "
		"such as x86_64, i686, aarch64 or armv7l",
		name);
	return false;
}

static const struct subcommand *find(const char *name)
{
	struct nearest n = {.meant = name, .len = strlen(name)};

	for (size_t i = 0; i < sizeof(subcommands) / sizeof(*subcommands); i++) {
		if (strcmp(name, subcommands[i].name) == 0)
			return &subcommands[i];
		nearest_try(&n, subcommands[i].name);
	}
	if (n.best)
		stderr_line("rules: %.64s: no such subcommand; did you mean %s?", name, n.best);
	else
		stderr_line("rules: %.64s%sno %ssubcommand; expected check, compile, load, list or "
			    "delete",
			name, *name ? ": " : "", *name ? "such " : "");
	return NULL;
}

int cmd_rules(int argc, char **argv)
{
	struct cmd_arguments a = {0};
	const struct subcommand *s;

	s = find(argc < 2 ? "" : argv[1]);
	if (!s)
		return EXIT_USAGE;
	a.flags = s->flags;
	a.takes_config = a.takes_operands = s->most_files > 0;
	a.config.trusted = s->function == load;
	if (!cmd_options(&a, argc - 1, argv + 1))
		return EXIT_USAGE;
	if (a.argc - a.first_operand > s->most_files) {
		stderr_line("rules %s: %d files; expected at most %d", s->name,
			a.argc - a.first_operand, s->most_files);
		return EXIT_USAGE;
	}
	if (s->most_files > 0 && (!prepare(&a, s->configured) || !use_machine(options.machine)))
		return EXIT_USAGE;
	return s->function();
}
