#include "status_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include "sys.h"

static void set_address(struct sockaddr_un *address, const char *path)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, path, strlen(path));
}

static int connect_to(int fd, const struct sockaddr_un *address)
{
	return sys_connect(fd, (const struct sockaddr *)address, sizeof(*address));
}

static int new_socket(void)
{
	return sys_socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* ---- the agent's end ------------------------------------------------------------------- */

/* connect(2) says ECONNREFUSED also of a file that is no socket. */
static bool is_stale(const struct sockaddr_un *address)
{
	struct stat st;
	int fd, error;

	if (sys_fstatat(AT_FDCWD, address->sun_path, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		!S_ISSOCK(st.st_mode))
		return false;
	fd = new_socket();
	if (fd < 0)
		return false;
	error = connect_to(fd, address);
	(void)sys_close(fd);
	return error == -ECONNREFUSED;
}

static int try_bind(const struct status_socket *s)
{
	return sys_bind(s->fd, (const struct sockaddr *)&s->address, sizeof(s->address));
}

static int listen_there(struct status_socket *s)
{
	/* net/unix/af_unix.c, unix_bind(): the file gets the socket's mode, less the umask. */
	int error = sys_fchmod(s->fd, 0600);

	if (error == 0)
		error = try_bind(s);
	if (error == -EADDRINUSE && is_stale(&s->address)) {
		error = sys_unlink(s->address.sun_path);
		if (error == 0)
			error = try_bind(s);
	}
	if (error < 0)
		return error;
	error = sys_listen(s->fd, 4);
	if (error < 0)
		(void)sys_unlink(s->address.sun_path);
	return error;
}

static void on_connection(void *ctx, short revents)
{
	struct status_socket *s = ctx;
	struct span text;
	int fd = sys_accept(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)revents;
	if (fd >= 0) {
		text = s->text(s->ctx);
		(void)sys_sendto(fd, text.at, text.len, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
		(void)sys_close(fd);
	} else if (fd != -EAGAIN && fd != -EINTR && fd != -ECONNABORTED) {
		loop_pause(s->loop, s->source, LIMIT_STATUS_PAUSE_MS);
	}
}

int status_socket_open(struct status_socket *s, const char *path, struct loop *loop,
	struct span (*text)(void *ctx), void *ctx)
{
	int error;

	*s = (struct status_socket){.loop = loop, .fd = -1, .source = -1, .text = text, .ctx = ctx};
	set_address(&s->address, path);
	error = new_socket();
	if (error < 0)
		return error;
	s->fd = error;
	error = listen_there(s);
	if (error == 0) {
		s->source = loop_add(loop, s->fd, POLLIN, on_connection, s);
		if (s->source >= 0)
			return 0;
		error = s->source;
		(void)sys_unlink(path);
	}
	(void)sys_close(s->fd);
	s->fd = -1;
	return error;
}

void status_socket_close(struct status_socket *s)
{
	if (s->fd < 0)
		return;
	loop_remove(s->loop, s->source);
	(void)sys_unlink(s->address.sun_path);
	(void)sys_close(s->fd);
	s->fd = -1;
}

/* ---- the other end --------------------------------------------------------------------- */

/* Up to the end of the connection. */
static ssize_t read_all(int fd, char *buf, size_t size)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t used = 0;
	ssize_t n = 1;

	while (used < size && n > 0) {
		int ready = sys_poll(&p, 1, LIMIT_STATUS_WAIT_MS);

		if (ready == 0)
			return -ETIMEDOUT;
		if (ready < 0)
			return ready;
		n = sys_read(fd, buf + used, size - used);
		if (n > 0)
			used += (size_t)n;
	}
	return n < 0 ? n : (ssize_t)used;
}

ssize_t status_socket_ask(const char *path, char *buf, size_t size)
{
	struct sockaddr_un address;
	ssize_t n;
	int fd = new_socket();

	if (fd < 0)
		return fd;
	set_address(&address, path);
	n = connect_to(fd, &address);
	if (n == 0)
		n = read_all(fd, buf, size);
	(void)sys_close(fd);
	return n;
}
