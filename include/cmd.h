/*
 * cmd.h - the subcommands. Each gets its own name as argv[0] and returns the exit status: 0,
 * 1 for what could not be done, 2 for a wrong command line or configuration.
 */
#ifndef ECSAUDIT_CMD_H
#define ECSAUDIT_CMD_H

int cmd_run(int argc, char **argv);
int cmd_parse(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_config(int argc, char **argv);
int cmd_rules(int argc, char **argv);
int cmd_help(int argc, char **argv);

#endif
