/*
 * keeper.c - what stands above an agent, for stories in the virtual machine.
 *
 *	keeper notify NAME FILE  listens as systemd does on NAME, a path or @NAME;
 *	                         "MILLISECONDS PID MESSAGE" goes to FILE, in one line
 *	keeper end SIGNAL PID    sends a signal and waits until the process has
 *	                         ended; prints after how many ms, "never" after 10 s
 *	keeper storm SECONDS     system calls that rules ask for, as fast as it goes
 *	keeper stall SECONDS     reads nothing from standard input
 *	keeper lock FILE SECONDS opens FILE for reading, and locks it so that nobody else can
 *
 * Not part of ecsaudit, and without any of its code: it is what ecsaudit is measured with.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int fail(const char *what)
{
	fprintf(stderr, "keeper: %s: %s\n", what, strerror(errno));
	return 1;
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- notify ------------------------------------------------------------------------------ */

static int notify_socket(const char *name)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0), on = 1;

	strncpy(un.sun_path, name, sizeof(un.sun_path) - 1);
	if (*name == '@')
		un.sun_path[0] = '\0';
	else
		len++;
	if (fd < 0 || bind(fd, (struct sockaddr *)&un, len) < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
	return fd;
}

static int notify_main(char **argv)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	char text[1024];
	struct iovec piece = {text, sizeof(text)};
	int fd = notify_socket(argv[0]);
	FILE *file = fopen(argv[1], "w");

	if (fd < 0 || !file)
		return fail("notify");
	setvbuf(file, NULL, _IOLBF, 0);
	for (;;) {
		struct msghdr m = {.msg_iov = &piece,
			.msg_iovlen = 1,
			.msg_control = &control,
			.msg_controllen = sizeof(control)};
		struct ucred sender;
		ssize_t n = recvmsg(fd, &m, 0);

		if (n < 0)
			return fail("recvmsg");
		memcpy(&sender, CMSG_DATA(&control.header), sizeof(sender));
		for (ssize_t i = 0; i < n; i++)
			if (text[i] == '\n')
				text[i] = ' ';
		fprintf(file, "%lld %d %.*s\n", now_ms(), (int)sender.pid, (int)n, text);
	}
}

/* ---- end --------------------------------------------------------------------------------- */

static int end_main(char **argv)
{
	struct pollfd p = {.events = POLLIN};
	long long before;

	p.fd = (int)syscall(SYS_pidfd_open, atoi(argv[1]), 0);
	if (p.fd < 0)
		return fail("pidfd_open");
	before = now_ms();
	if (kill(atoi(argv[1]), atoi(argv[0])) < 0)
		return fail("kill");
	if (poll(&p, 1, 10000) == 1)
		printf("%lld\n", now_ms() - before);
	else
		puts("never");
	return 0;
}

/* ---- load, and a reader that does not read ------------------------------------------------- */

static int storm_main(char **argv)
{
	const long long end = now_ms() + atoi(argv[0]) * 1000;
	unsigned long count = 0;

	for (; now_ms() < end; count++)
		close(open("/etc/shadow", O_RDONLY | O_NOCTTY));
	printf("%lu\n", count);
	return 0;
}

static int stall_main(char **argv)
{
	sleep((unsigned)atoi(argv[0]));
	return 0;
}

static int lock_main(char **argv)
{
	const int fd = open(argv[0], O_RDONLY | O_NOCTTY);

	if (fd < 0 || flock(fd, LOCK_SH) < 0)
		return fail(argv[0]);
	puts("locked");
	fflush(stdout);
	sleep((unsigned)atoi(argv[1]));
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "notify") == 0)
		return notify_main(argv + 2);
	if (argc == 4 && strcmp(argv[1], "end") == 0)
		return end_main(argv + 2);
	if (argc == 3 && strcmp(argv[1], "storm") == 0)
		return storm_main(argv + 2);
	if (argc == 3 && strcmp(argv[1], "stall") == 0)
		return stall_main(argv + 2);
	if (argc == 4 && strcmp(argv[1], "lock") == 0)
		return lock_main(argv + 2);
	fprintf(stderr, "usage: keeper notify NAME FILE | end SIGNAL PID | storm SECONDS | stall "
			"SECONDS | lock FILE SECONDS\n");
	return 2;
}
