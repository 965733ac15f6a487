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
/* The connection, or the attempt, is over: `error` says why, 0 if it was our wish. */
void output_tcp_broke(struct output *o, int error, int64_t now_ms);
void output_tcp_rest(struct output *o);

/* ---- output_state.c ---- */

enum output_event {
	OUTPUT_BEGINS,	/* tcp: to connect */
	OUTPUT_TOOK,	/* a message, a connection; POLLOUT */
	OUTPUT_STUFFED, /* its buffer is full */
	OUTPUT_SHORT,	/* the kernel has no buffers */
	OUTPUT_FAILS,
	OUTPUT_DENIED, /* udp: nobody listens */
	OUTPUT_SILENT, /* no answer to the probe */
	OUTPUT_PARTS,  /* our wish: to connect anew */
	OUTPUT_RESTS,
	OUTPUT_WAKES,
	OUTPUT_EVENTS
};

/* What happened: the one place where o->state changes. */
void output_step(struct output *o, enum output_event event);

/* Connect to o->address, whatever the socket was before: 0 or -errno. */
int output_connect(struct output *o);
/* Give the peer up: the socket is as new. */
void output_disconnect(struct output *o);

/* Note and count a failed attempt; `until_ms` is o->until_ms of the new state. */
enum output_result output_again(
	struct output *o, enum output_event event, int error, int64_t until_ms);
enum output_result output_failed(struct output *o, int error);

#endif
