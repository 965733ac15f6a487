/*
 * storm.c - audited system calls as fast as possible, or at a rate, each with a number of its own.
 *
 *	storm WORKERS CALLS [RATE [FIRST [SECONDS]]]
 *	storm rename CALLS RATE
 *
 * CALLS by each of WORKERS processes, for SECONDS at most; RATE a second of each, 0 for as fast as
 * possible. The second form makes calls with some eight records each, and without a number.
 *
 * A call is getpriority(7777, NUMBER): it does nothing but fail, and the rule
 * `-a always,exit -F arch=b64 -S getpriority -F a0=7777` has the kernel tell of it. Numbers go
 * on from FIRST, or 1, so that whoever has the records knows which of them are missing without
 * trusting any serial. Prints how many calls were made, how long the longest took, and how many
 * stalled: took longer than STALL_US and slept meanwhile (a voluntary context switch). That is
 * what the kernel's audit does to its host when it waits for its daemon; a processor that was
 * taken away by others, or by the machine below, is not. For the latter a real-time process beside
 * the workers looks at the clock: while it does not run nothing does, and that time is not counted
 * as a call's. It needs root.
 *
 * Not part of ecsaudit, and without any of its code: it is what ecsaudit is measured with.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MARK	    7777
#define STALL_US    100000
#define WORKERS_MAX 64
#define TICK_US	    5000  /* how often the clock is looked at */
#define LATE_US	    10000 /* later than this the machine stood still */
#define RENAME	    (-1L)

struct result { /* of one worker, in memory shared with the parent */
	long made;
	long stalls; /* longer than STALL_US, asleep */
	int64_t longest_us, longest_asleep_us;
};

static int64_t now_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* In memory shared by all. */
static volatile struct machine {
	int64_t still_us;  /* how long it stood still so far; -1: nobody looks */
	int64_t looked_us; /* when that was looked at */
} * machine;

/* Preempts whatever else runs, so it is late only if nothing runs at all. */
static void watch_machine(void)
{
	const int priority = 1;
	const struct timespec tick = {.tv_nsec = TICK_US * 1000};
	int64_t late_us, last_us;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* musl has no sched_setscheduler(). */
	if (syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &priority) < 0) {
		fprintf(stderr, "storm: SCHED_FIFO: %s\n", strerror(errno));
		machine->still_us = -1;
		_exit(1);
	}
	for (last_us = now_us(CLOCK_MONOTONIC);; last_us += TICK_US + late_us) {
		nanosleep(&tick, NULL);
		late_us = now_us(CLOCK_MONOTONIC) - last_us - TICK_US;
		if (late_us > LATE_US)
			machine->still_us += late_us;
		machine->looked_us = last_us + TICK_US + late_us;
	}
}

static long sleeps(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nvcsw;
}

static void sleep_until(int64_t when_us)
{
	int64_t wait_us = when_us - now_us(CLOCK_MONOTONIC);
	struct timespec t = {.tv_sec = wait_us / 1000000, .tv_nsec = wait_us % 1000000 * 1000};

	if (wait_us > 0)
		nanosleep(&t, NULL);
}

static int call(long number)
{
	if (number == RENAME)
		return rename("/tmp/nothing/a", "/tmp/nothing/b") == -1 && errno == ENOENT;
	return syscall(SYS_getpriority, MARK, number) == -1 && errno == EINVAL;
}

static void work(struct result *r, long first, long calls, long rate, long seconds)
{
	const int64_t start_us = now_us(CLOCK_MONOTONIC);
	const int64_t end_us = seconds > 0 ? start_us + seconds * 1000000 : INT64_MAX;

	for (long i = 0; i < calls && now_us(CLOCK_MONOTONIC) < end_us; i++) {
		int64_t before_us, took_us, stood_us;
		long slept;

		if (rate > 0)
			sleep_until(start_us + i * 1000000 / rate);
		slept = sleeps();
		stood_us = machine->still_us;
		before_us = now_us(CLOCK_MONOTONIC);
		if (!call(first == RENAME ? RENAME : first + i))
			_exit(1);
		took_us = now_us(CLOCK_MONOTONIC) - before_us;
		r->made++;
		if (took_us > r->longest_us)
			r->longest_us = took_us;
		if (sleeps() == slept)
			continue;
		if (took_us > STALL_US)
			while (machine->still_us >= 0 && machine->looked_us < before_us + took_us)
				sleep_until(now_us(CLOCK_MONOTONIC) + TICK_US);
		took_us -= machine->still_us - stood_us;
		r->stalls += took_us > STALL_US;
		if (took_us > r->longest_asleep_us)
			r->longest_asleep_us = took_us;
	}
	_exit(0);
}

static int sum(const struct result *results, int workers, int64_t took_us)
{
	struct result all = {0};

	for (int i = 0; i < workers; i++) {
		all.made += results[i].made;
		all.stalls += results[i].stalls;
		if (results[i].longest_us > all.longest_us)
			all.longest_us = results[i].longest_us;
		if (results[i].longest_asleep_us > all.longest_asleep_us)
			all.longest_asleep_us = results[i].longest_asleep_us;
	}
	printf("calls %ld\nmilliseconds %lld\nlongest_us %lld\nlongest_asleep_us %lld\nstalls "
	       "%ld\nstill_us %lld\n",
		all.made, (long long)(took_us / 1000), (long long)all.longest_us,
		(long long)all.longest_asleep_us, all.stalls, (long long)machine->still_us);
	return 0;
}

int main(int argc, char **argv)
{
	const int renames = argc > 2 && strcmp(argv[1], "rename") == 0;
	int workers = argc > 2 && !renames ? atoi(argv[1]) : renames;
	long calls = argc > 2 ? atol(argv[2]) : 0;
	long rate = argc > 3 ? atol(argv[3]) : 0;
	long first = renames ? RENAME : argc > 4 ? atol(argv[4]) : 1;
	long seconds = argc > 5 ? atol(argv[5]) : 0;
	struct result *results;
	int64_t start_us;
	int status, failed = 0;
	pid_t watcher;

	if (workers < 1 || workers > WORKERS_MAX || calls < 1) {
		fprintf(stderr, "usage: storm WORKERS CALLS [RATE]\n");
		return 2;
	}
	results = mmap(NULL, sizeof(*results) * WORKERS_MAX + sizeof(*machine),
		PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (results == MAP_FAILED)
		return 1;
	machine = (volatile struct machine *)(results + WORKERS_MAX);
	watcher = fork();
	if (watcher == 0)
		watch_machine();
	if (watcher < 0)
		return 1;
	start_us = now_us(CLOCK_MONOTONIC);
	for (int i = 0; i < workers; i++) {
		switch (fork()) {
		case -1:
			return 1;
		case 0:
			work(&results[i], renames ? RENAME : first + i * calls, calls, rate,
				seconds);
		}
	}
	for (int i = 0; i < workers && wait(&status) > 0; i++)
		failed |= status;
	kill(watcher, SIGKILL);
	if (failed || machine->still_us < 0)
		return 1;
	return sum(results, workers, now_us(CLOCK_MONOTONIC) - start_us);
}
