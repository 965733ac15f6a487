#include "cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "agent.h"
#include "log_reader.h"
#include "loop.h"
#include "sys.h"

/* How often a file that is followed is looked at. */
#define FOLLOW_MS 250

struct parse {
	struct agent *agent;
	struct log_reader reader;
	struct loop loop;
	const char *path; /* of the file that is followed */
	bool failed;
};

static void on_record(void *context, uint16_t type, struct span text)
{
	agent_record(context, type, text);
}

/* ---- whole files ----------------------------------------------------------------------- */

static int open_file(const char *path)
{
	if (strcmp(path, "-") == 0)
		return 0;
	return sys_open(path, O_RDONLY, 0);
}

/* Read to the end. 0 or -errno. */
static int read_all(struct log_reader *reader)
{
	ssize_t n;

	do
		n = log_reader_step(reader);
	while (n > 0 || n == -EINTR);
	return (int)n;
}

static bool start_file(struct parse *p, const char *path)
{
	int fd = open_file(path);

	if (fd < 0) {
		cmd_error("%.512s: %s", path, strerror(-fd));
		return false;
	}
	p->agent->document.log_path = fd == 0 ? SPAN_NONE : span_of(path);
	log_reader_open(&p->reader, fd);
	return true;
}

static bool parse_file(struct parse *p, const char *path)
{
	int error;

	if (!start_file(p, path))
		return false;
	error = read_all(&p->reader);
	log_reader_finish(&p->reader);
	if (p->reader.fd > 0)
		sys_close(p->reader.fd);
	/* The events that are left belong to this file; a serial may mean another in the next. */
	agent_flush(p->agent);
	if (error < 0)
		cmd_error("%.512s: %s", path, strerror(-error));
	return error == 0;
}

/* ---- a file that grows ----------------------------------------------------------------- */

/* auditd renames its log and starts a new one: then the path is another file than ours. */
static void reopen_if_rotated(struct parse *p)
{
	struct stat ours, now;
	int fd;

	if (p->reader.fd == 0 || sys_fstat(p->reader.fd, &ours) < 0 ||
		sys_fstatat(AT_FDCWD, p->path, &now, 0) < 0)
		return;
	if (ours.st_ino == now.st_ino && ours.st_dev == now.st_dev)
		return;
	fd = sys_open(p->path, O_RDONLY, 0);
	if (fd < 0)
		return; /* not there yet: next time */
	log_reader_finish(&p->reader);
	sys_close(p->reader.fd);
	log_reader_open(&p->reader, fd);
}

static void on_follow(void *context)
{
	struct parse *p = context;
	int error = read_all(&p->reader);

	if (error < 0) {
		cmd_error("%.512s: %s", p->path, strerror(-error));
		p->failed = true;
		loop_stop(&p->loop);
	}
	agent_tick(p->agent, sys_monotonic_ms());
	reopen_if_rotated(p);
}

static bool follow_file(struct parse *p, const char *path)
{
	int error;

	p->path = path;
	if (!start_file(p, path))
		return false;
	loop_init(&p->loop);
	error = loop_signals(&p->loop, NULL, NULL);
	if (error == 0)
		error = loop_timer_add(&p->loop, 0, FOLLOW_MS, on_follow, p);
	if (error >= 0)
		error = loop_run(&p->loop);
	loop_close(&p->loop);
	if (error < 0)
		cmd_error("%.512s: %s", path, strerror(-error));
	log_reader_finish(&p->reader);
	return error == 0 && !p->failed;
}

/* ---- what the stages cost -------------------------------------------------------------- */

static int64_t cpu_us(void)
{
	struct timespec ts;

	sys_clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* Read one file once for each stage, stopping events there, and print the CPU time of each. */
static int measure_stages(struct parse *p, const char *path)
{
	static const char *const names[STAGE_COUNT] = {"read", "reassembly", "event", "normalize",
		"document", "json", "syslog"};
	int64_t before = 0;
	char line[128];

	for (int stage = 0; stage < STAGE_COUNT; stage++) {
		int64_t start = cpu_us();
		uint64_t events = p->agent->counters.events_emitted;
		int n;

		p->agent->last_stage = (enum agent_stage)stage;
		if (!parse_file(p, path))
			return CMD_FAILED;
		events = p->agent->counters.events_emitted - events;
		start = cpu_us() - start;
		n = snprintf(line, sizeof(line), "%-10s %8lld us in all %8lld us of it, %llu events\n",
			names[stage], (long long)start, (long long)(start - before),
			(unsigned long long)events);
		cmd_print(line, (size_t)n);
		before = start;
	}
	return CMD_OK;
}

int cmd_parse(int argc, char **argv)
{
	static struct parse p;
	bool follow = false, stages = false;
	const struct cmd_flag flags[] = {
		{.name = "-f", .set = &follow}, {.name = "--stages", .set = &stages}, {.name = NULL}};
	struct cmd_arguments a = {.flags = flags, .takes_config = true, .takes_operands = true};
	static char *standard_input[] = {"-"};
	struct config_error e;
	char **files;
	int count;
	bool good = true;

	if (!cmd_options(&a, argc, argv))
		return CMD_USAGE;
	p.agent = &the_agent;
	if (!cmd_configure(&a, &p.agent->config, &e) || !agent_start(p.agent, true, &e)) {
		cmd_error("%s", e.text);
		return CMD_USAGE;
	}
	files = argv + a.first_operand;
	count = argc - a.first_operand;
	if (count == 0) {
		files = standard_input;
		count = 1;
	}
	log_reader_init(&p.reader, &p.agent->counters, on_record, p.agent);
	if (stages && strcmp(files[0], "-") != 0)
		return measure_stages(&p, files[0]);
	for (int i = 0; i < count; i++)
		good &= follow && i == count - 1 ? follow_file(&p, files[i])
						 : parse_file(&p, files[i]);
	agent_stop(p.agent);
	return good && p.agent->counters.messages_dropped + p.agent->counters.messages_lost == 0
		? CMD_OK
		: CMD_FAILED;
}
