#include "pid_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include "limits.h"
#include "sys.h"
#include "text.h"

static uint32_t read_pid(int fd)
{
	char line[16] = "";

	return sys_pread(fd, line, sizeof(line) - 1, 0) > 0 ? (uint32_t)text_uint(line, NULL, 10)
							    : 0;
}

static int write_pid(int fd)
{
	char line[16];
	struct text t;
	ssize_t done;
	int error;

	text_init(&t, line, sizeof(line));
	text_number(&t, (uint64_t)sys_getpid());
	text_puts(&t, "\n");
	error = sys_ftruncate(fd, 0);
	if (error < 0)
		return error;
	done = sys_write(fd, line, t.used);
	if (done < 0)
		return (int)done;
	return (size_t)done == t.used ? 0 : -EIO;
}

/* Whoever can open the file, even for reading, can lock it (flock(2)) and keep us out. So a file
 * that others can open, or could, is removed: somebody may still have it open. If it is locked, an
 * agent runs if the pid in it lives. 0: it stays, and nobody else can open it any more; 1: it is
 * gone; or -errno. */
static int replace(int fd, const char *path, bool is_locked, uint32_t pid)
{
	if (is_locked && sys_pid_exists((int)pid))
		return -EAGAIN;
	if (sys_unlink(path) == 0)
		return 1;
	if (is_locked)
		return -EAGAIN;
	return sys_fchmod(fd, 0600) < 0 ? -EINVAL : 0;
}

/* 0: it is ours; 1: it has gone meanwhile; or -errno. */
static int lock(int fd, const char *path, uint32_t *other)
{
	struct stat st = {0};
	int error = sys_flock(fd, LOCK_EX | LOCK_NB);
	const bool is_locked = error == -EAGAIN;

	if (is_locked)
		*other = read_pid(fd);
	if (error == 0 || is_locked)
		error = sys_fstat(fd, &st);
	if (error < 0)
		return error;
	if (st.st_nlink == 0)
		return 1;
	/* With a second name it may be somebody else's file. */
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
		return -EINVAL;
	if (st.st_uid != sys_geteuid() || st.st_mode & 077)
		return replace(fd, path, is_locked, *other);
	return is_locked ? -EAGAIN : 0;
}

int pid_file_open(struct pid_file *p, const char *path, uint32_t *other)
{
	int error = 1, fd = -1;
	struct text t;

	p->fd = -1;
	*other = 0;
	text_init(&t, p->path, sizeof(p->path));
	text_puts(&t, path);
	for (unsigned i = 0; error > 0 && i < LIMIT_PID_FILE_TRIES; i++) {
		/* Not O_TRUNC: it may be another's. O_NONBLOCK: it may be a pipe. */
		fd = sys_open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
		if (fd < 0)
			return fd;
		error = lock(fd, path, other);
		if (error == 0) {
			error = write_pid(fd);
			if (error < 0) /* a part of our number is another pid */
				(void)sys_unlink(path);
		}
		if (error != 0)
			sys_close(fd);
	}
	if (error == 0)
		p->fd = fd;
	return error > 0 ? -EAGAIN : error;
}

void pid_file_close(struct pid_file *p)
{
	if (p->fd < 0)
		return;
	/* While it is locked: it is still ours. */
	if (sys_unlink(p->path) < 0)
		(void)sys_ftruncate(p->fd, 0);
	sys_close(p->fd);
	p->fd = -1;
}
