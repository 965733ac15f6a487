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
#include "lineage.h"
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
	bool of_log; /* the records may be of another machine: host.* comes from them, or from
			options */
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
	char **log_files; /* log.file.path, by raw_event.source; "-": stdin. NULL: no log is read */
	struct span log_folder;	    /* in front of relative paths of logs; ends in /, or is empty */
	struct enriched enriched;   /* of the document at hand */
	cJSON *group[GROUP_COUNT];  /* of the document at hand; NULL: not there */
	struct lineage *lineage;    /* of which `facts` are */
	struct span lineage_host;   /* of a log: whose records they are */
	struct lineage_facts facts; /* of the event at hand; all NULL: nothing is known */
	bool cut;		    /* a text in it was cut */
	bool has_renamed;	 /* a - in a member's name became _: there may be two of one name */
	uint32_t names_compared; /* to find these, so far */
	struct shrink_hints hints; /* of the document at hand */
	size_t members_len, essential_len;
	struct span
		log_host_id; /* host.id of a log's documents, as JSON, in `members`; len 0: none */
	char members[LIMIT_DOCUMENT_MEMBERS_BYTES]; /* the constant ones, as JSON without braces */
	/* Those of them that every document has, however short it must be. */
	char essential[LIMIT_DOCUMENT_ESSENTIAL_BYTES + JSON_SLACK];
};

/* Everything pointed at must outlive the builder. false: the constant members do not fit
 * LIMIT_DOCUMENT_MEMBERS_BYTES. */
bool document_init(struct document *d, const struct config *config, const struct identity *identity,
	const struct document_host *host, struct arena *arena) __attribute__((cold));

/* The document of one event; `r` holds its records. Sets d->timestamp to its time, and d->hints for
 * shrink_to_fit(). If d->cut or arena->exhausted is set, parts are missing. The members that every
 * document has (shrink.h) are there if LIMIT_DOCUMENT_RESERVE_BYTES of the arena were free. NULL
 * only if the arena is too small for a root. */
cJSON *document_build(struct document *d, const struct event *e, const struct reassembly *r,
	const struct raw_event *raw);

/* host.name of a document of a log; len 0: not known. Lives as long as the event's records. */
struct span document_host_name(
	const struct document *d, const struct reassembly *r, const struct raw_event *raw);

/* "SYSCALL", or "UNKNOWN[1420]" made in the arena. */
struct span document_type_name(struct arena *a, uint16_t type);

#endif
