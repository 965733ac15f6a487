#include "lineage_table.h"

#include <string.h>

/* A ref is the number of the entry, and below it the slot. */
#define SLOT_BITS 13u

_Static_assert(LIMIT_PROCESSES < 1u << SLOT_BITS, "a slot fits");
_Static_assert(sizeof(struct lineage_process) * DEFAULT_PROCESSES +
			       LIMIT_PROCESS_BUCKETS * sizeof(uint16_t) <=
		       512u * 1024u,
	"what the default takes");

static uint32_t slot_of(const struct lineage_process *p)
{
	return p->ref & ((1u << SLOT_BITS) - 1);
}

static struct lineage_process *in_slot(struct lineage *l, uint32_t slot)
{
	return slot > 0 && slot <= LIMIT_PROCESSES ? &l->processes[slot] : NULL;
}

struct lineage_process *lineage_at(struct lineage *l, lineage_ref ref)
{
	struct lineage_process *p = in_slot(l, ref & ((1u << SLOT_BITS) - 1));

	return p && p->ref == ref ? p : NULL;
}

const struct lineage_process *lineage_get(const struct lineage *l, lineage_ref ref)
{
	return lineage_at((struct lineage *)l, ref);
}

/* ---- by pid ------------------------------------------------------------------------------ */

static uint16_t *bucket_of(struct lineage *l, uint32_t pid, uint32_t host)
{
	const uint32_t hash = (pid ^ host) * 0x9e3779b1u;

	return &l->buckets[hash >> 16 & (LIMIT_PROCESS_BUCKETS - 1)];
}

static struct lineage_process *among(struct lineage *l, uint32_t slot, uint32_t pid, uint32_t host)
{
	struct lineage_process *p = in_slot(l, slot);

	while (p && (p->pid != pid || p->host != host))
		p = in_slot(l, p->next);
	return p;
}

struct lineage_process *lineage_first(struct lineage *l, uint32_t pid, uint32_t host)
{
	return among(l, *bucket_of(l, pid, host), pid, host);
}

struct lineage_process *lineage_next(struct lineage *l, const struct lineage_process *p)
{
	return among(l, p->next, p->pid, p->host);
}

static void leave_bucket(struct lineage *l, const struct lineage_process *p)
{
	uint16_t *at = bucket_of(l, p->pid, p->host);

	while (*at != slot_of(p))
		at = &l->processes[*at].next;
	*at = p->next;
}

/* ---- lists by use ------------------------------------------------------------------------ */

static void enlist(struct lineage *l, struct lineage_process *p)
{
	const uint16_t slot = (uint16_t)slot_of(p);

	p->newer = 0;
	p->older = l->first[p->state];
	if (p->older)
		l->processes[p->older].newer = slot;
	else
		l->last[p->state] = slot;
	l->first[p->state] = slot;
}

static void unlist(struct lineage *l, const struct lineage_process *p)
{
	if (p->newer)
		l->processes[p->newer].older = p->older;
	else
		l->first[p->state] = p->older;
	if (p->older)
		l->processes[p->older].newer = p->newer;
	else
		l->last[p->state] = p->newer;
}

void lineage_use(struct lineage *l, struct lineage_process *p)
{
	if (!p->newer)
		return;
	unlist(l, p);
	enlist(l, p);
}

/* ---- who has living children, who leads the living --------------------------------------- */

static void count_follower(
	struct lineage *l, const struct lineage_process *p, lineage_ref ref, int by)
{
	struct lineage_process *leader = lineage_at(l, ref);

	if (leader && leader != p)
		leader->followers = (uint16_t)(leader->followers + by);
}

static void count_child(struct lineage *l, const struct lineage_process *p, int by)
{
	struct lineage_process *parent = lineage_at(l, p->parent);

	if (parent)
		parent->children = (uint16_t)(parent->children + by);
}

static void count_leaders(struct lineage *l, const struct lineage_process *p, int by)
{
	count_follower(l, p, p->session, by);
	count_follower(l, p, p->group, by);
	count_follower(l, p, p->entry, by);
}

/* A ref whose entry has left counts nowhere: a later one of the slot has another number. */
void lineage_set_parent(struct lineage *l, struct lineage_process *p, lineage_ref parent)
{
	if (p->state == LINEAGE_LIVES)
		count_child(l, p, -1);
	p->parent = parent;
	if (p->state == LINEAGE_LIVES)
		count_child(l, p, 1);
}

void lineage_set_leaders(struct lineage *l, struct lineage_process *p, struct lineage_leaders to)
{
	if (p->state == LINEAGE_LIVES)
		count_leaders(l, p, -1);
	p->session = to.session;
	p->group = to.group;
	p->entry = to.entry;
	if (p->state == LINEAGE_LIVES)
		count_leaders(l, p, 1);
}

void lineage_become(struct lineage *l, struct lineage_process *p, enum lineage_state state)
{
	if (p->state == LINEAGE_LIVES) {
		count_child(l, p, -1);
		count_leaders(l, p, -1);
	}
	unlist(l, p);
	p->state = (uint8_t)state;
	enlist(l, p);
	if (state == LINEAGE_LIVES) {
		count_child(l, p, 1);
		count_leaders(l, p, 1);
	}
}

void lineage_end(struct lineage *l, struct lineage_process *p, int64_t end_ms)
{
	p->end_ms = end_ms;
	if (p->state == LINEAGE_LIVES)
		lineage_become(l, p, LINEAGE_ENDED);
}

/* ---- room for one more ------------------------------------------------------------------- */

void lineage_drop(struct lineage *l, struct lineage_process *p)
{
	leave_bucket(l, p);
	lineage_become(l, p, LINEAGE_FREE);
	p->ref = slot_of(p);
	p->pid = 0;
}

/* One of the two that were used last: somebody may have a pointer to it. */
static bool is_in_use(const struct lineage *l, const struct lineage_process *p)
{
	return !p->newer || !l->processes[p->newer].newer;
}

/* The least recently used one that nobody needs; if there is none among those that are looked at,
 * the least recently used one. */
static struct lineage_process *oldest(struct lineage *l, enum lineage_state state)
{
	struct lineage_process *p = in_slot(l, l->last[state]);

	for (unsigned i = 0; p && !is_in_use(l, p) && i < LIMIT_LINEAGE_STEPS; i++) {
		if (p->followers == 0 && (state != LINEAGE_LIVES || p->children == 0))
			return p;
		p = in_slot(l, p->newer);
	}
	p = in_slot(l, l->last[state]);
	return p && !is_in_use(l, p) ? p : NULL;
}

static struct lineage_process *make_room(struct lineage *l)
{
	static const uint8_t order[] = {LINEAGE_CLAIMED, LINEAGE_ENDED, LINEAGE_LIVES};
	struct lineage_process *p = NULL;

	for (unsigned i = 0; i < sizeof(order) && !p; i++)
		p = oldest(l, order[i]);
	if (p->state == LINEAGE_LIVES)
		l->counters->lineage_evicted++;
	if (!p->has_exited && p->seen_ms > l->dropped_ms)
		l->dropped_ms = p->seen_ms;
	lineage_drop(l, p);
	return p;
}

/* Slots that were never used stay untouched memory. */
static struct lineage_process *unused(struct lineage *l)
{
	struct lineage_process *p = in_slot(l, l->first[LINEAGE_FREE]);

	if (!p && l->made < l->capacity) {
		p = &l->processes[++l->made];
		p->ref = l->made;
		return p;
	}
	if (!p)
		p = make_room(l);
	unlist(l, p);
	return p;
}

struct lineage_process *lineage_make(
	struct lineage *l, uint32_t pid, uint32_t host, enum lineage_state state)
{
	struct lineage_process *p = unused(l);
	uint16_t *bucket = bucket_of(l, pid, host);
	const uint32_t slot = slot_of(p);

	l->number += (l->number + 1) << SLOT_BITS == 0 ? 2 : 1;
	memset(p, 0, offsetof(struct lineage_process, text));
	p->ref = l->number << SLOT_BITS | slot;
	p->pid = pid;
	p->host = host;
	p->end_ms = INT64_MAX;
	p->session_ms = p->group_ms = p->entry_ms = LINEAGE_NEVER;
	p->image_ms = p->seen_ms = p->known_ms = LINEAGE_NEVER;
	p->uid = LINEAGE_NO_UID;
	p->tty = LINEAGE_NO_TTY;
	p->state = (uint8_t)state;
	p->losses = l->losses;
	p->foreign = l->foreign;
	p->unproven = l->unproven;
	p->next = *bucket;
	*bucket = (uint16_t)slot;
	enlist(l, p);
	return p;
}
