#include "record.h"

#include "record_decode.h"
#include "record_fields.h"
#include "record_outside.h"
#include "record_split.h"

/* "login pid=1 old auid=0 new auid=1" (audit_log_set_loginuid before Linux 4.11): the first two
 * "old " and the first two "new " become parts of the field's name behind them, "old_auid". */
static struct span join_old_new(struct record_workspace *w, struct span body)
{
	char *copy = arena_take(w->scratch, body.len);
	int olds = 0, news = 0;

	if (!copy)
		return body;
	memcpy(copy, body.at, body.len);
	for (uint32_t i = 0; i + 4 <= body.len; i++) {
		if (olds < 2 && memcmp(copy + i, "old ", 4) == 0) {
			copy[i + 3] = '_';
			olds++;
		} else if (news < 2 && memcmp(copy + i, "new ", 4) == 0) {
			copy[i + 3] = '_';
			news++;
		}
	}
	return (struct span){copy, body.len};
}

/* Where the message of a record begins; NULL if it has none. In old logs records of the kernel's
 * types have messages, too; but a " msg='" in a text from outside is none. */
static const char *find_message(uint16_t type, struct span body)
{
	const char *message;

	if (record_is_of_program(type))
		return record_find_message(body);
	if (body.len == 0 || body.at[body.len - 1] != '\'')
		return NULL;
	message = record_find_message(body);
	if (message && record_outside_is_open(type, body.at, message))
		return NULL;
	return message;
}

static void split(struct record_workspace *w, struct record *r, struct span body)
{
	const char *message;

	if (body.len > 0 && body.at[0] == ':') /* the header's */
		body = (struct span){body.at + 1, body.len - 1};
	if (r->type == RECORD_LOGIN)
		body = join_old_new(w, body);
	else if (r->type == RECORD_AVC)
		body = record_split_avc(w, r, body);
	message = find_message(r->type, body);
	if (message)
		record_split_message(w, r, body, message);
	else if (record_is_of_program(r->type))
		record_split_odd(w, r, body);
	else
		record_split(w, r, body);
}

void record_parse(struct record_workspace *w, uint16_t type, struct span body, struct record *out)
{
	record_fields_begin(w);
	out->type = type;
	out->syscall = SYSCALL_ID_NONE;
	out->tag_count = 0;
	out->fields = w->fields + w->used;
	out->field_count = 0;
	out->warning = NULL;
	out->address = SPAN("");
	out->is_message = false;
	out->account = ACCOUNT_ANY;

	split(w, out, body);

	record_decode(w, out);
}
