/* link: reassembly.o blocks.o record_header.o event.o execve.o record.o record_fields.o
 * record_decode.o decode.o sockaddr_text.o normalize.o document.o document_network.o
 * document_process.o document_auditd.o document_layout.o document_message.o document_user.o
 * json.o shrink.o syslog.o timestamp.o tables.o table_names.o table_keys.o table_norms.o
 * table_syscalls.o fake_identity.o check_json.o cjson.o */
/*
 * A process is started by somebody who chooses its texts, and wants its document not to arrive, or
 * not to tell who it was. Twelve bytes set up the agent, then each text has a length and a pattern
 * that is repeated. Whatever it is, the document is there, it fits, and it has what shrink.h
 * promises.
 */
#include "document.h"
#include "json.h"
#include "normalize.h"
#include "shrink.h"
#include "syslog.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "check_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct reassembly reassembly;
static struct counters counters;
static struct record_workspace workspace;
static struct event event;
static struct document document;
static struct config config;
static struct syslog header;
static char memory[LIMIT_SCRATCH_BYTES];
static struct arena arena = {.base = memory};
static char message[SYSLOG_HEADER_BYTES + LIMIT_DOCUMENT_BYTES];
static char whole[6 * LIMIT_DOCUMENT_BYTES];

static struct {
	size_t room;   /* of the arena */
	size_t budget; /* of a message */
	bool has_key;
	unsigned documents;
} run;

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

/* ---- what must be there ---------------------------------------------------------------- */

static const cJSON *member(const cJSON *root, const char *path)
{
	char name[32];

	while (*path && root) {
		size_t len = strcspn(path, "/");

		memcpy(name, path, len);
		name[len] = '\0';
		root = cJSON_GetObjectItemCaseSensitive(root, name);
		path += len + (path[len] == '/');
	}
	return root;
}

static void must_say(const cJSON *root, const char *path, const char *text)
{
	const cJSON *node = member(root, path);

	if (!cJSON_IsString(node) || (text && strcmp(node->valuestring, text) != 0)) {
		fprintf(stderr, "%s\n", path);
		fail("is not there");
	}
}

static void check_essentials(const char *text, size_t len)
{
	const bool integration = config.layout == LAYOUT_INTEGRATION;
	cJSON *root = cJSON_ParseWithLength(text, len);

	must_say(root, "@timestamp", "2023-11-14T22:13:20.001Z");
	must_say(root, "event/kind", "event");
	must_say(root, "event/module", "auditd");
	must_say(root, "event/dataset", "auditd_manager.auditd");
	must_say(root, "event/action", "executed");
	must_say(root, "event/outcome", "success");
	must_say(root, "user/id", "4294967293");
	must_say(root, integration ? "auditd/user/audit/id" : "user/audit/id", "4294967292");
	must_say(root, "auditd/message_type", "syscall");
	must_say(root, "process/executable", NULL);
	must_say(root, "data_stream/type", "logs");
	must_say(root, "data_stream/dataset", "auditd_manager.auditd");
	must_say(root, "data_stream/namespace", config.namespace);
	must_say(root, "host/name", NULL);
	if (cJSON_GetNumberValue(member(root, "process/pid")) != 4194304)
		fail("no pid");
	if (cJSON_GetNumberValue(member(
		    root, integration ? "event/sequence" : "auditd/sequence")) != 4294967295.0)
		fail("no serial");
	if (cJSON_GetArraySize(member(root, "event/category")) == 0 ||
		cJSON_GetArraySize(member(root, "event/type")) == 0)
		fail("no category or no type");
	if (run.has_key && cJSON_GetArraySize(member(root, "tags")) == 0)
		fail("no key");
	cJSON_Delete(root);
}

/* As the agent does it. */
static bool is_marked(const char *text, size_t len)
{
	static const char alone[] = "\"flags\":[\"truncated\"]";
	static const char both[] = "\"flags\":[\"incomplete\",\"truncated\"]";

	return memmem(text, len, alone, sizeof(alone) - 1) ||
	       memmem(text, len, both, sizeof(both) - 1);
}

static void on_event(void *context, const struct raw_event *raw)
{
	const struct syslog_event head = {
		.severity = SYSLOG_NOTICE,
		.timestamp = document.timestamp.text,
		.msgid = SPAN("UNKNOWN[65535]"),
	};
	struct shrink_mark mark = {.set = false};
	size_t len, before, all;
	bool damaged;
	cJSON *root;

	(void)context;
	arena_reset(&arena);
	arena.size = run.room;
	arena_hold(&arena, LIMIT_DOCUMENT_RESERVE_BYTES);
	event_join(&event, &reassembly, raw, &workspace);
	arena_let_go(&arena);
	normalize(&event);
	root = document_build(&document, &event, &reassembly, raw);
	if (!root)
		fail("no root");
	damaged = event.truncated || arena.exhausted;
	if (damaged)
		shrink_mark(root, &mark);
	before = syslog_header(&header, &head, message);
	document.hints.record_bytes = raw->byte_count;
	all = json_write(root, whole, sizeof(whole));
	len = shrink_to_fit(root, &document.hints, &mark, message + before,
		sizeof(message) - before, run.budget - before);
	if (len == 0)
		fail("no document");
	if (len > run.budget - before)
		fail("over the budget");
	check_json(message + before, len);
	check_essentials(message + before, len);
	if (mark.set != is_marked(message + before, len))
		fail("the mark");
	if (mark.set != (damaged || all == 0 || all > run.budget - before))
		fail("marked without need");
	if (!mark.set && (len != all || memcmp(message + before, whole, len) != 0))
		fail("another document");
	run.documents++;
}

/* ---- the event ------------------------------------------------------------------------- */

/* A text in hex: a pattern of one to eight bytes, so often that it has `most` bytes at most. */
static const char *text_of(struct input *in, size_t most)
{
	static char hex[8][2 * 4096 + 1];
	static unsigned next;
	char *to = hex[next++ % 8];
	uint8_t pattern[8];
	unsigned width = take(in) % 8 + 1;
	size_t len = 1 + (size_t)take(in) * most / 256;

	for (unsigned i = 0; i < width; i++)
		pattern[i] = (uint8_t)take(in);
	for (size_t i = 0; i < len; i++)
		sprintf(to + 2 * i, "%02X", pattern[i % width]);
	return to;
}

static void push(uint16_t type, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void push(uint16_t type, const char *format, ...)
{
	static char text[LIMIT_RECORD_BYTES];
	int len = sprintf(text, "audit(1700000000.001:4294967295): ");
	va_list ap;

	va_start(ap, format);
	len += vsnprintf(text + len, sizeof(text) - (size_t)len, format, ap);
	va_end(ap);
	if (len < (int)sizeof(text))
		reassembly_push(&reassembly, type, (struct span){text, (uint32_t)len}, 0);
}

static void push_event(struct input *in)
{
	unsigned records = 1 + take(in) % 4, args = take(in) % 64, most = 3000 / (args + 1);
	const char *key = text_of(in, 120);
	bool quoted = take(in) & 1;

	run.has_key = quoted;
	push(RECORD_SYSCALL,
		"arch=c000003e syscall=59 success=yes exit=0 a0=1 items=2 ppid=4194303 pid=4194304 "
		"auid=4294967292 uid=4294967293 gid=4294967294 euid=4294967291 suid=4294967290 "
		"fsuid=4294967289 egid=4294967288 sgid=4294967287 fsgid=4294967286 tty=pts1234 "
		"ses=4294967294 comm=%s exe=2F%s subj=%s key=%s%s%s",
		text_of(in, 15), text_of(in, 3500), text_of(in, 40), quoted ? "\"" : "", key,
		quoted ? "\"" : "");
	push(RECORD_EXECVE, "argc=%u", records * args);
	for (unsigned r = 0; r < records; r++) {
		static char body[LIMIT_RECORD_BYTES];
		char *to = body;

		*to = '\0';
		for (unsigned i = 0; i < args; i++)
			to += sprintf(to, "a%u=%s ", r * args + i, text_of(in, most));
		push(RECORD_EXECVE, "%s", body);
	}
	push(RECORD_CWD, "cwd=2F%s", text_of(in, 3500));
	for (unsigned i = 0; i < take(in) % 8; i++)
		push(RECORD_PATH,
			"item=%u name=2F%s inode=18446744073709551615 dev=ff:ff mode=0100755 "
			"ouid=4294967294 ogid=4294967294 rdev=00:00 obj=a:b:c:d nametype=NORMAL",
			i, text_of(in, 3500));
	push(RECORD_PROCTITLE, "proctitle=%s", text_of(in, 127));
	reassembly_flush(&reassembly);
}

static const char *repeated(char *to, char c, size_t len)
{
	memset(to, c, len);
	to[len] = '\0';
	return to;
}

static void set_up(struct input *in)
{
	static const unsigned budgets[] = {1400, 1401, 2048, 8000, LIMIT_DATAGRAM_BYTES};
	static char host[LIMIT_HOSTNAME_BYTES + 1], namespace[LIMIT_NAMESPACE_BYTES + 1],
		fields[LIMIT_FIELDS_BYTES + 1], tag[LIMIT_LABEL_BYTES + 1];
	const struct document_host who = {.name = host,
		.architecture = "loongarch64",
		.id = "0123456789abcdef0123456789abcdef",
		.agent_id = "0123456789",
		.ephemeral_id = "0123456789"};
	unsigned flags = take(in);

	memset(&config, 0, sizeof(config));
	memset(&counters, 0, sizeof(counters));
	config.include_raw_message = flags & 1;
	config.include_warnings = flags & 2;
	config.resolve_ids = flags & 4;
	config.layout = flags & 8 ? LAYOUT_INTEGRATION : LAYOUT_AUDITBEAT;
	config.include_message = flags & 16;
	config.agent.id = config.agent.name = "";
	config.agent.type = "ecsaudit";
	config.namespace = repeated(namespace, 'n', 1 + take(in) % LIMIT_NAMESPACE_BYTES);
	repeated(host, flags & 32 ? '"' : 'h', 1 + take(in) % LIMIT_HOSTNAME_BYTES);
	config.fields = config.host_id = "";
	if (flags & 64) {
		size_t len = take(in) * 15u;

		repeated(fields, 'f', len + 14);
		memcpy(fields, "\"labels\":\"", 10);
		strcpy(fields + len + 10, "\"");
		config.fields = fields;
		config.fields_root.len = (uint32_t)strlen(fields);
	}
	config.tag_count = take(in) % (LIMIT_TAGS + 1);
	repeated(tag, 't', take(in) % LIMIT_LABEL_BYTES);
	for (unsigned i = 0; i < config.tag_count; i++)
		config.tags[i] = tag;
	run.budget = budgets[take(in) % 5];
	run.room = flags & 128 ? LIMIT_DOCUMENT_RESERVE_BYTES + take(in) * 600u : sizeof(memory);
	arena.size = sizeof(memory);
	if (!document_init(&document, &config, NULL, &who, &arena))
		fail("document_init");
	syslog_init(&header, (enum config_format)(take(in) % 3), span_of(host), UINT32_MAX,
		SPAN("0123456789.0123456789.0123456789"));
	header.sequence = 2147483646;
	record_workspace_init(&workspace, &arena);
	event_init(&event);
	reassembly_init(&reassembly, 8, 2000, &counters, on_event, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};

	set_up(&in);
	run.documents = 0;
	push_event(&in);
	if (run.documents != 1)
		fail("not one document");
	return 0;
}
