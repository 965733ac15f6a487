/* The life of processes: fork, exec, exit, reparenting, as kernel/fork.c and kernel/exit.c have it.
 */
#include "support_machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support_core.h"

struct machine machine;

uint32_t machine_below(uint32_t limit)
{
	return random_below(&machine.seed, limit);
}

bool machine_chance(uint32_t of_100)
{
	return machine_below(100) < of_100;
}

/* ---- what is due: a heap ---- */

static bool is_sooner(const struct machine_item *a, const struct machine_item *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

void schedule(uint8_t kind, int64_t at_ns, uint32_t process, uint32_t event)
{
	struct machine_item item = {at_ns, machine.orders++, event, process, kind};
	uint32_t i = machine.item_count++;

	if (i >= MACHINE_ITEMS)
		abort();
	for (; i > 0 && is_sooner(&item, &machine.items[(i - 1) / 2]); i = (i - 1) / 2)
		machine.items[i] = machine.items[(i - 1) / 2];
	machine.items[i] = item;
}

static struct machine_item next_item(void)
{
	struct machine_item first = machine.items[0];
	const struct machine_item last = machine.items[--machine.item_count];
	uint32_t i = 0, child;

	while ((child = 2 * i + 1) < machine.item_count) {
		if (child + 1 < machine.item_count &&
			is_sooner(&machine.items[child + 1], &machine.items[child]))
			child++;
		if (!is_sooner(&machine.items[child], &last))
			break;
		machine.items[i] = machine.items[child];
		i = child;
	}
	machine.items[i] = last;
	return first;
}

uint32_t call_take(void)
{
	const uint32_t call = machine.calls_free;

	if (call == 0)
		abort();
	machine.calls_free = machine.call_next[call];
	memset(&machine.calls[call], 0, sizeof(machine.calls[call]));
	return call;
}

void call_leave(uint32_t call)
{
	machine.call_next[call] = machine.calls_free;
	machine.calls_free = call;
}

/* ---- processes ---- */

uint32_t image_make(uint32_t maker, uint8_t name)
{
	if (machine.image_count == machine.image_room)
		abort();
	machine.images[machine.image_count] = (struct machine_image){maker, name};
	return machine.image_count++;
}

struct machine_truth machine_truth(const struct machine_process *p)
{
	return (struct machine_truth){.session = p->session ? p->session->owner : 0,
		.group = p->group ? p->group->owner : 0,
		.container = p->container,
		.image = p->image,
		.entry = p->entry};
}

static struct machine_process *process_new(uint8_t space)
{
	struct machine_process *p = &machine.processes[machine.process_count];
	struct machine_pid *pid;

	if (machine.process_count == machine.process_room || machine.live_count == MACHINE_PIDS)
		abort();
	pid = pid_take(space, machine.process_count);
	if (!pid)
		return NULL;
	memset(p, 0, sizeof(*p));
	p->id = machine.process_count++;
	p->pid = p->threads[0] = pid;
	p->older = machine.last_owner[pid->number[0]];
	machine.last_owner[pid->number[0]] = p->id;
	p->start_ns = machine.now_ns;
	p->space = space;
	p->tty = -1;
	p->is_reaped_at_once = machine_chance(40);
	p->place = machine.live_count;
	machine.live[machine.live_count++] = p->id;
	return p;
}

/* ---- the entry leader ---- */

enum {
	IS_SSHD = 1,
	IS_RUNTIME = 2,
	IS_NO_ENTRY = 4
};

static unsigned kind_of(const struct machine_process *p)
{
	const char *path = machine_names[machine.images[p->image].name];
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;

	if (strcmp(name, "sshd") == 0 || strcmp(name, "dropbear") == 0)
		return IS_SSHD;
	if (strncmp(name, "runc", 4) == 0 || strncmp(name, "conmon", 6) == 0 ||
		strncmp(name, "containerd-shim", 15) == 0)
		return IS_RUNTIME | IS_NO_ENTRY;
	return strcmp(name, "calico-node") == 0 ? IS_NO_ENTRY : 0;
}

/* No process here has another terminal than a pseudo one. */
static bool leads_entry(const struct machine_process *p, const struct machine_process *parent)
{
	if (parent->id == 1)
		return true;
	if (kind_of(p) & IS_NO_ENTRY)
		return false;
	return (kind_of(parent) & IS_SSHD && !(kind_of(p) & IS_SSHD)) ||
	       kind_of(parent) & IS_RUNTIME;
}

void process_judge_entry(struct machine_process *p)
{
	const struct machine_process *parent = machine_process(p->parent);
	const bool leads = p->session == p->pid;

	if (p->id <= 2 || p->parent == 2)
		p->entry = 0;
	else if (leads && leads_entry(p, parent))
		p->entry = p->id;
	else if (parent->entry)
		p->entry = parent->entry;
	else if (p->session && !leads && machine_process(p->session->owner)->entry)
		p->entry = machine_process(p->session->owner)->entry;
	else if (p->group && p->group != p->pid && machine_process(p->group->owner)->entry)
		p->entry = machine_process(p->group->owner)->entry;
	else
		p->entry = leads ? p->id : 0;
}

/* A namespace's first process: its user may choose the next numbers (ns_last_pid), and some choose
 * those that the machine is about to give. */
static void space_begin(struct machine_space *s, uint32_t init)
{
	uint32_t next = machine.spaces[0].cursor + machine_below(9);

	s->init = init;
	if (machine_chance(40))
		s->cursor = next > 5 && next - 4 < machine.setup.pid_max ? next - 4 : 2;
}

uint32_t process_fork(struct machine_process *p, uint8_t space, bool to_parent)
{
	struct machine_process *child = process_new(space);

	if (!child)
		return 0;
	if (child->pid->number[child->pid->level] == 1)
		space_begin(&machine.spaces[space], child->id);
	child->parent = to_parent ? p->parent : p->id;
	child->first_image = child->image = p->image;
	child->container = p->container;
	child->uid = p->uid;
	child->tty = p->tty;
	child->session = p->session;
	child->group = p->group;
	pid_use(child->session);
	pid_use(child->group);
	process_judge_entry(child);
	return child->id;
}

/* The kernel starts a program (call_usermodehelper()): there is neither a fork nor an execve that
 * audit sees, and it has no session. */
uint32_t process_helper(uint32_t parent, bool is_kernel)
{
	struct machine_process *p = process_new(0);

	if (!p)
		return 0;
	p->parent = parent;
	p->first_image = p->image = image_make(p->id, (uint8_t)(is_kernel ? 0 : 1));
	p->is_kernel = is_kernel;
	return p->id;
}

int process_thread(struct machine_process *p)
{
	for (int i = 1; i < MACHINE_LANES; i++) {
		if (p->threads[i] || (p->busy & 1 << i))
			continue;
		p->threads[i] = pid_take(p->pid->space[p->pid->level], p->id);
		if (!p->threads[i])
			return 0;
		p->threads[i]->thread_of = p->id;
		return i;
	}
	return 0;
}

void process_leave_thread(struct machine_process *p, unsigned lane)
{
	if (lane == 0) {
		p->leader_ended = true;
	} else {
		pid_leave(p->threads[lane]);
		p->threads[lane] = NULL;
	}
	for (unsigned i = p->leader_ended; i < MACHINE_LANES; i++)
		if (p->threads[i])
			return;
	p->is_ending = true;
}

void process_execute(struct machine_process *p, uint32_t image)
{
	for (unsigned i = 1; i < MACHINE_LANES; i++) {
		pid_leave(p->threads[i]);
		p->threads[i] = NULL;
	}
	p->leader_ended = false; /* de_thread(): the caller is the leader now */
	p->image = image;
	p->has_executed = true;
	process_wake_vfork(p);
}

void process_wake_vfork(struct machine_process *p)
{
	if (p->vfork_of)
		schedule(HAPPENS_RECORD, machine.now_ns + 1000 + machine_below(20000), p->vfork_of,
			p->vfork_item);
	p->vfork_of = 0;
}

void process_interrupt(struct machine_process *p)
{
	for (uint32_t i = 0; i < machine.live_count; i++) {
		struct machine_process *child = machine_process(machine.live[i]);

		if (child->vfork_of == p->id)
			process_wake_vfork(child);
	}
}

/* A signal. It waits until the calls of the process have ended, but for a vfork's. */
void process_kill(struct machine_process *p)
{
	p->is_ending = true;
	process_interrupt(p);
	if (p->busy == 0)
		schedule(HAPPENS_DEATH, machine.now_ns + machine_below(50000), p->id, 0);
}

/* find_new_reaper(). */
static uint32_t new_parent(const struct machine_process *p)
{
	const unsigned level = p->pid->level;
	const uint8_t space = p->pid->space[level];

	for (uint32_t id = p->parent; id; id = machine_process(id)->parent) {
		const struct machine_process *reaper = machine_process(id);

		if (reaper->state != PROCESS_LIVES || reaper->pid->level != level ||
			reaper->pid->space[level] != space)
			break;
		if (reaper->is_subreaper)
			return id;
	}
	return machine.spaces[space].init;
}

static void end_space(struct machine_space *s, uint8_t space)
{
	s->is_dead = true;
	for (uint32_t i = 0; i < machine.live_count; i++) {
		struct machine_process *p = machine_process(machine.live[i]);

		for (unsigned j = 1; j <= p->pid->level; j++)
			if (p->pid->space[j] == space && !p->is_ending)
				process_kill(p);
	}
}

void process_die(struct machine_process *p)
{
	const uint8_t space = p->pid->space[p->pid->level];
	uint32_t heir;

	if (p->state != PROCESS_LIVES || p->busy)
		return;
	if (p->id == machine.spaces[space].init) {
		/* zap_pid_ns_processes() waits for them. */
		end_space(&machine.spaces[space], space);
		for (uint32_t i = 0; i < machine.live_count; i++) {
			const struct machine_process *other = machine_process(machine.live[i]);

			if (other == p || other->pid->level < p->pid->level ||
				other->pid->space[p->pid->level] != space)
				continue;
			schedule(HAPPENS_DEATH, machine.now_ns + 20000, p->id, 0);
			return;
		}
	}
	heir = new_parent(p);
	for (uint32_t i = 0; i < machine.live_count; i++) {
		struct machine_process *child = machine_process(machine.live[i]);

		if (child->parent == p->id)
			child->parent = heir;
	}
	process_wake_vfork(p);
	for (unsigned i = 1; i < MACHINE_LANES; i++) {
		pid_leave(p->threads[i]);
		p->threads[i] = NULL;
	}
	p->state = PROCESS_ZOMBIE;
	p->end_ns = machine.now_ns;
	schedule(HAPPENS_REAP,
		machine.now_ns +
			(p->is_reaped_at_once
					? 0
					: machine_below(machine_chance(5) ? 400000000 : 3000000)),
		p->id, 0);
}

void process_reap(struct machine_process *p)
{
	const uint32_t last = machine.live[--machine.live_count];

	machine.live[p->place] = last;
	machine_process(last)->place = p->place;
	p->state = PROCESS_GONE;
	pid_leave(p->session);
	pid_leave(p->group);
	pid_leave(p->pid);
}

void process_set_session(struct machine_process *p)
{
	pid_leave(p->session);
	pid_leave(p->group);
	p->session = p->group = p->pid;
	pid_use(p->pid);
	pid_use(p->pid);
	p->tty = -1;
}

void machine_judge_entries(void)
{
	for (uint32_t id = 1; id < machine.process_count; id++)
		if (machine_process(id)->state != PROCESS_GONE)
			process_judge_entry(machine_process(id));
}

uint32_t machine_find(uint32_t pid, int64_t start_ms)
{
	if (pid >= MACHINE_PIDS)
		return 0;
	for (uint32_t id = machine.last_owner[pid]; id; id = machine_process(id)->older)
		if (machine_process(id)->start_ns / 10000000 == start_ms / 10)
			return id;
	return 0;
}

/* ---- the clock ---- */

int64_t machine_realtime_ns(int64_t at_ns)
{
	return at_ns + machine.realtime_offset_ns;
}

void machine_run(int64_t until_ns)
{
	while (machine.items[0].at_ns <= until_ns) {
		const struct machine_item item = next_item();
		struct machine_process *p = machine_process(item.process);

		machine.now_ns = item.at_ns;
		switch (item.kind) {
		case HAPPENS_STEP:
			machine_act();
			schedule(HAPPENS_STEP,
				machine.now_ns + 1 + machine_below(2 * machine.setup.step_ns), 0,
				0);
			break;
		case HAPPENS_EFFECT:
			call_effect(item.event);
			break;
		case HAPPENS_RECORD:
			call_record(item.event);
			break;
		case HAPPENS_END:
			call_end(item.event);
			break;
		case HAPPENS_DEATH:
			process_die(p);
			break;
		case HAPPENS_REAP:
			process_reap(p);
			break;
		}
	}
	machine.now_ns = until_ns;
}

void machine_load_rules(void)
{
	machine.rules_ns = machine.now_ns;
}

static void *room(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (!memory)
		abort();
	return memory;
}

/* init, kthreadd, and some of its threads. */
void machine_start(const struct machine_setup *setup)
{
	struct machine_process *init;

	machine_end();
	machine.setup = *setup;
	machine.seed = setup->seed;
	machine.process_room = 1u << 20;
	machine.image_room = 1u << 20;
	machine.pending_room = 1u << 20;
	machine.processes = room(machine.process_room, sizeof(*machine.processes));
	machine.images = room(machine.image_room, sizeof(*machine.images));
	machine.pending = room(machine.pending_room, sizeof(*machine.pending));
	machine.process_count = machine.image_count = 1;
	machine.now_ns = INT64_C(20000000000);
	machine.realtime_offset_ns = MACHINE_BOOT_S * 1000000000 + 123456789;
	machine.rules_ns = INT64_MAX;
	for (uint32_t i = 1; i < MACHINE_ITEMS; i++)
		machine.call_next[i] = i + 1 < MACHINE_ITEMS ? i + 1 : 0;
	machine.calls_free = 1;
	pids_reset();
	init = machine_process(process_helper(0, false));
	machine.spaces[0].init = init->id;
	process_helper(0, true);
	for (unsigned i = 0; i < 4; i++)
		process_helper(2, true);
	machine_process(process_helper(1, false))->is_agent = true;
	schedule(HAPPENS_STEP, machine.now_ns, 0, 0);
}

void machine_end(void)
{
	free(machine.processes);
	free(machine.images);
	free(machine.pending);
	memset(&machine, 0, sizeof(machine));
}
