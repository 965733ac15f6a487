/*
 * bench_json - what building and writing one document costs, in nanoseconds of CPU.
 *
 * The document is that of a program's start with two paths, without and with the raw records:
 * about a hundred nodes. Beside ours runs cJSON's own way: CreateStringReference,
 * AddItemToObjectCS, PrintPreallocated. Each figure is the best of several rounds.
 */
/* link: json.o */
#include "json.h"
#include <stdio.h>
#include <time.h>
/* The source itself: in the program cJSON is built without its printer. */
#include <cJSON.c>

#define ROUNDS	15
#define REPEATS 20000

static char region[256 * 1024];
static struct arena arena = {.base = region, .size = sizeof(region)};
static char line[64 * 1024];

static const char members[] =
	"\"agent\":{\"ephemeral_id\":\"e0628fc4-1dd1-41be-bd91-933cab7a1f84\",\"id\":"
	"\"0f196a51-65b8-4251-a335-71e4fb500136\",\"name\":\"router\",\"type\":\"ecsaudit\","
	"\"version\":\"1.0\"},\"data_stream\":{\"dataset\":\"auditd_manager.auditd\","
	"\"namespace\":\"default\",\"type\":\"logs\"},\"ecs\":{\"version\":\"8.2.0\"},"
	"\"host\":{\"name\":\"router\"},\"service\":{\"type\":\"auditd\"},"
	"\"tags\":[\"preserve_original_event\",\"auditd_manager-auditd\"]";

/* As the parser leaves them: the length of a field's name and of its value are known. */
struct pair {
	const char *key;
	size_t key_len;
	struct span text;
};
#define PAIR(key, text)                                                                            \
	{                                                                                          \
		key, sizeof(key) - 1,                                                              \
		{                                                                                  \
			text, sizeof(text) - 1                                                     \
		}                                                                                  \
	}

static const struct pair data[] = {PAIR("a0", "55d0c1a2b3c0"), PAIR("a1", "55d0c1a2b400"),
	PAIR("a2", "55d0c1a2b480"), PAIR("a3", "8"), PAIR("arch", "x86_64"), PAIR("argc", "3"),
	PAIR("exit", "0"), PAIR("syscall", "execve"), PAIR("tty", "pts1")};

static const struct pair path[] = {PAIR("cap_fe", "0"), PAIR("cap_fi", "0"), PAIR("cap_fp", "0"),
	PAIR("cap_frootid", "0"), PAIR("cap_fver", "0"), PAIR("dev", "fe:01"),
	PAIR("inode", "13348"), PAIR("item", "0"), PAIR("mode", "0100755"),
	PAIR("name", "/lib/ld-musl-x86_64.so.1"), PAIR("nametype", "NORMAL"),
	PAIR("objtype", "NORMAL"), PAIR("ogid", "0"), PAIR("ouid", "0"), PAIR("rdev", "00:00")};

static const struct pair file[] = {PAIR("device", "00:00"), PAIR("gid", "0"), PAIR("group", "root"),
	PAIR("inode", "13348"), PAIR("mode", "0755"), PAIR("owner", "root"),
	PAIR("path", "/bin/busybox"), PAIR("uid", "0")};

static const struct span records[] = {
	SPAN("type=SYSCALL msg=audit(1649343950.500:68938): arch=c000003e syscall=59 success=yes "
	     "exit=0 "
	     "a0=55d0c1a2b3c0 a1=55d0c1a2b400 a2=55d0c1a2b480 a3=8 items=2 ppid=1201 pid=1202 "
	     "auid=1000 "
	     "uid=1000 gid=1000 euid=1000 suid=1000 fsuid=1000 egid=1000 sgid=1000 fsgid=1000 "
	     "tty=pts1 "
	     "ses=3 comm=\"ls\" exe=\"/bin/busybox\" subj=unconfined key=\"exec\""),
	SPAN("type=EXECVE msg=audit(1649343950.500:68938): argc=3 a0=\"ls\" a1=\"-l\" a2=\"/tmp\""),
	SPAN("type=CWD msg=audit(1649343950.500:68938): cwd=\"/home/user\"")};

/* ---- our way --------------------------------------------------------------------------- */

static void add_all(cJSON *to, const struct pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		json_add_key(to, pairs[i].key, pairs[i].key_len, json_text(&arena, pairs[i].text));
}
#define ADD_ALL(to, pairs) add_all(to, pairs, sizeof(pairs) / sizeof(pairs[0]))

static cJSON *add_object(cJSON *to, const char *key)
{
	cJSON *node = json_object(&arena);

	json_add(to, key, node);
	return node;
}

static cJSON *add_array(cJSON *to, const char *key)
{
	cJSON *node = json_array(&arena);

	json_add(to, key, node);
	return node;
}

static void add_user(cJSON *root)
{
	static const char *const kinds[] = {"audit", "effective", "filesystem", "saved"};
	cJSON *user = add_object(root, "user"), *one;

	for (size_t i = 0; i < 4; i++) {
		one = add_object(user, kinds[i]);
		json_add_text(&arena, one, "id", SPAN("1000"));
		json_add_text(&arena, one, "name", SPAN("operator"));
	}
	json_add_text(&arena, user, "id", SPAN("1000"));
	json_add_text(&arena, user, "name", SPAN("operator"));
}

static cJSON *build(bool with_records)
{
	cJSON *root, *auditd, *node, *list, *summary;

	arena_reset(&arena);
	root = json_object(&arena);
	json_add_text(&arena, root, "@timestamp", SPAN("2022-04-07T15:05:50.500Z"));
	auditd = add_object(root, "auditd");
	node = add_object(auditd, "data");
	ADD_ALL(node, data);
	json_add_text(&arena, auditd, "message_type", SPAN("syscall"));
	list = add_array(auditd, "paths");
	for (int i = 0; i < 2; i++) {
		node = json_object(&arena);
		ADD_ALL(node, path);
		json_append(list, node);
	}
	json_add_text(&arena, auditd, "result", SPAN("success"));
	json_add_raw(&arena, auditd, "sequence", SPAN("68938"));
	json_add_text(&arena, auditd, "session", SPAN("3"));
	summary = add_object(auditd, "summary");
	node = add_object(summary, "actor");
	json_add_text(&arena, node, "primary", SPAN("operator"));
	json_add_text(&arena, node, "secondary", SPAN("operator"));
	json_add_text(&arena, summary, "how", SPAN("/bin/busybox"));
	node = add_object(summary, "object");
	json_add_text(&arena, node, "primary", SPAN("/bin/busybox"));
	json_add_text(&arena, node, "type", SPAN("file"));
	json_add_members(&arena, root, SPAN(members));
	node = add_object(root, "event");
	json_add_text(&arena, node, "action", SPAN("executed"));
	json_append(add_array(node, "category"), json_text(&arena, SPAN("process")));
	json_add_text(&arena, node, "kind", SPAN("event"));
	if (with_records) {
		list = add_array(node, "original");
		for (size_t i = 0; i < 3; i++)
			json_append(list, json_text(&arena, records[i]));
	}
	json_add_text(&arena, node, "outcome", SPAN("success"));
	json_append(add_array(node, "type"), json_text(&arena, SPAN("start")));
	node = add_object(root, "file");
	ADD_ALL(node, file);
	node = add_object(root, "process");
	list = add_array(node, "args");
	json_append(list, json_text(&arena, SPAN("ls")));
	json_append(list, json_text(&arena, SPAN("-l")));
	json_append(list, json_text(&arena, SPAN("/tmp")));
	json_add_text(&arena, node, "executable", SPAN("/bin/busybox"));
	json_add_text(&arena, node, "name", SPAN("ls"));
	json_add_raw(&arena, add_object(node, "parent"), "pid", SPAN("1201"));
	json_add_raw(&arena, node, "pid", SPAN("1202"));
	json_add_text(&arena, node, "title", SPAN("ls -l /tmp"));
	json_add_text(&arena, node, "working_directory", SPAN("/home/user"));
	add_user(root);
	return root;
}

/* ---- cJSON's way: the same tree ---------------------------------------------------------- */

static void *take(size_t size)
{
	return arena_take(&arena, size);
}

static void leave(void *p)
{
	(void)p;
}

/* Rebuild our tree with cJSON's functions; texts were terminated by `terminated`. */
static cJSON *rebuild(const cJSON *node)
{
	cJSON *copy = NULL, *item;

	switch (node->type & 0xff) {
	case cJSON_String:
		return cJSON_CreateStringReference(node->valuestring);
	case cJSON_Raw: {
		cJSON *raw = cJSON_CreateStringReference(node->valuestring);

		raw->type = cJSON_Raw | cJSON_IsReference;
		return raw;
	}
	case cJSON_Object:
		copy = cJSON_CreateObject();
		break;
	default:
		copy = cJSON_CreateArray();
	}
	for (node = node->child; node; node = node->next) {
		item = rebuild(node);
		if (node->string)
			cJSON_AddItemToObjectCS(copy, node->string, item);
		else
			cJSON_AddItemToArray(copy, item);
	}
	return copy;
}

static unsigned count_nodes(const cJSON *node)
{
	unsigned n = 0;

	for (; node; node = node->next)
		n += 1 + count_nodes(node->child);
	return n;
}

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

#define MEASURE(best, statement)                                                                   \
	do {                                                                                       \
		best = 1e18;                                                                       \
		for (int round = 0; round < ROUNDS; round++) {                                     \
			double start = now_ns(), took;                                             \
			for (int i = 0; i < REPEATS; i++) {                                        \
				statement;                                                         \
				__asm__ volatile("" ::: "memory");                                 \
			}                                                                          \
			took = (now_ns() - start) / REPEATS;                                       \
			best = took < best ? took : best;                                          \
		}                                                                                  \
	} while (0)

static void measure(const char *name, bool with_records)
{
	cJSON *root = build(with_records);
	size_t len = json_write(root, line, sizeof(line));
	double building, writing;

	printf("%s: %u nodes, %zu bytes\n", name, count_nodes(root), len);
	MEASURE(building, build(with_records));
	MEASURE(writing, json_write(root, line, sizeof(line)));
	printf("  ours   build %6.0f ns   write %6.0f ns\n", building, writing);
	cJSON_Hooks hooks = {take, leave};
	size_t used;

	cJSON_InitHooks(&hooks);
	root = build(with_records);
	used = arena.used;
	MEASURE(building, (arena.used = used, rebuild(root)));
	arena.used = used;
	root = rebuild(root);
	used = arena.used;
	MEASURE(writing, (arena.used = used, cJSON_PrintPreallocated(root, line, sizeof(line), 0)));
	printf("  cJSON  build %6.0f ns   write %6.0f ns\n", building, writing);
}

int main(void)
{
	measure("without records", false);
	measure("with records", true);
	return 0;
}
