/* What the processes of the machine do. */
#include "support_machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FLAG_VM	     0x100u
#define FLAG_VFORK   0x4000u
#define FLAG_PARENT  0x8000u
#define FLAG_THREAD  0x3d0f00u
#define FLAG_NEWPID  0x20000000u
#define FLAG_SIGCHLD 0x11u

/* A moment; now and then somebody else has the processor. */
static int64_t moment(unsigned often, int64_t at_most_ns)
{
	return 1000 + machine_below(20000) +
	       (machine_below(1000) < often ? machine_below((uint32_t)at_most_ns) : 0);
}

static struct machine_process *somebody(void)
{
	uint32_t i = machine_below(machine.live_count);

	/* Rather a young one. */
	if (machine_chance(50) && machine.live_count > 16)
		i = machine.live_count - 1 - machine_below(16);
	return machine_process(machine.live[i]);
}

static bool can_act(const struct machine_process *p, unsigned lane)
{
	return p->state == PROCESS_LIVES && !p->is_kernel && !p->is_agent && !p->is_ending &&
	       !p->is_executing && p->threads[lane] && !(p->busy & 1u << lane) &&
	       !(lane == 0 && p->leader_ended);
}

static uint8_t space_of(const struct machine_process *p)
{
	return p->pid->space[p->pid->level];
}

static bool is_init(const struct machine_process *p)
{
	return p->pid->number[p->pid->level] == 1;
}

static void begin(struct machine_process *p, unsigned lane, struct machine_event e)
{
	const uint32_t call = call_take();

	e.begin_ns = machine.now_ns;
	e.process = p->id;
	e.lane = (uint8_t)lane;
	e.before = machine_truth(p);
	e.is_ok = true;
	/* The kernel's coarse clock ticks every 4 ms. */
	e.realtime_ms = machine_realtime_ns(e.begin_ns - e.begin_ns % 4000000) / 1000000;
	machine.calls[call] = e;
	p->busy |= (uint8_t)(1u << lane);
	schedule(e.call == CALL_EXIT || e.call == CALL_EXIT_GROUP ? HAPPENS_RECORD : HAPPENS_EFFECT,
		machine.now_ns + moment(15, 8000000), p->id, call);
}

/* ---- forks ---- */

static void begin_fork(struct machine_process *p, unsigned lane)
{
	const bool has_other_space = p->space != space_of(p);
	const uint32_t dice = machine_below(100);
	struct machine_event e = {.call = CALL_CLONE, .a = {FLAG_SIGCHLD | 0x1200000}};

	if (dice < 30) {
		e.call = CALL_FORK;
		e.a[0] = machine_below(4096);
	} else if (dice < 40) {
		e.call = CALL_VFORK;
	} else if (dice < 48) {
		e.a[0] = FLAG_SIGCHLD | FLAG_VM | FLAG_VFORK;
	} else if (dice < 54 && !is_init(p)) {
		e.a[0] = FLAG_SIGCHLD | FLAG_PARENT;
	} else if (dice < 62 && !has_other_space && !machine.setup.is_plain) {
		e.a[0] = FLAG_THREAD;
	} else if (dice < 66 && !machine.setup.is_plain) {
		e.a[0] = FLAG_SIGCHLD | FLAG_NEWPID;
	} else if (dice < 85) {
		e.call = CALL_CLONE3;
		e.a[0] = 0x7ffc00000000 + machine_below(65536) * 16u;
		e.a[1] = 88;
		/* Only the machine knows. */
		e.a[3] = machine.setup.is_plain || has_other_space || machine_chance(65) ? 0 : 1;
	}
	begin(p, lane, e);
}

static bool makes_thread(const struct machine_event *e)
{
	return e->call == CALL_CLONE3 ? e->a[3] == 1
				      : e->call == CALL_CLONE && e->a[0] == FLAG_THREAD;
}

static bool is_vfork(const struct machine_event *e)
{
	return e->call == CALL_VFORK || (e->call == CALL_CLONE && (e->a[0] & FLAG_VFORK));
}

static void fail(struct machine_event *e, int err)
{
	e->is_ok = false;
	e->result = -err;
}

/* What its tracer writes: the number of another, mostly. */
static void lie(struct machine_event *e)
{
	e->is_ok = true;
	e->result = machine_chance(70) ? machine_number(somebody())
				       : 1 + machine_below(machine.setup.pid_max - 1);
}

static void fork_thread(struct machine_process *p, struct machine_event *e)
{
	const int lane = process_thread(p);

	if (lane > 0)
		e->result = pid_number(p->threads[lane], p->pid);
	else
		fail(e, EAGAIN);
}

/* Whether the call goes on waiting. */
static bool effect_fork(struct machine_process *p, struct machine_event *e, uint32_t call)
{
	const bool is_to_parent = e->call == CALL_CLONE && (e->a[0] & FLAG_PARENT);
	uint8_t space = p->space;

	if (p->is_ending || machine.live_count >= machine.setup.live * 2 || machine_chance(2)) {
		fail(e, EAGAIN);
		return false;
	}
	if (p->is_liar && machine_chance(50)) {
		lie(e);
		return false;
	}
	if (makes_thread(e)) {
		fork_thread(p, e);
		return false;
	}
	if (e->call == CALL_CLONE && (e->a[0] & FLAG_NEWPID))
		space = space_of(p) == space ? space_make(space) : 0; /* copy_pid_ns() */
	if (space > 0 || !(e->a[0] & FLAG_NEWPID) || e->call != CALL_CLONE)
		e->child = process_fork(p, space, is_to_parent);
	if (!e->child) {
		fail(e, ENOMEM);
		return false;
	}
	e->result = pid_number(machine_process(e->child)->pid, p->pid);
	machine_process(e->child)->is_liar = p->is_liar || machine_chance(machine.setup.liars);
	if (p->is_liar)
		lie(e);
	if (!is_vfork(e))
		return false;
	machine_process(e->child)->vfork_of = p->id;
	machine_process(e->child)->vfork_item = call;
	return true;
}

/* ---- sessions and groups ---- */

static bool has_members(const struct machine_pid *group, const struct machine_pid *session)
{
	for (uint32_t i = 0; i < machine.live_count; i++) {
		const struct machine_process *p = machine_process(machine.live[i]);

		if (p->group == group && (!session || p->session == session))
			return true;
	}
	return false;
}

static void effect_setsid(struct machine_process *p, struct machine_event *e)
{
	if (p->session == p->pid || has_members(p->pid, NULL)) {
		fail(e, EPERM);
		return;
	}
	process_set_session(p);
	process_judge_entry(p);
	e->result = pid_number(p->pid, p->pid);
}

static void begin_setpgid(struct machine_process *p, unsigned lane)
{
	struct machine_event e = {.call = CALL_SETPGID};
	struct machine_process *of = p;
	struct machine_process *group = somebody();

	if (machine_chance(40))
		of = somebody();
	if (of->parent != p->id)
		of = p;
	e.a[0] = of == p && machine_chance(60) ? 0 : pid_number(of->pid, p->pid);
	if (machine_chance(35) && group->group && group->session == p->session)
		e.a[1] = pid_number(group->group, p->pid);
	else if (machine_chance(30))
		e.a[1] = pid_number(of->pid, p->pid);
	begin(p, lane, e);
}

static void effect_setpgid(struct machine_process *p, struct machine_event *e)
{
	const struct machine_space *s = &machine.spaces[space_of(p)];
	struct machine_pid *pid = e->a[0] ? s->numbers[e->a[0]] : p->pid;
	struct machine_process *of = pid && !pid->thread_of ? machine_process(pid->owner) : NULL;
	struct machine_pid *group;

	if (!of || of->state == PROCESS_GONE || (of != p && of->parent != p->id)) {
		fail(e, ESRCH);
		return;
	}
	if (of != p && of->has_executed) {
		fail(e, EACCES);
		return;
	}
	group = e->a[1] ? s->numbers[e->a[1]] : of->pid;
	if (of->session == of->pid || of->session != p->session || !group || group->thread_of ||
		(group != of->pid && !has_members(group, p->session))) {
		fail(e, EPERM);
		return;
	}
	pid_use(group);
	pid_leave(of->group);
	of->group = group;
	e->child = of->id;
}

/* ---- the way of a call ---- */

/* The caller is the first thread from then on: de_thread(). */
static void effect_exec(struct machine_process *p, struct machine_event *e)
{
	p->is_executing = false;
	if (machine_chance(8) || p->is_ending) {
		fail(e, ENOENT);
		return;
	}
	e->image = image_make(p->id, (uint8_t)machine_below(MACHINE_NAMES));
	process_execute(p, e->image);
	process_judge_entry(p);
	e->lane = 0;
	p->busy = 1;
}

/* execve() ends the other threads first; of two that try it one is ended. */
static bool waits_for_threads(
	struct machine_process *p, const struct machine_event *e, uint32_t call)
{
	if ((p->busy & (p->busy - 1)) == 0)
		return false;
	if (p->is_executing && p->executing != call)
		return false;
	p->is_executing = true;
	p->executing = call;
	process_interrupt(p);
	schedule(HAPPENS_EFFECT, machine.now_ns + 5000, e->process, call);
	return true;
}

static bool effect(struct machine_process *p, struct machine_event *e, uint32_t call)
{
	switch (e->call) {
	case CALL_CLONE:
	case CALL_CLONE3:
	case CALL_FORK:
	case CALL_VFORK:
		return effect_fork(p, e, call);
	case CALL_EXECVE:
	case CALL_EXECVEAT:
		effect_exec(p, e);
		return false;
	case CALL_SETSID:
		effect_setsid(p, e);
		return false;
	case CALL_SETPGID:
		effect_setpgid(p, e);
		return false;
	default:
		if (machine_chance(20))
			fail(e, ENOENT);
		else
			e->result = 3;
		return false;
	}
}

void call_effect(uint32_t call)
{
	struct machine_event *e = &machine.calls[call];
	struct machine_process *p = machine_process(e->process);
	static int64_t next_pid_ns;

	if (e->call == CALL_EXECVE || e->call == CALL_EXECVEAT) {
		if (waits_for_threads(p, e, call))
			return;
		if (p->is_executing && p->executing != call) {
			fail(e, EAGAIN);
			schedule(HAPPENS_RECORD, machine.now_ns + 1000, p->id, call);
			return;
		}
	}
	if (next_pid_ns > machine.now_ns + 1000000)
		next_pid_ns = 0; /* of an earlier machine */
	if ((e->call >= CALL_CLONE && e->call <= CALL_VFORK) || e->call == CALL_CLONE3) {
		if (machine.now_ns < next_pid_ns) {
			schedule(HAPPENS_EFFECT, next_pid_ns, p->id, call);
			return;
		}
		next_pid_ns = machine.now_ns + machine.setup.fork_ns;
	}
	if (effect(p, e, call))
		return;
	/* What a call changed counts from its record on, for all threads. */
	if (e->call == CALL_SETSID || e->call == CALL_SETPGID)
		call_record(call);
	else
		schedule(HAPPENS_RECORD, machine.now_ns + moment(15, 8000000), p->id, call);
}

/* The record is written, of what is so now; but for the time. */
void call_record(uint32_t call)
{
	struct machine_event *e = &machine.calls[call];
	struct machine_process *p = machine_process(e->process);

	if (e->call == CALL_EXIT || e->call == CALL_EXIT_GROUP)
		e->has_no_result = true;
	e->after = machine_truth(p);
	e->end_ns = machine.now_ns;
	e->pid = machine_number(p);
	e->parent = p->parent;
	e->parent_image = p->parent ? machine_process(p->parent)->image : 0;
	e->ppid = p->parent ? machine_number(machine_process(p->parent)) : 0;
	e->uid = p->uid;
	e->tty = p->tty;
	/* An event waits for earlier ones of its process: reassembly.h. */
	p->ended_ns = p->ended_ns < machine.now_ns ? machine.now_ns : p->ended_ns;
	p->ended_ns += moment(4, 300000000);
	schedule(HAPPENS_END, p->ended_ns, p->id, call);
}

static void deliver(struct machine_event *e)
{
	uint32_t i = machine.pending_count++;
	int64_t at_ns = machine.now_ns + machine_below(machine_chance(2) ? 3000000 : 60000);

	/* Those of one process keep their order: reassembly.h. */
	if (at_ns <= machine.delivered_ns[e->pid])
		at_ns = machine.delivered_ns[e->pid] + 1;
	machine.delivered_ns[e->pid] = e->deliver_ns = at_ns;
	e->number = ++machine.events;
	if (i >= machine.pending_room)
		abort();
	for (; i > 0 && at_ns < machine.pending[(i - 1) / 2].deliver_ns; i = (i - 1) / 2)
		machine.pending[i] = machine.pending[(i - 1) / 2];
	machine.pending[i] = *e;
}

bool machine_next_event(struct machine_event *e)
{
	struct machine_event *heap = machine.pending;
	const struct machine_event *last;
	uint32_t i = 0, child;

	if (machine.pending_count == 0 || heap[0].deliver_ns > machine.now_ns)
		return false;
	*e = heap[0];
	last = &heap[--machine.pending_count];
	while ((child = 2 * i + 1) < machine.pending_count) {
		if (child + 1 < machine.pending_count &&
			heap[child + 1].deliver_ns < heap[child].deliver_ns)
			child++;
		if (heap[child].deliver_ns >= last->deliver_ns)
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = *last;
	return true;
}

void call_end(uint32_t call)
{
	struct machine_event *e = &machine.calls[call];
	struct machine_process *p = machine_process(e->process);
	const bool is_thread =
		machine.setup.has_threads_out && e->call == CALL_CLONE && makes_thread(e);

	if (e->begin_ns >= machine.rules_ns && !is_thread &&
		(!machine.setup.is_audited || machine.setup.is_audited(e)))
		deliver(e);
	p->busy &= (uint8_t) ~(1u << e->lane);
	if (e->call == CALL_EXIT)
		process_leave_thread(p, e->lane);
	if (e->call == CALL_EXIT_GROUP || (p->is_ending && p->busy == 0))
		process_kill(p);
	call_leave(call);
}

/* ---- who does what ---- */

/* Without a system call that anybody audits. */
static void act_silently(struct machine_process *p)
{
	const uint32_t dice = machine_below(100);
	uint8_t space;

	if (dice < 6 && !machine.setup.is_plain && p->space == space_of(p)) {
		space = space_make(p->space); /* unshare(CLONE_NEWPID) */
		p->space = space ? space : p->space;
	} else if (dice < 12 && !machine.setup.is_plain) {
		const struct machine_process *other = somebody(); /* setns() */

		if (other->state == PROCESS_LIVES && pid_number(other->pid, p->pid) > 0 &&
			!machine.spaces[space_of(other)].is_dead)
			p->space = space_of(other);
	} else if (dice < 18) {
		p->is_subreaper = true;
	} else if (dice < 40) {
		if (!p->has_executed && p->container == 0 && p->id != 1) /* by its runtime */
			p->container = machine_chance(70) || !machine.containers
					       ? ++machine.containers
					       : 1 + machine_below(machine.containers);
	} else if (dice < 55) {
		if (p->session == p->pid && p->tty < 0)
			p->tty = (int8_t)machine_below(20);
	} else if (dice < 65) {
		p->uid = machine_below(5) * 500;
	} else if (dice < 80) {
		process_helper(2 + machine_below(5), false);
	} else if (dice < 84) {
		process_helper(2, true);
	} else if (p->id != 1) {
		if (!is_init(p) || machine_chance(20))
			process_kill(p);
	}
}

static void act_call(struct machine_process *p, unsigned lane)
{
	const uint32_t crowd = machine.live_count * 100 / machine.setup.live;
	const uint32_t dice = machine_below(100);

	if (dice < 24)
		begin_fork(p, lane);
	else if (dice < 42)
		begin(p, lane,
			(struct machine_event){
				.call = machine_chance(10) ? CALL_EXECVEAT : CALL_EXECVE,
				.a = {0x55d000000000 + machine_below(4096)}});
	else if (dice < 48)
		begin(p, lane, (struct machine_event){.call = CALL_SETSID});
	else if (dice < 55)
		begin_setpgid(p, lane);
	else if (dice < 59 && p->id != 1 && (machine_chance(10) || p->busy || p->threads[1]))
		begin(p, lane, (struct machine_event){.call = CALL_EXIT});
	else if (dice < 75 + (crowd > 100 ? 20u : 0) && crowd > 60)
		begin(p, lane,
			(struct machine_event){
				.call = p->id == 1 || (is_init(p) && machine_chance(80))
						? CALL_CONNECT
						: CALL_EXIT_GROUP});
	else
		begin(p, lane,
			(struct machine_event){
				.call = machine_chance(50) ? CALL_OPENAT : CALL_CONNECT});
}

void machine_act(void)
{
	for (unsigned i = 0; i < 20; i++) {
		struct machine_process *p = somebody();
		const unsigned lane = machine_below(MACHINE_LANES);

		/* Kernel threads end, too, but kthreadd. */
		if (p->is_kernel && p->id > 6 && !p->is_ending && machine_chance(2))
			process_kill(p);
		if (!can_act(p, lane))
			continue;
		if (machine_chance(12))
			act_silently(p);
		else
			act_call(p, lane);
		return;
	}
}
