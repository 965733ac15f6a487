#include "output.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "limits.h"
#include "output_stdout.h"
#include "sys.h"

static int open_socket(struct output *o)
{
	int type = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;

	o->fd = sys_socket(o->address.at.any.sa_family, type, 0);
	return o->fd < 0 ? o->fd : 0;
}

int output_open(struct output *o, const struct output_address *address, bool blocking, char *buffer,
	size_t buffer_size)
{
	*o = (struct output){.address = *address,
		.fd = -1,
		.blocking = blocking,
		.buffer = buffer,
		.buffer_size = (uint32_t)buffer_size};
	switch (address->kind) {
	case OUTPUT_STDOUT:
		return output_stdout_open(o);
	case OUTPUT_UDP:
	case OUTPUT_UNIX:
		return open_socket(o);
	case OUTPUT_NULL:
		break;
	}
	return 0;
}

size_t output_max_bytes(const struct output *o)
{
	if (o->address.kind == OUTPUT_UDP || o->address.kind == OUTPUT_UNIX)
		return LIMIT_DATAGRAM_BYTES;
	if (o->address.kind == OUTPUT_STDOUT && !o->blocking)
		return o->buffer_size - 1; /* and the newline */
	return LIMIT_DOCUMENT_BYTES;
}

enum output_result output_again(
	struct output *o, int error, int64_t now_ms, uint32_t delay_ms, bool writable)
{
	o->error = error;
	o->errors++;
	o->writable_wait = writable;
	o->retry_at_ms = now_ms + delay_ms;
	return OUTPUT_AGAIN;
}

enum output_result output_failed(struct output *o, int error)
{
	o->error = error;
	o->errors++;
	return OUTPUT_FAILED;
}

/* ---- datagrams ------------------------------------------------------------------------- */

/*
 * Connected sockets, also for UDP: only they are told that nobody listens, and the route is not
 * looked up for each message. But a connected UDP socket keeps the source address that it had
 * at first, and fails with EINVAL once the interface has another one; AF_UNSPEC gives it up
 * (connect(2)). That is why each way of being away ends here again, on the same descriptor.
 */
static int connect_again(struct output *o)
{
	struct output_address *a = &o->address;
	const struct sockaddr nobody = {.sa_family = AF_UNSPEC};
	int index;

	if (a->scope[0]) {
		index = sys_ifindex(o->fd, a->scope);
		if (index < 0)
			return index;
		a->at.ip6.sin6_scope_id = (uint32_t)index;
	}
	if (a->kind == OUTPUT_UDP && o->was_connected)
		sys_connect(o->fd, &nobody, sizeof(nobody));
	return sys_connect(o->fd, &a->at.any, a->len);
}

static enum output_result datagram_failed(struct output *o, int error, int64_t now_ms)
{
	switch (error) {
	case EMSGSIZE:
		return output_failed(o, error);
	case EAGAIN: /* our buffer is full, or on a unix socket the other one's queue */
		return output_again(o, error, now_ms, OUTPUT_RETRY_MS, true);
	case ENOBUFS:
	case ENOMEM:
	case EINTR:
		return output_again(o, error, now_ms, OUTPUT_PAUSE_MS, false);
	case ECONNREFUSED:
		if (o->address.kind == OUTPUT_UDP)
			return output_again(o, error, now_ms, OUTPUT_PAUSE_MS, false);
		break;
	}
	/* No route, no interface, no address, a packet filter (EPERM), no socket file, nobody
	 * behind it: the destination is away. */
	o->connected = false;
	return output_again(o, error, now_ms, OUTPUT_RETRY_MS, false);
}

static enum output_result send_datagram(
	struct output *o, const char *message, size_t len, int64_t now_ms)
{
	ssize_t sent;
	int error;

	if (!o->connected) {
		error = connect_again(o);
		if (error < 0)
			return datagram_failed(o, -error, now_ms);
		o->connected = o->was_connected = true;
	}
	sent = sys_sendto(o->fd, message, len, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
	if (sent == -ECONNREFUSED && o->address.kind == OUTPUT_UDP) {
		/* An ICMP answer to an earlier message; this one was not sent yet. */
		o->error = ECONNREFUSED;
		o->errors++;
		sent = sys_sendto(o->fd, message, len, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
	}
	if (sent < 0)
		return datagram_failed(o, (int)-sent, now_ms);
	o->writable_wait = false;
	o->retry_at_ms = now_ms;
	return OUTPUT_SENT;
}

/* ---- any ------------------------------------------------------------------------------- */

static bool must_wait(const struct output *o, int64_t now_ms)
{
	return !o->writable_wait && now_ms < o->retry_at_ms;
}

enum output_result output_send(struct output *o, const char *message, size_t len, int64_t now_ms)
{
	if (must_wait(o, now_ms))
		return OUTPUT_AGAIN;
	switch (o->address.kind) {
	case OUTPUT_STDOUT:
		return output_stdout_send(o, message, len, now_ms);
	case OUTPUT_UDP:
	case OUTPUT_UNIX:
		return send_datagram(o, message, len, now_ms);
	case OUTPUT_NULL:
		break;
	}
	return OUTPUT_SENT;
}

enum output_result output_flush(struct output *o, int64_t now_ms)
{
	if (o->address.kind != OUTPUT_STDOUT)
		return OUTPUT_SENT;
	if (must_wait(o, now_ms))
		return OUTPUT_AGAIN;
	return output_stdout_flush(o, now_ms);
}

bool output_wait(const struct output *o, int64_t now_ms, int *fd, uint32_t *delay_ms)
{
	*fd = o->fd;
	*delay_ms = now_ms < o->retry_at_ms ? (uint32_t)(o->retry_at_ms - now_ms) : 0;
	return o->writable_wait;
}

void output_close(struct output *o, int64_t now_ms)
{
	if (o->address.kind == OUTPUT_STDOUT)
		output_stdout_flush(o, now_ms);
	if (o->fd > 2)
		sys_close(o->fd);
	o->fd = -1;
}
