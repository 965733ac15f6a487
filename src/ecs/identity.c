#include "identity.h"

#include <errno.h>
#include <fcntl.h>
#include "sys.h"

#define MASK (LIMIT_IDENTITY_SLOTS - 1)

_Static_assert((LIMIT_IDENTITY_SLOTS & MASK) == 0, "a power of two");
_Static_assert(LIMIT_IDENTITIES <= LIMIT_IDENTITY_SLOTS / 2, "probing ends, and soon");
_Static_assert(LIMIT_IDENTITIES < UINT16_MAX, "slots hold an entry's number + 1");

/* ---- tables ------------------------------------------------------------------------------ */

/* Strict: what records hold is what the kernel printed with %u. */
static inline bool parse_id(const char *s, size_t len, uint32_t *id)
{
	uint64_t n = 0;
	size_t i;

	if (len == 0 || len > 10 || (s[0] == '0' && len > 1))
		return false;
	for (i = 0; i < len; i++) {
		unsigned digit = (unsigned char)s[i] - '0';

		if (digit > 9)
			return false;
		n = n * 10 + digit;
	}
	*id = (uint32_t)n;
	return n <= UINT32_MAX;
}

/* Fibonacci hashing: ids come in runs, and these bits spread them. */
static inline uint32_t hash_id(uint32_t id)
{
	return (id * 2654435769u) >> 20;
}
_Static_assert(LIMIT_IDENTITY_SLOTS == 1u << 12, "32 - 20 bits");

/* FNV-1a. */
static inline uint32_t hash_name(const char *s, size_t len)
{
	uint32_t hash = 2166136261u;
	size_t i;

	for (i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)s[i]) * 16777619u;
	return (hash ^ hash >> 15) & MASK;
}

/* The slot that holds this id, or the free one where it belongs. */
static inline uint32_t find_id(const struct identity_table *t, uint32_t id)
{
	uint32_t slot = hash_id(id);

	while (t->by_id[slot] && t->entries[t->by_id[slot] - 1].id != id)
		slot = (slot + 1) & MASK;
	return slot;
}

static inline uint32_t find_name(const struct identity_table *t, const char *name, size_t len)
{
	uint32_t slot = hash_name(name, len);

	for (; t->by_name[slot]; slot = (slot + 1) & MASK) {
		const struct identity_entry *e = &t->entries[t->by_name[slot] - 1];

		if (e->name_len == len && memcmp(t->pool + e->at, name, len) == 0)
			break;
	}
	return slot;
}

static void table_clear(struct identity_table *t)
{
	/* Entries and names need not be cleared, and without an entry the slots are clear: pages
	 * that were never used stay so. */
	if (t->count > 0) {
		memset(t->by_id, 0, sizeof(t->by_id));
		memset(t->by_name, 0, sizeof(t->by_name));
	}
	t->count = t->pool_used = t->skipped = t->left_out = 0;
}

static void table_add(struct identity_table *t, struct span name, struct span id_text, uint32_t id,
	uint32_t group)
{
	uint32_t by_id = find_id(t, id);
	uint32_t by_name = find_name(t, name.at, name.len);
	struct identity_entry *e = &t->entries[t->count];

	if (t->by_id[by_id] && t->by_name[by_name])
		return; /* both the id and the name are known */
	if (t->count == LIMIT_IDENTITIES ||
		name.len + id_text.len > sizeof(t->pool) - t->pool_used) {
		t->left_out++;
		return;
	}
	*e = (struct identity_entry){.id = id,
		.group = group,
		.at = t->pool_used,
		.name_len = name.len,
		.id_len = id_text.len};
	memcpy(t->pool + e->at, name.at, name.len);
	memcpy(t->pool + e->at + name.len, id_text.at, id_text.len);
	t->pool_used += name.len + id_text.len;
	t->count++;
	if (!t->by_id[by_id])
		t->by_id[by_id] = (uint16_t)t->count;
	if (!t->by_name[by_name])
		t->by_name[by_name] = (uint16_t)t->count;
}

/* ---- lines ------------------------------------------------------------------------------- */

struct line {
	char head[LIMIT_IDENTITY_LINE_BYTES];
	size_t len; /* of the line, may exceed the head */
	unsigned colons;
	bool has_nul;
};

__attribute__((cold)) static void line_end(
	struct identity_table *t, struct line *l, unsigned colons)
{
	size_t n = l->len < LIMIT_IDENTITY_LINE_BYTES ? l->len : LIMIT_IDENTITY_LINE_BYTES;
	const char *at = l->head, *const end = at + n, *colon;
	struct span fields[4]; /* name, password, id; of users: group */
	unsigned count = 0;
	uint32_t id, group;

	if (n == 0 || *at == '#')
		return;
	while (count < 4 && (colon = memchr(at, ':', (size_t)(end - at)))) {
		fields[count++] = (struct span){at, (uint32_t)(colon - at)};
		at = colon + 1;
	}
	if (count < 3 || l->has_nul || l->colons < colons || fields[0].len == 0 ||
		fields[0].len > UINT8_MAX || l->head[0] == '+' || l->head[0] == '-' ||
		!parse_id(fields[2].at, fields[2].len, &id)) {
		t->skipped++;
		return;
	}
	if (count < 4 || !parse_id(fields[3].at, fields[3].len, &group))
		group = id;
	table_add(t, fields[0], fields[2], id, group);
}

static void line_bytes(struct line *l, const char *bytes, size_t n)
{
	size_t room = l->len < LIMIT_IDENTITY_LINE_BYTES ? LIMIT_IDENTITY_LINE_BYTES - l->len : 0;
	size_t i;

	memcpy(l->head + (l->len < LIMIT_IDENTITY_LINE_BYTES ? l->len : 0), bytes,
		n < room ? n : room);
	l->len += n;
	for (i = 0; i < n; i++) {
		l->colons += bytes[i] == ':';
		l->has_nul |= bytes[i] == '\0';
	}
}

/* All lines of an open file. 0 or -errno. */
__attribute__((cold)) static int read_lines(struct identity_table *t, int fd, unsigned colons)
{
	struct line l = {.len = 0};
	char buf[4096];
	size_t total = 0;

	for (;;) {
		ssize_t got = sys_read(fd, buf, sizeof(buf));
		size_t at = 0;

		if (got == -EINTR)
			continue;
		if (got < 0)
			return (int)got;
		if (got == 0)
			break;
		total += (size_t)got;
		if (total > LIMIT_IDENTITY_FILE_BYTES)
			return -EFBIG;
		while (at < (size_t)got) {
			const char *end = memchr(buf + at, '\n', (size_t)got - at);
			size_t n = (end ? (size_t)(end - buf) : (size_t)got) - at;

			line_bytes(&l, buf + at, n);
			at += n;
			if (!end)
				break;
			line_end(t, &l, colons);
			l.len = 0;
			l.colons = 0;
			l.has_nul = false;
			at++;
		}
	}
	line_end(t, &l, colons); /* the last line may lack its newline */
	return 0;
}

/* ---- files ------------------------------------------------------------------------------- */

static struct identity_stamp stamp_of(const struct stat *st)
{
	return (struct identity_stamp){
		.dev = (uint64_t)st->st_dev,
		.ino = (uint64_t)st->st_ino,
		.size = (uint64_t)st->st_size,
		.mtime_s = st->st_mtim.tv_sec,
		.ctime_s = st->st_ctim.tv_sec,
		.mtime_ns = (uint32_t)st->st_mtim.tv_nsec,
		.ctime_ns = (uint32_t)st->st_ctim.tv_nsec,
	};
}

static bool stamp_equal(const struct identity_stamp *a, const struct identity_stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       a->mtime_s == b->mtime_s && a->mtime_ns == b->mtime_ns && a->ctime_s == b->ctime_s &&
	       a->ctime_ns == b->ctime_ns;
}

static int file_read(struct identity_file *f, struct identity_table *t, int fd)
{
	struct identity_stamp after;
	struct stat st;
	int error = sys_fstat(fd, &st);

	if (error < 0)
		return error;
	f->stamp = stamp_of(&st);
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	error = read_lines(t, fd, f->colons);
	if (error == -EFBIG)
		return error;
	if (error == 0)
		error = sys_fstat(fd, &st);
	if (error < 0) {
		f->stamp = (struct identity_stamp){0}; /* try again without a change */
		return error;
	}
	after = stamp_of(&st);
	if (!stamp_equal(&f->stamp, &after))
		return -EAGAIN; /* the stamp kept is the older one: it is read again */
	return t->count ? 0 : -ENODATA;
}

/* true: the file was read into the spare table, and that is the file's now. */
__attribute__((cold)) static bool file_load(struct identity *i, struct identity_file *f)
{
	struct identity_table *t = &i->tables[i->spare];
	uint8_t old = f->table;
	int fd;

	f->stamp = (struct identity_stamp){0};
	/* O_NONBLOCK: a pipe in its place must not stop the program. */
	fd = sys_open(f->path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0) {
		f->error = fd;
		return false;
	}
	table_clear(t);
	f->error = file_read(f, t, fd);
	sys_close(fd);
	if (f->error < 0)
		return false;
	f->reads++;
	f->table = i->spare;
	i->spare = old;
	return true;
}

static bool file_refresh(struct identity *i, struct identity_file *f)
{
	struct identity_stamp now;
	struct stat st;
	int error;

	if (*f->path == '\0')
		return false;
	error = sys_fstatat(AT_FDCWD, f->path, &st, 0);
	if (error < 0) {
		f->error = error;
		f->stamp = (struct identity_stamp){0};
		return false;
	}
	now = stamp_of(&st);
	return !stamp_equal(&now, &f->stamp) && file_load(i, f);
}

__attribute__((cold)) void identity_open(
	struct identity *i, const char *passwd_file, const char *group_file)
{
	unsigned n;

	i->users = (struct identity_file){.path = passwd_file, .colons = 6, .table = 0};
	i->groups = (struct identity_file){.path = group_file, .colons = 3, .table = 1};
	i->spare = 2;
	i->checked = false;
	for (n = 0; n < 3; n++)
		table_clear(&i->tables[n]);
	if (*passwd_file)
		file_load(i, &i->users);
	if (*group_file)
		file_load(i, &i->groups);
}

bool identity_refresh(struct identity *i, int64_t now_ms)
{
	bool users, groups;

	if (i->checked && now_ms - i->checked_ms < LIMIT_IDENTITY_CHECK_MS)
		return false;
	i->checked = true;
	i->checked_ms = now_ms;
	users = file_refresh(i, &i->users);
	groups = file_refresh(i, &i->groups);
	return users || groups;
}

/* ---- look-ups ---------------------------------------------------------------------------- */

static struct span name_of(const struct identity_table *t, struct span text)
{
	const struct identity_entry *e;
	uint32_t id, slot;

	if (!parse_id(text.at, text.len, &id))
		return SPAN_NONE;
	if (id == 0)
		return SPAN("root");
	slot = find_id(t, id);
	if (!t->by_id[slot])
		return SPAN_NONE;
	e = &t->entries[t->by_id[slot] - 1];
	return (struct span){t->pool + e->at, e->name_len};
}

static struct span id_of(const struct identity_table *t, struct span name)
{
	const struct identity_entry *e;
	uint32_t slot;

	if (name.len == 0)
		return SPAN_NONE;
	if (span_is(name, "root"))
		return SPAN("0");
	slot = find_name(t, name.at, name.len);
	if (!t->by_name[slot])
		return SPAN_NONE;
	e = &t->entries[t->by_name[slot] - 1];
	return (struct span){t->pool + e->at + e->name_len, e->id_len};
}

struct span identity_user_name(const struct identity *i, struct span id)
{
	return name_of(identity_users(i), id);
}

struct span identity_group_name(const struct identity *i, struct span id)
{
	return name_of(identity_groups(i), id);
}

struct span identity_user_id(const struct identity *i, struct span name)
{
	return id_of(identity_users(i), name);
}

struct span identity_group_id(const struct identity *i, struct span name)
{
	return id_of(identity_groups(i), name);
}

__attribute__((cold)) bool identity_number(struct span text, uint32_t *number)
{
	return parse_id(text.at, text.len, number);
}

__attribute__((cold)) bool identity_user(
	const struct identity *i, struct span user, uint32_t *uid, uint32_t *gid)
{
	const struct identity_table *t = identity_users(i);
	uint32_t slot;

	if (!identity_number(user, uid) && !identity_number(identity_user_id(i, user), uid))
		return false;
	slot = find_id(t, *uid);
	*gid = t->by_id[slot] ? t->entries[t->by_id[slot] - 1].group : *uid;
	return true;
}
