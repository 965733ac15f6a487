#include "cmd.h"

#include "run.h"

int cmd_run(int argc, char **argv)
{
	struct cmd_arguments a = {.takes_config = true, .config.trusted = true};
	struct run *r = &the_run;
	enum exit_status status;

	if (!cmd_options(&a, argc, argv))
		return EXIT_USAGE;
	r->agent = &the_agent;
	r->request = a.config;
	if (!run_start(r, &status))
		return status;
	while (run_turn(r))
		;
	return run_stop(r);
}
