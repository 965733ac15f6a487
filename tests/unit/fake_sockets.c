#include "fake_kernel.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

/* ---- sockets -------------------------------------------------------------- */

int fake_sys_socket(int domain, unsigned nth)
{
	for (int i = SLOTS - 1; i >= 0; i--)
		if (fake.slots[i].kind == SOCKET && fake.slots[i].socket.domain == domain &&
			nth-- == 0)
			return FIRST_FD + i;
	return -1;
}

static struct slot *socket_of(int fd)
{
	struct slot *s = fake_slot_of(fd);

	return s && s->kind == SOCKET ? s : NULL;
}

const struct fake_socket *fake_sys_socket_info(int fd)
{
	struct slot *s = socket_of(fd);

	return s ? &s->socket : NULL;
}

const struct fake_sent *fake_sys_sent(unsigned index)
{
	return index < fake.sent_count ? &fake.sent[index] : NULL;
}

unsigned fake_sys_sent_count(void)
{
	return fake.sent_count;
}

void fake_sys_sent_clear(void)
{
	for (unsigned i = 0; i < fake.sent_count; i++)
		free((void *)(uintptr_t)fake.sent[i].data);
	fake.sent_count = 0;
}

void fake_sent_add(
	int fd, int type, const struct sockaddr *to, socklen_t to_len, const char *data, size_t len)
{
	struct fake_sent *sent;
	char *copy = malloc(len + 1);

	fake.sent = realloc(fake.sent, (fake.sent_count + 1) * sizeof(*fake.sent));
	sent = &fake.sent[fake.sent_count++];
	memset(sent, 0, sizeof(*sent));
	memcpy(copy, data, len);
	copy[len] = '\0';
	sent->fd = fd;
	sent->type = type;
	sent->data = copy;
	sent->len = len;
	if (socket_of(fd)) {
		sent->domain = socket_of(fd)->socket.domain;
		sent->connection = socket_of(fd)->socket.connections;
	}
	if (to) {
		memcpy(&sent->to, to, to_len);
		sent->to_len = to_len;
	}
	if (fake.on_send)
		fake.on_send(fake.on_send_ctx, fd, copy, len);
}

static void queue_add(
	int fd, int err, const void *data, size_t len, const struct sockaddr *from, socklen_t n)
{
	struct slot *s = socket_of(fd);
	struct datagram *d = calloc(1, sizeof(*d) + len), **end;
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

	if (!s)
		abort();
	if (!from) {
		from = (const struct sockaddr *)&kernel;
		n = sizeof(kernel);
	}
	d->err = err;
	d->len = len;
	memcpy(&d->from, from, n);
	d->from_len = n;
	if (len)
		memcpy(d->data, data, len);
	for (end = &s->queue; *end; end = &(*end)->next)
		;
	*end = d;
}

void fake_sys_deliver(
	int fd, const void *data, size_t len, const struct sockaddr *from, socklen_t from_len)
{
	queue_add(fd, 0, data, len, from, from_len);
}

void fake_sys_deliver_error(int fd, int err)
{
	queue_add(fd, err, NULL, 0, NULL, 0);
}

unsigned fake_sys_pending(int fd)
{
	struct slot *s = socket_of(fd);
	unsigned n = 0;

	for (struct datagram *d = s ? s->queue : NULL; d; d = d->next)
		n++;
	return n;
}

void fake_sys_writable(int fd, bool writable)
{
	struct slot *s = fake_slot_of(fd);

	if (s)
		s->blocked = !writable;
}

void fake_sys_refuse(int fd, int err)
{
	struct slot *s = socket_of(fd);

	if (s)
		s->refuse = err;
}

void fake_sys_on_send(void (*on_send)(void *ctx, int fd, const void *data, size_t len), void *ctx)
{
	fake.on_send = on_send;
	fake.on_send_ctx = ctx;
}

void fake_sys_unacknowledged(int fd, int bytes)
{
	struct slot *s = socket_of(fd);

	if (s)
		s->socket.unacknowledged = bytes;
}

int sys_socket(int domain, int type, int protocol)
{
	struct slot *s;
	int fd;

	FAIL("socket");
	fd = fake_slot_new(SOCKET, &s);
	if (fd < 0)
		return fd;
	s->socket.domain = domain;
	s->socket.type = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
	s->socket.protocol = protocol;
	s->socket.nonblock = type & SOCK_NONBLOCK;
	s->socket.cloexec = type & SOCK_CLOEXEC;
	return fd;
}

/* What was delivered to a listening socket is somebody who connected. */
int sys_accept(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	struct slot *s = socket_of(fd), *one;
	struct datagram *d = s ? s->queue : NULL;
	int err;

	FAIL("accept");
	(void)addr;
	(void)len;
	if (!s)
		return -EBADF;
	if (!d)
		return -EAGAIN;
	err = d->err;
	s->queue = d->next;
	free(d);
	if (err)
		return -err;
	fd = fake_slot_new(SOCKET, &one);
	if (fd < 0)
		return fd;
	one->socket = (struct fake_socket){.domain = s->socket.domain,
		.type = s->socket.type,
		.nonblock = flags & SOCK_NONBLOCK,
		.cloexec = flags & SOCK_CLOEXEC};
	return fd;
}

int sys_fchmod(int fd, mode_t mode)
{
	struct slot *s = fake_slot_of(fd);

	FAIL("fchmod");
	if (s && s->kind == REAL)
		return fchmod(s->real, mode) < 0 ? -errno : 0;
	if (s && s->kind == FILE_OPEN)
		fake.files[s->file].mode = S_IFREG | mode;
	s = socket_of(fd);
	if (!s)
		return fake_slot_of(fd) ? 0 : -EBADF;
	s->socket.mode = mode;
	return 0;
}

int sys_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct slot *s = socket_of(fd);

	FAIL("bind");
	if (!s)
		return -EBADF;
	memcpy(&s->socket.bound, addr, len);
	s->socket.bound_len = len;
	return 0;
}

int sys_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct slot *s = socket_of(fd);

	FAIL("connect");
	if (!s)
		return -EBADF;
	if (s->refuse && addr->sa_family != AF_UNSPEC)
		return -s->refuse;
	memcpy(&s->socket.peer, addr, len);
	s->socket.peer_len = len;
	s->socket.shut = false;
	s->socket.connections++;
	return 0;
}

/* There is one interface, eth0. */
int sys_ifindex(int fd, const char *name)
{
	FAIL("ifindex");
	if (!socket_of(fd))
		return -EBADF;
	return strcmp(name, "eth0") == 0 ? 2 : -ENODEV;
}

int sys_listen(int fd, int backlog)
{
	FAIL("listen");
	(void)backlog;
	return socket_of(fd) ? 0 : -EBADF;
}

int sys_outq(int fd)
{
	struct slot *s = socket_of(fd);

	FAIL("outq");
	return s ? s->socket.unacknowledged : -EBADF;
}

int sys_shutdown(int fd, int how)
{
	struct slot *s = socket_of(fd);

	FAIL("shutdown");
	if (!s)
		return -EBADF;
	s->socket.shut = how == SHUT_WR || how == SHUT_RDWR;
	return 0;
}

/* SO_ERROR is an error queued with fake_sys_deliver_error(); all else is 0. */
int sys_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	struct slot *s = socket_of(fd);
	int result = 0;

	FAIL("getsockopt");
	if (!s)
		return -EBADF;
	if (level == SOL_SOCKET && name == SO_ERROR && s->queue && s->queue->err) {
		struct datagram *d = s->queue;

		result = d->err;
		s->queue = d->next;
		free(d);
	}
	memcpy(value, &result, *len < sizeof(result) ? *len : sizeof(result));
	return 0;
}

int sys_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	struct slot *s = socket_of(fd);
	int number = 0;

	FAIL("setsockopt");
	if (!s)
		return -EBADF;
	memcpy(&number, value, len < sizeof(number) ? len : sizeof(number));
	if (level == SOL_SOCKET && (name == SO_RCVBUF || name == SO_RCVBUFFORCE))
		s->socket.receive_buffer = number;
	if (level == SOL_NETLINK && name == NETLINK_NO_ENOBUFS)
		s->socket.no_enobufs = number;
	return 0;
}

ssize_t fake_socket_receive(int fd, struct msghdr *msg, int flags)
{
	struct slot *s = socket_of(fd);
	struct datagram *d = s ? s->queue : NULL;
	struct iovec *v = msg->msg_iov;
	bool stream = s && s->socket.type == SOCK_STREAM;
	size_t n, left;

	if (!s)
		return -EBADF;
	if (!d)
		return -EAGAIN;
	left = d->len - d->taken;
	n = left < v->iov_len ? left : v->iov_len;
	if (stream)
		n = fake_shortened(n);
	if (!d->err && n)
		memcpy(v->iov_base, d->data + d->taken, n);
	msg->msg_flags = !stream && left > n ? MSG_TRUNC : 0;
	msg->msg_controllen = 0;
	if (msg->msg_name) {
		socklen_t room = msg->msg_namelen;

		memcpy(msg->msg_name, &d->from, room < d->from_len ? room : d->from_len);
		msg->msg_namelen = d->from_len;
	}
	if (flags & MSG_PEEK)
		return d->err ? -d->err : (ssize_t)n;
	left = !stream && (flags & MSG_TRUNC) ? d->len : n;
	d->taken += n;
	if (d->err)
		left = (size_t) - (ssize_t)d->err;
	if (d->err || !stream || d->taken == d->len) {
		s->queue = d->next;
		free(d);
	}
	return (ssize_t)left;
}

ssize_t sys_recvmsg(int fd, struct msghdr *msg, int flags)
{
	FAIL("recvmsg");
	return fake_socket_receive(fd, msg, flags);
}

ssize_t sys_recvfrom(
	int fd, void *buf, size_t size, int flags, struct sockaddr *addr, socklen_t *len)
{
	struct iovec v = {buf, size};
	struct msghdr msg = {.msg_name = addr, .msg_iov = &v, .msg_iovlen = 1};
	ssize_t n;

	FAIL("recvfrom");
	msg.msg_namelen = len ? *len : 0;
	n = fake_socket_receive(fd, &msg, flags);
	if (n >= 0 && len)
		*len = msg.msg_namelen;
	return n;
}

ssize_t fake_socket_send(
	int fd, const struct sockaddr *to, socklen_t to_len, const char *data, size_t len)
{
	struct slot *s = socket_of(fd);

	if (!s)
		return -EBADF;
	if (s->refuse)
		return -s->refuse;
	if (s->blocked)
		return -EAGAIN;
	if (s->socket.type == SOCK_STREAM)
		len = fake_shortened(len);
	fake_sent_add(fd, s->socket.type, to, to_len, data, len);
	return (ssize_t)len;
}

ssize_t sys_sendto(
	int fd, const void *buf, size_t size, int flags, const struct sockaddr *addr, socklen_t len)
{
	(void)flags;
	FAIL("sendto");
	return fake_socket_send(fd, addr, len, buf, size);
}

ssize_t sys_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	static char whole[1 << 20];
	size_t len = 0;

	(void)flags;
	FAIL("sendmsg");
	for (size_t i = 0; i < (size_t)msg->msg_iovlen; i++) {
		const struct iovec *v = &msg->msg_iov[i];

		if (len + v->iov_len > sizeof(whole))
			return -EMSGSIZE;
		if (v->iov_len)
			memcpy(whole + len, v->iov_base, v->iov_len);
		len += v->iov_len;
	}
	return fake_socket_send(fd, msg->msg_name, msg->msg_namelen, whole, len);
}
