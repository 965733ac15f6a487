#include "rules_explain.h"

#include <errno.h>
#include <string.h>
#include "error_text.h"
#include "rules_build.h"
#include "text.h"

bool rules_explain_copy(struct rules_data *rule, const void *payload, size_t len)
{
	uint64_t strings = 0;

	if (len < offsetof(struct rules_data, buf) || len > sizeof(*rule))
		return false;
	memcpy(rule, payload, len);
	if (rule->field_count > AUDIT_MAX_FIELDS ||
		rule->buflen > len - offsetof(struct rules_data, buf))
		return false;
	for (uint32_t i = 0; i < rule->field_count; i++)
		if (rules_field_is_text(rule->fields[i]))
			strings += rule->values[i]; /* 64 times 32 bits fit into 64 */
	return strings <= rule->buflen;
}

struct span rules_explain_text(const struct rules_data *rule, uint32_t field)
{
	const char *at = rule->buf;

	for (uint32_t i = 0; i < rule->field_count; i++) {
		if (!rules_field_is_text(rule->fields[i]))
			continue;
		if (rule->fields[i] == field)
			return (struct span){at, rule->values[i]};
		at += rule->values[i];
	}
	return SPAN_NONE;
}

bool rules_explain_has_key(const struct rules_data *rule, const char *key)
{
	struct span keys = rules_explain_text(rule, AUDIT_FILTERKEY);
	size_t len = strlen(key);

	for (uint32_t at = 0; at < keys.len;) {
		const char *end = memchr(keys.at + at, 1, keys.len - at);
		uint32_t one = end ? (uint32_t)(end - keys.at) - at : keys.len - at;

		if (one == len && !memcmp(keys.at + at, key, len))
			return true;
		at += one + 1;
	}
	return false;
}

/* What older kernels do not know, newest first. */
static const struct {
	uint32_t field;
	const char *name;
	const char *since;
} young_fields[] = {
	{AUDIT_SADDR_FAM, "saddr_fam", "5.3"},
	{AUDIT_SESSIONID, "sessionid", "4.10"},
	{AUDIT_EXE, "exe", "4.3"},
	{AUDIT_FIELD_COMPARE, "the comparison of two fields", "3.3"},
	{AUDIT_OBJ_UID, "obj_uid", "3.3"},
	{AUDIT_OBJ_GID, "obj_gid", "3.3"},
};

static void invalid(const struct rules_data *rule, const char *machine, char *buf, size_t size)
{
	if (rule->flags == AUDIT_FILTER_URING_EXIT) {
		text_format(
			buf, size, "invalid (EINVAL): kernels before 5.16 have no io_uring list");
		return;
	}
	if (rule->flags == AUDIT_FILTER_FS) {
		text_format(
			buf, size, "invalid (EINVAL): kernels before 4.16 have no filesystem list");
		return;
	}
	/* No HAVE_ARCH_AUDITSYSCALL there. */
	if (rule->flags == AUDIT_FILTER_EXIT && machine && !strncmp(machine, "mips", 4)) {
		text_format(buf, size,
			"invalid (EINVAL): on mips the kernel audits no system calls and "
			"no files");
		return;
	}
	for (size_t i = 0; i < sizeof(young_fields) / sizeof(*young_fields); i++) {
		for (uint32_t k = 0; k < rule->field_count; k++) {
			if (rule->fields[k] != young_fields[i].field)
				continue;
			text_format(buf, size,
				"invalid (EINVAL), likely because of %s: kernels before "
				"%s do not know it",
				young_fields[i].name, young_fields[i].since);
			return;
		}
	}
	text_format(buf, size,
		"invalid (EINVAL): this kernel does not know a field, an operator or a "
		"value of it");
}

static void missing(const struct rules_data *rule, char *buf, size_t size)
{
	struct span path = rules_explain_text(rule, AUDIT_WATCH);
	struct span dir = rules_explain_text(rule, AUDIT_DIR);

	if (path.len == 0)
		path = rules_explain_text(rule, AUDIT_EXE);
	if (path.len == 0 && dir.len == 0) {
		/* security/apparmor/audit.c aa_audit_rule_init() */
		text_format(buf, size, "the security module has no such label (ENOENT)");
		return;
	}
	if (dir.len > 0)
		text_format(buf, size, "the directory %.*s does not exist (ENOENT); make it first",
			(int)dir.len, dir.at);
	else
		text_format(buf, size,
			"the directory that would hold %.*s does not exist (ENOENT); make "
			"it first",
			(int)path.len, path.at);
}

void rules_explain_refusal(
	int error, const struct rules_data *rule, const char *machine, char *buf, size_t size)
{
	switch (-error) {
	case EINVAL:
		invalid(rule, machine, buf, size);
		break;
	case ENOENT:
		missing(rule, buf, size);
		break;
	case EACCES:
		text_format(buf, size, "the agent may not enter its path (EACCES); a restart may");
		break;
	case ENOSPC:
		text_format(buf, size,
			"the kernel has no room for another watch (ENOSPC); remove "
			"some");
		break;
	default:
		text_format(buf, size, "%s (error %d)", error_text(error), -error);
	}
}
