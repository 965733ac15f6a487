#include "support_supervisor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "fake_sys.h"

struct supervisor supervisor;
struct loop loop;
struct config config;
struct config_error error;
uint64_t received;
int data_fd;
char said[1000];

void say(void *ctx, const char *line)
{
	assert_ptr_equal(ctx, &said);
	assert_null(strchr(line, '\n'));
	snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s\n", line);
}

int supervise_setup(void **state)
{
	(void)state;
	fake_sys_reset();
	fake_sys_file_text("/run/x", "");
	loop_init(&loop);
	memset(&config, 0, sizeof(config));
	config.pid_file = config.watchdog_device = "";
	config.watchdog_timeout_ms = 30000;
	received = 0;
	said[0] = error.text[0] = '\0';
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	return 0;
}

int supervise_teardown(void **state)
{
	(void)state;
	assert_int_equal(fake_sys_open_count(), 0);
	for (unsigned i = 0; i < LIMIT_LOOP_TIMERS; i++)
		assert_null(loop.timers[i].handler);
	return supervise_setup(state);
}

void open_it(void)
{
	if (supervisor_open(&supervisor, &config, say, said, &error) < 0)
		fail_msg("%s", error.text);
	data_fd = sys_socket(AF_NETLINK, SOCK_RAW, 0);
	if (supervisor_watch(&supervisor, &config, &loop, data_fd, &received, &error) < 0)
		fail_msg("%s", error.text);
}

void close_it(void)
{
	supervisor_stopping(&supervisor);
	supervisor_close(&supervisor);
	sys_close(data_fd);
}

void pass_ms(int64_t ms)
{
	int64_t end_ms = sys_monotonic_ms() + ms;

	while (sys_monotonic_ms() < end_ms)
		assert_int_equal(loop_turn(&loop, (int)(end_ms - sys_monotonic_ms())), 0);
}

unsigned told(const char *begin)
{
	unsigned n = 0;

	for (unsigned i = 0; i < fake_sys_sent_count(); i++)
		n += strncmp(fake_sys_sent(i)->data, begin, strlen(begin)) == 0;
	return n;
}

const char *fed(void)
{
	static char text[100];
	size_t len;
	const char *data = fake_sys_file_data(DEVICE, &len);

	assert_true(len < sizeof(text));
	for (size_t i = 0; i < len; i++)
		text[i] = data[i] ? data[i] : '.';
	text[len] = '\0';
	return text;
}
