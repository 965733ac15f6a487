#include "rules_host.h"

#include <fcntl.h>
#include <string.h>
#include "sys.h"

/* A walk over a file, byte by byte. */
struct reader {
	int fd;
	size_t at;
	size_t len;
	char block[1024];
};

/* -1 at the end, or if the file cannot be read. */
static int next(struct reader *r)
{
	if (r->at == r->len) {
		ssize_t got = sys_read(r->fd, r->block, sizeof(r->block));

		if (got <= 0)
			return -1;
		r->at = 0;
		r->len = (size_t)got;
	}
	return (unsigned char)r->block[r->at++];
}

/* passwd(5), group(5): NAME:PASSWORD:ID:... One line; true if its name is the wanted one and the
 * id is a number. *c is the last byte read, a newline or -1. */
static bool line_has(struct reader *r, const char *name, uint32_t *id, int *c)
{
	size_t len = strlen(name), column = 0;
	unsigned field = 0;
	bool same = true, digits = false;
	uint64_t n = 0;

	for (*c = next(r); *c >= 0 && *c != '\n'; *c = next(r), column++) {
		if (*c == ':') {
			same = same && (field > 0 || column == len);
			field++;
		} else if (field == 0) {
			same = same && column < len && name[column] == (char)*c;
		} else if (field == 2) {
			digits = *c >= '0' && *c <= '9' && n <= UINT32_MAX;
			same = same && digits;
			n = n * 10 + (uint64_t)(*c - '0');
		}
	}
	*id = (uint32_t)n;
	return same && digits && n < UINT32_MAX;
}

static bool find(const char *file, const char *name, uint32_t *id)
{
	struct reader r = {.fd = sys_open(file, O_RDONLY, 0)};
	bool found = false;
	int c = 0;

	if (r.fd < 0)
		return false;
	while (c >= 0 && !found)
		found = line_has(&r, name, id, &c);
	(void)sys_close(r.fd);
	return found;
}

static bool find_user(void *arg, const char *name, uint32_t *uid)
{
	const struct rules_host *h = arg;

	return find(h->passwd_file, name, uid);
}

static bool find_group(void *arg, const char *name, uint32_t *gid)
{
	const struct rules_host *h = arg;

	return find(h->group_file, name, gid);
}

static bool is_directory(void *arg, const char *path)
{
	struct stat st;

	(void)arg;
	return sys_fstatat(AT_FDCWD, path, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

void rules_host_init(struct rules_host *h, const char *passwd_file, const char *group_file)
{
	h->passwd_file = passwd_file;
	h->group_file = group_file;
	memset(&h->name, 0, sizeof(h->name));
	(void)sys_uname(&h->name); /* an empty name is no machine: then b64 is a mistake */
	h->environment = (struct rules_environment){
		.machine = h->name.machine,
		.find_user = find_user,
		.find_group = find_group,
		.is_directory = is_directory,
		.arg = h,
	};
}
