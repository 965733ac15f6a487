/*
 * status_socket.h - a unix stream socket: whoever connects gets a text, and the connection ends.
 *
 * The text is written in one piece into the buffer of a new connection, and nothing is read. So no
 * client can make the agent wait, and none leaves any state. One connection a turn. The file has
 * mode 0600 from the beginning: on Linux connecting takes write permission (unix(7)).
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

/* Replaces a socket to which nobody listens; any other file stays. `path` is absolute and fits
 * sun_path. 0, or -errno and nothing is open: -EADDRINUSE if somebody listens there. */
int status_socket_open(struct status_socket *s, const char *path, struct loop *loop,
	struct span (*text)(void *ctx), void *ctx);

/* Close, and take the file away. Harmless when closed. */
void status_socket_close(struct status_socket *s);

/* The client's end: read the answer of the agent at `path`, at most `size` bytes. Waits at most
 * LIMIT_STATUS_WAIT_MS. The number of bytes, or -errno: -ETIMEDOUT without an answer. */
ssize_t status_socket_ask(const char *path, char *buf, size_t size);

#endif
