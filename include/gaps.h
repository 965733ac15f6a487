/*
 * gaps.h - finds serial numbers that never became a document: the only trace of some losses.
 *
 * The kernel numbers its events from one counter for the whole machine (kernel/audit.c,
 * audit_serial(): an atomic_t that is incremented, first 1, and wraps at 2^32). A number is taken
 * in audit_log_start(), for the first record of an event, and every record goes to whoever listens:
 *
 *   no gap   All before the number is taken (audit_filter(), audit_receive_msg(),
 *            audit_netlink_ok()): events that the exclude and user filters drop, auditing that is
 *            off, messages refused to processes of other namespaces. Also a full backlog and a
 *            failed allocation, but these are in the kernel's `lost` ("backlog limit exceeded").
 *   a gap    In `lost`, too: the rate limit (audit_log_end()), an overflow of the hold or retry
 *            queue. In no other count: records that kauditd frees because the reader is away, or
 *            its socket full, and the machine was booted without audit=1 (kauditd_hold_skb());
 *            those that do not fit a multicast reader's buffer; datagrams that were cut on receipt.
 *
 * So a serial that never comes is an event that was lost as a whole. The counts overlap: `lost`
 * counts records, this counts events, and neither can be computed from the other. If an event lost
 * only some of its records, there is no gap. The kernel never takes a number without a record, so
 * each gap is a loss. But a record may be late: all processors take numbers before they write and
 * queue records, and after a stalled reader the retry queue comes out of order.
 *
 * So there is a window over the last LIMIT_GAPS_WINDOW serials. gaps_serial() is called for each
 * event that was handed on: its document is sent, in the spool, or counted as dropped. An event
 * that we received and lost ourselves is missing, too; so is one of which no record belonged to an
 * event, though these records have a counter of their own. A serial in the window is open until its
 * event is handed on, or until it is given up: by gaps_settle(), which means after some time, or
 * because it leaves the window. One that is given up is counted in serials_missing; if it is handed
 * on later, also in serials_late. So in the window serials_missing - serials_late is exactly what
 * was lost. A serial from before the window is counted as late at each run of its records. That is
 * rare: no kernel queue of the default size reaches beyond the window.
 *
 * Counting begins with the first serial received. Records that the kernel held for us come first,
 * in order, so they are included. A process that is killed between asking for them and the first
 * one leaves GAPS_AWAITS: then counting begins with the first serial of the boot. A serial far
 * behind (2^24) means that the kernel's counter started again, and so do we. Any serial ahead makes
 * a gap. A call looks at the window at most once.
 *
 * The state is in a struct gaps_journal. If it lies in a mapped file (spool_file.h), the next
 * process of the same boot goes on where this one was killed. So the events that this one held,
 * that were in its socket, or that came while no process ran, are missing. A kill between any two
 * stores affects at most the event that is being handed on: it may be counted as missing. A journal
 * may hold any bytes without harm.
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
	GAPS_COUNTS,  /* the window is in use */
	GAPS_AWAITS,  /* we asked for the records that the kernel held; none came so far */
};

/* It is replaced as a whole, or changed by a single store: a kill never leaves a mixture. */
struct gaps_state {
	uint64_t missing, late;			  /* serials_missing, serials_late */
	uint64_t reported_missing, reported_late; /* of these, in the last metric document */
	int64_t reported_ms;			  /* when; the monotonic clock is one a boot */
	uint64_t unreported;			  /* see gaps_unreported() */
	uint32_t highest;
	uint32_t settled;     /* no serial up to this one is open */
	uint32_t started;     /* enum gaps_started */
	uint32_t kernel_lost; /* the kernel's own count at the last report */
};

/* In the byte order of the machine: it is used during one boot only. */
struct gaps_journal {
	uint32_t magic;
	uint32_t current; /* which of the states counts */
	char boot_id[GAPS_BOOT_ID_BYTES];
	struct gaps_state states[2];
	int64_t boot_s; /* when the machine booted, seconds since 1970, as its first agent saw it */
	/* A bit for each serial: 1: not handed on, so open or given up. */
	uint32_t absent[LIMIT_GAPS_WINDOW / 32];
};

struct gaps {
	struct counters *counters; /* serials_missing, serials_late: as in the journal */
	struct gaps_journal *journal;
	struct gaps_state *now; /* of the journal */
	uint32_t mark;		/* `highest` at the last gaps_settle() */
	uint32_t open;		/* number of open serials */
};

/*
 * Continue the journal if it is of this boot (/proc/sys/kernel/random/boot_id; "": not known), else
 * reset it. boot_id NULL: the journal is zeroed memory that does not outlive the process.
 */
void gaps_init(struct gaps *g, struct counters *counters, struct gaps_journal *journal,
	const char boot_id[GAPS_BOOT_ID_BYTES]);

/* `asked`: we are about to ask the kernel for the records that it held. false: we did not, after
 * all.
 */
void gaps_await(struct gaps *g, bool asked);

/* The first record was received: serials count from this one on. */
void gaps_begin(struct gaps *g, uint32_t serial);
static inline void gaps_received(struct gaps *g, uint32_t serial)
{
	if (g->now->started != GAPS_COUNTS)
		gaps_begin(g, serial);
}

/* The event of this serial was handed on. It may be called again for the same serial. */
void gaps_serial(struct gaps *g, uint32_t serial);

/* Give up the serials that were open at the last call already. Call it, while any is open, every
 * LIMIT_GAPS_SETTLE_MS, or every double timeout of reassembly if that is longer. */
void gaps_settle(struct gaps *g);

/* Give up all open serials: no more records come. */
void gaps_flush(struct gaps *g);

/* What the next process must know of the last metric document. */
struct gaps_reported {
	uint64_t missing, late; /* serials_missing, serials_late in it */
	uint64_t unreported;	/* gaps_unreported() since then */
	int64_t now_ms;
	uint32_t kernel_lost; /* the kernel's own count that it covers */
};
void gaps_reported(struct gaps *g, const struct gaps_reported *reported);

/* Keep for the next process how many losses of other kinds no document has reported yet. */
void gaps_unreported(struct gaps *g, uint64_t unreported);

#endif
