#include "shrink.h"
#include "json.h"
#include "limits.h"

/* Sizes of texts are below 2^SIZES bytes. */
#define SIZES 31
/* Texts are cut to 2^LONGEST bytes before anything leaves, if that is enough. */
#define LONGEST 14
/* No text is cut below 2^SHORTEST bytes. */
#define SHORTEST 4
/* The size of a text that was not escaped to its end. */
#define TOO_LONG (1u << (SIZES - 1))
/* How often the length to which texts are cut is raised while there is room. */
#define ROUNDS 3

enum action {
	REMOVE,		 /* the member */
	KEEP,		 /* of an array: the first `head` and the last `tail` elements */
	ONLY,		 /* of an object: the members that `names` lists */
	KEYS,		 /* of the tags: the keys of rules */
	CONSTANTS,	 /* the essential ones of the constant members */
	LARGE_CONSTANTS, /* the same, if they take more than half of the budget */
	END,
};

struct step {
	uint8_t action;
	uint8_t level;	    /* before this step texts are cut to 2^level bytes, if that is enough */
	uint8_t head, tail; /* of KEEP */
	const char *path;   /* keys from the root down, each with a NUL behind it, and one more */
};

/*
 * What is least missed goes first.
 *   - The constants first if they are so large that little else would fit.
 *   - The raw records are said again by the rest. Paths beyond the second are directories and
 *     symbolic links on the way. The title repeats the arguments, and so does the command line,
 *     which stays as long as rules may look at it.
 *   - The saved and the filesystem's user seldom differ from the effective one, and lie under
 *     auditd.user in one layout; auditd.data and auditd.summary are mostly said again in ECS.
 *   - Of user and process the members that tell who it was stay longest.
 *   - What the user has put into each document says nothing of this event.
 *   - The ledger's numbers go before its message, which names the losses.
 *   - Files and addresses are what the event was about: they stay as long as there is room.
 */
#define STAY "\0" /* between the path of ONLY and the names, likewise, of what stays */
static const struct step steps[] = {
	{LARGE_CONSTANTS, LONGEST, 0, 0, ""},
	{REMOVE, LONGEST, 0, 0, "event\0original\0"},
	{REMOVE, LONGEST, 0, 0, "auditd\0messages\0"},
	{KEEP, LONGEST, 2, 0, "auditd\0paths\0"},
	{KEEP, LONGEST, 8, 0, "auditd\0repeated\0"},
	{REMOVE, LONGEST, 0, 0, "auditd\0paths\0"},
	{KEEP, 12, 24, 8, "process\0args\0"},
	{KEEP, 12, 6, 2, "process\0args\0"},
	{REMOVE, 12, 0, 0, "process\0title\0"},
	{REMOVE, 8, 0, 0, "auditd\0repeated\0"},
	{KEEP, 8, 1, 1, "process\0args\0"},
	{REMOVE, 8, 0, 0, "user\0saved\0"},
	{REMOVE, 8, 0, 0, "auditd\0user\0saved\0"},
	{REMOVE, 8, 0, 0, "user\0filesystem\0"},
	{REMOVE, 8, 0, 0, "auditd\0user\0filesystem\0"},
	{REMOVE, 8, 0, 0, "log\0file\0"},
	{REMOVE, 8, 0, 0, "error\0"},
	{REMOVE, 8, 0, 0, "auditd\0warnings\0"},
	{REMOVE, 7, 0, 0, "auditd\0data\0"},
	{REMOVE, 6, 0, 0, "auditd\0summary\0"},
	{REMOVE, 6, 0, 0, "related\0"},
	{REMOVE, 6, 0, 0, "group\0"},
	{REMOVE, 6, 0, 0, "network\0"},
	{ONLY, 6, 0, 0, "auditd\0user\0" STAY "audit\0"},
	{ONLY, 6, 0, 0, "user\0" STAY "id\0name\0audit\0effective\0target\0changes\0"},
	{ONLY, 6, 0, 0, "process\0" STAY "pid\0name\0executable\0args\0args_count\0"},
	{CONSTANTS, 6, 0, 0, ""},
	{KEYS, 6, 0, 0, "tags\0"},
	{KEEP, 6, 8, 0, "tags\0"},
	{REMOVE, 6, 0, 0, "ecsaudit\0"},
	{ONLY, 6, 0, 0, "file\0" STAY "path\0"},
	{REMOVE, 6, 0, 0, "message\0"},
	{ONLY, 6, 0, 0, "process\0" STAY "pid\0executable\0"},
	{ONLY, 5, 0, 0, "user\0" STAY "id\0audit\0"},
	{ONLY, 5, 0, 0, "user\0audit\0" STAY "id\0"},
	{ONLY, 5, 0, 0, "auditd\0user\0audit\0" STAY "id\0"},
	{ONLY, 5, 0, 0, "auditd\0" STAY "message_type\0sequence\0user\0"},
	{ONLY, 5, 0, 0, "" STAY "@timestamp\0event\0host\0user\0process\0auditd\0tags\0log\0"},
	{ONLY, 5, 0, 0, "log\0" STAY "flags\0"},
	{ONLY, 5, 0, 0, "host\0" STAY "name\0os\0"}, /* of a log; else it is among the constants */
	{ONLY, 5, 0, 0, "event\0" STAY "action\0category\0type\0outcome\0sequence\0"},
	{KEEP, 5, 3, 0, "tags\0"},
	{KEEP, SHORTEST, 3, 0, "event\0category\0"},
	{KEEP, SHORTEST, 3, 0, "event\0type\0"},
	{KEEP, SHORTEST, 1, 0, "tags\0"},
	{END, SHORTEST, 0, 0, ""},
};

/* What the tree takes as it is now: texts as numbers by their size, since they can be cut. */
struct shrink {
	cJSON *root;
	const struct shrink_core *core;
	const struct step *step; /* the next one */
	size_t budget;
	size_t fixed;	       /* everything but the texts, and a comma behind the whole */
	uint32_t count[SIZES]; /* of texts of 2^i to 2^(i+1) - 1 bytes */
	uint64_t bytes[SIZES]; /* of these together */
	unsigned level;	       /* to 2^level bytes texts are cut, if that is what it takes */
	char *buf, *end;
	size_t room; /* escaped texts are from here on, in the order of the tree */
	size_t at;   /* up to here */
	size_t most; /* of a text is escaped */
	bool full;   /* there is no room, and not all texts are escaped */
};

void shrink_mark(cJSON *root, struct shrink_mark *mark)
{
	cJSON *log = json_get(root, "log"), *flags;

	if (mark->set)
		return;
	mark->set = true;
	if (!log) {
		log = &mark->log;
		*log = (cJSON){.type = cJSON_Object};
		json_add(root, "log", log);
	}
	flags = json_get(log, "flags");
	if (!flags) {
		flags = &mark->flags;
		*flags = (cJSON){.type = cJSON_Array};
		json_add(log, "flags", flags);
	}
	mark->word = (cJSON){.type = cJSON_Raw | cJSON_IsReference,
		.valuestring = (char *)"\"truncated\"",
		.valueint = sizeof("\"truncated\"") - 1};
	json_append(flags, &mark->word);
}

/* ---- sizes ----------------------------------------------------------------------------- */

/* Where a text is as it is written, behind room for its quote, in a member that is unused in texts.
 * `at` 0: not yet. */
struct escaped {
	uint32_t at, len;
};
_Static_assert(sizeof(struct escaped) <= sizeof(double), "it has the member's place");

static struct escaped escaped_of(const cJSON *node)
{
	struct escaped e;

	memcpy(&e, &node->valuedouble, sizeof(e));
	return e;
}

/* How many bytes a text takes when it is written; what it takes at least, before it is escaped. */
static uint32_t text_size(const cJSON *node)
{
	const struct escaped e = escaped_of(node);

	if (e.at == 0)
		return (uint32_t)node->valueint;
	return e.len >= TOO_LONG ? TOO_LONG : e.len;
}

static void count_text(struct shrink *s, uint32_t size, int sign)
{
	unsigned i = 31 - (unsigned)__builtin_clz(size | 1);

	s->count[i] += (uint32_t)sign;
	s->bytes[i] += (uint64_t)((int64_t)sign * size);
}

/* Add a part of the tree to what is counted; `sign` -1: take it away. */
static void count(struct shrink *s, const cJSON *node, int sign)
{
	size_t size = node->string ? json_key_len(node) + 4 : 1; /* quotes and colon; comma */

	switch (node->type & 0xff) {
	case cJSON_String:
		size += 2;
		count_text(s, text_size(node), sign);
		break;
	case cJSON_Raw:
		size += (size_t)node->valueint;
		break;
	case cJSON_False:
		size += 5;
		break;
	case cJSON_True:
	case cJSON_NULL:
		size += 4;
		break;
	default:
		size += node->child ? 1 : 2; /* the last comma becomes a bracket */
	}
	s->fixed += (size_t)sign * size;
	for (const cJSON *child = node->child; child; child = child->next)
		count(s, child, sign);
}

static bool fits(struct shrink *s, unsigned level)
{
	uint64_t size = s->fixed - 1;
	unsigned i;

	for (i = 0; i < level; i++)
		size += s->bytes[i];
	for (; i < SIZES; i++)
		size += (uint64_t)s->count[i] << level;
	s->level = level;
	return size <= s->budget;
}

/* ---- steps ----------------------------------------------------------------------------- */

static void drop(struct shrink *s, cJSON *parent, cJSON *child)
{
	count(s, child, -1);
	json_detach(parent, child);
}

static void keep(struct shrink *s, cJSON *array, unsigned head, unsigned tail)
{
	unsigned n = 0, i = 0;
	cJSON *node, *next;

	for (node = array->child; node; node = node->next)
		n++;
	for (node = array->child; node; node = next, i++) {
		next = node->next;
		if (i >= head && i + tail < n)
			drop(s, array, node);
	}
}

static bool is_listed(const cJSON *node, const char *names)
{
	if (!node->string)
		return true; /* members rendered before are of those that stay */
	for (; *names; names += strlen(names) + 1)
		if (strcmp(node->string, names) == 0)
			return true;
	return false;
}

/* false: nothing of it would be left. */
static bool keep_only(struct shrink *s, cJSON *object, const char *names)
{
	cJSON *node = object->child, *next;

	while (node && !is_listed(node, names))
		node = node->next;
	if (!node)
		return false;
	for (node = object->child; node; node = next) {
		next = node->next;
		if (!is_listed(node, names))
			drop(s, object, node);
	}
	return true;
}

/* The members of an object that were rendered before; NULL: none were. */
static cJSON *rendered_in(const cJSON *object)
{
	cJSON *node = object ? object->child : NULL;

	while (node && node->string)
		node = node->next;
	return node;
}

static cJSON *host_of(const struct shrink *s)
{
	return json_get(s->root, "host");
}

static size_t rendered_bytes(const cJSON *object)
{
	const cJSON *node = rendered_in(object);

	return node ? (size_t)node->valueint : 0;
}

static void drop_rendered(struct shrink *s, cJSON *object)
{
	cJSON *node = rendered_in(object);

	if (node)
		drop(s, object, node);
}

static void replace_constants(struct shrink *s)
{
	cJSON *node = rendered_in(s->root), *host = host_of(s), *id = json_get(host, "id");

	/* What the user has put beside the host of a log. */
	drop_rendered(s, host);
	drop_rendered(s, json_get(host, "os"));
	if (id && (size_t)id->valueint > LIMIT_ESSENTIAL_HOST_BYTES + 2)
		drop(s, host, id);
	if (!node || s->core->constants.len == 0)
		return;
	s->fixed += s->core->constants.len - (size_t)node->valueint;
	node->valuestring = (char *)s->core->constants.at;
	node->valueint = (int)s->core->constants.len;
}

static bool has_large_constants(const struct shrink *s)
{
	const cJSON *host = host_of(s);

	return rendered_bytes(s->root) + rendered_bytes(host) +
		       rendered_bytes(json_get(host, "os")) >
	       s->budget / 2;
}

/* The step changes the member at its path; an object that would be empty without it goes whole. */
static void change_member(struct shrink *s, const struct step *step)
{
	cJSON *member = s->root, *object = NULL, *owner = NULL, *leaving = NULL;
	const char *key = step->path;

	for (; *key; key += strlen(key) + 1) {
		object = member;
		member = json_get(object, key);
		if (!member)
			return;
		if (!owner || object->child->next) {
			owner = object;
			leaving = member;
		}
	}
	if (step->action == KEEP || (step->action == KEYS && s->core->key_count > 0))
		keep(s, member, step->action == KEEP ? step->head : s->core->key_count, step->tail);
	else if ((step->action != ONLY || !keep_only(s, member, key + 1)) && leaving)
		drop(s, owner, leaving);
}

/* false: there is none left. */
static bool take_step(struct shrink *s)
{
	switch (s->step->action) {
	case END:
		return false;
	case LARGE_CONSTANTS:
		if (!has_large_constants(s))
			break;
		/* fall through */
	case CONSTANTS:
		replace_constants(s);
		break;
	default:
		change_member(s, s->step);
	}
	s->step++;
	return true;
}

/* Take steps until it fits. false: it does not after all of them. */
static bool take_steps(struct shrink *s)
{
	while (!fits(s, s->step->level))
		if (!take_step(s))
			return false;
	return true;
}

/* ---- escaped texts ---------------------------------------------------------------------- */

/* false: there is no room. What was escaped before moves up to what is in front of it. */
static bool escape_text(struct shrink *s, const cJSON *node, struct escaped *e)
{
	char *to = s->buf + s->at + 1;
	uint32_t len = (uint32_t)node->valueint;

	if (e->at > 0) {
		len = e->len;
		memmove(to, s->buf + e->at, len % TOO_LONG);
	} else if (json_escape_room(len, s->most) + 2 <= (size_t)(s->end - to)) {
		len = (uint32_t)json_escape(to, node->valuestring, len, s->most);
	} else {
		return false;
	}
	if (len % TOO_LONG > s->most)
		len = (uint32_t)json_cut(to, s->most) | TOO_LONG;
	*e = (struct escaped){(uint32_t)s->at + 1, len};
	s->at += len % TOO_LONG + 2;
	return true;
}

/* All that fits. false: it does not with what has become longer by now, or there is no room. */
static bool escape_texts(struct shrink *s, cJSON *node)
{
	struct escaped e = escaped_of(node);
	const uint32_t before = text_size(node);

	if (node->type & cJSON_String) {
		s->full = !escape_text(s, node, &e);
		if (s->full)
			return false;
		memcpy(&node->valuedouble, &e, sizeof(e));
		if (text_size(node) != before) {
			count_text(s, before, -1);
			count_text(s, text_size(node), 1);
			if (!fits(s, s->level))
				return false;
		}
	}
	for (cJSON *child = node->child; child; child = child->next)
		if (!escape_texts(s, child))
			return false;
	return true;
}

static bool escape(struct shrink *s)
{
	s->at = s->room;
	s->full = false;
	return escape_texts(s, s->root);
}

/* ---- the whole -------------------------------------------------------------------------- */

/* What texts take when they are cut to `most` bytes, and how many of them are longer. */
static size_t texts_take(const cJSON *node, size_t most, size_t *longer)
{
	size_t sum = 0;

	if (node->type & cJSON_String) {
		sum = text_size(node);
		if (sum > most) {
			sum = most;
			++*longer;
		}
	}
	for (const cJSON *child = node->child; child; child = child->next)
		sum += texts_take(child, most, longer);
	return sum;
}

/* How long texts may be: at least what the steps have assumed, and as much as there is room. */
static size_t longest_text(const struct shrink *s)
{
	size_t most = (size_t)1 << s->step->level;

	for (unsigned i = 0; i < ROUNDS; i++) {
		size_t longer = 0;
		size_t size = s->fixed - 1 + texts_take(s->root, most, &longer);

		if (longer == 0)
			break;
		most += (s->budget - size) / longer;
	}
	return most;
}

/* Texts become what is written, of `most` bytes at most. One that was not escaped so far is escaped
 * again, behind the others. */
static void finish_texts(struct shrink *s, cJSON *node, size_t most)
{
	struct escaped e = escaped_of(node);
	size_t len = e.len % TOO_LONG;

	if (node->type & cJSON_String) {
		if (e.len >= TOO_LONG && len < most &&
			json_escape_room((size_t)node->valueint, most) + 2 <=
				(size_t)(s->end - s->buf) - s->at) {
			e.at = (uint32_t)s->at + 1;
			len = json_escape(
				s->buf + e.at, node->valuestring, (size_t)node->valueint, most);
		}
		if (len > most)
			len = json_cut(s->buf + e.at, most);
		if (e.at > s->at)
			s->at += len + 2;
		s->buf[e.at - 1] = s->buf[e.at + len] = '"';
		node->valuestring = s->buf + e.at - 1;
		node->valueint = (int)len + 2;
		node->type ^= cJSON_String | cJSON_Raw;
	}
	for (cJSON *child = node->child; child; child = child->next)
		finish_texts(s, child, most);
}

static void measure(struct shrink *s)
{
	s->fixed = 0;
	memset(s->count, 0, sizeof(s->count));
	memset(s->bytes, 0, sizeof(s->bytes));
	count(s, s->root, 1);
}

/* First with the lengths of the texts for what they take: of a huge event much leaves without a
 * look at it. What is left by then is no longer than the budget, and is escaped, till it is. Where
 * there is no room for that further steps make some. */
static bool shorten(struct shrink *s)
{
	measure(s);
	do {
		if (s->full && !take_step(s)) {
			if (s->most == 1u << SHORTEST)
				return false;
			s->most = 1u << SHORTEST;
		}
		if (!take_steps(s))
			return false;
	} while (!escape(s));
	return true;
}

/* Whether it does as it is. */
static bool fits_whole(struct shrink *s)
{
	measure(s);
	return fits(s, SIZES) && escape(s);
}

/*
 * A document is written as it is if it may fit. One that is marked already is too long, most
 * likely; one with more bytes of records than the budget is measured before it is written.
 */
size_t shrink_to_fit(cJSON *root, const struct shrink_core *core, struct shrink_mark *mark,
	char *buf, size_t size, size_t budget)
{
	const size_t half = size < SHRINK_SLACK ? 0 : (size - SHRINK_SLACK) / 2;
	struct shrink s = {
		.root = root, .core = core, .step = steps, .buf = buf, .end = buf + size};
	bool is_long = mark->set;
	size_t len, most;

	if (!root || half == 0)
		return 0;
	s.budget = most = budget < half ? budget : half;
	s.most = most < 1u << LONGEST ? most : 1u << LONGEST;
	s.room = most + JSON_SLACK;
	if (!is_long && core->bytes <= most) {
		len = json_write_within(root, buf, size, most);
		if (len > 0)
			return len;
		is_long = true;
	}
	if (is_long || !fits_whole(&s)) {
		shrink_mark(root, mark);
		if (!shorten(&s))
			return 0;
		most = longest_text(&s);
	}
	finish_texts(&s, root, most);
	return json_write_within(root, buf, s.budget + JSON_SLACK, s.budget);
}
