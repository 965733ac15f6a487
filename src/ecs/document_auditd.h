/*
 * document_auditd.h - the part of the document that is auditd's own: auditd.*.
 *
 * For document.c alone.
 */
#ifndef ECSAUDIT_DOCUMENT_AUDITD_H
#define ECSAUDIT_DOCUMENT_AUDITD_H

#include "document.h"

/* The last part to call: what others put into auditd (document_place()) must be there already. */
void document_add_auditd(struct document *d, const struct event *e, cJSON *root);

#endif
