/*
 * document_constants.h - what is the same in every document, and for logs the host, which is not.
 *
 * For document.c alone. document_init() and document_host_name() are in document.h,
 * document_add_constants() is in document_layout.h.
 */
#ifndef ECSAUDIT_DOCUMENT_CONSTANTS_H
#define ECSAUDIT_DOCUMENT_CONSTANTS_H

#include "document.h"

/* host.* of an event of a log: what its records say, or the option `hostname`. */
void document_add_log_host(struct document *d, const struct event *e, const struct reassembly *r,
	const struct raw_event *raw, cJSON *root);

#endif
