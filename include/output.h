/*
 * output.h - where messages go: udp://HOST:PORT, unix:///PATH, stdout, null.
 *
 * output_send() never blocks, except to a stdout opened as blocking. A destination that is
 * away (no route yet, nobody listens, its socket file is gone) is tried again, at most every
 * OUTPUT_RETRY_MS by the caller's clock; no socket is made after output_open(), so the process
 * may give up that right. The clock is any that only goes forward, in milliseconds.
 *
 * stdout is shared with others, so its O_NONBLOCK is never touched. For `run` a pipe or
 * terminal is opened anew through /proc/self/fd/1, which gives a file description of our own
 * with its own flags; a regular file is used as it is (a second description would have its
 * own position), a socket is sent to with MSG_DONTWAIT. Where /proc is not there, poll(2) is
 * asked first and at most PIPE_BUF bytes are written at a time.
 */
#ifndef ECSAUDIT_OUTPUT_H
#define ECSAUDIT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/un.h>
#include "span.h"

#define OUTPUT_RETRY_MS	    1000u /* a destination that is away */
#define OUTPUT_PAUSE_MS	    10u	  /* the kernel is short of buffers: ENOBUFS gives no POLLOUT */
#define OUTPUT_DEFAULT_PORT 514u  /* RFC 5426 section 3.3 */

enum output_kind {
	OUTPUT_NULL,
	OUTPUT_STDOUT,
	OUTPUT_UDP,
	OUTPUT_UNIX
};

struct output_address {
	enum output_kind kind;
	uint32_t len; /* of the address, 0 for null and stdout */
	union {
		struct sockaddr any;
		struct sockaddr_in ip4;
		struct sockaddr_in6 ip6;
		struct sockaddr_un un;
	} at;
	char scope[IF_NAMESIZE]; /* of a link-local address; "": none, or a number */
};

/*
 * Read a destination. NULL: it is good; otherwise what is wrong and what would be right, a
 * constant text for a message like "output: TEXT". IPv6 is written [ADDRESS]:PORT or
 * [ADDRESS%SCOPE]:PORT, the scope being an interface, which need not be there yet, or its
 * number; without a port it is 514. A host name is refused.
 */
const char *output_parse(struct output_address *address, const char *destination);

enum output_result {
	OUTPUT_SENT,   /* the kernel has it, or it is in the buffer of stdout */
	OUTPUT_AGAIN,  /* keep it and try later: see output_wait() */
	OUTPUT_FAILED, /* this message can never be sent: too long, or stdout is gone */
};

struct output {
	struct output_address address;
	int fd;		/* -1: none */
	bool blocking;	/* stdout of an offline run */
	bool is_socket; /* stdout: use send() */
	bool cautious;	/* stdout: poll first, write PIPE_BUF at most */
	bool connected; /* udp, unix */
	bool was_connected;
	bool writable_wait;  /* POLLOUT tells when to go on */
	int64_t retry_at_ms; /* do not try before, unless POLLOUT tells */
	int error;	     /* errno of the last failed attempt */
	uint64_t errors;     /* failed attempts so far */
	uint64_t lost;	     /* stdout: messages that were in the buffer when it failed for good */
	char *buffer;	     /* stdout */
	uint32_t buffer_size, begin, end;
};

/*
 * Open. `buffer` is for stdout only (64 KiB are good), may be NULL otherwise, and stays the
 * output's until close. `blocking` is for stdout. Returns 0, or -errno if it is impossible
 * for good. A destination that is merely away is no failure: the first send finds out.
 */
int output_open(struct output *o, const struct output_address *address, bool blocking, char *buffer,
	size_t buffer_size);

/* The longest message that can be sent, at most LIMIT_DOCUMENT_BYTES. */
size_t output_max_bytes(const struct output *o);

/* Send one message. On stdout a newline is put behind it. */
enum output_result output_send(struct output *o, const char *message, size_t len, int64_t now_ms);

/* Write out what stdout's buffer holds. SENT: it is empty now. FAILED: it could not be written
 * (the reader is gone, the disk is full), was thrown away, and counted in o->lost. */
enum output_result output_flush(struct output *o, int64_t now_ms);

/* After AGAIN: true and *fd if POLLOUT on it tells when to go on, false if *delay_ms is to
 * pass. Both may be used; *delay_ms is set in either case. */
bool output_wait(const struct output *o, int64_t now_ms, int *fd, uint32_t *delay_ms);

/* Flush as far as possible without waiting and close. */
void output_close(struct output *o, int64_t now_ms);

#endif
