/* link: identity.o fake_sys.o fake_files.o fake_sockets.o */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "fake_sys.h"
#include "identity.h"

#define PASSWD "/etc/passwd"
#define GROUP  "/etc/group"

static struct identity identity;
static char big[4 * 1024 * 1024];

static int setup(void **state)
{
	(void)state;
	fake_sys_reset();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(fake_sys_open_count(), 0);
	fake_sys_reset();
	return 0;
}

static void files(const char *passwd, const char *group)
{
	fake_sys_file_text(PASSWD, passwd);
	fake_sys_file_text(GROUP, group);
	identity_open(&identity, PASSWD, GROUP);
}

static void assert_span(struct span got, const char *want)
{
	if (!want) {
		assert_int_equal(got.len, 0);
		return;
	}
	if (!span_is(got, want))
		fail_msg("%.*s is not %s", (int)got.len, got.at ? got.at : "", want);
}

static void user(const char *id, const char *name)
{
	assert_span(identity_user_name(&identity, span_of(id)), name);
}

static void user_id(const char *name, const char *id)
{
	assert_span(identity_user_id(&identity, span_of(name)), id);
}

static void group(const char *id, const char *name)
{
	assert_span(identity_group_name(&identity, span_of(id)), name);
}

static void test_plain(void **state)
{
	(void)state;
	files("root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000:A,,,:/home/alice:/bin/sh\n"
	      "nobody:*:4294967294:65534::/:/bin/false\n",
		"root:x:0:\naudio:x:29:alice,bob\nempty::30:\n");
	user("1000", "alice");
	user_id("alice", "1000");
	user("4294967294", "nobody");
	user_id("nobody", "4294967294");
	user("1001", NULL);
	user_id("bob", NULL);
	user_id("", NULL);
	group("29", "audio");
	group("30", "empty");
	group("1000", NULL);
	assert_span(identity_group_id(&identity, SPAN("audio")), "29");
	assert_span(identity_group_id(&identity, SPAN("alice")), NULL);
	assert_int_equal(identity_users(&identity)->count, 3);
	assert_int_equal(identity_users(&identity)->skipped, 0);
	assert_int_equal(identity.users.error, 0);
	assert_int_equal(identity.groups.reads, 1);
}

static void test_ids_are_strict(void **state)
{
	static const char *const wrong[] = {"", "-1", "+7", "07", "007", "00", " 7", "7 ", "0x7",
		"7a", "a", "4294967296", "4294967303", "18446744073709551623", "99999999999"};

	(void)state;
	files("seven:x:7:7::/:/x\nall:x:4294967295:7::/:/x\n", "seven:x:7:\n");
	user("7", "seven");
	user("4294967295", "all");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		user(wrong[i], NULL);
		group(wrong[i], NULL);
	}
	assert_span(identity_user_name(&identity, SPAN_NONE), NULL);
	assert_span(identity_user_id(&identity, SPAN_NONE), NULL);
	assert_span(identity_user_name(&identity, (struct span){"7\0", 2}), NULL);
}

static void test_root(void **state)
{
	(void)state;
	files("toor:x:0:0::/:/x\nroot:x:5:5::/:/x\n", "wheel:x:0:\n");
	user("0", "root");
	user_id("root", "0");
	user_id("toor", "0");
	group("0", "root");
	identity_open(&identity, "", "");
	user("0", "root");
	user_id("root", "0");
	group("0", "root");
	assert_int_equal(fake_sys_calls("open"), 2); /* none for "" */
}

static void test_first_wins(void **state)
{
	(void)state;
	files("a:x:10:1::/:/x\nb:x:10:1::/:/x\na:x:11:1::/:/x\na:x:10:1::/:/y\n", "");
	user("10", "a");
	user("11", "a");
	user_id("a", "10");
	user_id("b", "10");
	assert_int_equal(identity_users(&identity)->count, 3);
}

static void test_garbage(void **state)
{
	static const char passwd[] = "# comment:x:1:1::/:/x\n"
				     "\n"
				     "+\n+nis:x:2:1::/:/x\n-nis:x:3:1::/:/x\n+::::::\n"
				     "few:x:4:1\n"
				     "nul\0:x:5:1::/:/x\n"
				     ":x:6:1::/:/x\n"
				     "neg:x:-7:1::/:/x\n"
				     "word:x:eight:1::/:/x\n"
				     "none:x::1::/:/x\n"
				     "lead:x:009:1::/:/x\n"
				     "huge:x:4294967296:1::/:/x\n"
				     "\xff\xfe:x:11:1::/:/x\r\n"
				     "more:x:12:1::/:/x:more\n"
				     "last:x:13:1::/:/x";

	(void)state;
	fake_sys_file(PASSWD, passwd, sizeof(passwd) - 1);
	fake_sys_file_text(GROUP, "g:x:1\nh:x:2:\n");
	identity_open(&identity, PASSWD, GROUP);
	assert_int_equal(identity_users(&identity)->count, 3);
	assert_int_equal(identity_users(&identity)->skipped, 12);
	user("11", "\xff\xfe");
	user("12", "more");
	user("13", "last");
	user("1", NULL);
	assert_int_equal(identity_groups(&identity)->count, 1);
	assert_int_equal(identity_groups(&identity)->skipped, 1);
	group("2", "h");
}

static void test_long_lines(void **state)
{
	size_t n = 0;

	(void)state;
	/* A group with a megabyte of members, then an ordinary one. */
	n += (size_t)sprintf(big, "many:x:100:");
	while (n < 1024 * 1024)
		n += (size_t)sprintf(big + n, "member%zu,", n);
	n += (size_t)sprintf(big + n, "last\nafter:x:101:\n");
	/* No id within the part of a line that is looked at. */
	n += (size_t)sprintf(big + n, "far:%02000d:102:\n", 0);
	n += (size_t)sprintf(big + n, "%0255d:x:103:\n%0256d:x:104:\nend:x:105:", 0, 0);
	fake_sys_file(GROUP, big, n);
	identity_open(&identity, "", GROUP);
	group("100", "many");
	group("101", "after");
	group("102", NULL);
	assert_int_equal(identity_group_name(&identity, SPAN("103")).len, 255);
	group("104", NULL);
	group("105", "end");
	assert_int_equal(identity_groups(&identity)->skipped, 2);
}

/* The same, however the reads are cut. */
static void test_short_reads(void **state)
{
	(void)state;
	for (size_t bytes = 1; bytes < 20; bytes++) {
		fake_sys_short(bytes);
		files("a:x:1:1::/:/x\nbb:x:22:1::/:/x\n\n#c\nccc:x:333:1::/:/x", "g:x:1:\n");
		assert_int_equal(identity_users(&identity)->count, 3);
		user("1", "a");
		user("22", "bb");
		user("333", "ccc");
		group("1", "g");
	}
}

static void test_too_many(void **state)
{
	size_t n = 0;
	char id[20], name[20];

	(void)state;
	for (unsigned i = 1; i <= LIMIT_IDENTITIES + 10; i++)
		n += (size_t)sprintf(big + n, "user%u:x:%u:1::/:/x\n", i, i * 4096);
	fake_sys_file(PASSWD, big, n);
	identity_open(&identity, PASSWD, "");
	assert_int_equal(identity_users(&identity)->count, LIMIT_IDENTITIES);
	assert_int_equal(identity_users(&identity)->left_out, 10);
	for (unsigned i = 1; i <= LIMIT_IDENTITIES; i++) {
		sprintf(id, "%u", i * 4096);
		sprintf(name, "user%u", i);
		user(id, name);
		user_id(name, id);
	}
	user("1", NULL);
	user_id("user2049", NULL);
}

static void test_pool_is_full(void **state)
{
	size_t n = 0;
	const struct identity_table *t;

	(void)state;
	for (unsigned i = 1; i <= 1000; i++)
		n += (size_t)sprintf(big + n, "%0200u:x:%u:1::/:/x\n", i, i);
	n += (size_t)sprintf(big + n, "s:x:5000:1::/:/x\n");
	fake_sys_file(PASSWD, big, n);
	identity_open(&identity, PASSWD, "");
	t = identity_users(&identity);
	assert_int_equal(t->count + t->left_out, 1001);
	assert_true(t->left_out > 0);
	assert_true(t->pool_used <= sizeof(t->pool));
	user("5000", "s"); /* short enough for what was left */
}

static void test_file_too_large(void **state)
{
	static char huge[LIMIT_IDENTITY_FILE_BYTES + 1];

	(void)state;
	files("a:x:1:1::/:/x\n", "");
	memset(huge, '\n', sizeof(huge));
	memcpy(huge, "b:x:1:1::/:/x\n", 14);
	fake_sys_file(PASSWD, huge, sizeof(huge));
	assert_false(identity_refresh(&identity, 5000));
	assert_int_equal(identity.users.error, -EFBIG);
	user("1", "a");
}

static void test_refresh(void **state)
{
	unsigned reads;

	(void)state;
	files("a:x:1:1::/:/x\n", "g:x:1:\n");
	assert_false(identity_refresh(&identity, 1000));
	reads = fake_sys_calls("read");
	assert_false(identity_refresh(&identity, 60000));
	assert_int_equal(fake_sys_calls("read"), reads);
	assert_int_equal(fake_sys_calls("open"), 2);

	fake_sys_file_text(PASSWD, "b:x:1:1::/:/x\n");	  /* another inode */
	assert_false(identity_refresh(&identity, 60999)); /* too soon */
	user("1", "a");
	assert_true(identity_refresh(&identity, 61000));
	user("1", "b");
	user_id("a", NULL);
	group("1", "g");
	assert_int_equal(identity.users.reads, 2);
	assert_int_equal(identity.groups.reads, 1);

	fake_sys_file_text(GROUP, "h:x:1:\n");
	fake_sys_file_text(PASSWD, "c:x:1:1::/:/x\n");
	assert_true(identity_refresh(&identity, 70000));
	user("1", "c");
	group("1", "h");
	assert_false(identity_refresh(&identity, 80000));
}

/* Spans of before stay readable until the next refresh that takes the table. */
static void test_spans_live(void **state)
{
	struct span a;

	(void)state;
	files("a:x:1:1::/:/x\n", "");
	a = identity_user_name(&identity, SPAN("1"));
	fake_sys_file_text(PASSWD, "b:x:1:1::/:/x\n");
	assert_true(identity_refresh(&identity, 0));
	assert_span(a, "a");
}

static void test_a_good_table_stays(void **state)
{
	int64_t now = 0;

	(void)state;
	files("a:x:1:1::/:/x\n", "g:x:1:\n");
	fake_sys_file_remove(PASSWD);
	assert_false(identity_refresh(&identity, now += 1000));
	assert_int_equal(identity.users.error, -ENOENT);
	user("1", "a");
	fake_sys_file_text(PASSWD, "");
	assert_false(identity_refresh(&identity, now += 1000));
	assert_int_equal(identity.users.error, -ENODATA);
	user("1", "a");
	fake_sys_file_text(PASSWD, "b:x:1:1::/:/x\n");
	fake_sys_fail("read", 2, EIO);
	assert_false(identity_refresh(&identity, now += 1000));
	assert_int_equal(identity.users.error, -EIO);
	user("1", "a");
	assert_true(identity_refresh(&identity, now += 1000)); /* tried again, unchanged */
	user("1", "b");
	fake_sys_file_text(PASSWD, "c:x:1:1::/:/x\n");
	fake_sys_file_owner(PASSWD, S_IFIFO | 0644, 0);
	assert_false(identity_refresh(&identity, now += 1000));
	assert_int_equal(identity.users.error, -EINVAL);
	user("1", "b");
	group("1", "g");
}

static void test_missing_at_start(void **state)
{
	(void)state;
	identity_open(&identity, PASSWD, GROUP);
	assert_int_equal(identity.users.error, -ENOENT);
	assert_int_equal(identity.groups.error, -ENOENT);
	user("1", NULL);
	user("0", "root");
	fake_sys_file_text(PASSWD, "a:x:1:1::/:/x\n");
	assert_true(identity_refresh(&identity, 1000));
	user("1", "a");
	assert_int_equal(identity.users.error, 0);
}

/* The clock of the wall is only part of the stamp: a file written while it is read is seen. */
static void test_written_while_read(void **state)
{
	struct identity_stamp before;

	(void)state;
	files("a:x:1:1::/:/x\n", "");
	before = identity.users.stamp;
	fake_sys_clock_advance_ms(1000);
	fake_sys_file_text(PASSWD, "b:x:1:1::/:/x\n");
	/* The second look at the descriptor fails: as good as a change. */
	fake_sys_fail("fstat", 2, EIO);
	assert_false(identity_refresh(&identity, 1000));
	user("1", "a");
	assert_memory_not_equal(&before, &identity.users.stamp, sizeof(before));
}

static void test_every_call_fails(void **state)
{
	(void)state;
	for (unsigned n = 1; n < 30; n++) {
		fake_sys_reset();
		files("a:x:1:1::/:/x\n", "g:x:1:\n");
		fake_sys_file_text(PASSWD, "b:x:1:1::/:/x\n");
		fake_sys_file_text(GROUP, "h:x:1:\n");
		fake_sys_fail_nth(n, EIO);
		identity_refresh(&identity, 1000);
		fake_sys_fail_nth(0, 0);
		/* Old or new, whole. */
		assert_int_equal(identity_users(&identity)->count, 1);
		assert_int_equal(identity_groups(&identity)->count, 1);
		assert_int_equal(fake_sys_open_count(), 0);
		assert_int_equal(identity.users.table + identity.groups.table + identity.spare, 3);
		identity_refresh(&identity, 2000);
		identity_refresh(&identity, 3000);
		if (identity.users.error == 0)
			user("1", "b");
		group("1", "h");
	}
}

static void test_mutations(void **state)
{
	static const char line[] = "ab:x:10:1::/:/x\ncd:y:20:2::/:/z\n";
	static const char bytes[] = ":\n\0#+-0a\xff";
	char copy[sizeof(line)];

	(void)state;
	for (size_t i = 0; i < sizeof(line) - 1; i++) {
		for (size_t b = 0; b < sizeof(bytes) - 1; b++) {
			const struct identity_table *t;

			memcpy(copy, line, sizeof(line));
			copy[i] = bytes[b];
			fake_sys_file(PASSWD, copy, sizeof(line) - 1);
			identity_open(&identity, PASSWD, "");
			t = identity_users(&identity);
			assert_true(t->count <= 2);
			for (unsigned e = 0; e < t->count; e++) {
				struct span name = {
					t->pool + t->entries[e].at, t->entries[e].name_len};

				assert_true(name.len > 0);
				assert_null(memchr(name.at, ':', name.len));
				assert_null(memchr(name.at, '\n', name.len));
				assert_true(identity_user_id(&identity, name).len > 0);
			}
		}
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_plain),
		TEST(test_ids_are_strict),
		TEST(test_root),
		TEST(test_first_wins),
		TEST(test_garbage),
		TEST(test_long_lines),
		TEST(test_short_reads),
		TEST(test_too_many),
		TEST(test_pool_is_full),
		TEST(test_file_too_large),
		TEST(test_refresh),
		TEST(test_spans_live),
		TEST(test_a_good_table_stays),
		TEST(test_missing_at_start),
		TEST(test_written_while_read),
		TEST(test_every_call_fails),
		TEST(test_mutations),
	};

	return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}
