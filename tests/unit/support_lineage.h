/*
 * support_lineage.h - is a table of processes whole?
 */
#ifndef ECSAUDIT_SUPPORT_LINEAGE_H
#define ECSAUDIT_SUPPORT_LINEAGE_H

#include "lineage.h"

extern struct lineage table; /* the test's */

/* Each entry is in the list of its state and in a bucket; who has how many children and followers.
 */
void check_table(void);

/* Before and after an event: those leave first that are to. */
void note_table(void);
void check_leaving(void);

#endif
