/*
 * document.h - the ECS document of an event, as a cJSON tree in the scratch arena.
 *
 * Layout `auditbeat`: what Auditbeat's auditd module publishes, plus the members of the
 * integration's field table that come from a device. Layout `integration`: what the
 * integration's ingest pipeline makes of that. What is the same in every document
 * (agent, ecs, data_stream, host, service, the user's constant fields) is rendered once, at
 * start, and inserted as text.
 *
 * The tree's texts are the event's spans; it is good until the arena is reset.
 */
#ifndef ECSAUDIT_DOCUMENT_H
#define ECSAUDIT_DOCUMENT_H

#include <stdbool.h>
#include <cJSON.h>
#include "arena.h"
#include "config.h"
#include "enriched.h"
#include "event.h"
#include "identity.h"
#include "json.h"
#include "limits.h"
#include "shrink.h"
#include "timestamp.h"

/* What a document says of its sender, beside the configuration. "" or NULL where not known;
 * `name` is never NULL. */
struct document_host {
	const char *name;
	const char *hostname; /* the kernel's, whatever `name` is */
	const char *architecture;
	const char *id;
	const char *agent_id;
	const char *ephemeral_id;
	const char *os[OS_FACT_COUNT]; /* by enum os_fact */
	/* host.* is what the records of each event say, or the options: of another machine. */
	bool of_log;
};

/* Objects that get members from more than one place; see document_layout.h. */
enum document_group {
	GROUP_EVENT,
	GROUP_USER,
	GROUP_FILE,
	GROUP_ERROR,
	GROUP_AUDITD,
	GROUP_DATA,
	GROUP_AUDITD_USER,
	GROUP_AUDITD_FILE,
	GROUP_COUNT
};

struct document {
	const struct config *config;
	const struct identity *identity; /* used if config->resolve_ids */
	struct arena *arena;
	struct timestamp timestamp;
	bool of_log;
	/* log.file.path, by raw_event.source: full, or below log_folder. NULL: no log; "-": none */
	char **log_files;
	struct span log_folder;	   /* ends in /, or is empty */
	struct enriched enriched;  /* of the document at hand */
	cJSON *group[GROUP_COUNT]; /* of the document at hand; NULL: not there */
	bool cut;		   /* a text of it is not whole */
	bool dashed;		   /* a name in it had a - that became a _ */
	uint32_t compared;	   /* names in it with others because of that */
	struct shrink_core core;   /* of the document at hand */
	size_t members_len, essential_len;
	char members[LIMIT_DOCUMENT_MEMBERS_BYTES]; /* the constant ones */
	char essential[LIMIT_DOCUMENT_ESSENTIAL_BYTES +
		       JSON_SLACK]; /* of these what stays in any case */
};

/* Everything pointed at must outlive the builder. false: the constant members do not fit
 * LIMIT_DOCUMENT_MEMBERS_BYTES. */
bool document_init(struct document *d, const struct config *config, const struct identity *identity,
	const struct document_host *host, struct arena *arena) __attribute__((cold));

/* The document of one event; `r` holds its records. Afterwards d->timestamp has its time, and
 * d->core what shrink_to_fit() wants to know. d->cut or arena->exhausted tells that parts are
 * missing: none of those that shrink.h says are there in any case, if LIMIT_DOCUMENT_RESERVE_BYTES
 * were free. NULL only if the arena is too small for a root. */
cJSON *document_build(struct document *d, const struct event *e, const struct reassembly *r,
	const struct raw_event *raw);

/* host.name of a document of a log; len 0: nobody says. As long as the event's records. */
struct span document_host_name(
	const struct document *d, const struct reassembly *r, const struct raw_event *raw);

/* "SYSCALL", or "UNKNOWN[1420]" made in the arena. */
struct span document_type_name(struct arena *a, uint16_t type);

#endif
