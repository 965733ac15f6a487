/*
 * delivery.h - what becomes of a message: it is sent to the primary output or to the fallback,
 * held in the spool meanwhile, or dropped and counted by its cause.
 *
 *   delivery_send() -> output -> in flight -> settled: sent
 *          |             ^          |
 *          +--> waiting -+<---------+ the connection broke, nobody listens
 *
 * In order: nothing is sent while an older message waits. At least once on TCP: a message stays in
 * the spool until the peer's kernel has acknowledged it, and is sent again if the connection
 * breaks before. It stays OUTPUT_DOUBT_MS in any case if there is room: the peer's kernel may
 * have what its program never read, and of a datagram that nobody took there is word later.
 * UDP and unix sockets keep messages as long, for that reason, but not when the room is wanted:
 * no answer is all they ever have. What was sent once is never dropped to make room, so the drops
 * of the spool are exactly what the collector misses; only at the end, without a file, and where an
 * output cannot take it, it may be: counters.messages_doubtful. A spool that is too small for a
 * message keeps none back; then it is sent at most once.
 *
 * The fallback is used when the primary had messages and took none, or acknowledged none, for
 * `fallback_after_ms`: counted from the first message that it owes, or from when TCP lost it, and
 * never over a time in which nothing was to be sent. Meanwhile TCP goes on connecting; another
 * primary is tried with the next message each time that time has passed. When it is back, what the
 * fallback has is waited for, then the primary goes on. See the table in delivery_choose.c.
 *
 * At every moment: documents and reports made + counters.messages_recovered =
 * counters.messages_sent + counters.messages_dropped + delivery_held().
 *
 * Nothing here blocks, but delivery_send() of an offline run, and delivery_stop().
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

/* How long an offline run waits for an output that takes nothing. */
#define DELIVERY_PATIENCE_MS 5000

struct delivery_flight {
	uint32_t mark;	  /* settled when output_settled() has come that far */
	uint32_t sent_ms; /* modulo 2^32 */
};

enum delivery_news {
	DELIVERY_NO_NEWS,
	DELIVERY_AWAY, /* the primary takes nothing */
	DELIVERY_BACK
};

/* The choice between the outputs. */
enum delivery_choice {
	CHOICE_WELL, /* the primary; it owes nothing */
	CHOICE_OWED, /* the primary; it has messages, or is known to be away, until `until_ms` */
	CHOICE_AWAY, /* the primary, in want of another; it has taken nothing for too long */
	CHOICE_FALLBACK,  /* the fallback */
	CHOICE_RETURNING, /* the fallback has until `until_ms` for what it has; nothing is sent */
	CHOICE_TRIAL,	  /* the primary again; until `until_ms` it has to take something */
	CHOICES
};

/* A message of which a part is on its way, or, in an offline run, all of it is still to be sent. */
enum delivery_part {
	PART_NONE,
	PART_HELD, /* the spool has it, too, in flight */
	PART_ALONE
};

struct delivery {
	struct counters *counters;
	struct spool *spool;
	struct output outputs[DELIVERY_OUTPUTS];
	const char *names[DELIVERY_OUTPUTS]; /* as configured */
	bool offline;			     /* the input can wait for the output */
	bool keeps;			     /* what is left at the end stays in the spool's file */
	bool stopping;			     /* no time is left for patience */
	uint8_t choice;			     /* enum delivery_choice */
	uint8_t active;			     /* the output that is used, as `choice` has it */
	uint8_t news;			     /* enum delivery_news */
	uint8_t part_is;		     /* enum delivery_part */
	uint8_t part_severity;
	uint32_t datagram_bytes, fallback_after_ms;
	uint32_t taken;	       /* messages that outputs took, to see a difference */
	uint32_t breaks;       /* of the active output, as far as seen to */
	uint32_t part;	       /* its length; it is in `message` */
	uint32_t first, count; /* in `flights` */
	int64_t now_ms, patience_ms;
	int64_t until_ms; /* of `choice` */
	int64_t more_ms;  /* a turn ended before its work, which goes on then; INT64_MAX: not */
	int64_t asked_ms; /* what has settled */
	uint32_t ask_every_ms;	    /* where that is waited for */
	uint64_t output_dropped[2]; /* too long; stdout gone, or a newline in it */
	struct delivery_flight
		flights[LIMIT_IN_FLIGHT];  /* those in flight in the spool, in order */
	char message[LIMIT_MESSAGE_BYTES]; /* out of the spool, or the part */
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
	bool offline;  /* stdout blocks, and others are waited for: DELIVERY_PATIENCE_MS if nothing
			* is taken, and not again before something was */
	bool keeps;    /* the spool is a file */
	char *buffer;  /* for stdout, see output.h */
	size_t buffer_size;
};

/* Opens the outputs, connects. 0, or -errno: impossible for good, nothing is open. Then *failed is
 * which. */
int delivery_init(struct delivery *d, const struct delivery_setup *setup, unsigned *failed);

/* What delivery_change() would return. */
static inline int delivery_check(
	const struct delivery *d, unsigned which, const struct output_address *address)
{
	return address ? output_check_address(&d->outputs[which], address) : 0;
}

/*
 * Send to another place from now on: after a reload, or when a name has its address (the same
 * struct output_address with `at`, `len` and the port in it). NULL: no fallback any more. As
 * output_set_address(): if it is not 0, all is as it was.
 */
int delivery_change(struct delivery *d, unsigned which, const struct output_address *address,
	const char *name, int64_t now_ms);

static inline bool delivery_has_fallback(const struct delivery *d)
{
	return d->outputs[DELIVERY_FALLBACK].address.kind != OUTPUT_NULL;
}

/* How messages are framed on TCP from now on; at first it is OUTPUT_OCTET. */
void delivery_set_framing(struct delivery *d, enum output_framing framing, int64_t now_ms);

/* How it stands, for whoever wants to know. */
struct delivery_status {
	enum delivery_choice choice;
	const char *name;   /* of that, a word or two */
	const char *target; /* where messages go now, as configured */
	char error[128];    /* the last one of the primary; "": it is well */
};

void delivery_tell(const struct delivery *d, struct delivery_status *status);

/* The longest message that every output takes. */
size_t delivery_max_bytes(const struct delivery *d);

/* Send a message of syslog severity `severity`, or keep it, or count it as dropped. */
void delivery_send(struct delivery *d, struct span message, unsigned severity, int64_t now_ms);

/* Send what waits, look after the connections: in every turn of the loop. */
void delivery_turn(struct delivery *d, int64_t now_ms);

/* When delivery_turn() is wanted next if nothing happens, INT64_MAX: not at all. */
int64_t delivery_deadline_ms(const struct delivery *d);

/* What poll(2) is to look for at output `which`, as output_events(); what it found goes to
 * delivery_ready(), before delivery_turn(). */
short delivery_events(const struct delivery *d, unsigned which, int *fd);
void delivery_ready(struct delivery *d, unsigned which, short revents, int64_t now_ms);

/* Messages that are neither sent nor dropped. */
uint64_t delivery_held(const struct delivery *d);

/* Nothing waits: more can be sent at once, as far as is known. */
bool delivery_is_free(const struct delivery *d);

/* A line for the user and the collector since the last call: the primary is away, or back. false:
 * there is none. Ask outside of delivery_send() and delivery_turn() only. */
bool delivery_news(struct delivery *d, char *line, size_t size);

/*
 * Send on until nothing is left, nobody can take it, or `deadline_ms` has come, and close. What is
 * left stays in the spool's file, or is dropped and counted.
 */
void delivery_stop(struct delivery *d, int64_t deadline_ms);

#endif
