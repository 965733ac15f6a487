#include "log_reader.h"

#include "log_enriched.h"
#include "sys.h"
#include "word.h"

__attribute__((cold)) void log_reader_init(
	struct log_reader *l, struct counters *counters, log_reader_record *record, void *context)
{
	l->counters = counters;
	l->record = record;
	l->context = context;
	memset(&l->names, 0, sizeof(l->names));
	l->untrusted = l->no_serial = 0;
	log_reader_open(l, -1);
}

void log_reader_open(struct log_reader *l, int fd)
{
	l->fd = fd;
	l->begin = l->end = 0;
	l->in_long_line = false;
	log_journal_reset(&l->journal);
}

/* ---- lines ----------------------------------------------------------------------------- */

/* Whether one of 32 bytes is below 0x20. May be true for bytes that are no ASCII, too. */
static inline bool has_control(const char *at)
{
	const uint64_t lowest = WORD_ONES * 0x20;

	return (((word_load(at) - lowest) | (word_load(at + 8) - lowest) |
			(word_load(at + 16) - lowest) | (word_load(at + 24) - lowest)) &
		       WORD_ONES * 0x80) != 0;
}

/* Whether one of 16 bytes is the one of which `all` has eight. */
static inline bool has_byte(const char *at, uint64_t all)
{
	const uint64_t a = word_load(at) ^ all, b = word_load(at + 8) ^ all;

	return ((((a - WORD_ONES) & ~a) | ((b - WORD_ONES) & ~b)) & WORD_ONES * 0x80) != 0;
}

/* find_end() behind a control character: there may be many of them. */
static __attribute__((noinline)) const char *find_end_far(
	const char *at, const char *limit, const char **separator)
{
	const char *end, *last = NULL;

	for (; limit - at >= 16 && !has_byte(at, WORD_ONES * '\n'); at += 16)
		if (has_byte(at, WORD_ONES * LOG_ENRICHED_SEPARATOR))
			last = at;
	end = memchr(at, '\n', (size_t)(limit - at));
	if (!end)
		return NULL;
	*separator = log_line_separator((struct span){at, (uint32_t)(end - at)});
	if (!*separator && last)
		*separator = log_line_separator((struct span){last, 16});
	return end;
}

/* The newline from `at` on, or NULL. *separator is the last 0x1d before it, or NULL. Both in one
 * go: every byte of a log passes here. */
static const char *find_end(const char *at, const char *limit, const char **separator)
{
	*separator = NULL;
	while (limit - at >= 32 && !has_control(at))
		at += 32;
	at = word_find_below(at, limit, 0x20);
	if (at == limit)
		return NULL;
	return *at == '\n' ? at : find_end_far(at, limit, separator);
}

static void hand_on_records(struct log_reader *l, struct log_record *record, const char *separator)
{
	struct log_record next;

	while (log_line_cut(&l->names, record, separator, &next)) {
		l->record(l->context, record);
		*record = next;
		/* The last separator of the line is the last one of the rest, if it is there. */
		if (separator < next.text.at)
			separator = NULL;
	}
	l->record(l->context, record);
}

static __attribute__((cold)) void skip(struct log_reader *l, enum log_line kind)
{
	if (kind == LOG_LINE_DIVIDER)
		l->record(l->context, NULL);
	if (kind == LOG_LINE_DIVIDER || kind == LOG_LINE_EMPTY)
		return;
	l->untrusted += kind == LOG_LINE_UNTRUSTED;
	l->no_serial += kind == LOG_LINE_NO_SERIAL;
	l->counters->lines_skipped++;
}

/* An entry of the journal has ended. */
static __attribute__((cold)) void hand_on_entry(struct log_reader *l)
{
	struct log_record record;

	if (log_journal_take(&l->journal, &record))
		l->record(l->context, &record);
	else
		l->counters->lines_skipped++;
}

static void hand_on(struct log_reader *l, struct span line, const char *separator)
{
	struct log_record record;
	enum log_line kind;

	if (l->in_long_line) {
		l->in_long_line = false;
		return;
	}
	if (log_journal_is_line(&l->journal, line)) {
		if (log_journal_line(&l->journal, line))
			hand_on_entry(l);
		return;
	}
	if (l->journal.is_entry && log_journal_end(&l->journal))
		hand_on_entry(l);
	if (line.len > 0 && line.at[line.len - 1] == '\r')
		line.len--;
	kind = log_line_read(&l->names, line, l->any_sender, &record);
	if (kind == LOG_LINE_RECORD)
		hand_on_records(l, &record, separator);
	else
		skip(l, kind);
}

static void hand_on_lines(struct log_reader *l)
{
	const char *newline, *separator;
	const char *start = l->buffer + l->begin;
	const char *limit = l->buffer + l->end;

	for (;;) {
		if (log_journal_is_binary(&l->journal))
			start += log_journal_bytes(&l->journal, start, (size_t)(limit - start));
		l->begin = (uint32_t)(start - l->buffer);
		newline = find_end(start, limit, &separator);
		if (!newline)
			return;
		hand_on(l, (struct span){start, (uint32_t)(newline - start)}, separator);
		start = newline + 1;
	}
}

/* Make room behind what is left: move it to the front, or cut a line that fills the buffer. */
static void make_room(struct log_reader *l)
{
	if (l->begin == 0 && l->end == sizeof(l->buffer)) {
		hand_on(l, (struct span){l->buffer, l->end},
			log_line_separator((struct span){l->buffer, l->end}));
		l->in_long_line = true;
		l->begin = l->end;
	}
	memmove(l->buffer, l->buffer + l->begin, l->end - l->begin);
	l->end -= l->begin;
	l->begin = 0;
}

ssize_t log_reader_step(struct log_reader *l)
{
	ssize_t n;

	make_room(l);
	n = sys_read(l->fd, l->buffer + l->end, sizeof(l->buffer) - l->end);
	if (n <= 0)
		return n;
	l->end += (uint32_t)n;
	hand_on_lines(l);
	return n;
}

__attribute__((cold)) void log_reader_finish(struct log_reader *l)
{
	struct span line = {l->buffer + l->begin, l->end - l->begin};

	if (line.len > 0)
		hand_on(l, line, log_line_separator(line));
	if (log_journal_end(&l->journal))
		hand_on_entry(l);
	l->begin = l->end = 0;
	l->in_long_line = false;
}
