/*
 * event.h - one event: the joined content of its records, and its meaning.
 *
 * event_join() fills it from the records. One of them is the subject, which tells who did it. For
 * their own fields SYSCALL, CWD and PROCTITLE overrule other records; otherwise the first record
 * that has a field counts. A second record of a type is kept separately, in `repeated`; PATH,
 * SOCKADDR and EXECVE have members of their own. normalize() adds the summary and the ECS part.
 * Spans and fields point into the records' slots, the scratch arena and constants: the event is
 * valid until its slots are released.
 */
#ifndef ECSAUDIT_EVENT_H
#define ECSAUDIT_EVENT_H

#include <stdbool.h>
#include <stdint.h>
#include "arena.h"
#include "execve.h"
#include "limits.h"
#include "reassembly.h"
#include "record.h"
#include "span.h"
#include "tables.h"

struct event_path { /* one PATH record */
	struct field *fields;
	uint32_t field_count;
};

struct event_repeated { /* a record of a type that an earlier one of the event has, too */
	uint16_t type;
	struct field *fields;
	uint32_t field_count;
};

struct event_address {
	bool present;
	struct span ip, domain, port, path; /* len 0: not there */
	struct span text;		    /* a fuller form than these, see decode.h */
};

enum event_direction {
	DIRECTION_NONE,
	DIRECTION_INGRESS,
	DIRECTION_EGRESS
};

struct event_file {
	bool present;
	struct span path, device, inode, mode, uid, gid; /* len 0: not there */
	struct span directory; /* where a relative path begins; len 0: not known */
	struct span parent;    /* what is before the last component of path; len 0: what is there */
	struct span target;    /* of a symbolic link that was made, as the link has it */
	const struct event_path *selinux; /* its obj_* fields; NULL: none */
};

struct event_entity {	/* a user or a group of ECS; both empty: not there */
	struct span id; /* "unset": known to be nobody */
	struct span name;
	bool is_text; /* the name was in hex: it is no id, whatever it looks like */
	bool is_odd;  /* and no account of the machine can have it */
};

/* The parts of a system call's event, unless a rule excludes them. */
enum event_part {
	EVENT_CALL,
	EVENT_PATH,
	EVENT_EXECVE,
	EVENT_TITLE,
	EVENT_COUNT
};

struct event {
	/* For each part, how many more events may lack it until it counts as excluded. Outlives the
	 * event. */
	uint8_t expected[EVENT_COUNT];

	int64_t time_ms;
	uint32_t serial;
	uint16_t type;
	uint32_t record_count;
	uint32_t read_bytes;   /* of its records, but for EXECVE */
	uint32_t work;	       /* instructions that its bytes, fields and names do not tell of:
				* LIMIT_EVENT_WORK */
	uint32_t args_work;    /* of these, for EXECVE records: a quarter of all at most */
	bool truncated;	       /* something did not fit and was left out */
	bool incomplete;       /* records of it are lost */
	uint32_t path_records; /* also those that were left out */
	uint16_t syscall;      /* id of the call, or of the call in it (syscall_inner_id());
				* SYSCALL_ID_NONE; see has_syscall */
	bool has_syscall;      /* data has the kernel's syscall field, known or not */

	bool has_no_account; /* a program says that there is none, see record_account */
	struct span result;  /* "success", "fail", "unknown", or what result= said */
	struct span session; /* len 0: none */
	uint32_t tag_count;
	struct span tags[LIMIT_EVENT_TAGS];

	/* auditd.data: by name through event_data(), all by walking; NULL entries were removed. */
	uint32_t data_count;
	const struct field *data[LIMIT_EVENT_FIELDS];
	uint32_t generation;
	uint32_t data_seen[KEY_COUNT];
	uint16_t data_at[KEY_COUNT];
	bool has_unknown;			/* else the buckets are empty; see record.h */
	uint16_t data_buckets[FIELD_BUCKETS];	/* an entry of data + 1, or 0 */
	uint16_t data_next[LIMIT_EVENT_FIELDS]; /* the same for the next one of the bucket */

	uint32_t id_count; /* subject's fields that end in uid or gid */
	const struct field *ids[LIMIT_EVENT_IDS];
	uint32_t selinux_count; /* subj_* */
	const struct field *selinux[LIMIT_EVENT_SELINUX];

	uint32_t path_count;
	struct event_path paths[LIMIT_EVENT_PATHS];
	uint32_t repeated_count;
	struct event_repeated repeated[LIMIT_EVENT_REPEATED];
	uint32_t met_count; /* types of records so far, without PATH, SOCKADDR, EXECVE */
	uint16_t met[LIMIT_EVENT_TYPES];
	struct execve execve;

	struct event_address source, destination;
	enum event_direction direction;

	/* From here on: normalize(). */
	struct span actor_primary, actor_secondary; /* the first two are event_join()'s */
	struct span object_primary, object_secondary, object_type, how;
	struct span action;
	struct event_file file;
	struct event_entity entity[ENTITY_COUNT];
	uint8_t category[LIMIT_ECS_VALUES]; /* enum ecs, ends with ECS_NONE */
	uint8_t type_ecs[LIMIT_ECS_VALUES];

	uint32_t warning_count;
	struct event_warning {
		uint16_t record_type;
		struct span field; /* its name */
		const char *text;  /* "is ...", what is wrong with it; a constant */
	} warnings[LIMIT_EVENT_WARNINGS];
};

/* Once, before the first event_join(). */
void event_init(struct event *e);

/* Parse and join the records of `raw`, which stay in the slots of `r`. */
void event_join(struct event *e, const struct reassembly *r, const struct raw_event *raw,
	struct record_workspace *w);

/* The data field of this name, NULL if there is none. */
const struct field *event_data(const struct event *e, enum key key);
void event_remove_data(struct event *e, enum key key);

/* Data, else the subject's ids: where the normalizations look. */
const struct field *event_value(const struct event *e, enum key key);

/* `field` and `text` live as long as the event. */
void event_warn(struct event *e, uint16_t record_type, struct span field, const char *text);

#endif
