#include "lineage_proc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include "lineage_id.h"
#include "sys.h"
#include "text.h"

#define TICK_MS 10 /* USER_HZ is 100 on all that we build for */

/* PROC_PID_INIT_INO, include/linux/proc_ns.h: the first pid namespace. */
#define FIRST_NAMESPACE "pid:[4026531836]"

/* ---- files ------------------------------------------------------------------------------- */

/* "PID/NAME" */
static const char *path_of(struct text *t, char *buf, size_t size, uint32_t pid, const char *name)
{
	text_init(t, buf, size);
	text_number(t, pid);
	text_puts(t, "/");
	text_puts(t, name);
	return t->at;
}

static int read_at(const struct lineage *l, const char *path, char *to, uint32_t size)
{
	const int fd = l->proc < 0 ? -EACCES : sys_openat(l->proc, path, O_RDONLY);
	uint32_t used = 0;
	ssize_t got = 0;

	if (fd < 0)
		return fd;
	do {
		got = sys_read(fd, to + used, size - used);
		used += got > 0 ? (uint32_t)got : 0;
	} while (got > 0 && used < size);
	(void)sys_close(fd);
	return got < 0 ? (int)got : (int)used;
}

int lineage_read_file(
	const struct lineage *l, uint32_t pid, const char *name, char *to, uint32_t size)
{
	char path[32];
	struct text t;

	return read_at(l, path_of(&t, path, sizeof(path), pid, name), to, size);
}

int lineage_read_link(
	const struct lineage *l, uint32_t pid, const char *name, char *to, uint32_t size)
{
	char path[32];
	struct text t;
	ssize_t got;

	if (l->proc < 0)
		return -ENOENT;
	got = sys_readlinkat(l->proc, path_of(&t, path, sizeof(path), pid, name), to, size);
	return got == (ssize_t)size ? -ENAMETOOLONG : (int)got;
}

/* ---- numbers ----------------------------------------------------------------------------- */

/* new_encode_dev() of include/linux/kdev_t.h; 0: none. */
static uint32_t tty_of(uint64_t number)
{
	const uint32_t major = number >> 8 & 0xfff,
		       minor = (number & 0xff) | (number >> 12 & 0xfff00);

	return number == 0 ? LINEAGE_NO_TTY : major << 20 | minor;
}

/* Field `wanted` of proc(5), from 4 on; `at` is behind the blank in front of the third. */
static uint64_t stat_field(const char *at, unsigned wanted)
{
	for (unsigned field = 3; at && field < wanted; field++) {
		at = strchr(at, ' ');
		if (at)
			at++;
	}
	return at ? text_uint(at, NULL, 10) : 0;
}

/* The name is in parentheses, and may have any character itself: the last ')' ends it. */
int lineage_read_stat(const struct lineage *l, uint32_t pid, struct lineage_stat *stat)
{
	char text[1024];
	const int got = lineage_read_file(l, pid, "stat", text, sizeof(text) - 1);
	const char *name, *end;

	if (got < 0)
		return got;
	text[got] = '\0';
	name = strchr(text, '(');
	end = strrchr(text, ')');
	if (!name || !end || end < name || end[1] != ' ')
		return -ESRCH; /* it ended while we read */
	*stat = (struct lineage_stat){
		.ppid = (uint32_t)stat_field(end + 2, 4),
		.pgid = (uint32_t)stat_field(end + 2, 5),
		.sid = (uint32_t)stat_field(end + 2, 6),
		.tty = tty_of(stat_field(end + 2, 7)),
		.start_ms = (int64_t)stat_field(end + 2, 22) * TICK_MS,
		.name_len = (uint32_t)(end - name - 1),
	};
	if (stat->name_len > sizeof(stat->name))
		stat->name_len = sizeof(stat->name);
	memcpy(stat->name, name + 1, stat->name_len);
	return 0;
}

/* What follows a word, up to the end of the line. Tabs are between numbers. */
static struct span line_of(const char *text, int len, const char *word)
{
	const char *at = len > 0 ? text_find(text, (size_t)len, word) : NULL, *end;

	if (!at)
		return SPAN_NONE;
	at += strlen(word);
	end = memchr(at, '\n', (size_t)(text + len - at));
	return end ? (struct span){at, (uint32_t)(end - at)} : SPAN_NONE;
}

/* The real user, the effective one, two more. Of pids a number for each namespace that it is in. */
void lineage_read_status(const struct lineage *l, uint32_t pid, struct lineage_status *status)
{
	char text[LIMIT_PROC_FILE_BYTES];
	const int len = lineage_read_file(l, pid, "status", text, sizeof(text));
	const struct span users = line_of(text, len, "\nUid:\t"),
			  pids = line_of(text, len, "\nNSpid:\t");
	const char *tab = users.len > 0 ? memchr(users.at, '\t', users.len) : NULL;
	const bool has_more = pids.len > 0 && memchr(pids.at, '\t', pids.len);

	*status = (struct lineage_status){
		.uid = tab ? (uint32_t)text_uint(tab + 1, NULL, 10) : LINEAGE_NO_UID,
		.is_roots = span_is(users, "0\t0\t0\t0"),
		.is_ours = pids.len > 0 && !has_more,
		.is_foreign = has_more,
	};
}

void lineage_close(struct lineage *l)
{
	if (l->proc >= 0)
		(void)sys_close(l->proc);
	l->proc = -1;
}

void lineage_check_proc(struct lineage *l)
{
	struct lineage_stat stat;

	if (l->proc >= 0 && lineage_read_stat(l, 1, &stat) < 0)
		lineage_close(l);
}

/* ---- the machine ------------------------------------------------------------------------- */

/* "btime SECONDS" of /proc/stat. It moves with the clock. */
static int64_t boot_time(const struct lineage *l)
{
	static const char word[] = "btime ";
	char text[LIMIT_PROC_FILE_BYTES];
	const int fd = sys_openat(l->proc, "stat", O_RDONLY);
	const char *at = NULL;
	size_t kept = 0;
	ssize_t got = fd;

	/* The lines in front of it are as many as processors and interrupts. */
	while (!at && got >= 0 && (got = sys_read(fd, text + kept, sizeof(text) - 1 - kept)) > 0) {
		kept += (size_t)got;
		text[kept] = '\0';
		at = text_find(text, kept, word);
		if (at && !strchr(at, '\n'))
			at = NULL; /* the number may be cut: read on */
		if (!at && kept > 64) {
			memmove(text, text + kept - 64, 64);
			kept = 64;
		}
	}
	if (fd >= 0)
		(void)sys_close(fd);
	return at ? (int64_t)text_uint(at + sizeof(word) - 1, NULL, 10) : 0;
}

/* A quarter of the numbers, in case that most are taken. */
static int64_t reuse_time(const struct lineage *l)
{
	char text[24] = "";
	const int got = read_at(l, "sys/kernel/pid_max", text, sizeof(text) - 1);

	return got > 0 ? (int64_t)(text_uint(text, NULL, 10) / 4 * LIMIT_PID_NS / 1000000) : 0;
}

void lineage_open_proc(struct lineage *l)
{
	char boot_id[40];
	char namespace[sizeof(FIRST_NAMESPACE)];
	ssize_t got;

	l->proc = sys_open("/proc", O_RDONLY | O_DIRECTORY, 0);
	if (l->proc < 0)
		return;
	got = sys_readlinkat(l->proc, "self/ns/pid", namespace, sizeof(namespace));
	if (got != sizeof(FIRST_NAMESPACE) - 1 ||
		memcmp(namespace, FIRST_NAMESPACE, (size_t)got) != 0) {
		(void)sys_close(l->proc);
		l->proc = -1;
		return;
	}
	if (l->boot_s == 0)
		l->boot_s = boot_time(l);
	l->reuse_ms = reuse_time(l);
	got = read_at(l, "sys/kernel/random/boot_id", boot_id, sizeof(boot_id) - 1);
	while (got > 0 && boot_id[got - 1] == '\n')
		got--;
	boot_id[got > 0 ? got : 0] = '\0';
	lineage_id_prefix(l, "4026531836", boot_id);
}
