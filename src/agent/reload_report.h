/*
 * reload_report.h - a reload's lines for the user and its document for the collector. For reload*.c
 * alone.
 */
#ifndef ECSAUDIT_RELOAD_REPORT_H
#define ECSAUDIT_RELOAD_REPORT_H

#include "reload.h"

/* A line for the user; `ctx` is the reload. */
void reload_print(void *ctx, const char *line);

/* Add a mistake to the report. One for which there is no room is printed at once instead. */
void reload_add_mistake(struct reload *r, const char *mistake);
/* Set r->e to "WHAT: words for the error". Always false. */
bool reload_set_error(struct reload *r, const char *what, int error);
/* Returns `good`. If it is false, the text in r->e is added as a mistake. */
bool reload_check(struct reload *r, bool good);

/* The end: the old configuration stays, because of the mistakes. */
void reload_report_kept(struct reload *r);
/* The end: report what has changed. `rules`: the kernel's rules, too; `error`: of changing them. */
void reload_report_done(struct reload *r, bool rules, int error);

#endif
