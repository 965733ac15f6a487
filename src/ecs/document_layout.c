#include "document_layout.h"

#include "decode.h"

struct member {
	enum document_group group;
	uint32_t key_len;
	const char *key; /* "": has a name of its own */
};

#define AT(group, key)                                                                             \
	{                                                                                          \
		(group), sizeof(key) - 1, (key)                                                    \
	}

static const struct member places[][PLACE_COUNT] = {
	[LAYOUT_AUDITBEAT] =
		{
			[PLACE_SEQUENCE] = AT(GROUP_AUDITD, "sequence"),
			[PLACE_ID] = AT(GROUP_DATA, "id"),
			[PLACE_RECORDS] = AT(GROUP_EVENT, "original"),
			[PLACE_WARNINGS] = AT(GROUP_ERROR, "message"),
			[PLACE_USER_AUDIT] = AT(GROUP_USER, "audit"),
			[PLACE_USER_SAVED] = AT(GROUP_USER, "saved"),
			[PLACE_USER_FILESYSTEM] = AT(GROUP_USER, "filesystem"),
			[PLACE_USER_AUID_CHANGE] = AT(GROUP_USER, ""),
			[PLACE_USER_SELINUX] = AT(GROUP_USER, "selinux"),
			[PLACE_FILE_SELINUX] = AT(GROUP_FILE, "selinux"),
		},
	[LAYOUT_INTEGRATION] =
		{
			[PLACE_SEQUENCE] = AT(GROUP_EVENT, "sequence"),
			[PLACE_ID] = AT(GROUP_EVENT, "id"),
			[PLACE_RECORDS] = AT(GROUP_AUDITD, "messages"),
			[PLACE_WARNINGS] = AT(GROUP_AUDITD, "warnings"),
			[PLACE_USER_AUDIT] = AT(GROUP_AUDITD_USER, "audit"),
			[PLACE_USER_SAVED] = AT(GROUP_AUDITD_USER, "saved"),
			[PLACE_USER_FILESYSTEM] = AT(GROUP_AUDITD_USER, "filesystem"),
			[PLACE_USER_AUID_CHANGE] = AT(GROUP_AUDITD_USER, ""),
			[PLACE_USER_SELINUX] = AT(GROUP_AUDITD_USER, "selinux"),
			[PLACE_FILE_SELINUX] = AT(GROUP_AUDITD_FILE, "selinux"),
		},
};

void document_layout_begin(struct document *d)
{
	memset(d->group, 0, sizeof(d->group));
	d->has_renamed = d->cut = false;
	d->names_compared = 0;
}

cJSON *document_group(struct document *d, enum document_group group)
{
	if (!d->group[group])
		d->group[group] = json_object(d->arena);
	return d->group[group];
}

cJSON *document_place_group(struct document *d, enum place place)
{
	return document_group(d, places[d->config->layout][place].group);
}

void document_place(struct document *d, enum place place, cJSON *item)
{
	const struct member *m = &places[d->config->layout][place];
	bool is_part = item && (item->type & (cJSON_Object | cJSON_Array));

	if (!is_part || item->child)
		json_add_key(document_group(d, m->group), m->key, m->key_len, item);
}

/* ---- fields of records ----------------------------------------------------------------- */

char *document_key(struct arena *a, struct span name)
{
	char *copy = arena_take(a, name.len + 1u);

	if (copy) {
		memcpy(copy, name.at, name.len);
		copy[name.len] = '\0';
	}
	return copy;
}

static bool dashes_to_underscores(char *key)
{
	bool found = false;

	for (; (key = strchr(key, '-')); found = true)
		*key = '_';
	return found;
}

/* *found: the member of that name, or NULL. false: so many were compared that it is not known. */
static bool find_named(struct document *d, const cJSON *object, const char *key, cJSON **found)
{
	cJSON *child = object ? object->child : NULL;

	for (; child && strcmp(child->string, key) != 0; child = child->next)
		if (++d->names_compared > LIMIT_NAMES_COMPARED)
			return false;
	*found = child;
	return true;
}

__attribute__((cold)) void document_add_named(
	struct document *d, cJSON *object, struct span name, cJSON *item)
{
	char *key = document_key(d->arena, name);
	bool had_dash = key && document_is_integration(d) && dashes_to_underscores(key);
	cJSON *other = NULL;

	if (!key)
		return;
	if ((had_dash || d->has_renamed) && !find_named(d, object, key, &other)) {
		d->arena->exhausted = true;
		return;
	}
	d->has_renamed |= had_dash;
	if (other && !had_dash)
		return;
	if (other)
		json_detach(object, other);
	json_add_key(object, key, name.len, item);
}

void document_add_odd_field(struct document *d, cJSON *object, const struct field *f, uint32_t skip)
{
	struct span value = field_value(f), name = {f->name + skip, f->name_len - skip};
	unsigned flags = key_info[f->key].flags;
	cJSON *item;

	if (value.len == 0)
		return;
	item = flags & KEY_IS_NUMBER ? document_number(d, value) : json_text(d->arena, value);
	if (f->key == KEY_OTHER || d->has_renamed ||
		(flags & KEY_HAS_DASH && document_is_integration(d)))
		document_add_named(d, object, name, item);
	else
		json_add_key(object, name.at, name.len, item);
}

cJSON *document_number(const struct document *d, struct span text)
{
	int64_t number;

	if (document_is_integration(d) && decode_int(text, &number))
		return json_number(d->arena, number);
	return json_text(d->arena, text);
}

struct span document_join(struct arena *a, const struct span *parts, unsigned count)
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
		if (parts[i].len > 0) /* else it may be nowhere */
			memcpy(text + len, parts[i].at, parts[i].len);
		len += parts[i].len;
	}
	return (struct span){text, len};
}
