/* link: pid_file.o text.o fake_sys.o fake_files.o fake_sockets.o */
#include "pid_file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include <cmocka.h>
#include "fake_sys.h"

#define PATH "/run/ecsaudit.pid"

static struct pid_file p;
static uint32_t other;

static int setup(void **state)
{
	(void)state;
	fake_sys_reset();
	fake_sys_file_text("/run/x", "");
	other = 99;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(fake_sys_open_count(), 0);
	fake_sys_reset();
	return 0;
}

static void assert_file(const char *want)
{
	size_t len;
	const char *data = fake_sys_file_data(PATH, &len);

	if (!want) {
		assert_null(data);
		return;
	}
	assert_non_null(data);
	assert_int_equal(len, strlen(want));
	assert_memory_equal(data, want, len);
}

/* Another process, as far as the lock is concerned. */
static int other_fd;

static void other_runs(const char *text)
{
	fake_sys_file_text(PATH, text);
	other_fd = sys_open(PATH, O_RDWR, 0);
	assert_int_equal(sys_flock(other_fd, LOCK_EX | LOCK_NB), 0);
}

static void test_made_and_removed(void **state)
{
	(void)state;
	assert_int_equal(pid_file_open(&p, PATH, &other), 0);
	assert_file("4711\n");
	pid_file_close(&p);
	assert_file(NULL);
	pid_file_close(&p); /* harmless */
	assert_int_equal(fake_sys_calls("unlink"), 1);
}

static void test_left_by_a_dead_one(void **state)
{
	(void)state;
	fake_sys_file_text(PATH, "1234567\n");
	assert_int_equal(pid_file_open(&p, PATH, &other), 0);
	assert_file("4711\n");
	pid_file_close(&p);
}

static void test_another_runs(void **state)
{
	(void)state;
	other_runs("815\n");
	assert_int_equal(pid_file_open(&p, PATH, &other), -EAGAIN);
	assert_int_equal(other, 815);
	assert_file("815\n");
	pid_file_close(&p);
	assert_file("815\n");
	/* It has not written yet. */
	fake_sys_file_text(PATH, "");
	assert_int_equal(pid_file_open(&p, PATH, &other), -EAGAIN);
	assert_int_equal(other, 0);
	sys_close(other_fd);
}

/* The other ends between our open() and flock(): what we have locked nobody else can find. */
static void test_removed_meanwhile(void **state)
{
	(void)state;
	other_runs("815\n");
	fake_sys_lock_race();
	assert_int_equal(pid_file_open(&p, PATH, &other), 0);
	assert_int_equal(fake_sys_calls("flock"), 3);
	assert_file("4711\n");
	pid_file_close(&p);
	assert_file(NULL);
	sys_close(other_fd);
}

static void test_not_a_file_of_ours(void **state)
{
	size_t len;

	(void)state;
	fake_sys_symlink(PATH, "/etc/shadow");
	assert_int_equal(pid_file_open(&p, PATH, &other), -ELOOP);
	fake_sys_file_remove(PATH);
	fake_sys_file_text(PATH, "keep");
	fake_sys_file_owner(PATH, S_IFIFO | 0600, 0);
	assert_int_equal(pid_file_open(&p, PATH, &other), -EINVAL);
	assert_memory_equal(fake_sys_file_data(PATH, &len), "keep", 4);
}

/* ---- whoever may open it may lock it ------------------------------------------------------- */

static mode_t mode_of(const char *path)
{
	struct stat st = {0};

	assert_int_equal(sys_fstatat(AT_FDCWD, path, &st, 0), 0);
	return st.st_mode & 07777;
}

/* The agent that left it had another umask, or was an older one; somebody may have it open. */
static void test_others_could_open_it(void **state)
{
	static const mode_t modes[] = {0644, 0604, 0640, 0666, 0620, 0601};

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		fake_sys_file_text(PATH, "1234567\n");
		fake_sys_file_owner(PATH, S_IFREG | modes[i], 0);
		other_fd = sys_open(PATH, O_RDONLY, 0);
		assert_int_equal(pid_file_open(&p, PATH, &other), 0);
		assert_int_equal(mode_of(PATH), 0600);
		assert_file("4711\n");
		assert_int_equal(sys_flock(other_fd, LOCK_SH | LOCK_NB), 0); /* of no use now */
		sys_close(p.fd);					     /* killed */
		assert_int_equal(pid_file_open(&p, PATH, &other), 0);
		pid_file_close(&p);
		sys_close(other_fd);
	}
	fake_sys_file_text(PATH, "");
	fake_sys_file_owner(PATH, S_IFREG | 0600, 1000); /* another's */
	assert_int_equal(pid_file_open(&p, PATH, &other), 0);
	assert_int_equal(fake_sys_calls("unlink"), 2 * 6 + 1);
	pid_file_close(&p);
}

/* One of ours that nobody else can open is taken as it is. */
static void test_nobody_else_could(void **state)
{
	(void)state;
	fake_sys_file_text(PATH, "1234567\n");
	fake_sys_file_owner(PATH, S_IFREG | 0600, 0);
	assert_int_equal(pid_file_open(&p, PATH, &other), 0);
	assert_int_equal(fake_sys_calls("unlink"), 0);
	pid_file_close(&p);
}

static void test_locked_by_somebody(void **state)
{
	(void)state;
	other_runs("815\n");
	fake_sys_fail("kill", 0, ESRCH); /* no agent has that pid */
	assert_int_equal(pid_file_open(&p, PATH, &other), 0);
	assert_int_equal(mode_of(PATH), 0600);
	assert_file("4711\n");
	pid_file_close(&p);
	sys_close(other_fd);
	/* With a mode of 0600 it can be an agent alone: another name space of pids. */
	other_runs("815\n");
	fake_sys_file_owner(PATH, S_IFREG | 0600, 0);
	assert_int_equal(pid_file_open(&p, PATH, &other), -EAGAIN);
	assert_int_equal(other, 815);
	sys_close(other_fd);
}

/* In a directory that is not ours to change. */
static void test_cannot_be_replaced(void **state)
{
	(void)state;
	fake_sys_file_text(PATH, "");
	fake_sys_fail("unlink", 0, EACCES);
	assert_int_equal(pid_file_open(&p, PATH, &other), 0);
	assert_int_equal(mode_of(PATH), 0600);
	pid_file_close(&p);
	fake_sys_file_owner(PATH, S_IFREG | 0660, 1000);
	fake_sys_fail("fchmod", 0, EPERM);
	assert_int_equal(pid_file_open(&p, PATH, &other), -EINVAL);
	other_runs("815\n");
	fake_sys_fail("kill", 0, ESRCH);
	assert_int_equal(pid_file_open(&p, PATH, &other), -EAGAIN);
	sys_close(other_fd);
}

/* With real ones: made with any umask, and kept by a reader who then locks it. */
static void test_real_mode(void **state)
{
	static const char *const left[] = {NULL, "0", "1234567\n"};
	char directory[] = "/tmp/test_pid_file.XXXXXX", path[100];

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/pid", directory);
	fake_sys_pass(directory);
	fake_sys_uid(geteuid());
	for (size_t i = 0; i < 3; i++) {
		const mode_t before = umask(0);
		struct stat st;
		int reader;

		other_fd = left[i] ? open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0644) : -1;
		if (left[i])
			assert_int_equal(
				write(other_fd, left[i], strlen(left[i])), strlen(left[i]));
		reader = open(path, O_RDONLY | O_CLOEXEC);
		if (reader >= 0)
			assert_int_equal(flock(reader, LOCK_SH | LOCK_NB), 0);
		fake_sys_fail("kill", 0, ESRCH);
		assert_int_equal(pid_file_open(&p, path, &other), 0);
		umask(before);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
		pid_file_close(&p);
		close(other_fd);
		close(reader);
	}
	rmdir(directory);
}

/* With a real one: a second name may be that of somebody else's file. */
static void test_second_name(void **state)
{
	char directory[] = "/tmp/test_pid_file.XXXXXX", path[100], second[100], text[10] = "";
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/pid", directory);
	snprintf(second, sizeof(second), "%s/precious", directory);
	f = fopen(second, "w");
	fputs("keep", f);
	fclose(f);
	assert_int_equal(link(second, path), 0);
	fake_sys_pass(directory);
	assert_int_equal(pid_file_open(&p, path, &other), -EINVAL);
	f = fopen(second, "r");
	assert_non_null(fgets(text, sizeof(text), f));
	fclose(f);
	assert_string_equal(text, "keep");
	unlink(second);
	fake_sys_uid(geteuid());
	assert_int_equal(pid_file_open(&p, path, &other), 0);
	f = fopen(path, "r");
	assert_non_null(fgets(text, sizeof(text), f));
	fclose(f);
	assert_string_equal(text, "4711\n");
	pid_file_close(&p);
	assert_int_equal(access(path, F_OK), -1);
	rmdir(directory);
}

/* Without the right to remove it (a user that may not write there) it is empty at least. */
static void test_may_not_be_removed(void **state)
{
	(void)state;
	assert_int_equal(pid_file_open(&p, PATH, &other), 0);
	fake_sys_fail("unlink", 1, EACCES);
	pid_file_close(&p);
	assert_file("");
}

static void test_every_call_fails(void **state)
{
	unsigned n = 0, failed = 0;

	(void)state;
	do {
		int error;

		fake_sys_reset();
		fake_sys_file_text("/run/x", "");
		fake_sys_fail_nth(++n, EIO);
		error = pid_file_open(&p, PATH, &other);
		assert_true(error == 0 || error == -EIO);
		failed += error < 0;
		if (error < 0)
			assert_int_equal(fake_sys_open_count(), 0);
		pid_file_close(&p);
		assert_int_equal(fake_sys_open_count(), 0);
	} while (fake_sys_calls(NULL) >= n);
	assert_int_equal(failed, 5); /* open, flock, fstat, ftruncate, write */
	fake_sys_reset();
	fake_sys_file_text("/run/x", "");
	fake_sys_short(2); /* a full disk takes a part */
	assert_int_equal(pid_file_open(&p, PATH, &other), -EIO);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_made_and_removed),
		TEST(test_left_by_a_dead_one),
		TEST(test_another_runs),
		TEST(test_removed_meanwhile),
		TEST(test_not_a_file_of_ours),
		TEST(test_others_could_open_it),
		TEST(test_nobody_else_could),
		TEST(test_locked_by_somebody),
		TEST(test_cannot_be_replaced),
		TEST(test_real_mode),
		TEST(test_second_name),
		TEST(test_may_not_be_removed),
		TEST(test_every_call_fails),
	};

	return cmocka_run_group_tests_name("pid_file", tests, NULL, NULL);
}
