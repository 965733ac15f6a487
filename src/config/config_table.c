/* The table of options: all that the rest of src/config knows about them. */
#include "config_option.h"

#include <string.h>
#include "limits.h"
#include "output.h"
#include "table_options.h"

#define MINUTES_MS(n) ((n)*60u * 1000u)

/* The `wrong` of the options; see config_option.h. */

static const char *wrong_path(const char *text)
{
	return text && strlen(text) < LIMIT_PATH_BYTES ? NULL : "a path of at most 4095 bytes";
}

static const char *wrong_paths(const char *text)
{
	return text && *text && !wrong_path(text) ? NULL : "paths, each of 1 to 4095 bytes";
}

static const char *wrong_lines(const char *text)
{
	return text ? NULL : "text, or a list of lines";
}

/* May be empty. */
static bool good_label(const char *text)
{
	size_t n = strlen(text);
	size_t i;

	for (i = 0; i < n; i++) {
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	}
	return n <= LIMIT_LABEL_BYTES;
}

#define WITHOUT_CONTROLS "255 bytes without control characters"

static const char *wrong_label(const char *text)
{
	return text && good_label(text) ? NULL : "text of at most " WITHOUT_CONTROLS;
}

static const char *wrong_some_label(const char *text)
{
	return text && *text && good_label(text) ? NULL : "text of 1 to " WITHOUT_CONTROLS;
}

static const char *wrong_labels(const char *text)
{
	return text && *text && good_label(text) ? NULL : "texts, each of 1 to " WITHOUT_CONTROLS;
}

/* RFC 5424 section 6: HOSTNAME is 1 to 255 of PRINTUSASCII. May be empty. */
static const char *wrong_hostname(const char *text)
{
	size_t i = 0;

	while (text && text[i] > 32 && text[i] < 127)
		i++;
	return text && !text[i] && i <= LIMIT_HOSTNAME_BYTES
		       ? NULL
		       : "at most 255 printable ASCII characters without a space";
}

/* The characters that Elasticsearch allows in the name of an index, but no '-', which separates the
 * parts of the name. */
static const char *wrong_namespace(const char *text)
{
	static const char unwanted[] = "\\/*?\"<>| ,#:-ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	return text && *text && strlen(text) <= LIMIT_NAMESPACE_BYTES && good_label(text) &&
			       !text[strcspn(text, unwanted)]
		       ? NULL
		       : "1 to 100 bytes, lower case, without any of \\ / * ? \" < > | , # : - "
			 "or a space";
}

static const char *wrong_output(const char *text)
{
	struct output_address unused;

	if (!text)
		return "udp://HOST:PORT, tcp://HOST:PORT, unix:///PATH, stdout or null";
	return *text ? output_parse(&unused, text) : NULL;
}

static const char *wrong_fallback(const char *text)
{
	struct output_address a;
	const char *wrong = text && *text ? output_parse(&a, text) : NULL;

	if (text && (!*text || wrong || a.len > 0 || *a.host))
		return wrong;
	return "udp://HOST:PORT, tcp://HOST:PORT or unix:///PATH";
}

/* unix(7): sun_path. */
static const char *wrong_socket(const char *text)
{
	const size_t size = sizeof(((struct sockaddr_un *)0)->sun_path);

	return text && (!*text || (*text == '/' && strlen(text) < size))
		       ? NULL
		       : "/PATH of at most 107 bytes, or nothing";
}

_Static_assert(LIMIT_PATH_BYTES == 4096 && LIMIT_NAMESPACE_BYTES == 100, "the texts above say so");
_Static_assert(LIMIT_LABEL_BYTES == 255, "as above");
_Static_assert(LIMIT_HOSTNAME_BYTES == 255, "as above");

/* In the order of the enums in config.h. */
static const char layouts[] = "auditbeat\0integration\0";
static const char sockets[] = "auto\0unicast\0multicast\0";
static const char failures[] = "silent\0log\0panic\0";
static const char backpressures[] = "auto\0userspace\0none\0";
static const char formats[] = "rfc5424\0rfc3164\0json\0";
static const char framings[] = "auto\0octet\0newline\0";
static const char drops[] = "oldest\0newest\0";

_Static_assert(sizeof(enum config_layout) == sizeof(int), "choices are stored as int");

#define AT(member) .offset = offsetof(struct config, member)
/* The name; the default, "" for numbers; the help. See `name` in config_option.h. */
#define OPTION(name_, initial, help) .name = name_ "\0" initial "\0" help

const struct option option_table[] = {
	{OPTION("socket_type", "auto", OPTION_TEXT_SOCKET_TYPE), .type = OPTION_CHOICE,
		AT(socket_type), .choices = sockets, .fixed = FIXED_UNTIL_RESTART},
	{OPTION("immutable", "false", OPTION_TEXT_IMMUTABLE), .type = OPTION_BOOL, AT(immutable),
		.fixed = FIXED_BY_LOCK},
	{OPTION("failure_mode", "silent", OPTION_TEXT_FAILURE_MODE), .type = OPTION_CHOICE,
		AT(failure_mode), .choices = failures, .fixed = FIXED_BY_LOCK},
	{OPTION("backlog_limit", "", OPTION_TEXT_BACKLOG_LIMIT), .type = OPTION_NUMBER,
		AT(backlog_limit), .max = UINT32_MAX, .preset = 8192, .fixed = FIXED_BY_LOCK},
	{OPTION("rate_limit", "", OPTION_TEXT_RATE_LIMIT), .type = OPTION_NUMBER, AT(rate_limit),
		.max = UINT32_MAX, .fixed = FIXED_BY_LOCK},
	{OPTION("backpressure_strategy", "auto", OPTION_TEXT_BACKPRESSURE_STRATEGY),
		.type = OPTION_CHOICE, AT(backpressure_strategy), .choices = backpressures,
		.fixed = FIXED_BY_LOCK},
	{OPTION("backlog_wait_time", "8ms", OPTION_TEXT_BACKLOG_WAIT_TIME), .type = OPTION_DURATION,
		AT(backlog_wait_ms), .max = LIMIT_BACKLOG_WAIT_MS, .fixed = FIXED_BY_LOCK},
	{OPTION("audit_rules", "", OPTION_TEXT_AUDIT_RULES), .commands = CONFIG_FOR_RULES,
		.type = OPTION_LINES, AT(audit_rules), .wrong = wrong_lines},
	{OPTION("audit_rule_files", "", OPTION_TEXT_AUDIT_RULE_FILES), .commands = CONFIG_FOR_RULES,
		.type = OPTION_LIST, AT(audit_rule_files),
		.offset_count = offsetof(struct config, audit_rule_file_count),
		.max = LIMIT_RULE_FILES, .wrong = wrong_paths},
	{OPTION("ignore_errors", "false", OPTION_TEXT_IGNORE_ERRORS), .commands = CONFIG_FOR_RULES,
		.type = OPTION_BOOL, AT(ignore_errors)},

	{OPTION("reassembler.max_in_flight", "", OPTION_TEXT_REASSEMBLER_MAX_IN_FLIGHT),
		.commands = CONFIG_FOR_PARSE, .type = OPTION_NUMBER, AT(max_in_flight), .min = 1,
		.max = LIMIT_EVENTS_IN_FLIGHT, .preset = DEFAULT_EVENTS_IN_FLIGHT},
	{OPTION("reassembler.timeout", "2s", OPTION_TEXT_REASSEMBLER_TIMEOUT),
		.commands = CONFIG_FOR_PARSE, .type = OPTION_DURATION, AT(timeout_ms), .min = 1,
		.max = MINUTES_MS(10)},

	{OPTION("watch.interval", "60s", OPTION_TEXT_WATCH_INTERVAL), .type = OPTION_DURATION,
		AT(watch_interval_ms), .min = 0, .max = MINUTES_MS(24 * 60)},
	{OPTION("watch.restore", "true", OPTION_TEXT_WATCH_RESTORE), .type = OPTION_BOOL,
		AT(watch_restore)},

	{OPTION("lineage.processes", "", OPTION_TEXT_LINEAGE_PROCESSES),
		.commands = CONFIG_FOR_PARSE | CONFIG_FOR_RULES, .type = OPTION_NUMBER,
		AT(lineage_processes), .max = LIMIT_PROCESSES, .preset = DEFAULT_PROCESSES,
		.fixed = FIXED_UNTIL_RESTART},
	{OPTION("lineage.rules", "false", OPTION_TEXT_LINEAGE_RULES),
		.commands = CONFIG_FOR_PARSE | CONFIG_FOR_RULES, .type = OPTION_BOOL,
		AT(lineage_rules)},

	{OPTION("layout", "auditbeat", OPTION_TEXT_LAYOUT), .commands = CONFIG_FOR_PARSE,
		.type = OPTION_CHOICE, AT(layout), .choices = layouts},
	{OPTION("resolve_ids", "true", OPTION_TEXT_RESOLVE_IDS), .commands = CONFIG_FOR_PARSE,
		.type = OPTION_BOOL, AT(resolve_ids)},
	{OPTION("passwd_file", "/etc/passwd", OPTION_TEXT_PASSWD_FILE),
		.commands = CONFIG_FOR_PARSE | CONFIG_FOR_RULES, .type = OPTION_TEXT,
		AT(passwd_file), .wrong = wrong_path},
	{OPTION("group_file", "/etc/group", OPTION_TEXT_GROUP_FILE),
		.commands = CONFIG_FOR_PARSE | CONFIG_FOR_RULES, .type = OPTION_TEXT,
		AT(group_file), .wrong = wrong_path},
	{OPTION("include_raw_message", "false", OPTION_TEXT_INCLUDE_RAW_MESSAGE),
		.commands = CONFIG_FOR_PARSE, .type = OPTION_BOOL, AT(include_raw_message)},
	{OPTION("include_warnings", "false", OPTION_TEXT_INCLUDE_WARNINGS),
		.commands = CONFIG_FOR_PARSE, .type = OPTION_BOOL, AT(include_warnings)},
	{OPTION("include_message", "false", OPTION_TEXT_INCLUDE_MESSAGE),
		.commands = CONFIG_FOR_PARSE, .type = OPTION_BOOL, AT(include_message)},
	{OPTION("hostname", "", OPTION_TEXT_HOSTNAME), .commands = CONFIG_FOR_PARSE,
		.type = OPTION_TEXT, AT(hostname), .wrong = wrong_hostname},
	{OPTION("host.id", "", OPTION_TEXT_HOST_ID), .commands = CONFIG_FOR_PARSE,
		.type = OPTION_TEXT, AT(host_id), .wrong = wrong_label},
	{OPTION("namespace", "default", OPTION_TEXT_NAMESPACE), .commands = CONFIG_FOR_PARSE,
		.type = OPTION_TEXT, AT(namespace), .wrong = wrong_namespace},
	{OPTION("agent.id", "", OPTION_TEXT_AGENT_ID), .commands = CONFIG_FOR_PARSE,
		.type = OPTION_TEXT, AT(agent.id), .wrong = wrong_label},
	{OPTION("agent.name", "", OPTION_TEXT_AGENT_NAME), .commands = CONFIG_FOR_PARSE,
		.type = OPTION_TEXT, AT(agent.name), .wrong = wrong_label},
	{OPTION("agent.type", "ecsaudit", OPTION_TEXT_AGENT_TYPE), .commands = CONFIG_FOR_PARSE,
		.type = OPTION_TEXT, AT(agent.type), .wrong = wrong_some_label},
	{OPTION("state_file", "/var/lib/ecsaudit/agent-id", OPTION_TEXT_STATE_FILE),
		.type = OPTION_TEXT, AT(state_file), .wrong = wrong_path,
		.fixed = FIXED_UNTIL_RESTART},
	{OPTION("tags", "", OPTION_TEXT_TAGS), .commands = CONFIG_FOR_PARSE, .type = OPTION_LIST,
		AT(tags), .offset_count = offsetof(struct config, tag_count), .max = LIMIT_TAGS,
		.wrong = wrong_labels},
	{OPTION("fields", "{}", OPTION_TEXT_FIELDS), .commands = CONFIG_FOR_PARSE,
		.type = OPTION_FIELDS, AT(fields)},

	{OPTION("output", "", OPTION_TEXT_OUTPUT), .commands = CONFIG_FOR_PARSE,
		.type = OPTION_TEXT, AT(output), .wrong = wrong_output},
	{OPTION("output_fallback", "", OPTION_TEXT_OUTPUT_FALLBACK), .commands = CONFIG_FOR_PARSE,
		.type = OPTION_TEXT, AT(output_fallback), .wrong = wrong_fallback},
	{OPTION("output_fallback_after", "10s", OPTION_TEXT_OUTPUT_FALLBACK_AFTER),
		.commands = CONFIG_FOR_PARSE, .type = OPTION_DURATION, AT(fallback_after_ms),
		.min = 1000, .max = MINUTES_MS(60)},
	{OPTION("format", "rfc5424", OPTION_TEXT_FORMAT), .commands = CONFIG_FOR_PARSE,
		.type = OPTION_CHOICE, AT(format), .choices = formats},
	{OPTION("framing", "auto", OPTION_TEXT_FRAMING), .commands = CONFIG_FOR_PARSE,
		.type = OPTION_CHOICE, AT(framing), .choices = framings},
	{OPTION("max_datagram_bytes", "", OPTION_TEXT_MAX_DATAGRAM_BYTES),
		.commands = CONFIG_FOR_PARSE, .type = OPTION_NUMBER, AT(max_datagram_bytes),
		.min = MIN_DATAGRAM_BYTES, .max = LIMIT_DATAGRAM_BYTES,
		.preset = DEFAULT_DATAGRAM_BYTES},
	{OPTION("spool_bytes", "", OPTION_TEXT_SPOOL_BYTES), .commands = CONFIG_FOR_PARSE,
		.type = OPTION_NUMBER, AT(spool_bytes), .max = LIMIT_SPOOL_BYTES,
		.preset = DEFAULT_SPOOL_BYTES, .fixed = FIXED_UNTIL_RESTART},
	{OPTION("spool_file", "", OPTION_TEXT_SPOOL_FILE), .type = OPTION_TEXT, AT(spool_file),
		.wrong = wrong_path, .fixed = FIXED_UNTIL_RESTART},
	{OPTION("spool_drop", "oldest", OPTION_TEXT_SPOOL_DROP), .commands = CONFIG_FOR_PARSE,
		.type = OPTION_CHOICE, AT(spool_drop), .choices = drops},

	{OPTION("pid_file", "", OPTION_TEXT_PID_FILE), .type = OPTION_TEXT, AT(pid_file),
		.wrong = wrong_path, .fixed = FIXED_UNTIL_RESTART},
	{OPTION("ready_fd", "", OPTION_TEXT_READY_FD), .type = OPTION_NUMBER, AT(ready_fd),
		.max = 1023, .fixed = FIXED_UNTIL_RESTART},
	{OPTION("watchdog_device", "", OPTION_TEXT_WATCHDOG_DEVICE), .type = OPTION_TEXT,
		AT(watchdog_device), .wrong = wrong_path, .fixed = FIXED_UNTIL_RESTART},
	{OPTION("watchdog_timeout", "60s", OPTION_TEXT_WATCHDOG_TIMEOUT), .type = OPTION_DURATION,
		AT(watchdog_timeout_ms), .min = 3000, .max = MINUTES_MS(60),
		.fixed = FIXED_UNTIL_RESTART},

	{OPTION("user", "", OPTION_TEXT_USER), .type = OPTION_TEXT, AT(user), .wrong = wrong_label,
		.fixed = FIXED_UNTIL_RESTART},
	{OPTION("seccomp", "true", OPTION_TEXT_SECCOMP), .type = OPTION_BOOL, AT(seccomp),
		.fixed = FIXED_UNTIL_RESTART},

	{OPTION("metrics.interval", "60s", OPTION_TEXT_METRICS_INTERVAL), .type = OPTION_DURATION,
		AT(metrics_interval_ms), .max = MINUTES_MS(24 * 60)},
	{OPTION("status_socket", "/run/ecsaudit.sock", OPTION_TEXT_STATUS_SOCKET),
		.commands = CONFIG_FOR_STATUS, .type = OPTION_TEXT, AT(status_socket),
		.wrong = wrong_socket, .fixed = FIXED_UNTIL_RESTART},
	{.name = NULL},
};

_Static_assert(sizeof(option_table) / sizeof(option_table[0]) <= LIMIT_OPTIONS,
	"a set has a bit for each");

static void expect_choice(const struct option *o, struct text *t)
{
	const char *choice = o->choices;

	for (;;) {
		text_puts(t, choice);
		choice = config_option_next(choice);
		if (!*choice)
			return;
		text_puts(t, *config_option_next(choice) ? ", " : " or ");
	}
}

void config_option_duration(struct text *t, uint32_t ms)
{
	if (ms && ms % MINUTES_MS(1) == 0) {
		text_number(t, ms / MINUTES_MS(1));
		text_puts(t, "m");
	} else if (ms && ms % 1000 == 0) {
		text_number(t, ms / 1000);
		text_puts(t, "s");
	} else {
		text_number(t, ms);
		text_puts(t, "ms");
	}
}

void config_option_expected(const struct option *o, struct text *t)
{
	switch (o->type) {
	case OPTION_BOOL:
		text_puts(t, "true or false");
		break;
	case OPTION_CHOICE:
		expect_choice(o, t);
		break;
	case OPTION_NUMBER:
		text_puts(t, "a whole number from ");
		text_number(t, o->min);
		text_puts(t, " to ");
		text_number(t, o->max);
		break;
	case OPTION_DURATION:
		text_puts(t, "a time from ");
		config_option_duration(t, o->min);
		text_puts(t, " to ");
		config_option_duration(t, o->max);
		text_puts(t, " with its unit ms, s or m");
		break;
	case OPTION_TEXT:
	case OPTION_LINES:
		text_puts(t, o->wrong(NULL));
		break;
	case OPTION_LIST:
		text_puts(t, "a list of at most ");
		text_number(t, o->max);
		text_puts(t, " ");
		text_puts(t, o->wrong(NULL));
		break;
	case OPTION_FIELDS:
		text_puts(t, "an object such as {\"labels\": {\"site\": \"x\"}}");
		break;
	}
}

const struct option *config_option_find(const char *name, size_t len)
{
	const struct option *o;

	for (o = option_table; o->name; o++) {
		if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
			return o;
	}
	return NULL;
}
