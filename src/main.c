#include <string.h>
#include "cmd.h"

int main(int argc, char **argv)
{
	static char version[] = "ecsaudit " ECSAUDIT_VERSION "\n";
	static char help[] = "help";
	const struct cmd *c;

	if (argc < 2) {
		cmd_error("no command; expected one of those that `ecsaudit --help` lists");
		return CMD_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
		return cmd_print(version, sizeof(version) - 1);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return cmd_help(1, (char *[]){help, NULL});
	c = cmd_find(argv[1]);
	if (!c)
		return CMD_USAGE;
	/* ecsaudit COMMAND --help */
	if (argc > 2 && (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0))
		return cmd_help(2, (char *[]){help, argv[1], NULL});
	return c->function(argc - 1, argv + 1);
}
