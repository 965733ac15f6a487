/*
 * support_reload.h - the whole agent as cmd_run.c has it, over the fake kernel, for the tests of
 * the reload.
 */
#ifndef ECSAUDIT_SUPPORT_RELOAD_H
#define ECSAUDIT_SUPPORT_RELOAD_H

#include <stdbool.h>
#include "fake_audit.h"
#include "reload.h"
#include "support_agent.h"

#define CONFIG "/etc/ecsaudit.json"
#define RULES  "/etc/audit.rules"

struct reload_run {
	struct loop loop;
	struct audit_source source;
	struct rules_host host;
	struct rules_loader rules;
	struct guard guard;
	struct reload reload;
	unsigned changed, compared;
	int busy; /* begun less ended */
};

extern struct reload_run run;
extern char said[16384];   /* every line and a newline */
extern char report[32768]; /* the document of next_report() */

int reload_setup(void **state);
int reload_teardown(void **state);

/* The files; a configuration without its braces, and udp://192.0.2.1:514 before it. */
void write_config(const char *members);
void write_rules(const char *lines);
/* Both; the configuration names the file of rules. */
void write_both(const char *members, const char *rules);
/* write_both(), and begin() has to succeed. */
void begin_with(const char *members, const char *rules);
/* As cmd_run() does. The exit status of what went wrong, 0. */
int begin(void);
void turn(int max_wait_ms);
/* Turns until nothing more happens. */
void run_turns(void);
/* SIGHUP, and run_turns(). */
void hup(void);
void end_run(void);

/* The next document of the agent's own, into `report`. */
bool next_report(void);
/* It has to be there, and to have these parts. */
void assert_reloaded(const char *outcome, const char *part);
void assert_said(const char *part);
/* The document of an event that happens now; in static memory. */
const char *document_of_event(unsigned serial);
/* What is in effect, printed; in static memory. */
const char *effective(void);
/* The kernel's rules and settings, printed; in static memory, a fresh one for each of two. */
const char *in_kernel(void);

#endif
