#include "lineage_life.h"

#include <errno.h>
#include "lineage_container.h"
#include "lineage_id.h"
#include "lineage_image.h"
#include "lineage_proc.h"
#include "lineage_table.h"

static void find_leaders(struct lineage *l, struct lineage_process *p, int64_t at_ms);

/* ---- is it the same process? ------------------------------------------------------------- */

static bool covers(const struct lineage_process *p, int64_t at_ms)
{
	return p->start_ms <= at_ms + LIMIT_LINEAGE_SLACK_MS &&
	       (p->end_ms == INT64_MAX || at_ms <= p->end_ms + LIMIT_LINEAGE_SLACK_MS);
}

/* Nothing in the event speaks against it. */
static bool agrees(const struct lineage_process *p, const struct lineage_sight *s)
{
	return (s->ppid == 0 || s->ppid == p->ppid) &&
	       (s->exe_hash == 0 || p->exe_hash == 0 || s->exe_hash == p->exe_hash);
}

/* All births were audited since it was surely itself, and none of them can have been one of this
 * pid. */
static bool follows_from_records(const struct lineage *l, const struct lineage_process *p)
{
	return l->is_audited && p->is_told && p->losses == l->losses && p->foreign == l->foreign;
}

static void made_sure(struct lineage *l, struct lineage_process *p)
{
	p->checked_ms = l->now_ms;
	p->losses = l->losses;
	p->foreign = l->foreign;
}

static bool began_then(const struct lineage_process *p, int64_t start_ms)
{
	return p->is_measured ? start_ms == p->start_ms
			      : start_ms <= p->start_ms + LIMIT_LINEAGE_SLACK_MS;
}

/*
 * A session is left by becoming the leader of another one. So who is in somebody else's session now
 * was always in it; who leads one may have done so only after the event, unless it is older.
 */
static bool tells_session(
	const struct lineage_process *p, const struct lineage_stat *stat, int64_t at_ms)
{
	return stat->sid != p->pid || at_ms - stat->start_ms > LIMIT_LINEAGE_YOUNG_MS;
}

/* Where setsid is not audited, /proc alone knows the session. */
static void renew_session(struct lineage *l, struct lineage_process *p,
	const struct lineage_stat *stat, int64_t at_ms)
{
	const uint32_t sid = tells_session(p, stat, at_ms) ? stat->sid : 0;

	if (sid == p->sid)
		return;
	p->sid = sid;
	p->pgid = sid > 0 ? stat->pgid : 0;
	p->session_ms = at_ms;
	lineage_set_leaders(l, p, (struct lineage_leaders){0, 0, p->entry});
	find_leaders(l, p, at_ms);
	lineage_judge_entry(l, p);
}

/* /proc decides. Who is gone, or somebody else by now, lived until it was last surely itself. */
static bool is_in_proc(struct lineage *l, struct lineage_process *p, int64_t at_ms)
{
	struct lineage_stat stat;
	const int error = lineage_read_stat(l, p->pid, &stat);

	if (error == 0 && began_then(p, stat.start_ms)) {
		made_sure(l, p);
		if (!l->is_audited)
			renew_session(l, p, &stat, at_ms);
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

	if (agrees(p, s) || p->ppid == 0)
		return true;
	if (p->exe_hash == s->exe_hash &&
		(s->ppid == 1 || (parent && parent->state == LINEAGE_ENDED)))
		return true;
	if (p->state == LINEAGE_LIVES) {
		l->counters->lineage_reused++;
		lineage_end(l, p, s->at_ms - LIMIT_LINEAGE_SLACK_MS - 1);
	}
	return false;
}

static bool is_same(struct lineage *l, struct lineage_process *p, struct lineage_sight *s)
{
	if (p->state == LINEAGE_CLAIMED)
		return s->ppid > 0 && s->ppid == p->ppid &&
		       p->start_ms <= s->at_ms + LIMIT_LINEAGE_SLACK_MS;
	if (!covers(p, s->at_ms))
		return false;
	if (l->is_log)
		return agrees_in_log(l, p, s);
	if (agrees(p, s) && (p->end_ms != INT64_MAX || follows_from_records(l, p) ||
				    (s->is_parent && l->now_ms - p->checked_ms < l->reuse_ms)))
		return true;
	if (p->state != LINEAGE_LIVES)
		return false;
	if (is_in_proc(l, p, s->at_ms))
		return true;
	s->is_doubtful |= agrees(p, s);
	return false;
}

/* The parent that claimed a child spoke the truth: its numbers are ours. */
static void come_true(struct lineage *l, struct lineage_process *p)
{
	struct lineage_process *parent = lineage_at(l, p->parent);

	if (parent && !l->is_log)
		parent->is_ours = true;
	p->is_told = true;
	lineage_become(l, p, LINEAGE_LIVES);
}

struct lineage_process *lineage_find(struct lineage *l, struct lineage_sight *s)
{
	struct lineage_process *p = lineage_first(l, s->pid, s->host);

	/* The last one that was made comes first. */
	while (p && !is_same(l, p, s))
		p = lineage_next(l, p);
	if (p && p->state == LINEAGE_CLAIMED)
		come_true(l, p);
	if (p)
		lineage_use(l, p);
	return p;
}

void lineage_saw(struct lineage *l, struct lineage_process *p, int64_t at_ms)
{
	if (at_ms > p->seen_ms)
		p->seen_ms = at_ms;
	lineage_use(l, p);
}

/* ---- who leads it ------------------------------------------------------------------------- */

/* The number of a session or group is not given to others while it has members. But the leader may
 * be dead, and an older process of that number be in the table: it must be sure that it lives. */
static lineage_ref leader_ref(struct lineage *l, uint32_t number, int64_t at_ms)
{
	struct lineage_sight s = {.pid = number, .is_parent = true, .at_ms = at_ms};
	const struct lineage_process *leader = lineage_find(l, &s);

	return leader ? leader->ref : 0;
}

/* Looking for a leader may look for its own: a group's for that of the session, and no further. */
static void find_leaders(struct lineage *l, struct lineage_process *p, int64_t at_ms)
{
	struct lineage_leaders to = {p->session, p->group, p->entry};

	if (to.session == 0 && p->sid > 0)
		to.session = p->sid == p->pid ? p->ref : leader_ref(l, p->sid, at_ms);
	if (to.group == 0 && p->pgid > 0)
		to.group = p->pgid == p->pid ? p->ref : leader_ref(l, p->pgid, at_ms);
	lineage_set_leaders(l, p, to);
}

/* ---- what a child has of its parent ------------------------------------------------------ */

/* What the parent has since `since_ms`, it had when the child began. A record's time may be a jiffy
 * too early. */
static bool had_then(int64_t since_ms, int64_t birth_ms)
{
	return since_ms == LINEAGE_NEVER || since_ms + LIMIT_LINEAGE_SLACK_MS <= birth_ms;
}

/* As a birth_ms: the parent is what it was when the child began. */
#define AT_BIRTH INT64_MAX

/* Where setsid is not audited, the child may have left the session. */
static void inherit(struct lineage *l, struct lineage_process *p,
	const struct lineage_process *parent, int64_t birth_ms)
{
	struct lineage_leaders leaders = {p->session, p->group, p->entry};

	lineage_set_parent(l, p, parent->ref);
	if (p->sid == 0 && (l->is_audited || l->is_log) && had_then(parent->session_ms, birth_ms))
		p->sid = parent->sid;
	if (p->sid > 0 && p->sid == parent->sid) {
		leaders.session = parent->session;
		if (p->pgid == 0)
			p->pgid = parent->pgid;
		if (p->pgid == parent->pgid)
			leaders.group = parent->group;
	}
	lineage_set_leaders(l, p, leaders);
	if (p->runtime == RUNTIME_NONE && had_then(parent->image_ms, birth_ms)) {
		p->runtime = parent->runtime;
		memcpy(p->container, parent->container, sizeof(p->container));
	}
}

/* Without a measured start all that is known is that it began after its parent did. */
static int64_t birth_of(const struct lineage_process *p, const struct lineage_process *parent)
{
	return p->is_measured ? p->start_ms : parent->start_ms;
}

void lineage_take_parent(
	struct lineage *l, struct lineage_process *p, struct lineage_process *parent)
{
	p->ppid = parent->pid;
	inherit(l, p, parent, birth_of(p, parent));
	lineage_judge_entry(l, p);
}

/* ---- who is not in the table ------------------------------------------------------------- */

/* What the arguments' memory holds now: each with a NUL behind it. */
static void read_image(const struct lineage *l, struct lineage_process *p,
	const struct lineage_stat *stat, bool with_args, struct lineage_image *image)
{
	static struct span args[LIMIT_LINEAGE_ARGS];
	static char text[LIMIT_PROC_FILE_BYTES];
	const int got = with_args ? lineage_read_file(l, p->pid, "cmdline", text, sizeof(text)) : 0;
	struct span rest = {text, got > 0 ? (uint32_t)got : 0};

	if (image->comm.len == 0)
		image->comm = (struct span){stat->name, stat->name_len};
	for (image->all_count = 0; rest.len > 0; image->all_count++) {
		const char *nul = memchr(rest.at, '\0', rest.len);
		const uint32_t len = nul ? (uint32_t)(nul - rest.at) : rest.len;

		if (image->arg_count < LIMIT_LINEAGE_ARGS)
			args[image->arg_count++] = (struct span){rest.at, len};
		rest.at += len + (nul != NULL);
		rest.len -= len + (nul != NULL);
	}
	if (got == (int)sizeof(text)) /* the end is missing */
		image->all_count++;
	image->args = args;
	lineage_set_image(p, image);
}

static void take_stat(struct lineage_process *p, const struct lineage_stat *stat, int64_t at_ms)
{
	p->start_ms = stat->start_ms;
	p->is_measured = true;
	if (tells_session(p, stat, at_ms)) {
		p->sid = stat->sid;
		p->pgid = stat->pgid;
	}
	p->tty = stat->tty;
	p->has_tty = true;
}

void lineage_read_names(struct lineage *l, struct lineage_process *p)
{
	static char exe[LIMIT_PATH_BYTES], directory[LIMIT_PATH_BYTES];
	const int exe_len = lineage_read_link(l, p->pid, "exe", exe, sizeof(exe));
	const int directory_len = lineage_read_link(l, p->pid, "cwd", directory, sizeof(directory));
	struct lineage_image image = {.arg_count = 0};
	struct lineage_status status;
	struct lineage_stat stat;

	lineage_read_status(l, p->pid, &status);
	if (lineage_read_stat(l, p->pid, &stat) < 0 || stat.start_ms != p->start_ms)
		return;
	p->is_ours = status.is_ours;
	if (exe_len > 0)
		image.exe = (struct span){exe, (uint32_t)exe_len};
	if (directory_len > 0)
		image.directory = (struct span){directory, (uint32_t)directory_len};
	read_image(l, p, &stat, status.is_roots, &image);
}

/* A process that runs and that no event is of yet, or not one that tells enough. */
static struct lineage_process *read_process(struct lineage *l, const struct lineage_sight *s)
{
	struct lineage_image image = {.arg_count = 0};
	struct lineage_status status;
	struct lineage_stat stat;
	struct lineage_process *p;

	if (l->proc < 0 || s->pid == 0 || l->reads >= LIMIT_LINEAGE_READS)
		return NULL;
	l->reads++;
	if (lineage_read_stat(l, s->pid, &stat) < 0 ||
		stat.start_ms > s->at_ms + LIMIT_LINEAGE_SLACK_MS)
		return NULL;
	p = lineage_make(l, s->pid, 0, LINEAGE_LIVES);
	p->ppid = stat.ppid;
	lineage_read_status(l, p->pid, &status);
	p->uid = status.uid;
	take_stat(p, &stat, s->at_ms);
	made_sure(l, p);
	read_image(l, p, &stat, status.is_roots, &image);
	(void)lineage_read_container(l, p);
	lineage_id_make(l, p, s->host_name);
	return p;
}

void lineage_relate(struct lineage *l, struct lineage_process *p, int64_t at_ms)
{
	struct lineage_sight above = {.pid = p->ppid, .is_parent = true, .at_ms = at_ms};
	const struct lineage_process *parent = p->ppid > 0 ? lineage_find(l, &above) : NULL;

	if (parent)
		lineage_set_parent(l, p, parent->ref);
	find_leaders(l, p, at_ms);
	lineage_judge_entry(l, p);
}

struct lineage_process *lineage_find_or_read(struct lineage *l, struct lineage_sight *s)
{
	struct lineage_process *p = lineage_find(l, s);

	if (p)
		return p;
	p = read_process(l, s);
	if (p)
		lineage_relate(l, p, s->at_ms);
	return p;
}

/* Its records are the only trace of many a process: they live for milliseconds. */
struct lineage_process *lineage_learn(struct lineage *l, const struct lineage_sight *s)
{
	struct lineage_stat stat;
	bool is_there = lineage_read_stat(l, s->pid, &stat) == 0 &&
			stat.start_ms <= s->at_ms + LIMIT_LINEAGE_SLACK_MS;
	struct lineage_sight above = *s;
	struct lineage_process *p, *parent;

	if (s->is_doubtful && !is_there)
		return NULL;
	above.pid = s->ppid;
	above.ppid = above.exe_hash = 0;
	above.is_parent = true;
	parent = s->ppid > 0 ? lineage_find_or_read(l, &above) : NULL;
	p = lineage_make(l, s->pid, s->host, LINEAGE_LIVES);
	p->ppid = s->ppid;
	p->start_ms = s->at_ms;
	if (is_there) {
		take_stat(p, &stat, s->at_ms);
		made_sure(l, p);
		p->uid = LINEAGE_NO_UID;
	}
	if (parent) {
		p->is_told = parent->has_forked;
		inherit(l, p, parent, birth_of(p, parent));
	}
	find_leaders(l, p, s->at_ms);
	if (parent && parent->exe_hash == s->exe_hash && s->exe_hash &&
		had_then(parent->image_ms, birth_of(p, parent)))
		lineage_copy_image(p, parent);
	lineage_id_make(l, p, s->host_name);
	lineage_judge_entry(l, p);
	return p;
}

struct lineage_process *lineage_born(struct lineage *l, struct lineage_process *parent,
	const struct lineage_sight *child, bool measured)
{
	struct lineage_process *p = lineage_make(
		l, child->pid, child->host, measured ? LINEAGE_LIVES : LINEAGE_CLAIMED);

	p->ppid = child->ppid;
	p->start_ms = child->at_ms;
	p->is_measured = measured;
	p->is_told = true;
	if (measured)
		made_sure(l, p);
	p->uid = parent->uid;
	p->tty = parent->tty;
	p->has_tty = parent->has_tty;
	inherit(l, p, parent, AT_BIRTH);
	lineage_copy_image(p, parent);
	lineage_id_make(l, p, child->host_name);
	lineage_judge_entry(l, p);
	return p;
}
