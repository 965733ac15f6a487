/*
 * probe.c - what a story in the virtual machine needs and a shell cannot do.
 *
 *	probe listen FILE
 *		a second, independent ear: every record that the kernel multicasts goes to FILE,
 *		`type=NUMBER msg=audit(...): ...`, until SIGTERM
 *	probe tell TYPE TEXT
 *		a message of the user space, as login or cron would send it
 *	probe abi32, seccomp, ids, bpf, openat2, uring
 *		system calls through the 32-bit entry; one that a filter forbids; changes of ids,
 *and giving them up; a small BPF program loaded; openat2; an open through a ring probe args N
 *		execute /bin/true with one argument of N bytes
 *	probe logged, threads N
 *		setsid, of which a filter tells; N threads, one behind the other
 *	probe flood N
 *		N messages of the user space, as fast as may be
 *	probe intrude SECONDS
 *		as user 1000 with CAP_NET_ADMIN alone, send to every audit socket, as fast as may be
 *
 * Not part of ecsaudit, and without any of its code: it is what ecsaudit is measured with.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/netlink.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RECEIVE_BUFFER_BYTES (8 << 20)
#define RECORD_BYTES	     16384

static volatile sig_atomic_t ended;

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

static int fail(const char *what)
{
	fprintf(stderr, "probe: %s: %s\n", what, strerror(errno));
	return 1;
}

/* groups: a mask of multicast groups, 0 for none. */
static int audit_socket(unsigned groups)
{
	struct sockaddr_nl self = {.nl_family = AF_NETLINK, .nl_groups = groups};
	int bytes = RECEIVE_BUFFER_BYTES;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	if (bind(fd, (struct sockaddr *)&self, sizeof(self)) < 0)
		return -1;
	return fd;
}

/* ---- listen ------------------------------------------------------------------------------ */

struct ear {
	int fd;
	FILE *file;
	unsigned long records;
	unsigned long overruns; /* ENOBUFS: the kernel had to leave something out */
};

/* The kernel pads a record with NUL; a user message may end with one as well. */
static void write_record(struct ear *ear, const struct nlmsghdr *header, size_t bytes)
{
	const char *text = NLMSG_DATA(header);
	size_t length = bytes - NLMSG_HDRLEN;

	while (length > 0 && text[length - 1] == '\0')
		length--;
	fprintf(ear->file, "type=%u msg=", header->nlmsg_type);
	fwrite(text, 1, length, ear->file);
	fputc('\n', ear->file);
	ear->records++;
}

/* false: nothing waits. */
static int hear(struct ear *ear)
{
	static _Alignas(struct nlmsghdr) char buffer[RECORD_BYTES];
	const struct nlmsghdr *header = (const struct nlmsghdr *)buffer;
	ssize_t n = recv(ear->fd, buffer, sizeof(buffer), 0);

	if (n < 0 && errno == ENOBUFS)
		ear->overruns++;
	if (n < 0)
		return errno != EAGAIN;
	if ((size_t)n > NLMSG_HDRLEN)
		write_record(ear, header, (size_t)n);
	return 1;
}

static int listen_main(char **argv)
{
	struct timeval patience = {.tv_usec = 100000};
	struct sigaction on_term = {.sa_handler = end};
	struct ear ear = {.fd = audit_socket(1u << (AUDIT_NLGRP_READLOG - 1))};

	ear.file = fopen(argv[0], "w");
	if (ear.fd < 0 || !ear.file)
		return fail("listen");
	setsockopt(ear.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	sigaction(SIGTERM, &on_term, NULL);
	while (hear(&ear) || !ended)
		;
	fclose(ear.file);
	printf("%lu records, %lu overruns\n", ear.records, ear.overruns);
	return 0;
}

/* ---- tell -------------------------------------------------------------------------------- */

static int tell_main(char **argv)
{
	static struct {
		struct nlmsghdr header;
		char text[RECORD_BYTES];
	} m;
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
	} answer;
	int fd = audit_socket(0);

	snprintf(m.text, sizeof(m.text), "%s", argv[1]);
	m.header.nlmsg_len = (unsigned)NLMSG_LENGTH(strlen(m.text) + 1);
	m.header.nlmsg_type = (unsigned short)atoi(argv[0]);
	m.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	if (fd < 0 || sendto(fd, &m, m.header.nlmsg_len, 0, (struct sockaddr *)&kernel,
			      sizeof(kernel)) < 0)
		return fail("tell");
	if (recv(fd, &answer, sizeof(answer), 0) < (ssize_t)NLMSG_LENGTH(sizeof(int)))
		return fail("tell: no answer");
	errno = -answer.error.error;
	return errno ? fail("tell") : 0;
}

/* ---- system calls of an unusual kind ----------------------------------------------------- */

/* The program is static and not position independent: its addresses fit into 32 bits. */
static long abi32(long number, long a, long b)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(a), "c"(b)
			 : "memory", "r8", "r9", "r10", "r11");
	return result;
}

static int abi32_main(char **argv)
{
	static const char path[] = "/etc/hostname";
	enum {
		CLOSE = 6,
		OPEN = 5,
		GETPID = 20
	}; /* arch/x86/entry/syscalls/syscall_32.tbl */
	long fd = abi32(OPEN, (long)path, 0);

	(void)argv;
	abi32(CLOSE, fd, 0);
	return fd < 0 || abi32(GETPID, 0, 0) < 0;
}

/* Mode "strict" allows read, write and exit; the kernel kills and tells (SECCOMP). */
static int seccomp_main(char **argv)
{
	int status;
	pid_t child = fork();

	(void)argv;
	if (child == 0) {
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
		syscall(SYS_getppid);
		_exit(0);
	}
	waitpid(child, &status, 0);
	return !WIFSIGNALED(status);
}

/* A session begins, and a filter lets the kernel tell of it (SECCOMP). */
static int logged_main(char **argv)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setsid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_LOG),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(*code), code};
	int status;
	pid_t child = fork();

	(void)argv;
	if (child == 0)
		_exit(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
			prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) || setsid() < 0);
	waitpid(child, &status, 0);
	return status != 0;
}

static void *nothing(void *argument)
{
	return argument;
}

static int threads_main(char **argv)
{
	for (int i = atoi(argv[0]); i > 0; i--) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, nothing, NULL) || pthread_join(thread, NULL))
			return fail("threads");
	}
	return 0;
}

static int ids_main(char **argv)
{
	(void)argv;
	if (syscall(SYS_setgid, 1000) || syscall(SYS_setresuid, 1000, 1000, 0))
		return fail("ids");
	syscall(SYS_setreuid, 1000, 0);
	syscall(SYS_setuid, 1000);
	return syscall(SYS_setuid, 0) == 0; /* refused: all were given up */
}

static int bpf_main(char **argv)
{
	struct bpf_insn program[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (unsigned long)program,
		.insn_cnt = sizeof(program) / sizeof(program[0]),
		.license = (unsigned long)"MIT",
	};

	(void)argv;
	return syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)) < 0 ? fail("bpf") : 0;
}

static int openat2_main(char **argv)
{
	struct open_how how = {.flags = O_RDONLY, .resolve = RESOLVE_NO_SYMLINKS};

	(void)argv;
	return syscall(SYS_openat2, AT_FDCWD, "/etc/hostname", &how, sizeof(how)) < 0
		       ? fail("openat2")
		       : 0;
}

/* One request in a ring of one: io_uring_setup(2), io_uring_enter(2). */
static int uring_open(unsigned char flags)
{
	struct io_uring_params p = {0};
	const int fd = (int)syscall(SYS_io_uring_setup, 1, &p);
	const int protection = PROT_READ | PROT_WRITE;
	struct io_uring_sqe *request;
	char *ring;

	if (fd < 0)
		return fail("io_uring_setup");
	ring = mmap(NULL, p.sq_off.array + sizeof(unsigned), protection, MAP_SHARED, fd,
		IORING_OFF_SQ_RING);
	request = mmap(NULL, sizeof(*request), protection, MAP_SHARED, fd, IORING_OFF_SQES);
	if (ring == MAP_FAILED || request == MAP_FAILED)
		return fail("uring: mmap");
	request->opcode = IORING_OP_OPENAT;
	request->flags = flags;
	request->fd = AT_FDCWD;
	request->addr = (unsigned long)"/etc/hostname";
	*(unsigned *)(ring + p.sq_off.array) = 0;
	__atomic_store_n((unsigned *)(ring + p.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		return fail("io_uring_enter");
	return 0;
}

static int uring_main(char **argv)
{
	(void)argv;
	return uring_open(0) || uring_open(IOSQE_ASYNC);
}

static int args_main(char **argv)
{
	size_t bytes = strtoul(argv[0], NULL, 10);
	char *long_one = malloc(bytes + 1);

	if (!long_one)
		return fail("args");
	memset(long_one, 'x', bytes);
	long_one[bytes] = '\0';
	execl("/bin/true", "true", "first", long_one, "last", (char *)NULL);
	free(long_one);
	return fail("args");
}

/* ---- flood ------------------------------------------------------------------------------- */

/* Each is one record with a serial of its own. Prints how many the kernel took. */
static int flood_main(char **argv)
{
	struct {
		struct nlmsghdr header;
		char text[64];
	} m = {.header = {.nlmsg_type = 1112 /* USER_LOGIN */, .nlmsg_flags = NLM_F_REQUEST}};
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	unsigned long count = strtoul(argv[0], NULL, 10), taken = 0;
	int fd = audit_socket(0);

	for (unsigned long i = 0; i < count; i++) {
		int len = snprintf(m.text, sizeof(m.text), "op=flood id=%lu res=success", i);

		m.header.nlmsg_len = (unsigned)NLMSG_LENGTH((size_t)len + 1);
		taken += sendto(fd, &m, m.header.nlmsg_len, 0, (struct sockaddr *)&kernel,
				 sizeof(kernel)) == (ssize_t)m.header.nlmsg_len;
	}
	printf("%lu\n", taken);
	return taken == count ? 0 : fail("flood");
}

/* ---- intrude ----------------------------------------------------------------------------- */

static int give_up_all_but_net_admin(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const unsigned mask = 1u << CAP_NET_ADMIN;
	struct __user_cap_data_struct data[2] = {{.effective = mask, .permitted = mask}};

	if (prctl(PR_SET_KEEPCAPS, 1) || setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
		return -1;
	return (int)syscall(SYS_capset, &header, data);
}

/* The third column is the port, the second the protocol (net/netlink/af_netlink.c). */
static size_t audit_ports(unsigned *ports, size_t most)
{
	FILE *f = fopen("/proc/net/netlink", "r");
	unsigned protocol, port;
	char line[256];
	size_t n = 0;

	while (f && n < most && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*s %u %u", &protocol, &port) == 2 && protocol == NETLINK_AUDIT &&
			port != 0)
			ports[n++] = port;
	if (f)
		fclose(f);
	return n;
}

static int intrude_main(char **argv)
{
	static struct {
		struct nlmsghdr header;
		char text[4000];
	} m;
	const time_t end = time(NULL) + atoi(argv[0]);
	unsigned ports[16];
	unsigned long sent = 0;
	size_t n = audit_ports(ports, 16);
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);

	if (fd < 0 || n == 0 || give_up_all_but_net_admin())
		return fail("intrude");
	memset(m.text, 'x', sizeof(m.text));
	if (fork() < 0) /* two of them, and none knows the other's port */
		return fail("intrude");
	m.header = (struct nlmsghdr){.nlmsg_len = sizeof(m), .nlmsg_type = AUDIT_SYSCALL};
	while (time(NULL) < end)
		for (size_t i = 0; i < n; i++) {
			struct sockaddr_nl to = {.nl_family = AF_NETLINK, .nl_pid = ports[i]};

			sent += sendto(fd, &m, sizeof(m), MSG_DONTWAIT, (struct sockaddr *)&to,
					sizeof(to)) == (ssize_t)sizeof(m);
		}
	printf("%lu\n", sent);
	fflush(stdout);
	while (wait(NULL) > 0)
		;
	return 0;
}

/* ---- main -------------------------------------------------------------------------------- */

static int load_main(char **argv)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	unsigned long n = 0;

	while (access(argv[0], F_OK) == 0) {
		for (unsigned burst = 0; burst < 5; burst++)
			syscall(SYS_getpriority, PRIO_PROCESS, ++n);
		nanosleep(&pause, NULL);
	}
	printf("%lu\n", n);
	return 0;
}

/* ---- huge -------------------------------------------------------------------------------- */

/* One byte of static memory is touched: how much of it is in huge pages then? */
static int huge_main(char **argv)
{
	static char memory[8 << 20];
	char line[128];
	FILE *rollup = fopen("/proc/self/smaps_rollup", "r");
	unsigned long kb = 0;

	(void)argv;
	if (!rollup)
		return fail("smaps_rollup");
	((volatile char *)memory)[4 << 20] = 1;
	while (fgets(line, sizeof(line), rollup))
		(void)sscanf(line, "AnonHugePages: %lu", &kb);
	fclose(rollup);
	printf("probe %lu kB\n", kb);
	return 0;
}

static const struct {
	const char *name;
	int arguments;
	int (*main)(char **argv);
} parts[] = {
	{"listen", 1, listen_main},
	{"tell", 2, tell_main},
	{"abi32", 0, abi32_main},
	{"seccomp", 0, seccomp_main},
	{"logged", 0, logged_main},
	{"threads", 1, threads_main},
	{"ids", 0, ids_main},
	{"bpf", 0, bpf_main},
	{"openat2", 0, openat2_main},
	{"uring", 0, uring_main},
	{"args", 1, args_main},
	{"flood", 1, flood_main},
	{"intrude", 1, intrude_main},
	{"load", 1, load_main},
	{"huge", 0, huge_main},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (argc == parts[i].arguments + 2 && !strcmp(argv[1], parts[i].name))
			return parts[i].main(argv + 2);
	fprintf(stderr, "probe: see the head of tests/vm/probe.c\n");
	return 2;
}
