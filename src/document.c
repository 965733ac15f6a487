#include "document.h"

#include "decode.h"
#include "document_user.h"
#include "json.h"

/* ---- small helpers --------------------------------------------------------------------- */

static void add_if(struct arena *a, cJSON *object, const char *key, struct span text)
{
	if (text.len > 0)
		json_add_text(a, object, key, text);
}

/* A key that is a part of a record is not terminated: copy it. */
static void add_field(struct arena *a, cJSON *object, const struct field *f, uint32_t skip)
{
	const char *key = f->name;
	char *copy;

	if (f->key == KEY_OTHER) {
		copy = arena_take(a, f->name_len + 1u);
		if (!copy)
			return;
		memcpy(copy, f->name, f->name_len);
		copy[f->name_len] = '\0';
		key = copy;
	}
	json_add_key(object, key + skip, f->name_len - skip, json_text(a, field_value(f)));
}

static struct span join(struct arena *a, const struct span *parts, unsigned count)
{
	uint32_t len = 0;
	char *text;

	for (unsigned i = 0; i < count; i++)
		len += parts[i].len;
	text = arena_take(a, len);
	if (!text)
		return SPAN("");
	len = 0;
	for (unsigned i = 0; i < count; i++) {
		memcpy(text + len, parts[i].at, parts[i].len);
		len += parts[i].len;
	}
	return (struct span){text, len};
}

struct span document_type_name(struct arena *a, uint16_t type)
{
	struct span name = record_type_name(type);
	struct span parts[3];

	if (name.at)
		return name;
	parts[0] = SPAN("UNKNOWN[");
	parts[1] = decode_print_uint(a, type);
	parts[2] = SPAN("]");
	return join(a, parts, 3);
}

static struct span lower_case(struct arena *a, struct span text)
{
	char *copy = arena_take(a, text.len);

	if (!copy)
		return text;
	for (uint32_t i = 0; i < text.len; i++)
		copy[i] = text.at[i] >= 'A' && text.at[i] <= 'Z' ? (char)(text.at[i] + 32)
								 : text.at[i];
	return (struct span){copy, text.len};
}

/* ---- event ----------------------------------------------------------------------------- */

static void add_ecs_list(struct arena *a, cJSON *object, const char *key, const uint8_t *values)
{
	cJSON *list = json_array(a);

	for (; *values != ECS_NONE; values++)
		json_append(list, json_text(a, ecs_name[*values]));
	json_add(object, key, list);
}

static void add_original(const struct document *d, const struct reassembly *r,
	const struct raw_event *raw, cJSON *event)
{
	cJSON *list = json_array(d->arena);

	for (const struct raw_record *it = reassembly_record(r, raw->first); it;
		it = reassembly_record(r, it->next)) {
		struct span parts[] = {SPAN("type="), document_type_name(d->arena, it->type),
			SPAN(" msg="), {it->text, it->len}};

		json_append(list, json_text(d->arena, join(d->arena, parts, 4)));
	}
	json_add(event, "original", list);
}

static void add_event(const struct document *d, const struct event *e, const struct reassembly *r,
	const struct raw_event *raw, cJSON *root)
{
	bool with_warnings = d->config->include_warnings && e->warning_count > 0;
	cJSON *event = json_object(d->arena);

	json_add_members(d->arena, event,
		SPAN("\"kind\":\"event\",\"module\":\"auditd\","
		     "\"dataset\":\"auditd_manager.auditd\""));
	json_add_text(d->arena, event, "action", e->action);
	add_ecs_list(d->arena, event, "category", e->category);
	add_ecs_list(d->arena, event, "type", e->type_ecs);
	json_add_text(d->arena, event, "outcome",
		span_is(e->result, "fail") ? SPAN("failure") : e->result);
	if (d->config->include_raw_message || with_warnings)
		add_original(d, r, raw, event);
	json_add(root, "event", event);
}

static void add_warnings(const struct document *d, const struct event *e, cJSON *root)
{
	cJSON *error, *list;

	if (!d->config->include_warnings || e->warning_count == 0)
		return;
	error = json_object(d->arena);
	list = json_array(d->arena);
	for (uint32_t i = 0; i < e->warning_count; i++) {
		struct span parts[] = {document_type_name(d->arena, e->warnings[i].record_type),
			SPAN(": "), span_of(e->warnings[i].text)};

		json_append(list, json_text(d->arena, join(d->arena, parts, 3)));
	}
	json_add(error, "message", list);
	json_add(root, "error", error);
}

static void add_tags(const struct document *d, const struct event *e, cJSON *root)
{
	cJSON *list;

	if (e->tag_count + d->config->tag_count == 0)
		return;
	list = json_array(d->arena);
	for (uint32_t i = 0; i < e->tag_count; i++)
		json_append(list, json_text(d->arena, e->tags[i]));
	for (unsigned i = 0; i < d->config->tag_count; i++)
		json_append(list, json_text(d->arena, span_of(d->config->tags[i])));
	json_add(root, "tags", list);
}

/* ---- process --------------------------------------------------------------------------- */

/* Fields of the data that the process takes over. */
static bool is_process_key(uint16_t key)
{
	return key == KEY_PID || key == KEY_PPID || key == KEY_PROCTITLE || key == KEY_COMM ||
	       key == KEY_EXE || key == KEY_CWD;
}

static void add_data_text(
	const struct document *d, const struct event *e, cJSON *object, const char *name, enum key key)
{
	const struct field *f = event_data(e, key);

	if (f)
		add_if(d->arena, object, name, field_value(f));
}

static void add_data_number(
	const struct document *d, const struct event *e, cJSON *object, const char *name, enum key key)
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
	for (uint32_t i = 0; i < e->execve.arg_count; i++)
		json_append(list, json_text(d->arena, e->execve.args[i]));
	json_add(process, "args", list);
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

/* ---- file, addresses ------------------------------------------------------------------- */

/* "%04o" of mode & 07777; the text was checked to be octal. */
static struct span permissions(struct arena *a, struct span mode)
{
	uint64_t bits = 0;
	char *text;

	if (mode.len == 0 || !decode_octal(mode, &bits))
		return SPAN("");
	text = arena_take(a, 4);
	if (!text)
		return SPAN("");
	for (int i = 3; i >= 0; i--, bits >>= 3)
		text[i] = (char)('0' + (bits & 7));
	return (struct span){text, 4};
}

static void add_file(const struct document *d, const struct event *e, cJSON *root)
{
	struct arena *a = d->arena;
	cJSON *file, *selinux;

	if (!e->file.present)
		return;
	file = json_object(a);
	add_if(a, file, "path", e->file.path);
	add_if(a, file, "device", e->file.device);
	add_if(a, file, "inode", e->file.inode);
	add_if(a, file, "mode", permissions(a, e->file.mode));
	add_if(a, file, "uid", e->file.uid);
	add_if(a, file, "gid", e->file.gid);
	if (d->config->resolve_ids) {
		add_if(a, file, "owner", identity_user_name(d->identity, e->file.uid));
		add_if(a, file, "group", identity_group_name(d->identity, e->file.gid));
	}
	if (e->file.selinux) {
		selinux = json_object(a);
		for (uint32_t i = 0; i < e->file.selinux->field_count; i++) {
			const struct field *f = &e->file.selinux->fields[i];

			if (key_info[f->key].flags & KEY_IS_OBJ)
				add_field(a, selinux, f, 4);
		}
		json_add(file, "selinux", selinux);
	}
	json_add(root, "file", file);
}

/* The .address is the raw one, whatever it is; .ip, .port and .path say what it is. */
static void add_address(
	struct arena *a, cJSON *root, const char *key, const struct event_address *address)
{
	cJSON *object;

	if (!address->present)
		return;
	object = json_object(a);
	add_if(a, object, "address", address->ip.len > 0 ? address->ip : address->path);
	add_if(a, object, "ip", address->ip);
	add_if(a, object, "port", address->port);
	add_if(a, object, "path", address->path);
	json_add(root, key, object);
}

static void add_network(const struct document *d, const struct event *e, cJSON *root)
{
	cJSON *network;

	add_address(d->arena, root, "source", &e->source);
	add_address(d->arena, root, "destination", &e->destination);
	if (e->direction == DIRECTION_NONE)
		return;
	network = json_object(d->arena);
	json_add_text(d->arena, network, "direction",
		e->direction == DIRECTION_INGRESS ? SPAN("ingress") : SPAN("egress"));
	json_add(root, "network", network);
}

/* ---- auditd ---------------------------------------------------------------------------- */

static bool is_socket_field(const struct field *f)
{
	if (f->key != KEY_OTHER)
		return key_info[f->key].flags & KEY_IS_SOCKET;
	return f->name_len > 7 && memcmp(f->name, "socket_", 7) == 0;
}

static void add_data(const struct document *d, const struct event *e, cJSON *auditd)
{
	cJSON *data = json_object(d->arena);
	cJSON *socket = NULL;

	for (uint32_t i = 0; i < e->data_count; i++) {
		const struct field *f = e->data[i];

		if (!f || is_process_key(f->key))
			continue;
		if (!is_socket_field(f)) {
			add_field(d->arena, data, f, 0);
			continue;
		}
		if (!socket)
			socket = json_object(d->arena);
		add_field(d->arena, socket, f, 7);
	}
	/* A field that is called just "socket" takes the place, as with the peer. */
	if (socket && !json_get(data, "socket"))
		json_add(data, "socket", socket);
	json_add(auditd, "data", data);
}

static void add_paths(const struct document *d, const struct event *e, cJSON *auditd)
{
	cJSON *list;

	if (e->path_count == 0)
		return;
	list = json_array(d->arena);
	for (uint32_t i = 0; i < e->path_count; i++) {
		cJSON *path = json_object(d->arena);

		for (uint32_t j = 0; j < e->paths[i].field_count; j++)
			add_field(d->arena, path, &e->paths[i].fields[j], 0);
		json_append(list, path);
	}
	json_add(auditd, "paths", list);
}

static void add_summary(const struct document *d, const struct event *e, cJSON *auditd)
{
	struct arena *a = d->arena;
	cJSON *summary = json_object(a);
	cJSON *actor = json_object(a);
	cJSON *object = json_object(a);

	if (!summary || !actor || !object)
		return;
	add_if(a, actor, "primary", document_actor(d, e->actor_primary));
	add_if(a, actor, "secondary", document_actor(d, e->actor_secondary));
	if (actor->child)
		json_add(summary, "actor", actor);
	add_if(a, object, "type", e->object_type);
	add_if(a, object, "primary", e->object_primary);
	add_if(a, object, "secondary", e->object_secondary);
	if (object->child)
		json_add(summary, "object", object);
	add_if(a, summary, "how", e->how);
	if (summary->child)
		json_add(auditd, "summary", summary);
}

static void add_auditd(const struct document *d, const struct event *e, cJSON *root)
{
	cJSON *auditd = json_object(d->arena);

	json_add_text(d->arena, auditd, "message_type",
		lower_case(d->arena, document_type_name(d->arena, e->type)));
	json_add(auditd, "sequence", json_number(d->arena, e->serial));
	json_add_text(d->arena, auditd, "result", e->result);
	if (!span_is(e->session, "unset"))
		json_add_text(d->arena, auditd, "session", e->session);
	add_summary(d, e, auditd);
	add_data(d, e, auditd);
	add_paths(d, e, auditd);
	json_add(root, "auditd", auditd);
}

/* ---- the whole ------------------------------------------------------------------------- */

static void add_log_path(const struct document *d, cJSON *root)
{
	cJSON *log, *file;

	if (d->log_path.len == 0)
		return;
	log = json_object(d->arena);
	file = json_object(d->arena);
	json_add_text(d->arena, file, "path", d->log_path);
	json_add(log, "file", file);
	json_add(root, "log", log);
}

cJSON *document_build(struct document *d, const struct event *e, const struct reassembly *r,
	const struct raw_event *raw)
{
	cJSON *root = json_object(d->arena);
	struct span time = timestamp_format(
		&d->timestamp, e->time_ms / 1000, (uint32_t)(e->time_ms % 1000));

	json_add_text(d->arena, root, "@timestamp", time);
	add_event(d, e, r, raw, root);
	document_add_user(d, e, root);
	add_process(d, e, root);
	add_file(d, e, root);
	add_network(d, e, root);
	add_auditd(d, e, root);
	add_warnings(d, e, root);
	add_tags(d, e, root);
	add_log_path(d, root);
	json_add_members(d->arena, root, (struct span){d->members, (uint32_t)d->members_len});
	return root;
}

/* ---- constant members ------------------------------------------------------------------ */

static void add_constant(struct arena *a, cJSON *object, const char *key, const char *text)
{
	add_if(a, object, key, span_of(text));
}

bool document_init(struct document *d, const struct config *config,
	const struct identity *identity, const struct document_host *host, struct arena *arena)
{
	cJSON *root, *agent, *ecs, *stream, *service, *machine;
	size_t len;

	memset(d, 0, sizeof(*d));
	d->config = config;
	d->identity = identity;
	d->arena = arena;

	arena_reset(arena);
	root = json_object(arena);
	agent = json_object(arena);
	add_constant(arena, agent, "id", host->agent_id);
	add_constant(arena, agent, "ephemeral_id", host->ephemeral_id);
	add_constant(arena, agent, "name", *config->agent.name ? config->agent.name : host->name);
	add_constant(arena, agent, "type", config->agent.type);
	add_constant(arena, agent, "version", ECSAUDIT_VERSION);
	json_add(root, "agent", agent);
	stream = json_object(arena);
	add_constant(arena, stream, "type", "logs");
	add_constant(arena, stream, "dataset", "auditd_manager.auditd");
	add_constant(arena, stream, "namespace", config->namespace);
	json_add(root, "data_stream", stream);
	ecs = json_object(arena);
	add_constant(arena, ecs, "version", config->layout == LAYOUT_AUDITBEAT ? "8.2.0" : "8.11.0");
	json_add(root, "ecs", ecs);
	machine = json_object(arena);
	add_constant(arena, machine, "name", host->name);
	add_constant(arena, machine, "architecture", host->architecture);
	json_add(root, "host", machine);
	service = json_object(arena);
	add_constant(arena, service, "type", "auditd");
	json_add(root, "service", service);
	json_add_members(arena, root, span_of(config->fields));

	len = json_write(root, d->members, sizeof(d->members));
	if (len == 0 || arena->exhausted)
		return false;
	/* Without the braces. */
	d->members_len = len - 2;
	memmove(d->members, d->members + 1, d->members_len);
	return true;
}
