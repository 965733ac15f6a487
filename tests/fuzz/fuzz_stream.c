/* link: log_reader.o log_line.o log_header.o log_enriched.o log_journal.o reassembly.o blocks.o
 * record_header.o event.o execve.o record.o record_fields.o record_decode.o decode.o
 * sockaddr_text.o normalize.o document.o document_network.o document_process.o document_auditd.o
 * document_file.o document_layout.o document_message.o document_user.o json.o shrink.o
 * timestamp.o tables.o table_names.o table_keys.o table_norms.o table_syscalls.o fake_identity.o
 * check_json.o cjson.o */
/*
 * A whole log: eight bytes that set it up, then its text. On its way to documents the clock
 * moves; each document is checked, and after each record that the counters add up.
 */
#include "document.h"
#include "json.h"
#include "log_reader.h"
#include "normalize.h"
#include "shrink.h"
#include "sys.h"
#include <stdio.h>
#include <stdlib.h>

#include "check_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct log_reader reader;
static struct reassembly reassembly;
static struct counters counters;
static struct record_workspace workspace;
static struct event event;
static struct document document;
static struct config config;
static char memory[LIMIT_SCRATCH_BYTES];
static struct arena arena = {.base = memory};
static char message[LIMIT_DOCUMENT_BYTES];

static struct {
	const uint8_t *log;
	size_t left, piece; /* of the log; how much a read gives */
	int64_t now_ms;
	uint32_t step_ms;
	size_t room;   /* of the arena */
	size_t budget; /* of a document */
} run;

ssize_t sys_read(int fd, void *buf, size_t size)
{
	size_t n = run.left < run.piece ? run.left : run.piece;

	(void)fd;
	n = n < size ? n : size;
	memcpy(buf, run.log, n);
	run.log += n;
	run.left -= n;
	return (ssize_t)n;
}

/* As the agent does it. */
static void on_event(void *context, const struct raw_event *raw)
{
	struct shrink_mark mark = {.set = false};
	cJSON *root;
	size_t len;

	(void)context;
	arena_reset(&arena);
	arena.size = run.room;
	event_join(&event, &reassembly, raw, &workspace);
	normalize(&event);
	if (event.category[0] == ECS_NONE || event.type_ecs[0] == ECS_NONE)
		fail("no category or no type");
	if (event.record_count != raw->record_count || raw->record_count == 0)
		fail("records are missing");
	root = document_build(&document, &event, &reassembly, raw);
	if (!root)
		return;
	if (event.truncated || arena.exhausted)
		shrink_mark(root, &mark);
	len = shrink_to_fit(root, &document.hints, &mark, message, sizeof(message), run.budget);
	if (len > run.budget)
		fail("over the budget");
	if (len > 0)
		check_json(message, len);
}

static void check_counters(void)
{
	uint64_t records = counters.records_emitted + counters.records_dropped_type +
			   counters.records_dropped_malformed + counters.records_dropped_oversized +
			   counters.records_dropped_event_full + counters.records_dropped_eoe;

	for (uint32_t i = 0; i < reassembly.count; i++)
		records += reassembly.slots[reassembly.order[i]].record_count;
	if (records != counters.records_received)
		fail("the counters do not add up");
	if (reassembly.count > reassembly.max_in_flight)
		fail("too many events are pending");
}

static void on_record(void *context, const struct log_record *record)
{
	(void)context;
	run.now_ms += run.step_ms;
	if (!record)
		reassembly_separate(&reassembly);
	else if (reassembly.is_log)
		reassembly_push_log(&reassembly, record, run.now_ms);
	else
		reassembly_push(&reassembly, record->type, record->text, run.now_ms);
	check_counters();
	if (run.step_ms & 1)
		reassembly_expire(&reassembly, run.now_ms + run.step_ms);
}

static void set_up(const uint8_t *data)
{
	const struct document_host host = {.name = "h",
		.architecture = "m",
		.id = "i",
		.agent_id = "i",
		.ephemeral_id = "e",
		.of_log = data[7] & 1};

	memset(&config, 0, sizeof(config));
	memset(&counters, 0, sizeof(counters));
	config.include_raw_message = data[0] & 1;
	config.include_warnings = data[0] & 2;
	config.resolve_ids = data[0] & 4;
	config.layout = data[0] & 8 ? LAYOUT_INTEGRATION : LAYOUT_AUDITBEAT;
	config.include_message = data[0] & 16;
	config.namespace = config.agent.type = "x";
	config.agent.id = config.agent.name = config.fields = config.host_id = "";
	config.hostname = config.passwd_file = config.group_file = "";
	run.now_ms = 0;
	run.step_ms = data[1];
	run.piece = 1 + (size_t)data[2] * data[2];
	run.room = data[3] ? (size_t)data[3] * data[3] * 12 : sizeof(memory);
	run.budget = data[4] ? 480 + (size_t)data[4] * data[4] : sizeof(message);
	arena.size = sizeof(memory);
	if (!document_init(&document, &config, NULL, &host, &arena))
		fail("document_init");
	record_workspace_init(&workspace, &arena);
	event_init(&event);
	reassembly_init(&reassembly, 1u + data[5] % 60, data[6] * 10u, &counters, on_event, NULL);
	if (host.of_log)
		reassembly_of_log(&reassembly);
	log_reader_init(&reader, &counters, on_record, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ssize_t n;

	if (size < 8)
		return 0;
	set_up(data);
	run.log = data + 8;
	run.left = size - 8;
	log_reader_open(&reader, 3);
	while ((n = log_reader_step(&reader)) > 0)
		;
	log_reader_finish(&reader);
	reassembly_flush(&reassembly);
	check_counters();
	if (n != 0 || reassembly.count != 0 || reassembly.blocks.in_use != 0)
		fail("something is left");
	return 0;
}
