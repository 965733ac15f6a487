/*
 * agent.h - everything there is, in one struct, and the way of a record through it.
 *
 *   agent_record() -> reassembly -> event -> normalize -> document -> json -> syslog
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
	struct gaps gaps; /* offline without a journal: a log may begin and end anywhere */
	struct record_workspace workspace;
	struct event event;
	struct document document;
	struct syslog syslog;
	uint32_t sender_len; /* of a log: the host that the syslog header names */
	char sender[LIMIT_HOSTNAME_BYTES];
	struct spool spool;
	struct spool_file spool_file;
	struct delivery delivery;
	struct report_actor changer; /* who changed the audit configuration last, not us */
	struct arena scratch;
	int64_t now_ms; /* the clock of this turn */
	int64_t clock_check_ms;
	size_t scratch_peak, message_peak; /* bytes touched since agent_tick() gave some back */
	_Alignas(8) char scratch_memory[LIMIT_SCRATCH_BYTES];
	struct gaps_journal journal; /* and the spool, without a file */
	_Alignas(8) char spool_memory[LIMIT_SPOOL_BYTES];
	char stdout_memory[LIMIT_STDOUT_BYTES];
	/* One message; behind it the room that json_write() wants to be quick. */
	char message[SYSLOG_HEADER_BYTES + LIMIT_DOCUMENT_BYTES];
};

/* For the commands alone: everything else gets what it needs as an argument. */
extern struct agent the_agent;

/* Start with a->config, which the caller has filled. Opens the outputs. That of an `offline` run is
 * stdout unless the configuration says otherwise, and it is waited for: delivery.h. false: the
 * reason is in *e. */
bool agent_start(struct agent *a, bool offline, struct config_error *e) __attribute__((cold));

/* The same without opening outputs or making files: is there a mistake? */
bool agent_check(struct agent *a, struct config_error *e) __attribute__((cold));

/* One record. Everything that becomes ready is sent, or held in the spool. */
void agent_record(struct agent *a, uint16_t type, struct span text);

/* What comes next is of this one of document.log_files. An event may begin in one and end in the
 * next. */
void agent_log_file(struct agent *a, unsigned number);

/* The same with one of a log, or NULL: what comes next begins another event. */
void agent_log_record(struct agent *a, const struct log_record *record);

/* Send a document of our own. Not from within agent_record(). */
void agent_report(struct agent *a, const struct report *r);

/* The same with a tree from a->scratch, which was reset before, and a->document.timestamp; NULL: it
 * could not be made, and is counted. agent_fits() tells whether it need not be shortened. */
void agent_send(struct agent *a, cJSON *root, enum syslog_severity severity);
bool agent_fits(struct agent *a, const cJSON *root);

/* What time brings: events whose wait is over, the outputs, changed user files. */
void agent_tick(struct agent *a, int64_t now_ms);

/* When agent_tick() is wanted next, INT64_MAX: not before something happens. */
int64_t agent_deadline_ms(const struct agent *a);

/* Emit all pending events and send them as far as possible without waiting. */
void agent_flush(struct agent *a);

/*
 * Another configuration, between two events. Before a->config is another one: the identity
 * files that it names must be readable, as agent_start() has it, and agent_members() builds its
 * constant members into *d. false: the reason is in *e. Afterwards agent_apply() makes anew what
 * was made of the old one, but for the identity and the outputs' addresses; it cannot fail.
 */
bool agent_check_names(const struct identity *i, struct config_error *e);
bool agent_members(struct agent *a, struct document *d, const struct config *c,
	const struct hostid *h, struct config_error *e);
void agent_apply(struct agent *a);

/* The whole pages of [from, to) go back to the kernel; they read as 0. */
void agent_give_back(char *from, char *to);

/* agent_flush(), and delivery_stop(), which waits until `deadline_ms` at most. */
void agent_stop(struct agent *a, int64_t deadline_ms);

/* "N records, N events, ..." for people, without a newline. */
size_t agent_summary(const struct agent *a, char *buf, size_t size);

#endif
