#include "document_process.h"

#include "decode.h"
#include "document_layout.h"
#include "document_lineage.h"
#include "process_name.h"

static struct span data_text(const struct event *e, enum key key)
{
	const struct field *f = event_data(e, key);

	return f && !span_is(field_value(f), "(none)") ? field_value(f) : SPAN_NONE;
}

static void add_data_number(const struct document *d, const struct event *e, cJSON *object,
	const char *name, enum key key)
{
	const struct field *f = event_data(e, key);
	int64_t number;

	if (f && decode_int(field_value(f), &number))
		json_add(object, name, json_number(d->arena, number));
}

/* ---- arguments --------------------------------------------------------------------------- */

/* Whole characters of UTF-8 that are no longer than `most`. */
static uint32_t whole_characters(struct span text, uint32_t most)
{
	while (most > 0 && ((unsigned char)text.at[most] & 0xc0) == 0x80)
		most--;
	return most;
}

/* All arguments, with a blank between two of them, as far as they may go. Empty where the arena has
 * no room. */
static struct span command_line(struct document *d, const struct execve *x)
{
	uint32_t len = x->arg_count - 1, room;
	char *text, *at;

	for (uint32_t i = 0; i < x->arg_count; i++)
		len += x->args[i].len;
	d->cut |= len > LIMIT_COMMAND_LINE_BYTES;
	room = len > LIMIT_COMMAND_LINE_BYTES ? LIMIT_COMMAND_LINE_BYTES : len;
	text = at = room > 0 ? arena_take(d->arena, room) : NULL;
	if (!text)
		return SPAN_NONE;
	for (uint32_t i = 0; i < x->arg_count && room > 0; i++) {
		struct span arg = x->args[i];

		if (i > 0) {
			*at++ = ' ';
			room--;
		}
		if (arg.len > room)
			arg.len = room = whole_characters(arg, room);
		if (arg.len > 0)
			memcpy(at, arg.at, arg.len);
		at += arg.len;
		room -= arg.len;
	}
	return (struct span){text, (uint32_t)(at - text)};
}

static void add_args(struct document *d, const struct event *e, cJSON *process)
{
	cJSON *list;
	uint64_t argc;

	if (e->execve.arg_count == 0)
		return;
	list = json_array(d->arena);
	arena_hold(d->arena, LIMIT_DOCUMENT_RESERVE_BYTES);
	for (uint32_t i = 0; i < e->execve.arg_count; i++)
		document_append_text(d, list, e->execve.args[i]);
	document_add_some(d, process, "command_line", command_line(d, &e->execve));
	arena_let_go(d->arena);
	document_add_part(process, "args", list);
	if (decode_uint(e->execve.argc, &argc) && argc <= INT64_MAX)
		json_add(process, "args_count", json_number(d->arena, (int64_t)argc));
}

/* ---- the whole --------------------------------------------------------------------------- */

/* The status that a parent sees is the low byte of exit's argument (wait(2)). */
static void add_exit_code(const struct document *d, const struct event *e, cJSON *process)
{
	const struct field *call = event_data(e, KEY_SYSCALL), *status;
	int32_t number;

	if (!call ||
		!(span_is(field_value(call), "exit_group") || span_is(field_value(call), "exit")))
		return;
	status = e->has_syscall ? event_data(e, KEY_A0) : NULL;
	if (status && decode_register_int(field_value(status), &number))
		json_add(process, "exit_code", json_number(d->arena, number & 0xff));
}

void document_add_process(struct document *d, const struct event *e, cJSON *root)
{
	const struct span exe = data_text(e, KEY_EXE);
	cJSON *process = json_object(d->arena);

	if (!process)
		return;
	add_data_number(d, e, process, "pid", KEY_PID);
	document_add_lineage(d, process, event_data(e, KEY_PPID));
	document_add_some(d, process, "name", process_name(data_text(e, KEY_COMM), exe));
	document_add_some(d, process, "executable", exe);
	document_add_some(d, process, "working_directory", data_text(e, KEY_CWD));
	document_add_some(d, process, "title", data_text(e, KEY_PROCTITLE));
	add_args(d, e, process);
	add_exit_code(d, e, process);
	document_add_capabilities(d, e, process);
	if (process->child)
		json_add(root, "process", process);
}
