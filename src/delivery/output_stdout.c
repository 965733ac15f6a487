#include "output_kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "sys.h"

#define STDOUT 1
/* A pipe that polls writable takes this much without blocking: PIPE_BUF, pipe(7). */
#define PIPE_ROOM_BYTES 4096u

int output_stdout_open(struct output *o)
{
	struct stat st;
	int error, fd;

	o->fd = STDOUT;
	if (o->blocking)
		return 0;
	error = sys_fstat(STDOUT, &st);
	if (error < 0)
		return error;
	o->is_socket = S_ISSOCK(st.st_mode);
	if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)) {
		fd = sys_open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY, 0);
		o->polls_first = fd < 0;
		o->fd = fd < 0 ? STDOUT : fd;
	}
	return 0;
}

static ssize_t write_some(struct output *o, const char *at, size_t n)
{
	struct pollfd p = {.fd = o->fd, .events = POLLOUT};
	int ready;

	if (o->is_socket)
		return sys_sendto(o->fd, at, n, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
	if (o->polls_first) {
		ready = sys_poll(&p, 1, 0);
		if (ready <= 0)
			return ready < 0 ? ready : -EAGAIN;
		n = n < PIPE_ROOM_BYTES ? n : PIPE_ROOM_BYTES;
	}
	return sys_write(o->fd, at, n);
}

/* Each message in the buffer has one newline, its last byte. */
static void discard(struct output *o)
{
	uint32_t i;

	for (i = o->begin; i < o->end; i++)
		o->lost += o->buffer[i] == '\n';
	o->begin = o->end = 0;
}

/* Write all of it. 0 or -errno; *written is set in either case. */
static int write_all(struct output *o, const char *at, size_t n, size_t *written)
{
	struct pollfd p = {.fd = o->fd, .events = POLLOUT};
	ssize_t got;

	for (*written = 0; *written < n; *written += (size_t)got) {
		got = write_some(o, at + *written, n - *written);
		if (o->blocking && (got == -EINTR || got == -EAGAIN)) {
			/* EAGAIN: another process made the shared description non-blocking. */
			if (got == -EAGAIN)
				sys_poll(&p, 1, -1);
			got = 0;
		}
		if (got < 0)
			return (int)got;
	}
	return 0;
}

enum output_result output_stdout_flush(struct output *o, int64_t now_ms)
{
	size_t written;
	int error = write_all(o, o->buffer + o->begin, o->end - o->begin, &written);

	o->begin += (uint32_t)written;
	if (error == -EAGAIN || error == -EINTR)
		return output_again(o, OUTPUT_FILLED, -error, now_ms);
	if (o->state == OUTPUT_FULL)
		output_step(o, OUTPUT_ACCEPTED);
	if (error < 0) {
		discard(o);
		return output_failed(o, -error);
	}
	o->begin = o->end = 0;
	return OUTPUT_SENT;
}

void output_stdout_close(struct output *o, int64_t now_ms)
{
	if (output_stdout_flush(o, now_ms) == OUTPUT_AGAIN)
		discard(o);
}

/* Make room for `need` bytes. */
static enum output_result make_room(struct output *o, size_t need, int64_t now_ms)
{
	enum output_result result = output_stdout_flush(o, now_ms);

	if (result == OUTPUT_FAILED)
		return result;
	memmove(o->buffer, o->buffer + o->begin, o->end - o->begin);
	o->end -= o->begin;
	o->begin = 0;
	return need <= o->buffer_size - o->end ? OUTPUT_SENT : result;
}

/* For a message that is longer than the buffer, which is empty. */
static enum output_result write_through(struct output *o, const char *message, size_t len)
{
	size_t written;
	int error;

	if (!o->blocking)
		return output_failed(o, EMSGSIZE);
	error = write_all(o, message, len, &written);
	if (!error)
		error = write_all(o, "\n", 1, &written);
	return error < 0 ? output_failed(o, -error) : OUTPUT_SENT;
}

enum output_result output_stdout_send(
	struct output *o, const char *message, size_t len, int64_t now_ms)
{
	enum output_result result;

	if (len >= o->buffer_size - o->end) {
		result = make_room(o, len + 1, now_ms);
		if (result != OUTPUT_SENT)
			return result;
	}
	if (len >= o->buffer_size)
		return write_through(o, message, len);
	memcpy(o->buffer + o->end, message, len);
	o->buffer[o->end + len] = '\n';
	o->end += (uint32_t)len + 1;
	return OUTPUT_SENT;
}
