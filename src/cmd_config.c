#include "cmd.h"

#include "config.h"
#include "limits.h"

/* The printed form has every string once, escaped: twice the pool and the help between. */
static struct {
	struct config config;
	char text[2 * LIMIT_CONFIG_STRINGS_BYTES + 65536];
} state;

int cmd_config(int argc, char **argv)
{
	struct cmd_arguments arguments = {.takes_config = true};
	struct config_error e;
	size_t length;

	if (!cmd_options(&arguments, argc, argv))
		return CMD_USAGE;
	if (!cmd_configure(&arguments, &state.config, &e)) {
		cmd_error("%s", e.text);
		return CMD_USAGE;
	}
	length = config_print(&state.config, state.text, sizeof(state.text));
	if (length == 0) {
		cmd_error("config: more text than can be printed");
		return CMD_FAILED;
	}
	return cmd_print(state.text, length);
}
