#include "lineage_life.h"

#include <errno.h>
#include "lineage_container.h"
#include "lineage_id.h"
#include "lineage_image.h"
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
		.at_ms = l->is_log ? member->sure_ms : sys_clock_ms(CLOCK_BOOTTIME)};
	const struct lineage_process *p = lineage_find(l, &s);

	return p && p->state == LINEAGE_LIVES && (!leads || p->sid == leader) &&
			       p->start_ms <= member->start_ms + LIMIT_LINEAGE_SLACK_MS
		       ? p->ref
		       : 0;
}

static void find_leaders(struct lineage *l, struct lineage_process *p)
{
	struct lineage_leaders to = {p->session, p->group, p->entry};

	if (to.session == 0 && p->sid > 0)
		to.session = p->sid == p->pid ? p->ref : leader_ref(l, p->sid, p, true);
	if (to.group == 0 && p->pgid > 0)
		to.group = p->pgid == p->pid ? p->ref : leader_ref(l, p->pgid, p, false);
	lineage_set_leaders(l, p, to);
}

/* ---- is it the same process? ------------------------------------------------------------- */

/* A tick of /proc has 10 ms, a jiffy, as the clock of records has it, at most as many. */
#define TICK_MS	 10
#define JIFFY_MS 10
/* What two readings of two clocks differ by. */
#define ROUND_MS 2

bool lineage_began_at(const struct lineage_stat *stat, int64_t at_ms)
{
	return stat->start_ms + TICK_MS + ROUND_MS >= at_ms &&
	       stat->start_ms <= at_ms + JIFFY_MS + ROUND_MS;
}

bool lineage_is_of(const struct lineage_stat *stat, const struct lineage_sight *s)
{
	if (stat->start_ms + TICK_MS + ROUND_MS <= s->at_ms)
		return true;
	return stat->start_ms <= s->at_ms + JIFFY_MS + ROUND_MS && s->ppid > 0 &&
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
		s->at_ms > p->end_ms + (l->is_log ? LIMIT_LINEAGE_SLACK_MS : ROUND_MS))
		return false;
	if (p->sure_ms <= s->at_ms + ROUND_MS || l->is_log)
		return l->is_log ? p->start_ms <= s->at_ms + LIMIT_LINEAGE_SLACK_MS : true;
	if (p->start_ms > s->at_ms + JIFFY_MS + ROUND_MS || s->ppid == 0 || s->ppid != p->ppid)
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
		       s->at_ms <= parent->end_ms + ROUND_MS || !parent->has_exited);
}

/* Nothing in the event speaks against it. */
static bool agrees(
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

static void made_sure(struct lineage *l, struct lineage_process *p)
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
	return stat->start_ms + TICK_MS + ROUND_MS <= p->sure_ms ||
	       (stat->start_ms <= p->sure_ms + JIFFY_MS + ROUND_MS && stat->ppid == p->ppid);
}

/*
 * A session is left by becoming the leader of another one, which nobody leaves. So who is in
 * somebody else's session now was always in it; who leads one leads it from now on.
 */
static void take_session(struct lineage_process *p, const struct lineage_stat *stat)
{
	if (stat->sid != p->pid) {
		p->sid = stat->sid;
		p->pgid = stat->pgid;
	} else if (p->sid != p->pid && (p->sid > 0 || p->session_ms == LINEAGE_NEVER)) {
		p->sid = p->pgid = 0;
		p->session_ms = sys_clock_ms(CLOCK_BOOTTIME);
	}
}

/* Where setsid is not audited, /proc alone knows the session. */
static void renew_session(
	struct lineage *l, struct lineage_process *p, const struct lineage_stat *stat)
{
	const uint32_t sid = p->sid, pgid = p->pgid;

	take_session(p, stat);
	if (sid == p->sid && pgid == p->pgid)
		return;
	lineage_set_leaders(l, p, (struct lineage_leaders){0, 0, p->entry});
	find_leaders(l, p);
	lineage_judge_entry(l, p);
}

/* /proc decides. Who is gone, or somebody else by now, lived until it was last surely itself. */
static bool is_in_proc(struct lineage *l, struct lineage_process *p)
{
	struct lineage_stat stat;
	const int error = lineage_read_stat(l, p->pid, &stat);

	if (error == 0 && began_then(p, &stat)) {
		if (!l->is_audited || p->losses != l->losses)
			renew_session(l, p, &stat);
		made_sure(l, p);
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

	if (agrees(l, p, s) || p->ppid == 0)
		return true;
	if (p->exe_hash == s->exe_hash &&
		(s->ppid == 1 || (parent && parent->state == LINEAGE_ENDED)))
		return true;
	if (p->state == LINEAGE_LIVES) {
		l->counters->lineage_reused++;
		lineage_end(l, p, s->at_ms - ROUND_MS - 1);
	}
	return false;
}

static bool is_same(struct lineage *l, struct lineage_process *p, struct lineage_sight *s)
{
	if (p->state == LINEAGE_CLAIMED)
		return s->ppid > 0 && has_parent_then(l, p, s) &&
		       p->sure_ms <= s->at_ms + ROUND_MS && (l->is_log || is_child_of_ours(l, p));
	if (!covers(l, p, s))
		return false;
	if (l->is_log)
		return agrees_in_log(l, p, s);
	if (agrees(l, p, s) && (p->end_ms != INT64_MAX || follows_from_records(l, p, s) ||
				       cannot_be_reused(l, p, s)))
		return true;
	if (p->state != LINEAGE_LIVES)
		return false;
	if (is_in_proc(l, p))
		return true;
	s->is_doubtful |= agrees(l, p, s);
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
	const int64_t before_ms = s->at_ms - ROUND_MS - 1;
	struct lineage_process *p = lineage_first(l, s->pid, s->host);

	for (; p; p = lineage_next(l, p)) {
		const int64_t sure_ms = p->seen_ms > p->start_ms ? p->seen_ms : p->start_ms;

		if (p->end_ms > before_ms && !p->has_exited)
			lineage_end(l, p, sure_ms < before_ms ? sure_ms : before_ms);
	}
}

void lineage_saw(struct lineage *l, struct lineage_process *p, int64_t at_ms)
{
	if (at_ms > p->seen_ms)
		p->seen_ms = at_ms;
	if (p->sid == 0 && p->session_ms != LINEAGE_NEVER && at_ms > p->session_ms + ROUND_MS) {
		p->sid = p->pid;
		lineage_set_leaders(l, p, (struct lineage_leaders){p->ref, p->group, p->entry});
		lineage_judge_entry(l, p);
	}
	lineage_use(l, p);
}

/* ---- what a child has of its parent ------------------------------------------------------ */

/* Where setsid is not audited, the child may have left the session. */
static void inherit(struct lineage *l, struct lineage_process *p,
	const struct lineage_process *parent, int64_t fork_ms)
{
	struct lineage_leaders leaders = {p->session, p->group, p->entry};

	p->has_birth = p->is_told = true;
	p->sure_ms = fork_ms;
	lineage_set_parent(l, p, parent->ref);
	if (p->sid == 0 && parent->sid > 0 && (l->is_audited || l->is_log) &&
		parent->session_ms <= fork_ms && parent->losses == l->losses) {
		p->sid = parent->sid;
		leaders.session = parent->session;
	}
	if (p->pgid == 0 && parent->pgid > 0 && p->sid == parent->sid) {
		p->pgid = parent->pgid;
		leaders.group = parent->group;
	}
	lineage_set_leaders(l, p, leaders);
	if (p->runtime == RUNTIME_NONE && parent->image_ms <= fork_ms) {
		p->runtime = parent->runtime;
		memcpy(p->container, parent->container, sizeof(p->container));
	}
}

void lineage_take_parent(struct lineage *l, struct lineage_process *p,
	struct lineage_process *parent, int64_t fork_ms)
{
	p->ppid = parent->pid;
	inherit(l, p, parent, fork_ms);
	if (p->image_ms == LINEAGE_NEVER && p->exe_hash == parent->exe_hash &&
		parent->image_ms <= fork_ms)
		lineage_copy_image(p, parent);
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
	p->image_ms = sys_clock_ms(CLOCK_BOOTTIME);
}

static void take_stat(struct lineage_process *p, const struct lineage_stat *stat)
{
	p->start_ms = stat->start_ms;
	p->sure_ms = stat->start_ms + TICK_MS;
	p->is_measured = true;
	take_session(p, stat);
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
	p->is_foreign = status.is_foreign;
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
	if (lineage_read_stat(l, s->pid, &stat) < 0 || !lineage_is_of(&stat, s))
		return NULL;
	p = lineage_make(l, s->pid, 0, LINEAGE_LIVES);
	p->ppid = stat.ppid;
	lineage_read_status(l, p->pid, &status);
	p->uid = status.uid;
	take_stat(p, &stat);
	made_sure(l, p);
	read_image(l, p, &stat, status.is_roots, &image);
	(void)lineage_read_container(l, p);
	/* It may have ended meanwhile, and another have its number. */
	if (lineage_read_stat(l, s->pid, &stat) < 0 || stat.start_ms != p->start_ms) {
		lineage_drop(l, p);
		return NULL;
	}
	lineage_id_make(l, p, s->host_name);
	return p;
}

void lineage_relate(struct lineage *l, struct lineage_process *p, int64_t at_ms)
{
	struct lineage_sight above = {.pid = p->ppid, .is_parent = true, .at_ms = at_ms};
	const struct lineage_process *parent = p->ppid > 0 ? lineage_find(l, &above) : NULL;

	if (parent) {
		lineage_set_parent(l, p, parent->ref);
		p->is_told = parent->has_forked;
	}
	find_leaders(l, p);
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

/* What was claimed of a number is settled when it is given again, or its process is seen. */
static void drop_claims(struct lineage *l, const struct lineage_sight *s)
{
	struct lineage_process *p = lineage_first(l, s->pid, s->host), *next;

	for (; p; p = next) {
		next = lineage_next(l, p);
		if (p->state == LINEAGE_CLAIMED)
			lineage_drop(l, p);
	}
}

/* Other entries of this pid: one may be of this process, but nothing proves it. Then what follows
 * from its birth is in doubt. Or it is the same, as /proc says. */
static struct lineage_process *what_is_known(struct lineage *l, const struct lineage_sight *s,
	const struct lineage_stat *stat, bool *is_whole)
{
	struct lineage_process *p = lineage_first(l, s->pid, s->host);

	*is_whole = true;
	for (; p; p = lineage_next(l, p)) {
		if (p->state == LINEAGE_LIVES && stat && p->is_measured &&
			p->start_ms == stat->start_ms) {
			if (!l->is_audited || p->losses != l->losses)
				renew_session(l, p, stat);
			made_sure(l, p);
			return p;
		}
		*is_whole &= p->has_exited;
	}
	drop_claims(l, s);
	return NULL;
}

/* Its records are the only trace of many a process: they live for milliseconds. */
struct lineage_process *lineage_learn(struct lineage *l, const struct lineage_sight *s)
{
	struct lineage_stat stat;
	const bool is_there = lineage_read_stat(l, s->pid, &stat) == 0 && lineage_is_of(&stat, s);
	struct lineage_sight above = *s;
	struct lineage_process *p, *parent, *known;
	bool is_whole;

	if (s->is_doubtful && !is_there)
		return NULL;
	above.pid = s->ppid;
	above.ppid = above.exe_hash = 0;
	above.is_parent = true;
	parent = s->ppid > 0 ? lineage_find_or_read(l, &above) : NULL;
	known = what_is_known(l, s, is_there ? &stat : NULL, &is_whole);
	if (known)
		return known;
	p = lineage_make(l, s->pid, s->host, LINEAGE_LIVES);
	p->is_late = !is_whole;
	p->ppid = s->ppid;
	p->start_ms = p->sure_ms = s->at_ms;
	if (is_there) {
		take_stat(p, &stat);
		made_sure(l, p);
		p->uid = LINEAGE_NO_UID;
	}
	if (parent)
		lineage_set_parent(l, p, parent->ref);
	find_leaders(l, p);
	lineage_id_make(l, p, s->host_name);
	return p;
}

/* Its own events came before its parent's, and could not be told from another's, or their entry has
 * left. */
static bool was_seen_before(struct lineage *l, const struct lineage_sight *child)
{
	const struct lineage_process *p = lineage_first(l, child->pid, child->host);

	for (; p; p = lineage_next(l, p))
		if (p->state == LINEAGE_ENDED && !p->has_exited &&
			p->end_ms + JIFFY_MS + ROUND_MS >= child->fork_ms)
			return true;
	return child->fork_ms <= l->dropped_ms;
}

struct lineage_process *lineage_born(struct lineage *l, struct lineage_process *parent,
	const struct lineage_sight *child, bool measured)
{
	struct lineage_process *p;

	drop_claims(l, child);
	p = lineage_make(l, child->pid, child->host, measured ? LINEAGE_LIVES : LINEAGE_CLAIMED);
	p->ppid = child->ppid;
	p->start_ms = child->at_ms;
	p->sure_ms = child->fork_ms;
	p->is_measured = measured;
	if (measured)
		made_sure(l, p);
	p->uid = parent->uid;
	p->tty = parent->tty;
	p->has_tty = parent->has_tty;
	p->is_late = was_seen_before(l, child);
	if (p->is_late)
		lineage_set_parent(l, p, parent->ref);
	else
		inherit(l, p, parent, child->fork_ms);
	if (!p->is_late && parent->image_ms <= child->fork_ms)
		lineage_copy_image(p, parent);
	lineage_id_make(l, p, child->host_name);
	lineage_judge_entry(l, p);
	return p;
}
