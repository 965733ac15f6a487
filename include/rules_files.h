/*
 * rules_files.h - walks over all lines of a rule set: a text, files in their order, another text.
 *
 * The last part of a file's path may be a glob; matches come in the byte order of their names,
 * without names that begin with a dot. Files must be regular ones to which only root, or our own
 * user, can write: trusted_file.h. A byte order mark at the start of a text is skipped.
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
	const char *last;      /* a text behind the files; NULL: none */
	const char *last_name; /* for messages */
	bool quiet;	       /* do not print which files cannot be read */
	bool trust_all;	       /* do not check the owner and the mode */
	/* Gets every line but blank ones and comments, also one with a mistake: it is w->line, at
	 * w->file and w->number. false ends the walk. */
	bool (*each)(void *ctx, struct rules_files *w);
	void *each_ctx;
	/* A line for the user. */
	void (*print)(void *ctx, const char *line);
	void *print_ctx;

	/* the walk */
	const char *file;
	unsigned number;
	bool has_rule;	     /* an earlier line of the same text or file is a rule */
	unsigned unreadable; /* files; each was printed */
	struct rules_line line;
	char path[LIMIT_PATH_BYTES];
	char message[LIMIT_PATH_BYTES + LIMIT_RULE_MESSAGE_BYTES];
	char bytes[LIMIT_RULE_FILE_BYTES];
};

/* Returns false if `each` ended it. */
bool rules_files_walk(struct rules_files *w);

/* Print "FILE:LINE: TEXT", or "FILE: TEXT" if w->number is 0. */
void rules_files_print(struct rules_files *w, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
