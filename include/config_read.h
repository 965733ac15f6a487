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

/* Used if -c names no file. It may be missing; a file of -c may not. */
#define CONFIG_DEFAULT_FILE ECSAUDIT_SYSCONFDIR "/ecsaudit.json"

/* Where a configuration comes from. Pointers are the caller's, and must stay. */
struct config_request {
	bool trusted;	  /* refuse a file that others than the host's owner can write */
	bool is_foreign;  /* for logs that may be another host's: ignore what is true of this host
			     only */
	const char *file; /* NULL: the default one, which may be missing */
	const char *settings[LIMIT_SETTINGS]; /* NAME=VALUE, of -o */
	unsigned setting_count;
};

/* Make the configuration that is asked for: defaults, then the file, then the settings in their
 * order. With `is_foreign` passwd_file, group_file, hostname and both outputs have no default, and
 * are not taken from the default file. May be called again, for a reload. false: *e says why, and
 * *c is half filled: do not use it. */
bool config_gather(const struct config_request *r, struct config *c, struct config_error *e);

/* Defaults. Never fails. */
void config_init(struct config *c);

/* Read a file over `c`; with `trusted` only one that nobody else can write, see trusted_file.h.
 * false: *e says FILE:LINE:COLUMN: what, and what would be right, and *c is half filled: do not use
 * it. The text and the parser's tree lie in static memory meanwhile; not reentrant. */
bool config_read(struct config *c, const char *path, bool trusted, struct config_error *e);

/* Read one `name=value` of the command line over `c`. A value is JSON, or bare text where a string
 * or a word is expected; bare text for a list is its only item. As config_read() if it is wrong. */
bool config_read_setting(struct config *c, const char *assignment, struct config_error *e);

/* ---- two configurations ------------------------------------------------------------------ */

/* A set of options is a uint64_t, with a bit for each in the order in which they are printed. */

/* What keeps a reload from changing an option. */
enum config_fixed {
	FIXED_NEVER,
	FIXED_UNTIL_RESTART,
	FIXED_BY_LOCK /* the kernel's lock of the audit configuration: it is a setting of the kernel
		       */
};

/* The options whose values differ. */
uint64_t config_changes(const struct config *a, const struct config *b);
/* The options with this `fixed`. */
uint64_t config_fixed(enum config_fixed fixed);

/* Copy the values of these options. false: c's pool has no room for their strings. */
bool config_take(struct config *c, const struct config *from, uint64_t set);

/* Copy a whole configuration. Whoever points to strings of `to` has to take the new ones. */
void config_move(struct config *to, const struct config *from);

/* Append the names of these options: "layout, output". */
void config_print_names(struct text *t, uint64_t set);

/* Print the effective configuration to a buffer as JSON that config_read() accepts.
 * Returns the length, or 0 if it does not fit. */
size_t config_print(const struct config *c, char *buf, size_t size);

/* Commands, by the options that they use. `run` and `config` use all. */
enum config_command {
	CONFIG_FOR_ALL = 0,
	CONFIG_FOR_PARSE = 1,
	CONFIG_FOR_RULES = 2,
	CONFIG_FOR_STATUS = 4,
	CONFIG_FOR_NONE = 8 /* no option has this bit */
};

/* Print name, default, summary and allowed values of every option that the command uses: three
 * lines each. The length, or 0 if it does not fit. */
size_t config_help(enum config_command command, char *buf, size_t size);

#endif
