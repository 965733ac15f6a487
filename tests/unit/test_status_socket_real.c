/* link: status_socket.o loop.o sys.o */
/*
 * The status socket on the real kernel, in a fresh directory: what fakes cannot show.
 */
#include "status_socket.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "sys.h"

static struct status_socket s;
static struct loop loop;
static char directory[] = "/tmp/ecsaudit-status.XXXXXX", path[64];
static char body[LIMIT_METRIC_BYTES];

static int group_setup(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/socket", directory);
	memset(body, 'x', sizeof(body));
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	return rmdir(directory); /* nothing is left in it */
}

static struct span text(void *ctx)
{
	(void)ctx;
	return (struct span){body, sizeof(body)};
}

static int open_it(struct status_socket *one)
{
	return status_socket_open(one, path, &loop, text, NULL);
}

static int start(void **state)
{
	(void)state;
	loop_init(&loop);
	return open_it(&s);
}

static int end(void **state)
{
	(void)state;
	status_socket_close(&s);
	return access(path, F_OK) == 0 ? -1 : 0;
}

static int connect_now(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, path, strlen(path));
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void the_file(void **state)
{
	const mode_t before = umask(0);
	struct stat st;

	(void)state;
	status_socket_close(&s);
	assert_int_equal(open_it(&s), 0);
	umask(before);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void a_second_agent(void **state)
{
	struct status_socket other;

	(void)state;
	assert_int_equal(open_it(&other), -EADDRINUSE);
	loop_turn(&loop, 0);
	assert_int_equal(access(path, F_OK), 0);
}

static void after_a_kill(void **state)
{
	(void)state;
	loop_remove(&loop, s.source);
	close(s.fd); /* the file stays */
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(open_it(&s), 0);
	close(connect_now());
}

static void another_file_stays(void **state)
{
	struct status_socket other;
	int fd;

	(void)state;
	status_socket_close(&s);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	close(fd);
	assert_int_equal(open_it(&other), -EADDRINUSE);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/nowhere/at-all", path), 0);
	assert_int_equal(open_it(&other), -EADDRINUSE);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(status_socket_open(&other, "/nowhere/at/all", &loop, text, NULL), -ENOENT);
}

/* A symbolic link to a socket of a dead process: of whoever made the link. */
static void a_link_stays(void **state)
{
	struct status_socket other;
	char dead[80];
	struct stat st;

	(void)state;
	snprintf(dead, sizeof(dead), "%s/dead", directory);
	loop_remove(&loop, s.source);
	close(s.fd);
	s.fd = -1;
	assert_int_equal(rename(path, dead), 0);
	assert_int_equal(symlink(dead, path), 0);
	assert_int_equal(open_it(&other), -EADDRINUSE);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(lstat(dead, &st), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rename(dead, path), 0); /* without the link it is taken */
	assert_int_equal(open_it(&s), 0);
}

/* Many that connect and read nothing: each turn is done with one of them, and keeps nothing. */
static void clients_that_read_nothing(void **state)
{
	int fds[8], first = dup(0);

	(void)state;
	close(first);
	for (unsigned round = 0; round < 50; round++) {
		for (unsigned i = 0; i < 4; i++)
			fds[i] = connect_now();
		for (unsigned i = 0; i < 5; i++)
			assert_int_equal(loop_turn(&loop, 0), 0);
		for (unsigned i = 0; i < 4; i++)
			close(fds[i]);
	}
	fds[0] = dup(0);
	assert_int_equal(fds[0], first); /* no descriptor more is open */
	close(fds[0]);
}

static void a_whole_answer(void **state)
{
	char got[sizeof(body) + 1];
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0) {
		ssize_t n = status_socket_ask(path, got, sizeof(got));

		_exit(n == sizeof(body) && memcmp(got, body, sizeof(body)) == 0 ? 0 : 1);
	}
	assert_int_equal(loop_turn(&loop, 5000), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void nobody_answers(void **state)
{
	char got[16];
	int64_t before_ms = sys_monotonic_ms();

	(void)state;
	assert_int_equal(status_socket_ask(path, got, sizeof(got)), -ETIMEDOUT);
	assert_in_range(sys_monotonic_ms() - before_ms, LIMIT_STATUS_WAIT_MS - 10,
		LIMIT_STATUS_WAIT_MS + 2000);
	status_socket_close(&s);
	assert_int_equal(status_socket_ask(path, got, sizeof(got)), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
		TEST(the_file),
		TEST(a_second_agent),
		TEST(after_a_kill),
		TEST(another_file_stays),
		TEST(a_link_stays),
		TEST(clients_that_read_nothing),
		TEST(a_whole_answer),
		TEST(nobody_answers),
	};

	return cmocka_run_group_tests_name(
		"status_socket_real", tests, group_setup, group_teardown);
}
