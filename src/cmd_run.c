#include "cmd.h"

#include "run.h"

int cmd_run(int argc, char **argv)
{
	struct run *r = &the_run;
	enum cmd_status status;

	r->arguments.takes_config = r->arguments.trusted = true;
	if (!cmd_options(&r->arguments, argc, argv))
		return CMD_USAGE;
	r->agent = &the_agent;
	if (!run_start(r, &status))
		return status;
	while (run_turn(r))
		;
	return run_stop(r);
}
