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
#include "config_read.h"
#include "exit_status.h"
#include "stderr_line.h"

#ifndef ECSAUDIT_VERSION
#define ECSAUDIT_VERSION "unversioned" /* the Makefile says which */
#endif

int cmd_config(int argc, char **argv);
int cmd_help(int argc, char **argv);
int cmd_parse(int argc, char **argv);
int cmd_rules(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_status(int argc, char **argv);

struct cmd {
	const char *name;
	int (*function)(int argc, char **argv);
	const char *summary;	     /* one line for --help */
	const char *page;	     /* `help NAME`: usage, options, exit status, examples */
	enum config_command options; /* which of the configuration follow on the page */
};

/* All commands in the order of --help; the last has no name. */
extern const struct cmd cmd_table[];

/* NULL if there is none; then a line with the nearest name has been printed. */
const struct cmd *cmd_find(const char *name);

/* Print a command's page, and the options that it uses behind it. As cmd_print(). */
int cmd_print_page(const char *page, enum config_command options);

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

	struct config_request config; /* of -c and -o; the rest of it is the caller's */

	/* what was found; pointers into argv, which must stay */
	int argc;
	char **argv;
	int first_operand; /* argv[first_operand..argc) */
};

/* Sort out the arguments: options first, operands behind them (argv is permuted and keeps its
 * elements; `--` ends the options, `-` is an operand). A value may be the next argument or
 * part of this one: `-cFILE`, `--name=VALUE`. false: one line about the mistake was printed; return
 * EXIT_USAGE. */
bool cmd_options(struct cmd_arguments *a, int argc, char **argv);

/* ---- output ------------------------------------------------------------------------------ */

/* All bytes to standard output. Returns EXIT_OK, or EXIT_FAILED after a line to standard error;
 * a reader that has gone away (EPIPE) fails without a line. */
int cmd_print(const char *text, size_t bytes);

#endif
