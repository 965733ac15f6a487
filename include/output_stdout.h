/*
 * output_stdout.h - the part of output.c that writes to stdout: a document a line, gathered in
 * o->buffer so that write(2) is called for many at once. For output.c alone.
 */
#ifndef ECSAUDIT_OUTPUT_STDOUT_H
#define ECSAUDIT_OUTPUT_STDOUT_H

#include "output.h"

int output_stdout_open(struct output *o);
enum output_result output_stdout_send(
	struct output *o, const char *message, size_t len, int64_t now_ms);
enum output_result output_stdout_flush(struct output *o, int64_t now_ms);

/* Note a failed attempt. `writable`: POLLOUT will tell when to go on. */
enum output_result output_again(
	struct output *o, int error, int64_t now_ms, uint32_t delay_ms, bool writable);
enum output_result output_failed(struct output *o, int error);

#endif
