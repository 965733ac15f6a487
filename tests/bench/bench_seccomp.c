/* link: seccomp.o sys.o */
/*
 * bench_seccomp.c - what the filter costs a system call: those of each record, whose answer newer
 * kernels remember (5.11), and ioctl(2), whose argument is tested, so that the program runs each
 * time; it stands for older kernels.
 */
#include <linux/sockios.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "seccomp.h"
#include "sys.h"

#define ROUNDS 300000

static int pair[2];

static void receive(void)
{
	char byte;
	struct iovec v = {&byte, 1};
	struct msghdr msg = {.msg_iov = &v, .msg_iovlen = 1};

	sys_recvmsg(pair[0], &msg, MSG_DONTWAIT); /* nothing there */
}

static void send_one(void)
{
	sys_sendto(pair[0], "", 0, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
}

static void wait_none(void)
{
	struct pollfd p = {.fd = pair[0], .events = POLLIN};

	sys_poll(&p, 1, 0);
}

static void control(void)
{
	int bytes;

	ioctl(pair[0], SIOCOUTQ, &bytes);
}

static const struct {
	const char *name;
	void (*call)(void);
} calls[] = {{"recvmsg", receive}, {"sendto", send_one}, {"poll", wait_none}, {"ioctl", control}};

#define CALLS (sizeof(calls) / sizeof(calls[0]))

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* The best of five. */
static double measure(void (*call)(void))
{
	double best = 1e18;

	for (int run = 0; run < 5; run++) {
		double begin = now_ns();

		for (int i = 0; i < ROUNDS; i++)
			call();
		best = (now_ns() - begin) / ROUNDS < best ? (now_ns() - begin) / ROUNDS : best;
	}
	return best;
}

int main(void)
{
	double before[CALLS];
	int error;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		return 1;
	for (unsigned i = 0; i < CALLS; i++)
		before[i] = measure(calls[i].call);
	sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0);
	error = seccomp_install();
	if (error < 0) {
		printf("no filter here: %d\n", error);
		return 1;
	}
	for (unsigned i = 0; i < CALLS; i++) {
		double after = measure(calls[i].call);
		char line[100];
		int n = snprintf(line, sizeof(line), "%-8s %6.1f ns, filtered %6.1f ns: %+.1f ns\n",
			calls[i].name, before[i], after, after - before[i]);

		sys_write(1, line, (size_t)n); /* printf() would use writev(2), which is refused */
	}
	return 0;
}
