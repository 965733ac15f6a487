/*
 * json.h - a cJSON tree built in an arena, and written as one line of valid UTF-8 JSON.
 *
 * cJSON's own printer passes invalid UTF-8 through and spends its time in strlen and sprintf,
 * so the tree is cJSON's and the writer is ours. The nodes follow this convention:
 *
 *   text     type cJSON_String | cJSON_IsReference. `valuestring` points at bytes that are NOT
 *            NUL-terminated and `valueint` is their number. cJSON never prints these nodes.
 *   raw      type cJSON_Raw | cJSON_IsReference, the same (pointer, length): JSON text that is
 *            copied as it is. A number ("1042"), or a constant rendered before ({"id":"x"}).
 *   members  a raw node without a key among an object's children: members rendered before,
 *            `"agent":{...},"ecs":{...}`, without braces, never empty.
 *   key      `string`, NUL-terminated, of [A-Za-z0-9_.@-] only: written without escaping.
 *            The parser lets no other byte into a field name, so this holds for unknown
 *            fields too. Bits 16 to 30 of `type` hold its length (cJSON masks `type` with
 *            0xff); 0 there means that the writer has to measure it.
 *   cJSON_Object, cJSON_Array, cJSON_True, cJSON_False, cJSON_NULL are as cJSON has them.
 *
 * `child->prev` is the last child and the last `next` is NULL, as cJSON keeps them, so its
 * functions that look up or detach work on these trees. Those that duplicate, print or delete
 * do not: they would follow the text to its NUL, or free what is in an arena.
 *
 * Nothing is copied into the tree: texts and keys must live until the document is written.
 * A full arena gives NULL nodes; adding NULL, or adding to NULL, does nothing, and the arena
 * remembers that it was exhausted.
 */
#ifndef ECSAUDIT_JSON_H
#define ECSAUDIT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cJSON.h>
#include "arena.h"
#include "span.h"

/* Free bytes that json_write() needs behind the end of what it writes. */
#define JSON_SLACK 256u

#define JSON_KEY_SHIFT 16
#define JSON_KEY_MAX   0x7fffu

/* Of a node that has a key. */
static inline size_t json_key_len(const cJSON *node)
{
	size_t len = (size_t)(node->type >> JSON_KEY_SHIFT) & JSON_KEY_MAX;

	return len ? len : strlen(node->string);
}

static inline cJSON *json_node(struct arena *a, int type, const char *at, uint32_t len)
{
	cJSON *node = arena_take(a, sizeof(*node));

	if (node)
		*node = (cJSON){.type = type, .valuestring = (char *)at, .valueint = (int)len};
	return node;
}

static inline cJSON *json_object(struct arena *a)
{
	return json_node(a, cJSON_Object, NULL, 0);
}

static inline cJSON *json_array(struct arena *a)
{
	return json_node(a, cJSON_Array, NULL, 0);
}

static inline cJSON *json_text(struct arena *a, struct span text)
{
	return json_node(a, cJSON_String | cJSON_IsReference, text.at, text.len);
}

/* `text` must be valid JSON: the caller checked that a number is one. */
static inline cJSON *json_raw(struct arena *a, struct span text)
{
	return json_node(a, cJSON_Raw | cJSON_IsReference, text.at, text.len);
}

/* The digits go into the arena as well. */
cJSON *json_number(struct arena *a, int64_t value);

/* Append to an array; or to an object: members, or a node that has its key already. O(1). */
static inline void json_append(cJSON *parent, cJSON *item)
{
	cJSON *first;

	if (!parent || !item)
		return;
	first = parent->child;
	if (!first) {
		parent->child = item;
		item->prev = item;
		return;
	}
	item->prev = first->prev;
	first->prev->next = item;
	first->prev = item;
}

/* Append to an object under a key of known length. */
static inline void json_add_key(cJSON *object, const char *key, size_t key_len, cJSON *item)
{
	if (!item)
		return;
	item->string = (char *)key;
	item->type |= cJSON_StringIsConst;
	if (key_len <= JSON_KEY_MAX)
		item->type |= (int)(key_len << JSON_KEY_SHIFT);
	json_append(object, item);
}

/* Append to an object. With a literal the key's length is a constant. */
static inline void json_add(cJSON *object, const char *key, cJSON *item)
{
	json_add_key(object, key, strlen(key), item);
}

static inline void json_add_text(struct arena *a, cJSON *object, const char *key, struct span text)
{
	json_add(object, key, json_text(a, text));
}

static inline void json_add_raw(struct arena *a, cJSON *object, const char *key, struct span text)
{
	json_add(object, key, json_raw(a, text));
}

/* Members rendered before; none if `members` is empty. */
static inline void json_add_members(struct arena *a, cJSON *object, struct span members)
{
	if (members.len)
		json_append(object, json_raw(a, members));
}

/* The child of an object with that key, or NULL; NULL also for a NULL object. */
cJSON *json_get(const cJSON *object, const char *key);

/* Take a child out of its parent. It stays valid and may be added elsewhere. */
void json_detach(cJSON *parent, cJSON *child);

/*
 * Write the tree: one line, no white space, no newline, valid UTF-8. Returns the length. Returns 0,
 * and leaves anything in the buffer, if the length exceeds `most`, if it and JSON_SLACK exceed
 * `size`, or if the tree is deeper than LIMIT_DOCUMENT_DEPTH. The work is bounded by `most`, not by
 * the tree: it stops soon behind that.
 *
 * In texts each byte that is not part of a well-formed sequence becomes one U+FFFD (Unicode
 * 15 table 3-7; Go's utf8.DecodeRune counts them alike). Control characters are escaped, and so
 * are U+0080 to U+009F, U+2028 and U+2029, which some readers take for ends of a line or for
 * commands; DEL stays as it is. Texts are written quickly only if the buffer is twice as large as
 * `most`.
 */
size_t json_write_within(const cJSON *root, char *buf, size_t size, size_t most);

/* The same, of any length. */
static inline size_t json_write(const cJSON *root, char *buf, size_t size)
{
	return json_write_within(root, buf, size, size);
}

/*
 * Escape a text, without quotes. Returns the length. If that is more than `most`, the text was not
 * escaped to its end, and json_cut() finds how much of it to use. `to` needs json_escape_room()
 * bytes, and one in front of it is overwritten.
 */
size_t json_escape(char *to, const char *text, size_t len, size_t most);

static inline size_t json_escape_room(size_t len, size_t most)
{
	return (len < most ? 6 * len : 2 * most) + JSON_SLACK + 16;
}

/* The length, at most `most`, to which an escaped text can be cut without halving a character. The
 * text is longer than `most`. */
size_t json_cut(const char *escaped, size_t most);

/* The members of an object that json_write() wrote, for json_add_members(). */
static inline struct span json_inner(const char *text, size_t len)
{
	return len < 2 ? SPAN_NONE : (struct span){text + 1, (uint32_t)(len - 2)};
}

#endif
