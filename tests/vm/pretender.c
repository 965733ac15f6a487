/*
 * pretender.c - an ordinary user who wants to be taken for others, by the numbers that calls
 *return.
 *
 *	pretender namespace PID...  in a pid namespace of its own, children of just these numbers
 *	pretender trace PID...      a traced process whose forks seem to return these numbers
 *	pretender filter PID...     one whose forks are answered by a filter (seccomp's user
 *notification)
 *
 * Each says on stdout how many calls returned such a number.
 *
 * Not part of ecsaudit, and without any of its code: it is what ecsaudit is measured with.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define TARGETS 64

static pid_t targets[TARGETS];
static int count;

static int fail(const char *what)
{
	fprintf(stderr, "pretender: %s: %s\n", what, strerror(errno));
	return 1;
}

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

	if (fd >= 0)
		close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

/* ---- a namespace -------------------------------------------------------------------------------
 */

/* Whatever may change who somebody is, with the number of the host's process. */
static void child_of_number(pid_t number)
{
	setpgid(0, 0);
	setpgid(number, number);
	setpgid(number, 1);
	setsid();
	syscall(SYS_exit_group, 0);
}

static pid_t fork_as(pid_t number, int way)
{
	pid_t wanted[] = {number};
	struct clone_args args = {
		.exit_signal = SIGCHLD, .set_tid = (uint64_t)(uintptr_t)wanted, .set_tid_size = 1};
	char last[16];

	snprintf(last, sizeof(last), "%d", number - 1);
	if (way < 2 && put("/proc/sys/kernel/ns_last_pid", last) < 0)
		return -1;
	switch (way) {
	case 0:
		return (pid_t)syscall(SYS_fork);
	case 1:
		return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	default:
		return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	}
}

/* The first process of the namespace. */
static void inside(void)
{
	int made = 0, failed = 0;

	for (int i = 0; i < count; i++) {
		for (int way = 0; way < 3; way++) {
			pid_t child = fork_as(targets[i], way);

			if (child == 0)
				child_of_number(targets[i]);
			if (child < 0) {
				failed++;
				continue;
			}
			made += child == targets[i];
			setpgid(child, child);
			waitpid(child, NULL, 0);
		}
	}
	printf("namespace %d of %d, %d failed\n", made, 3 * count, failed);
	fflush(stdout);
	_exit(0);
}

static int namespace_main(void)
{
	const unsigned uid = getuid(), gid = getgid();
	char map[40];
	pid_t child;
	int status;

	if (unshare(CLONE_NEWUSER | CLONE_NEWPID) < 0)
		return fail("unshare");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	if (put("/proc/self/uid_map", map) < 0)
		return fail("uid_map");
	snprintf(map, sizeof(map), "0 %u 1", gid);
	if (put("/proc/self/setgroups", "deny") < 0 || put("/proc/self/gid_map", map) < 0)
		return fail("gid_map");
	child = fork();
	if (child == 0)
		inside();
	return child < 0 || waitpid(child, &status, 0) < 0 || status ? fail("inside") : 0;
}

/* ---- a tracer ----------------------------------------------------------------------------------
 */

static const int forks[] = {SYS_fork, SYS_clone, SYS_setsid};
#define FORKS ((int)(sizeof(forks) / sizeof(*forks)))

/* Says with its status how often it was told one of the numbers. */
static void deceived(void)
{
	int told = 0;

	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	for (int i = 0; i < count; i++) {
		for (int k = 0; k < FORKS; k++) {
			/* A child, if there is one, is not traced. */
			long said =
				syscall(forks[k], forks[k] == SYS_clone ? SIGCHLD : 0, 0, 0, 0, 0);

			if (said == 0)
				_exit(0);
			told += said == targets[i];
		}
	}
	_exit(told);
}

/* Every second time the call is not made at all, but answered. */
static void lie(pid_t child, struct user_regs_struct *regs, int entering, int turn)
{
	if (entering && turn % 2)
		return;
	if (entering)
		regs->orig_rax = (unsigned long long)-1;
	regs->rax = (unsigned long long)targets[turn / FORKS % count];
	ptrace(PTRACE_SETREGS, child, NULL, regs);
}

static int is_fork(long number)
{
	for (int k = 0; k < FORKS; k++)
		if (forks[k] == number)
			return 1;
	return 0;
}

static int trace_main(void)
{
	int status, entering = 1, is_one = 0, turn = 0;
	struct user_regs_struct regs;
	pid_t child = fork();

	if (child == 0)
		deceived();
	if (child < 0 || waitpid(child, &status, 0) < 0 ||
		ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESYSGOOD) < 0)
		return fail("trace");
	for (;;) {
		if (ptrace(PTRACE_SYSCALL, child, NULL, NULL) < 0 || waitpid(child, &status, 0) < 0)
			return fail("PTRACE_SYSCALL");
		if (!WIFSTOPPED(status))
			break;
		if (WSTOPSIG(status) != (SIGTRAP | 0x80))
			continue;
		if (ptrace(PTRACE_GETREGS, child, NULL, &regs) < 0)
			return fail("PTRACE_GETREGS");
		if (entering)
			is_one = is_fork((long)regs.orig_rax);
		if (is_one)
			lie(child, &regs, entering, turn);
		turn += is_one && !entering;
		entering = !entering;
	}
	printf("trace %d of %d\n", WEXITSTATUS(status), FORKS * count);
	return 0;
}

/* ---- a filter ----------------------------------------------------------------------------------
 */

static int install(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fork, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
	};
	struct sock_fprog program = {.len = sizeof(code) / sizeof(*code), .filter = code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(
		SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

static void filtered(int tell)
{
	int listener = install(), told = 0;

	if (write(tell, &listener, sizeof(listener)) != sizeof(listener) || listener < 0)
		_exit(255);
	for (int i = 0; i < count; i++)
		told += syscall(SYS_fork) == targets[i];
	_exit(told);
}

static int filter_main(void)
{
	int ends[2], listener, status;
	pid_t child;

	if (pipe(ends) < 0)
		return fail("pipe");
	/* It shares its descriptors with us, so that we have its listener. */
	child = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (child == 0)
		filtered(ends[1]);
	if (child < 0 || read(ends[0], &listener, sizeof(listener)) != sizeof(listener) ||
		listener < 0)
		return fail("seccomp");
	for (int i = 0; i < count; i++) {
		struct seccomp_notif asked = {0};
		struct seccomp_notif_resp answer = {0};

		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) < 0)
			return fail("SECCOMP_IOCTL_NOTIF_RECV");
		answer.id = asked.id;
		answer.val = targets[i];
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer) < 0)
			return fail("SECCOMP_IOCTL_NOTIF_SEND");
	}
	waitpid(child, &status, 0);
	printf("filter %d of %d\n", WEXITSTATUS(status), count);
	return 0;
}

int main(int argc, char **argv)
{
	for (int i = 2; i < argc && count < TARGETS; i++)
		targets[count++] = atoi(argv[i]);
	if (count > 0 && strcmp(argv[1], "namespace") == 0)
		return namespace_main();
	if (count > 0 && strcmp(argv[1], "trace") == 0)
		return trace_main();
	if (count > 0 && strcmp(argv[1], "filter") == 0)
		return filter_main();
	fprintf(stderr, "usage: pretender namespace|trace|filter PID...\n");
	return 2;
}
