/* link: forge.o log_reader.o log_line.o log_header.o log_enriched.o log_journal.o reassembly.o
 * reassembly_order.o blocks.o record_header.o event.o execve.o record.o record_fields.o
 * record_split.o record_message.o record_outside.o record_avc.o record_odd.o record_decode.o
 * decode.o sockaddr_text.o normalize.o document.o document_network.o document_process.o
 * document_auditd.o document_constants.o document_file.o document_layout.o document_message.o
 * document_user.o enriched.o json.o shrink.o timestamp.o tables.o table_names.o table_keys.o
 * table_norms.o table_syscalls.o fake_identity.o check_json.o cjson.o os_facts.o */
/*
 * Nobody forges a field: a byte that chooses a template of forge.c, one that chooses the layout,
 * where its record stands, and whether it comes of the kernel or of auditd's log, and the text of
 * an attacker.
 *
 * The leaves of the document may be others than with a harmless text only where two harmless texts
 * differ, and where the template says so; and no leaf may be new.
 */
#include "document.h"
#include "forge.h"
#include "json.h"
#include "log_reader.h"
#include "normalize.h"
#include "shrink.h"
#include "sys.h"
#include <stdio.h>
#include <stdlib.h>

#include "check_json.h"

#define TEXT_MAX	256u /* nothing is cut */
#define LEAVES_MAX	512
#define HEX_OF_TEXT_MAX (2 * TEXT_MAX + 1)
#define RECORD_MAX	2048u

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- from records to a document, as the agent does it ------------------------------------ */

static struct reassembly reassembly;
static struct counters counters;
static struct record_workspace workspace;
static struct event event;
static struct document document;
static struct config config;
static char memory[LIMIT_SCRATCH_BYTES];
static struct arena arena = {.base = memory, .size = sizeof(memory)};
static char message[LIMIT_DOCUMENT_BYTES];

struct leaf {
	char *path, *value;
};

struct leaves {
	unsigned documents, count;
	struct leaf leaf[LEAVES_MAX];
};

static struct leaves *filling;

static void add_leaf(const char *path, const cJSON *node)
{
	struct leaf *leaf = &filling->leaf[filling->count++];

	if (filling->count > LEAVES_MAX)
		fail("more leaves than there may be");
	leaf->path = strdup(path);
	leaf->value =
		cJSON_IsString(node) ? strdup(node->valuestring) : cJSON_PrintUnformatted(node);
	if (!leaf->path || !leaf->value)
		abort();
}

/* A list without objects in it is one leaf: its order may change. */
static bool is_leaf(const cJSON *node)
{
	const cJSON *child;

	if (!cJSON_IsArray(node))
		return !cJSON_IsObject(node);
	cJSON_ArrayForEach(child, node) if (cJSON_IsObject(child)) return false;
	return true;
}

static void flatten(const char *path, const cJSON *node)
{
	const cJSON *child;
	unsigned index = 0;
	char below[1024];

	if (is_leaf(node)) {
		add_leaf(path, node);
		return;
	}
	cJSON_ArrayForEach(child, node)
	{
		if (cJSON_IsArray(node))
			snprintf(below, sizeof(below), "%s[%u]", path, index++);
		else
			snprintf(below, sizeof(below), "%s%s%s", path, *path ? "." : "",
				child->string);
		flatten(below, child);
	}
}

static void on_event(void *context, const struct raw_event *raw)
{
	struct shrink_mark mark = {.set = false};
	cJSON *root, *tree;
	size_t len;

	(void)context;
	arena_reset(&arena);
	event_join(&event, &reassembly, raw, &workspace);
	normalize(&event);
	root = document_build(&document, &event, &reassembly, raw);
	if (!root)
		fail("no document");
	len = shrink_to_fit(
		root, &document.hints, &mark, message, sizeof(message), sizeof(message));
	if (len == 0 || mark.set)
		fail("too long");
	tree = cJSON_ParseWithLength(message, len);
	filling->documents++;
	flatten("", tree);
	cJSON_Delete(tree);
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct leaf *)a)->path, ((const struct leaf *)b)->path);
}

/* ---- the log of auditd --------------------------------------------------------------------- */

#define LOG_MAX 16384

static struct log_reader reader;

static struct {
	bool used; /* else the records come of the kernel */
	size_t len;
	char text[LOG_MAX];
} auditd_log;

ssize_t sys_read(int fd, void *buf, size_t size)
{
	size_t n = auditd_log.len;

	(void)fd;
	if (n > size)
		fail("a short read");
	memcpy(buf, auditd_log.text, n);
	auditd_log.len = 0;
	return (ssize_t)n;
}

/* auditd explains whatever looks like a field, also in a text of an attacker's; here an id's name
 * is the number behind a u. */
static size_t enrich(char *out, const char *record, size_t len)
{
	static const char *const ids[] = {"auid", "uid", "euid", "fsuid", "suid", "ouid", "oauid",
		"sauid", "gid", "egid", "id"};
	size_t n = 0;

	for (size_t at = 0; at < len; at++)
		for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
			const size_t name = strlen(ids[i]);
			size_t digits = 0;

			if ((at > 0 && record[at - 1] != ' ') || len - at <= name ||
				memcmp(record + at, ids[i], name) != 0 || record[at + name] != '=')
				continue;
			while (at + name + 1 + digits < len && digits < 10 &&
				record[at + name + 1 + digits] >= '0' &&
				record[at + name + 1 + digits] <= '9')
				digits++;
			for (size_t c = 0; c < name; c++)
				out[n++] = (char)(ids[i][c] - 32);
			n += (size_t)sprintf(
				out + n, "=\"u%.*s\" ", (int)digits, record + at + name + 1);
		}
	return n;
}

/* log_format = ENRICHED, auditd.conf(5); of a line break auditd makes a blank. */
static void write_line(uint16_t type, const char *record, size_t len)
{
	char *line = auditd_log.text + auditd_log.len;
	struct span name = record_type_name(type);
	size_t n;

	if (len * 3 + 256 > sizeof(auditd_log.text) - auditd_log.len)
		fail("a log that is too long");
	if (name.len > 0)
		n = (size_t)sprintf(line, "type=%.*s msg=", (int)name.len, name.at);
	else
		n = (size_t)sprintf(line, "type=UNKNOWN[%u] msg=", type);
	memcpy(line + n, record, len);
	n += len;
	for (size_t i = 0; i < n; i++)
		if (line[i] == '\n')
			line[i] = ' ';
	line[n++] = '\035';
	n += enrich(line + n, record, len);
	line[n - 1] = '\n'; /* for a blank, or the separator where nothing was explained */
	auditd_log.len += n;
}

static void on_record(void *context, const struct log_record *record)
{
	(void)context;
	reassembly_push_log(&reassembly, record, 0);
}

static void read_log(void)
{
	log_reader_init(&reader, &counters, on_record, NULL);
	log_reader_open(&reader, 3);
	while (log_reader_step(&reader) > 0)
		;
	log_reader_finish(&reader);
}

/* ---- from a template and a text to records ----------------------------------------------- */

enum place {
	NO_CALL,
	BEFORE_CALL,
	BEHIND_CALL,
	BEFORE_TITLE,
	PLACES
};

struct inserted {
	unsigned len;
	char at[TEXT_MAX];
};

/* What the kernel and libaudit write: text in quotes, or hex. */
static bool needs_hex(const struct inserted *t)
{
	for (unsigned i = 0; i < t->len; i++)
		if (t->at[i] == '"' || (unsigned char)t->at[i] < 0x21 ||
			(unsigned char)t->at[i] > 0x7e)
			return true;
	return false;
}

static unsigned write_text(char *out, enum forge_writing writing, const struct inserted *t)
{
	const bool quotes = writing == QUOTED_OR_HEX || writing == QUOTED_AND_KEPT;
	unsigned n = 0;

	if (writing == HEX || (quotes && needs_hex(t))) {
		for (unsigned i = 0; i < t->len; i++)
			n += (unsigned)sprintf(out + n, "%02X", (unsigned char)t->at[i]);
		return n;
	}
	if (quotes)
		out[n++] = '"';
	memcpy(out + n, t->at, t->len);
	n += t->len;
	if (quotes)
		out[n++] = '"';
	return n;
}

static void push(uint16_t type, const char *text, const struct forge_template *f,
	const struct inserted *inserted)
{
	char *record = malloc(RECORD_MAX + HEX_OF_TEXT_MAX); /* reading beyond it is seen */
	const char *place = strchr(text, T[0]);
	size_t n;

	if (!record)
		abort();
	n = (size_t)sprintf(record, "audit(1700000000.123:7): %.*s",
		(int)(place ? place - text : (ptrdiff_t)strlen(text)), text);
	if (place) {
		n += write_text(record + n, f->writing, inserted);
		n += (size_t)sprintf(record + n, "%s", place + 1);
	}
	record = realloc(record, n);
	if (auditd_log.used)
		write_line(type, record, n);
	else
		reassembly_push(&reassembly, type, (struct span){record, (uint32_t)n}, 0);
	free(record);
}

/* What the kernel says of the call that made it write the template's record. */
static const struct forge_record call[] = {
	{RECORD_SYSCALL,
		"arch=c000003e syscall=257 success=no exit=-13 a0=ffffff9c a1=7ffe a2=0 a3=0 "
		"items=1 "
		"ppid=20 pid=21 auid=1000 uid=1001 gid=100 euid=1001 suid=1001 fsuid=1001 egid=100 "
		"sgid=100 fsgid=100 tty=pts3 ses=5 comm=\"caller\" exe=\"/usr/bin/caller\" "
		"subj=unconfined key=\"rule\""},
	{RECORD_CWD, "cwd=\"/home/bob\""},
	{RECORD_PATH, "item=0 name=\"/home/bob/it\" inode=9 dev=08:01 mode=0100644 ouid=1001 "
		      "ogid=100 rdev=00:00 nametype=NORMAL"},
	{RECORD_PROCTITLE, "proctitle=\"caller\""},
};

#define CALL_RECORDS (sizeof(call) / sizeof(call[0]))

static void push_template(const struct forge_template *f, const struct inserted *t)
{
	for (unsigned i = 0; i < FORGE_RECORDS && f->records[i].type; i++)
		push(f->records[i].type, f->records[i].text, f, t);
}

static void push_event(const struct forge_template *f, enum place place, const struct inserted *t)
{
	static const unsigned before[PLACES] = {
		[BEFORE_CALL] = 0, [BEHIND_CALL] = 1, [BEFORE_TITLE] = CALL_RECORDS - 1};

	if (f->event != WITH_CALL || place == NO_CALL) {
		push_template(f, t);
	} else {
		for (unsigned i = 0; i < CALL_RECORDS; i++) {
			if (i == before[place])
				push_template(f, t);
			push(call[i].type, call[i].text, f, t);
		}
	}
	if (f->event != ALONE && (f->event == WHOLE || place != NO_CALL))
		push(RECORD_EOE, "", f, t);
}

static void free_leaves(struct leaves *l)
{
	for (unsigned i = 0; i < l->count; i++) {
		free(l->leaf[i].path);
		free(l->leaf[i].value);
	}
	l->documents = l->count = 0;
}

/* What the second byte says. */
struct mode {
	bool integration, of_log;
	enum place place;
};

static void make(struct leaves *out, const struct forge_template *f, struct mode mode,
	const struct inserted *t)
{
	const struct document_host host = {.name = "h",
		.architecture = "m",
		.id = "i",
		.agent_id = "i",
		.ephemeral_id = "e",
		.of_log = mode.of_log};

	free_leaves(out);
	memset(&config, 0, sizeof(config));
	memset(&counters, 0, sizeof(counters));
	config.resolve_ids = config.include_message = true;
	config.layout = mode.integration ? LAYOUT_INTEGRATION : LAYOUT_AUDITBEAT;
	config.namespace = config.agent.type = "x";
	config.agent.id = config.agent.name = config.fields = config.host_id = "";
	config.hostname = config.passwd_file = config.group_file = "";
	arena_reset(&arena);
	if (!document_init(&document, &config, NULL, &host, &arena))
		fail("document_init");
	record_workspace_init(&workspace, &arena);
	event_init(&event);
	reassembly_init(&reassembly, 50, 1000, &counters, on_event, NULL);
	if (mode.of_log)
		reassembly_of_log(&reassembly);
	filling = out;
	auditd_log.used = mode.of_log;
	push_event(f, mode.place, t);
	if (mode.of_log)
		read_log();
	reassembly_flush(&reassembly);
	qsort(out->leaf, out->count, sizeof(out->leaf[0]), by_path);
}

/* ---- what the writer lets through --------------------------------------------------------- */

static bool lets_through(enum forge_bytes bytes, unsigned char c)
{
	bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');

	switch (bytes) {
	case ANY:
		return c != 0;
	case LINE:
		return c >= ' ' && c != 0x7f;
	case WORD:
		return c > ' ' && c != 0x7f;
	case INTERFACE: /* isspace() of lib/ctype.c has 0xa0, too */
		return c != 0 && c != ' ' && (c < '\t' || c > '\r') && c != '/' && c != ':' &&
		       c != 0xa0;
	case UNIT:
		return alnum || (c && strchr(":-_.\\@", c));
	case BUS:
		return alnum || (c && strchr("/:-_.", c));
	}
	return false;
}

static void choose(struct inserted *t, enum forge_bytes bytes, const uint8_t *at, size_t size)
{
	size_t most = bytes == INTERFACE ? 15 : TEXT_MAX;

	t->len = 0;
	for (size_t i = 0; i < size && t->len < most; i++)
		if (lets_through(bytes, at[i]))
			t->at[t->len++] = (char)at[i];
}

/* ---- the comparison ------------------------------------------------------------------------ */

static bool matches(const char *path, const char *patterns)
{
	while (patterns && *patterns) {
		size_t n = strcspn(patterns, " ");

		if (patterns[n - 1] == '*' ? strncmp(path, patterns, n - 1) == 0
					   : strlen(path) == n && memcmp(path, patterns, n) == 0)
			return true;
		patterns += n + strspn(patterns + n, " ");
	}
	return false;
}

static const struct leaf *find_leaf(const struct leaves *l, const char *path)
{
	const struct leaf wanted = {.path = (char *)path};

	return bsearch(&wanted, l->leaf, l->count, sizeof(l->leaf[0]), by_path);
}

static bool is_same(const struct leaf *a, const struct leaf *b)
{
	return a && b ? strcmp(a->value, b->value) == 0 : a == b;
}

struct comparison {
	struct leaves one, other; /* of two harmless texts */
	bool known;
};

/* `message` tells the rest of the document in words; auditd.data.text is what is no field. */
static bool may_change(
	const struct forge_template *f, const struct comparison *c, const struct leaf *leaf)
{
	return matches(leaf->path, "message auditd.data.text") ||
	       matches(leaf->path, f->may_change) ||
	       !is_same(find_leaf(&c->one, leaf->path), find_leaf(&c->other, leaf->path));
}

static unsigned report(const char *what, const struct leaf *was, const struct leaf *is)
{
	const char *path = was ? was->path : is->path;

	fprintf(stderr, "  %s %s: %s -> %s\n", what, path, was ? was->value : "-",
		is ? is->value : "-");
	return 1;
}

static unsigned compare(
	const struct forge_template *f, const struct comparison *c, const struct leaves *got)
{
	unsigned wrong = 0;

	if (got->documents != c->one.documents) {
		fprintf(stderr, "  %u documents\n", got->documents);
		wrong++;
	}
	for (unsigned i = 0; i < c->one.count; i++) {
		const struct leaf *was = &c->one.leaf[i], *is = find_leaf(got, was->path);

		if (!is_same(was, is) && !may_change(f, c, was))
			wrong += report("forged", was, is);
	}
	for (unsigned i = 0; i < got->count; i++) {
		const struct leaf *is = &got->leaf[i];

		if (!find_leaf(&c->one, is->path) && !may_change(f, c, is))
			wrong += report("new", NULL, is);
	}
	return wrong;
}

/* Hex that the kernel or libaudit made of a text is in no leaf: it is decoded. Shorter ones are
 * found by chance. */
static unsigned find_hex(
	const struct forge_template *f, const struct inserted *t, const struct leaves *got)
{
	char hex[HEX_OF_TEXT_MAX];
	unsigned wrong = 0;

	if (f->writing != QUOTED_OR_HEX || t->len < 4 || !needs_hex(t))
		return 0;
	write_text(hex, HEX, t);
	for (unsigned i = 0; i < got->count; i++)
		if (strstr(got->leaf[i].value, hex))
			wrong += report("not decoded", NULL, &got->leaf[i]);
	return wrong;
}

/* How many leaves are forged. */
static unsigned try_text(unsigned number, unsigned modes, const uint8_t *at, size_t size)
{
	static struct comparison comparisons[256][2][2][PLACES];
	static const struct inserted harmless[] = {{1, "x"}, {2, "yy"}};
	static struct leaves got;
	const struct forge_template *f = &forge_templates[number];
	const struct mode mode = {.integration = modes & 1,
		.of_log = modes & 8,
		.place = f->event == WITH_CALL ? (enum place)((modes >> 1) % PLACES) : NO_CALL};
	struct comparison *c = &comparisons[number][mode.integration][mode.of_log][mode.place];
	struct inserted text;
	unsigned wrong;

	if (!c->known) {
		make(&c->one, f, mode, &harmless[0]);
		make(&c->other, f, mode, &harmless[1]);
		c->known = true;
	}
	if (c->one.documents == 0 || c->one.documents != c->other.documents) {
		fprintf(stderr, "%s: no document\n", f->writer);
		return 1;
	}
	choose(&text, f->bytes, at, size);
	make(&got, f, mode, &text);
	wrong = compare(f, c, &got) + find_hex(f, &text, &got);
	if (wrong > 0)
		fprintf(stderr, "%s, mode %u: %.*s\n", f->writer, modes, (int)text.len, text.at);
	return wrong;
}

#define MODES 16

/* Where a place makes no difference, one is enough; and in a log one layout. */
static bool is_worth_it(const struct forge_template *f, unsigned modes)
{
	return (f->event == WITH_CALL || !(modes & 6)) && (modes & 9) != 9;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	unsigned wrong = 0;

	(void)argc;
	(void)argv;
	for (unsigned i = 0; i < forge_template_count; i++)
		for (unsigned modes = 0; modes < MODES; modes++)
			for (unsigned a = 0;
				a < forge_attack_count && is_worth_it(&forge_templates[i], modes);
				a++)
				wrong += try_text(i, modes, (const uint8_t *)forge_attacks[a],
					strlen(forge_attacks[a]));
	if (wrong > 0) {
		fprintf(stderr, "%u leaves in all\n", wrong);
		fail("forged");
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	if (try_text(data[0] % forge_template_count, data[1], data + 2, size - 2) > 0)
		fail("forged");
	return 0;
}
