#include "fake_privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include "fake_kernel.h"

struct fake_privileges fake_privileges;

void fake_privileges_reset(void)
{
	struct fake_privileges *p = &fake_privileges;

	memset(p, 0, sizeof(*p));
	p->effective = p->permitted = p->bounding = FAKE_ALL_CAPABILITIES;
	p->dumpable = p->groups = true;
	p->umask = 022;
	for (unsigned i = 0; i < 16; i++)
		p->limits[i] = FAKE_NO_LIMIT;
}

static bool may(unsigned capability)
{
	return fake_privileges.effective >> capability & 1;
}

int sys_capget(uint64_t *set)
{
	FAIL("capget");
	*set = fake_privileges.effective;
	return 0;
}

int sys_capset(uint64_t set)
{
	FAIL("capset");
	if (set & ~fake_privileges.permitted)
		return -EPERM;
	fake_privileges.effective = fake_privileges.permitted = set;
	return 0;
}

static int install(unsigned flags, const struct sock_fprog *program)
{
	if (!fake_privileges.no_new_privs && !may(CAP_SYS_ADMIN))
		return -EACCES;
	if (program->len == 0 || program->len > LIMIT_SECCOMP_INSTRUCTIONS)
		return -EINVAL;
	fake_privileges.filter_flags = flags;
	fake_privileges.filter_len = program->len;
	memcpy(fake_privileges.filter, program->filter, program->len * sizeof(*program->filter));
	return 0;
}

int sys_prctl(int option, unsigned long a, unsigned long b)
{
	struct fake_privileges *p = &fake_privileges;

	FAIL("prctl");
	switch (option) {
	case PR_CAPBSET_DROP:
		if (!may(CAP_SETPCAP))
			return -EPERM;
		if (a > FAKE_LAST_CAPABILITY)
			return -EINVAL;
		p->bounding &= ~(UINT64_C(1) << a);
		return 0;
	case PR_SET_KEEPCAPS:
		p->keep = a;
		return 0;
	case PR_SET_NO_NEW_PRIVS:
		p->no_new_privs = true;
		return a == 1 && b == 0 ? 0 : -EINVAL;
	case PR_SET_THP_DISABLE:
		p->huge_pages_off = fake_sys_calls(NULL);
		return a == 1 && b == 0 ? 0 : -EINVAL;
	case PR_SET_DUMPABLE:
		p->dumpable = a;
		return 0;
	case PR_SET_SECCOMP:
		if (a != SECCOMP_MODE_FILTER)
			return -EINVAL;
		return install(0, (const struct sock_fprog *)b);
	}
	return -EINVAL;
}

int sys_seccomp(unsigned flags, const struct sock_fprog *program)
{
	FAIL("seccomp");
	return install(flags, program);
}

int sys_setgroups(size_t count, const gid_t *groups)
{
	(void)groups;
	FAIL("setgroups");
	if (!may(CAP_SETGID))
		return -EPERM;
	fake_privileges.groups = count > 0;
	return 0;
}

int sys_setresgid(gid_t gid)
{
	FAIL("setresgid");
	if (!may(CAP_SETGID))
		return -EPERM;
	fake_privileges.gid = gid;
	return 0;
}

int sys_setresuid(uid_t uid)
{
	struct fake_privileges *p = &fake_privileges;

	FAIL("setresuid");
	if (!may(CAP_SETUID))
		return -EPERM;
	if (p->uid == 0 && uid != 0) {
		p->effective = 0;
		if (!p->keep)
			p->permitted = 0;
	}
	p->uid = uid;
	return 0;
}

int sys_setrlimit(int resource, uint64_t limit)
{
	FAIL("setrlimit");
	if (resource < 0 || resource >= 16)
		return -EINVAL;
	fake_privileges.limits[resource] = limit;
	return 0;
}

void sys_umask(mode_t mask)
{
	fake_privileges.umask = mask;
}
