/*
 * support_normalize.h - what the events that join() makes mean.
 */
#ifndef ECSAUDIT_SUPPORT_NORMALIZE_H
#define ECSAUDIT_SUPPORT_NORMALIZE_H

#include "event.h"

/* The SYSCALL record of a call on x86_64 that succeeded. */
#define CALL(number)                                                                               \
	"SYSCALL arch=c000003e syscall=" number                                                    \
	" success=yes auid=1000 uid=0 exe=\"/x\" comm=\"c\"\n"

/* A cmocka set-up: each event that is joined from here on is normalized. */
int normalize_setup(void **state);

/* "process,file : start,info" */
void expect_ecs(const char *want);

/* What is empty may have no address. */
void expect_text(struct span got, const char *want);
void expect_object(const char *type, const char *primary, const char *secondary);
void expect_entity(enum norm_entity which, const char *id, const char *name);

#endif
