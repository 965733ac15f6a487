/* link: support_guarded.o fake_sys.o fake_files.o fake_sockets.o fake_audit.o support_cjson.o
 * cjson_noalloc.o */
/*
 * The input says what comes over netlink while an agent with rules runs: any bytes from anybody on
 * either socket, answers that look as if they were ours, records, overruns, errors of requests,
 * somebody else's rules; and how much time passes. After each turn the sums are right, each
 * datagram was counted once, and at the end nothing is left open.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "fake_audit.h"
#include "fake_sys.h"
#include "guard.h"
#include "audit_source.h"
#include "loop.h"
#include "support_guarded.h"
#include "config_read.h"

static struct agent *const agent = &the_agent;
static uint64_t delivered, handed; /* datagrams on the data socket; records to the agent */
static uint32_t wanted_error;	   /* of the next request */

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* ---- the agent around it, as run.c has it -------------------------------------------------- */

static void on_line(void *ctx, const char *line)
{
	(void)ctx;
	MUST(line[0] != '\0' && strlen(line) < 1024 && !strchr(line, '\n'));
}

static void on_notice(void *ctx, const char *line)
{
	on_line(ctx, line);
	agent_report_line(agent, line);
}

static void on_record(void *ctx, uint16_t type, const char *text, size_t len)
{
	(void)ctx;
	handed++;
	agent->now_ms = loop.now_ms;
	agent_record(agent, type, (struct span){text, (uint32_t)len});
	guard_record(&guard, type);
}

static int on_call(const char *call)
{
	int error = 0;

	if (strcmp(call, "audit") == 0) {
		error = (int)wanted_error;
		wanted_error = 0;
	}
	return error;
}

static void begin(void)
{
	static const char *const settings[] = {"output=null", "socket_type=unicast",
		"state_file=", "agent.id=x", "hostname=h", "watch.interval=2s"};
	const struct audit_source_hooks hooks = {.record = on_record,
		.notice = on_notice,
		.reply = guarded_reply,
		.status = guarded_status,
		.load_rules = guarded_load_rules};
	const struct guard_parts parts = {
		.agent = agent, .source = &source, .loop = &loop, .rules = true, .print = on_line};
	struct config_error e;
	struct audit_error ae;

	fake_sys_reset();
	fake_audit_start();
	/* Behind it is memory that need not be 0. */
	memset(agent, 0, offsetof(struct agent, scratch_memory));
	memset(&guard, 0, sizeof(guard));
	config_init(&agent->config);
	for (unsigned i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		MUST(config_read_setting(&agent->config, settings[i], &e));
	MUST(agent_start(agent, false, &e));
	loop_init(&loop);
	MUST(audit_source_start(&source, &agent->config, &loop, &agent->counters, &hooks, &ae) ==
		0);
	MUST(guard_start(&guard, &parts) == 0);
	fake_sys_on_call(on_call);
	delivered = handed = wanted_error = 0;
}

/* ---- what must be so ------------------------------------------------------------------------- */

static void check(void)
{
	const struct counters *c = &agent->counters;
	const struct netlink_counts *n = &source.ac.data.counts;

	MUST(c->records_received ==
		c->records_emitted + c->records_dropped_type + c->records_dropped_malformed +
			c->records_dropped_oversized + c->records_dropped_event_full +
			c->records_dropped_unread + c->records_dropped_eoe +
			reassembly_held(&agent->reassembly));
	MUST(c->events_emitted + c->reports == c->lineage_used + c->documents_dropped +
						       c->messages_sent + c->messages_dropped +
						       delivery_held(&agent->delivery));
	MUST(c->receive_overruns == n->overruns);
	MUST(c->records_received ==
		handed + n->truncated + n->malformed + c->records_dropped_unread);
	MUST(handed + n->truncated + n->malformed + n->foreign <= delivered);
	MUST(fake_audit.status.pid == 0 || fake_audit.status.pid == FAKE_SYS_PID);
}

static void turn(int wait_ms)
{
	agent_tick(agent, sys_monotonic_ms());
	guard_turn(&guard);
	MUST(loop_turn(&loop, wait_ms) == 0);
	check();
}

/* ---- the input ----------------------------------------------------------------------------------
 */

struct input {
	const uint8_t *at;
	size_t left;
};

static unsigned take(struct input *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->at++;
}

/* One byte is its length, 255: longer than any. */
static size_t take_bytes(struct input *in, char *to)
{
	size_t n = take(in), all = n;

	if (n == 255) {
		memset(to, 'x', LIMIT_RECORD_BYTES + 100);
		all = LIMIT_RECORD_BYTES - 100 + 8 * take(in) % 200;
	}
	n = n < in->left ? n : in->left;
	if (n > 0)
		memcpy(to, in->at, n);
	in->at += n;
	in->left -= n;
	return all > 254 ? all : n;
}

/* Lengths, groups and families that a sender may have. */
static void deliver(int fd, unsigned sender, const void *data, size_t len)
{
	const struct sockaddr_nl from = {
		.nl_family = sender & 1 ? AF_NETLINK : AF_UNIX,
		.nl_pid = sender & 2 ? 0 : sender,
		.nl_groups = sender & 4 ? 1 : 0,
	};

	fake_sys_deliver(fd, data, len, (const struct sockaddr *)&from,
		sender & 8 ? sizeof(from) : sender % sizeof(from));
	delivered += fd == source.ac.data.fd;
}

static void any_bytes(struct input *in, int fd)
{
	static char bytes[LIMIT_RECORD_BYTES + 200];
	const unsigned sender = take(in);
	const size_t n = take_bytes(in, bytes);

	deliver(fd, sender, bytes, n);
}

/* With a header of which the length may be wrong, and the sequence one that is awaited. */
static void message(struct input *in, int fd, uint16_t type)
{
	static char bytes[NLMSG_HDRLEN + LIMIT_RECORD_BYTES + 200];
	const unsigned which = take(in);
	const uint32_t sequences[] = {0, source.query, guard.drift.query, source.ac.registration,
		source.ac.control.sequence, source.ac.control.sequence + 1, UINT32_MAX, which};
	const size_t n = take_bytes(in, bytes + NLMSG_HDRLEN);
	const struct nlmsghdr header = {.nlmsg_len = (uint32_t)(which & 64    ? n
								: which & 128 ? which
									      : n + NLMSG_HDRLEN),
		.nlmsg_type = type,
		.nlmsg_seq = sequences[which % 8]};

	memcpy(bytes, &header, sizeof(header));
	deliver(fd, which & 32 ? 15 : 11, bytes, NLMSG_HDRLEN + n);
}

static void somebody(unsigned what)
{
	switch (what % 5) {
	case 0:
		fake_audit.rule_count = 0;
		break;
	case 1:
		fake_audit.status.pid = 0;
		fake_audit.registered_fd = -1;
		break;
	case 2:
		fake_audit.status.enabled = what / 5 % 3;
		break;
	case 3:
		fake_audit.status.lost += what;
		break;
	default:
		fake_audit.status_bytes = what % (sizeof(fake_audit.status) + 1);
		break;
	}
}

static const uint16_t types[] = {NLMSG_ERROR, NLMSG_DONE, AUDIT_GET, AUDIT_LIST_RULES,
	AUDIT_GET_FEATURE, AUDIT_REPLACE, AUDIT_CONFIG_CHANGE, AUDIT_SYSCALL, AUDIT_EOE,
	AUDIT_LOGIN, AUDIT_USER, AUDIT_USER_AVC, AUDIT_EXECVE, 1, 0, 65535};

static void happen(struct input *in)
{
	static const int errors[] = {EPERM, ENOMEM, EEXIST, EINVAL, ETIMEDOUT, ENOENT};
	const unsigned what = take(in);
	const int fd = what & 128 ? source.ac.control.fd : source.ac.data.fd;

	switch (what % 8) {
	case 0:
		any_bytes(in, fd);
		break;
	case 1:
	case 2:
		message(in, fd, types[what / 8 % 16]);
		break;
	case 3:
		fake_sys_deliver_error(fd, what & 64 ? ENOBUFS : ENOMEM);
		break;
	case 4:
		somebody(take(in));
		break;
	case 5:
		wanted_error = (uint32_t)errors[what / 8 % 6];
		break;
	default:
		turn(what & 64 ? 3000 : 0);
		turn(what & 8 ? 300 : 0);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};

	begin();
	while (in.left > 0 && !loop.stopping)
		happen(&in);
	turn(0);
	MUST(!source.failed);
	/* It may have to wait for answers, but not for ever. */
	audit_source_stop(&source, sys_monotonic_ms());
	guard_stop(&guard);
	agent_stop(agent, sys_monotonic_ms() + LIMIT_STOP_MS);
	check();
	MUST(reassembly_held(&agent->reassembly) == 0);
	MUST(fake_sys_open_count() == 0);
	fake_sys_reset();
	return 0;
}
