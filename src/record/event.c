#include "event.h"

#include "decode.h"
#include "ensure.h"
#include "event_loss.h"
#include "word.h"

_Static_assert(LIMIT_EVENT_FIELDS <= UINT16_MAX, "data_at has 16 bits");

void event_init(struct event *e)
{
	/* Clear no more than this: pages that no event needs stay untouched. */
	e->generation = 0;
	memset(e->expected, 0, sizeof(e->expected));
	memset(e->data_seen, 0, sizeof(e->data_seen));
	e->has_unknown = true; /* clears the buckets */
}

static void reset(struct event *e)
{
	if (++e->generation == 0) {
		memset(e->data_seen, 0, sizeof(e->data_seen));
		e->generation = 1;
	}
	if (e->has_unknown)
		memset(e->data_buckets, 0, sizeof(e->data_buckets));
	e->has_unknown = false;
	e->truncated = e->incomplete = false;
	e->syscall = SYSCALL_ID_NONE;
	e->has_syscall = e->has_no_account = false;
	e->result = SPAN("unknown");
	e->session = SPAN("");
	e->tag_count = e->data_count = e->id_count = e->selinux_count = e->path_count = 0;
	e->repeated_count = e->met_count = e->read_bytes = e->path_records = 0;
	e->args_work = 0;
	e->warning_count = 0;
	execve_reset(&e->execve);
	e->source = e->destination = (struct event_address){0};
	e->direction = DIRECTION_NONE;
	e->actor_primary = e->actor_secondary = SPAN("");
}

void event_warn(struct event *e, uint16_t record_type, struct span field, const char *text)
{
	if (e->warning_count < LIMIT_EVENT_WARNINGS)
		e->warnings[e->warning_count++] = (struct event_warning){record_type, field, text};
}

/* ---- data ------------------------------------------------------------------------------ */

#define NO_ROOM UINT32_MAX

__attribute__((noinline)) static uint32_t find_unknown(const struct event *e, const struct field *f)
{
	uint16_t next = e->data_buckets[field_bucket(f->name, f->name_len)];

	for (unsigned others = 0; next > 0; next = e->data_next[next - 1]) {
		const struct field *other = e->data[next - 1];

		if (other->name_len == f->name_len && word_same(other->name, f->name, f->name_len))
			return next - 1u;
		if (++others == LIMIT_BUCKET_FIELDS)
			return NO_ROOM;
	}
	return e->data_count;
}

/* The index in the data of a field of this name; data_count: there is none; NO_ROOM: the bucket is
 * too long to tell. */
static uint32_t find_data(const struct event *e, const struct field *f)
{
	if (f->key != KEY_OTHER)
		return e->data_seen[f->key] == e->generation ? e->data_at[f->key] : e->data_count;
	return e->has_unknown ? find_unknown(e, f) : e->data_count;
}

static void append_data(struct event *e, const struct field *f)
{
	/* Every field comes from one workspace of LIMIT_EVENT_FIELDS and gets in here once. */
	ensure(e->data_count < LIMIT_EVENT_FIELDS);
	if (f->key != KEY_OTHER) {
		e->data_seen[f->key] = e->generation;
		e->data_at[f->key] = (uint16_t)e->data_count;
	} else {
		uint16_t *bucket = &e->data_buckets[field_bucket(f->name, f->name_len)];

		e->data_next[e->data_count] = *bucket;
		*bucket = (uint16_t)(e->data_count + 1);
		e->has_unknown = true;
	}
	e->data[e->data_count++] = f;
}

/* ---- what does not fit ----------------------------------------------------------------- */

/* One such warning for each record type. It is more important than others: it replaces the last one
 * if there is no room. */
static void leave_out(struct event *e, uint16_t record_type, struct span field)
{
	static const char text[] = "is left out: the event is full";

	e->truncated = true;
	for (uint32_t i = 0; i < e->warning_count; i++)
		if (e->warnings[i].text == text && e->warnings[i].record_type == record_type)
			return;
	if (e->warning_count == LIMIT_EVENT_WARNINGS)
		e->warning_count--;
	event_warn(e, record_type, field, text);
}

static void leave_field_out(struct event *e, const struct record *r, const struct field *f)
{
	leave_out(e, r->type, (struct span){f->name, f->name_len});
}

/* ---- more data -------------------------------------------------------------------------- */

/* The first record to name a field wins. */
static void add_data(struct event *e, const struct field *f, uint16_t record_type)
{
	const uint32_t at = find_data(e, f);

	if (at == NO_ROOM)
		leave_out(e, record_type, (struct span){f->name, f->name_len});
	else if (at < e->data_count)
		event_warn(e, record_type, (struct span){f->name, f->name_len},
			"is in an earlier record, too; that one counts");
	else
		append_data(e, f);
}

static void replace_data(struct event *e, const struct field *f, uint16_t record_type)
{
	const uint32_t at = find_data(e, f);

	if (at < e->data_count)
		e->data[at] = f;
	else
		add_data(e, f, record_type);
}

/* ---- one record's part ----------------------------------------------------------------- */

static bool name_ends_in(const struct field *f, const char *id)
{
	return f->name_len >= 3 && memcmp(f->name + f->name_len - 3, id, 3) == 0;
}

/* Ids in a program's message, as "msg_auid", are data: the kernel's own ids stand beside them. */
static bool is_id(const struct field *f)
{
	if (f->key != KEY_OTHER)
		return key_info[f->key].flags & (KEY_IS_UID | KEY_IS_GID);
	return (name_ends_in(f, "uid") || name_ends_in(f, "gid")) &&
	       !(f->name_len > 4 && memcmp(f->name, "msg_", 4) == 0);
}

/* Logs and programs have things like "n/a" or "1000:" in place of an id. A UUID counts as one, as
 * in Auditbeat. */
static inline bool is_id_value(const struct field *f)
{
	const unsigned first = (unsigned char)f->value[0],
		       last = (unsigned char)f->value[f->len - 1];

	return (last - '0' <= 9 && (first - '0' <= 9 || first == '-')) || f->key == KEY_UUID ||
	       f->key == KEY_OTHER || span_is(field_value(f), "unset");
}

static bool is_subject_label(const struct field *f)
{
	if (f->key != KEY_OTHER)
		return key_info[f->key].flags & KEY_IS_SUBJ;
	return f->name_len > 5 && memcmp(f->name, "subj_", 5) == 0;
}

/* The subject's record: SYSCALL, or the only one. */
static void add_subject(struct event *e, const struct record *r)
{
	for (uint32_t i = 0; i < r->field_count; i++) {
		const struct field *f = &r->fields[i];

		if (f->key == KEY_RESULT) {
			e->result = field_value(f);
		} else if (f->key == KEY_SES) {
			if (is_id_value(f))
				e->session = field_value(f);
		} else if (is_id(f) && f->key != KEY_DOMAIN_UID) {
			if (!is_id_value(f))
				continue;
			if (f->key == KEY_AUID)
				e->actor_primary = field_value(f);
			else if (f->key == KEY_UID)
				e->actor_secondary = field_value(f);
			if (e->id_count < LIMIT_EVENT_IDS)
				e->ids[e->id_count++] = f;
			else
				leave_field_out(e, r, f);
		} else if (is_subject_label(f)) {
			if (e->selinux_count < LIMIT_EVENT_SELINUX)
				e->selinux[e->selinux_count++] = f;
			else
				leave_field_out(e, r, f);
		} else {
			append_data(e, f);
		}
	}
	e->has_no_account = r->account == ACCOUNT_UNKNOWN ||
			    (r->account == ACCOUNT_EMPTY && span_is(e->result, "fail"));
	e->tag_count = r->tag_count;
	memcpy(e->tags, r->tags, r->tag_count * sizeof(r->tags[0]));
}

struct new_name {
	enum key from, to;
};

static bool rename_field(struct field *f, const struct new_name *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (f->key == names[i].from) {
			f->key = (uint16_t)names[i].to;
			f->name = key_name(names[i].to).at;
			f->name_len = (uint16_t)key_name(names[i].to).len;
			return true;
		}
	}
	return false;
}

/* These fields are of the process that made the domain, seldom of the one that the event is about
 * (audit_log_domain() of security/landlock/audit.c). */
static void rename_domain_fields(const struct record *r)
{
	static const struct new_name names[] = {
		{KEY_PID, KEY_DOMAIN_PID},
		{KEY_UID, KEY_DOMAIN_UID},
		{KEY_EXE, KEY_DOMAIN_EXE},
		{KEY_COMM, KEY_DOMAIN_COMM},
	};

	for (uint32_t i = 0; i < r->field_count; i++)
		rename_field(&r->fields[i], names, sizeof(names) / sizeof(names[0]));
}

/* In auditd.data the members of a socket address are called socket_*. */
static void rename_socket_field(struct field *f, struct arena *scratch)
{
	static const struct new_name names[] = {
		{KEY_FAMILY, KEY_SOCKET_FAMILY},
		{KEY_ADDR, KEY_SOCKET_ADDR},
		{KEY_PORT, KEY_SOCKET_PORT},
		{KEY_PATH, KEY_SOCKET_PATH},
		{KEY_FLOW, KEY_SOCKET_FLOW},
		{KEY_SADDR, KEY_SOCKET_SADDR},
	};
	char *name;

	if (rename_field(f, names, sizeof(names) / sizeof(names[0])))
		return;
	name = arena_take(scratch, 7u + f->name_len);
	if (!name)
		return;
	memcpy(name, "socket_", 7);
	memcpy(name + 7, f->name, f->name_len);
	f->key = KEY_OTHER;
	f->name = name;
	f->name_len = (uint16_t)(f->name_len + 7);
}

__attribute__((cold)) static void set_address(struct event_address *a, const struct record *r)
{
	const struct field *ip = record_field_in(r, KEY_ADDR);
	const struct field *port = record_field_in(r, KEY_PORT);
	const struct field *path = record_field_in(r, KEY_PATH);
	struct event_address found = {
		.ip = ip ? field_value(ip) : SPAN(""),
		.port = port ? field_value(port) : SPAN(""),
		.path = path ? field_value(path) : SPAN(""),
		.text = r->address,
	};

	found.present = found.ip.len || found.port.len || found.path.len || found.text.len;
	if (found.present)
		*a = found;
}

static void add_sockaddr(struct event *e, const struct record *r, struct arena *scratch)
{
	const struct call_facts *call = call_facts_of_syscall(e->syscall);

	if (!e->has_syscall)
		event_warn(e, RECORD_SOCKADDR, SPAN("saddr"),
			"comes without a system call that tells its direction");
	if (call->flags & CALL_RECEIVES) {
		set_address(&e->source, r);
		e->direction = DIRECTION_INGRESS;
	} else if (call->flags & CALL_SENDS) {
		set_address(&e->destination, r);
		e->direction = DIRECTION_EGRESS;
	}
	for (uint32_t i = 0; i < r->field_count; i++) {
		rename_socket_field(&r->fields[i], scratch);
		replace_data(e, &r->fields[i], r->type);
	}
}

/* For cwd and proctitle the records CWD and PROCTITLE overrule earlier ones. */
static void add_other(struct event *e, const struct record *r)
{
	for (uint32_t i = 0; i < r->field_count; i++) {
		const struct field *f = &r->fields[i];

		if ((r->type == RECORD_CWD && f->key == KEY_CWD) ||
			(r->type == RECORD_PROCTITLE && f->key == KEY_PROCTITLE))
			replace_data(e, f, r->type);
		else
			add_data(e, f, r->type);
	}
}

/* Whether an earlier record of the event has this type; it counts as met from now on. */
static bool is_repeated(struct event *e, uint16_t type)
{
	for (uint32_t i = 0; i < e->met_count; i++)
		if (e->met[i] == type)
			return true;
	if (e->met_count < LIMIT_EVENT_TYPES)
		e->met[e->met_count++] = type;
	return false;
}

/* ---- all records ----------------------------------------------------------------------- */

static struct span body_of(const struct raw_record *raw)
{
	return (struct span){raw->text + raw->body, raw->len - raw->body};
}

static void parse(struct event *e, struct record_workspace *w, const struct raw_record *raw,
	struct record *out)
{
	const bool had_room = !w->left_out.at;

	record_parse(w, raw->type, body_of(raw), out);
	if (had_room && w->left_out.at)
		leave_out(e, raw->type, w->left_out);
	if (raw->type == RECORD_LANDLOCK_DOMAIN)
		rename_domain_fields(out);
	if (out->warning)
		event_warn(e, raw->type, key_name(out->warning_key), out->warning);
}

/* See LIMIT_EVENT_WORK. */
static uint32_t work_of(const struct event *e, const struct record_workspace *w)
{
	return e->work + COST_BYTE * e->read_bytes + COST_FIELD * w->used + COST_NAME * w->named;
}

/* Whether one more record may be read. */
static bool has_room(struct event *e, struct record_workspace *w, const struct raw_record *raw)
{
	uint32_t work;

	if (raw->type == RECORD_EXECVE) /* execve.c has bounds of its own */
		return e->args_work + COST_PIECE_BYTE * raw->len <= LIMIT_EVENT_WORK / 4;
	e->read_bytes += raw->len;
	work = work_of(e, w);
	if (work > LIMIT_EVENT_WORK || e->read_bytes > LIMIT_EVENT_READ_BYTES ||
		w->used >= LIMIT_EVENT_FIELDS || w->named >= LIMIT_EVENT_NAMES)
		return false;
	if (LIMIT_EVENT_WORK - work < COST_NAME * (LIMIT_EVENT_NAMES - w->named))
		w->most_named = w->named + (LIMIT_EVENT_WORK - work) / COST_NAME;
	return true;
}

static void add_pieces(struct event *e, const struct raw_record *raw)
{
	const uint32_t before = e->execve.piece_count;
	uint32_t work;

	execve_add(&e->execve, body_of(raw));
	work = COST_PIECE_BYTE * raw->len + COST_PIECE * (e->execve.piece_count - before);
	e->args_work += work;
	e->work += work;
}

static void join_record(struct event *e, const struct raw_record *raw, struct record_workspace *w)
{
	struct record record;
	bool repeated;

	e->path_records += raw->type == RECORD_PATH;
	if (!has_room(e, w, raw)) {
		leave_out(e, raw->type, SPAN("record"));
		return;
	}
	switch (raw->type) {
	case RECORD_EXECVE:
		add_pieces(e, raw);
		break;
	case RECORD_PATH:
		if (e->path_count == LIMIT_EVENT_PATHS) {
			leave_out(e, raw->type, SPAN("record"));
			break;
		}
		parse(e, w, raw, &record);
		e->paths[e->path_count++] = (struct event_path){record.fields, record.field_count};
		break;
	case RECORD_SOCKADDR:
		parse(e, w, raw, &record);
		add_sockaddr(e, &record, w->scratch);
		e->work += COST_ADDRESS;
		break;
	default:
		repeated = is_repeated(e, raw->type);
		if (repeated && e->repeated_count == LIMIT_EVENT_REPEATED) {
			leave_out(e, raw->type, SPAN("record"));
			break;
		}
		parse(e, w, raw, &record);
		e->work += repeated ? COST_REPEATED : 0;
		if (repeated)
			e->repeated[e->repeated_count++] = (struct event_repeated){
				raw->type, record.fields, record.field_count};
		else
			add_other(e, &record);
		break;
	}
}

/* Of EXECVE records only argc goes into the data. */
static void add_execve(struct event *e, struct record_workspace *w)
{
	const uint32_t work = work_of(e, w), least = LIMIT_EVENT_WORK / 8;
	struct field *f;

	execve_finish(&e->execve, work + least < LIMIT_EVENT_WORK ? LIMIT_EVENT_WORK - work : least,
		w->scratch);
	if (e->execve.exhausted)
		event_warn(e, RECORD_EXECVE, SPAN("argc"),
			"counts more arguments than there is room for");
	if (e->execve.incomplete)
		event_warn(e, RECORD_EXECVE, SPAN("argc"), "counts more arguments than there are");
	if (e->execve.lost.at)
		event_warn(e, RECORD_EXECVE, e->execve.lost, "has lost a piece");
	e->truncated |= e->execve.exhausted || e->execve.incomplete || e->execve.lost.at;
	f = e->execve.argc.len > 0 ? arena_take(w->scratch, sizeof(*f)) : NULL;
	if (!f || e->data_count == LIMIT_EVENT_FIELDS)
		return;
	*f = (struct field){.name = key_name(KEY_ARGC).at,
		.value = e->execve.argc.at,
		.len = e->execve.argc.len,
		.name_len = (uint16_t)key_name(KEY_ARGC).len,
		.key = KEY_ARGC};
	replace_data(e, f, RECORD_EXECVE);
}

/* The kernel tells which call it was; in a program's message it is a word like any other. */
static void find_syscall(struct event *e, const struct record *subject)
{
	const struct field *call = event_data(e, KEY_SYSCALL), *a0;
	int64_t number;

	if (!call || subject->is_message)
		return;
	e->has_syscall = true;
	e->syscall = subject->syscall;
	if (e->syscall == SYSCALL_ID_NONE)
		e->syscall = syscall_id_of_name(call->value, call->len);
	if (!syscall_is_multiplexer(e->syscall))
		return;
	a0 = event_data(e, KEY_A0);
	if (a0 && decode_hex_number(field_value(a0), &number))
		e->syscall = syscall_inner_id(e->syscall, (uint32_t)number);
}

/* The record that tells who did it: SYSCALL; without one, the first record. NULL if that is only a
 * part of an event whose SYSCALL is missing. */
static const struct raw_record *find_subject(
	const struct reassembly *r, const struct raw_event *raw)
{
	const struct raw_record *first = reassembly_record(r, raw->first);

	ensure(first); /* an event begins with a record */
	for (const struct raw_record *it = first; it; it = reassembly_record(r, it->next))
		if (it->type == RECORD_SYSCALL)
			return it;
	if (raw->record_count > 1 &&
		(first->type == RECORD_PATH || first->type == RECORD_SOCKADDR ||
			first->type == RECORD_EXECVE))
		return NULL;
	return first;
}

/* What has been done for its records before they come here. Where an event is far longer than what
 * is kept of it, its lines cost more than all of LIMIT_EVENT_WORK: half of it is left for it. */
static uint32_t work_of_lines(const struct raw_event *raw)
{
	const uint64_t work =
		COST_LINE * raw->record_count + COST_LINE_BYTE * (uint64_t)raw->byte_count +
		COST_LINE_BYTE * (uint64_t)raw->lost_bytes + COST_APPENDED * raw->enriched_bytes +
		(raw->enriched_bytes > 0 ? COST_NAMES : 0);

	return work < LIMIT_EVENT_WORK / 2 ? (uint32_t)work : LIMIT_EVENT_WORK / 2;
}

void event_join(struct event *e, const struct reassembly *r, const struct raw_event *raw,
	struct record_workspace *w)
{
	const struct raw_record *first = reassembly_record(r, raw->first);
	const struct raw_record *subject;
	struct record record;

	reset(e);
	record_workspace_reset(w);
	e->time_ms = first->time_ms;
	e->serial = raw->serial;
	e->type = first->type;
	e->record_count = raw->record_count;
	e->work = r->is_log ? work_of_lines(raw) : 0;
	if (raw->left_out)
		leave_out(e, raw->left_out, SPAN("record"));

	subject = find_subject(r, raw);
	if (subject) {
		e->read_bytes = subject->len;
		parse(e, w, subject, &record);
		add_subject(e, &record);
		find_syscall(e, &record);
		(void)is_repeated(e, subject->type);
	}
	if (raw->record_count > 1) {
		for (const struct raw_record *it = first; it; it = reassembly_record(r, it->next))
			if (it != subject)
				join_record(e, it, w);
	}
	if (!raw->left_out && (raw->record_count > 1 || !r->is_log))
		event_find_loss(e, subject, r->is_log);
	if (raw->record_count > 1) {
		if (subject && subject->type == RECORD_SYSCALL)
			event_remove_data(e, KEY_ITEMS);
		add_execve(e, w);
	}
}
