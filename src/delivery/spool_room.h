/*
 * spool_room.h - which messages to evict from a full spool: the reserves of spool.h. For spool.c
 * alone. It only decides, and changes nothing.
 */
#ifndef ECSAUDIT_SPOOL_ROOM_H
#define ECSAUDIT_SPOOL_ROOM_H

#include "spool.h"

/*
 * Can evictions make room for a message of `need` blocks, more than are free? *by_severity: only if
 * reserves are ignored. That is allowed if it is longer than a reserve, or within its own.
 */
bool spool_can_make_room(
	const struct spool *s, uint32_t need, unsigned severity, bool *by_severity);

/* After that: the severity of the next message to evict. */
unsigned spool_victim(const struct spool *s, uint32_t need, unsigned severity, bool by_severity);

#endif
