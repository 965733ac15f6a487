#include "record_fields.h"

#include "word.h"

_Static_assert(LIMIT_EVENT_FIELDS < UINT16_MAX, "buckets have 16 bits");

void record_workspace_init(struct record_workspace *w, struct arena *scratch)
{
	w->scratch = scratch;
	w->generation = 0;
	w->numbering = NUMBERING_GENERIC;
	w->big_endian = false;
	memset(w->seen, 0, sizeof(w->seen));
	memset(w->follower, 0, sizeof(w->follower));
	memset(w->first, 0, sizeof(w->first));
	w->has_unknown = true; /* clears the buckets */
	record_workspace_reset(w);
}

void record_workspace_reset(struct record_workspace *w)
{
	w->used = w->named = 0;
	w->most_named = LIMIT_EVENT_NAMES;
	w->left_out = SPAN_NONE;
	w->event_big_endian = w->big_endian;
}

void record_fields_begin(struct record_workspace *w)
{
	if (++w->generation == 0) { /* wrapped after 2^32 records */
		memset(w->seen, 0, sizeof(w->seen));
		w->generation = 1;
	}
	if (w->has_unknown)
		memset(w->buckets, 0, sizeof(w->buckets));
	w->has_unknown = false;
}

struct field *record_field_in(const struct record *r, enum key key)
{
	for (uint32_t i = 0; i < r->field_count; i++)
		if (r->fields[i].key == key)
			return &r->fields[i];
	return NULL;
}

/* *others: how many fields of other names are in the same bucket. */
static struct field *find_unknown(
	struct record_workspace *w, struct record *r, struct span name, unsigned *others)
{
	uint16_t next = w->has_unknown ? w->buckets[field_bucket(name.at, name.len)] : 0;

	for (*others = 0; next > 0; ++*others) {
		struct field *f = &r->fields[next - 1];

		if (f->name_len == name.len && word_same(f->name, name.at, name.len))
			return f;
		next = f->next;
	}
	return NULL;
}

struct field *record_fields_find_unknown(
	struct record_workspace *w, struct record *r, struct span name)
{
	unsigned unused;

	return find_unknown(w, r, name, &unused);
}

static void enter_unknown(struct record_workspace *w, struct record *r, struct field *f)
{
	uint16_t *bucket = &w->buckets[field_bucket(f->name, f->name_len)];

	f->next = *bucket;
	*bucket = (uint16_t)(f - r->fields + 1);
	w->has_unknown = true;
}

/* A field is about to move from one place of the record to another. */
static void move_unknown(struct record_workspace *w, struct record *r, uint16_t from, uint16_t to)
{
	const struct field *f = &r->fields[from];
	uint16_t *link = &w->buckets[field_bucket(f->name, f->name_len)];

	while (*link != from + 1)
		link = &r->fields[*link - 1].next;
	*link = (uint16_t)(to + 1);
}

void record_leave_out(struct record_workspace *w, struct span name)
{
	if (!w->left_out.at)
		w->left_out = name;
}

struct field *record_fields_claim_unknown(
	struct record_workspace *w, struct record *r, struct span name)
{
	unsigned others;
	struct field *f = find_unknown(w, r, name, &others);

	if (f)
		return f;
	if (w->used == LIMIT_EVENT_FIELDS || name.len > UINT16_MAX ||
		others == LIMIT_BUCKET_FIELDS) {
		record_leave_out(w, name);
		return NULL;
	}
	f = &w->fields[w->used++];
	r->field_count++;
	f->key = KEY_OTHER;
	f->name = name.at;
	f->name_len = (uint16_t)name.len;
	enter_unknown(w, r, f);
	return f;
}

void record_set(struct record_workspace *w, struct record *r, enum key key, struct span value)
{
	struct field *f = record_fields_claim(w, r, key);

	if (f) {
		f->value = value.at;
		f->len = value.len;
		f->quoted = f->decoded = false;
	}
}

/* Fields stay without a gap: the last one takes the place of the removed one. */
void record_remove(struct record_workspace *w, struct record *r, enum key key)
{
	uint32_t at = w->at[key];
	uint32_t last = w->used - 1;

	if (!record_field(w, key))
		return;
	w->seen[key] = 0;
	if (at != last) {
		if (w->fields[last].key != KEY_OTHER)
			w->at[w->fields[last].key] = at;
		else
			move_unknown(w, r, (uint16_t)(&w->fields[last] - r->fields),
				(uint16_t)(&w->fields[at] - r->fields));
		w->fields[at] = w->fields[last];
	}
	w->used--;
	r->field_count--;
}
