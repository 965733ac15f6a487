/* link: log_line.o log_header.o log_enriched.o record_header.o text.o tables.o table_names.o
 * table_keys.o table_norms.o table_syscalls.o support_core.o */
#include "log_line.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "support_core.h"
#include "tables.h"

static struct log_line_names names;

static enum log_line read_line(const char *text, bool any_sender, struct log_record *record)
{
	return log_line_read(&names, exact(text), any_sender, record);
}

static void is_kind(const char *text, enum log_line expected)
{
	struct log_record record;
	enum log_line kind = read_line(text, false, &record);

	if (kind != expected)
		fail_msg("%d, not %d: %s", (int)kind, (int)expected, text);
}

/* A span of no text may be none at all. */
static void is_text(struct span got, const char *expected)
{
	if (got.len > 0 || *expected)
		assert_text(got, expected);
}

/* The only record of a line. */
static void line(const char *text, uint16_t type, const char *host, const char *record)
{
	struct log_record got, next;

	if (read_line(text, false, &got) != LOG_LINE_RECORD)
		fail_msg("no record: %s", text);
	assert_int_equal(got.type, type);
	is_text(got.host, host);
	if (log_line_cut(&names, &got, log_line_separator(got.text), &next))
		fail_msg("two records: %s", text);
	assert_text(got.text, record);
}

#define BODY   "audit(1700000000.007:77): a=1"
#define RECORD "type=CWD msg=" BODY

/* ---- types ------------------------------------------------------------------------------- */

static void types(void **state)
{
	(void)state;
	line("type=SYSCALL msg=audit(1.0:1): pid=1", 1300, "", "audit(1.0:1): pid=1");
	line("type=syscall msg=audit(1.0:1): pid=1", 1300, "", "audit(1.0:1): pid=1");
	line("type=UNKNOWN[1334] msg=audit(1.0:1):", 1334, "", "audit(1.0:1):");
	line("type=UNKNOWN[65535] msg=audit(", 65535, "", "audit(");
	line("type=1300 msg=audit(1.0:1): a=1", 1300, "", "audit(1.0:1): a=1");
	line("type=1300 audit(1.0:1): a=1", 1300, "", "audit(1.0:1): a=1");
	line("type=SYSCALL audit(1.0:1): a=1", 1300, "", "audit(1.0:1): a=1");
	line("type=65535 audit(", 65535, "", "audit(");
}

static void every_type_by_name(void **state)
{
	unsigned named = 0;

	(void)state;
	for (unsigned type = 0; type < 4000; type++) {
		struct span name = record_type_name((uint16_t)type);
		struct log_record got;

		if (!name.at)
			continue;
		named++;
		assert_int_equal(
			log_line_read(&names,
				exact_format("type=%.*s msg=audit(1.0:1):", (int)name.len, name.at),
				false, &got),
			LOG_LINE_RECORD);
		assert_int_equal(got.type, type);
	}
	assert_true(named > 180);
}

static void no_records(void **state)
{
	static const char *const texts[] = {"type=", "type=SYSCALL", "type=SYSCALL ",
		"type=SYSCALL msg=audit", "type=SYSCALL  msg=audit(1.0:1):",
		"type=SYSCALL pid=1 msg=audit(1.0:1):", "type=NOSUCH msg=audit(1.0:1):",
		"type= msg=audit(1.0:1):", "type=65536 audit(1.0:1):",
		"type=999999999 audit(1.0:1):", "type=13x msg=audit(1.0:1):",
		"type=-1 msg=audit(1.0:1):", "type=UNKNOWN[] msg=audit(1.0:1):",
		"type=UNKNOWN[65536] msg=audit(1.0:1):", "type=UNKNOWN[-1] msg=audit(1.0:1):",
		"type=UNKNOWN[1334 msg=audit(1.0:1):", "node=", "node=x", "node=x ",
		"node=x type=SYSCALL",
		"node=a b type=SYSCALL msg=audit(1.0:1):", "node=a node=b " RECORD,
		"type=AVERYLONGNAMETHATNORECORDTYPEHASATALL msg=audit(1.0:1):", "-----",
		"msg=audit(1.0:1): type=SYSCALL", "audit_printk_skb: 12 callbacks suppressed",
		"[   12.3] audit_printk_skb: 12 callbacks suppressed",
		"[   12.3] audit: audit_lost=1 audit_rate_limit=0", "hello " RECORD, "x" RECORD,
		"# " RECORD, "[12.3]x " RECORD, "[12.3 " RECORD, "Mar  3 07:48 gw " RECORD,
		"Mir  3 07:48:21 gw kernel: " RECORD, "Mar  3 07:48:21 gw a b: " RECORD,
		"[   12.3] usb: " RECORD, "Mar  3 07:48:21 gw bash[1]: hello " RECORD,
		"Mar  3 07:48:21 gw bash[x]: " RECORD,
		"Mar  3 07:48:21 gw kernel: x audit: " RECORD,
		"<13>1 2026-03-03T07:48:21Z gw audispd 1 - [a b=\"] - " RECORD, "<x> " RECORD,
		"Mar  3 07:48:21 gw audit[7]: NOSUCH a=b", "Mar  3 07:48:21 gw bash[7]: CWD cwd=/"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		is_kind(texts[i], LOG_LINE_OTHER);
	is_kind("", LOG_LINE_EMPTY);
	is_kind("time->Tue Apr  4 12:00:00 2017", LOG_LINE_EMPTY);
	is_kind("----", LOG_LINE_DIVIDER);
}

/* ---- what stands in front ---------------------------------------------------------------- */

static const char *const without_host[] = {"", "  ", "\t", "\xef\xbb\xbf", "\xef\xbb\xbf  ",
	"audit.log.1:", "/var/log/audit/audit.log:", "audit.log:12:", "12:", "audit.log-",
	"messages:[   12.3] audit: ", "[   12.345678] audit: ", "[   12.345678] ",
	"<5>[   12.3] audit: ", "<5>audit: ", "audit: ", "[   12.345678][    T1] audit: ",
	"[   12.3] [  C0] audit: ", "[Tue Mar  3 07:48:21 2026] audit: ", "[Mar 3 07:48] audit: ",
	"[  +0.000012] audit: ", "[<    0.000012>] audit: ",
	"kern  :notice: [   12.345678] audit: ", "kern  :info  : [   12.345678] audit: ",
	"2026-03-03T07:48:21,123456+00:00 audit: ", "audispd: ", "kernel: ",
	"kernel: [   12.3] audit: ", "audisp-syslog[12]: ",
	"Sat Jan  6 10:00:00 2024 kern.notice kernel: [   15.1] audit: ",
	"Sat Jan  6 10:00:00 2024 daemon.info audispd[12]: ",
	"01-15 10:11:12.345  1234  1234 I auditd  : ", "01-15 10:11:12.345  root  1 1 W auditd: ",
	"2024-01-15 10:11:12.345  1234  1234 I auditd  : ", "I/auditd  ( 1234): ", "I/auditd: ",
	"01-15 10:11:12.345 I/auditd  ( 1234): ", "Mar  3 07:48:21 "};

static const char *const with_host[] = {"node=gw ", "host=gw ", "Mar  3 07:48:21 gw ",
	"Mar  3 07:48:21 gw kernel: [   12.345678] audit: ", "Mar  3 07:48:21 gw kernel: audit: ",
	"Mar 03 07:48:21.123456 gw kernel: ", "Mar  3 2026 07:48:21 gw kernel: ",
	"Mar  3 07:48:21 2026 gw kernel: ", "<5>Mar  3 07:48:21 gw kernel: audit: ",
	"2026-05-26T19:47:43.396634-04:00 gw kernel: audit: ", "2026-05-26T19:47:43Z gw audit[7]: ",
	"2026-03-03T07:48:21+0000 gw kernel: audit: ", "2026-03-03 07:48:21 gw kernel: audit: ",
	"1700000000.123456 gw kernel: audit: ", "[   12.345678] gw kernel: audit: ",
	"Tue 2026-03-03 07:48:21 UTC gw kernel: audit: ",
	"Mar  3 07:48:21 gw audisp-syslog[15]: node=gw ",
	"Mar  3 07:48:21 10.0.0.1 audispd: node=gw ",
	"<86>Mar  3 07:48:21 gw audispd: ", "2026-07-19T18:43:47+00:00 gw auditd ",
	"Mar  3 07:48:21 gw kern.notice kernel: audit: ",
	"<13>1 2026-03-03T07:48:21Z gw audispd 1234 - - ",
	"<13>1 2026-03-03T07:48:21.123Z gw auditd - - [x@1 a=\"]\\\"\" b=\"\"][y] ",
	"<13>1 2026-03-03T07:48:21Z gw audispd 1234 ID47 - \xef\xbb\xbf",
	"1 2026-03-03T07:48:21Z gw - - - - ",
	"kern.log.1:Mar  3 07:48:21 gw kernel: audit: ", "messages:12:Mar  3 07:48:21 gw audispd: ",
	"<13>1 2026-03-03T07:48:21Z - audispd 1234 - - node=gw ",
	"Mar  3 07:48:21 (none) kernel: node=gw "};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void fronts(void **state)
{
	char text[512];

	(void)state;
	for (size_t i = 0; i < COUNT(without_host) + COUNT(with_host); i++) {
		const bool has_host = i >= COUNT(without_host);
		const char *front = has_host ? with_host[i - COUNT(without_host)] : without_host[i];

		sprintf(text, "%s%s", front, RECORD);
		line(text, 1307, has_host ? "gw" : "", BODY);
		sprintf(text, "%stype=1307 %s", front, BODY);
		line(text, 1307, has_host ? "gw" : "", BODY);
		sprintf(text, "%sx%s", front, RECORD); /* nothing may be between */
		is_kind(text, LOG_LINE_OTHER);
	}
}

/* NUL bytes are in front where the power was lost. */
static void nul_bytes_in_front(void **state)
{
	static const char text[] = "\0\0\0" RECORD;
	struct log_record got;

	(void)state;
	assert_int_equal(log_line_read(&names, exact_bytes(text, sizeof(text) - 1), false, &got),
		LOG_LINE_RECORD);
	assert_text(got.text, BODY);
	assert_int_equal(log_line_read(&names, exact_bytes(text, 3), false, &got), LOG_LINE_OTHER);
}

/* ---- whose line it is -------------------------------------------------------------------- */

static void senders(void **state)
{
	static const char *const texts[] = {"Mar  3 07:48:21 gw bash[7]: " RECORD,
		"Mar  3 07:48:21 gw bash: " RECORD, "Mar  3 07:48:21 gw bash " RECORD,
		"Mar  3 07:48:21 bash: " RECORD, "bash: " RECORD, "bash[1]: node=gw " RECORD,
		"<13>Mar  3 07:48:21 gw kernel: " RECORD, "[   12.3] gw bash[1]: " RECORD,
		"2026-05-26T19:47:43Z gw bash: [1.2] audit: " RECORD,
		"Sat Jan  6 10:00:00 2024 user.notice kernel: " RECORD,
		"Sat Jan  6 10:00:00 2024 user.notice bash: " RECORD,
		"Mar  3 07:48:21 gw user.notice bash: " RECORD,
		"<13>1 2026-03-03T07:48:21Z gw bash 1234 - - " RECORD,
		"01-15 10:11:12.345  1234  1234 I bash    : " RECORD, "I/bash    ( 1234): " RECORD,
		"Mar  3 07:48:21 gw auditd2: " RECORD, "Mar  3 07:48:21 gw audisp: " RECORD,
		"Mar  3 07:48:21 gw Kernel: " RECORD, "Mar  3 07:48:21 gw x/kernel: " RECORD};
	struct log_record record;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		is_kind(texts[i], LOG_LINE_UNTRUSTED);
		assert_int_equal(read_line(texts[i], true, &record), LOG_LINE_RECORD);
		assert_text(record.text, BODY);
	}
}

static void without_a_serial(void **state)
{
	(void)state;
	is_kind("Mar 03 07:48:21 gw audit[11]: SYSCALL arch=c000003e", LOG_LINE_NO_SERIAL);
	is_kind("Mar 03 07:48:21 gw audit: CONFIG_CHANGE op=set", LOG_LINE_NO_SERIAL);
	is_kind("Mar 03 07:48:21 gw audit[1]: <audit-1334> op=LOAD", LOG_LINE_NO_SERIAL);
	is_kind("2026-03-03T07:48:21+0000 gw audit[1]: UNKNOWN[1334] a=b", LOG_LINE_NO_SERIAL);
}

/* ---- several records --------------------------------------------------------------------- */

/* "TYPE TEXT|TYPE TEXT", all records of a line. */
static void records(const char *text, const char *expected)
{
	struct log_record record, next;
	char got[2048];
	size_t len = 0;
	bool more;

	if (read_line(text, false, &record) != LOG_LINE_RECORD)
		fail_msg("no record: %s", text);
	do {
		more = log_line_cut(&names, &record, log_line_separator(record.text), &next);
		len += (size_t)sprintf(got + len, "%s%u %.*s", len ? "|" : "", record.type,
			(int)record.text.len, record.text.at);
		record = next;
	} while (more);
	assert_string_equal(got, expected);
}

#define TIME "audit(1700000000.007:77):"

static void several_records(void **state)
{
	(void)state;
	records("type=SYSCALL msg=" TIME " a=1 comm=\"x\" type=CWD msg=" TIME
		" cwd=\"/\" type=PATH msg=" TIME " item=0",
		"1300 " TIME " a=1 comm=\"x\"|1307 " TIME " cwd=\"/\"|1302 " TIME " item=0");
	records("type=SYSCALL msg=" TIME " a=1 type=EOE msg=" TIME, "1300 " TIME " a=1|1320 " TIME);
	records("type=SYSCALL msg=audit(1.0:1): a=1 type=CWD msg=audit(1.0:1): b",
		"1300 audit(1.0:1): a=1|1307 audit(1.0:1): b");
	records("type=SYSCALL msg=" TIME " a=1 msg='x' type=CWD msg=" TIME " b",
		"1300 " TIME " a=1 msg='x'|1307 " TIME " b");
	records("type=USER_CMD msg=" TIME " pid=1 msg='op=x res=success' type=CWD msg=" TIME " b",
		"1123 " TIME " pid=1 msg='op=x res=success'|1307 " TIME " b");
	records("type=SYSCALL msg=" TIME " a=1 key=\"k\"ARCH=x86_64 UID=\"o\" type=CWD msg=" TIME
		" b",
		"1300 " TIME " a=1 key=\"k\"|1307 " TIME " b");
	records("type=SOCKADDR msg=" TIME " saddr=0100 type=CWD msg=" TIME " b",
		"1306 " TIME " saddr=0100|1307 " TIME " b");
	records("type=SOCKADDR msg=" TIME " saddr=0100SADDR={ saddr_fam=local } type=CWD msg=" TIME
		" b",
		"1306 " TIME " saddr=0100|1307 " TIME " b");
}

/* Wherever the text before it ends, and with serials of any length. */
static void a_further_record_anywhere(void **state)
{
	char text[1024], header[64];

	(void)state;
	for (unsigned serial = 1; serial < 2000000000; serial = serial * 10 + 3) {
		sprintf(header, "audit(1700000000.123:%u):", serial);
		for (int len = 0; len < 100; len++) {
			struct log_record record, next;

			sprintf(text, "type=SYSCALL msg=%s %.*s type=CWD msg=%s", header, len,
				"a=1 b=22 c=333 d=4444 e=55555 f=666666 g=7777777 h=88888888 "
				"i=999999999 j=0000000000 k=11111111111 l=222222222222",
				header);
			assert_int_equal(read_line(text, false, &record), LOG_LINE_RECORD);
			assert_true(log_line_cut(&names, &record, NULL, &next));
			assert_int_equal(next.type, 1307);
			assert_text(next.text, header);
			assert_int_equal(record.text.len, strlen(header) + 1 + (size_t)len);
			assert_false(log_line_cut(&names, &next, NULL, &record));
		}
	}
}

#define FORGED " type=SYSCALL msg=" TIME " uid=0"

/* What an attacker has written is text. */
static void no_further_record(void **state)
{
	static const char *const texts[] = {"type=USER_LOGIN msg=" TIME " msg='op=x acct=\"a" FORGED
					    "\" res=failed'",
		"type=USER_LOGIN msg=" TIME " msg='op=x acct=a'" FORGED " res=failed'",
		"type=USER_LOGIN msg=" TIME " msg='op=x acct=a'" FORGED
		" res=failed'\x1dUID=\"root\"",
		"type=USER msg=" TIME " msg='a" FORGED "'",
		"type=USER_CMD msg=" TIME " msg='cwd=\"/\" cmd=a" FORGED,
		"type=CWD msg=" TIME " cwd=\"/a" FORGED "\"",
		"type=NETFILTER_CFG msg=" TIME " table=a" FORGED " family=2 comm=\"nft\"",
		"type=SOCKADDR msg=" TIME " saddr=0100\x1dSADDR={ saddr_fam=local path=/a }" FORGED
		" }",
		"type=SYSCALL msg=" TIME " a=1 type=CWD msg=audit(1700000000.007:78): b",
		"type=SYSCALL msg=" TIME " a=1 type=CWD msg=audit(1700000000.008:77): b",
		"type=SYSCALL msg=" TIME " a=1 type=CWD " TIME " b",
		"type=SYSCALL msg=" TIME " a=1 type=NOSUCH msg=" TIME " b",
		"type=SYSCALL msg=" TIME " a=1xtype=CWD msg=" TIME " b",
		"type=SYSCALL msg=" TIME " msg=" TIME " b"};
	struct log_record record, next;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		assert_int_equal(read_line(texts[i], false, &record), LOG_LINE_RECORD);
		if (log_line_cut(&names, &record, log_line_separator(record.text), &next))
			fail_msg("two records: %s", texts[i]);
	}
}

/* ---- what auditd appends ----------------------------------------------------------------- */

static void enriched(const char *type, const char *text, const char *border, const char *appended)
{
	struct log_record record, next;
	struct span all = exact_format("type=%s msg=%s %s%s%s", type, TIME, text, border, appended);
	char expected[512];

	assert_int_equal(log_line_read(&names, all, false, &record), LOG_LINE_RECORD);
	assert_false(log_line_cut(&names, &record, log_line_separator(record.text), &next));
	sprintf(expected, "%s %s", TIME, text);
	assert_text(record.text, expected);
	is_text(record.enriched, appended);
}

static void borders(void **state)
{
	static const char *const separators[] = {"\x1d", "#035", "\\x1d", "\\x1D", "\\035",
		"\\u001d", "<1d>", "<GS>", "^]", "\xef\xbf\xbd", "\xe2\x90\x9d", "", " ", " #035 "};

	(void)state;
	for (size_t i = 0; i < COUNT(separators); i++) {
		if (*separators[i] && *separators[i] != ' ')
			enriched("SYSCALL", "arch=c000003e uid=1 key=(null)", separators[i],
				"ARCH=x86_64 SYSCALL=execve AUID=\"ada\" UID=\"ada\"");
		enriched("SYSCALL", "arch=c000003e uid=1 key=\"k\"", separators[i],
			"ARCH=x86_64 SYSCALL=unknown-syscall(999) AUID=\"unset\" UID=4120422B");
		enriched("PATH", "item=0 nametype=NORMAL", separators[i],
			"OUID=\"root\" OGID=\"root\"");
		enriched("SECCOMP", "ip=0x3fff code=0x80000000", separators[i],
			"AUID=\"unset\" UID=\"root\" GID=\"root\" ARCH=s390x SYSCALL=sigreturn");
		enriched("USER_CMD", "pid=1 uid=0 msg='cmd=6C73 res=success'", separators[i],
			"UID=\"root\" AUID=\"ada\"");
		enriched("INTEGRITY_RULE", "subj=a:b:c:s0-s0:c0.c1023", separators[i],
			"AUID=\"ada\" UID=\"ada\"");
		enriched("CONFIG_CHANGE", "auid=0 ses=1 op=set res=1", separators[i],
			"AUID=\"root\"");
		enriched("LOGIN", "uid=0 auid=7 res=1", separators[i],
			"UID=\"root\" OLD-AUID=\"unset\" AUID=\"ada\"");
		enriched("OBJ_PID", "opid=1 oauid=1 ouid=0 ocomm=\"x\"", separators[i],
			"OAUID=\"ada\" OUID=\"root\"");
		enriched("SOCKADDR", "saddr=01002F61", separators[i],
			"SADDR={ saddr_fam=local path=/a }");
		enriched("DAEMON_START", "op=start auid=0 res=success", separators[i],
			"AUID=\"unset\"");
	}
	enriched("PROCTITLE", "proctitle=6C73", "\x1d", "");
	enriched("SOCKADDR", "saddr=01002F61", "\x1d",
		"SADDR={ saddr_fam=local path=/\x1d} UID=\"x\" }");
}

/* These end with the record's own text, whatever an attacker has put there. */
static void no_borders(void **state)
{
	static const char *const texts[][2] = {{"CWD", "cwd=\"/tmp/AUID=x\""},
		{"CWD", "cwd=\"/AUID=\""}, {"SYSCALL", "comm=\"x\" exe=\"/UID=\" key=\"UID=1\""},
		{"EXECVE", "argc=2 a0=\"x\" a1=\"UID=\""}, {"USER", "msg='x UID=\"root\"'"},
		{"USER", "msg='x\x1dUID=\"root\"'"},
		{"USER_CMD", "msg='a' UID=\"root\" res=success'"},
		{"USER_CMD", "msg='a'\x1dUID=\"root\" res=success'"},
		{"USER_CMD", "msg='a'\x1dUID=1' "},
		{"ANOM_PROMISCUOUS", "dev=\x1dUID=\"x\" prom=256 auid=0"},
		{"NETFILTER_CFG", "table=UID=\"x\" family=2 entries=0"},
		{"NETFILTER_CFG", "table=\x1dUID=\"x\" family=2 comm=\"nft\""},
		{"SYSCALL", "key=\"k\" XUID2=1"}, {"SYSCALL", "key=6C73 NAME=1"},
		{"SYSCALL", "key=UID="}, {"SYSCALL", "UID"},
		/* the peer makes a tag of it, "x86_64" */
		{"SYSCALL", "uid=1 key=(null)ARCH=x86_64 SYSCALL=execve UID=\"ada\""}};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		enriched(texts[i][0], texts[i][1], "", "");
}

/* An attacker's border in a record that auditd enriched: its own is farther behind. */
static void the_last_border(void **state)
{
	(void)state;
	enriched("ANOM_PROMISCUOUS", "dev=\x1dUID=\"x\" prom=256 auid=0 ses=1", "\x1d",
		"AUID=\"root\"");
	enriched("ANOM_PROMISCUOUS", "dev=UID=\"x\" prom=256 auid=0 ses=1", "", "AUID=\"root\"");
	enriched("USER_CMD", "msg='a'\x1dUID=\"x\" res=success'", "\x1d", "UID=\"root\"");
	enriched("USER_CMD", "msg='a'UID=\"x\" res=success'", "", "UID=\"root\"");
	enriched("USER_CMD", "msg='a UID=\"x\"'", " ", "UID=\"root\"");
}

#define TEST(name) cmocka_unit_test_teardown(name, exact_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(types),
		TEST(every_type_by_name),
		TEST(no_records),
		TEST(fronts),
		TEST(nul_bytes_in_front),
		TEST(senders),
		TEST(without_a_serial),
		TEST(several_records),
		TEST(a_further_record_anywhere),
		TEST(no_further_record),
		TEST(borders),
		TEST(no_borders),
		TEST(the_last_border),
	};

	return cmocka_run_group_tests_name("log_line", tests, NULL, NULL);
}
