/*
 * agent.h - the state of the program in one struct, and the way of a record through it.
 *
 *   agent_record() -> reassembly -> event -> normalize -> lineage -> document -> json -> syslog
 *                  -> delivery: the outputs and the spool
 *
 * `run` and `parse` differ in who calls agent_record() and in the output; see run.c and
 * cmd_parse.c. There is one agent, static; functions take the narrowest part of it they need.
 */
#ifndef ECSAUDIT_AGENT_H
#define ECSAUDIT_AGENT_H

#include <stdbool.h>
#include <stdint.h>
#include "arena.h"
#include "config.h"
#include "counters.h"
#include "delivery.h"
#include "document.h"
#include "event.h"
#include "gaps.h"
#include "hostid.h"
#include "identity.h"
#include "lineage.h"
#include "log_line.h"
#include "os_release.h"
#include "reassembly.h"
#include "record.h"
#include "report.h"
#include "spool.h"
#include "spool_file.h"
#include "syslog.h"

struct agent {
	struct config config;
	struct counters counters;
	struct hostid hostid;
	struct os_release os_release;
	struct identity identity;
	struct reassembly reassembly;
	struct gaps gaps; /* not used offline: a log may begin and end anywhere */
	struct record_workspace workspace;
	struct event event;
	struct lineage lineage;
	struct document document;
	struct syslog syslog;
	uint32_t sender_len; /* offline: of the host that the syslog header names */
	char sender[LIMIT_HOSTNAME_BYTES];
	struct spool spool;
	struct spool_file spool_file;
	struct delivery delivery;
	struct report_actor changer; /* who, other than us, changed the audit configuration last */
	struct arena scratch;
	int64_t now_ms; /* the clock of this turn */
	int64_t clock_check_ms;
	size_t scratch_peak, message_peak; /* bytes used since the last agent_tick() */
	_Alignas(8) char scratch_memory[LIMIT_SCRATCH_BYTES];
	struct gaps_journal journal; /* this and spool_memory: without a spool file */
	_Alignas(8) char spool_memory[LIMIT_SPOOL_BYTES];
	char stdout_memory[LIMIT_STDOUT_BYTES];
	/* One message, and the spare room behind it with which json_write() is fast. */
	char message[SYSLOG_HEADER_BYTES + LIMIT_DOCUMENT_BYTES];
};

/* For the commands alone: everything else gets what it needs as an argument. */
extern struct agent the_agent;

/* Start with a->config, which the caller has filled. Opens the outputs. An `offline` run writes to
 * stdout unless the configuration says otherwise, and its output may block: delivery.h. false: the
 * reason is in *e. */
bool agent_start(struct agent *a, bool offline, struct config_error *e) __attribute__((cold));

/* Checks all that agent_start() checks, but opens no output and makes no file. */
bool agent_check(struct agent *a, struct config_error *e) __attribute__((cold));

/* One record from the kernel. Events that it completes are sent, or held in the spool. */
void agent_record(struct agent *a, uint16_t type, struct span text);

/* The next records are from this file, a number of document.log_files. An event may begin in one
 * file and end in the next. */
void agent_log_file(struct agent *a, unsigned number);

/* One record from a log. NULL: the next record begins another event. */
void agent_log_record(struct agent *a, const struct log_record *record);

/* Send a document in which the agent reports on itself. Not from within agent_record(). */
void agent_report(struct agent *a, const struct report *r);
/* The same with one line of text. */
void agent_report_line(struct agent *a, const char *line);

/* Send a finished tree. It lies in a->scratch, which the caller has reset; a->document.timestamp is
 * its time. NULL: it could not be made; this is counted. agent_fits(): it need not be shortened. */
void agent_send(struct agent *a, cJSON *root, enum syslog_severity severity);
bool agent_fits(struct agent *a, const cJSON *root);

/* Once a turn: emit events whose wait is over, serve the outputs, reread changed user files. */
void agent_tick(struct agent *a, int64_t now_ms);

/* When to call agent_tick() next; INT64_MAX: not before something happens. */
int64_t agent_deadline_ms(const struct agent *a);

/* Emit all pending events and send them as far as possible without waiting. */
void agent_flush(struct agent *a);

/*
 * Change the configuration, between two events. While a->config is still the old one, check the new
 * one: agent_check_names() wants its identity files readable, as agent_start() does, and
 * agent_build_members() builds its constant members into *d. false: the reason is in *e. Then
 * replace a->config and call agent_apply(): it rebuilds what depends on it, but for the identity
 * and the outputs' addresses. It cannot fail.
 */
bool agent_check_names(const struct identity *i, struct config_error *e);
bool agent_build_members(struct agent *a, struct document *d, const struct config *c,
	const struct hostid *h, struct config_error *e);
void agent_apply(struct agent *a);

/* Return the whole pages of [from, to) to the kernel; they read as 0 then. */
void agent_give_back(char *from, char *to);

/* agent_flush(), and delivery_stop(), which waits until `deadline_ms` at most. */
void agent_stop(struct agent *a, int64_t deadline_ms);

/* "N records, N events, ..." for people, without a newline. */
size_t agent_summary(const struct agent *a, char *buf, size_t size);

#endif
