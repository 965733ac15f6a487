/*
 * support_loader.h - rules are loaded into the fake kernel, and what is said meanwhile is kept.
 */
#ifndef ECSAUDIT_SUPPORT_LOADER_H
#define ECSAUDIT_SUPPORT_LOADER_H

#include "rules_load.h"

#define SAID_LINES 100u

extern struct rules_loader loader;
extern struct rules_change change;
extern struct config configured; /* the defaults; for loader.config */
extern char said[32768];	 /* the first SAID_LINES lines, and a newline behind each */
extern unsigned lines_said;	 /* all of them */

int loader_setup(void **state); /* control_setup() is in it */
/* The rules of this text, which mistakes call so; nothing has been said. */
void loader_text(const char *text, const char *name);
/* A set: this text, called audit_rules, and these files; the agent has pid 4711. */
void loader_set(const char *text, const char *const *files, unsigned file_count);
/* What rules_load() returns, or -EINVAL where rules_prepare() refuses. */
int loader_load(void);

void assert_said(const char *text);
void assert_said_part(const char *part);
/* The n-th rule of the fake kernel is what the line compiles to. */
void assert_kernel_rule(unsigned n, const char *line);

#endif
