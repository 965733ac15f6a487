/* lineage_id.h - process.entity_id and process.start of an entry. */
#ifndef ECSAUDIT_LINEAGE_ID_H
#define ECSAUDIT_LINEAGE_ID_H

#include "lineage.h"

/* What is in front of "__PID__START". */
void lineage_id_prefix(struct lineage *l, const char *namespace, const char *name);

/*
 * Sets p->start, and p->id: the id is the base64 of one text, PREFIX__PID__START. The end of the
 * text, from the last multiple of three bytes within the prefix on, is of the process alone, and is
 * encoded here, once.
 */
void lineage_id_make(struct lineage *l, struct lineage_process *p, struct span host);

#endif
