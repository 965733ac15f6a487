#include "agent.h"

#include <poll.h>
#include <errno.h>
#include <stdio.h>
#include <sys/timex.h>

#include "json.h"
#include "normalize.h"
#include "shrink.h"
#include "sys.h"

/* How often the kernel is asked whether the clock is synchronised. */
#define CLOCK_CHECK_MS 60000

/* At least; a kernel with larger pages gives back less. */
#define PAGE_BYTES 65536u

struct agent the_agent;

_Static_assert(sizeof(the_agent) < 10 * 1024 * 1024, "most of it is never touched");

/* ---- sending --------------------------------------------------------------------------- */

/* Keep a message until the output is back. The oldest ones give way, and are counted. */
static void hold(struct agent *a, struct span message)
{
	uint64_t before = a->spool.dropped;

	spool_push(&a->spool, message);
	a->counters.messages_dropped += a->spool.dropped - before;
}

/* What the output counted itself. */
static void count_errors(struct agent *a)
{
	a->counters.send_errors = a->output.errors;
	a->counters.messages_lost = a->output.lost;
}

/* Until the output may take more. false: there is no patience left. */
static bool wait_for_output(struct agent *a)
{
	struct pollfd p = {.fd = -1, .events = POLLOUT};
	int64_t before_ms = a->now_ms, wait_ms = a->patience_ms;
	uint32_t delay_ms;
	int fd;

	if (wait_ms <= 0)
		return false;
	if (output_wait(&a->output, a->now_ms, &fd, &delay_ms))
		p.fd = fd;
	else if (delay_ms < wait_ms)
		wait_ms = delay_ms;
	sys_poll(&p, 1, (int)wait_ms);
	a->now_ms = sys_monotonic_ms();
	/* It ends also if poll() keeps saying that the output takes more and it never does. */
	a->patience_ms -= a->now_ms > before_ms ? a->now_ms - before_ms : 1;
	return true;
}

static enum output_result try_send(struct agent *a, struct span message)
{
	enum output_result result;

	do
		result = output_send(&a->output, message.at, message.len, a->now_ms);
	while (result == OUTPUT_AGAIN && a->offline && wait_for_output(a));
	if (result == OUTPUT_SENT)
		a->patience_ms = AGENT_PATIENCE_MS;
	return result;
}

static void send_message(struct agent *a, struct span message)
{
	if (a->spool.count > 0) { /* in order: what waits goes first */
		hold(a, message);
		return;
	}
	switch (try_send(a, message)) {
	case OUTPUT_SENT:
		a->counters.messages_sent++;
		break;
	case OUTPUT_AGAIN:
		hold(a, message);
		break;
	case OUTPUT_FAILED:
		a->counters.messages_dropped++;
		break;
	}
	count_errors(a);
}

void agent_drain(struct agent *a)
{
	while (a->spool.count > 0) {
		struct span message = spool_peek(&a->spool);
		enum output_result result = try_send(a, message);

		if (result == OUTPUT_AGAIN)
			break;
		if (result == OUTPUT_SENT)
			a->counters.messages_sent++;
		else
			a->counters.messages_dropped++;
		spool_pop(&a->spool);
	}
	output_flush(&a->output, a->now_ms);
	count_errors(a);
}

/* ---- one event ------------------------------------------------------------------------- */

/* How long a message may be, without its header. stdout has no budget but the buffer. */
static size_t document_budget(const struct agent *a, size_t header_len)
{
	size_t budget = output_max_bytes(&a->output);

	if (a->output.address.kind == OUTPUT_UDP || a->output.address.kind == OUTPUT_UNIX)
		budget = a->config.max_datagram_bytes < budget ? a->config.max_datagram_bytes
							       : budget;
	return budget > header_len ? budget - header_len : 0;
}

/* Write the document behind its header, shorten it if it must be, send it. */
static void send_document(struct agent *a, cJSON *root, const struct syslog_event *header)
{
	struct shrink_mark mark = {.set = false};
	size_t header_len = 0;
	size_t len;

	if (a->last_stage == STAGE_SYSLOG)
		header_len = syslog_header(&a->syslog, header, a->message);
	if (a->event.truncated || a->scratch.exhausted)
		shrink_mark(root, &mark);
	len = shrink_to_fit(root, &mark, a->message + header_len, sizeof(a->message) - header_len,
		document_budget(a, header_len));
	if (a->scratch.used > a->scratch_peak)
		a->scratch_peak = a->scratch.used;
	if (header_len + len > a->message_peak)
		a->message_peak = header_len + len;
	if (len == 0) {
		a->message_peak = sizeof(a->message); /* it was tried */
		a->counters.documents_dropped++;
		return;
	}
	a->counters.documents_truncated += mark.set;
	if (a->last_stage == STAGE_SYSLOG)
		send_message(a, (struct span){a->message, (uint32_t)(header_len + len)});
}

static void send_event(struct agent *a, cJSON *root)
{
	const struct syslog_event header = {
		.severity = span_is(a->event.result, "fail") ? SYSLOG_NOTICE : SYSLOG_INFO,
		.timestamp = a->document.timestamp.text,
		.msgid = document_type_name(&a->scratch, a->event.type),
	};

	send_document(a, root, &header);
}

void agent_report(struct agent *a, const struct report *r)
{
	const struct syslog_event header = {
		.severity = SYSLOG_NOTICE,
		.timestamp = a->document.timestamp.text,
		.msgid = SPAN("ECSAUDIT"),
	};
	cJSON *root;

	a->now_ms = sys_monotonic_ms();
	arena_reset(&a->scratch);
	a->event.truncated = false;
	root = report_build(&a->document, r);
	a->counters.reports++;
	if (root)
		send_document(a, root, &header);
	else
		a->counters.documents_dropped++;
}

static void on_event(void *context, const struct raw_event *raw)
{
	struct agent *a = context;
	cJSON *root;

	if (a->last_stage < STAGE_EVENT)
		return;
	arena_reset(&a->scratch);
	event_join(&a->event, &a->reassembly, raw, &a->workspace);
	if (a->last_stage < STAGE_NORMALIZE)
		return;
	normalize(&a->event);
	if (a->event.type == RECORD_CONFIG_CHANGE)
		report_remember(&a->changer, &a->event, (uint32_t)sys_getpid());
	if (a->last_stage < STAGE_DOCUMENT)
		return;
	root = document_build(&a->document, &a->event, &a->reassembly, raw);
	if (a->last_stage < STAGE_JSON)
		return;
	if (root)
		send_event(a, root);
	else
		a->counters.documents_dropped++;
}

void agent_record(struct agent *a, uint16_t type, struct span text)
{
	if (a->last_stage > STAGE_READ)
		reassembly_push(&a->reassembly, type, text, a->now_ms);
}

/* ---- its life -------------------------------------------------------------------------- */

static bool start_output(struct agent *a, bool offline, struct config_error *e)
{
	const char *wanted = *a->config.output || !offline ? a->config.output : "stdout";
	struct output_address address;
	const char *wrong = output_parse(&address, wanted);
	int error;

	if (wrong) {
		snprintf(e->text, sizeof(e->text), "output: %s: %s", wanted, wrong);
		return false;
	}
	error = output_open(
		&a->output, &address, offline, a->stdout_memory, sizeof(a->stdout_memory));
	if (error < 0) {
		snprintf(e->text, sizeof(e->text), "output: %s: %s", wanted, strerror(-error));
		return false;
	}
	return true;
}

/* A file that was asked for must be readable. The default ones may be missing: an initramfs has
 * none, and learns the names when they come. */
static bool check_names(const struct identity_file *f, const char *usual, const char *option,
	struct config_error *e)
{
	if (f->error >= 0 || f->error == -ENODATA || strcmp(f->path, usual) == 0)
		return true;
	snprintf(e->text, sizeof(e->text),
		"%s: %.256s: %s; expected a file that can be read, or none", option, f->path,
		strerror(-f->error));
	return false;
}

bool agent_check_names(const struct identity *i, struct config_error *e)
{
	return check_names(&i->users, "/etc/passwd", "passwd_file", e) &&
	       check_names(&i->groups, "/etc/group", "group_file", e);
}

bool agent_members(struct agent *a, struct document *d, const struct config *c,
	const struct hostid *h, struct config_error *e)
{
	const struct document_host host = {
		.name = h->hostname,
		.architecture = h->architecture,
		.agent_id = h->agent_id,
		.ephemeral_id = h->ephemeral_id,
	};

	if (document_init(d, c, &a->identity, &host, &a->scratch))
		return true;
	snprintf(e->text, sizeof(e->text), "fields: the constant members take more than %u bytes",
		LIMIT_DOCUMENT_MEMBERS_BYTES);
	return false;
}

/* On stdout a header would be in the way of whoever reads a document a line. */
static void start_syslog(struct agent *a)
{
	const enum config_format format =
		a->output.address.kind == OUTPUT_STDOUT ? FORMAT_JSON : a->config.format;

	syslog_init(&a->syslog, format, span_of(a->hostid.hostname), (uint32_t)sys_getpid(),
		SPAN(ECSAUDIT_VERSION));
}

void agent_apply(struct agent *a)
{
	const struct config *c = &a->config;
	const struct syslog before = a->syslog;
	struct config_error unused;

	(void)agent_members(a, &a->document, c, &a->hostid, &unused);
	start_syslog(a);
	a->syslog.sequence = before.sequence;
	a->syslog.synced = before.synced;
	reassembly_resize(&a->reassembly, c->max_in_flight, c->timeout_ms, a->now_ms);
}

bool agent_start(struct agent *a, bool offline, struct config_error *e)
{
	const struct config *c = &a->config;
	int error;

	a->last_stage = STAGE_SYSLOG;
	a->offline = offline;
	a->patience_ms = AGENT_PATIENCE_MS;
	a->scratch = (struct arena){.base = a->scratch_memory, .size = sizeof(a->scratch_memory)};
	record_workspace_init(&a->workspace, &a->scratch);
	event_init(&a->event);
	reassembly_init(&a->reassembly, c->max_in_flight, c->timeout_ms, &a->counters, on_event, a);
	identity_open(&a->identity, c->passwd_file, c->group_file);
	if (!agent_check_names(&a->identity, e))
		return false;
	/* An offline run leaves nothing behind. */
	error = hostid_init(&a->hostid, c->agent.id, c->hostname, offline ? "" : c->state_file);
	if (error < 0) {
		snprintf(e->text, sizeof(e->text), "the kernel gives no random numbers: %s",
			strerror(-error));
		return false;
	}
	if (!offline) {
		a->workspace.numbering = machine_numbering(a->hostid.architecture);
		a->workspace.big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	}
	if (!agent_members(a, &a->document, c, &a->hostid, e))
		return false;
	if (!start_output(a, offline, e))
		return false;
	start_syslog(a);
	spool_init(&a->spool, a->spool_memory, c->spool_bytes);
	return true;
}

void agent_give_back(char *from, char *to)
{
	uintptr_t first = ((uintptr_t)from + PAGE_BYTES - 1) & ~(uintptr_t)(PAGE_BYTES - 1);
	uintptr_t end = (uintptr_t)to & ~(uintptr_t)(PAGE_BYTES - 1);

	if (end > first)
		(void)sys_madvise_dontneed((void *)first, end - first);
}

/* What a huge event touched. */
static void trim(struct agent *a)
{
	void *blocks;
	size_t bytes = blocks_trim(&a->reassembly.blocks, LIMIT_KEPT_BYTES, &blocks);

	if (bytes > 0)
		agent_give_back(blocks, (char *)blocks + bytes);
	if (a->scratch_peak > LIMIT_KEPT_BYTES)
		agent_give_back(
			a->scratch_memory + LIMIT_KEPT_BYTES, a->scratch_memory + a->scratch_peak);
	if (a->message_peak > LIMIT_KEPT_BYTES)
		agent_give_back(a->message + LIMIT_KEPT_BYTES, a->message + a->message_peak);
	a->scratch_peak = a->message_peak = 0;
}

/* RFC 5424 section 7.1.2: isSynced tells whether the time stamps can be relied on. */
static void check_clock(struct agent *a)
{
	int status;

	if (a->now_ms < a->clock_check_ms)
		return;
	a->clock_check_ms = a->now_ms + CLOCK_CHECK_MS;
	status = sys_adjtimex_status();
	a->syslog.synced = status >= 0 && !(status & STA_UNSYNC);
}

void agent_tick(struct agent *a, int64_t now_ms)
{
	a->now_ms = now_ms;
	check_clock(a);
	identity_refresh(&a->identity, now_ms);
	reassembly_expire(&a->reassembly, now_ms);
	agent_drain(a);
	trim(a);
}

int64_t agent_deadline_ms(const struct agent *a)
{
	return reassembly_deadline_ms(&a->reassembly);
}

void agent_flush(struct agent *a)
{
	reassembly_flush(&a->reassembly);
	agent_drain(a);
}

void agent_stop(struct agent *a)
{
	agent_flush(a);
	output_close(&a->output, a->now_ms);
	count_errors(a);
	a->counters.messages_dropped += a->spool.count;
	while (a->spool.count > 0)
		spool_pop(&a->spool);
}

size_t agent_summary(const struct agent *a, char *buf, size_t size)
{
	const struct counters *c = &a->counters;
	uint64_t dropped = c->records_dropped_malformed + c->records_dropped_oversized +
			   c->records_dropped_event_full;
	uint64_t messages = c->messages_dropped + c->messages_lost;
	int n = snprintf(buf, size,
		"%llu records, %llu events, %llu messages sent, %llu truncated, %llu lost by the "
		"kernel, %llu dropped (%llu records, %llu documents, %llu messages)",
		(unsigned long long)c->records_received, (unsigned long long)c->events_emitted,
		(unsigned long long)c->messages_sent, (unsigned long long)c->documents_truncated,
		(unsigned long long)c->kernel_lost,
		(unsigned long long)(dropped + c->documents_dropped + messages),
		(unsigned long long)dropped, (unsigned long long)c->documents_dropped,
		(unsigned long long)messages);

	return n < 0 ? 0 : (size_t)n;
}
