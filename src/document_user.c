#include "document_user.h"

#include "json.h"

/* A user as ECS nests it. */
struct part {
	struct span id, name, group_id, group_name;
};

enum { SELF, EFFECTIVE, SAVED, FILESYSTEM, AUDIT, TARGET, CHANGES, PART_COUNT };

static const char *const part_name[PART_COUNT] = {
	[EFFECTIVE] = "effective", [SAVED] = "saved", [FILESYSTEM] = "filesystem",
	[AUDIT] = "audit", [TARGET] = "target", [CHANGES] = "changes",
};

/* Which part a subject's field belongs to; PART_COUNT if it gets an object of its own. */
static unsigned part_of(uint16_t key, bool *is_group)
{
	*is_group = key == KEY_GID || key == KEY_EGID || key == KEY_SGID || key == KEY_FSGID;
	switch (key) {
	case KEY_UID:
	case KEY_GID:
		return SELF;
	case KEY_EUID:
	case KEY_EGID:
		return EFFECTIVE;
	case KEY_SUID:
	case KEY_SGID:
		return SAVED;
	case KEY_FSUID:
	case KEY_FSGID:
		return FILESYSTEM;
	case KEY_AUID:
		return AUDIT;
	default:
		return PART_COUNT;
	}
}

static bool is_unset(struct span id)
{
	return span_is(id, "unset");
}

static struct span user_name(const struct document *d, struct span id)
{
	if (!d->config->resolve_ids || id.len == 0 || is_unset(id))
		return SPAN("");
	return identity_user_name(d->identity, id);
}

static struct span group_name(const struct document *d, struct span id)
{
	if (!d->config->resolve_ids || id.len == 0 || is_unset(id))
		return SPAN("");
	return identity_group_name(d->identity, id);
}

struct span document_actor(const struct document *d, struct span actor)
{
	struct span name = user_name(d, actor);

	return name.len > 0 ? name : actor;
}

static void add_if(struct arena *a, cJSON *object, const char *key, struct span text)
{
	if (text.len > 0)
		json_add_text(a, object, key, text);
}

/* ---- ids of the subject ---------------------------------------------------------------- */

/* user.ouid.id: whatever ends in uid or gid is an id, and is named after its field. */
static void add_other_id(const struct document *d, const struct field *f, cJSON *user)
{
	bool is_group = f->name[f->name_len - 3] == 'g';
	cJSON *object = json_object(d->arena);
	char *key = arena_take(d->arena, f->name_len + 1u);

	if (!object || !key)
		return;
	memcpy(key, f->name, f->name_len);
	key[f->name_len] = '\0';
	json_add_text(d->arena, object, "id", field_value(f));
	add_if(d->arena, object, "name",
		is_group ? group_name(d, field_value(f)) : user_name(d, field_value(f)));
	json_add_key(user, key, f->name_len, object);
}

/* Returns whether any id is known. */
static bool collect_ids(
	const struct document *d, const struct event *e, struct part *parts, cJSON *user)
{
	bool any = false;

	for (uint32_t i = 0; i < e->id_count; i++) {
		const struct field *f = e->ids[i];
		struct span id = field_value(f);
		bool is_group;
		unsigned part = part_of(f->key, &is_group);

		if (is_unset(id))
			continue;
		any = true;
		if (part == PART_COUNT) {
			add_other_id(d, f, user);
		} else if (is_group) {
			parts[part].group_id = id;
			parts[part].group_name = group_name(d, id);
		} else {
			parts[part].id = id;
			parts[part].name = user_name(d, id);
		}
	}
	return any;
}

/* ---- entities of the normalization ----------------------------------------------------- */

/* An entity has an id or a name; look up the other half. "unset" becomes empty. */
static struct event_entity complete(
	const struct document *d, struct event_entity entity, bool is_group)
{
	if (d->config->resolve_ids && entity.name.len == 0)
		entity.name = is_group ? group_name(d, entity.id) : user_name(d, entity.id);
	else if (d->config->resolve_ids && entity.id.len == 0)
		entity.id = is_group ? identity_group_id(d->identity, entity.name)
				     : identity_user_id(d->identity, entity.name);
	if (is_unset(entity.id))
		entity.id = SPAN("");
	return entity;
}

static bool is_present(const struct event_entity *entity)
{
	return entity->id.len > 0 || entity->name.len > 0;
}

/* An entity overrides the part of its name; an unset one empties it. */
static void override_parts(const struct document *d, const struct event *e, struct part *parts,
	struct span names[], unsigned *name_count)
{
	static const struct {
		enum norm_entity entity;
		unsigned part;
	} places[] = {{ENTITY_USER, SELF}, {ENTITY_USER_EFFECTIVE, EFFECTIVE},
		{ENTITY_USER_TARGET, TARGET}, {ENTITY_USER_CHANGES, CHANGES}};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct event_entity entity = e->entity[places[i].entity];

		if (!is_present(&entity))
			continue;
		entity = complete(d, entity, false);
		parts[places[i].part].id = entity.id;
		parts[places[i].part].name = entity.name;
		if (entity.name.len > 0)
			names[(*name_count)++] = entity.name;
	}
}

/* user.effective says nothing new when it is the user. */
static bool is_redundant(const struct part *effective, const struct part *self)
{
	return (self->id.len > 0 && span_equal(self->id, effective->id)) ||
	       (self->name.len > 0 && span_equal(self->name, effective->name));
}

/* ---- the document's members ------------------------------------------------------------ */

static void add_group(struct arena *a, cJSON *object, struct span id, struct span name)
{
	cJSON *group;

	if (id.len == 0 && name.len == 0)
		return;
	group = json_object(a);
	add_if(a, group, "id", id);
	add_if(a, group, "name", name);
	json_add(object, "group", group);
}

static void add_part(struct arena *a, cJSON *object, const struct part *part)
{
	add_if(a, object, "id", part->id);
	add_if(a, object, "name", part->name);
	add_group(a, object, part->group_id, part->group_name);
}

static void add_selinux(struct arena *a, const struct event *e, cJSON *user)
{
	cJSON *selinux;

	if (e->selinux_count == 0)
		return;
	selinux = json_object(a);
	for (uint32_t i = 0; i < e->selinux_count; i++) {
		const struct field *f = e->selinux[i];
		char *key = arena_take(a, f->name_len + 1u);

		if (!key)
			break;
		memcpy(key, f->name, f->name_len);
		key[f->name_len] = '\0';
		json_add_key(selinux, key + 5, f->name_len - 5u, json_text(a, field_value(f)));
	}
	json_add(user, "selinux", selinux);
}

static int compare(struct span a, struct span b)
{
	uint32_t common = a.len < b.len ? a.len : b.len;
	int order = memcmp(a.at, b.at, common);

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* Sorted, each name once. There are at most four. */
static void add_related(struct arena *a, struct span names[], unsigned count, cJSON *root)
{
	cJSON *related, *list;

	if (count == 0)
		return;
	for (unsigned i = 1; i < count; i++)
		for (unsigned j = i; j > 0 && compare(names[j], names[j - 1]) < 0; j--) {
			struct span swap = names[j];

			names[j] = names[j - 1];
			names[j - 1] = swap;
		}
	list = json_array(a);
	for (unsigned i = 0; i < count; i++)
		if (i == 0 || !span_equal(names[i], names[i - 1]))
			json_append(list, json_text(a, names[i]));
	related = json_object(a);
	json_add(related, "user", list);
	json_add(root, "related", related);
}

void document_add_user(const struct document *d, const struct event *e, cJSON *root)
{
	struct part parts[PART_COUNT] = {0};
	struct span names[PART_COUNT];
	unsigned name_count = 0;
	cJSON *user = json_object(d->arena);
	struct event_entity group = e->entity[ENTITY_GROUP];
	bool any = collect_ids(d, e, parts, user);

	override_parts(d, e, parts, names, &name_count);
	if (is_redundant(&parts[EFFECTIVE], &parts[SELF]))
		parts[EFFECTIVE] = (struct part){0};
	add_part(d->arena, user, &parts[SELF]);
	for (unsigned i = SELF + 1; i < PART_COUNT; i++) {
		cJSON *object;

		if (parts[i].id.len + parts[i].name.len + parts[i].group_id.len == 0)
			continue;
		object = json_object(d->arena);
		add_part(d->arena, object, &parts[i]);
		json_add(user, part_name[i], object);
	}
	if (any)
		add_selinux(d->arena, e, user);
	json_add(root, "user", user);

	if (is_present(&group)) {
		group = complete(d, group, true);
		add_group(d->arena, root, group.id, group.name);
	}
	if (d->config->resolve_ids)
		add_related(d->arena, names, name_count, root);
}
