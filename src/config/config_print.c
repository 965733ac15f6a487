#include "config_read.h"

#include <string.h>
#include "config_option.h"

static void print_list(struct text *t, const struct config *c, const struct option *o)
{
	const char *const *item = (const char *const *)(const void *)((const char *)c + o->offset);
	unsigned count = *(const unsigned *)(const void *)((const char *)c + o->offset_count);
	unsigned i;

	text_puts(t, "[");
	for (i = 0; i < count; i++) {
		text_puts(t, i ? ", " : "");
		text_json(t, item[i], strlen(item[i]));
	}
	text_puts(t, "]");
}

/* One text on one line; several lines as a list, for the reader's sake. */
static void print_lines(struct text *t, const char *lines)
{
	if (!strchr(lines, '\n')) {
		text_json(t, lines, strlen(lines));
		return;
	}
	text_puts(t, "[");
	for (;;) {
		size_t n = strcspn(lines, "\n");

		text_puts(t, "\n\t\t");
		text_json(t, lines, n);
		lines += n;
		if (*lines++ == '\0')
			break;
		text_puts(t, ",");
	}
	text_puts(t, "\n\t]");
}

/* As JSON. */
static void print_value(struct text *t, const struct config *c, const struct option *o)
{
	const void *at = (const char *)c + o->offset;
	const char *s;

	switch (o->type) {
	case OPTION_BOOL:
		text_puts(t, *(const bool *)at ? "true" : "false");
		break;
	case OPTION_CHOICE:
		s = o->choices;
		for (int i = *(const int *)at; i > 0; i--)
			s = config_option_next(s);
		text_json(t, s, strlen(s));
		break;
	case OPTION_NUMBER:
		text_number(t, *(const uint32_t *)at);
		break;
	case OPTION_DURATION:
		text_puts(t, "\"");
		config_option_duration(t, *(const uint32_t *)at);
		text_puts(t, "\"");
		break;
	case OPTION_TEXT:
		s = *(const char *const *)at;
		text_json(t, s, strlen(s));
		break;
	case OPTION_LINES:
		print_lines(t, *(const char *const *)at);
		break;
	case OPTION_LIST:
		print_list(t, c, o);
		break;
	case OPTION_FIELDS:
		text_puts(t, "{");
		text_puts(t, *(const char *const *)at);
		text_puts(t, "}");
		break;
	}
}

size_t config_print(const struct config *c, char *buf, size_t size)
{
	const struct option *o;
	struct text t;

	text_init(&t, buf, size);
	text_puts(&t, "{\n");
	for (o = option_table; o->name; o++) {
		text_puts(&t, "\t// ");
		text_puts(&t, config_option_help(o));
		text_puts(&t, "\n\t\"");
		text_puts(&t, o->name);
		text_puts(&t, "\": ");
		print_value(&t, c, o);
		text_puts(&t, o[1].name ? ",\n" : "\n");
	}
	text_puts(&t, "}\n");
	return t.full ? 0 : t.used;
}

size_t config_help(enum config_command command, char *buf, size_t size)
{
	const struct option *o;
	struct text t;

	text_init(&t, buf, size);
	for (o = option_table; o->name; o++) {
		if ((o->commands & command) != command)
			continue;
		text_puts(&t, "  ");
		text_puts(&t, o->name);
		text_puts(&t, "=");
		if (o->type == OPTION_NUMBER)
			text_number(&t, o->preset);
		else
			text_puts(&t, config_option_initial(o));
		text_puts(&t, "\n        ");
		text_puts(&t, config_option_help(o));
		text_puts(&t, "\n        (");
		config_option_expected(o, &t);
		text_puts(&t, ")\n");
	}
	return t.full ? 0 : t.used;
}
