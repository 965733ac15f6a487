/*
 * status_socket.h - a unix stream socket: whoever connects gets a text, and the connection ends.
 *
 * The text is written in one piece into the buffer of a fresh connection, and nothing is read: a
 * client that does nothing, or too much, is never waited for, and nothing is kept of it. One
 * connection a turn. The file has mode 0600 from the beginning: on Linux it takes write permission
 * to connect (unix(7)).
 */
#ifndef ECSAUDIT_STATUS_SOCKET_H
#define ECSAUDIT_STATUS_SOCKET_H

#include <sys/types.h>
#include <sys/un.h>
#include "loop.h"
#include "span.h"

struct status_socket {
	struct loop *loop;
	int fd; /* -1: closed */
	int source;
	struct span (*text)(void *ctx); /* valid until the next call */
	void *ctx;
	struct sockaddr_un address;
};

/* In the place of a socket to which nobody listens; any other file stays. `path` is absolute and
 * fits sun_path. 0, or -errno: -EADDRINUSE if somebody listens there. Then nothing is open. */
int status_socket_open(struct status_socket *s, const char *path, struct loop *loop,
	struct span (*text)(void *ctx), void *ctx);

/* Close, and take the file away. Harmless when closed. */
void status_socket_close(struct status_socket *s);

/* The other end: what the agent that listens at `path` says, at most `size` bytes; waits
 * LIMIT_STATUS_WAIT_MS at most. Their number, or -errno: -ETIMEDOUT without an answer. */
ssize_t status_socket_ask(const char *path, char *buf, size_t size);

#endif
