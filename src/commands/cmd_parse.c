#include "cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

#include "agent.h"
#include "error_text.h"
#include "log_reader.h"
#include "loop.h"
#include "sys.h"
#include "text.h"

struct parse {
	struct agent *agent;
	struct log_reader reader;
	struct loop loop;
	const char *path;	       /* of the file that is read */
	char folder[LIMIT_PATH_BYTES]; /* the working directory, with a / behind it */
	bool is_stdin;
	bool is_regular;   /* else a pipe, a socket, a terminal */
	uint64_t position; /* bytes read of it */
	int timer, source; /* in the loop; source -1: none */
	bool failed;
};

static void on_record(void *context, const struct log_record *record)
{
	agent_log_record(context, record);
}

/* ---- one file -------------------------------------------------------------------------- */

static void read_failed(struct parse *p, int error)
{
	stderr_line("%.512s: %s", p->path, error_text(error));
	p->failed = true;
}

static void read_from(struct parse *p, int fd)
{
	log_reader_open(&p->reader, fd);
	p->position = 0;
}

/* With it log.file.path becomes absolute. */
static void find_folder(struct parse *p)
{
	size_t len;

	if (sys_getcwd(p->folder, sizeof(p->folder) - 1) < 0 || *p->folder != '/')
		return;
	len = strlen(p->folder);
	if (p->folder[len - 1] != '/')
		p->folder[len++] = '/';
	p->agent->document.log_folder = (struct span){p->folder, (uint32_t)len};
}

static bool start_file(struct parse *p, unsigned number)
{
	const char *path = p->agent->document.log_files[number];
	struct stat st;
	int fd = 0;

	p->path = path;
	p->is_stdin = strcmp(path, "-") == 0;
	if (!p->is_stdin)
		fd = sys_open(path, O_RDONLY, 0);
	if (fd < 0) {
		read_failed(p, fd);
		return false;
	}
	p->is_regular = sys_fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	agent_log_file(p->agent, number);
	read_from(p, fd);
	return true;
}

static void finish_file(struct parse *p)
{
	log_reader_finish(&p->reader);
	if (!p->is_stdin)
		sys_close(p->reader.fd);
}

/* Read once, and process what was read. Returns as log_reader_step() does. */
static ssize_t step(struct parse *p)
{
	ssize_t n;

	p->agent->now_ms = sys_monotonic_ms();
	n = log_reader_step(&p->reader);
	if (n > 0)
		p->position += (uint64_t)n;
	agent_tick(p->agent, sys_monotonic_ms());
	return n;
}

static const struct output *output_of(const struct agent *a)
{
	return &a->delivery.outputs[DELIVERY_PRIMARY];
}

static uint64_t unsent(const struct agent *a)
{
	return a->counters.messages_dropped + a->counters.messages_lost;
}

/* Nobody reads our standard output any more. */
static bool stdout_is_gone(const struct agent *a)
{
	return output_of(a)->address.kind == OUTPUT_STDOUT && unsent(a) > 0;
}

/* Whether to read on. If the output accepts nothing, the file can wait: the spool is for what was
 * read already. */
static bool wants_more(const struct agent *a)
{
	return delivery_is_free(&a->delivery) && !stdout_is_gone(a);
}

static void parse_file(struct parse *p, unsigned number)
{
	ssize_t n;

	if (!start_file(p, number))
		return;
	do
		n = step(p);
	while ((n > 0 || n == -EINTR) && wants_more(p->agent));
	finish_file(p);
	if (n < 0)
		read_failed(p, (int)n);
}

/* ---- a file that grows ----------------------------------------------------------------- */

/* Read what is there; but not so much that signals have to wait. Returns as the last step(). */
static ssize_t read_on(struct parse *p)
{
	ssize_t n = 1;

	for (int i = 0; i < LIMIT_READS_PER_TURN && n > 0 && wants_more(p->agent); i++)
		n = step(p);
	if (n < 0 && n != -EINTR && n != -EAGAIN) {
		read_failed(p, (int)n);
		loop_stop(&p->loop);
	}
	if (stdout_is_gone(p->agent))
		loop_stop(&p->loop);
	return n;
}

/* auditd renames its log and starts a new one: then the path leads to another file than ours. Other
 * programs copy the log and truncate it: then it is shorter than what was read. */
static bool is_rotated(const struct parse *p)
{
	struct stat ours, now;

	if (p->is_stdin || sys_fstat(p->reader.fd, &ours) < 0 ||
		sys_fstatat(AT_FDCWD, p->path, &now, 0) < 0)
		return false;
	return ours.st_ino != now.st_ino || ours.st_dev != now.st_dev ||
	       (uint64_t)now.st_size < p->position;
}

static void reopen(struct parse *p)
{
	int fd = sys_open(p->path, O_RDONLY, 0);

	if (fd < 0)
		return; /* not there yet: next time */
	finish_file(p);
	read_from(p, fd);
}

static void on_follow(void *context)
{
	struct parse *p = context;
	/* Ask before reading: what is written to the old file in between is still read. */
	bool rotated = is_rotated(p);
	ssize_t n = read_on(p);

	if (n > 0) /* there is more, or the output is away */
		loop_timer_set(&p->loop, p->timer, wants_more(p->agent) ? 0 : LIMIT_FOLLOW_MS);
	else if (rotated)
		reopen(p);
	if (!wants_more(p->agent))
		agent_tick(p->agent, sys_monotonic_ms());
}

/* A pipe, a socket or a terminal is read only when something is there, since signals would wait as
 * long as a read waits. At its end we end. */
static void on_readable(void *context, short revents)
{
	struct parse *p = context;
	ssize_t n = step(p);

	(void)revents;
	if (n == 0) {
		loop_stop(&p->loop);
	} else if (n < 0 && n != -EINTR && n != -EAGAIN) {
		read_failed(p, (int)n);
		loop_stop(&p->loop);
	}
	if (stdout_is_gone(p->agent))
		loop_stop(&p->loop);
}

static void on_pipe_timer(void *context)
{
	struct parse *p = context;

	agent_tick(p->agent, sys_monotonic_ms());
	if (!wants_more(p->agent)) {
		loop_remove(&p->loop, p->source);
		p->source = -1;
	} else if (p->source < 0) {
		p->source = loop_add(&p->loop, p->reader.fd, POLLIN, on_readable, p);
	}
}

/* The reader of our standard output has gone away. */
static void on_stdout_closed(void *context, short revents)
{
	struct parse *p = context;

	(void)revents;
	loop_stop(&p->loop);
}

/* The signals stay blocked to the end: a second SIGTERM must not stop the last sending. */
static void follow_file(struct parse *p, unsigned number)
{
	int error;

	if (!start_file(p, number))
		return;
	p->source = -1;
	loop_init(&p->loop);
	error = loop_signals(&p->loop, NULL, NULL);
	if (error == 0 && output_of(p->agent)->address.kind == OUTPUT_STDOUT)
		error = loop_add(&p->loop, output_of(p->agent)->fd, 0, on_stdout_closed, p);
	if (error >= 0)
		error = p->timer = loop_timer_add(
			&p->loop, 0, LIMIT_FOLLOW_MS, p->is_regular ? on_follow : on_pipe_timer, p);
	if (error >= 0)
		error = loop_run(&p->loop);
	if (error < 0)
		read_failed(p, error);
	finish_file(p);
}

/* ---- what was left out ------------------------------------------------------------------ */

static void add_count(struct text *t, uint64_t count, const char *what, const char *why)
{
	if (count == 0)
		return;
	text_puts(t, t->used ? ", " : "");
	text_number(t, count);
	text_puts(t, " ");
	text_puts(t, what);
	text_puts(t, count == 1 ? " (" : "s (");
	text_puts(t, why);
	text_puts(t, ")");
}

/* There were lines, but they are no audit log. */
static bool nothing_is_a_record(const struct counters *c)
{
	return c->records_received == 0 && c->lines_skipped > 0;
}

/* Print one line about what is in no document, and one about what was not sent. */
static void report(const struct parse *p)
{
	const struct agent *a = p->agent;
	const struct counters *c = &a->counters;
	const struct log_reader *r = &p->reader;
	struct delivery_status status;
	char line[1024];
	struct text t;

	text_init(&t, line, sizeof(line));
	add_count(&t, c->lines_skipped - r->untrusted - r->no_serial, "line", "no record");
	add_count(&t, r->untrusted, "line",
		"written by a program that is not the audit system; --any-sender takes them");
	add_count(&t, r->no_serial, "line",
		"the journal's short form has no serial; use journalctl -o export");
	add_count(&t, c->records_dropped_type, "record", "type of no event");
	add_count(&t, c->records_dropped_malformed, "record", "malformed");
	add_count(&t, c->records_dropped_oversized, "record", "too long");
	add_count(&t, c->records_dropped_event_full, "record", "event full");
	add_count(&t, c->documents_dropped, "document", "too long");
	if (nothing_is_a_record(c))
		stderr_line("none of %llu line(s) is an audit record; expected lines such as "
			    "type=SYSCALL msg=audit(1700000000.123:456): arch=c000003e ...",
			(unsigned long long)c->lines_skipped);
	if (t.used && (!nothing_is_a_record(c) || r->untrusted > 0 || r->no_serial > 0))
		stderr_line("left out: %s", line);
	delivery_get_status(&a->delivery, &status);
	/* A reader that has gone away (EPIPE) needs no line. */
	if (unsent(a) > 0 && !(stdout_is_gone(a) && output_of(a)->error == EPIPE))
		stderr_line("output: %.512s: %s; messages not sent: %llu",
			*a->config.output ? a->config.output : "stdout",
			*status.error ? status.error : "takes nothing",
			(unsigned long long)unsent(a));
}

static void parse_files(struct parse *p, unsigned count, bool follow)
{
	for (unsigned i = 0; i < count && wants_more(p->agent); i++) {
		if (follow && i + 1 == count)
			follow_file(p, i);
		else
			parse_file(p, i);
	}
}

/* Users' names of this machine are used only if asked for: the log may be another machine's. */
static bool configure(struct parse *p, const struct cmd_arguments *a, bool local_names)
{
	struct config *c = &p->agent->config;
	struct config_error e;

	if (!config_gather(&a->config, c, &e)) {
		stderr_line("%s", e.text);
		return false;
	}
	if (local_names && !*c->passwd_file)
		c->passwd_file = "/etc/passwd";
	if (local_names && !*c->group_file)
		c->group_file = "/etc/group";
	return true;
}

static bool start(struct parse *p, char **files, bool follow)
{
	struct config_error e;

	/* No time passes in a file: an event waits for its last record until the end of the file.
	 */
	if (!follow)
		p->agent->config.timeout_ms = UINT32_MAX;
	if (!agent_start(p->agent, true, &e)) {
		stderr_line("%s", e.text);
		return false;
	}
	p->agent->document.log_files = files;
	find_folder(p);
	return true;
}

int cmd_parse(int argc, char **argv)
{
	static struct parse p;
	bool follow = false, local_names = false;
	const struct cmd_flag flags[] = {{.name = "-f", .set = &follow},
		{.name = "--any-sender", .set = &p.reader.any_sender},
		{.name = "--local-names", .set = &local_names}, {.name = NULL}};
	struct cmd_arguments a = {.flags = flags,
		.takes_config = true,
		.takes_operands = true,
		.config.is_foreign = true};
	static char *standard_input[] = {"-"};
	char **files;
	int count;

	p.agent = &the_agent;
	log_reader_init(&p.reader, &p.agent->counters, on_record, p.agent);
	if (!cmd_options(&a, argc, argv))
		return EXIT_USAGE;
	files = argv + a.first_operand;
	count = argc - a.first_operand;
	if (count == 0) {
		files = standard_input;
		count = 1;
	}
	if (count > UINT16_MAX) {
		stderr_line("parse: %d files; expected at most %d", count, UINT16_MAX);
		return EXIT_USAGE;
	}
	if (!configure(&p, &a, local_names) || !start(&p, files, follow))
		return EXIT_USAGE;
	parse_files(&p, (unsigned)count, follow);
	agent_stop(p.agent, sys_monotonic_ms() + DELIVERY_PATIENCE_MS);
	report(&p);
	return p.failed || unsent(p.agent) > 0 || nothing_is_a_record(&p.agent->counters)
		       ? EXIT_FAILED
		       : EXIT_OK;
}
