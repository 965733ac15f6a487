#include "shrink.h"
#include "json.h"
#include "limits.h"

enum action {
	REMOVE, /* the member */
	KEEP,	/* of an array: the first `head` and the last `tail` elements */
	CUT,	/* all texts of the document, to `head` bytes */
};

struct step {
	enum action action;
	const char *path[3];
	unsigned head, tail;
};

/* What is least missed goes first. auditd.paths beyond the second are directories and symbolic
 * links on the way; the saved and the filesystem's user seldom differ from the effective one, and
 * lie under auditd.user in one layout. With all this an ordinary event fits into 1400 bytes, the
 * smallest budget that is recommended. */
static const struct step steps[] = {
	{REMOVE, {"event", "original"}, 0, 0},
	{REMOVE, {"auditd", "messages"}, 0, 0},
	{KEEP, {"auditd", "paths"}, 2, 0},
	{REMOVE, {"auditd", "paths"}, 0, 0},
	{KEEP, {"process", "args"}, 24, 8},
	{KEEP, {"process", "args"}, 6, 2},
	{REMOVE, {"process", "title"}, 0, 0},
	{CUT, {NULL}, 32768, 0},
	{CUT, {NULL}, 16384, 0},
	{CUT, {NULL}, 8192, 0},
	{CUT, {NULL}, 4096, 0},
	{CUT, {NULL}, 2048, 0},
	{CUT, {NULL}, 1024, 0},
	{CUT, {NULL}, 512, 0},
	{CUT, {NULL}, 256, 0},
	{KEEP, {"process", "args"}, 1, 1},
	{REMOVE, {"user", "saved"}, 0, 0},
	{REMOVE, {"auditd", "user", "saved"}, 0, 0},
	{REMOVE, {"user", "filesystem"}, 0, 0},
	{REMOVE, {"auditd", "user", "filesystem"}, 0, 0},
	{REMOVE, {"log", "file"}, 0, 0},
	{REMOVE, {"error"}, 0, 0},
	{CUT, {NULL}, 128, 0},
	{REMOVE, {"auditd", "data"}, 0, 0},
	{CUT, {NULL}, 64, 0},
	{REMOVE, {"auditd", "summary"}, 0, 0},
	{CUT, {NULL}, 32, 0},
};

const unsigned shrink_steps = sizeof(steps) / sizeof(steps[0]);

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

static bool keep(cJSON *array, unsigned head, unsigned tail)
{
	cJSON *left = array->child, *right = NULL, *node;
	unsigned count = 0, i = 0;

	for (node = left; node; node = node->next)
		count++;
	if (!left || count <= head + tail)
		return false;
	for (node = left; node; node = node->next, i++) {
		if (i == head - 1)
			left = node;
		if (i == count - tail)
			right = node;
	}
	left->next = right;
	if (right)
		right->prev = left;
	else
		array->child->prev = left;
	return true;
}

/* At most `most` bytes of a text, and no part of a character: a continuation byte there means
 * that the character began up to three bytes before. */
static size_t cut_at(const char *text, size_t most)
{
	size_t n = most, i;

	for (i = 0; i < 3 && n && (text[n] & 0xc0) == 0x80; i++)
		n--;
	return (text[n] & 0xc0) == 0x80 ? most : n;
}

static bool cut_texts(cJSON *node, unsigned most, unsigned depth)
{
	bool changed = false;

	for (; node; node = node->next) {
		if ((node->type & 0xff) == cJSON_String && node->valueint > (int)most) {
			node->valueint = (int)cut_at(node->valuestring, most);
			changed = true;
		}
		if (node->child && depth < LIMIT_DOCUMENT_DEPTH)
			changed |= cut_texts(node->child, most, depth + 1);
	}
	return changed;
}

bool shrink_step(cJSON *root, unsigned step)
{
	const struct step *s = &steps[step];
	cJSON *object = NULL, *member = root;
	unsigned i;

	if (s->action == CUT)
		return cut_texts(root->child, s->head, 1);
	for (i = 0; i < 3 && s->path[i]; i++) {
		object = member;
		member = json_get(object, s->path[i]);
	}
	if (!member)
		return false;
	if (s->action == KEEP)
		return keep(member, s->head, s->tail);
	json_detach(object, member);
	return true;
}

size_t shrink_to_fit(cJSON *root, struct shrink_mark *mark, char *buf, size_t size, size_t budget)
{
	size_t len = json_write(root, buf, size);
	unsigned step;

	for (step = 0; (!len || len > budget) && step < shrink_steps; step++) {
		if (!shrink_step(root, step))
			continue;
		shrink_mark(root, mark);
		len = json_write(root, buf, size);
	}
	return len <= budget ? len : 0;
}
