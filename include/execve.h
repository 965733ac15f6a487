/*
 * execve.h - the argument vector of an EXECVE event, from all its records.
 *
 * audit_log_execve_info() (kernel/auditsc.c) writes `argc=3 a0="ls" a1=2D6C a2_len=15000
 * a2[0]=... a2[1]=...`: an argument with odd bytes in hex, a long one in pieces of about 7500
 * bytes, all of it over as many records as it takes. Pieces are put together by their numbers,
 * whatever order the records came in; an argument's length tells whether its end is missing.
 */
#ifndef ECSAUDIT_EXECVE_H
#define ECSAUDIT_EXECVE_H

#include <stdbool.h>
#include <stdint.h>
#include "arena.h"
#include "limits.h"
#include "span.h"

struct execve_piece {
	const char *at;
	uint64_t place; /* the argument's number, and below it the piece's, see execve.c */
	uint32_t len;
	bool quoted;
};

struct execve {
	struct span argc; /* as written; `at` NULL if no record had it */
	bool exhausted;	  /* pieces were left out */
	bool incomplete;  /* an argument between 0 and argc is missing */
	struct span lost; /* the first argument without all of its pieces, "a12"; `at` NULL: none */
	bool unsorted;
	uint32_t piece_count;
	uint32_t named; /* arguments, as often as another one's pieces begin */
	uint32_t bytes; /* of the arguments */
	uint32_t arg_count;
	struct execve_piece
		pieces[LIMIT_EVENT_PIECES]; /* as they came; sorted by execve_finish() */
	struct span args[LIMIT_EVENT_ARGS]; /* set by execve_finish() */
};

void execve_reset(struct execve *x);

/* One record. `body` must live until execve_finish(). */
void execve_add(struct execve *x, struct span body);

/* Decode into `scratch` and fill args[0..arg_count); of more than `room` instructions' worth
 * (LIMIT_EVENT_WORK) the first. */
void execve_finish(struct execve *x, uint32_t room, struct arena *scratch);

#endif
