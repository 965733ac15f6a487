/*
 * document_network.h - source.*, destination.* and network.*.
 *
 * For document.c alone.
 */
#ifndef ECSAUDIT_DOCUMENT_NETWORK_H
#define ECSAUDIT_DOCUMENT_NETWORK_H

#include "document.h"

void document_add_network(const struct document *d, const struct event *e, cJSON *root);

#endif
