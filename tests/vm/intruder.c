/*
 * intruder.c - what an intruder does, as far as busybox cannot.
 *
 *	intruder attach             take over a process that runs, for a moment (ptrace)
 *	intruder memory NAME ARG... busybox from a file in memory that is called NAME
 *	intruder sniff INTERFACE    a packet socket, and the interface listens to everything
 *	intruder clock SECONDS      settimeofday and clock_settime, each by that much
 *	intruder module FILE        that file into the kernel (finit_module)
 *	intruder serve PATH         a unix socket on which somebody waits, until SIGTERM
 *	intruder connect PATH       to a unix socket
 *	intruder table NAME         a table of the firewall (nftables)
 *	intruder flush ruleset      all tables go, as `nft flush ruleset` does it
 *
 * Not part of ecsaudit, and without any of its code: it is what ecsaudit is measured with.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "nftables.h"

#define ETH_P_ALL 3 /* linux/if_ether.h, which musl's headers do not bear beside theirs */

static int fail(const char *what)
{
	fprintf(stderr, "intruder: %s: %s\n", what, strerror(errno));
	return 1;
}

static int attach_main(char **argv)
{
	int status, failed;
	pid_t victim = fork();

	(void)argv;
	if (victim == 0) {
		pause();
		_exit(0);
	}
	failed = ptrace(PTRACE_ATTACH, victim, NULL, NULL) < 0 || waitpid(victim, &status, 0) < 0 ||
		 ptrace(PTRACE_DETACH, victim, NULL, NULL) < 0;
	if (failed)
		fail("attach");
	kill(victim, SIGKILL);
	waitpid(victim, &status, 0);
	return failed;
}

static int memory_main(char **argv)
{
	char *environment[] = {NULL};
	int from = open("/bin/busybox", O_RDONLY | O_CLOEXEC);
	int to = memfd_create(argv[0], MFD_CLOEXEC);
	struct stat file;

	if (from < 0 || to < 0 || fstat(from, &file) < 0)
		return fail("memory");
	for (off_t left = file.st_size; left > 0;) {
		ssize_t n = sendfile(to, from, NULL, (size_t)left);

		if (n <= 0)
			return fail("sendfile");
		left -= n;
	}
	syscall(SYS_execveat, to, "", argv + 1, environment, AT_EMPTY_PATH);
	return fail("execveat");
}

static int sniff_main(char **argv)
{
	struct packet_mreq everything = {.mr_type = PACKET_MR_PROMISC};
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));

	everything.mr_ifindex = (int)if_nametoindex(argv[0]);
	if (fd < 0 || everything.mr_ifindex == 0)
		return fail(argv[0]);
	if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &everything, sizeof(everything)) < 0)
		return fail("promiscuous");
	return 0;
}

/* By the calls themselves: musl's settimeofday is a clock_settime. */
static int clock_main(char **argv)
{
	const int seconds = atoi(argv[0]);
	struct timeval then;
	struct timespec later;

	gettimeofday(&then, NULL);
	then.tv_sec += seconds;
	if (syscall(SYS_settimeofday, &then, NULL) < 0)
		return fail("settimeofday");
	clock_gettime(CLOCK_REALTIME, &later);
	later.tv_sec += seconds;
	return clock_settime(CLOCK_REALTIME, &later) < 0 ? fail("clock_settime") : 0;
}

static int module_main(char **argv)
{
	int fd = open(argv[0], O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fail(argv[0]);
	return syscall(SYS_finit_module, fd, "", 0) < 0 ? fail("finit_module") : 0;
}

static int unix_socket(const char *path, struct sockaddr_un *at)
{
	at->sun_family = AF_UNIX;
	snprintf(at->sun_path, sizeof(at->sun_path), "%s", path);
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int serve_main(char **argv)
{
	struct sockaddr_un at = {0};
	int fd = unix_socket(argv[0], &at);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 1) < 0)
		return fail(argv[0]);
	for (;;)
		pause();
}

static int connect_main(char **argv)
{
	struct sockaddr_un at = {0};
	int fd = unix_socket(argv[0], &at);

	return connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ? fail(argv[0]) : 0;
}

static int change_tables(unsigned type, unsigned family, const char *name)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	return fd < 0 || nftables_change(fd, type, family, name) < 0 ? fail("nftables") : 0;
}

static int table_main(char **argv)
{
	return change_tables(NFT_MSG_NEWTABLE, NFTABLES_INET, argv[0]);
}

static int flush_main(char **argv)
{
	(void)argv;
	return change_tables(NFT_MSG_DELTABLE, AF_UNSPEC, NULL);
}

static const struct {
	const char *name;
	int least; /* arguments */
	int (*main)(char **argv);
} parts[] = {
	{"attach", 0, attach_main},
	{"memory", 2, memory_main},
	{"sniff", 1, sniff_main},
	{"clock", 1, clock_main},
	{"module", 1, module_main},
	{"serve", 1, serve_main},
	{"connect", 1, connect_main},
	{"table", 1, table_main},
	{"flush", 1, flush_main},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (argc >= parts[i].least + 2 && !strcmp(argv[1], parts[i].name))
			return parts[i].main(argv + 2);
	fprintf(stderr, "intruder: see the head of tests/vm/intruder.c\n");
	return 2;
}
