#include "enriched.h"

#include "word.h"

/* ---- the appended part ----------------------------------------------------------------- */

struct item {
	struct span name, value; /* of UID="carol": UID, carol */
	bool is_quoted;
};

static struct span until(const char *at, const char *end, char stop)
{
	const char *found = memchr(at, stop, (size_t)(end - at));

	return (struct span){at, (uint32_t)((found ? found : end) - at)};
}

/* NAME="value", NAME={ value } or NAME=value at the head of *rest, which moves behind it. */
__attribute__((cold)) static bool next_item(struct span *rest, struct item *item)
{
	const char *at = rest->at, *end = at + rest->len;
	char stop = ' ';

	while (at < end && *at == ' ')
		at++;
	item->name = until(at, end, '=');
	at += item->name.len;
	if (at == end)
		return false;
	at++;
	item->is_quoted = at < end && *at == '"';
	if (item->is_quoted)
		stop = '"';
	else if (at < end && *at == '{')
		stop = '}';
	at += stop != ' ';
	item->value = until(at, end, stop);
	at += item->value.len;
	at += at < end;
	*rest = (struct span){at, (uint32_t)(end - at)};
	return true;
}

static bool is_name(const struct item *item)
{
	return item->is_quoted && item->value.len > 0 && !span_is(item->value, "unset") &&
	       !span_starts(item->value, "unknown(");
}

/* ---- the field that it belongs to ------------------------------------------------------- */

/* Is `name`, which is in upper case, the word at `at`, with a = behind it? */
static bool is_field(const char *at, const char *end, struct span name)
{
	if ((size_t)(end - at) <= name.len || at[name.len] != '=')
		return false;
	for (uint32_t i = 0; i < name.len; i++)
		if (at[i] !=
			(name.at[i] >= 'A' && name.at[i] <= 'Z' ? name.at[i] | 0x20 : name.at[i]))
			return false;
	return true;
}

/* Both of six bytes. */
#define WORD_LEN 6
static const char message[WORD_LEN] = " msg='", account[WORD_LEN] = " acct=";

static inline bool starts(const char *at, const char *end, const char *text)
{
	return end - at >= WORD_LEN && at[1] == text[1] && memcmp(at, text, WORD_LEN) == 0;
}

/* Where the part of a record ends that cannot be forged. It is all of a kernel's record; of a
 * program's message it ends before the first text that a user may have typed, which is in quotes or
 * behind acct=. */
static const char *end_of_search(const char *at, const char *end)
{
	bool in_message = false;

	for (; (at = word_find_below(at, end, '#')) < end; at++) { /* a blank or a quote */
		if (*at != ' ' && *at != '"')
			continue;
		if (in_message && (*at == '"' || starts(at, end, account)))
			return at;
		in_message |= starts(at, end, message);
	}
	return end;
}

/* The decimal value of the first field of this name, behind a blank or at the message's begin;
 * SPAN_NONE: there is none. */
__attribute__((cold)) static struct span id_of(struct span text, struct span name)
{
	const char *end = text.at + text.len;
	uint32_t digits = 0;

	for (const char *at = text.at; (at = word_find_below(at, end, '!')) < end; at++) {
		if (*at != ' ')
			continue;
		if (starts(at, end, message))
			at += WORD_LEN - 1;
		if (!is_field(at + 1, end, name))
			continue;
		at += 1 + name.len + 1;
		while (at + digits < end && at[digits] >= '0' && at[digits] <= '9')
			digits++;
		return digits > 0 ? (struct span){at, digits} : SPAN_NONE;
	}
	return SPAN_NONE;
}

/* ---- the names -------------------------------------------------------------------------- */

static void add(struct enriched *e, const struct enriched_name *new)
{
	for (uint32_t i = 0; i < e->count; i++) {
		struct enriched_name *n = &e->names[i];

		if (n->is_group != new->is_group || !span_equal(n->id, new->id))
			continue;
		if (!span_equal(n->name, new->name))
			n->name.len = 0;
		return;
	}
	if (e->count < LIMIT_ENRICHED_NAMES)
		e->names[e->count++] = *new;
}

struct items {
	uint32_t count;
	struct span names[LIMIT_ENRICHED_ITEMS];
};

/* Whether the name did not come before. auditd also explains fields that a user wrote into a text,
 * but in the record's order: those of the kernel come first. */
__attribute__((cold)) static bool is_first(struct items *met, struct span name)
{
	for (uint32_t i = 0; i < met->count; i++)
		if (span_equal(met->names[i], name))
			return false;
	if (met->count == LIMIT_ENRICHED_ITEMS)
		return false;
	met->names[met->count++] = name;
	return true;
}

__attribute__((cold)) static void read_record(struct enriched *e, const struct raw_record *record)
{
	struct span body = {record->text + record->body, record->len - record->body};
	struct span rest = reassembly_enriched(record);
	struct item item;
	struct items met = {.count = 0};

	e->searched += body.len;
	if (e->searched > LIMIT_ENRICHED_SEARCH_BYTES)
		return;
	body.len = (uint32_t)(end_of_search(body.at, body.at + body.len) - body.at);
	while (e->searched <= LIMIT_ENRICHED_SEARCH_BYTES && next_item(&rest, &item)) {
		const bool is_group = span_ends(item.name, "GID");
		struct enriched_name new = {.is_group = is_group, .name = item.value};

		if (!(is_group || span_ends(item.name, "UID") || span_is(item.name, "ID")) ||
			!is_first(&met, item.name) || !is_name(&item))
			continue;
		e->searched += body.len;
		new.id = id_of(body, item.name);
		if (new.id.len > 0)
			add(e, &new);
	}
}

__attribute__((cold)) void enriched_read(
	struct enriched *e, const struct reassembly *r, const struct raw_event *event)
{
	const struct raw_record *it = reassembly_record(r, event->first);

	e->count = e->searched = 0;
	for (; it; it = reassembly_record(r, it->next))
		if (it->enriched_len > 0)
			read_record(e, it);
}

struct span enriched_name(const struct enriched *e, struct span id, bool is_group)
{
	for (uint32_t i = 0; i < e->count; i++)
		if (e->names[i].is_group == is_group && span_equal(e->names[i].id, id))
			return e->names[i].name;
	return SPAN_NONE;
}
