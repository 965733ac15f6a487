#include "lineage_image.h"

#include <string.h>
#include "json.h"
#include "process_name.h"

/* A piece of an entry's text while it is written. */
struct piece {
	char *at;
	uint32_t len, room;
};

_Static_assert(LIMIT_LINEAGE_NAMES_BYTES <= UINT8_MAX &&
		       LIMIT_LINEAGE_DIRECTORY_BYTES <= UINT8_MAX &&
		       LIMIT_LINEAGE_NAMES_BYTES <= LIMIT_LINEAGE_TEXT_BYTES,
	"their lengths have eight bits, and they fit");

uint32_t lineage_hash(struct span text)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (uint32_t i = 0; i < text.len; i++)
		hash = (hash ^ (unsigned char)text.at[i]) * 16777619u;
	return text.len == 0 ? 0 : hash ? hash : 1;
}

/* Texts with characters that must be escaped may become several times as long. */
__attribute__((noinline, cold)) static uint32_t put_odd_text(
	char *to, struct span text, uint32_t room)
{
	char escaped[1 + 6 * LIMIT_LINEAGE_TEXT_BYTES + JSON_SLACK + 64];
	size_t len;

	if (text.len > room || room > LIMIT_LINEAGE_TEXT_BYTES)
		return room + 1;
	len = json_escape(escaped + 1, text.at, text.len, room);
	if (len <= room)
		memcpy(to, escaped + 1, len);
	return (uint32_t)len;
}

/* The length of the escaped text; more than `room`: it does not fit. */
static uint32_t put_text(char *to, struct span text, uint32_t room)
{
	const uint32_t len = text.len <= room ? text.len : room;

	for (uint32_t i = 0; i < len; i++) {
		const unsigned char c = (unsigned char)text.at[i];

		if (c < ' ' || c >= 0x7f || c == '"' || c == '\\')
			return put_odd_text(to, text, room);
		to[i] = (char)c;
	}
	return text.len <= room ? text.len : room + 1;
}

/* `before`, the text escaped, and a quote. false: it does not fit, and nothing is there. */
static bool add(struct piece *p, struct span before, struct span text)
{
	uint32_t len;

	if (p->len + before.len + 1 > p->room)
		return false;
	memcpy(p->at + p->len, before.at, before.len);
	len = put_text(p->at + p->len + before.len, text, p->room - p->len - before.len - 1);
	if (p->len + before.len + len + 1 > p->room)
		return false;
	p->len += before.len + len + 1;
	p->at[p->len - 1] = '"';
	return true;
}

/* ---- names ------------------------------------------------------------------------------- */

static uint8_t kind_of(struct span name)
{
	if (name.len == 0 || !memchr("slrcd", name.at[0], 5)) /* most are none of these */
		return 0;
	if (span_starts(name, "sshd") || span_is(name, "dropbear"))
		return NAME_IS_SSHD;
	if (span_is(name, "login"))
		return NAME_IS_LOGIN;
	if (span_starts(name, "runc") || span_starts(name, "crun") || span_starts(name, "conmon") ||
		span_starts(name, "containerd-shim"))
		return NAME_IS_RUNTIME | NAME_IS_NO_ENTRY;
	if (span_starts(name, "lxc-start"))
		return NAME_IS_RUNTIME;
	return span_is(name, "calico-node") || span_is(name, "check-status") ? NAME_IS_NO_ENTRY : 0;
}

static void set_names(struct lineage_process *p, const struct lineage_image *image)
{
	const struct span name = process_name(image->comm, image->exe);
	struct piece names = {.at = p->text, .room = LIMIT_LINEAGE_NAMES_BYTES - 64};

	p->name = kind_of(name);
	p->exe_hash = lineage_hash(image->exe);
	if (image->exe.len > 0)
		(void)add(&names, SPAN("\"executable\":\""), image->exe);
	names.room = LIMIT_LINEAGE_NAMES_BYTES;
	if (name.len > 0)
		(void)add(&names, names.len > 0 ? SPAN(",\"name\":\"") : SPAN("\"name\":\""), name);
	p->names_len = (uint8_t)names.len;
}

/* ---- the rest ---------------------------------------------------------------------------- */

static void set_directory(struct lineage_process *p, struct span directory)
{
	struct piece piece = {
		.at = p->text + p->names_len, .room = LIMIT_LINEAGE_TEXT_BYTES - p->names_len};

	if (piece.room > LIMIT_LINEAGE_DIRECTORY_BYTES)
		piece.room = LIMIT_LINEAGE_DIRECTORY_BYTES;
	if (directory.len > 0)
		(void)add(&piece, SPAN("\"working_directory\":\""), directory);
	p->directory_len = (uint8_t)piece.len;
}

/* Those from the first on that does not fit are left out. */
static void set_args(struct lineage_process *p, const struct lineage_image *image)
{
	const uint32_t from = (uint32_t)p->names_len + p->directory_len;
	const uint32_t left =
		LIMIT_LINEAGE_TEXT_BYTES - from; /* names and directory may take all */
	struct piece piece = {.at = p->text + from, .room = left > 0 ? left - 1 : 0};
	uint32_t i;

	p->arg_count = image->all_count;
	for (i = 0; i < image->arg_count; i++)
		if (!add(&piece, i == 0 ? SPAN("\"args\":[\"") : SPAN(",\""), image->args[i]))
			break;
	if (piece.len > 0)
		piece.at[piece.len++] = ']';
	p->args_len = (uint16_t)piece.len;
}

void lineage_set_image(struct lineage_process *p, const struct lineage_image *image)
{
	p->names_len = p->directory_len = 0;
	set_names(p, image);
	set_directory(p, image->directory);
	set_args(p, image);
}

void lineage_copy_image(struct lineage_process *p, const struct lineage_process *from)
{
	p->exe_hash = from->exe_hash;
	p->name = from->name;
	p->arg_count = from->arg_count;
	p->names_len = from->names_len;
	p->directory_len = from->directory_len;
	p->args_len = from->args_len;
	memcpy(p->text, from->text, (size_t)from->names_len + from->directory_len + from->args_len);
}
