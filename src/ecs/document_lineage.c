#include "document_lineage.h"

#include "decode.h"
#include "document_layout.h"
#include "document_user.h"

/* An object is written as JSON in one piece: its texts were escaped when they came into the table.
 * An entry's own text, the command line once more, the id, and what is between them. */
#define OBJECT_BYTES (2u * LIMIT_LINEAGE_TEXT_BYTES + LIMIT_ENTITY_ID_BYTES + 512u)

struct object {
	const struct document *d;
	char *from, *at; /* from NULL: no room */
};

static struct object begin(const struct document *d)
{
	char *from = arena_take(d->arena, OBJECT_BYTES);

	if (from)
		*from = '{';
	return (struct object){d, from, from ? from + 1 : NULL};
}

static inline void put(struct object *o, struct span text)
{
	if (text.len > 0)
		memcpy(o->at, text.at, text.len);
	o->at += text.len;
}

/* Each member begins with a comma; the first one's is taken away in the end. */
#define PUT(o, literal) put((o), SPAN(literal))

static void put_number(struct object *o, uint32_t number)
{
	char digits[10];
	uint32_t len = 0;

	do
		digits[sizeof(digits) - ++len] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	put(o, (struct span){digits + sizeof(digits) - len, len});
}

static void put_bool(struct object *o, bool value)
{
	put(o, value ? SPAN("true") : SPAN("false"));
}

static void put_member(struct object *o, struct span rendered)
{
	if (rendered.len > 0)
		PUT(o, ",");
	put(o, rendered);
}

/* What is not used of the piece goes back. */
static void end(struct object *o, cJSON *parent, const char *key)
{
	struct arena *a = o->d->arena;
	uint32_t len;

	PUT(o, "}");
	o->from[1] = '{'; /* in the place of the first comma */
	len = (uint32_t)(o->at - o->from);
	a->used -= (OBJECT_BYTES - len) & ~(size_t)7;
	json_add_raw(a, parent, key, (struct span){o->from + 1, len - 1});
}

static void put_id(struct object *o, const struct lineage_process *p)
{
	PUT(o, ",\"entity_id\":\"");
	o->at += lineage_entity_id(o->d->lineage, p, o->d->lineage_host, o->at);
	PUT(o, "\",\"pid\":");
	put_number(o, p->pid);
	PUT(o, ",\"start\":\"");
	put(o, (struct span){p->start, sizeof(p->start)});
	PUT(o, "\"");
	put_member(o, lineage_names(p));
	if (p->has_tty) {
		PUT(o, ",\"interactive\":");
		put_bool(o, lineage_is_interactive(p));
	}
}

static void put_args(struct object *o, const struct lineage_process *p)
{
	put_member(o, lineage_args(p));
	if (p->arg_count > 0) {
		PUT(o, ",\"args_count\":");
		put_number(o, p->arg_count);
	}
}

/* The arguments as one text: what is between two of them becomes a blank. They are escaped alike.
 */
static void put_command_line(struct object *o, const struct lineage_process *p)
{
	const struct span args = lineage_args(p);
	bool inside = false;

	if (args.len == 0)
		return;
	PUT(o, ",\"command_line\":\"");
	for (uint32_t i = sizeof("\"args\":[") - 1; i + 1 < args.len; i++) {
		if (args.at[i] == '"') {
			inside = !inside;
			continue;
		}
		*o->at++ = inside ? args.at[i] : ' ';
		if (args.at[i] == '\\')
			*o->at++ = args.at[++i];
	}
	PUT(o, "\"");
}

/* A name that would have to be escaped is nobody's: the id says who it is. */
static bool is_plain(struct span name)
{
	for (uint32_t i = 0; i < name.len; i++)
		if (name.at[i] <= ' ' || name.at[i] > '~' || name.at[i] == '"' ||
			name.at[i] == '\\')
			return false;
	return name.len <= LIMIT_LINEAGE_USER_BYTES;
}

static void put_user(struct object *o, const struct lineage_process *p, bool with_name)
{
	struct span id, name = SPAN_NONE;
	char *digits;

	if (p->uid == LINEAGE_NO_UID)
		return;
	PUT(o, ",\"user\":{\"id\":\"");
	digits = o->at;
	put_number(o, p->uid);
	id = (struct span){digits, (uint32_t)(o->at - digits)};
	PUT(o, "\"");
	if (with_name && o->d->config->resolve_ids)
		name = document_user_name(o->d, id);
	if (name.len > 0 && is_plain(name)) {
		PUT(o, ",\"name\":\"");
		put(o, name);
		PUT(o, "\"");
	}
	PUT(o, "}");
}

static void add_parent(struct document *d, cJSON *process, const struct lineage_process *p)
{
	struct object o = begin(d);

	if (!o.from)
		return;
	put_id(&o, p);
	put_args(&o, p);
	put_command_line(&o, p);
	put_member(&o, lineage_directory(p));
	put_user(&o, p, true);
	end(&o, process, "parent");
}

static struct span entry_type(const struct lineage_process *p)
{
	static const char names[][10] = {
		"", "init", "sshd", "terminal", "console", "container", "unknown"};

	return span_of(names[p->entry_type]);
}

/* Of a process that leads itself the document has the rest already. */
static void add_leader(struct document *d, cJSON *process, const char *key,
	const struct lineage_process *leader, bool is_entry)
{
	const bool same = leader == d->facts.self;
	struct object o = begin(d);

	if (!o.from)
		return;
	put_id(&o, leader);
	PUT(&o, ",\"same_as_process\":");
	put_bool(&o, same);
	if (!same) {
		put_args(&o, leader);
		put_member(&o, lineage_directory(leader));
		put_user(&o, leader, false);
	}
	if (is_entry) {
		PUT(&o, ",\"entry_meta\":{\"type\":\"");
		put(&o, entry_type(d->facts.self));
		PUT(&o, "\"}");
	}
	end(&o, process, key);
}

static void add_tty(struct document *d, cJSON *process, const struct lineage_process *p)
{
	struct object o;

	if (!lineage_is_interactive(p) || p->tty == LINEAGE_TTY_UNKNOWN)
		return;
	o = begin(d);
	if (!o.from)
		return;
	PUT(&o, ",\"char_device\":{\"major\":");
	put_number(&o, p->tty >> 20);
	PUT(&o, ",\"minor\":");
	put_number(&o, p->tty & 0xfffff);
	PUT(&o, "}");
	end(&o, process, "tty");
}

static void add_self(struct document *d, cJSON *process, const struct lineage_process *p)
{
	char *id = arena_take(d->arena, LIMIT_ENTITY_ID_BYTES);
	uint32_t len;

	if (!id)
		return;
	len = lineage_entity_id(d->lineage, p, d->lineage_host, id);
	d->arena->used -= (LIMIT_ENTITY_ID_BYTES - len) & ~(size_t)7;
	json_add_text(d->arena, process, "entity_id", (struct span){id, len});
	json_add_text(d->arena, process, "start", (struct span){p->start, sizeof(p->start)});
	if (p->has_tty)
		json_add_raw(d->arena, process, "interactive",
			lineage_is_interactive(p) ? SPAN("true") : SPAN("false"));
	add_tty(d, process, p);
}

/* A record's own ppid comes first: where the table has another parent, it is not the event's. */
static void add_any_parent(struct document *d, cJSON *process, const struct field *pid)
{
	const struct lineage_process *known = d->facts.parent;
	cJSON *parent;
	int64_t number;

	if (pid && decode_int(field_value(pid), &number)) {
		if (!known || known->pid != number) {
			parent = json_object(d->arena);
			json_add(parent, "pid", json_number(d->arena, number));
			json_add(process, "parent", parent);
			return;
		}
	}
	if (known)
		add_parent(d, process, known);
}

void document_add_lineage(struct document *d, cJSON *process, const struct field *parent_pid)
{
	const struct lineage_facts *f = &d->facts;

	arena_hold(d->arena, LIMIT_DOCUMENT_RESERVE_BYTES);
	add_any_parent(d, process, parent_pid);
	if (f->self)
		add_self(d, process, f->self);
	if (f->group)
		add_leader(d, process, "group_leader", f->group, false);
	if (f->session)
		add_leader(d, process, "session_leader", f->session, false);
	if (f->self && f->entry)
		add_leader(d, process, "entry_leader", f->entry, true);
	arena_let_go(d->arena);
}

/* ---- container --------------------------------------------------------------------------- */

static void put_hex(struct object *o, const uint8_t *bytes, size_t count)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < count; i++) {
		*o->at++ = digits[bytes[i] >> 4];
		*o->at++ = digits[bytes[i] & 15];
	}
}

void document_add_container(struct document *d, cJSON *root)
{
	static const char runtimes[][12] = {
		"", "docker", "containerd", "cri-o", "podman", "", "lxc"};
	const struct lineage_process *p = d->facts.self;
	struct object o;

	if (!p || p->runtime == RUNTIME_NONE)
		return;
	o = begin(d);
	if (!o.from)
		return;
	if (p->runtime == RUNTIME_LXC) {
		PUT(&o, ",\"name\":\"");
		put(&o, (struct span){(const char *)p->container,
				(uint32_t)strnlen(
					(const char *)p->container, sizeof(p->container))});
		PUT(&o, "\"");
	} else {
		PUT(&o, ",\"id\":\"");
		put_hex(&o, p->container, sizeof(p->container));
		PUT(&o, "\"");
	}
	if (*runtimes[p->runtime]) {
		PUT(&o, ",\"runtime\":\"");
		put(&o, span_of(runtimes[p->runtime]));
		PUT(&o, "\"");
	}
	end(&o, root, "container");
}
