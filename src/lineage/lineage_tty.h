/* lineage_tty.h - the number of a terminal, by the name that records have. */
#ifndef ECSAUDIT_LINEAGE_TTY_H
#define ECSAUDIT_LINEAGE_TTY_H

#include "lineage.h"

/* As in struct lineage_process. false: it says neither that there is one nor that there is none. */
bool lineage_tty(struct span name, uint32_t *number);

#endif
