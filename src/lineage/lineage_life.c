#include "lineage_life.h"

#include <errno.h>
#include "lineage_proc.h"
#include "lineage_table.h"
#include "sys.h"

/* ---- who leads it ------------------------------------------------------------------------ */

/* The number of a session or group is not given to others while it has members. So its leader is
 * who has this number now, if that is no younger; of one that has ended it is not known whether a
 * later one was. */
static lineage_ref leader_ref(
	struct lineage *l, uint32_t leader, const struct lineage_process *member, bool leads)
{
	struct lineage_sight s = {.pid = leader,
		.host = member->host,
		.is_parent = true,
		.is_leader = true,
		.at_ms = l->is_log ? member->sure_ms : sys_clock_ms(CLOCK_BOOTTIME)};
	const struct lineage_process *p = lineage_find(l, &s);

	return p && p->state == LINEAGE_LIVES && (!leads || p->sid == leader) &&
			       p->start_ms <= member->start_ms + LIMIT_LINEAGE_SLACK_MS
		       ? p->ref
		       : 0;
}

void lineage_find_leaders(struct lineage *l, struct lineage_process *p)
{
	struct lineage_leaders to = {p->session, p->group, p->entry};

	if (to.session == 0 && p->sid > 0)
		to.session = p->sid == p->pid ? p->ref : leader_ref(l, p->sid, p, true);
	if (to.group == 0 && p->pgid > 0)
		to.group = p->pgid == p->pid ? p->ref : leader_ref(l, p->pgid, p, false);
	lineage_set_leaders(l, p, to);
}

/* ---- is it the same process? ------------------------------------------------------------- */

bool lineage_began_at(const struct lineage_stat *stat, int64_t at_ms)
{
	return stat->start_ms + LINEAGE_TICK_MS + LINEAGE_ROUND_MS >= at_ms &&
	       stat->start_ms <= at_ms + LINEAGE_JIFFY_MS + LINEAGE_ROUND_MS;
}

bool lineage_is_of(const struct lineage_stat *stat, const struct lineage_sight *s)
{
	if (stat->start_ms + LINEAGE_TICK_MS + LINEAGE_ROUND_MS <= s->at_ms)
		return true;
	return stat->start_ms <= s->at_ms + LINEAGE_JIFFY_MS + LINEAGE_ROUND_MS && s->ppid > 0 &&
	       stat->ppid == s->ppid &&
	       span_equal((struct span){stat->name, stat->name_len}, s->comm);
}

/* It may have begun just after the event: then it needs the same parent and executable, or what
 * /proc says of it. */
static bool covers(
	const struct lineage *l, const struct lineage_process *p, const struct lineage_sight *s)
{
	struct lineage_stat stat;

	if (p->end_ms != INT64_MAX &&
		s->at_ms > p->end_ms + (l->is_log ? LIMIT_LINEAGE_SLACK_MS : LINEAGE_ROUND_MS))
		return false;
	if (p->sure_ms <= s->at_ms + LINEAGE_ROUND_MS || l->is_log)
		return l->is_log ? p->start_ms <= s->at_ms + LIMIT_LINEAGE_SLACK_MS : true;
	if (p->start_ms > s->at_ms + LINEAGE_JIFFY_MS + LINEAGE_ROUND_MS || s->ppid == 0 ||
		s->ppid != p->ppid)
		return false;
	return s->exe_hash ? s->exe_hash == p->exe_hash
			   : p->state == LINEAGE_LIVES && p->is_measured &&
				     lineage_read_stat(l, p->pid, &stat) == 0 &&
				     stat.start_ms == p->start_ms && lineage_is_of(&stat, s);
}

/* The numbers are given in a circle: one comes back when all others had their turn. */
static bool cannot_be_reused(
	const struct lineage *l, const struct lineage_process *p, const struct lineage_sight *s)
{
	return (s->is_parent || l->is_audited) && (p->has_birth || p->is_measured) &&
	       s->at_ms - p->start_ms < l->reuse_ms;
}

/* Its parent is still the process of that number. */
static bool has_parent_then(
	const struct lineage *l, const struct lineage_process *p, const struct lineage_sight *s)
{
	const struct lineage_process *parent = lineage_get(l, p->parent);

	return s->ppid == p->ppid &&
	       (!parent || parent->pid != p->ppid || parent->end_ms == INT64_MAX ||
		       s->at_ms <= parent->end_ms + LINEAGE_ROUND_MS || !parent->has_exited);
}

/* Nothing in the event speaks against it. */
bool lineage_agrees(
	const struct lineage *l, const struct lineage_process *p, const struct lineage_sight *s)
{
	return (s->ppid == 0 || has_parent_then(l, p, s)) &&
	       (s->exe_hash == 0 || p->exe_hash == 0 || s->exe_hash == p->exe_hash);
}

static bool is_child_of_ours(const struct lineage *l, const struct lineage_process *p)
{
	const struct lineage_process *parent = lineage_get(l, p->parent);

	return parent && parent->is_ours && parent->pid == p->ppid;
}

/*
 * All births were audited since it was surely itself, and none of them can have been one of this
 * pid. Of some births we do not know the number: those by processes in another pid namespace. Their
 * children have parents there, so they are nobody's of whom we know a parent here.
 */
static bool follows_from_records(
	const struct lineage *l, const struct lineage_process *p, const struct lineage_sight *s)
{
	if (!l->is_audited || !p->is_told || p->losses != l->losses)
		return false;
	return p->foreign == l->foreign || (p->unproven == l->unproven && s->ppid > 0 &&
						   s->ppid == p->ppid && is_child_of_ours(l, p));
}

void lineage_made_sure(struct lineage *l, struct lineage_process *p)
{
	p->losses = l->losses;
	p->foreign = l->foreign;
	p->unproven = l->unproven;
}

static bool began_then(const struct lineage_process *p, const struct lineage_stat *stat)
{
	if (p->is_measured)
		return stat->start_ms == p->start_ms;
	if (p->has_birth)
		return lineage_began_at(stat, p->sure_ms);
	return stat->start_ms + LINEAGE_TICK_MS + LINEAGE_ROUND_MS <= p->sure_ms ||
	       (stat->start_ms <= p->sure_ms + LINEAGE_JIFFY_MS + LINEAGE_ROUND_MS &&
		       stat->ppid == p->ppid);
}

void lineage_take_session(struct lineage_process *p, const struct lineage_stat *stat)
{
	/* Of events in this millisecond it is not known. */
	const int64_t now_ms = sys_clock_ms(CLOCK_BOOTTIME) + LINEAGE_ROUND_MS + 1;

	if (p->sid != stat->sid) {
		p->sid = stat->sid;
		p->session_ms = p->sid == p->pid ? now_ms : LINEAGE_NEVER;
	}
	if (p->pgid != stat->pgid) {
		p->pgid = stat->pgid;
		p->group_ms = now_ms;
	}
}

/* Where setsid is not audited, /proc alone knows the session. */
void lineage_renew_session(
	struct lineage *l, struct lineage_process *p, const struct lineage_stat *stat)
{
	const uint32_t sid = p->sid, pgid = p->pgid;

	lineage_take_session(p, stat);
	if (sid == p->sid && pgid == p->pgid)
		return;
	lineage_set_leaders(l, p, (struct lineage_leaders){0, 0, p->entry});
	lineage_find_leaders(l, p);
	if (sid != p->sid)
		lineage_judge_entry(l, p, sys_clock_ms(CLOCK_BOOTTIME));
}

/* /proc decides. Who is gone, or somebody else by now, lived until it was last surely itself. */
static bool is_in_proc(struct lineage *l, struct lineage_process *p, bool is_leader)
{
	const int64_t now_ms = sys_clock_ms(CLOCK_BOOTTIME);
	struct lineage_stat stat;
	const int error = lineage_read_stat(l, p->pid, &stat);

	if (error == 0 && began_then(p, &stat)) {
		p->known_ms = now_ms;
		if (is_leader) /* its own session may be another by now */
			return true;
		if (!l->is_audited || p->losses != l->losses)
			lineage_renew_session(l, p, &stat);
		lineage_made_sure(l, p);
		return true;
	}
	if (error == 0)
		l->counters->lineage_reused++;
	if (error == 0 || error == -ENOENT || error == -ESRCH)
		lineage_end(l, p, p->seen_ms > p->start_ms ? p->seen_ms : p->start_ms);
	return false;
}

/* A log has no more to say than its records. Whose parent ends gets another one. */
static bool agrees_in_log(
	struct lineage *l, struct lineage_process *p, const struct lineage_sight *s)
{
	const struct lineage_process *parent = lineage_at(l, p->parent);

	if (lineage_agrees(l, p, s) || p->ppid == 0)
		return true;
	if (p->exe_hash == s->exe_hash &&
		(s->ppid == 1 || (parent && parent->state == LINEAGE_ENDED)))
		return true;
	if (p->state == LINEAGE_LIVES) {
		l->counters->lineage_reused++;
		lineage_end(l, p, s->at_ms - LINEAGE_ROUND_MS - 1);
	}
	return false;
}

/* Its parent is gone, and init has it now. Threads of the kernel have other parents. */
static bool was_adopted(
	const struct lineage *l, const struct lineage_process *p, const struct lineage_sight *s)
{
	return l->is_audited && p->is_told && p->losses == l->losses && p->foreign == l->foreign &&
	       s->ppid == 1 && p->ppid != 1 && s->exe_hash && s->exe_hash == p->exe_hash;
}

static bool is_same(struct lineage *l, struct lineage_process *p, struct lineage_sight *s)
{
	if (p->state == LINEAGE_CLAIMED)
		return s->ppid > 0 && has_parent_then(l, p, s) &&
		       p->sure_ms <= s->at_ms + LINEAGE_ROUND_MS &&
		       (l->is_log || is_child_of_ours(l, p));
	if (!covers(l, p, s))
		return false;
	if (l->is_log)
		return agrees_in_log(l, p, s);
	/* In a rush the events of many turns are older than the last look at /proc. */
	if (s->at_ms + LINEAGE_JIFFY_MS + LINEAGE_ROUND_MS <= p->known_ms)
		return true;
	if (was_adopted(l, p, s))
		return true;
	if (lineage_agrees(l, p, s) && (p->end_ms != INT64_MAX || follows_from_records(l, p, s) ||
					       cannot_be_reused(l, p, s)))
		return true;
	if (p->state != LINEAGE_LIVES)
		return false;
	if (is_in_proc(l, p, s->is_leader))
		return true;
	s->is_doubtful |= lineage_agrees(l, p, s);
	return false;
}

struct lineage_process *lineage_find(struct lineage *l, struct lineage_sight *s)
{
	struct lineage_process *p = lineage_first(l, s->pid, s->host);

	/* The last one that was made comes first. The events of a pid come in their order
	 * (reassembly.h): who had one was followed by no earlier process. */
	while (p && !is_same(l, p, s))
		p = !l->is_log && !s->is_parent && p->seen_ms != LINEAGE_NEVER ? NULL
									       : lineage_next(l, p);
	if (p && p->state == LINEAGE_CLAIMED)
		lineage_become(l, p, LINEAGE_LIVES);
	if (p)
		lineage_use(l, p);
	return p;
}

/* Something happened to one of these, it is not known which, and what it was is not known of them.
 */
void lineage_missed(struct lineage *l, const struct lineage_sight *s)
{
	const int64_t before_ms = s->at_ms - LINEAGE_ROUND_MS - 1;
	struct lineage_process *p = lineage_first(l, s->pid, s->host), *next;

	for (; p; p = next) {
		const int64_t sure_ms = p->seen_ms > p->start_ms ? p->seen_ms : p->start_ms;

		next = lineage_next(l, p);
		if (p->state == LINEAGE_CLAIMED)
			lineage_drop(l, p);
		else if (p->end_ms > before_ms && !p->has_exited)
			lineage_end(l, p, sure_ms < before_ms ? sure_ms : before_ms);
	}
}

void lineage_saw(struct lineage *l, struct lineage_process *p, int64_t at_ms)
{
	if (at_ms > p->seen_ms)
		p->seen_ms = at_ms;
	lineage_use(l, p);
}
