#include "document_message.h"

#include "decode.h"
#include "document_layout.h"
#include "document_user.h"

struct sentence {
	struct span parts[17]; /* all functions below together add no more */
	unsigned count;
};

static void add(struct sentence *s, struct span text)
{
	s->parts[s->count++] = text;
}

static bool is_somebody(struct span actor)
{
	return actor.len > 0 && !span_is(actor, "unset");
}

static void add_actor(struct sentence *s, const struct document *d, const struct event *e)
{
	struct span login = document_actor(d, e, e->actor_primary);
	struct span acting = document_actor(d, e, e->actor_secondary);

	if (!is_somebody(login))
		login = is_somebody(acting) ? acting : SPAN("the system");
	add(s, login);
	if (is_somebody(acting) && !span_equal(login, acting)) {
		add(s, SPAN(", acting as "));
		add(s, acting);
		add(s, SPAN(","));
	}
}

/* Auditbeat shows the calls of x32 as numbers; a message shows the name. */
static struct span call_name(struct span call)
{
	struct span name = SPAN_NONE;
	uint64_t number;

	if (decode_uint(call, &number) && number <= UINT32_MAX)
		name = syscall_name(syscall_id(ABI_X32, (uint32_t)number));
	return name.at ? name : call;
}

/* "opened-file" becomes "opened file". Without an action the call or the type is named. */
static void add_action(struct sentence *s, const struct document *d, const struct event *e)
{
	const struct field *call = event_data(e, KEY_SYSCALL);
	char *words;

	add(s, span_is(e->result, "fail") ? SPAN(" unsuccessfully ") : SPAN(" "));
	if (e->action.len > 0) {
		words = arena_take(d->arena, e->action.len);
		for (uint32_t i = 0; words && i < e->action.len; i++)
			words[i] = e->action.at[i] == '-' ? ' ' : e->action.at[i];
		add(s, words ? (struct span){words, e->action.len} : e->action);
	} else if (e->type == RECORD_SYSCALL && call) {
		add(s, SPAN("called "));
		add(s, call_name(field_value(call)));
	} else {
		add(s, SPAN("triggered "));
		add(s, document_type_name(d->arena, e->type));
	}
}

/* "changed-identity-of" needs a word behind it. */
static bool ends_open(struct span action)
{
	return span_ends(action, "-of") || span_ends(action, "-to") || span_ends(action, "-from");
}

static void add_object(struct sentence *s, const struct event *e)
{
	bool is_port = span_is(e->object_type, "socket");

	if (e->object_primary.len > 0 || ends_open(e->action)) {
		add(s, SPAN(" "));
		add(s, e->object_primary.len > 0 ? e->object_primary : e->object_type);
	}
	if (e->object_secondary.len > 0) {
		add(s, is_port ? SPAN(" port ") : SPAN(" ("));
		add(s, e->object_secondary);
		add(s, is_port ? SPAN("") : SPAN(")"));
	}
}

static void add_how(struct sentence *s, const struct event *e)
{
	const struct field *code = event_data(e, KEY_EXIT);

	if (e->how.len > 0) {
		add(s, SPAN(" using "));
		add(s, e->how);
	}
	if (code && span_is(e->result, "fail")) {
		add(s, SPAN(" ("));
		add(s, field_value(code));
		add(s, SPAN(")"));
	}
}

struct span document_message(const struct document *d, const struct event *e)
{
	struct sentence s = {.count = 0};
	struct span text;
	char *at;

	add_actor(&s, d, e);
	add_action(&s, d, e);
	add_object(&s, e);
	add_how(&s, e);
	text = document_join(d->arena, s.parts, s.count);
	at = (char *)text.at; /* the arena's, unless it is empty */
	for (uint32_t i = 0; i < text.len; i++)
		if ((unsigned char)at[i] < ' ')
			at[i] = ' ';
	return text;
}
