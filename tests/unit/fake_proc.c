#include "fake_proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include "fake_kernel.h"

#define PROC_BYTES 8192u

static const struct fake_proc *proc;

static int proc_open(const char *path)
{
	uint32_t of = 0;
	const int error = *path ? proc->open(path, &of) : 0;
	struct slot *s;
	int fd;

	if (error < 0)
		return error;
	fd = fake_slot_new(*path ? PROC_FILE : PROC_DIRECTORY, &s);
	if (fd < 0)
		return fd;
	s->entry = of;
	snprintf(s->path, sizeof(s->path), "%s", path);
	return fd;
}

static ssize_t proc_read(struct slot *s, void *buf, size_t size, off_t offset)
{
	char text[PROC_BYTES];
	const ssize_t len =
		s->kind == PROC_FILE ? proc->read(s->path, s->entry, text, sizeof(text)) : -EISDIR;
	size_t n;

	if (len < 0 || offset >= len)
		return len < 0 ? len : 0;
	n = fake_shortened((size_t)(len - offset) < size ? (size_t)(len - offset) : size);
	memcpy(buf, text + offset, n);
	return (ssize_t)n;
}

static ssize_t proc_readlink(const char *path, char *buf, size_t size)
{
	char text[PROC_BYTES];
	const ssize_t len = proc->link(path, text, sizeof(text));

	if (len < 0)
		return len;
	memcpy(buf, text, (size_t)len < size ? (size_t)len : size);
	return (size_t)len < size ? len : (ssize_t)size;
}

/* "self" and "sys" come first. */
static ssize_t proc_list(struct slot *s, void *buf, size_t size)
{
	static const char *const others[] = {"self", "stat", "sys"};
	size_t used = 0;

	for (;;) {
		struct sys_dirent *d = (struct sys_dirent *)((char *)buf + used);
		const uint32_t pid = s->entry < 3 ? 0 : proc->next(s->entry - 2);
		char name[16];
		size_t need;

		if (s->entry >= 3 && pid == 0)
			return (ssize_t)used;
		if (pid)
			snprintf(name, sizeof(name), "%u", pid);
		else
			snprintf(name, sizeof(name), "%s", others[s->entry]);
		need = (offsetof(struct sys_dirent, name) + strlen(name) + 1 + 7) & ~(size_t)7;
		if (used + need > size)
			return used ? (ssize_t)used : -EINVAL;
		d->ino = pid + 1;
		d->off = s->entry;
		d->reclen = (unsigned short)need;
		d->type = 4; /* DT_DIR */
		memcpy(d->name, name, strlen(name) + 1);
		used += need;
		s->entry = pid ? pid + 3 : s->entry + 1;
	}
}

void fake_sys_proc(const struct fake_proc *of)
{
	static const struct proc_calls calls = {proc_open, proc_read, proc_readlink, proc_list};

	proc = of;
	fake.proc = of ? &calls : NULL;
}
