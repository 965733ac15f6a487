/*
 * measure.c - what a command costs: measure RUNS FILE COMMAND ARG...
 *
 * Runs the command RUNS times with FILE as its standard input and nothing as its output, and
 * prints of the run that took the least CPU: user and system time and elapsed time in
 * microseconds, and the peak resident memory in KiB, all as the kernel counted them (getrusage(2)).
 *
 * A program of its own, and small, because a child's peak counts from before its exec: what
 * forks it sets the least that can be seen.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct cost {
	int64_t user_us;
	int64_t system_us;
	int64_t elapsed_us;
	long peak_kib;
};

static int64_t us_of(struct timeval t)
{
	return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void child(const char *input, char **command)
{
	int in = open(input, O_RDONLY);
	int out = open("/dev/null", O_WRONLY);

	if (in < 0 || out < 0)
		_exit(126);
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	execvp(command[0], command);
	_exit(127);
}

/* false: it could not be run, or it failed. */
static int measure(const char *input, char **command, struct cost *cost)
{
	struct rusage usage;
	int64_t start_us = now_us();
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return 0;
	if (pid == 0)
		child(input, command);
	if (wait4(pid, &status, 0, &usage) != pid || !WIFEXITED(status) || WEXITSTATUS(status))
		return 0;
	cost->elapsed_us = now_us() - start_us;
	cost->user_us = us_of(usage.ru_utime);
	cost->system_us = us_of(usage.ru_stime);
	cost->peak_kib = usage.ru_maxrss;
	return 1;
}

int main(int argc, char **argv)
{
	struct cost best = {0};
	struct cost cost;
	long runs;

	if (argc < 4 || (runs = strtol(argv[1], NULL, 10)) < 1) {
		fprintf(stderr, "usage: measure RUNS FILE COMMAND ARG...\n");
		return 2;
	}
	for (long i = 0; i < runs; i++) {
		if (!measure(argv[2], argv + 3, &cost)) {
			fprintf(stderr, "measure: %s failed\n", argv[3]);
			return 1;
		}
		if (i == 0 || cost.user_us + cost.system_us < best.user_us + best.system_us)
			best = cost;
	}
	printf("%lld %lld %lld %ld\n", (long long)best.user_us, (long long)best.system_us,
		(long long)best.elapsed_us, best.peak_kib);
	return 0;
}
