/*
 * reassembly.h - joins the kernel's interleaved records into events.
 *
 * A fixed table of pending events over a block arena that holds their records. An event is a time,
 * a serial and a host (of a log of several; live there is none): the kernel's serials begin again
 * at each boot (kernel/audit.c, audit_serial()).
 *
 * Live, an event is complete on EOE, PROCTITLE, a type up to 1299 or from 2100 on (as in the peer,
 * go-libaudit), or one that the kernel writes outside of system calls, alone. It is emitted once no
 * lower serial is pending, but for events that are incomplete for LIMIT_EVENT_HOLD_MS, which hold
 * back only what is of their process, and what these hold back: the order within a process stays. A
 * process is the first "pid=" of an event; one without it holds back nothing. An event that was
 * not completed is emitted when its timeout has passed; and the lowest leaves early, complete or
 * not, when the table holds more than max_in_flight events or the arena has no room. A later
 * record of it starts a new event. Serials more than 2^24-1 apart count as a roll-over.
 *
 * Whoever calls LIMIT_EVENT_LATE_MS after the deadline was stopped, alone (SIGSTOP) or with the
 * machine (a virtual one that was moved, or starved). The records that are missing wait in the
 * kernel's queue, or with a process that was stopped as well: the times of all events begin again,
 * once for each event.
 *
 * A log may lack the end of many an event, and have several boots. There an event leaves as soon as
 * it is complete, whatever else is pending (a LOGIN alone waits for its system call while an older
 * event is), and the one whose last record is longest ago where the table is full or time has
 * passed. ausearch's output has lines between events and the records of one backwards: there the
 * lines end it, and its records are put in order.
 *
 * A record's bytes are copied once, from the caller's buffer into the arena, and stay there
 * until its event was emitted.
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
	uint32_t byte_count; /* of all that its records hold */
	uint16_t source;     /* as reassembly_file() said when it began */
	bool is_enriched;    /* a record of it is */
	bool complete;
	bool waits_again;   /* its times have begun again */
	uint16_t left_out;  /* type of the first record dropped: it had reached a limit; 0: none */
	uint32_t process;   /* its pid, 0: none, or it was not looked for */
	int64_t passed_ms;  /* others pass it, or it leaves, from then on, by the caller's clock */
	int64_t expires_ms; /* it leaves behind this moment */
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
	uint32_t passed; /* the first ones hold back only their process: so many are known to */
	int64_t now_ms;	 /* when it was last looked whether somebody was stopped */
	int64_t due_ms;	 /* behind that the first of these leaves; INT64_MAX: none does */
	/* Ascending, by roll-over order; of a log in the order of the events' last records. */
	uint32_t serials[LIMIT_EVENTS_IN_FLIGHT + 1];
	uint16_t order[LIMIT_EVENTS_IN_FLIGHT + 2];  /* their slots; one more may be looked at */
	uint16_t pending[LIMIT_EVENTS_IN_FLIGHT];    /* how many, by serial modulo this */
	uint16_t unused[LIMIT_EVENTS_IN_FLIGHT + 1]; /* a stack of free slots */
	struct raw_event slots[LIMIT_EVENTS_IN_FLIGHT + 1];
	struct blocks blocks;
};

/* 1 <= max_in_flight <= LIMIT_EVENTS_IN_FLIGHT. */
void reassembly_init(struct reassembly *r, uint32_t max_in_flight, uint32_t timeout_ms,
	struct counters *counters, reassembly_emit *emit, void *context);

/* Directly behind reassembly_init(): what comes is a log. */
void reassembly_of_log(struct reassembly *r);

/* Other limits from now on. Events beyond them are emitted, lowest serial first, and what is
 * pending waits no longer than the new timeout. */
void reassembly_resize(
	struct reassembly *r, uint32_t max_in_flight, uint32_t timeout_ms, int64_t now_ms);

/* One record as it came: `text` is "audit(...): ...", the caller's, needed during the call
 * only. Emits what became complete. Every record is counted, whatever becomes of it. */
void reassembly_push(struct reassembly *r, uint16_t type, struct span text, int64_t now_ms);

/* The same with a record of a log. */
void reassembly_push_log(struct reassembly *r, const struct log_record *record, int64_t now_ms);

/* The next record of a log begins another event, and those up to the next call of this are one,
 * whatever their order. Emits all that is pending. */
void reassembly_separate(struct reassembly *r);

/* What comes next is of another file. `source` goes into events that begin from now on. */
void reassembly_file(struct reassembly *r, uint16_t source);

/* The records of all pending events. */
uint64_t reassembly_held(const struct reassembly *r);

/* Emit what has waited too long. */
void reassembly_expire(struct reassembly *r, int64_t now_ms);

/* Emit all, in the order of the table. */
void reassembly_flush(struct reassembly *r);

/* When reassembly_expire() has something to do: INT64_MAX if nothing is pending. */
int64_t reassembly_deadline_ms(const struct reassembly *r);

/* "" where the log has none; as long as the record. */
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
