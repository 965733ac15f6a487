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
void output_tcp_turn(struct output *o, int64_t now_ms);
void output_tcp_ready(struct output *o, short revents, int64_t now_ms);
/* The connection, or the attempt, is over: `error` says why, 0 if it was our wish. */
void output_tcp_broke(struct output *o, int error, int64_t now_ms);
void output_tcp_rest(struct output *o);

/* Connect to o->address: 0 or -errno. */
int output_connect(struct output *o);
/* Give the peer up: the socket is as new. */
void output_disconnect(struct output *o);

/* Note and count a failed attempt. `writable`: POLLOUT will tell when to go on. */
enum output_result output_again(
	struct output *o, int error, int64_t now_ms, uint32_t delay_ms, bool writable);
enum output_result output_failed(struct output *o, int error);

#endif
