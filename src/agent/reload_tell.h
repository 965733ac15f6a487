/*
 * reload_tell.h - what a reload says, to the user and to the collector. For reload*.c alone.
 */
#ifndef ECSAUDIT_RELOAD_TELL_H
#define ECSAUDIT_RELOAD_TELL_H

#include "reload.h"

/* A line for the user; `ctx` is the reload. */
void reload_say(void *ctx, const char *line);

/* One mistake more; what has no room in the document is for the user alone. */
void reload_complain(struct reload *r, const char *mistake);
/* r->e becomes `what` and the words for an error. Always false. */
bool reload_fail(struct reload *r, const char *what, int error);
/* `good`; if not, what failed has written why into r->e, and that is one mistake more. */
bool reload_noted(struct reload *r, bool good);

/* The end: the old configuration stays, for these mistakes. */
void reload_tell_kept(struct reload *r);
/* The end: what has changed. `rules`: the kernel's were; `error`: of changing them. */
void reload_tell_done(struct reload *r, bool rules, int error);

#endif
