#include "fake_kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

void fake_file_free(struct file *f)
{
	free(f->path);
	free(f->data);
	free(f->target);
	memset(f, 0, sizeof(*f));
}

/* ---- files ------------------------------------------------------------------------------- */

static int file_find(const char *path)
{
	for (int i = 0; i < FILES; i++)
		if (fake.files[i].path && strcmp(fake.files[i].path, path) == 0)
			return i;
	return -1;
}

/* A file that was removed is still there for who has it open. */
static bool is_open(int file)
{
	for (unsigned i = 0; i < SLOTS; i++)
		if (fake.slots[i].kind == FILE_OPEN && fake.slots[i].file == file)
			return true;
	return false;
}

static struct file *file_make(const char *path)
{
	int i = file_find(path);

	for (int j = 0; j < FILES && i < 0; j++)
		if (!fake.files[j].path && !is_open(j))
			i = j;
	if (i < 0)
		abort();
	if (!fake.files[i].path) {
		fake.files[i].path = strdup(path);
		fake.files[i].mode = S_IFREG | 0644;
	}
	fake.files[i].ino = fake.next_ino++;
	fake.files[i].mtime = fake.realtime_ns;
	return &fake.files[i];
}

static void file_set(struct file *f, size_t at, const void *data, size_t len)
{
	if (at + len > f->len) {
		f->data = realloc(f->data, at + len);
		memset(f->data + f->len, 0, at + len - f->len);
		f->len = at + len;
	}
	if (len)
		memcpy(f->data + at, data, len);
	f->mtime = fake.realtime_ns;
}

void fake_sys_file(const char *path, const void *data, size_t len)
{
	struct file *f = file_make(path);

	free(f->data);
	f->data = NULL;
	f->len = 0;
	file_set(f, 0, data, len);
}

void fake_sys_file_text(const char *path, const char *text)
{
	fake_sys_file(path, text, strlen(text));
}

void fake_sys_file_owner(const char *path, mode_t mode, uid_t uid)
{
	int i = file_find(path);

	if (i < 0)
		abort();
	fake.files[i].mode = mode;
	fake.files[i].uid = uid;
}

void fake_sys_standard(mode_t mode)
{
	fake.standard = mode;
}

void fake_sys_file_remove(const char *path)
{
	int i = file_find(path);

	if (i >= 0)
		fake_file_free(&fake.files[i]);
}

const void *fake_sys_file_data(const char *path, size_t *len)
{
	int i = file_find(path);

	*len = i < 0 ? 0 : fake.files[i].len;
	return i < 0 ? NULL : fake.files[i].data ? (const void *)fake.files[i].data : "";
}

void fake_sys_lock_race(void)
{
	fake.lock_race = true;
}

void fake_sys_watchdog(const char *path, int seconds)
{
	struct file *f = file_make(path);

	f->watchdog = seconds;
	f->mode = S_IFCHR | 0600;
}

int fake_sys_watchdog_timeout(const char *path)
{
	return fake.files[file_find(path)].watchdog;
}

void fake_sys_symlink(const char *path, const char *target)
{
	struct file *f = file_make(path);

	free(f->target);
	f->target = strdup(target);
	f->mode = S_IFLNK | 0777;
}

void fake_sys_pass(const char *prefix)
{
	snprintf(fake.pass, sizeof(fake.pass), "%s", prefix ? prefix : "");
}

static bool passes(const char *path)
{
	return fake.pass[0] && strncmp(path, fake.pass, strlen(fake.pass)) == 0;
}

/* The name under directory `dir` that a file gives it, or NULL. */
static const char *name_under(const char *dir, const char *path, size_t *len)
{
	size_t n = strcmp(dir, "/") == 0 ? 0 : strlen(dir);

	if (strncmp(path, dir, n) != 0 || path[n] != '/')
		return NULL;
	*len = strcspn(path + n + 1, "/");
	return path + n + 1;
}

static bool directory_exists(const char *dir)
{
	size_t len;

	for (int i = 0; i < FILES; i++)
		if (fake.files[i].path && name_under(dir, fake.files[i].path, &len))
			return true;
	return false;
}

static void path_join(char *out, size_t size, int dir, const char *path)
{
	struct slot *s = fake_slot_of(dir);

	if (path[0] != '/' && s && s->kind == PROC_DIRECTORY)
		snprintf(out, size, "/proc/%s", path);
	else if (path[0] != '/' && s && s->kind == DIRECTORY)
		snprintf(out, size, "%s/%s", strcmp(s->path, "/") == 0 ? "" : s->path, path);
	else
		snprintf(out, size, "%s", path);
	for (size_t n = strlen(out); n > 1 && out[n - 1] == '/'; n--)
		out[n - 1] = '\0';
}

static int real_open(const char *path, int flags, mode_t mode)
{
	struct slot *s;
	int fd = fake_slot_new(REAL, &s);

	if (fd < 0)
		return fd;
	s->real = open(path, flags | O_CLOEXEC, mode);
	snprintf(s->path, sizeof(s->path), "%s", path);
	if (s->real < 0) {
		s->kind = FREE;
		return -errno;
	}
	return fd;
}

/* NULL: it is not there. */
static const char *below_proc(const char *path)
{
	if (!fake.proc || strncmp(path, "/proc", 5) != 0 || (path[5] != '/' && path[5] != '\0'))
		return NULL;
	return path[5] ? path + 6 : path + 5;
}

static int path_open(const char *path, int flags, mode_t mode)
{
	bool directory = directory_exists(path);
	int file = file_find(path);
	struct slot *s;
	int fd;

	if (below_proc(path))
		return fake.proc->open(below_proc(path));
	if (passes(path))
		return real_open(path, flags, mode);
	if (file >= 0 && fake.files[file].target && (flags & O_NOFOLLOW))
		return -ELOOP;
	if (file < 0 && directory && (flags & O_ACCMODE) != O_RDONLY)
		return -EISDIR;
	if (file < 0 && !directory) {
		if (!(flags & O_CREAT))
			return -ENOENT;
		file_make(path)->mode = S_IFREG | mode;
		file = file_find(path);
	} else if (file >= 0 && (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) {
		return -EEXIST;
	}
	if (file >= 0 && (flags & O_DIRECTORY))
		return -ENOTDIR;
	fd = fake_slot_new(file >= 0 ? FILE_OPEN : DIRECTORY, &s);
	if (fd < 0)
		return fd;
	s->file = file;
	s->flags = flags;
	snprintf(s->path, sizeof(s->path), "%s", path);
	if (file >= 0 && (flags & O_TRUNC))
		fake.files[file].len = 0;
	return fd;
}

int sys_open(const char *path, int flags, mode_t mode)
{
	char full[sizeof(((struct slot *)NULL)->path)];

	FAIL("open");
	path_join(full, sizeof(full), -1, path);
	return path_open(full, flags, mode);
}

int sys_openat(int dir, const char *path, int flags)
{
	char full[sizeof(((struct slot *)NULL)->path)];

	FAIL("openat");
	if (path[0] != '/' && !fake_slot_of(dir))
		return -EBADF;
	path_join(full, sizeof(full), dir, path);
	return path_open(full, flags, 0);
}

static void file_stat(int file, struct stat *st)
{
	const struct file *f = &fake.files[file];

	st->st_mode = f->mode;
	st->st_nlink = f->path != NULL;
	st->st_uid = f->uid;
	st->st_ino = f->ino;
	st->st_size = (off_t)f->len;
	st->st_mtim.tv_sec = (time_t)(f->mtime / 1000000000);
	st->st_mtim.tv_nsec = (long)(f->mtime % 1000000000);
	st->st_ctim = st->st_mtim;
}

int sys_fstat(int fd, struct stat *st)
{
	struct slot *s = fake_slot_of(fd);

	FAIL("fstat");
	memset(st, 0, sizeof(*st));
	if (s && s->kind == REAL)
		return fstat(s->real, st) < 0 ? -errno : 0;
	if (s && s->kind == FILE_OPEN)
		file_stat(s->file, st);
	else if (s && s->kind == DIRECTORY)
		st->st_mode = S_IFDIR | 0755;
	else if (s)
		st->st_mode = S_IFSOCK | 0777;
	else if (fd == 1 || fd == 2)
		st->st_mode = fake.standard ? fake.standard : S_IFIFO | 0600;
	else
		return -EBADF;
	return 0;
}

int sys_fstatat(int dir, const char *path, struct stat *st, int flags)
{
	char full[512];
	int file;

	FAIL("fstatat");
	path_join(full, sizeof(full), dir, path);
	memset(st, 0, sizeof(*st));
	if (passes(full))
		return fstatat(AT_FDCWD, full, st, flags) < 0 ? -errno : 0;
	file = file_find(full);
	if (file >= 0)
		file_stat(file, st);
	else if (directory_exists(full))
		st->st_mode = S_IFDIR | 0755;
	else
		return -ENOENT;
	return 0;
}

int sys_fallocate(int fd, off_t length)
{
	struct slot *s = fake_slot_of(fd);
	struct file *f;

	FAIL("fallocate");
	if (s && s->kind == REAL)
		return fallocate(s->real, 0, 0, length) < 0 ? -errno : 0;
	if (!s || s->kind != FILE_OPEN)
		return -EBADF;
	f = &fake.files[s->file];
	if ((size_t)length > f->len)
		file_set(f, (size_t)length, NULL, 0);
	return 0;
}

/* Whoever had it locked removes the file and ends. */
static void lose_race(int file)
{
	for (unsigned i = 0; i < SLOTS; i++)
		if (fake.slots[i].kind == FILE_OPEN && fake.slots[i].file == file)
			fake.slots[i].locked = false;
	fake_file_free(&fake.files[file]);
	fake.lock_race = false;
}

int sys_flock(int fd, int operation)
{
	struct slot *s = fake_slot_of(fd);

	FAIL("flock");
	if (s && s->kind == REAL)
		return flock(s->real, operation) < 0 ? -errno : 0;
	if (!s || s->kind != FILE_OPEN)
		return -EBADF;
	if (fake.lock_race)
		lose_race(s->file);
	for (unsigned i = 0; i < SLOTS; i++) {
		const struct slot *other = &fake.slots[i];

		if (other != s && other->kind == FILE_OPEN && other->file == s->file &&
			other->locked)
			return -EWOULDBLOCK;
	}
	s->locked = (operation & ~LOCK_NB) != LOCK_UN;
	return 0;
}

/* As many drivers: up to 60 s, and a device with its own of more is fixed. */
int sys_watchdog_timeout(int fd, int seconds)
{
	struct slot *s = fake_slot_of(fd);
	struct file *f = s && s->kind == FILE_OPEN ? &fake.files[s->file] : NULL;

	FAIL("watchdog_timeout");
	if (!f || !f->watchdog)
		return f ? -ENOTTY : -EBADF;
	if (seconds <= 60 && f->watchdog <= 60)
		f->watchdog = seconds;
	return f->watchdog;
}

int sys_fsync(int fd)
{
	FAIL("fsync");
	return fake_slot_of(fd) ? 0 : -EBADF;
}

int sys_ftruncate(int fd, off_t length)
{
	struct slot *s = fake_slot_of(fd);

	FAIL("ftruncate");
	if (s && s->kind == REAL)
		return ftruncate(s->real, length) < 0 ? -errno : 0;
	if (!s || s->kind != FILE_OPEN)
		return -EBADF;
	file_set(&fake.files[s->file], (size_t)length, NULL, 0);
	fake.files[s->file].len = (size_t)length;
	return 0;
}

/* Listed once: is there no earlier file with the same first name under the directory? */
static bool first_of_name(const char *dir, unsigned file, const char *name, size_t len)
{
	for (unsigned i = 0; i < file; i++) {
		size_t other_len;
		const char *other =
			fake.files[i].path ? name_under(dir, fake.files[i].path, &other_len) : NULL;

		if (other && other_len == len && memcmp(other, name, len) == 0)
			return false;
	}
	return true;
}

ssize_t sys_getdents64(int fd, void *buf, size_t size)
{
	struct slot *s = fake_slot_of(fd);
	size_t used = 0;

	FAIL("getdents64");
	if (s && s->kind == REAL) {
		long n = syscall(SYS_getdents64, s->real, buf, size);

		return n < 0 ? -errno : n;
	}
	if (s && s->kind == PROC_DIRECTORY)
		return fake.proc->list(s, buf, size);
	if (!s || s->kind != DIRECTORY)
		return s ? -ENOTDIR : -EBADF;
	for (; s->entry < FILES; s->entry++) {
		const struct file *f = &fake.files[s->entry];
		struct sys_dirent *d = (struct sys_dirent *)((char *)buf + used);
		size_t len, need;
		const char *name = f->path ? name_under(s->path, f->path, &len) : NULL;

		if (!name || !first_of_name(s->path, s->entry, name, len))
			continue;
		need = (offsetof(struct sys_dirent, name) + len + 1 + 7) & ~(size_t)7;
		if (used + need > size)
			return used ? (ssize_t)used : -EINVAL;
		d->ino = f->ino;
		d->off = s->entry;
		d->reclen = (unsigned short)need;
		d->type = name[len] == '/' ? 4 : f->target ? 10 : 8; /* DT_DIR, DT_LNK, DT_REG */
		memcpy(d->name, name, len);
		d->name[len] = '\0';
		used += need;
	}
	return (ssize_t)used;
}

int sys_mkdir(const char *path, mode_t mode)
{
	FAIL("mkdir");
	if (passes(path))
		return mkdir(path, mode) < 0 ? -errno : 0;
	return file_find(path) >= 0 || directory_exists(path) ? -EEXIST : 0;
}

/* The file's own bytes, as long as it does not grow. */
int sys_mmap_shared(int fd, size_t size, void **memory)
{
	struct slot *s = fake_slot_of(fd);

	FAIL("mmap");
	if (s && s->kind == REAL) {
		*memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, s->real, 0);
		return *memory == MAP_FAILED ? -errno : 0;
	}
	if (!s || s->kind != FILE_OPEN || fake.files[s->file].len < size)
		return -EBADF;
	*memory = fake.files[s->file].data;
	return 0;
}

static ssize_t file_pread(struct slot *s, void *buf, size_t size, off_t offset)
{
	const struct file *f = &fake.files[s->file];
	size_t at = (size_t)offset, n;

	if (at >= f->len)
		return 0;
	n = fake_shortened(f->len - at < size ? f->len - at : size);
	memcpy(buf, f->data + at, n);
	return (ssize_t)n;
}

ssize_t sys_pread(int fd, void *buf, size_t size, off_t offset)
{
	struct slot *s = fake_slot_of(fd);
	ssize_t n;

	FAIL("pread");
	if (s && s->kind == REAL) {
		n = pread(s->real, buf, size, offset);
		return n < 0 ? -errno : n;
	}
	return s && s->kind == FILE_OPEN ? file_pread(s, buf, size, offset) : -EBADF;
}

static ssize_t path_readlink(const char *path, char *buf, size_t size)
{
	int i = file_find(path);
	size_t n;

	if (below_proc(path))
		return fake.proc->link(below_proc(path), buf, size);
	if (i < 0)
		return -ENOENT;
	if (!fake.files[i].target)
		return -EINVAL;
	n = strlen(fake.files[i].target);
	memcpy(buf, fake.files[i].target, n < size ? n : size);
	return (ssize_t)(n < size ? n : size);
}

ssize_t sys_readlink(const char *path, char *buf, size_t size)
{
	FAIL("readlink");
	return path_readlink(path, buf, size);
}

ssize_t sys_readlinkat(int dir, const char *path, char *buf, size_t size)
{
	char full[512];

	FAIL("readlinkat");
	path_join(full, sizeof(full), dir, path);
	return path_readlink(full, buf, size);
}

int sys_rename(const char *from, const char *to)
{
	int i = file_find(from);

	FAIL("rename");
	if (passes(from))
		return rename(from, to) < 0 ? -errno : 0;
	if (i < 0)
		return -ENOENT;
	fake_sys_file_remove(to);
	free(fake.files[i].path);
	fake.files[i].path = strdup(to);
	return 0;
}

int sys_unlink(const char *path)
{
	FAIL("unlink");
	if (passes(path))
		return unlink(path) < 0 ? -errno : 0;
	if (file_find(path) < 0)
		return -ENOENT;
	fake_sys_file_remove(path);
	return 0;
}

ssize_t fake_file_read(struct slot *s, void *buf, size_t size)
{
	ssize_t n = file_pread(s, buf, size, s->offset);

	s->offset += n;
	return n;
}

ssize_t fake_file_write(struct slot *s, const void *buf, size_t size)
{
	struct file *f = &fake.files[s->file];

	if ((s->flags & O_ACCMODE) == O_RDONLY)
		return -EBADF;
	if (s->blocked)
		return -EAGAIN;
	if (s->flags & O_APPEND)
		s->offset = (off_t)f->len;
	size = fake_shortened(size);
	file_set(f, (size_t)s->offset, buf, size);
	s->offset += (off_t)size;
	return (ssize_t)size;
}
