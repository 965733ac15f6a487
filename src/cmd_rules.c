#include "cmd.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include "audit_explain.h"
#include "identity.h"
#include "rules_host.h"
#include "rules_load.h"
#include "rules_table.h"
#include "sys.h"

static const char usage[] =
	"usage: ecsaudit rules check [FILE...]     read the rules, say every mistake\n"
	"       ecsaudit rules compile [FILE]      print each rule's bytes as a line of hex\n"
	"       ecsaudit rules load [FILE...]      put the rules in place of the kernel's\n"
	"\n"
	"Rules are lines in auditctl's syntax. FILE may be a glob in its last part. check and\n"
	"load take the configured rules (audit_rules, audit_rule_files) where no FILE is given;\n"
	"compile reads standard input then, and prints \"error: ...\" for a mistake.\n"
	"\n"
	"  --machine NAME  check, compile: for another machine, as `uname -m` names it there\n"
	"  -c FILE         the configuration; default: /etc/ecsaudit.json, which may be missing\n"
	"  -o NAME=VALUE   one option over it; may be repeated\n"
	"\n"
	"exit status: 0 done; 1 a rule is wrong or the kernel refuses it; 2 a mistake in the\n"
	"             arguments or in the configuration\n";

static struct {
	struct config config;
	struct identity identity;
	struct rules_host host;
	struct rules_loader loader;
	struct netlink control;
	char input[LIMIT_RULE_FILE_BYTES];
	char out[65536];
	size_t out_used;
	int out_status;
} state;

/* ---- output ------------------------------------------------------------------------------ */

static void flush(void)
{
	if (state.out_used && state.out_status == CMD_OK)
		state.out_status = cmd_print(state.out, state.out_used);
	state.out_used = 0;
}

static void put(const char *text, size_t len)
{
	if (len > sizeof(state.out) - state.out_used)
		flush();
	if (len <= sizeof(state.out))
		memcpy(state.out + state.out_used, text, len);
	state.out_used += len <= sizeof(state.out) ? len : 0;
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
	cmd_error("%s", line);
}

static int finish(bool success)
{
	flush();
	return success ? state.out_status : CMD_FAILED;
}

/* ---- subcommands ------------------------------------------------------------------------- */

static int check(void)
{
	const struct rules_counts *n = &state.loader.counts;
	char line[128];

	state.loader.files.trust_all = true; /* a dry run, perhaps of somebody else's file */
	state.loader.files.say = put_line;
	rules_check(&state.loader);
	snprintf(line, sizeof(line), "%u rules, %u mistakes, %u warnings", n->rules, n->mistakes,
		n->warnings);
	put_line(NULL, line);
	return finish(n->mistakes == 0);
}

static bool print_rule(void *ctx, struct rules_files *w)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *bytes = (const void *)&w->line.rule;
	size_t len = rules_size(&w->line.rule);
	char hex[2 * LIMIT_RULE_BYTES + 1];

	(void)ctx;
	if (w->line.kind == RULES_MISTAKE) {
		state.loader.counts.mistakes++;
		put("error: ", 7);
		put_line(NULL, w->line.mistake);
	}
	if (w->line.kind != RULES_ADD && w->line.kind != RULES_DELETE)
		return true;
	for (size_t i = 0; i < len; i++) {
		hex[2 * i] = digits[bytes[i] >> 4];
		hex[2 * i + 1] = digits[bytes[i] & 15];
	}
	hex[2 * len] = '\n';
	put(hex, 2 * len + 1);
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
		cmd_error("rules: standard input: %s", strerror((int)-got));
	else if (got > 0)
		cmd_error("rules: standard input has more than %u bytes; split it",
			LIMIT_RULE_FILE_BYTES - 1);
	state.loader.files.text = state.input;
	state.loader.files.text_len = len;
	return got == 0;
}

static int compile(void)
{
	struct rules_files *w = &state.loader.files;

	if (w->file_count == 0 && !read_input())
		return CMD_FAILED;
	w->trust_all = true;
	w->say = error_line;
	w->each = print_rule;
	rules_files_walk(w);
	return finish(state.loader.counts.mistakes == 0 && w->unreadable == 0);
}

static int load(void)
{
	const struct rules_counts *n = &state.loader.counts;
	struct audit_error e;
	char line[160];
	int ret;

	state.loader.files.say = error_line;
	state.loader.ignore_errors = state.config.ignore_errors;
	ret = netlink_open(&state.control, NETLINK_USE_CONTROL);
	if (ret == 0)
		ret = rules_load(&state.loader, &state.control);
	netlink_close(&state.control);
	if (ret < 0 && !(ret == -EINVAL && n->mistakes)) {
		audit_explain(&e, ret, AUDIT_NEED_CONTROL, "load the rules");
		cmd_error("%s", e.text);
	}
	if (ret < 0 || n->locked)
		return CMD_FAILED;
	snprintf(line, sizeof(line), "%u rules loaded, %u refused; %u were there before", n->loaded,
		n->refused, n->purged);
	put_line(NULL, line);
	return finish(n->failures == 0);
}

static const struct {
	const char *name;
	int (*function)(void);
	int most_files;
	bool configured; /* without a file: the configured rules */
	bool dry;	 /* asks no kernel: the rules may be another machine's */
} subcommands[] = {
	{"check", check, LIMIT_RULE_FILES, true, true},
	{"compile", compile, 1, false, true},
	{"load", load, LIMIT_RULE_FILES, true, false},
};

/* ---- arguments --------------------------------------------------------------------------- */

static bool prepare(const struct cmd_arguments *a, bool configured)
{
	struct rules_files *w = &state.loader.files;
	struct config_error e;

	if (!cmd_configure(a, &state.config, &e)) {
		cmd_error("%s", e.text);
		return false;
	}
	identity_open(&state.identity, state.config.passwd_file, state.config.group_file);
	rules_host_init(&state.host, &state.identity);
	w->environment = &state.host.environment;
	w->text_name = configured ? "audit_rules" : "standard input";
	w->files = (const char *const *)&a->argv[a->first_operand];
	w->file_count = (unsigned)(a->argc - a->first_operand);
	if (configured && w->file_count == 0) {
		w->text = state.config.audit_rules;
		w->text_len = strlen(w->text);
		w->files = state.config.audit_rule_files;
		w->file_count = state.config.audit_rule_file_count;
	}
	return true;
}

/* The machine that the rules are for, in place of this one; NULL: this one. */
static bool use_machine(const char *name)
{
	if (!name)
		return true;
	for (const struct rule_machine *m = rule_machines; m->name; m++) {
		if (strcmp(m->name, name) != 0)
			continue;
		state.host.environment.machine = m->name;
		return true;
	}
	cmd_error("rules: --machine %.64s: no such machine; expected what `uname -m` prints there, "
		  "such as x86_64, i686, aarch64 or armv7l",
		name);
	return false;
}

int cmd_rules(int argc, char **argv)
{
	const char *machine = NULL;
	const struct cmd_flag dry_flags[] = {
		{"--machine", NULL, &machine},
		{NULL, NULL, NULL},
	};
	struct cmd_arguments a = {.takes_config = true, .takes_operands = true};

	if (argc < 2)
		return cmd_print(usage, sizeof(usage) - 1);
	for (size_t i = 0; i < sizeof(subcommands) / sizeof(*subcommands); i++) {
		if (strcmp(argv[1], subcommands[i].name) != 0)
			continue;
		a.flags = subcommands[i].dry ? dry_flags : NULL;
		if (!cmd_options(&a, argc - 1, argv + 1))
			return CMD_USAGE;
		if (a.argc - a.first_operand > subcommands[i].most_files) {
			cmd_error(
				"rules %s: more than %d files", argv[1], subcommands[i].most_files);
			return CMD_USAGE;
		}
		if (!prepare(&a, subcommands[i].configured) || !use_machine(machine))
			return CMD_USAGE;
		return subcommands[i].function();
	}
	cmd_error("rules: %.64s: no such subcommand; expected check, compile or load", argv[1]);
	return CMD_USAGE;
}
