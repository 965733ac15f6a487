#include "cmd.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include "error_text.h"
#include "nearest.h"
#include "sys.h"
#include "text.h"
#include "config_read.h"

#define STDOUT 1

/* ---- output ------------------------------------------------------------------------------ */

/* All bytes, to a descriptor that may be a pipe, slow, or not blocking. 0 or -errno. */
static int write_all(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t done = sys_write(fd, bytes, n);

		if (done == -EAGAIN) {
			struct pollfd p = {.fd = fd, .events = POLLOUT};

			sys_poll(&p, 1, -1);
		} else if (done >= 0) {
			bytes += done;
			n -= (size_t)done;
		} else if (done != -EINTR) {
			return (int)done;
		}
	}
	return 0;
}

int cmd_print(const char *text, size_t bytes)
{
	int error = write_all(STDOUT, text, bytes);

	if (error == 0)
		return EXIT_OK;
	if (error != -EPIPE)
		stderr_line("standard output: %s", error_text(error));
	return EXIT_FAILED;
}

/* ---- arguments --------------------------------------------------------------------------- */

/* Move argv[from] down to argv[to]; those between move up by one. */
static void bring(char **argv, int from, int to)
{
	char *moved = argv[from];

	for (; from > to; from--)
		argv[from] = argv[from - 1];
	argv[to] = moved;
}

struct match {
	bool matches;	   /* the argument is that flag */
	const char *value; /* NULL: the next argument, if it takes one */
};

/* `-f`, `-fVALUE`, `--name`, `--name=VALUE` */
static struct match match(const char *argument, const char *name, bool takes_value)
{
	size_t n = strlen(name);
	bool is_long = name[1] == '-';

	if (strncmp(argument, name, n) != 0)
		return (struct match){false, NULL};
	if (argument[n] == '\0')
		return (struct match){true, NULL};
	if (takes_value && !is_long)
		return (struct match){true, argument + n};
	if (takes_value && argument[n] == '=')
		return (struct match){true, argument + n + 1};
	return (struct match){false, NULL};
}

/* The value of a flag that matched at argv[i]; NULL: there is none, and a line says so. */
static const char *value_of(struct match m, int i, int argc, char **argv, const char *what)
{
	if (m.value)
		return m.value;
	if (i + 1 < argc)
		return argv[i + 1];
	stderr_line("%s: %s: no %s; expected one behind it", argv[0], argv[i], what);
	return NULL;
}

static void unknown_option(const struct cmd_arguments *a, const char *option)
{
	struct nearest n = {.meant = option, .len = strcspn(option, "=")};
	const struct cmd_flag *flag;
	struct text accepted;
	char buf[256];

	text_init(&accepted, buf, sizeof(buf));
	for (flag = a->flags; flag && flag->name; flag++) {
		if (flag->name[1] == '-')
			nearest_try(&n, flag->name);
		text_puts(&accepted, accepted.used ? ", " : "");
		text_puts(&accepted, flag->name);
	}
	if (a->takes_config) {
		text_puts(&accepted, accepted.used ? ", " : "");
		text_puts(&accepted, "-c FILE, -o NAME=VALUE");
	}
	if (accepted.used == 0)
		text_puts(&accepted, "none");
	if (n.best)
		stderr_line(
			"%s: unknown option %.64s; did you mean %s?", a->argv[0], option, n.best);
	else
		stderr_line("%s: unknown option %.64s; expected %s", a->argv[0], option, buf);
}

static bool keep_setting(struct cmd_arguments *a, const char *setting)
{
	if (a->config.setting_count == LIMIT_SETTINGS) {
		stderr_line("%s: more than %u times -o; expected the rest in a file", a->argv[0],
			LIMIT_SETTINGS);
		return false;
	}
	a->config.settings[a->config.setting_count++] = setting;
	return true;
}

/* The number of arguments that the option at argv[i] takes, itself included; 0: a mistake. */
static int take_option(struct cmd_arguments *a, int i)
{
	const char *argument = a->argv[i];
	const struct cmd_flag *flag;
	const char *value;
	struct match m;

	for (flag = a->flags; flag && flag->name; flag++) {
		m = match(argument, flag->name, flag->value != NULL);
		if (!m.matches)
			continue;
		if (!flag->value) {
			*flag->set = true;
			return 1;
		}
		*flag->value = value_of(m, i, a->argc, a->argv, "value");
		return *flag->value ? 1 + !m.value : 0;
	}
	m = match(argument, "-c", true);
	if (a->takes_config && m.matches) {
		a->config.file = value_of(m, i, a->argc, a->argv, "file");
		return a->config.file ? 1 + !m.value : 0;
	}
	m = match(argument, "-o", true);
	if (a->takes_config && m.matches) {
		value = value_of(m, i, a->argc, a->argv, "NAME=VALUE");
		return value && keep_setting(a, value) ? 1 + !m.value : 0;
	}
	unknown_option(a, argument);
	return 0;
}

bool cmd_options(struct cmd_arguments *a, int argc, char **argv)
{
	int options = 1; /* argv[1..options) is sorted out */
	int i = 1;

	a->argc = argc;
	a->argv = argv;
	a->config.file = NULL;
	a->config.setting_count = 0;
	while (i < argc) {
		int taken;

		if (argv[i][0] != '-' || argv[i][1] == '\0') {
			i++;
			continue;
		}
		if (strcmp(argv[i], "--") == 0) {
			bring(argv, i, options++);
			break;
		}
		taken = take_option(a, i);
		if (taken == 0)
			return false;
		for (; taken > 0; taken--)
			bring(argv, i++, options++);
	}
	a->first_operand = options;
	if (options == argc || a->takes_operands)
		return true;
	stderr_line("%s: %.64s: expected no operand", argv[0], argv[options]);
	return false;
}
