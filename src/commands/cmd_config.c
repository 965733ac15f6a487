#include "cmd.h"

#include "config_read.h"
#include "limits.h"
#include "run.h"

/* Every string once, escaped (at most double), and the help between. */
static char printed[2 * LIMIT_CONFIG_STRINGS_BYTES + 65536];

int cmd_config(int argc, char **argv)
{
	struct cmd_arguments a = {.takes_config = true, .config.trusted = true};
	struct run *r = &the_run;
	bool complete;
	size_t length;
	int status;

	if (!cmd_options(&a, argc, argv))
		return EXIT_USAGE;
	r->agent = &the_agent;
	r->request = a.config;
	if (!run_check(r, &complete))
		return EXIT_USAGE;
	length = config_print(&r->agent->config, printed, sizeof(printed));
	if (length == 0) {
		stderr_line("config: more text than can be printed");
		return EXIT_FAILED;
	}
	/* Without an output it is a template for a file, but no agent could start with it. */
	status = cmd_print(printed, length);
	return status == EXIT_OK && !complete ? EXIT_USAGE : status;
}
