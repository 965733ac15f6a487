/*
 * support_agent.h - what the tests of the agent share: the one agent over the fake kernel, and
 * its steps, after each of which the sums are checked.
 */
#ifndef ECSAUDIT_SUPPORT_AGENT_H
#define ECSAUDIT_SUPPORT_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cJSON.h>
#include "agent.h"
#include "fake_sys.h"

#define UDP  "output=udp://192.0.2.1:514"
#define UNIX "output=unix:///dev/log"

enum {
	SYSCALL = 1300,
	PATH = 1302,
	SERVICE_START = 1130,
	CWD = 1307,
	EXECVE = 1309,
	EOE = 1320,
	PROCTITLE = 1327,
	REPLY = 1013, /* AUDIT_LIST_RULES: no event */
};

extern struct agent *const agent;
extern struct config_error error;

int setup(void **state); /* nothing is left of an agent before, the configuration is the default */
int teardown(void **state);

/* "name=value" of the configuration. */
void set(const char *assignment);
/* A constant field of this length in every document. */
void set_constant_field(unsigned bytes);
/* With an "output=..."; the agent has to start. */
void start(const char *output, bool offline);
int output_fd(void);
void settle(void); /* what was sent counts as sent: OUTPUT_DOUBT_MS pass */
void drain(void);  /* delivery_turn(), at this moment */

uint64_t records_held(void);
/* The sums of counters.h and of the way of a message; they hold at every moment. */
void check_sums(void);

/* The text begins with "audit(". */
void record(uint16_t type, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* An event of one record. */
void event(unsigned serial);
/* A process with many long arguments, its paths and title. */
void long_event(unsigned serial, unsigned args, unsigned arg_len);
void tick(int64_t ms);
/* Nothing is held afterwards, and no descriptor is open. */
void stop(void);

/* The document in what was sent, whatever goes before it; the caller deletes it. */
cJSON *document_of(const struct fake_sent *sent);
unsigned sequence_of(const struct fake_sent *sent); /* its auditd.sequence */
bool is_marked(const struct fake_sent *sent);	    /* as truncated */

#endif
