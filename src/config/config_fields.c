/*
 * The option `fields`: constant fields of every document. Names with dots become objects,
 * objects of the same name become one, and the whole is rendered once, as the document takes
 * it. Numbers stay as they are written: a double would change 64-bit values.
 */
#include "config_option.h"

#include <string.h>
#include "limits.h"

/* What the document has itself. Two members of one name are no valid document. */
static const struct {
	const char *name;
	const char *expected;
} owned[] = {
	{"@timestamp", NULL},
	{"agent", "the options agent.id, agent.name and agent.type instead"},
	{"auditd", NULL},
	{"container", NULL},
	{"data_stream", "the option namespace instead"},
	{"destination", NULL},
	{"ecs", NULL},
	{"error", NULL},
	{"event", NULL},
	{"file", NULL},
	{"group", NULL},
	{"host.architecture", NULL},
	{"host.hostname", "the option hostname instead"},
	{"host.id", "the option host.id instead"},
	{"host.name", "the option hostname instead"},
	{"host.os.type", NULL},
	{"log", NULL},
	{"message", NULL},
	{"network", NULL},
	{"process", NULL},
	{"related", NULL},
	{"service", NULL},
	{"source", NULL},
	{"tags", "the option tags instead"},
	{"user", NULL},
};

struct nester {
	const struct config_source *source;
	const char *name; /* dotted, of the member at hand, for messages; NULL: its key */
	unsigned count;	  /* values so far */
};

static bool refuse(struct nester *n, const cJSON *member, enum config_where where, const char *what,
	const char *expected)
{
	struct text t;

	config_complain(&t, n->source, member, where);
	if (n->source->name)
		text_puts(&t, "fields: ");
	if (member->string) {
		const char *name = n->name ? n->name : member->string;

		text_shown(&t, name, strlen(name), 48);
		text_puts(&t, ": ");
	}
	text_puts(&t, what);
	text_puts(&t, "; expected ");
	text_puts(&t, expected);
	return false;
}

static bool no_memory(struct nester *n, const cJSON *member)
{
	return refuse(n, member, AT_VALUE, "too much", "fewer or shorter fields");
}

static bool merge(struct nester *n, cJSON *to, const cJSON *from, unsigned depth);

/* A number as it is written. */
static cJSON *number(struct nester *n, const cJSON *value)
{
	struct span token = config_token(n->source, value);
	char *copy = arena_take(n->source->tree, token.len + 1);

	if (!copy)
		return NULL;
	memcpy(copy, token.at, token.len);
	copy[token.len] = '\0';
	return cJSON_CreateRaw(copy);
}

/* A copy of a value, with objects nested. NULL: the message is written. */
static cJSON *copy_value(struct nester *n, const cJSON *value, unsigned depth)
{
	cJSON *copy = NULL;
	const cJSON *item;

	if (++n->count > LIMIT_FIELDS)
		return refuse(n, value, AT_VALUE, "too many values", "at most 256"), NULL;
	if (cJSON_IsNull(value))
		return refuse(n, value, AT_VALUE, "null", "a value"), NULL;
	if (cJSON_IsNumber(value))
		copy = number(n, value);
	else if (cJSON_IsString(value))
		copy = cJSON_CreateStringReference(value->valuestring);
	else if (cJSON_IsBool(value))
		copy = cJSON_CreateBool(cJSON_IsTrue(value));
	else if (cJSON_IsObject(value))
		copy = cJSON_CreateObject();
	else
		copy = cJSON_CreateArray();
	if (!copy)
		return no_memory(n, value), NULL;
	if (cJSON_IsObject(value) && !merge(n, copy, value, depth + 1))
		return NULL;
	if (cJSON_IsArray(value)) {
		for (item = value->child; item; item = item->next) {
			cJSON *element = copy_value(n, item, depth + 1);

			if (!element)
				return NULL;
			cJSON_AddItemToArray(copy, element);
		}
	}
	return copy;
}

/* Add one member under the last part of its name. */
static bool add_leaf(
	struct nester *n, cJSON *to, const char *name, const cJSON *member, unsigned depth)
{
	cJSON *there = cJSON_GetObjectItemCaseSensitive(to, name);
	cJSON *copy;

	if (there && cJSON_IsObject(there) && cJSON_IsObject(member))
		return merge(n, there, member, depth + 1);
	if (there)
		return refuse(n, member, AT_KEY, "for the second time", "it once");
	copy = copy_value(n, member, depth);
	if (!copy)
		return false;
	return cJSON_AddItemToObject(to, name, copy) || no_memory(n, member);
}

/* The object called `name` in `to`, made if need be. NULL: the message is written. */
static cJSON *enter(struct nester *n, cJSON *to, const char *name, const cJSON *member)
{
	cJSON *there = cJSON_GetObjectItemCaseSensitive(to, name);

	if (!there) {
		there = cJSON_AddObjectToObject(to, name);
		if (!there)
			no_memory(n, member);
	} else if (!cJSON_IsObject(there)) {
		refuse(n, member, AT_KEY, "a part of it is a value already", "an object there");
		return NULL;
	}
	return there;
}

static bool add_member(struct nester *n, cJSON *to, const cJSON *member, unsigned depth)
{
	char name[LIMIT_FIELD_NAME_BYTES + 1];
	const char *at = member->string;

	for (;; depth++) {
		size_t len = strcspn(at, ".");

		if (depth > LIMIT_FIELDS_DEPTH)
			return refuse(n, member, AT_KEY, "too many levels", "at most 16");
		if (len == 0 || len > LIMIT_FIELD_NAME_BYTES)
			return refuse(n, member, AT_KEY, "a part of the name is empty or too long",
				"parts of 1 to 128 bytes between the dots");
		memcpy(name, at, len);
		name[len] = '\0';
		if (at[len] == '\0')
			return add_leaf(n, to, name, member, depth);
		to = enter(n, to, name, member);
		if (!to)
			return false;
		at += len + 1;
	}
}

static bool merge(struct nester *n, cJSON *to, const cJSON *from, unsigned depth)
{
	const cJSON *member;

	if (depth > LIMIT_FIELDS_DEPTH)
		return refuse(n, from, AT_VALUE, "too many levels", "at most 16");
	for (member = from->child; member; member = member->next) {
		if (!add_member(n, to, member, depth))
			return false;
	}
	return true;
}

_Static_assert(LIMIT_FIELDS == 256 && LIMIT_FIELDS_DEPTH == 16 && LIMIT_FIELD_NAME_BYTES == 128,
	"the messages above say so");

/* `name` is `owner`, or a member of it, or the beginning of one. */
static bool is_below(const char *name, const char *owner)
{
	const size_t len = strlen(owner);

	return strncmp(name, owner, len) == 0 && (name[len] == '\0' || name[len] == '.');
}

/* A member that the document has, a part of one, or a value in place of an object that holds one.
 */
static bool check_name(struct nester *n, const char *name, const cJSON *member)
{
	for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++) {
		if (!is_below(name, owned[i].name) &&
			(cJSON_IsObject(member) || !is_below(owned[i].name, name)))
			continue;
		n->name = name;
		refuse(n, member, AT_KEY, "the document has this field itself",
			owned[i].expected ? owned[i].expected
					  : "another name, such as labels.NAME");
		n->name = NULL;
		return false;
	}
	return true;
}

/* No name of `owned` is longer: what does not fit is none of them. */
#define OWNED_NAME_BYTES 32

static bool check_owned(struct nester *n, const cJSON *object, const char *above)
{
	char name[OWNED_NAME_BYTES];
	struct text t;

	for (const cJSON *member = object->child; member; member = member->next) {
		text_init(&t, name, sizeof(name));
		text_puts(&t, above);
		text_puts(&t, *above ? "." : "");
		text_puts(&t, member->string);
		if (!check_name(n, name, member) ||
			(cJSON_IsObject(member) && !t.full && !check_owned(n, member, name)))
			return false;
	}
	return true;
}

static void render(struct text *t, const cJSON *value);

static void render_members(struct text *t, const cJSON *object)
{
	const cJSON *member;

	for (member = object->child; member; member = member->next) {
		if (member->string) {
			text_json(t, member->string, strlen(member->string));
			text_puts(t, ":");
		}
		render(t, member);
		if (member->next)
			text_puts(t, ",");
	}
}

static void render(struct text *t, const cJSON *value)
{
	if (cJSON_IsString(value)) {
		text_json(t, value->valuestring, strlen(value->valuestring));
	} else if (cJSON_IsRaw(value)) {
		text_puts(t, value->valuestring);
	} else if (cJSON_IsBool(value)) {
		text_puts(t, cJSON_IsTrue(value) ? "true" : "false");
	} else {
		text_puts(t, cJSON_IsObject(value) ? "{" : "[");
		render_members(t, value);
		text_puts(t, cJSON_IsObject(value) ? "}" : "]");
	}
}

/* The members of an object; NULL: it is not there. */
static struct config_part render_part(struct text *t, const cJSON *object)
{
	const size_t at = t->used;

	if (object)
		render_members(t, object);
	return (struct config_part){(uint32_t)at, (uint32_t)(t->used - at)};
}

static void open_object(struct text *t, const char *key, bool is_first)
{
	text_puts(t, is_first ? "\"" : ",\"");
	text_puts(t, key);
	text_puts(t, "\":{");
}

/* `host` comes last, and in it `os`: the document puts members of its own beside theirs. */
static void render_fields(struct config *c, struct text *t, cJSON *nested)
{
	cJSON *host = cJSON_DetachItemFromObjectCaseSensitive(nested, "host");
	cJSON *os = host ? cJSON_DetachItemFromObjectCaseSensitive(host, "os") : NULL;

	for (unsigned i = 0; os && i < OS_FACT_COUNT; i++)
		if (cJSON_GetObjectItemCaseSensitive(os, os_fact_names[i]))
			c->fields_facts |= 1u << i;
	c->fields_root = render_part(t, nested);
	if (!host)
		return;
	open_object(t, "host", c->fields_root.len == 0);
	c->fields_host = render_part(t, host);
	if (os) {
		open_object(t, "os", c->fields_host.len == 0);
		c->fields_os = render_part(t, os);
		text_puts(t, "}");
	}
	text_puts(t, "}");
}

bool config_fields_set(struct config *c, const struct option *o, const cJSON *value,
	const struct config_source *source)
{
	struct nester n = {.source = source};
	const char **at = (const char **)(void *)((char *)c + o->offset);
	size_t room = sizeof(c->pool) - c->pool_used;
	char *text = c->pool + c->pool_used;
	struct text t;
	cJSON *nested;

	if (!cJSON_IsObject(value))
		return config_refuse(source, o, value, NULL);
	if (room == 0)
		return config_too_long(source, o, value);
	c->fields_root = c->fields_host = c->fields_os = (struct config_part){0};
	c->fields_facts = 0;
	if (!value->child) {
		*at = config_keep(c, "", 0);
		return *at || config_too_long(source, o, value);
	}
	if (!check_owned(&n, value, ""))
		return false;
	nested = copy_value(&n, value, 0);
	if (!nested)
		return false;
	if (room > LIMIT_FIELDS_BYTES + 1)
		room = LIMIT_FIELDS_BYTES + 1;
	text_init(&t, text, room);
	render_fields(c, &t, nested);
	if (t.full)
		return config_refuse(source, o, value, "at most 4096 bytes when written as JSON");
	c->pool_used += t.used + 1;
	*at = text;
	return true;
}
_Static_assert(LIMIT_FIELDS_BYTES == 4096, "the message above says so");
