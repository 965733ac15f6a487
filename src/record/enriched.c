#include "enriched.h"

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

/* ---- the fields that they belong to ------------------------------------------------------ */

/* Of a record, in its order: those whose name ends in uid or gid, or is id. */
struct ids {
	uint32_t count;
	struct id {
		struct span name, value;
		bool is_met; /* a name was appended for it */
	} at[LIMIT_ENRICHED_ITEMS];
};

static const char message[] = " msg='", account[] = " acct=";

/* Whether `text` is around the '=' at `at`, its own '=' being there. */
static bool is_around(struct span body, const char *at, const char *text, uint32_t before)
{
	const size_t len = strlen(text);

	return (size_t)(at - body.at) >= before &&
	       (size_t)(body.at + body.len - at) >= len - before &&
	       memcmp(at - before, text, len) == 0;
}

/* The name in front of a '=', behind a blank or at `begin`; len 0: it is none of an id. */
static struct span name_of_id(const char *begin, const char *at)
{
	const char *from = at;

	if (at - begin < 2 || at[-1] != 'd' || at[-2] != 'i')
		return SPAN_NONE;
	while (from > begin && at - from < LIMIT_ENRICHED_NAME_BYTES && from[-1] != ' ')
		from--;
	if ((from > begin && from[-1] != ' ') || (at - from > 2 && at[-3] != 'u' && at[-3] != 'g'))
		return SPAN_NONE;
	return (struct span){from, (uint32_t)(at - from)};
}

/* Decimal digits with which a text begins. */
static struct span digits_at(const char *at, const char *end)
{
	uint32_t len = 0;

	while (at + len < end && at[len] >= '0' && at[len] <= '9' &&
		len < LIMIT_ENRICHED_NAME_BYTES)
		len++;
	return (struct span){at, len};
}

/* Only of the part of a record that cannot be forged. It is all of a kernel's record; of a
 * program's message it ends before the first text that a user may have typed, which is in quotes or
 * behind acct=. */
__attribute__((cold)) static void read_ids(struct enriched *e, struct span body, struct ids *ids)
{
	const char *begin = body.at, *end = body.at + body.len, *at = begin;
	bool in_message = false;

	for (; ids->count < LIMIT_ENRICHED_ITEMS && e->fields < LIMIT_ENRICHED_FIELDS; at++) {
		struct span name = until(at, end, '=');

		at += name.len;
		if (at == end)
			return;
		e->fields++;
		if (in_message && is_around(body, at, account, 5))
			return;
		if (!in_message && is_around(body, at, message, 4)) {
			in_message = true;
			begin = at + 2;
			end = begin + until(begin, end, '"').len;
			continue;
		}
		name = name_of_id(begin, at);
		if (name.len > 0)
			ids->at[ids->count++] = (struct id){name, digits_at(at + 1, end), false};
	}
}

/* Whether `name`, which is in upper case, is that of the field. */
static bool is_field(struct span field, struct span name)
{
	if (field.len != name.len)
		return false;
	for (uint32_t i = 0; i < name.len; i++)
		if (field.at[i] !=
			(name.at[i] >= 'A' && name.at[i] <= 'Z' ? name.at[i] | 0x20 : name.at[i]))
			return false;
	return true;
}

/* The first field of this name, the first time that it is asked for; else NULL. auditd also
 * explains fields that a user wrote into a text, but in the record's order: those of the kernel
 * come first. */
static const struct id *find_id(struct ids *ids, struct span name)
{
	struct id *id = ids->at, *end = id + ids->count;

	while (id < end && !is_field(id->name, name))
		id++;
	if (id == end || id->is_met)
		return NULL;
	id->is_met = true;
	return id;
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

__attribute__((cold)) static void read_record(struct enriched *e, const struct raw_record *record)
{
	struct span body = {record->text + record->body, record->len - record->body};
	struct span rest = reassembly_enriched(record);
	struct item item;
	struct ids ids = {.count = 0};

	e->searched += body.len;
	if (e->searched > LIMIT_EVENT_READ_BYTES)
		return;
	read_ids(e, body, &ids);
	for (; ids.count > 0 && e->items < LIMIT_ENRICHED_EVENT_ITEMS && next_item(&rest, &item);
		e->items++) {
		const bool is_group = span_ends(item.name, "GID");
		const struct id *id;

		if (!(is_group || span_ends(item.name, "UID") || span_is(item.name, "ID")))
			continue;
		id = find_id(&ids, item.name);
		if (id && id->value.len > 0 && is_name(&item))
			add(e, &(struct enriched_name){is_group, id->value, item.value});
	}
}

__attribute__((cold)) void enriched_read(
	struct enriched *e, const struct reassembly *r, const struct raw_event *event)
{
	const struct raw_record *it = reassembly_record(r, event->first);

	e->count = e->searched = e->fields = e->items = 0;
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
