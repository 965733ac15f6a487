#include "audit_source.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include "error_text.h"
#include "sys.h"
#include "text.h"

static void notice(void *ctx, const char *line)
{
	struct audit_source *l = ctx;

	if (l->hooks.notice)
		l->hooks.notice(l->hooks.ctx, line);
}

static int load_rules(void *ctx, struct netlink *control, struct audit_error *e)
{
	struct audit_source *l = ctx;

	return l->hooks.load_rules(l->hooks.ctx, control, e);
}

static struct audit_control_hooks control_hooks(struct audit_source *l)
{
	return (struct audit_control_hooks){
		.ctx = l,
		.notice = notice,
		.load_rules = l->hooks.load_rules ? load_rules : NULL,
	};
}

/* ---- records ----------------------------------------------------------------------------- */

static void data_record(void *ctx, uint16_t type, const char *text, size_t len)
{
	struct audit_source *l = ctx;

	l->hooks.record(l->hooks.ctx, type, text, len);
}

/* The answer to audit_control_register(). */
static void data_ack(void *ctx, uint32_t sequence, int result)
{
	struct audit_source *l = ctx;
	struct audit_error e;

	if (sequence != l->ac.registration)
		return;
	l->ac.registration = 0;
	if (result >= 0) {
		l->last_pid = l->ac.pid;
		notice(l, "registered with the kernel again, which had forgotten us");
	} else if (result != -EEXIST) { /* that one the next check explains */
		audit_explain(&e, result, AUDIT_NEED_CONTROL, "register as the audit daemon again");
		notice(l, e.text);
	}
}

static struct netlink_sink data_sink(struct audit_source *l)
{
	return (struct netlink_sink){.record = data_record, .ack = data_ack, .ctx = l};
}

/* Only who has CAP_NET_ADMIN can send to another's port (net/netlink/af_netlink.c,
 * netlink_sendmsg()), and nobody has reason to. A port id is mostly its owner's process id. */
__attribute__((cold)) static void tell_foreign(
	struct audit_source *l, const struct netlink_counts *counts)
{
	char command[32], line[160];

	(void)audit_explain_command(counts->first_foreign, command, sizeof(command));
	text_format(line, sizeof(line),
		"somebody sends to the audit sockets: port %u, as a process id that is %s; it is "
		"dropped, and counted",
		counts->first_foreign, command);
	notice(l, line);
}

static void count_foreign(struct audit_source *l)
{
	const struct netlink_counts *data = &l->ac.data.counts, *control = &l->ac.control.counts;
	const bool is_known = l->counters->datagrams_foreign > 0;

	l->counters->datagrams_foreign = data->foreign + control->foreign;
	if (!is_known && l->counters->datagrams_foreign > 0)
		tell_foreign(l, data->foreign ? data : control);
}

/* What the socket dropped becomes part of the sums. */
static void count(struct audit_source *l)
{
	const struct netlink_counts *now = &l->ac.data.counts;
	uint64_t truncated = now->truncated - l->seen.truncated;
	uint64_t malformed = now->malformed - l->seen.malformed;

	l->counters->receive_overruns += now->overruns - l->seen.overruns;
	l->counters->records_received += truncated + malformed;
	l->counters->record_class_other += truncated + malformed;
	l->counters->records_dropped_oversized += truncated;
	l->counters->records_dropped_malformed += malformed;
	l->seen = *now;
	count_foreign(l);
}

/* The number of datagrams read, or -errno. */
static int read_records(struct audit_source *l)
{
	const struct netlink_sink sink = data_sink(l);
	int ret = netlink_receive(&l->ac.data, l->most, &sink);

	if (ret > 0)
		l->datagrams += (unsigned)ret;
	count(l);
	return ret;
}

static void source_failed(struct audit_source *l, int *source, int error, const char *which)
{
	char line[128];

	text_format(line, sizeof(line), "the audit %s socket cannot be read: %s", which,
		error_text(error));
	notice(l, line);
	loop_remove(l->loop, *source);
	*source = -1;
}

/* More than half of the kernel's queue in one go: something may have been lost. */
__attribute__((cold)) static void look_for_loss(struct audit_source *l, unsigned count)
{
	const uint32_t before = l->run;

	l->run = count < l->most ? 0 : before + count;
	if (l->run > l->half)
		l->run = l->half;
	if (l->half > 0 && (l->run == l->half) != (before == l->half))
		audit_source_check(l);
}

void audit_source_hold(struct audit_source *l, int64_t ms)
{
	l->most = ms > 0 ? LIMIT_HELD_RECORDS : LIMIT_RECORDS_PER_TURN;
	if (ms > 0)
		loop_pause(l->loop, l->data_source, ms);
}

static void data_readable(void *ctx, short revents)
{
	struct audit_source *l = ctx;
	int ret = read_records(l);

	(void)revents;
	if (ret >= 0) {
		look_for_loss(l, (unsigned)ret);
		return;
	}
	if (netlink_passes(ret)) {
		loop_pause(l->loop, l->data_source, LIMIT_NETLINK_PAUSE_MS);
		return;
	}
	/* No error that is left can happen to a healthy socket: let the supervisor restart us. */
	source_failed(l, &l->data_source, ret, "data");
	l->failed = true;
	loop_stop(l->loop);
}

/* ---- the kernel's status, now and then --------------------------------------------------- */

/*
 * The kernel notices that a daemon has gone only when it next sends to it (kernel/audit.c,
 * kauditd_send_queue()): till then, a dead process's pid stands there. Asking for the
 * registration makes it find out (audit_replace()), and is refused where somebody lives.
 */
static void check_registration(struct audit_source *l, uint32_t pid)
{
	char command[32], line[160];

	if (l->ac.multicast || pid == l->ac.pid) {
		l->last_pid = pid;
		return;
	}
	if (pid == 0 || !audit_explain_command(pid, command, sizeof(command))) {
		notice(l, "the kernel no longer has us as its audit daemon; registering again");
		if (audit_control_register(&l->ac) < 0)
			notice(l, "the registration could not be sent; the next check tries again");
	} else if (pid != l->last_pid) {
		text_format(line, sizeof(line),
			"another process is the kernel's audit daemon now: pid %u (%s); the "
			"records go "
			"there until it ends",
			pid, command);
		notice(l, line);
	}
	l->last_pid = pid;
}

static void status_seen(struct audit_source *l, const struct audit_control_status *status)
{
	uint32_t lost = audit_control_since(status->values.lost, l->last_lost);

	l->last_lost = status->values.lost;
	l->half = status->values.backlog_limit / 2;
	if (l->hooks.status)
		l->hooks.status(l->hooks.ctx, status, lost);
}

static void control_reply(
	void *ctx, uint16_t type, uint32_t sequence, const void *payload, size_t len)
{
	struct audit_control_status status;
	struct audit_source *l = ctx;

	if (type != AUDIT_GET || sequence != l->query) {
		if (l->hooks.reply)
			l->hooks.reply(l->hooks.ctx, type, sequence, payload, len);
		return;
	}
	l->query = 0;
	if (audit_control_parse(&status, payload, len) < 0)
		return;
	if (status.values.enabled == 2)
		l->ac.locked = true;
	status_seen(l, &status);
	if (l->half > 0 && status.values.backlog > l->half)
		l->run = l->half; /* to be asked again when it has been read */
	check_registration(l, status.values.pid);
}

/* An ack of 0 says nothing: the status follows, or came before. */
static void control_ack(void *ctx, uint32_t sequence, int result)
{
	struct audit_source *l = ctx;
	struct audit_error e;

	if (sequence != l->query || result >= 0)
		return;
	l->query = 0;
	if (result != -EPERM) { /* a shortage passes: the next check asks again */
		l->unanswered++;
		return;
	}
	l->blind = true;
	loop_timer_set(l->loop, l->timer, LOOP_NEVER);
	audit_explain(&e, result, AUDIT_NEED_CONTROL, "watch the audit status");
	notice(l, e.text);
}

static int read_answers(struct audit_source *l)
{
	const struct netlink_sink sink = {.ack = control_ack, .reply = control_reply, .ctx = l};
	const int ret = netlink_receive(&l->ac.control, LIMIT_RECORDS_PER_TURN, &sink);

	count_foreign(l);
	return ret;
}

static void control_readable(void *ctx, short revents)
{
	struct audit_source *l = ctx;
	int ret = read_answers(l);

	(void)revents;
	if (netlink_passes(ret))
		loop_pause(l->loop, l->control_source, LIMIT_NETLINK_PAUSE_MS);
	else if (ret < 0)
		source_failed(l, &l->control_source, ret, "control");
}

static void check_status(void *ctx)
{
	struct audit_source *l = ctx;

	if (l->query != 0)
		l->unanswered++;
	l->query =
		netlink_send(&l->ac.control, AUDIT_GET, NULL, 0) < 0 ? 0 : l->ac.control.sequence;
}

void audit_source_check(struct audit_source *l)
{
	if (!l->blind && l->query == 0)
		check_status(l);
}

/* ---- start and stop ---------------------------------------------------------------------- */

static void leave_loop(struct audit_source *l)
{
	loop_remove(l->loop, l->data_source);
	loop_remove(l->loop, l->control_source);
	loop_timer_remove(l->loop, l->timer);
	l->data_source = l->control_source = l->timer = -1;
}

static int join_loop(struct audit_source *l)
{
	l->data_source = loop_add(l->loop, l->ac.data.fd, POLLIN, data_readable, l);
	l->control_source = loop_add(l->loop, l->ac.control.fd, POLLIN, control_readable, l);
	l->timer = loop_timer_add(
		l->loop, LIMIT_STATUS_CHECK_MS, LIMIT_STATUS_CHECK_MS, check_status, l);
	if (l->data_source >= 0 && l->control_source >= 0 && l->timer >= 0)
		return 0;
	leave_loop(l);
	return -ENOSPC;
}

int audit_source_start(struct audit_source *l, const struct config *c, struct loop *loop,
	struct counters *counters, const struct audit_source_hooks *hooks, struct audit_error *e)
{
	struct audit_control_hooks ac_hooks;
	struct netlink_sink sink;
	int ret;

	memset(l, 0, sizeof(*l));
	l->hooks = *hooks;
	l->most = LIMIT_RECORDS_PER_TURN;
	l->half = c->backlog_limit / 2;
	l->loop = loop;
	l->counters = counters;
	l->data_source = l->control_source = l->timer = -1;
	ac_hooks = control_hooks(l);
	sink = data_sink(l);
	ret = audit_control_start(&l->ac, c, &ac_hooks, &sink, e);
	if (ret < 0)
		return ret;
	ret = join_loop(l);
	if (ret < 0) {
		text_format(e->text, sizeof(e->text), "the loop's tables are full");
		audit_control_stop(&l->ac, &ac_hooks);
		return ret;
	}
	l->last_lost = l->ac.before.values.lost;
	l->last_pid = l->ac.multicast ? l->ac.before.values.pid : l->ac.pid;
	count(l);
	return 0;
}

/* Read until neither the socket nor the kernel's own queue holds a record: what happened before
 * the signal is told. Bounded, since others may go on making records. */
static void drain(struct audit_source *l, int64_t deadline_ms)
{
	struct audit_control_status status;
	int got;

	do {
		struct pollfd p = {.fd = l->ac.data.fd, .events = POLLIN};

		got = l->failed ? 0 : read_records(l);
		if (got == (int)LIMIT_RECORDS_PER_TURN)
			continue;
		/* A kernel that owes us an answer gets no more questions: we would wait for it. */
		(void)read_answers(l);
		if (l->query != 0 || audit_control_get(&l->ac.control, &status) != 0)
			return;
		status_seen(l, &status);
		/* What cannot be read is not waited for. */
		if (l->failed || (got < 0 && !netlink_passes(got)) ||
			(got == 0 && status.values.backlog == 0))
			return;
		/* What can be read, but for a shortage, would end the wait at once. */
		(void)sys_poll(&p, got < 0 ? 0 : 1, LIMIT_STOP_DRAIN_PAUSE_MS);
	} while (sys_monotonic_ms() < deadline_ms);
}

static void unread_record(void *ctx, uint16_t type, const char *text, size_t len)
{
	struct audit_source *l = ctx;

	(void)type;
	(void)text;
	(void)len;
	l->counters->records_received++;
	l->counters->record_class_other++;
	l->counters->records_dropped_unread++;
}

/* There is no time to make documents of them: count what would be lost with the socket. Nobody
 * adds to it any more. */
static void count_unread(struct audit_source *l, int64_t deadline_ms)
{
	const struct netlink_sink sink = {.record = unread_record, .ctx = l};

	while (netlink_receive(&l->ac.data, LIMIT_RECORDS_PER_TURN, &sink) > 0 &&
		sys_monotonic_ms() < deadline_ms)
		count(l);
	count(l);
}

/* What has reached the socket is ours to tell, what has not is the next daemon's: closing with
 * something in it would lose that. */
static void unregister(struct audit_source *l, int64_t deadline_ms, int64_t last_ms)
{
	struct pollfd p = {.fd = l->ac.data.fd, .events = POLLIN};

	if (l->failed || l->ac.multicast)
		return;
	audit_control_unregister(&l->ac);
	while (sys_poll(&p, 1, LIMIT_STOP_LAST_PAUSE_MS) > 0 && read_records(l) > 0)
		if (sys_monotonic_ms() >= deadline_ms) {
			notice(l, "there was no time to read all that the kernel had sent: those "
				  "records are lost");
			count_unread(l, last_ms);
			return;
		}
}

/* What the kernel lost until now. */
static void last_status(struct audit_source *l)
{
	struct audit_control_status status;

	(void)read_answers(l);
	if (l->query == 0 && audit_control_get(&l->ac.control, &status) == 0)
		status_seen(l, &status);
}

void audit_source_stop(struct audit_source *l, int64_t now_ms)
{
	const struct audit_control_hooks ac_hooks = control_hooks(l);

	leave_loop(l);
	l->most = LIMIT_RECORDS_PER_TURN;
	l->ac.control.deadline_ms = now_ms + LIMIT_STOP_DRAIN_MS;
	(void)read_answers(l);
	if (l->query == 0)
		audit_control_switch_off(&l->ac);
	drain(l, now_ms + LIMIT_STOP_DRAIN_MS);
	l->ac.control.deadline_ms = now_ms + LIMIT_STOP_RESTORE_MS;
	unregister(l, now_ms + LIMIT_STOP_READ_MS, now_ms + LIMIT_STOP_RESTORE_MS);
	last_status(l);
	if (l->hooks.unload_self && !l->ac.multicast && !l->ac.locked)
		l->hooks.unload_self(l->hooks.ctx, &l->ac.control);
	audit_control_stop(&l->ac, &ac_hooks);
}
