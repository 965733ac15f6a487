#include "document_message.h"

#include "decode.h"
#include "document_layout.h"
#include "document_user.h"

struct sentence {
	struct span parts[17]; /* all that the functions below say together */
	unsigned count;
};

static void say(struct sentence *s, struct span text)
{
	s->parts[s->count++] = text;
}

static bool is_somebody(struct span actor)
{
	return actor.len > 0 && !span_is(actor, "unset");
}

static void say_who(struct sentence *s, const struct document *d, const struct event *e)
{
	struct span login = document_actor(d, e, e->actor_primary);
	struct span acting = document_actor(d, e, e->actor_secondary);

	if (!is_somebody(login))
		login = is_somebody(acting) ? acting : SPAN("the system");
	say(s, login);
	if (is_somebody(acting) && !span_equal(login, acting)) {
		say(s, SPAN(", acting as "));
		say(s, acting);
		say(s, SPAN(","));
	}
}

/* A call of x32 is a number in the document, as with the peer; people read names. */
static struct span call_name(struct span call)
{
	struct span name = SPAN_NONE;
	uint64_t number;

	if (decode_uint(call, &number) && number <= UINT32_MAX)
		name = syscall_name(syscall_id(ABI_X32, (uint32_t)number));
	return name.at ? name : call;
}

/* "opened-file" is "opened file". What has no word of its own is told by its call or type. */
static void say_what(struct sentence *s, const struct document *d, const struct event *e)
{
	const struct field *call = event_data(e, KEY_SYSCALL);
	char *words;

	say(s, span_is(e->result, "fail") ? SPAN(" unsuccessfully ") : SPAN(" "));
	if (e->action.len > 0) {
		words = arena_take(d->arena, e->action.len);
		for (uint32_t i = 0; words && i < e->action.len; i++)
			words[i] = e->action.at[i] == '-' ? ' ' : e->action.at[i];
		say(s, words ? (struct span){words, e->action.len} : e->action);
	} else if (e->type == RECORD_SYSCALL && call) {
		say(s, SPAN("called "));
		say(s, call_name(field_value(call)));
	} else {
		say(s, SPAN("triggered "));
		say(s, document_type_name(d->arena, e->type));
	}
}

/* "changed-identity-of" wants a word behind it: what kind of thing it was. */
static bool ends_open(struct span action)
{
	return span_ends(action, "-of") || span_ends(action, "-to") || span_ends(action, "-from");
}

static void say_of_what(struct sentence *s, const struct event *e)
{
	bool is_port = span_is(e->object_type, "socket");

	if (e->object_primary.len > 0 || ends_open(e->action)) {
		say(s, SPAN(" "));
		say(s, e->object_primary.len > 0 ? e->object_primary : e->object_type);
	}
	if (e->object_secondary.len > 0) {
		say(s, is_port ? SPAN(" port ") : SPAN(" ("));
		say(s, e->object_secondary);
		say(s, is_port ? SPAN("") : SPAN(")"));
	}
}

static void say_how(struct sentence *s, const struct event *e)
{
	const struct field *code = event_data(e, KEY_EXIT);

	if (e->how.len > 0) {
		say(s, SPAN(" using "));
		say(s, e->how);
	}
	if (code && span_is(e->result, "fail")) {
		say(s, SPAN(" ("));
		say(s, field_value(code));
		say(s, SPAN(")"));
	}
}

struct span document_message(const struct document *d, const struct event *e)
{
	struct sentence s = {.count = 0};
	struct span text;
	char *at;

	say_who(&s, d, e);
	say_what(&s, d, e);
	say_of_what(&s, e);
	say_how(&s, e);
	text = document_join(d->arena, s.parts, s.count);
	at = (char *)text.at; /* the arena's, unless it is empty */
	for (uint32_t i = 0; i < text.len; i++)
		if ((unsigned char)at[i] < ' ')
			at[i] = ' ';
	return text;
}
