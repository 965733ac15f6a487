#include "lineage_container.h"

#include <string.h>
#include "lineage_proc.h"

#define ID_DIGITS (2 * sizeof(((struct lineage_process *)0)->container))

/* What is in front of the id in its folder's name, or what a folder above is called. */
static const struct {
	const char *word;
	enum lineage_runtime runtime;
} words[] = {
	{"docker", RUNTIME_DOCKER},
	{"cri-containerd", RUNTIME_CONTAINERD},
	{"containerd", RUNTIME_CONTAINERD},
	{"crio", RUNTIME_CRIO},
	{"libpod", RUNTIME_PODMAN},
};

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Where 64 hexadecimal digits, no more, end a name ("docker-ID.scope", "ID"); len 0: nowhere. The
 * scope of conmon, which watches a container from outside, has the container's id, too. */
static struct span id_in(struct span name)
{
	uint32_t digits = 0;

	if (span_starts(name, "libpod-conmon-") || span_starts(name, "crio-conmon-"))
		return SPAN_NONE;
	if (span_ends(name, ".scope"))
		name.len -= sizeof(".scope") - 1;
	while (digits < name.len && hex_digit(name.at[name.len - 1 - digits]) >= 0)
		digits++;
	return digits == ID_DIGITS ? (struct span){name.at + name.len - digits, digits} : SPAN_NONE;
}

static enum lineage_runtime runtime_of(struct span path)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const size_t len = strlen(words[i].word);

		for (uint32_t at = 0; at + len < path.len; at++)
			if (path.at[at] == '/' && memcmp(path.at + at + 1, words[i].word, len) == 0)
				return words[i].runtime;
	}
	return RUNTIME_OTHER;
}

static void set_id(struct lineage_process *p, struct span id, struct span path)
{
	for (uint32_t i = 0; i < sizeof(p->container); i++)
		p->container[i] =
			(uint8_t)(16 * hex_digit(id.at[2 * i]) + hex_digit(id.at[2 * i + 1]));
	p->runtime = (uint8_t)runtime_of(path);
}

/* Letters, digits, and what stands between them. */
static bool is_name(struct span name)
{
	for (uint32_t i = 0; i < name.len; i++) {
		const unsigned c = (unsigned char)name.at[i], letter = c | 0x20;

		if (c - '0' > 9 && letter - 'a' > 25 && c != '-' && c != '_' && c != '.')
			return false;
	}
	return name.len > 0;
}

/* "lxc.payload.NAME" of version 2 and of lxc 4, "lxc/NAME" before. A longer name is no name. */
static bool set_lxc_name(struct lineage_process *p, struct span folder, struct span above)
{
	const struct span payload = SPAN("lxc.payload.");

	if (span_starts(folder, payload.at)) {
		folder.at += payload.len;
		folder.len -= payload.len;
	} else if (!span_is(above, "lxc")) {
		return false;
	}
	if (folder.len > sizeof(p->container) || !is_name(folder))
		return false;
	memset(p->container, 0, sizeof(p->container));
	memcpy(p->container, folder.at, folder.len);
	p->runtime = RUNTIME_LXC;
	return true;
}

/* The outermost container counts: one within it is known to its runtime alone. */
static bool find_in_path(struct lineage_process *p, struct span path)
{
	struct span above = SPAN_NONE;
	uint32_t from = 0;

	while (from < path.len) {
		const char *slash = memchr(path.at + from, '/', path.len - from);
		const uint32_t end = slash ? (uint32_t)(slash - path.at) : path.len;
		const struct span folder = {path.at + from, end - from}, id = id_in(folder);

		if (id.len > 0) {
			set_id(p, id, (struct span){path.at, end});
			return true;
		}
		if (set_lxc_name(p, folder, above))
			return true;
		above = folder;
		from = end + 1;
	}
	return false;
}

void lineage_find_container(struct lineage_process *p, struct span cgroups)
{
	p->runtime = RUNTIME_NONE;
	while (cgroups.len > 0) {
		const char *newline = memchr(cgroups.at, '\n', cgroups.len);
		const uint32_t len = newline ? (uint32_t)(newline - cgroups.at) : cgroups.len;
		const char *path = memchr(cgroups.at, '/', len); /* "4:memory:/PATH" */

		if (path &&
			find_in_path(p, (struct span){path, len - (uint32_t)(path - cgroups.at)}))
			return;
		cgroups.at += len + (newline != NULL);
		cgroups.len -= len + (newline != NULL);
	}
}

int lineage_read_container(const struct lineage *l, struct lineage_process *p)
{
	char text[LIMIT_PROC_FILE_BYTES];
	const int got = lineage_read_file(l, p->pid, "cgroup", text, sizeof(text));

	if (got >= 0)
		lineage_find_container(p, (struct span){text, (uint32_t)got});
	return got < 0 ? got : 0;
}
