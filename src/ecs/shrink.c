#include "shrink.h"
#include "json.h"

/* Sizes of texts are below 2^SIZES bytes. */
#define SIZES 31
/* Texts are cut to 2^LONGEST bytes before anything leaves, if that is enough. */
#define LONGEST 14
/* No text is cut below 2^SHORTEST bytes. */
#define SHORTEST 4
/* The size of a text that was not measured to its end. */
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
 *     symbolic links on the way. The title repeats the arguments.
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
	{KEEP, LONGEST, 24, 8, "process\0args\0"},
	{KEEP, LONGEST, 6, 2, "process\0args\0"},
	{REMOVE, LONGEST, 0, 0, "process\0title\0"},
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
	{ONLY, 5, 0, 0, "host\0" STAY "name\0"}, /* of a log; else it is among the constants */
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
	mark->word = (cJSON){.type = cJSON_String | cJSON_IsReference,
		.valuestring = (char *)"truncated",
		.valueint = sizeof("truncated") - 1};
	json_append(flags, &mark->word);
}

/* ---- sizes ----------------------------------------------------------------------------- */

/* What is known of a text, in a member that is unused in texts: `read` bytes of it take `written`.
 */
struct measure {
	uint32_t read, written;
};
_Static_assert(sizeof(struct measure) <= sizeof(double), "it has the member's place");

static struct measure measure_of(const cJSON *node)
{
	struct measure m;

	memcpy(&m, &node->valuedouble, sizeof(m));
	return m;
}

/* How many bytes a text takes when it is written. */
static uint32_t text_size(const cJSON *node)
{
	const struct measure m = measure_of(node);

	return m.read < (uint32_t)node->valueint ? TOO_LONG : m.written;
}

/* Read on, until it takes `most` bytes. */
static struct measure read_on(const cJSON *node, struct measure m, size_t most)
{
	size_t written;

	m.read += (uint32_t)json_prefix(node->valuestring + m.read, (size_t)node->valueint - m.read,
		most - m.written, &written);
	m.written += (uint32_t)written;
	return m;
}

/* `most` 0: the length itself, which is no more than it takes. */
static void measure_text(cJSON *node, size_t most)
{
	struct measure m = {(uint32_t)node->valueint, (uint32_t)node->valueint};

	if (most > 0)
		m = read_on(node, (struct measure){0, 0}, most);
	memcpy(&node->valuedouble, &m, sizeof(m));
}

static void measure_texts(cJSON *node, size_t most)
{
	if (node->type & cJSON_String)
		measure_text(node, most);
	for (cJSON *child = node->child; child; child = child->next)
		measure_texts(child, most);
}

/* Add a part of the tree to what is counted; `sign` -1: take it away. */
static void count(struct shrink *s, const cJSON *node, int sign)
{
	size_t size = node->string ? json_key_len(node) + 4 : 1; /* quotes and colon; comma */
	unsigned i;

	switch (node->type & 0xff) {
	case cJSON_String:
		size += 2;
		i = 31 - (unsigned)__builtin_clz(text_size(node) | 1);
		s->count[i] += (uint32_t)sign;
		s->bytes[i] += (uint64_t)((int64_t)sign * text_size(node));
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

static bool fits(const struct shrink *s, unsigned level)
{
	uint64_t size = s->fixed - 1;
	unsigned i;

	for (i = 0; i < level; i++)
		size += s->bytes[i];
	for (; i < SIZES; i++)
		size += (uint64_t)s->count[i] << level;
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

static void replace_constants(struct shrink *s)
{
	cJSON *node = s->root->child;

	while (node && node->string)
		node = node->next;
	if (!node || s->core->constants.len == 0)
		return;
	s->fixed += s->core->constants.len - (size_t)node->valueint;
	node->valuestring = (char *)s->core->constants.at;
	node->valueint = (int)s->core->constants.len;
}

static bool has_large_constants(const struct shrink *s)
{
	const cJSON *node = s->root->child;

	while (node && node->string)
		node = node->next;
	return node && (size_t)node->valueint > s->budget / 2;
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

/* Take steps until it fits. false: it does not after all of them. */
static bool take_steps(struct shrink *s)
{
	while (!fits(s, s->step->level)) {
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
	}
	return true;
}

/* ---- texts ----------------------------------------------------------------------------- */

/* What texts take when they are cut to `most` bytes, how many of them are longer, and what the
 * longest takes. */
static size_t texts_take(const cJSON *node, size_t most, size_t *longer, size_t *longest)
{
	size_t sum = 0;

	if (node->type & cJSON_String) {
		sum = text_size(node);
		*longest = sum > *longest ? sum : *longest;
		if (sum > most) {
			sum = most;
			++*longer;
		}
	}
	for (const cJSON *child = node->child; child; child = child->next)
		sum += texts_take(child, most, longer, longest);
	return sum;
}

/* How long texts may be: at least what the steps have assumed, and as much as there is room. */
static size_t longest_text(const struct shrink *s)
{
	size_t most = (size_t)1 << s->step->level;

	for (unsigned i = 0; i < ROUNDS; i++) {
		size_t longer = 0, longest = 0;
		size_t size = s->fixed - 1 + texts_take(s->root, most, &longer, &longest);

		if (longer == 0) /* what is measured on, if it takes more than its length */
			return longest + (s->budget - size);
		most += (s->budget - size) / longer;
	}
	return most;
}

static void cut_texts(cJSON *node, size_t most)
{
	struct measure m;

	if (node->type & cJSON_String && text_size(node) > most) {
		m = measure_of(node);
		if (m.written > most)
			m = (struct measure){0, 0};
		node->valueint = (int)read_on(node, m, most).read;
	}
	for (cJSON *child = node->child; child; child = child->next)
		cut_texts(child, most);
}

/* `most`: no text is to be looked at further; 0: at none. */
static bool shorten(struct shrink *s, size_t most)
{
	s->fixed = 0;
	memset(s->count, 0, sizeof(s->count));
	memset(s->bytes, 0, sizeof(s->bytes));
	measure_texts(s->root, most);
	count(s, s->root, 1);
	return take_steps(s);
}

/*
 * First with the lengths of the texts for what they take: of a huge event much leaves without a
 * look at it. What is left by then is no longer than the budget, and is measured, each text as far
 * as the steps assume; then as far as there is room for it. What is marked already is huge.
 */
size_t shrink_to_fit(cJSON *root, const struct shrink_core *core, struct shrink_mark *mark,
	char *buf, size_t size, size_t budget)
{
	const size_t half = size < JSON_SLACK ? 0 : (size - JSON_SLACK) / 2;
	struct shrink s = {
		.root = root, .core = core, .step = steps, .budget = budget < half ? budget : half};
	size_t len = 0;

	if (!root || half == 0)
		return 0;
	if (!mark->set)
		len = json_write_within(root, buf, size, s.budget);
	if (len > 0)
		return len;
	shrink_mark(root, mark);
	if (!shorten(&s, 0) || !shorten(&s, s.budget < 1u << LONGEST ? s.budget : 1u << LONGEST))
		return 0;
	cut_texts(root, longest_text(&s));
	return json_write_within(root, buf, size, s.budget);
}
