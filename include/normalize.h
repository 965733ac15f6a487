/*
 * normalize.h - what an event means: action, actor, object, how, ECS category and type.
 *
 * Applies the tables of tools/tables/normalize.txt, as Auditbeat does. Fills the second half of
 * struct event.
 */
#ifndef ECSAUDIT_NORMALIZE_H
#define ECSAUDIT_NORMALIZE_H

#include "event.h"

void normalize(struct event *e);

#endif
