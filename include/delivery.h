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
 * `fallback_after_ms`. Meanwhile TCP goes on connecting; another primary is tried with the next
 * message each time that time has passed. When it is back, what the fallback has is waited for,
 * then the primary goes on.
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

struct delivery {
	struct counters *counters;
	struct spool *spool;
	struct output outputs[DELIVERY_OUTPUTS];
	const char *names[DELIVERY_OUTPUTS]; /* as configured */
	bool has_fallback;
	bool offline;	/* the input can wait for the output */
	bool keeps;	/* what is left at the end stays in the spool's file */
	bool stopping;	/* no time is left for patience */
	bool told;	/* that the primary is away */
	bool returning; /* to the primary, as soon as nothing is in flight */
	bool alone;	/* `part` is not in the spool */
	bool more;	/* a turn ended before its work */
	uint8_t active, part_severity;
	uint8_t news; /* enum delivery_news */
	uint32_t datagram_bytes, fallback_after_ms;
	uint32_t taken;	 /* messages that outputs took, to see a difference */
	uint32_t breaks; /* of the active output, as far as seen to */
	uint32_t part;	 /* length of the message in `message` that is sent in part; 0: none */
	uint32_t first, count; /* in `flights` */
	int64_t now_ms, patience_ms;
	int64_t good_ms;		/* the primary was there, or had nothing to do */
	int64_t try_ms, trial_until_ms; /* the primary, while the fallback is used */
	int64_t return_by_ms, more_ms;
	int64_t ask_ms, ask_soon_ms; /* do not ask before what has settled; if that is waited for */
	uint32_t ask_every_ms;
	uint64_t output_dropped[2]; /* too long, stdout gone */
	struct delivery_flight
		flights[LIMIT_IN_FLIGHT];  /* those in flight in the spool, in order */
	char message[LIMIT_MESSAGE_BYTES]; /* out of the spool, or `part` */
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
