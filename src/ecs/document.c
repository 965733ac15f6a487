#include "document.h"

#include "decode.h"
#include "document_auditd.h"
#include "document_constants.h"
#include "document_file.h"
#include "document_layout.h"
#include "document_message.h"
#include "document_user.h"
#include "ensure.h"

/* ---- event ----------------------------------------------------------------------------- */

static void add_ecs_list(struct arena *a, cJSON *object, const char *key, const uint8_t *values)
{
	cJSON *list = json_array(a);

	for (; *values != ECS_NONE; values++)
		json_append(list, json_text(a, ecs_name(*values)));
	json_add(object, key, list);
}

static char *put(char *to, struct span text)
{
	memcpy(to, text.at, text.len);
	return to + text.len;
}

/*
 * The records as `ecsaudit parse` would read them, one a line, in one piece of memory; the list
 * has a part of it for each. Layout `integration` has both.
 */
static void add_records(struct document *d, const struct reassembly *r, const struct raw_event *raw)
{
	static const struct span type = {"type=", 5}, msg = {" msg=", 5};
	const struct raw_record *first = reassembly_record(r, raw->first), *it;
	cJSON *list = json_array(d->arena);
	char *text, *at, *line;
	uint32_t len = 0;

	for (it = first; it; it = reassembly_record(r, it->next))
		len += type.len + document_type_name(d->arena, it->type).len + msg.len + it->len +
		       1;
	at = text = arena_take(d->arena, len);
	if (!text)
		return;
	for (it = first; it; it = reassembly_record(r, it->next)) {
		line = at;
		at = put(at, type);
		at = put(at, document_type_name(d->arena, it->type));
		at = put(at, msg);
		at = put(at, (struct span){it->text, it->len});
		json_append(list, json_text(d->arena, (struct span){line, (uint32_t)(at - line)}));
		*at++ = '\n';
	}
	document_place(d, PLACE_RECORDS, list);
	if (document_is_integration(d))
		json_add_text(d->arena, document_group(d, GROUP_EVENT), "original",
			(struct span){text, (uint32_t)(at - text) - 1});
}

/* ECS allows three words. A kernel's record has yes or no, or 1 or 0; a program's result= may say
 * anything, "Success" or "failed". */
static struct span outcome(struct span result)
{
	if (span_starts_word(result, "suc") || span_starts_word(result, "yes") ||
		span_is(result, "1"))
		return SPAN("success");
	if (span_starts_word(result, "fail") ||
		(result.len == 2 && span_starts_word(result, "no")) || span_is(result, "0"))
		return SPAN("failure");
	return SPAN("unknown");
}

static void add_event(struct document *d, const struct event *e, const struct reassembly *r,
	const struct raw_event *raw, cJSON *root)
{
	bool with_warnings = d->config->include_warnings && e->warning_count > 0;
	cJSON *event = document_group(d, GROUP_EVENT);

	json_add_members(d->arena, event,
		SPAN("\"kind\":\"event\",\"module\":\"auditd\","
		     "\"dataset\":\"auditd_manager.auditd\""));
	document_add_some(d, event, "action", e->action);
	add_ecs_list(d->arena, event, "category", e->category);
	add_ecs_list(d->arena, event, "type", e->type_ecs);
	document_add_some(d, event, "outcome", outcome(e->result));
	if (d->config->include_raw_message || with_warnings) {
		arena_hold(d->arena, LIMIT_DOCUMENT_RESERVE_BYTES);
		add_records(d, r, raw);
		arena_let_go(d->arena);
	}
	document_attach(d, root, "event", GROUP_EVENT);
}

/* A list of them; layout `integration` has them one a line as well. */
__attribute__((cold)) static void add_warnings(
	struct document *d, const struct event *e, cJSON *root)
{
	struct span lines[2 * LIMIT_EVENT_WARNINGS];
	unsigned count = 0;
	cJSON *list;

	if (!d->config->include_warnings || e->warning_count == 0)
		return;
	list = json_array(d->arena);
	for (uint32_t i = 0; i < e->warning_count; i++) {
		const struct event_warning *w = &e->warnings[i];
		struct span parts[] = {document_type_name(d->arena, w->record_type), SPAN(": "),
			w->field, SPAN(" "), span_of(w->text)};

		lines[count] = document_join(d->arena, parts, 5);
		json_append(list, json_text(d->arena, lines[count++]));
		lines[count++] = SPAN("\n");
	}
	document_place(d, PLACE_WARNINGS, list);
	if (document_is_integration(d))
		json_add_text(d->arena, document_group(d, GROUP_ERROR), "message",
			document_join(d->arena, lines, count - 1));
	document_attach(d, root, "error", GROUP_ERROR);
}

void document_add_tags(struct document *d, const struct event *e, cJSON *root)
{
	const uint32_t keys = e ? e->tag_count : 0;
	cJSON *list;

	d->core.key_count = 0;
	if (keys + d->config->tag_count == 0)
		return;
	list = json_array(d->arena);
	for (uint32_t i = 0; i < keys; i++) {
		document_append_text(d, list, e->tags[i]);
		d->core.key_count += document_lists(d, e->tags[i].len > 0);
	}
	for (unsigned i = 0; i < d->config->tag_count; i++)
		document_append_text(d, list, span_of(d->config->tags[i]));
	document_add_part(root, "tags", list);
}

/* ---- process --------------------------------------------------------------------------- */

static inline void add_data_text(const struct document *d, const struct event *e, cJSON *object,
	const char *name, enum key key)
{
	const struct field *f = event_data(e, key);

	if (f && !span_is(field_value(f), "(none)"))
		document_add_some(d, object, name, field_value(f));
}

static void add_data_number(const struct document *d, const struct event *e, cJSON *object,
	const char *name, enum key key)
{
	const struct field *f = event_data(e, key);
	int64_t number;

	if (f && decode_int(field_value(f), &number))
		json_add(object, name, json_number(d->arena, number));
}

static void add_args(const struct document *d, const struct event *e, cJSON *process)
{
	cJSON *list;
	uint64_t argc;

	if (e->execve.arg_count == 0)
		return;
	list = json_array(d->arena);
	arena_hold(d->arena, LIMIT_DOCUMENT_RESERVE_BYTES);
	for (uint32_t i = 0; i < e->execve.arg_count; i++)
		document_append_text(d, list, e->execve.args[i]);
	arena_let_go(d->arena);
	document_add_part(process, "args", list);
	if (decode_uint(e->execve.argc, &argc) && argc <= INT64_MAX)
		json_add(process, "args_count", json_number(d->arena, (int64_t)argc));
}

/* The status that a parent sees is the low byte of exit's argument (wait(2)). */
static void add_exit_code(const struct document *d, const struct event *e, cJSON *process)
{
	const struct field *call = event_data(e, KEY_SYSCALL);
	const struct field *status = event_data(e, KEY_A0);
	struct span a0;
	int64_t number;

	if (!call || !status ||
		!(span_is(field_value(call), "exit_group") || span_is(field_value(call), "exit")))
		return;
	a0 = field_value(status);
	if (a0.len == 16) /* exit(-1) with all of the register set */
		a0 = (struct span){a0.at + 8, 8};
	if (decode_hex_number(a0, &number))
		json_add(process, "exit_code", json_number(d->arena, number & 0xff));
}

static void add_process(const struct document *d, const struct event *e, cJSON *root)
{
	cJSON *process = json_object(d->arena);
	cJSON *parent = json_object(d->arena);

	if (!process || !parent)
		return;
	add_data_number(d, e, process, "pid", KEY_PID);
	add_data_number(d, e, parent, "pid", KEY_PPID);
	if (parent->child)
		json_add(process, "parent", parent);
	add_data_text(d, e, process, "name", KEY_COMM);
	add_data_text(d, e, process, "executable", KEY_EXE);
	add_data_text(d, e, process, "working_directory", KEY_CWD);
	add_data_text(d, e, process, "title", KEY_PROCTITLE);
	add_args(d, e, process);
	add_exit_code(d, e, process);
	if (process->child)
		json_add(root, "process", process);
}

/* ---- addresses ------------------------------------------------------------------------- */

/* The .address is the whole, of any family; .ip, .port and .path say what it is. A path is no
 * field of ECS. */
__attribute__((cold)) static void add_address(
	const struct document *d, cJSON *root, const char *key, const struct event_address *address)
{
	struct span text = address->text;
	cJSON *object;

	if (!address->present)
		return;
	if (text.len == 0)
		text = address->ip.len > 0 ? address->ip : address->path;
	object = json_object(d->arena);
	document_add_some(d, object, "address", text);
	document_add_some(d, object, "ip", address->ip);
	document_add_some(d, object, "domain", address->domain);
	if (address->port.len > 0)
		json_add(object, "port", document_number(d, address->port));
	if (!document_is_integration(d))
		document_add_some(d, object, "path", address->path);
	document_add_part(root, key, object);
}

static void add_network(const struct document *d, const struct event *e, cJSON *root)
{
	cJSON *network;

	add_address(d, root, "source", &e->source);
	add_address(d, root, "destination", &e->destination);
	if (e->direction == DIRECTION_NONE)
		return;
	network = json_object(d->arena);
	json_add_text(d->arena, network, "direction",
		e->direction == DIRECTION_INGRESS ? SPAN("ingress") : SPAN("egress"));
	json_add(root, "network", network);
}

/* ---- the whole ------------------------------------------------------------------------- */

/* A full one, if the folder is known. */
static struct span full_path(const struct document *d, const char *path)
{
	struct span parts[2] = {d->log_folder, SPAN_NONE};

	if (*path == '/' || d->log_folder.len == 0)
		return span_of(path);
	while (strncmp(path, "./", 2) == 0)
		path += 1 + strspn(path + 1, "/");
	parts[1] = span_of(path);
	return document_join(d->arena, parts, 2);
}

static void add_log_path(const struct document *d, const struct raw_event *raw, cJSON *root)
{
	const char *path = d->log_files ? d->log_files[raw->source] : "-";
	cJSON *log, *file;

	if (strcmp(path, "-") == 0)
		return;
	log = json_object(d->arena);
	file = json_object(d->arena);
	json_add_text(d->arena, file, "path", full_path(d, path));
	json_add(log, "file", file);
	json_add(root, "log", log);
}

__attribute__((cold)) static void add_incomplete(struct arena *a, cJSON *root)
{
	cJSON *log = json_get(root, "log"), *flags = json_array(a);

	if (!log) {
		log = json_object(a);
		json_add(root, "log", log);
	}
	json_append(flags, json_text(a, SPAN("incomplete")));
	json_add(log, "flags", flags);
}

cJSON *document_build(struct document *d, const struct event *e, const struct reassembly *r,
	const struct raw_event *raw)
{
	cJSON *root = json_object(d->arena);
	struct span time =
		timestamp_format(&d->timestamp, e->time_ms / 1000, (uint32_t)(e->time_ms % 1000));

	document_layout_begin(d);
	d->enriched.count = 0;
	if (raw->is_enriched)
		enriched_read(&d->enriched, r, raw);
	json_add_text(d->arena, root, "@timestamp", time);
	if (d->config->include_message) {
		arena_hold(d->arena, LIMIT_DOCUMENT_RESERVE_BYTES);
		json_add_text(d->arena, root, "message", document_message(d, e));
		arena_let_go(d->arena);
	}
	add_event(d, e, r, raw, root);
	document_add_user(d, e, root);
	add_process(d, e, root);
	document_add_file(d, e, root);
	add_network(d, e, root);
	document_add_auditd(d, e, root);
	arena_hold(d->arena, LIMIT_DOCUMENT_RESERVE_BYTES);
	add_warnings(d, e, root);
	arena_let_go(d->arena);
	document_add_tags(d, e, root);
	add_log_path(d, raw, root);
	if (e->incomplete)
		add_incomplete(d->arena, root);
	if (d->of_log)
		document_add_log_host(d, e, r, raw, root);
	document_add_constants(d, root);
	return root;
}
