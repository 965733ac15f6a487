/*
 * rules_files.h - a walk over all lines of a rule set: a text, and files in their order.
 *
 * A file may be given as a glob in the last part of its path; what matches comes in the order
 * of the names' bytes, names with a leading dot are left out. Rules may come from regular files
 * that nobody but root, or who we are, can write to: trusted_file.h. A byte order mark at the head
 * of a text is skipped.
 */
#ifndef ECSAUDIT_RULES_FILES_H
#define ECSAUDIT_RULES_FILES_H

#include "rules.h"

/* Large: keep it static. */
struct rules_files {
	/* set by the caller */
	const struct rules_environment *environment;
	const char *text; /* NULL: none */
	size_t text_len;
	const char *text_name; /* for messages */
	const char *const *files;
	unsigned file_count;
	bool quiet;	/* do not say which files cannot be read */
	bool trust_all; /* do not look at the owner and the mode */
	/* Gets every line that says something, mistakes among them, as w->line at w->file and
	 * w->number. false ends the walk. */
	bool (*each)(void *ctx, struct rules_files *w);
	void *each_ctx;
	/* A line for the user. */
	void (*print)(void *ctx, const char *line);
	void *print_ctx;

	/* the walk */
	const char *file;
	unsigned number;
	bool has_rule;	     /* a line before this one, of the same text or file, is a rule */
	unsigned unreadable; /* files; each was told */
	struct rules_line line;
	char path[LIMIT_PATH_BYTES];
	char message[LIMIT_PATH_BYTES + LIMIT_RULE_MESSAGE_BYTES];
	char bytes[LIMIT_RULE_FILE_BYTES];
};

/* Returns false if `each` ended it. */
bool rules_files_walk(struct rules_files *w);

/* Say "FILE:LINE: TEXT", or "FILE: TEXT" where there is no line. */
void rules_files_say(struct rules_files *w, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
