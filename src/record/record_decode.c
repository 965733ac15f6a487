#include "record_decode.h"

#include "decode.h"
#include "record_fields.h"

/* __AUDIT_ARCH_LE, linux/audit.h */
#define AUDIT_ARCH_LITTLE_ENDIAN 0x40000000

static void warn(struct record *r, enum key key, const char *text)
{
	if (r->warning)
		return;
	r->warning = text;
	r->warning_key = (uint16_t)key;
}

static void decode_unset(struct record_workspace *w, enum key key)
{
	struct field *f = record_field(w, key);

	if (f && (span_is(field_value(f), "4294967295") || span_is(field_value(f), "-1"))) {
		f->value = "unset";
		f->len = 5;
	}
}

/* "user:role:domain:level:category", as many as there are. */
static void split_context(
	struct record_workspace *w, struct record *r, enum key key, const enum key parts[5])
{
	struct field *f = record_field(w, key);
	struct span rest;

	if (!f)
		return;
	rest = field_value(f);
	record_remove(w, r, key);
	for (int i = 0; i < 5; i++) {
		const char *colon = i < 4 ? memchr(rest.at, ':', rest.len) : NULL;
		uint32_t len = colon ? (uint32_t)(colon - rest.at) : rest.len;

		record_set(w, r, parts[i], (struct span){rest.at, len});
		if (len == rest.len)
			return;
		rest = (struct span){rest.at + len + 1, rest.len - len - 1};
	}
}

static bool is_success(struct span value)
{
	return span_is(value, "1") || (value.len == 3 && span_starts_word(value, "yes")) ||
	       span_starts_word(value, "suc");
}

/* System calls have success=, others res=. If both are there, res= stays as it is. */
static void decode_result(struct record_workspace *w, struct record *r)
{
	enum key key = record_field(w, KEY_SUCCESS) ? KEY_SUCCESS : KEY_RES;
	struct field *f;
	bool success;

	if (r->is_message) /* a program's `success` is no system call's */
		key = KEY_RES;
	f = record_field(w, key);
	if (!f)
		return;
	success = is_success(field_value(f));
	record_remove(w, r, key);
	record_set(w, r, KEY_RESULT, success ? SPAN("success") : SPAN("fail"));
}

static void decode_exit(struct record_workspace *w, enum numbering machine)
{
	struct field *f = record_field(w, KEY_EXIT);
	struct span name;
	int64_t code;

	if (!f || f->value[0] != '-' || !decode_int(field_value(f), &code) || code < -INT32_MAX)
		return;
	name = errno_name(machine, (unsigned)-code);
	if (name.at) {
		f->value = name.at;
		f->len = name.len;
	}
}

static void add_tag(struct record_workspace *w, struct record *r, struct span tag)
{
	if (r->tag_count < LIMIT_EVENT_TAGS)
		r->tags[r->tag_count++] = tag;
	else
		record_leave_out(w, SPAN("key"));
}

/* A rule's keys. Several are joined by 0x01 (AUDIT_KEY_SEPARATOR of audit-userspace), which
 * makes the kernel write them in hex. `key="key=x"` is how old rules look. */
static void decode_key(struct record_workspace *w, struct record *r)
{
	struct field *f =
		r->is_message ? NULL : record_field(w, KEY_KEY); /* a program's is no rule's */
	struct span value, bytes;
	const char *sign;

	if (!f)
		return;
	value = field_value(f);
	if (value.at[value.len - 1] == '"') /* half a quote, in copies of logs */
		value.len--;
	bytes = f->quoted ? SPAN_NONE : decode_hex(w->scratch, value);
	record_remove(w, r, KEY_KEY);
	if (!bytes.at) {
		sign = memchr(value.at, '=', value.len);
		if (sign)
			value = (struct span){
				sign + 1, value.len - (uint32_t)(sign + 1 - value.at)};
		add_tag(w, r, value);
		return;
	}
	for (;;) {
		const char *end = memchr(bytes.at, 0x01, bytes.len);
		uint32_t len = end ? (uint32_t)(end - bytes.at) : bytes.len;

		add_tag(w, r, (struct span){bytes.at, len});
		if (!end)
			return;
		bytes = (struct span){end + 1, bytes.len - len - 1};
	}
}

/* NULs between the strings become spaces. */
static void decode_strings(struct record_workspace *w, enum key key)
{
	struct field *f = record_field(w, key);
	struct span bytes;

	if (!f || f->quoted)
		return;
	bytes = decode_hex(w->scratch, field_value(f));
	if (!bytes.at)
		return;
	decode_nul_to_space(bytes);
	f->value = bytes.at;
	f->len = bytes.len;
}

/* "unknown[c0001234]" */
static struct span unknown_arch(struct arena *scratch, uint32_t value)
{
	static const char digits[] = "0123456789abcdef";
	char *text = arena_take(scratch, sizeof("unknown[12345678]"));
	uint32_t len = 8;
	int shift = 28;

	if (!text)
		return SPAN("unknown");
	memcpy(text, "unknown[", 8);
	while (shift > 0 && value >> shift == 0)
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		text[len++] = digits[value >> shift & 0xf];
	text[len++] = ']';
	return (struct span){text, len};
}

/* NULL if the record has none, or an unknown one. */
static const struct arch_info *decode_arch(struct record_workspace *w, struct record *r)
{
	struct field *arch = record_field(w, KEY_ARCH);
	const struct arch_info *info;
	struct span name;
	int64_t value;

	if (!arch || !decode_hex_number(field_value(arch), &value)) {
		warn(r, KEY_ARCH, "is missing or no number");
		return NULL;
	}
	w->event_big_endian = !(value & AUDIT_ARCH_LITTLE_ENDIAN);
	info = arch_find((uint32_t)value);
	name = info ? (struct span){info->name, info->len}
		    : unknown_arch(w->scratch, (uint32_t)value);
	arch->value = name.at;
	arch->len = name.len;
	return info;
}

static void decode_syscall(
	struct record_workspace *w, struct record *r, const struct arch_info *arch)
{
	struct field *call = record_field(w, KEY_SYSCALL);
	int64_t number;
	struct span name;

	if (!call || !decode_int(field_value(call), &number)) {
		warn(r, KEY_SYSCALL, "is missing or no number");
		return;
	}
	if (!arch || number < 0 || number > UINT32_MAX)
		return;
	r->syscall = syscall_id(arch->abi, (uint32_t)number);
	if (r->syscall != SYSCALL_ID_NONE) {
		name = syscall_name(r->syscall);
		call->value = name.at;
		call->len = name.len;
	}
}

static void decode_signal(struct record_workspace *w, struct record *r, enum numbering machine)
{
	struct field *f = record_field(w, KEY_SIG);
	struct span name;
	int64_t number;

	if (!f || !decode_int(field_value(f), &number)) {
		warn(r, KEY_SIG, "is missing or no number");
		return;
	}
	name = number > 0 && number < 256 ? signal_name(machine, (unsigned)number) : SPAN_NONE;
	if (name.at) {
		f->value = name.at;
		f->len = name.len;
	}
}

/* The address in a log of a machine of the other byte order. Its fields are wrong on purpose, as in
 * Auditbeat, which reads each as little-endian; but this text is right. */
static struct span foreign_address(struct record_workspace *w, struct span hex)
{
	struct decoded_sockaddr s;

	decode_sockaddr(w->scratch, hex, w->event_big_endian, &s);
	return s.text.at ? s.text : s.addr.at ? s.addr : s.path;
}

static void decode_saddr(struct record_workspace *w, struct record *r)
{
	struct field *f = record_field(w, KEY_SADDR);
	struct decoded_sockaddr s;
	const char *wrong = "is missing";

	if (f) {
		wrong = decode_sockaddr(w->scratch, field_value(f), w->big_endian, &s);
		r->address = s.text;
		if (w->event_big_endian != w->big_endian)
			r->address = foreign_address(w, field_value(f));
	}
	record_remove(w, r, KEY_SADDR);
	if (wrong) {
		warn(r, KEY_SADDR, wrong);
		return;
	}
	record_set(w, r, KEY_FAMILY, s.family);
	if (s.addr.at)
		record_set(w, r, KEY_ADDR, s.addr);
	if (s.port.at)
		record_set(w, r, KEY_PORT, s.port);
	if (s.path.at)
		record_set(w, r, KEY_PATH, s.path);
	if (s.flow.at)
		record_set(w, r, KEY_FLOW, s.flow);
	if (s.saddr.at)
		record_set(w, r, KEY_SADDR, s.saddr);
}

/* The arguments of an EXECVE record that is the only one of its event: they are ordinary fields. */
static void decode_arguments(struct record_workspace *w, struct record *r)
{
	struct field *f = record_field(w, KEY_ARGC);
	uint64_t argc;

	if (!f || !decode_uint(field_value(f), &argc)) {
		warn(r, KEY_ARGC, "is missing or no number");
		return;
	}
	for (uint32_t i = 0; i < r->field_count; i++) {
		struct span name = {r->fields[i].name + 1, r->fields[i].name_len - 1u};
		struct span bytes;
		uint64_t number;

		f = &r->fields[i];
		if (f->quoted || f->name[0] != 'a' || !decode_uint(name, &number) || number >= argc)
			continue;
		bytes = decode_hex(w->scratch, field_value(f));
		if (!bytes.at)
			continue;
		bytes = decode_until_nul(bytes);
		f->value = bytes.at;
		f->len = bytes.len;
	}
}

static void decode_by_type(struct record_workspace *w, struct record *r,
	const struct arch_info *arch, enum numbering machine)
{
	static const enum key obj_parts[5] = {
		KEY_OBJ_USER, KEY_OBJ_ROLE, KEY_OBJ_DOMAIN, KEY_OBJ_LEVEL, KEY_OBJ_CATEGORY};

	switch (r->type) {
	case RECORD_SECCOMP:
		decode_signal(w, r, machine);
		/* fall through */
	case RECORD_SYSCALL:
		decode_syscall(w, r, arch);
		break;
	case RECORD_SOCKADDR:
		decode_saddr(w, r);
		break;
	case RECORD_EXECVE:
		decode_arguments(w, r);
		break;
	case RECORD_AVC:
	case RECORD_INTEGRITY_DATA ... RECORD_INTEGRITY_LAST_MSG:
		decode_strings(w, KEY_DEV); /* a block device; an interface is not in hex */
		break;
	case RECORD_TTY:
	case RECORD_USER_TTY:
		decode_strings(w, KEY_DATA);
		break;
	case RECORD_PATH:
		split_context(w, r, KEY_OBJ, obj_parts);
		break;
	default:
		break;
	}
}

void record_decode(struct record_workspace *w, struct record *r)
{
	static const enum key subj_parts[5] = {
		KEY_SUBJ_USER, KEY_SUBJ_ROLE, KEY_SUBJ_DOMAIN, KEY_SUBJ_LEVEL, KEY_SUBJ_CATEGORY};
	const struct arch_info *arch = NULL;
	enum numbering machine = w->numbering;

	if (r->type == RECORD_SYSCALL || r->type == RECORD_SECCOMP)
		arch = decode_arch(w, r);
	if (arch)
		machine = arch->numbering;
	decode_unset(w, KEY_AUID);
	decode_unset(w, KEY_OLD_DASH_AUID);
	decode_unset(w, KEY_SES);
	split_context(w, r, KEY_SUBJ, subj_parts);
	decode_result(w, r);
	decode_exit(w, machine);
	decode_key(w, r);
	decode_by_type(w, r, arch, machine);
}
