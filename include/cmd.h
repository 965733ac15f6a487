/*
 * cmd.h - the commands, and what they share: arguments, output, exit status.
 *
 * A command is a function of its arguments, argv[0] being its own name. It returns the exit
 * status of the program. It prints its result to standard output, and at most one line about
 * a mistake to standard error.
 */
#ifndef ECSAUDIT_CMD_H
#define ECSAUDIT_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include "config.h"
#include "limits.h"

#ifndef ECSAUDIT_VERSION
#define ECSAUDIT_VERSION "unversioned" /* the Makefile says which */
#endif

enum cmd_status {
	CMD_OK = 0,
	CMD_FAILED = 1, /* it cannot be done here and now */
	CMD_USAGE = 2,	/* a mistake in the arguments or in the configuration */
};

int cmd_config(int argc, char **argv);
int cmd_help(int argc, char **argv);
int cmd_parse(int argc, char **argv);
int cmd_rules(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_status(int argc, char **argv);

struct cmd {
	const char *name;
	int (*function)(int argc, char **argv);
	const char *summary; /* one line for --help */
	const char *page;    /* `help NAME`: usage, options, exit status, examples */
	/* Its options of the configuration follow on the page. */
	enum config_user user;
};

/* All commands in the order of --help; the last has no name. */
extern const struct cmd cmd_table[];

/* NULL if there is none; then a line with the nearest name has been printed. */
const struct cmd *cmd_find(const char *name);

/* Print a command's page, and the options that it uses behind it. As cmd_print(). */
int cmd_print_page(const char *page, enum config_user user);

/* ---- arguments --------------------------------------------------------------------------- */

/* One flag of a command, without or with a value: `-f`, `--json`, `-n COUNT`. */
struct cmd_flag {
	const char *name;   /* with its dashes */
	bool *set;	    /* becomes true; NULL where a value is expected */
	const char **value; /* becomes the argument, NULL where there is none */
};

struct cmd_arguments {
	/* what the command accepts; set by the caller */
	const struct cmd_flag *flags; /* ends with a NULL name; NULL: none */
	bool takes_config;	      /* -c FILE and -o NAME=VALUE */
	bool takes_operands;	      /* FILE... */
	bool trusted;		      /* the configuration may only come from who owns the host */
	bool is_foreign; /* what is worked on may be another host's: of what only this one's
			  * configuration or nobody says, see cmd_configure(), nothing is taken */

	/* what was found; pointers into argv, which must stay */
	int argc;
	char **argv;
	const char *config_file;	      /* NULL: the default one, which may be missing */
	const char *settings[LIMIT_SETTINGS]; /* of -o */
	unsigned setting_count;
	int first_operand; /* argv[first_operand..argc) */
};

/* Sort out the arguments: options first, operands behind them (argv is permuted and keeps its
 * elements; `--` ends the options, `-` is an operand). A value may be the next argument or
 * part of this one: `-cFILE`, `--name=VALUE`. false: one line about the mistake was printed; return
 * CMD_USAGE. */
bool cmd_options(struct cmd_arguments *a, int argc, char **argv);

/* The configuration that the arguments ask for: defaults, then the file, then every -o in
 * its order. With `is_foreign` the default file says nothing of users, groups, the host's name and
 * the output, and passwd_file and group_file have no default. May be called again, for a reload.
 * Prints nothing. false: *e says why, and *c is half filled: do not use it. */
bool cmd_configure(const struct cmd_arguments *a, struct config *c, struct config_error *e);

/* ---- output ------------------------------------------------------------------------------ */

/* `ecsaudit: TEXT` and a newline to standard error, in one write; text beyond 1 KiB is cut.
 * Does not allocate, and does not wait: where standard error is a full pipe the line is lost. */
void cmd_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* All bytes to standard output. Returns CMD_OK, or CMD_FAILED after a line to standard error;
 * a reader that has gone away (EPIPE) fails without a line. */
int cmd_print(const char *text, size_t bytes);

#endif
