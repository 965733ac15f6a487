/*
 * The part of output.c that sends over TCP, with octet counting: RFC 6587 section 3.4.1.
 *
 *   apart --turn, when it is time--> connecting --POLLOUT--> connected
 *     ^                                  |                       |
 *     +------- broke: the socket is made new, the next time is set
 *
 * A peer that ends its side goes away: RFC 6587 section 3.5. What it sends is of no interest, but
 * has to be read, as its end stands behind it.
 */
#include "output_kinds.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "sys.h"

/* A path is dead if nothing comes back for OUTPUT_DEAD_MS: on what was sent, and on a question that
 * the kernel asks when the connection was idle for half of it. */
#define IDLE_S	   (OUTPUT_DEAD_MS / 2000)
#define INTERVAL_S 5

void output_tcp_options(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
		{SOL_SOCKET, SO_KEEPALIVE, 1},
		{IPPROTO_TCP, TCP_KEEPIDLE, IDLE_S},
		{IPPROTO_TCP, TCP_KEEPINTVL, INTERVAL_S},
		{IPPROTO_TCP, TCP_KEEPCNT, IDLE_S / INTERVAL_S},
		{IPPROTO_TCP, TCP_USER_TIMEOUT, OUTPUT_DEAD_MS},
	};

	/* Without them a dead path is noticed later; and they outlive a disconnect. */
	for (unsigned i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		sys_setsockopt(fd, options[i].level, options[i].name, &options[i].value,
			sizeof(options[i].value));
}

/* ---- connections come and go ------------------------------------------------------------- */

/* Nothing left this host, so trying again costs nobody anything. */
static bool is_local(int error)
{
	return error == ENETUNREACH || error == ENETDOWN || error == EADDRNOTAVAIL ||
	       error == ENODEV || error == EDESTADDRREQ;
}

/* 1 s, 2 s, ... 15 s, of which up to a quarter is taken away at random: when a collector comes back
 * its agents do not come all at once. */
static uint32_t next_delay_ms(struct output *o, bool first)
{
	uint32_t r = o->random;

	o->backoff_ms = first || !o->backoff_ms ? OUTPUT_RETRY_MS : 2 * o->backoff_ms;
	if (o->backoff_ms > OUTPUT_RETRY_MOST_MS)
		o->backoff_ms = OUTPUT_RETRY_MOST_MS;
	r ^= r << 13; /* Marsaglia's xorshift */
	r ^= r >> 17;
	r ^= r << 5;
	o->random = r;
	return o->backoff_ms - r % (o->backoff_ms / 4 + 1);
}

static void forget_connection(struct output *o)
{
	o->connected = o->connecting = o->writable_wait = o->proven = false;
	o->away = true;
	o->sent = o->settled = o->frame_sent = 0;
}

void output_tcp_broke(struct output *o, int error, int64_t now_ms)
{
	/* One that accepts and leaves at once is not asked every second. */
	const bool lasted =
		o->proven || (o->connected && now_ms - o->since_ms >= OUTPUT_CONNECT_MS);

	if (error)
		output_again(o, error, now_ms, 0, false);
	o->retry_at_ms = now_ms + next_delay_ms(o, error && (lasted || is_local(error)));
	output_disconnect(o);
	forget_connection(o);
	o->breaks++;
}

static void connected(struct output *o, int64_t now_ms)
{
	o->connecting = o->away = false;
	o->connected = true;
	o->error = 0;
	o->since_ms = o->retry_at_ms = now_ms;
	o->counters->output_connections++;
}

static void begin_connecting(struct output *o, int64_t now_ms)
{
	int error = output_connect(o);

	o->was_connected = true;
	o->since_ms = now_ms;
	if (error == 0)
		connected(o, now_ms);
	else if (error == -EINPROGRESS)
		o->connecting = true;
	else
		output_tcp_broke(o, -error, now_ms);
}

void output_tcp_turn(struct output *o, int64_t now_ms)
{
	if (o->connected || o->resting || o->address.len == 0)
		return;
	if (!o->connecting && now_ms >= o->retry_at_ms)
		begin_connecting(o, now_ms);
	else if (o->connecting && now_ms - o->since_ms >= OUTPUT_CONNECT_MS)
		output_tcp_broke(o, ETIMEDOUT, now_ms);
}

static void finish_connecting(struct output *o, int64_t now_ms)
{
	socklen_t len = sizeof(int);
	int error = 0;
	int result = sys_getsockopt(o->fd, SOL_SOCKET, SO_ERROR, &error, &len);

	if (result < 0)
		error = -result;
	if (error)
		output_tcp_broke(o, error, now_ms);
	else
		connected(o, now_ms);
}

/* Returns 0 if the peer is there, 1 if it has ended, or -errno. */
static int read_away(struct output *o)
{
	char unread[512];

	for (unsigned i = 0; i < LIMIT_UNREAD_READS; i++) {
		ssize_t n = sys_recvfrom(o->fd, unread, sizeof(unread), MSG_DONTWAIT, NULL, NULL);

		if (n == 0)
			return 1;
		if (n < 0)
			return n == -EAGAIN || n == -EINTR ? 0 : (int)n;
	}
	return 0;
}

void output_tcp_ready(struct output *o, short revents, int64_t now_ms)
{
	int result;

	if (o->connecting && (revents & (POLLOUT | POLLERR | POLLHUP))) {
		finish_connecting(o, now_ms);
		return;
	}
	if (!o->connected)
		return;
	if (revents & POLLOUT)
		o->writable_wait = false;
	if (revents & (POLLIN | POLLERR | POLLHUP)) {
		result = read_away(o);
		if (result)
			output_tcp_broke(o, result < 0 ? -result : EPIPE, now_ms);
	}
}

/* The peer gets the end behind all that was sent, and not a reset. */
void output_tcp_rest(struct output *o)
{
	/* What is not read would make a reset of it. */
	if (o->connected && read_away(o) == 0)
		sys_shutdown(o->fd, SHUT_WR);
	else
		output_disconnect(o);
	forget_connection(o);
	o->was_connected = true;
}

/* ---- frames ------------------------------------------------------------------------------ */

/* MSG-LEN SP. Returns how many bytes it takes. */
static unsigned write_length(char *to, size_t len)
{
	char digits[10];
	unsigned n = 0, i;

	do {
		digits[n++] = (char)('0' + len % 10);
		len /= 10;
	} while (len);
	for (i = 0; i < n; i++)
		to[i] = digits[n - 1 - i];
	to[n] = ' ';
	return n + 1;
}

/* What of the frame the kernel has not yet. */
static ssize_t send_rest(
	struct output *o, char *prefix, unsigned prefix_len, const char *message, size_t len)
{
	struct iovec v[2] = {{prefix, prefix_len}, {(char *)(uintptr_t)message, len}};
	struct msghdr msg = {.msg_iov = v, .msg_iovlen = 2};
	size_t skip = o->frame_sent;

	if (skip >= prefix_len) {
		skip -= prefix_len;
		msg.msg_iov = v + 1;
		msg.msg_iovlen = 1;
	}
	msg.msg_iov->iov_base = (char *)msg.msg_iov->iov_base + skip;
	msg.msg_iov->iov_len -= skip;
	return sys_sendmsg(o->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
}

enum output_result output_tcp_send(
	struct output *o, const char *message, size_t len, int64_t now_ms)
{
	char prefix[12];
	const unsigned prefix_len = write_length(prefix, len);
	const uint32_t frame_len = prefix_len + (uint32_t)len;
	ssize_t n;

	if (len > LIMIT_DATAGRAM_BYTES)
		return output_failed(o, EMSGSIZE);
	o->mark = o->sent + frame_len;
	n = send_rest(o, prefix, prefix_len, message, len);
	if (n == -EAGAIN || n == -EINTR) { /* full is how TCP is, and no failure */
		o->writable_wait = true;
		return OUTPUT_AGAIN;
	}
	if (n < 0) {
		output_tcp_broke(o, (int)-n, now_ms);
		return OUTPUT_AGAIN;
	}
	o->frame_sent += (uint32_t)n;
	if (o->frame_sent < frame_len) {
		o->writable_wait = true;
		return OUTPUT_AGAIN;
	}
	o->sent = o->mark;
	o->frame_sent = 0;
	return OUTPUT_SENT;
}

uint32_t output_tcp_settled(struct output *o)
{
	int waiting = o->connected ? sys_outq(o->fd) : -ENOTCONN;
	const uint32_t written = o->sent + o->frame_sent;

	/* More than was written cannot wait; then nothing is known. */
	if (waiting < 0 || (uint32_t)waiting > written - o->settled)
		return o->settled;
	o->settled = written - (uint32_t)waiting;
	o->proven |= o->settled != 0;
	return o->settled;
}
