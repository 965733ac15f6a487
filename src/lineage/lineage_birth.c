#include "lineage_birth.h"

#include <string.h>
#include "lineage_container.h"
#include "lineage_id.h"
#include "lineage_image.h"
#include "lineage_proc.h"
#include "lineage_table.h"
#include "sys.h"

/* ---- what a child has of its parent ------------------------------------------------------ */

/* Where setsid and setpgid are not audited, the child may have left session and group. */
static void inherit(struct lineage *l, struct lineage_process *p,
	const struct lineage_process *parent, int64_t fork_ms)
{
	const bool may_take = l->is_log || (l->is_audited && parent->losses == l->losses);
	struct lineage_leaders leaders = {p->session, p->group, p->entry};

	p->has_birth = p->is_told = true;
	p->sure_ms = fork_ms;
	lineage_set_parent(l, p, parent->ref);
	if (may_take && p->sid == 0 && parent->session_ms <= fork_ms)
		p->sid = parent->sid;
	if (may_take && p->pgid == 0 && parent->group_ms <= fork_ms)
		p->pgid = parent->pgid;
	if (leaders.session == 0 && p->sid == parent->sid)
		leaders.session = parent->session;
	if (leaders.group == 0 && p->pgid == parent->pgid)
		leaders.group = parent->group;
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
	lineage_judge_entry(l, p, fork_ms);
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
	p->sure_ms = stat->start_ms + LINEAGE_TICK_MS;
	p->is_measured = true;
	lineage_take_session(p, stat);
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
	read_image(l, p, &stat, status.is_roots && status.is_ours, &image);
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
	lineage_made_sure(l, p);
	read_image(l, p, &stat, status.is_roots && status.is_ours, &image);
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
	lineage_find_leaders(l, p);
	lineage_judge_entry(l, p, at_ms);
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
	const struct lineage_stat *stat, bool *is_whole, bool *may_be)
{
	struct lineage_process *p = lineage_first(l, s->pid, s->host);

	*is_whole = true;
	*may_be = false;
	for (; p; p = lineage_next(l, p)) {
		if (p->state == LINEAGE_LIVES && stat && p->is_measured &&
			p->start_ms == stat->start_ms) {
			if (!l->is_audited || p->losses != l->losses)
				lineage_renew_session(l, p, stat);
			lineage_made_sure(l, p);
			return p;
		}
		*is_whole &= p->has_exited;
		*may_be |= !p->has_exited && lineage_agrees(l, p, s);
	}
	drop_claims(l, s);
	return NULL;
}

/* In a pid namespace of its own a parent's forks do not tell whom it has. Who is in its container
 * now, and has it as a parent, was born there. */
static void take_container(
	const struct lineage *l, struct lineage_process *p, const struct lineage_process *parent)
{
	struct lineage_stat stat;

	if (parent->runtime == RUNTIME_NONE || !p->is_measured)
		return;
	if (lineage_read_container(l, p) < 0 || lineage_read_stat(l, p->pid, &stat) < 0 ||
		stat.start_ms != p->start_ms || p->runtime != parent->runtime ||
		memcmp(p->container, parent->container, sizeof(p->container)) != 0)
		p->runtime = RUNTIME_NONE;
}

/* Its records are the only trace of many a process: they live for milliseconds. */
struct lineage_process *lineage_learn(struct lineage *l, const struct lineage_sight *s)
{
	struct lineage_stat stat;
	const bool is_there = lineage_read_stat(l, s->pid, &stat) == 0 && lineage_is_of(&stat, s);
	struct lineage_sight above = *s;
	struct lineage_process *p, *parent, *known;
	bool is_whole, may_be;

	if (s->is_doubtful && !is_there)
		return NULL;
	above.pid = s->ppid;
	above.ppid = above.exe_hash = 0;
	above.is_parent = true;
	parent = s->ppid > 0 ? lineage_find_or_read(l, &above) : NULL;
	known = what_is_known(l, s, is_there ? &stat : NULL, &is_whole, &may_be);
	if (known || (may_be && !is_there && !l->is_log))
		return known;
	p = lineage_make(l, s->pid, s->host, LINEAGE_LIVES);
	p->is_late = !is_whole;
	p->ppid = s->ppid;
	p->start_ms = p->sure_ms = s->at_ms;
	if (is_there) {
		take_stat(p, &stat);
		lineage_made_sure(l, p);
	}
	if (parent) {
		lineage_set_parent(l, p, parent->ref);
		take_container(l, p, parent);
	}
	lineage_find_leaders(l, p);
	lineage_judge_entry(l, p, s->at_ms);
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
			p->end_ms + LINEAGE_JIFFY_MS + LINEAGE_ROUND_MS >= child->fork_ms)
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
		lineage_made_sure(l, p);
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
	lineage_judge_entry(l, p, child->fork_ms);
	return p;
}
