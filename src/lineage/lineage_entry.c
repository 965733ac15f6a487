/*
 * The entry leader: the process with which somebody, or something, came in. What counts as one is
 * as Elastic's agents have it (session view), so that its documents and theirs make one picture;
 * but dropbear is an sshd, and a serial console is a terminal whatever its device is called.
 */
#include "lineage_life.h"

#include "lineage_table.h"

#define MAJOR_CONSOLE 4u /* tty1 to tty63 */
#define MAJOR_PTS     136u
#define PTS_MAJORS    8u

static bool is_console(const struct lineage_process *p)
{
	return p->tty >> 20 == MAJOR_CONSOLE && (p->tty & 0xfffff) < 64;
}

static bool is_pseudo(const struct lineage_process *p)
{
	return (p->tty >> 20) - MAJOR_PTS < PTS_MAJORS;
}

static bool is_serial(const struct lineage_process *p)
{
	return p->tty != LINEAGE_NO_TTY && p->tty != LINEAGE_TTY_UNKNOWN && !is_console(p) &&
	       !is_pseudo(p);
}

/* Of a session leader; ENTRY_NONE: it leads no entry of its own, as far as is known. */
static enum lineage_entry_type own_type(
	const struct lineage_process *p, const struct lineage_process *parent)
{
	if (is_serial(p))
		return ENTRY_TERMINAL;
	if (is_console(p) && p->name & NAME_IS_LOGIN)
		return ENTRY_CONSOLE;
	if (p->ppid == 1)
		return ENTRY_INIT;
	if (!parent || p->name & NAME_IS_NO_ENTRY)
		return ENTRY_NONE;
	if (parent->name & NAME_IS_SSHD && !(p->name & NAME_IS_SSHD))
		return ENTRY_SSHD;
	return parent->name & NAME_IS_RUNTIME ? ENTRY_CONTAINER : ENTRY_NONE;
}

static bool is_of_kernel(const struct lineage_process *p)
{
	return p->pid <= 2 || p->ppid == 2;
}

/* Threads of the kernel and init are in no entry, nor is what init started and leads no session. */
static bool has_no_entry(const struct lineage_process *p)
{
	return is_of_kernel(p) || (p->ppid == 1 && p->is_measured && p->sid != p->pid);
}

/* That of the parent, else of the session's leader, else of the group's. */
static const struct lineage_process *inherited(struct lineage *l, const struct lineage_process *p,
	const struct lineage_process *parent, int64_t at_ms)
{
	/* Who was adopted is in another session than its parent. */
	const bool is_own =
		parent && (p->has_birth || l->is_log || (p->sid > 0 && p->sid == parent->sid));
	const struct lineage_process *relatives[] = {
		is_own ? parent : NULL, lineage_at(l, p->session), lineage_at(l, p->group)};
	/* Of most parents without one it is only not known. */
	const unsigned count = l->is_log || (parent && has_no_entry(parent)) ? 3 : 1;

	for (unsigned i = 0; i < count; i++)
		if (relatives[i] && relatives[i] != p && relatives[i]->entry &&
			relatives[i]->entry_ms <= at_ms)
			return relatives[i];
	return NULL;
}

/* Whose session is not known may have begun an entry of its own behind such a parent. */
static bool may_lead(const struct lineage_process *p, const struct lineage_process *parent)
{
	return p->sid == 0 &&
	       (p->ppid == 1 || (parent && parent->name & (NAME_IS_SSHD | NAME_IS_RUNTIME)));
}

void lineage_judge_entry(struct lineage *l, struct lineage_process *p, int64_t at_ms)
{
	const struct lineage_process *parent = lineage_at(l, p->parent), *from = NULL;
	const bool leads = p->sid == p->pid;
	enum lineage_entry_type type = ENTRY_NONE;
	struct lineage_leaders to = {p->session, p->group, 0};

	if (parent && (parent->pid != p->ppid || parent->image_ms > at_ms))
		parent = NULL;
	if (!is_of_kernel(p) && !may_lead(p, parent)) {
		type = leads ? own_type(p, parent) : ENTRY_NONE;
		from = type == ENTRY_NONE ? inherited(l, p, parent, at_ms) : NULL;
		if (type == ENTRY_NONE && !from && leads && parent &&
			(l->is_log || has_no_entry(parent)))
			type = ENTRY_UNKNOWN;
	}
	to.entry = from ? from->entry : type != ENTRY_NONE ? p->ref : 0;
	p->entry_type = from ? from->entry_type : (uint8_t)type;
	if (to.entry != p->entry)
		p->entry_ms = at_ms;
	lineage_set_leaders(l, p, to);
}
