/*
 * guard_news.h - what the guard has to tell: to the user at once, to the collector when it is known
 * who it was, or nobody will be. For guard*.c alone.
 */
#ifndef ECSAUDIT_GUARD_NEWS_H
#define ECSAUDIT_GUARD_NEWS_H

#include "guard.h"

/* Begin to tell of something, GUARD_RULES or GUARD_ENABLED; of what was to be told before it,
 * nobody more will be known. */
struct guard_news *guard_news_of(struct guard *g, unsigned which);
/* n->line and n->report are complete: say the one, and let the other wait. */
void guard_news_tell(struct guard *g, struct guard_news *n);
/* Both at once, of GUARD_ENABLED. */
void guard_news_line(struct guard *g, struct span action, bool failed, const char *line);

/* Send what has waited long enough, or for somebody who is known now; or `all`. */
void guard_news_send(struct guard *g, bool all);

#endif
