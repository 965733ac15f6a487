#include "shrink_steps.h"

#include <string.h>
#include "json.h"
#include "limits.h"

enum action {
	REMOVE,		  /* the member */
	KEEP_ENDS,	  /* of an array: the first `head` and the last `tail` elements */
	KEEP_MEMBERS,	  /* of an object: those that are listed behind STAY; none there: REMOVE */
	KEEP_RULE_KEYS,	  /* of the tags: the keys of rules; there are none: REMOVE */
	REDUCE_CONSTANTS, /* to the essential ones */
	REDUCE_IF_LARGE,  /* the same, if they take more than half of the budget */
	END,
};

struct step {
	uint8_t action;
	uint8_t level;	    /* before this step texts are cut to 2^level bytes, if that is enough */
	uint8_t head, tail; /* of KEEP_ENDS */
	const char *path;   /* keys from the root down, each with a NUL behind it; "" ends them */
};

/*
 * What is least missed leaves first.
 *   - The constant members, but only if they are so large that little else would fit.
 *   - The raw records: the other members repeat them. Paths beyond the second: they are directories
 *     and symbolic links on the way. The title and the command line repeat the arguments; the
 *     command line stays longer, since detection rules look at it.
 *   - The saved and the filesystem's user seldom differ from the effective one. In one layout they
 *     lie under auditd.user. ECS members repeat most of auditd.data and auditd.summary.
 *   - The leaders of a process are in documents of their own; its parent stays longer.
 *   - Of user and process, the members that tell who it was stay longest.
 *   - What the configuration adds to each document says nothing about this event.
 *   - The ledger's numbers leave before its message, which names the losses.
 *   - Files and addresses are what the event is about: they stay as long as there is room.
 */
#define STAY "\0" /* stands between the path of KEEP_MEMBERS and the names of those that stay */
static const struct step steps[] = {
	{REDUCE_IF_LARGE, SHRINK_LONGEST, 0, 0, ""},
	{REMOVE, SHRINK_LONGEST, 0, 0, "event\0original\0"},
	{REMOVE, SHRINK_LONGEST, 0, 0, "auditd\0messages\0"},
	{KEEP_ENDS, SHRINK_LONGEST, 2, 0, "auditd\0paths\0"},
	{KEEP_ENDS, SHRINK_LONGEST, 8, 0, "auditd\0repeated\0"},
	{REMOVE, SHRINK_LONGEST, 0, 0, "auditd\0paths\0"},
	{KEEP_ENDS, 12, 24, 8, "process\0args\0"},
	{KEEP_ENDS, 12, 6, 2, "process\0args\0"},
	{REMOVE, 12, 0, 0, "process\0title\0"},
	{REMOVE, 12, 0, 0, "process\0group_leader\0"},
	{REMOVE, 8, 0, 0, "auditd\0repeated\0"},
	{KEEP_ENDS, 8, 1, 1, "process\0args\0"},
	{REMOVE, 8, 0, 0, "user\0saved\0"},
	{REMOVE, 8, 0, 0, "auditd\0user\0saved\0"},
	{REMOVE, 8, 0, 0, "user\0filesystem\0"},
	{REMOVE, 8, 0, 0, "auditd\0user\0filesystem\0"},
	{REMOVE, 8, 0, 0, "process\0session_leader\0"},
	{REMOVE, 8, 0, 0, "process\0entry_leader\0"},
	{REMOVE, 8, 0, 0, "process\0thread\0"},
	{REMOVE, 8, 0, 0, "log\0file\0"},
	{REMOVE, 8, 0, 0, "error\0"},
	{REMOVE, 8, 0, 0, "auditd\0warnings\0"},
	{REMOVE, 7, 0, 0, "auditd\0data\0"},
	{REMOVE, 6, 0, 0, "auditd\0summary\0"},
	{REMOVE, 6, 0, 0, "related\0"},
	{REMOVE, 6, 0, 0, "group\0"},
	{REMOVE, 6, 0, 0, "network\0"},
	{KEEP_MEMBERS, 6, 0, 0, "auditd\0user\0" STAY "audit\0"},
	{KEEP_MEMBERS, 6, 0, 0, "user\0" STAY "id\0name\0audit\0effective\0target\0changes\0"},
	{KEEP_MEMBERS, 6, 0, 0, "process\0" STAY "pid\0name\0executable\0args\0args_count\0"},
	{REDUCE_CONSTANTS, 6, 0, 0, ""},
	{KEEP_RULE_KEYS, 6, 0, 0, "tags\0"},
	{KEEP_ENDS, 6, 8, 0, "tags\0"},
	{REMOVE, 6, 0, 0, "ecsaudit\0"},
	{KEEP_MEMBERS, 6, 0, 0, "file\0" STAY "path\0"},
	{REMOVE, 6, 0, 0, "message\0"},
	{KEEP_MEMBERS, 6, 0, 0, "process\0" STAY "pid\0executable\0"},
	{KEEP_MEMBERS, 5, 0, 0, "user\0" STAY "id\0audit\0"},
	{KEEP_MEMBERS, 5, 0, 0, "user\0audit\0" STAY "id\0"},
	{KEEP_MEMBERS, 5, 0, 0, "auditd\0user\0audit\0" STAY "id\0"},
	{KEEP_MEMBERS, 5, 0, 0, "auditd\0" STAY "message_type\0sequence\0user\0"},
	{KEEP_MEMBERS, 5, 0, 0,
		"" STAY "@timestamp\0event\0host\0user\0process\0auditd\0tags\0log\0"},
	{KEEP_MEMBERS, 5, 0, 0, "log\0" STAY "flags\0"},
	{KEEP_MEMBERS, 5, 0, 0, "host\0" STAY "name\0os\0"}, /* of a log; else a constant */
	{KEEP_MEMBERS, 5, 0, 0, "event\0" STAY "action\0category\0type\0outcome\0sequence\0"},
	{KEEP_ENDS, 5, 3, 0, "tags\0"},
	{KEEP_ENDS, SHRINK_SHORTEST, 3, 0, "event\0category\0"},
	{KEEP_ENDS, SHRINK_SHORTEST, 3, 0, "event\0type\0"},
	{KEEP_ENDS, SHRINK_SHORTEST, 1, 0, "tags\0"},
	{END, SHRINK_SHORTEST, 0, 0, ""},
};

static void drop(struct shrink_tree *t, cJSON *parent, cJSON *child)
{
	shrink_size_add(&t->size, child, -1);
	json_detach(parent, child);
}

static void keep(struct shrink_tree *t, cJSON *array, unsigned head, unsigned tail)
{
	unsigned n = 0, i = 0;
	cJSON *node, *next;

	for (node = array->child; node; node = node->next)
		n++;
	for (node = array->child; node; node = next, i++) {
		next = node->next;
		if (i >= head && i + tail < n)
			drop(t, array, node);
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
static bool keep_only(struct shrink_tree *t, cJSON *object, const char *names)
{
	cJSON *node = object->child, *next;

	while (node && !is_listed(node, names))
		node = node->next;
	if (!node)
		return false;
	for (node = object->child; node; node = next) {
		next = node->next;
		if (!is_listed(node, names))
			drop(t, object, node);
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

static cJSON *host_of(const struct shrink_tree *t)
{
	return json_get(t->root, "host");
}

static size_t rendered_bytes(const cJSON *object)
{
	const cJSON *node = rendered_in(object);

	return node ? (size_t)node->valueint : 0;
}

static void drop_rendered(struct shrink_tree *t, cJSON *object)
{
	cJSON *node = rendered_in(object);

	if (node)
		drop(t, object, node);
}

static void replace_constants(struct shrink_tree *t)
{
	cJSON *node = rendered_in(t->root), *host = host_of(t), *id = json_get(host, "id");

	/* The configured members of a log's host. */
	drop_rendered(t, host);
	drop_rendered(t, json_get(host, "os"));
	if (id && (size_t)id->valueint > LIMIT_ESSENTIAL_HOST_BYTES + 2)
		drop(t, host, id);
	if (!node || t->hints->essential.len == 0)
		return;
	t->size.fixed += t->hints->essential.len - (size_t)node->valueint;
	node->valuestring = (char *)t->hints->essential.at;
	node->valueint = (int)t->hints->essential.len;
}

static bool has_large_constants(const struct shrink_tree *t)
{
	const cJSON *host = host_of(t);

	return rendered_bytes(t->root) + rendered_bytes(host) +
		       rendered_bytes(json_get(host, "os")) >
	       t->budget / 2;
}

/* Change the member at the step's path, or remove it, with all objects that would be empty then. */
static void change_member(struct shrink_tree *t, const struct step *step)
{
	cJSON *member = t->root, *object = NULL, *owner = NULL, *leaving = NULL;
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
	if (step->action == KEEP_ENDS ||
		(step->action == KEEP_RULE_KEYS && t->hints->key_count > 0))
		keep(t, member, step->action == KEEP_ENDS ? step->head : t->hints->key_count,
			step->tail);
	else if ((step->action != KEEP_MEMBERS || !keep_only(t, member, key + 1)) && leaving)
		drop(t, owner, leaving);
}

unsigned shrink_steps_level(const struct shrink_tree *t)
{
	return steps[t->steps_taken].level;
}

bool shrink_steps_take(struct shrink_tree *t)
{
	const struct step *step = &steps[t->steps_taken];

	switch (step->action) {
	case END:
		return false;
	case REDUCE_IF_LARGE:
		if (!has_large_constants(t))
			break;
		/* fall through */
	case REDUCE_CONSTANTS:
		replace_constants(t);
		break;
	default:
		change_member(t, step);
	}
	t->steps_taken++;
	return true;
}
