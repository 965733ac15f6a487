/*
 * fuzz_json - any bytes as texts of any tree, shrunk to any budget, in a buffer of any size.
 *
 * The oracle is a checker of its own: what is written is one line of valid UTF-8 that RFC 8259
 * accepts, within budget and buffer, marked if and only if it was shortened.
 */
/* link: json.o shrink.o */
#include <stdlib.h>
#include "json.h"
#include "limits.h"
#include "shrink.h"

static char region[1024 * 1024];
static struct arena arena = {.base = region, .size = sizeof(region)};

#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

/* ---- the checker ----------------------------------------------------------------------- */

struct reader {
	const unsigned char *at, *end;
};

static int next(struct reader *r)
{
	return r->at < r->end ? *r->at++ : -1;
}

static void check_character(struct reader *r, int lead)
{
	static const unsigned long least[] = {0, 0x80, 0x800, 0x10000};
	unsigned more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1, i;
	unsigned long value = (unsigned long)lead & (0x3fu >> more);

	REQUIRE(lead >= 0xc0 && lead < 0xf8);
	for (i = 0; i < more; i++) {
		int c = next(r);

		REQUIRE(c >= 0x80 && c < 0xc0);
		value = value << 6 | ((unsigned long)c & 0x3f);
	}
	REQUIRE(value >= least[more] && value <= 0x10ffff && (value < 0xd800 || value > 0xdfff));
}

static void check_string(struct reader *r)
{
	int c;

	while ((c = next(r)) != '"') {
		REQUIRE(c >= 0x20);
		if (c >= 0x80) {
			check_character(r, c);
		} else if (c == '\\') {
			c = next(r);
			REQUIRE(c > 0 && strchr("\"\\bfnrtu", c));
			for (unsigned i = 0; c == 'u' && i < 4; i++) {
				int digit = next(r);

				REQUIRE(digit > 0 && strchr("0123456789abcdef", digit));
			}
		}
	}
}

static void check_value(struct reader *r, unsigned depth)
{
	int c = next(r), close = c == '{' ? '}' : ']';

	REQUIRE(depth <= LIMIT_DOCUMENT_DEPTH);
	if (c == '"') {
		check_string(r);
		return;
	}
	if (c >= '0' && c <= '9') {
		while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
			r->at++;
		return;
	}
	if (c == 't') {
		REQUIRE(r->end - r->at >= 3 && memcmp(r->at, "rue", 3) == 0);
		r->at += 3;
		return;
	}
	REQUIRE(c == '{' || c == '[');
	if (r->at < r->end && *r->at == close) {
		r->at++;
		return;
	}
	do {
		if (close == '}') {
			REQUIRE(next(r) == '"');
			check_string(r);
			REQUIRE(next(r) == ':');
		}
		check_value(r, depth + 1);
		c = next(r);
	} while (c == ',');
	REQUIRE(c == close);
}

/* ---- the tree: bytes say what to do ------------------------------------------------------- */

struct input {
	const uint8_t *at;
	size_t left;
};

static unsigned take(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->at++;
}

static struct span take_text(struct input *in, size_t n)
{
	struct span text;

	if (n > in->left)
		n = in->left;
	text = (struct span){(const char *)in->at, (uint32_t)n};
	in->at += n;
	in->left -= n;
	return text;
}

static void add(cJSON *parent, const char *key, cJSON *node)
{
	if (parent->type & cJSON_Object)
		json_add(parent, key, node);
	else
		json_append(parent, node);
}

static cJSON *build(struct input *in)
{
	static const char *const keys[] = {"event", "original", "auditd", "paths", "process",
		"args", "title", "data", "log", "k", "a.b-c_d@9", "messages",
		"a_key_of_more_than_sixteen_bytes"};
	cJSON *open[LIMIT_DOCUMENT_DEPTH], *node;
	unsigned depth = 0, op;

	open[0] = json_object(&arena);
	while (in->left) {
		const char *key;

		op = take(in);
		key = keys[op / 8 % (sizeof(keys) / sizeof(keys[0]))];
		switch (op % 8) {
		case 0:
		case 1:
			node = op % 8 ? json_array(&arena) : json_object(&arena);
			add(open[depth], key, node);
			if (depth + 1 < LIMIT_DOCUMENT_DEPTH - 2)
				open[++depth] = node;
			break;
		case 2:
			depth -= depth > 0;
			break;
		case 3:
			add(open[depth], key, json_number(&arena, take(in)));
			break;
		case 4:
			add(open[depth], key, json_node(&arena, cJSON_True, NULL, 0));
			break;
		case 5:
			if (open[depth]->type & cJSON_Object)
				json_add_members(&arena, open[depth], SPAN("\"x\":{\"y\":[1]}"));
			break;
		case 6:
			add(open[depth], key, json_text(&arena, take_text(in, take(in))));
			break;
		default:
			add(open[depth], key, json_text(&arena, take_text(in, take(in) * 16)));
		}
		if (arena.exhausted)
			break;
	}
	return open[0];
}

/* An object named "log" or "flags" that is none would have to stay as it is. */
static bool can_be_marked(const cJSON *root)
{
	cJSON *log = json_get(root, "log");

	return !log || log->type & cJSON_Object;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct shrink_hints hints = {SPAN("\"host\":1"), size % 4, size & 8 ? UINT32_MAX : 0};
	struct shrink_mark mark = {.set = false};
	struct input in = {data, size};
	size_t room, budget, len;
	struct reader r;
	cJSON *root;
	char *buf;

	room = take(&in) * 64 + take(&in);
	budget = take(&in) * 64 + take(&in);
	arena_reset(&arena);
	root = build(&in);
	if (arena.exhausted || !can_be_marked(root))
		return 0;
	buf = malloc(room ? room : 1); /* exactly so much: a sanitizer sees what exceeds it */
	len = shrink_to_fit(root, &hints, &mark, buf, room, budget);
	if (len) {
		REQUIRE(len <= budget && len + JSON_SLACK <= room);
		r = (struct reader){(const unsigned char *)buf, (const unsigned char *)buf + len};
		check_value(&r, 0);
		REQUIRE(r.at == r.end);
		REQUIRE(!mark.set || memmem(buf, len, "\"truncated\"", 11));
	} else if (room >= 2 * budget + SHRINK_SLACK) {
		/* What is left is too long, or was made of what cannot be shortened. */
		REQUIRE(json_write(root, buf, room) > budget || !json_write(root, buf, room));
	}
	free(buf);
	return 0;
}
