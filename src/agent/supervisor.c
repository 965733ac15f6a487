#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "error_text.h"
#include "sys.h"
#include "text.h"

/* ---- systemd ----------------------------------------------------------------------------- */

/* One message. It is lost if systemd does not take it within `wait_ms`. */
static void notify(struct supervisor *s, const char *message, int wait_ms)
{
	struct pollfd p = {.fd = s->notify_fd, .events = POLLOUT};
	ssize_t sent = -ENOTCONN;

	if (s->notify_fd < 0)
		return;
	for (unsigned tries = 0; tries < 3 && sent < 0; tries++) {
		if (sent == -EAGAIN && wait_ms == 0)
			return;
		if (sent == -EAGAIN)
			(void)sys_poll(&p, 1, wait_ms);
		else if (tries > 0) /* systemd may have restarted, with a new socket */
			(void)sys_connect(s->notify_fd, (const struct sockaddr *)&s->notify_address,
				s->notify_len);
		sent = sys_sendto(s->notify_fd, message, strlen(message),
			MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
	}
}

/* "STATE\nSTATUS=LINE", or the second part alone. */
static void notify_status(struct supervisor *s, const char *state, const char *status, int wait_ms)
{
	char message[600];
	struct text t;

	text_init(&t, message, sizeof(message));
	text_puts(&t, state);
	text_puts(&t, "STATUS=");
	text_puts(&t, status);
	notify(s, message, wait_ms);
}

/* sd_notify(3): a path, or '@' and a name in the abstract name space. */
static int notify_open(struct supervisor *s)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un *un = &s->notify_address;
	size_t len = name ? strlen(name) : 0;
	int error;

	if (len == 0)
		return 0;
	if ((*name != '/' && *name != '@') || len >= sizeof(un->sun_path))
		return -EAFNOSUPPORT;
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, name, len);
	if (*name == '@')
		un->sun_path[0] = '\0';
	s->notify_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (*name == '/'));
	s->notify_fd = sys_socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->notify_fd < 0)
		return s->notify_fd;
	/* Connected, since poll(2) tells only then whether its queue is full. */
	error = sys_connect(s->notify_fd, (const struct sockaddr *)un, s->notify_len);
	if (error < 0) {
		sys_close(s->notify_fd);
		s->notify_fd = -1;
	}
	return error;
}

/* sd_watchdog_enabled(3). */
static uint32_t notify_timeout_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	uint64_t ms;

	if (!usec || (pid && text_uint(pid, NULL, 10) != (uint64_t)sys_getpid()))
		return 0;
	ms = text_uint(usec, NULL, 10) / 1000;
	return ms < INT32_MAX ? (uint32_t)ms : INT32_MAX;
}

/* ---- the watchdog ------------------------------------------------------------------------ */

/* No progress: records waited at the last feeding, they wait now, and none was read since. */
static bool makes_progress(struct supervisor *s)
{
	struct pollfd p = {.fd = s->data_fd, .events = POLLIN};
	const bool waits = sys_poll(&p, 1, 0) > 0;
	const bool stuck = waits && s->data_waited && *s->received == s->received_before;

	s->data_waited = waits;
	s->received_before = *s->received;
	return !stuck;
}

static void feed_device(struct supervisor *s)
{
	if (s->device >= 0)
		(void)sys_write(s->device, "", 1);
}

/* In the loop: the turn before is complete. */
static void feed(void *ctx)
{
	struct supervisor *s = ctx;

	if (!makes_progress(s)) {
		if (!s->stuck_reported)
			s->print(s->print_ctx,
				"the watchdog is not fed: records wait, and none is read");
		s->stuck_reported = true;
		return;
	}
	s->stuck_reported = false;
	if (s->notify_ms > 0)
		notify(s, "WATCHDOG=1", 0);
	feed_device(s);
}

static int device_open(struct supervisor *s, const struct config *c, uint32_t *timeout_ms)
{
	const int wanted_s = (int)((c->watchdog_timeout_ms + 999) / 1000);
	char line[128];
	int seconds;

	/* Opening it starts it. */
	s->device = sys_open(c->watchdog_device, O_WRONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (s->device < 0)
		return s->device;
	seconds = sys_watchdog_timeout(s->device, wanted_s);
	if (seconds <= 0)
		return seconds < 0 ? seconds : -EINVAL;
	if (seconds != wanted_s) {
		text_format(line, sizeof(line),
			"watchdog_timeout: the device has its own timeout of %d s", seconds);
		s->print(s->print_ctx, line);
	}
	*timeout_ms = (uint32_t)seconds * 1000;
	return 0;
}

/* Without the 'V' before its close the device goes on (Documentation/watchdog/watchdog-api.rst,
 * "magic close"), as it does if we die. */
static void device_close(struct supervisor *s)
{
	ssize_t written = 0;

	if (s->device < 0)
		return;
	for (unsigned tries = 0; written != 1 && tries < LIMIT_WATCHDOG_TRIES; tries++)
		written = sys_write(s->device, "V", 1);
	if (written != 1)
		s->print(s->print_ctx,
			"watchdog_device: it could not be switched off, and resets the host");
	sys_close(s->device);
	s->device = -1;
}

/* ---- its life ---------------------------------------------------------------------------- */

static void close_all(struct supervisor *s)
{
	device_close(s);
	if (s->notify_fd >= 0)
		sys_close(s->notify_fd);
	if (s->ready_fd >= 0)
		sys_close(s->ready_fd);
	s->notify_fd = s->ready_fd = -1;
	pid_file_close(&s->pid_file);
}

static int failed(struct supervisor *s, struct config_error *e, int error, const char *option,
	const char *value, const char *why)
{
	text_format(e->text, sizeof(e->text), "%s: %.256s: %s", option, value, why);
	close_all(s);
	return error;
}

static int open_pid_file(struct supervisor *s, const struct config *c, struct config_error *e)
{
	char why[64] = "another ecsaudit runs";
	uint32_t other;
	int error;

	if (!*c->pid_file)
		return 0;
	error = pid_file_open(&s->pid_file, c->pid_file, &other);
	if (error == 0)
		return 0;
	if (error == -EAGAIN && other > 0)
		text_format(why, sizeof(why), "another ecsaudit runs: pid %u", other);
	return failed(s, e, error, "pid_file", c->pid_file,
		error == -EAGAIN   ? why
		: error == -EINVAL ? "expected a file of its own"
				   : error_text(error));
}

static int open_ready_fd(struct supervisor *s, const struct config *c, struct config_error *e)
{
	char number[16];

	if (c->ready_fd == 0)
		return 0;
	text_format(number, sizeof(number), "%u", c->ready_fd);
	if (c->ready_fd <= 2 || sys_fcntl((int)c->ready_fd, F_GETFD, 0) < 0)
		return failed(s, e, -EBADF, "ready_fd", number,
			"expected a descriptor, 3 or more, that the supervisor has opened");
	s->ready_fd = (int)c->ready_fd;
	return 0;
}

int supervisor_open(struct supervisor *s, const struct config *c,
	void (*print)(void *ctx, const char *line), void *print_ctx, struct config_error *e)
{
	char line[128];
	int error;

	memset(s, 0, sizeof(*s));
	s->pid_file.fd = s->notify_fd = s->ready_fd = s->device = s->timer = -1;
	s->print = print;
	s->print_ctx = print_ctx;
	error = open_ready_fd(s, c, e);
	if (error == 0)
		error = open_pid_file(s, c, e);
	if (error < 0)
		return error;
	/* Go on without: better an agent that systemd believes to be starting than none. */
	error = notify_open(s);
	if (error < 0) {
		text_format(line, sizeof(line), "NOTIFY_SOCKET: %s; systemd is not told anything",
			error_text(error));
		print(print_ctx, line);
	}
	if (s->notify_fd >= 0)
		s->notify_ms = notify_timeout_ms();
	return 0;
}

int supervisor_watch(struct supervisor *s, const struct config *c, struct loop *loop, int data_fd,
	const uint64_t *received, struct config_error *e)
{
	uint32_t timeout_ms = 0;
	int error = 0;

	s->loop = loop;
	s->data_fd = data_fd;
	s->received = received;
	if (*c->watchdog_device)
		error = device_open(s, c, &timeout_ms);
	if (error < 0)
		return failed(s, e, error, "watchdog_device", c->watchdog_device,
			error == -ENOTTY ? "expected a watchdog" : error_text(error));
	if (timeout_ms == 0 || (s->notify_ms > 0 && s->notify_ms < timeout_ms))
		timeout_ms = s->notify_ms;
	if (timeout_ms == 0)
		return 0;
	timeout_ms =
		timeout_ms < LIMIT_WATCHDOG_FEEDINGS ? 1 : timeout_ms / LIMIT_WATCHDOG_FEEDINGS;
	s->timer = loop_timer_add(loop, 0, timeout_ms, feed, s);
	if (s->timer < 0)
		return failed(s, e, s->timer, "watchdog_device", c->watchdog_device,
			"the loop's tables are full");
	return 0;
}

void supervisor_ready(struct supervisor *s, const char *status)
{
	notify_status(s, "READY=1\n", status, LIMIT_NOTIFY_WAIT_MS);
	if (s->ready_fd < 0)
		return;
	(void)sys_write(s->ready_fd, "\n", 1);
	sys_close(s->ready_fd);
	s->ready_fd = -1;
}

void supervisor_status(struct supervisor *s, const char *status)
{
	notify_status(s, "", status, 0);
}

void supervisor_reloading(struct supervisor *s)
{
	struct timespec now = {0};
	char message[80];

	(void)sys_clock_gettime(CLOCK_MONOTONIC, &now);
	text_format(message, sizeof(message), "RELOADING=1\nMONOTONIC_USEC=%lld",
		(long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	notify(s, message, 0);
}

void supervisor_stopping(struct supervisor *s)
{
	notify(s, "STOPPING=1", 0);
	feed_device(s);
}

void supervisor_close(struct supervisor *s)
{
	if (s->loop)
		loop_timer_remove(s->loop, s->timer);
	close_all(s);
}
