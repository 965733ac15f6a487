/*
 * document_user.h - the part of the document that says who: user, group, related.user.
 *
 * For document.c alone.
 */
#ifndef ECSAUDIT_DOCUMENT_USER_H
#define ECSAUDIT_DOCUMENT_USER_H

#include "document.h"

void document_add_user(struct document *d, const struct event *e, cJSON *root);

/* The name of an id given as text; len 0: not known. */
struct span document_user_name(const struct document *d, struct span id);
struct span document_group_name(const struct document *d, struct span id);

/* An actor of the summary of `e`, or of no event (NULL): the user's name where the id is known,
 * else the text itself. */
struct span document_actor(const struct document *d, const struct event *e, struct span actor);

#endif
