#include "privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include "error_text.h"
#include "seccomp.h"
#include "sys.h"
#include "text.h"

#define BIT(capability) (UINT64_C(1) << (capability))

/* ---- who --------------------------------------------------------------------------------- */

/* NAME, NAME:GID, UID or UID:GID */
bool privileges_init(struct privileges *p, const struct config *c, const struct identity *i,
	struct config_error *e)
{
	const char *colon = strchr(c->user, ':');
	struct span user = span_of(c->user);
	bool good;

	*p = (struct privileges){.seccomp = c->seccomp};
	e->text[0] = '\0';
	if (!*c->user)
		return true;
	if (colon)
		user.len = (uint32_t)(colon - c->user);
	good = identity_user(i, user, &p->uid, &p->gid);
	if (colon)
		good = good && identity_number(span_of(colon + 1), &p->gid);
	/* To setresuid(2), -1 is whoever it was. */
	good = good && p->uid != UINT32_MAX && p->gid != UINT32_MAX;
	if (!good)
		text_format(e->text, sizeof(e->text),
			"user: %.64s: not known; expected a name of %.256s, or UID:GID", c->user,
			i->users.path);
	p->change_user = good && p->uid != sys_geteuid();
	return good;
}

/* ---- steps: 0, or -errno ----------------------------------------------------------------- */

struct drop {
	const struct privileges *wanted;
	struct config_error *e;
	uint64_t effective; /* capabilities, before */
};

static int ask(struct drop *d)
{
	sys_umask(077);
	return sys_capget(&d->effective);
}

/* The bounding set matters in execve() only, where no_new_privs protects, too. So it does not
 * matter if we may not shrink it. */
static int drop_bounding(struct drop *d)
{
	int error = 0;

	if (!(d->effective & BIT(CAP_SETPCAP)))
		return 0;
	for (unsigned capability = 0; capability < 64 && error >= 0; capability++)
		if (capability != CAP_AUDIT_CONTROL)
			error = sys_prctl(PR_CAPBSET_DROP, capability, 0);
	return error == -EINVAL ? 0 : error; /* beyond the last capability of this kernel */
}

/* The permitted capabilities survive it thanks to PR_SET_KEEPCAPS. */
static int change_user(struct drop *d)
{
	int error = 0;

	if (!d->wanted->change_user)
		return 0;
	error = sys_prctl(PR_SET_KEEPCAPS, 1, 0);
	if (error >= 0)
		error = sys_setgroups(0, NULL);
	if (error >= 0)
		error = sys_setresgid(d->wanted->gid);
	return error < 0 ? error : sys_setresuid(d->wanted->uid);
}

static int drop_capabilities(struct drop *d)
{
	return sys_capset(d->effective & BIT(CAP_AUDIT_CONTROL));
}

/* Not dumpable: neither a core, nor ptrace(2) by others of the same user. */
static int lock(struct drop *d)
{
	int error = sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0);

	(void)d;
	return error < 0 && error != -EINVAL ? error : sys_prctl(PR_SET_DUMPABLE, 0, 0);
}

/* Is a standard descriptor a file that grows with what is printed? */
static bool prints_to_file(void)
{
	struct stat st;

	for (int fd = 1; fd <= 2; fd++)
		if (sys_fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
			return true;
	return false;
}

/*
 * Nothing may grow. Address space and data at 0 refuse whatever is more than now (mm/mmap.c,
 * may_expand_vm()); the stack has the 128 KiB that fs/exec.c, setup_arg_pages() gives it, of
 * which the deepest call takes a fifth. poll() takes no more entries than RLIMIT_NOFILE.
 */
static int limit(struct drop *d)
{
	const int fd = sys_open("/", O_RDONLY | O_DIRECTORY, 0); /* the lowest that is free */
	const struct {
		int resource;
		unsigned most;
	} limits[] = {
		{RLIMIT_CORE, 0},
		{RLIMIT_NPROC, 0},
		{RLIMIT_DATA, 0},
		{RLIMIT_AS, 0},
		{RLIMIT_NOFILE, (unsigned)fd + LIMIT_LOOP_SOURCES + LIMIT_SPARE_DESCRIPTORS},
		{RLIMIT_FSIZE, 0},
	};
	const unsigned count = sizeof(limits) / sizeof(limits[0]) - prints_to_file();
	int error = 0;

	(void)d;
	if (fd < 0)
		return fd;
	(void)sys_close(fd);
	for (unsigned i = 0; i < count && error >= 0; i++)
		error = sys_setrlimit(limits[i].resource, limits[i].most);
	return error;
}

static int filter(struct drop *d)
{
	int error = d->wanted->seccomp ? seccomp_install() : 0;

	if (error != -ENOSYS)
		return error;
	text_format(d->e->text, sizeof(d->e->text),
		"seccomp: this kernel has no filters; system calls stay unfiltered");
	return 0;
}

/* The order matters: a step may need a privilege that a later one drops. */
static const struct {
	const char *name;
	int (*run)(struct drop *d);
} steps[] = {
	{"capget", ask},
	{"the bounding set", drop_bounding},
	{"user", change_user},
	{"capset", drop_capabilities},
	{"prctl", lock},
	{"limits", limit},
	{"seccomp", filter},
};

int privileges_drop(const struct privileges *p, struct config_error *e)
{
	struct drop d = {.wanted = p, .e = e};
	int error = 0;

	e->text[0] = '\0';
	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]) && error >= 0; i++) {
		error = steps[i].run(&d);
		if (error < 0)
			text_format(e->text, sizeof(e->text),
				"privileges cannot be dropped: %s: %s", steps[i].name,
				error_text(error));
	}
	return error < 0 ? error : 0;
}
