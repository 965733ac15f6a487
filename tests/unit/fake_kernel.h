/*
 * fake_kernel.h - the state shared by fake_sys.c, fake_files.c and fake_sockets.c; for them alone.
 */
#ifndef ECSAUDIT_FAKE_KERNEL_H
#define ECSAUDIT_FAKE_KERNEL_H

#include "fake_sys.h"

#define FIRST_FD 1000
#define SLOTS	 64
#define FILES	 256
#define FAILURES 16

enum kind {
	FREE,
	SOCKET,
	FILE_OPEN,
	DIRECTORY,
	SIGNALS,
	REAL,
	PROC_FILE, /* fake_proc.c */
	PROC_DIRECTORY
};

struct datagram {
	struct datagram *next;
	int err; /* deliver an error instead */
	struct sockaddr_storage from;
	socklen_t from_len;
	size_t len, taken;
	char data[];
};

struct slot {
	enum kind kind;
	struct fake_socket socket;
	struct datagram *queue;
	bool blocked; /* not writable */
	int refuse;   /* errno of sending and connecting */
	int file;     /* index into files */
	bool locked;  /* flock(), of others */
	off_t offset;
	int flags;
	int real;
	unsigned entry; /* directory: next file to list; fake_proc.c: whose it is */
	char path[256];
	sigset_t mask;
};

struct file {
	char *path; /* NULL: free */
	char *data;
	size_t len;
	char *target; /* symbolic link */
	mode_t mode;
	uid_t uid;
	ino_t ino;
	int64_t mtime;
	int watchdog; /* seconds; 0: it is none */
};

struct failure {
	const char *call;
	unsigned countdown; /* 0: every call */
	int err;
};

/* fake_proc.c, where a test links it. Paths are relative to /proc. */
struct proc_calls {
	int (*open)(const char *path);
	ssize_t (*read)(struct slot *s, void *buf, size_t size, off_t offset);
	ssize_t (*link)(const char *path, char *buf, size_t size);
	ssize_t (*list)(struct slot *s, void *buf, size_t size);
};

struct fake_kernel {
	struct slot slots[SLOTS];
	struct file files[FILES];
	struct fake_sent *sent;
	unsigned sent_count, calls, fail_nth;
	int fail_err, pid;
	struct failure failures[FAILURES];
	struct {
		const char *name;
		unsigned count;
	} counted[64];
	size_t short_bytes;
	bool short_once;
	int (*on_call)(const char *call);
	uid_t uid;
	mode_t standard; /* of descriptors 1 and 2; 0: a pipe */
	int64_t monotonic_ns, realtime_ns, suspended_ns;
	const struct proc_calls *proc; /* NULL: there is none */
	ino_t next_ino;
	char nodename[65], release[65], machine[65], pass[256];
	uint8_t random;
	sigset_t pending, blocked;
	void (*on_send)(void *ctx, int fd, const void *data, size_t len);
	void *on_send_ctx;
	bool lock_race, synced;
	bool (*on_idle)(void *ctx, int timeout_ms);
	void *on_idle_ctx;
};

extern struct fake_kernel fake;

/* Counts a call; -errno if it is to fail. */
int fake_failing(const char *call);
#define FAIL(call)                                                                                 \
	do {                                                                                       \
		int fail_err = fake_failing(call);                                                 \
		if (fail_err)                                                                      \
			return fail_err;                                                           \
	} while (0)

size_t fake_shortened(size_t len);
struct slot *fake_slot_of(int fd); /* NULL: not open */
int fake_slot_new(enum kind kind, struct slot **slot);
void fake_file_free(struct file *f);
ssize_t fake_file_read(struct slot *s, void *buf, size_t size);
ssize_t fake_file_write(struct slot *s, const void *buf, size_t size);
ssize_t fake_socket_send(
	int fd, const struct sockaddr *to, socklen_t to_len, const char *data, size_t len);
ssize_t fake_socket_receive(int fd, struct msghdr *msg, int flags);
void fake_sent_add(int fd, int type, const struct sockaddr *to, socklen_t to_len, const char *data,
	size_t len);

#endif
