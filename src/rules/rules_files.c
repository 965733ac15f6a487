#include "rules_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include "error_text.h"
#include "rules_text.h"
#include "glob.h"
#include "sys.h"
#include "text.h"
#include "trusted_file.h"

void rules_files_print(struct rules_files *w, const char *format, ...)
{
	struct text t;
	va_list ap;

	text_init(&t, w->message, sizeof(w->message));
	text_puts(&t, w->file);
	text_puts(&t, ":");
	if (w->number) {
		text_number(&t, w->number);
		text_puts(&t, ":");
	}
	text_puts(&t, " ");
	va_start(ap, format);
	text_vformat(&t, format, ap);
	va_end(ap);
	w->print(w->print_ctx, w->message);
}

static void unreadable(struct rules_files *w, const char *what, const char *why)
{
	w->unreadable++;
	w->number = 0;
	if (!w->quiet)
		rules_files_print(w, "%s%s", what, why);
}

static bool walk_text(struct rules_files *w, const char *bytes, size_t len)
{
	const size_t mark = len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	struct rules_text text = {bytes + mark, len - mark, 0};
	struct span line;

	w->has_rule = false;
	while (rules_text_next(&text, &line)) {
		const enum rules_kind kind = rules_compile(w->environment, line, &w->line);

		w->number = text.line;
		if (kind != RULES_NOTHING && !w->each(w->each_ctx, w))
			return false;
		w->has_rule |= kind == RULES_ADD || kind == RULES_DELETE;
	}
	return true;
}

/* NULL, or why the file is not trusted. */
static const char *distrust(const struct rules_files *w, const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return "is no regular file; name a file of rules";
	return w->trust_all ? NULL : trusted_file(st);
}

/* The whole file into w->bytes. Its length, or -1 after printing why. */
static ssize_t read_all(struct rules_files *w, int fd)
{
	const char *why;
	struct stat st;
	size_t len = 0;
	ssize_t got;

	got = sys_fstat(fd, &st);
	why = got < 0 ? NULL : distrust(w, &st);
	if (why) {
		unreadable(w, why, "");
		return -1;
	}
	while (got >= 0 && len < sizeof(w->bytes)) {
		got = sys_read(fd, w->bytes + len, sizeof(w->bytes) - len);
		if (got == 0)
			return (ssize_t)len;
		if (got > 0)
			len += (size_t)got;
		if (got == -EINTR)
			got = 0;
	}
	if (got < 0)
		unreadable(w, "cannot be read: ", error_text((int)got));
	else
		unreadable(w, "is larger than 256 KiB; split it", "");
	return -1;
}

static bool walk_file(struct rules_files *w, const char *path)
{
	ssize_t len = -1;
	int fd;

	w->file = path;
	fd = sys_open(path, O_RDONLY | O_NONBLOCK, 0); /* a fifo must not hold us up */
	if (fd < 0) {
		unreadable(w, "cannot be opened: ", error_text(fd));
	} else {
		len = read_all(w, fd);
		(void)sys_close(fd);
	}
	return len < 0 || walk_text(w, w->bytes, (size_t)len);
}

_Static_assert(LIMIT_RULE_FILE_BYTES == 256 * 1024, "the message above says so");

/* ---- globs ------------------------------------------------------------------------------- */

/* Update `best` from one block of a directory: the smallest name that matches and is after `last`.
 */
static void consider(const char *block, size_t len, const char *pattern, const char *last,
	char *best, size_t size)
{
	for (size_t at = 0; at < len;) {
		const struct sys_dirent *d = (const void *)(block + at);

		if (d->reclen == 0)
			return; /* no kernel does that */
		at += d->reclen;
		if (glob_match(pattern, d->name) && strcmp(d->name, last) > 0 &&
			(!*best || strcmp(d->name, best) < 0))
			text_format(best, size, "%s", d->name);
	}
}

/* The next matching name after `last`; "" if there is none. 0 or -errno. */
static int next_match(
	const char *folder, const char *pattern, const char *last, char *best, size_t size)
{
	_Alignas(8) char block[4096];
	ssize_t got;
	int fd;

	*best = '\0';
	fd = sys_open(folder, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return fd;
	while ((got = sys_getdents64(fd, block, sizeof(block))) > 0)
		consider(block, (size_t)got, pattern, last, best, size);
	(void)sys_close(fd);
	return (int)got;
}

static bool walk_glob(struct rules_files *w, const char *glob)
{
	const char *slash = strrchr(glob, '/');
	int folder_len = slash ? (int)(slash - glob) + 1 : 0;
	const char *pattern = glob + folder_len;
	char folder[LIMIT_PATH_BYTES];
	char name[2][256] = {"", ""};
	int ret;

	w->file = glob;
	text_format(folder, sizeof(folder), "%.*s", folder_len ? folder_len : 1,
		folder_len ? glob : ".");
	if (strpbrk(folder, "*?[")) {
		unreadable(w, "has a wildcard in a directory",
			"; they are possible in the last part of the path only");
		return true;
	}
	for (unsigned i = 0;; i ^= 1) {
		ret = next_match(folder, pattern, name[i], name[i ^ 1], sizeof(name[0]));
		if (ret < 0 || !*name[i ^ 1])
			break;
		text_format(w->path, sizeof(w->path), "%.*s%s", folder_len, glob, name[i ^ 1]);
		if (!walk_file(w, w->path))
			return false;
	}
	w->file = glob;
	if (ret < 0)
		unreadable(w, "the directory cannot be read: ", error_text(ret));
	return true;
}

bool rules_files_walk(struct rules_files *w)
{
	w->unreadable = 0;
	w->file = w->text_name;
	if (w->text && !walk_text(w, w->text, w->text_len))
		return false;
	for (unsigned i = 0; i < w->file_count; i++) {
		bool glob = strpbrk(w->files[i], "*?[") != NULL;

		if (!(glob ? walk_glob : walk_file)(w, w->files[i]))
			return false;
	}
	w->file = w->last_name;
	return !w->last || walk_text(w, w->last, strlen(w->last));
}
