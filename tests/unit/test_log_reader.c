/* link: log_reader.o log_line.o log_header.o log_enriched.o log_journal.o record_header.o text.o
 * fake_sys.o fake_files.o fake_sockets.o tables.o table_names.o table_keys.o table_norms.o
 * table_syscalls.o support_core.o */
#include "log_reader.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "fake_sys.h"
#include "support_core.h"
#include "tables.h"

static struct log_reader reader;
static struct counters counters;
static char got[1 << 20]; /* "1300 audit(...)...\n" */
static size_t got_len;
static uint32_t got_count, longest;

static void note(void *context, const struct log_record *record)
{
	const struct span text = record ? record->text : SPAN("");

	assert_ptr_equal(context, &got);
	got_count++;
	longest = text.len > longest ? text.len : longest;
	assert_true(got_len + text.len + 300 < sizeof(got));
	got_len +=
		(size_t)sprintf(got + got_len, record ? "%u " : "----", record ? record->type : 0);
	if (record && record->host.len > 0)
		got_len += (size_t)sprintf(
			got + got_len, "%.*s ", (int)record->host.len, record->host.at);
	memcpy(got + got_len, text.at, text.len);
	got_len += text.len;
	got[got_len++] = '\n';
	got[got_len] = '\0';
}

static int start(void **state)
{
	(void)state;
	fake_sys_reset();
	memset(&counters, 0, sizeof(counters));
	got_len = got_count = longest = 0;
	got[0] = '\0';
	log_reader_init(&reader, &counters, note, &got);
	return 0;
}

static int stop(void **state)
{
	fake_sys_reset();
	return exact_free(state);
}

static void open_log(const char *text, size_t len)
{
	int fd;

	fake_sys_file("/log", text, len);
	fd = sys_open("/log", O_RDONLY, 0);
	assert_true(fd >= 0);
	log_reader_open(&reader, fd);
}

static void read_all(void)
{
	ssize_t n;

	while ((n = log_reader_step(&reader)) > 0)
		;
	assert_int_equal(n, 0);
	log_reader_finish(&reader);
	sys_close(reader.fd);
}

static void read_log(const char *text)
{
	open_log(text, strlen(text));
	read_all();
}

/* ---- whole logs -------------------------------------------------------------------------- */

static void what_auditd_enriches_is_left_out(void **state)
{
	(void)state;
	read_log("type=USER_CMD msg=audit(1.0:1): uid=0 msg='a'\x1dUID=\"root\" AUID=\"root\"\n"
		 "type=USER_CMD \x1dmsg=audit(1.0:1):\n"
		 "\x1dtype=USER_CMD msg=audit(1.0:1):\n"
		 "type=CWD msg=audit(1.0:1): a=b\x1d");
	assert_string_equal(got, "1123 audit(1.0:1): uid=0 msg='a'\n1307 audit(1.0:1): a=b\n");
	assert_int_equal(counters.lines_skipped, 2);
}

static void lines_in_order(void **state)
{
	(void)state;
	read_log("type=SYSCALL msg=audit(1.0:1): a\n"
		 "\n"
		 "garbage\n"
		 "type=CWD msg=audit(1.0:1): b\r\n"
		 "----\r\n"
		 "time->Tue Nov 14 22:20:00 2023\n"
		 "type=EOE msg=audit(1.0:1): ");
	assert_string_equal(got, "1300 audit(1.0:1): a\n"
				 "1307 audit(1.0:1): b\n"
				 "----\n"
				 "1320 audit(1.0:1): \n");
	assert_int_equal(counters.lines_skipped, 1); /* the others say nothing */
}

static void several_records_on_a_line(void **state)
{
	(void)state;
	read_log("node=gw type=SYSCALL msg=audit(1.0:1): key=(null)\x1d"
		 "ARCH=x86_64 UID=\"o\" type=CWD msg=audit(1.0:1): cwd=\"/\" "
		 "type=PROCTITLE msg=audit(1.0:1): proctitle=6C73\n");
	assert_string_equal(got, "1300 gw audit(1.0:1): key=(null)\n"
				 "1307 gw audit(1.0:1): cwd=\"/\"\n"
				 "1327 gw audit(1.0:1): proctitle=6C73\n");
}

static void lines_of_other_programs(void **state)
{
	static const char log[] = "Mar  3 07:48:21 gw bash[7]: type=CWD msg=audit(1.0:1): a\n"
				  "Mar  3 07:48:21 gw bash[7]: hello\n"
				  "Mar  3 07:48:21 gw audit[7]: CWD cwd=\"/\"\n"
				  "Mar  3 07:48:21 gw audispd: type=CWD msg=audit(1.0:1): b\n";

	read_log(log);
	assert_string_equal(got, "1307 gw audit(1.0:1): b\n");
	assert_int_equal(reader.untrusted, 1);
	assert_int_equal(reader.no_serial, 1);
	assert_int_equal(counters.lines_skipped, 3);
	start(state);
	reader.any_sender = true;
	read_log(log);
	assert_string_equal(got, "1307 gw audit(1.0:1): a\n1307 gw audit(1.0:1): b\n");
	assert_int_equal(reader.untrusted, 0);
}

/* ---- the journal ------------------------------------------------------------------------- */

#define ENTRY(transport, message)                                                                  \
	"__CURSOR=s=1;i=2\n_HOSTNAME=gw\n_TRANSPORT=" transport                                    \
	"\n_AUDIT_TYPE=1307\n_AUDIT_ID=77\n"                                                       \
	"_SOURCE_REALTIME_TIMESTAMP=1700000000007000\n" message "\n"

static void the_journal(void **state)
{
	static const char log[] =
		ENTRY("audit", "MESSAGE=CWD cwd=\"/\"\n") ENTRY("syslog", "MESSAGE=CWD cwd=\"/\"\n")
			ENTRY("audit", "MESSAGE\n\x0d\0\0\0\0\0\0\0CWD a=\n\n_X=1\n\n")
				ENTRY("audit", "PRIORITY=4\n")
					ENTRY("audit", "OTHER\n\x02\0\0\0\0\0\0\0\n\n\n"
						       "MESSAGE=<audit-1307> z");
	static const char expected[] = "1307 gw audit(1700000000.007:77): cwd=\"/\"\n"
				       "1307 gw audit(1700000000.007:77): a=\n\n_X=1\n\n"
				       "1307 gw audit(1700000000.007:77): z\n";

	for (size_t bytes = 1; bytes < 60; bytes += 2) {
		start(state);
		fake_sys_short(bytes);
		open_log(log, sizeof(log) - 1);
		read_all();
		assert_string_equal(got, expected);
		assert_int_equal(counters.lines_skipped, 2);
	}
}

/* However long a message is, it is no more than a record that is too long. */
static void the_journal_with_a_long_message(void **state)
{
	static const char endless[] = ENTRY("audit", "MESSAGE\n\xff\xff\xff\xff\xff\xff\xff\xff"
						     "CWD x");
	static char text[LIMIT_RECORD_BYTES * 4];
	size_t len = (size_t)sprintf(text, ENTRY("audit", "MESSAGE=CWD "));

	memset(text + len - 1, 'x', LIMIT_RECORD_BYTES + 100);
	memcpy(text + len + LIMIT_RECORD_BYTES + 99, "\n\n", 2);
	open_log(text, len + LIMIT_RECORD_BYTES + 101);
	read_all();
	assert_int_equal(got_count, 1);
	assert_true(longest > LIMIT_RECORD_BYTES);
	start(state);
	open_log(endless, sizeof(endless) - 1);
	read_all(); /* the rest of the text is its, whatever the length says */
	assert_string_equal(got, "1307 gw audit(1700000000.007:77): x\n\n");
}

/* The next file is another one. */
static void the_journal_ends_with_its_file(void **state)
{
	(void)state;
	read_log("__CURSOR=s\n_TRANSPORT=audit\nMESSAGE\n\x20");
	assert_int_equal(counters.lines_skipped, 1);
	read_log("type=CWD msg=audit(1.0:1): a\n");
	assert_string_equal(got, "1307 audit(1.0:1): a\n");
}

/* A line that no entry can have ends one, and is read: an entry hides nothing behind it. */
static void the_journal_ends_with_another_line(void **state)
{
	(void)state;
	read_log("__REALTIME_TIMESTAMP=7\n_X=1\ntype=CWD msg=audit(1.0:1): a\n"
		 "type=CWD msg=audit(1.0:2): b\n" ENTRY(
			 "audit", "MESSAGE=CWD z") "type=CWD msg=audit(1.0:3): c\n");
	assert_string_equal(got, "1307 audit(1.0:1): a\n1307 audit(1.0:2): b\n"
				 "1307 gw audit(1700000000.007:77): z\n1307 audit(1.0:3): c\n");
	assert_int_equal(counters.lines_skipped, 1);
}

static void nothing_at_all(void **state)
{
	(void)state;
	read_log("");
	assert_int_equal(got_count, 0);
	assert_int_equal(counters.lines_skipped, 0);
}

static void nul_and_other_bytes(void **state)
{
	const char text[] = "type=USER msg=audit(1.0:1): a\0b\xff\n\0\n";

	(void)state;
	open_log(text, sizeof(text) - 1);
	read_all();
	assert_memory_equal(got, "1005 audit(1.0:1): a\0b\xff\n", 25);
	assert_int_equal(got_count, 1);
	assert_int_equal(counters.lines_skipped, 1);
}

/* However few bytes a read gives, the records are the same. */
static void in_small_pieces(void **state)
{
	char text[4096];
	size_t len = 0;

	for (unsigned i = 0; i < 40; i++)
		len += (size_t)sprintf(text + len, "type=PATH msg=audit(1.0:%u): item=%u\n%s", i, i,
			i % 7 ? "" : "rubbish\n");
	for (size_t bytes = 1; bytes < 80; bytes += 3) {
		start(state);
		fake_sys_short(bytes);
		open_log(text, len);
		read_all();
		assert_int_equal(got_count, 40);
		assert_int_equal(counters.lines_skipped, 6);
		assert_non_null(strstr(got, "1302 audit(1.0:39): item=39\n"));
	}
}

static size_t put_long(char *at, const char *begin, size_t len, bool newline)
{
	size_t n = strlen(begin);

	memcpy(at, begin, n);
	memset(at + n, 'x', len - n);
	at[len] = '\n';
	return len + newline;
}

/* It is handed on once, too long for the reassembly, and what follows is read. */
static void a_line_longer_than_the_buffer(void **state)
{
	static char text[1 << 20];
	size_t len = 0;

	(void)state;
	len += put_long(text + len, "type=SYSCALL msg=audit(1.0:1): ", 500000, true);
	len += (size_t)sprintf(text + len, "type=CWD msg=audit(1.0:2): b\n");
	len += put_long(text + len, "rubbish", 300000, true);
	len += (size_t)sprintf(text + len, "type=CWD msg=audit(1.0:3): c\n");
	open_log(text, len);
	read_all();
	assert_int_equal(got_count, 3);
	assert_true(longest > LIMIT_RECORD_BYTES);
	assert_int_equal(counters.lines_skipped, 1);
	assert_non_null(strstr(got, "\n1307 audit(1.0:2): b\n1307 audit(1.0:3): c\n"));
}

/* Lines around the size of the buffer, with and without a newline. */
static void a_line_as_long_as_the_buffer(void **state)
{
	static char text[LIMIT_LOG_BUFFER_BYTES * 2 + 100];

	for (size_t size = LIMIT_LOG_BUFFER_BYTES - 2; size <= LIMIT_LOG_BUFFER_BYTES + 2; size++) {
		for (int newline = 0; newline < 2; newline++) {
			size_t len = put_long(text, "type=PATH msg=audit(1.0:1): ", size, newline);

			if (newline)
				len += (size_t)sprintf(text + len, "type=CWD msg=audit(1.0:2): b");
			start(state);
			open_log(text, len);
			read_all();
			assert_int_equal(got_count, 1 + newline);
			assert_int_equal(counters.lines_skipped, 0);
			if (newline)
				assert_non_null(strstr(got, "x\n1307 audit(1.0:2): b\n"));
		}
	}
}

static void a_long_line_that_ends_with_the_log(void **state)
{
	static char text[LIMIT_LOG_BUFFER_BYTES * 3];

	(void)state;
	open_log(text, put_long(text, "type=PATH msg=audit(1.0:1): ", sizeof(text) - 1, false));
	read_all();
	assert_int_equal(got_count, 1);
	read_log("type=CWD msg=audit(1.0:2): b\n"); /* another file starts afresh */
	assert_int_equal(got_count, 2);
}

/* ---- a log that grows, and one that cannot be read --------------------------------------- */

static void append(const char *path, const char *text)
{
	FILE *f = fopen(path, "a");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void a_growing_log(void **state)
{
	char path[] = "/tmp/log_reader_XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	fake_sys_pass("/tmp/");
	fd = sys_open(path, O_RDONLY, 0);
	assert_true(fd >= 0);
	log_reader_open(&reader, fd);
	assert_int_equal(log_reader_step(&reader), 0);
	append(path, "type=CWD msg=audit(1.0:1): a\ntype=CWD msg=aud");
	assert_true(log_reader_step(&reader) > 0);
	assert_int_equal(log_reader_step(&reader), 0);
	assert_string_equal(got, "1307 audit(1.0:1): a\n"); /* half a line waits */
	append(path, "it(1.0:2): b\n");
	assert_true(log_reader_step(&reader) > 0);
	assert_string_equal(got, "1307 audit(1.0:1): a\n1307 audit(1.0:2): b\n");
	assert_int_equal(counters.lines_skipped, 0);
	sys_close(fd);
	unlink(path);
}

static void reading_fails(void **state)
{
	const char text[] = "type=CWD msg=audit(1.0:1): a\n";

	(void)state;
	open_log(text, sizeof(text) - 1);
	fake_sys_fail("read", 1, EINTR);
	assert_int_equal(log_reader_step(&reader), -EINTR);
	assert_int_equal(got_count, 0);
	assert_int_equal(log_reader_step(&reader), sizeof(text) - 1); /* nothing was lost */
	assert_int_equal(got_count, 1);
	fake_sys_fail("read", 1, EIO);
	assert_int_equal(log_reader_step(&reader), -EIO);
	sys_close(reader.fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_auditd_enriches_is_left_out),
		TEST(lines_in_order),
		TEST(several_records_on_a_line),
		TEST(lines_of_other_programs),
		TEST(the_journal),
		TEST(the_journal_with_a_long_message),
		TEST(the_journal_ends_with_its_file),
		TEST(the_journal_ends_with_another_line),
		TEST(nothing_at_all),
		TEST(nul_and_other_bytes),
		TEST(in_small_pieces),
		TEST(a_line_longer_than_the_buffer),
		TEST(a_line_as_long_as_the_buffer),
		TEST(a_long_line_that_ends_with_the_log),
		TEST(a_growing_log),
		TEST(reading_fails),
	};

	return cmocka_run_group_tests_name("log_reader", tests, NULL, NULL);
}
