/*
 * support_audit_source.h - the live source beside the fake kernel, and what it handed on.
 */
#ifndef ECSAUDIT_SUPPORT_AUDIT_SOURCE_H
#define ECSAUDIT_SUPPORT_AUDIT_SOURCE_H

#include "audit_source.h"

struct live_seen {
	unsigned records, statuses, replies;
	uint32_t lost, last_sequence;
	uint16_t last_type;
	char last[64];
	char text[4096];
};

extern struct audit_source source;
extern struct loop loop;
extern struct config config;
extern struct counters counters;
extern struct audit_error error;
extern struct live_seen seen;

int setup_live(void **state);
int teardown_live(void **state); /* no descriptor, source or timer is left */

/* As audit_source_start(). */
int start_live(void);

/* Let that much time pass, and everything happen that is due. */
void run_ms(int64_t ms);

void assert_notice_has(const char *part);

#endif
