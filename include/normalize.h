/*
 * normalize.h - what an event means: action, actor, object, how, ECS category and type.
 *
 * The tables say which (tools/tables/normalize.txt); this is the machine that applies them, as
 * the peer's does. Fills the second half of struct event.
 */
#ifndef ECSAUDIT_NORMALIZE_H
#define ECSAUDIT_NORMALIZE_H

#include "event.h"

void normalize(struct event *e);

#endif
