/* document_lineage.h - who started the process, in which session and container. */
#ifndef ECSAUDIT_DOCUMENT_LINEAGE_H
#define ECSAUDIT_DOCUMENT_LINEAGE_H

#include "document.h"

/* The members of `process` that the table of processes knows; `parent_pid` as the record has it. */
void document_add_lineage(struct document *d, cJSON *process, const struct field *parent_pid);

/* `container` of the document. */
void document_add_container(struct document *d, cJSON *root);

/* process.thread.capabilities, where a record tells them. */
void document_add_capabilities(struct document *d, const struct event *e, cJSON *process);

#endif
