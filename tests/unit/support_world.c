#include "support_world.h"
#include <errno.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fake_audit.h"
#include "fake_privileges.h"
#include "support_agent.h"

struct world world;

static _Alignas(8) char old_spool[SPOOL_FILE_JOURNAL_BYTES + 32768]; /* of a life before */

/* ---- records ------------------------------------------------------------------------------ */

/* -1: the kernel keeps them. */
static int data_fd(void)
{
	int fd = world.source->ac.multicast ? world.source->ac.data.fd : fake_audit.registered_fd;

	return fake_sys_socket_info(fd) ? fd : -1;
}

static void produce_bytes(uint16_t type, const char *text, size_t len)
{
	if (data_fd() < 0)
		return;
	fake_audit_record_to(data_fd(), world.source->ac.multicast, type, text, len);
	world.produced++;
}

__attribute__((format(printf, 2, 3))) static void produce(uint16_t type, const char *format, ...)
{
	static char text[16384];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	produce_bytes(type, text, strlen(text));
}

#define STAMP "audit(1700000000.123:%u): "

static void syscall_of(unsigned n, unsigned number)
{
	produce(SYSCALL,
		STAMP "arch=c000003e syscall=%u success=yes exit=0 a0=1 a1=2 a2=3 a3=4 items=1 "
		      "ppid=1 pid=2 auid=1000 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 "
		      "fsgid=0 tty=pts0 ses=1 comm=\"x\" exe=\"/usr/bin/x\" key=\"exec\"",
		n, number);
}

static void end_of(unsigned n)
{
	produce(EOE, STAMP, n);
}

/* Two processes at the same time. */
void world_interleaved(void)
{
	const unsigned a = ++world.serial, b = ++world.serial;

	syscall_of(a, 59);
	syscall_of(b, 2);
	produce(EXECVE, STAMP "argc=3 a0=\"ls\" a1_len=12 a1[0]=616161", a);
	produce(PATH,
		STAMP "item=0 name=\"/etc/passwd\" inode=24 dev=00:02 mode=0100644 ouid=0 ogid=0 "
		      "rdev=00:00 nametype=NORMAL",
		b);
	produce(EXECVE, STAMP "a1[1]=626262 a2=\"-l\"", a);
	produce(CWD, STAMP "cwd=\"/root\"", a);
	produce(CWD, STAMP "cwd=\"/home/alice\"", b);
	produce(PROCTITLE, STAMP "proctitle=6C73002D6C", a);
	end_of(b);
	end_of(a);
}

/* Of one record each. */
void world_single(void)
{
	produce(SERVICE_START,
		STAMP "pid=1 uid=0 auid=4294967295 ses=4294967295 msg='unit=sshd "
		      "exe=\"/sbin/init\" res=success'",
		++world.serial);
	produce(AUDIT_USER_AVC,
		STAMP "pid=1 uid=0 auid=1000 ses=1 msg='avc: denied { read } for scontext=a:b:c:d "
		      "tcontext=e:f:g:h tclass=file'",
		++world.serial);
	produce(1112,
		STAMP "pid=9 uid=0 auid=1000 ses=3 msg='op=login acct=\"alice\" "
		      "exe=\"/usr/sbin/sshd\" hostname=h addr=192.0.2.9 terminal=ssh res=failed'",
		++world.serial);
	produce(AUDIT_ANOM_PROMISCUOUS,
		STAMP "dev=eth0 prom=256 old_prom=0 auid=0 uid=0 gid=0 ses=1", ++world.serial);
	produce(AUDIT_INTEGRITY_DATA, STAMP "pid=1 uid=0 op=appraise cause=x res=0",
		++world.serial);
	produce(AUDIT_NETFILTER_CFG, STAMP "table=filter:5 family=2 entries=4 op=nft_register",
		++world.serial);
}

void world_odd(void)
{
	static char longest[13000];
	const struct sockaddr_nl foreign = {.nl_family = AF_NETLINK, .nl_pid = 99};

	memset(longest, 'x', sizeof(longest));
	memcpy(longest, "audit(1700000000.123:1): ", 25);
	produce(SYSCALL, "no header at all");
	produce_bytes(SYSCALL, longest, sizeof(longest));
	produce_bytes(SYSCALL, "", 0);
	produce(SYSCALL, STAMP "\xff\x01 = ==\"\"' a=", ++world.serial);
	world.serial += 3; /* they never come */
	end_of(world.serial);
	end_of(world.serial + 1000);
	syscall_of(++world.serial, 60); /* which nobody ends */
	if (data_fd() >= 0)
		fake_sys_deliver(
			data_fd(), "forged", 6, (const struct sockaddr *)&foreign, sizeof(foreign));
}

void world_many(void)
{
	for (unsigned i = 0; i < 12; i++)
		world_single();
}

void world_some(void)
{
	world_interleaved();
	world_single();
}

/* ---- what happens to the kernel ------------------------------------------------------------- */

void world_rules_deleted(void)
{
	fake_audit.rule_count = 0;
	produce(AUDIT_CONFIG_CHANGE, STAMP "auid=1000 ses=1 op=remove_rule key=(null) list=4 res=1",
		++world.serial);
	syscall_of(world.serial, 44);
	end_of(world.serial);
}

void world_lost(void)
{
	fake_audit.status.lost += 3;
	fake_audit.status.backlog_wait_time_actual += 7;
	fake_audit.status.backlog = 1;
	if (data_fd() >= 0)
		fake_sys_deliver_error(data_fd(), ENOBUFS);
}

void world_forgotten(void)
{
	fake_audit.status.pid = 0;
	fake_audit.status.backlog = 0;
	fake_audit.registered_fd = -1;
}

/* ---- what happens to the output ------------------------------------------------------------- */

static int output_of(unsigned which)
{
	return agent->delivery.outputs[which].fd;
}

void world_away(void)
{
	fake_sys_refuse(output_of(DELIVERY_PRIMARY), ENETUNREACH);
	if (world.kind == WORLD_STDOUT)
		fake_sys_writable(output_of(DELIVERY_PRIMARY), false);
}

void world_fallback_away(void)
{
	fake_sys_refuse(output_of(DELIVERY_FALLBACK), ENOENT);
}

void world_back(void)
{
	for (unsigned i = 0; i < DELIVERY_OUTPUTS; i++) {
		fake_sys_refuse(output_of(i), 0);
		fake_sys_writable(output_of(i), true);
	}
}

void world_nobody_listens(void)
{
	if (fake_sys_socket_info(output_of(DELIVERY_PRIMARY)))
		fake_sys_deliver_error(output_of(DELIVERY_PRIMARY), ECONNREFUSED);
}

static bool is_stream(void)
{
	const struct fake_socket *info = fake_sys_socket_info(output_of(DELIVERY_PRIMARY));

	return info && info->type == SOCK_STREAM;
}

/* A piece of a frame, and no more. */
void world_half_a_frame(void)
{
	if (!is_stream())
		return;
	fake_sys_unacknowledged(output_of(DELIVERY_PRIMARY), 20);
	fake_sys_short(100);
	world_single();
}

void world_full(void)
{
	fake_sys_short(0);
	fake_sys_writable(output_of(DELIVERY_PRIMARY), false);
}

/* And then nobody listens there for a while. */
void world_reset(void)
{
	if (!is_stream())
		return;
	fake_sys_unacknowledged(output_of(DELIVERY_PRIMARY), 0);
	fake_sys_deliver_error(output_of(DELIVERY_PRIMARY), ECONNRESET);
	fake_sys_refuse(output_of(DELIVERY_PRIMARY), ECONNREFUSED);
}

void world_orderly_end(void)
{
	if (is_stream())
		fake_sys_deliver(output_of(DELIVERY_PRIMARY), "", 0, NULL, 0);
}

/* ---- who asks, and who administers ------------------------------------------------------------
 */

void world_client(void)
{
	for (unsigned i = 0; fake_sys_socket(AF_UNIX, i) >= 0; i++)
		if (fake_sys_socket_info(fake_sys_socket(AF_UNIX, i))->bound_len > 0)
			fake_sys_deliver(fake_sys_socket(AF_UNIX, i), "", 0, NULL, 0);
}

/* All that an agent can have; beside another daemon, with little; for a reader of stdout. */
static const char *const settings[] = {
	"\"output_fallback\": \"unix:///run/log\", \"output_fallback_after\": \"3s\",\n"
	"\"spool_file\": \"" WORLD_SPOOL "\", \"spool_bytes\": 32768,\n"
	"\"pid_file\": \"/run/ecsaudit.pid\", \"ready_fd\": 1000, \"user\": \"audit\",\n"
	"\"watchdog_device\": \"/dev/watchdog\", \"watchdog_timeout\": \"30s\",\n"
	"\"audit_rule_files\": [\"/etc/ecsaudit.rules.d/*.rules\"],\n"
	"\"watch\": {\"interval\": \"7s\"}, \"socket_type\": \"unicast\",",
	"\"spool_bytes\": 16384, \"socket_type\": \"multicast\",\n"
	"\"output_fallback\": \"udp://nobody.example.net:514\",\n"
	"\"passwd_file\": \"/etc/passwd.audit\",",
	"\"spool_bytes\": 16384, \"include_message\": true,\n"
	"\"audit_rules\": \"-a always,exit -F arch=b64 -S execve -k exec\",",
};

static const char *const outputs[] = {"udp://192.0.2.1:514", "tcp://[fe80::1%eth0]:601", "stdout"};

static void write_config(const char *output, const char *members)
{
	char text[4096];

	snprintf(text, sizeof(text),
		"{\"output\": \"%s\", %s\n%s\n\"metrics.interval\": \"10s\", "
		"\"state_file\": \"/var/lib/ecsaudit/id\"}\n",
		output, members, settings[world.kind]);
	fake_sys_file_text(WORLD_CONFIG, text);
}

void world_reload_broken(void)
{
	write_config("tcp://no where", "");
	fake_sys_signal(SIGHUP);
}

void world_reload_other(void)
{
	write_config(world.kind == WORLD_STDOUT ? "stdout"
		     : world.kind == WORLD_ALL	? "tcp://collector.example.net:601"
						: "tcp://192.0.2.2:601",
		"\"tags\": [\"new\"], \"backlog_limit\": 99,");
	fake_sys_file_text(
		"/etc/passwd", "root:x:0:0::/:\naudit:x:200:200::/:\nbob:x:1001:1::/:\n");
	fake_sys_signal(SIGHUP);
}

void world_reload_with(const char *members)
{
	write_config(outputs[world.kind], members);
	fake_sys_signal(SIGHUP);
}

void world_reload_first(void)
{
	world_reload_with("");
}

void world_reload_rules(void)
{
	fake_sys_file_text(WORLD_RULES, "-w /etc/shadow -p r -k secret\n-a never,exit -F pid=7\n");
	fake_sys_file_owner(WORLD_RULES, S_IFREG | 0600, 0);
	fake_sys_signal(SIGHUP);
}

void world_summary(void)
{
	fake_sys_signal(SIGUSR1);
}

void world_clock_step(void)
{
	fake_sys_realtime_set(FAKE_SYS_REALTIME_S + 86400);
	fake_sys_clock_synced(true);
}

/* ---- before it all ------------------------------------------------------------------------------
 */

static void earlier_life(void)
{
	static const char message[] = "<13>1 - - - - - - {\"from\":\"before\"}";
	static struct spool spool;

	if (spool.pushed)
		return;
	spool_init(&spool, old_spool + SPOOL_FILE_JOURNAL_BYTES, 32768, DROP_OLDEST);
	spool_recover(&spool);
	for (unsigned i = 0; i < 3; i++)
		spool_push(&spool, SPAN(message), 6);
}

static void make_files(void)
{
	static const char users[] = "root:x:0:0::/:\naudit:x:200:200::/:\nalice:x:1000:1::/:\n";

	fake_sys_file_text(
		"/proc/sys/kernel/random/boot_id", "8f3c6a52-8f0e-4a51-9c3e-0d3c5a4b7e21\n");
	fake_sys_file_text("/proc/self/uid_map", "0 0 4294967295\n");
	fake_sys_symlink("/proc/self/ns/net", "net:[1]");
	fake_sys_symlink("/proc/1/ns/net", "net:[1]");
	fake_sys_file_text(WORLD_STDOUT_FILE, "");
	fake_sys_file_text("/etc/passwd", users);
	fake_sys_file_text("/etc/passwd.audit", users);
	fake_sys_file_text("/etc/hosts", "192.0.2.2 collector.example.net\n");
	fake_sys_file_text("/etc/resolv.conf", "nameserver 192.0.2.53\n");
	fake_sys_file_text("/etc/group", "root:x:0:\naudit:x:200:\n");
	fake_sys_file_text(WORLD_RULES, "-w /etc/passwd -p wa -k identity\n"
					"-a always,exit -F arch=b64 -S execve -k exec\n");
	fake_sys_file_owner(WORLD_RULES, S_IFREG | 0600, 0);
	fake_sys_file(WORLD_SPOOL, old_spool, sizeof(old_spool));
	fake_sys_file_owner(WORLD_SPOOL, S_IFREG | 0600, 0);
	fake_sys_watchdog("/dev/watchdog", 60);
	fake_sys_file_text("/run/ready", "");
	if (world.kind == WORLD_STDOUT) /* the directory is there */
		fake_sys_file_text("/var/lib/ecsaudit/other", "");
	write_config(outputs[world.kind], "");
}

void world_boot(enum world_kind kind, const struct audit_source *source)
{
	setup(NULL);
	fake_audit_start();
	fake_privileges_reset();
	world = (struct world){.kind = kind, .source = source};
	earlier_life();
	make_files();
	unsetenv("WATCHDOG_PID");
	if (kind == WORLD_ALL) {
		setenv("NOTIFY_SOCKET", "/run/systemd/notify", 1);
		setenv("WATCHDOG_USEC", "20000000", 1);
		/* The supervisor's, ready_fd: the first that the fake kernel gives. */
		assert_int_equal(sys_open("/run/ready", 1, 0), 1000);
	} else {
		unsetenv("NOTIFY_SOCKET");
		unsetenv("WATCHDOG_USEC");
	}
}
