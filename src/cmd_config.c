#include "cmd.h"

#include "config.h"
#include "limits.h"
#include "run.h"

/* Every string once, escaped: twice the pool and the help between. */
static char printed[2 * LIMIT_CONFIG_STRINGS_BYTES + 65536];

int cmd_config(int argc, char **argv)
{
	struct run *r = &the_run;
	bool complete;
	size_t length;
	int status;

	r->arguments.takes_config = r->arguments.trusted = true;
	if (!cmd_options(&r->arguments, argc, argv))
		return CMD_USAGE;
	r->agent = &the_agent;
	if (!run_check(r, &complete))
		return CMD_USAGE;
	length = config_print(&r->agent->config, printed, sizeof(printed));
	if (length == 0) {
		cmd_error("config: more text than can be printed");
		return CMD_FAILED;
	}
	/* One without an output is for a file to begin with, and nothing to start an agent with. */
	status = cmd_print(printed, length);
	return status == CMD_OK && !complete ? CMD_USAGE : status;
}
