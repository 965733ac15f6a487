#include "lineage_calls.h"

#include <errno.h>
#include <string.h>
#include "decode.h"
#include "lineage_container.h"
#include "lineage_image.h"
#include "lineage_proc.h"
#include "lineage_table.h"

/* include/uapi/linux/sched.h */
#define CLONE_VFORK  0x00004000
#define CLONE_PARENT 0x00008000
#define CLONE_THREAD 0x00010000

_Static_assert(
	sizeof(((struct lineage *)0)->calls) / sizeof(uint16_t) == LINEAGE_CALLS, "one each");

void lineage_calls_init(struct lineage *l)
{
	static const char names[][12] = {
		[LINEAGE_EXECVE] = "execve",
		[LINEAGE_EXECVEAT] = "execveat",
		[LINEAGE_FORK] = "fork",
		[LINEAGE_VFORK] = "vfork",
		[LINEAGE_CLONE] = "clone",
		[LINEAGE_CLONE3] = "clone3",
		[LINEAGE_EXIT_GROUP] = "exit_group",
		[LINEAGE_SETSID] = "setsid",
		[LINEAGE_SETPGID] = "setpgid",
	};

	for (unsigned i = 1; i < LINEAGE_CALLS; i++)
		l->calls[i] = syscall_id_of_name(names[i], strlen(names[i]));
}

static struct span data(const struct event *e, enum key key)
{
	const struct field *f = event_data(e, key);

	return f ? field_value(f) : SPAN_NONE;
}

/* exit_group never returns, so its record has no result; with one, it was refused. */
enum lineage_call lineage_call_of(const struct lineage *l, const struct event *e)
{
	unsigned call = LINEAGE_CALLS - 1;

	if (!e->has_syscall || e->syscall == SYSCALL_ID_NONE)
		return LINEAGE_NO_CALL;
	while (call > 0 && l->calls[call] != e->syscall)
		call--;
	if (call == LINEAGE_EXIT_GROUP)
		return event_data(e, KEY_EXIT) ? LINEAGE_NO_CALL : LINEAGE_EXIT_GROUP;
	return span_is(e->result, "success") ? (enum lineage_call)call : LINEAGE_NO_CALL;
}

/* ---- execve ------------------------------------------------------------------------------ */

/*
 * Where the process is now, if it is still there: /proc/PID/stat, read behind the file, tells that
 * the file was its own. Who was in a container before is in it still: nobody leaves one. Of who was
 * in none it is not known, once it is gone: what starts a container enters it and calls execve.
 */
static void find_container(
	struct lineage *l, struct lineage_process *p, const struct lineage_sight *s)
{
	const uint8_t before = p->runtime;
	uint8_t container[sizeof(p->container)];
	struct lineage_stat stat;

	if (l->proc < 0)
		return;
	memcpy(container, p->container, sizeof(container));
	if (lineage_read_container(l, p) == 0 && lineage_read_stat(l, p->pid, &stat) == 0 &&
		lineage_is_of(&stat, s) && (!p->is_measured || stat.start_ms == p->start_ms))
		return;
	l->counters->containers_unknown += before == RUNTIME_NONE;
	p->runtime = before;
	memcpy(p->container, container, sizeof(container));
}

static void take_image(struct lineage_process *p, const struct event *e)
{
	const struct lineage_image image = {
		.exe = data(e, KEY_EXE),
		.comm = data(e, KEY_COMM),
		.directory = data(e, KEY_CWD),
		.args = e->execve.args,
		.arg_count = e->execve.arg_count,
		.all_count = e->execve.arg_count,
	};

	lineage_set_image(p, &image);
}

static void called_exec(struct lineage *l, struct lineage_process *self,
	const struct lineage_sight *s, const struct event *e)
{
	uint64_t count;

	take_image(self, e);
	if (decode_uint(e->execve.argc, &count) && count <= UINT32_MAX && count > self->arg_count)
		self->arg_count = (uint32_t)count;
	self->image_ms = s->at_ms;
	find_container(l, self, s);
	lineage_judge_entry(l, self, s->at_ms);
}

/* ---- fork -------------------------------------------------------------------------------- */

/* The flags of clone are its first argument, on s390x the second; those of clone3 are not in the
 * record. */
static bool makes_thread(const struct event *e, enum lineage_call call, uint32_t *flags)
{
	const bool backwards =
		span_is(data(e, KEY_ARCH), "s390x") || span_is(data(e, KEY_ARCH), "s390");
	int32_t value = 0;

	if (call == LINEAGE_CLONE)
		(void)decode_register_int(data(e, backwards ? KEY_A1 : KEY_A0), &value);
	*flags = (uint32_t)value;
	return *flags & CLONE_THREAD;
}

/* A process of that pid lives in the table: the child itself, if one of its own records came before
 * its parent's; or one that is gone, since its pid was free. */
static struct lineage_process *known_child(
	struct lineage *l, const struct lineage_sight *child, const struct lineage_stat *stat)
{
	struct lineage_process *p = lineage_first(l, child->pid, child->host);

	for (; p; p = lineage_next(l, p)) {
		if (p->state == LINEAGE_CLAIMED)
			continue;
		if (p->ppid == child->ppid &&
			p->start_ms + LIMIT_LINEAGE_SLACK_MS >= child->at_ms &&
			(!stat || !p->is_measured || p->start_ms == stat->start_ms))
			return p;
		if (p->state == LINEAGE_LIVES && !l->is_log) {
			l->counters->lineage_reused++;
			lineage_end(l, p, p->seen_ms > p->start_ms ? p->seen_ms : p->start_ms);
		}
	}
	return NULL;
}

/* Who had this number is gone, if /proc has another process there. */
static void end_others(
	struct lineage *l, const struct lineage_sight *child, const struct lineage_stat *stat)
{
	struct lineage_process *p = lineage_first(l, child->pid, child->host);

	for (; p; p = lineage_next(l, p))
		if (p->state == LINEAGE_LIVES && p->is_measured && p->start_ms != stat->start_ms) {
			l->counters->lineage_reused++;
			lineage_end(l, p, p->seen_ms > p->start_ms ? p->seen_ms : p->start_ms);
		}
}

/* Whether the numbers that its calls return are ours. Who is gone has its parent's. */
static void prove(struct lineage *l, struct lineage_process *self)
{
	const struct lineage_process *parent = lineage_at(l, self->parent);
	struct lineage_status status;
	struct lineage_stat stat;
	int error;

	if (self->is_ours || self->is_foreign)
		return;
	lineage_read_status(l, self->pid, &status);
	error = lineage_read_stat(l, self->pid, &stat);
	if (error == 0 && self->is_measured && stat.start_ms == self->start_ms) {
		self->is_ours = status.is_ours;
		self->is_foreign = status.is_foreign;
	} else {
		self->is_ours = (error == -ENOENT || error == -ESRCH) && self->has_birth &&
				parent && parent->is_ours;
	}
}

static void called_fork(struct lineage *l, struct lineage_process *self, enum lineage_call call,
	const struct lineage_sight *s, const struct event *e)
{
	struct lineage_sight child = {
		.host = s->host, .host_name = s->host_name, .at_ms = s->at_ms, .fork_ms = s->at_ms};
	struct lineage_process *known;
	struct lineage_stat stat;
	uint64_t pid;
	uint32_t flags;
	const bool is_thread = makes_thread(e, call, &flags);
	int error;

	self->has_threads |= is_thread || call == LINEAGE_CLONE3;
	if (is_thread || !decode_uint(data(e, KEY_EXIT), &pid) || pid == 0 || pid > INT32_MAX)
		return;
	self->has_forked = true;
	/* Other threads may have gone on since then. */
	if (self->has_threads || call == LINEAGE_VFORK || flags & CLONE_VFORK)
		child.fork_ms--;
	if (flags & CLONE_PARENT) { /* nothing proves that it is a sibling of this one's making */
		l->foreign += !l->is_log;
		l->unproven += !l->is_log;
		return;
	}
	child.pid = (uint32_t)pid;
	child.ppid = self->pid;
	error = l->is_log ? -ENOENT : lineage_read_stat(l, child.pid, &stat);
	if (!l->is_log)
		prove(l, self);
	if (pid == self->pid || pid == self->ppid)
		self->is_ours = false;
	l->foreign += !l->is_log && !self->is_ours;
	l->unproven += !l->is_log && !self->is_ours && !self->is_foreign;
	if (error == 0 && (stat.ppid != child.ppid || !lineage_began_at(&stat, child.at_ms))) {
		end_others(l, &child, &stat);
		return; /* it is somebody else's number, was adopted, or has been given again */
	}
	if (!l->is_log && !self->is_ours)
		return;
	known = error == 0 || error == -ENOENT || error == -ESRCH
			? known_child(l, &child, error == 0 ? &stat : NULL)
			: NULL;
	if (error == 0)
		child.at_ms = stat.start_ms;
	if (!known)
		(void)lineage_born(l, self, &child, error == 0);
	else if (!known->has_birth && !known->is_late && child.fork_ms > l->dropped_ms)
		lineage_take_parent(l, known, self, child.fork_ms);
}

/* ---- setsid, setpgid --------------------------------------------------------------------- */

/* setsid returns the caller's own number; 0 is what a filter may return in its place (seccomp(2)).
 */
static void called_setsid(struct lineage *l, struct lineage_process *self,
	const struct lineage_sight *s, const struct event *e)
{
	uint64_t result;

	if (!decode_uint(data(e, KEY_EXIT), &result) || result == 0)
		return;
	self->sid = self->pgid = self->pid;
	self->session_ms = self->group_ms = s->at_ms;
	lineage_set_leaders(l, self, (struct lineage_leaders){self->ref, self->ref, self->entry});
	lineage_judge_entry(l, self, s->at_ms);
}

/* `leader` NULL: it is in a group of which nothing is known. */
static void set_group(struct lineage *l, struct lineage_process *p, uint32_t pgid,
	const struct lineage_process *leader, int64_t at_ms)
{
	p->pgid = pgid;
	p->group_ms = at_ms;
	lineage_set_leaders(
		l, p, (struct lineage_leaders){p->session, leader ? leader->ref : 0, p->entry});
}

/* One of these, it is not known which, has another group: a child, or the parent itself. */
static void forget_groups(struct lineage *l, struct lineage_process *parent, int64_t at_ms)
{
	const uint32_t end = parent->children > 0 ? l->made : 0;
	const lineage_ref ref = parent->ref;

	set_group(l, parent, 0, NULL, at_ms);
	for (uint32_t slot = 1; slot <= end; slot++) {
		struct lineage_process *p = &l->processes[slot];

		if (p->parent == ref && p->state == LINEAGE_LIVES)
			set_group(l, p, 0, NULL, at_ms);
	}
}

/* setpgid(pid, pgid): 0 is the caller's, and pid's. Other numbers are of the caller's namespace. */
static void called_setpgid(struct lineage *l, struct lineage_process *self,
	const struct lineage_sight *s, const struct event *e)
{
	struct lineage_process *target = self, *leader = NULL;
	struct lineage_sight other = *s;
	int32_t pid, group;

	if (!decode_register_int(data(e, KEY_A0), &pid) ||
		!decode_register_int(data(e, KEY_A1), &group) || pid < 0 || group < 0)
		return;
	other.exe_hash = 0;
	if (pid != 0 && ((uint32_t)pid != self->pid || !self->is_ours)) {
		other.pid = (uint32_t)pid;
		other.ppid = self->pid;
		target = self->is_ours ? lineage_find(l, &other) : NULL;
		/* setpgid(2): a child, or the caller itself */
		if (!target || target->ppid != self->pid || target->parent != self->ref) {
			forget_groups(l, self, s->at_ms);
			return;
		}
	}
	other.pid = group ? (uint32_t)group : target->pid;
	other.ppid = 0;
	other.is_parent = true;
	if (other.pid == target->pid)
		leader = target;
	else if (self->is_ours)
		leader = lineage_find(l, &other);
	set_group(l, target, self->is_ours || leader ? other.pid : 0, leader, s->at_ms);
}

void lineage_apply(struct lineage *l, struct lineage_process *self, enum lineage_call call,
	const struct lineage_sight *s, const struct event *e)
{
	switch (call) {
	case LINEAGE_EXECVE:
	case LINEAGE_EXECVEAT:
		called_exec(l, self, s, e);
		break;
	case LINEAGE_FORK:
	case LINEAGE_VFORK:
	case LINEAGE_CLONE:
	case LINEAGE_CLONE3:
		called_fork(l, self, call, s, e);
		break;
	case LINEAGE_EXIT_GROUP:
		self->has_exited = true;
		lineage_end(l, self, s->at_ms);
		break;
	case LINEAGE_SETSID:
		called_setsid(l, self, s, e);
		break;
	case LINEAGE_SETPGID:
		called_setpgid(l, self, s, e);
		break;
	case LINEAGE_NO_CALL:
	case LINEAGE_CALLS:
		break;
	}
}
