#include "stderr_line.h"

#include <poll.h>
#include <stdarg.h>

#include "sys.h"
#include "text.h"

#define STDERR 2

/* A pipe that nobody reads must not block the agent: a pipe that is writable takes PIPE_BUF bytes
 * at once (pipe(7)); for any other the line is lost. */
static void write_if_ready(int fd, const char *line, size_t n)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	if (sys_poll(&p, 1, 0) > 0)
		(void)sys_write(fd, line, n);
}

void stderr_line(const char *format, ...)
{
	char line[1100];
	struct text t;
	va_list ap;

	text_init(&t, line, sizeof(line) - 1);
	text_puts(&t, "ecsaudit: ");
	va_start(ap, format);
	text_vformat(&t, format, ap);
	va_end(ap);
	line[t.used++] = '\n';
	write_if_ready(STDERR, line, t.used);
}
