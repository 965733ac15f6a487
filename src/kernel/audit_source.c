#include "audit_source.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include "error_text.h"
#include "sys.h"
#include "text.h"

static void notice(void *ctx, const char *line)
{
	struct audit_source *s = ctx;

	if (s->hooks.notice)
		s->hooks.notice(s->hooks.ctx, line);
}

static int load_rules(void *ctx, struct netlink *control, struct audit_error *e)
{
	struct audit_source *s = ctx;

	return s->hooks.load_rules(s->hooks.ctx, control, e);
}

static struct audit_control_hooks control_hooks(struct audit_source *s)
{
	return (struct audit_control_hooks){
		.ctx = s,
		.notice = notice,
		.load_rules = s->hooks.load_rules ? load_rules : NULL,
	};
}

/* ---- records ----------------------------------------------------------------------------- */

static void data_record(void *ctx, uint16_t type, const char *text, size_t len)
{
	struct audit_source *s = ctx;

	s->hooks.record(s->hooks.ctx, type, text, len);
}

/* The answer to audit_control_register(). */
static void data_ack(void *ctx, uint32_t sequence, int result)
{
	struct audit_source *s = ctx;
	struct audit_error e;

	if (sequence != s->ac.registration)
		return;
	s->ac.registration = 0;
	if (result >= 0) {
		s->registered_pid = s->ac.pid;
		notice(s, "registered with the kernel again");
	} else if (result != -EEXIST) { /* another daemon: the next check reports it */
		audit_explain(&e, result, AUDIT_NEED_CONTROL, "register as the audit daemon again");
		notice(s, e.text);
	}
}

static struct netlink_sink data_sink(struct audit_source *s)
{
	return (struct netlink_sink){.record = data_record, .ack = data_ack, .ctx = s};
}

/* Only who has CAP_NET_ADMIN can send to another's port (net/netlink/af_netlink.c,
 * netlink_sendmsg()), and nobody has reason to. A port id is mostly its owner's process id. */
__attribute__((cold)) static void report_foreign(
	struct audit_source *s, const struct netlink_counts *counts)
{
	char command[32], line[160];

	(void)audit_explain_command(counts->first_foreign, command, sizeof(command));
	text_format(line, sizeof(line),
		"datagrams on the audit sockets that are not the kernel's are dropped: port %u "
		"(process %s)",
		counts->first_foreign, command);
	notice(s, line);
}

static void count_foreign(struct audit_source *s)
{
	const struct netlink_counts *data = &s->ac.data.counts, *control = &s->ac.control.counts;
	const bool is_known = s->counters->datagrams_foreign > 0;

	s->counters->datagrams_foreign = data->foreign + control->foreign;
	if (!is_known && s->counters->datagrams_foreign > 0)
		report_foreign(s, data->foreign ? data : control);
}

/* What the socket dropped becomes part of the sums. */
static void count(struct audit_source *s)
{
	const struct netlink_counts *now = &s->ac.data.counts;
	uint64_t truncated = now->truncated - s->counted.truncated;
	uint64_t malformed = now->malformed - s->counted.malformed;

	s->counters->receive_overruns += now->overruns - s->counted.overruns;
	s->counters->records_received += truncated + malformed;
	s->counters->record_class_other += truncated + malformed;
	s->counters->records_dropped_oversized += truncated;
	s->counters->records_dropped_malformed += malformed;
	s->counted = *now;
	count_foreign(s);
}

/* The number of datagrams read, or -errno. */
static int read_records(struct audit_source *s)
{
	const struct netlink_sink sink = data_sink(s);
	int ret = netlink_receive(&s->ac.data, s->max_records, &sink);

	if (ret > 0)
		s->datagrams += (unsigned)ret;
	count(s);
	return ret;
}

static void source_failed(struct audit_source *s, int *source, int error, const char *which)
{
	char line[128];

	text_format(line, sizeof(line), "the audit %s socket cannot be read: %s", which,
		error_text(error));
	notice(s, line);
	loop_remove(s->loop, *source);
	*source = -1;
}

/* After more than half of the kernel's queue at once, records may have been lost. */
__attribute__((cold)) static void check_status_after_burst(struct audit_source *s, unsigned count)
{
	const uint32_t before = s->burst;

	s->burst = count < s->max_records ? 0 : before + count;
	if (s->burst > s->half_backlog)
		s->burst = s->half_backlog;
	if (s->half_backlog > 0 && (s->burst == s->half_backlog) != (before == s->half_backlog))
		audit_source_check(s);
}

void audit_source_hold(struct audit_source *s, int64_t ms)
{
	s->max_records = ms > 0 ? LIMIT_HELD_RECORDS : LIMIT_RECORDS_PER_TURN;
	if (ms > 0)
		loop_pause(s->loop, s->data_source, ms);
}

static void data_readable(void *ctx, short revents)
{
	struct audit_source *s = ctx;
	int ret = read_records(s);

	(void)revents;
	if (ret >= 0) {
		check_status_after_burst(s, (unsigned)ret);
		return;
	}
	if (netlink_is_temporary(ret)) {
		loop_pause(s->loop, s->data_source, LIMIT_NETLINK_PAUSE_MS);
		return;
	}
	/* Any other error means that the socket is broken: let the supervisor restart us. */
	source_failed(s, &s->data_source, ret, "data");
	s->failed = true;
	loop_stop(s->loop);
}

/* ---- the kernel's status, now and then --------------------------------------------------- */

/*
 * The kernel notices only when it next sends that a daemon is gone (kernel/audit.c,
 * kauditd_send_queue()). Until then its status has the pid of a dead process. If we ask for the
 * registration, the kernel checks (audit_replace()), and refuses us only if that daemon lives.
 */
static void check_registration(struct audit_source *s, uint32_t pid)
{
	char command[32], line[160];

	if (s->ac.multicast || pid == s->ac.pid) {
		s->registered_pid = pid;
		return;
	}
	if (pid == 0 || !audit_explain_command(pid, command, sizeof(command))) {
		notice(s, "the kernel no longer has us as its audit daemon; registering again");
		if (audit_control_register(&s->ac) < 0)
			notice(s, "the registration could not be sent; the next check tries again");
	} else if (pid != s->registered_pid) {
		text_format(line, sizeof(line),
			"another process is the kernel's audit daemon now: pid %u (%s); the "
			"records go "
			"there until it ends",
			pid, command);
		notice(s, line);
	}
	s->registered_pid = pid;
}

static void take_status(struct audit_source *s, const struct audit_control_status *status)
{
	uint32_t lost = audit_control_increase(status->values.lost, s->last_lost);

	s->last_lost = status->values.lost;
	s->half_backlog = status->values.backlog_limit / 2;
	if (s->hooks.status)
		s->hooks.status(s->hooks.ctx, status, lost);
}

static void control_reply(
	void *ctx, uint16_t type, uint32_t sequence, const void *payload, size_t len)
{
	struct audit_control_status status;
	struct audit_source *s = ctx;

	if (type != AUDIT_GET || sequence != s->query) {
		if (s->hooks.reply)
			s->hooks.reply(s->hooks.ctx, type, sequence, payload, len);
		return;
	}
	s->query = 0;
	if (audit_control_parse(&status, payload, len) < 0)
		return;
	if (status.values.enabled == 2)
		s->ac.locked = true;
	take_status(s, &status);
	if (s->half_backlog > 0 && status.values.backlog > s->half_backlog)
		s->burst = s->half_backlog; /* check again when the queue has been read */
	check_registration(s, status.values.pid);
}

/* An ack of 0 needs no action: the status comes in a reply of its own. */
static void control_ack(void *ctx, uint32_t sequence, int result)
{
	struct audit_source *s = ctx;
	struct audit_error e;

	if (sequence != s->query || result >= 0)
		return;
	s->query = 0;
	if (result != -EPERM) { /* a shortage passes: the next check asks again */
		s->unanswered++;
		return;
	}
	s->status_refused = true;
	loop_timer_set(s->loop, s->timer, LOOP_NEVER);
	audit_explain(&e, result, AUDIT_NEED_CONTROL, "watch the audit status");
	notice(s, e.text);
}

static int read_answers(struct audit_source *s)
{
	const struct netlink_sink sink = {.ack = control_ack, .reply = control_reply, .ctx = s};
	const int ret = netlink_receive(&s->ac.control, LIMIT_RECORDS_PER_TURN, &sink);

	count_foreign(s);
	return ret;
}

static void control_readable(void *ctx, short revents)
{
	struct audit_source *s = ctx;
	int ret = read_answers(s);

	(void)revents;
	if (netlink_is_temporary(ret))
		loop_pause(s->loop, s->control_source, LIMIT_NETLINK_PAUSE_MS);
	else if (ret < 0)
		source_failed(s, &s->control_source, ret, "control");
}

static void check_status(void *ctx)
{
	struct audit_source *s = ctx;

	if (s->query != 0)
		s->unanswered++;
	s->query =
		netlink_send(&s->ac.control, AUDIT_GET, NULL, 0) < 0 ? 0 : s->ac.control.sequence;
}

void audit_source_check(struct audit_source *s)
{
	if (!s->status_refused && s->query == 0)
		check_status(s);
}

/* ---- start and stop ---------------------------------------------------------------------- */

static void leave_loop(struct audit_source *s)
{
	loop_remove(s->loop, s->data_source);
	loop_remove(s->loop, s->control_source);
	loop_timer_remove(s->loop, s->timer);
	s->data_source = s->control_source = s->timer = -1;
}

static int join_loop(struct audit_source *s)
{
	s->data_source = loop_add(s->loop, s->ac.data.fd, POLLIN, data_readable, s);
	s->control_source = loop_add(s->loop, s->ac.control.fd, POLLIN, control_readable, s);
	s->timer = loop_timer_add(
		s->loop, LIMIT_STATUS_CHECK_MS, LIMIT_STATUS_CHECK_MS, check_status, s);
	if (s->data_source >= 0 && s->control_source >= 0 && s->timer >= 0)
		return 0;
	leave_loop(s);
	return -ENOSPC;
}

int audit_source_start(struct audit_source *s, const struct config *c, struct loop *loop,
	struct counters *counters, const struct audit_source_hooks *hooks, struct audit_error *e)
{
	struct audit_control_hooks ac_hooks;
	struct netlink_sink sink;
	int ret;

	memset(s, 0, sizeof(*s));
	s->hooks = *hooks;
	s->max_records = LIMIT_RECORDS_PER_TURN;
	s->half_backlog = c->backlog_limit / 2;
	s->loop = loop;
	s->counters = counters;
	s->data_source = s->control_source = s->timer = -1;
	ac_hooks = control_hooks(s);
	sink = data_sink(s);
	ret = audit_control_start(&s->ac, c, &ac_hooks, &sink, e);
	if (ret < 0)
		return ret;
	ret = join_loop(s);
	if (ret < 0) {
		text_format(e->text, sizeof(e->text), "the loop's tables are full");
		audit_control_stop(&s->ac, &ac_hooks);
		return ret;
	}
	s->last_lost = s->ac.before.values.lost;
	s->registered_pid = s->ac.multicast ? s->ac.before.values.pid : s->ac.pid;
	count(s);
	return 0;
}

/* Read until neither the socket nor the kernel's queue holds a record: events from before the
 * signal must be reported. Bounded, since new records may keep coming. */
static void drain(struct audit_source *s, int64_t deadline_ms)
{
	struct audit_control_status status;
	int got;

	do {
		struct pollfd p = {.fd = s->ac.data.fd, .events = POLLIN};

		got = s->failed ? 0 : read_records(s);
		if (got == (int)LIMIT_RECORDS_PER_TURN)
			continue;
		/* Do not ask again while an answer is due: we would have to wait for it. */
		(void)read_answers(s);
		if (s->query != 0 || audit_control_get(&s->ac.control, &status) != 0)
			return;
		take_status(s, &status);
		/* Do not wait for records that cannot be read. */
		if (s->failed || (got < 0 && !netlink_is_temporary(got)) ||
			(got == 0 && status.values.backlog == 0))
			return;
		/* After a shortage the socket is still readable, and poll() would not pause. */
		(void)sys_poll(&p, got < 0 ? 0 : 1, LIMIT_STOP_DRAIN_PAUSE_MS);
	} while (sys_monotonic_ms() < deadline_ms);
}

static void unread_record(void *ctx, uint16_t type, const char *text, size_t len)
{
	struct audit_source *s = ctx;

	(void)type;
	(void)text;
	(void)len;
	s->counters->records_received++;
	s->counters->record_class_other++;
	s->counters->records_dropped_unread++;
}

/* There is no time to make documents: count the records that are lost with the socket. We are
 * unregistered, so no more are added. */
static void count_unread(struct audit_source *s, int64_t deadline_ms)
{
	const struct netlink_sink sink = {.record = unread_record, .ctx = s};

	while (netlink_receive(&s->ac.data, LIMIT_RECORDS_PER_TURN, &sink) > 0 &&
		sys_monotonic_ms() < deadline_ms)
		count(s);
	count(s);
}

/* Unregister before closing, then read on: closing a socket with records in it would lose them.
 * Records that have not reached it stay for the next daemon. */
static void unregister(struct audit_source *s, int64_t deadline_ms, int64_t last_ms)
{
	struct pollfd p = {.fd = s->ac.data.fd, .events = POLLIN};

	if (s->failed || s->ac.multicast)
		return;
	audit_control_unregister(&s->ac);
	while (sys_poll(&p, 1, LIMIT_STOP_LAST_PAUSE_MS) > 0 && read_records(s) > 0)
		if (sys_monotonic_ms() >= deadline_ms) {
			notice(s, "there was no time to read all that the kernel had sent: those "
				  "records are lost");
			count_unread(s, last_ms);
			return;
		}
}

/* For the final count of what the kernel lost. */
static void last_status(struct audit_source *s)
{
	struct audit_control_status status;

	(void)read_answers(s);
	if (s->query == 0 && audit_control_get(&s->ac.control, &status) == 0)
		take_status(s, &status);
}

void audit_source_stop(struct audit_source *s, int64_t now_ms)
{
	const struct audit_control_hooks ac_hooks = control_hooks(s);

	leave_loop(s);
	s->max_records = LIMIT_RECORDS_PER_TURN;
	s->ac.control.deadline_ms = now_ms + LIMIT_STOP_DRAIN_MS;
	(void)read_answers(s);
	if (s->query == 0)
		audit_control_switch_off(&s->ac);
	drain(s, now_ms + LIMIT_STOP_DRAIN_MS);
	s->ac.control.deadline_ms = now_ms + LIMIT_STOP_RESTORE_MS;
	unregister(s, now_ms + LIMIT_STOP_READ_MS, now_ms + LIMIT_STOP_RESTORE_MS);
	last_status(s);
	if (s->hooks.unload_self && !s->ac.multicast && !s->ac.locked)
		s->hooks.unload_self(s->hooks.ctx, &s->ac.control);
	audit_control_stop(&s->ac, &ac_hooks);
}
