#include "netlink.h"

#include <errno.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <string.h>
#include "sys.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK 270 /* include/linux/socket.h */
#endif

/* The largest errno (include/linux/err.h). */
#define MAX_ERRNO 4095

struct message {
	uint16_t type;
	uint32_t sequence;
	const char *payload; /* in nl->buffer, aligned to 4 */
	size_t len;
};

static void receive_buffer_enlarge(int fd)
{
	int bytes = LIMIT_NETLINK_BUFFER_BYTES;

	/* FORCE goes beyond net.core.rmem_max, but needs CAP_NET_ADMIN. */
	if (sys_setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		(void)sys_setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

__attribute__((cold)) int netlink_open(struct netlink *nl, enum netlink_use use)
{
	struct sockaddr_nl self = {.nl_family = AF_NETLINK};
	int on = 1;
	int ret;

	memset(nl, 0, offsetof(struct netlink, buffer));
	nl->use = use;
	nl->fd = sys_socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_AUDIT);
	if (nl->fd < 0) {
		ret = nl->fd;
		nl->fd = -1;
		return ret;
	}
	receive_buffer_enlarge(nl->fd);
	/*
	 * A full unicast socket is congestion: kauditd retries. Without this option the socket
	 * also reports ENOBUFS, which says nothing more. Kernels before 2.6.30 lack it.
	 */
	if (use == NETLINK_USE_DATA_UNICAST)
		(void)sys_setsockopt(
			nl->fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, (socklen_t)sizeof(on));
	if (use == NETLINK_USE_DATA_MULTICAST)
		self.nl_groups = 1u << (AUDIT_NLGRP_READLOG - 1);
	ret = sys_bind(nl->fd, (const struct sockaddr *)&self, sizeof(self));
	if (ret < 0)
		netlink_close(nl);
	return ret;
}

void netlink_close(struct netlink *nl)
{
	if (nl->fd >= 0)
		(void)sys_close(nl->fd);
	nl->fd = -1;
}

__attribute__((cold)) int netlink_send(
	struct netlink *nl, uint16_t type, const void *payload, size_t len)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	struct nlmsghdr header = {0};
	struct iovec pieces[2] = {
		{.iov_base = &header, .iov_len = sizeof(header)},
		{.iov_base = (void *)(uintptr_t)payload, .iov_len = len},
	};
	struct msghdr msg = {0};
	ssize_t sent = -EINTR;

	if (len > LIMIT_NETLINK_REQUEST_BYTES)
		return -EMSGSIZE;
	if (++nl->sequence == 0) /* records have 0 */
		nl->sequence = 1;
	header.nlmsg_len = (uint32_t)(sizeof(header) + len);
	header.nlmsg_type = type;
	header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	header.nlmsg_seq = nl->sequence;
	msg.msg_name = &kernel;
	msg.msg_namelen = sizeof(kernel);
	msg.msg_iov = pieces;
	msg.msg_iovlen = len ? 2 : 1;
	for (unsigned tries = 0; sent == -EINTR && tries < LIMIT_NETLINK_RETRIES; tries++)
		sent = sys_sendmsg(nl->fd, &msg, 0);
	if (sent < 0)
		return (int)sent;
	return (size_t)sent == header.nlmsg_len ? 0 : -EIO;
}

/*
 * Use the received length. The header's is right for replies and multicast, but for unicast records
 * it is the payload's length (kernel/audit.c, audit_log_end()). With a group set it cuts off
 * padding; a length beyond what was received is ignored.
 */
static bool message_parse(
	struct netlink *nl, size_t received, uint32_t groups, struct message *message)
{
	struct nlmsghdr header;

	if (received < NLMSG_HDRLEN) {
		nl->counts.malformed++;
		return false;
	}
	memcpy(&header, nl->buffer.bytes, sizeof(header));
	if (groups != 0 && header.nlmsg_len >= NLMSG_HDRLEN && header.nlmsg_len < received)
		received = header.nlmsg_len;
	message->type = header.nlmsg_type;
	message->sequence = header.nlmsg_seq;
	message->payload = nl->buffer.bytes + NLMSG_HDRLEN;
	message->len = received - NLMSG_HDRLEN;
	return true;
}

/* One datagram: 1 with a message, 0 if it was dropped and counted, or -errno. */
static int message_receive(struct netlink *nl, struct message *message)
{
	struct sockaddr_nl from = {0};
	struct iovec piece = {.iov_base = nl->buffer.bytes, .iov_len = sizeof(nl->buffer.bytes)};
	struct msghdr msg = {0};
	ssize_t received;

	msg.msg_name = &from;
	msg.msg_namelen = sizeof(from);
	msg.msg_iov = &piece;
	msg.msg_iovlen = 1;
	received = sys_recvmsg(nl->fd, &msg, MSG_DONTWAIT);
	if (received == -ENOBUFS)
		nl->counts.overruns++;
	if (received < 0)
		return (int)received;
	/* With CAP_NET_ADMIN any process can send to our port (netlink_sendmsg() in the kernel). */
	if (msg.msg_namelen != sizeof(from) || from.nl_family != AF_NETLINK || from.nl_pid != 0) {
		if (nl->counts.foreign++ == 0)
			nl->counts.first_foreign = from.nl_pid;
		return 0;
	}
	if (msg.msg_flags & MSG_TRUNC) {
		nl->counts.truncated++;
		return 0;
	}
	return message_parse(nl, (size_t)received, from.nl_groups, message);
}

/* A count comes as an int, too (kernel/audit.c, audit_receive_msg(), AUDIT_STATUS_LOST): one of
 * 2^31 or more is no error because its sign bit is set. */
static bool ack_parse(struct netlink *nl, const struct message *message, int *result)
{
	struct nlmsgerr error;

	if (message->len < sizeof(error.error)) {
		nl->counts.malformed++;
		return false;
	}
	memcpy(&error.error, message->payload, sizeof(error.error));
	*result = error.error < -MAX_ERRNO ? INT_MAX : error.error;
	return true;
}

/* AUDIT_USER and AUDIT_LOGIN are records below the first type for user messages; the others
 * there are answers to requests. */
static bool message_is_record(uint16_t type)
{
	return type >= AUDIT_FIRST_USER_MSG || type == AUDIT_LOGIN || type == AUDIT_USER;
}

static void message_deliver(
	struct netlink *nl, const struct message *message, const struct netlink_sink *sink)
{
	int result;

	if (message->type == AUDIT_REPLACE)
		return;
	if (message_is_record(message->type)) {
		if (sink->record)
			sink->record(sink->ctx, message->type, message->payload, message->len);
	} else if (message->type == NLMSG_ERROR) {
		if (sink->ack && ack_parse(nl, message, &result))
			sink->ack(sink->ctx, message->sequence, result);
	} else if (sink->reply) {
		sink->reply(sink->ctx, message->type, message->sequence, message->payload,
			message->len);
	}
}

bool netlink_is_temporary(int error)
{
	return error == -EINTR || error == -ENOBUFS || error == -ENOMEM;
}

int netlink_receive(struct netlink *nl, unsigned max, const struct netlink_sink *sink)
{
	struct message message = {0};
	unsigned count = 0, failures = 0;
	int ret;

	while (count < max) {
		ret = message_receive(nl, &message);
		if (ret == -EAGAIN)
			break;
		if (ret < 0 && !netlink_is_temporary(ret))
			return ret;
		/* The socket reports an overrun once, then gives the datagrams that wait. */
		if (ret < 0 && ++failures == LIMIT_NETLINK_FAILURES)
			return count > 0 ? (int)count : ret;
		if (ret < 0)
			continue;
		if (ret > 0)
			message_deliver(nl, &message, sink);
		failures = 0;
		count++;
	}
	return (int)count;
}

/* ---- waiting for an answer --------------------------------------------------------------- */

struct answer {
	uint32_t sequence;
	uint16_t type; /* of the data message; 0: the ack is all */
	bool dump;     /* data messages until NLMSG_DONE */
	bool acked;
	bool complete; /* the data is */
	int result;    /* of the ack */
	void *reply;
	size_t reply_size;
	size_t reply_len;
	int (*each)(void *ctx, const void *payload, size_t len);
	void *ctx;
	int each_result;
	const struct netlink_sink *sink;
};

static void answer_take(struct netlink *nl, struct answer *a, const struct message *message)
{
	if (message->sequence != a->sequence || message_is_record(message->type)) {
		/* A late answer to a request that was given up, or a record in between. */
		if (a->sink)
			message_deliver(nl, message, a->sink);
		return;
	}
	if (message->type == NLMSG_ERROR) {
		a->acked = ack_parse(nl, message, &a->result);
	} else if (a->dump && message->type == NLMSG_DONE) {
		a->complete = true;
	} else if (message->type == a->type && a->dump) {
		if (a->each_result == 0)
			a->each_result = a->each(a->ctx, message->payload, message->len);
	} else if (message->type == a->type && !a->complete) {
		a->reply_len = message->len;
		if (message->len > 0 && a->reply_size > 0)
			memcpy(a->reply, message->payload,
				message->len < a->reply_size ? message->len : a->reply_size);
		a->complete = true;
	}
}

static bool answer_is_whole(const struct answer *a)
{
	return a->acked && (a->result < 0 || a->complete || a->type == 0);
}

/* Waits until the socket has something, but not beyond the deadline. 0 or -errno. */
static int answer_wait(struct netlink *nl, int64_t deadline_ms)
{
	struct pollfd socket = {.fd = nl->fd, .events = POLLIN};
	int64_t left_ms = deadline_ms - sys_monotonic_ms();
	int ret;

	if (left_ms <= 0)
		return -ETIMEDOUT;
	ret = sys_poll(&socket, 1, (int)left_ms);
	return ret == -EINTR || ret >= 0 ? 0 : ret;
}

__attribute__((cold)) static int answer_await(struct netlink *nl, struct answer *a)
{
	int64_t deadline_ms = sys_monotonic_ms() + LIMIT_NETLINK_WAIT_MS;
	uint64_t missed = nl->counts.overruns + nl->counts.truncated;
	struct message message = {0};
	int ret;

	if (nl->deadline_ms != 0 && nl->deadline_ms < deadline_ms)
		deadline_ms = nl->deadline_ms;
	for (unsigned reads = 0; reads < LIMIT_NETLINK_ANSWERS; reads++) {
		ret = message_receive(nl, &message);
		if (ret > 0)
			answer_take(nl, a, &message);
		if (answer_is_whole(a))
			return a->result;
		/* A listing that has lost a message is worth nothing. */
		if (a->dump && nl->counts.overruns + nl->counts.truncated != missed)
			return -ENOBUFS;
		if (ret == -EINTR || ret == -ENOBUFS)
			continue;
		if (ret == -EAGAIN)
			ret = answer_wait(nl, deadline_ms);
		if (ret < 0)
			return ret;
	}
	return -ETIMEDOUT;
}

__attribute__((cold)) int netlink_request(struct netlink *nl, uint16_t type, const void *payload,
	size_t len, const struct netlink_sink *sink)
{
	struct answer a = {.sink = sink};
	int ret;

	ret = netlink_send(nl, type, payload, len);
	if (ret < 0)
		return ret;
	a.sequence = nl->sequence;
	return answer_await(nl, &a);
}

__attribute__((cold)) int netlink_query(struct netlink *nl, uint16_t type, const void *payload,
	size_t len, void *reply, size_t size)
{
	struct answer a = {.type = type, .reply = reply, .reply_size = size};
	int ret;

	ret = netlink_send(nl, type, payload, len);
	if (ret < 0)
		return ret;
	a.sequence = nl->sequence;
	ret = answer_await(nl, &a);
	return ret < 0 ? ret : (int)a.reply_len;
}

__attribute__((cold)) int netlink_dump(struct netlink *nl, uint16_t type,
	int (*each)(void *ctx, const void *payload, size_t len), void *ctx)
{
	struct answer a = {.type = type, .dump = true, .each = each, .ctx = ctx};
	int ret;

	ret = netlink_send(nl, type, NULL, 0);
	if (ret < 0)
		return ret;
	a.sequence = nl->sequence;
	ret = answer_await(nl, &a);
	return ret < 0 ? ret : a.each_result;
}
