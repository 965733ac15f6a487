#include "cmd.h"

#include <string.h>
#include "config_read.h"
#include "nearest.h"
#include "text.h"

static const char introduction[] =
	"ecsaudit " ECSAUDIT_VERSION ": the Linux audit framework's events as ECS documents by "
	"syslog\n"
	"\n"
	"usage: ecsaudit COMMAND [OPTION...]\n"
	"       ecsaudit --version\n"
	"\n";

/*
 * Pages are written with signs that put_page() replaces:
 *   \t   blanks up to the column where options are explained
 *   \v   blanks up to the column of exit statuses
 */
#define CONFIG_OPTIONS "\f" /* the options of every command that takes the configuration */
#define USAGE_MISTAKE  "\a"
static const char usage_mistake[] = "a mistake in the arguments or in the configuration";
static const char config_options[] =
	"  -c FILE\tthe configuration; default: " CONFIG_DEFAULT_FILE ", which may be missing\n"
	"  -o NAME=VALUE\tone option over it; may be repeated\n";

static const char run_page[] =
	"usage: ecsaudit run [-c FILE] [-o NAME=VALUE]...\n"
	"\n"
	"Takes the audit records of the running kernel, joins them into events, makes an ECS\n"
	"document of each and sends it to `output`, which must be configured. Loads the audit\n"
	"rules first, if the configuration has any. Stays in the foreground. Needs\n"
	"CAP_AUDIT_CONTROL.\n"
	"\n" CONFIG_OPTIONS "\n"
	"signals:\n"
	"  SIGHUP\treads the configuration and the rules again\n"
	"  SIGUSR1\tprints the counters to standard error\n"
	"  SIGTERM SIGINT\tsends what waits, and ends\n"
	"\n"
	"exit status:\v0 ended by a signal; 1 it cannot be done here, one line says why;\n"
	"\v2 " USAGE_MISTAKE ", nothing was started\n"
	"\n"
	"examples:\n"
	"  ecsaudit run -o output=udp://192.0.2.1:514\n"
	"  ecsaudit run -c " CONFIG_DEFAULT_FILE " -o output=stdout\n";

static const char parse_page[] =
	"usage: ecsaudit parse [-f] [--any-sender] [--local-names] [-c FILE] [-o NAME=VALUE]...\n"
	"       [FILE...]\n"
	"\n"
	"Reads audit records as text and writes one JSON document a line for each event: from\n"
	"auditd's log, a kernel log, a syslog file, ausearch's output, or journalctl -o export.\n"
	"Without a file, or for -, it reads standard input.\n"
	"\n"
	"  -f\tgoes on reading the last file as it grows\n"
	"  --any-sender\ttakes records from a syslog line of any program; otherwise only from "
	"the\n"
	"\tkernel's, audit's, auditd's, audispd's and audisp-*'s\n"
	"  --local-names\ttakes the names of users and groups from /etc/passwd and /etc/group\n"
	"\tof this machine, or from passwd_file and group_file; otherwise from\n"
	"\tthe log itself (log_format = "
	"ENRICHED)\n" CONFIG_OPTIONS "\n"
	"exit status:\v0 all was read; 1 a file cannot be read, no line is a record, or the "
	"output\n"
	"\vcannot be written; 2 " USAGE_MISTAKE "\n"
	"\n"
	"examples:\n"
	"  ecsaudit parse /var/log/audit/audit.log\n"
	"  ecsaudit parse -o include_raw_message=true < audit.log\n"
	"  ecsaudit parse -f -o output=udp://192.0.2.1 /var/log/audit/audit.log\n";

static const char status_page[] =
	"usage: ecsaudit status [-v] [--json] [--within TIME] [-c FILE] [-o NAME=VALUE]...\n"
	"\n"
	"Asks the running agent for its state, at the configured status_socket. The first line\n"
	"is the verdict, and the exit status says the same. Needs root.\n"
	"\n"
	"  -v\talso its counters, and the kernel's audit status\n"
	"  --json\tall of it, as one JSON object\n"
	"  --within TIME\tignore what was lost longer ago: 30s, 15m, 7d; default: 1h\n"
	"\n"
	"exit status:\v0 healthy; 1 degraded: the collector is away, something was lost, a\n"
	"\vrule was refused, others changed the rules or switched auditing off;\n"
	"\v2 not running, or not answering; 3 unknown: it may not be asked, or\n"
	"\v" USAGE_MISTAKE "\n";

static const char config_page[] =
	"usage: ecsaudit config [-c FILE] [-o NAME=VALUE]...\n"
	"\n"
	"Checks all that `run` would check with the same arguments, also rules and files. Prints\n"
	"every option with its value, as JSON with comments that -c accepts. A mistake is one\n"
	"line: where it is, what it is, and what is expected there.\n"
	"\n" CONFIG_OPTIONS "\n"
	"A value is JSON, or bare text where an option takes text; bare text for a list is its "
	"only\n"
	"item. In the file \"agent.id\": \"x\" and \"agent\": {\"id\": \"x\"} are the same, and // "
	"and\n"
	"/* */ are comments.\n"
	"\n"
	"exit status:\v0 `run` would start with it; 2 a mistake, or no output (then it is "
	"printed)\n"
	"\n"
	"examples:\n"
	"  ecsaudit config > ecsaudit.json\n"
	"  ecsaudit config -c ecsaudit.json -o 'fields={\"labels.site\": \"x\"}' -o tags=edge\n";

static const char rules_page[] =
	"usage: ecsaudit rules check [--machine NAME] [-c FILE] [-o NAME=VALUE]... [FILE...]\n"
	"       ecsaudit rules load [-c FILE] [-o NAME=VALUE]... [FILE...]\n"
	"       ecsaudit rules compile [--machine NAME] [FILE]\n"
	"       ecsaudit rules list [--json] [--exact]\n"
	"       ecsaudit rules delete [-k KEY]\n"
	"\n"
	"check reads rules in auditctl's syntax and reports every mistake. load replaces the "
	"kernel's\n"
	"rules; if these are locked, it only prints the differences. Both use the configured\n"
	"rules (audit_rules, audit_rule_files) if no FILE is given. FILE may be a pattern.\n"
	"compile prints the bytes of each rule, as the kernel takes them, as a line of hex. "
	"Without\n"
	"FILE it reads standard input. list prints the kernel's rules as `auditctl -l` does. "
	"delete\n"
	"deletes them. All but check and compile need CAP_AUDIT_CONTROL.\n"
	"\n"
	"  --machine NAME\tcheck, compile: for another machine, as `uname -m` names it there; the\n"
	"\tbytes are in this machine's order\n" CONFIG_OPTIONS
	"  --json\tone JSON object a rule, with its parts and its bytes\n"
	"  --exact\trules of which load makes the same bytes on this machine\n"
	"  -k KEY\tonly the rules with this key\n"
	"\n"
	"exit status:\v0 done; 1 a rule is wrong, the kernel refuses it, or differs while locked;\n"
	"\v2 " USAGE_MISTAKE "\n"
	"\n"
	"examples:\n"
	"  ecsaudit rules check '/etc/ecsaudit.rules.d/*.rules'\n"
	"  ecsaudit rules check --machine armv7l files/etc/ecsaudit.rules.d/router.rules\n"
	"  ecsaudit rules load -o 'audit_rules=-w /etc/passwd -p wa -k identity'\n"
	"  ecsaudit rules list --exact > saved.rules && ecsaudit rules load saved.rules\n";

static const char help_page[] =
	"usage: ecsaudit help [COMMAND]\n"
	"\n"
	"Prints the list of commands, or the page of one, with the configuration's\n"
	"options where it takes them. The same: ecsaudit COMMAND --help.\n"
	"\n"
	"exit status:\v0 it was printed; 2 there is no such command\n";

const struct cmd cmd_table[] = {
	{"run", cmd_run, "send the kernel's events", run_page, CONFIG_FOR_ALL},
	{"parse", cmd_parse, "make documents of recorded audit logs", parse_page, CONFIG_FOR_PARSE},
	{"status", cmd_status, "show the state of the agent, for people and for monitoring",
		status_page, CONFIG_FOR_STATUS},
	{"config", cmd_config, "check and print the configuration", config_page, CONFIG_FOR_ALL},
	{"rules", cmd_rules, "check, load, list and delete audit rules", rules_page,
		CONFIG_FOR_RULES},
	{"help", cmd_help, "explain a command and its options", help_page, CONFIG_FOR_NONE},
	{NULL, NULL, NULL, NULL, CONFIG_FOR_NONE},
};

const struct cmd *cmd_find(const char *name)
{
	struct nearest n = {.meant = name, .len = strlen(name)};
	const char *same_beginning = NULL; /* a command that begins as the name does */
	const struct cmd *c;

	for (c = cmd_table; c->name; c++) {
		if (strcmp(c->name, name) == 0)
			return c;
		nearest_try(&n, c->name);
		if (strncmp(c->name, name, 3) == 0)
			same_beginning = c->name;
	}
	if (!n.best)
		n.best = same_beginning;
	if (n.best)
		stderr_line("%.64s: no such command; did you mean %s?", name, n.best);
	else
		stderr_line("%.64s: no such command; expected one of those that `ecsaudit --help` "
			    "lists",
			name);
	return NULL;
}

static void print_list(struct text *t)
{
	const struct cmd *c;
	size_t n;

	text_puts(t, introduction);
	for (c = cmd_table; c->name; c++) {
		text_puts(t, "  ");
		text_puts(t, c->name);
		for (n = strlen(c->name); n < 8; n++)
			text_puts(t, " ");
		text_puts(t, c->summary);
		text_puts(t, "\n");
	}
	text_puts(t, "\n`ecsaudit help COMMAND` says more.\n");
}

static void put_page(struct text *t, const char *page)
{
	size_t line = t->used;

	for (; *page; page++) {
		switch (*page) {
		case '\t':
		case '\v':
			while (t->used < line + (*page == '\t' ? 18 : 13))
				text_puts(t, " ");
			break;
		case '\f': /* CONFIG_OPTIONS */
			put_page(t, config_options);
			break;
		case '\a': /* USAGE_MISTAKE */
			text_puts(t, usage_mistake);
			break;
		default:
			text_bytes(t, page, 1);
		}
		if (t->at[t->used - 1] == '\n')
			line = t->used;
	}
}

int cmd_print_page(const char *page, enum config_command options)
{
	static char buf[16384];
	struct text t;

	text_init(&t, buf, sizeof(buf));
	put_page(&t, page);
	if (options != CONFIG_FOR_NONE) {
		text_puts(&t, "\noptions with their defaults, for -o and the file:\n");
		t.used += config_help(options, t.at + t.used, t.size - t.used);
	}
	return cmd_print(t.at, t.used);
}

int cmd_help(int argc, char **argv)
{
	char buf[1024];
	struct cmd_arguments arguments = {.takes_operands = true};
	const struct cmd *c;
	struct text t;

	text_init(&t, buf, sizeof(buf));
	if (!cmd_options(&arguments, argc, argv))
		return EXIT_USAGE;
	if (arguments.first_operand == argc) {
		print_list(&t);
		return cmd_print(t.at, t.used);
	}
	if (arguments.first_operand + 1 < argc) {
		stderr_line("help: %.64s: expected one command", argv[argc - 1]);
		return EXIT_USAGE;
	}
	c = cmd_find(argv[arguments.first_operand]);
	if (!c)
		return EXIT_USAGE;
	return cmd_print_page(c->page, c->options);
}
