/* Pid namespaces and the numbers in them, as kernel/pid.c has them. */
#include "support_machine.h"

#include <stdlib.h>
#include <string.h>

enum {
	RESERVED = 300 /* RESERVED_PIDS: a circle that has come round begins here */
};

static struct machine_pid pool[MACHINE_PIDS * 2];
static uint32_t pool_at;

void pids_reset(void)
{
	memset(pool, 0, sizeof(pool));
	pool_at = 0;
	machine.spaces[0] = (struct machine_space){.is_used = true, .cursor = 1};
}

static struct machine_pid *pool_take(void)
{
	for (uint32_t i = 0; i < MACHINE_PIDS * 2; i++) {
		struct machine_pid *pid = &pool[pool_at++ % (MACHINE_PIDS * 2)];

		if (pid->uses == 0)
			return pid;
	}
	abort();
}

/* idr_alloc_cyclic(). */
static uint32_t number_take(struct machine_space *s)
{
	const uint32_t least = s->cursor > RESERVED ? RESERVED : 1;
	const uint32_t end = machine.setup.pid_max;
	uint32_t from = s->cursor < least ? least : s->cursor;

	for (unsigned round = 0; round < 2; round++) {
		for (uint32_t n = from; n < end; n++)
			if (!s->numbers[n]) {
				s->cursor = n + 1;
				return n;
			}
		from = least;
	}
	return 0;
}

static void numbers_leave(struct machine_pid *pid, unsigned from)
{
	for (unsigned i = from; i <= pid->level; i++) {
		struct machine_space *s = &machine.spaces[pid->space[i]];

		s->numbers[pid->number[i]] = NULL;
		s->holders--;
	}
}

struct machine_pid *pid_take(uint8_t space, uint32_t owner)
{
	struct machine_space *s = &machine.spaces[space];
	struct machine_pid *pid;

	if (s->is_dead)
		return NULL;
	if (s->init == 0)
		s->cursor = 1; /* the first one was not possible */
	pid = pool_take();
	*pid = (struct machine_pid){.owner = owner,
		.level = s->level,
		.start_ns = machine.now_ns,
		.serial = machine.orders++};
	/* alloc_pid() goes from the innermost outwards. */
	for (int i = s->level; i >= 0; i--) {
		s = &machine.spaces[space];
		pid->space[i] = space;
		pid->number[i] = (uint16_t)number_take(s);
		if (pid->number[i] == 0) {
			numbers_leave(pid, (unsigned)i + 1);
			return NULL;
		}
		s->numbers[pid->number[i]] = pid;
		s->holders++;
		space = s->parent;
	}
	pid->uses = 1;
	return pid;
}

void pid_use(struct machine_pid *pid)
{
	if (pid)
		pid->uses++;
}

void pid_leave(struct machine_pid *pid)
{
	if (pid && --pid->uses == 0)
		numbers_leave(pid, 0);
}

uint32_t pid_number(const struct machine_pid *pid, const struct machine_pid *viewer)
{
	const unsigned level = viewer->level;

	return pid && pid->level >= level && pid->space[level] == viewer->space[level]
		       ? pid->number[level]
		       : 0;
}

/* Nobody is in it, nor will be. */
static bool is_unused(uint8_t space)
{
	const struct machine_space *s = &machine.spaces[space];

	if (!s->is_used)
		return true;
	if (s->holders > 0)
		return false;
	for (uint32_t i = 0; i < machine.live_count; i++)
		if (machine_process(machine.live[i])->space == space)
			return false;
	for (uint32_t i = 1; i < MACHINE_SPACES; i++)
		if (machine.spaces[i].is_used && machine.spaces[i].parent == space)
			return false;
	return true;
}

uint8_t space_make(uint8_t parent)
{
	struct machine_space *p = &machine.spaces[parent];

	if (p->level + 1 >= MACHINE_LEVELS || p->is_dead)
		return 0;
	for (unsigned i = 1; i < MACHINE_SPACES; i++) {
		struct machine_space *s = &machine.spaces[i];

		s->is_used = !is_unused(i);
		if (s->is_used)
			continue;
		*s = (struct machine_space){
			.parent = parent, .level = p->level + 1, .is_used = true, .cursor = 1};
		return (uint8_t)i;
	}
	return 0;
}
