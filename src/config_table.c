/* The options: everything that config.c, config_print.c and the help know about them. */
#include "config_option.h"

#include <string.h>
#include "limits.h"
#include "output.h"

#define MINUTES_MS(n) ((n)*60u * 1000u)

static bool good_path(const char *text)
{
	return strlen(text) < LIMIT_PATH_BYTES;
}

static bool good_some_path(const char *text)
{
	return *text && good_path(text);
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

static bool good_some_label(const char *text)
{
	return *text && good_label(text);
}

/* RFC 5424 section 6: HOSTNAME is 1 to 255 of PRINTUSASCII. May be empty. */
static bool good_hostname(const char *text)
{
	size_t i;

	for (i = 0; text[i]; i++) {
		if (text[i] < 33 || text[i] > 126)
			return false;
	}
	return i <= LIMIT_HOSTNAME_BYTES;
}

/* What Elasticsearch takes in the name of an index, and no '-': that separates its parts. */
static bool good_namespace(const char *text)
{
	size_t i;

	for (i = 0; text[i]; i++) {
		if ((text[i] >= 'A' && text[i] <= 'Z') || strchr("\\/*?\"<>| ,#:-", text[i]))
			return false;
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	}
	return i > 0 && i <= LIMIT_NAMESPACE_BYTES;
}

static const char *wrong_output(const char *text)
{
	struct output_address unused;

	return *text ? output_parse(&unused, text) : NULL;
}

static const char *wrong_fallback(const char *text)
{
	struct output_address a;
	const char *wrong = *text ? output_parse(&a, text) : NULL;

	if (!*text || wrong || a.len > 0 || *a.host)
		return wrong;
	return "udp://HOST:PORT, tcp://HOST:PORT or unix:///PATH";
}

/* unix(7): sun_path. */
static bool good_socket(const char *text)
{
	return *text == '\0' ||
	       (*text == '/' && strlen(text) < sizeof(((struct sockaddr_un *)0)->sun_path));
}

/* In the order of the enums in config.h. */
static const char *const layouts[] = {"auditbeat", "integration", NULL};
static const char *const sockets[] = {"auto", "unicast", "multicast", NULL};
static const char *const failures[] = {"silent", "log", "panic", NULL};
static const char *const backpressures[] = {"auto", "kernel", "userspace", "both", "none", NULL};
static const char *const formats[] = {"rfc5424", "rfc3164", "json", NULL};
static const char *const framings[] = {"auto", "octet", "newline", NULL};
static const char *const drops[] = {"oldest", "newest", NULL};

_Static_assert(sizeof(enum config_layout) == sizeof(int), "choices are stored as int");

#define AT(member) .offset = offsetof(struct config, member)
#define PATH	   .good = good_path, .expected = "a path of at most 4095 bytes"
#define LABEL	   .good = good_label, .expected = "text of at most 255 bytes without control characters"
#define SOME_LABEL                                                                                 \
	.good = good_some_label, .expected = "text of 1 to 255 bytes without control characters"

const struct option option_table[] = {
	{.name = "socket_type",
		.type = OPTION_CHOICE,
		AT(socket_type),
		.choices = sockets,
		.initial = "auto",
		.help = "unicast replaces auditd, multicast listens beside it, auto takes what "
			"is free",
		.fixed = FIXED_UNTIL_RESTART},
	{.name = "immutable",
		.type = OPTION_BOOL,
		AT(immutable),
		.initial = "false",
		.help = "lock the kernel's audit configuration until the next boot",
		.fixed = FIXED_BY_LOCK},
	{.name = "failure_mode",
		.type = OPTION_CHOICE,
		AT(failure_mode),
		.choices = failures,
		.initial = "silent",
		.help = "what the kernel does when it cannot keep a record",
		.fixed = FIXED_BY_LOCK},
	{.name = "backlog_limit",
		.type = OPTION_NUMBER,
		AT(backlog_limit),
		.max = UINT32_MAX,
		.preset = 8192,
		.help = "records that the kernel queues; 0: without a limit",
		.fixed = FIXED_BY_LOCK},
	{.name = "rate_limit",
		.type = OPTION_NUMBER,
		AT(rate_limit),
		.max = UINT32_MAX,
		.help = "records a second that the kernel lets pass; 0: all",
		.fixed = FIXED_BY_LOCK},
	{.name = "backpressure_strategy",
		.type = OPTION_CHOICE,
		AT(backpressure_strategy),
		.choices = backpressures,
		.initial = "auto",
		.help = "who gives way when records come faster than they leave",
		.fixed = FIXED_BY_LOCK},
	{.name = "backlog_wait_time",
		.type = OPTION_DURATION,
		AT(backlog_wait_ms),
		.max = LIMIT_BACKLOG_WAIT_MS,
		.initial = "8ms",
		.help = "how long a process waits for each record while the kernel's queue is "
			"full; 0s: never",
		.fixed = FIXED_BY_LOCK},
	{.name = "audit_rules",
		.type = OPTION_LINES,
		AT(audit_rules),
		.initial = "",
		.expected = "text, or a list of lines",
		.help = "rules in auditctl's syntax; with any rule, those loaded before go"},
	{.name = "audit_rule_files",
		.type = OPTION_LIST,
		AT(audit_rule_files),
		.offset_count = offsetof(struct config, audit_rule_file_count),
		.max = LIMIT_RULE_FILES,
		.good = good_some_path,
		.expected = "paths, each of 1 to 4095 bytes",
		.initial = "",
		.help = "files with rules; *, ? and [...] are patterns, read in sorted order"},
	{.name = "ignore_errors",
		.type = OPTION_BOOL,
		AT(ignore_errors),
		.initial = "false",
		.help = "go on without the rules that are wrong"},

	{.name = "reassembler.max_in_flight",
		.type = OPTION_NUMBER,
		AT(max_in_flight),
		.min = 1,
		.max = LIMIT_EVENTS_IN_FLIGHT,
		.preset = DEFAULT_EVENTS_IN_FLIGHT,
		.help = "events that wait for their last record at the same time"},
	{.name = "reassembler.timeout",
		.type = OPTION_DURATION,
		AT(timeout_ms),
		.min = 1,
		.max = MINUTES_MS(10),
		.initial = "2s",
		.help = "how long an event waits for its last record"},

	{.name = "watch.interval",
		.type = OPTION_DURATION,
		AT(watch_interval_ms),
		.min = 0,
		.max = MINUTES_MS(24 * 60),
		.initial = "60s",
		.help = "how often the kernel's rules are compared with those loaded; 0s: never"},
	{.name = "watch.restore",
		.type = OPTION_BOOL,
		AT(watch_restore),
		.initial = "true",
		.help = "put the rules back when somebody changed them, and auditing on again"},

	{.name = "layout",
		.type = OPTION_CHOICE,
		AT(layout),
		.choices = layouts,
		.initial = "auditbeat",
		.help = "the document as Auditbeat sends it, or as the integration stores it"},
	{.name = "resolve_ids",
		.type = OPTION_BOOL,
		AT(resolve_ids),
		.initial = "true",
		.help = "add the names of users and groups"},
	{.name = "passwd_file",
		.type = OPTION_TEXT,
		AT(passwd_file),
		PATH,
		.initial = "/etc/passwd",
		.help = "where the names of users are"},
	{.name = "group_file",
		.type = OPTION_TEXT,
		AT(group_file),
		PATH,
		.initial = "/etc/group",
		.help = "where the names of groups are"},
	{.name = "include_raw_message",
		.type = OPTION_BOOL,
		AT(include_raw_message),
		.initial = "false",
		.help = "add the records themselves, as event.original"},
	{.name = "include_warnings",
		.type = OPTION_BOOL,
		AT(include_warnings),
		.initial = "false",
		.help = "add what was wrong with the records, as error.message"},
	{.name = "include_message",
		.type = OPTION_BOOL,
		AT(include_message),
		.initial = "false",
		.help = "add a line of plain English for people, as message"},
	{.name = "hostname",
		.type = OPTION_TEXT,
		AT(hostname),
		.good = good_hostname,
		.expected = "at most 255 printable ASCII characters without a space",
		.initial = "",
		.help = "host.name and the sender in syslog; empty: the kernel's"},
	{.name = "namespace",
		.type = OPTION_TEXT,
		AT(namespace),
		.good = good_namespace,
		.expected = "1 to 100 bytes, lower case, without any of \\ / * ? \" < > | , # : - "
			    "or a space",
		.initial = "default",
		.help = "data_stream.namespace"},
	{.name = "agent.id",
		.type = OPTION_TEXT,
		AT(agent.id),
		LABEL,
		.initial = "",
		.help = "agent.id; empty: derived from /etc/machine-id, or kept in state_file"},
	{.name = "agent.name",
		.type = OPTION_TEXT,
		AT(agent.name),
		LABEL,
		.initial = "",
		.help = "agent.name; empty: the host's name"},
	{.name = "agent.type",
		.type = OPTION_TEXT,
		AT(agent.type),
		SOME_LABEL,
		.initial = "ecsaudit",
		.help = "agent.type"},
	{.name = "state_file",
		.type = OPTION_TEXT,
		AT(state_file),
		PATH,
		.initial = "/var/lib/ecsaudit/agent-id",
		.help = "keeps agent.id where there is no machine-id; empty: a new id each start",
		.fixed = FIXED_UNTIL_RESTART},
	{.name = "tags",
		.type = OPTION_LIST,
		AT(tags),
		.offset_count = offsetof(struct config, tag_count),
		.max = LIMIT_TAGS,
		.good = good_some_label,
		.expected = "texts, each of 1 to 255 bytes without control characters",
		.initial = "",
		.help = "tags of every document, behind the keys of the rules"},
	{.name = "fields",
		.type = OPTION_FIELDS,
		AT(fields),
		.initial = "{}",
		.help = "constant fields of every document; \"a.b\": 1 is {\"a\": {\"b\": 1}}"},

	{.name = "output",
		.type = OPTION_TEXT,
		AT(output),
		.wrong = wrong_output,
		.expected = "udp://HOST:PORT, tcp://HOST:PORT, unix:///PATH, stdout or null",
		.initial = "",
		.help = "where documents go; empty: parse writes to stdout"},
	{.name = "output_fallback",
		.type = OPTION_TEXT,
		AT(output_fallback),
		.wrong = wrong_fallback,
		.expected = "udp://HOST:PORT, tcp://HOST:PORT or unix:///PATH",
		.initial = "",
		.help = "where they go while the output takes none"},
	{.name = "output_fallback_after",
		.type = OPTION_DURATION,
		AT(fallback_after_ms),
		.min = 1000,
		.max = MINUTES_MS(60),
		.initial = "10s",
		.help = "how long the output takes none before the fallback is used"},
	{.name = "format",
		.type = OPTION_CHOICE,
		AT(format),
		.choices = formats,
		.initial = "rfc5424",
		.help = "what goes before a document on the wire"},
	{.name = "framing",
		.type = OPTION_CHOICE,
		AT(framing),
		.choices = framings,
		.initial = "auto",
		.help = "what tells messages apart over TCP; auto: octet with rfc5424, else "
			"newline"},
	{.name = "max_datagram_bytes",
		.type = OPTION_NUMBER,
		AT(max_datagram_bytes),
		.min = MIN_DATAGRAM_BYTES,
		.max = LIMIT_DATAGRAM_BYTES,
		.preset = DEFAULT_DATAGRAM_BYTES,
		.help = "longer messages are shortened, on stdout none"},
	{.name = "spool_bytes",
		.type = OPTION_NUMBER,
		AT(spool_bytes),
		.max = LIMIT_SPOOL_BYTES,
		.preset = DEFAULT_SPOOL_BYTES,
		.help = "memory for messages that cannot be sent yet",
		.fixed = FIXED_UNTIL_RESTART},
	{.name = "spool_file",
		.type = OPTION_TEXT,
		AT(spool_file),
		PATH,
		.initial = "",
		.help = "a file for them, which outlives the program; empty: memory alone",
		.fixed = FIXED_UNTIL_RESTART},
	{.name = "spool_drop",
		.type = OPTION_CHOICE,
		AT(spool_drop),
		.choices = drops,
		.initial = "oldest",
		.help = "who gives way when the spool is full, of the lowest severity above its "
			"reserve"},

	{.name = "pid_file",
		.type = OPTION_TEXT,
		AT(pid_file),
		PATH,
		.initial = "",
		.help = "keeps out a second agent and holds the process id, as long as it runs",
		.fixed = FIXED_UNTIL_RESTART},
	{.name = "ready_fd",
		.type = OPTION_NUMBER,
		AT(ready_fd),
		.max = 1023,
		.help = "a descriptor that gets a newline once events are received; 0: none",
		.fixed = FIXED_UNTIL_RESTART},
	{.name = "watchdog_device",
		.type = OPTION_TEXT,
		AT(watchdog_device),
		PATH,
		.initial = "",
		.help = "a watchdog that resets the host if the agent hangs or dies",
		.fixed = FIXED_UNTIL_RESTART},
	{.name = "watchdog_timeout",
		.type = OPTION_DURATION,
		AT(watchdog_timeout_ms),
		.min = 3000,
		.max = MINUTES_MS(60),
		.initial = "60s",
		.help = "after how long, if its driver lets it be set",
		.fixed = FIXED_UNTIL_RESTART},

	{.name = "user",
		.type = OPTION_TEXT,
		AT(user),
		LABEL,
		.initial = "",
		.help = "who it is after start: a name or a number, with :GID if need be; empty: "
			"as "
			"before",
		.fixed = FIXED_UNTIL_RESTART},
	{.name = "seccomp",
		.type = OPTION_BOOL,
		AT(seccomp),
		.initial = "true",
		.help = "after start, refuse itself the system calls that it does not need",
		.fixed = FIXED_UNTIL_RESTART},

	{.name = "metrics.interval",
		.type = OPTION_DURATION,
		AT(metrics_interval_ms),
		.max = MINUTES_MS(24 * 60),
		.initial = "60s",
		.help = "how often a document has all counters, beside at once after a loss; 0s: "
			"only then"},
	{.name = "status_socket",
		.type = OPTION_TEXT,
		AT(status_socket),
		.good = good_socket,
		.expected = "/PATH of at most 107 bytes, or nothing",
		.initial = "/run/ecsaudit.sock",
		.help = "where `ecsaudit status` asks the running agent; empty: nowhere",
		.fixed = FIXED_UNTIL_RESTART},
	{.name = NULL},
};

_Static_assert(sizeof(option_table) / sizeof(option_table[0]) <= LIMIT_OPTIONS, "see its use");

static void expect_choice(const struct option *o, struct text *t)
{
	unsigned i;

	for (i = 0; o->choices[i]; i++) {
		if (i > 0)
			text_puts(t, o->choices[i + 1] ? ", " : " or ");
		text_puts(t, o->choices[i]);
	}
}

void option_duration(struct text *t, uint32_t ms)
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

void option_expected(const struct option *o, struct text *t)
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
		option_duration(t, o->min);
		text_puts(t, " to ");
		option_duration(t, o->max);
		text_puts(t, " with its unit ms, s or m");
		break;
	case OPTION_TEXT:
	case OPTION_LINES:
		text_puts(t, o->expected);
		break;
	case OPTION_LIST:
		text_puts(t, "a list of at most ");
		text_number(t, o->max);
		text_puts(t, " ");
		text_puts(t, o->expected);
		break;
	case OPTION_FIELDS:
		text_puts(t, "an object such as {\"labels\": {\"site\": \"x\"}}");
		break;
	}
}

const struct option *option_find(const char *name, size_t len)
{
	const struct option *o;

	for (o = option_table; o->name; o++) {
		if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
			return o;
	}
	return NULL;
}
