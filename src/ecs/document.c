#include "document.h"

#include "document_auditd.h"
#include "document_constants.h"
#include "document_file.h"
#include "document_layout.h"
#include "document_lineage.h"
#include "document_message.h"
#include "document_network.h"
#include "document_process.h"
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
 * The records as lines that `ecsaudit parse` reads, as a list. Layout `integration` has them as one
 * text, too. Both share one piece of memory.
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

/* As a list; layout `integration` has them as lines of one text, too. */
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

	d->hints.key_count = 0;
	if (keys + d->config->tag_count == 0)
		return;
	list = json_array(d->arena);
	for (uint32_t i = 0; i < keys; i++) {
		document_append_text(d, list, e->tags[i]);
		d->hints.key_count += document_keeps_item(d, e->tags[i].len > 0);
	}
	for (unsigned i = 0; i < d->config->tag_count; i++)
		document_append_text(d, list, span_of(d->config->tags[i]));
	document_add_part(root, "tags", list);
}

/* ---- the whole ------------------------------------------------------------------------- */

/* Absolute, if the folder is known. */
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
	if (raw->enriched_bytes > 0)
		enriched_read(&d->enriched, r, raw);
	json_add_text(d->arena, root, "@timestamp", time);
	if (d->config->include_message) {
		arena_hold(d->arena, LIMIT_DOCUMENT_RESERVE_BYTES);
		json_add_text(d->arena, root, "message", document_message(d, e));
		arena_let_go(d->arena);
	}
	add_event(d, e, r, raw, root);
	document_add_user(d, e, root);
	document_add_process(d, e, root);
	document_add_container(d, root);
	document_add_file(d, e, root);
	document_add_network(d, e, root);
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
