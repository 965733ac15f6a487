#include "normalize.h"

#include <sys/stat.h>

#include "decode.h"
#include "ensure.h"
#include "ip_address.h"

/* Set *value to the value of the first key of the list that the event has; else leave it. */
static void take_first(const struct event *e, uint8_t keys, struct span *value)
{
	for (const uint16_t *key = &key_lists[keys]; *key != KEY_OTHER; key++) {
		const struct field *f = event_value(e, (enum key) * key);

		if (f) {
			*value = field_value(f);
			return;
		}
		if (*key == KEY_ACCT && e->has_no_account) {
			*value = SPAN("");
			return;
		}
	}
}

/* ---- how ------------------------------------------------------------------------------- */

/* Programs that run scripts: the command's name says more than the interpreter's path. Only the
 * beginning is compared, so /usr/bin/shred counts too, as in Auditbeat. */
static bool is_interpreter(struct span exe)
{
	return span_starts(exe, "/usr/bin/") &&
	       (span_starts(exe, "/usr/bin/python") || span_starts(exe, "/usr/bin/sh") ||
		       span_starts(exe, "/usr/bin/bash") || span_starts(exe, "/usr/bin/perl"));
}

static struct span default_how(const struct event *e)
{
	const struct field *exe = event_data(e, KEY_EXE);
	const struct field *comm = event_data(e, KEY_COMM);

	if (!exe)
		exe = comm;
	if (!exe)
		return SPAN("");
	if (comm && is_interpreter(field_value(exe)))
		return field_value(comm);
	return field_value(exe);
}

/* ---- the object ------------------------------------------------------------------------ */

static struct span path_value(const struct event_path *p, enum key key)
{
	for (uint32_t i = 0; i < p->field_count; i++)
		if (p->fields[i].key == key)
			return field_value(&p->fields[i]);
	return SPAN("");
}

/* The PATH that the call is about: the first one from `index` on that is neither the parent
 * directory nor of an unknown kind. `index` is the table's; where there are fewer PATHs, all are
 * searched. */
static const struct event_path *object_path(const struct event *e, uint32_t index)
{
	if (index >= e->path_count)
		index = 0;
	for (uint32_t i = index; i < e->path_count; i++) {
		struct span nametype = path_value(&e->paths[i], KEY_NAMETYPE);

		if (!span_is(nametype, "PARENT") && !span_is(nametype, "UNKNOWN"))
			return &e->paths[i];
	}
	return &e->paths[index];
}

static bool has_label(const struct event_path *p)
{
	for (uint32_t i = 0; i < p->field_count; i++)
		if (key_info[p->fields[i].key].flags & KEY_IS_OBJ)
			return true;
	return false;
}

/*
 * Auditbeat reads the mode's number as Go's os.FileMode, whose type bits are not those of
 * stat(2) but lie above the kernel's 16: so each real mode is a `file`, also a directory's,
 * and dashboards know nothing else. Odd logs get Auditbeat's word for their odd bits.
 */
static struct span object_type_of(uint32_t mode)
{
	static const struct {
		uint32_t bits;
		struct span name;
	} types[] = {
		{1u << 31, {"directory", 9}},
		{1u << 21, {"character-device", 16}},
		{060000, {"block-device", 12}},
		{1u << 25, {"named-pipe", 10}},
		{1u << 27, {"symlink", 7}},
		{1u << 24, {"socket", 6}},
	};
	const uint32_t all =
		1u << 31 | 1u << 27 | 1u << 26 | 1u << 25 | 1u << 24 | 1u << 21 | 1u << 19;

	for (size_t i = 0; (mode & all) && i < sizeof(types) / sizeof(types[0]); i++)
		if (mode & types[i].bits)
			return types[i].name;
	return mode & all ? SPAN("") : SPAN("file");
}

static bool was_created(const struct event *e, const struct event_path *p)
{
	return span_is(e->result, "success") && span_is(path_value(p, KEY_NAMETYPE), "CREATE");
}

/* The first PATH of that kind; NULL: there is none. */
static const struct event_path *path_of_kind(const struct event *e, const char *nametype)
{
	for (uint32_t i = 0; i < e->path_count; i++)
		if (span_is(path_value(&e->paths[i], KEY_NAMETYPE), nametype))
			return &e->paths[i];
	return NULL;
}

/* A call that gave a file a new name: the PATH of that. The object of the summary is the old one.
 * Where a symbolic link was to point is no file of a call that failed; one PATH alone may be both.
 * NULL: nothing else is known.
 */
__attribute__((cold)) static const struct event_path *renamed_path(
	const struct event *e, const struct event_path *object, uint8_t flags)
{
	const struct event_path *made = path_of_kind(e, "CREATE");

	if (made && was_created(e, made))
		return made;
	if (flags & CALL_POINTS && e->path_count > 1 &&
		span_is(path_value(object, KEY_NAMETYPE), "UNKNOWN"))
		return path_of_kind(e, "PARENT");
	return object;
}

static const struct field *argument(const struct event *e, uint8_t position)
{
	static const enum key keys[] = {KEY_A0, KEY_A1, KEY_A2, KEY_A3};

	return position >= 1 && position <= 4 ? event_data(e, keys[position - 1]) : NULL;
}

/* AT_FDCWD of linux/fcntl.h, -100, is an int: only the low 32 bits of the register count. */
static bool is_working_directory(const struct field *descriptor)
{
	return descriptor && span_ends(field_value(descriptor), "ffffff9c");
}

/* Where the name of a PATH begins if it is relative. */
static struct span directory_of(const struct event *e, const struct event_path *p, struct span name)
{
	const struct field *cwd = event_data(e, KEY_CWD);
	uint8_t position;
	bool second;

	if (!cwd || span_starts(name, "/"))
		return SPAN("");
	second = span_is(path_value(p, KEY_NAMETYPE), "CREATE");
	position = call_facts_of_syscall(e->syscall)->directory[second];
	if (position != 0 && !is_working_directory(argument(e, position)))
		return SPAN("");
	return field_value(cwd);
}

/*
 * Where the new symbolic link `p` points, as the call wrote it. If that ends as the link's name
 * does, and its directory is as long, the kernel takes it for the name of what was made
 * (__audit_inode_child(), kernel/auditsc.c): the true name has the directory of the PATH before.
 */
__attribute__((cold)) static void set_target(struct event *e, const struct event_path *p)
{
	const struct event_path *parent = path_of_kind(e, "PARENT"),
				*target = path_of_kind(e, "UNKNOWN");
	const struct span name = path_value(p, KEY_NAME),
			  folder = parent ? path_value(parent, KEY_NAME) : SPAN_NONE;

	if (target) {
		e->file.target = path_value(target, KEY_NAME);
	} else if (name.len > 0 && span_ends(folder, "/") &&
		   (name.len < folder.len || memcmp(name.at, folder.at, folder.len) != 0)) {
		e->file.target = name;
		e->file.parent = folder;
	}
}

/* Whether there is a file and its mode is a number, or there is none. The label is the object's:
 * the new name is one of the same file. */
static bool set_file(struct event *e, const struct event_path *object, uint64_t *mode)
{
	const uint8_t flags = call_facts_of_syscall(e->syscall)->flags;
	const struct event_path *p = flags & CALL_RENAMES ? renamed_path(e, object, flags) : object;

	if (!p)
		return false;
	e->file.present = true;
	e->file.path = path_value(p, KEY_NAME);
	if (flags & CALL_POINTS && was_created(e, p))
		set_target(e, p);
	e->file.directory =
		directory_of(e, p, e->file.parent.len > 0 ? e->file.parent : e->file.path);
	e->file.inode = path_value(p, KEY_INODE);
	e->file.device = path_value(p, KEY_RDEV);
	e->file.mode = path_value(p, KEY_MODE);
	if (e->file.mode.len > 0 && !decode_octal(e->file.mode, mode)) {
		e->file.mode = SPAN("");
		event_warn(e, RECORD_PATH, SPAN("mode"), "is no octal number");
		return false;
	}
	e->file.uid = path_value(p, KEY_OUID);
	e->file.gid = path_value(p, KEY_OGID);
	e->file.selinux = has_label(object) ? object : NULL;
	return true;
}

static void set_file_object(struct event *e, const struct event_path *object)
{
	struct span name = path_value(object, KEY_NAME);
	struct span type;
	uint64_t mode;

	if (name.len > 0)
		e->object_primary = name;
	if (!set_file(e, object, &mode) || e->file.mode.len == 0)
		return;
	type = object_type_of((uint32_t)mode);
	if (type.len > 0)
		e->object_type = type;
}

static bool is_about_file(const struct normalization *n)
{
	struct span what = norm_word(n->object_what);

	return span_is(what, "file") || span_is(what, "filesystem");
}

/* An event that is not described by its call, but was recorded during one: a decision about a file
 * (FANOTIFY, AVC) has to name the file. Types up to PROCTITLE are parts of a call's event that only
 * came in an odd order. */
static void set_file_of_call(struct event *e, const struct normalization *call)
{
	uint64_t mode;

	if (!e->file.present && e->path_count > 0 && is_about_file(call) &&
		e->type > RECORD_PROCTITLE && e->record_count > 1)
		set_file(e, object_path(e, call->path_index), &mode);
}

__attribute__((cold)) static void set_socket(struct event *e)
{
	const struct field *primary = event_data(e, KEY_SOCKET_ADDR);
	const struct field *port = event_data(e, KEY_SOCKET_PORT);

	if (!primary)
		primary = event_data(e, KEY_SOCKET_PATH);
	if (primary)
		e->object_primary = field_value(primary);
	if (port)
		e->object_secondary = field_value(port);
}

static void set_object(struct event *e, const struct normalization *n)
{
	struct span what = norm_word(n->object_what);

	e->object_type = what;
	if (is_about_file(n)) {
		if (e->path_count > 0)
			set_file_object(e, object_path(e, n->path_index));
	} else if (span_is(what, "socket")) {
		set_socket(e);
	}
}

/* ---- source ---------------------------------------------------------------------------- */

/* The address in a text, without a zone ("fe80::1%eth0"); len 0: it is none. */
__attribute__((cold)) static struct span address_in(struct span text)
{
	const char *zone = memchr(text.at, '%', text.len);
	uint8_t unused[IP6_BYTES];

	if (zone)
		text.len = (uint32_t)(zone - text.at);
	return ip_address(text, unused) ? text : SPAN("");
}

/* A program's message names the other side of a connection: by an address, or by a name. */
__attribute__((cold)) static void set_source(struct event *e, const struct normalization *n)
{
	const uint16_t *key = &key_lists[n->source_ip];
	const struct field *f = NULL;

	if (e->source.present)
		return;
	for (; *key != KEY_OTHER && !f; key++)
		f = event_data(e, (enum key) * key);
	if (!f || span_is(field_value(f), "(none)"))
		return;
	e->source = (struct event_address){
		.present = true, .text = field_value(f), .ip = address_in(field_value(f))};
	if (e->source.ip.len == 0)
		e->source.domain = field_value(f);
	e->direction = DIRECTION_INGRESS;
	event_remove_data(e, (enum key)f->key);
}

/* ---- ECS ------------------------------------------------------------------------------- */

/* A list ends with ECS_NONE; what does not fit is left out (the tables are tested to fit). */
static void append_list(uint8_t *list, const uint8_t *values)
{
	uint32_t count = 0;

	while (list[count] != ECS_NONE)
		count++;
	while (*values != ECS_NONE && count < LIMIT_ECS_VALUES - 1)
		list[count++] = *values++;
	list[count] = ECS_NONE;
}

static void append_values(uint8_t *list, uint8_t from)
{
	append_list(list, &ecs_lists[from]);
}

/* O_TRUNC has this value on all machines of the tables; alpha and sparc, which have another
 * (arch/.../include/uapi/asm/fcntl.h), are not among them. It empties only regular files. */
static bool was_emptied(
	const struct event *e, const struct call_facts *call, const struct event_path *p)
{
	const int64_t o_trunc = 0x200;
	const struct field *f = argument(e, call->open_flags);
	uint64_t mode;
	int64_t flags;

	if (!(call->flags & CALL_CREATES) &&
		(!f || !decode_hex_number(field_value(f), &flags) || !(flags & o_trunc)))
		return false;
	return !decode_octal(path_value(p, KEY_MODE), &mode) || (mode & S_IFMT) == S_IFREG;
}

/* The types of a call. If it opened a file and made or emptied it, that counts instead. */
static void append_call_types(struct event *e, const struct normalization *n)
{
	static const uint8_t creation[] = {ECS_CREATION, ECS_NONE},
			     change[] = {ECS_CHANGE, ECS_NONE};
	const struct call_facts *call = call_facts_of_syscall(e->syscall);
	const uint8_t *types = &ecs_lists[n->type];
	const struct event_path *p;

	if ((call->open_flags != 0 || call->flags & CALL_CREATES) && e->path_count > 0 &&
		span_is(e->result, "success")) {
		p = object_path(e, n->path_index);
		if (was_created(e, p))
			types = creation;
		else if (was_emptied(e, call, p))
			types = change;
	}
	append_list(e->type_ecs, types);
}

static struct span mapped_value(const struct event *e, const struct norm_mapping *m)
{
	const struct field *f = NULL;
	const uint16_t *key;

	switch ((enum norm_ref)m->from) {
	case REF_SUBJECT_PRIMARY:
		return e->actor_primary;
	case REF_SUBJECT_SECONDARY:
		return e->actor_secondary;
	case REF_OBJECT_PRIMARY:
		return e->object_primary;
	case REF_OBJECT_SECONDARY:
		return e->object_secondary;
	case REF_DATA:
		for (key = &key_lists[m->key]; !f && *key != KEY_OTHER; key++)
			f = event_data(e, (enum key) * key);
		break;
	case REF_UID:
		for (uint32_t i = 0; !f && i < e->id_count; i++)
			if (e->ids[i]->key == m->key)
				f = e->ids[i];
		break;
	case REF_NONE:
		break;
	}
	return f ? field_value(f) : SPAN("");
}

static void set_entity(const struct event *e, struct event_entity *entity, struct span value)
{
	const struct field *acct = event_data(e, KEY_ACCT);
	uint64_t number;

	entity->is_text = acct && acct->value == value.at && acct->decoded;
	/* Auditbeat decodes the name, and looks it up, only for a login. */
	entity->is_odd = entity->is_text && e->type != RECORD_USER_LOGIN;
	if (value.len == 0 || span_is(value, "unset") || span_is(value, "4294967295") ||
		span_is(value, "-1")) {
		entity->id = SPAN("unset");
		entity->name = SPAN("");
	} else if (!entity->is_text && decode_uint(value, &number)) {
		entity->id = value;
	} else {
		entity->name = value;
	}
}

/* ---- which normalization --------------------------------------------------------------- */

static bool has_fields(const struct event *e, uint8_t needs)
{
	for (const struct norm_need *need = &norm_needs[needs]; need->key != KEY_OTHER; need++) {
		const struct field *f = event_data(e, (enum key)need->key);

		if (!f || (need->value != 0 && !span_equal(field_value(f), norm_word(need->value))))
			return false;
	}
	return true;
}

/* If a type has several, the last one whose fields are all there counts. */
static const struct normalization *of_record(const struct event *e)
{
	unsigned count;
	const uint8_t *all = norm_of_record(e->type, &count);
	const struct normalization *found = NULL;

	for (unsigned i = 0; i < count; i++)
		if (has_fields(e, normalizations[all[i]].needs))
			found = &normalizations[all[i]];
	return found;
}

static void apply(struct event *e, const struct normalization *n)
{
	e->action = norm_word(n->action);
	set_object(e, n);
	take_first(e, n->subject_primary, &e->actor_primary);
	take_first(e, n->subject_secondary, &e->actor_secondary);
	take_first(e, n->object_primary, &e->object_primary);
	take_first(e, n->object_secondary, &e->object_secondary);
	take_first(e, n->how, &e->how);
	set_source(e, n);
	for (const struct norm_mapping *m = &norm_mappings[n->mappings]; m->from; m++) {
		ensure(m->to < ENTITY_COUNT);
		set_entity(e, &e->entity[m->to], mapped_value(e, m));
	}
}

static void reset(struct event *e)
{
	e->object_primary = e->object_secondary = e->object_type = SPAN("");
	e->action = SPAN("");
	e->file = (struct event_file){0};
	memset(e->entity, 0, sizeof(e->entity));
	e->category[0] = e->type_ecs[0] = ECS_NONE;
}

void normalize(struct event *e)
{
	const struct normalization *syscall = NULL;
	const struct normalization *n = NULL;

	reset(e);
	e->how = default_how(e);
	if (e->has_syscall)
		syscall = norm_of_syscall(e->syscall);
	if (e->type != RECORD_SYSCALL) {
		n = of_record(e);
		if (n) {
			append_values(e->category, n->category);
			append_values(e->type_ecs, n->type);
		}
	}
	/* To the meaning of the record type add what its call did. */
	if (syscall && (e->type == RECORD_SYSCALL || (n && !n->ignores_call && n != syscall))) {
		append_values(e->category, syscall->category);
		append_call_types(e, syscall);
	}
	if (n)
		apply(e, n);
	else if (syscall && e->type == RECORD_SYSCALL)
		apply(e, syscall);
	if (syscall && (!n || n->ignores_call))
		set_file_of_call(e, syscall);
	if (e->category[0] == ECS_NONE) {
		struct norm_fallback fallback = norm_fallback(e->type);

		append_values(e->category, fallback.category);
		append_values(e->type_ecs, fallback.type);
	}
}
