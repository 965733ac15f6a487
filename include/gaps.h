/*
 * gaps.h - which serials never came: the only trace of some losses.
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
 * Hence a window over the last LIMIT_GAPS_WINDOW serials. A place in it is open until its serial
 * comes, or until it is given up: by gaps_settle(), that is by time, or because it leaves the
 * window. Given up it is counted in serials_missing; if the serial comes after all, in
 * serials_late. While it is in the window that is exact: serials_missing - serials_late were
 * lost. A serial from before the window is counted as late, too, at each run of its records;
 * it was missing, or came before: the window is so wide that no queue of the kernel's
 * default size reaches beyond it.
 *
 * The first serial is where it begins, and nothing before it counts; the records that the kernel
 * held for us come first, in their order, so they are in. A serial far behind (2^24) is a count
 * that started over, and a new beginning. One that is ahead, however far, is a gap. At worst
 * a call looks at the window once.
 */
#ifndef ECSAUDIT_GAPS_H
#define ECSAUDIT_GAPS_H

#include <stdbool.h>
#include <stdint.h>
#include "counters.h"
#include "limits.h"

struct gaps {
	struct counters *counters; /* serials_missing, serials_late */
	uint32_t last;		   /* the record before had this serial */
	uint32_t highest;
	uint32_t settled; /* up to here nothing is open */
	uint32_t mark;	  /* `highest` at the last gaps_settle() */
	uint32_t open;	  /* serials that may still come */
	bool started;
	/* 1: did not come, whether open or given up. Where all come, no page of it is touched. */
	uint32_t absent[LIMIT_GAPS_WINDOW / 32];
};

/* Of memory that is 0. */
void gaps_init(struct gaps *g, struct counters *counters);

/* For gaps_record(). */
void gaps_serial(struct gaps *g, uint32_t serial);

/* A record has come. An event's records mostly follow each other: then it is one comparison. */
static inline void gaps_record(struct gaps *g, uint32_t serial)
{
	/* 0 before the first record: should that be serial 0, the next one is the beginning. */
	if (serial != g->last)
		gaps_serial(g, serial);
}

/* Give up what was open already at the last call; to be called every LIMIT_GAPS_SETTLE_MS while
 * anything is open. */
void gaps_settle(struct gaps *g);

/* Give up all that is open: nothing comes any more. */
void gaps_flush(struct gaps *g);

#endif
