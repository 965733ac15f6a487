/* link: document_lineage.o document.o document_process.o document_layout.o lineage.o lineage_life.o
 * lineage_table.o lineage_image.o lineage_id.o lineage_calls.o lineage_entry.o lineage_tty.o
 * lineage_container.o json.o cjson.o event.o record.o reassembly.o fake_sys.o fake_files.o
 * fake_sockets.o fake_identity.o support_core.o support_event.o support_document.o */
/* What a log's records say of processes, and how it stands in their documents. */
#include "lineage_container.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lineage_image.h"
#include "lineage_tty.h"
#include "support_core.h"
#include "support_document.h"

static struct lineage table;

static void follow(void)
{
	test_document.lineage = &table;
	test_document.lineage_host = SPAN("gw");
	lineage_event(&table, &test_event, test_document.lineage_host, &test_document.facts);
}

static int set_up(void **state)
{
	const struct lineage_setup setup = {
		.capacity = 64, .is_log = true, .counters = &test_counters};

	(void)document_setup(state);
	memset(&table, 0, sizeof(table));
	lineage_init(&table, &setup);
	test_before_built = follow;
	return !document_start();
}

/* A process replaces its program. */
static void exec(unsigned pid, unsigned ppid, const char *tty, const char *exe, const char *args)
{
	char text[4096];

	snprintf(text, sizeof(text),
		"SYSCALL arch=c000003e syscall=59 success=yes exit=0 ppid=%u pid=%u "
		"euid=1000 tty=%s comm=\"%.15s\" exe=\"%s\"\nEXECVE %s\n"
		"CWD cwd=\"/tmp\"\n",
		ppid, pid, tty, strrchr(exe, '/') + 1, exe, args);
	document_of(text);
}

static void call(unsigned pid, unsigned ppid, unsigned number, const char *result)
{
	char text[512];

	snprintf(text, sizeof(text),
		"SYSCALL arch=c000003e syscall=%u %s a0=0 a1=0 ppid=%u pid=%u "
		"euid=0 tty=(none) comm=\"x\" exe=\"/bin/x\"\n",
		number, result, ppid, pid);
	document_of(text);
}

#define SETSID	   112
#define EXIT_GROUP 231

/* ---- relatives --------------------------------------------------------------------------- */

static void a_parent(void **state)
{
	(void)state;
	exec(100, 1, "pts0", "/bin/bash", "argc=2 a0=\"bash\" a1=\"-l\"");
	expect("process/parent", "{\"pid\":1}");
	exec(101, 100, "pts0", "/bin/ls", "argc=1 a0=\"ls\"");
	/* base64 of __gw__100__1700000000, and of __gw__101__1700000000 */
	expect("process/parent",
		"{\"entity_id\":\"X19nd19fMTAwX18xNzAwMDAwMDAw\",\"pid\":100,"
		"\"start\":\"2023-11-14T22:13:20.123Z\",\"executable\":\"/bin/bash\","
		"\"name\":\"bash\",\"interactive\":true,\"args\":[\"bash\",\"-l\"],"
		"\"args_count\":2,\"command_line\":\"bash -l\","
		"\"working_directory\":\"/tmp\",\"user\":{\"id\":\"1000\",\"name\":\"alice\"}}");
	expect("process/entity_id", "\"X19nd19fMTAxX18xNzAwMDAwMDAw\"");
	expect("process/start", "\"2023-11-14T22:13:20.123Z\"");
	expect("process/interactive", "true");
	expect("process/tty", "{\"char_device\":{\"major\":136,\"minor\":0}}");
	expect_nothing("process/session_leader");
}

static void a_program_says_who_it_is(void **state)
{
	(void)state;
	exec(100, 1, "(none)", "/usr/sbin/sshd", "argc=1 a0=\"sshd\"");
	exec(101, 100, "(none)", "/bin/login", "argc=1 a0=\"login\"");
	document_of("USER_LOGIN pid=101 uid=0 auid=0 ses=1 msg='op=login exe=\"/bin/login\" "
		    "hostname=? addr=? terminal=tty1 res=success'\n");
	expect("process/entity_id", "\"X19nd19fMTAxX18xNzAwMDAwMDAw\"");
	expect("process/parent/executable", "\"/usr/sbin/sshd\"");
	expect("process/interactive", "false");
}

static void the_record_comes_first(void **state)
{
	(void)state;
	exec(100, 1, "pts0", "/bin/bash", "argc=1 a0=\"bash\"");
	exec(101, 100, "pts0", "/bin/ls", "argc=1 a0=\"ls\"");
	call(101, 1, 2,
		"success=yes exit=3"); /* another program, another parent: another process */
	expect("process/parent/pid", "1");
	expect_nothing("process/parent/name");
	assert_int_equal(test_counters.lineage_reused > 0, true);
}

static void expect_entry(const char *type)
{
	assert_string_equal(at("process/entry_leader/entry_meta/type"), type);
}

static void entries(void **state)
{
	(void)state;
	call(10, 1, SETSID, "success=yes exit=10");
	expect_entry("\"init\"");
	expect("process/session_leader/same_as_process", "true");
	exec(20, 1, "(none)", "/usr/sbin/dropbear", "argc=1 a0=\"dropbear\"");
	exec(21, 20, "pts1", "/bin/ash", "argc=1 a0=\"ash\"");
	call(21, 20, SETSID, "success=yes exit=21");
	exec(21, 20, "pts1", "/bin/ash", "argc=1 a0=\"ash\"");
	expect_entry("\"sshd\"");
	document_of("SYSCALL arch=c000003e syscall=57 success=yes exit=22 ppid=20 pid=21 tty=pts1 "
		    "comm=\"ash\" exe=\"/bin/ash\"\n");
	exec(22, 21, "pts1", "/bin/ls", "argc=1 a0=\"ls\"");
	expect_entry("\"sshd\"");
	expect("process/entry_leader/pid", "21");
	expect("process/session_leader/name", "\"ash\"");
	exec(30, 1, "(none)", "/usr/bin/containerd-shim-runc-v2", "argc=1 a0=\"x\"");
	call(31, 30, SETSID, "success=yes exit=1");
	expect_entry("\"container\"");
	exec(40, 1, "ttyS0", "/bin/sh", "argc=1 a0=\"sh\"");
	call(40, 1, SETSID, "success=yes exit=40");
	exec(40, 1, "ttyS0", "/bin/sh", "argc=1 a0=\"sh\"");
	expect_entry("\"terminal\"");
	exec(50, 1, "tty1", "/bin/login", "argc=1 a0=\"login\"");
	call(50, 1, SETSID, "success=yes exit=50");
	exec(50, 1, "tty1", "/bin/login", "argc=1 a0=\"login\"");
	expect_entry("\"console\"");
}

/* A filter of system calls may return anything in place of the call: seccomp(2). */
static void refused_calls(void **state)
{
	(void)state;
	call(10, 9, SETSID, "success=yes exit=0");
	expect_nothing("process/session_leader");
	call(10, 9, SETSID, "success=no exit=-1");
	expect_nothing("process/session_leader");
	call(10, 9, EXIT_GROUP, "success=yes exit=0");
	exec(11, 10, "(none)", "/bin/ls", "argc=1 a0=\"ls\"");
	expect("process/parent/executable", "\"/bin/x\"");
	call(10, 9, EXIT_GROUP, "");
	assert_int_equal(table.first[LINEAGE_ENDED] > 0, true);
}

static void another_boot(void **state)
{
	(void)state;
	exec(100, 1, "pts0", "/bin/bash", "argc=1 a0=\"bash\"");
	document_of("SYSTEM_BOOT pid=1 uid=0 auid=0 ses=1 msg=' comm=\"init\" res=success'\n");
	exec(101, 100, "pts0", "/bin/ls", "argc=1 a0=\"ls\"");
	expect("process/parent", "{\"pid\":100}");
}

/* ---- texts ------------------------------------------------------------------------------- */

static void arguments_are_whole_or_left_out(void **state)
{
	char args[2000] = "argc=3 a0=\"sh\" a1=\"-c\" a2=\"";

	(void)state;
	memset(args + strlen(args), 'x', 1000);
	strcat(args, "\"");
	exec(100, 1, "pts0", "/bin/sh", args);
	exec(101, 100, "pts0", "/bin/ls", "argc=1 a0=\"ls\"");
	expect("process/parent/args", "[\"sh\",\"-c\"]");
	expect("process/parent/args_count", "3");
	expect("process/parent/command_line", "\"sh -c\"");
}

static void odd_texts(void **state)
{
	(void)state;
	/* a blank, a quote, a backslash, a newline, no UTF-8 */
	exec(100, 1, "pts0", "/bin/sh", "argc=4 a0=6120 a1=2262225C a2=0A a3=FF");
	exec(101, 100, "pts0", "/bin/ls", "argc=1 a0=\"ls\"");
	expect("process/parent/args", "[\"a \",\"\\\"b\\\"\\\\\",\"\\n\",\"\xef\xbf\xbd\"]");
	expect("process/parent/command_line", "\"a  \\\"b\\\"\\\\ \\n \xef\xbf\xbd\"");
}

static void a_long_executable_is_left_out(void **state)
{
	char exe[400];

	(void)state;
	memset(exe, 'd', sizeof(exe));
	exe[0] = '/';
	strcpy(exe + 300, "/prog");
	exec(100, 1, "pts0", exe, "argc=1 a0=\"prog\"");
	exec(101, 100, "pts0", "/bin/ls", "argc=1 a0=\"ls\"");
	expect_nothing("process/parent/executable");
	expect("process/parent/name", "\"prog\"");
	expect("process/parent/args", "[\"prog\"]");
}

static void capabilities(void **state)
{
	(void)state;
	document_of("SYSCALL arch=c000003e syscall=126 success=yes exit=0 ppid=1 pid=9\n"
		    "CAPSET pid=9 cap_pi=0 cap_pp=0000000000000401 cap_pe=0000010000000000 "
		    "cap_pa=0\n");
	expect("process/thread/capabilities",
		"{\"permitted\":[\"CAP_CHOWN\",\"CAP_NET_BIND_SERVICE\"],"
		"\"effective\":[\"CAP_CHECKPOINT_RESTORE\"]}");
	document_of("SYSCALL arch=c000003e syscall=59 success=yes exit=0 ppid=1 pid=9\n"
		    "BPRM_FCAPS fver=2 fp=0 fi=0 fe=1 old_pp=0 old_pi=0 old_pe=0 pp=2000 pi=0 "
		    "pe=0\n");
	expect("process/thread/capabilities", "{\"permitted\":[\"CAP_NET_RAW\"]}");
}

/* Executable, name and directory of all lengths: nothing is written behind an entry. */
static void texts_of_all_lengths(void **state)
{
	static struct {
		struct lineage_process p;
		char canary[64];
	} entry;
	static char exe[260], directory[120];
	const struct span args[] = {SPAN("a\n"), SPAN("bb"), SPAN("")};

	(void)state;
	memset(exe, 'e', sizeof(exe));
	memset(directory, 'd', sizeof(directory));
	exe[0] = directory[0] = '/';
	for (uint32_t exe_len = 0; exe_len < sizeof(exe); exe_len++)
		for (uint32_t name_len = 0; name_len < 70; name_len += 3)
			for (uint32_t len = 0; len < sizeof(directory); len++) {
				const struct lineage_image image = {{exe, exe_len},
					{exe + 1, name_len}, {directory, len}, args, 3, 3};
				uint32_t used;

				memset(entry.canary, 'c', sizeof(entry.canary));
				lineage_set_image(&entry.p, &image);
				used = (uint32_t)entry.p.names_len + entry.p.directory_len +
				       entry.p.args_len;
				assert_true(used <= LIMIT_LINEAGE_TEXT_BYTES);
				for (uint32_t i = 0; i < sizeof(entry.canary); i++)
					assert_int_equal(entry.canary[i], 'c');
			}
}

/* ---- parts ------------------------------------------------------------------------------- */

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void containers(void **state)
{
	static const struct {
		const char *text;
		enum lineage_runtime runtime;
		const char *name; /* of lxc */
	} of[] = {
		{"0::/system.slice/docker-" ID ".scope\n", RUNTIME_DOCKER, NULL},
		{"12:pids:/user.slice\n4:memory:/docker/" ID "\n", RUNTIME_DOCKER, NULL},
		{"0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-" ID ".scope\n",
			RUNTIME_CONTAINERD, NULL},
		{"0::/kubepods/besteffort/pod7/crio-" ID "\n", RUNTIME_CRIO, NULL},
		{"0::/machine.slice/libpod-" ID ".scope/container\n", RUNTIME_PODMAN, NULL},
		{"0::/kubepods/burstable/pod7/" ID "\n", RUNTIME_OTHER, NULL},
		{"0::/docker/" ID "/kubelet/docker-" ID ".scope", RUNTIME_DOCKER, NULL},
		{"0::/lxc.payload.web1\n", RUNTIME_LXC, "web1"},
		{"3:cpu:/lxc/web-2/sub\n", RUNTIME_LXC, "web-2"},
		{"0::/machine.slice/libpod-conmon-" ID ".scope\n", RUNTIME_NONE, NULL},
		{"0::/docker/" ID "0\n", RUNTIME_NONE, NULL},
		{"0::/docker/0123\n", RUNTIME_NONE, NULL},
		{"0::/lxc.payload.\n0::/lxc.payload.a\"b\n", RUNTIME_NONE, NULL},
		{"0::/lxc/" ID "0/x\n", RUNTIME_NONE, NULL},
		{"0::/\n", RUNTIME_NONE, NULL},
		{"", RUNTIME_NONE, NULL},
		{"garbage", RUNTIME_NONE, NULL},
	};
	static const uint8_t id[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};
	struct lineage_process p;

	(void)state;
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		memset(&p, 0, sizeof(p));
		lineage_find_container(&p, span_of(of[i].text));
		if (p.runtime != of[i].runtime)
			fail_msg("%s is %u", of[i].text, p.runtime);
		if (of[i].name)
			assert_string_equal((char *)p.container, of[i].name);
		else if (p.runtime != RUNTIME_NONE)
			for (size_t at = 0; at < sizeof(p.container); at += sizeof(id))
				assert_memory_equal(p.container + at, id, sizeof(id));
	}
}

static void terminals(void **state)
{
	static const struct {
		const char *name;
		uint32_t major, minor;
	} of[] = {{"pts0", 136, 0}, {"pts300", 137, 44}, {"tty1", 4, 1}, {"ttyS2", 4, 66},
		{"ttyAMA0", 204, 64}, {"ttyUSB1", 188, 1}, {"ttyACM0", 166, 0}, {"hvc0", 229, 0}};
	uint32_t number;

	(void)state;
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		assert_true(lineage_tty(span_of(of[i].name), &number));
		assert_int_equal(number, of[i].major << 20 | of[i].minor);
	}
	assert_true(lineage_tty(SPAN("(none)"), &number));
	assert_int_equal(number, LINEAGE_NO_TTY);
	assert_true(lineage_tty(SPAN("ttyXX9"), &number));
	assert_int_equal(number, LINEAGE_TTY_UNKNOWN);
	assert_true(lineage_tty(SPAN("tty"), &number));
	assert_int_equal(number, LINEAGE_TTY_UNKNOWN);
	assert_false(lineage_tty(SPAN("?"), &number));
	assert_false(lineage_tty(SPAN(""), &number));
}

static void a_container(void **state)
{
	struct lineage_process *p;

	(void)state;
	exec(100, 1, "pts0", "/bin/sh", "argc=1 a0=\"sh\"");
	p = &table.processes[table.first[LINEAGE_LIVES]];
	lineage_find_container(p, SPAN("0::/docker/" ID));
	call(100, 1, 2, "success=yes exit=3");
	expect_nothing("container"); /* another executable, in a log: somebody else */
	exec(100, 1, "pts0", "/bin/sh", "argc=1 a0=\"sh\"");
	p = &table.processes[table.first[LINEAGE_LIVES]];
	lineage_find_container(p, SPAN("0::/lxc.payload.web1"));
	exec(100, 1, "pts0", "/bin/sh", "argc=1 a0=\"sh\"");
	expect("container", "{\"name\":\"web1\",\"runtime\":\"lxc\"}");
	lineage_find_container(p, SPAN("0::/docker/" ID));
	exec(100, 1, "pts0", "/bin/sh", "argc=1 a0=\"sh\"");
	expect("container", "{\"id\":\"" ID "\",\"runtime\":\"docker\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_parent, set_up, document_teardown),
		cmocka_unit_test_setup_teardown(
			a_program_says_who_it_is, set_up, document_teardown),
		cmocka_unit_test_setup_teardown(the_record_comes_first, set_up, document_teardown),
		cmocka_unit_test_setup_teardown(entries, set_up, document_teardown),
		cmocka_unit_test_setup_teardown(refused_calls, set_up, document_teardown),
		cmocka_unit_test_setup_teardown(another_boot, set_up, document_teardown),
		cmocka_unit_test_setup_teardown(
			arguments_are_whole_or_left_out, set_up, document_teardown),
		cmocka_unit_test_setup_teardown(odd_texts, set_up, document_teardown),
		cmocka_unit_test_setup_teardown(
			a_long_executable_is_left_out, set_up, document_teardown),
		cmocka_unit_test_setup_teardown(capabilities, set_up, document_teardown),
		cmocka_unit_test_setup_teardown(a_container, set_up, document_teardown),
		cmocka_unit_test(texts_of_all_lengths),
		cmocka_unit_test(containers),
		cmocka_unit_test(terminals),
	};

	return cmocka_run_group_tests_name("document_lineage", tests, NULL, NULL);
}
