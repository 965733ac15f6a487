/*
 * output_kinds.h - the parts of output.c that differ by kind, and what they share. For output*.c
 * alone.
 */
#ifndef ECSAUDIT_OUTPUT_KINDS_H
#define ECSAUDIT_OUTPUT_KINDS_H

#include "output.h"

/* stdout: a document a line, gathered in o->buffer so that write(2) is called for many at once. */
int output_stdout_open(struct output *o);
enum output_result output_stdout_send(
	struct output *o, const char *message, size_t len, int64_t now_ms);
enum output_result output_stdout_flush(struct output *o, int64_t now_ms);
/* Flush for the last time. What is left is counted in o->lost. */
void output_stdout_close(struct output *o, int64_t now_ms);

/* TCP: see output_tcp.c. */
void output_tcp_options(int fd);
enum output_result output_tcp_send(
	struct output *o, const char *message, size_t len, int64_t now_ms);
uint32_t output_tcp_settled(struct output *o);
/* At its deadline: connect, or give up connecting. */
void output_tcp_turn(struct output *o, int64_t now_ms);
void output_tcp_ready(struct output *o, short revents, int64_t now_ms);
/* The connection, or the attempt, is over: `error` says why; 0: we ended it. */
void output_tcp_broke(struct output *o, int error, int64_t now_ms);
void output_tcp_rest(struct output *o);

/* ---- output_state.c ---- */

enum output_event {
	OUTPUT_CONNECTS,    /* tcp: an attempt begins */
	OUTPUT_ACCEPTED,    /* a message or a connection; or POLLOUT came */
	OUTPUT_FILLED,	    /* its buffer is full */
	OUTPUT_NO_BUFFERS,  /* the kernel is short of memory */
	OUTPUT_FAILS,	    /* any other error */
	OUTPUT_PORT_CLOSED, /* udp: nobody listens */
	OUTPUT_SILENT,	    /* no error came for the probe */
	OUTPUT_DISCONNECTS, /* we drop the connection */
	OUTPUT_RESTS,	    /* it is not needed */
	OUTPUT_WAKES,	    /* it is needed again */
	OUTPUT_EVENTS
};

/* Change o->state by the table. Nothing else changes it. */
void output_step(struct output *o, enum output_event event);

/* Connect to o->address, whatever the socket was used for before: 0 or -errno. */
int output_connect(struct output *o);
/* Make the socket usable for another connection. */
void output_disconnect(struct output *o);

/* Count a failed attempt, and step; `until_ms` becomes o->until_ms. */
enum output_result output_again(
	struct output *o, enum output_event event, int error, int64_t until_ms);
enum output_result output_failed(struct output *o, int error);

#endif
