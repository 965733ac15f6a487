/* link: record.o record_fields.o record_split.o record_message.o record_outside.o record_avc.o
 * record_odd.o record_decode.o decode.o sockaddr_text.o execve.o record_header.o
 * tables.o table_names.o table_keys.o table_norms.o table_syscalls.o check_json.o cjson.o */
/*
 * One record: two bytes that choose its type, one of how much room its decoded values have, and
 * its body.
 */
#include "execve.h"
#include "record.h"
#include "record_header.h"
#include <stdlib.h>

#include "check_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct record_workspace workspace;
static struct execve execve;
static char memory[LIMIT_SCRATCH_BYTES];
static struct arena arena = {.base = memory};

/* What its bytes were added up to, so that nobody leaves that out. */
volatile unsigned fuzz_record_sum;

/* Types of which something is special; second byte 0 chooses among them. */
static const uint16_t types[] = {RECORD_SYSCALL, RECORD_SECCOMP, RECORD_SOCKADDR, RECORD_EXECVE,
	RECORD_PROCTITLE, RECORD_USER_CMD, RECORD_TTY, RECORD_PATH, RECORD_USER_LOGIN, RECORD_AVC,
	RECORD_LOGIN, RECORD_USER_START, RECORD_CWD};

static uint16_t type_of(const uint8_t *data)
{
	if (data[1] == 0)
		return types[data[0] % (sizeof(types) / sizeof(types[0]))];
	return (uint16_t)(data[0] | data[1] << 8);
}

static void check_name(const struct field *f)
{
	if (f->name_len == 0)
		fail("an empty name");
	if (f->key != KEY_OTHER && memcmp(f->name, key_name(f->key).at, f->name_len + 1u) != 0)
		fail("the name is not the key's");
	for (uint32_t i = 0; i < f->name_len; i++)
		if (!memchr("abcdefghijklmnopqrstuvwxyz0123456789_-", f->name[i], 38))
			fail("a name with an odd character");
}

/* Sum of all bytes, so that the sanitizers see each of them read. */
static unsigned sum(const char *at, uint32_t len)
{
	unsigned total = 0;

	for (uint32_t i = 0; i < len; i++)
		total += (unsigned char)at[i];
	return total;
}

static unsigned check_record(const struct record *r)
{
	unsigned total = 0;

	if (r->field_count > LIMIT_EVENT_FIELDS || r->tag_count > LIMIT_EVENT_TAGS ||
		r->fields + r->field_count > workspace.fields + LIMIT_EVENT_FIELDS)
		fail("more than there may be");
	for (uint32_t i = 0; i < r->field_count; i++) {
		const struct field *f = &r->fields[i];

		check_name(f);
		total += sum(f->value, f->len);
		if (f->key == KEY_OTHER) {
			for (uint32_t j = 0; j < i && i < 300; j++)
				if (r->fields[j].name_len == f->name_len &&
					memcmp(r->fields[j].name, f->name, f->name_len) == 0)
					fail("a name twice");
		} else if (record_field(&workspace, (enum key)f->key) != f ||
			   record_field_in(r, (enum key)f->key) != f) {
			fail("a key is not found");
		}
	}
	for (uint32_t i = 0; i < r->tag_count; i++)
		total += sum(r->tags[i].at, r->tags[i].len);
	return total + sum(r->address.at, r->address.len);
}

static unsigned check_arguments(struct span body)
{
	unsigned total = 0;

	execve_reset(&execve);
	execve_add(&execve, body);
	execve_add(&execve, (struct span){body.at + body.len / 2, body.len - body.len / 2});
	execve_finish(&execve, LIMIT_EVENT_WORK, &arena);
	if (execve.piece_count > LIMIT_EVENT_PIECES || execve.arg_count > LIMIT_EVENT_ARGS ||
		execve.arg_count > execve.piece_count)
		fail("more arguments than there may be");
	for (uint32_t i = 0; i < execve.arg_count; i++)
		total += sum(execve.args[i].at, execve.args[i].len);
	return total;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record_header header;
	struct record record;
	struct span body;
	bool is_whole;
	char *copy;

	if (size < 3)
		return 0;
	arena.size = (size_t)data[2] * data[2] * 8;
	arena_reset(&arena);
	copy = malloc(size); /* of its own size: reading beyond it is seen */
	if (!copy)
		abort();
	memcpy(copy, data + 3, size - 3);
	copy = realloc(copy, size - 3 ? size - 3 : 1);
	body = record_trim((struct span){copy, (uint32_t)(size - 3)});
	if (record_header_parse(body, &header)) {
		body.at += header.body;
		body.len -= header.body;
	}
	record_workspace_init(&workspace, &arena);
	workspace.numbering = (enum numbering)(data[2] % (NUMBERING_SPARC + 1));
	workspace.big_endian = data[2] & 1;
	record_workspace_reset(&workspace);
	record_parse(&workspace, type_of(data), body, &record);
	fuzz_record_sum = check_record(&record);
	is_whole = !workspace.left_out.at;
	/* Once more, now that it is known which field follows which: then fewer names have to be
	 * looked at, and where LIMIT_EVENT_NAMES left some out, more of them may be read. */
	arena_reset(&arena);
	record_workspace_reset(&workspace);
	record_parse(&workspace, type_of(data), body, &record);
	if (check_record(&record) != fuzz_record_sum && is_whole)
		fail("another record the second time");
	if (is_whole && workspace.left_out.at)
		fail("less of it the second time");
	fuzz_record_sum += check_arguments(body);
	free(copy);
	return 0;
}
