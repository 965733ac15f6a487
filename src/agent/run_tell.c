/* What the agent says while it runs, and to whom. */
#include "run.h"

#include "stderr_line.h"
#include "sys.h"
#include "text.h"

void run_tell(void *context, const char *line)
{
	(void)context;
	stderr_line("%s", line);
}

void run_failed(void *context, const char *line)
{
	struct run *r = context;

	text_format(r->last_error, sizeof(r->last_error), "%s", line);
	r->last_error_ms = sys_monotonic_ms();
}

void run_tell_all(struct run *r, const char *line)
{
	stderr_line("%s", line);
	supervisor_status(&r->supervisor, line);
	guard_tell(r->agent, line);
}

void run_notice(void *context, const char *line)
{
	run_failed(context, line);
	run_tell_all(context, line);
}
