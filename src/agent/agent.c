#include "agent.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/timex.h>
#include <unistd.h>

#include "error_text.h"
#include "json.h"
#include "lineage_rules.h"
#include "normalize.h"
#include "shrink.h"
#include "sys.h"
#include "text.h"

/* How often the kernel is asked whether the clock is synchronised, and for the host's name. */
#define CLOCK_CHECK_MS 60000

struct agent the_agent;

_Static_assert(offsetof(struct agent, scratch_memory) % 8 == 0 && _Alignof(struct agent) >= 8,
	"what arena_take() gives is aligned to 8");
_Static_assert(sizeof(the_agent) < 11 * 1024 * 1024, "most of it is never touched");

/* ---- the host -------------------------------------------------------------------------- */

/* What is the same in every document. */
__attribute__((cold)) bool agent_build_members(struct agent *a, struct document *d,
	const struct config *c, const struct hostid *h, struct config_error *e)
{
	struct document_host host = {
		.name = h->hostname,
		.hostname = h->nodename,
		.architecture = h->architecture,
		.id = hostid_host(h, c),
		.agent_id = h->agent_id,
		.ephemeral_id = h->ephemeral_id,
		.of_log = a->reassembly.is_log,
	};

	for (unsigned i = 0; i < OS_FACT_COUNT; i++)
		host.os[i] = i == OS_KERNEL ? h->kernel : a->os_release.facts[i];
	if (document_init(d, c, &a->identity, &host, &a->scratch))
		return true;
	text_format(e->text, sizeof(e->text),
		"fields: the constant members take more than %u bytes",
		LIMIT_DOCUMENT_MEMBERS_BYTES);
	return false;
}

/* It cannot fail here: the configuration was checked, and what the kernel adds is bounded. */
__attribute__((cold)) static void rebuild_members(struct agent *a)
{
	struct config_error unused;

	(void)agent_build_members(a, &a->document, &a->config, &a->hostid, &unused);
	syslog_sender(&a->syslog, span_of(a->hostid.hostname), (uint32_t)sys_getpid());
}

/* RFC 5424 section 7.1.2: isSynced tells whether the time stamps can be relied on. */
__attribute__((cold)) static void check_clock(struct agent *a)
{
	int status = sys_adjtimex_status();

	a->clock_check_ms = a->now_ms + CLOCK_CHECK_MS;
	a->syslog.synced = status >= 0 && !(status & STA_UNSYNC);
}

/* At boot the clock is wrong, the host has no name, and some files are missing. So we ask again.
 * Until there is a host name we ask before each record: no document should miss the name once it
 * is set. */
static void refresh_host(struct agent *a)
{
	const bool due = a->now_ms >= a->clock_check_ms;
	bool changed;

	if (!due && *a->hostid.hostname)
		return;
	if (due)
		check_clock(a);
	if (a->delivery.offline)
		return;
	changed = hostid_refresh(&a->hostid, a->config.state_file, due);
	if (due && !os_release_is_known(&a->os_release))
		changed |= os_release_read(&a->os_release);
	if (changed)
		rebuild_members(a);
}

/* ---- one event ------------------------------------------------------------------------- */

/* How long a message may be, without its header. stdout has no budget but the buffer. */
static size_t document_budget(const struct agent *a, size_t header_len)
{
	size_t budget = delivery_max_bytes(&a->delivery);

	return budget > header_len ? budget - header_len : 0;
}

/* Write the document behind its header, shorten it if it must be, send it. */
static void send_document(struct agent *a, cJSON *root, const struct syslog_event *header)
{
	struct shrink_mark mark = {.set = false};
	const size_t header_len = syslog_header(&a->syslog, header, a->message);
	const size_t budget = document_budget(a, header_len);
	size_t len;

	if (a->event.truncated || a->document.cut || a->scratch.exhausted)
		shrink_mark(root, &mark);
	len = shrink_to_fit(root, &a->document.hints, &mark, a->message + header_len,
		sizeof(a->message) - header_len, budget);
	if (a->scratch.used > a->scratch_peak)
		a->scratch_peak = a->scratch.used;
	if (header_len + len > a->message_peak)
		a->message_peak = header_len + len;
	/* Shortening works in the memory behind the document. */
	if (len == 0 || mark.set || a->document.hints.record_bytes > budget)
		a->message_peak = sizeof(a->message);
	if (len == 0) {
		a->counters.documents_dropped++;
		return;
	}
	a->counters.documents_truncated += mark.set;
	delivery_send(&a->delivery, (struct span){a->message, (uint32_t)(header_len + len)},
		header->severity, a->now_ms);
}

/* Offline, the event is seldom of the machine that reads the log. */
static void name_sender(struct agent *a, const struct raw_event *raw)
{
	struct span host = document_host_name(&a->document, &a->reassembly, raw);

	if (host.len == 0)
		host = span_of(a->hostid.hostname);
	if (span_equal(host, (struct span){a->sender, a->sender_len}))
		return;
	a->sender_len = host.len < sizeof(a->sender) ? host.len : sizeof(a->sender);
	memcpy(a->sender, host.at, a->sender_len);
	syslog_sender(&a->syslog, host, (uint32_t)sys_getpid());
}

static void send_event(struct agent *a, cJSON *root, const struct raw_event *raw)
{
	const struct syslog_event header = {
		.severity = span_is(a->event.result, "fail") ? SYSLOG_NOTICE : SYSLOG_INFO,
		.timestamp = a->document.timestamp.text,
		.msgid = document_type_name(&a->scratch, a->event.type),
	};

	if (a->document.of_log)
		name_sender(a, raw);
	a->document.hints.record_bytes = raw->byte_count;
	send_document(a, root, &header);
}

__attribute__((cold)) bool agent_fits(struct agent *a, const cJSON *root)
{
	const size_t before = a->syslog.sender_len + a->syslog.origin_len + 96;
	size_t len = json_write(root, a->message, sizeof(a->message));

	return len > 0 && len <= document_budget(a, before);
}

__attribute__((cold)) void agent_send(struct agent *a, cJSON *root, enum syslog_severity severity)
{
	const struct syslog_event header = {
		.severity = severity,
		.timestamp = a->document.timestamp.text,
		.msgid = SPAN("ECSAUDIT"),
	};

	a->event.truncated = a->document.cut = false;
	a->document.hints.record_bytes = 0;
	a->counters.reports++;
	if (root)
		send_document(a, root, &header);
	else
		a->counters.documents_dropped++;
}

__attribute__((cold)) void agent_report(struct agent *a, const struct report *r)
{
	a->now_ms = sys_monotonic_ms();
	arena_reset(&a->scratch);
	agent_send(a, report_build(&a->document, r), SYSLOG_NOTICE);
}

__attribute__((cold)) void agent_report_line(struct agent *a, const char *line)
{
	const struct report r = {
		.time_ms = report_now_ms(),
		.action = SPAN("noticed"),
		.message = span_of(line),
	};

	agent_report(a, &r);
}

/* Who started the event's process. */
static void follow_processes(struct agent *a, const struct raw_event *raw)
{
	struct document *d = &a->document;

	if (a->lineage.capacity == 0)
		return;
	d->lineage = &a->lineage;
	if (d->of_log)
		d->lineage_host = document_host_name(d, &a->reassembly, raw);
	lineage_event(&a->lineage, &a->event, d->lineage_host, &d->facts);
}

static void make_document(struct agent *a, const struct raw_event *raw)
{
	cJSON *root;

	arena_reset(&a->scratch);
	arena_hold(&a->scratch, LIMIT_DOCUMENT_RESERVE_BYTES);
	event_join(&a->event, &a->reassembly, raw, &a->workspace);
	arena_let_go(&a->scratch);
	a->counters.events_incomplete += a->event.incomplete;
	normalize(&a->event);
	follow_processes(a, raw);
	if (config_has_lineage_rules(&a->config) && lineage_takes(&a->event, &a->reassembly, raw)) {
		a->counters.lineage_used++;
		return;
	}
	if (a->event.type == RECORD_CONFIG_CHANGE)
		report_remember(&a->changer, &a->event, (uint32_t)sys_getpid());
	root = document_build(&a->document, &a->event, &a->reassembly, raw);
	if (root)
		send_event(a, root, raw);
	else
		a->counters.documents_dropped++;
}

static void on_event(void *context, const struct raw_event *raw)
{
	struct agent *a = context;

	make_document(a, raw);
	if (a->gaps.journal)
		gaps_serial(&a->gaps, raw->serial);
}

void agent_log_file(struct agent *a, unsigned number)
{
	reassembly_file(&a->reassembly, (uint16_t)number);
}

void agent_log_record(struct agent *a, const struct log_record *record)
{
	if (record)
		reassembly_push_log(&a->reassembly, record, a->now_ms);
	else
		reassembly_separate(&a->reassembly);
}

void agent_record(struct agent *a, uint16_t type, struct span text)
{
	const struct record_header *header = &a->reassembly.header.now;

	refresh_host(a);
	reassembly_push(&a->reassembly, type, text, a->now_ms);
	if (header->body > 0 && a->gaps.journal)
		gaps_received(&a->gaps, header->serial);
}

/* ---- its life -------------------------------------------------------------------------- */

/* An offline run has no turns in which a name could be resolved. */
static const char *parse_output(struct output_address *address, const char *text, bool offline)
{
	const char *wrong = output_parse(address, text);

	return !wrong && offline && *address->host ? "names are for `run` alone" : wrong;
}

static bool bad_output(struct config_error *e, const char *name, const char *what)
{
	text_format(e->text, sizeof(e->text), "output: %s: %s", name, what);
	return false;
}

/* Readers of stdout want one document a line, without a syslog header. */
static enum config_format wire_format(const struct agent *a)
{
	return a->delivery.outputs[DELIVERY_PRIMARY].address.kind == OUTPUT_STDOUT
		       ? FORMAT_JSON
		       : a->config.format;
}

/* Collectors that read lines are the usual ones of those formats; RFC 5425 has octets. */
static enum output_framing framing(const struct agent *a)
{
	if (a->config.framing != FRAMING_AUTO)
		return a->config.framing == FRAMING_OCTET ? OUTPUT_OCTET : OUTPUT_NEWLINE;
	return wire_format(a) == FORMAT_RFC5424 ? OUTPUT_OCTET : OUTPUT_NEWLINE;
}

__attribute__((cold)) static bool start_delivery(
	struct agent *a, bool offline, struct config_error *e)
{
	const struct config *c = &a->config;
	struct output_address output, fallback;
	struct delivery_setup setup = {
		.counters = &a->counters,
		.spool = &a->spool,
		.output = &output,
		.fallback = *c->output_fallback ? &fallback : NULL,
		.names = {*c->output || !offline ? c->output : "stdout", c->output_fallback},
		.datagram_bytes = c->max_datagram_bytes,
		.fallback_after_ms = c->fallback_after_ms,
		.seed = (uint32_t)sys_getpid(),
		.offline = offline,
		.has_spool_file = a->spool_file.fd >= 0,
		.buffer = a->stdout_memory,
		.buffer_size = sizeof(a->stdout_memory),
	};
	const char *wrong = parse_output(&output, setup.names[0], offline);
	unsigned failed = DELIVERY_PRIMARY;
	int error;

	if (!wrong && setup.fallback) {
		failed = DELIVERY_FALLBACK;
		wrong = parse_output(&fallback, setup.names[1], offline);
	}
	if (wrong)
		return bad_output(e, setup.names[failed], wrong);
	/* Early at boot there may be none; it is only for the jitter. */
	(void)sys_getrandom(&setup.seed, sizeof(setup.seed), GRND_NONBLOCK);
	error = delivery_init(&a->delivery, &setup, &failed);
	if (error == 0)
		delivery_set_framing(&a->delivery, framing(a), a->now_ms);
	return error == 0 || bad_output(e, setup.names[failed], error_text(error));
}

/* A file that the user configured must be readable. The default ones may be missing: an initramfs
 * has none; they are read when they appear. */
__attribute__((cold)) static bool check_names(const struct identity_file *f, const char *usual,
	const char *option, struct config_error *e)
{
	if (f->error >= 0 || f->error == -ENODATA || strcmp(f->path, usual) == 0)
		return true;
	text_format(e->text, sizeof(e->text),
		"%s: %.256s: %s; expected a file that can be read, or none", option, f->path,
		error_text(f->error));
	return false;
}

bool agent_check_names(const struct identity *i, struct config_error *e)
{
	return check_names(&i->users, "/etc/passwd", "passwd_file", e) &&
	       check_names(&i->groups, "/etc/group", "group_file", e);
}

__attribute__((cold)) void agent_apply(struct agent *a)
{
	const struct config *c = &a->config;

	a->syslog.format = wire_format(a);
	delivery_set_framing(&a->delivery, framing(a), a->now_ms);
	rebuild_members(a);
	a->spool.drop = c->spool_drop;
	a->delivery.datagram_bytes = c->max_datagram_bytes;
	a->delivery.fallback_after_ms = c->fallback_after_ms;
	reassembly_resize(&a->reassembly, c->max_in_flight, c->timeout_ms, a->now_ms);
}

/* An offline run leaves nothing behind, and leaves the spool file to the live agent. */
__attribute__((cold)) static bool start_spool(struct agent *a, bool offline, struct config_error *e)
{
	const struct config *c = &a->config;
	struct spool_file *f = &a->spool_file;

	f->fd = -1;
	if (offline || !*c->spool_file) {
		spool_init(&a->spool, a->spool_memory, c->spool_bytes, c->spool_drop);
		if (!offline)
			gaps_init(&a->gaps, &a->counters, &a->journal, NULL);
		return true;
	}
	if (!spool_file_open(f, c->spool_file, c->spool_bytes, e))
		return false;
	spool_init(&a->spool, f->memory, f->bytes, c->spool_drop);
	spool_recover(&a->spool);
	gaps_init(&a->gaps, &a->counters, f->journal, f->boot_id);
	a->counters.messages_broken = a->spool.broken;
	return true;
}

/* All but the spool and the outputs. */
__attribute__((cold)) static bool prepare(
	struct agent *a, bool offline, const char *state_file, struct config_error *e)
{
	const struct config *c = &a->config;
	int error;

	a->scratch = (struct arena){.base = a->scratch_memory, .size = sizeof(a->scratch_memory)};
	record_workspace_init(&a->workspace, &a->scratch);
	event_init(&a->event);
	reassembly_init(&a->reassembly, c->max_in_flight, c->timeout_ms, &a->counters, on_event, a);
	if (offline)
		reassembly_of_log(&a->reassembly);
	identity_open(&a->identity, c->passwd_file, c->group_file);
	if (!agent_check_names(&a->identity, e))
		return false;
	error = hostid_init(&a->hostid, c, state_file);
	if (error < 0) {
		text_format(e->text, sizeof(e->text), "the kernel gives no random numbers: %s",
			error_text(error));
		return false;
	}
	if (!offline) {
		(void)os_release_read(&a->os_release);
		a->workspace.numbering = machine_numbering(a->hostid.architecture);
		a->workspace.big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	}
	return agent_build_members(a, &a->document, c, &a->hostid, e);
}

bool agent_check(struct agent *a, struct config_error *e)
{
	const struct config *c = &a->config;

	if (!prepare(a, false, "", e))
		return false;
	if (!*c->spool_file || c->spool_bytes >= SPOOL_BLOCK_BYTES)
		return true;
	text_format(e->text, sizeof(e->text), "spool_bytes: less than %u", SPOOL_BLOCK_BYTES);
	return false;
}

/* The boot's time moves with the clock: what the first agent of the boot found stays. */
__attribute__((cold)) static void start_lineage(struct agent *a, bool offline)
{
	struct gaps_journal *journal = a->gaps.journal;
	const struct lineage_setup setup = {
		.capacity = a->config.lineage_processes,
		.is_log = offline,
		.counters = &a->counters,
		.boot_s = journal ? journal->boot_s : 0,
	};

	lineage_init(&a->lineage, &setup);
	if (journal)
		journal->boot_s = a->lineage.boot_s;
}

__attribute__((cold)) bool agent_start(struct agent *a, bool offline, struct config_error *e)
{
	if (!prepare(a, offline, offline ? "" : a->config.state_file, e) ||
		!start_spool(a, offline, e))
		return false;
	start_lineage(a, offline);
	if (!start_delivery(a, offline, e)) {
		lineage_close(&a->lineage);
		spool_file_close(&a->spool_file);
		return false;
	}
	syslog_init(&a->syslog, wire_format(a), span_of(a->hostid.hostname), (uint32_t)sys_getpid(),
		SPAN(ECSAUDIT_VERSION));
	return true;
}

void agent_give_back(char *from, char *to)
{
	const uintptr_t in_page = (uintptr_t)getpagesize() - 1;
	uintptr_t first = ((uintptr_t)from + in_page) & ~in_page;
	uintptr_t end = (uintptr_t)to & ~in_page;

	if (end > first)
		(void)sys_madvise_dontneed((void *)first, end - first);
}

/* Memory that only a huge event needs. */
__attribute__((cold)) static void give_back_memory(struct agent *a)
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

void agent_tick(struct agent *a, int64_t now_ms)
{
	a->now_ms = now_ms;
	refresh_host(a);
	identity_refresh(&a->identity, now_ms);
	lineage_turn(&a->lineage);
	reassembly_expire(&a->reassembly, now_ms);
	delivery_turn(&a->delivery, now_ms);
	give_back_memory(a);
}

int64_t agent_deadline_ms(const struct agent *a)
{
	const int64_t events_ms = reassembly_deadline_ms(&a->reassembly);
	const int64_t delivery_ms = delivery_deadline_ms(&a->delivery);

	return events_ms < delivery_ms ? events_ms : delivery_ms;
}

void agent_flush(struct agent *a)
{
	reassembly_flush(&a->reassembly);
	delivery_turn(&a->delivery, a->now_ms);
}

__attribute__((cold)) void agent_stop(struct agent *a, int64_t deadline_ms)
{
	reassembly_flush(&a->reassembly);
	delivery_stop(&a->delivery, deadline_ms);
	spool_file_close(&a->spool_file);
	lineage_close(&a->lineage);
}

__attribute__((cold)) size_t agent_summary(const struct agent *a, char *buf, size_t size)
{
	const struct counters *c = &a->counters;
	uint64_t dropped = c->records_dropped_malformed + c->records_dropped_oversized +
			   c->records_dropped_event_full + c->records_dropped_unread;
	uint64_t messages = c->messages_dropped + c->messages_lost;

	return text_format(buf, size,
		"%llu record(s), %llu event(s), %llu message(s) sent, %llu truncated, %llu lost by "
		"the kernel, %llu serial(s) missing, %llu dropped (%llu record(s), %llu "
		"document(s), %llu message(s))",
		(unsigned long long)c->records_received, (unsigned long long)c->events_emitted,
		(unsigned long long)c->messages_sent, (unsigned long long)c->documents_truncated,
		(unsigned long long)c->kernel_lost, (unsigned long long)c->serials_missing,
		(unsigned long long)(dropped + c->documents_dropped + messages),
		(unsigned long long)dropped, (unsigned long long)c->documents_dropped,
		(unsigned long long)messages);
}
