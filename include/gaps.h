/*
 * gaps.h - which serials were never handed on: the only trace of some losses.
 *
 * The kernel numbers its events from one counter for the whole machine (kernel/audit.c,
 * audit_serial(): an atomic_t that is incremented, first 1, and wraps at 2^32). A number is taken
 * in audit_log_start(), for the first record of an event, and every record goes to whoever listens:
 *
 *   no gap   what the exclude and user filters keep out, auditing that is off, messages refused to
 *            processes of other namespaces: all before the number is taken (audit_filter(),
 *            audit_receive_msg(), audit_netlink_ok()). A full backlog and a failed allocation, too;
 *            they are counted in the kernel's `lost` ("backlog limit exceeded").
 *   a gap    the rate limit (audit_log_end()), the hold and the retry queue that overflow: in
 *            `lost` as well; records that kauditd frees because the reader is away or its
 *            socket full and the machine was booted without audit=1 (kauditd_hold_skb()), those
 *            that do not fit a multicast reader's buffer, datagrams that were cut on receipt: these
 *            are in no other count of the kernel's.
 *
 * So a serial that never comes is an event that was lost whole, and the counts overlap: `lost`
 * counts records, this counts events, and one does not explain the other. Of an event that lost
 * a part of its records nothing is seen here. Nothing takes a number and logs nothing, so each
 * gap is a loss, once the record had its time: numbers are taken before records are written and
 * queued, by all processors, and after a stalled reader the retry queue comes behind its place.
 *
 * Hence a window over the last LIMIT_GAPS_WINDOW serials. It is told of each event once that was
 * handed on: its document is sent, in the spool, or counted as dropped. So it is missing, too, if
 * it came and was lost in our hands, or if all that came of it was no part of an event; what was
 * dropped of it is in its own counter as well. A place in the window is open until its event was
 * handed on, or until it is given up: by gaps_settle(), that is by time, or because it leaves the
 * window. Given up it is counted in serials_missing; if it is handed on after all, in
 * serials_late. While it is in the window that is exact: serials_missing - serials_late were
 * lost. A serial from before the window is counted as late, too, at each run of its records;
 * it was missing, or came before: the window is so wide that no queue of the kernel's
 * default size reaches beyond it.
 *
 * The first serial received is where it begins, whatever becomes of its event, and nothing before
 * it counts; the records that the kernel held for us come first, in their order, so they are in.
 * Who is killed between asking for them and the first leaves GAPS_AWAITS behind: then it begins
 * with the first of the boot. A serial far behind (2^24) is a count that started over, and a new
 * beginning. One that is ahead, however far, is a gap. At worst a call looks at the window once.
 *
 * What has to be known of it lies in a struct gaps_journal. In a mapped file that outlives the
 * process (spool_file.h), and until the machine boots anew: the next process goes on where this
 * one was killed, and what was in its hands, in its socket, or came while none was there is
 * missing. A kill between any two stores leaves at most one event in doubt, that which is being
 * handed on: it may be counted as missing. Any bytes in a journal are safe.
 */
#ifndef ECSAUDIT_GAPS_H
#define ECSAUDIT_GAPS_H

#include <stdbool.h>
#include <stdint.h>
#include "counters.h"
#include "limits.h"

#define GAPS_BOOT_ID_BYTES 40u /* a UUID and zeros, at least one */

enum gaps_started {
	GAPS_NOTHING, /* no serial is known */
	GAPS_COUNTS,  /* from a serial on */
	GAPS_AWAITS,  /* records were asked for; which came is not known */
};

/* Changes as a whole, or where one store is all. */
struct gaps_state {
	uint64_t missing, late;			  /* serials_missing, serials_late */
	uint64_t reported_missing, reported_late; /* of these, in the last metric document */
	int64_t reported_ms;			  /* when; the monotonic clock is one a boot */
	uint64_t unreported;			  /* see gaps_unreported() */
	uint32_t highest;
	uint32_t settled;     /* up to here nothing is open */
	uint32_t started;     /* enum gaps_started */
	uint32_t kernel_lost; /* the kernel's own count, as far as it was told */
};

/* Numbers are in the byte order of the machine, as all of this is for one boot alone. */
struct gaps_journal {
	uint32_t magic;
	uint32_t current; /* which of the states counts */
	char boot_id[GAPS_BOOT_ID_BYTES];
	struct gaps_state states[2];
	/* 1: was not handed on, whether open or given up. Where all are, no page of it is touched.
	 */
	uint32_t absent[LIMIT_GAPS_WINDOW / 32];
};

struct gaps {
	struct counters *counters; /* serials_missing, serials_late: as in the journal */
	struct gaps_journal *journal;
	struct gaps_state *now; /* of the journal */
	uint32_t mark;		/* `highest` at the last gaps_settle() */
	uint32_t open;		/* serials that may still come */
};

/*
 * Go on with the journal if it is of this boot (/proc/sys/kernel/random/boot_id; "": not known),
 * else start it over. NULL for boot_id: it is memory of 0, which is not kept.
 */
void gaps_init(struct gaps *g, struct counters *counters, struct gaps_journal *journal,
	const char boot_id[GAPS_BOOT_ID_BYTES]);

/* The kernel is about to be asked for the records that it held; or not, after all. */
void gaps_await(struct gaps *g, bool asked);

/* A record of this serial was received; what follows is handed on or missing. */
void gaps_begin(struct gaps *g, uint32_t serial);
static inline void gaps_received(struct gaps *g, uint32_t serial)
{
	if (g->now->started != GAPS_COUNTS)
		gaps_begin(g, serial);
}

/* The event of this serial was handed on. The same may be so more than once. */
void gaps_serial(struct gaps *g, uint32_t serial);

/* Give up what was open already at the last call; to be called every LIMIT_GAPS_SETTLE_MS while
 * anything is open, or after twice the time that reassembly holds an event if that is more. */
void gaps_settle(struct gaps *g);

/* Give up all that is open: nothing comes any more. */
void gaps_flush(struct gaps *g);

/* What the next process has to know of a metric document that was handed on. */
struct gaps_reported {
	uint64_t missing, late; /* serials_missing, serials_late in it */
	uint64_t unreported;	/* see gaps_unreported(): since then */
	int64_t now_ms;
	uint32_t kernel_lost; /* it told of what the kernel lost until its count was this */
};
void gaps_reported(struct gaps *g, const struct gaps_reported *reported);

/* Keep for the next process how much was lost of other kinds that no document told. */
void gaps_unreported(struct gaps *g, uint64_t unreported);

#endif
