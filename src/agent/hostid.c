#include "hostid.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include "error_text.h"
#include "sha256.h"
#include "small_file.h"
#include "sys.h"
#include "text.h"

#ifndef GRND_INSECURE
#define GRND_INSECURE 0x0004 /* linux/random.h, since 5.6 */
#endif

#define UUID_LENGTH (HOSTID_UUID_BYTES - 1)
#define ID_BYTES    16u

static const char machine_id_file[] = "/etc/machine-id";

/* ---- UUIDs ------------------------------------------------------------------------------- */

/* RFC 9562 section 5.4: version 4, variant 10. */
static void uuid_print(char uuid[HOSTID_UUID_BYTES], const uint8_t id[ID_BYTES])
{
	static const char hex[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < ID_BYTES; i++) {
		uint8_t byte = id[i];

		if (i == 6)
			byte = (uint8_t)(0x40 | (byte & 0x0f));
		if (i == 8)
			byte = (uint8_t)(0x80 | (byte & 0x3f));
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*uuid++ = '-';
		*uuid++ = hex[byte >> 4];
		*uuid++ = hex[byte & 15];
	}
	*uuid = '\0';
}

static int hex_digit(char ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

/* 32 lower-case digits, with the dashes of a UUID or without any. */
static bool id_parse(uint8_t id[ID_BYTES], const char *text, size_t len)
{
	bool dashes = len == UUID_LENGTH;
	size_t i;

	if (len != 2 * ID_BYTES && !dashes)
		return false;
	for (i = 0; i < ID_BYTES; i++) {
		int high, low;

		if (dashes && (i == 4 || i == 6 || i == 8 || i == 10) && *text++ != '-')
			return false;
		high = hex_digit(*text++);
		low = hex_digit(*text++);
		if (high < 0 || low < 0)
			return false;
		id[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool is_zero(const uint8_t id[ID_BYTES])
{
	static const uint8_t zero[ID_BYTES];

	return memcmp(id, zero, ID_BYTES) == 0;
}

/* ---- randomness -------------------------------------------------------------------------- */

static int random_from_device(uint8_t id[ID_BYTES])
{
	int fd = sys_open("/dev/urandom", O_RDONLY, 0);
	size_t got = 0;
	ssize_t n = 0;

	if (fd < 0)
		return fd;
	while (got < ID_BYTES) {
		n = sys_read(fd, id + got, ID_BYTES - got);
		if (n > 0)
			got += (size_t)n;
		else if (n != -EINTR)
			break;
	}
	sys_close(fd);
	if (got == ID_BYTES)
		return 0;
	return n < 0 ? (int)n : -EIO;
}

/* Early at boot the kernel may have gathered too little randomness. These ids are no secrets, so
 * take what there is rather than wait for minutes. */
static int random_uuid(char uuid[HOSTID_UUID_BYTES])
{
	uint8_t id[ID_BYTES];
	int error = 0;

	if (sys_getrandom(id, sizeof(id), GRND_NONBLOCK) != ID_BYTES &&
		sys_getrandom(id, sizeof(id), GRND_INSECURE) != ID_BYTES)
		error = random_from_device(id);
	if (error == 0)
		uuid_print(uuid, id);
	return error;
}

/* ---- agent.id ---------------------------------------------------------------------------- */

/* The line in a small file. Its length, or -errno. */
static ssize_t read_line(const char *path, char *buf, size_t size)
{
	ssize_t len = small_file_read(path, buf, size);

	while (len > 0 && (buf[len - 1] == '\n' || buf[len - 1] == '\r'))
		len--;
	return len;
}

/* false: there is no id of the machine, as in "uninitialized" before its first boot. */
static bool from_machine(struct hostid *h)
{
	uint8_t machine[ID_BYTES], application[ID_BYTES], digest[SHA256_BYTES];
	char line[64];
	ssize_t len = read_line(machine_id_file, line, sizeof(line));

	if (len < 0 || !id_parse(machine, line, (size_t)len) || is_zero(machine))
		return false;
	id_parse(application, HOSTID_APPLICATION, UUID_LENGTH);
	sha256_hmac(machine, sizeof(machine), application, sizeof(application), digest);
	uuid_print(h->uuid, digest);
	_Static_assert(sizeof(line) > sizeof(h->machine), "the line is an id, so it fits");
	memcpy(h->machine, line, (size_t)len);
	h->machine[len] = '\0';
	h->source = HOSTID_MACHINE;
	return true;
}

/* Open the directory that `path` lies in, made if need be. Descriptor or -errno. */
static int open_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char directory[LIMIT_PATH_BYTES];
	size_t n = slash ? (size_t)(slash - path) : 0;
	int fd;

	if (n >= sizeof(directory))
		return -ENAMETOOLONG;
	memcpy(directory, path, n);
	if (n == 0)
		directory[n++] = slash ? '/' : '.';
	directory[n] = '\0';
	fd = sys_open(directory, O_RDONLY | O_DIRECTORY, 0);
	if (fd != -ENOENT)
		return fd;
	fd = sys_mkdir(directory, 0755);
	return fd < 0 ? fd : sys_open(directory, O_RDONLY | O_DIRECTORY, 0);
}

static int write_new(const char *path, const char *text, size_t len)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
	int fd = sys_open(path, flags, 0600);
	int error = 0;

	if (fd == -EEXIST) {
		/* Left by a start that was interrupted. */
		sys_unlink(path);
		fd = sys_open(path, flags, 0600);
	}
	if (fd < 0)
		return fd;
	while (len > 0 && error == 0) {
		ssize_t done = sys_write(fd, text, len);

		if (done > 0) {
			text += done;
			len -= (size_t)done;
		} else if (done != -EINTR) {
			error = done < 0 ? (int)done : -EIO;
		}
	}
	if (error == 0)
		error = sys_fsync(fd);
	sys_close(fd);
	if (error < 0)
		sys_unlink(path);
	return error;
}

/* Under another name first, so that a power cut leaves the old file or the new one. */
static int write_state(const char *path, const char *uuid)
{
	char line[HOSTID_UUID_BYTES + 1];
	char name[LIMIT_PATH_BYTES];
	struct text t;
	int directory, error;

	text_init(&t, name, sizeof(name));
	text_puts(&t, path);
	text_puts(&t, ".new");
	if (t.full)
		return -ENAMETOOLONG;
	memcpy(line, uuid, UUID_LENGTH);
	line[UUID_LENGTH] = '\n';
	directory = open_directory(path);
	if (directory < 0)
		return directory;
	error = write_new(name, line, UUID_LENGTH + 1);
	if (error == 0) {
		error = sys_rename(name, path);
		if (error < 0)
			sys_unlink(name);
	}
	if (error == 0)
		sys_fsync(directory); /* some file systems cannot; the file is there */
	sys_close(directory);
	return error;
}

static void warn(struct hostid *h, const char *path, const char *why)
{
	struct text t;

	text_init(&t, h->warning_text, sizeof(h->warning_text));
	text_puts(&t, h->agent_id == h->uuid ? "agent.id changes at each start: "
					     : "host.id is not known: ");
	text_shown(&t, path, strlen(path), 100);
	text_puts(&t, ": ");
	text_puts(&t, why);
	text_puts(&t, h->agent_id == h->uuid ? "; expected agent.id" : "; expected host.id");
	text_puts(&t, " configured, or another state_file");
	h->warning = h->warning_text;
	h->source = HOSTID_RANDOM;
}

/* The length of the file's line, HOSTID_KEPT if there was an id in it; or -errno. */
static ssize_t read_state(struct hostid *h, const char *path)
{
	uint8_t id[ID_BYTES];
	char line[64];
	ssize_t len = read_line(path, line, sizeof(line));

	if (len == UUID_LENGTH && id_parse(id, line, UUID_LENGTH)) {
		memcpy(h->uuid, line, UUID_LENGTH);
		h->source = HOSTID_KEPT;
	}
	return len;
}

/* h->uuid is random: replace it by the one in the file, or write it there. */
static void from_state(struct hostid *h, const char *path)
{
	ssize_t len = read_state(h, path);
	int error;

	if (h->source == HOSTID_KEPT)
		return;
	if (len > 0) {
		warn(h, path, "holds no id, and is left as it is");
		return;
	}
	/* An empty file is what a power cut leaves of one. */
	error = len == 0 || len == -ENOENT ? write_state(path, h->uuid) : (int)len;
	h->source = HOSTID_CREATED;
	if (error < 0)
		warn(h, path, error_text(error));
}

/* Until somebody sets it the kernel's name is "(none)" (UTS_NODENAME, CONFIG_DEFAULT_HOSTNAME): no
 * name at all. */
static void take_nodename(struct hostid *h, const struct utsname *name)
{
	_Static_assert(sizeof(name->nodename) == sizeof(h->nodename), "utsname(2)");
	memcpy(h->nodename, name->nodename, sizeof(h->nodename));
	if (strcmp(h->nodename, "(none)") == 0)
		h->nodename[0] = '\0';
}

bool hostid_refresh(struct hostid *h, const char *state_file, bool ids)
{
	char before[sizeof(h->nodename)];
	struct utsname name;
	bool changed = false;

	if (h->hostname == h->nodename && sys_uname(&name) == 0) {
		memcpy(before, h->nodename, sizeof(before));
		take_nodename(h, &name);
		changed = strcmp(before, h->nodename) != 0;
	}
	if (ids && h->source == HOSTID_RANDOM) {
		if (!from_machine(h) && *state_file)
			(void)read_state(h, state_file);
		changed |= h->source != HOSTID_RANDOM;
	}
	return changed;
}

void hostid_point(struct hostid *h, const struct config *c)
{
	h->agent_id = *c->agent.id ? c->agent.id : h->uuid;
	h->hostname = *c->hostname ? c->hostname : h->nodename;
}

const char *hostid_host(const struct hostid *h, const struct config *c)
{
	if (*c->host_id)
		return c->host_id;
	if (h->source == HOSTID_MACHINE)
		return h->machine;
	return h->source == HOSTID_RANDOM ? "" : h->uuid;
}

int hostid_init(struct hostid *h, const struct config *c, const char *state_file)
{
	struct utsname name;
	int error;

	*h = (struct hostid){.source = HOSTID_RANDOM};
	hostid_point(h, c);
	error = random_uuid(h->ephemeral_id);
	if (error < 0)
		return error;
	error = sys_uname(&name);
	if (error < 0)
		return error;
	_Static_assert(sizeof(name.machine) == sizeof(h->architecture), "utsname(2)");
	take_nodename(h, &name);
	_Static_assert(sizeof(name.release) == sizeof(h->kernel), "utsname(2)");
	memcpy(h->architecture, name.machine, sizeof(h->architecture));
	memcpy(h->kernel, name.release, sizeof(h->kernel));
	if (from_machine(h))
		return 0;
	error = random_uuid(h->uuid);
	if (error == 0 && *state_file)
		from_state(h, state_file);
	return error;
}
