/* Lines for the user, the supervisor and the collector. */
#include "run.h"

#include "stderr_line.h"
#include "sys.h"
#include "text.h"

void run_print(void *context, const char *line)
{
	(void)context;
	stderr_line("%s", line);
}

void run_keep_error(void *context, const char *line)
{
	struct run *r = context;

	text_format(r->last_error, sizeof(r->last_error), "%s", line);
	r->last_error_ms = sys_monotonic_ms();
}

void run_report(struct run *r, const char *line)
{
	stderr_line("%s", line);
	supervisor_status(&r->supervisor, line);
	agent_report_line(r->agent, line);
}

void run_report_error(void *context, const char *line)
{
	run_keep_error(context, line);
	run_report(context, line);
}
