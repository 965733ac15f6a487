/*
 * run.h - the agent at work: `ecsaudit run` from its configuration to its end, turn by turn.
 *
 * cmd_run.c has the arguments and the exit status; run_rules.c the audit rules. A test does the
 * turns itself, and looks at everything between two of them.
 */
#ifndef ECSAUDIT_RUN_H
#define ECSAUDIT_RUN_H

#include <stdbool.h>
#include "agent.h"
#include "cmd.h"
#include "guard.h"
#include "ledger.h"
#include "live.h"
#include "loop.h"
#include "names.h"
#include "privileges.h"
#include "reload.h"
#include "rules_host.h"
#include "rules_load.h"
#include "status_socket.h"
#include "supervise.h"

struct run;

/* An output in the loop. */
struct run_output {
	struct run *run;
	unsigned which;
	int fd, source; /* -1: not in the loop */
};

/* All 0 in the beginning, but for `agent` and what cmd_options() found. */
struct run {
	struct agent *agent;
	struct loop loop;
	struct live live;
	struct rules_host host;
	struct rules_loader rules;
	struct guard guard;
	struct reload reload;
	struct cmd_arguments arguments;
	struct supervise supervise;
	struct privileges privileges;
	struct run_output outputs[DELIVERY_OUTPUTS];
	struct names names;
	char ready[160]; /* the line that says so */
	struct ledger ledger;
	struct status_socket status;
	/* Of messages_sent: what it was, and since when; and since when records are held. */
	uint64_t sent;
	int64_t sent_ms, held_ms;
	int error; /* -errno of the turn that was the last; 0: it was told to end */
};

/* Reads the configuration, opens, subscribes, loads. false: it ends here with *status, and why is
 * on standard error. */
bool run_start(struct run *r, enum cmd_status *status) __attribute__((cold));

/* Everything that is due, then a wait for more. false: it was the last one. */
bool run_turn(struct run *r);

/* After run_start() was true: says goodbye, sends what it can for LIMIT_STOP_MS. The signals stay
 * blocked: a second SIGTERM must not change the exit status. */
enum cmd_status run_stop(struct run *r) __attribute__((cold));

/* A line to standard error; `context` is not looked at. */
void run_tell(void *context, const char *line);
/* The same, and to who supervises us and to the collector; `context` is the struct run. */
void run_notice(void *context, const char *line);

/* ---- run_rules.c --------------------------------------------------------------------------- */

/* SIGTERM or SIGINT waits to be read. */
bool run_is_ending(void);

/* false: a mistake in a rule, which was told with its line. */
bool run_rules_prepare(struct run *r) __attribute__((cold));
/* For live.h and reload.h; `context` is the struct run. What the kernel refuses was told, line by
 * line; the agent runs with the rest. */
int run_rules_load(void *context, struct netlink *control, struct audit_error *e);
/* Our pid will be another's. */
void run_rules_unload_self(void *context, struct netlink *control);

#endif
