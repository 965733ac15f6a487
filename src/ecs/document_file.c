#include "document_file.h"

#include <sys/stat.h>

#include "decode.h"
#include "document_layout.h"
#include "document_user.h"

/* ---- the path -------------------------------------------------------------------------- */

/* Whether an absolute path may have components that say nothing: they begin with / or a dot. */
static bool may_be_shorter(struct span path)
{
	const char *limit = path.at + path.len;
	const char *at = path.at;

	while ((at = word_find_below(at, limit, '/' + 1)) < limit)
		if (*at++ == '/' && at < limit && (*at == '/' || *at == '.'))
			return true;
	return false;
}

/* Without the last component; "" is the root. */
static uint32_t parent_len(const char *path, uint32_t len)
{
	while (len > 0 && path[--len] != '/')
		;
	return len;
}

/*
 * The components of `name` behind `directory`, without those that say nothing. A `..` takes one
 * away only while no other is behind the directory: the kernel tells that one without symbolic
 * links (d_path()), but any other component may be one, and its parent elsewhere.
 */
__attribute__((cold)) static struct span join_path(
	struct arena *a, struct span directory, struct span name)
{
	char *text = arena_take(a, directory.len + name.len + 2u);
	const char *limit = name.at + name.len;
	uint32_t len = directory.len;
	bool at_directory = true;

	if (!text)
		return name;
	memcpy(text, directory.at, len);
	while (len > 0 && text[len - 1] == '/')
		len--;
	for (const char *at = name.at; at < limit; at++) {
		const char *slash = memchr(at, '/', (size_t)(limit - at));
		struct span part = {at, (uint32_t)((slash ? slash : limit) - at)};

		at += part.len;
		if (part.len == 0 || span_is(part, "."))
			continue;
		if (at_directory && span_is(part, "..")) {
			len = parent_len(text, len);
			continue;
		}
		at_directory = false;
		text[len++] = '/';
		memcpy(text + len, part.at, part.len);
		len += part.len;
	}
	/* The last slash says that it is a directory. */
	if (len == 0 || (span_ends(name, "/") && text[len - 1] != '/'))
		text[len++] = '/';
	return (struct span){text, len};
}

/* As it is in the record, where nobody says in which directory it begins. A working directory that
 * has no path is "(unreachable)/..." (d_path()). */
static struct span full_path(struct arena *a, struct span directory, struct span name)
{
	if (span_starts(name, "/"))
		return may_be_shorter(name) ? join_path(a, SPAN(""), name) : name;
	if (name.len == 0 || !span_starts(directory, "/"))
		return name;
	return join_path(a, directory, name);
}

/* ---- the rest -------------------------------------------------------------------------- */

/* Beats' words (auditbeat's file_integrity); ECS names the first three. */
static struct span type_name(uint64_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return SPAN("file");
	case S_IFDIR:
		return SPAN("dir");
	case S_IFLNK:
		return SPAN("symlink");
	case S_IFCHR:
		return SPAN("char_device");
	case S_IFBLK:
		return SPAN("block_device");
	case S_IFIFO:
		return SPAN("fifo");
	case S_IFSOCK:
		return SPAN("socket");
	default:
		return SPAN_NONE;
	}
}

/* Behind the last dot; a dot in front hides the file. */
static struct span extension_of(struct span name)
{
	uint32_t from = name.len;

	while (from > 0 && name.at[from - 1] != '.')
		from--;
	return from > 1 ? (struct span){name.at + from, name.len - from} : SPAN_NONE;
}

/* The parts of a path: .name, .extension, and .directory if the path is full. */
static void add_parts(const struct document *d, cJSON *file, struct span path, bool is_directory)
{
	const struct span name = span_base_name(path);
	struct span directory = {path.at, (uint32_t)(name.at - path.at)};

	/* Which directory `.` or `..` is nobody knows here; and no file has a longer name. */
	if (name.len == 0 || name.len > LIMIT_FILE_NAME_BYTES ||
		(name.at[0] == '.' && (name.len == 1 || span_is(name, ".."))))
		return;
	while (directory.len > 1 && directory.at[directory.len - 1] == '/')
		directory.len--;
	if (span_starts(path, "/"))
		json_add_text(d->arena, file, "directory", directory);
	json_add_text(d->arena, file, "name", name);
	if (!is_directory)
		document_add_some(d, file, "extension", extension_of(name));
}

/* "%04o" of mode & 07777. */
static struct span permissions(struct arena *a, uint64_t bits)
{
	char *text = arena_take(a, 4);

	if (!text)
		return SPAN_NONE;
	for (int i = 3; i >= 0; i--, bits >>= 3)
		text[i] = (char)('0' + (bits & 7));
	return (struct span){text, 4};
}

__attribute__((cold)) static void add_file_label(struct document *d, const struct event_path *p)
{
	cJSON *selinux = json_object(d->arena);

	for (uint32_t i = 0; i < p->field_count; i++)
		if (key_info[p->fields[i].key].flags & KEY_IS_OBJ)
			document_add_odd_field(d, selinux, &p->fields[i], 4);
	document_place(d, PLACE_FILE_SELINUX, selinux);
}

/* The name as the call had it, where its PATH has another. */
__attribute__((cold)) static struct span true_name(struct arena *a, const struct event_file *file)
{
	const struct span parts[] = {file->parent, span_base_name(file->path)};

	return document_join(a, parts, 2);
}

void document_add_file(struct document *d, const struct event *e, cJSON *root)
{
	struct span path, type = SPAN_NONE;
	uint64_t mode = 0;
	bool has_mode;
	cJSON *file;

	if (!e->file.present)
		return;
	file = document_group(d, GROUP_FILE);
	path = e->file.parent.len == 0 ? e->file.path : true_name(d->arena, &e->file);
	path = full_path(d->arena, e->file.directory, path);
	has_mode = e->file.mode.len > 0 && decode_octal(e->file.mode, &mode);
	if (has_mode)
		type = type_name(mode);
	if (path.len > 0) {
		json_add_text(d->arena, file, "path", path);
		add_parts(d, file, path, span_is(type, "dir"));
	}
	document_add_some(d, file, "target_path", e->file.target);
	document_add_some(d, file, "type", type);
	document_add_some(d, file, "device", e->file.device);
	document_add_some(d, file, "inode", e->file.inode);
	if (has_mode)
		document_add_some(d, file, "mode", permissions(d->arena, mode));
	document_add_some(d, file, "uid", e->file.uid);
	document_add_some(d, file, "gid", e->file.gid);
	if (d->config->resolve_ids) {
		document_add_some(d, file, "owner", document_user_name(d, e->file.uid));
		document_add_some(d, file, "group", document_group_name(d, e->file.gid));
	}
	if (e->file.selinux)
		add_file_label(d, e->file.selinux);
	document_attach(d, root, "file", GROUP_FILE);
}
