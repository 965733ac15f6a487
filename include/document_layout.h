/*
 * document_layout.h - what differs between the layouts: which member goes where, which fields
 * are numbers, what is left out.
 *
 * For document*.c, and the other documents (report.c, metric.c). They build either layout directly:
 * members that have a place of their own in each go through document_place(), fields of records
 * through document_add_field(), and what may be empty through the rest. Layout `integration` is
 * what the ingest pipeline of the package auditd_manager 1.17.0 makes of layout `auditbeat`; its
 * tables are document_layout.c and tools/tables/numbers.txt.
 */
#ifndef ECSAUDIT_DOCUMENT_LAYOUT_H
#define ECSAUDIT_DOCUMENT_LAYOUT_H

#include "document.h"
#include "json.h"

/* Members whose place is not the same in both layouts. */
enum place {
	PLACE_SEQUENCE,
	PLACE_ID, /* data's field `id` */
	PLACE_RECORDS,
	PLACE_WARNINGS,
	PLACE_USER_AUDIT,
	PLACE_USER_SAVED,
	PLACE_USER_FILESYSTEM,
	PLACE_USER_AUID_CHANGE, /* old and new auid, under the field's name */
	PLACE_USER_SELINUX,
	PLACE_FILE_SELINUX,
	PLACE_COUNT
};

static inline bool document_is_integration(const struct document *d)
{
	return d->config->layout == LAYOUT_INTEGRATION;
}

/* No object of the document at hand exists yet. */
void document_layout_begin(struct document *d);

/* An object of the document. It is made when it is first asked for, and becomes part of the tree
 * when document_attach() (below) adds it to another; members may be added before and after. NULL
 * where the arena is full. */
cJSON *document_group(struct document *d, enum document_group group);

/* The keys of an event's rules, if there is one, and the configured tags. */
void document_add_tags(struct document *d, const struct event *e, cJSON *root);

/* What is the same in every document. */
void document_add_constants(struct document *d, cJSON *root);

/* The object in which a member has its place. */
cJSON *document_place_group(struct document *d, enum place place);
/* Put a member in its place, unless it is an empty object or list. */
void document_place(struct document *d, enum place place, cJSON *item);

/* Add a field of a record under its name without the first `skip` bytes: any field in any layout.
 * document_add_field() does the same, and is quick for the usual ones. */
void document_add_odd_field(
	struct document *d, cJSON *object, const struct field *f, uint32_t skip);

static inline void document_add_field(
	struct document *d, cJSON *object, const struct field *f, uint32_t skip)
{
	if (f->key == KEY_OTHER || document_is_integration(d))
		document_add_odd_field(d, object, f, skip);
	else if (f->len > 0)
		json_add_key(object, f->name + skip, f->name_len - skip,
			json_text(d->arena, field_value(f)));
}

/* Add a member under a field's name or a part of it. Layout `integration` has _ for -. Where two
 * names become the same by that, the member counts whose name had the -. */
void document_add_named(struct document *d, cJSON *object, struct span name, cJSON *item);

/* A text that is a number in layout `integration`, if it can be one. */
cJSON *document_number(const struct document *d, struct span text);

/* Documents have no empty object, list or text: the helpers below leave them out. The exception is
 * an item of a list in layout `auditbeat`, as an argument may be empty. */
static inline bool document_keeps_item(const struct document *d, bool has_content)
{
	return has_content || !document_is_integration(d);
}

/* Add a text, unless it is empty. */
static inline void document_add_some(
	const struct document *d, cJSON *object, const char *key, struct span text)
{
	if (text.len > 0)
		json_add_text(d->arena, object, key, text);
}

static inline void document_append_text(const struct document *d, cJSON *list, struct span text)
{
	if (document_keeps_item(d, text.len > 0))
		json_append(list, json_text(d->arena, text));
}

/* Add an object or a list, unless it is empty: its own members must be there already. */
static inline void document_add_part(cJSON *object, const char *key, cJSON *part)
{
	if (part && part->child)
		json_add(object, key, part);
}

static inline void document_attach(
	struct document *d, cJSON *parent, const char *key, enum document_group group)
{
	document_add_part(parent, key, d->group[group]);
}

/* A name as a key: a NUL-terminated copy, since a name in a record has no NUL. NULL: no room. */
char *document_key(struct arena *a, struct span name);

/* The parts one after the other, in the arena; empty if they do not fit. */
struct span document_join(struct arena *a, const struct span *parts, unsigned count);

#endif
