/*
 * delivery.h - sends messages to the primary output or to the fallback. Meanwhile they are held in
 * the spool. A message that must be dropped is counted by its cause.
 *
 *   delivery_send() -> output -> in flight -> settled: sent
 *          |             ^          |
 *          +--> waiting -+<---------+ the connection broke, nobody listens
 *
 * Order: nothing is sent while an older message waits.
 *
 * TCP sends at least once. A message stays in the spool until the peer's kernel has acknowledged
 * it, and is sent again if the connection breaks before. If there is room, it stays for
 * OUTPUT_DOUBT_MS in any case, since the peer's program may never read what its kernel has. UDP and
 * unix sockets keep messages as long, since an error may arrive later; but they give up the room
 * when it is needed, as success has no answer at all.
 *
 * A message that was sent once is never dropped to make room. So the collector misses exactly what
 * the spool dropped. It may still be dropped at the end if there is no spool file, or if another
 * output cannot take it: counters.messages_doubtful counts these. A message that does not fit into
 * the spool is sent at most once.
 *
 * The fallback is used when the primary owes messages, and accepted or acknowledged none for
 * `fallback_after_ms`. The time begins with the first message that it owes, or when TCP lost the
 * connection; idle times do not count. Meanwhile a TCP primary keeps connecting. Another primary is
 * tried with the next message, each time that this time has passed. When the primary is back, first
 * the fallback finishes its messages. See the table in delivery_state.c.
 *
 * At every moment: documents and reports made + counters.messages_recovered =
 * counters.messages_sent + counters.messages_dropped + delivery_held().
 *
 * Nothing here blocks, except delivery_send() of an offline run, and delivery_stop().
 */
#ifndef ECSAUDIT_DELIVERY_H
#define ECSAUDIT_DELIVERY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "counters.h"
#include "limits.h"
#include "output.h"
#include "span.h"
#include "spool.h"

enum {
	DELIVERY_PRIMARY,
	DELIVERY_FALLBACK,
	DELIVERY_OUTPUTS
};

/* How long an offline run waits for an output that accepts nothing. */
#define DELIVERY_PATIENCE_MS 5000

struct delivery_flight {
	uint32_t mark;	  /* settled when output_settled() has come that far */
	uint32_t sent_ms; /* modulo 2^32 */
};

enum delivery_report {
	DELIVERY_NO_REPORT,
	DELIVERY_AWAY, /* the primary accepts nothing */
	DELIVERY_BACK
};

/* Which output is used, and why. "Owes": it has messages that are not sent and settled. */
enum delivery_choice {
	CHOICE_WELL, /* the primary; it owes nothing */
	CHOICE_OWED, /* the primary; it owes messages, or is away; it has until choice_until_ms */
	CHOICE_AWAY, /* the primary, though it accepted nothing for too long: there is no fallback
		      */
	CHOICE_FALLBACK,  /* the fallback */
	CHOICE_RETURNING, /* the fallback finishes its messages until choice_until_ms, gets no new
			   */
	CHOICE_TRIAL,	  /* the primary again; it must accept something until choice_until_ms */
	CHOICES
};

/* A message that was sent in part, or that an offline run still has to send. */
enum delivery_part {
	PART_NONE,
	PART_SPOOLED, /* it is also in the spool, in flight */
	PART_UNSPOOLED
};

struct delivery {
	struct counters *counters;
	struct spool *spool;
	struct output outputs[DELIVERY_OUTPUTS];
	const char *names[DELIVERY_OUTPUTS]; /* as configured */
	bool offline;			     /* sending may block */
	bool has_spool_file;		     /* messages that are left at the end stay there */
	bool stopping;			     /* delivery_stop() was called */
	uint8_t choice;			     /* enum delivery_choice */
	uint8_t active;			     /* the output that is used, by `choice` */
	uint8_t pending_report;		     /* enum delivery_report */
	uint8_t part_state;		     /* enum delivery_part */
	uint8_t part_severity;
	uint32_t datagram_bytes, fallback_after_ms;
	uint32_t accepted;    /* messages that outputs accepted, modulo 2^32 */
	uint32_t breaks_seen; /* `breaks` of the active output that were handled */
	uint32_t part_len;    /* the part is in `message` */
	uint32_t first_flight, flight_count;
	int64_t now_ms, patience_ms;
	int64_t choice_until_ms; /* when `choice` times out */
	int64_t resume_ms;	 /* when to send on after a full turn; INT64_MAX: nothing is left */
	int64_t settled_ms;	 /* when delivery_settle() was last called */
	uint32_t settle_every_ms;   /* the pause between two calls while we wait for them */
	uint64_t output_dropped[2]; /* too long; for another cause */
	struct delivery_flight flights[LIMIT_IN_FLIGHT]; /* messages in flight, in order; a ring */
	char message[LIMIT_MESSAGE_BYTES];		 /* one from the spool, or the part */
};

struct delivery_setup {
	struct counters *counters;
	struct spool *spool;		       /* ready, with what it recovered */
	const struct output_address *output;   /* the primary */
	const struct output_address *fallback; /* NULL: none */
	const char *names[DELIVERY_OUTPUTS];   /* must live as long as the delivery */
	uint32_t datagram_bytes;	       /* no longer message is sent but to stdout */
	uint32_t fallback_after_ms;
	uint32_t seed; /* random */
	bool offline;  /* stdout blocks. Others are waited for, until DELIVERY_PATIENCE_MS pass in
			* which nothing is accepted; and not again before something is */
	bool has_spool_file;
	char *buffer; /* for stdout, see output.h */
	size_t buffer_size;
};

/* Opens the outputs. 0; or -errno if that is impossible for good: nothing is open, and *failed is
 * the output. */
int delivery_init(struct delivery *d, const struct delivery_setup *setup, unsigned *failed);

/* What delivery_change() would return. */
static inline int delivery_check(
	const struct delivery *d, unsigned which, const struct output_address *address)
{
	return address ? output_check_address(&d->outputs[which], address) : 0;
}

/*
 * Send to another address from now on: after a reload, or when a host name was resolved (the same
 * struct output_address with `at`, `len` and the port in it). NULL: no fallback any more. Returns
 * as output_set_address(): if not 0, nothing has changed.
 */
int delivery_change(struct delivery *d, unsigned which, const struct output_address *address,
	const char *name, int64_t now_ms);

static inline bool delivery_has_fallback(const struct delivery *d)
{
	return d->outputs[DELIVERY_FALLBACK].address.kind != OUTPUT_NULL;
}

/* How messages are framed on TCP from now on; at first it is OUTPUT_OCTET. */
void delivery_set_framing(struct delivery *d, enum output_framing framing, int64_t now_ms);

/* For `ecsaudit status`. */
struct delivery_status {
	enum delivery_choice choice;
	const char *name;   /* of the choice, in words */
	const char *target; /* where messages go now, as configured */
	char error[128];    /* the last one of the primary; "": none since it accepted something */
};

/* Fills *status; its texts but `error` live as long as the delivery. */
void delivery_get_status(const struct delivery *d, struct delivery_status *status);

/* The longest message that every output accepts. */
size_t delivery_max_bytes(const struct delivery *d);

/* Send a message, spool it, or drop and count it. */
void delivery_send(struct delivery *d, struct span message, unsigned severity, int64_t now_ms);

/* Once a turn of the loop: send messages that wait, and serve the connections. */
void delivery_turn(struct delivery *d, int64_t now_ms);

/* When to call delivery_turn() if nothing happens before; INT64_MAX: not at all. */
int64_t delivery_deadline_ms(const struct delivery *d);

/* The events to poll(2) for at output `which`, as output_events(). Pass what poll(2) found to
 * delivery_ready(), before delivery_turn(). */
short delivery_events(const struct delivery *d, unsigned which, int *fd);
void delivery_ready(struct delivery *d, unsigned which, short revents, int64_t now_ms);

/* Messages that are neither sent nor dropped. */
uint64_t delivery_held(const struct delivery *d);

/* No message waits: the next one can be sent at once. Some may be in flight. */
bool delivery_is_free(const struct delivery *d);

/* A line for the user and the collector if the primary went away or came back since the last call.
 * false: it did not. Not from within delivery_send() or delivery_turn(). */
bool delivery_take_report(struct delivery *d, char *line, size_t size);

/*
 * Send until nothing is left, nothing can be sent, or `deadline_ms` has come, and close. Messages
 * that are left stay in the spool's file, or are dropped and counted.
 */
void delivery_stop(struct delivery *d, int64_t deadline_ms);

#endif
