/*
 * timestamp.h - the time of an event as text, in UTC: 2022-04-07T15:05:50.500Z.
 *
 * Events come in bursts, so the text of the last second is kept and only the milliseconds are
 * written anew. Any input is safe: what lies before the year 0 or after 9999 becomes the first
 * or the last millisecond that four digits can name; 1000 ms and more count as 999.
 */
#ifndef ECSAUDIT_TIMESTAMP_H
#define ECSAUDIT_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>
#include "span.h"

#define TIMESTAMP_BYTES 24u

/* Zeroed: empty. */
struct timestamp {
	int64_t second;
	bool valid;
	char text[TIMESTAMP_BYTES]; /* not terminated */
};

/* `seconds` since 1970-01-01, may be negative. The text is t->text, until the next call. */
struct span timestamp_format(struct timestamp *t, int64_t seconds, uint32_t ms);

#endif
