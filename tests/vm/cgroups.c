/*
 * cgroups.c - containers, as far as a process shows that it is in one; and what it costs to look.
 *
 *	cgroups enter DIR NUMBER   a container in the cgroup DIR, which is made, with namespaces of
 *its own cgroups inside NUMBER      what runs there: calls with NUMBER and the three that follow
 *it, by itself, a child, a program, and a child that was left behind cgroups call NUMBER        one
 *call cgroups wait DIR SECONDS   how long reading /proc/PID/cgroup takes, and while cgroups below
 *DIR are made, entered, left and removed by two processes
 *
 * A call is getpriority(7777, NUMBER): a rule names it, and it fails.
 *
 * Not part of ecsaudit, and without any of its code: it is what ecsaudit is measured with.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MARK	7777
#define WORKERS 2

static int fail(const char *what)
{
	fprintf(stderr, "cgroups: %s: %s\n", what, strerror(errno));
	return 1;
}

static void call(int number)
{
	syscall(SYS_getpriority, MARK, number);
}

static int make(const char *dir)
{
	char path[400];

	for (size_t i = 1; dir[i] && i < sizeof(path) - 1; i++) {
		if (dir[i + 1] != '/' && dir[i + 1])
			continue;
		memcpy(path, dir, i + 1);
		path[i + 1] = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return -1;
	}
	return 0;
}

static int join(const char *dir)
{
	char path[400];
	int fd, n;

	snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : (int)write(fd, "0", 1);
	if (fd >= 0)
		close(fd);
	return n == 1 ? 0 : -1;
}

static char *environment[] = {NULL};

static void start(const char *what, int number)
{
	char text[16];
	char *list[] = {(char *)"/bin/cgroups", (char *)what, text, NULL};

	snprintf(text, sizeof(text), "%d", number);
	execve(list[0], list, environment);
	_exit(1);
}

/* As runc does it: into the cgroup first, then the namespaces, then the program. */
static int enter(const char *dir, int number)
{
	int status;
	pid_t child;

	if (make(dir) < 0 || join(dir) < 0)
		return fail(dir);
	if (unshare(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP) < 0)
		return fail("unshare");
	child = fork();
	if (child == 0)
		start("inside", number);
	return child < 0 || waitpid(child, &status, 0) < 0 || status ? fail("inside") : 0;
}

/* The pause is for the agent: it may look at these processes. */
static void pass(int number)
{
	usleep(50000);
	call(number);
	usleep(50000);
}

static int inside(int number)
{
	pid_t child;

	pass(number);
	child = fork();
	if (child == 0) {
		pass(number + 1);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	child = fork();
	if (child == 0)
		start("call", number + 2);
	waitpid(child, NULL, 0);
	child = fork();
	if (child == 0) {
		if (fork() == 0) {
			usleep(20000);
			pass(number + 3);
		}
		_exit(0);
	}
	while (waitpid(-1, NULL, 0) > 0)
		;
	return 0;
}

/* ---- what looking costs ------------------------------------------------------------------------
 */

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void churn(const char *dir, int worker)
{
	char path[400];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(path, sizeof(path), "%s/worker%d", dir, worker);
	for (;;) {
		if (mkdir(path, 0755) < 0 || join(path) < 0 || join(dir) < 0 || rmdir(path) < 0)
			_exit(fail(path));
	}
}

static int read_one(void)
{
	char text[4096];
	int fd = open("/proc/1/cgroup", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

	if (fd >= 0)
		close(fd);
	return n > 0 ? 0 : -1;
}

static long sleeps(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_nvcsw;
}

/* A wait is one in which the reader slept: for the kernel's mutex. Others had the processor
 * meanwhile, or the machine stood still: that is in longest_us only. */
static int look(const char *when, int seconds)
{
	const int64_t end_us = now_us() + (int64_t)seconds * 1000000;
	int64_t longest_us = 0, wait_us = 0, sum_us = 0;
	long reads = 0, waits = 0;

	do {
		const long slept = sleeps();
		const int64_t before_us = now_us();
		int64_t took_us;

		if (read_one() < 0)
			return fail("/proc/1/cgroup");
		took_us = now_us() - before_us;
		longest_us = took_us > longest_us ? took_us : longest_us;
		sum_us += took_us;
		reads++;
		if (sleeps() == slept)
			continue;
		waits++;
		wait_us = took_us > wait_us ? took_us : wait_us;
	} while (now_us() < end_us);
	printf("%s reads %ld mean_us %lld longest_us %lld waits %ld longest_wait_us %lld\n", when,
		reads, (long long)(sum_us / reads), (long long)longest_us, waits,
		(long long)wait_us);
	return 0;
}

static int wait_main(const char *dir, int seconds)
{
	pid_t workers[WORKERS];
	int failed, status;

	if (make(dir) < 0 || look("idle", seconds))
		return fail(dir);
	for (int i = 0; i < WORKERS; i++) {
		workers[i] = fork();
		if (workers[i] == 0)
			churn(dir, i);
	}
	failed = look("busy", seconds);
	for (int i = 0; i < WORKERS; i++) {
		kill(workers[i], SIGKILL);
		waitpid(workers[i], &status, 0);
		failed |= !WIFSIGNALED(status);
	}
	return failed;
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";

	if (argc > 3 && strcmp(what, "enter") == 0)
		return enter(argv[2], atoi(argv[3]));
	if (argc > 3 && strcmp(what, "wait") == 0)
		return wait_main(argv[2], atoi(argv[3]));
	if (strcmp(what, "inside") == 0)
		return inside(atoi(argv[2]));
	if (strcmp(what, "call") == 0) {
		pass(atoi(argv[2]));
		return 0;
	}
	fprintf(stderr, "usage: cgroups enter DIR NUMBER | wait DIR SECONDS\n");
	return 2;
}
