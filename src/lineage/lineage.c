#include "lineage.h"

#include "decode.h"
#include "lineage_calls.h"
#include "lineage_id.h"
#include "lineage_image.h"
#include "lineage_proc.h"
#include "lineage_table.h"
#include "lineage_tty.h"
#include "sys.h"
#include "text.h"

void lineage_init(struct lineage *l, const struct lineage_setup *setup)
{
	l->capacity = setup->capacity < LIMIT_PROCESSES ? setup->capacity : LIMIT_PROCESSES;
	if (l->capacity > 0 && l->capacity < LIMIT_LINEAGE_LEAST)
		l->capacity = LIMIT_LINEAGE_LEAST;
	l->is_log = setup->is_log;
	l->counters = setup->counters;
	l->boot_s = setup->boot_s;
	l->proc = -1;
	if (l->capacity == 0)
		return;
	lineage_calls_init(l);
	lineage_id_prefix(l, "", "");
	if (!l->is_log)
		lineage_open_proc(l);
	lineage_turn(l);
}

/* ---- the processes that run -------------------------------------------------------------- */

/* Needs privileges; without them the names of others are not known. */
static void scan_process(struct lineage *l, uint32_t pid, int64_t now_ms)
{
	struct lineage_sight s = {.pid = pid, .at_ms = now_ms};
	struct lineage_process *p;

	l->reads = 0;
	p = lineage_find_or_read(l, &s);
	if (p)
		lineage_read_names(l, p);
}

/* Who leads a session begins to do so soon after it began: an old process did when the events came
 * that wait for us now. */
static void trust_old(struct lineage_process *p, int64_t now_ms)
{
	if (now_ms - p->start_ms > LIMIT_LINEAGE_YOUNG_MS)
		p->session_ms = p->group_ms = p->entry_ms = p->image_ms = LINEAGE_NEVER;
}

/* Parents come before their children, mostly: /proc is in the order of pids. A second pass finds
 * the relatives that the first one did not have yet. */
void lineage_scan(struct lineage *l)
{
	_Alignas(struct sys_dirent) char entries[LIMIT_PROC_FILE_BYTES];
	const int64_t now_ms = sys_clock_ms(CLOCK_BOOTTIME);
	ssize_t got;

	if (l->proc < 0)
		return;
	while ((got = sys_getdents64(l->proc, entries, sizeof(entries))) > 0) {
		const struct sys_dirent *entry;

		for (ssize_t at = 0; at < got && l->made < l->capacity; at += entry->reclen) {
			entry = (const struct sys_dirent *)(const void *)(entries + at);
			if (entry->name[0] >= '1' && entry->name[0] <= '9')
				scan_process(l, (uint32_t)text_uint(entry->name, NULL, 10), now_ms);
		}
	}
	for (unsigned pass = 0; pass < 2; pass++)
		for (uint32_t slot = 1; slot <= l->made; slot++)
			if (l->processes[slot].state != LINEAGE_FREE)
				lineage_relate(l, &l->processes[slot], now_ms);
	for (uint32_t slot = 1; slot <= l->made; slot++)
		trust_old(&l->processes[slot], now_ms);
}

/* ---- time -------------------------------------------------------------------------------- */

void lineage_turn(struct lineage *l)
{
	int64_t offset_ms;

	l->reads = 0;
	if (l->is_log || l->capacity == 0)
		return;
	offset_ms = sys_clock_ms(CLOCK_BOOTTIME) - sys_clock_ms(CLOCK_REALTIME);
	if (offset_ms < l->offset_ms - LIMIT_LINEAGE_STEP_MS ||
		offset_ms > l->offset_ms + LIMIT_LINEAGE_STEP_MS)
		lineage_lost(l); /* the clock was set */
	l->offset_ms = offset_ms;
}

void lineage_lost(struct lineage *l)
{
	l->losses++;
	if (!l->is_log) /* a child's own events may be among them */
		l->dropped_ms = sys_clock_ms(CLOCK_BOOTTIME);
}

void lineage_audited(struct lineage *l, bool all)
{
	if (l->is_audited != all)
		l->losses++;
	l->is_audited = all;
}

/* ---- an event ---------------------------------------------------------------------------- */

static uint32_t number_of(const struct event *e, enum key key)
{
	const struct field *f = event_data(e, key);
	uint64_t number;

	return f && decode_uint(field_value(f), &number) && number <= INT32_MAX ? (uint32_t)number
										: 0;
}

static struct span text_of(const struct event *e, enum key key)
{
	const struct field *f = event_data(e, key);

	return f ? field_value(f) : SPAN_NONE;
}

/* A machine that boots has other processes. */
static void begin_boot(struct lineage *l, uint32_t host)
{
	for (uint32_t slot = 1; slot <= l->made; slot++) {
		struct lineage_process *p = &l->processes[slot];

		if (p->state != LINEAGE_FREE && p->host == host)
			lineage_drop(l, p);
	}
}

static void take_names(struct lineage_process *p, const struct event *e)
{
	const struct lineage_image image = {
		.exe = text_of(e, KEY_EXE), .comm = text_of(e, KEY_COMM)};

	lineage_set_image(p, &image);
}

/* What each of a system call's records says of its process. */
static void take_call(struct lineage *l, struct lineage_process *p, const struct lineage_sight *s,
	const struct event *e)
{
	const struct field *uid = event_value(e, KEY_EUID), *tty = event_data(e, KEY_TTY);
	uint32_t number;
	uint64_t id;

	if (uid && decode_uint(field_value(uid), &id) && id < UINT32_MAX)
		p->uid = (uint32_t)id;
	if (tty && lineage_tty(field_value(tty), &number) &&
		(number != LINEAGE_TTY_UNKNOWN || !p->has_tty || p->tty == LINEAGE_NO_TTY)) {
		p->tty = number;
		p->has_tty = true;
	}
	if (s->exe_hash && s->exe_hash != p->exe_hash) { /* an execve that we did not see */
		take_names(p, e);
		if (p->image_ms < s->at_ms)
			p->image_ms = s->at_ms;
	}
	if (s->ppid && s->ppid != p->ppid) {
		struct lineage_sight above = {.pid = s->ppid,
			.host = s->host,
			.is_parent = true,
			.at_ms = s->at_ms,
			.host_name = s->host_name};
		const struct lineage_process *parent = lineage_find(l, &above);

		p->ppid = s->ppid;
		p->is_told &= s->ppid == 1; /* see was_adopted() */
		lineage_set_parent(l, p, parent ? parent->ref : 0);
	}
}

/* After half a million entries their numbers begin again: a ref may be of another process. */
static const struct lineage_process *of_pid(const struct lineage_process *p, uint32_t pid)
{
	return p && p->pid == pid ? p : NULL;
}

static void find_relatives(struct lineage *l, struct lineage_process *self,
	const struct lineage_sight *s, struct lineage_facts *facts)
{
	facts->self = self;
	if (self->session == 0 && self->sid > 0) { /* its leader may be known by now */
		lineage_find_leaders(l, self);
		lineage_judge_entry(l, self, s->at_ms);
	}
	facts->parent = lineage_at(l, self->parent);
	if (facts->parent && facts->parent->pid != self->ppid)
		facts->parent = NULL;
	if (self->session_ms <= s->at_ms)
		facts->session = of_pid(lineage_at(l, self->session), self->sid);
	if (self->group_ms <= s->at_ms)
		facts->group = of_pid(lineage_at(l, self->group), self->pgid);
	facts->entry = self->entry_ms <= s->at_ms ? lineage_at(l, self->entry) : NULL;
	if (facts->entry && facts->entry->entry != facts->entry->ref)
		facts->entry = NULL;
	l->counters->lineage_unknown += self->ppid > 0 && !facts->parent;
}

/* Of a program's record the pid is the kernel's, the rest what the program writes: record.h. */
static bool is_of_kernel(const struct event *e)
{
	return e->has_syscall || (e->type >= RECORD_SYSCALL && e->type < 2100);
}

void lineage_event(
	struct lineage *l, const struct event *e, struct span host, struct lineage_facts *facts)
{
	struct lineage_sight s = {
		.pid = number_of(e, KEY_PID),
		.ppid = is_of_kernel(e) ? number_of(e, KEY_PPID) : 0,
		.at_ms = e->time_ms + l->offset_ms,
		.host_name = host,
	};
	enum lineage_call call;
	struct lineage_process *self;

	*facts = (struct lineage_facts){.self = NULL};
	if (l->capacity == 0)
		return;
	s.host = l->is_log ? lineage_hash(host) : 0;
	if (l->is_log && (e->type == RECORD_SYSTEM_BOOT || e->type == RECORD_KERNEL))
		begin_boot(l, s.host);
	if (s.pid == 0)
		return;
	call = lineage_call_of(l, e);
	if (e->has_syscall && !lineage_is_exec(call))
		s.exe_hash = lineage_hash(text_of(e, KEY_EXE));
	if (e->has_syscall)
		s.comm = text_of(e, KEY_COMM);
	self = lineage_find(l, &s);
	if (!self && (s.ppid > 0 || l->is_log))
		self = lineage_learn(l, &s);
	else if (!self)
		self = lineage_find_or_read(l, &s);
	if (!self) {
		if (!l->is_log)
			lineage_missed(l, &s);
		l->counters->lineage_unknown++;
		return;
	}
	if (e->has_syscall)
		take_call(l, self, &s, e);
	lineage_saw(l, self, s.at_ms);
	lineage_apply(l, self, call, &s, e);
	find_relatives(l, self, &s, facts);
}
