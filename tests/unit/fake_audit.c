#include "fake_audit.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include "fake_kernel.h"

struct fake_audit fake_audit;

void fake_audit_message(int fd, uint16_t type, uint32_t sequence, const void *payload, size_t len)
{
	char message[NLMSG_HDRLEN + FAKE_AUDIT_RULE_MAX + 4];
	struct nlmsghdr header = {.nlmsg_type = type, .nlmsg_seq = sequence};

	header.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + len);
	memcpy(message, &header, sizeof(header));
	if (len)
		memcpy(message + NLMSG_HDRLEN, payload, len);
	fake_sys_deliver(fd, message, NLMSG_HDRLEN + len, NULL, 0);
}

void fake_audit_record_to(int fd, bool multicast, uint16_t type, const void *text, size_t len)
{
	char message[NLMSG_HDRLEN + 65536];
	struct nlmsghdr header = {.nlmsg_type = type};
	struct sockaddr_nl from = {.nl_family = AF_NETLINK, .nl_groups = multicast};

	header.nlmsg_len = (uint32_t)(multicast ? NLMSG_HDRLEN + len : len);
	memcpy(message, &header, sizeof(header));
	memcpy(message + NLMSG_HDRLEN, text, len);
	fake_sys_deliver(
		fd, message, NLMSG_HDRLEN + len, (const struct sockaddr *)&from, sizeof(from));
}

void fake_audit_record(uint16_t type, const char *text)
{
	if (fake_audit.registered_fd >= 0)
		fake_audit_record_to(fake_audit.registered_fd, false, type, text, strlen(text));
}

static void answer_ack(int fd, const struct nlmsghdr *request, int error)
{
	struct nlmsgerr answer = {.error = error, .msg = *request};

	fake_audit_message(fd, NLMSG_ERROR, request->nlmsg_seq, &answer, sizeof(answer));
}

static int set_pid(int fd, uint32_t pid)
{
	struct audit_status *s = &fake_audit.status;

	if (pid && pid != (uint32_t)sys_getpid())
		return -EINVAL;
	if (s->pid && pid && !fake_audit.daemon_dead)
		return -EEXIST;
	fake_audit.daemon_dead = false;
	s->pid = pid;
	fake_audit.registered_fd = pid ? fd : -1;
	return 0;
}

/* In the order of kernel/audit.c: a bit that fails leaves the later ones undone. */
static int set_status(int fd, const struct audit_status *want)
{
	struct audit_status *s = &fake_audit.status;
	const bool locked = s->enabled == 2;
	int ret;

	if (want->mask & AUDIT_STATUS_ENABLED) {
		if (locked && want->enabled != 2)
			return -EPERM;
		s->enabled = want->enabled;
	}
	if (want->mask & AUDIT_STATUS_FAILURE) {
		if (locked)
			return -EPERM;
		s->failure = want->failure;
	}
	if (want->mask & AUDIT_STATUS_PID) {
		ret = set_pid(fd, want->pid);
		if (ret)
			return ret;
	}
	if (locked && (want->mask & ~(unsigned)(AUDIT_STATUS_PID | AUDIT_STATUS_ENABLED)))
		return -EPERM;
	if (want->mask & AUDIT_STATUS_RATE_LIMIT)
		s->rate_limit = want->rate_limit;
	if (want->mask & AUDIT_STATUS_BACKLOG_LIMIT)
		s->backlog_limit = want->backlog_limit;
	if (want->mask & AUDIT_STATUS_BACKLOG_WAIT_TIME)
		s->backlog_wait_time = want->backlog_wait_time;
	if (want->mask == AUDIT_STATUS_LOST) {
		ret = (int)s->lost;
		s->lost = 0;
		return ret;
	}
	if (want->mask == AUDIT_STATUS_BACKLOG_WAIT_TIME_ACTUAL) {
		ret = (int)s->backlog_wait_time_actual;
		s->backlog_wait_time_actual = 0;
		return ret;
	}
	return 0;
}

/* The lists come one after the other, see audit_list_rules(). */
static int add_rule(const char *rule, size_t len, bool prepend)
{
	unsigned n = fake_audit.rule_count, at = 0;
	uint32_t list, other;

	memcpy(&list, rule, sizeof(list));
	for (; at < n; at++) {
		memcpy(&other, fake_audit.rules[at].data, sizeof(other));
		if (prepend ? other >= list : other > list)
			break;
	}

	if (n == FAKE_AUDIT_RULES || len > FAKE_AUDIT_RULE_MAX)
		return -ENOMEM;
	memmove(&fake_audit.rules[at + 1], &fake_audit.rules[at],
		(n - at) * sizeof(fake_audit.rules[0]));
	fake_audit.rules[at].len = len;
	memcpy(fake_audit.rules[at].data, rule, len);
	fake_audit.rule_count++;
	return 0;
}

static int change_rules(uint16_t type, const char *payload, size_t len)
{
	_Alignas(8) char rule[FAKE_AUDIT_RULE_MAX + 1024];
	struct audit_rule_data *data = (void *)rule;
	unsigned n = fake_audit.rule_count, i;
	bool prepend;
	int error = 0;

	if (len > sizeof(rule))
		return -EINVAL;
	memset(rule, 0, sizeof(*data));
	memcpy(rule, payload, len);
	/* What is behind it is padding, see audit_data_to_entry(). */
	if (len > sizeof(*data) && data->buflen < len - sizeof(*data))
		len = sizeof(*data) + data->buflen;
	prepend = data->flags & AUDIT_FILTER_PREPEND;
	data->flags &= ~(unsigned)AUDIT_FILTER_PREPEND;
	for (i = 0; i < n; i++)
		if (fake_audit.rules[i].len == len &&
			memcmp(fake_audit.rules[i].data, rule, len) == 0)
			break;
	if (fake_audit.status.enabled == 2)
		return -EPERM;
	if (type == AUDIT_DEL_RULE) {
		if (i == n)
			return -ENOENT;
		memmove(&fake_audit.rules[i], &fake_audit.rules[i + 1],
			(n - i - 1) * sizeof(fake_audit.rules[0]));
		fake_audit.rule_count--;
		return 0;
	}
	if (fake_audit.refuse_rule)
		error = fake_audit.refuse_rule(data);
	if (error)
		return -error;
	return i < n ? -EEXIST : add_rule(rule, len, prepend);
}

static int apply(int fd, uint16_t type, const char *payload, size_t len)
{
	struct audit_status want = {0};

	if (type < 2000 && fake_audit.refuse[type])
		return -fake_audit.refuse[type];
	switch (type) {
	case AUDIT_SET:
		memcpy(&want, payload, len < sizeof(want) ? len : sizeof(want));
		return set_status(fd, &want);
	case AUDIT_SET_FEATURE:
		if (len < sizeof(fake_audit.features))
			return -EINVAL;
		memcpy(&fake_audit.features, payload, sizeof(fake_audit.features));
		return 0;
	case AUDIT_ADD_RULE:
	case AUDIT_DEL_RULE:
		return change_rules(type, payload, len);
	case AUDIT_GET:
	case AUDIT_GET_FEATURE:
	case AUDIT_LIST_RULES:
		return 0;
	default:
		return -EINVAL;
	}
}

/* Padded, as nlmsg_put() does. */
static void list_rule(int fd, uint32_t sequence, unsigned i)
{
	char padded[FAKE_AUDIT_RULE_MAX + 4] = {0};
	const size_t len = fake_audit.rules[i].len;

	memcpy(padded, fake_audit.rules[i].data, len);
	fake_audit_message(fd, AUDIT_LIST_RULES, sequence, padded, NLMSG_ALIGN(len));
}

static void answer_data(int fd, const struct nlmsghdr *request)
{
	uint32_t sequence = request->nlmsg_seq;

	for (unsigned i = 0; i < fake_audit.records_between; i++)
		fake_audit_record(AUDIT_SYSCALL, "audit(1700000000.000:1): between=yes");
	if (fake_audit.no_reply)
		return;
	if (request->nlmsg_type == AUDIT_GET) {
		fake_audit_message(
			fd, AUDIT_GET, sequence, &fake_audit.status, fake_audit.status_bytes);
	} else if (request->nlmsg_type == AUDIT_GET_FEATURE) {
		fake_audit_message(fd, AUDIT_GET_FEATURE, sequence, &fake_audit.features,
			sizeof(fake_audit.features));
	} else if (request->nlmsg_type == AUDIT_LIST_RULES) {
		for (unsigned i = 0; i < fake_audit.rule_count; i++)
			list_rule(fd, sequence, i);
		fake_audit_message(fd, NLMSG_DONE, sequence, NULL, 0);
	}
}

static void on_send(void *ctx, int fd, const void *data, size_t len)
{
	const struct fake_socket *info = fake_sys_socket_info(fd);
	struct fake_audit_request *r;
	struct nlmsghdr header;
	int error, refused;

	(void)ctx;
	if (!info || info->domain != AF_NETLINK || len < sizeof(header))
		return;
	memcpy(&header, data, sizeof(header));
	if (fake_audit.request_count < FAKE_AUDIT_REQUESTS) {
		r = &fake_audit.requests[fake_audit.request_count++];
		*r = (struct fake_audit_request){.fd = fd, .type = header.nlmsg_type};
		r->flags = header.nlmsg_flags;
		r->sequence = header.nlmsg_seq;
		r->len = header.nlmsg_len - NLMSG_HDRLEN;
		if (header.nlmsg_type == AUDIT_SET)
			memcpy(&r->status, (const char *)data + NLMSG_HDRLEN,
				r->len < sizeof(r->status) ? r->len : sizeof(r->status));
	}
	refused = fake.on_call ? fake.on_call("audit") : 0;
	if (fake_audit.silent || refused == ETIMEDOUT)
		return;
	error = refused > 0 ? -refused
			    : apply(fd, header.nlmsg_type, (const char *)data + NLMSG_HDRLEN,
				      header.nlmsg_len - NLMSG_HDRLEN);
	if (fake_audit.on_request)
		fake_audit.on_request(header.nlmsg_type);
	if (error >= 0 && fake_audit.reply_before_ack)
		answer_data(fd, &header);
	answer_ack(fd, &header, error);
	if (error >= 0 && !fake_audit.reply_before_ack)
		answer_data(fd, &header);
}

unsigned fake_audit_requests(uint16_t type)
{
	unsigned n = 0;

	for (unsigned i = 0; i < fake_audit.request_count; i++)
		n += fake_audit.requests[i].type == type;
	return n;
}

struct audit_rule_data fake_audit_rule(unsigned pid)
{
	struct audit_rule_data rule;

	memset(&rule, 0, sizeof(rule));
	rule.flags = AUDIT_FILTER_EXIT;
	rule.action = AUDIT_ALWAYS;
	rule.field_count = 1;
	rule.fields[0] = AUDIT_PID;
	rule.fieldflags[0] = AUDIT_EQUAL;
	rule.values[0] = pid;
	return rule;
}

void fake_audit_start(void)
{
	memset(&fake_audit, 0, offsetof(struct fake_audit, rules)); /* which are many */
	fake_audit.registered_fd = -1;
	fake_audit.status_bytes = sizeof(fake_audit.status);
	fake_audit.status.enabled = 1;
	fake_audit.status.failure = 1;
	fake_audit.status.backlog_limit = 64;
	fake_audit.status.backlog_wait_time = 15000;
	fake_audit.status.feature_bitmap = AUDIT_FEATURE_BITMAP_ALL;
	fake_audit.features.vers = AUDIT_FEATURE_VERSION;
	fake_sys_on_send(on_send, NULL);
}
