#include "cmd.h"

#include <linux/audit.h>
#include <string.h>
#include <sys/types.h>
#include "audit_control.h"
#include "status_socket.h"
#include "text.h"

static struct {
	struct netlink control;
	struct audit_control_status status;
	struct audit_features features;
	bool has_features; /* since Linux 3.13 */
	char command[32];  /* of the daemon; "" without one */
	struct config config;
	char agent[LIMIT_METRIC_BYTES + 1]; /* what the running one says: JSON; "" without one */
	char text[4096 + 3 * LIMIT_METRIC_BYTES];
} state;

/* Every field of struct audit_status but the mask, under the kernel's names. */
static const struct field {
	const char *name;
	size_t offset;
} fields[] = {
#define FIELD(name)                                                                                \
	{                                                                                          \
#name, offsetof(struct audit_status, name)                                         \
	}
	FIELD(enabled),
	FIELD(failure),
	FIELD(pid),
	FIELD(rate_limit),
	FIELD(backlog_limit),
	FIELD(lost),
	FIELD(backlog),
	FIELD(feature_bitmap),
	FIELD(backlog_wait_time),
	FIELD(backlog_wait_time_actual),
};

/* AUDIT_FEATURE_BITMAP_*, by bit. */
static const char *const bitmap[] = {"backlog_limit", "backlog_wait_time", "executable_path",
	"exclude_extend", "sessionid_filter", "lost_reset", "filter_fs"};

/* AUDIT_FEATURE_*, by number. */
static const char *const features[] = {"only_unset_loginuid", "loginuid_immutable"};

static const char *word(const char *const *words, size_t count, uint32_t value)
{
	return value < count ? words[value] : "?";
}

static void put_hex(struct text *t, uint32_t value)
{
	text_puts(t, "0x");
	for (int shift = 28; shift >= 0; shift -= 4)
		if (value >> shift || shift == 0)
			text_bytes(t, &"0123456789abcdef"[value >> shift & 15], 1);
}

static void put_bitmap(struct text *t, uint32_t value)
{
	uint32_t known = 0;

	put_hex(t, value);
	for (size_t i = 0; i < sizeof(bitmap) / sizeof(bitmap[0]); i++) {
		known |= 1u << i;
		if (value >> i & 1) {
			text_puts(t, " ");
			text_puts(t, bitmap[i]);
		}
	}
	if (value & ~known) {
		text_puts(t, " and unknown ");
		put_hex(t, value & ~known);
	}
}

static void put_name(struct text *t, const char *name, size_t len)
{
	text_shown(t, name, len, 64);
	for (; len < 28; len++)
		text_puts(t, " ");
}

static void put_value(struct text *t, const struct field *f, uint32_t value)
{
	static const char *const enabled[] = {"off", "on", "locked until the next boot"};
	static const char *const failure[] = {"silent", "log", "panic"};
	const char *remark = NULL;

	if (f->offset == offsetof(struct audit_status, feature_bitmap)) {
		put_bitmap(t, value);
		return;
	}
	text_number(t, value);
	if (f->offset == offsetof(struct audit_status, enabled))
		remark = word(enabled, 3, value);
	else if (f->offset == offsetof(struct audit_status, failure))
		remark = word(failure, 3, value);
	else if (f->offset == offsetof(struct audit_status, pid))
		remark = value ? state.command : "no audit daemon";
	else if (f->offset == offsetof(struct audit_status, rate_limit))
		remark = value ? "records a second" : "no limit";
	else if (f->offset == offsetof(struct audit_status, backlog_limit) && value == 0)
		remark = "no limit";
	if (remark) {
		text_puts(t, " (");
		text_puts(t, remark);
		text_puts(t, ")");
	}
}

static bool was_sent(const struct field *f)
{
	return state.status.bytes >= f->offset + sizeof(uint32_t);
}

static uint32_t value_of(const struct field *f)
{
	uint32_t value;

	memcpy(&value, (const char *)&state.status.values + f->offset, sizeof(value));
	return value;
}

static void put_human(struct text *t)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		put_name(t, fields[i].name, strlen(fields[i].name));
		if (was_sent(&fields[i]))
			put_value(t, &fields[i], value_of(&fields[i]));
		else
			text_puts(t, "not in this kernel");
		text_puts(t, "\n");
	}
	for (unsigned i = 0; state.has_features && i < 2; i++) {
		put_name(t, features[i], strlen(features[i]));
		text_puts(t, state.features.features >> i & 1 ? "on" : "off");
		text_puts(t, state.features.lock >> i & 1 ? " (locked)\n" : "\n");
	}
}

/* Names and numbers, some of them in objects: metric_write(). */
static void put_agent(struct text *t)
{
	const char *at = state.agent, *end;

	text_puts(t, "\n");
	while ((at = strchr(at, '"')) && (end = strchr(++at, '"')) && end[1] == ':') {
		const size_t len = (size_t)(end - at);
		const char *value = end + 2;

		if (*value == '{') {
			text_puts(t, "\n");
			text_shown(t, at, len, 64);
			text_puts(t, ":");
		} else {
			put_name(t, at, len);
			text_bytes(t, value, strspn(value, "0123456789"));
		}
		text_puts(t, "\n");
		at = value;
	}
}

static void put_member(struct text *t, const char *name, const char *suffix)
{
	text_puts(t, t->used ? ",\"" : "{\"");
	text_puts(t, name);
	text_puts(t, suffix);
	text_puts(t, "\":");
}

static void put_json(struct text *t)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (!was_sent(&fields[i]))
			continue;
		put_member(t, fields[i].name, "");
		text_number(t, value_of(&fields[i]));
	}
	if (state.status.values.pid) {
		put_member(t, "pid_command", "");
		text_json(t, state.command, strlen(state.command));
	}
	for (unsigned i = 0; state.has_features && i < 2; i++) {
		put_member(t, features[i], "");
		text_puts(t, state.features.features >> i & 1 ? "true" : "false");
		put_member(t, features[i], "_locked");
		text_puts(t, state.features.lock >> i & 1 ? "true" : "false");
	}
	if (*state.agent) {
		put_member(t, "agent", "");
		text_puts(t, state.agent);
	}
	text_puts(t, "}\n");
}

/* The running agent, if there is one, and what it counted. */
static void ask_agent(void)
{
	const char *path = state.config.status_socket;
	ssize_t n = *path ? status_socket_ask(path, state.agent, sizeof(state.agent) - 1) : 0;

	if (n < 0)
		cmd_error("%s: %s: no running agent can be asked", path, strerror((int)-n));
	/* An object and a newline: then nothing is missing. */
	if (n < 3 || state.agent[0] != '{' || strcmp(&state.agent[n - 2], "}\n") != 0)
		n = 1;
	state.agent[n - 1] = '\0';
}

/* 0, or -errno after a line. */
static int ask_kernel(void)
{
	struct audit_error e;
	const char *doing = "open an audit socket";
	int ret;

	ret = netlink_open(&state.control, NETLINK_USE_CONTROL);
	if (ret == 0) {
		doing = "read the audit status";
		ret = audit_control_get(&state.control, &state.status);
		state.has_features = ret == 0 && audit_control_get_features(
							 &state.control, &state.features) == 0;
		netlink_close(&state.control);
	}
	if (ret < 0) {
		audit_explain(&e, ret, AUDIT_NEED_CONTROL, doing);
		cmd_error("%s", e.text);
	}
	return ret;
}

int cmd_status(int argc, char **argv)
{
	bool json = false;
	const struct cmd_flag flags[] = {{"--json", &json, NULL}, {NULL, NULL, NULL}};
	struct cmd_arguments arguments = {.flags = flags, .takes_config = true};
	struct config_error e;
	struct text t;

	if (!cmd_options(&arguments, argc, argv))
		return CMD_USAGE;
	if (!cmd_configure(&arguments, &state.config, &e)) {
		cmd_error("%s", e.text);
		return CMD_USAGE;
	}
	if (ask_kernel() < 0)
		return CMD_FAILED;
	if (state.status.values.pid)
		(void)audit_explain_command(
			state.status.values.pid, state.command, sizeof(state.command));
	ask_agent();
	text_init(&t, state.text, sizeof(state.text));
	if (json)
		put_json(&t);
	else
		put_human(&t);
	if (!json && *state.agent)
		put_agent(&t);
	return cmd_print(t.at, t.used);
}
