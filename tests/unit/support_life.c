#include "support_life.h"
#include <errno.h>
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

#define CONFIG	   "/etc/ecsaudit.json"
#define RULES	   "/etc/ecsaudit.rules.d/10.rules"
#define SPOOL	   "/var/spool/ecsaudit"
#define READY_FD   1000 /* the fake kernel's first */
#define MOST_TURNS 5000u
#define PATIENCE   100u /* turns without what is next, as no time passes */

struct life life;

static char said[65536];
static char old_spool[32768]; /* of a life before */
static unsigned next;	      /* step */
static unsigned turns_before; /* it */
static int64_t born_ms;
static unsigned serial;

/* ---- records ------------------------------------------------------------------------------ */

/* A queue of the kernel's: what is not received when it ends is lost. */
static void produce_bytes(uint16_t type, const char *text, size_t len)
{
	if (fake_audit.registered_fd < 0 || !fake_sys_socket_info(fake_audit.registered_fd))
		return;
	fake_audit_record_to(fake_audit.registered_fd, false, type, text, len);
	life.produced++;
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
static void interleaved(void)
{
	const unsigned a = ++serial, b = ++serial;

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
static void single(void)
{
	produce(SERVICE_START,
		STAMP "pid=1 uid=0 auid=4294967295 ses=4294967295 msg='unit=sshd "
		      "exe=\"/sbin/init\" res=success'",
		++serial);
	produce(AUDIT_USER_AVC,
		STAMP "pid=1 uid=0 auid=1000 ses=1 msg='avc: denied { read } for scontext=a:b:c:d "
		      "tcontext=e:f:g:h tclass=file'",
		++serial);
	produce(1112,
		STAMP "pid=9 uid=0 auid=1000 ses=3 msg='op=login acct=\"alice\" "
		      "exe=\"/usr/sbin/sshd\" hostname=h addr=192.0.2.9 terminal=ssh res=failed'",
		++serial);
	produce(AUDIT_ANOM_PROMISCUOUS,
		STAMP "dev=eth0 prom=256 old_prom=0 auid=0 uid=0 gid=0 ses=1", ++serial);
	produce(AUDIT_INTEGRITY_DATA, STAMP "pid=1 uid=0 op=appraise cause=x res=0", ++serial);
	produce(AUDIT_NETFILTER_CFG, STAMP "table=filter:5 family=2 entries=4 op=nft_register",
		++serial);
}

static void odd(void)
{
	static char longest[13000];
	const struct sockaddr_nl foreign = {.nl_family = AF_NETLINK, .nl_pid = 99};

	memset(longest, 'x', sizeof(longest));
	memcpy(longest, "audit(1700000000.123:1): ", 25);
	produce(SYSCALL, "no header at all");
	produce_bytes(SYSCALL, longest, sizeof(longest));
	produce_bytes(SYSCALL, "", 0);
	produce(SYSCALL, STAMP "\xff\x01 = ==\"\"' a=", ++serial);
	serial += 3; /* they never come */
	end_of(serial);
	end_of(serial + 1000);
	syscall_of(++serial, 60); /* which nobody ends */
	if (fake_audit.registered_fd >= 0)
		fake_sys_deliver(fake_audit.registered_fd, "forged", 6,
			(const struct sockaddr *)&foreign, sizeof(foreign));
}

static void many(void)
{
	for (unsigned i = 0; i < 12; i++)
		single();
}

static void some(void)
{
	interleaved();
	single();
}

/* ---- what happens to the kernel ------------------------------------------------------------- */

static void rules_deleted(void)
{
	fake_audit.rule_count = 0;
	produce(AUDIT_CONFIG_CHANGE, STAMP "auid=1000 ses=1 op=remove_rule key=(null) list=4 res=1",
		++serial);
	syscall_of(serial, 44);
	end_of(serial);
}

static void lost(void)
{
	fake_audit.status.lost += 3;
	fake_audit.status.backlog_wait_time_actual += 7;
	fake_audit.status.backlog = 1;
	if (fake_audit.registered_fd >= 0 && fake_sys_socket_info(fake_audit.registered_fd))
		fake_sys_deliver_error(fake_audit.registered_fd, ENOBUFS);
}

static void forgotten(void)
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

static void away(void)
{
	fake_sys_refuse(output_of(DELIVERY_PRIMARY), ENETUNREACH);
}

static void fallback_away(void)
{
	fake_sys_refuse(output_of(DELIVERY_FALLBACK), ENOENT);
}

static void back(void)
{
	for (unsigned i = 0; i < DELIVERY_OUTPUTS; i++) {
		fake_sys_refuse(output_of(i), 0);
		fake_sys_writable(output_of(i), true);
	}
}

static void nobody_listens(void)
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
static void half_a_frame(void)
{
	if (!is_stream())
		return;
	fake_sys_unacknowledged(output_of(DELIVERY_PRIMARY), 20);
	fake_sys_short(100);
	single();
}

static void full(void)
{
	fake_sys_short(0);
	fake_sys_writable(output_of(DELIVERY_PRIMARY), false);
}

/* And then nobody listens there for a while. */
static void reset(void)
{
	if (!is_stream())
		return;
	fake_sys_unacknowledged(output_of(DELIVERY_PRIMARY), 0);
	fake_sys_deliver_error(output_of(DELIVERY_PRIMARY), ECONNRESET);
	fake_sys_refuse(output_of(DELIVERY_PRIMARY), ECONNREFUSED);
}

static void orderly_end(void)
{
	if (is_stream())
		fake_sys_deliver(output_of(DELIVERY_PRIMARY), "", 0, NULL, 0);
}

/* ---- who asks, and who administers ------------------------------------------------------------
 */

static void client(void)
{
	for (unsigned i = 0; fake_sys_socket(AF_UNIX, i) >= 0; i++)
		if (fake_sys_socket_info(fake_sys_socket(AF_UNIX, i))->bound_len > 0)
			fake_sys_deliver(fake_sys_socket(AF_UNIX, i), "", 0, NULL, 0);
}

static void write_config(const char *members)
{
	char text[4096];

	snprintf(text, sizeof(text),
		"{%s, \"output_fallback\": \"unix:///run/log\", \"output_fallback_after\": "
		"\"3s\",\n"
		"\"spool_file\": \"" SPOOL "\", \"spool_bytes\": 32768,\n"
		"\"pid_file\": \"/run/ecsaudit.pid\", \"ready_fd\": %d, \"user\": \"audit\",\n"
		"\"watchdog_device\": \"/dev/watchdog\", \"watchdog_timeout\": \"30s\",\n"
		"\"audit_rule_files\": [\"/etc/ecsaudit.rules.d/*.rules\"],\n"
		"\"watch\": {\"interval\": \"7s\"}, \"metrics.interval\": \"10s\",\n"
		"\"socket_type\": \"unicast\", \"state_file\": \"/var/lib/ecsaudit/id\"}\n",
		members, READY_FD);
	fake_sys_file_text(CONFIG, text);
}

static void reload_broken(void)
{
	write_config("\"output\": \"tcp://nowhere\"");
	fake_sys_signal(SIGHUP);
}

static void reload_tcp(void)
{
	write_config(
		"\"output\": \"tcp://192.0.2.2:601\", \"tags\": [\"new\"], \"backlog_limit\": 99, "
		"\"audit_rules\": \"-w /etc/group -p wa -k identity\"");
	fake_sys_file_text(
		"/etc/passwd", "root:x:0:0::/:\naudit:x:200:200::/:\nbob:x:1001:1::/:\n");
	fake_sys_signal(SIGHUP);
}

static void reload_rules(void)
{
	fake_sys_file_text(RULES, "-w /etc/shadow -p r -k secret\n-a never,exit -F pid=7\n");
	fake_sys_file_owner(RULES, S_IFREG | 0600, 0);
	fake_sys_signal(SIGHUP);
}

static void summary(void)
{
	fake_sys_signal(SIGUSR1);
}

static void clock_step(void)
{
	fake_sys_realtime_set(FAKE_SYS_REALTIME_S + 86400);
	fake_sys_clock_synced(true);
}

static void terminate(void)
{
	life.over = true;
	fake_sys_signal(SIGTERM);
}

static const struct {
	unsigned at_ms; /* of its life */
	void (*happen)(void);
} steps[] = {
	{10, some},
	{20, odd},
	{100, client},
	{110, summary},
	{200, rules_deleted},
	{2500, some},
	{3000, nobody_listens},
	{3100, single},
	{4000, away},
	{4100, some},
	{5000, single},
	{8500, many}, /* to the fallback */
	{8600, fallback_away},
	{8700, many}, /* to the spool, which is too small */
	{9000, back},
	{12000, client},
	{15500, lost},
	{16000, clock_step},
	{16500, reload_broken},
	{16600, single},
	{17000, forgotten},
	{33000, some},
	{33100, reload_tcp},
	{33200, some},
	{34000, many},
	{35000, half_a_frame},
	{35100, full},
	{35200, single},
	{36000, reset},
	{36100, single},
	{40000, back},
	{44000, single},
	{45000, orderly_end},
	{45010, single},
	{48000, reload_rules},
	{48001, many},
	{50000, away},
	{50100, interleaved},
	{50200, reset},
	{50300, terminate},
};

#define STEPS (sizeof(steps) / sizeof(steps[0]))

static void step(void)
{
	turns_before = life.turns;
	steps[next++].happen();
}

/* The agent waits. */
static bool on_idle(void *ctx, int timeout_ms)
{
	const int64_t now_ms = sys_monotonic_ms() - born_ms;

	(void)ctx;
	if (!life.started || next == STEPS)
		return false;
	if (timeout_ms >= 0 && steps[next].at_ms > now_ms + timeout_ms)
		return false;
	if (steps[next].at_ms > now_ms)
		fake_sys_clock_advance_ms(steps[next].at_ms - now_ms);
	step();
	return true;
}

/* ---- what is to be seen ------------------------------------------------------------------------
 */

static void collect_said(void)
{
	size_t used = 0;
	const struct fake_sent *sent;

	for (unsigned i = 0; (sent = fake_sys_sent(i)); i++)
		if (sent->fd == 2 && used + sent->len < sizeof(said)) {
			memcpy(said + used, sent->data, sent->len);
			used += sent->len;
		}
	said[used] = '\0';
}

const char *life_said(void)
{
	return said;
}

/* RFC 6587 section 3.4.1, of one connection after the other. */
struct stream {
	int fd;
	unsigned connection;
	size_t left; /* of a message */
	size_t length;
};

static unsigned frames_in(struct stream *s, const struct fake_sent *sent)
{
	unsigned whole = 0;

	if (s->fd != sent->fd || s->connection != sent->connection)
		*s = (struct stream){.fd = sent->fd, .connection = sent->connection};
	for (size_t i = 0; i < sent->len; i++) {
		const char c = sent->data[i];

		if (s->left > 0) {
			if (s->left == s->length)
				assert_int_equal(c, '<');
			whole += --s->left == 0;
			if (s->left == 0)
				s->length = 0;
		} else if (c == ' ') {
			assert_in_range(s->length, 1, LIMIT_DATAGRAM_BYTES);
			s->left = s->length;
		} else {
			assert_in_range(c, '0', '9');
			s->length = s->length * 10 + (size_t)(c - '0');
		}
	}
	return whole;
}

/* Messages that reached a collector. */
static unsigned collected(void)
{
	struct stream stream = {.fd = -1};
	const struct fake_sent *sent;
	unsigned n = 0;

	for (unsigned i = 0; (sent = fake_sys_sent(i)); i++) {
		if (sent->type == SOCK_STREAM && sent->domain != AF_UNIX)
			n += frames_in(&stream, sent);
		else if (sent->type == SOCK_DGRAM)
			n += sent->data[0] == '<';
	}
	return n;
}

/* What did not leave is in the file, whole. */
static void check_spool(void)
{
	static _Alignas(8) char copy[65536];
	static struct spool spool;
	size_t len;
	const void *data = fake_sys_file_data(SPOOL, &len);

	assert_in_range(len, 1, sizeof(copy));
	memcpy(copy, data, len);
	spool_init(&spool, copy, len, DROP_OLDEST);
	spool_recover(&spool);
	assert_int_equal(spool.broken, 0);
	assert_int_equal(spool.recovered, agent->spool.waiting);
}

/* The kernel as it was before us. */
static void check_kernel(void)
{
	const struct audit_status *s = &fake_audit.status;

	if (strstr(said, "could not all be put back") || strstr(said, "stays 0"))
		return;
	assert_int_equal(s->backlog_wait_time, 15000);
	assert_int_equal(s->backlog_limit, 64);
	assert_int_equal(s->failure, 1);
}

/* What writes may not have been written. */
static void check_outside(bool writes)
{
	size_t len;
	const char *data = fake_sys_file_data("/dev/watchdog", &len);

	/* Where it was opened it was closed so that it does not bite. */
	if (writes && len > 0)
		assert_int_equal(data[len - 1], 'V');
	if (fake_sys_file_data("/run/ecsaudit.pid", &len))
		assert_int_equal(len, 0);
}

/* Of a start that failed, what agent_start() opened goes with the process. */
static void check_descriptors(void)
{
	loop_close(&life.run.loop);
	assert_int_equal(fake_sys_socket(AF_NETLINK, 0), -1);
	if (life.started)
		assert_int_equal(fake_sys_open_count(), 0);
}

static void check_end(const char *failing, bool lasts)
{
	collect_said();
	if (agent->delivery.spool)
		check_sums();
	if (life.started) {
		assert_int_equal(records_held(), 0);
		assert_true(collected() >= agent->counters.messages_sent);
		assert_true(life.status == CMD_OK || life.status == CMD_FAILED);
		assert_true(agent->counters.records_received <= life.produced);
		if (!life.run.live.failed && (!lasts || strcmp(failing, "recvmsg") != 0))
			assert_int_equal(agent->counters.records_received, life.produced);
		check_spool();
	}
	if (lasts)
		return;
	/* A line says why. */
	if (life.status != CMD_OK)
		assert_true(strncmp(said, "ecsaudit: ", 10) == 0);
	if (!life.over)
		assert_int_not_equal(life.status, CMD_OK);
	check_kernel();
	check_outside(strcmp(failing, "write") != 0);
}

/* ---- a life
 * -------------------------------------------------------------------------------------- */

void life_prepare(void)
{
	static const char message[] = "<13>1 - - - - - - {\"from\":\"before\"}";
	static struct spool spool;

	setenv("NOTIFY_SOCKET", "/run/systemd/notify", 1);
	setenv("WATCHDOG_USEC", "20000000", 1);
	unsetenv("WATCHDOG_PID");
	spool_init(&spool, old_spool, sizeof(old_spool), DROP_OLDEST);
	spool_recover(&spool);
	for (unsigned i = 0; i < 3; i++)
		spool_push(&spool, SPAN(message), 6);
}

static void boot(void)
{
	int fd;

	setup(NULL);
	fake_audit_start();
	fake_privileges_reset();
	memset(&life, 0, sizeof(life));
	life.run.agent = agent;
	life.run.arguments.config_file = CONFIG;
	life.run.arguments.trusted = true;
	said[0] = '\0';
	next = turns_before = serial = 0;
	born_ms = sys_monotonic_ms();
	fake_sys_file_text("/proc/self/uid_map", "0 0 4294967295\n");
	fake_sys_file_text(
		"/etc/passwd", "root:x:0:0::/:\naudit:x:200:200::/:\nalice:x:1000:1::/:\n");
	fake_sys_file_text("/etc/group", "root:x:0:\naudit:x:200:\n");
	fake_sys_file_text(RULES, "-w /etc/passwd -p wa -k identity\n"
				  "-a always,exit -F arch=b64 -S execve -k exec\n");
	fake_sys_file_owner(RULES, S_IFREG | 0600, 0);
	fake_sys_file("/var/spool/ecsaudit", old_spool, sizeof(old_spool));
	fake_sys_file_owner(SPOOL, S_IFREG | 0600, 0);
	fake_sys_watchdog("/dev/watchdog", 60);
	fake_sys_file_text("/run/ready", "");
	write_config("\"output\": \"udp://192.0.2.1:514\"");
	fd = sys_open("/run/ready", 1, 0);
	assert_int_equal(fd, READY_FD);
	fake_sys_on_idle(on_idle, NULL);
}

static void turns(void)
{
	bool more;

	do {
		assert_true(life.turns++ < MOST_TURNS);
		/* Nothing is waited for; what happens, happens all the same. */
		if (next < STEPS && life.turns - turns_before > PATIENCE)
			step();
		more = run_turn(&life.run);
		check_sums();
	} while (more);
}

void life_live(int (*on_call)(const char *call), const char *failing, bool lasts)
{
	boot();
	fake_sys_on_call(on_call);
	life.started = run_start(&life.run, &life.status);
	if (life.started) {
		born_ms = sys_monotonic_ms();
		turns();
		life.status = run_stop(&life.run);
	}
	fake_sys_on_call(NULL);
	check_end(failing, lasts);
	check_descriptors();
}

void life_bury(void)
{
	teardown(NULL);
}
