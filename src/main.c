#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include "cmd.h"
#include "sys.h"

/* A standard descriptor that was left closed would become the next file or socket, and what is
 * printed would go there. Read-only: printing fails instead. */
static void open_standard(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (sys_fcntl(fd, F_GETFD, 0) < 0)
			sys_open("/dev/null", O_RDONLY, 0);
}

int main(int argc, char **argv)
{
	static char version[] = "ecsaudit " ECSAUDIT_VERSION "\n";
	static char help[] = "help";
	const struct cmd *c;

	/* Of the static memory little is touched, here and there; with huge pages each touch would
	 * take 2 MiB. Kernels without them, or before 3.15, refuse: nothing is lost. */
	(void)sys_prctl(PR_SET_THP_DISABLE, 1, 0);
	open_standard();
	if (argc < 2) {
		stderr_line("no command; expected one of those that `ecsaudit --help` lists");
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
		return cmd_print(version, sizeof(version) - 1);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return cmd_help(1, (char *[]){help, NULL});
	c = cmd_find(argv[1]);
	if (!c)
		return EXIT_USAGE;
	/* ecsaudit COMMAND --help */
	if (argc > 2 && (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0))
		return cmd_help(2, (char *[]){help, argv[1], NULL});
	return c->function(argc - 1, argv + 1);
}
