#include "record_fields.h"

void record_workspace_init(struct record_workspace *w, struct arena *scratch)
{
	w->scratch = scratch;
	w->generation = 0;
	memset(w->seen, 0, sizeof(w->seen));
	record_workspace_reset(w);
}

void record_workspace_reset(struct record_workspace *w)
{
	w->used = 0;
	w->exhausted = false;
}

void record_fields_begin(struct record_workspace *w)
{
	if (++w->generation == 0) { /* wrapped after 2^32 records */
		memset(w->seen, 0, sizeof(w->seen));
		w->generation = 1;
	}
}

struct field *record_field(struct record_workspace *w, enum key key)
{
	return w->seen[key] == w->generation ? &w->fields[w->at[key]] : NULL;
}

struct field *record_field_in(const struct record *r, enum key key)
{
	for (uint32_t i = 0; i < r->field_count; i++)
		if (r->fields[i].key == key)
			return &r->fields[i];
	return NULL;
}

static struct field *find_unknown(const struct record *r, struct span name)
{
	for (uint32_t i = 0; i < r->field_count; i++) {
		struct field *f = &r->fields[i];

		if (f->key == KEY_OTHER && f->name_len == name.len &&
			memcmp(f->name, name.at, name.len) == 0)
			return f;
	}
	return NULL;
}

/* The field of this name: the one there is, else a new one. NULL if there is no room. */
struct field *record_fields_claim(
	struct record_workspace *w, struct record *r, enum key key, struct span name)
{
	struct field *f = key == KEY_OTHER ? find_unknown(r, name) : record_field(w, key);

	if (f)
		return f;
	if (w->used == LIMIT_EVENT_FIELDS || name.len > UINT16_MAX) {
		w->exhausted = true;
		return NULL;
	}
	if (key != KEY_OTHER) {
		w->seen[key] = w->generation;
		w->at[key] = w->used;
	}
	f = &w->fields[w->used++];
	f->key = (uint16_t)key;
	f->name = key == KEY_OTHER ? name.at : key_info[key].name;
	f->name_len = (uint16_t)name.len;
	r->field_count++;
	return f;
}

void record_set(struct record_workspace *w, struct record *r, enum key key, struct span value)
{
	struct field *f =
		record_fields_claim(w, r, key, (struct span){key_info[key].name, key_info[key].len});

	if (f) {
		f->value = value.at;
		f->len = value.len;
		f->quoted = false;
	}
}

/* Fields stay in a row: the last one takes the place of the one that goes. */
void record_drop(struct record_workspace *w, struct record *r, enum key key)
{
	uint32_t at = w->at[key];
	uint32_t last = w->used - 1;

	if (!record_field(w, key))
		return;
	w->seen[key] = 0;
	if (at != last) {
		w->fields[at] = w->fields[last];
		if (w->fields[at].key != KEY_OTHER)
			w->at[w->fields[at].key] = at;
	}
	w->used--;
	r->field_count--;
}
