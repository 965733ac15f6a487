/*
 * spool_room.h - who gives way to a message in a full spool: the reserves of spool.h. For spool.c
 * alone; nothing is changed here.
 */
#ifndef ECSAUDIT_SPOOL_ROOM_H
#define ECSAUDIT_SPOOL_ROOM_H

#include "spool.h"

/*
 * Can there be room for a message of `need` blocks, more than are free? *by_severity: only without
 * reserves, because it is longer than one, or within its own while all are more than there is.
 */
bool spool_room(const struct spool *s, uint32_t need, unsigned severity, bool *by_severity);

/* Then: the severity of which a message is the next to give way. */
unsigned spool_victim(const struct spool *s, uint32_t need, unsigned severity, bool by_severity);

#endif
