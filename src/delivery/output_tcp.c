/*
 * The part of output.c that sends over TCP, framed as RFC 6587 has it: OUTPUT_OCTET, section 3.4.1,
 * or OUTPUT_NEWLINE, section 3.4.2.
 *
 *   disconnected, away --turn, when it is time--> connecting --POLLOUT--> up <--> full
 *        ^                                            |                    |        |
 *        +---------- broke: disconnect, set the time of the next attempt -----------+
 *
 * Only begin_connecting(), bytes_in() and bytes_out() know that the bytes are sent as they are, and
 * not encrypted.
 *
 * If the peer ends its side, the connection is over: RFC 6587 section 3.5. What it sends is
 * ignored, but must be read, to see its end.
 */
#include "output_kinds.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "sys.h"

/* A path is dead if no acknowledgement comes for OUTPUT_DEAD_MS: of what was sent, or of a probe
 * that the kernel sends when the connection was idle for half of this time. */
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

	/* If one fails, a dead path is noticed later. They outlive a disconnect. */
	for (unsigned i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		sys_setsockopt(fd, options[i].level, options[i].name, &options[i].value,
			sizeof(options[i].value));
}

/* ---- connections come and go ------------------------------------------------------------- */

/* Nothing left this host, so trying again is cheap. */
static bool is_local(int error)
{
	return error == ENETUNREACH || error == ENETDOWN || error == EADDRNOTAVAIL ||
	       error == ENODEV || error == EDESTADDRREQ;
}

/* 1 s, 2 s, ... 15 s, less up to a quarter at random: when a collector is back, its agents must not
 * all connect at once. */
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
	o->sent = o->settled = o->frame_sent = 0;
}

void output_tcp_broke(struct output *o, int error, int64_t now_ms)
{
	/* A peer that accepts and ends at once must not be tried every second. */
	const bool lasted = o->settled != 0 || (output_is_connected(o) && now_ms >= o->until_ms);
	const int64_t until_ms = now_ms + next_delay_ms(o, error && (lasted || is_local(error)));

	if (error) {
		output_again(o, OUTPUT_FAILS, error, until_ms);
		o->breaks++;
	} else {
		output_step(o, OUTPUT_DISCONNECTS);
		o->until_ms = until_ms;
	}
	output_disconnect(o);
	forget_connection(o);
}

static void connected(struct output *o, int64_t now_ms)
{
	output_step(o, OUTPUT_ACCEPTED);
	o->until_ms = now_ms + OUTPUT_CONNECT_MS;
	o->counters->output_connections++;
}

static void begin_connecting(struct output *o, int64_t now_ms)
{
	int error = output_connect(o);

	output_step(o, OUTPUT_CONNECTS);
	o->until_ms = now_ms + OUTPUT_CONNECT_MS;
	if (error == 0)
		connected(o, now_ms);
	else if (error != -EINPROGRESS)
		output_tcp_broke(o, -error, now_ms);
}

void output_tcp_turn(struct output *o, int64_t now_ms)
{
	if (o->state == OUTPUT_CONNECTING)
		output_tcp_broke(o, ETIMEDOUT, now_ms);
	else
		begin_connecting(o, now_ms);
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

static ssize_t bytes_in(struct output *o, void *to, size_t size)
{
	return sys_recvfrom(o->fd, to, size, MSG_DONTWAIT, NULL, NULL);
}

/* Returns 0 if the peer is there, 1 if it has ended, or -errno. */
static int discard_input(struct output *o)
{
	char unread[512];

	for (unsigned i = 0; i < LIMIT_UNREAD_READS; i++) {
		ssize_t n = bytes_in(o, unread, sizeof(unread));

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

	if (o->state == OUTPUT_CONNECTING && (revents & (POLLOUT | POLLERR | POLLHUP))) {
		finish_connecting(o, now_ms);
		return;
	}
	if (!output_is_connected(o))
		return;
	if (revents & POLLOUT)
		output_step(o, OUTPUT_ACCEPTED);
	if (revents & (POLLIN | POLLERR | POLLHUP)) {
		result = discard_input(o);
		if (result)
			output_tcp_broke(o, result < 0 ? -result : EPIPE, now_ms);
	}
}

/* The peer gets all that was sent and then the end, not a reset. */
void output_tcp_rest(struct output *o)
{
	/* Unread data would turn the end into a reset. */
	if (output_is_connected(o) && discard_input(o) == 0)
		sys_shutdown(o->fd, SHUT_WR);
	else
		output_disconnect(o);
	forget_connection(o);
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

/* Send the frame without its first `skip` bytes, which the kernel has. */
static ssize_t bytes_out(struct output *o, struct iovec frame[2], size_t skip)
{
	struct msghdr msg = {.msg_iov = frame, .msg_iovlen = 2};

	if (skip >= frame[0].iov_len) {
		skip -= frame[0].iov_len;
		msg.msg_iov++;
		msg.msg_iovlen--;
	}
	msg.msg_iov->iov_base = (char *)msg.msg_iov->iov_base + skip;
	msg.msg_iov->iov_len -= skip;
	return sys_sendmsg(o->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/*
 * With OUTPUT_NEWLINE a message must not have a newline in it. Ours have none: the writer of
 * documents escapes control characters, and the header is printable ASCII. But anybody may have
 * written the spool's file, so it is checked.
 */
enum output_result output_tcp_send(
	struct output *o, const char *message, size_t len, int64_t now_ms)
{
	const bool octet = o->framing == OUTPUT_OCTET;
	char edge[12] = "\n";
	const struct iovec text = {(char *)(uintptr_t)message, len},
			   mark = {edge, octet ? write_length(edge, len) : 1};
	struct iovec frame[2] = {octet ? mark : text, octet ? text : mark};
	const uint32_t frame_len = (uint32_t)(mark.iov_len + len);
	ssize_t n;

	if (len > LIMIT_DATAGRAM_BYTES)
		return output_failed(o, EMSGSIZE);
	if (!octet && memchr(message, '\n', len))
		return output_failed(o, EBADMSG);
	o->settle_mark = o->sent + frame_len;
	n = bytes_out(o, frame, o->frame_sent);
	if (n < 0 && n != -EAGAIN && n != -EINTR) {
		output_tcp_broke(o, (int)-n, now_ms);
		return OUTPUT_AGAIN;
	}
	if (n > 0)
		o->frame_sent += (uint32_t)n;
	if (o->frame_sent < frame_len) { /* on TCP a full buffer is no failure */
		output_step(o, OUTPUT_FILLED);
		return OUTPUT_AGAIN;
	}
	o->sent = o->settle_mark;
	o->frame_sent = 0;
	return OUTPUT_SENT;
}

uint32_t output_tcp_settled(struct output *o)
{
	int waiting = output_is_connected(o) ? sys_outq(o->fd) : -ENOTCONN;
	const uint32_t written = o->sent + o->frame_sent;

	/* More than was written cannot wait; then nothing is known. */
	if (waiting < 0 || (uint32_t)waiting > written - o->settled)
		return o->settled;
	o->settled = written - (uint32_t)waiting;
	return o->settled;
}
