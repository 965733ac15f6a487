#include "rules_json.h"

#include "json.h"
#include "rules_build.h"

/* What it takes to make a tree of a rule. */
struct builder {
	struct arena arena;
	struct text texts;
	const struct rules_data *rule;
	const char *machine;
};

/* A JSON text of what was appended to b->texts since `start`. */
static cJSON *text_from(struct builder *b, size_t start)
{
	struct span s = {b->texts.at + start, (uint32_t)(b->texts.used - start)};

	return json_text(&b->arena, s);
}

static cJSON *calls(struct builder *b)
{
	cJSON *list;

	if (rules_print_all_calls(b->rule))
		return json_text(&b->arena, SPAN("all"));
	list = json_array(&b->arena);
	for (int n = rules_print_next_call(b->rule, 0); n >= 0;
		n = rules_print_next_call(b->rule, (unsigned)n + 1)) {
		size_t start = b->texts.used;

		rules_print_call(&b->texts, b->rule, (unsigned)n, b->machine);
		json_append(list, text_from(b, start));
	}
	return list;
}

static void keys(struct builder *b, cJSON *list, struct span text)
{
	while (text.len > 0) {
		const char *end = memchr(text.at, RULES_KEY_SEPARATOR, text.len);
		uint32_t n = end ? (uint32_t)(end - text.at) : text.len;

		json_append(list, json_text(&b->arena, (struct span){text.at, n}));
		n += end != NULL;
		text = (struct span){text.at + n, text.len - n};
	}
}

static cJSON *field(struct builder *b, uint32_t i)
{
	bool compared = b->rule->fields[i] == AUDIT_FIELD_COMPARE;
	cJSON *object = json_object(&b->arena);
	size_t start = b->texts.used;

	rules_print_name(&b->texts, b->rule, i);
	json_add(object, "name", text_from(b, start));
	start = b->texts.used;
	rules_print_operator(&b->texts, b->rule, i);
	json_add(object, "operator", text_from(b, start));
	start = b->texts.used;
	rules_print_value(&b->texts, b->rule, i, b->machine);
	json_add(object, compared ? "with" : "value", text_from(b, start));
	return object;
}

static void add_fields(struct builder *b, cJSON *root)
{
	cJSON *fields = json_array(&b->arena), *all_keys = json_array(&b->arena);

	for (uint32_t i = 0; i < b->rule->field_count && i < AUDIT_MAX_FIELDS; i++) {
		size_t start = b->texts.used;

		if (b->rule->fields[i] != AUDIT_FILTERKEY) {
			json_append(fields, field(b, i));
			continue;
		}
		rules_print_value(&b->texts, b->rule, i, b->machine);
		keys(b, all_keys,
			(struct span){b->texts.at + start, (uint32_t)(b->texts.used - start)});
	}
	json_add(root, "fields", fields);
	json_add(root, "keys", all_keys);
}

static cJSON *hex(struct builder *b)
{
	size_t start = b->texts.used;

	rules_print_hex(&b->texts, b->rule);
	return text_from(b, start);
}

_Static_assert(offsetof(struct rules_json, tree) % 8 == 0 && _Alignof(struct rules_json) >= 8,
	"what arena_take() gives is aligned to 8");

size_t rules_json(struct rules_json *j, const struct rules_data *rule, const char *machine,
	enum rules_form form)
{
	struct builder b = {{.base = j->tree, .size = sizeof(j->tree)}, {0}, rule, machine};
	cJSON *root;
	size_t start, len;

	text_init(&b.texts, j->texts, sizeof(j->texts));
	root = json_object(&b.arena);
	rules_print_list(&b.texts, rule);
	json_add(root, "list", text_from(&b, 0));
	start = b.texts.used;
	rules_print_action(&b.texts, rule);
	json_add(root, "action", text_from(&b, start));
	if (rules_print_has_calls(rule))
		json_add(root, "syscalls", calls(&b));
	add_fields(&b, root);
	start = b.texts.used;
	rules_print(&b.texts, rule, machine, form);
	json_add(root, "rule", text_from(&b, start));
	json_add(root, "hex", hex(&b));
	len = json_write(root, j->out, sizeof(j->out) - 1);
	j->out[len++] = '\n';
	return len;
}
