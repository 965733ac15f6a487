/* The machine as text: the records of its events, and its /proc. */
#include "support_machine.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_proc.h"
#include "record_header.h"
#include "tables.h"

/* [0] is a thread of the kernel. */
const char *const machine_names[MACHINE_NAMES] = {"kworker/0:1", "/sbin/modprobe", "/bin/sh",
	"/bin/busybox", "/usr/sbin/sshd", "/usr/bin/odd) S 1 (name", "/bin/login", "/usr/bin/runc",
	"/usr/bin/containerd-shim-runc-v2", "/usr/bin/conmon", "/usr/sbin/dropbear",
	"/usr/bin/calico-node", "/usr/bin/perl", "/usr/bin/a-name-of-more-than-15-bytes"};

bool machine_proc_is_hidden, machine_proc_is_root;
void (*machine_on_read)(void);

static const char *path_of(uint32_t image)
{
	return machine_names[machine.images[image].name];
}

static void name_of(uint32_t image, char name[16])
{
	const char *path = path_of(image), *slash = strrchr(path, '/');

	snprintf(name, 16, "%s", slash && machine.images[image].name ? slash + 1 : path);
}

/* ---- records ---- */

/* audit_log_untrustedstring(). */
static const char *untrusted(const char *text, char to[256])
{
	size_t len = 0;

	for (const char *at = text; *at; at++)
		if (*at < 0x21 || *at > 0x7e || *at == '"') {
			for (at = text; *at; at++)
				len += (size_t)sprintf(to + len, "%02X", (unsigned char)*at);
			return to;
		}
	snprintf(to, 256, "\"%s\"", text);
	return to;
}

static const char *tty_of(int tty, char to[8])
{
	snprintf(to, 8, tty < 0 ? "(none)" : "pts%d", tty);
	return to;
}

static void push_call(
	const struct machine_event *e, const char *header, void (*push)(uint16_t, const char *))
{
	char text[1024], result[64] = "", comm[16], exe[256], name[256], tty[8];

	if (!e->has_no_result)
		snprintf(result, sizeof(result), "success=%s exit=%lld ", e->is_ok ? "yes" : "no",
			(long long)e->result);
	name_of(e->after.image, comm);
	snprintf(text, sizeof(text),
		"%ssyscall=%u %sa0=%llx a1=%llx a2=%llx a3=%llx items=%u ppid=%u pid=%u auid=1000 "
		"uid=%u gid=0 euid=%u suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=%s ses=1 comm=%s "
		"exe=%s subj=unconfined key=\"k\"",
		header, e->call, result, (unsigned long long)e->a[0], (unsigned long long)e->a[1],
		(unsigned long long)e->a[2], 0ull, e->image ? 1u : 0u, e->ppid, e->pid, e->uid,
		e->uid, tty_of(e->tty, tty), untrusted(comm, name),
		untrusted(path_of(e->after.image), exe));
	push(RECORD_SYSCALL, text);
}

void machine_records(const struct machine_event *e, void (*push)(uint16_t type, const char *text))
{
	char header[96], text[512], name[256];
	const int stamp = snprintf(header, sizeof(header),
		"audit(%lld.%03d:%u): ", (long long)(e->realtime_ms / 1000),
		(int)(e->realtime_ms % 1000), e->number);

	snprintf(header + stamp, sizeof(header) - (size_t)stamp, "arch=c000003e ");
	push_call(e, header, push);
	header[stamp] = '\0';
	if (e->is_ok && e->image) {
		snprintf(text, sizeof(text), "%sargc=3 a0=%s a1=\"-i\" a2=\"%u\"", header,
			untrusted(path_of(e->image), name), e->image);
		push(RECORD_EXECVE, text);
		snprintf(text, sizeof(text), "%scwd=\"/home\"", header);
		push(RECORD_CWD, text);
		snprintf(text, sizeof(text),
			"%sitem=0 name=%s inode=7 dev=08:01 mode=0100755 ouid=0 ogid=0 rdev=00:00 "
			"nametype=NORMAL",
			header, untrusted(path_of(e->image), name));
		push(RECORD_PATH, text);
	}
	push(RECORD_EOE, header);
}

/* ---- /proc ---- */

bool machine_is_lxc(uint32_t container)
{
	return container % 7 == 0;
}

void machine_container_bytes(uint32_t container, uint8_t id[32])
{
	memset(id, 0, 32);
	if (machine_is_lxc(container))
		sprintf((char *)id, "guest-%u", container);
	else
		for (unsigned i = 0; i < 32; i++)
			id[i] = (uint8_t)(container * 2654435761u >> (i % 4 * 8)) ^
				(uint8_t)(i * 37);
}

static int put_cgroup(const struct machine_process *p, char *text, size_t size)
{
	static const char *const forms[][2] = {{"/docker/", ""},
		{"/system.slice/docker-", ".scope"}, {"/machine.slice/libpod-", ".scope/container"},
		{"/kubepods.slice/kubepods-pod1.slice/cri-containerd-", ".scope"},
		{"/kubepods/pod1/crio-", ".scope"}};
	char path[256] = "/system.slice/cron.service", digits[65];
	uint8_t id[32];

	if (p->container) {
		machine_container_bytes(p->container, id);
		for (unsigned i = 0; i < 32; i++)
			sprintf(digits + 2 * i, "%02x", id[i]);
		if (machine_is_lxc(p->container))
			snprintf(path, sizeof(path), "/lxc.payload.%s", (const char *)id);
		else
			snprintf(path, sizeof(path), "%s%s%s", forms[p->container % 5][0], digits,
				forms[p->container % 5][1]);
	}
	return machine.setup.is_v1
		       ? snprintf(text, size, "12:pids:%s\n11:cpu,cpuacct:/\n1:name=systemd:%s\n",
				 path, path)
		       : snprintf(text, size, "0::%s\n", path);
}

static int put_stat(
	const struct machine_process *p, const struct machine_pid *pid, char *text, size_t size)
{
	const struct machine_pid *session = p->session, *group = p->group;
	char comm[16];

	name_of(p->image, comm);
	return snprintf(text, size,
		"%u (%s) %c %u %u %u %d -1 %u 1 2 3 4 5 6 7 8 20 0 1 0 %lld 1000 100 "
		"18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 1 0 0 0 0 0 1 1 1 1 1 1 1 0\n",
		pid->number[0], comm,
		p->state == PROCESS_ZOMBIE || (p->leader_ended && !pid->thread_of) ? 'Z' : 'S',
		p->parent ? machine_number(machine_process(p->parent)) : 0,
		group ? group->number[0] : 0, session ? session->number[0] : 0,
		p->tty < 0 ? 0 : 0x8800 + p->tty, p->is_kernel ? 0x00200040u : 0x00400000u,
		(long long)(pid->start_ns / 10000000));
}

static int put_numbers(const struct machine_pid *pid, const char *name, char *text)
{
	int len = sprintf(text, "%s:", name);

	for (unsigned i = 0; i <= pid->level; i++)
		len += sprintf(text + len, "\t%u", pid->number[i]);
	return len + sprintf(text + len, "\n");
}

static int put_status(const struct machine_process *p, const struct machine_pid *pid, char *text)
{
	char comm[16];
	int len;

	name_of(p->image, comm);
	len = sprintf(text,
		"Name:\t%s\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t%u\nNgid:\t0\nPid:\t%u\n"
		"PPid:\t%u\nTracerPid:\t0\nUid:\t%u\t%u\t%u\t%u\nGid:\t0\t0\t0\t0\nFDSize:\t64\n"
		"Groups:\t \n",
		comm, machine_number(p), pid->number[0],
		p->parent ? machine_number(machine_process(p->parent)) : 0, p->uid, p->uid, p->uid,
		p->uid);
	len += put_numbers(p->pid, "NStgid", text + len);
	len += put_numbers(pid, "NSpid", text + len);
	return len + sprintf(text + len, "VmPeak:\t    1000 kB\n");
}

static int put_cmdline(const struct machine_process *p, char *text, size_t size)
{
	if (p->is_kernel || p->state == PROCESS_ZOMBIE)
		return 0;
	return snprintf(text, size, "%s%c-i%c%u", path_of(p->image), 0, 0, p->image) + 1;
}

/* A thread can be looked up, too, though it is not listed. */
static struct machine_pid *holder(const char *path, const char **rest)
{
	char *end;
	unsigned long number = strtoul(path, &end, 10);

	if (strncmp(path, "self/", 5) == 0) {
		number = 7;
		end = (char *)path + 4;
	}
	*rest = end;
	if (*end != '/' || number == 0 || number >= MACHINE_PIDS)
		return NULL;
	*rest = end + 1;
	/* hidepid=2; /proc/self is there. */
	if (machine_proc_is_hidden && number != 7)
		return NULL;
	return machine.spaces[0].numbers[number];
}

static struct machine_process *process_of(const struct machine_pid *pid)
{
	struct machine_process *p =
		pid ? machine_process(pid->thread_of ? pid->thread_of : pid->owner) : NULL;

	/* Its number may be taken by a session or a group. */
	return p && p->state != PROCESS_GONE ? p : NULL;
}

static int proc_open(const char *path, uint32_t *of)
{
	const char *rest;
	const struct machine_pid *pid;

	if (machine_on_read)
		machine_on_read();
	if (path[0] == 's' && strncmp(path, "self/", 5) != 0)
		return strcmp(path, "stat") != 0 && strcmp(path, "sys/kernel/pid_max") != 0 &&
				       strcmp(path, "sys/kernel/random/boot_id") != 0
			       ? -ENOENT
			       : 0;
	pid = holder(path, &rest);
	if (!process_of(pid))
		return -ENOENT;
	*of = pid->serial;
	return strcmp(rest, "stat") != 0 && strcmp(rest, "cmdline") != 0 &&
			       strcmp(rest, "status") != 0 && strcmp(rest, "cgroup") != 0
		       ? -ENOENT
		       : 0;
}

static ssize_t proc_read(const char *path, uint32_t of, char *text, size_t size)
{
	const char *rest;
	const struct machine_pid *pid;
	const struct machine_process *p;

	if (machine_on_read)
		machine_on_read();
	if (strcmp(path, "stat") == 0)
		return snprintf(text, size, "cpu  1 2 3\ncpu0 1 2 3\nintr 5\nctxt 9\nbtime %lld\n",
			(long long)(machine.realtime_offset_ns / 1000000000));
	if (strcmp(path, "sys/kernel/pid_max") == 0)
		return snprintf(text, size, "%u\n", machine.setup.pid_max);
	if (strcmp(path, "sys/kernel/random/boot_id") == 0)
		return snprintf(text, size, "8d5bb2b4-4a3b-4d2a-a0f5-0f7b0e6c1a11\n");
	pid = holder(path, &rest);
	p = process_of(pid);
	if (!p || pid->serial != of)
		return -ESRCH;
	if (strcmp(rest, "stat") == 0)
		return put_stat(p, pid, text, size);
	if (strcmp(rest, "status") == 0)
		return put_status(p, pid, text);
	if (strcmp(rest, "cgroup") == 0)
		return put_cgroup(p, text, size);
	return put_cmdline(p, text, size);
}

static ssize_t proc_link(const char *path, char *text, size_t size)
{
	const char *rest;
	const struct machine_process *p;

	if (machine_on_read)
		machine_on_read();
	if (strcmp(path, "self/ns/pid") == 0)
		return snprintf(text, size, "pid:[4026531836]");
	p = process_of(holder(path, &rest));
	if (!p)
		return -ENOENT;
	if (!machine_proc_is_root)
		return -EACCES;
	if (p->is_kernel || p->state == PROCESS_ZOMBIE || p->leader_ended)
		return -ENOENT;
	if (strcmp(rest, "exe") == 0)
		return snprintf(text, size, "%s", path_of(p->image));
	return strcmp(rest, "cwd") == 0 ? snprintf(text, size, "/home") : -ENOENT;
}

static uint32_t proc_next(uint32_t pid)
{
	for (; pid < MACHINE_PIDS; pid++) {
		const struct machine_pid *holder_of = machine.spaces[0].numbers[pid];

		if (holder_of && !holder_of->thread_of && process_of(holder_of) &&
			(!machine_proc_is_hidden || pid == 7))
			return pid;
	}
	return 0;
}

void machine_mount_proc(void)
{
	static const struct fake_proc proc = {proc_open, proc_read, proc_link, proc_next};

	fake_sys_proc(&proc);
}
