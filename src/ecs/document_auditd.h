/*
 * document_auditd.h - the part of the document that is auditd's own: auditd.*.
 *
 * For document.c alone.
 */
#ifndef ECSAUDIT_DOCUMENT_AUDITD_H
#define ECSAUDIT_DOCUMENT_AUDITD_H

#include "document.h"

/* Everything that goes into auditd from elsewhere must be there before. */
void document_add_auditd(struct document *d, const struct event *e, cJSON *root);

#endif
