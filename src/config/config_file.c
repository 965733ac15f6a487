#include "config_read.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include "config_option.h"
#include "error_text.h"
#include "json_scan.h"
#include "nearest.h"
#include "sys.h"
#include "trusted_file.h"

/* Used while a text is read, by nobody else; its pages stay untouched beyond the file's size.
 * It is static because cJSON's allocator hooks carry no context. */
static struct {
	struct arena tree;
	char text[LIMIT_CONFIG_BYTES + 1];
	_Alignas(8) char nodes[LIMIT_CONFIG_TREE_BYTES];
} work;

static void *tree_take(size_t bytes)
{
	return arena_take(&work.tree, bytes);
}

static void tree_leave(void *piece)
{
	(void)piece; /* arena_reset() frees all at once */
}

static bool complain_json(const struct config_source *source, const struct json_error *je)
{
	struct text t;

	config_complain_at(&t, source, je->at);
	if (!source->name) {
		text_puts(&t, "character ");
		text_number(&t, je->at + 1);
		text_puts(&t, ": ");
	}
	text_puts(&t, je->what);
	text_puts(&t, "; expected ");
	text_puts(&t, je->expected);
	return false;
}

/* Check source->text and make the tree of it. */
static bool parse(struct config_source *source)
{
	cJSON_Hooks hooks = {.malloc_fn = tree_take, .free_fn = tree_leave};
	struct json_error je;

	if (!json_check(source->text, source->len, &je))
		return complain_json(source, &je);
	work.tree.base = work.nodes;
	work.tree.size = sizeof(work.nodes);
	arena_reset(&work.tree);
	source->tree = &work.tree;
	cJSON_InitHooks(&hooks);
	source->root = cJSON_ParseWithOpts(source->text, NULL, false);
	if (source->root)
		return true;
	je = (struct json_error){0, "too many values", "fewer than some thousands"};
	return complain_json(source, &je);
}

/* ---- a file ------------------------------------------------------------------------------ */

struct reader {
	struct config *c;
	struct config_source source;
	const cJSON *seen[LIMIT_OPTIONS];   /* by the option's place in the table */
	char name[LIMIT_OPTION_NAME_BYTES]; /* of the member at hand, with its groups */
};

static void suggest(struct text *t, const char *name, size_t len)
{
	struct nearest n = {.meant = name, .len = len};
	const struct option *o;

	for (o = option_table; o->name; o++)
		nearest_try(&n, o->name);
	if (n.best) {
		text_puts(t, "; did you mean ");
		text_puts(t, n.best);
		text_puts(t, "?");
	} else {
		text_puts(t, "; expected one of those that `ecsaudit help run` lists");
	}
}

static bool is_group(const char *name, size_t len)
{
	const struct option *o;

	for (o = option_table; o->name; o++) {
		if (strncmp(o->name, name, len) == 0 && o->name[len] == '.')
			return true;
	}
	return false;
}

static bool unknown(struct reader *r, const cJSON *member, size_t len)
{
	struct text t;

	config_complain(&t, &r->source, member, AT_KEY);
	if (is_group(r->name, len)) {
		text_puts(&t, r->name);
		text_puts(&t, " is a group; expected {\"NAME\": VALUE, ...}");
		return false;
	}
	text_puts(&t, "unknown option ");
	text_shown(&t, r->name, len, LIMIT_OPTION_NAME_BYTES);
	suggest(&t, r->name, len);
	return false;
}

static bool twice(struct reader *r, const cJSON *member)
{
	struct text t;

	config_complain(&t, &r->source, member, AT_KEY);
	text_puts(&t, r->name);
	text_puts(&t, " for the second time; expected it once");
	return false;
}

/* Members of the file, or of a group in it: prefix_len bytes of r->name are the group's. */
static bool read_members(struct reader *r, const cJSON *object, size_t prefix_len)
{
	const cJSON *member;

	for (member = object->child; member; member = member->next) {
		const struct option *o;
		struct text name;

		text_init(&name, r->name + prefix_len, sizeof(r->name) - prefix_len);
		text_puts(&name, member->string);
		name.used += prefix_len;
		o = config_option_find(r->name, name.used);
		if (!o && cJSON_IsObject(member) && is_group(r->name, name.used) && !name.full) {
			text_init(&name, r->name + name.used, sizeof(r->name) - name.used);
			text_puts(&name, ".");
			if (!read_members(r, member, strlen(r->name)))
				return false;
			continue;
		}
		if (!o || name.full)
			return unknown(r, member, name.used);
		if (r->seen[o - option_table])
			return twice(r, member);
		r->seen[o - option_table] = member;
		if (!config_option_set(r->c, o, member, &r->source))
			return false;
	}
	return true;
}

/* 0, or -errno. -EPERM: *why says that it is a device, or who else could write it. */
static int check_file(int fd, bool trusted, const char **why)
{
	struct stat st;
	int error = sys_fstat(fd, &st);

	if (error < 0)
		return error;
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		*why = "is a device; expected a file, which may hold {} alone";
	else if (trusted)
		*why = trusted_file(&st);
	return *why ? -EPERM : 0;
}

/* The whole file into work.text. Its length, or -errno; -EFBIG: too large. */
static ssize_t load(const char *path, bool trusted, const char **why)
{
	int fd = sys_open(path, O_RDONLY, 0);
	size_t len = 0;
	ssize_t got;

	if (fd < 0)
		return fd;
	got = check_file(fd, trusted, why);
	if (got == 0) {
		do {
			got = sys_read(fd, work.text + len, sizeof(work.text) - len);
			len += got > 0 ? (size_t)got : 0;
		} while ((got > 0 || got == -EINTR) && len < sizeof(work.text));
	}
	sys_close(fd);
	if (got < 0)
		return got;
	if (len == sizeof(work.text))
		return -EFBIG;
	work.text[len] = '\0';
	return (ssize_t)len;
}

static bool unreadable(struct config_error *e, const char *path, int error, const char *why)
{
	struct text t;

	text_init(&t, e->text, sizeof(e->text));
	text_shown(&t, path, strlen(path), 200);
	text_puts(&t, ": ");
	if (error == EFBIG) {
		text_puts(&t, "too large; expected at most ");
		text_number(&t, LIMIT_CONFIG_BYTES);
		text_puts(&t, " bytes");
	} else if (why) {
		text_puts(&t, why);
	} else {
		text_puts(&t, error_text(error));
		text_puts(&t, "; expected a file that can be read");
	}
	e->number = error;
	return false;
}

bool config_read(struct config *c, const char *path, bool trusted, struct config_error *e)
{
	struct reader r = {.c = c, .source = {.name = path, .text = work.text, .e = e}};
	const char *why = NULL;
	ssize_t len = load(path, trusted, &why);
	struct json_error je;
	struct text t;

	e->number = 0;
	if (len < 0)
		return unreadable(e, path, (int)-len, why);
	c->has_file = true;
	r.source.len = (size_t)len;
	if (!json_blank_comments(work.text, r.source.len, &je))
		return complain_json(&r.source, &je);
	if (!parse(&r.source))
		return false;
	if (cJSON_IsObject(r.source.root))
		return read_members(&r, r.source.root, 0);
	config_complain(&t, &r.source, r.source.root, AT_VALUE);
	text_puts(&t, "no object; expected {\"NAME\": VALUE, ...}");
	return false;
}

/* ---- the command line -------------------------------------------------------------------- */

/* Is the value written as JSON, or is it the text itself? */
static bool is_json(const struct option *o, const char *value, size_t len)
{
	struct json_error unused;

	switch (o->type) {
	case OPTION_BOOL:
	case OPTION_NUMBER:
		/* Not "a bare word; expected text in quotes": say what the option takes. */
		return json_check(value, len, &unused);
	case OPTION_CHOICE:
	case OPTION_DURATION:
	case OPTION_TEXT:
		return *value == '"';
	case OPTION_LINES:
	case OPTION_LIST:
		return *value == '"' || *value == '[';
	case OPTION_FIELDS:
		break;
	}
	return true;
}

/* JSON text was checked for UTF-8 when it was parsed; bare text is checked here. */
static bool set_bare(struct config *c, const struct option *o, const char *value,
	const struct config_source *source)
{
	cJSON node = {.type = cJSON_String, .valuestring = (char *)value};
	struct config_source bare = *source;
	struct json_error je;

	if (!json_utf8(value, strlen(value), &je))
		return complain_json(source, &je);
	bare.root = &node;
	if (o->type == OPTION_LIST && *value == '\0')
		node = (cJSON){.type = cJSON_Array};
	return config_option_set(c, o, &node, &bare);
}

bool config_read_setting(struct config *c, const char *assignment, struct config_error *e)
{
	size_t len = strcspn(assignment, "=");
	const struct option *o = config_option_find(assignment, len);
	struct config_source source = {.option_name = assignment, .option_name_len = len, .e = e};
	const char *value = assignment + len + 1;
	struct text t;

	e->number = 0;
	if (!o || assignment[len] == '\0') {
		config_complain_at(&t, &source, 0);
		text_puts(&t, o ? "no value; expected NAME=VALUE" : "unknown option");
		if (!o)
			suggest(&t, assignment, len);
		return false;
	}
	if (!is_json(o, value, strlen(value)))
		return set_bare(c, o, value, &source);
	source.text = value;
	source.len = strlen(value);
	return parse(&source) && config_option_set(c, o, source.root, &source);
}
