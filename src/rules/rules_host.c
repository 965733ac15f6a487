#include "rules_host.h"

#include <fcntl.h>
#include <string.h>
#include "sys.h"

/* The tables hold ids as the decimal text of a number that fits. */
static bool number(struct span text, uint32_t *value)
{
	*value = 0;
	for (uint32_t i = 0; i < text.len; i++)
		*value = *value * 10 + (uint32_t)(text.at[i] - '0');
	return text.len > 0;
}

static bool find_user(void *arg, const char *name, uint32_t *uid)
{
	const struct rules_host *h = arg;

	return number(identity_user_id(h->identity, span_of(name)), uid);
}

static bool find_group(void *arg, const char *name, uint32_t *gid)
{
	const struct rules_host *h = arg;

	return number(identity_group_id(h->identity, span_of(name)), gid);
}

static bool is_directory(void *arg, const char *path)
{
	struct stat st;

	(void)arg;
	return sys_fstatat(AT_FDCWD, path, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

static int check_path(void *arg, const char *path)
{
	struct stat st;

	(void)arg;
	return sys_fstatat(AT_FDCWD, path, &st, 0);
}

void rules_host_init(struct rules_host *h, const struct identity *identity)
{
	h->identity = identity;
	memset(&h->name, 0, sizeof(h->name));
	(void)sys_uname(&h->name); /* an empty name is no machine: then b64 is a mistake */
	h->environment = (struct rules_environment){
		.machine = h->name.machine,
		.find_user = find_user,
		.find_group = find_group,
		.is_directory = is_directory,
		.check_path = check_path,
		.arg = h,
	};
}
