#include "config_read.h"

#include <string.h>
#include "config_option.h"
#include "ensure.h"

/* ---- values ------------------------------------------------------------------------------ */

static bool set_choice(int *at, const struct option *o, const char *word)
{
	const char *choice = o->choices;
	int i;

	for (i = 0; *choice; i++, choice = config_option_next(choice)) {
		if (strcmp(choice, word) == 0) {
			*at = i;
			return true;
		}
	}
	return false;
}

static bool in_range(const struct option *o, double n)
{
	return n >= o->min && n <= o->max;
}

static bool set_number(uint32_t *at, const struct option *o, const cJSON *value)
{
	/* A double holds every uint32_t exactly. */
	if (!cJSON_IsNumber(value) || !in_range(o, value->valuedouble))
		return false;
	*at = (uint32_t)value->valuedouble;
	return *at == value->valuedouble;
}

static bool set_duration(uint32_t *at, const struct option *o, const char *s)
{
	static const struct {
		const char *name;
		uint32_t ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}};
	double n = 0;
	size_t i;

	if (*s < '0' || *s > '9')
		return false;
	for (; *s >= '0' && *s <= '9'; s++)
		n = n * 10 + (*s - '0');
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(s, units[i].name) == 0 && in_range(o, n * units[i].ms)) {
			*at = (uint32_t)(n * units[i].ms);
			return true;
		}
	}
	return false;
}

static bool set_text(struct config *c, const struct option *o, const cJSON *value, const char **at,
	const struct config_source *source)
{
	const char *text = cJSON_GetStringValue(value);
	const char *expected = o->wrong(text);

	if (expected)
		return config_refuse(source, o, value, o->type == OPTION_TEXT ? expected : NULL);
	*at = config_keep(c, text, strlen(text));
	return *at || config_too_long(source, o, value);
}

/* A list of lines becomes one text. */
static bool set_lines(struct config *c, const struct option *o, const cJSON *value, const char **at,
	const struct config_source *source)
{
	char *text = c->pool + c->pool_used;
	const cJSON *line;

	if (!cJSON_IsArray(value))
		return set_text(c, o, value, at, source);
	for (line = value->child; line; line = line->next) {
		const char *kept;

		if (!set_text(c, o, line, &kept, source))
			return false;
		if (line->next)
			c->pool[c->pool_used - 1] = '\n';
	}
	if (!value->child)
		return (*at = config_keep(c, "", 0)) || config_too_long(source, o, value);
	*at = text;
	return true;
}

static bool set_list(struct config *c, const struct option *o, const cJSON *value,
	const struct config_source *source)
{
	const char **at = (const char **)(void *)((char *)c + o->offset);
	unsigned *count = (unsigned *)(void *)((char *)c + o->offset_count);
	const cJSON *item = value;

	*count = 0;
	if (cJSON_IsArray(value))
		item = value->child;
	else if (value->valuestring && strchr(value->valuestring, ','))
		return config_refuse(source, o, value, "a list, such as [\"one\", \"two\"]");
	for (; item; item = item == value ? NULL : item->next) {
		if (*count == o->max)
			return config_refuse(source, o, item, NULL);
		if (!set_text(c, o, item, &at[*count], source))
			return false;
		++*count;
	}
	return true;
}

bool config_option_set(struct config *c, const struct option *o, const cJSON *value,
	const struct config_source *source)
{
	void *at = (char *)c + o->offset;
	bool good = false;

	switch (o->type) {
	case OPTION_BOOL:
		good = cJSON_IsBool(value);
		*(bool *)at = cJSON_IsTrue(value);
		break;
	case OPTION_CHOICE:
		good = cJSON_IsString(value) && set_choice(at, o, value->valuestring);
		break;
	case OPTION_NUMBER:
		good = set_number(at, o, value);
		break;
	case OPTION_DURATION:
		good = cJSON_IsString(value) && set_duration(at, o, value->valuestring);
		break;
	case OPTION_TEXT:
		return set_text(c, o, value, at, source);
	case OPTION_LINES:
		return set_lines(c, o, value, at, source);
	case OPTION_LIST:
		return set_list(c, o, value, source);
	case OPTION_FIELDS:
		return config_fields_set(c, o, value, source);
	}
	return good || config_refuse(source, o, value, NULL);
}

/* ---- defaults ---------------------------------------------------------------------------- */

void config_init(struct config *c)
{
	struct config_error e;
	const struct option *o;

	/* The pool need not be cleared: it would make its pages resident. */
	memset(c, 0, offsetof(struct config, pool));
	c->pool_used = 0;
	for (o = option_table; o->name; o++) {
		struct config_source source = {.option_name = o->name, .e = &e};
		cJSON value = {.type = cJSON_String,
			.valuestring = (char *)(uintptr_t)config_option_initial(o)};
		bool good;

		if (o->type == OPTION_NUMBER)
			value = (cJSON){.type = cJSON_Number, .valuedouble = o->preset};
		else if (o->type == OPTION_FIELDS)
			value = (cJSON){.type = cJSON_Object};
		else if (o->type == OPTION_LIST)
			value = (cJSON){.type = cJSON_Array};
		else if (o->type == OPTION_BOOL)
			value.type =
				strcmp(config_option_initial(o), "true") ? cJSON_False : cJSON_True;
		good = config_option_set(c, o, &value, &source);
		ensure(good); /* or the table is wrong */
	}
}
