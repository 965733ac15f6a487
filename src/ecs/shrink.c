#include "shrink.h"

#include "json.h"
#include "shrink_size.h"
#include "shrink_steps.h"

/* How often the length to which texts are cut is raised while there is room. */
#define ROUNDS 3

/*
 * The half of the buffer behind the document's place holds the escaped texts, in the order of the
 * tree. When members have left and texts are escaped again, those that are there move to the front.
 */
struct shrink {
	struct shrink_tree tree;
	unsigned level; /* of the last fits(), */
	size_t whole;	/* and how many bytes it found */
	char *buf, *end;
	size_t texts_begin, texts_end; /* of the escaped texts, in buf */
	size_t escape_most;	       /* bytes of a text's escaped form that are made */
	size_t escaped;		       /* bytes that were made in all */
	bool is_full;		       /* no room: not all texts are escaped */
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

static bool fits(struct shrink *s, unsigned level)
{
	s->level = level;
	s->whole = shrink_size_of_all(&s->tree.size, level);
	return s->whole <= s->tree.budget;
}

/* Take steps until it fits. false: it does not after all of them. */
static bool take_steps(struct shrink *s)
{
	while (!fits(s, shrink_steps_level(&s->tree)))
		if (!shrink_steps_take(&s->tree))
			return false;
	return true;
}

/* ---- escaped texts ---------------------------------------------------------------------- */

/* Escape a text behind those that are escaped, or move it there if it is already. false: there is
 * no room. */
static bool escape_text(struct shrink *s, const cJSON *node, struct shrink_escaped *e)
{
	char *to = s->buf + s->texts_end + 1;
	uint32_t len = (uint32_t)node->valueint;

	if (e->at > 0) {
		len = e->len;
		memmove(to, s->buf + e->at, len % SHRINK_TOO_LONG);
	} else if (json_escape_room(len, s->escape_most) + 2 <= (size_t)(s->end - to)) {
		len = (uint32_t)json_escape(to, node->valuestring, len, s->escape_most);
		s->escaped += len;
	} else {
		return false;
	}
	if (len % SHRINK_TOO_LONG > s->escape_most)
		len = (uint32_t)json_cut(to, s->escape_most) | SHRINK_TOO_LONG;
	*e = (struct shrink_escaped){(uint32_t)s->texts_end + 1, len};
	s->texts_end += len % SHRINK_TOO_LONG + 2;
	return true;
}

/* Escape all texts below a node. false: with the longer, escaped texts the document does not fit
 * any more, or there is no room for them. */
static bool escape_texts(struct shrink *s, cJSON *node)
{
	struct shrink_escaped e = shrink_size_escaped(node);
	const uint32_t before = shrink_size_of_text(node);
	uint32_t now;

	if (node->type & cJSON_String) {
		s->is_full = !escape_text(s, node, &e);
		if (s->is_full)
			return false;
		memcpy(&node->valuedouble, &e, sizeof(e));
		now = shrink_size_of_text(node);
		if (now != before) {
			shrink_size_add_text(&s->tree.size, before, -1);
			shrink_size_add_text(&s->tree.size, now, 1);
			s->whole += shrink_size_cut(now, s->level);
			s->whole -= shrink_size_cut(before, s->level);
			if (s->whole > s->tree.budget)
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
	s->texts_end = s->texts_begin;
	s->is_full = false;
	return escape_texts(s, s->tree.root);
}

/* ---- the whole -------------------------------------------------------------------------- */

/* How many bytes texts take when they are cut to `most` bytes, and how many are longer. */
static size_t texts_take(const cJSON *node, size_t most, size_t *longer)
{
	size_t sum = 0;

	if (node->type & cJSON_String) {
		sum = shrink_size_of_text(node);
		if (sum > most) {
			sum = most;
			++*longer;
		}
	}
	for (const cJSON *child = node->child; child; child = child->next)
		sum += texts_take(child, most, longer);
	return sum;
}

/* To how many bytes texts are cut: at least what the steps assumed, more if there is room. */
static size_t longest_text(const struct shrink *s)
{
	size_t most = (size_t)1 << shrink_steps_level(&s->tree);

	for (unsigned i = 0; i < ROUNDS; i++) {
		size_t longer = 0;
		size_t size = s->tree.size.fixed - 1 + texts_take(s->tree.root, most, &longer);

		if (longer == 0)
			break;
		most += (s->tree.budget - size) / longer;
	}
	return most;
}

/* Texts become raw nodes: the escaped form, cut to `most` bytes, in quotes. Where less than that is
 * escaped of a text, it is escaped again, behind the others; but not after a whole document's worth
 * was escaped, since it is the work that costs most. */
static void finish_texts(struct shrink *s, cJSON *node, size_t most)
{
	struct shrink_escaped e = shrink_size_escaped(node);
	size_t len = e.len % SHRINK_TOO_LONG;

	if (node->type & cJSON_String) {
		if (e.len >= SHRINK_TOO_LONG && len < most && s->escaped <= s->tree.budget &&
			json_escape_room((size_t)node->valueint, most) + 2 <=
				(size_t)(s->end - s->buf) - s->texts_end) {
			e.at = (uint32_t)s->texts_end + 1;
			len = json_escape(
				s->buf + e.at, node->valuestring, (size_t)node->valueint, most);
			s->escaped += len;
		}
		if (len > most)
			len = json_cut(s->buf + e.at, most);
		if (e.at > s->texts_end)
			s->texts_end += len + 2;
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
	memset(&s->tree.size, 0, sizeof(s->tree.size));
	shrink_size_add(&s->tree.size, s->tree.root, 1);
}

/* Texts count with their unescaped lengths at first, so that most of a huge event leaves before its
 * texts are read. Then the rest is escaped; when it turns out to be too long, or there is no room
 * for the escaped texts, further steps follow. After the last step texts are escaped only to the
 * length to which they will be cut. */
static bool shorten(struct shrink *s)
{
	measure(s);
	do {
		if (s->is_full && !shrink_steps_take(&s->tree)) {
			if (s->escape_most == 1u << SHRINK_SHORTEST)
				return false;
			s->escape_most = 1u << SHRINK_SHORTEST;
		}
		if (!take_steps(s))
			return false;
	} while (!escape(s));
	return true;
}

/* Whether the document fits with all of its texts. */
static bool fits_whole(struct shrink *s)
{
	measure(s);
	return fits(s, SHRINK_SIZES) && escape(s);
}

/*
 * Most documents fit: they are written without being measured. One that is marked already is most
 * likely too long; one with more bytes of records than the budget is measured first.
 */
size_t shrink_to_fit(cJSON *root, const struct shrink_hints *hints, struct shrink_mark *mark,
	char *buf, size_t size, size_t budget)
{
	const size_t half = size < SHRINK_SLACK ? 0 : (size - SHRINK_SLACK) / 2;
	struct shrink s = {.tree = {.root = root, .hints = hints}, .buf = buf, .end = buf + size};
	bool is_long = mark->set;
	size_t len, most;

	if (!root || half == 0)
		return 0;
	s.tree.budget = most = budget < half ? budget : half;
	s.escape_most = most < 1u << SHRINK_LONGEST ? most : 1u << SHRINK_LONGEST;
	s.texts_begin = most + JSON_SLACK;
	if (!is_long && hints->record_bytes <= most) {
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
	return json_write_within(root, buf, s.tree.budget + JSON_SLACK, s.tree.budget);
}
