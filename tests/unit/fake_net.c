#include "fake_net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <cmocka.h>

#define FIRST_FD     500
#define SOCKETS	     16
#define SEND_BYTES   6000
#define UNREAD_BYTES 1000000
#define NEVER	     INT64_MAX

enum state {
	FREE,
	APART,
	CONNECTING,
	OPEN,
	DEAD
};

struct sock {
	enum state state;
	int family, type, error;
	unsigned collector, stream;
	bool ended;	   /* the collector's side */
	int64_t due_ms;	   /* connected or refused; of a datagram: the answer */
	int64_t silent_ms; /* since when, NEVER: not */
	int64_t read_ms;   /* when the program reads */
	size_t sent, unread, chatter;
	char buffer[SEND_BYTES], peer[UNREAD_BYTES];
};

struct net_collector net_collectors[3];
int64_t net_now_ms;
bool net_calm, net_lines;

static struct sock socks[SOCKETS];
static uint32_t seed;
static unsigned streams;
static void (*deliver)(unsigned collector, unsigned stream, const char *text, size_t len);

uint32_t net_dice(uint32_t sides)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % sides;
}

void net_reset(uint32_t new_seed)
{
	memset(socks, 0, sizeof(socks));
	memset(net_collectors, 0, sizeof(net_collectors));
	for (unsigned i = 1; i < 3; i++)
		net_collectors[i].bytes_per_ms = 1000;
	net_now_ms = 1000000;
	seed = new_seed;
	streams = 0;
	net_calm = net_lines = false;
}

void net_on_message(
	void (*on_message)(unsigned collector, unsigned stream, const char *text, size_t len))
{
	deliver = on_message;
}

static struct sock *at(int fd)
{
	assert_in_range(fd, FIRST_FD, FIRST_FD + SOCKETS - 1);
	assert_int_not_equal(socks[fd - FIRST_FD].state, FREE);
	return &socks[fd - FIRST_FD];
}

unsigned net_open_count(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < SOCKETS; i++)
		n += socks[i].state != FREE;
	return n;
}

/* ---- the collector's side ---------------------------------------------------------------- */

static void arrived(struct sock *s, const char *text, size_t len)
{
	net_collectors[s->collector].messages++;
	deliver(s->collector, s->stream, text, len);
}

/* RFC 6587 section 3.4.2. */
static size_t read_lines(struct sock *s)
{
	size_t done = 0;
	const char *end;

	while ((end = memchr(s->peer + done, '\n', s->unread - done)) != NULL) {
		arrived(s, s->peer + done, (size_t)(end - s->peer) - done);
		done = (size_t)(end - s->peer) + 1;
	}
	return done;
}

/* Section 3.4.1, to the letter. */
static size_t read_counted(struct sock *s)
{
	size_t done = 0;

	for (;;) {
		const char *p = s->peer + done, *end = s->peer + s->unread;
		size_t len = 0;

		if (p == end)
			break;
		assert_in_range(*p, '1', '9');
		for (; p < end && *p != ' '; p++) {
			assert_in_range(*p, '0', '9');
			len = len * 10 + (size_t)(*p - '0');
		}
		if (p == end || (size_t)(end - p - 1) < len)
			break;
		arrived(s, p + 1, len);
		done = (size_t)(p + 1 + len - s->peer);
	}
	return done;
}

static void read_frames(struct sock *s)
{
	const size_t done = net_lines ? read_lines(s) : read_counted(s);

	memmove(s->peer, s->peer + done, s->unread - done);
	s->unread -= done;
}

static void die(struct sock *s, int error)
{
	s->state = DEAD;
	s->error = error;
	s->sent = s->unread = 0;
}

static void take(struct sock *s, int64_t ms)
{
	const struct net_collector *c = &net_collectors[s->collector];
	size_t n = (size_t)ms * c->bytes_per_ms;

	if (c->state != NET_UP || s->ended) {
		if (s->silent_ms == NEVER && s->sent > 0)
			s->silent_ms = net_now_ms;
		else if (s->sent > 0 && net_now_ms - s->silent_ms >= 30000)
			die(s, ETIMEDOUT);
		return;
	}
	s->silent_ms = NEVER;
	n = n < s->sent ? n : s->sent;
	assert_true(s->unread + n <= UNREAD_BYTES);
	memcpy(s->peer + s->unread, s->buffer, n);
	memmove(s->buffer, s->buffer + n, s->sent - n);
	s->unread += n;
	s->sent -= n;
	if (n > 0 && s->read_ms == NEVER)
		s->read_ms = net_now_ms + c->reads_after_ms;
	if (net_now_ms >= s->read_ms) {
		read_frames(s);
		s->read_ms = NEVER;
	}
}

void net_advance(int64_t ms)
{
	net_now_ms += ms;
	for (unsigned i = 0; i < SOCKETS; i++) {
		struct sock *s = &socks[i];
		const struct net_collector *c = &net_collectors[s->collector];

		if (s->state == CONNECTING && net_now_ms >= s->due_ms) {
			if (c->state == NET_UP) {
				s->state = OPEN;
				s->stream = ++streams;
				net_collectors[s->collector].connections++;
			} else if (c->state != NET_SILENT) {
				die(s, c->state == NET_REFUSES ? ECONNREFUSED : EHOSTUNREACH);
			}
		} else if (s->state == OPEN && s->type == SOCK_STREAM) {
			take(s, ms);
			s->chatter += c->talks ? net_dice(2000) : 0;
		} else if (s->state == OPEN && net_now_ms >= s->due_ms) {
			s->error = ECONNREFUSED;
			s->due_ms = NEVER;
		}
	}
}

void net_break(unsigned collector, bool reset)
{
	for (unsigned i = 0; i < SOCKETS; i++) {
		struct sock *s = &socks[i];

		if (s->state != OPEN || s->type != SOCK_STREAM || s->collector != collector)
			continue;
		if (reset)
			die(s, ECONNRESET);
		s->ended = true;
		s->unread = 0;
	}
}

/* ---- ours -------------------------------------------------------------------------------- */

int sys_socket(int domain, int type, int protocol)
{
	(void)protocol;
	for (int i = 0; i < SOCKETS; i++) {
		if (socks[i].state != FREE)
			continue;
		socks[i] = (struct sock){.state = APART, .family = domain, .type = type & 0xf};
		return FIRST_FD + i;
	}
	return -EMFILE;
}

int sys_close(int fd)
{
	struct sock *s = at(fd);

	/* The kernel goes on with what it has, in order. */
	if (s->state == OPEN && s->type == SOCK_STREAM)
		for (unsigned i = 0; i < 20; i++)
			take(s, 10000);
	memset(s, 0, sizeof(*s));
	return 0;
}

static unsigned collector_of(const struct sockaddr *addr)
{
	if (addr->sa_family == AF_INET)
		return ntohl(((const struct sockaddr_in *)addr)->sin_addr.s_addr) & 3;
	if (addr->sa_family == AF_INET6)
		return ((const struct sockaddr_in6 *)addr)->sin6_addr.s6_addr[15];
	return (unsigned)(((const struct sockaddr_un *)addr)->sun_path[5] - '0');
}

static void make_new(struct sock *s)
{
	const struct sock fresh = {.state = APART,
		.family = s->family,
		.type = s->type,
		.error = s->state == OPEN && s->type == SOCK_STREAM ? ECONNRESET : 0,
		.due_ms = NEVER,
		.silent_ms = NEVER,
		.read_ms = NEVER};

	*s = fresh;
}

int sys_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct sock *s = at(fd);
	enum net_state state;

	(void)len;
	if (addr->sa_family == AF_UNSPEC) {
		make_new(s);
		return 0;
	}
	assert_int_equal(addr->sa_family, s->family);
	assert_true(s->type != SOCK_STREAM || s->state == APART); /* EISCONN, EALREADY */
	make_new(s);
	s->collector = collector_of(addr);
	assert_in_range(s->collector, 1, 2);
	state = net_collectors[s->collector].state;
	if (s->family == AF_UNIX && state != NET_UP)
		return state == NET_REFUSES ? -ECONNREFUSED : -ENOENT;
	if (state == NET_UNREACHABLE)
		return -ENETUNREACH;
	s->error = 0;
	if (s->type == SOCK_STREAM) {
		s->state = CONNECTING;
		s->due_ms = net_now_ms + net_dice(30);
		return -EINPROGRESS;
	}
	s->state = OPEN;
	return 0;
}

static int take_error(struct sock *s)
{
	int error = s->error;

	s->error = 0;
	return error;
}

ssize_t sys_sendto(
	int fd, const void *buf, size_t size, int flags, const struct sockaddr *addr, socklen_t len)
{
	struct sock *s = at(fd);
	enum net_state state = net_collectors[s->collector].state;

	assert_true(flags & MSG_NOSIGNAL);
	assert_null(addr);
	assert_int_equal(len, 0);
	assert_int_equal(s->state, OPEN);
	if (s->error)
		return -take_error(s);
	if (!net_calm && net_dice(50) == 0)
		return -(net_dice(2) ? ENOBUFS : EAGAIN);
	if (s->family == AF_UNIX && state != NET_UP)
		return -ECONNREFUSED;
	if (state == NET_UNREACHABLE)
		return -ENETUNREACH;
	if (state == NET_UP)
		arrived(s, buf, size);
	if (state == NET_REFUSES && s->due_ms == NEVER)
		s->due_ms = net_now_ms + net_dice(20);
	return (ssize_t)size;
}

ssize_t sys_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	struct sock *s = at(fd);
	size_t n = 0;

	assert_true(flags & MSG_NOSIGNAL);
	if (s->state != OPEN)
		return s->error ? -take_error(s) : -EPIPE;
	for (size_t i = 0; i < (size_t)msg->msg_iovlen; i++) {
		const char *from = msg->msg_iov[i].iov_base;

		for (size_t k = 0; k < msg->msg_iov[i].iov_len && s->sent < SEND_BYTES; k++, n++)
			s->buffer[s->sent++] = from[k];
	}
	return n > 0 ? (ssize_t)n : -EAGAIN;
}

ssize_t sys_recvfrom(
	int fd, void *buf, size_t size, int flags, struct sockaddr *addr, socklen_t *len)
{
	struct sock *s = at(fd);

	(void)addr;
	(void)len;
	assert_true(flags & MSG_DONTWAIT);
	if (s->error)
		return -take_error(s);
	if (s->state != OPEN || s->ended)
		return 0;
	if (s->chatter == 0)
		return -EAGAIN;
	size = size < s->chatter ? size : s->chatter;
	s->chatter -= size;
	memset(buf, 'x', size);
	return (ssize_t)size;
}

short net_ready(int fd, short events)
{
	const struct sock *s = at(fd);
	short ready = 0;

	if (s->state == DEAD || s->state == APART)
		ready = POLLIN | POLLOUT | POLLHUP;
	if (s->state == OPEN && (s->type != SOCK_STREAM || s->sent < SEND_BYTES * 2 / 3))
		ready |= POLLOUT;
	if (s->state == OPEN && (s->ended || s->chatter > 0))
		ready |= POLLIN;
	if (s->error)
		ready |= POLLERR;
	return ready & (events | POLLERR | POLLHUP);
}

int sys_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	int n = 0;

	/* Without an end it would be for ever. */
	assert_in_range(timeout_ms, 0, 60000);
	for (int64_t until_ms = net_now_ms + timeout_ms;; net_advance(1)) {
		for (nfds_t i = 0; i < count; i++) {
			fds[i].revents = fds[i].fd < 0 ? 0 : net_ready(fds[i].fd, fds[i].events);
			n += fds[i].revents != 0;
		}
		if (n > 0 || net_now_ms >= until_ms)
			return n;
	}
}

int sys_outq(int fd)
{
	const struct sock *s = at(fd);

	return s->state == OPEN ? (int)s->sent : 12345; /* whatever */
}

int sys_shutdown(int fd, int how)
{
	struct sock *s = at(fd);

	assert_int_equal(how, SHUT_WR);
	if (s->state == OPEN)
		for (unsigned i = 0; i < 20; i++)
			take(s, 10000);
	die(s, 0);
	return 0;
}

int sys_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	int error = take_error(at(fd));

	assert_int_equal(level, SOL_SOCKET);
	assert_int_equal(name, SO_ERROR);
	memcpy(value, &error, *len);
	return 0;
}

int sys_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	(void)level;
	(void)name;
	(void)value;
	(void)len;
	return at(fd)->type == SOCK_STREAM ? 0 : -ENOPROTOOPT;
}

int sys_clock_gettime(clockid_t clock, struct timespec *ts)
{
	assert_int_equal(clock, CLOCK_MONOTONIC);
	*ts = (struct timespec){net_now_ms / 1000, net_now_ms % 1000 * 1000000};
	return 0;
}

/* Of stdout and scopes, which have their own tests. */
int sys_fstat(int fd, struct stat *st)
{
	(void)fd;
	(void)st;
	return -EBADF;
}

int sys_open(const char *path, int flags, mode_t mode)
{
	(void)path;
	(void)flags;
	(void)mode;
	return -ENOENT;
}

ssize_t sys_write(int fd, const void *buf, size_t size)
{
	(void)fd;
	(void)buf;
	(void)size;
	return -EBADF;
}

int sys_ifindex(int fd, const char *name)
{
	(void)fd;
	(void)name;
	return -ENODEV;
}
