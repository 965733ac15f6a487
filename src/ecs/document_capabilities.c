#include "decode.h"
#include "document_layout.h"
#include "document_lineage.h"

/* include/uapi/linux/capability.h, from bit 0 on. */
static const char names[] =
	"CAP_CHOWN\0CAP_DAC_OVERRIDE\0CAP_DAC_READ_SEARCH\0CAP_FOWNER\0CAP_FSETID\0"
	"CAP_KILL\0CAP_SETGID\0CAP_SETUID\0CAP_SETPCAP\0CAP_LINUX_IMMUTABLE\0"
	"CAP_NET_BIND_SERVICE\0CAP_NET_BROADCAST\0CAP_NET_ADMIN\0CAP_NET_RAW\0"
	"CAP_IPC_LOCK\0CAP_IPC_OWNER\0CAP_SYS_MODULE\0CAP_SYS_RAWIO\0"
	"CAP_SYS_CHROOT\0CAP_SYS_PTRACE\0CAP_SYS_PACCT\0CAP_SYS_ADMIN\0"
	"CAP_SYS_BOOT\0CAP_SYS_NICE\0CAP_SYS_RESOURCE\0CAP_SYS_TIME\0"
	"CAP_SYS_TTY_CONFIG\0CAP_MKNOD\0CAP_LEASE\0CAP_AUDIT_WRITE\0"
	"CAP_AUDIT_CONTROL\0CAP_SETFCAP\0CAP_MAC_OVERRIDE\0CAP_MAC_ADMIN\0"
	"CAP_SYSLOG\0CAP_WAKE_ALARM\0CAP_BLOCK_SUSPEND\0CAP_AUDIT_READ\0"
	"CAP_PERFMON\0CAP_BPF\0CAP_CHECKPOINT_RESTORE\0";

/* BPRM_FCAPS, of an execve, has the one key; CAPSET has the other. */
static void add_set(struct document *d, const struct event *e, cJSON *capabilities,
	const char *name, enum key of_exec, enum key of_capset)
{
	const struct field *f = event_data(e, of_exec);
	const char *at = names;
	cJSON *list;
	int64_t set;

	if (!f)
		f = event_data(e, of_capset);
	if (!f || !decode_hex_number(field_value(f), &set))
		return;
	list = json_array(d->arena);
	for (unsigned bit = 0; *at; bit++, at += strlen(at) + 1)
		if (set >> bit & 1)
			json_append(list, json_text(d->arena, span_of(at)));
	document_add_part(capabilities, name, list);
}

void document_add_capabilities(struct document *d, const struct event *e, cJSON *process)
{
	cJSON *capabilities, *thread;

	if (!event_data(e, KEY_PP) && !event_data(e, KEY_CAP_PP))
		return;
	capabilities = json_object(d->arena);
	thread = json_object(d->arena);
	add_set(d, e, capabilities, "permitted", KEY_PP, KEY_CAP_PP);
	add_set(d, e, capabilities, "effective", KEY_PE, KEY_CAP_PE);
	document_add_part(thread, "capabilities", capabilities);
	document_add_part(process, "thread", thread);
}
