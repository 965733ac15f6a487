/*
 * document_message.h - the event in one line of plain English, for people who look at a log.
 *
 *     ada, acting as root, unsuccessfully opened file /etc/shadow using /bin/cat (EACCES)
 *
 * For document.c alone. Not for machines: its parts are members of their own, and names in it
 * may hold blanks.
 */
#ifndef ECSAUDIT_DOCUMENT_MESSAGE_H
#define ECSAUDIT_DOCUMENT_MESSAGE_H

#include "document.h"

/* In the arena; empty if it has no room. */
struct span document_message(const struct document *d, const struct event *e);

#endif
