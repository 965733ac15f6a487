/*
 * document_process.h - process.*: who did it, and what an execve was given.
 *
 * For document.c alone.
 */
#ifndef ECSAUDIT_DOCUMENT_PROCESS_H
#define ECSAUDIT_DOCUMENT_PROCESS_H

#include "document.h"

void document_add_process(struct document *d, const struct event *e, cJSON *root);

#endif
