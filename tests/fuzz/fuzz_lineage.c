/* link: fake_sys.o fake_files.o fake_sockets.o fake_proc.o check_json.o cjson.o */
/*
 * Events of processes that lie about their children, over a /proc that says anything: whatever
 * happens, the table holds together, and the document is JSON. The input is a row of steps: the
 * text of a file of /proc, or an event.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "check_json.h"
#include "config_read.h"
#include "document.h"
#include "fake_proc.h"
#include "fake_sys.h"
#include "json.h"
#include "lineage.h"
#include "normalize.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PIDS 24u
#define TEXT 300u

static struct reassembly reassembly;
static struct counters counters;
static struct record_workspace workspace;
static struct event event;
static struct document document;
static struct config config;
static struct identity identity;
static struct lineage lineage;
static char memory[LIMIT_SCRATCH_BYTES];
static struct arena arena = {.base = memory, .size = sizeof(memory)};
static char written[4 * LIMIT_DOCUMENT_BYTES];

/* ---- /proc ------------------------------------------------------------------------------- */

enum file {
	STAT,
	STATUS,
	CGROUP,
	CMDLINE,
	FILES
};

static const char *const file_names[FILES] = {"stat", "status", "cgroup", "cmdline"};
static struct {
	ssize_t len; /* -1: it is not there */
	char text[TEXT];
} files[PIDS + 1][FILES];

static int find_file(const char *path)
{
	char *end;
	const unsigned long pid = strtoul(path, &end, 10);

	for (unsigned i = 0; i < FILES && pid <= PIDS && *end == '/'; i++)
		if (strcmp(end + 1, file_names[i]) == 0 && files[pid][i].len >= 0)
			return (int)(pid * FILES + i);
	return -ENOENT;
}

static int proc_open(const char *path, uint32_t *of)
{
	const int found = find_file(path);

	*of = found > 0 ? (uint32_t)found : 0;
	if (strcmp(path, "stat") == 0 || strncmp(path, "sys/", 4) == 0)
		return 0;
	return found < 0 ? found : 0;
}

static ssize_t proc_read(const char *path, uint32_t of, char *text, size_t size)
{
	if (strcmp(path, "stat") == 0)
		return snprintf(text, size, "cpu 1 2\nbtime 1699999000\n");
	if (strncmp(path, "sys/", 4) == 0)
		return snprintf(text, size, "400\n");
	if (of == 0)
		return -ESRCH;
	memcpy(text, files[of / FILES][of % FILES].text, TEXT);
	return files[of / FILES][of % FILES].len;
}

static ssize_t proc_link(const char *path, char *text, size_t size)
{
	if (strcmp(path, "self/ns/pid") == 0)
		return snprintf(text, size, "pid:[4026531836]");
	return strstr(path, "exe") ? snprintf(text, size, "/bin/sh") : -EACCES;
}

static uint32_t proc_next(uint32_t pid)
{
	while (pid <= PIDS && files[pid][STAT].len < 0)
		pid++;
	return pid <= PIDS ? pid : 0;
}

static const struct fake_proc proc = {proc_open, proc_read, proc_link, proc_next};

/* ---- the table --------------------------------------------------------------------------- */

static const struct lineage_process *in_slot(uint32_t slot)
{
	return &lineage.processes[slot];
}

/* Each entry is in the list of its state once, and each bucket's chain ends. */
static void check_table(void)
{
	uint32_t listed = 0;

	if (lineage.made > lineage.capacity)
		fail("more entries than there may be");
	for (unsigned state = LINEAGE_FREE; state < LINEAGE_STATES; state++)
		for (uint32_t at = lineage.first[state]; at; at = in_slot(at)->older) {
			if (in_slot(at)->state != state || ++listed > lineage.made)
				fail("an entry in the wrong list");
			if (!in_slot(at)->older && lineage.last[state] != at)
				fail("a list without an end");
		}
	if (listed != lineage.made)
		fail("an entry in no list");
	for (unsigned i = 0; i < LIMIT_PROCESS_BUCKETS; i++) {
		listed = 0;
		for (uint32_t at = lineage.buckets[i]; at; at = in_slot(at)->next)
			if (++listed > lineage.made)
				fail("a chain without an end");
	}
}

static uint32_t children_of(const struct lineage_process *p)
{
	uint32_t count = 0;

	for (uint32_t at = lineage.first[LINEAGE_LIVES]; at; at = in_slot(at)->older)
		count += in_slot(at)->parent == p->ref;
	return count;
}

static void check_facts(const struct lineage_facts *facts)
{
	if (!facts->self)
		return;
	if (facts->parent && facts->parent->pid != facts->self->ppid)
		fail("another parent");
	if (facts->session && facts->session->pid != facts->self->sid)
		fail("another session");
	if (facts->parent && facts->parent->children != children_of(facts->parent))
		fail("children are counted wrongly");
}

static void on_event(void *context, const struct raw_event *raw)
{
	cJSON *root;

	(void)context;
	arena_reset(&arena);
	event_join(&event, &reassembly, raw, &workspace);
	normalize(&event);
	lineage_event(&lineage, &event, SPAN_NONE, &document.facts);
	check_table();
	check_facts(&document.facts);
	root = document_build(&document, &event, &reassembly, raw);
	check_json(written, json_write(root, written, sizeof(written)));
}

/* ---- the input --------------------------------------------------------------------------- */

static const uint8_t *input;
static size_t input_len;
static uint32_t serial;
static int64_t time_ms;

static unsigned next_byte(void)
{
	if (input_len == 0)
		return 0;
	input_len--;
	return *input++;
}

static void set_file(void)
{
	const unsigned pid = 1 + next_byte() % PIDS, file = next_byte() % FILES;
	const unsigned len = next_byte() % TEXT;
	ssize_t used = 0;

	if (file == STAT && len > 16) /* one that can be read */
		used = snprintf(files[pid][file].text, TEXT,
			"%u (%c) S %u %u %u %u 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 %u 0", pid,
			(int)(1 + next_byte() % 126), next_byte() % PIDS, next_byte() % PIDS,
			next_byte() % PIDS, next_byte() << 8 | next_byte(),
			99900 + next_byte() * 4);
	else if (file == CGROUP && len > 128)
		used = snprintf(files[pid][file].text, TEXT, "0::/docker/%064x/%064x.scope\n",
			next_byte(), next_byte());
	else
		for (; used < (ssize_t)len; used++)
			files[pid][file].text[used] = (char)next_byte();
	files[pid][file].len = len == 0 ? -1 : used;
}

static void push(uint16_t type, const char *body)
{
	char text[1024];
	const int len = snprintf(text, sizeof(text), "audit(%lld.%03lld:%u): %s",
		(long long)(time_ms / 1000), (long long)(time_ms % 1000), serial, body);

	reassembly_push(&reassembly, type, (struct span){text, (uint32_t)len}, time_ms);
}

static void make_event(void)
{
	static const unsigned calls[] = {59, 322, 57, 58, 56, 435, 231, 112, 109, 2};
	static const char *const exes[] = {
		"/bin/sh", "/usr/sbin/sshd", "/bin/a b", "/x/containerd-shim", "/bin/login"};
	static const char *const ttys[] = {"(none)", "pts1", "ttyS0", "tty1", "ttyX9"};
	const unsigned call = calls[next_byte() % 10], how = next_byte();
	char body[512];

	serial++;
	time_ms += next_byte();
	if (how % 8 == 7) {
		snprintf(body, sizeof(body), "pid=%u uid=0 auid=0 ses=1 msg='op=x res=success'",
			next_byte() % PIDS);
		push(RECORD_USER_START, body);
		return;
	}
	snprintf(body, sizeof(body),
		"arch=c000003e syscall=%u %s a0=%x a1=%x items=0 ppid=%u pid=%u euid=%u tty=%s "
		"comm=\"sh\" exe=\"%s\" key=\"k\"",
		call,
		how & 1	  ? ""
		: how & 2 ? "success=no exit=-1"
			  : "",
		next_byte() << (how & 16), next_byte(), next_byte() % PIDS, next_byte() % PIDS, how,
		ttys[next_byte() % 5], exes[next_byte() % 5]);
	if (how & 4) {
		char result[32];

		snprintf(result, sizeof(result), " success=yes exit=%u", next_byte() % PIDS);
		strcat(body, result);
	}
	push(RECORD_SYSCALL, body);
	if (call == 59) {
		char args[400] = "argc=2 a0=\"sh\" a1=";
		const unsigned len = next_byte() % 180;

		for (unsigned i = 0; i < len; i++)
			sprintf(args + strlen(args), "%02X", next_byte());
		push(RECORD_EXECVE, args);
	}
	push(RECORD_EOE, "");
}

static void set_up(void)
{
	static const struct document_host host = {.name = "box",
		.hostname = "box",
		.architecture = "x86_64",
		.id = "",
		.agent_id = "a",
		.ephemeral_id = "e"};
	const unsigned choice = next_byte();
	const struct lineage_setup setup = {
		.capacity = 16 + (choice & 15), .is_log = choice & 128, .counters = &counters};

	memset(&lineage, 0, sizeof(lineage));
	for (unsigned pid = 0; pid <= PIDS; pid++)
		for (unsigned i = 0; i < FILES; i++)
			files[pid][i].len = -1;
	fake_sys_reset();
	if (!(choice & 64))
		fake_sys_proc(&proc);
	serial = 0;
	time_ms = FAKE_SYS_REALTIME_S * INT64_C(1000);
	record_workspace_init(&workspace, &arena);
	event_init(&event);
	config_init(&config);
	reassembly_init(&reassembly, 16, 2000, &counters, on_event, NULL);
	if (!document_init(&document, &config, &identity, &host, &arena))
		abort();
	document.lineage = &lineage;
	lineage_init(&lineage, &setup);
	lineage_audited(&lineage, choice & 32);
	for (unsigned i = choice & 16 ? 8 : 0; i > 0; i--)
		set_file();
	lineage_scan(&lineage);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	input = data;
	input_len = size;
	set_up();
	while (input_len > 0) {
		switch (next_byte() % 8) {
		case 0:
		case 1:
			set_file();
			break;
		case 2:
			fake_sys_clock_advance_ms(next_byte());
			lineage_turn(&lineage);
			break;
		case 3:
			lineage_lost(&lineage);
			break;
		default:
			make_event();
		}
	}
	reassembly_flush(&reassembly);
	lineage_close(&lineage);
	return 0;
}
