#include "document_auditd.h"

#include "decode.h"
#include "document_layout.h"
#include "document_user.h"

struct span document_type_name(struct arena *a, uint16_t type)
{
	struct span name = record_type_name(type);
	struct span parts[3];

	if (name.at)
		return name;
	parts[0] = SPAN("UNKNOWN[");
	parts[1] = decode_print_uint(a, type);
	parts[2] = SPAN("]");
	return document_join(a, parts, 3);
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

/* ---- data ------------------------------------------------------------------------------ */

/* Fields that `process` has, and auditd.data therefore not. */
static bool is_process_key(uint16_t key)
{
	return key == KEY_PID || key == KEY_PPID || key == KEY_PROCTITLE || key == KEY_COMM ||
	       key == KEY_EXE || key == KEY_CWD;
}

static bool is_socket_field(const struct field *f)
{
	if (f->key != KEY_OTHER)
		return key_info[f->key].flags & KEY_IS_SOCKET;
	return f->name_len > 7 && memcmp(f->name, "socket_", 7) == 0;
}

static void add_data(struct document *d, const struct event *e, cJSON *auditd)
{
	cJSON *data = document_group(d, GROUP_DATA);
	cJSON *socket = NULL;

	arena_hold(d->arena, LIMIT_DOCUMENT_RESERVE_BYTES);
	for (uint32_t i = 0; i < e->data_count; i++) {
		const struct field *f = e->data[i];

		if (!f || is_process_key(f->key))
			continue;
		if (f->key == KEY_IP && document_is_integration(d) && f->value[0] == '0') {
			/* SECCOMP's, in hex: the integration maps `ip` as an address. */
			json_add_text(d->arena, data, "instruction_pointer", field_value(f));
		} else if (f->key == KEY_ID) {
			document_place(d, PLACE_ID, json_text(d->arena, field_value(f)));
		} else if (!is_socket_field(f)) {
			document_add_field(d, data, f, 0);
		} else {
			if (!socket)
				socket = json_object(d->arena);
			document_add_odd_field(d, socket, f, 7);
		}
	}
	arena_let_go(d->arena);
	/* A field that is called just "socket" wins, as in Auditbeat. */
	if (socket && !json_get(data, "socket"))
		document_add_part(data, "socket", socket);
	document_attach(d, auditd, "data", GROUP_DATA);
}

/* ---- the rest -------------------------------------------------------------------------- */

/* In both layouts names and values are those of the record. */
static cJSON *path_of(const struct document *d, const struct event_path *p)
{
	cJSON *path = json_object(d->arena);

	for (uint32_t i = 0; i < p->field_count; i++) {
		const struct field *f = &p->fields[i];
		const char *key = f->name;

		if (f->key == KEY_OTHER)
			key = document_key(d->arena, (struct span){f->name, f->name_len});
		if (key && f->len > 0)
			json_add_key(path, key, f->name_len, json_text(d->arena, field_value(f)));
	}
	return path;
}

static void add_paths(const struct document *d, const struct event *e, cJSON *auditd)
{
	cJSON *list;

	if (e->path_count == 0)
		return;
	list = json_array(d->arena);
	arena_hold(d->arena, LIMIT_DOCUMENT_RESERVE_BYTES);
	for (uint32_t i = 0; i < e->path_count; i++) {
		cJSON *path = path_of(d, &e->paths[i]);

		if (path && path->child)
			json_append(list, path);
	}
	arena_let_go(d->arena);
	document_add_part(auditd, "paths", list);
}

/* The first record of a type is in auditd.data. */
__attribute__((cold)) static void add_repeated(
	struct document *d, const struct event *e, cJSON *auditd)
{
	cJSON *list;

	if (e->repeated_count == 0)
		return;
	arena_hold(d->arena, LIMIT_DOCUMENT_RESERVE_BYTES);
	list = json_array(d->arena);
	for (uint32_t i = 0; i < e->repeated_count; i++) {
		const struct event_repeated *r = &e->repeated[i];
		cJSON *item = json_object(d->arena), *data = json_object(d->arena);

		for (uint32_t f = 0; f < r->field_count; f++)
			document_add_odd_field(d, data, &r->fields[f], 0);
		json_add_text(d->arena, item, "message_type",
			lower_case(d->arena, document_type_name(d->arena, r->type)));
		document_add_part(item, "data", data);
		json_append(list, item);
	}
	document_add_part(auditd, "repeated", list);
	arena_let_go(d->arena);
}

static void add_summary(const struct document *d, const struct event *e, cJSON *auditd)
{
	cJSON *summary = json_object(d->arena);
	cJSON *actor = json_object(d->arena);
	cJSON *object = json_object(d->arena);

	if (!summary || !actor || !object)
		return;
	document_add_some(d, actor, "primary", document_actor(d, e, e->actor_primary));
	document_add_some(d, actor, "secondary", document_actor(d, e, e->actor_secondary));
	if (actor->child)
		json_add(summary, "actor", actor);
	document_add_some(d, object, "type", e->object_type);
	document_add_some(d, object, "primary", e->object_primary);
	document_add_some(d, object, "secondary", e->object_secondary);
	if (object->child)
		json_add(summary, "object", object);
	document_add_some(d, summary, "how", e->how);
	if (summary->child)
		json_add(auditd, "summary", summary);
}

void document_add_auditd(struct document *d, const struct event *e, cJSON *root)
{
	cJSON *auditd = document_group(d, GROUP_AUDITD);

	json_add_text(d->arena, auditd, "message_type",
		lower_case(d->arena, document_type_name(d->arena, e->type)));
	document_place(d, PLACE_SEQUENCE, json_number(d->arena, e->serial));
	document_add_some(d, auditd, "result", e->result);
	if (!span_is(e->session, "unset"))
		document_add_some(d, auditd, "session", e->session);
	add_summary(d, e, auditd);
	add_data(d, e, auditd);
	add_paths(d, e, auditd);
	add_repeated(d, e, auditd);
	document_attach(d, auditd, "user", GROUP_AUDITD_USER);
	document_attach(d, auditd, "file", GROUP_AUDITD_FILE);
	document_attach(d, root, "auditd", GROUP_AUDITD);
}
