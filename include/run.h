/*
 * run.h - the agent at work: `ecsaudit run` from its configuration to its end, turn by turn.
 *
 * cmd_run.c has the arguments and the exit status; run_rules.c the audit rules; run_status.c and
 * run_tell.c what the agent says of itself. A test does the turns itself, and looks at everything
 * between two of them.
 */
#ifndef ECSAUDIT_RUN_H
#define ECSAUDIT_RUN_H

#include <stdbool.h>
#include "agent.h"
#include "config_read.h"
#include "exit_status.h"
#include "guard.h"
#include "ledger.h"
#include "audit_source.h"
#include "loop.h"
#include "names.h"
#include "privileges.h"
#include "reload.h"
#include "rules_host.h"
#include "rules_load.h"
#include "status_socket.h"
#include "supervisor.h"

struct run;

/* For the commands alone: everything else gets what it needs as an argument. */
extern struct run the_run;

/* An output in the loop. */
struct run_output {
	struct run *run;
	unsigned which;
	int fd, source; /* -1: not in the loop */
};

/* All 0 in the beginning, but for `agent` and `request`. */
struct run {
	struct agent *agent;
	struct loop loop;
	struct audit_source source;
	struct rules_host host;
	struct rules_loader rules;
	struct guard guard;
	struct reload reload;
	struct config_request request; /* which configuration; read again at a reload */
	struct supervisor supervisor;
	struct privileges privileges;
	struct run_output outputs[DELIVERY_OUTPUTS];
	struct names names;
	char ready[160]; /* the line that says so */
	struct ledger ledger;
	struct status_socket status;
	struct rules_counts compared; /* of rules that are locked; 0 otherwise */
	char last_error[256];	      /* a line; "": none so far */
	int64_t last_error_ms;
	/* Of messages_sent: what it was, and since when; and since when records are held. */
	uint64_t sent;
	int64_t sent_ms, held_ms;
	int error; /* -errno of the turn that was the last; 0: it was told to end */
};

/* Looks for every mistake that run_start() would find in the configuration and in the files that it
 * names, opens nothing but these, to read them, and changes nothing. What will be in effect is then
 * in r->agent->config. false: there is one, and it was told. Not `complete`: there is no output,
 * which was told. */
bool run_check(struct run *r, bool *complete) __attribute__((cold));

/* Reads the configuration, opens, subscribes, loads. false: it ends here with *status, and why is
 * on standard error. */
bool run_start(struct run *r, enum exit_status *status) __attribute__((cold));

/* Everything that is due, then a wait for more. false: it was the last one. */
bool run_turn(struct run *r);

/* After run_start() was true: says goodbye, sends what it can for LIMIT_STOP_MS. The signals stay
 * blocked: a second SIGTERM must not change the exit status. */
enum exit_status run_stop(struct run *r) __attribute__((cold));

/* ---- run_tell.c ---------------------------------------------------------------------------- */

/* A line to standard error; `context` is not looked at. */
void run_tell(void *context, const char *line);
/* The same, and to who supervises us and to the collector. */
void run_tell_all(struct run *r, const char *line);
/* The same, and it is kept as run_failed() does; `context` is the struct run. */
void run_notice(void *context, const char *line);
/* A line that tells of a failure: it is kept for run_status(). `context` is the struct run. */
void run_failed(void *context, const char *line);

/* ---- run_status.c -------------------------------------------------------------------------- */

/*
 * For status_socket.h: a JSON object and a newline, until the next call. `context` is the struct
 * run.
 *
 *   trouble                       what is not as it should be, in words; "": nothing. Of what was
 *                                 lost the counters tell
 *   output                        where messages go now
 *   output_state, _error          of that which is configured: delivery_tell()
 *   rules_loaded, _refused, _waiting  rules_state()
 *   last_error, _ago_ms           a line, "": none; and how long ago
 *   version, pid
 *   config                        the configuration file; absent if there is none
 *   last_loss_ago_ms, uptime_ms, ...  ledger.h, metric.h
 */
struct span run_status(void *context) __attribute__((cold));

/* The collector takes nothing; the fallback may. */
bool run_is_away(const struct run *r);

/* ---- run_rules.c --------------------------------------------------------------------------- */

/* SIGTERM or SIGINT waits to be read. */
bool run_is_ending(void);

/* false: a mistake in a rule, which was told with its line. */
bool run_rules_prepare(struct run *r) __attribute__((cold));
/* For audit_source.h and reload.h; `context` is the struct run. What the kernel refuses was told,
 * line by line; the agent runs with the rest. */
int run_rules_load(void *context, struct netlink *control, struct audit_error *e);
/* Our pid will be another's. */
void run_rules_unload_self(void *context, struct netlink *control);

#endif
