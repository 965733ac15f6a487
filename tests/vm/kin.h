/*
 * kin.h - processes that write down for themselves who they are.
 *
 * Each audited call of such a process has a number of its own, in a register that the call does not
 * use, and the kernel tells of it. Before the call and after it the process writes a line each:
 *
 *	WHEN NUMBER CALL  PID START IMAGE UID  of itself, its parent, its session's and its group's
 *leader
 *
 * WHEN is B before, A after; START are clock ticks since the boot, IMAGE is the number that its
 * program was started with, as last argument (@17); -1 is what /proc does not tell: the process has
 * ended. Somebody else's relation cannot change twice between these lines and be as before, so one
 *of them is true at the time of the call. A line `F NUMBER CALL PID START` is of a child, by its
 *parent.
 *
 * A call without further meaning is getpriority(7777, NUMBER): a rule names it, and it fails.
 */
#ifndef KIN_H
#define KIN_H

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KIN_MARK   7777
#define KIN_LINES  "/out/kin"
#define KIN_SHARED "/tmp/kin.shared"

struct kin_shared { /* over execve, too */
	atomic_int number, born, stop, pace_ms;
};

struct kin {
	int pid, ppid, pgid, sid, image;
	long long start;
	long uid;
};

static struct kin_shared *kin_shared;
static int kin_lines = -1;

static inline void kin_open(void)
{
	int fd = open(KIN_SHARED, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

	kin_lines = open(KIN_LINES, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0 || kin_lines < 0 || ftruncate(fd, sizeof(*kin_shared)) < 0)
		exit(1);
	fchmod(fd, 0666);
	fchmod(kin_lines, 0666);
	kin_shared = mmap(NULL, sizeof(*kin_shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (kin_shared == MAP_FAILED)
		exit(1);
	close(fd);
}

static inline int kin_number(void)
{
	return atomic_fetch_add(&kin_shared->number, 1) + 1;
}

static inline ssize_t kin_file(int pid, const char *name, char *to, size_t size)
{
	char path[40];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, to, size - 1);
	close(fd);
	if (n >= 0)
		to[n] = '\0';
	return n;
}

/* Its numbers, and its start; of one that is gone, -1. */
static inline void kin_stat(int pid, struct kin *k)
{
	char text[512], *after;

	*k = (struct kin){
		.pid = pid, .ppid = -1, .pgid = -1, .sid = -1, .image = -1, .start = -1, .uid = -1};
	if (pid <= 0 || kin_file(pid, "stat", text, sizeof(text)) <= 0)
		return;
	after = strrchr(text, ')');
	if (after)
		sscanf(after + 2,
			"%*c %d %d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d "
			"%lld",
			&k->ppid, &k->pgid, &k->sid, &k->start);
}

/* What it runs, and as whom. */
static inline void kin_image(struct kin *k)
{
	char text[512], path[40];
	ssize_t n = k->start < 0 ? -1 : kin_file(k->pid, "cmdline", text, sizeof(text));
	struct stat owner;

	if (n > 1) {
		ssize_t last = n - 1;

		while (last > 0 && text[last - 1])
			last--;
		if (text[last] == '@')
			k->image = atoi(text + last + 1);
	}
	snprintf(path, sizeof(path), "/proc/%d", k->pid);
	if (k->start >= 0 && stat(path, &owner) == 0)
		k->uid = owner.st_uid;
}

/* A relative of whom the number is known. A number is not given to another one as long as it is
 * that of a parent, session or group; so whoever has it is the one, if it had it throughout. */
static inline void kin_relative(int pid, struct kin *k)
{
	kin_stat(pid, k);
	kin_image(k);
}

static inline void kin_say(char when, int number, const char *call)
{
	struct kin me, parent, session, group, again;
	char line[400];
	int n;

	do {
		kin_stat(getpid(), &me);
		kin_image(&me);
		kin_relative(me.ppid, &parent);
		kin_relative(me.sid, &session);
		kin_relative(me.pgid, &group);
		kin_stat(getpid(), &again);
	} while (again.ppid != me.ppid || again.pgid != me.pgid || again.sid != me.sid);
	n = snprintf(line, sizeof(line), "%c %d %s", when, number, call);
	for (const struct kin *k = &me;;) {
		n += snprintf(line + n, sizeof(line) - (size_t)n, " %d %lld %d %ld", k->pid,
			k->start, k->image, k->uid);
		if (k == &group)
			break;
		k = k == &me ? &parent : k == &parent ? &session : &group;
	}
	line[n++] = '\n';
	if (write(kin_lines, line, (size_t)n) != n)
		_exit(1);
}

/* Between the two lines: CALL, an expression that may use `number`. */
#define KIN_CALL(name, call)                                                                       \
	({                                                                                         \
		const int number = kin_number();                                                   \
		long result_;                                                                      \
                                                                                                   \
		kin_say('B', number, name);                                                        \
		result_ = (call);                                                                  \
		kin_say('A', number, name);                                                        \
		result_;                                                                           \
	})

static inline void kin_mark(void)
{
	KIN_CALL("mark", syscall(SYS_getpriority, KIN_MARK, number));
}

/* By the parent, before it waits for the child. */
static inline void kin_child(int number, const char *call, long pid)
{
	struct kin child;
	char line[100];
	int n;

	kin_stat((int)pid, &child);
	if (child.start < 0)
		return;
	n = snprintf(line, sizeof(line), "F %d %s %ld %lld\n", number, call, pid, child.start);
	if (write(kin_lines, line, (size_t)n) != n)
		_exit(1);
}

#endif
