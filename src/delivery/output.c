#include "output.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "output_kinds.h"
#include "sys.h"

/* ---- sockets --------------------------------------------------------------------------- */

/* In the order of enum output_socket. */
static const struct {
	uint8_t kind, family, type;
} sockets[OUTPUT_SOCKETS] = {
	{OUTPUT_UDP, AF_INET, SOCK_DGRAM},
	{OUTPUT_UDP, AF_INET6, SOCK_DGRAM},
	{OUTPUT_TCP, AF_INET, SOCK_STREAM},
	{OUTPUT_TCP, AF_INET6, SOCK_STREAM},
	{OUTPUT_UNIX, AF_UNIX, SOCK_DGRAM},
};

/* Is this socket for this address? A name that is not resolved may become either family. */
static bool is_for(unsigned i, const struct output_address *a)
{
	return sockets[i].kind == a->kind && (!a->len || sockets[i].family == a->at.any.sa_family);
}

static int open_sockets(struct output *o, bool every)
{
	int error = 0;

	for (unsigned i = 0; i < OUTPUT_SOCKETS; i++) {
		const bool needed = is_for(i, &o->address);

		o->sockets[i] = -1;
		if (!needed && !every)
			continue;
		o->sockets[i] = sys_socket(
			sockets[i].family, sockets[i].type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (o->sockets[i] < 0 && needed)
			error = o->sockets[i];
		else if (sockets[i].kind == OUTPUT_TCP)
			output_tcp_options(o->sockets[i]);
	}
	return error;
}

/* The socket for an address, -1 if there is none. */
static int socket_for(const struct output *o, const struct output_address *a)
{
	for (unsigned i = 0; i < OUTPUT_SOCKETS; i++)
		if (o->sockets[i] >= 0 && is_for(i, a))
			return o->sockets[i];
	return -1;
}

int output_open(struct output *o, const struct output_setup *setup)
{
	int error;

	*o = (struct output){.address = *setup->address,
		.counters = setup->counters,
		.blocking = setup->blocking,
		.buffer = setup->buffer,
		.buffer_size = (uint32_t)setup->buffer_size,
		.random = setup->seed | 1}; /* it must not be 0 */
	error = open_sockets(o, setup->every_socket);
	o->fd = socket_for(o, &o->address);
	if (o->fd >= 0)
		error = 0; /* a name needs one of two; the kernel may lack IPv6 */
	if (o->address.kind == OUTPUT_NULL)
		output_step(o, OUTPUT_ACCEPTED);
	if (!error && o->address.kind == OUTPUT_STDOUT)
		error = output_stdout_open(o);
	if (error)
		output_close(o, 0);
	return error;
}

bool output_same_address(const struct output_address *a, const struct output_address *b)
{
	/* output_parse() defines all bytes. */
	const char *x = (const char *)a, *y = (const char *)b;

	return memcmp(x, y, sizeof(*a)) == 0;
}

int output_check_address(const struct output *o, const struct output_address *address)
{
	const bool stdio = o->address.kind == OUTPUT_STDOUT || address->kind == OUTPUT_STDOUT;

	if (output_same_address(&o->address, address))
		return 0;
	if (stdio)
		return -EOPNOTSUPP;
	return socket_for(o, address) < 0 && address->kind != OUTPUT_NULL ? -EAFNOSUPPORT : 0;
}

int output_set_address(struct output *o, const struct output_address *address, int64_t now_ms)
{
	const int fd = socket_for(o, address);
	int error = output_check_address(o, address);

	if (error < 0 || output_same_address(&o->address, address))
		return error;
	output_reset(o, now_ms);
	o->address = *address;
	o->fd = fd;
	o->until_ms = now_ms;
	o->backoff_ms = 0;
	o->error = 0;
	return 0;
}

void output_set_framing(struct output *o, enum output_framing framing, int64_t now_ms)
{
	if (o->framing == framing)
		return;
	o->framing = (uint8_t)framing;
	if (o->address.kind == OUTPUT_TCP && output_is_connected(o)) {
		output_reset(o, now_ms);
		o->until_ms = now_ms;
	}
}

size_t output_max_bytes(const struct output *o)
{
	if (o->address.kind == OUTPUT_STDOUT)
		return o->blocking ? LIMIT_DOCUMENT_BYTES : o->buffer_size - 1; /* a newline */
	return o->address.kind == OUTPUT_NULL ? LIMIT_DOCUMENT_BYTES : LIMIT_DATAGRAM_BYTES;
}

/* ---- datagrams ------------------------------------------------------------------------- */

static enum output_result datagram_failed(struct output *o, int error, int64_t now_ms)
{
	enum output_event event = OUTPUT_FAILS;

	switch (error) {
	case EMSGSIZE:
		return output_failed(o, error);
	case EAGAIN: /* our buffer is full, or on a unix socket the other one's queue */
		return output_again(o, OUTPUT_FILLED, error, now_ms + OUTPUT_RETRY_MS);
	case ENOBUFS:
	case ENOMEM:
	case EINTR:
		return output_again(o, OUTPUT_NO_BUFFERS, error, now_ms + OUTPUT_PAUSE_MS);
	case ECONNREFUSED:
		/* UDP: the ICMP answer to an earlier message; this one was not sent. */
		if (o->address.kind == OUTPUT_UDP)
			event = OUTPUT_PORT_CLOSED;
		break;
	}
	/* No route, no interface, no address, a packet filter (EPERM), no socket file, nobody
	 * behind it: the destination is away. */
	o->breaks++;
	return output_again(o, event, error, now_ms + OUTPUT_RETRY_MS);
}

static enum output_result send_datagram(
	struct output *o, const char *message, size_t len, int64_t now_ms)
{
	ssize_t sent;
	int error;

	if (!output_is_connected(o)) {
		error = output_connect(o);
		if (error < 0) {
			o->breaks++;
			return output_again(o, OUTPUT_FAILS, -error, now_ms + OUTPUT_RETRY_MS);
		}
	}
	sent = sys_sendto(o->fd, message, len, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
	if (sent < 0)
		return datagram_failed(o, (int)-sent, now_ms);
	output_step(o, OUTPUT_ACCEPTED);
	o->settle_mark = ++o->sent;
	o->until_ms = o->state == OUTPUT_PROBING ? now_ms + OUTPUT_DOUBT_MS : now_ms;
	return OUTPUT_SENT;
}

/* An error for a message that was sent may wait in the socket. */
static void ask_for_errors(struct output *o, int64_t now_ms)
{
	socklen_t len = sizeof(int);
	int error = 0;

	if (!output_is_connected(o) ||
		sys_getsockopt(o->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		return;
	if (error)
		datagram_failed(o, error, now_ms);
	else if (now_ms >= o->until_ms)
		output_step(o, OUTPUT_SILENT);
}

/* ---- any ------------------------------------------------------------------------------- */

bool output_can_try(const struct output *o, int64_t now_ms)
{
	if (o->state == OUTPUT_UP || o->address.kind == OUTPUT_TCP)
		return o->state == OUTPUT_UP;
	return o->state == OUTPUT_FULL || (o->state != OUTPUT_RESTING && now_ms >= o->until_ms);
}

enum output_result output_send(struct output *o, const char *message, size_t len, int64_t now_ms)
{
	if (!output_can_try(o, now_ms))
		return OUTPUT_AGAIN;
	switch (o->address.kind) {
	case OUTPUT_STDOUT:
		return output_stdout_send(o, message, len, now_ms);
	case OUTPUT_UDP:
	case OUTPUT_UNIX:
		return send_datagram(o, message, len, now_ms);
	case OUTPUT_TCP:
		return output_tcp_send(o, message, len, now_ms);
	case OUTPUT_NULL:
		break;
	}
	return OUTPUT_SENT;
}

enum output_result output_flush(struct output *o, int64_t now_ms)
{
	if (o->address.kind != OUTPUT_STDOUT)
		return OUTPUT_SENT;
	if (!output_can_try(o, now_ms))
		return OUTPUT_AGAIN;
	return output_stdout_flush(o, now_ms);
}

bool output_may_lose(const struct output *o)
{
	return o->address.kind != OUTPUT_STDOUT && o->address.kind != OUTPUT_NULL;
}

uint32_t output_settled(struct output *o, int64_t now_ms)
{
	if (o->address.kind == OUTPUT_TCP)
		return output_tcp_settled(o);
	ask_for_errors(o, now_ms);
	return o->sent;
}

void output_turn(struct output *o, int64_t now_ms)
{
	if (o->address.kind == OUTPUT_TCP && now_ms >= output_deadline_ms(o))
		output_tcp_turn(o, now_ms);
}

short output_events(const struct output *o, int *fd)
{
	short events = o->state == OUTPUT_FULL || o->state == OUTPUT_CONNECTING ? POLLOUT : 0;

	if (o->address.kind == OUTPUT_TCP && output_is_connected(o))
		events |= POLLIN;
	*fd = events ? o->fd : -1;
	return events;
}

void output_ready(struct output *o, short revents, int64_t now_ms)
{
	if (o->address.kind == OUTPUT_TCP)
		output_tcp_ready(o, revents, now_ms);
}

int64_t output_deadline_ms(const struct output *o)
{
	const bool waits = o->state == OUTPUT_DISCONNECTED || o->state == OUTPUT_AWAY;

	if (o->state == OUTPUT_RESTING)
		return INT64_MAX;
	if (o->address.kind == OUTPUT_TCP && o->state != OUTPUT_CONNECTING)
		return waits && o->address.len > 0 ? o->until_ms : INT64_MAX;
	/* Only POLLOUT can tell: trying again at once would be a busy loop. */
	if (o->address.kind == OUTPUT_STDOUT && o->state == OUTPUT_FULL)
		return INT64_MAX;
	return o->until_ms;
}

void output_reset(struct output *o, int64_t now_ms)
{
	if (o->address.kind == OUTPUT_TCP)
		output_tcp_broke(o, 0, now_ms);
	else
		output_step(o, OUTPUT_DISCONNECTS);
	o->breaks++;
}

void output_rest(struct output *o, bool rest, int64_t now_ms)
{
	if (rest == (o->state == OUTPUT_RESTING))
		return;
	if (rest && (output_is_connected(o) || o->state == OUTPUT_CONNECTING) &&
		o->address.kind == OUTPUT_TCP)
		output_tcp_rest(o);
	output_step(o, rest ? OUTPUT_RESTS : OUTPUT_WAKES);
	o->until_ms = now_ms;
}

void output_close(struct output *o, int64_t now_ms)
{
	if (o->address.kind == OUTPUT_TCP && output_is_connected(o))
		output_tcp_rest(o);
	if (o->address.kind == OUTPUT_STDOUT && o->fd >= 0) {
		output_stdout_close(o, now_ms);
		if (o->fd > 2)
			sys_close(o->fd);
	}
	for (unsigned i = 0; i < OUTPUT_SOCKETS; i++)
		if (o->sockets[i] >= 0)
			sys_close(o->sockets[i]);
	o->fd = -1;
}
