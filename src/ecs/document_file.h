/*
 * document_file.h - the `file` of a document; part of the document's builder.
 *
 * file.path is the full one wherever the records tell it. The PATH records in auditd.paths and the
 * object of the summary keep the name as the program used it.
 */
#ifndef ECSAUDIT_DOCUMENT_FILE_H
#define ECSAUDIT_DOCUMENT_FILE_H

#include "document.h"

void document_add_file(struct document *d, const struct event *e, cJSON *root);

#endif
