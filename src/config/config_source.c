/* Messages about a value, with the place where it was written; and the pool of strings. */
#include "config_option.h"

#include <string.h>
#include "json_scan.h"

static bool is_composite(const cJSON *value)
{
	return cJSON_IsObject(value) || cJSON_IsArray(value);
}

/* The number of a node in the order of the text, as json_locate() counts. */
static bool ordinal_of(const cJSON *at, const cJSON *wanted, unsigned *count)
{
	if (at == wanted)
		return true;
	++*count;
	for (at = at->child; at; at = at->next) {
		if (ordinal_of(at, wanted, count))
			return true;
	}
	return false;
}

static struct json_place locate(const struct config_source *source, const cJSON *value)
{
	unsigned ordinal = 0;

	ordinal_of(source->root, value, &ordinal);
	return json_locate(source->text, source->len, ordinal);
}

struct span config_token(const struct config_source *source, const cJSON *value)
{
	struct json_place place;

	if (!source->text) /* a bare word is a string, and in no text */
		return value->valuestring ? span_of(value->valuestring) : SPAN_NONE;
	place = locate(source, value);
	return (struct span){source->text + place.value, (uint32_t)(place.end - place.value)};
}

void config_complain_at(struct text *t, const struct config_source *source, size_t offset)
{
	unsigned line, column;

	text_init(t, source->e->text, sizeof(source->e->text));
	if (!source->name) {
		text_puts(t, "-o ");
		text_shown(t, source->option_name, source->option_name_len, LIMIT_SHOWN_BYTES);
		text_puts(t, ": ");
		return;
	}
	json_position(source->text, offset, &line, &column);
	text_shown(t, source->name, strlen(source->name), 200);
	text_puts(t, ":");
	text_number(t, line);
	text_puts(t, ":");
	text_number(t, column);
	text_puts(t, ": ");
}

void config_complain(struct text *t, const struct config_source *source, const cJSON *value,
	enum config_where where)
{
	struct json_place place = {0};

	if (source->name)
		place = locate(source, value);
	config_complain_at(t, source, where == AT_KEY ? place.key : place.value);
}

bool config_refuse(const struct config_source *source, const struct option *o, const cJSON *value,
	const char *expected)
{
	struct span token;
	struct text t;

	config_complain(&t, source, value, AT_VALUE);
	if (source->name) {
		text_puts(&t, o->name);
		text_puts(&t, ": ");
	}
	if (is_composite(value)) {
		text_puts(&t, cJSON_IsObject(value) ? "an object" : "a list");
	} else {
		token = config_token(source, value);
		text_shown(&t, token.at, token.len, LIMIT_SHOWN_BYTES);
		if (token.len == 0)
			text_puts(&t, "nothing");
	}
	text_puts(&t, "; expected ");
	if (expected)
		text_puts(&t, expected);
	else
		config_option_expected(o, &t);
	return false;
}

const char *config_keep(struct config *c, const char *bytes, size_t n)
{
	char *at = c->pool + c->pool_used;

	if (n >= sizeof(c->pool) - c->pool_used)
		return NULL;
	memcpy(at, bytes, n);
	at[n] = '\0';
	c->pool_used += n + 1;
	return at;
}

bool config_too_long(const struct config_source *source, const struct option *o, const cJSON *value)
{
	return config_refuse(
		source, o, value, "less text: all values together have room for 131072 bytes");
}
_Static_assert(LIMIT_CONFIG_STRINGS_BYTES == 131072, "the message above says so");
