#include "cmd.h"

#include <errno.h>
#include <linux/audit.h>
#include <string.h>
#include <sys/types.h>
#include "audit_control.h"
#include "error_text.h"
#include "status_socket.h"
#include "text.h"

/* Also the exit status, with the numbers of monitoring plug-ins. */
enum verdict {
	HEALTHY,
	DEGRADED,
	NOT_THERE,
	UNKNOWN
};

static struct {
	struct netlink control;
	struct audit_control_status status;
	struct audit_features features;
	bool has_features; /* since Linux 3.13 */
	struct audit_error kernel_error;
	struct config config;
	enum verdict verdict;
	const char *word;		    /* for the verdict */
	char reason[1024];		    /* in words */
	char agent[LIMIT_STATUS_BYTES + 1]; /* the running agent's answer: JSON; "" without one */
	char json[4096 + LIMIT_STATUS_BYTES];
	size_t kernel_at; /* offset in `json` of the kernel's values */
	char text[1024 + 2 * LIMIT_STATUS_BYTES];
} state;

/* Every field of struct audit_status but the mask, under the kernel's names, in its order. */
static const char fields[] =
	"enabled\0failure\0pid\0rate_limit\0backlog_limit\0lost\0backlog\0feature_bitmap\0"
	"backlog_wait_time\0backlog_wait_time_actual\0";

/* AUDIT_FEATURE_*, by number. */
static const char *const features[] = {"only_unset_loginuid", "loginuid_immutable"};

/* ---- what the kernel says ---------------------------------------------------------------- */

static void ask_kernel(void)
{
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
	if (ret < 0)
		audit_explain(&state.kernel_error, ret, AUDIT_NEED_CONTROL, doing);
}

/* ---- what the agent says ----------------------------------------------------------------- */

/* A JSON string whose opening quote is at *at, without the quotes; *at moves behind it. */
static struct span quoted(const char **at)
{
	const char *from = ++*at;

	while (**at && **at != '"')
		*at += **at == '\\' && (*at)[1] ? 2 : 1;
	*at += **at == '"';
	return (struct span){from, (uint32_t)(*at - from) - ((*at)[-1] == '"')};
}

/* Control characters stay as JSON writes them. */
static void put_text(struct text *t, struct span s)
{
	for (uint32_t i = 0; i < s.len; i++) {
		i += s.at[i] == '\\' && i + 1 < s.len && s.at[i + 1] != 'u';
		text_bytes(t, &s.at[i], 1);
	}
}

/* The value of a member of the agent's object. No text can look like a member's name, since quotes
 * in texts are escaped. SPAN_NONE: there is no such member. */
static struct span member(const char *name)
{
	char key[32];
	const char *at;

	text_format(key, sizeof(key), "\"%s\":", name);
	at = text_find(state.agent, strlen(state.agent), key);
	if (!at)
		return SPAN_NONE;
	at += strlen(key);
	return *at == '"' ? quoted(&at) : (struct span){at, (uint32_t)strcspn(at, ",}")};
}

static const char units[] = "dhms";
static const uint32_t unit_ms[] = {86400000, 3600000, 60000, 1000};

static void put_time(struct text *t, uint64_t ms)
{
	size_t i = 0;

	while (i < 3 && ms < 2 * (uint64_t)unit_ms[i])
		i++;
	text_number(t, ms / unit_ms[i]);
	text_bytes(t, &units[i], 1);
}

/* "30m", "1h", "7d". false: it is none. */
static bool read_time(const char *text, uint64_t *ms)
{
	const char *end;
	const uint64_t n = text_uint(text, &end, 10);
	const char *unit = *end ? strchr(units, *end) : NULL;

	if (end == text || end - text > 9 || !unit || end[1])
		return false;
	*ms = n * unit_ms[unit - units];
	return true;
}

static uint64_t number(const char *name, uint64_t otherwise)
{
	const struct span s = member(name);

	return s.len > 0 ? text_uint(s.at, NULL, 10) : otherwise;
}

static void judge(uint64_t within_ms)
{
	const uint64_t loss_ms = number("last_loss_ago_ms", UINT64_MAX);
	const uint64_t uptime_ms = number("uptime_ms", 0);
	struct text t;

	text_init(&t, state.reason, sizeof(state.reason));
	put_text(&t, member("trouble"));
	if (loss_ms < within_ms) {
		text_puts(&t, t.used ? "; " : "");
		put_text(&t, member("loss_total"));
		text_puts(&t, " lost, the last ");
		put_time(&t, loss_ms);
		text_puts(&t, " ago");
	}
	state.verdict = t.used ? DEGRADED : HEALTHY;
	state.word = t.used ? "degraded" : "healthy";
	if (t.used)
		return;
	text_puts(&t, "messages go to ");
	put_text(&t, member("output"));
	text_puts(&t, ", rules loaded: ");
	put_text(&t, member("rules_loaded"));
	text_puts(&t, ", nothing lost in the last ");
	/* The agent knows nothing of the time before its start. */
	put_time(&t, within_ms < uptime_ms ? within_ms : uptime_ms);
}

static void no_answer(enum verdict verdict, const char *word, const char *why)
{
	state.verdict = verdict;
	state.word = word;
	text_format(state.reason, sizeof(state.reason), "status_socket: %s: %s",
		state.config.status_socket, why);
}

/* The running agent, if there is one. */
static void ask_agent(uint64_t within_ms)
{
	const char *path = state.config.status_socket;
	ssize_t n = *path ? status_socket_ask(path, state.agent, sizeof(state.agent) - 1) : 0;

	/* The answer is complete if it is an object and a newline. */
	if (n > 2 && state.agent[0] == '{' && memcmp(&state.agent[n - 2], "}\n", 2) == 0) {
		state.agent[n - 1] = '\0';
		judge(within_ms);
		return;
	}
	state.agent[0] = '\0';
	if (!*path)
		no_answer(UNKNOWN, "may not ask", "none is configured");
	else if (n == -EACCES || n == -EPERM)
		no_answer(UNKNOWN, "may not ask", error_text((int)n));
	else if (n == -ENOENT || n == -ECONNREFUSED)
		no_answer(NOT_THERE, "not running", error_text((int)n));
	else
		no_answer(NOT_THERE, "not answering", n < 0 ? error_text((int)n) : "not an answer");
}

/* ---- as JSON ----------------------------------------------------------------------------- */

static void put_member(struct text *t, const char *name, const char *suffix)
{
	text_puts(t, t->used ? ",\"" : "{\"");
	text_puts(t, name);
	text_puts(t, suffix);
	text_puts(t, "\":");
}

static void put_string(struct text *t, const char *name, const char *value)
{
	put_member(t, name, "");
	text_json(t, value, strlen(value));
}

static void put_kernel(struct text *t)
{
	const char *name = fields;
	char command[32];

	/* An older kernel sends fewer. */
	for (size_t at = 4; *name && at + 4 <= state.status.bytes; at += 4) {
		uint32_t value;

		memcpy(&value, (const char *)&state.status.values + at, sizeof(value));
		put_member(t, name, "");
		text_number(t, value);
		name += strlen(name) + 1;
	}
	if (state.status.values.pid) {
		(void)audit_explain_command(state.status.values.pid, command, sizeof(command));
		put_string(t, "pid_command", command);
	}
	for (unsigned i = 0; state.has_features && i < 2; i++) {
		put_member(t, features[i], "");
		text_puts(t, state.features.features >> i & 1 ? "true" : "false");
		put_member(t, features[i], "_locked");
		text_puts(t, state.features.lock >> i & 1 ? "true" : "false");
	}
	if (*state.kernel_error.text)
		put_string(t, "kernel_error", state.kernel_error.text);
}

static size_t put_json(void)
{
	struct text t;

	text_init(&t, state.json, sizeof(state.json));
	put_string(&t, "status", state.word);
	put_string(&t, "reason", state.reason);
	state.kernel_at = t.used;
	put_kernel(&t);
	if (*state.agent) {
		put_member(&t, "agent", "");
		text_puts(&t, state.agent);
	}
	text_puts(&t, "}\n");
	return t.used;
}

/* ---- for people -------------------------------------------------------------------------- */

static void put_name(struct text *t, struct span name)
{
	text_bytes(t, name.at, name.len);
	for (; name.len < 28; name.len++)
		text_puts(t, " ");
}

/* A line for each member from here on; not `all`: up to the first that is an object. */
static void put_members(struct text *t, const char *at, bool all)
{
	while ((at = strchr(at, '"'))) {
		struct span name = quoted(&at);

		if (*++at == '{') {
			if (!all)
				return;
			text_puts(t, "\n");
			text_bytes(t, name.at, name.len);
			text_puts(t, ":");
		} else if (*at == '"') {
			put_name(t, name);
			name = quoted(&at);
			put_text(t, name.len > 0 ? name : SPAN("none"));
		} else if (span_ends(name, "_ms")) {
			name.len -= 3;
			put_name(t, name);
			put_time(t, text_uint(at, &at, 10));
		} else {
			put_name(t, name);
			text_bytes(t, at, strcspn(at, ",}"));
		}
		text_puts(t, "\n");
	}
}

static size_t put_human(bool all)
{
	struct text t;

	text_init(&t, state.text, sizeof(state.text));
	text_puts(&t, state.word);
	text_puts(&t, ": ");
	text_shown(&t, state.reason, strlen(state.reason), sizeof(state.reason));
	text_puts(&t, "\n");
	if (all || !*state.agent)
		put_members(&t, state.json + state.kernel_at, true);
	else
		put_members(&t, state.agent, false);
	return t.used;
}

/* ---- the command ------------------------------------------------------------------------- */

int cmd_status(int argc, char **argv)
{
	bool json = false, all = false;
	const char *within = "1h";
	uint64_t within_ms;
	const struct cmd_flag flags[] = {{"--json", &json, NULL}, {"-v", &all, NULL},
		{"--within", NULL, &within}, {NULL, NULL, NULL}};
	struct cmd_arguments arguments = {.flags = flags, .takes_config = true};
	struct config_error e;
	size_t len;

	if (!cmd_options(&arguments, argc, argv))
		return UNKNOWN;
	if (!read_time(within, &within_ms)) {
		stderr_line(
			"status: --within %.64s; expected a time such as 30m, 1h or 7d", within);
		return UNKNOWN;
	}
	if (!config_gather(&arguments.config, &state.config, &e)) {
		stderr_line("%s", e.text);
		return UNKNOWN;
	}
	ask_kernel();
	ask_agent(within_ms);
	len = put_json();
	len = json ? len : put_human(all);
	/* If it cannot be printed, the exit status still tells; but 0 must mean that it was. */
	if (cmd_print(json ? state.json : state.text, len) != EXIT_OK && state.verdict == HEALTHY)
		return UNKNOWN;
	return (int)state.verdict;
}
