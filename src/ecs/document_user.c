#include "document_user.h"

#include "document_layout.h"

/* A user as ECS nests it. */
struct part {
	struct span id, name, group_id, group_name;
};

enum {
	SELF,
	EFFECTIVE,
	SAVED,
	FILESYSTEM,
	AUDIT,
	TARGET,
	CHANGES,
	PART_COUNT
};

/* The part to which one of the subject's fields belongs; PART_COUNT: to none of them. */
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

/* A log's own names come first, unless a file is configured. 0 is root in either case. */
struct span document_user_name(const struct document *d, struct span id)
{
	if (d->enriched.count > 0 && !*d->config->passwd_file && !span_is(id, "0"))
		return enriched_name(&d->enriched, id, false);
	return identity_user_name(d->identity, id);
}

struct span document_group_name(const struct document *d, struct span id)
{
	if (d->enriched.count > 0 && !*d->config->group_file && !span_is(id, "0"))
		return enriched_name(&d->enriched, id, true);
	return identity_group_name(d->identity, id);
}

static struct span user_name(const struct document *d, struct span id)
{
	if (!d->config->resolve_ids || id.len == 0 || is_unset(id))
		return SPAN("");
	return document_user_name(d, id);
}

static struct span group_name(const struct document *d, struct span id)
{
	if (!d->config->resolve_ids || id.len == 0 || is_unset(id))
		return SPAN("");
	return document_group_name(d, id);
}

struct span document_actor(const struct document *d, const struct event *e, struct span actor)
{
	const struct field *acct = e ? event_data(e, KEY_ACCT) : NULL;
	struct span name =
		acct && acct->decoded && acct->value == actor.at ? actor : user_name(d, actor);

	return name.len > 0 ? name : actor;
}

/* ---- ids of the subject ---------------------------------------------------------------- */

static bool is_auid_change(uint16_t key)
{
	return key == KEY_OLD_AUID || key == KEY_OLD_DASH_AUID || key == KEY_NEW_AUID ||
	       key == KEY_NEW_DASH_AUID;
}

/* user.ouid.id: whatever ends in uid or gid is an id, and is named after its field. */
static void add_other_id(struct document *d, const struct field *f, cJSON *user)
{
	bool is_group = f->name[f->name_len - 3] == 'g';
	cJSON *object = json_object(d->arena);

	if (!object)
		return;
	json_add_text(d->arena, object, "id", field_value(f));
	document_add_some(d, object, "name",
		is_group ? group_name(d, field_value(f)) : user_name(d, field_value(f)));
	if (is_auid_change(f->key))
		user = document_place_group(d, PLACE_USER_AUID_CHANGE);
	document_add_named(d, user, (struct span){f->name, f->name_len}, object);
}

/* Returns whether any id is known. */
static bool collect_ids(struct document *d, const struct event *e, struct part *parts, cJSON *user)
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
	else if (d->config->resolve_ids && entity.id.len == 0 && !entity.is_odd)
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

/* What the normalization found overrides the part of the same name; an "unset" id empties it. */
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

/* user.effective is left out when it is the user. */
static bool is_redundant(const struct part *effective, const struct part *self)
{
	return (self->id.len > 0 && span_equal(self->id, effective->id)) ||
	       (self->name.len > 0 && span_equal(self->name, effective->name));
}

/* ---- the document's members ------------------------------------------------------------ */

static void add_group(const struct document *d, cJSON *object, struct span id, struct span name)
{
	cJSON *group;

	if (id.len == 0 && name.len == 0)
		return;
	group = json_object(d->arena);
	document_add_some(d, group, "id", id);
	document_add_some(d, group, "name", name);
	json_add(object, "group", group);
}

static void fill_part(const struct document *d, cJSON *object, const struct part *part)
{
	document_add_some(d, object, "id", part->id);
	document_add_some(d, object, "name", part->name);
	add_group(d, object, part->group_id, part->group_name);
}

/* NULL if there is nothing to say. */
static cJSON *object_of(const struct document *d, const struct part *part)
{
	cJSON *object;

	if (part->id.len + part->name.len + part->group_id.len == 0)
		return NULL;
	object = json_object(d->arena);
	fill_part(d, object, part);
	return object;
}

static void add_selinux(struct document *d, const struct event *e)
{
	cJSON *selinux;

	if (e->selinux_count == 0)
		return;
	selinux = json_object(d->arena);
	for (uint32_t i = 0; i < e->selinux_count; i++)
		document_add_odd_field(d, selinux, e->selinux[i], 5);
	document_place(d, PLACE_USER_SELINUX, selinux);
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

void document_add_user(struct document *d, const struct event *e, cJSON *root)
{
	struct part parts[PART_COUNT] = {0};
	struct span names[PART_COUNT];
	unsigned name_count = 0;
	cJSON *user = document_group(d, GROUP_USER);
	struct event_entity group = e->entity[ENTITY_GROUP];
	bool any = collect_ids(d, e, parts, user);

	override_parts(d, e, parts, names, &name_count);
	if (is_redundant(&parts[EFFECTIVE], &parts[SELF]))
		parts[EFFECTIVE] = (struct part){0};
	fill_part(d, user, &parts[SELF]);
	json_add(user, "effective", object_of(d, &parts[EFFECTIVE]));
	document_place(d, PLACE_USER_SAVED, object_of(d, &parts[SAVED]));
	document_place(d, PLACE_USER_FILESYSTEM, object_of(d, &parts[FILESYSTEM]));
	document_place(d, PLACE_USER_AUDIT, object_of(d, &parts[AUDIT]));
	json_add(user, "target", object_of(d, &parts[TARGET]));
	json_add(user, "changes", object_of(d, &parts[CHANGES]));
	if (any)
		add_selinux(d, e);
	document_attach(d, root, "user", GROUP_USER);

	if (is_present(&group)) {
		group = complete(d, group, true);
		add_group(d, root, group.id, group.name);
	}
	if (d->config->resolve_ids)
		add_related(d->arena, names, name_count, root);
}
