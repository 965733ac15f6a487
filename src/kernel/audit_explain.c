#include "audit_explain.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <string.h>
#include "error_text.h"
#include "sys.h"
#include "text.h"

/* The start of a small file, terminated. "" if it cannot be read. */
static void read_text(const char *path, char *buf, size_t size)
{
	int fd = sys_open(path, O_RDONLY, 0);
	ssize_t n = -1;

	if (fd >= 0) {
		n = sys_read(fd, buf, size - 1);
		(void)sys_close(fd);
	}
	buf[n > 0 ? n : 0] = '\0';
}

bool audit_explain_command(uint32_t pid, char *buf, size_t size)
{
	char path[32];

	text_format(path, sizeof(path), "/proc/%u/comm", pid);
	read_text(path, buf, size);
	buf[strcspn(buf, "\n")] = '\0';
	for (char *p = buf; *p; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p > '~')
			*p = '?';
	if (buf[0])
		return true;
	text_format(buf, size, "?");
	return false;
}

/* Whether the effective set has the capability; true if that cannot be told. */
static bool has_capability(unsigned capability)
{
	char text[4096];
	const char *line;

	read_text("/proc/self/status", text, sizeof(text));
	line = text_find(text, strlen(text), "\nCapEff:");
	if (!line)
		return true;
	return text_uint(line + strlen("\nCapEff:"), NULL, 16) >> capability & 1;
}

/* The initial user namespace maps everything: "0 0 4294967295" (user_namespaces(7)). */
static bool in_user_namespace(void)
{
	static const uint64_t everything[3] = {0, 0, 4294967295u};
	char text[256];
	const char *at = text;
	bool different = false;

	read_text("/proc/self/uid_map", text, sizeof(text));
	for (int i = 0; i < 3; i++) {
		const char *end;
		uint64_t number = text_uint(at, &end, 10);

		if (end == at)
			return false; /* cannot be told */
		different |= number != everything[i];
		at = end;
	}
	return different;
}

static const char *refused(enum audit_need need)
{
	if (in_user_namespace())
		return "this is a container with a user namespace of its own, and the kernel's "
		       "audit belongs to the host: run there";
	if (need == AUDIT_NEED_READ)
		return has_capability(CAP_AUDIT_READ)
			       ? "a security module or another namespace forbids it"
			       : "the capability CAP_AUDIT_READ is missing: run as root, or grant "
				 "it";
	return has_capability(CAP_AUDIT_CONTROL)
		       ? "this is a pid namespace of its own (a container), and the kernel's audit "
			 "answers in the initial one alone: run on the host, or with the host's "
			 "pid "
			 "namespace"
		       : "the capability CAP_AUDIT_CONTROL is missing: run as root, or grant it";
}

void audit_explain(struct audit_error *e, int error, enum audit_need need, const char *doing)
{
	const char *why;

	switch (error) {
	case -EPROTONOSUPPORT:
		why = "the kernel has no audit: it was built without CONFIG_AUDIT, or booted with "
		      "audit=0";
		break;
	case -EAFNOSUPPORT:
		why = "the kernel has no netlink sockets: it was built without CONFIG_NET";
		break;
	case -ECONNREFUSED:
		why = in_user_namespace()
			      ? refused(need)
			      : "nobody in the kernel answers on the audit socket: this "
				"is a container, or audit is not built in";
		break;
	case -EPERM:
		why = refused(need);
		break;
	case -EACCES:
		why = "a security module (SELinux?) forbids it";
		break;
	case -ETIMEDOUT:
		why = "the kernel did not answer in time";
		break;
	case -EPROTO:
		why = "the kernel's answer is too short: it is too old";
		break;
	default:
		why = error_text(error);
		break;
	}
	*e = (struct audit_error){.text = ""};
	text_format(e->text, sizeof(e->text), "cannot %s: %s", doing, why);
}
