/*
 * forger.c - what an attacker on the appliance does to be taken for somebody else, or for nobody.
 *
 *	forger type COMMAND LINE...   run it on a terminal of its own; a line at each prompt
 *	forger table NAME...          nftables tables in a namespace of one's own, one for each name
 *	forger exec BYTE LENGTH       programs whose path, directory and arguments are that byte
 *
 * Not part of ecsaudit, and without any of its code: it is what ecsaudit is measured with.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nftables.h"

#define PROMPT_WAIT_MS	20000
#define AFTER_PROMPT_MS 300
#define NAME_BYTES	256
#define NOT_EXECUTED	99 /* no exit status of busybox */

static int fail(const char *what)
{
	fprintf(stderr, "forger: %s: %s\n", what, strerror(errno));
	return 1;
}

/* ---- type ---------------------------------------------------------------------------------- */

/* Until nothing more comes behind a ": "; false: the other end has gone, or says nothing more. */
static bool await_prompt(int terminal)
{
	struct pollfd p = {terminal, POLLIN, 0};
	char last[2] = "", bytes[512];

	for (;;) {
		bool prompted = last[0] == ':' && last[1] == ' ';
		ssize_t n;

		if (poll(&p, 1, prompted ? AFTER_PROMPT_MS : PROMPT_WAIT_MS) == 0)
			return prompted;
		n = read(terminal, bytes, sizeof(bytes));
		if (n <= 0)
			return false;
		fwrite(bytes, 1, (size_t)n, stdout);
		for (ssize_t i = 0; i < n; i++) {
			last[0] = last[1];
			last[1] = bytes[i];
		}
	}
}

static int type_main(char **argv)
{
	int terminal, status;
	pid_t child = forkpty(&terminal, NULL, NULL, NULL);

	if (child < 0)
		return fail("forkpty");
	if (child == 0) {
		setenv("TERM", "vt100", 1);
		execl(argv[0], argv[0], (char *)NULL);
		_exit(127);
	}
	fprintf(stderr, "%d\n", child);
	for (char **line = argv + 1; *line && await_prompt(terminal); line++)
		if (write(terminal, *line, strlen(*line)) < 0 || write(terminal, "\n", 1) < 0)
			break;
	await_prompt(terminal); /* the last answer is judged */
	close(terminal);
	waitpid(child, &status, 0);
	return 0;
}

/* ---- table --------------------------------------------------------------------------------- */

static int table_main(char **argv)
{
	int fd;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return fail("unshare");
	fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
	if (fd < 0)
		return fail("socket");
	printf("%d\n", getpid());
	for (; *argv; argv++)
		if (nftables_change(fd, NFT_MSG_NEWTABLE, NFTABLES_INET, *argv) < 0)
			return fail(*argv);
	return 0;
}

/* ---- exec ---------------------------------------------------------------------------------- */

static int run(const char *file, char **argv)
{
	char *environment[] = {NULL};
	int status;
	pid_t child = fork();

	if (child == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 1);
		dup2(null, 2);
		execve(file, argv, environment);
		_exit(NOT_EXECUTED);
	}
	waitpid(child, &status, 0);
	printf("%d\n", child);
	return child < 0 || status == NOT_EXECUTED << 8 ? fail("execve") : 0;
}

/* The user's own copy of busybox is /tmp/busybox. An argv[0] that it does not know ends it; the
 * execve is done by then. */
static int exec_main(char **argv)
{
	char name[NAME_BYTES], directory[NAME_BYTES + 8], path[2 * NAME_BYTES + 16];
	char argument[400];
	char *strange[] = {argument, argument, argument, argument, NULL};
	char *usual[] = {"busybox", "true", NULL};
	int byte = atoi(argv[0]);
	size_t length = (size_t)atoi(argv[1]);
	int failed;

	if (length >= sizeof(name))
		length = sizeof(name) - 1;
	memset(name, byte, length);
	name[length] = '\0';
	memset(argument, byte, sizeof(argument) - 1);
	argument[sizeof(argument) - 1] = '\0';
	snprintf(directory, sizeof(directory), "/tmp/%s", name);
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	if (mkdir(directory, 0755) < 0 || link("/tmp/busybox", path) < 0 || chdir(directory) < 0)
		return fail("/tmp");
	failed = run("/bin/busybox", usual) || run("/bin/busybox", strange) || run(path, strange) ||
		 run(path, usual);
	if (unlink(path) < 0 || rmdir(directory) < 0)
		return fail("/tmp");
	return failed;
}

int main(int argc, char **argv)
{
	if (argc >= 4 && !strcmp(argv[1], "type"))
		return type_main(argv + 2);
	if (argc >= 3 && !strcmp(argv[1], "table"))
		return table_main(argv + 2);
	if (argc == 4 && !strcmp(argv[1], "exec"))
		return exec_main(argv + 2);
	fprintf(stderr, "forger: see the head of tests/vm/forger.c\n");
	return 2;
}
