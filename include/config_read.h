/*
 * config_read.h - reads, compares and prints configurations: struct config.
 *
 * Names and defaults are Auditbeat's where it has the option. Everything is checked at start:
 * an unknown name, a wrong type, a value out of range, an unreadable file is one line that
 * says where, what, and what would be right; then nothing is started.
 */
#ifndef ECSAUDIT_CONFIG_READ_H
#define ECSAUDIT_CONFIG_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "config.h"
#include "text.h"

/* Where it is, unless -c names another; it may be missing, another may not. */
#define CONFIG_DEFAULT_FILE ECSAUDIT_SYSCONFDIR "/ecsaudit.json"

/* Where a configuration comes from. Pointers are the caller's, and must stay. */
struct config_request {
	bool trusted; /* the configuration may only come from who owns the host */
	/* What is worked on may be another host's: of what only this one's configuration or nobody
	 * says nothing is taken. */
	bool is_foreign;
	const char *file;		      /* NULL: the default one, which may be missing */
	const char *settings[LIMIT_SETTINGS]; /* NAME=VALUE, of -o */
	unsigned setting_count;
};

/* The configuration that is asked for: defaults, then the file, then every setting in
 * its order. With `is_foreign` the default file says nothing of users, groups, the host's name and
 * the output, and passwd_file and group_file have no default. May be called again, for a reload.
 * false: *e says why, and *c is half filled: do not use it. */
bool config_gather(const struct config_request *r, struct config *c, struct config_error *e);

/* Defaults. Never fails. */
void config_init(struct config *c);

/* Read a file over `c`; with `trusted` only one that nobody else can write, see trusted_file.h.
 * false: *e says FILE:LINE:COLUMN: what, and what would be right, and *c is half filled: do not use
 * it. The text and the parser's tree lie in static memory meanwhile; not reentrant. */
bool config_read(struct config *c, const char *path, bool trusted, struct config_error *e);

/* One `name=value` of the command line over `c`. A value is JSON, or bare text where a string
 * or a word is expected; bare text for a list is its only item. */
bool config_option(struct config *c, const char *assignment, struct config_error *e);

/* ---- two configurations ------------------------------------------------------------------ */

/* A set of options: a bit each, in the order in which they are printed. */

/* When an option keeps the value that it had at start. */
enum config_fixed {
	FIXED_NEVER,
	FIXED_UNTIL_RESTART,
	FIXED_BY_LOCK /* it is a setting of the kernel's: when the audit configuration is locked */
};

/* The options whose values differ. */
uint64_t config_changes(const struct config *a, const struct config *b);
uint64_t config_fixed(enum config_fixed fixed);

/* Give `c` the values that `from` has of these. false: c's strings are too long then. */
bool config_take(struct config *c, const struct config *from, uint64_t set);

/* Put a whole configuration in the place of another; what pointed to strings of `to` has to be
 * pointed to the new ones. */
void config_move(struct config *to, const struct config *from);

/* "layout, output" */
void config_names(struct text *t, uint64_t set);

/* Print the effective configuration to a buffer as JSON that config_read() accepts.
 * Returns the length, or 0 if it does not fit. */
size_t config_print(const struct config *c, char *buf, size_t size);

/* The commands that use some of the options; `run` and `config` use all. */
enum config_user {
	CONFIG_USER_RUN = 0,
	CONFIG_USER_PARSE = 1,
	CONFIG_USER_RULES = 2,
	CONFIG_USER_STATUS = 4,
	CONFIG_USER_NONE = 8
};

/* Print name, default, summary and allowed values of every option that the command uses: three
 * lines each. The length, or 0 if it does not fit. */
size_t config_help(enum config_user user, char *buf, size_t size);

#endif
