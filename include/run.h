/*
 * run.h - `ecsaudit run` from its configuration to its end, turn by turn.
 *
 * cmd_run.c has the arguments and the exit status; run_rules.c loads the audit rules; run_status.c
 * answers `ecsaudit status`; run_report.c prints and reports lines. A test calls run_turn() itself,
 * and can check everything between two turns.
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
#include "host_names.h"
#include "privileges.h"
#include "reload.h"
#include "rules_host.h"
#include "rules_load.h"
#include "status_socket.h"
#include "supervisor.h"

struct run;

/* For the commands alone: everything else gets what it needs as an argument. */
extern struct run the_run;

/* An output as a source of the loop. */
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
	struct host_names names;
	char ready_line[160]; /* "ready: ..." */
	struct ledger ledger;
	struct status_socket status;
	struct rules_counts locked_rules; /* how locked rules differ from ours; 0 if not locked */
	char last_error[256];		  /* a line; "": none so far */
	int64_t last_error_ms;

	/* for holding records back while the spool fills */
	uint64_t last_sent;	  /* messages_sent at the last turn */
	int64_t last_progress_ms; /* when it last grew */
	int64_t last_portion_ms;  /* when records were last read */

	uint64_t lineage_loss; /* metric_loss() when the table of processes was last told */

	int error; /* -errno that ended the loop; 0: a signal did */
};

/* Finds every mistake that run_start() would find in the configuration and the files that it names.
 * It only reads these files, and changes nothing. r->agent->config is then the configuration that
 * run_start() would use. false: there is a mistake, and it was printed. `complete` is false if no
 * output is configured; this was printed too. */
bool run_check(struct run *r, bool *complete) __attribute__((cold));

/* Reads the configuration, opens everything, subscribes, loads the rules. false: the program ends
 * with *status; the reason was printed. */
bool run_start(struct run *r, enum exit_status *status) __attribute__((cold));

/* Does what is due, then waits for the next event. false: it was the last turn. */
bool run_turn(struct run *r);

/* After run_start() was true: ends in order, and sends what it can within LIMIT_STOP_MS. Signals
 * stay blocked: a second SIGTERM must not change the exit status. */
enum exit_status run_stop(struct run *r) __attribute__((cold));

/* ---- run_report.c ---------------------------------------------------------------------------- */

/* A line to standard error; `context` is not used. */
void run_print(void *context, const char *line);
/* The same, and to the supervisor and the collector. */
void run_report(struct run *r, const char *line);
/* Keep a line about a failure for run_status(). `context` is the struct run. */
void run_keep_error(void *context, const char *line);
/* run_keep_error() and run_report(). */
void run_report_error(void *context, const char *line);

/* ---- run_status.c -------------------------------------------------------------------------- */

/*
 * For status_socket.h: a JSON object and a newline, valid until the next call. `context` is the
 * struct run.
 *
 *   trouble                       what is wrong at the moment, in words; "": nothing. Losses are
 *                                 in the counters instead
 *   output                        where messages go now
 *   output_state, _error          of the configured one: delivery_get_status()
 *   rules_loaded, _refused, _waiting  rules_state()
 *   lineage_hidden                rules_lineage_look(); absent if there are none
 *   last_error, _ago_ms           a line, "": none; and how long ago
 *   version, pid
 *   config                        the configuration file; absent if there is none
 *   last_loss_ago_ms, uptime_ms, ...  ledger.h, metric.h
 */
struct span run_status(void *context) __attribute__((cold));

/* The collector accepts nothing; the fallback may. */
bool run_is_away(const struct run *r);

/* ---- run_lineage.c ------------------------------------------------------------------------- */

/* Tell the table of processes whether it may rely on records alone. Once a turn. */
void run_lineage_turn(struct run *r);

/* ---- run_rules.c --------------------------------------------------------------------------- */

/* SIGTERM or SIGINT has come. */
bool run_is_ending(void);

/* false: a mistake in a rule; it was printed with its line. */
bool run_rules_prepare(struct run *r) __attribute__((cold));
/* For audit_source.h and reload.h; `context` is the struct run. Rules that the kernel refuses are
 * printed, and the agent runs with the rest. */
int run_rules_load(void *context, struct netlink *control, struct audit_error *e);
/* Remove the rule that excludes our pid: after us another process may get it. */
void run_rules_unload_self(void *context, struct netlink *control);

#endif
