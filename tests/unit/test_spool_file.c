/* link: spool_file.o spool.o gaps.o fake_sys.o fake_files.o fake_sockets.o */
#include "spool_file.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "fake_sys.h"
#include "spool.h"

#define PATH	 "/run/ecsaudit.spool"
#define BOOT_ID	 "/proc/sys/kernel/random/boot_id"
#define UUID	 "6a9b9c1e-0f4e-4d5c-8f0a-5f4c2d1b7e93"
#define FRONT	 SPOOL_FILE_JOURNAL_BYTES
#define EXPECTED "; expected a file of mode 0600 that is ours alone, where room can be set aside: "

static struct spool_file f;
static struct spool s;
static struct counters counters;
static struct gaps gaps;
static struct config_error error;
static char buf[4096];

static int setup(void **state)
{
	(void)state;
	fake_sys_reset();
	fake_sys_file_text(BOOT_ID, UUID "\n");
	memset(&error, 0, sizeof(error));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(fake_sys_open_count(), 0);
	fake_sys_reset();
	return 0;
}

static void open_at(const char *path, size_t bytes)
{
	if (!spool_file_open(&f, path, bytes, &error))
		fail_msg("%s", error.text);
	spool_init(&s, f.memory, f.bytes, DROP_OLDEST);
	spool_recover(&s);
}

static void refused(const char *path, size_t bytes, const char *why)
{
	char wanted[512];

	assert_false(spool_file_open(&f, path, bytes, &error));
	snprintf(wanted, sizeof(wanted), "spool_file: %s: %s" EXPECTED "tmpfs, ext4", path, why);
	assert_string_equal(error.text, wanted);
	assert_int_equal(f.fd, -1);
	assert_int_equal(fake_sys_open_count(), 0);
	spool_file_close(&f); /* nothing */
}

static void assert_next(const char *text)
{
	size_t len = spool_next(&s, buf, sizeof(buf));

	assert_int_equal(len, strlen(text));
	assert_memory_equal(buf, text, len);
}

static void test_from_life_to_life(void **state)
{
	struct stat st;
	size_t len;

	(void)state;
	open_at(PATH, 10000);
	assert_int_equal(f.bytes, 19 * SPOOL_BLOCK_BYTES);
	assert_int_equal(sys_fstat(f.fd, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(st.st_size, FRONT + f.bytes);
	assert_ptr_equal(f.memory, (char *)f.journal + FRONT);
	assert_int_equal(FRONT % SPOOL_BLOCK_BYTES, 0);
	assert_true(FRONT >= sizeof(*f.journal));
	assert_int_equal(s.recovered, 0);
	spool_push(&s, SPAN("one"), 6);
	spool_push(&s, SPAN("two"), 6);
	spool_push(&s, SPAN("three"), 6);
	spool_sent(&s, true);
	spool_sent(&s, false);
	spool_file_close(&f);
	assert_int_equal(fake_sys_calls("fsync"), 1);
	spool_file_close(&f);
	assert_int_equal(fake_sys_calls("fsync"), 1);
	assert_non_null(fake_sys_file_data(PATH, &len));
	assert_int_equal(len, FRONT + 19 * SPOOL_BLOCK_BYTES);
	open_at(PATH, 10000);
	assert_int_equal(s.recovered, 2);
	assert_next("two");
	spool_sent(&s, true);
	assert_next("three");
	spool_file_close(&f);
}

static void test_boot_id(void **state)
{
	static const char none[GAPS_BOOT_ID_BYTES];

	(void)state;
	open_at(PATH, 4096);
	assert_memory_equal(f.boot_id, UUID "\0\0\0\0", GAPS_BOOT_ID_BYTES);
	spool_file_close(&f);
	fake_sys_fail("open", 2, ENOENT);
	open_at(PATH, 4096);
	assert_memory_equal(f.boot_id, none, GAPS_BOOT_ID_BYTES);
	spool_file_close(&f);
	fake_sys_file_text(BOOT_ID, "short");
	open_at(PATH, 4096);
	assert_int_equal(*f.boot_id, '\0');
	spool_file_close(&f);
	fake_sys_fail("read", 1, EIO);
	open_at(PATH, 4096);
	assert_int_equal(*f.boot_id, '\0');
	spool_file_close(&f);
}

/* It grows; and it does not shrink, as then something would be lost. */
static void test_other_sizes(void **state)
{
	(void)state;
	open_at(PATH, 4096);
	for (unsigned i = 0; i < 8; i++)
		spool_push(&s, SPAN("x"), 6);
	spool_file_close(&f);
	open_at(PATH, 8192);
	assert_int_equal(f.bytes, 8192);
	assert_int_equal(s.recovered, 8);
	assert_int_equal(s.free, 8);
	spool_file_close(&f);
	open_at(PATH, 512);
	assert_int_equal(f.bytes, 8192);
	assert_int_equal(s.recovered, 8);
	spool_file_close(&f);
	/* One that is not ours, nor of whole blocks. */
	fake_sys_file(PATH, "x", 1);
	fake_sys_file_owner(PATH, S_IFREG | 0600, 0);
	open_at(PATH, 1024);
	assert_int_equal(f.bytes, 1024);
	assert_int_equal(s.recovered, 0);
	spool_file_close(&f);
}

static void test_longer_than_there_may_be(void **state)
{
	static char zeros[FRONT + LIMIT_SPOOL_BYTES + 1000];

	(void)state;
	fake_sys_file(PATH, zeros, sizeof(zeros));
	fake_sys_file_owner(PATH, S_IFREG | 0600, 0);
	open_at(PATH, 4096);
	assert_int_equal(f.bytes, LIMIT_SPOOL_BYTES);
	assert_int_equal(s.blocks, LIMIT_SPOOL_BLOCKS);
	spool_file_close(&f);
	fake_sys_file(PATH, zeros, FRONT + 1500);
	fake_sys_file_owner(PATH, S_IFREG | 0600, 0);
	open_at(PATH, 512);
	assert_int_equal(f.bytes, 1024);
	spool_file_close(&f);
}

static void test_not_ours(void **state)
{
	static const mode_t modes[] = {S_IFREG | 0640, S_IFREG | 0604, S_IFREG | 0610};

	(void)state;
	fake_sys_file_text(PATH, "precious");
	for (unsigned i = 0; i < 3; i++) {
		fake_sys_file_owner(PATH, modes[i], 0);
		refused(PATH, 4096, "others may use it");
	}
	fake_sys_file_owner(PATH, S_IFREG | 0600, 1000);
	refused(PATH, 4096, "others may use it");
	fake_sys_file_owner(PATH, S_IFIFO | 0600, 0);
	refused(PATH, 4096, "not a regular file");
	fake_sys_file_owner(PATH, S_IFREG | 0600, 0);
	refused(PATH, 511, "spool_bytes is less than 512");
}

static void test_locked(void **state)
{
	struct spool_file first;

	(void)state;
	open_at(PATH, 4096);
	first = f;
	assert_false(spool_file_open(&f, PATH, 4096, &error));
	assert_non_null(strstr(error.text, PATH ": another process uses it" EXPECTED));
	assert_int_equal(fake_sys_open_count(), 1);
	spool_file_close(&first);
	open_at(PATH, 4096);
	spool_file_close(&f);
}

static void test_calls_fail(void **state)
{
	static const struct {
		const char *call;
		int err;
	} calls[] = {{"open", ENOENT}, {"open", ELOOP}, {"fstat", EIO}, {"flock", ENOLCK},
		{"fallocate", ENOSPC}, {"fallocate", EOPNOTSUPP}, {"mmap", ENODEV}};

	(void)state;
	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		fake_sys_fail(calls[i].call, 1, calls[i].err);
		refused(PATH, 4096, strerror(calls[i].err));
	}
	open_at(PATH, 4096);
	fake_sys_fail("fsync", 1, EIO);
	spool_file_close(&f);
}

/* ---- with the host's kernel --------------------------------------------------------------- */

static char directory[] = "/tmp/test_spool_file.XXXXXX", path[64];

static int setup_real(void **state)
{
	setup(state);
	memcpy(strrchr(directory, '.'), ".XXXXXX", 7);
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/spool", directory);
	fake_sys_pass(directory);
	return 0;
}

static int teardown_real(void **state)
{
	unlink(path);
	rmdir(directory);
	return teardown(state);
}

static void test_real_path(void **state)
{
	char other[80];

	(void)state;
	if (geteuid() != 0) /* as the fake says */
		skip();
	snprintf(other, sizeof(other), "%s/other", directory);
	assert_int_equal(symlink(path, other), 0);
	refused(other, 65536, strerror(ELOOP));
	unlink(other);
	assert_int_equal(mkfifo(other, 0600), 0);
	refused(other, 65536, "not a regular file");
	unlink(other);
	refused(directory, 65536, strerror(EISDIR));
}

/* It would be written over, and may be somebody's who may read it there. */
static void test_real_second_name(void **state)
{
	static const char precious[] = "precious";
	char other[80], read_back[sizeof(precious)] = "";
	int fd;

	(void)state;
	fake_sys_uid(geteuid());
	snprintf(other, sizeof(other), "%s/other", directory);
	fd = open(other, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, precious, sizeof(precious)), sizeof(precious));
	assert_int_equal(link(other, path), 0);
	refused(path, 65536, "it has a second name");
	assert_int_equal(pread(fd, read_back, sizeof(read_back), 0), sizeof(precious));
	assert_string_equal(read_back, precious);
	assert_int_equal(lseek(fd, 0, SEEK_END), sizeof(precious));
	close(fd);
	assert_int_equal(unlink(other), 0);
	open_at(path, 65536);
	spool_file_close(&f);
}

/* Numbers from `n` on, some waiting, some on their way, until somebody ends it. Each is a serial
 * that was handed on, but for one in eight. */
static void live(unsigned n, int tell)
{
	assert_int_equal(write(tell, "x", 1), 1);
	for (;; n++) {
		memset(buf, 0, sizeof(buf));
		snprintf(buf, sizeof(buf), "%u", n);
		spool_push(&s, (struct span){buf, 20 + n * 37 % 2000}, 6);
		if (n % 8 > 0)
			gaps_serial(&gaps, n);
		while (s.waiting > 15)
			spool_sent(&s, false);
		while (s.in_flight > 5)
			spool_confirm(&s);
	}
}

/* In a process of its own: what was pushed last is there, and no number is left out. The file
 * alone tells, so the first number may be any. */
static void one_process(int tell, unsigned kills)
{
	unsigned first = 0, n = 0;

	open_at(path, 65536);
	gaps_init(&gaps, &counters, f.journal, f.boot_id);
	gaps_flush(&gaps);
	assert_in_range(counters.serials_missing - gaps.now->highest / 8, 0, kills);
	for (; spool_next(&s, buf, sizeof(buf)) > 0; n++) {
		if (n == 0)
			first = (unsigned)atoi(buf);
		assert_int_equal(atoi(buf), first + n);
		spool_sent(&s, false);
	}
	assert_int_equal(n, s.recovered);
	assert_int_equal(s.broken + s.broken_blocks, 0);
	if (first > 0) /* the last one is not told yet */
		assert_in_range(first + n - 1 - gaps.now->highest, 0, 2);
	if (first > 0)
		assert_in_range(n, 20, 22);
	spool_rewind(&s);
	live(first + n, tell);
}

static void test_real_kill(void **state)
{
	int tells[2], status;

	(void)state;
	if (geteuid() != 0)
		skip();
	for (unsigned i = 0; i < 100; i++) {
		pid_t pid;

		assert_int_equal(pipe(tells), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			one_process(tells[1], i);
		close(tells[1]);
		assert_int_equal(read(tells[0], buf, 1), 1); /* 0: it failed */
		close(tells[0]);
		if (i == 0)
			refused(path, 65536, "another process uses it");
		usleep(i * 7919 % 20000);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_from_life_to_life),
		TEST(test_boot_id),
		TEST(test_other_sizes),
		TEST(test_longer_than_there_may_be),
		TEST(test_not_ours),
		TEST(test_locked),
		TEST(test_calls_fail),
		cmocka_unit_test_setup_teardown(test_real_path, setup_real, teardown_real),
		cmocka_unit_test_setup_teardown(test_real_second_name, setup_real, teardown_real),
		cmocka_unit_test_setup_teardown(test_real_kill, setup_real, teardown_real),
	};

	return cmocka_run_group_tests_name("spool_file", tests, NULL, NULL);
}
