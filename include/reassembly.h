/*
 * reassembly.h - joins the kernel's interleaved records into events.
 *
 * A fixed table of pending events over a block arena that holds their records. Records of the same
 * time and serial (and host, if a log is of several) are one event. The time is needed, since the
 * kernel's serials begin again at each boot (kernel/audit.c, audit_serial()).
 *
 * Live:
 *   - An event is complete on EOE, PROCTITLE, a type up to 1299 or from 2100 on (as in
 *     go-libaudit, Auditbeat's parser), or a single record of a type that the kernel writes
 *     outside of system calls.
 *   - It is emitted once no lower serial is pending.
 *   - An event that is incomplete for LIMIT_EVENT_HOLD_MS is passed: it holds back only events
 *     of its own process, and these likewise those of theirs. So the order within a process is
 *     kept. The process is the first "pid=" of an event; an event without one holds back nothing.
 *   - An incomplete event is emitted after its timeout. The lowest one leaves earlier, complete or
 *     not, when the table holds more than max_in_flight events, or the arena is full. A later
 *     record of it starts a new event.
 *   - Serials more than 2^24-1 apart count as a roll-over.
 *
 * If a call comes LIMIT_EVENT_LATE_MS after the deadline, our process was stopped, alone (SIGSTOP)
 * or with the machine (a virtual one that was moved, or starved). The missing records wait in the
 * kernel's queue, or with a process that was stopped, too. So all timeouts begin again, once for
 * each event.
 *
 * A log may lack the end of events, and be of several boots. There an event leaves as soon as it is
 * complete, whatever else is pending. (A single LOGIN waits for its system call while an older
 * event is pending.) When the table is full or time has passed, the event with the oldest last
 * record leaves. ausearch's output has lines between events, and the records of an event backwards:
 * there the lines end an event, and its records are put in order.
 *
 * A record's bytes are copied once, from the caller's buffer into the arena, and stay there until
 * its event is emitted.
 */
#ifndef ECSAUDIT_REASSEMBLY_H
#define ECSAUDIT_REASSEMBLY_H

#include <stdbool.h>
#include <stdint.h>
#include "blocks.h"
#include "counters.h"
#include "limits.h"
#include "record_header.h"
#include "span.h"

struct log_record;

/* A record in the arena. `text` begins at "audit(" and is not terminated. Behind it are, where a
 * log had them, the host and what auditd's log_format = ENRICHED appended. */
struct raw_record {
	int64_t time_ms; /* since 1970, as the header says */
	uint32_t serial;
	uint32_t next; /* block of the event's next record, BLOCK_NONE */
	uint32_t len;  /* of text */
	uint32_t body; /* offset in text of what follows the header's ')' */
	uint16_t type;
	uint16_t block_count;
	uint16_t host_len, enriched_len;
	char text[];
};

struct raw_event {
	int64_t time_ms;
	uint32_t serial;
	uint32_t first; /* block of the first record */
	uint32_t last;
	uint32_t record_count;
	uint32_t byte_count;	 /* of its records, with host and enriched part */
	uint16_t source;	 /* of reassembly_file() when it began */
	uint32_t lost_bytes;	 /* of records dropped at a limit */
	uint32_t enriched_bytes; /* of its records, what auditd appended */
	bool complete;
	bool was_extended;  /* its timeouts have begun again once */
	uint16_t left_out;  /* type of the first record dropped at a limit; 0: none */
	uint32_t process;   /* its pid, 0: none, or not looked for yet */
	int64_t passed_ms;  /* others may pass it from then on, by the caller's clock */
	int64_t expires_ms; /* it is emitted after this */
};

/* Called for each event that leaves the table; its records are gone when it returns. */
typedef void reassembly_emit(void *context, const struct raw_event *event);

struct reassembly {
	uint32_t max_in_flight;
	uint32_t timeout_ms, hold_ms;
	reassembly_emit *emit;
	void *context;
	struct counters *counters;
	struct record_header_last header;
	bool is_log;
	bool grouped;	 /* of a log: the lines between two separators are an event */
	uint16_t source; /* of a log: which file it is */

	uint32_t count;	 /* pending events */
	uint32_t passed; /* how many, from the lowest on, are passed: they hold back only their
			    process */
	int64_t now_ms;	 /* of the last reassembly_check_stopped() */
	int64_t due_ms;	 /* when the first of the passed ones expires; INT64_MAX: none */
	/* Ascending, with roll-over; of a log in the order of the events' last records. */
	uint32_t serials[LIMIT_EVENTS_IN_FLIGHT + 1];
	uint16_t order[LIMIT_EVENTS_IN_FLIGHT + 2]; /* their slots; one more may be read */
	uint16_t pending[LIMIT_EVENTS_IN_FLIGHT]; /* number of events, by serial modulo its size */
	uint16_t unused[LIMIT_EVENTS_IN_FLIGHT + 1]; /* a stack of free slots */
	struct raw_event slots[LIMIT_EVENTS_IN_FLIGHT + 1];
	struct blocks blocks;
};

/* 1 <= max_in_flight <= LIMIT_EVENTS_IN_FLIGHT. */
void reassembly_init(struct reassembly *r, uint32_t max_in_flight, uint32_t timeout_ms,
	struct counters *counters, reassembly_emit *emit, void *context);

/* Directly after reassembly_init(): the records are from a log. */
void reassembly_of_log(struct reassembly *r);

/* Other limits from now on. Events beyond them are emitted, lowest serial first, and what is
 * pending waits no longer than the new timeout. */
void reassembly_resize(
	struct reassembly *r, uint32_t max_in_flight, uint32_t timeout_ms, int64_t now_ms);

/* One record: `text` is "audit(...): ...", needed during the call only. Emits the events that
 * became complete. Every record is counted, whatever becomes of it. */
void reassembly_push(struct reassembly *r, uint16_t type, struct span text, int64_t now_ms);

/* The same with a record of a log. */
void reassembly_push_log(struct reassembly *r, const struct log_record *record, int64_t now_ms);

/* A separator in a log: the records up to the next one are one event, whatever their order. Emits
 * all pending events. */
void reassembly_separate(struct reassembly *r);

/* The next records are from another file; `source` is kept in events that begin from now on. */
void reassembly_file(struct reassembly *r, uint16_t source);

/* The number of records in all pending events. */
uint64_t reassembly_held(const struct reassembly *r);

/* Emit events whose time is over. */
void reassembly_expire(struct reassembly *r, int64_t now_ms);

/* Emit all, in the order of the table. */
void reassembly_flush(struct reassembly *r);

/* When reassembly_expire() has something to do: INT64_MAX if nothing is pending. */
int64_t reassembly_deadline_ms(const struct reassembly *r);

/* "" if the log has none; it lives as long as the record. */
static inline struct span reassembly_host(const struct raw_record *record)
{
	return (struct span){record->text + record->len, record->host_len};
}

static inline struct span reassembly_enriched(const struct raw_record *record)
{
	return (struct span){record->text + record->len + record->host_len, record->enriched_len};
}

/* Walk the records of an event: start with event->first, end at NULL. */
static inline const struct raw_record *reassembly_record(const struct reassembly *r, uint32_t block)
{
	return block == BLOCK_NONE ? NULL
				   : (const struct raw_record *)(r->blocks.memory +
								 (size_t)block * ARENA_BLOCK_BYTES);
}

#endif
