#include "reassembly_parts.h"

#include "tables.h"
#include "text.h"

/* ---- records of an event ------------------------------------------------------------------ */

/* Where a record belongs in audit_log_exit() of kernel/auditsc.c. */
enum rank {
	RANK_BEFORE, /* written while the call ran, or without a call */
	RANK_CALL,
	RANK_MORE, /* the rest of what belongs to the call */
	RANK_CWD,
	RANK_PATH,
	RANK_PROCTITLE
};

static enum rank rank_of(uint16_t type)
{
	switch (type) {
	case RECORD_SYSCALL:
	case RECORD_URINGOP:
		return RANK_CALL;
	case RECORD_IPC:
	case RECORD_SOCKETCALL:
	case RECORD_SOCKADDR:
	case RECORD_EXECVE:
	case RECORD_IPC_SET_PERM:
	case RECORD_MQ_OPEN:
	case RECORD_MQ_SENDRECV:
	case RECORD_MQ_NOTIFY:
	case RECORD_MQ_GETSETATTR:
	case RECORD_FD_PAIR:
	case RECORD_OBJ_PID:
	case RECORD_BPRM_FCAPS:
	case RECORD_CAPSET:
	case RECORD_MMAP:
	case RECORD_KERN_MODULE:
	case RECORD_OPENAT2:
		return RANK_MORE;
	case RECORD_CWD:
		return RANK_CWD;
	case RECORD_PATH:
		return RANK_PATH;
	case RECORD_PROCTITLE:
		return RANK_PROCTITLE;
	default:
		return RANK_BEFORE;
	}
}

#define ITEM_NONE 0xffffu

/* N of ": item=N name=...". */
static uint32_t item_of(const struct raw_record *record)
{
	const char *at = record->text + record->body, *end = record->text + record->len;
	uint32_t item = 0;

	if (end - at < 8 || memcmp(at, ": item=", 7) != 0)
		return ITEM_NONE;
	for (at += 7; at < end && *at >= '0' && *at <= '9' && item < ITEM_NONE; at++)
		item = item * 10 + (uint32_t)(*at - '0');
	return item < ITEM_NONE ? item : ITEM_NONE;
}

static bool is_in_order(const struct reassembly *r, const struct raw_event *event)
{
	const struct raw_record *it = reassembly_record(r, event->first);
	uint32_t item = 0, last_item = 0;
	bool has_part = false;

	for (; it; it = reassembly_record(r, it->next)) {
		const enum rank rank = rank_of(it->type);

		if (rank == RANK_CALL && has_part)
			return false;
		has_part |= rank > RANK_CALL;
		if (rank != RANK_PATH)
			continue;
		item = item_of(it);
		if (item == ITEM_NONE)
			continue;
		if (item < last_item)
			return false;
		last_item = item;
	}
	return true;
}

struct list {
	uint32_t count;
	uint32_t blocks[LIMIT_EVENT_RECORDS];
	uint32_t keys[LIMIT_EVENT_RECORDS]; /* rank and item */
};

/* Whether the records stand in reverse order: most parts of the call are in front of it. */
static bool is_backwards(const struct list *l)
{
	int before = 0, behind = 0;
	bool has_call = false;

	for (uint32_t i = 0; i < l->count; i++) {
		const enum rank rank = (enum rank)(l->keys[i] >> 16);

		has_call |= rank == RANK_CALL;
		before += rank > RANK_CALL && !has_call;
		behind += rank > RANK_CALL && has_call;
	}
	return has_call && before > behind;
}

static void swap(uint32_t *a, uint32_t *b)
{
	const uint32_t kept = *a;

	*a = *b;
	*b = kept;
}

static void reverse(struct list *l)
{
	for (uint32_t i = 0, j = l->count; i + 1 < j; i++) {
		j--;
		swap(&l->blocks[i], &l->blocks[j]);
		swap(&l->keys[i], &l->keys[j]);
	}
}

/* Records with equal keys keep their order. */
static void sort(struct list *l)
{
	for (uint32_t i = 1; i < l->count; i++)
		for (uint32_t j = i; j > 0 && l->keys[j - 1] > l->keys[j]; j--) {
			swap(&l->blocks[j - 1], &l->blocks[j]);
			swap(&l->keys[j - 1], &l->keys[j]);
		}
}

__attribute__((noinline, cold)) static void put_in_order(
	struct reassembly *r, struct raw_event *event)
{
	struct list l;

	l.count = 0;
	for (uint32_t block = event->first; block != BLOCK_NONE; l.count++) {
		const struct raw_record *record = reassembly_record(r, block);
		const enum rank rank = rank_of(record->type);

		l.blocks[l.count] = block;
		l.keys[l.count] = (uint32_t)rank << 16 | (rank == RANK_PATH ? item_of(record) : 0);
		block = record->next;
	}
	if (is_backwards(&l))
		reverse(&l);
	sort(&l);
	event->first = l.blocks[0];
	event->last = l.blocks[l.count - 1];
	for (uint32_t i = 0; i < l.count; i++)
		((struct raw_record *)blocks_at(&r->blocks, l.blocks[i]))->next =
			i + 1 < l.count ? l.blocks[i + 1] : BLOCK_NONE;
}

void reassembly_order(struct reassembly *r, struct raw_event *event)
{
	if (event->record_count > 1 && !is_in_order(r, event))
		put_in_order(r, event);
}

/* ---- events of a process ----------------------------------------------------------------- */

/* The pid of the first record that has one; 0: none. It cannot be forged: texts of users in front
 * of it have no blanks (audit_log_untrustedstring() in kernel/audit.c). */
static uint32_t find_process(const struct reassembly *r, const struct raw_event *event)
{
	const struct raw_record *it = reassembly_record(r, event->first);
	uint32_t pid = 0;

	for (; it && pid == 0; it = reassembly_record(r, it->next)) {
		const char *end = it->text + it->len;
		const char *at = text_find(it->text + it->body, it->len - it->body, " pid=");

		for (at = at ? at + 5 : end; at < end && *at >= '0' && *at <= '9'; at++)
			pid = pid * 10 + (uint32_t)(*at - '0');
	}
	return pid;
}

/* 0 if no record has told it yet. */
static uint32_t process_of(const struct reassembly *r, struct raw_event *event)
{
	if (event->process == 0)
		event->process = find_process(r, event);
	return event->process;
}

/* Does one of those that were passed belong to the process of the next one? */
static bool is_held(const struct reassembly *r, struct raw_event *event)
{
	const uint32_t process = r->passed > 0 ? process_of(r, event) : 0;

	for (uint32_t i = 0; i < r->passed && process > 0; i++)
		if (r->slots[r->order[i]].process == process)
			return true;
	return false;
}

__attribute__((cold)) bool reassembly_let_pass(
	struct reassembly *r, struct raw_event *event, int64_t now_ms)
{
	if (event->complete ? !is_held(r, event) : now_ms > event->expires_ms)
		return false;
	if (!event->complete && event->expires_ms < r->due_ms)
		r->due_ms = event->expires_ms;
	(void)process_of(r, event);
	r->passed++;
	return true;
}
