/*
 * forest.c - a storm of processes, each of which writes down who it is (kin.h).
 *
 *	forest storm COUNT MS  until COUNT processes were born; each waits up to MS before what it
 *does next forest sit COUNT       COUNT processes that make a call at each SIGUSR1, until SIGTERM;
 *prints their numbers forest mark            one call forest node DEPTH @N   one process of the
 *storm, after execve forest last @N         it makes one call and ends
 *
 * A process of the storm forks in every way that there is, is a leader of sessions and groups,
 *starts other programs, also from a thread, ends in every way that there is, and leaves children
 *behind.
 *
 * Not part of ecsaudit, and without any of its code: it is what ecsaudit is measured with.
 */
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <time.h>

#include "kin.h"

#define DEPTH	5
#define LIVE	45 /* so many more than in the beginning at most: numbers are few */
#define SITTERS 6
#define ALICE	1000

static const char *const programs[] = {"/bin/forest", "/bin/thicket"}; /* the same */
static uint32_t state;
static int base; /* processes that were there */
static int depth;
static pid_t last_child;

static void node(void);

static uint32_t dice(uint32_t sides)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return (state >> 8) % sides;
}

static void nap(uint32_t most_ms)
{
	struct timespec t = {.tv_nsec = (long)dice(most_ms * 1000 + 1) * 1000};

	nanosleep(&t, NULL);
}

static int is_crowded(void)
{
	struct sysinfo info;

	return depth >= DEPTH || sysinfo(&info) < 0 || info.procs > base + LIVE;
}

/* The arguments of a program that is started with this number. */
static char **arguments(const char *what, int number)
{
	static _Thread_local char level[16], start[16], image[16], *list[6];

	snprintf(level, sizeof(level), "%d", depth);
	snprintf(start, sizeof(start), "%d", base);
	snprintf(image, sizeof(image), "@%d", number);
	list[0] = (char *)programs[number % 2];
	list[1] = (char *)what;
	list[2] = level;
	list[3] = start;
	list[4] = image;
	return list;
}

static char *environment[] = {NULL};

static void run(const char *what)
{
	const int number = kin_number();
	char **list = arguments(what, number);

	kin_say('B', number, "execve");
	execve(list[0], list, environment);
	_exit(1);
}

static void born(void)
{
	atomic_fetch_add(&kin_shared->born, 1);
	state = (uint32_t)kin_number() * 2654435761u | 1;
	depth++;
	last_child = 0;
	node();
}

static long make_child(int number, uint32_t way)
{
	struct clone_args args = {.exit_signal = SIGCHLD};

	switch (way) {
	case 0:
		return syscall(SYS_fork, 0, 0, KIN_MARK, number);
	case 1:
		return syscall(SYS_clone, SIGCHLD, 0, KIN_MARK, number);
	case 2:
		return syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, KIN_MARK, number);
	default:
		return syscall(SYS_clone3, &args, sizeof(args), KIN_MARK, number);
	}
}

static void beget(void)
{
	static const char *const names[] = {"fork", "clone", "clone-parent", "clone3"};
	const uint32_t way = dice(4);
	const int number = kin_number();
	long child;

	if (is_crowded())
		return;
	kin_say('B', number, names[way]);
	child = make_child(number, way);
	if (child == 0)
		born();
	if (child < 0)
		return;
	if (way != 2) {
		kin_child(number, names[way], child);
		last_child = (pid_t)child;
	}
	kin_say('A', number, names[way]);
}

/* The lines of the child's execve are by its parent: it has no memory of its own. */
static void spawn(const char *what)
{
	const int number = kin_number();
	char **list = arguments(what, number);
	pid_t child;

	if (is_crowded())
		return;
	kin_say('B', number, "spawn");
	child = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork): the call itself is
			    tested */
	if (child == 0) {
		execve(list[0], list, environment);
		_exit(1);
	}
	if (child < 0)
		return;
	atomic_fetch_add(&kin_shared->born, 1);
	kin_child(number, "spawn", child);
	kin_say('A', number, "spawn");
	last_child = child;
}

static void *thread(void *way)
{
	state += (uint32_t)gettid();
	kin_mark();
	if (way)
		run("node");
	/* musl's, which tidies up the memory of threads that the child does not have. */
	if (!is_crowded() && fork() == 0)
		born();
	return NULL;
}

static void in_thread(int execs)
{
	pthread_t other;

	if (pthread_create(&other, NULL, thread, execs ? &other : NULL) == 0)
		pthread_join(other, NULL);
}

/* The first thread ends, and the process goes on. */
static void *survive(void *unused)
{
	nap(5);
	kin_mark();
	_exit(0);
	return unused;
}

static void daemonize(void)
{
	long child;

	if (is_crowded())
		return;
	child = syscall(SYS_fork);
	if (child > 0)
		waitpid((pid_t)child, NULL, 0);
	if (child != 0)
		return;
	KIN_CALL("setsid", syscall(SYS_setsid, 0, 0, KIN_MARK, number));
	child = syscall(SYS_fork);
	if (child == 0)
		born();
	kin_mark();
	_exit(0);
}

/* Its children see who it is from now on. */
static void give_up_root(void)
{
	if (setgid(ALICE) == 0 && setuid(ALICE) == 0)
		prctl(PR_SET_DUMPABLE, 1); /* else /proc is root's */
	kin_mark();
}

static void act(void)
{
	switch (dice(18)) {
	case 0 ... 4:
		beget();
		break;
	case 5 ... 6:
		spawn(dice(2) ? "node" : "last");
		break;
	case 7:
		KIN_CALL("setsid", syscall(SYS_setsid, 0, 0, KIN_MARK, number));
		break;
	case 8:
		KIN_CALL("setpgid", syscall(SYS_setpgid, 0, 0, KIN_MARK, number));
		break;
	case 9:
		if (last_child)
			KIN_CALL("setpgid", syscall(SYS_setpgid, last_child,
						    dice(2) ? 0 : getpgrp(), KIN_MARK, number));
		break;
	case 10:
		in_thread(0);
		break;
	case 11:
		daemonize();
		break;
	case 12:
		prctl(PR_SET_CHILD_SUBREAPER, 1);
		break;
	case 13:
		give_up_root();
		break;
	case 14:
		nap(20);
		break;
	case 15:
		waitpid(-1, NULL, dice(2) ? WNOHANG : 0);
		break;
	default:
		kin_mark();
	}
}

/* It may run or not, but nobody else has its number. */
static int has_child(void)
{
	siginfo_t info;

	return last_child &&
	       waitid(P_PID, (id_t)last_child, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static void end(void)
{
	const int number = kin_number();
	pthread_t other;

	if (dice(2))
		while (waitpid(-1, NULL, 0) > 0)
			;
	nap(10);
	switch (dice(9)) {
	case 0:
		kill(getpid(), SIGKILL);
		break;
	case 1:
		syscall(SYS_exit, 0); /* not exit_group */
		break;
	case 2:
		if (pthread_create(&other, NULL, survive, NULL) == 0)
			syscall(SYS_exit, 0);
		break;
	case 3:
		if (has_child())
			kill(last_child, SIGKILL);
		break;
	case 4:
		run("last");
		break;
	case 5:
		in_thread(1);
		break;
	default:
		kin_say('B', number, "exit_group");
		syscall(SYS_exit_group, 0, 0, KIN_MARK, number);
	}
	_exit(0);
}

static void node(void)
{
	kin_mark();
	for (uint32_t acts = 1 + dice(7); acts > 0; acts--) {
		nap((uint32_t)kin_shared->pace_ms);
		act();
	}
	end();
}

/* ---- the roots ---------------------------------------------------------------------------------
 */

static void count_processes(void)
{
	struct sysinfo info;

	base = sysinfo(&info) == 0 ? info.procs : 0;
}

/* It lives throughout, and is seldom seen. */
static void watch(void)
{
	while (!kin_shared->stop) {
		kin_mark();
		usleep(300000);
	}
	_exit(0);
}

static int storm(int count)
{
	int first = kin_shared->born, tries = 100;
	struct sysinfo info;

	kin_shared->stop = 0;
	for (int i = 0; i < SITTERS; i++)
		if (fork() == 0)
			watch();
	count_processes();
	while (kin_shared->born - first < count) {
		state = (uint32_t)kin_number() * 2246822519u | 1;
		if (!is_crowded())
			beget();
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		nap(10);
	}
	kin_shared->stop = 1;
	while (waitpid(-1, NULL, 0) > 0)
		;
	/* Those that were left behind. */
	while (sysinfo(&info) == 0 && info.procs > base - SITTERS && --tries > 0)
		usleep(20000);
	printf("%d processes, %d numbers\n", kin_shared->born - first, kin_shared->number);
	return 0;
}

static int sit(int count)
{
	sigset_t wanted;
	int number;

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGUSR1);
	sigaddset(&wanted, SIGTERM);
	sigprocmask(SIG_BLOCK, &wanted, NULL);
	for (int i = 0; i < count; i++) {
		pid_t child = fork();

		if (child == 0) {
			prctl(PR_SET_PDEATHSIG, SIGTERM);
			do
				kin_mark();
			while (sigwait(&wanted, &number) == 0 && number == SIGUSR1);
			_exit(0);
		}
		printf("%d\n", child);
	}
	fflush(stdout);
	while (sigwait(&wanted, &number) == 0 && number != SIGTERM)
		;
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	int count = argc > 2 ? atoi(argv[2]) : 0;

	kin_open();
	if (strcmp(what, "node") == 0 || strcmp(what, "last") == 0) {
		depth = count;
		base = argc > 3 ? atoi(argv[3]) : 0;
		state = (uint32_t)kin_number() * 2654435761u | 1;
		kin_mark();
		if (strcmp(what, "last") == 0)
			_exit(0);
		node();
	}
	if (strcmp(what, "storm") == 0) {
		kin_shared->pace_ms = argc > 3 ? atoi(argv[3]) : 0;
		return storm(count);
	}
	if (strcmp(what, "sit") == 0)
		return sit(count);
	if (strcmp(what, "mark") != 0) {
		fprintf(stderr, "usage: forest storm COUNT MS, sit COUNT, or mark\n");
		return 2;
	}
	kin_mark();
	return 0;
}
