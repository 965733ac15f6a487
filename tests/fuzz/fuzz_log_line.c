/* link: log_line.o log_header.o log_enriched.o log_journal.o log_reader.o record_header.o text.o
 * tables.o table_names.o table_keys.o table_norms.o table_syscalls.o */
/*
 * Lines of logs, in three ways that the first byte chooses: any bytes as a log; any text where an
 * attacker can write in a record, which must neither end it nor begin another; any text behind the
 * header of another program.
 */
#include "log_reader.h"
#include "sys.h"
#include "tables.h"
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct log_reader reader;
static struct counters counters;
static const uint8_t *left;
static size_t left_bytes, step;

static unsigned records;
static struct log_record last;
static char last_text[LIMIT_LOG_BUFFER_BYTES];

static void fail(const char *what)
{
	fprintf(stderr, "%s\n", what);
	abort();
}

ssize_t sys_read(int fd, void *buf, size_t n)
{
	n = n < step ? n : step;
	n = n < left_bytes ? n : left_bytes;
	(void)fd;
	memcpy(buf, left, n);
	left += n;
	left_bytes -= n;
	return (ssize_t)n;
}

static bool is_within(struct span part, const char *at, size_t size)
{
	return part.len == 0 || (part.at >= at && part.at + part.len <= at + size);
}

static void on_record(void *context, const struct log_record *r)
{
	(void)context;
	if (!r)
		return;
	records++;
	if (!span_starts(r->text, "audit("))
		fail("a record without a header");
	if (!is_within(r->text, (const char *)&reader, sizeof(reader)) ||
		!is_within(r->enriched, reader.buffer, sizeof(reader.buffer)) ||
		!is_within(r->host, (const char *)&reader, sizeof(reader)))
		fail("outside of the buffer");
	if (r->enriched.len > 0 && r->enriched.at < r->text.at + r->text.len)
		fail("the enriched part is in the text");
	last = *r;
	memcpy(last_text, r->text.at, r->text.len);
	last.text.at = last_text;
}

static void read_bytes(const void *bytes, size_t n)
{
	left = bytes;
	left_bytes = n;
	records = 0;
	log_reader_open(&reader, 3);
	while (log_reader_step(&reader) > 0)
		;
	log_reader_finish(&reader);
	if (log_journal_is_binary(&reader.journal))
		fail("the journal waits for more at the end");
}

#define TIME "audit(1700000000.007:77): "

/* A record in which %s is an attacker's text, and what auditd may append. Where the kernel or a
 * library escapes it, it is without the bytes that these write in hex. No key=(null): without a
 * separator log_enriched_cut() leaves what follows it alone. */
static const struct place {
	uint16_t type;
	const char *name, *front, *behind, *forbidden;
} places[] = {
	{RECORD_USER_LOGIN, "USER_LOGIN", "pid=1 uid=0 msg='op=x acct=", " exe=\"/x\" res=failed'",
		""},
	{RECORD_USER, "USER", "pid=1 uid=0 msg='", "'", ""},
	{RECORD_CWD, "CWD", "cwd=\"", "\"", " \""},
	{RECORD_SYSCALL, "SYSCALL", "comm=\"", "\" exe=\"/x\" key=\"k\"", " \""},
	{RECORD_NETFILTER_CFG, "NETFILTER_CFG", "table=", " family=2 entries=1 comm=\"nft\"", ""},
	{RECORD_ANOM_PROMISCUOUS, "ANOM_PROMISCUOUS", "dev=", " prom=256 auid=0 ses=1", " /:"},
};

static const char *const ends[] = {"", "\x1dUID=\"root\" AUID=\"ada\"",
	"#035UID=\"root\" AUID=\"ada\"", "UID=\"root\" AUID=\"ada\""};

static void attack(uint8_t choice, const char *text, size_t size)
{
	static char line[16384], clean[8192];
	const struct place *p = &places[choice % (sizeof(places) / sizeof(places[0]))];
	const char *end = ends[choice / 8 % 4];
	size_t n = 0;
	int body, len;

	for (size_t i = 0; i < size && n < sizeof(clean) - 1; i++)
		if (text[i] != '\n' && text[i] != '\0' && !strchr(p->forbidden, text[i]) &&
			(*p->forbidden == '\0' || (unsigned char)text[i] > ' '))
			clean[n++] = text[i];
	clean[n] = '\0';
	if (p->type == RECORD_ANOM_PROMISCUOUS && n > 15)
		clean[15] = '\0';
	body = sprintf(line, "type=%s msg=", p->name);
	len = sprintf(line + body, TIME "%s%s%s", p->front, clean, p->behind);
	sprintf(line + body + len, "%s\n", end);
	read_bytes(line, strlen(line));
	if (records != 1 || last.type != p->type)
		fail("the text made more or less than one record");
	if (last.text.len != (uint32_t)len || memcmp(last.text.at, line + body, (size_t)len) != 0)
		fail("the text moved the end of its record");
	if ((last.enriched.len > 0) != (*end != '\0'))
		fail("what auditd appended is lost, or made up");
}

static void foreign(uint8_t choice, const char *text, size_t size)
{
	static const char *const fronts[] = {
		"Mar  3 07:48:21 gw bash[1]: ", "2026-05-26T19:47:43.396634-04:00 gw bash[1]: ",
		"<13>Mar  3 07:48:21 gw bash[1]: ", "<13>1 2026-03-03T07:48:21Z gw bash 1 - - ",
		"Sat Jan  6 10:00:00 2024 user.notice bash[1]: ",
		"01-15 10:11:12.345  1  1 I bash : ", "[   12.345678] gw bash[1]: ",
		"I/bash( 1): "};
	static char line[16384];
	int len = sprintf(line, "%s", fronts[choice % 8]);

	for (size_t i = 0; i < size && len < 16000; i++)
		if (text[i] != '\n')
			line[len++] = text[i];
	read_bytes(line, (size_t)len);
	if (records > 0)
		fail("another program's line is a record");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 3)
		return 0;
	log_reader_init(&reader, &counters, on_record, NULL);
	reader.any_sender = false;
	step = 1u + data[2] * 16u;
	if (data[0] % 4 == 0)
		foreign(data[1], (const char *)data + 3, size - 3);
	else if (data[0] % 4 == 1)
		attack(data[1], (const char *)data + 3, size - 3);
	else {
		reader.any_sender = data[1] & 1;
		read_bytes(data + 3, size - 3);
	}
	return 0;
}
